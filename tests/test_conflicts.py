"""Where sources disagree: how the course settled it, and that nobody loses a point to what is not settled.

C1 to C11 are the conflicts that the course's research found. Each test says in its name how one was settled.
"""

import csv
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
import small_course
from cases import (
    CEDAR,
    DISTINCT,
    EXAMPLES,
    PT,
    PTA,
    ROOT,
    adjusted,
    best,
    claims,
    costs,
    did,
    solved,
    tips,
    visit,
)

from coursekit import engine, reference, tables
from coursekit.checks import problems
from coursekit.course import Course
from coursekit.model import Unreadable
from coursekit.readings import visits
from coursekit.remittance import remit
from coursekit.rules import RULES

MEDICARE = {"by": PT}
HOSPITAL = {"payer": "medicare_hospital", "by": PT}


def gp(claim):
    """The claim with GP on each line: what Medicare wants of a physical therapist, and what no pair looks at."""
    return ", ".join(f"{line} GP" for line in claim.split(", "))


# C1 to C11 -----------------------------------------------------------------------------------------------------------


def test_c1_massage_beside_manual_therapy_is_never_paid_by_medicare_and_elsewhere_the_contract_says():
    hands = [did("joint mobilization", 15, "shoulder", at="9:00"), did("petrissage", 15, "lumbar", at="9:15")]
    for case in (visit(*hands, **MEDICARE), visit(*hands, **HOSPITAL)):
        assert solved(case) == claims("97140 x1 GP")
        for name in DISTINCT:
            assert ("97124", "never_together") in costs(case, gp(f"97140 x1, 97124 x1 {name}"))
    # A plan with a list of its own is another matter, both ways.
    assert best(visit(*hands, payer="plan_juniper")) == claims("97140 x1, 97124 x1 XS", "97140 x1, 97124 x1 XU")


def test_c2_activities_beside_manual_therapy_need_no_modifier_from_medicare_since_2020_and_a_plan_may_differ():
    blocks = [did("joint mobilization", 15, at="9:00"), did("therapeutic activities", 15, at="9:15")]
    assert best(visit(*blocks, on="2020-01-01", **MEDICARE)) == claims(gp("97140 x1, 97530 x1"))
    assert best(visit(*blocks, on="2019-12-31", **MEDICARE)) == claims(gp("97140 x1, 97530 x1 XU"))
    assert best(visit(*blocks, payer="plan_juniper")) == claims("97140 x1, 97530 x1 XU")


@pytest.mark.parametrize("name", ["59", "XU", "XE", "XS"])
def test_c3_separate_time_may_be_said_with_59_or_xu_and_the_other_chapters_xe_and_xs_cost_nothing(name):
    for one, two, code in (
        ("joint mobilization", "performance test", "97750"),
        ("group therapy", "gait training", "97116"),
    ):
        case = visit(did(one, 15, at="9:00"), did(two, 15, at="9:15"), **MEDICARE)
        first = "97140" if one == "joint mobilization" else "97150"
        assert costs(case, gp(f"{first} x1, {code} x1 {name}")) == set()
        assert best(case) == claims(gp(f"{first} x1, {code} x1 XU"))


@pytest.mark.parametrize("technique", ["petrissage", "joint mobilization", "balance training"])
def test_c4_work_in_the_adjusted_region_is_part_of_the_adjustment_for_every_payer_that_follows_medicares_pairs(
    technique,
):
    (code,) = tables.techniques()[technique].codes
    followers = [payer.id for payer in tables.payers().values() if payer.follows_ncci and payer.pays["chiropractor"]]
    assert {"medicare", "plan_cedar", "plan_alder", "plan_birch", "plan_larch"} <= set(followers)
    for payer in followers:
        case = visit(*adjusted("lumbar"), did(technique, 15, "lumbar", at="9:10"), payer=payer, by="chiropractor")
        for name in ("", *DISTINCT):
            assert any(line == code for line, _ in costs(case, f"98940 x1, {code} x1 {name}"))
        assert all("ask" not in str(claim) and code not in claim.codes for claim in solved(case))
    # The profession's view, that massage is distinct from an adjustment, is a matter of the list: a payer without one takes it.
    without = tables.payers() | {"plan_cedar": replace(tables.payers()["plan_cedar"], edits="none")}
    with tables.using(payers=without):
        case = visit(*adjusted("lumbar"), did(technique, 15, "lumbar"), **CEDAR)
        assert solved(case) == claims(f"98940 x1, {code} x1")


