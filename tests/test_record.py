"""The learner is known by one name, and progress says what is done, how well at first, and where to go on."""

import re
import sys
import uuid
from pathlib import Path
from xml.etree import ElementTree

import pytest

from coursekit import tables
from coursekit.course import Course
from coursekit.model import Attempt, Unreadable
from coursekit.record import LONGEST_NAME, Store, StoreTrouble, now, progress, set_who, who

CHOOSE = """title: {title}
skills:
- {skill}
hints:
- Look again.
{form}
"""
PICK = """choose:
  question: Which one?
  options:
    massage: kneading
    stretch: pulling
    rest: lying
"""
NUMBER = """number:
  question: How many?
  unit: minutes
"""
SOLVED_PICK = """choose:
  right: massage
  says:
    massage: {{says: Yes., source: {source}}}
    stretch: {{says: No., source: {source}}}
    rest: {{says: No., misconception: counts table time, source: {source}}}
"""
SOLVED_NUMBER = """number:
  right: 8
  says: {{says: Eight., source: {source}}}
"""


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    for variable in ("COURSEKIT_LEARNER", "JUPYTERHUB_USER", "COURSEKIT_STORE", "COURSEKIT_COURSE"):
        monkeypatch.delenv(variable, raising=False)
    folder = tmp_path / "home"
    monkeypatch.setattr("coursekit.store.user_folder", lambda: folder)
    monkeypatch.setattr("coursekit.record.user_folder", lambda: folder)
    return folder


@pytest.fixture
def course(tmp_path):
    """Two notebooks: `one` asks a choice and a number, `two` and `three` a choice each."""
    root, source = tmp_path / "course", next(iter(tables.sources()))
    made = {
        "01_first/one": ("code formats", PICK + NUMBER, SOLVED_PICK + SOLVED_NUMBER),
        "01_first/two": ("code families", PICK, SOLVED_PICK),
        "02_second/three": ("code formats", PICK, SOLVED_PICK),
    }
    for name, (skill, form, solution) in made.items():
        for tree in ("exercises", "solutions"):
            (root / tree / name).parent.mkdir(parents=True, exist_ok=True)
        text = CHOOSE.format(title=f"About <{name[-3:]}>", skill=skill, form=form)
        (root / f"exercises/{name}.yaml").write_text(text, "utf-8")
        (root / f"solutions/{name}.yaml").write_text(solution.format(source=source) + "why: So it is.\n", "utf-8")
    (root / "exercises/course.yaml").write_text("id: small\ntitle: A small course\n", "utf-8")
    return Course(root)


@pytest.fixture
def store(tmp_path):
    return Store(f"sqlite:///{tmp_path / 'answers.sqlite'}", "small")


@pytest.fixture
def answer(course, store):
    def keep(exercise, form, text, **more):
        fingerprint = more.pop("fingerprint", None) or course.exercise(exercise).fingerprint
        store.keep(Attempt(uuid.uuid4().hex, who(), "small", exercise, fingerprint, form, text, at=now(), **more))

    return keep


def row(shown, exercise, form="choose"):
    frame = shown.table
    return frame[(frame.exercise == exercise) & (frame.form == form)].iloc[0].to_dict()


# Who ----------------------------------------------------------------------------------------------------------------


def test_a_name_given_once_is_remembered(home):
    assert who() == ""
    assert set_who("  Ana Reyes ") == "Ana Reyes"
    assert who() == "Ana Reyes"
    assert (home / "learner").read_text("utf-8") == "Ana Reyes\n"
    set_who("Ben")
    assert who() == "Ben"
    assert [file.name for file in home.iterdir()] == ["learner"]


def test_the_environment_wins_over_the_remembered_name_and_coursekit_over_the_hub(monkeypatch):
    set_who("Ana")
    monkeypatch.setenv("JUPYTERHUB_USER", "hub-ana")
    assert who() == "hub-ana"
    monkeypatch.setenv("COURSEKIT_LEARNER", "class-ana")
    assert who() == "class-ana"
    monkeypatch.setenv("COURSEKIT_LEARNER", "  ")
    assert who() == "hub-ana"


def test_one_name_typed_in_two_ways_is_one_learner():
    assert set_who("Zoe\u0308") == set_who("Zo\u00eb")


@pytest.mark.parametrize("name", ["A", "Ana O'Neil-Reyes 3", "李小龍", "x" * LONGEST_NAME])
def test_names_of_many_kinds_are_kept(name):
    set_who(name)
    assert who() == name


@pytest.mark.parametrize("name", ["", " \t", "x" * (LONGEST_NAME + 1), "Ana\nBen", "Ana\0", "Ana\x1b[31m", "a\u202eb"])
def test_a_name_that_is_none_or_hides_something_is_refused(name):
    with pytest.raises(Unreadable, match="A name"):
        set_who(name)
    assert who() == ""


def test_a_name_in_the_environment_that_cannot_be_one_says_which_variable(monkeypatch):
    monkeypatch.setenv("COURSEKIT_LEARNER", "x" * 100)
    with pytest.raises(
        StoreTrouble, match="COURSEKIT_LEARNER does not hold a name. A name of 100 characters is too long"
    ):
        who()


