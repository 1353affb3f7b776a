"""A grade in words: which line, what is wrong, what the note says, and where the rule is written."""

import json
import re

import pytest
from cases import EXAMPLES, ROOT, did, right_answer, visit, wrong_answer

from coursekit import engine, tables
from coursekit.course import Course
from coursekit.feedback import HEADS, PART_NAMES, TRIES_BEFORE_ANSWER, explain, marks, source_shown
from coursekit.model import HEADINGS, Claim, Exercise, Solution
from coursekit.rules import RULES

COURSE = Course(ROOT)
FORMS = [(name, form) for name in COURSE.names for form in COURSE.exercise(name).forms]
KEYED = [(name, form) for name, form in FORMS if form in COURSE.solution(name).keys]
RULE = {rule.id: rule for rule in RULES}


def reply_to(name, form, answer, tries=1):
    exercise, solution = COURSE.exercise(name), COURSE.solution(name)
    return explain(exercise, solution, form, engine.grade(exercise, solution, form, answer), tries)


def reply_about(case, claim, tries=1):
    """The reply to a claim about a case without a file."""
    exercise = Exercise(
        "asked", "00_asked", "Asked", (), (), (), "", case.date, case.payer, case.provider, case.note, (),
        {"complete": {"lines": []}}, "",
    )  # fmt: skip
    solution = Solution(case, None, (), "Because it is so.", (), {})
    return explain(exercise, solution, "complete", engine.grade_claim(case, Claim.parse(claim)), tries)


def items(reply):
    return [(line["line"], item) for line in reply["lines"] for item in line["items"]]


# Findings in words ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.rule)
def test_a_reply_names_line_rule_and_source_of_every_finding(example):
    found = engine.findings(example.case, Claim.parse(example.claim))
    told = items(reply_about(example.case, example.claim))
    assert [(line, item["rule"]) for line, item in told] == in_order_of_lines(found, told)
    for finding in found:
        item = next(item for line, item in told if (line, item["rule"]) == (finding.line, finding.rule))
        assert (item["says"], item["rule_says"]) == (finding.says, RULE[finding.rule].says)
        assert item["tone"] == ("tip" if finding.advice else "bad")
        source = tables.sources()[finding.source]
        shown = {"title": source.title, "where": source.where, "edition": source.edition}
        assert {key: item["source"][key] for key in shown} == shown
        assert all(shown.values())
        assert item["head"]


def in_order_of_lines(found, told):
    lines = list(dict.fromkeys(line for line, _ in told))
    return [(f.line, f.rule) for f in sorted(found, key=lambda f: lines.index(f.line))]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.rule)
def test_the_rule_of_each_example_is_told_on_its_line(example):
    told = {(line, item["rule"]) for line, item in items(reply_about(example.case, example.claim))}
    assert (example.line, example.rule) in told


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_the_source_of_a_rule_has_title_place_and_edition(rule):
    shown = source_shown(rule.source)
    assert all(shown[key] for key in ("title", "where", "edition", "seen"))


def test_a_rule_that_began_on_a_day_says_so():
    told = {example.rule: example for example in EXAMPLES}
    example = told["column_two_is_safe"]
    since = {item["rule"]: item["since"] for _, item in items(reply_about(example.case, example.claim))}
    assert since["column_two_is_safe"] == "July 1, 2019"
    example = told["documented"]
    since = {item["rule"]: item["since"] for _, item in items(reply_about(example.case, example.claim))}
    assert since["documented"] == ""


def test_every_head_belongs_to_a_rule():
    assert HEADS.keys() <= RULE.keys()


# Words of the note ---------------------------------------------------------------------------------------------------


def plain(words):
    return re.sub(r"\s+", " ", words).strip()


def assert_marks_are_the_quotes(note, reply):
    quoted = {(line, plain(words)) for line, item in items(reply) for words in item["quotes"]}
    marked = {(line, plain(note[start:end])) for start, end, line in reply["marks"]}
    assert marked == quoted


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.rule)
def test_what_is_marked_in_the_note_is_what_the_findings_quote(example):
    assert_marks_are_the_quotes(example.case.note, reply_about(example.case, example.claim))


ANSWERS = [
    (name, str(claim))
    for name in COURSE.names
    if COURSE.solution(name).case and "complete" in COURSE.exercise(name).forms
    for solution in [COURSE.solution(name)]
    for claim in (solution.claim, *solution.also, *(misstep.claim for misstep in solution.missteps))
]


