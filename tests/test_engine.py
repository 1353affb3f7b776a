"""Every rule speaks where it should and is silent next door; the right claims follow from the rules alone."""

from dataclasses import replace
from itertools import combinations

import pytest
from cases import (
    ACTIVE,
    AT_ONCE,
    BACK_AND_BACK,
    BEFORE_JULY,
    BY_ASSISTANT,
    BY_THERAPIST,
    CEDAR,
    DISTINCT,
    EXAMPLES,
    EXERCISE,
    FIRST_OF_2015,
    FROM_JULY,
    IN_TURN,
    LAST_OF_2014,
    MAINTENANCE,
    MASSAGE,
    NECK_AND_BACK,
    NO_MINUTES,
    PT,
    PTA,
    TEST_AFTER,
    TWO_HANDS,
    WITH_NEED,
    WITHOUT_NEED,
    adjusted,
    asking,
    best,
    charted,
    claims,
    costs,
    did,
    examined,
    solved,
    tips,
    visit,
)

from coursekit import engine, tables
from coursekit.counting import allocations, assisted_units
from coursekit.model import HEADINGS, Claim, Solution, Unreadable
from coursekit.readings import visits, without
from coursekit.rules import RULES

TIMED = ("therapeutic exercise", "neuromuscular re-education", "gait training", "joint mobilization")
CODES = ("97110", "97112", "97116", "97140")
COUNTING = {"total-time": "medicare", "per-service": "plan_cedar"}


def ids(examples):
    return [example.rule for example in examples]


# Every rule ----------------------------------------------------------------------------------------------------------


def test_the_examples_cover_every_rule():
    assert {example.rule for example in EXAMPLES} == {rule.id for rule in RULES}


@pytest.mark.parametrize("example", EXAMPLES, ids=ids(EXAMPLES))
def test_a_rule_speaks_about_the_claim_that_breaks_it(example):
    advice = {rule.id for rule in RULES if rule.advice}
    said = (tips if example.rule in advice else costs)(example.case, example.claim)
    assert (example.line, example.rule) in said


@pytest.mark.parametrize("example", EXAMPLES, ids=ids(EXAMPLES))
def test_a_rule_is_silent_about_the_neighbor_of_that_claim(example):
    said = costs(example.neighbor, example.right) | tips(example.neighbor, example.right)
    assert example.rule not in {rule for _, rule in said}


@pytest.mark.parametrize("example", EXAMPLES, ids=ids(EXAMPLES))
def test_the_neighbor_is_solved(example):
    assert costs(example.neighbor, example.right) == set()


def test_rules_stand_in_the_order_of_their_headings():
    assert [rule.heading for rule in RULES] == sorted((rule.heading for rule in RULES), key=HEADINGS.index)


# Minutes to units ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("counting", COUNTING)
@pytest.mark.parametrize(
    ("minutes", "units"), [(7, 0), (8, 1), (22, 1), (23, 2), (37, 2), (38, 3), (52, 3), (53, 4), (67, 4), (68, 5)]
)
def test_one_service_alone_earns_the_same_by_either_counting(counting, minutes, units):
    case = visit(did("therapeutic exercise", minutes), payer=COUNTING[counting])
    assert best(case) == claims(f"97110 x{units}" if units else "nothing")


@pytest.mark.parametrize(
    ("minutes", "right", "wrong"), [(22, 1, 2), (23, 2, 1), (37, 2, 3), (38, 3, 2), (52, 3, 4), (53, 4, 3)]
)
def test_a_unit_too_many_or_too_few_is_a_finding_at_each_boundary(minutes, right, wrong):
    case = visit(did("therapeutic exercise", minutes))
    assert costs(case, f"97110 x{right}") == set()
    assert costs(case, f"97110 x{wrong}") == {("97110", "total_time_units")}


def test_seven_minutes_are_no_unit_and_eight_are_one():
    seven, eight = visit(did("petrissage", 7)), visit(did("petrissage", 8))
    assert costs(seven, "97124 x1") == {("97124", "total_time_units")}
    assert costs(seven, "nothing") == set()
    assert costs(eight, "97124 x1") == set()
    assert costs(eight, "nothing") == {("97124", "due_is_billed")}


# The worked examples of the Claims Processing Manual, chapter 5, section 20.2, and the same visits counted per service.
WORKED = [
    ((24, 23), "total-time", [(2, 1)]),
    ((24, 23), "per-service", [(2, 2)]),
    ((20, 20), "total-time", [(2, 1), (1, 2)]),
    ((20, 20), "per-service", [(1, 1)]),
    ((33, 7), "total-time", [(2, 1)]),
    ((33, 7), "per-service", [(2, 0)]),
    ((18, 13, 10, 8), "total-time", [(1, 1, 1, 0)]),
    ((18, 13, 10, 8), "per-service", [(1, 1, 1, 1)]),
    ((7, 7, 7), "total-time", [(1, 0, 0), (0, 1, 0), (0, 0, 1)]),
    ((7, 7, 7), "per-service", [(0, 0, 0)]),
    ((8, 8, 8), "total-time", [(1, 1, 0), (1, 0, 1), (0, 1, 1)]),
    ((8, 8, 8), "per-service", [(1, 1, 1)]),
    # The largest share of a pooled unit takes it.
    ((5, 6, 7), "total-time", [(0, 0, 1)]),
    ((4, 3), "total-time", [(0, 0)]),
    ((4, 4), "total-time", [(1, 0), (0, 1)]),
    ((4, 4), "per-service", [(0, 0)]),
]


@pytest.mark.parametrize(("minutes", "counting", "ways"), WORKED)
def test_the_published_examples_come_out_as_published(minutes, counting, ways):
    found = allocations(dict(zip(CODES, minutes, strict=False)), counting)
    assert sorted(tuple(way.get(code, 0) for code in CODES[: len(minutes)]) for way in found) == sorted(ways)


@pytest.mark.parametrize(("minutes", "counting", "ways"), WORKED)
def test_the_best_claims_are_the_ways_to_give_out_the_units(minutes, counting, ways):
    case = visit(*map(did, TIMED, minutes), payer=COUNTING[counting])
    told = (", ".join(f"{code} x{n}" for code, n in zip(CODES, way, strict=False) if n) or "nothing" for way in ways)
    assert best(case) == claims(*told)


def test_leftover_minutes_of_one_code_are_never_a_unit_of_another():
    case = visit(did("therapeutic exercise", 33), did("gait training", 7))
    assert costs(case, "97110 x3") == {("97110", "total_time_units"), ("97116", "due_is_billed")}


