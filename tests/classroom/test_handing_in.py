"""Handing in: one file of one's own answers, by whom, from where, and what was said against a grade."""

import json

import pytest
import small_course

import coursekit
from coursekit.classroom import handing_in
from coursekit.classroom.report import read_class
from coursekit.classroom.room import room
from coursekit.classroom.submission import read_submission
from coursekit.cli import main
from coursekit.course import Course
from coursekit.desk import MOST_DISPUTE, Desk
from coursekit.model import DISPUTE, Unreadable
from coursekit.record import set_who
from coursekit.store import Store

NAMED_BY = ("COURSEKIT_LEARNER", "JUPYTERHUB_USER")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A learner's computer: the small course, a store of its own, and nobody's name known yet."""
    monkeypatch.setattr("coursekit.record.user_folder", lambda: tmp_path / "user")
    for name in NAMED_BY:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COURSEKIT_COURSE", str(small_course.write(tmp_path / "course")))
    monkeypatch.setenv("COURSEKIT_STORE", f"sqlite:///{(tmp_path / 'answers.db').as_posix()}")
    (tmp_path / "desk").mkdir()
    monkeypatch.chdir(tmp_path / "desk")
    return tmp_path / "desk"


@pytest.fixture
def answer(here, monkeypatch):
    """Answers one question under a name of the environment, or as it is known."""

    def give(name=None, exercise="pick", form="choose", text="massage"):
        with monkeypatch.context() as patch:
            if name is not None:
                patch.setenv("COURSEKIT_LEARNER", name)
            return Desk().submit(exercise, form, text)

    return give


@pytest.fixture
def run(capsys):
    """Runs a command; gives back its exit status and what it said."""

    def command(*words):
        status = main(list(words))
        told = capsys.readouterr()
        return status, told.out + told.err

    return command


def read(path):
    with path.open("rb") as file:
        return read_submission(file)


# Who -----------------------------------------------------------------------------------------------------------------


def test_what_was_answered_is_in_the_file_and_the_file_is_named(here, answer, run):
    set_who("Ada")
    answer()
    answer(exercise="place", form="number", text="8")
    assert run("submit") == (0, "2 answers of Ada are in Ada-small.coursekit. Hand in this file.\n")
    found = read(here / "Ada-small.coursekit")
    assert (found.learner, found.course, found.release, found.doubts) == ("Ada", "small", "full", ())
    assert [(one.exercise, one.answer) for one in found.attempts] == [("pick", "massage"), ("place", "8")]


def test_the_same_answers_give_the_same_lines_but_for_the_time_in_the_heading(here, answer, run):
    set_who("Ada")
    answer()
    run("submit", "--out", "a.coursekit")
    run("submit", "--out", "b.coursekit")
    a, b = ([json.loads(line) for line in (here / name).open()] for name in ("a.coursekit", "b.coursekit"))
    for one in (*a, *b):
        one.pop("after")
    assert a[0] | {"made": ""} == b[0] | {"made": ""} and a[1:] == b[1:]


def test_nobody_named_is_asked_for_a_name(run, answer):
    answer()
    assert run("submit") == (2, "coursekit: Nobody is named yet. Say who you are: coursekit submit --as NAME\n")


def test_an_empty_store_is_told_with_its_place(here, run):
    status, said = run("submit", "--as", "Ada")
    assert status == 2
    assert (
        said
        == f"coursekit: There are no answers of Ada in {here.parent / 'answers.db'}. Answers there are of: nobody else.\n"
    )
    assert not list(here.iterdir())


def test_a_slip_in_the_name_tells_whose_answers_there_are(run, answer):
    answer("Ada")
    status, said = run("submit", "--as", "Aad")
    assert status == 2 and said.endswith("Answers there are of: Ada.\n")


def test_answers_that_had_no_name_go_with_the_only_learner_of_a_computer(here, run, answer):
    answer("")
    answer("Ada")
    assert run("submit", "--as", "Ada")[0] == 0
    assert len(read(here / "Ada-small.coursekit").attempts) == 2


def test_on_a_shared_machine_each_name_gets_its_own_answers_and_nobody_those_without_a_name(here, run, answer):
    answer("")
    answer("Ada", text="massage")
    answer("Ben", text="rest")
    for name, text in (("Ada", "massage"), ("Ben", "rest")):
        assert run("submit", "--as", name)[0] == 0
        assert [one.answer for one in read(here / f"{name}-small.coursekit").attempts] == [text]


def test_a_name_of_the_environment_comes_before_the_one_that_the_computer_remembers(here, run, answer, monkeypatch):
    set_who("Ada")
    answer()
    monkeypatch.setenv("JUPYTERHUB_USER", "ben")
    answer(text="rest")
    assert run("submit")[0] == 0
    assert [one.answer for one in read(here / "ben-small.coursekit").attempts] == ["rest"]


def test_a_database_that_shows_nobody_else_still_lets_a_learner_hand_in(here, run, answer, monkeypatch):
    from coursekit.store import StoreTrouble

    def refuse(store):
        raise StoreTrouble("permission denied")

    answer("Ada")
    answer("")
    monkeypatch.setattr(Store, "learners", refuse)
    assert run("submit", "--as", "Ada")[0] == 0
    assert len(read(here / "Ada-small.coursekit").attempts) == 1


# Where ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("../../etc/passwd", "etc-passwd-small.coursekit"),
        ("/from/the/root", "from-the-root-small.coursekit"),
        ("C:\\Users\\x", "C--Users-x-small.coursekit"),
        ("a\u2024b", "a-b-small.coursekit"),
        ("..", "learner-small.coursekit"),
        ("שרה לוי", "שרה-לוי-small.coursekit"),
        ("Zoë", "Zoë-small.coursekit"),
        ("n" * 80, "n" * 60 + "-small.coursekit"),
    ],
)
def test_a_name_that_is_a_path_names_a_file_here_and_nowhere_else(here, run, answer, name, file):
    answer(name)
    assert run("submit", "--as", name)[0] == 0
    assert [path.name for path in here.iterdir()] == [file]
    assert read(here / file).learner == name


def test_a_place_that_cannot_be_written_is_named_with_what_to_do(here, run, answer):
    answer("Ada")
    status, said = run("submit", "--as", "Ada", "--out", "nowhere/a.coursekit")
    assert (status, said) == (
        2, "coursekit: nowhere/a.coursekit cannot be written: No such file or directory. Name another place with --out.\n",
    )  # fmt: skip


def test_a_folder_as_the_place_takes_the_file_under_its_usual_name(here, run, answer):
    answer("Ada")
    (here / "stick").mkdir()
    assert run("submit", "--as", "Ada", "--out", "stick")[0] == 0
    assert read(here / "stick" / "Ada-small.coursekit").learner == "Ada"


def test_more_answers_than_any_reader_takes_are_not_written(here, run, answer, monkeypatch):
    monkeypatch.setattr(handing_in, "MOST_ATTEMPTS", 1)
    answer("Ada")
    assert run("submit", "--as", "Ada")[0] == 0
    answer("Ada")
    assert run("submit", "--as", "Ada") == (
        2,
        "coursekit: Ada has 2 answers, and a submission holds 1. Ask your instructor.\n",
    )


def test_what_came_through_any_channel_is_graded_as_it_was_given(here, run, answer):
    answer("Ada")
    answer("Ada", "neck", "complete", "98940 x1, 97124 x1 XS")
    run("submit", "--as", "Ada")
    marks = room(str(here), Course.find()).marks
    assert [(one.learner, one.exercise, one.tries) for one in marks] == [("Ada", "neck", 1), ("Ada", "pick", 1)]


# Against a grade -----------------------------------------------------------------------------------------------------

BECAUSE = "because the manual allows it, chapter 11, page 3"


def test_a_dispute_travels_with_the_submission_and_stands_in_marks_and_report(here, run, answer, monkeypatch):
    monkeypatch.setenv("COURSEKIT_LEARNER", "Ada")
    answer(text="rest")
    said = coursekit.dispute("pick", BECAUSE)
    assert said == "Kept. What you say about “What is it called?” goes with your answers when you hand them in."
    run("submit")
    assert [one.form for one in read(here / "Ada-small.coursekit").attempts] == ["choose", DISPUTE]
    (mark,) = room(str(here), Course.find()).marks
    assert (mark.disputes, mark.tries, mark.best) == (BECAUSE, 1, 0.0)
    (one,) = read_class(str(here)).disputes["pick"]
    assert (one.learner, one.says, one.answer, one.stands) == ("Ada", BECAUSE, "rest", False)
    assert [reason.says for reason in one.reasons] == ["Petrissage is kneading.", "Lying is not kneading."]
    assert all(reason.source for reason in one.reasons)


def test_a_dispute_without_an_answer_is_a_row_of_its_own(here, run, monkeypatch):
    monkeypatch.setenv("COURSEKIT_LEARNER", "Ada")
    coursekit.dispute("pick", BECAUSE)
    run("submit")
    (mark,) = room(str(here), Course.find()).marks
    assert (mark.disputes, mark.tries) == (BECAUSE, 0)


def test_a_dispute_holds_one_to_a_thousand_characters(here):
    desk = Desk()
    desk.dispute("pick", "x")
    desk.dispute("pick", f"  {'x' * MOST_DISPUTE}\n")
    for text in ("", " \n\t ", "x" * (MOST_DISPUTE + 1), "\0\x1b"):
        with pytest.raises(Unreadable, match="Say in 1 to 1,000 characters"):
            desk.dispute("pick", text)
    assert [len(one.answer) for one in desk.store.attempts("")] == [1, MOST_DISPUTE]


def test_a_dispute_about_no_exercise_is_refused_with_the_nearest(here):
    with pytest.raises(Unreadable, match="The course has no exercise “pik”. Did you mean “pick”?"):
        coursekit.dispute("pik", BECAUSE)


def test_characters_that_are_none_do_not_cost_a_learner_the_whole_submission(here, run, monkeypatch):
    monkeypatch.setenv("COURSEKIT_LEARNER", "Ada")
    coursekit.dispute("pick", "a\0b\x1b[31mc\ud800d")
    run("submit")
    assert read(here / "Ada-small.coursekit").attempts[0].answer == "ab[31mcd"


def test_a_sealed_course_does_not_keep_what_no_submission_could_hold(here, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSEKIT_COURSE", str(small_course.write(tmp_path / "sealed", sealed=True)))
    assert Desk().submit("pick", "choose", "mass\0age").status == "invalid"
    assert Desk().submit("pick", "choose", "massage").status == "recorded"