@pytest.mark.parametrize("level", ["low", "moderate", "high"])
def test_c5_an_evaluation_beside_manual_therapy_needs_no_modifier_on_any_date(level):
    code = {"low": "97161", "moderate": "97162", "high": "97163"}[level]
    for on in ("2019-12-31", "2020-01-01", "2020-01-31", "2020-10-01", "2020-10-31", "2026-03-04"):
        case = visit(did(f"pt evaluation {level} complexity"), did("joint mobilization", 15), on=on, **MEDICARE)
        assert best(case) == claims(gp(f"{code} x1, 97140 x1"))
        assert costs(case, gp(f"{code} x1, 97140 x1 59")) == {("97140", "modifier_is_needed")}


def test_c6_exercise_beside_manual_therapy_needs_no_modifier():
    case = visit(did("therapeutic exercise", 15), did("joint mobilization", 15), **MEDICARE)
    assert best(case) == claims(gp("97110 x1, 97140 x1"))
    for name in DISTINCT:
        assert costs(case, gp(f"97110 x1, 97140 x1 {name}")) == {("97140", "modifier_is_needed")}


def test_c7_of_an_assistants_line_medicare_sends_85_percent_and_88_is_what_the_patients_share_makes_of_it():
    plain = visit(did("therapeutic exercise", 15, by=PT), by=PT)
    marked = visit(did("therapeutic exercise", 15, by=PTA), by=PT)
    whole, cut = (remit(case, claim) for case in (plain, marked) for claim in best(case))
    assert cut.lines[0].paid == (whole.lines[0].paid * Decimal("0.85")).quantize(Decimal("0.01"))
    assert cut.lines[0].patient == whole.lines[0].patient
    both = cut.lines[0].paid + cut.lines[0].patient
    assert float(both / whole.lines[0].allowed) == pytest.approx(0.88, abs=0.001)
    assert "85 percent" in cut.lines[0].says and "88 percent" in cut.lines[0].says
    rate, share = (
        tables.amount_on(kind, "medicare", "", plain.date).value for kind in ("assistant rate", "patient share")
    )
    assert (rate, share) == (85, 20)
    assert (100 - share) * rate / 100 + share == pytest.approx(88)


def test_c8_an_evaluation_beside_a_performance_test_turns_on_the_kind_of_claim():
    services = [did("pt evaluation high complexity", 30, at="9:00"), did("performance test", 15, at="9:30")]
    assert best(visit(*services, by=PT)) == claims("97163 x1 GP")
    assert best(visit(*services, **HOSPITAL)) == claims("97163 x1 GP, 97750 x1 GP XU")


NEEDLING = {code for code, row in tables.codes().items() if row.family == "needling"}


def test_c9_dry_needling_is_kept_out_of_everything_that_is_scored():
    words = (
        NEEDLING | {row.name for row in tables.techniques().values() if NEEDLING & set(row.codes)} | {"dry needling"}
    )
    scored = [*(ROOT / "exercises").rglob("*.yaml"), *(ROOT / "solutions").rglob("*.yaml")]
    course = Course(ROOT)
    for name in course.names:
        case = course.solution(name).case if course.solution(name) else None
        assert not case or not any(NEEDLING & visit_.services.keys() for visit_ in visits(case))
    found = {(path.name, word) for path in scored for word in words if word in path.read_text(encoding="utf-8").lower()}
    assert found == set()


def test_c9_a_case_with_dry_needling_is_turned_away_before_a_learner_meets_it(tmp_path):
    root = small_course.write(tmp_path)
    path = root / "solutions/01_claims/neck.yaml"
    needled = path.read_text().replace("did: petrissage", "did: dry needling of one or two muscles")
    path.write_text(needled, encoding="utf-8")
    said = {problem.says for problem in problems(Course(root))}
    assert "Whether dry needling is paid, and to whom, is contested (20560). Keep it out of what is scored." in said


