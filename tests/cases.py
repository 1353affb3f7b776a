"""Small builders for tests: a visit in a few words, with a note that says just what its facts say.

`EXAMPLES` holds one claim for each rule that breaks it, and beside it the nearest claim or case that does not.
"""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

from coursekit import engine, tables
from coursekit.model import Case, Claim, Document, Exercise, Key, Service, Solution, Told

ROOT = Path(__file__).resolve().parents[1]
DISTINCT = ("59", "XE", "XP", "XS", "XU")


def day(text):
    """A date of service."""
    return date.fromisoformat(text)


def did(technique, minutes=None, region="", *, at=None, **more):
    """One service. `at` is 10:05, or `block 2`."""
    if at and ":" in at:
        hours, past = at.split(":")
        at = int(hours) * 60 + int(past)
    return Service(technique, region, minutes=minutes, at=at, **more)


# Medicare as it is, but for the modifiers that name a plan of care: most tests are about something else.
PLAIN = "medicare without plan modifiers"
_medicare = tables.payers()["medicare"]
tables.payers()[PLAIN] = replace(_medicare, requires=tuple(n for n in _medicare.requires if "physician" not in n.by))


def visit(*services, payer="medicare", by="physician", on="2026-03-04", record="", **documents):
    """A case of these services. A physician comes to `PLAIN` Medicare; therapists and others to Medicare as it is."""
    payer = PLAIN if (payer, by) == ("medicare", "physician") else payer
    told = [_told(n, service) for n, service in enumerate(services, 1)]
    said = {name.replace("_", " "): str(value) for name, value in documents.items()}
    lines = ["; ".join(words for _, words in quotes) for quotes in told] + [
        f"{name}: {is_}." for name, is_ in said.items()
    ]
    quoted = tuple(replace(service, quotes=quotes) for service, quotes in zip(services, told, strict=True))
    papers = {name: Document(is_, f"{name}: {is_}.") for name, is_ in said.items()}
    return Case(day(on), payer, by, "\n".join(lines), quoted, papers, record)


def _told(n, service):
    facts = ("did", "region", "side", "minutes", "at", "by", "because")
    given = [(fact, getattr(service, fact)) for fact in facts]
    given += [("encounter", service.encounter)] * (service.encounter > 1) + [("own_need", "yes")] * service.own_need
    return tuple((fact, f"service {n} {fact} {said}") for fact, said in given if said not in ("", None))


def adjusted(*regions, **more):
    """A spinal adjustment of these regions."""
    return [did("spinal adjustment", region=region, **more) for region in regions]


PLAN_OF_CARE = {
    "treatment_date": "yes",
    "signature": "yes",
    "timed_minutes": 15,
    "total_minutes": 15,
    "plan_of_care": "2026-02-10",
    "first_treatment": "2026-02-10",
    "plan_ends": "2026-04-30",
    "certified": "2026-02-20",
    "treatment_day": 4,
    "skilled_need": "yes",
}


def charted(*services, payer="medicare", by="physical therapist", on="2026-03-04", lacks=(), **changes):
    """A case with its whole record, which holds all that Medicare wants of 15 minutes of therapy but for these."""
    services = services or (did("petrissage", 15, because="guarding"),)
    papers = {name: value for name, value in PLAN_OF_CARE.items() if name not in lacks} | changes
    return visit(*services, payer=payer, by=by, on=on, record="whole", **papers)


def examined(*signs, lacks=()):
    """An adjustment by a chiropractor under Medicare with its whole record, and these signs of a subluxation."""
    papers = {"treatment_date": "yes", "signature": "yes", "level": "yes", "care": "active"}
    papers = {name: value for name, value in papers.items() if name not in lacks} | dict.fromkeys(signs, "yes")
    return visit(*adjusted("lumbar"), by="chiropractor", record="whole", **papers)


# What the engine says -------------------------------------------------------------------------------------------------


def costs(case, claim):
    """The costing findings about a claim, as pairs of line and rule."""
    claim = Claim.parse(claim) if isinstance(claim, str) else claim
    return {(f.line, f.rule) for f in engine.findings(case, claim) if not f.advice}


def tips(case, claim):
    """The findings about a claim that cost nothing, as pairs of line and rule."""
    claim = Claim.parse(claim) if isinstance(claim, str) else claim
    return {(f.line, f.rule) for f in engine.findings(case, claim) if f.advice}


def claims(*texts):
    """A set of claims."""
    return set(map(Claim.parse, texts))


def best(case):
    """The best claims."""
    return set(engine.best_claims(case))


def solved(case):
    """The claims without a costing finding."""
    return set(engine.solved_claims(case))


# Exercises without files ----------------------------------------------------------------------------------------------


def asking(**forms):
    """An exercise that asks these forms, and has no case."""
    return Exercise("asked", "00_asked", "Asked", (), (), (), "", None, "", "", "", (), forms, "")


def keyed(form, right, ids, tolerance=0.0):
    """The solution of a keyed form, with a sentence about each id."""
    told = {id: Told(f"About {id}.", "invented") for id in ids}
    return Solution(None, None, (), "Because.", (), {form: Key(right, told, tolerance)})


