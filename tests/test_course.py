"""The course itself: every exercise is sound, every rule earns its place, and the folder is read as authors expect."""

import json
import os
import shutil

import pytest
import small_course
from cases import EXAMPLES, ROOT, right_answer, wrong_answer

from coursekit import checks, engine, tables
from coursekit.checks import problems
from coursekit.course import Course
from coursekit.engine import findings, rules_on
from coursekit.model import Claim, Unreadable
from coursekit.reading import BadFile
from coursekit.rules import RULES

COURSE = Course(ROOT)
FORMS = [(name, form) for name in COURSE.names for form in COURSE.exercise(name).forms]
CASES = [name for name in COURSE.names if COURSE.solution(name) and COURSE.solution(name).case]


# Sound ---------------------------------------------------------------------------------------------------------------


def test_author_checks_find_nothing_wrong():
    assert [f"{problem.file}, line {problem.line}: {problem.says}" for problem in problems(COURSE)] == []


def test_there_is_a_course_to_check():
    assert len(FORMS) >= len(COURSE.names) > len(CASES) > 0


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_as_solved_an_exercise_passes(name, form):
    exercise, solution = COURSE.exercise(name), COURSE.solution(name)
    grade = engine.grade(exercise, solution, form, right_answer(exercise, solution, form))
    assert (grade.score, grade.solved) == (1, True)


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_as_shipped_it_fails(name, form):
    exercise, solution = COURSE.exercise(name), COURSE.solution(name)
    with pytest.raises(Unreadable):
        engine.grade(exercise, solution, form, "")
    assert engine.grade(exercise, solution, form, wrong_answer(exercise, solution, form)).score < 1


@pytest.mark.parametrize("name", CASES)
def test_author_and_engine_work_out_the_same_claim(name):
    solution = COURSE.solution(name)
    right = engine.right_claims(solution.case)
    assert right[solution.claim]
    assert {claim for claim, best in right.items() if best} <= {solution.claim, *solution.also}
    # A line that asks for a denial (GY) is passed over by the rules, and the engine lists none.
    assert [claim for claim in solution.also if any(not f.advice for f in findings(solution.case, claim))] == []


@pytest.mark.parametrize("name", CASES)
def test_every_misstep_raises_what_it_says_and_costs(name):
    solution = COURSE.solution(name)
    for misstep in solution.missteps:
        found = {(f.line, f.rule) for f in findings(solution.case, misstep.claim) if not f.advice}
        assert {(line, rule) for line, rules in misstep.finds.items() for rule in rules} <= found
        assert engine.grade_claim(solution.case, misstep.claim).score < 1


@pytest.mark.parametrize("name", CASES)
def test_no_quote_of_a_case_is_a_quote_of_two_services(name):
    spans = [
        engine.span_of(COURSE.exercise(name).note, dict(service.quotes).get("", dict(service.quotes).get("did")))
        for service in COURSE.solution(name).case.services
    ]
    assert None not in spans
    assert len(set(spans)) == len(spans)


def claims_of_the_course():
    """Every case of the course with its right claims and its missteps."""
    for name in CASES:
        solution = COURSE.solution(name)
        for claim in (solution.claim, *solution.also, *(misstep.claim for misstep in solution.missteps)):
            yield solution.case, claim


