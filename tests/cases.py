"""Small builders for tests: a visit in a few words, with a note that says just what its facts say.

`EXAMPLES` holds one claim for each rule that breaks it, and beside it the nearest claim or case that does not.
"""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

from coursekit import engine
from coursekit.model import Case, Claim, Exercise, Key, Service, Solution, Told

ROOT = Path(__file__).resolve().parents[1]
DISTINCT = ("59", "XE", "XP", "XS", "XU")


def day(text):
    """A date of service."""
    return date.fromisoformat(text)


def did(technique, minutes=None, region="", *, side="", at=None, by="", encounter=1):
    """One service. `at` is 10:05, or `block 2`."""
    if at and ":" in at:
        hours, past = at.split(":")
        at = int(hours) * 60 + int(past)
    return Service(technique, region, side, minutes, at, by, encounter)


def visit(*services, payer="medicare", by="physician", on="2026-03-04"):
    """A case of these services. Medicare wants no modifier of a physician's plan of care, so that is who came."""
    told = [_told(n, service) for n, service in enumerate(services, 1)]
    note = "\n".join("; ".join(words for _, words in quotes) for quotes in told)
    quoted = tuple(replace(service, quotes=quotes) for service, quotes in zip(services, told, strict=True))
    return Case(day(on), payer, by, note, quoted)


def _told(n, service):
    facts = ("did", "region", "side", "minutes", "at", "by")
    given = ((fact, getattr(service, fact)) for fact in facts)
    words = tuple((fact, f"service {n} {fact} {said}") for fact, said in given if said not in ("", None))
    return (*words, ("encounter", f"service {n} visit {service.encounter}")) if service.encounter > 1 else words


def adjusted(*regions, **more):
    """A spinal adjustment of these regions."""
    return [did("spinal adjustment", region=region, **more) for region in regions]


# What the engine says -------------------------------------------------------------------------------------------------


def costs(case, claim):
    """The costing findings about a claim, as pairs of line and rule."""
    return {(f.line, f.rule) for f in engine.findings(case, Claim.parse(claim)) if not f.advice}


def tips(case, claim):
    """The findings about a claim that cost nothing, as pairs of line and rule."""
    return {(f.line, f.rule) for f in engine.findings(case, Claim.parse(claim)) if f.advice}


def best(case):
    """The best claims, as text."""
    return {str(claim) for claim in engine.best_claims(case)}


def solved(case):
    """The claims without a costing finding, as text."""
    return {str(claim) for claim in engine.solved_claims(case)}


# Exercises without files ----------------------------------------------------------------------------------------------


def asking(**forms):
    """An exercise that asks these forms, and has no case."""
    return Exercise("asked", "00_asked", "Asked", (), (), (), "", None, "", "", "", (), forms, "")


def keyed(form, right, ids, tolerance=0.0):
    """The solution of a keyed form, with a sentence about each id."""
    told = {id: Told(f"About {id}.", "invented") for id in ids}
    return Solution(None, None, (), "Because.", (), {form: Key(right, told, tolerance)})


# One example for each rule --------------------------------------------------------------------------------------------


class Example(NamedTuple):
    """A claim that breaks a rule on a line, and a neighbor that does not."""

    rule: str
    case: Case
    claim: str
    line: str
    neighbor: Case
    right: str


def _same(rule, case, claim, line, right):
    return Example(rule, case, claim, line, case, right)


CEDAR = {"payer": "plan_cedar", "by": "chiropractor"}
NECK_AND_BACK = visit(*adjusted("lumbar"), did("petrissage", 15, "cervical"), **CEDAR)
BACK_AND_BACK = visit(*adjusted("lumbar"), did("petrissage", 15, "lumbar"), **CEDAR)
MASSAGE = visit(did("petrissage", 15))
TWO_HANDS = visit(did("joint mobilization", 15, "shoulder", at="9:00"), did("petrissage", 15, "lumbar", at="9:15"))
TEST_AFTER = visit(did("joint mobilization", 15, at="9:00"), did("performance test", 15, at="9:15"))
NO_MINUTES = visit(did("petrissage"))
BEFORE_JULY = visit(*NECK_AND_BACK.services, on="2019-06-30", **CEDAR)
FROM_JULY = visit(*NECK_AND_BACK.services, on="2019-07-01", **CEDAR)
LAST_OF_2014 = visit(*NECK_AND_BACK.services, on="2014-12-31", **CEDAR)
FIRST_OF_2015 = visit(*NECK_AND_BACK.services, on="2015-01-01", **CEDAR)
BY_CHIROPRACTOR = [*adjusted("lumbar"), did("joint mobilization", 15, "shoulder")]

