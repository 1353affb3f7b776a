"""Both sides of every boundary: the last day and the first, the last minute, dollar, unit and region.

`test_engine.py` has an example of each rule, and some boundaries with them. Here are the others, row by row of the
published tables where a table holds the boundary.
"""

from datetime import date, timedelta

import pytest
from cases import CEDAR, PT, PTA, adjusted, best, charted, claims, costs, did, solved, tips, visit
from test_data import rows

from coursekit import engine, tables
from coursekit.counting import assisted_units
from coursekit.model import Unreadable
from coursekit.readings import visits
from coursekit.rules import RULES

OT, OTA = "occupational therapist", "occupational therapy assistant"
DAY = timedelta(days=1)

TECHNIQUE = {
    row.codes[0]: row.name
    for row in reversed(tables.techniques().values())
    if len(row.codes) == 1 and not row.contested
}
TIMED = sorted(code for code, row in tables.codes().items() if row.timing == "timed" and code in TECHNIQUE)


def day(text):
    return date.fromisoformat(text) if text else None


def gp(claim):
    """The claim with GP on each line, as Medicare wants it of a physical therapist's plan of care."""
    return ", ".join(f"{line} GP" for line in claim.split(", "))


def rules_of(case, claim):
    """The rules that speak about a claim, costing or not."""
    return {rule for _, rule in costs(case, claim) | tips(case, claim)}


# Dates ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.since or rule.until], ids=lambda rule: rule.id)
def test_a_rule_speaks_from_its_first_day_to_its_last(rule):
    if rule.since:
        assert (rule in engine.rules_on(rule.since), rule in engine.rules_on(rule.since - DAY)) == (True, False)
    if rule.until:
        assert (rule in engine.rules_on(rule.until), rule in engine.rules_on(rule.until + DAY)) == (True, False)


def test_these_rules_have_dates_and_no_others():
    dated = {rule.id: (str(rule.since or ""), str(rule.until or "")) for rule in RULES if rule.since or rule.until}
    assert dated == {
        "one_line_per_code": ("2021-04-19", ""),
        "separate_time_is_xu": ("2015-01-01", ""),
        "column_two_before_2019_07": ("", "2019-06-30"),
        "column_two_is_safe": ("2019-07-01", ""),
        "x_says_why": ("2015-01-01", ""),
        "assistants_are_marked": ("2020-01-01", ""),
    }


def test_the_two_rules_on_the_place_of_a_modifier_leave_no_day_between_them():
    before, after = (
        next(rule for rule in RULES if rule.id == id) for id in ("column_two_before_2019_07", "column_two_is_safe")
    )
    assert after.since - before.until == DAY


@pytest.mark.parametrize(
    "row", [row for row in rows("codes.csv") if row["since"] or row["until"]], ids=lambda row: row["code"]
)
def test_a_code_is_valid_from_its_first_day_to_its_last(row):
    def refused(on):
        case = visit(did(TECHNIQUE[row["code"]], 15), on=on.isoformat())
        return "code_in_force" in rules_of(case, f"{row['code']} x1")

    if since := day(row["since"]):
        assert (refused(since), refused(since - DAY)) == (False, True)
    if until := day(row["until"]):
        assert (refused(until), refused(until + DAY)) == (False, True)


@pytest.mark.parametrize("row", [row for row in rows("modifiers.csv") if row["since"]], ids=lambda row: row["modifier"])
def test_a_modifier_counts_from_its_first_day(row):
    first = day(row["since"])

    def refused(on):
        case = visit(*adjusted("lumbar"), did("petrissage", 15, "cervical"), on=on.isoformat(), **CEDAR)
        return ("97124", "modifier_in_force") in costs(case, f"98940 x1, 97124 x1 {row['modifier']}")

    assert (refused(first), refused(first - DAY)) == (False, True)


def test_an_edit_holds_on_its_last_day_and_not_on_the_next():
    """Every row of every list, read here as plain text."""
    by_pair = {}
    for row in rows("edits.csv"):
        by_pair.setdefault((row["list"], row["column_one"], row["column_two"]), []).append(row)
    wrong = []
    for pair, found in by_pair.items():
        ends = {day(row["until"]) for row in found} | {day(row["since"]) for row in found} | {date(2026, 3, 4)}
        for on in sorted({on + step for on in ends - {None} for step in (-DAY, 0 * DAY, DAY)}):
            held = {
                row["indicator"]
                for row in found
                if row["indicator"] != "9"
                and row["since"] <= on.isoformat()
                and (not row["until"] or on.isoformat() <= row["until"])
            }
            edit = tables.edit_in_force(*pair, on)
            if (edit.indicator if edit else None) not in (held or {None}):
                wrong.append((pair, on, held, edit))
    assert wrong == []