def test_minutes_of_two_services_under_one_code_are_added_first():
    case = visit(did("petrissage", 5, "lumbar"), did("effleurage", 5, "cervical"), payer="plan_cedar")
    assert best(case) == claims("97124 x1")


def test_time_that_earns_no_code_is_not_counted():
    case = visit(did("petrissage", 20), did("rest", 10), did("charting", 8))
    assert best(case) == claims("97124 x1")


def test_minutes_of_an_untimed_code_are_not_in_the_total():
    case = visit(did("petrissage", 15), did("mechanical traction", 20))
    assert best(case) == claims("97012 x1, 97124 x1")


@pytest.mark.parametrize("minutes", [1, 15, 60])
def test_an_untimed_code_is_one_unit_however_long_it_took(minutes):
    assert best(visit(did("mechanical traction", minutes))) == claims("97012 x1")


def test_two_lines_of_an_untimed_code_are_two_units():
    case = visit(did("mechanical traction", 30))
    assert costs(case, "97012 x1, 97012 x1") == {("97012", "untimed_once")}


def test_an_untimed_code_with_a_higher_limit_counts_what_was_done_up_to_that_limit():
    visits_, measured = "office visit known patient level 3", "range-of-motion measurement"
    assert costs(visit(did(visits_)), "99213 x1") == set()
    assert costs(visit(did(visits_)), "99213 x2") == {("99213", "untimed_once")}
    for count, most in ((1, 1), (3, 3), (4, 3)):
        case = visit(*(did(measured, None, region) for region in ("shoulder", "elbow", "wrist", "hip")[:count]))
        assert costs(case, f"95851 x{most}") == set()
        assert costs(case, f"95851 x{most + 1}") == {("95851", "untimed_once")}


# Dates ---------------------------------------------------------------------------------------------------------------


def test_on_june_30_2019_a_modifier_on_column_one_opened_nothing():
    assert costs(BEFORE_JULY, "98940 x1 XS, 97124 x1") == {("97124", "column_two_before_2019_07")}
    # The modifier on column two does the work; one more on column one is idle.
    on_column_one = ("", " XS", " 59")
    assert solved(BEFORE_JULY) == claims(
        *(f"98940 x1{one}, 97124 x1 {two}" for one in on_column_one for two in ("XS", "59"))
    )


def test_on_july_1_2019_a_modifier_on_column_one_is_accepted_with_a_tip():
    assert costs(FROM_JULY, "98940 x1 XS, 97124 x1") == set()
    assert tips(FROM_JULY, "98940 x1 XS, 97124 x1") == {("98940", "column_two_is_safe")}
    assert best(FROM_JULY) == claims("98940 x1, 97124 x1 XS")


def test_on_december_31_2014_only_59_existed():
    assert best(LAST_OF_2014) == claims("98940 x1, 97124 x1 59")
    for name in ("XE", "XP", "XS", "XU"):
        assert ("97124", "modifier_in_force") in costs(LAST_OF_2014, f"98940 x1, 97124 x1 {name}")


def test_on_january_1_2015_xs_is_the_better_word_and_59_still_opens():
    assert best(FIRST_OF_2015) == claims("98940 x1, 97124 x1 XS")
    assert tips(FIRST_OF_2015, "98940 x1, 97124 x1 59") == {("97124", "x_says_why")}
    assert costs(FIRST_OF_2015, "98940 x1, 97124 x1 59") == set()


@pytest.mark.parametrize(
    ("technique", "on", "claim", "expected"),
    [
        ("pt evaluation before 2017", "2016-12-31", "97001 x1", set()),
        ("pt evaluation before 2017", "2017-01-01", "97001 x1", {("97001", "code_in_force")}),
        ("pt evaluation low complexity", "2016-12-31", "97161 x1", {("97161", "code_in_force")}),
        ("pt evaluation low complexity", "2017-01-01", "97161 x1", set()),
    ],
)
def test_evaluation_codes_changed_with_the_year_2017(technique, on, claim, expected):
    assert costs(visit(did(technique), on=on), claim) == expected


def test_a_code_out_of_force_is_not_due():
    assert best(visit(did("pt evaluation before 2017"), on="2017-01-01")) == claims("nothing")
    assert best(visit(did("pt evaluation low complexity"), on="2016-12-31")) == claims("nothing")


def test_the_pair_97140_and_97530_ended_for_medicare_with_2019():
    blocks = [did("joint mobilization", 15, at="9:00"), did("therapeutic activities", 15, at="9:15")]
    last, first = visit(*blocks, on="2019-12-31"), visit(*blocks, on="2020-01-01")
    assert best(last) == claims("97140 x1, 97530 x1 XU")
    assert costs(last, "97140 x1, 97530 x1") == {("97530", "separate_time")}
    assert best(first) == claims("97140 x1, 97530 x1")
    assert costs(first, "97140 x1, 97530 x1 XU") == {("97530", "modifier_is_needed")}


def test_plan_juniper_kept_the_pair_97140_and_97530():
    blocks = [did("joint mobilization", 15, at="9:00"), did("therapeutic activities", 15, at="9:15")]
    assert best(visit(*blocks, payer="plan_juniper")) == claims("97140 x1, 97530 x1 XU")
    assert best(visit(*blocks, payer="plan_cedar")) == claims("97140 x1, 97530 x1")


# Regions -------------------------------------------------------------------------------------------------------------

SPINE = ("cervical", "thoracic", "lumbar", "sacral", "pelvic")


@pytest.mark.parametrize(("count", "code"), [(1, "98940"), (2, "98940"), (3, "98941"), (4, "98941"), (5, "98942")])
def test_the_number_of_spinal_regions_picks_the_adjustment_code(count, code):
    case = visit(*adjusted(*SPINE[:count]), **CEDAR)
    assert best(case) == claims(f"{code} x1")
    for other in {"98940", "98941", "98942"} - {code}:
        assert costs(case, f"{other} x1") == {(other, "adjustment_by_regions"), (code, "due_is_billed")}


def test_a_region_adjusted_twice_counts_once():
    assert best(visit(*adjusted("cervical", "lumbar", "lumbar"), **CEDAR)) == claims("98940 x1")


def test_an_osteopath_counts_a_whole_limb_as_one_region():
    limb = [did("osteopathic manipulation", region=region) for region in ("shoulder", "elbow", "wrist")]
    case = visit(*limb)
    assert best(case) == claims("98925 x1")
    said = {f.rule: f.says for f in engine.findings(case, Claim.parse("98926 x1"))}
    assert said["adjustment_by_regions"].startswith("The note shows 1 region (upper extremity).")