@pytest.mark.parametrize(("name", "claim"), ANSWERS)
def test_so_it_is_in_every_exercise(name, claim):
    reply = reply_to(name, "complete", claim)
    assert_marks_are_the_quotes(COURSE.exercise(name).note, reply)


def test_words_that_a_note_breaks_over_two_lines_are_marked_all_the_same():
    note = "Kneading   strokes\nto the neck."
    lines = [{"line": "97124", "items": [{"quotes": ["Kneading strokes to the neck", "not there"]}]}]
    assert marks(note, lines) == [[0, len(note) - 1, "97124"]]


@pytest.mark.parametrize(
    "rule", ["separate_region", "separate_time", "never_together", "total_time_units", "documented"]
)
def test_a_finding_shows_the_words_that_it_rests_on(rule):
    example = next(example for example in EXAMPLES if example.rule == rule)
    told = [item for line, item in items(reply_about(example.case, example.claim)) if item["rule"] == rule]
    # What is not documented has no words; every other finding here has.
    assert bool(told[0]["quotes"]) == (rule != "documented")


# The reply as a whole ------------------------------------------------------------------------------------------------

KEYS = {
    "status", "solved", "best", "score", "parts", "headline", "lines", "marks", "why", "answers", "tries",
}  # fmt: skip


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_a_solved_answer_is_told_so_with_its_reason(name, form):
    exercise, solution = COURSE.exercise(name), COURSE.solution(name)
    reply = reply_to(name, form, right_answer(exercise, solution, form))
    assert reply.keys() >= KEYS
    assert (reply["status"], reply["solved"], reply["best"], reply["score"]) == ("graded", True, True, 1)
    assert reply["headline"].startswith("Solved.")
    assert reply["why"] == (solution.why if form == list(exercise.forms)[-1] else "")
    assert all(line["stands"] for line in reply["lines"])
    assert reply["answers"] == ""


def test_units_above_a_daily_limit_are_the_best_answer_and_are_told_what_to_expect():
    case = visit(did("manual lymph drainage", 98, "upper extremity"), by="physical therapist")
    reply = reply_about(case, "97140 x7 GP")
    assert (reply["best"], reply["answers"], reply["headline"]) == (True, "", "Solved. Every line stands.")
    ((_, said),) = items(reply)
    assert said["head"] == "Right, and above the limit." and "Expect a denial" in said["says"]


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_a_wrong_answer_is_told_what_does_not_stand(name, form):
    exercise, solution = COURSE.exercise(name), COURSE.solution(name)
    reply = reply_to(name, form, wrong_answer(exercise, solution, form))
    assert (reply["solved"], reply["score"] < 1, reply["why"], reply["answers"]) == (False, True, "", "")
    assert not reply["headline"].startswith("Solved")


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_after_three_tries_the_answer_is_told(name, form):
    exercise, solution = COURSE.exercise(name), COURSE.solution(name)
    wrong = wrong_answer(exercise, solution, form)
    assert reply_to(name, form, wrong, TRIES_BEFORE_ANSWER - 1)["answers"] == ""
    assert reply_to(name, form, wrong, TRIES_BEFORE_ANSWER)["answers"] != ""


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_a_reply_is_plain_data(name, form):
    exercise, solution = COURSE.exercise(name), COURSE.solution(name)
    for answer in (right_answer(exercise, solution, form), wrong_answer(exercise, solution, form)):
        for tries in (1, TRIES_BEFORE_ANSWER):
            reply = reply_to(name, form, answer, tries)
            assert json.loads(json.dumps(reply)) == reply


def test_an_accepted_claim_that_is_not_best_is_told_the_better_one():
    reply = reply_to("neck_after_lumbar", "complete", "98940 x1, 97124 x1 59")
    assert reply["headline"] == "Solved. The claim is accepted; one thing could be said better."
    assert (reply["solved"], reply["best"], reply["answers"]) == (True, False, "98940 x1, 97124 x1 XS")
    assert [(line, item["tone"], item["rule"]) for line, item in items(reply)] == [("97124", "tip", "x_says_why")]