LAST_DAYS = [
    # column one, column two, its services, the last day on which it took a modifier, the modifier
    ("97530", "97116", "2019-12-31", "XU"),
    ("97530", "97113", "2019-12-31", "XU"),
    ("97530", "97535", "2021-12-31", "XU"),
    ("97140", "97530", "2019-12-31", "XU"),
    ("97161", "97165", "2017-06-30", "XU"),
    ("97110", "97750", "2003-09-30", "59"),
    ("97124", "97750", "2003-09-30", "59"),
]


@pytest.mark.parametrize(("one", "two", "last", "name"), LAST_DAYS, ids=[f"{one}/{two}" for one, two, *_ in LAST_DAYS])
def test_a_pair_takes_its_modifier_until_the_last_day_and_none_from_the_next(one, two, last, name):
    services = [did(TECHNIQUE[one], 15, at="9:00"), did(TECHNIQUE[two], 15, at="9:15")]
    on, after = visit(*services, on=last), visit(*services, on=(day(last) + DAY).isoformat())
    bare, marked = gp(f"{one} x1, {two} x1"), gp(f"{one} x1, {two} x1 {name}")
    assert (costs(on, bare), costs(on, marked)) == ({(two, "separate_time")}, set())
    assert (costs(after, bare), costs(after, marked)) == (set(), {(two, "modifier_is_needed")})


@pytest.mark.parametrize(("wrap", "code"), [("lower leg", "29581"), ("arm", "29584")])
def test_a_wrap_shut_manual_therapy_out_from_2018_to_2021_and_takes_a_modifier_since(wrap, code):
    services = [did(f"compression wrapping of the {wrap}", at="9:30"), did("manual lymph drainage", 15, at="9:00")]
    bare, marked = gp(f"{code} x1, 97140 x1"), gp(f"{code} x1, 97140 x1 XU")
    for on, without, with_one in (
        ("2017-12-31", set(), {("97140", "modifier_is_needed")}),
        ("2018-01-01", {("97140", "never_together")}, {("97140", "never_together")}),
        ("2021-12-31", {("97140", "never_together")}, {("97140", "never_together")}),
        ("2022-01-01", {("97140", "separate_time")}, set()),
    ):
        case = visit(*services, on=on)
        assert (on, costs(case, bare), costs(case, marked)) == (on, without, with_one)


# Minutes, units, limits ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("payer", ["medicare", "plan_cedar"])
@pytest.mark.parametrize("code", TIMED)
def test_every_timed_code_earns_its_first_unit_with_8_minutes_and_its_second_with_23(code, payer):
    on = {minutes: visit(did(TECHNIQUE[code], minutes), payer=payer) for minutes in (7, 8, 22, 23)}
    earned = {minutes: visits(case)[0].earned.get(code, 0) for minutes, case in on.items()}
    assert earned == {7: 0, 8: 1, 22: 1, 23: 2}


LIMITED = [
    (code, int(row["limit"])) for row in rows("codes.csv") if (code := row["code"]) in TIMED and row["limit"] != "0"
]


@pytest.mark.parametrize(("code", "limit"), LIMITED)
def test_at_the_daily_limit_nothing_is_said_and_one_unit_above_there_is_a_warning(code, limit):
    at, above = (visit(did(TECHNIQUE[code], 15 * units), by=PT) for units in (limit, limit + 1))
    full, over = f"{code} x{limit} GP", f"{code} x{limit + 1} GP"
    assert rules_of(at, full) == set()
    assert (costs(above, over), tips(above, over)) == (set(), {(code, "daily_limit")})
    assert costs(above, full) == {(code, "total_time_units")}


@pytest.mark.parametrize(
    ("code", "limit"),
    [
        (row["code"], int(row["limit"]))
        for row in rows("codes.csv")
        if row["timing"] == "untimed" and row["limit"] > "0"
    ],
)
def test_an_untimed_code_is_as_many_units_as_were_done_up_to_its_limit(code, limit):
    def is_too_much(done, billed):
        case = visit(
            *[did(TECHNIQUE.get(code, "unattended electrical stimulation"), own_need=True)] * done, payer="plan_cedar"
        )
        return (code, "untimed_once") in costs(case, f"{code} x{billed}")

    assert (is_too_much(limit, limit), is_too_much(limit + 1, limit + 1)) == (False, True)
    assert (is_too_much(1, 1), is_too_much(1, 2)) == (False, True)


