"""The course as a whole: enough of everything, nothing that people publish left out, and the answer never in the layout."""

import json
import re
import sys
from collections import Counter, defaultdict

import pytest
from cases import ROOT
from prose import NOTEBOOKS, cells

from coursekit import placing, tables
from coursekit.course import Course
from coursekit.model import FORMS, Attempt
from coursekit.record import Store, now

COURSE = Course(ROOT)
EXERCISES = COURSE.exercises()
SOLUTIONS = {exercise.name: COURSE.solution(exercise.name) for exercise in EXERCISES}
CASES = [exercise for exercise in EXERCISES if SOLUTIONS[exercise.name].case]

# Notebook: how many exercises at least, and how many of them with a case.
LEAST = {
    "00_start_here": (14, 4),
    "01_cpt_basics": (24, 4),
    "02_massage_or_manual": (34, 16),
    "03_modifiers_59_xs": (36, 26),
    "04_documentation": (32, 18),
    "05_time_and_units": (28, 20),
    "06_the_life_of_a_claim": (30, 10),
    "07_chart_review": (20, 20),
}


def inside(folder, exercises=EXERCISES):
    return [exercise for exercise in exercises if exercise.folder == folder]


def test_the_course_has_its_eight_notebooks_in_order():
    assert list(COURSE.folders) == list(LEAST)


def test_the_first_pages_count_the_exercises():
    said = f"{len(EXERCISES)} exercises"
    assert [name for name in ("README.md", "CHANGELOG.md") if said not in (ROOT / name).read_text("utf-8")] == []


@pytest.mark.parametrize("folder", LEAST)
def test_a_notebook_has_enough_exercises_and_enough_cases(folder):
    exercises, cases = LEAST[folder]
    assert len(inside(folder)) >= exercises and len(inside(folder, CASES)) >= cases


@pytest.mark.parametrize("folder", [folder for folder in LEAST if folder > "01"])
def test_a_notebook_that_has_cases_to_code_asks_in_many_forms(folder):
    asked = {form for exercise in inside(folder) for form in exercise.forms}
    assert {"complete", "audit", "support"} <= asked and len(asked) >= 4


def test_all_eight_forms_are_asked():
    assert {form for exercise in EXERCISES for form in exercise.forms} == set(FORMS)


# What people publish, and the map of the field -----------------------------------------------------------------------


def test_every_published_statement_is_used_by_an_exercise():
    used = {id for exercise in EXERCISES for id in exercise.statements}
    assert sorted(tables.published_statements().keys() - used) == []


def test_every_topic_of_the_field_is_tested_by_exercises_of_the_course():
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        from write_docs import topics
    finally:
        sys.path.pop(0)
    tested = {row["about"].text: [node.text for node in row["exercises"].items] for row in topics()}
    assert len(tested) == len(topics()) == 81
    assert [name for names in tested.values() for name in names if name not in COURSE.names] == []


def test_every_misconception_is_named_by_a_solution():
    assert sorted(tables.misconceptions().keys() - Counter(named_misconceptions()).keys()) == []


def named_misconceptions():
    """The name behind each misstep and each wrong option, as often as it occurs."""
    for solution in SOLUTIONS.values():
        yield from (misstep.misconception for misstep in solution.missteps)
        yield from (
            told.misconception for key in solution.keys.values() for told in key.told.values() if told.misconception
        )


def test_misconceptions_come_back_across_the_course():
    folders = defaultdict(set)
    for exercise in EXERCISES:
        for misstep in SOLUTIONS[exercise.name].missteps:
            folders[misstep.misconception].add(exercise.folder)
    assert sum(len(where) > 1 for where in folders.values()) >= len(tables.misconceptions()) / 2


def test_every_skill_is_trained_by_an_exercise():
    trained = {skill for exercise in EXERCISES for skill in exercise.skills}
    assert sorted(tables.skills().keys() - trained) == []


# Not to bill, and the same note twice --------------------------------------------------------------------------------


def holds_back(exercise):
    """Whether the right answer is to bill nothing, to set no modifier where one is offered, or to ask the provider."""
    claim = SOLUTIONS[exercise.name].claim
    lines = exercise.forms.get("complete", {}).get("lines", ())
    says_none = any(line["blank_modifiers"] for line in lines) and not any(
        tables.opening_modifiers() & set(line.modifiers) for line in claim.lines
    )
    return not claim.lines or bool(claim.asks) or says_none


def test_at_least_ten_right_answers_bill_nothing_say_nothing_or_ask():
    assert sum(not SOLUTIONS[exercise.name].claim.lines for exercise in CASES) >= 5
    assert sum(bool(SOLUTIONS[exercise.name].claim.asks) for exercise in CASES) >= 5
    assert sum(map(holds_back, CASES)) >= 10


def test_at_least_ten_notes_are_coded_twice_with_different_right_answers():
    by_note = defaultdict(dict)
    for exercise in CASES:
        under = (exercise.payer, exercise.date, exercise.provider)
        by_note[exercise.note][under] = SOLUTIONS[exercise.name].claim
    assert sum(len(set(map(str, claims.values()))) > 1 for claims in by_note.values()) >= 10


# The rise of a notebook ----------------------------------------------------------------------------------------------

SHOWN = re.compile(r"""^exercise\(["'](\w+)["']\)$""")