@pytest.mark.parametrize(
    ("claim", "headline"),
    [
        ("98940 x1, 97124 x1", "1 line of 2 stands."),
        ("98940 x1, 97124 x2 XU", "1 line of 2 stands."),
        ("97140 x1, 97112 x1", "0 lines of 4 stand."),
        ("98940 x1, 97124 x1 XS", "Solved. Every line stands."),
    ],
)
def test_the_headline_counts_lines(claim, headline):
    assert reply_to("neck_after_lumbar", "complete", claim)["headline"] == headline


def test_the_parts_in_play_are_counted_apart():
    reply = reply_to("neck_after_lumbar", "complete", "98940 x1, 97124 x2 XU")
    assert reply["parts"] == [["Codes", 2, 2], ["Units", 1, 2], ["Modifiers", 1, 2]]
    assert {name for name, _, _ in reply["parts"]} <= set(PART_NAMES.values())


@pytest.mark.parametrize(("name", "form"), KEYED)
def test_a_picked_option_a_placed_card_and_a_step_out_of_place_get_words_of_their_own(name, form):
    exercise, solution = COURSE.exercise(name), COURSE.solution(name)
    answer = wrong_answer(exercise, solution, form)
    key = solution.keys[form]
    told = dict(items(reply_to(name, form, answer)))
    words = {"choose": answer.split(), "select": answer.split(), "sort": key.told, "order": told, "number": ()}[form]
    for id in words:
        if id == "none":
            continue
        assert told[id]["says"] == key.told[id].says
        assert told[id]["source"]["title"] == tables.sources()[key.told[id].source].title


NUMBERS = [
    (name, value)
    for name, form in FORMS
    if form == "number"
    for value in COURSE.solution(name).keys["number"].told
    if value != "right"
]


@pytest.mark.parametrize(("name", "value"), NUMBERS)
def test_a_likely_wrong_number_gets_words_of_its_own(name, value):
    (_, item), *rest = items(reply_to(name, "number", value))
    assert (item["says"], item["tone"]) == (COURSE.solution(name).keys["number"].told[value].says, "bad")
    assert rest == []


def test_an_audit_that_holds_is_told_which_rules_it_rests_on():
    name = next(name for name, form in FORMS if form == "audit")
    exercise, solution = COURSE.exercise(name), COURSE.solution(name)
    reply = reply_to(name, "audit", right_answer(exercise, solution, "audit"))
    found = engine.findings(solution.case, exercise.forms["audit"]["claim"])
    assert {finding.rule for finding in found if not finding.advice} <= {item["rule"] for _, item in items(reply)}
    assert {item["head"].removesuffix(":").lower() for _, item in items(reply)} <= {*HEADINGS, "right."}


def test_support_names_a_piece_that_was_overlooked_only_once_the_answer_is_earned():
    name = next(name for name, form in FORMS if form == "support")
    exercise, solution = COURSE.exercise(name), COURSE.solution(name)
    label, _, right = right_answer(exercise, solution, "support").partition(": ")
    first, *overlooked = right.split()
    assert overlooked
    early = {line for line, _ in items(reply_to(name, "support", f"{label}: {first}", 1))}
    late = {line for line, _ in items(reply_to(name, "support", f"{label}: {first}", TRIES_BEFORE_ANSWER))}
    assert (early, late) == ({first}, {first, *overlooked})


# Ideas and disputes --------------------------------------------------------------------------------------------------


def test_a_misstep_is_told_with_the_name_of_the_idea_behind_it():
    reply = reply_to("neck_after_lumbar", "complete", "98940 x1, 97124 x1")
    (said,) = [item for _, item in items(reply) if item["head"].startswith("A thought")]
    assert said["head"] == "A thought that leads here (leaves the modifier off):"
    assert said["says"].startswith("Two lines are separate enough.")


def disputes(reply):
    return [item for _, item in items(reply) if "disagrees" in item["head"]]


def test_both_positions_on_a_contested_technique_are_told_once_the_answer_is_earned():
    case = visit(did("cupping", 20, "lumbar"), payer="plan_cedar", by="physical therapist")
    solved = disputes(reply_about(case, "97140 x1"))
    assert [item["head"] for item in solved] == ["The field disagrees on cupping."]
    assert all(position in solved[0]["says"] for position in tables.techniques()["cupping"].positions)
    assert not disputes(reply_about(case, "nothing"))


def test_a_plan_that_names_the_code_leaves_nothing_to_dispute():
    case = visit(did("cupping", 20, "lumbar"), payer="plan_rowan", by="physical therapist")
    assert not disputes(reply_about(case, "97140 x1"))