def test_massage_of_the_adjusted_region_is_part_of_the_adjustment_with_any_modifier():
    for modifier in ("", " 59", " XE", " XP", " XS", " XU"):
        assert costs(BACK_AND_BACK, f"98940 x1, 97124 x1{modifier}") == {("97124", "separate_region")}
    assert solved(BACK_AND_BACK) == claims("98940 x1")


def test_massage_of_another_region_opens_the_pair_with_xs_or_59_and_with_nothing_else():
    assert costs(NECK_AND_BACK, "98940 x1, 97124 x1") == {("97124", "separate_region")}
    for modifier in ("59", "XS"):
        assert costs(NECK_AND_BACK, f"98940 x1, 97124 x1 {modifier}") == set()
    for modifier in ("XE", "XP", "XU"):
        assert costs(NECK_AND_BACK, f"98940 x1, 97124 x1 {modifier}") == {("97124", "modifier_is_true")}


def test_a_massage_without_a_region_is_a_question_to_the_provider():
    case = visit(*adjusted("lumbar"), did("petrissage", 15), **CEDAR)
    assert best(case) == claims("98940 x1, 97124 ask")
    assert tips(case, "98940 x1") == {("97124", "ask_rather_than_drop")}
    assert costs(case, "98940 x1") == set()
    assert costs(case, "98940 x1, 97124 x1 XS") == {("97124", "gap_is_asked")}


def test_an_adjustment_without_a_region_is_a_question_to_the_provider():
    case = visit(did("spinal adjustment"), **CEDAR)
    assert best(case) == claims("98940 ask")
    assert costs(case, "98940 x1") == {("98940", "gap_is_asked")}
    assert costs(case, "98941 x1") == {("98941", "adjustment_by_regions")}


def test_units_beside_an_adjustment_are_those_of_the_work_in_other_regions():
    case = visit(*adjusted("lumbar"), did("petrissage", 15, "lumbar"), did("effleurage", 15, "cervical"), **CEDAR)
    assert best(case) == claims("98940 x1, 97124 x1 XS")
    assert costs(case, "98940 x1, 97124 x2 XS") == {("97124", "per_service_units")}


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        (("cervical", ""), ("cervical", ""), True),
        (("cervical", ""), ("lumbar", ""), False),
        (("knee", "left"), ("knee", "right"), False),
        (("knee", "left"), ("knee", "both"), True),
        (("knee", "left"), ("knee", ""), True),
        (("knee", "left"), ("lower extremity", "left"), True),
        (("knee", "left"), ("lower extremity", "right"), False),
        (("knee", "left"), ("ankle", "left"), False),
        (("jaw", ""), ("head", ""), True),
        (("jaw", "left"), ("head", "right"), True),
    ],
)
def test_two_places_share_ground_when_one_holds_the_other_on_the_same_side(one, other, shared):
    assert tables.overlap(*one, *other) == shared
    assert tables.overlap(*other, *one) == shared


def test_too_few_minutes_apart_from_column_one_earn_nothing():
    """20 minutes of the test earn a unit, and only 5 of them were not shared with the manual therapy."""
    shared = [did("joint mobilization", 15, at="9:00"), did("performance test", 15, at="9:05")]
    for apart, claim in ((7, "97140 x1"), (8, "97140 x1, 97750 x1 XU")):
        case = visit(*shared, did("performance test", apart, at="9:30"), payer="plan_cedar")
        assert best(case) == claims(claim)
    case = visit(*shared, did("performance test", 5, at="9:30"), payer="plan_cedar")
    assert costs(case, "97140 x1, 97750 x1 XU") == {("97750", "per_service_units")}


# Indicator 0 ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("modifier", sorted(tables.modifiers()))
def test_no_modifier_at_all_opens_a_pair_with_indicator_0(modifier):
    for claim in (
        f"97140 x1, 97124 x1 {modifier}",
        f"97140 x1 {modifier}, 97124 x1",
        f"97140 x1 {modifier}, 97124 x1 {modifier}",
    ):
        assert ("97124", "never_together") in costs(TWO_HANDS, claim)


def test_of_a_pair_with_indicator_0_column_one_stays():
    assert solved(TWO_HANDS) == claims("97140 x1")
    assert costs(TWO_HANDS, "97124 x1") == {("97140", "due_is_billed")}


def test_minutes_of_a_struck_code_do_not_move_to_the_other_code():
    assert costs(TWO_HANDS, "97140 x2") == {("97140", "total_time_units")}


def test_plan_juniper_opens_the_same_pair_and_shuts_massage_beside_an_adjustment():
    assert best(visit(*TWO_HANDS.services, payer="plan_juniper")) == claims(
        "97140 x1, 97124 x1 XS", "97140 x1, 97124 x1 XU"
    )
    case = visit(*NECK_AND_BACK.services, payer="plan_juniper", by="chiropractor")
    assert solved(case) == claims("98940 x1")
    assert costs(case, "98940 x1, 97124 x1 XS") == {("97124", "never_together")}


def test_plan_juniper_has_no_edit_on_a_test_beside_manual_therapy():
    case = visit(*TEST_AFTER.services, payer="plan_juniper")
    assert best(case) == claims("97140 x1, 97750 x1")
    assert costs(case, "97140 x1, 97750 x1 XU") == {("97750", "modifier_is_needed")}


# Time, encounters, practitioners -------------------------------------------------------------------------------------


def together(manual, test, minutes=15, **more):
    return visit(did("joint mobilization", minutes, at=manual), did("performance test", 15, at=test, **more))


@pytest.mark.parametrize(
    ("manual", "test"), [("9:00", "9:15"), ("9:15", "9:00"), ("9:00", "9:20"), ("block 1", "block 2")]
)
def test_services_that_follow_each_other_open_the_pair_with_xu(manual, test):
    case = together(manual, test)
    assert best(case) == claims("97140 x1, 97750 x1 XU")
    assert costs(case, "97140 x1, 97750 x1 XP") == {("97750", "modifier_is_true")}


def test_separate_time_may_be_said_with_xs_or_xe_as_one_chapter_of_the_manual_has_it():
    for modifier in ("XE", "XS"):
        assert costs(TEST_AFTER, f"97140 x1, 97750 x1 {modifier}") == set()
        assert tips(TEST_AFTER, f"97140 x1, 97750 x1 {modifier}") == {("97750", "separate_time_is_xu")}


def test_place_is_never_said_with_xu_or_xe():
    for modifier in ("XE", "XU"):
        assert costs(NECK_AND_BACK, f"98940 x1, 97124 x1 {modifier}") == {("97124", "modifier_is_true")}