def test_a_damaged_name_file_means_nobody_is_known(home):
    home.mkdir()
    (home / "learner").write_bytes(b"\xff\xfe\x00\x01")
    assert who() == ""
    assert set_who("Ana") == "Ana"
    assert who() == "Ana"


def test_a_name_that_cannot_be_kept_says_where_and_what_to_do(home):
    home.write_text("a file is in the way", "utf-8")
    with pytest.raises(StoreTrouble, match="Your name was not kept in .*learner: .*COURSEKIT_LEARNER"):
        set_who("Ana")


# How far ------------------------------------------------------------------------------------------------------------


def test_before_the_first_answer_progress_is_empty_and_always_the_same(course, store):
    shown, again = progress(course, store), progress(course, store)
    assert repr(shown) == repr(again)
    assert shown._repr_html_() == again._repr_html_()
    assert repr(shown) == (
        "0 of 4 questions solved, 0 of them at the first try\n"
        "  01 First   · · ·\n"
        "  02 Second  ·\n"
        "  · not tried  ◐ tried  ✓ solved later  ■ solved at first try\n"
        "Go on with “About <one>” (one) in 01 First."
    )
    assert list(shown.table.exercise) == ["one", "one", "two", "three"]
    assert shown.table.tries.sum() == 0
    assert shown.table["first"].isna().all()


def test_the_first_try_counts_as_skill_and_the_best_as_practice(course, store, answer):
    answer("one", "choose", "massage")
    answer("one", "number", "7", hints=1, certainty="sure")
    answer("one", "number", "8", hints=2)
    answer("two", "choose", "rest")
    shown = progress(course, store)
    assert row(shown, "one") | {"last": 0} == {
        "notebook": "01_first", "exercise": "one", "title": "About <one>", "form": "choose", "tries": 1, "first": 1.0,
        "best": 1.0, "solved": True, "hints": 0, "sure_but_wrong": 0, "last": 0, "earlier_wording": 0,
        "misconceptions": (),
    }  # fmt: skip
    number = row(shown, "one", "number")
    assert (number["tries"], number["first"], number["best"], number["hints"]) == (2, 0.0, 1.0, 2)
    assert (number["solved"], number["sure_but_wrong"]) == (True, 1)
    assert not row(shown, "two")["solved"]
    assert [one.state for one in shown.standings] == ["solved at first try", "solved later", "tried", "not tried"]
    assert shown.skills.to_dict("records")[0] == {
        "skill": "code formats", "exercises": 2, "done": 1, "first": 0.5, "best": 1.0,
    }  # fmt: skip
    assert shown.next == "two"
    assert repr(shown).splitlines()[1] == "  01 First   ■ ✓ ◐"


def test_ideas_behind_wrong_answers_are_counted_by_name_the_most_frequent_first(course, store, answer):
    for exercise, text in (("one", "rest"), ("one", "massage"), ("two", "rest"), ("two", "rest"), ("three", "stretch")):
        answer(exercise, "choose", text)
    shown = progress(course, store)
    assert shown.by_misconception() == [
        {
            "misconception": "counts table time", "times": 3, "exercises": 2, "open": 1,
            "truth": tables.misconceptions()["counts table time"].truth,
        }
    ]  # fmt: skip
    assert shown.misconceptions.to_dict("records") == shown.by_misconception()
    assert "What keeps coming back: counts table time (3)" in repr(shown)
    assert "The ideas behind your wrong answers" in shown._repr_html_()


def test_who_was_never_wrong_has_no_ideas_to_be_told_of(course, store, answer):
    answer("one", "choose", "massage")
    shown = progress(course, store)
    assert shown.misconceptions.empty and "keeps coming back" not in repr(shown) + shown._repr_html_()


def test_an_exercise_is_done_when_all_its_questions_are(course, store, answer):
    answer("one", "choose", "massage")
    assert progress(course, store).next == "one"
    answer("one", "number", "8")
    answer("two", "choose", "massage")
    answer("three", "choose", "massage")
    shown = progress(course, store)
    assert shown.next == ""
    assert "Everything is solved." in repr(shown)
    assert "Everything is solved." in shown._repr_html_()


def test_a_solved_question_stays_solved_after_a_wrong_try(course, store, answer):
    for text in ("massage", "rest"):
        answer("two", "choose", text)
    assert row(progress(course, store), "two")["solved"]


def test_answers_to_an_earlier_wording_are_named_and_count_where_they_can_be_read(course, store, answer):
    answer("two", "choose", "an_option_of_old", fingerprint="old")
    answer("two", "choose", "rest", fingerprint="old")
    answer("two", "choose", "massage")
    shown = progress(course, store)
    assert (row(shown, "two")["tries"], row(shown, "two")["first"], row(shown, "two")["earlier_wording"]) == (2, 0.0, 2)
    assert "2 answers were given to an earlier wording" in repr(shown)
    assert "2 answers were given to an earlier wording" in shown._repr_html_()