# Answers to the exercises of the course -------------------------------------------------------------------------------


def right_answer(exercise, solution, form):
    """A right answer, as text."""
    if form == "complete":
        return str(solution.claim)
    if form == "audit":
        key, missing = engine.audit_key(solution.case, exercise.forms["audit"]["claim"])
        said = [f"{label}: {' + '.join(sorted(must)) or engine.OK}" for label, (must, _) in key.items()]
        return ", ".join([*said, *([engine.MISSING] if missing else [])])
    if form == "support":
        ask = exercise.forms["support"]
        right, _ = engine.evidence(solution.case, ask["claim"], ask["line"])
        return f"{ask['line']}: {' '.join(map(str, sorted(right)))}"
    right = solution.keys[form].right
    if form == "sort":
        return ", ".join(f"{card}={bin}" for card, bin in right.items())
    return f"{right:g}" if form == "number" else right if form == "choose" else " ".join(right)


def _other_answers(exercise, solution, form):
    ask = exercise.forms[form]
    if form == "complete":
        yield from ("nothing", "97039 x1")
    elif form == "audit":
        labels = list(ask["claim"].labelled)
        yield ", ".join(f"{label}: ok" for label in labels)
        yield ", ".join(f"{label}: who may bill" for label in labels)
    elif form == "support":
        yield from (f"{ask['line']}: {n}" for n in range(1, len(engine.pieces(exercise.note)) + 1))
    elif form == "choose":
        yield from ask["options"]
    elif form == "select":
        yield from ("none", *ask["options"])
    elif form == "sort":
        yield from (", ".join(f"{card}={bin}" for card in ask["cards"]) for bin in ask["bins"])
    elif form == "order":
        yield from (" ".join(ask["steps"]), " ".join(reversed(ask["steps"])))
    else:
        yield f"{solution.keys[form].right + 1000:g}"


def wrong_answer(exercise, solution, form):
    """A readable answer that is not solved."""
    answers = _other_answers(exercise, solution, form)
    return next(answer for answer in answers if not engine.grade(exercise, solution, form, answer).solved)


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