def test_c10_medicare_takes_the_modifier_on_either_code_since_july_2019_and_column_two_is_never_wrong():
    for on, either in (("2019-06-30", False), ("2019-07-01", True), ("2026-03-04", True)):
        case = visit(
            did("joint mobilization", 15, at="9:00"), did("performance test", 15, at="9:15"), on=on, **MEDICARE
        )
        assert costs(case, gp("97140 x1, 97750 x1 XU")) == set()
        assert (costs(case, gp("97140 x1 XU, 97750 x1")) == set()) == either
    assert tips(case, gp("97140 x1 XU, 97750 x1")) == {("97140", "column_two_is_safe")}


def test_c11_osteopathic_work_beside_manual_therapy_is_never_paid_by_medicare_and_elsewhere_the_contract_says():
    services = [
        did("osteopathic manipulation", region="cervical"),
        did("joint mobilization", 15, "shoulder", at="9:15"),
    ]
    medicare = visit(*services)
    assert solved(medicare) == claims("98925 x1")
    for name in DISTINCT:
        assert ("97140", "never_together") in costs(medicare, f"98925 x1, 97140 x1 {name}")
    assert solved(visit(*services, payer="plan_juniper")) == claims("98925 x1, 97140 x1")


def test_each_conflict_has_a_test():
    tested = {int(found[1]) for name in globals() if (found := re.match(r"test_c(\d+)_", name))}
    assert tested == set(range(1, 12))


# What nobody has settled ----------------------------------------------------------------------------------------------


def test_minutes_of_a_struck_code_may_count_or_not_so_no_case_of_the_course_turns_on_them():
    course = Course(ROOT)
    for name in course.names:
        case = course.solution(name).case if course.solution(name) else None
        for visit_ in visits(case) if case else ():
            lost = {service for code in visit_.struck for service in visit_.services[code]}
            rest = replace(case, services=tuple(service for service in case.services if service not in lost))
            assert any(other.due == visit_.due for other in visits(rest)), name


def test_a_case_whose_pairs_run_in_a_ring_is_turned_away_before_a_learner_meets_it(tmp_path):
    """A test beside a group strikes the group, the group manual therapy, and manual therapy the test."""
    root = small_course.write(tmp_path)
    facts = "".join(
        f"- did: {name}\n  minutes: 15\n  at: 10:05\n  quote: {words}\n"
        for name, words in (
            ("performance test", "Stiff low back"),
            ("group therapy", "tolerated well"),
            ("joint mobilization", "Kneading"),
        )
    )
    path = root / "solutions/01_claims/neck.yaml"
    path.write_text(f"facts:\n{facts}claim: 98940 x1, 97124 x1 XS\nwhy: A ring.\n", encoding="utf-8")
    assert any("Which of them stays is unsettled." in problem.says for problem in problems(Course(root)))


def test_every_case_of_the_course_has_a_right_claim():
    course = Course(ROOT)
    wrong = [
        name for name in course.names if (s := course.solution(name)) and s.case and not engine.best_claims(s.case)
    ]
    assert wrong == []


COSTING = [example for example in EXAMPLES if example.rule not in {rule.id for rule in RULES if rule.advice}]

# These say more exactly what another rule says as well: the right code is left out, or the line is not due.
SAID_TWICE = {"adjustment_by_regions"}


@pytest.mark.parametrize("example", COSTING, ids=lambda example: example.rule)
def test_without_a_rule_a_wrong_claim_would_pass(example):
    found = {rule for _, rule in costs(example.case, example.claim)}
    assert (found == {example.rule}) == (example.rule not in SAID_TWICE)


# The story of 2020 ---------------------------------------------------------------------------------------------------

