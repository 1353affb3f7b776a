"""An exercise can be answered in a terminal, in all eight forms, through the same desk as in a notebook."""

import io
import subprocess
import sys
from pathlib import Path

import pytest
import small_course
from answers import typed
from cases import ROOT
from rich.console import Console

from coursekit.course import Course
from coursekit.desk import Desk
from coursekit.play import Game, Stop
from coursekit.record import Store, who


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    for variable in ("COURSEKIT_LEARNER", "JUPYTERHUB_USER", "COURSEKIT_STORE", "COURSEKIT_COURSE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("coursekit.store.user_folder", lambda: tmp_path / "home")
    monkeypatch.setattr("coursekit.record.user_folder", lambda: tmp_path / "home")


@pytest.fixture
def store(tmp_path):
    return Store(f"sqlite:///{tmp_path / 'answers.sqlite'}", "small")


@pytest.fixture
def play(tmp_path, store):
    """Plays an exercise with these lines typed, and gives back all that was printed."""
    small_course.write(tmp_path / "course")

    def typed(name, *lines, waits=True, introduced=True):
        rest = iter(lines)

        def read():
            try:
                return next(rest)
            except StopIteration:
                raise EOFError from None

        out = Console(file=io.StringIO(), width=100, markup=False, highlight=False, emoji=False)
        game = Game(Desk(Course(tmp_path / "course"), store), out, read, waits)
        with pytest.raises(Stop):
            if not introduced:
                game.introduce()
            game.play(name)
        assert list(rest) == [], "something typed was never asked for"
        return out.file.getvalue()

    return typed


@pytest.fixture
def kept(store):
    return lambda: [(one.form, one.answer) for one in store.attempts(who())]


def test_a_claim_is_filled_in_blank_by_blank(play, kept):
    shown = play("neck", "none", "97124", "1", "XS", "q")
    assert kept() == [("complete", "98940 x1, 97124 x1 XS")]
    assert "Low back adjusted, neck massaged" in shown
    assert "Date of service: March 4, 2026" in shown
    assert "neck tight [at the desk]" in shown, "brackets of a note are not markup"
    assert "Line 2: _ x_ _" in shown
    assert "Your answer: 98940 x1, 97124 x1 XS" in shown
    assert "Solved." in shown
    assert "The regions differ, and XS says so." not in shown, "the reasoning waits for the last question"


def test_codes_and_modifiers_are_taken_by_number_too_and_59_is_a_name(play, kept):
    play("neck", "n", "1", "1", "4", "r", "none", "1", "1", "59", "q")
    assert kept() == [("complete", "98940 x1, 97124 x1 XS"), ("complete", "98940 x1, 97124 x1 59")]


def test_feedback_shows_rule_source_and_the_words_of_the_note(play):
    shown = play("neck", "none", "97124", "1", "none", "q")
    assert "Plan Cedar would deny this line." in shown
    assert "Rule: Soft-tissue work beside a spinal adjustment needs a region that was not adjusted" in shown
    assert "Source: Medicare NCCI Policy Manual" in shown
    assert "The note: “10:05-10:20 Kneading strokes, cervical paraspinals”" in shown
    assert "⟦10:05-10:20 Kneading strokes, cervical paraspinals⟧" in shown
    assert "Codes 2/2 · Units 2/2 · Modifiers 1/2" in shown
    assert "Try again." in shown


def test_a_line_can_be_left_out_or_put_to_the_provider(play, kept):
    play("neck", "0", "0", "q")
    play("neck", "0", "a", "97124", "q")
    assert kept() == [("complete", "nothing"), ("complete", "97124 ask")]


def test_what_cannot_be_read_is_asked_again_and_is_no_attempt(play, kept):
    shown = play("neck", "59 nine", "none", "97125", "97124", "0 units", "100", "1", "XS", "q")
    assert "Type 59, XE, XP, XS, XU, or none." in shown
    assert "“97125” is not one of the codes here. Did you mean “97124”?" in shown
    assert shown.count("Units are whole numbers from 1 to 99.") == 2
    assert kept() == [("complete", "98940 x1, 97124 x1 XS")]


def test_hints_open_one_by_one_and_are_counted(play, store):
    shown = play("neck", "h", "none", "h", "h", "97124", "1", "XS", "q")
    assert "Hint 1 of 2: Which regions?" in shown
    assert 'Hint 2 of 2: What says "another place"?' in shown
    assert "There are no more hints." in shown
    assert store.attempts("")[0].hints == 2
    assert "This exercise has no hints." in play("pick", "h", "q")


def test_a_solved_claim_leads_to_audit_and_support(play, kept):
    shown = play("neck", "none", "97124", "1", "XS", "", "4, 5", "ok", "n", "ok", "ok", "n", "", "2 3", "q")
    assert kept()[1:] == [
        ("audit", "98940: side by side + how it is said, 97124: ok"),
        ("audit", "98940: ok, 97124: ok"),
        ("support", "97124: 2 3"),
    ]
    assert "Question 2 of 3" in shown and "Question 3 of 3" in shown
    assert "Is a line missing from this claim?" in shown
    assert "2. P: Spinal adjustment L4-L5, tolerated well." in shown
    assert "The regions differ, and XS says so." in shown


def test_a_missing_line_is_part_of_the_audit(play, kept):
    play("neck", "none", "97124", "1", "XS", "", "ok", "ok", "maybe", "y", "q")
    assert kept()[1] == ("audit", "98940: ok, 97124: ok, a line is missing")


def test_options_are_picked_by_number_or_name(play, kept):
    shown = play("pick", "5", "1 2", "x", "2", "massage", "", "none", "1, glide", "q")
    assert kept() == [("choose", "stretch"), ("choose", "massage"), ("select", "none"), ("select", "knead glide")]
    assert "A table   of words" in shown, "a text keeps its columns"
    assert "Pulling is not kneading." in shown
    assert "✓ petrissage" in shown


def test_cards_are_sorted_steps_ordered_and_numbers_typed(play, kept):
    shown = play("place", "1", "hand", "1", "1", "1", "2", "", "1 2", "2 2 1", "2 3 1", "", "lots", "15", "8", "")
    assert kept() == [
        ("sort", "knead=hand, glide=hand, pull=hand"),
        ("sort", "knead=hand, glide=hand, pull=machine"),
        ("order", "treat write bill"),
        ("number", "15"),
        ("number", "8"),
    ]
    assert "Type 3 of the numbers." in shown
    assert "One of them stands there twice." in shown
    assert "Fifteen is a whole unit." in shown
    assert "This was the last exercise of the notebook." in shown


def test_one_exercise_leads_to_the_next_of_its_notebook(play, kept):
    shown = play("pick", "1", "", "1 2", "", "1", "1", "2", "q")
    assert "on to “Where does it go?”" in shown
    assert kept()[-1][0] == "sort"


def test_the_answer_is_told_after_three_tries(play):
    shown = play("pick", "2", "3", "2", "q")
    assert "Right: petrissage" in shown


def test_the_last_answer_is_shown_again_another_day(play):
    play("pick", "2", "q")
    shown = play("pick", "q")
    assert "Pulling is not kneading." in shown
    assert "Try again." in shown


def test_a_new_learner_is_asked_for_a_name_once(play, store):
    play("pick", "Ana\0", "Ana", "1", "q", introduced=False)
    assert who() == "Ana"
    assert [one.answer for one in store.attempts("Ana")] == ["massage"]
    play("pick", "q", introduced=False)


def test_a_learner_may_stay_unnamed(play, kept):
    play("pick", "", "1", "q", introduced=False)
    assert kept() == [("choose", "massage")]


def test_trouble_with_the_store_is_told_and_the_answer_graded_all_the_same(play, tmp_path):
    (tmp_path / "answers.sqlite").write_bytes(b"garbage" * 99)
    shown = play("pick", "1", "q")
    assert "Petrissage is kneading." in shown
    assert "it is damaged" in " ".join(shown.split())


def test_a_sealed_course_records_and_goes_on(play, tmp_path, kept):
    play("pick", "q")
    for solution in Path(tmp_path, "course", "solutions").glob("*/*.yaml"):
        solution.unlink()
    shown = play("pick", "2", "", "1", "q")
    assert "Recorded." in shown and "Pulling is not kneading." not in shown
    assert kept() == [("choose", "stretch"), ("select", "knead")]


# Where nobody sits there ---------------------------------------------------------------------------------------------


def test_piped_answers_are_taken_one_after_the_other_until_the_exercise_is_over(play, kept):
    answers = ("none", "97124", "1", "none", "none", "97124", "1", "XS", "ok", "ok", "n", "2 3")
    shown = play("neck", *answers, waits=False)
    assert [form for form, _ in kept()] == ["complete", "complete", "audit", "support"]
    assert "Enter:" not in shown
    assert "Line 2: _ x_ _\n  Code · 0: do not bill this line · a: ask the provider > 97124" in shown


def test_piped_answers_start_afresh_whatever_was_answered_before(play, kept):
    play("pick", "1", "1 2", waits=False)
    play("pick", "1", "1 2", waits=False)
    assert len(kept()) == 4


def test_the_command_plays_with_piped_input(tmp_path):
    small_course.write(tmp_path)
    environment = {
        "COURSEKIT_COURSE": str(tmp_path),
        "COURSEKIT_STORE": f"sqlite:///{tmp_path / 'answers.sqlite'}",
        "COURSEKIT_LEARNER": "Ana",
        "PATH": "",
        "HOME": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-m", "coursekit", "play", "pick"],
        input="1\n1 2\n",
        env=environment,
        cwd=Path(__file__).parents[1],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Petrissage is kneading." in done.stdout
    assert done.stdout.count("Solved.") == 2
    store = Store(environment["COURSEKIT_STORE"], "small")
    assert [one.answer for one in store.attempts("Ana")] == ["massage", "knead glide"]


# All of the course ---------------------------------------------------------------------------------------------------

COURSE = Course(ROOT)


@pytest.mark.parametrize("name", COURSE.names)
def test_every_exercise_can_be_played_to_its_end_in_a_terminal(name, tmp_path):
    exercise, solution = COURSE.exercise(name), COURSE.solution(name)
    lines = [line for form in exercise.forms for line in typed(exercise, solution, form)]
    store = Store(f"sqlite:///{tmp_path / 'answers.sqlite'}", COURSE.id)
    rest = iter(lines)
    out = Console(file=io.StringIO(), width=100, markup=False, highlight=False, emoji=False)
    game = Game(Desk(COURSE, store), out, lambda: next(rest), waits=False)
    with pytest.raises(Stop):
        game.play(name)
    assert list(rest) == []
    assert [one.form for one in store.attempts(who())] == list(exercise.forms)
    shown = out.file.getvalue()
    assert shown.count("Solved.") == len(exercise.forms) and "Not yet" not in shown
