"""What may be seen: nothing that a learner gets before answering depends on the solutions, and nothing leaks from them.

The course is built three times: as it is, without its solutions, and with other solutions that are as valid.
"""

import json
import re
import shutil
from functools import cache

import pytest
import yaml
from cases import ROOT, right_answer, wrong_answer

from coursekit import engine
from coursekit.course import Course
from coursekit.desk import Desk
from coursekit.feedback import TRIES_BEFORE_ANSWER
from coursekit.files import CASE_FORMS, occurrences
from coursekit.forms.static import static_view
from coursekit.model import Misstep
from coursekit.record import Store

COURSE = Course(ROOT)
NAMES = list(COURSE.names)
FORMS = [(name, form) for name in NAMES for form in COURSE.exercise(name).forms]


# Three courses -------------------------------------------------------------------------------------------------------


def course_with(tmp_path_factory, name):
    root = tmp_path_factory.mktemp(name)
    for tree in ("exercises", "notebooks"):
        shutil.copytree(ROOT / tree, root / tree)
    return root


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    """The course without its solutions."""
    return course_with(tmp_path_factory, "sealed")


@pytest.fixture(scope="module")
def replaced(tmp_path_factory):
    """The course with another solution for each exercise: other keys, other words, other facts, another claim."""
    root = course_with(tmp_path_factory, "replaced")
    for name, folder in COURSE.names.items():
        path = root / "solutions" / folder / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            yaml.safe_dump(another_solution(COURSE.exercise(name), COURSE.solution(name))), encoding="utf-8"
        )
    return root


def another_solution(exercise, solution):
    """A solution that reads as well as the author's and agrees with it in nothing."""
    other = {"why": "Because it is so."}
    if any(form in CASE_FORMS for form in exercise.forms):
        words = next(line for line in exercise.note.splitlines() if occurrences(exercise.note, line) == 1)
        claim = "nothing" if solution.claim.lines or solution.claim.asks else "97124 x1"
        other |= {"facts": [{"did": "charting", "quote": words}], "claim": claim}
    return other | {form: another_key(form, exercise.forms[form], solution.keys[form]) for form in solution.keys}


def told(ids):
    return {id: {"says": f"Other words about {id}.", "source": "invented"} for id in ids}


def another_key(form, ask, key):
    if form == "choose":
        options = list(ask["options"])
        return {"right": options[options.index(key.right) - 1], "says": told(options)}
    if form == "select":
        return {"right": [id for id in ask["options"] if id not in key.right], "says": told(ask["options"])}
    if form == "sort":
        bins = list(ask["bins"])
        turned = {card: bins[bins.index(bin) - 1] for card, bin in key.right.items()}
        return {"right": turned, "says": told(ask["cards"])}
    if form == "order":
        return {"right": list(reversed(key.right)), "says": told(ask["steps"])}
    return {"right": f"{key.right + 1:g}", "says": {"says": "Other words.", "source": "invented"}}


# A course reads a file again when it changes, and here none does.
course_at = cache(Course)


def desk_of(root, tmp_path):
    return Desk(course_at(root), Store(f"sqlite:///{(tmp_path / 'store.db').as_posix()}", COURSE.id))


@pytest.fixture
def desk(tmp_path):
    return desk_of(ROOT, tmp_path)


def text(seen):
    return json.dumps(seen, ensure_ascii=False)


# Non-interference ----------------------------------------------------------------------------------------------------


def test_the_other_solutions_are_valid_and_differ(replaced):
    other = Course(replaced)
    for name in NAMES:
        mine, theirs = COURSE.solution(name), other.solution(name)
        assert theirs.why != mine.why
        assert theirs.claim is None or theirs.claim != mine.claim
        assert all(theirs.keys[form].right != key.right for form, key in mine.keys.items())


@pytest.mark.parametrize("name", NAMES)
def test_a_first_view_is_the_same_byte_for_byte_without_solutions_and_with_others(name, sealed, replaced, tmp_path):
    views = [text(desk_of(root, tmp_path).first_view(name)) for root in (ROOT, sealed, replaced)]
    assert views == [views[0]] * 3