@pytest.mark.parametrize(
    ("manual", "test"), [("9:00", "9:14"), ("9:14", "9:00"), ("9:00", "9:00"), ("block 1", "block 1")]
)
def test_services_that_share_a_minute_shut_the_pair(manual, test):
    case = together(manual, test)
    assert solved(case) == claims("97140 x1")
    assert costs(case, "97140 x1, 97750 x1 XU") == {("97750", "separate_time")}


@pytest.mark.parametrize(("manual", "test"), [(None, None), ("9:00", None), (None, "9:00"), ("block 1", "9:00")])
def test_times_that_cannot_be_compared_are_a_question_to_the_provider(manual, test):
    case = together(manual, test)
    assert best(case) == claims("97140 x1, 97750 ask")
    assert costs(case, "97140 x1, 97750 x1 XU") == {("97750", "gap_is_asked")}


def test_a_second_visit_on_the_same_date_is_an_encounter_of_its_own():
    case = together("9:00", "14:00", encounter=2)
    assert claims("97140 x1, 97750 x1 XE", "97140 x1, 97750 x1 XU") <= best(case)
    assert tips(case, "97140 x1, 97750 x1 XE") == set()
    assert tips(together("9:00", "14:00"), "97140 x1, 97750 x1 XE") == {("97750", "separate_time_is_xu")}


def test_another_practitioner_is_a_reason_of_its_own():
    case = together("9:00", "9:00", by=PT)
    assert best(case) == claims("97140 x1, 97750 x1 GP XP")
    assert costs(case, "97140 x1, 97750 x1 GP XU") == {("97750", "modifier_is_true")}
    assert costs(together("9:00", "9:15"), "97140 x1, 97750 x1 XP") == {("97750", "modifier_is_true")}


# Who may bill --------------------------------------------------------------------------------------------------------


def test_medicare_wants_gp_on_each_line_of_a_physical_therapist():
    case = visit(*TEST_AFTER.services, by=PT)
    assert best(case) == claims("97140 x1 GP, 97750 x1 GP XU")
    assert costs(case, "97140 x1, 97750 x1 XU") == {("97140", "required_modifier"), ("97750", "required_modifier")}
    assert costs(case, "97140 x1 GP, 97750 x1 XU") == {("97750", "required_modifier")}
    other_plan = {("97140", "required_modifier"), ("97140", "plan_modifier_is_true")}
    assert costs(case, "97140 x1 GO, 97750 x1 GP XU") == other_plan


def test_plans_without_that_wish_take_the_line_without_gp():
    assert best(visit(*TEST_AFTER.services, payer="plan_cedar", by=PT)) == claims("97140 x1, 97750 x1 XU")


def test_medicare_pays_a_chiropractor_for_the_adjustment_and_nothing_else():
    case = visit(*adjusted("lumbar"), did("joint mobilization", 15, "shoulder"), by="chiropractor")
    assert best(case) == claims("98940 x1 AT")
    assert costs(case, "98940 x1 AT, 97140 x1 XS") == {("97140", "payer_pays_provider")}
    assert costs(case, "98940 x1") == {("98940", "required_modifier")}


def test_plan_cedar_pays_a_massage_therapist_for_massage_alone():
    case = visit(did("petrissage", 15), payer="plan_cedar", by="massage therapist")
    assert best(case) == claims("97124 x1")
    other = visit(did("joint mobilization", 15), payer="plan_cedar", by="massage therapist")
    assert best(other) == claims("nothing")
    assert costs(other, "97140 x1") == {("97140", "payer_pays_provider")}


def test_plan_juniper_pays_a_massage_therapist_nothing():
    case = visit(did("petrissage", 15), payer="plan_juniper", by="massage therapist")
    assert best(case) == claims("nothing")
    assert costs(case, "97124 x1") == {("97124", "payer_pays_provider")}


@pytest.mark.parametrize("helper", ["aide", "student"])
def test_minutes_of_those_who_do_not_count_earn_nothing(helper):
    alone = visit(did("therapeutic exercise", 15, by=helper))
    assert best(alone) == claims("nothing")
    assert costs(alone, "97110 x1") == {("97110", "payer_pays_provider")}
    both = visit(did("therapeutic exercise", 15), did("therapeutic exercise", 15, by=helper))
    assert best(both) == claims("97110 x1")
    assert costs(both, "97110 x2") == {("97110", "total_time_units")}


def test_a_code_with_a_daily_limit_of_zero_is_never_due():
    case = visit(did("hot pack"), did("petrissage", 15))
    assert best(case) == claims("97124 x1")
    assert costs(case, "97010 x1, 97124 x1") == {("97010", "payer_pays_code")}


def test_each_payer_takes_its_own_code_for_stimulation_left_running():
    current = did("unattended electrical stimulation")
    assert best(visit(current)) == claims("G0283 x1")
    assert best(visit(current, payer="plan_juniper")) == claims("97014 x1", "G0283 x1")


# Contested techniques ------------------------------------------------------------------------------------------------

CONTESTED = [row for row in tables.techniques().values() if row.contested]


def both_sides(technique):
    return [f"{code} x1" if code != tables.NO_CODE else "nothing" for code in technique.codes]


# Plans with a word of their own on massage, or that pay no physician, are another matter.
@pytest.mark.parametrize("payer", ["medicare", "plan_cedar", "plan_juniper", "plan_alder", "plan_larch"])
@pytest.mark.parametrize("technique", CONTESTED, ids=[row.name for row in CONTESTED])
def test_every_side_of_a_contested_technique_is_right(technique, payer):
    case = visit(did(technique.name, 15), payer=payer)
    assert best(case) == claims(*both_sides(technique))


@pytest.mark.parametrize("technique", CONTESTED, ids=[row.name for row in CONTESTED])
def test_no_side_of_a_contested_technique_costs_beside_an_adjustment(technique):
    case = visit(*adjusted("lumbar"), did(technique.name, 15, "cervical"), **CEDAR)
    for code in technique.codes:
        if code == tables.NO_CODE:
            claim = "98940 x1"
        else:
            tied = tables.edit_in_force("ncci", "98940", code, case.date)
            claim = f"98940 x1, {code} x1" + " XS" * bool(tied)
        assert (claim, costs(case, claim)) == (claim, set())


def test_a_code_of_neither_side_is_wrong():
    case = visit(did("soft-tissue mobilization", 15))
    assert ("97112", "documented") in costs(case, "97112 x1")


def test_a_question_about_a_contested_technique_may_name_either_code():
    case = visit(did("soft-tissue mobilization"))
    assert best(case) == claims("97124 ask", "97140 ask")