@pytest.mark.parametrize("folder", ["02_massage_or_manual", "03_modifiers_59_xs", "05_time_and_units"])
def test_a_notebook_on_coding_ends_in_a_mixed_set_of_at_least_eight(folder):
    notebook = json.loads((ROOT / "notebooks" / f"{folder}.ipynb").read_text(encoding="utf-8"))
    after, mixed = False, []
    for cell in notebook["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and (heads := re.findall(r"^## (.*)$", source, re.MULTILINE)):
            after = heads[-1] == "Mixed set"
        elif after and (found := SHOWN.match(source)):
            mixed.append(found[1])
    assert len(mixed) >= 8
    skills = [set(COURSE.exercise(name).skills) for name in mixed]
    # Interleaved: neighbors mostly train different things.
    assert sum(one != other for one, other in zip(skills, skills[1:], strict=False)) >= len(mixed) * 0.6


@pytest.mark.parametrize("folder", [folder for folder in LEAST if folder > "00_z"])
def test_a_notebook_has_minutes_a_mixed_set_key_points_and_the_rules(folder):
    path = ROOT / "notebooks" / f"{folder}.ipynb"
    text, code = "\n".join(cells(path, "markdown")), "\n".join(cells(path, "code"))
    assert re.search(r"[Aa]bout (\d+|two hours|2 hours)", text)
    assert "\n## Key points" in text and f'rulebook("{folder[:2]}")' in code and "progress()" in code
    assert "\n## What to take along" in text


@pytest.mark.parametrize("path", [p for p in NOTEBOOKS if p.stem != "instructor"], ids=lambda path: path.stem)
def test_a_learners_code_cell_is_one_line(path):
    assert [source for source in cells(path, "code") if "\n" in source.strip()] == []


# The answer is not in the layout -------------------------------------------------------------------------------------

CHOICES = [(exercise, SOLUTIONS[exercise.name].keys["choose"]) for exercise in EXERCISES if "choose" in exercise.forms]


def test_the_right_option_is_not_known_by_its_length():
    longest = [
        key.right == max(options, key=lambda id: len(options[id]))
        for exercise, key in CHOICES
        for options in [exercise.forms["choose"]["options"]]
    ]
    assert sum(longest) / len(longest) <= 0.5


def test_the_right_option_is_not_known_by_its_place():
    places = Counter(list(exercise.forms["choose"]["options"]).index(key.right) for exercise, key in CHOICES)
    assert max(places.values()) / len(CHOICES) <= 0.5 and len(places) >= 3


def test_cards_of_one_bin_do_not_lie_together():
    sorted_out = []
    for exercise in EXERCISES:
        if "sort" in exercise.forms:
            bins = list(SOLUTIONS[exercise.name].keys["sort"].right.values())
            changes = sum(one != other for one, other in zip(bins, bins[1:], strict=False))
            if changes < len(set(bins)):
                sorted_out.append(exercise.name)
    assert sorted_out == []


def test_steps_are_not_shown_in_their_right_order():
    given = [
        exercise.name
        for exercise in EXERCISES
        if "order" in exercise.forms
        and list(exercise.forms["order"]["steps"]) == list(SOLUTIONS[exercise.name].keys["order"].right)
    ]
    assert given == []


def test_no_id_tells_whether_an_option_is_right():
    telling = re.compile(r"(right|wrong|correct|true|false|answer|key|good|bad)(_\w+)?")
    found = []
    for exercise in EXERCISES:
        for form, ask in exercise.forms.items():
            ids = (
                [*ask.get("options", ()), *ask.get("cards", ()), *ask.get("steps", ())] if isinstance(ask, dict) else []
            )
            found += [f"{exercise.name}: {form}: {id}" for id in ids if telling.fullmatch(id)]
    assert found == []


def test_every_option_of_every_keyed_form_has_feedback_of_its_own():
    for name, solution in SOLUTIONS.items():
        for form, key in solution.keys.items():
            told = [one.says for one in key.told.values()]
            assert len(set(told)) == len(told), f"{name}: {form} says the same about two options"


# Placement -----------------------------------------------------------------------------------------------------------


def placing_exercises():
    return [exercise for exercise in inside("00_start_here") if placing.target(exercise) > "00"]


def test_a_placement_exercise_asks_one_question_about_one_notebook():
    asked = Counter(placing.target(exercise) for exercise in placing_exercises())
    assert sorted(asked) == ["01", "02", "03", "04", "05", "06"] and min(asked.values()) >= 2
    assert [exercise.name for exercise in placing_exercises() if len(exercise.forms) > 1] == []


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSEKIT_LEARNER", "Kim")
    return Store(f"sqlite:///{(tmp_path / 'store.db').as_posix()}", COURSE.id)


def attempt(store, exercise, form, answer):
    store.keep(
        Attempt(
            f"{exercise.name}{now()}{answer[:9]}",
            "Kim",
            COURSE.id,
            exercise.name,
            exercise.fingerprint,
            form,
            answer,
            at=now(),
        )
    )


def test_placement_knows_nothing_before_the_first_answer(store):
    shown = placing.placement(COURSE, store)
    assert {one.advice for one in shown.placed} == {placing.OPEN}
    assert "Not known yet." in repr(shown) and "02_massage_or_manual.ipynb" in shown._repr_html_()


def test_right_at_the_first_try_lets_a_learner_skip_and_wrong_does_not(store):
    from cases import right_answer, wrong_answer

    mine = [exercise for exercise in placing_exercises() if placing.target(exercise) in ("03", "05")]
    for exercise in mine:
        (form,) = exercise.forms
        solution = SOLUTIONS[exercise.name]
        if placing.target(exercise) == "05":
            attempt(store, exercise, form, wrong_answer(exercise, solution, form))
        attempt(store, exercise, form, right_answer(exercise, solution, form))
    advice = {one.folder[:2]: one.advice for one in placing.placement(COURSE, store).placed}
    assert (advice["03"], advice["05"], advice["02"]) == (placing.SKIP, placing.WORK, placing.OPEN)