@pytest.mark.parametrize("name", NAMES)
def test_so_is_what_a_learner_sees_who_opens_it_for_the_first_time(name, sealed, replaced, tmp_path):
    opened = [text(desk_of(root, tmp_path).open(name)) for root in (ROOT, sealed, replaced)]
    assert opened == [opened[0]] * 3


@pytest.mark.parametrize("name", NAMES)
def test_so_is_the_page_that_stands_where_no_kernel_runs(name, sealed, replaced, tmp_path):
    pages = [static_view(desk_of(root, tmp_path).first_view(name)) for root in (ROOT, sealed, replaced)]
    assert pages == [pages[0]] * 3


@pytest.mark.parametrize("name", NAMES)
def test_so_is_every_hint(name, sealed, replaced, tmp_path):
    count = len(COURSE.exercise(name).hints) + 1
    hints = [[desk_of(root, tmp_path).hint(name, n) for n in range(1, count + 1)] for root in (ROOT, sealed, replaced)]
    assert hints == [hints[0]] * 3


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_what_comes_next_in_an_exercise_is_asked_the_same_way_too(name, form, sealed, replaced, tmp_path):
    at = list(COURSE.exercise(name).forms).index(form)
    asked = [text(desk_of(root, tmp_path).open(name, at)) for root in (ROOT, sealed, replaced)]
    assert asked == [asked[0]] * 3


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_a_sealed_course_records_any_answer_in_the_same_words(name, form, sealed, tmp_path):
    exercise, solution = COURSE.exercise(name), COURSE.solution(name)
    desk = desk_of(sealed, tmp_path)
    right = desk.submit(name, form, right_answer(exercise, solution, form)).shown
    wrong = desk.submit(name, form, wrong_answer(exercise, solution, form)).shown
    assert (right["status"], right["tries"], wrong["tries"]) == ("recorded", 1, 2)
    assert text(right | {"tries": 0}) == text(wrong | {"tries": 0})
    assert (right["why"], right["answers"], right["lines"], right["marks"]) == ("", "", [], [])


# Leaks ---------------------------------------------------------------------------------------------------------------


def sentences(words):
    """The sentences of a text that are long enough to be nobody else's."""
    return {said for said in re.split(r"(?<=[.!?])\s+", " ".join(words.split())) if len(said) >= 20}


def secrets(solution):
    """Every sentence of feedback or reasoning that a solution holds, each with what it is about."""
    pieces = [("why", solution.why)]
    pieces += [(f"misstep {misstep.claim}", misstep.thinking) for misstep in solution.missteps]
    pieces += [(f"{form} {id}", told.says) for form, key in solution.keys.items() for id, told in key.told.items()]
    return [(about, said) for about, words in pieces for said in sentences(words)]


def leaks(seen, solution, earned=()):
    """What stands in a text that has not been earned."""
    fair = {said for about, said in secrets(solution) if about in earned}
    seen = " ".join(seen.replace("\\n", " ").split())
    return sorted({said for _, said in secrets(solution) if json.dumps(said, ensure_ascii=False)[1:-1] in seen} - fair)


def test_every_solution_has_sentences_to_keep():
    assert {name: len(secrets(COURSE.solution(name))) > 3 for name in NAMES} == dict.fromkeys(NAMES, True)


@pytest.mark.parametrize("name", NAMES)
def test_no_sentence_of_a_solution_stands_in_the_first_view(name, desk):
    assert leaks(text(desk.first_view(name)), COURSE.solution(name)) == []


@pytest.mark.parametrize("name", NAMES)
def test_nor_in_the_file_of_the_exercise(name):
    path = ROOT / "exercises" / COURSE.names[name] / f"{name}.yaml"
    assert leaks(path.read_text(encoding="utf-8"), COURSE.solution(name)) == []