# Right claims --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "case",
    [
        visit(did("rest", 20)),
        visit(did("petrissage", 7)),
        visit(did("therapeutic exercise", 30, by="aide")),
        visit(did("petrissage", 30), payer="plan_juniper", by="massage therapist"),
    ],
    ids=["rest only", "seven minutes", "aide only", "not paid"],
)
def test_nothing_is_right_where_nothing_is_due(case):
    assert best(case) == claims("nothing")


@pytest.mark.parametrize("example", EXAMPLES, ids=ids(EXAMPLES))
def test_nothing_is_right_only_where_nothing_is_due(example):
    due = any(visit.due for visit in visits(example.case))
    assert (costs(example.case, "nothing") == set()) == (not due)


@pytest.mark.parametrize("example", EXAMPLES, ids=ids(EXAMPLES))
def test_every_example_has_a_right_claim_and_the_best_are_among_the_solved(example):
    assert set() < best(example.case) <= solved(example.case)


@pytest.mark.parametrize("example", EXAMPLES, ids=ids(EXAMPLES))
def test_solved_means_that_no_rule_costs_and_best_that_the_fewest_advise(example):
    advice = {claim: len(tips(example.case, claim)) for claim in solved(example.case)}
    assert {claim: costs(example.case, claim) for claim in advice} == dict.fromkeys(advice, set())
    assert {claim for claim, n in advice.items() if n == min(advice.values())} == best(example.case)


@pytest.mark.parametrize("example", EXAMPLES, ids=ids(EXAMPLES))
def test_the_neighbor_of_every_broken_claim_has_a_claim_that_no_rule_speaks_about(example):
    assert {claim: tips(example.neighbor, claim) for claim in best(example.neighbor)} == dict.fromkeys(
        best(example.neighbor), set()
    )


def test_a_gap_is_best_asked_and_never_billed():
    assert best(NO_MINUTES) == claims("97124 ask")
    assert solved(NO_MINUTES) == claims("97124 ask", "nothing")
    assert costs(NO_MINUTES, "97124 x1") == {("97124", "gap_is_asked")}
    assert costs(MASSAGE, "97124 ask") == {("97124", "only_gaps_are_asked")}


def test_the_right_claims_come_in_one_fixed_order():
    case = visit(*map(did, TIMED, (8, 8, 8)))
    assert list(engine.right_claims(case)) == sorted(engine.right_claims(case), key=str)


def test_too_many_contested_techniques_are_refused_rather_than_searched():
    names = [row.name for row in CONTESTED if len(row.codes) == 3] * 2
    with pytest.raises(Unreadable, match="^Too many contested techniques in one case"):
        visits(visit(*(did(name, 15) for name in names), *(did(row.name, 15) for row in CONTESTED)))


def test_unknown_codes_and_modifiers_are_unreadable_rather_than_wrong():
    with pytest.raises(Unreadable, match="^The course does not know the code “97142”. Did you mean “97542”?"):
        costs(MASSAGE, "97142 x1")
    with pytest.raises(Unreadable, match="^The course does not know the modifier “XQ”."):
        costs(MASSAGE, "97124 x1 XQ")


# Office visits and re-evaluations ------------------------------------------------------------------------------------


def test_an_office_visit_beside_an_adjustment_needs_a_need_of_its_own_and_modifier_25():
    assert best(WITH_NEED) == claims("98940 x1, 99213 x1 25")
    assert costs(WITH_NEED, "98940 x1, 99213 x1") == {("99213", "separate_evaluation")}
    assert costs(WITH_NEED, "98940 x1") == {("99213", "due_is_billed")}
    assert best(WITHOUT_NEED) == claims("98940 x1")
    assert costs(WITHOUT_NEED, "98940 x1, 99213 x1 25") == {("99213", "separate_evaluation")}


@pytest.mark.parametrize("modifier", DISTINCT)
def test_a_modifier_for_distinct_services_never_stands_on_an_office_visit(modifier):
    assert ("99213", "modifier_fits_code") in costs(WITH_NEED, f"98940 x1, 99213 x1 {modifier}")


def test_25_stands_on_an_office_visit_only():
    assert ("97124", "modifier_fits_code") in costs(NECK_AND_BACK, "98940 x1, 97124 x1 25")


def test_a_re_evaluation_with_a_need_of_its_own_takes_xu():
    needed = visit(did("petrissage", 15), did("pt re-evaluation", own_need=True))
    assert best(needed) == claims("97124 x1, 97164 x1 XU")
    assert best(visit(did("petrissage", 15), did("pt re-evaluation"))) == claims("97124 x1")


# Other payers --------------------------------------------------------------------------------------------------------


def test_the_hospital_table_opens_a_pair_that_the_practitioner_table_shuts():
    services = [did("pt evaluation low complexity", 30, at="9:00"), did("performance test", 15, at="9:30")]
    office, hospital = (visit(*services, by=PT, payer=payer) for payer in ("medicare", "medicare_hospital"))
    assert best(office) == claims("97161 x1 GP")
    assert costs(office, "97161 x1 GP, 97750 x1 GP XU") == {("97750", "never_together")}
    assert best(hospital) == claims("97161 x1 GP, 97750 x1 GP XU")


def test_plan_alder_takes_the_whole_spine_for_one_region():
    alder = {"payer": "plan_alder", "by": "chiropractor"}
    assert solved(visit(*NECK_AND_BACK.services, **alder)) == claims("98940 x1")
    assert best(visit(*adjusted("lumbar"), did("petrissage", 15, "shoulder"), **alder)) == claims(
        "98940 x1, 97124 x1 XS"
    )


def test_plan_birch_pays_massage_only_beside_active_work():
    birch = {"payer": "plan_birch"}
    assert best(visit(did("petrissage", 15), **birch)) == claims("nothing")
    assert best(visit(did("petrissage", 15), did("joint mobilization", 15), **birch)) == claims("97140 x1")
    assert best(visit(did("petrissage", 15), EXERCISE, **birch)) == claims("97110 x1, 97124 x1")


# Minutes that overlap, lines that split, limits ----------------------------------------------------------------------


def test_the_same_minute_is_never_two_services_of_one_practitioner():
    assert best(AT_ONCE) == claims("97110 ask, 97116 ask")
    both = {("97110", "one_service_at_a_time"), ("97116", "one_service_at_a_time")}
    assert costs(AT_ONCE, "97110 x1, 97116 x1") == both
    assert best(IN_TURN) == claims("97110 x1, 97116 x1")


def test_two_practitioners_may_work_at_the_same_time():
    case = visit(did("therapeutic exercise", 15, at="9:00"), did("gait training", 15, at="9:00", by=PT))
    assert best(case) == claims("97110 x1, 97116 x1 GP")


