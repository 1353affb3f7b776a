"""A wrong answer shows an idea, and the idea has a name: on the misstep it repeats, or on the option that was picked."""

import pytest
import small_course

from coursekit import tables
from coursekit.course import Course
from coursekit.engine import grade
from coursekit.thoughts import misstep_of, shown_by

MISSTEPS = """missteps:
- claim: 98940 x1, 97124 x1
  finds:
    97124: separate_region
  misconception: leaves the modifier off
  thinking: Two lines are separate enough.
- claim: 98940 x1
  finds:
    97124: due_is_billed
  misconception: takes massage for part of every adjustment
  thinking: Massage is always part of an adjustment.
"""


@pytest.fixture
def shown(tmp_path):
    """What an answer to the small course's claim shows, with these missteps in its solution."""

    def of(answer, form="complete", missteps=MISSTEPS, name="neck"):
        small_course.write(tmp_path)
        course = Course(tmp_path)
        path = tmp_path / "solutions" / course.exercise(name).folder / f"{name}.yaml"
        if missteps not in path.read_text():
            path.write_text(path.read_text() + missteps)
        exercise, solution = course.exercise(name), course.solution(name)
        return shown_by(solution, form, grade(exercise, solution, form, answer))

    return of


def test_the_same_claim_shows_the_misstep(shown):
    assert shown("98940 x1, 97124 x1") == ("leaves the modifier off",)


def test_another_claim_with_the_very_same_findings_shows_it_too(shown):
    assert shown("98940 x1, 97124 x1 GP") == ("leaves the modifier off",)
    assert shown("nothing") == ()


def test_a_right_claim_shows_nothing(shown):
    assert shown("98940 x1, 97124 x1 XS") == ()
    assert shown("98940 x1, 97124 x1 59") == (), "advice is no misconception"


def test_where_two_missteps_raise_the_same_nobody_can_say_which_one_it_was(shown):
    other = MISSTEPS.replace("98940 x1, 97124 x1\n", "98940 x1, 97124 x1 GO\n").replace(
        "leaves the modifier off", "rounds up"
    )
    both = MISSTEPS + other.removeprefix("missteps:\n").split("- claim: 98940 x1\n")[0]
    assert shown("98940 x1, 97124 x1 GP", missteps=both) == ()
    assert shown("98940 x1, 97124 x1 GO", missteps=both) == ("rounds up",)


def test_an_option_carries_the_name_that_its_author_gave_it(tmp_path):
    small_course.write(tmp_path)
    path = tmp_path / "solutions/02_words/pick.yaml"
    path.write_text(
        path.read_text().replace(
            "source: collins-soft-tissue}\n    rest",
            "misconception: codes by the word, source: collins-soft-tissue}\n    rest",
        )
    )
    course = Course(tmp_path)
    exercise, solution = course.exercise("pick"), course.solution("pick")
    for answer, names in (("stretch", ("codes by the word",)), ("massage", ()), ("rest", ())):
        assert shown_by(solution, "choose", grade(exercise, solution, "choose", answer)) == names


def test_a_misstep_is_found_for_a_claim_with_a_case_only(tmp_path):
    small_course.write(tmp_path)
    course = Course(tmp_path)
    exercise, solution = course.exercise("pick"), course.solution("pick")
    assert misstep_of(solution, grade(exercise, solution, "choose", "stretch")) is None


def test_every_misconception_says_what_is_thought_what_is_so_and_where_it_is_put_right():
    for name, row in tables.misconceptions().items():
        assert row.thinks != row.truth and row.thinks.endswith(".") and row.truth.endswith("."), name
        assert set(row.notebooks) <= {f"0{n}" for n in range(1, 8)}, name
        assert len(name) <= 48 and name[0].islower(), name