def earned_by(solution, form, answer, grade):
    """What a wrong first answer has earned: the words about what the learner did, and about nothing else."""
    if form == "complete":
        return {f"misstep {misstep.claim}" for misstep in solution.missteps if str(misstep.claim) == grade.answer}
    if form in ("choose", "select"):
        return {f"{form} {id}" for id in answer.split()}
    if form == "sort":
        return {f"sort {card}" for card in solution.keys["sort"].right}
    if form == "order":
        return {f"order {line}" for line, stands in grade.lines if not stands}
    return {f"number {answer}"}


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_a_wrong_first_answer_is_told_what_it_earned_and_no_more(name, form, desk):
    exercise, solution = COURSE.exercise(name), COURSE.solution(name)
    answer = wrong_answer(exercise, solution, form)
    reply = desk.submit(name, form, answer)
    assert (reply.status, reply.shown["solved"], reply.shown["tries"]) == ("graded", False, 1)
    assert leaks(text(reply.shown), solution, earned_by(solution, form, answer, reply.grade)) == []
    assert (reply.shown["why"], reply.shown["answers"]) == ("", "")


MISSTEPS = [
    (name, misstep)
    for name in NAMES
    if "complete" in COURSE.exercise(name).forms
    for misstep in COURSE.solution(name).missteps
]


@pytest.mark.parametrize(("name", "misstep"), MISSTEPS, ids=[f"{name}-{step.claim}" for name, step in MISSTEPS])
def test_a_misstep_is_told_its_own_thinking_alone(name, misstep: Misstep, desk):
    solution = COURSE.solution(name)
    shown = text(desk.submit(name, "complete", str(misstep.claim)).shown)
    assert leaks(shown, solution, [f"misstep {misstep.claim}"]) == []
    assert json.dumps(misstep.thinking, ensure_ascii=False)[1:-1] in shown


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_the_answer_and_the_reasoning_come_when_solved_or_after_three_tries(name, form, desk):
    exercise, solution = COURSE.exercise(name), COURSE.solution(name)
    wrong, right = wrong_answer(exercise, solution, form), right_answer(exercise, solution, form)
    # The reasoning speaks of the whole exercise, so it waits for the last form.
    why = solution.why if form == list(exercise.forms)[-1] else ""
    for _ in range(TRIES_BEFORE_ANSWER - 1):
        shown = desk.submit(name, form, wrong).shown
        assert (shown["why"], shown["answers"]) == ("", "")
    shown = desk.submit(name, form, wrong).shown
    assert (shown["why"], bool(shown["answers"])) == (why, True)
    shown = desk.submit(name, form, right).shown
    assert (shown["why"], shown["solved"]) == (why, True)


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_an_answer_that_cannot_be_read_earns_nothing_and_is_no_try(name, form, desk):
    shown = desk.submit(name, form, "???").shown
    assert (shown["status"], shown["tries"], shown["why"], shown["answers"]) == ("invalid", 0, "", "")
    assert leaks(text(shown), COURSE.solution(name)) == []
    solution = COURSE.solution(name)
    assert desk.submit(name, form, wrong_answer(COURSE.exercise(name), solution, form)).shown["tries"] == 1


# The facts of a case -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in NAMES if COURSE.solution(name).case])
def test_a_first_view_names_no_technique_that_the_note_does_not(name, desk):
    """A fact puts the clinic's words into the course's own: those words are the solution's."""
    exercise = COURSE.exercise(name)
    shown = exercise.title + exercise.note + exercise.text + " ".join(exercise.hints) + str(exercise.forms)
    # What is told of a payer or a code is told of it everywhere.
    told = {key: said for key, said in desk.first_view(name).items() if key not in ("policy", "facts")}
    told["ask"] = {key: said for key, said in told["ask"].items() if key != "codes"}
    seen = text(told).lower()
    techniques = {service.did.lower() for service in COURSE.solution(name).case.services}
    assert {did for did in techniques if did in seen and did not in shown.lower()} == set()


@pytest.mark.parametrize("name", [name for name in NAMES if "complete" in COURSE.exercise(name).forms])
def test_a_claim_with_blanks_does_not_show_the_modifier_that_is_asked(name, desk):
    lines = desk.first_view(name)["ask"].get("lines", desk.open(name)["ask"].get("lines", []))
    distinct = {modifier for line in lines for modifier in line.get("given", ())} & set(
        engine.tables.distinct_modifiers()
    )
    assert distinct == set()