def test_learners_see_only_their_own_answers(course, store, answer):
    set_who("Ana")
    answer("two", "choose", "massage")
    assert repr(progress(course, store)).startswith("Ana: 1 of 4")
    set_who("Ben")
    assert progress(course, store).table.tries.sum() == 0


def test_answers_to_exercises_that_are_gone_are_left_alone(course, store, answer):
    answer("gone", "choose", "massage", fingerprint="old")
    answer("two", "audit", "97124: ok", fingerprint="old")
    assert progress(course, store).table.tries.sum() == 0


def test_in_a_sealed_course_answers_count_as_recorded(course, store, answer):
    answer("one", "choose", "massage")
    answer("one", "number", "3")
    for solution in Path(course.root, "solutions").glob("*/*.yaml"):
        solution.unlink()
    shown = progress(Course(course.root), store)
    assert [one.state for one in shown.standings] == ["answered", "answered", "not tried", "not tried"]
    assert shown.next == "two"
    assert shown.table["first"].isna().all()
    assert repr(shown).startswith("0 of 4 questions solved, 0 of them at the first try, 2 recorded")


def test_trouble_with_the_store_is_said_and_the_course_is_shown_all_the_same(course, tmp_path):
    (tmp_path / "broken.sqlite").write_bytes(b"not a database" * 99)
    shown = progress(course, Store(f"sqlite:///{tmp_path / 'broken.sqlite'}", "small"))
    assert "it is damaged" in repr(shown)
    assert "it is damaged" in shown._repr_html_()
    assert shown.next == "one"


def test_the_store_in_the_users_folder_is_used_unless_another_is_given(course, home):
    progress(course)
    assert (home / "small.sqlite").is_file()


# The picture --------------------------------------------------------------------------------------------------------


def pictures(shown):
    """The squares of each notebook."""
    return [ElementTree.fromstring(one) for one in re.findall(r"<svg xmlns.*?</svg>", shown._repr_html_())]


def untried(svg):
    return [one for one in svg if one.tag.endswith("path") and one.get("stroke-dasharray")]


def test_the_picture_of_a_notebook_has_a_name_and_one_square_for_each_question(course, store, answer):
    answer("one", "choose", "massage")
    first, second = pictures(progress(course, store))
    names = [svg[0].text.partition(",")[0] for svg in (first, second) if svg[0].tag.endswith("title")]
    assert names == ["01 First: 1 of 3 solved", "02 Second: 0 of 1 solved"]
    tips = [square[0].text for square in first.iter("{http://www.w3.org/2000/svg}g")]
    assert tips == ["About <one>, choose: solved at first try"]
    # Squares that were not tried say nothing each, so that a notebook saved with many of them stays small.
    assert [path.get("d").count("M") for svg in (first, second) for path in untried(svg)] == [2, 1]


def test_the_picture_tells_states_apart_by_shape_and_not_by_color_alone(course, store, answer):
    answer("one", "choose", "massage")
    answer("one", "number", "3")
    answer("two", "choose", "rest")
    answer("two", "choose", "massage")
    both = pictures(progress(course, store))
    groups = [group for svg in both for group in svg.iter("{http://www.w3.org/2000/svg}g")]
    assert len(groups) == 3 and [len(untried(svg)) for svg in both] == [0, 1]
    shapes = [
        tuple((one.tag, one.get("d"), one.get("stroke-dasharray"), bool(one.get("fill"))) for one in group[1:])
        for group in groups
    ]
    assert len(set(shapes)) == 3


def test_the_picture_takes_its_colors_from_the_page(course, store):
    page = progress(course, store)._repr_html_()
    assert "currentColor" in page and "var(--jp-" in page
    outside_of_variables = re.sub(r"var\((?:[^()]|\([^()]*\))*\)", "", page)
    assert not re.search(r"#[0-9a-f]{3,6}\b|[:\"](black|white)\b", outside_of_variables)


def test_names_of_people_and_exercises_are_shown_as_they_are_and_never_as_markup(course, store, answer):
    set_who("<b>Ana</b>")
    answer("one", "choose", "massage")
    page = progress(course, store)._repr_html_()
    assert "&lt;b&gt;Ana" in page and "<b>Ana" not in page
    assert "About &lt;one&gt;" in page and "About <one>" not in page


def test_a_long_notebook_goes_on_in_a_second_row_of_squares(course, store):
    shown = progress(course, store)
    shown.standings = shown.standings[:1] * 60
    (svg,) = pictures(shown)
    _, _, width, height = map(float, svg.get("viewBox").split())
    places = [(float(x), float(y)) for x, y in re.findall(r"M([\d.]+) ([\d.]+)h18", untried(svg)[0].get("d"))]
    assert len(set(places)) == 60
    assert all(x + 18 <= width and y + 18 <= height for x, y in places)


def test_the_picture_is_made_without_pandas(course, store, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    shown = progress(course, store)
    assert shown._repr_html_() and repr(shown)
    with pytest.raises(ImportError):
        _ = shown.table