@pytest.mark.parametrize(
    ("on", "expected"), [("2021-04-18", set()), ("2021-04-19", {("97124#2", "one_line_per_code")})]
)
def test_medicare_turns_split_lines_away_since_april_19_2021(on, expected):
    assert costs(visit(did("petrissage", 30), on=on), "97124 x1, 97124 x1") == expected
    assert costs(visit(did("petrissage", 30), on=on, payer="plan_cedar"), "97124 x1, 97124 x1") == set()


def test_units_above_the_daily_limit_are_due_with_a_warning():
    four, five = visit(did("petrissage", 67)), visit(did("petrissage", 68))
    assert (best(four), tips(four, "97124 x4")) == (claims("97124 x4"), set())
    assert (best(five), tips(five, "97124 x5")) == (claims("97124 x5"), {("97124", "daily_limit")})
    assert tips(visit(did("petrissage", 68), payer="plan_juniper"), "97124 x5") == set()


# Assistants, the yearly amount, active care --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("therapist", "assistant", "units", "marked"),
    [
        (15, 0, 1, 0),
        (0, 15, 1, 1),
        (8, 7, 1, 0),
        (7, 8, 1, 1),
        (15, 15, 2, 1),
        (9, 14, 2, 1),
        (14, 14, 2, 1),
        (23, 7, 2, 0),
        (22, 8, 2, 1),
        (30, 0, 2, 0),
        (0, 30, 2, 2),
        (7, 16, 2, 2),
        (8, 16, 2, 1),
    ],
)
def test_units_of_an_assistant_are_told_from_those_of_the_therapist(therapist, assistant, units, marked):
    assert assisted_units(therapist, assistant, units) == marked


def test_work_of_an_assistant_carries_cq_and_shared_work_is_split():
    assert best(BY_ASSISTANT) == claims("97110 x1 CQ GP")
    assert costs(BY_ASSISTANT, "97110 x1 GP") == {("97110", "assistants_are_marked")}
    assert best(BY_THERAPIST) == claims("97110 x1 GP")
    assert costs(BY_THERAPIST, "97110 x1 CQ GP") == {("97110", "assistants_are_marked")}
    shared = visit(*BY_ASSISTANT.services, *BY_THERAPIST.services, by=PT)
    assert best(shared) == claims("97110 x1 GP, 97110 x1 CQ GP")
    assert costs(shared, "97110 x2 GP") == {("97110", "assistants_are_marked")}


@pytest.mark.parametrize(("therapist", "marked"), [(17, " CQ"), (18, "")])
def test_more_than_a_tenth_of_an_untimed_code_by_an_assistant_marks_it(therapist, marked):
    services = [did("mechanical traction", therapist, by=PT), did("mechanical traction", 2, by=PTA)]
    assert best(visit(*services, by=PT)) == claims(f"97012 x1{marked} GP")


@pytest.mark.parametrize(("on", "claim"), [("2019-12-31", "97110 x1 GP"), ("2020-01-01", "97110 x1 CQ GP")])
def test_cq_began_with_2020(on, claim):
    assert best(visit(did("therapeutic exercise", 15, by=PTA), by=PT, on=on)) == claims(claim)


@pytest.mark.parametrize(("on", "amount"), [("2026-03-04", 2480), ("2025-03-04", 2410), ("2024-03-04", 2330)])
def test_kx_is_true_from_the_amount_of_the_year_on(on, amount):
    below = visit(EXERCISE, by=PT, on=on, spent_this_year=amount - 30, allowed_today=30)
    crossing = visit(EXERCISE, by=PT, on=on, spent_this_year=amount - 30, allowed_today=31)
    there = visit(EXERCISE, by=PT, on=on, spent_this_year=amount)
    assert best(below) == claims("97110 x1 GP")
    assert costs(below, "97110 x1 GP KX") == {("97110", "above_the_threshold")}
    assert best(there) == best(crossing) == claims("97110 x1 GP KX")
    assert costs(crossing, "97110 x1 GP") == {("97110", "above_the_threshold")}
    assert costs(there, "97110 x1 GP") == {("97110", "above_the_threshold")}


def test_at_says_active_care_and_maintenance_is_not_covered():
    assert best(ACTIVE) == claims("98940 x1 AT")
    assert costs(MAINTENANCE, "98940 x1 AT") == {("98940", "maintenance_is_not_covered")}
    assert costs(MAINTENANCE, "98940 x1 AT GA") == {("98940", "active_care_is_true")}
    assert costs(MAINTENANCE, "98940 x1 GA") == set()
    assert costs(MAINTENANCE, "nothing") == set()
    assert ("97124", "active_care_is_true") in costs(MASSAGE, "97124 x1 AT")


# A whole record ------------------------------------------------------------------------------------------------------


def missing(case, claim="97124 x1 GP"):
    """The rules that turn a claim away for what its record lacks."""
    return {rule for _, rule in costs(case, claim)}


def test_a_record_that_holds_everything_carries_its_claim():
    assert best(charted()) == claims("97124 x1 GP")
    assert costs(charted(), "97124 x1 GP") == set()


@pytest.mark.parametrize("left_out", ["treatment_date", "signature", "timed_minutes", "plan_of_care", "skilled_need"])
def test_only_a_case_that_says_so_is_asked_for_its_whole_record(left_out):
    whole = charted(lacks=[left_out])
    assert missing(whole) != set()
    assert missing(visit(*whole.services, by=PT)) == set()
    assert missing(visit(*whole.services, payer="plan_cedar", by=PT, record="whole"), "97124 x1") == set()


@pytest.mark.parametrize(
    ("timed", "rules"), [(14, {"timed_total_is_given"}), (15, set()), (16, {"timed_total_is_given"})]
)
def test_the_total_of_timed_minutes_agrees_with_the_services(timed, rules):
    assert missing(charted(timed_minutes=timed, total_minutes=20)) == rules


@pytest.mark.parametrize(("total", "rules"), [(14, {"total_time_is_given"}), (15, set()), (40, set())])
def test_the_total_treatment_time_holds_at_least_the_timed_minutes(total, rules):
    assert missing(charted(total_minutes=total)) == rules


@pytest.mark.parametrize(
    ("on", "rules"), [("2026-03-12", set()), ("2026-03-13", {"plan_is_certified"})], ids=["30 days", "31 days"]
)
def test_a_plan_is_certified_within_30_days_of_the_first_treatment(on, rules):
    assert missing(charted(lacks=["certified"], on=on)) == rules
    assert missing(charted(on=on)) == set()