EXAMPLES = (
    Example(
        "payer_pays_provider",
        visit(*BY_CHIROPRACTOR, by="chiropractor"),
        "98940 x1 AT, 97140 x1 XS",
        "97140",
        visit(*BY_CHIROPRACTOR, **CEDAR),
        "98940 x1, 97140 x1 XS",
    ),
    Example(
        "payer_pays_code",
        visit(did("hot pack")),
        "97010 x1",
        "97010",
        visit(did("hot pack"), payer="plan_juniper"),
        "97010 x1",
    ),
    Example(
        "code_in_force",
        visit(did("pt evaluation before 2017"), on="2017-01-01"),
        "97001 x1",
        "97001",
        visit(did("pt evaluation before 2017"), on="2016-12-31"),
        "97001 x1",
    ),
    _same("documented", MASSAGE, "97124 x1, 97110 x1", "97110", "97124 x1"),
    _same("due_is_billed", MASSAGE, "nothing", "97124", "97124 x1"),
    Example(
        "adjustment_by_regions",
        visit(*adjusted("cervical", "thoracic", "lumbar"), **CEDAR),
        "98940 x1",
        "98940",
        visit(*adjusted("cervical", "lumbar"), **CEDAR),
        "98940 x1",
    ),
    Example("total_time_units", visit(did("petrissage", 22)), "97124 x2", "97124", visit(did("petrissage", 23)), "97124 x2"),
    Example(
        "per_service_units",
        visit(did("petrissage", 22), payer="plan_cedar"),
        "97124 x2",
        "97124",
        visit(did("petrissage", 23), payer="plan_cedar"),
        "97124 x2",
    ),
    _same("untimed_once", visit(did("mechanical traction", 30)), "97012 x2", "97012", "97012 x1"),
    _same("never_together", TWO_HANDS, "97140 x1, 97124 x1 XS", "97124", "97140 x1"),
    Example("separate_region", BACK_AND_BACK, "98940 x1, 97124 x1 XS", "97124", NECK_AND_BACK, "98940 x1, 97124 x1 XS"),
    _same("separate_time", TEST_AFTER, "97140 x1, 97750 x1", "97750", "97140 x1, 97750 x1 XU"),
    Example("modifier_in_force", LAST_OF_2014, "98940 x1, 97124 x1 XS", "97124", FIRST_OF_2015, "98940 x1, 97124 x1 XS"),
    _same("modifier_is_needed", MASSAGE, "97124 x1 59", "97124", "97124 x1"),
    _same("modifier_is_true", NECK_AND_BACK, "98940 x1, 97124 x1 XU", "97124", "98940 x1, 97124 x1 XS"),
    _same("one_reason_per_line", NECK_AND_BACK, "98940 x1, 97124 x1 59 XS", "97124", "98940 x1, 97124 x1 XS"),
    Example(
        "column_two_before_2019_07", BEFORE_JULY, "98940 x1 XS, 97124 x1", "97124", FROM_JULY, "98940 x1 XS, 97124 x1"
    ),
    Example("column_two_is_safe", FROM_JULY, "98940 x1 XS, 97124 x1", "98940", FROM_JULY, "98940 x1, 97124 x1 XS"),
    _same("once_is_enough", NECK_AND_BACK, "98940 x1 XS, 97124 x1 XS", "98940", "98940 x1, 97124 x1 XS"),
    _same("x_says_why", NECK_AND_BACK, "98940 x1, 97124 x1 59", "97124", "98940 x1, 97124 x1 XS"),
    Example(
        "required_modifier",
        visit(did("petrissage", 15), by="physical therapist"),
        "97124 x1",
        "97124",
        MASSAGE,
        "97124 x1",
    ),
    Example("gap_is_asked", NO_MINUTES, "97124 x1", "97124", MASSAGE, "97124 x1"),
    Example("only_gaps_are_asked", MASSAGE, "97124 ask", "97124", NO_MINUTES, "97124 ask"),
    _same("ask_rather_than_drop", NO_MINUTES, "nothing", "97124", "97124 ask"),
)