DATES = ("2019-06-03", "2020-02-03", "2020-10-15", "2021-06-01")
APRIL = "In April 2020 CMS deleted many pairs of therapy codes, by all signs this one among them."
SEPTEMBER = "In September 2020 CMS announced its return for October 1."
VOIDED = "The return was voided."
STORY = {
    ("97530", "97116"): [APRIL, SEPTEMBER, VOIDED],
    ("97161", "97140"): ["CMS added this pair for January 1, 2020, with indicator 1;", APRIL, SEPTEMBER, VOIDED],
    ("97161", "97530"): [
        "CMS added this pair for January 1, 2020, with indicator 0.",
        "On January 24, 2020 CMS told the therapists' associations that it would withdraw it.",
    ],
    ("97140", "97164"): [APRIL, SEPTEMBER, VOIDED],
    ("97150", "97110"): [APRIL, SEPTEMBER, "For this pair the return stayed;"],
    ("97140", "97530"): ["this one was not among them, and it never came back."],
}
HELD_IN_2019 = {("97530", "97116"): "1", ("97140", "97164"): "1", ("97150", "97110"): "1", ("97140", "97530"): "1"}
HELD_SINCE = {("97150", "97110"): "1"}
NEVER_HELD = {
    ("97530", "97116"): ["October 1, 2020"],
    ("97161", "97140"): ["January 1, 2020", "October 1, 2020"],
    ("97161", "97530"): ["January 1, 2020"],
    ("97140", "97164"): ["October 1, 2020"],
}


def asked(pair, on, payer="medicare"):
    return reference.pair(*pair, date.fromisoformat(on), payer)


@pytest.mark.parametrize("on", DATES)
@pytest.mark.parametrize("pair", STORY, ids="/".join)
def test_a_pair_tells_what_held_and_what_became_of_it_in_2020(pair, on):
    found = asked(pair, on)
    held = (HELD_IN_2019 if on < "2020" else HELD_SINCE).get(pair)
    assert (found["edit"] or {}).get("indicator") == held
    places = [found["says"].find(told) for told in STORY[pair]]
    assert -1 not in places and places == sorted(places)
    assert asked(pair[::-1], on) == found


@pytest.mark.parametrize("on", DATES[1:])
@pytest.mark.parametrize("pair", NEVER_HELD, ids="/".join)
def test_a_row_that_was_voided_never_held_and_is_told(pair, on):
    found = asked(pair, on)
    assert found["edit"] is None
    for day in NEVER_HELD[pair]:
        assert f"A row of {day} was voided and never held." in found["says"]


def test_the_story_is_told_of_payers_that_follow_those_pairs_and_of_no_other():
    for payer in tables.payers().values():
        assert (APRIL in asked(("97530", "97116"), "2020-02-03", payer.id)["says"]) == payer.follows_ncci
    assert "2020" not in asked(("98940", "97124"), "2026-03-04")["says"]


def test_each_pair_of_a_story_has_rows_and_each_void_row_of_2020_among_therapy_codes_has_a_story():
    with (tables.DATA / "edits.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    told = {pair for event in tables.history() for pair in event.pairs}
    assert told <= {(row["column_one"], row["column_two"]) for row in rows}
    void = {
        (row["column_one"], row["column_two"])
        for row in rows
        if row["indicator"] == "9" and row["since"].startswith("2020") and row["column_one"].startswith("97")
    }
    assert void <= told


def test_a_story_is_told_in_the_order_in_which_it_happened():
    days = [event.on for event in tables.history()]
    assert days == sorted(days)
    assert all(re.fullmatch(r"\d{4}-\d{2}(-\d{2})?", day) for day in days)


def test_no_date_of_2020_lets_an_announced_pair_cost_a_learner():
    for on in ("2020-01-01", "2020-01-23", "2020-01-24", "2020-04-01", "2020-10-01", "2020-10-02"):
        case = visit(did("therapeutic activities", 15), did("gait training", 15), on=on, **MEDICARE)
        assert best(case) == claims(gp("97116 x1, 97530 x1"))
        case = visit(did("pt evaluation low complexity"), did("therapeutic activities", 15), on=on, **MEDICARE)
        assert best(case) == claims(gp("97161 x1, 97530 x1"))


def test_a_pair_named_twice_has_no_story():
    with pytest.raises(Unreadable, match="named twice"):
        asked(("97530", "97530"), "2020-02-03")