def every_claim():
    yield from claims_of_the_course()
    yield from ((example.case, Claim.parse(example.claim)) for example in EXAMPLES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_that_were_taken_away_would_be_missed(rule):
    def is_missed(case, claim):
        there = rules_on(case.date)
        return rule in there and findings(case, claim) != findings(case, claim, [r for r in there if r is not rule])

    assert any(is_missed(case, claim) for case, claim in every_claim())


def test_every_rule_of_a_skill_is_met_in_its_notebooks():
    """A skill names the rules met on the way; none may be a rule that no exercise could bring up."""
    known = {rule.id for rule in RULES}
    assert {rule for skill in tables.skills().values() for rule in skill.rules} <= known


def test_every_exercise_has_a_name_of_its_own_and_says_which_skill_it_trains():
    names = [path.stem for path in (ROOT / "exercises").glob("*/*.yaml")]
    assert sorted(names) == sorted(COURSE.names)
    assert {skill for exercise in COURSE.exercises() for skill in exercise.skills} <= tables.skills().keys()


# What the checks would say -------------------------------------------------------------------------------------------


@pytest.fixture
def root(tmp_path):
    """A small sound course, but for missteps, of which it has none."""
    return small_course.write(tmp_path)


def said(root):
    return {f"{problem.file}: {problem.says}" for problem in problems(Course(root))}


UNTOUCHED = {"solutions/01_claims/neck.yaml: A case needs at least two missteps."}


def test_the_small_course_lacks_missteps_alone(root):
    assert said(root) == UNTOUCHED


def test_a_case_without_a_right_claim_is_told(root, monkeypatch):
    monkeypatch.setattr(checks, "right_claims", lambda case: {})
    there = "solutions/01_claims/neck.yaml: "
    contradiction = "No claim is right: the rules contradict each other here. Every claim has a costing finding."
    not_best = "The author's claim “98940 x1, 97124 x1 XS” is not among the best. (no rule objects) Best: none."
    assert said(root) == UNTOUCHED | {there + contradiction, there + not_best}


def test_a_solution_that_is_missing_is_told(root):
    (root / "solutions/01_claims/neck.yaml").unlink()
    assert said(root) == {"solutions/01_claims/neck.yaml: The solution is missing."}


def test_a_sealed_course_has_no_solutions_to_miss(root):
    shutil.rmtree(root / "solutions")
    assert said(root) == set()


def test_a_solution_without_an_exercise_is_told(root):
    shutil.copy(root / "solutions/02_words/pick.yaml", root / "solutions/02_words/peck.yaml")
    assert said(root) == UNTOUCHED | {"solutions/02_words/peck.yaml: There is no exercise of this name."}


def test_an_exercise_that_no_notebook_shows_is_told(root):
    shutil.copy(root / "exercises/02_words/pick.yaml", root / "exercises/02_words/peck.yaml")
    shutil.copy(root / "solutions/02_words/pick.yaml", root / "solutions/02_words/peck.yaml")
    no_cell = "exercises/02_words/peck.yaml: No cell of notebooks/02_words.ipynb shows it."
    assert said(root) == UNTOUCHED | {no_cell}


def test_a_notebook_that_shows_what_is_not_there_is_told(root):
    (root / "exercises/02_words/pick.yaml").unlink()
    (root / "solutions/02_words/pick.yaml").unlink()
    gone = "notebooks/02_words.ipynb: It shows “pick”, and exercises/02_words has no such file."
    assert said(root) == UNTOUCHED | {gone}


def test_a_topic_without_a_notebook_is_told(root):
    (root / "notebooks/02_words.ipynb").unlink()
    assert said(root) == UNTOUCHED | {"notebooks/02_words.ipynb: The notebook of exercises/02_words is missing."}


def test_a_name_that_two_exercises_share_is_told(root):
    for tree in ("exercises", "solutions"):
        shutil.copy(root / tree / "02_words/pick.yaml", root / tree / "01_claims/pick.yaml")
    found = said(root)
    assert "exercises/02_words/pick.yaml: The name “pick” is taken by exercises/01_claims." in found


def test_a_case_that_turns_on_what_nobody_has_settled_is_told(root):
    """Struck minutes may or may not count in the day's total: 20 + 18 are three units, two for the first."""
    case = """date: 2026-03-04
payer: medicare
provider: physical therapist
note: |
  9:00-9:15 Joint mobilization. 9:15-9:23 Kneading strokes.
"""
    (root / "exercises/01_claims/neck.yaml").write_text(
        f"title: Two hands\nskills:\n- units at a glance\n{case}audit: 97140 x2 GP\n", encoding="utf-8"
    )
    (root / "solutions/01_claims/neck.yaml").write_text(
        """facts:
- did: joint mobilization
  minutes: 15
  quote: Joint mobilization
- did: petrissage
  minutes: 8
  quote: Kneading strokes
claim: 97140 x1 GP
missteps:
- claim: 97140 x3 GP
  finds:
    97140: total_time_units
  misconception: moves minutes to another code
  thinking: The minutes have to go somewhere.
- claim: 97124 x1 GP
  finds:
    97140: due_is_billed
  misconception: takes the wrong one of a pair
  thinking: One of the two has to go.
why: Only one of the two is paid.
""",
        encoding="utf-8",
    )
    assert said(root) == set()
    turning = (root / "solutions/01_claims/neck.yaml").read_text().replace("minutes: 15", "minutes: 20")
    turning = turning.replace("minutes: 8", "minutes: 18").replace("why:", "also:\n- 97140 x2 GP\nwhy:")
    (root / "solutions/01_claims/neck.yaml").write_text(turning, encoding="utf-8")
    unsettled = "The units turn on whether the minutes of 97124 still count. That is unsettled."
    assert said(root) == {f"solutions/01_claims/neck.yaml: {unsettled}"}


# Found and read ------------------------------------------------------------------------------------------------------


def test_the_course_is_the_nearest_folder_upward_with_exercises(root, monkeypatch):
    deep = root / "notebooks" / "drafts"
    deep.mkdir()
    assert Course.find(deep).root == root
    monkeypatch.chdir(deep)
    assert Course.find().root == root


def test_the_environment_names_a_course_before_any_folder(root, tmp_path_factory, monkeypatch):
    other = small_course.write(tmp_path_factory.mktemp("other"))
    monkeypatch.setenv("COURSEKIT_COURSE", str(other))
    assert Course.find(root).root == other
    monkeypatch.setenv("COURSEKIT_COURSE", str(other / "gone"))
    with pytest.raises(Unreadable) as caught:
        Course.find(root)
    assert str(caught.value) == f"COURSEKIT_COURSE names {other / 'gone'}, and there is no exercises/course.yaml in it."


def test_exercises_come_as_the_notebooks_show_them_and_then_by_name(root):
    assert list(Course(root).names) == ["neck", "pick", "place"]
    cells = [{"cell_type": "code", "source": 'exercise("place")'}]
    (root / "notebooks/02_words.ipynb").write_text(json.dumps({"cells": cells}))
    assert list(Course(root).names) == ["neck", "place", "pick"]


def test_a_place_in_the_course_has_a_number_and_a_next(root):
    course = Course(root)
    assert course.place("place") == ("Words", 2, 2)
    assert (course.after("pick"), course.after("place"), course.after("neck")) == ("place", None, None)


def test_the_title_of_a_notebook_is_its_first_heading_without_the_number(root):
    cells = [{"cell_type": "markdown", "source": "# 02 · Words of the clinic\n\nText"}]
    (root / "notebooks/02_words.ipynb").write_text(json.dumps({"cells": cells}))
    assert Course(root).notebook_title("02_words") == "Words of the clinic"


def test_an_unknown_exercise_is_refused_with_the_nearest_name(root):
    with pytest.raises(Unreadable) as caught:
        Course(root).exercise("plaice")
    assert str(caught.value) == "The course has no exercise “plaice”. Did you mean “place”?"


def test_a_folder_may_stand_before_the_name(root):
    course = Course(root)
    assert course.exercise("02_words/pick") is course.exercise("pick")


def test_a_file_that_an_author_changes_is_read_again(root):
    course, path = Course(root), root / "exercises/02_words/pick.yaml"
    first = course.exercise("pick")
    assert course.exercise("pick") is first
    path.write_text(path.read_text().replace("What is it called?", "What is its name?"), encoding="utf-8")
    os.utime(path, ns=(1, 1))
    assert (first.title, course.exercise("pick").title) == ("What is it called?", "What is its name?")


def test_a_change_of_what_is_asked_changes_the_fingerprint_and_a_change_of_a_hint_does_not(root):
    course, path = Course(root), root / "exercises/01_claims/neck.yaml"
    first, text = course.exercise("neck").fingerprint, path.read_text()
    path.write_text(text.replace("Which regions?", "Which two regions?"), encoding="utf-8")
    assert course.exercise("neck").fingerprint == first
    path.write_text(text.replace("neck tight", "neck stiff"), encoding="utf-8")
    assert course.exercise("neck").fingerprint != first


def test_a_solution_that_is_not_there_is_no_solution_and_an_exercise_that_is_gone_is_an_error(root):
    course = Course(root)
    (root / "solutions/02_words/pick.yaml").unlink()
    assert course.solution("pick") is None
    assert course.names["pick"] == "02_words"
    (root / "exercises/02_words/pick.yaml").unlink()
    with pytest.raises(BadFile, match="^exercises/02_words/pick.yaml, line 1: The file is gone"):
        course.exercise("pick")