PT = "physical therapist"
PTA = "physical therapist assistant"
OFFICE = "office visit known patient level 3"
EXERCISE = did("therapeutic exercise", 15)
WITH_NEED = visit(*adjusted("lumbar"), did(OFFICE, own_need=True), **CEDAR)
WITHOUT_NEED = visit(*adjusted("lumbar"), did(OFFICE), **CEDAR)
ACTIVE = visit(*adjusted("lumbar"), by="chiropractor", care="active")
MAINTENANCE = visit(*adjusted("lumbar"), by="chiropractor", care="maintenance")
BELOW_AMOUNT = visit(EXERCISE, by=PT, spent_this_year=2400, allowed_today=80)
AT_AMOUNT = visit(EXERCISE, by=PT, spent_this_year=2480)
BY_ASSISTANT = visit(did("therapeutic exercise", 15, by=PTA), by=PT)
BY_THERAPIST = visit(did("therapeutic exercise", 15, by=PT), by=PT)
# Twenty and fifteen minutes that share ten: whose they were decides a unit.
AT_ONCE = visit(did("therapeutic exercise", 20, at="9:00"), did("gait training", 15, at="9:10"))
IN_TURN = visit(did("therapeutic exercise", 15, at="9:00"), did("gait training", 15, at="9:15"))
IN_ORDER = charted()

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
        "paid_only_beside",
        visit(did("petrissage", 15), payer="plan_birch"),
        "97124 x1",
        "97124",
        visit(did("petrissage", 15), EXERCISE, payer="plan_birch"),
        "97110 x1, 97124 x1",
    ),
    Example("maintenance_is_not_covered", MAINTENANCE, "98940 x1", "98940", ACTIVE, "98940 x1 AT"),
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
    Example(
        "total_time_units", visit(did("petrissage", 22)), "97124 x2", "97124", visit(did("petrissage", 23)), "97124 x2"
    ),
    Example(
        "per_service_units",
        visit(did("petrissage", 22), payer="plan_cedar"),
        "97124 x2",
        "97124",
        visit(did("petrissage", 23), payer="plan_cedar"),
        "97124 x2",
    ),
    _same("untimed_once", visit(did("mechanical traction", 30)), "97012 x2", "97012", "97012 x1"),
    Example("one_service_at_a_time", AT_ONCE, "97110 x1, 97116 x1", "97116", IN_TURN, "97110 x1, 97116 x1"),
    _same("one_line_per_code", visit(did("petrissage", 30)), "97124 x1, 97124 x1", "97124#2", "97124 x2"),
    Example("daily_limit", visit(did("petrissage", 75)), "97124 x5", "97124", visit(did("petrissage", 60)), "97124 x4"),
    _same("never_together", TWO_HANDS, "97140 x1, 97124 x1 XS", "97124", "97140 x1"),
    Example("separate_region", BACK_AND_BACK, "98940 x1, 97124 x1 XS", "97124", NECK_AND_BACK, "98940 x1, 97124 x1 XS"),
    _same("separate_time", TEST_AFTER, "97140 x1, 97750 x1", "97750", "97140 x1, 97750 x1 XU"),
    Example("separate_evaluation", WITHOUT_NEED, "98940 x1, 99213 x1 25", "99213", WITH_NEED, "98940 x1, 99213 x1 25"),
    Example(
        "modifier_in_force", LAST_OF_2014, "98940 x1, 97124 x1 XS", "97124", FIRST_OF_2015, "98940 x1, 97124 x1 XS"
    ),
    _same("modifier_is_needed", MASSAGE, "97124 x1 59", "97124", "97124 x1"),
    _same("modifier_is_true", NECK_AND_BACK, "98940 x1, 97124 x1 XU", "97124", "98940 x1, 97124 x1 XS"),
    _same("separate_time_is_xu", TEST_AFTER, "97140 x1, 97750 x1 XS", "97750", "97140 x1, 97750 x1 XU"),
    _same("modifier_fits_code", WITH_NEED, "98940 x1, 99213 x1 XU", "99213", "98940 x1, 99213 x1 25"),
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
    _same("plan_modifier_is_true", BY_THERAPIST, "97110 x1 GO GP", "97110", "97110 x1 GP"),
    Example("active_care_is_true", MAINTENANCE, "98940 x1 AT GA", "98940", ACTIVE, "98940 x1 AT"),
    Example("above_the_threshold", BELOW_AMOUNT, "97110 x1 GP KX", "97110", AT_AMOUNT, "97110 x1 GP KX"),
    _same("local_modifiers_stay_home", MASSAGE, "97124 x1 U7", "97124", "97124 x1"),
    _same("assistants_are_marked", BY_ASSISTANT, "97110 x1 GP", "97110", "97110 x1 CQ GP"),
    Example("gap_is_asked", NO_MINUTES, "97124 x1", "97124", MASSAGE, "97124 x1"),
    Example("only_gaps_are_asked", MASSAGE, "97124 ask", "97124", NO_MINUTES, "97124 ask"),
    _same("ask_rather_than_drop", NO_MINUTES, "nothing", "97124", "97124 ask"),
    Example("note_is_dated", charted(lacks=["treatment_date"]), "97124 x1 GP", "97124", IN_ORDER, "97124 x1 GP"),
    Example("note_is_signed", charted(lacks=["signature"]), "97124 x1 GP", "97124", IN_ORDER, "97124 x1 GP"),
    Example("timed_total_is_given", charted(timed_minutes=16), "97124 x1 GP", "97124", IN_ORDER, "97124 x1 GP"),
    Example("total_time_is_given", charted(total_minutes=14), "97124 x1 GP", "97124", IN_ORDER, "97124 x1 GP"),
    Example("plan_is_certified", charted(lacks=["plan_of_care"]), "97124 x1 GP", "97124", IN_ORDER, "97124 x1 GP"),
    Example("plan_is_recertified", charted(plan_ends="2026-03-03"), "97124 x1 GP", "97124", IN_ORDER, "97124 x1 GP"),
    Example("progress_is_reported", charted(treatment_day=11), "97124 x1 GP", "97124", IN_ORDER, "97124 x1 GP"),
    Example("skill_was_needed", charted(lacks=["skilled_need"]), "97124 x1 GP", "97124", IN_ORDER, "97124 x1 GP"),
    Example(
        "each_service_has_a_purpose", charted(did("petrissage", 15)), "97124 x1 GP", "97124", IN_ORDER, "97124 x1 GP"
    ),
    Example("part_is_shown", examined("pain"), "98940 x1 AT", "98940", examined("pain", "asymmetry"), "98940 x1 AT"),
    Example(
        "level_is_named",
        examined("pain", "asymmetry", lacks=["level"]),
        "98940 x1 AT",
        "98940",
        examined("pain", "asymmetry"),
        "98940 x1 AT",
    ),
    Example(
        "order_is_on_file",
        visit(did("petrissage", 15), payer="wa_workers_comp", record="whole"),
        "97124 x1",
        "97124",
        visit(did("petrissage", 15), payer="wa_workers_comp", record="whole", order="2026-03-01"),
        "97124 x1",
    ),
    Example(
        "clock_times_are_given",
        visit(did("petrissage", 15), payer="plan_larch", record="whole", signature="yes", treatment_date="yes"),
        "97124 x1",
        "97124",
        visit(
            did("petrissage", 15, at="9:00"), payer="plan_larch", record="whole", signature="yes", treatment_date="yes"
        ),
        "97124 x1",
    ),
    Example("note_is_its_own", charted(copied_from="2026-02-25"), "97124 x1 GP", "97124", IN_ORDER, "97124 x1 GP"),
    Example(
        "late_entry_is_marked",
        charted(written="2026-03-05"),
        "97124 x1 GP",
        "97124",
        charted(written="2026-03-04"),
        "97124 x1 GP",
    ),
)