@pytest.mark.parametrize(
    ("year", "sent", "rules"),
    [
        (2026, "03-12", set()),
        (2026, "03-13", {"plan_is_certified"}),
        (2025, "03-12", set()),
        (2024, "03-11", {"plan_is_certified"}),
    ],
)
def test_since_2025_an_order_and_a_plan_sent_within_30_days_stand_for_the_first_signature(year, sent, rules):
    first = {"plan_of_care": f"{year}-02-10", "first_treatment": f"{year}-02-10", "plan_ends": f"{year}-04-30"}
    sent_on = {"evaluated": f"{year}-02-10", "plan_sent": f"{year}-{sent}"}
    papers = {**first, **sent_on, "order": f"{year}-02-01"}
    assert missing(charted(lacks=["certified"], on=f"{year}-04-01", **papers)) == rules
    without_order = {name: value for name, value in papers.items() if name != "order"}
    assert missing(charted(lacks=["certified"], on=f"{year}-04-01", **without_order)) == {"plan_is_certified"}


@pytest.mark.parametrize(
    ("first", "ends", "rules"),
    [
        ("2025-12-04", "2026-06-30", set()),
        ("2025-12-03", "2026-06-30", {"plan_is_recertified"}),
        ("2026-02-10", "2026-03-04", set()),
        ("2026-02-10", "2026-03-03", {"plan_is_recertified"}),
    ],
    ids=["90 days", "91 days", "last day", "day after"],
)
def test_a_plan_runs_to_its_own_end_or_90_days_whichever_comes_first(first, ends, rules):
    assert missing(charted(first_treatment=first, plan_ends=ends)) == rules
    assert missing(charted(first_treatment=first, plan_ends=ends, recertified="2026-03-04")) == set()


def test_a_record_without_a_first_treatment_runs_to_the_end_of_its_plan():
    assert missing(charted(lacks=["first_treatment"], plan_ends="2026-03-04")) == set()
    assert missing(charted(lacks=["first_treatment"], plan_ends="2026-03-03")) == {"plan_is_recertified"}
    assert missing(charted(lacks=["first_treatment", "plan_ends"])) == set()


@pytest.mark.parametrize(("treatment_day", "rules"), [(10, set()), (11, {"progress_is_reported"})])
def test_progress_is_reported_every_ten_treatment_days(treatment_day, rules):
    assert missing(charted(treatment_day=treatment_day)) == rules


SIGNS = ("pain", "asymmetry", "range_of_motion", "tissue_tone")


@pytest.mark.parametrize("signs", [some for n in range(5) for some in combinations(SIGNS, n)], ids="+".join)
def test_two_signs_with_asymmetry_or_motion_among_them_show_a_subluxation(signs):
    enough = len(signs) >= 2 and bool({"asymmetry", "range_of_motion"} & set(signs))
    assert missing(examined(*signs), "98940 x1 AT") == (set() if enough else {"part_is_shown"})


@pytest.mark.parametrize(("written", "rules"), [("2026-03-04", set()), ("2026-03-05", {"late_entry_is_marked"})])
def test_a_note_of_another_day_is_marked_as_a_late_entry(written, rules):
    assert missing(charted(written=written)) == rules
    assert missing(charted(written=written, late_entry="yes")) == set()


def test_what_a_record_lacks_counts_under_documentation():
    for lacking in (charted(lacks=["signature"]), charted(copied_from="2026-02-25")):
        grade = graded(lacking, "97124 x1 GP")
        assert (grade.score, grade.parts["documentation"], grade.parts["code"]) == (0, (0, 1), (1, 1))


def test_what_can_be_mended_is_asked_and_what_cannot_is_left_out():
    assert best(charted(lacks=["signature"])) == claims("97124 ask")
    assert solved(charted(lacks=["signature"])) == claims("97124 ask", "nothing")
    for late in ({"treatment_day": 11}, {"plan_ends": "2026-03-03"}):
        assert best(charted(**late)) == claims("97124 ask")
    assert solved(charted(copied_from="2026-02-25")) == claims("nothing")


# Grading -------------------------------------------------------------------------------------------------------------


def graded(case, claim):
    return engine.grade_claim(case, Claim.parse(claim))


@pytest.mark.parametrize(
    ("claim", "score", "parts"),
    [
        ("98940 x1, 97124 x1 XS", 1, {"code": (2, 2), "units": (2, 2), "modifier": (2, 2), "documentation": None}),
        ("98940 x1, 97124 x1 XU", 1 / 2, {"code": (2, 2), "units": (2, 2), "modifier": (1, 2), "documentation": None}),
        ("98940 x1, 97124 x2 XS", 1 / 2, {"code": (2, 2), "units": (1, 2), "modifier": (2, 2), "documentation": None}),
        ("98940 x1, 97124 x2 XU", 1 / 2, {"code": (2, 2), "units": (1, 2), "modifier": (1, 2), "documentation": None}),
        ("98940 x1", 1 / 2, {"code": (1, 2), "units": (1, 1), "modifier": (1, 1), "documentation": None}),
        ("98940 x1, 97140 x1 XS", 1 / 3, {"code": (1, 3), "units": (1, 1), "modifier": (1, 1), "documentation": None}),
        ("98940 x1, 97124 ask", 1 / 2, {"code": (1, 1), "units": (1, 1), "modifier": (1, 1), "documentation": (0, 1)}),
        ("nothing", 0, {"code": (0, 2), "units": None, "modifier": None, "documentation": None}),
    ],
)
def test_the_score_is_the_share_of_lines_that_stand_and_each_part_is_counted_apart(claim, score, parts):
    grade = graded(NECK_AND_BACK, claim)
    assert (grade.score, dict(grade.parts)) == (pytest.approx(score), parts)


def test_advice_costs_nothing_and_keeps_a_claim_from_being_best():
    grade = graded(NECK_AND_BACK, "98940 x1, 97124 x1 59")
    assert (grade.score, grade.solved, grade.best) == (1, True, False)


def test_a_line_that_should_not_be_there_is_not_judged_further():
    assert costs(MASSAGE, "97124 x1, 97110 x9 59") == {("97110", "documented")}


def test_an_empty_claim_where_nothing_is_due_is_whole():
    grade = graded(visit(did("rest", 20)), "nothing")
    assert (grade.score, grade.solved, grade.lines) == (1, True, ())


def test_a_second_line_of_a_code_has_a_label_of_its_own():
    claim = Claim.parse("97124 x1 XS, 97124 x1")
    assert {label: str(line) for label, line in claim.labelled.items()} == {
        "97124": "97124 x1",
        "97124#2": "97124 x1 XS",
    }


# Audit and support ---------------------------------------------------------------------------------------------------

REVIEWED = Claim.parse("97124 x1, 97110 x9 59")


def audit(answer, claim=REVIEWED, case=MASSAGE):
    return engine.grade(asking(audit={"claim": claim}), Solution(case, None, (), "", (), {}), "audit", answer)