@pytest.mark.parametrize("code", sorted(code for code, row in tables.codes().items() if row.limit == 0))
def test_a_limit_of_zero_is_a_reason_of_its_own_only_where_limits_apply(code):
    services = adjusted() + [did(TECHNIQUE.get(code, "unattended electrical stimulation"), region="knee")]
    refused = {payer: (code, "payer_pays_code") in costs(visit(*services, payer=payer, by="chiropractor"), f"{code} x1")
               for payer in ("plan_cedar", "plan_juniper")}  # fmt: skip
    # Where a payer picks between two codes for one thing, the one that it does not pay is not the one documented.
    assert refused == {"plan_cedar": code != "97014", "plan_juniper": False}


# Regions -------------------------------------------------------------------------------------------------------------

TEN = ("cervical", "thoracic", "lumbar", "sacral", "pelvic", "head", "rib cage", "abdomen", "shoulder", "knee")


@pytest.mark.parametrize(
    ("count", "code"),
    [
        (1, 98925),
        (2, 98925),
        (3, 98926),
        (4, 98926),
        (5, 98927),
        (6, 98927),
        (7, 98928),
        (8, 98928),
        (9, 98929),
        (10, 98929),
    ],
)
def test_the_number_of_regions_picks_the_osteopathic_code(count, code):
    case = visit(*(did("osteopathic manipulation", region=region) for region in TEN[:count]))
    assert best(case) == claims(f"{code} x1")
    for other in {code - 1, code + 1} & set(range(98925, 98930)):
        assert (str(other), "adjustment_by_regions") in costs(case, f"{other} x1")


def test_there_is_no_eleventh_region_and_no_sixth_outside_the_spine():
    outermost = {tables.region_line(name)[-1] for name in tables.regions()}
    assert len(outermost) == 10
    outside = sorted(name for name in outermost if not tables.is_spinal(name))
    case = visit(
        *(did("extraspinal adjustment", region=region) for region in outside), payer="plan_juniper", by="chiropractor"
    )
    assert best(case) == claims("98943 x1")


def test_more_spinal_regions_than_any_code_counts_are_refused_rather_than_guessed():
    with pytest.raises(Unreadable, match="^6 regions are more than any of 98940, 98941 or 98942 counts."):
        visits(visit(*adjusted("cervical", "thoracic", "lumbar", "sacral", "pelvic", "head"), **CEDAR))


# Assistants ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("therapist", "assistant", "marked", "units"),
    [
        # One unit: the therapist's 8 minutes keep it free of the mark.
        (7, 7, 1, 1),
        (8, 14, 0, 1),
        (7, 15, 1, 1),
        (14, 8, 0, 1),
        (0, 8, 1, 1),
        # Two last units, 9 to 14 minutes from each, 23 to 28 together: one with, one without.
        (9, 14, 1, 2),
        (14, 9, 1, 2),
        (14, 14, 1, 2),
        # One full quarter hour and a last unit.
        (15, 14, 1, 2),
        (14, 15, 1, 2),
        (8, 15, 1, 2),
        (7, 16, 2, 2),
        (15, 8, 1, 2),
        (22, 8, 1, 2),
        (23, 8, 0, 2),
        # A full quarter hour from each.
        (22, 15, 1, 2),
        (22, 16, 2, 3),
        (23, 15, 1, 3),
        (22, 22, 2, 3),
        (24, 24, 1, 3),
        (29, 29, 2, 4),
    ],
)
def test_the_units_of_an_assistant_are_told_by_full_quarters_and_the_last_unit(therapist, assistant, marked, units):
    assert (units, assisted_units(therapist, assistant, units)) == ((therapist + assistant + 7) // 15, marked)
    for who, helper, mark in ((PT, PTA, "CQ GP"), (OT, OTA, "CO GO")):
        minutes = [(spent, by) for spent, by in ((therapist, who), (assistant, helper)) if spent]
        case = visit(*(did("therapeutic exercise", spent, by=by) for spent, by in minutes), by=who)
        plan = mark.split()[1]
        lines = [(f"97110 x{units - marked} {plan}", units - marked), (f"97110 x{marked} {mark}", marked)]
        assert best(case) == claims(", ".join(line for line, count in lines if count))


def test_alone_a_therapist_marks_nothing_and_an_assistant_everything():
    for minutes in range(8, 68):
        units = (minutes + 7) // 15
        assert (assisted_units(minutes, 0, units), assisted_units(0, minutes, units)) == (0, units)


@pytest.mark.parametrize("assistant", range(1, 10))
def test_ten_percent_of_an_untimed_service_is_not_marked_and_just_over_is(assistant):
    def claim(therapist):
        services = [did("mechanical traction", therapist, by=PT), did("mechanical traction", assistant, by=PTA)]
        return best(visit(*services, by=PT))

    assert claim(9 * assistant) == claims("97012 x1 GP")
    assert claim(9 * assistant - 1) == claims("97012 x1 CQ GP")


@pytest.mark.parametrize(("who", "helper", "mark", "plan"), [(PT, PTA, "CQ", "GP"), (OT, OTA, "CO", "GO")])
def test_assistants_are_marked_from_the_first_day_of_2020(who, helper, mark, plan):
    last, first = (
        visit(did("therapeutic exercise", 15, by=helper), by=who, on=on) for on in ("2019-12-31", "2020-01-01")
    )
    assert (best(last), best(first)) == (claims(f"97110 x1 {plan}"), claims(f"97110 x1 {mark} {plan}"))
    assert costs(last, f"97110 x1 {mark} {plan}") == {("97110", "modifier_in_force")}
    assert costs(first, f"97110 x1 {plan}") == {("97110", "assistants_are_marked")}


# The yearly amount ---------------------------------------------------------------------------------------------------

THRESHOLDS = [row for row in rows("amounts.csv") if row["kind"] == "therapy threshold"]
OF = {"PT and SLP": (PT, "GP"), "OT": (OT, "GO")}


def threshold_id(row):
    return f"{row['payer']}-{row['of']}-{row['since'][:4]}"


@pytest.mark.parametrize("row", THRESHOLDS, ids=threshold_id)
def test_kx_is_true_once_todays_services_pass_the_years_amount_and_on_every_day_of_the_year(row):
    who, plan = OF[row["of"]]
    amount, said = int(row["value"]), {("97110", "above_the_threshold")}
    for on in (row["since"], row["until"]):
        for papers, without, with_kx in (
            ({"spent_this_year": amount - 30, "allowed_today": 30}, set(), said),
            ({"spent_this_year": amount - 30, "allowed_today": 31}, said, set()),
            ({"spent_this_year": amount}, said, set()),
            # What today comes to is not told: above or not, nobody can say.
            ({"spent_this_year": amount - 1}, set(), set()),
        ):
            case = visit(did("therapeutic exercise", 15), payer=row["payer"], by=who, on=on, **papers)
            assert (costs(case, f"97110 x1 {plan}"), costs(case, f"97110 x1 {plan} KX")) == (without, with_kx)


@pytest.mark.parametrize("on", ["2020-12-31", "2027-01-01"])
def test_where_no_amount_is_known_kx_is_neither_asked_for_nor_refused(on):
    case = visit(did("therapeutic exercise", 15), by=PT, on=on, spent_this_year=9000)
    assert costs(case, "97110 x1 GP") == costs(case, "97110 x1 GP KX") == set()


def test_each_year_has_both_amounts_without_a_day_between():
    for payer in {row["payer"] for row in THRESHOLDS}:
        for of in OF:
            spans = [
                (day(row["since"]), day(row["until"])) for row in THRESHOLDS if (row["payer"], row["of"]) == (payer, of)
            ]
            assert all(later[0] - earlier[1] == DAY for earlier, later in zip(spans, spans[1:], strict=False))


# Whole records -------------------------------------------------------------------------------------------------------


def lacking(**papers):
    """The rules that turn the line of a charted visit away."""
    return {rule for _, rule in costs(charted(**papers), "97124 x1 GP")}


def test_an_order_and_a_plan_sent_stand_for_the_first_signature_from_january_1_2025():
    papers = {
        "plan_of_care": "2024-11-15",
        "first_treatment": "2024-11-15",
        "plan_ends": "2025-03-01",
        "evaluated": "2024-11-15",
        "plan_sent": "2024-12-15",
        "order": "2024-11-10",
        "lacks": ["certified"],
    }
    assert lacking(on="2024-12-31", **papers) == {"plan_is_certified"}
    assert lacking(on="2025-01-01", **papers) == set()
    assert lacking(on="2025-01-01", **papers | {"plan_sent": "2024-12-16"}) == {"plan_is_certified"}


@pytest.mark.parametrize(
    ("again", "on", "rules"),
    [
        ("2026-03-04", "2026-03-04", set()),
        ("2026-03-05", "2026-03-04", {"plan_is_recertified"}),
        ("2026-03-04", "2026-06-02", set()),
        ("2026-03-04", "2026-06-03", {"plan_is_recertified"}),
    ],
    ids=["signed on the day", "signed the day after", "90 days later", "91 days later"],
)
def test_a_plan_signed_again_runs_from_that_day(again, on, rules):
    assert lacking(plan_ends="2026-03-03", recertified=again, on=on) == rules


def test_a_late_entry_of_any_later_day_is_marked():
    for written in ("2026-03-05", "2026-03-06", "2027-03-04"):
        assert lacking(written=written) == {"late_entry_is_marked"}


# Plans ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("minutes", "right"), [(7, "nothing"), (8, "97110 x1, 97124 x1")])
def test_plan_birch_wants_active_work_that_earns_a_unit_of_its_own(minutes, right):
    case = visit(did("petrissage", 15), did("therapeutic exercise", minutes), payer="plan_birch")
    assert best(case) == claims(right)


@pytest.mark.parametrize(
    ("at", "shared"), [("9:07", True), ("9:08", False)], ids=["8 minutes shared", "7 minutes shared"]
)
def test_shared_minutes_are_a_question_once_units_turn_on_them_even_where_another_region_opens_the_pair(at, shared):
    hands = [did("joint mobilization", 15, "shoulder", at="9:00"), did("petrissage", 15, "lumbar", at=at)]
    case = visit(*hands, payer="plan_juniper")
    said = {(code, "one_service_at_a_time") for code in ("97124", "97140")} if shared else set()
    assert costs(case, "97140 x1, 97124 x1 XS") == said
    assert best(case) == claims("97124 ask, 97140 ask" if shared else "97140 x1, 97124 x1 XS")


# What an answer could still change ------------------------------------------------------------------------------------


def test_minutes_are_not_asked_for_where_they_could_change_nothing():
    here, elsewhere = (
        visit(*adjusted("lumbar"), did("petrissage", None, region), **CEDAR) for region in ("lumbar", "cervical")
    )
    assert solved(here) == claims("98940 x1")
    assert costs(here, "98940 x1, 97124 ask") == {("97124", "only_gaps_are_asked")}
    assert tips(here, "98940 x1") == set()
    assert best(elsewhere) == claims("98940 x1, 97124 ask")


def test_a_time_is_not_asked_for_where_another_pair_stays_shut_whatever_the_answer():
    """Traction leaves the time of the manual therapy open; the adjustment of the same region shuts it out for good."""
    work = [did("mechanical traction", region="cervical"), did("joint mobilization", 15, "cervical")]
    assert best(visit(*work, **CEDAR)) == claims("97012 x1, 97140 ask")
    both = visit(*adjusted("cervical"), *work, **CEDAR)
    assert solved(both) == claims("97012 x1, 98940 x1")
    assert ("97140", "only_gaps_are_asked") in costs(both, "97012 x1, 98940 x1, 97140 ask")


def test_a_region_is_asked_for_where_each_pair_may_still_open():
    case = visit(
        *adjusted("cervical"), did("mechanical traction", region="cervical"), did("joint mobilization", 15), **CEDAR
    )
    assert best(case) == claims("97012 x1, 98940 x1, 97140 ask")


# Whose work it was ---------------------------------------------------------------------------------------------------


def test_minutes_of_one_whom_the_payer_does_not_pay_are_no_units_of_another():
    """Medicare pays a chiropractor for adjustments: what the therapist did alone is billed."""
    case = visit(did("petrissage", 15, by=PT), did("petrissage", 30, by="chiropractor"), by=PT)
    assert best(case) == claims("97124 x1 GP")
    assert costs(case, "97124 x3 GP") == {("97124", "total_time_units")}


def test_an_aides_work_in_another_region_sets_nothing_apart():
    by_hand, by_aide = (
        visit(*adjusted("lumbar"), did("petrissage", 15, "lumbar"), did("effleurage", 15, "cervical", by=by), **CEDAR)
        for by in ("chiropractor", "aide")
    )
    assert best(by_hand) == claims("98940 x1, 97124 x1 XS")
    assert solved(by_aide) == claims("98940 x1")


def test_an_aides_minutes_do_not_keep_an_assistants_unit_free_of_the_mark():
    helped = visit(did("therapeutic exercise", 8, by=PTA), did("therapeutic exercise", 15, by="aide"), by=PT)
    assert best(helped) == claims("97110 x1 CQ GP")
    shared = visit(did("therapeutic exercise", 8, by=PTA), did("therapeutic exercise", 15, by=PT), by=PT)
    assert best(shared) == claims("97110 x1 GP, 97110 x1 CQ GP")