@pytest.mark.parametrize(
    ("answer", "score"),
    [
        ("97124: ok, 97110: what was done", 1),
        # What else is wrong with a line that should not be there may be marked, and need not be.
        ("97124: ok, 97110: what was done + how it is said", 1),
        ("97110: What was done, 97124: OK", 1),
        ("97124: ok, 97110: how it is said", 1 / 2),
        ("97124: ok, 97110: what was done + how much", 1 / 2),
        ("97124: ok, 97110: ok", 1 / 2),
        ("97124: how much, 97110: what was done", 1 / 2),
        ("97124: ok, 97110: what was done, a line is missing", 2 / 3),
        ("97124: how much, 97110: ok, a line is missing", 0),
    ],
)
def test_an_audit_scores_the_share_of_marks_that_hold(answer, score):
    assert audit(answer).score == pytest.approx(score)


def test_a_missing_line_is_a_mark_of_its_own():
    claim = Claim.parse("98940 x1")
    assert audit("98940: ok, a line is missing", claim, NECK_AND_BACK).score == 1
    assert audit("98940: ok", claim, NECK_AND_BACK).score == 1 / 2


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("97124: ok", "Mark every line: 97110 still open."),
        ("97124: fine, 97110: ok", "“fine” is not one of the headings."),
        ("97124: how mutch, 97110: ok", "“how mutch” is not one of the headings. Did you mean “how much”?"),
        ("97124: ok + how much, 97110: ok", "97124 is marked ok and wrong at once."),
        (
            "97125: ok, 97110: ok",
            "“97125: ok” does not mark a line of the claim. Write a line, a colon and a mark: 97124: ok.",
        ),
    ],
)
def test_an_audit_that_cannot_be_read_is_not_a_wrong_one(answer, says):
    with pytest.raises(Unreadable) as caught:
        audit(answer)
    assert str(caught.value) == says


def support(answer, case=NECK_AND_BACK, claim="98940 x1, 97124 x1 XS", line="97124"):
    exercise = replace(asking(support={"claim": Claim.parse(claim), "line": line}), note=case.note)
    return engine.grade(exercise, Solution(case, None, (), "", (), {}), "support", answer)


@pytest.mark.parametrize(
    ("answer", "score"),
    [
        # Pieces 1 and 2 are the adjustment and its region, 3 to 5 the massage, its region and its minutes.
        ("97124: 2 3 4 5", 1),
        ("97124: 1 2 3 4 5", 1),
        ("97124: 2 3 4", 3 / 4),
        ("97124: 3", 1 / 4),
        ("97124: 1", 0),
        ("97124:", 0),
    ],
)
def test_support_scores_the_share_of_pieces_found_and_grounds_nearby_cost_nothing(answer, score):
    assert support(answer).score == score


def test_pieces_that_carry_nothing_take_away_what_was_found():
    case = visit(did("petrissage", 15), did("rest", 20), did("charting", 5))
    right = support("97124: 1 2", case, "97124 x1").score
    one_wrong = support("97124: 1 2 3", case, "97124 x1").score
    everything = support("97124: 1 2 3 4 5 6", case, "97124 x1").score
    assert (right, one_wrong, everything) == (1, 3 / 4, 0)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("2 3", "Write the line, a colon and the numbers of the pieces: 97124: 2 5."),
        ("98940: 2", "Write the line, a colon and the numbers of the pieces: 97124: 2 5."),
        ("97124: 6", "“6” is not a piece of the note. Pieces run from 1 to 5."),
        ("97124: 0", "“0” is not a piece of the note. Pieces run from 1 to 5."),
        ("97124: two", "“two” is not a piece of the note. Pieces run from 1 to 5."),
        ("97124: ²", "“²” is not a piece of the note. Pieces run from 1 to 5."),
    ],
)
def test_support_that_cannot_be_read_is_not_a_wrong_answer(answer, says):
    with pytest.raises(Unreadable) as caught:
        support(answer)
    assert str(caught.value) == says


# What a line stands on -----------------------------------------------------------------------------------------------


def test_taking_a_fact_away_leaves_the_rest_of_the_case_as_it_was():
    service = NECK_AND_BACK.services[-1]
    for fact, left in (("minutes", [None]), ("region", [""]), ("did", []), ("encounter", [1])):
        case = without(NECK_AND_BACK, service, fact)
        assert case.services[:1] == NECK_AND_BACK.services[:1]
        assert [getattr(rest, fact) for rest in case.services[1:]] == left


def evidence(case, claim, label):
    right, near = engine.evidence(case, Claim.parse(claim), label)
    spans = engine.pieces(case.note)
    return [{case.note[slice(*spans[n - 1])].removesuffix(";") for n in some} for some in (right, near)]


def test_a_timed_line_stands_on_what_was_done_and_how_long():
    assert evidence(MASSAGE, "97124 x1", "97124") == [{"service 1 did petrissage", "service 1 minutes 15"}, set()]


def test_a_line_opened_by_its_region_stands_on_both_regions():
    right, near = evidence(NECK_AND_BACK, "98940 x1, 97124 x1 XS", "97124")
    assert right == {
        "service 1 region lumbar",
        "service 2 did petrissage",
        "service 2 region cervical",
        "service 2 minutes 15",
    }
    # Without the adjustment the massage would stand all the more.
    assert near == {"service 1 did spinal adjustment"}


def test_a_note_is_cut_at_lines_sentences_and_clauses_and_nothing_is_lost():
    note = "S: Stiff.\nP: Massage, low back; 9:00-9:15 kneading, 9:15 rest. Better, 5 of 10."
    parts = [note[start:end] for start, end in engine.pieces(note)]
    assert parts == ["S: Stiff.", "P: Massage, low back;", "9:00-9:15 kneading,", "9:15 rest.", "Better,", "5 of 10."]


def test_every_pair_of_distinct_modifiers_with_59_on_one_line_is_refused():
    for one, other in combinations(DISTINCT, 2):
        found = ("97124", "one_reason_per_line") in costs(NECK_AND_BACK, f"98940 x1, 97124 x1 {one} {other}")
        assert found == ("59" in (one, other))


def test_a_service_whose_minutes_the_record_tells_carries_its_line_too():
    case = visit(did("petrissage", region="lumbar"), payer="plan_cedar", timed_minutes=15)
    assert best(case) == claims("97124 x1")
    right, _ = engine.evidence(case, Claim.parse("97124 x1"), "97124")
    assert {case.note[slice(*engine.pieces(case.note)[n - 1])].strip() for n in right} >= {"service 1 did petrissage;"}
