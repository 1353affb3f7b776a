"""A course on terms: recorded and nothing more, from its opening day on, for so many tries, in an order of one's own."""

import io
import json
import time
from datetime import date, timedelta

import pytest
import small_course
from answers import typed
from cases import right_answer, wrong_answer
from rich.console import Console

from coursekit import cli
from coursekit.classroom.marking import Marker
from coursekit.classroom.room import room
from coursekit.classroom.submission import written
from coursekit.course import Course
from coursekit.desk import Desk
from coursekit.forms.static import static_view
from coursekit.model import Attempt
from coursekit.placing import placement
from coursekit.play import Game, Stop
from coursekit.record import Store, progress, set_who, who
from coursekit.terms import PRACTICE, SEALED, Release, as_yaml, is_late

ID = "0123456789ab"
FULL = {"neck": ("complete", "audit", "support"), "pick": ("choose", "select"), "place": ("sort", "order", "number")}
FORMS = [(name, form) for name, forms in FULL.items() for form in forms]


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    for variable in ("COURSEKIT_LEARNER", "JUPYTERHUB_USER", "COURSEKIT_STORE", "COURSEKIT_COURSE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("coursekit.store.user_folder", lambda: tmp_path / "home")
    monkeypatch.setattr("coursekit.record.user_folder", lambda: tmp_path / "home")
    set_who("Ana")


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """The small course with its solutions."""
    return Course(small_course.write(tmp_path_factory.mktemp("full")))


@pytest.fixture
def on(tmp_path):
    """A desk of the small course on these terms; the same answers in the store whatever the terms."""

    def made(kind=SEALED, **terms):
        root = small_course.write(tmp_path / f"course{kind}{len(list(tmp_path.iterdir()))}", sealed=kind == SEALED)
        text = as_yaml("small", "A small course", Release(ID, kind, **terms))
        (root / "exercises/course.yaml").write_text(text, "utf-8")
        return Desk(Course(root), Store(f"sqlite:///{tmp_path / 'answers.sqlite'}", "small"))

    return made


@pytest.fixture
def at(monkeypatch):
    """Sets the clock of the desk (UTC), and the zone of this machine."""

    def set_clock(moment, zone="UTC"):
        monkeypatch.setenv("TZ", zone)
        time.tzset()
        monkeypatch.setattr("coursekit.desk.now", lambda: f"{moment}.000000+00:00")

    yield set_clock
    monkeypatch.undo()
    time.tzset()


def kept(desk):
    return [(one.form, one.answer) for one in desk.store.attempts(who())]


def answers(full, name, form):
    exercise, solution = full.exercise(name), full.solution(name)
    return right_answer(exercise, solution, form), wrong_answer(exercise, solution, form)


# Sealed: recorded, and nothing more ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_submit_says_that_the_answer_is_recorded_whatever_it_is(name, form, full, on):
    desk = on(seed=1, tries=5)
    right, wrong = (desk.submit(name, form, answer) for answer in answers(full, name, form))
    assert (right.grade, right.status, wrong.status) == (None, "recorded", "recorded")
    assert right.shown["headline"] == "Recorded. This course is graded by your instructor."
    assert {**right.shown, "tries": 2} == wrong.shown
    empty = ("lines", "marks", "pictures", "parts", "why", "answers")
    assert [right.shown[key] for key in empty] == [[], [], [], [], "", ""]


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_so_does_the_form_when_it_is_opened_again(name, form, full, on):
    desk = on(seed=1)
    seen = []
    for answer in answers(full, name, form):
        desk.submit(name, form, answer, hints=1)
        state = desk.open(name, FULL[name].index(form))
        seen.append(json.dumps({**state, "answer": "", "tries": 0, "reply": {**state["reply"], "tries": 0}}))
    assert seen[0] == seen[1]


def test_hints_pictures_and_the_way_on_are_those_of_the_exercise(full, on):
    desk, own = on(), Desk(full, on().store)
    for name in FULL:
        count = len(full.exercise(name).hints) + 1
        assert [desk.hint(name, n) for n in range(1, count + 1)] == [own.hint(name, n) for n in range(1, count + 1)]
        assert desk.first_view(name)["pictures"] == own.first_view(name)["pictures"]
    onward = [desk.submit(name, form, answers(full, name, form)[1]).shown for name, form in FORMS]
    assert [shown["next_form"] for shown in onward] == [True, True, False, True, False, True, True, False]
    assert [shown["next"] and shown["next"]["name"] for shown in onward] == [None] * 4 + ["place"] + [None] * 3


def test_progress_counts_answers_and_knows_no_score(full, on):
    desk = on()
    for name, form in FORMS:
        desk.submit(name, form, answers(full, name, form)[0], certainty="sure")
    shown = progress(desk.course, desk.store)
    assert {(one.state, one.first, one.best, one.solved, one.sure_but_wrong) for one in shown.standings} == {
        ("answered", None, None, False, 0)
    }
    for text in (repr(shown), shown._repr_html_()):
        assert "8 recorded" in text and "Everything is answered." in text and "Everything is solved." not in text
    assert shown.by_misconception() == []


def test_progress_is_the_same_for_right_and_wrong_answers(full, on, monkeypatch, tmp_path):
    pages = []
    for which in (0, 1):
        desk = on()
        desk._store = Store(f"sqlite:///{tmp_path / f'{which}.sqlite'}", "small")
        for name, form in FORMS:
            desk.submit(name, form, answers(full, name, form)[which])
        pages.append(progress(desk.course, desk.store)._repr_html_())
    assert pages[0] == pages[1]


def test_placement_stays_open(on):
    desk = on()
    desk.submit("neck", "complete", "98940 x1, 97124 x1 XS")
    assert {one.advice for one in placement(desk.course, desk.store).placed} <= {"Not known yet."}


@pytest.mark.parametrize(
    ("name", "form", "answer", "says"),
    [
        ("pick", "choose", " ", "The answer is empty."),
        ("pick", "choose", "x" * 4001, "The answer has 4,001 characters; the limit is 4,000."),
        ("pick", "sort", "a", "pick does not ask “sort”"),
        ("place", "number", "eight", "“eight” is not a number."),
        ("neck", "complete", "98940 x", ""),
        ("neck", "complete", "00000 x1", "00000"),
        ("neck", "audit", "97124: ok", "Mark every line: 98940 still open."),
    ],
)
def test_what_nobody_could_grade_is_not_recorded(name, form, answer, says, on):
    desk = on()
    shown = desk.submit(name, form, answer).shown
    assert (shown["status"], shown["tries"]) == ("invalid", 0) and says in shown["headline"]
    assert kept(desk) == []


def test_the_longest_answer_is_recorded(on):
    desk = on()
    assert desk.submit("pick", "choose", "x" * 4000).status == "recorded"


# Opens and closes ----------------------------------------------------------------------------------------------------


OPENS, CLOSES = date(2026, 9, 1), date(2026, 9, 30)


@pytest.mark.parametrize("kind", [SEALED, PRACTICE])
@pytest.mark.parametrize(
    ("moment", "zone", "status"),
    [
        ("2026-08-31T23:59:59", "UTC", "refused"),
        ("2026-09-01T00:00:00", "UTC", "taken"),
        # The day begins by the clock where the learner is.
        ("2026-09-01T03:59:59", "America/New_York", "refused"),
        ("2026-09-01T04:00:00", "America/New_York", "taken"),
        ("2026-08-31T14:59:59", "Asia/Tokyo", "refused"),
        ("2026-08-31T15:00:00", "Asia/Tokyo", "taken"),
    ],
)
def test_answers_are_taken_from_the_opening_day_on(moment, zone, status, kind, on, at):
    desk = on(kind, opens=OPENS)
    at(moment, zone)
    reply = desk.submit("pick", "choose", "stretch")
    assert (reply.status == "refused", len(kept(desk))) == (status == "refused", 0 if status == "refused" else 1)
    if status == "refused":
        assert reply.grade is None
        assert reply.shown["headline"] == (
            "Answers are taken from September 1, 2026 on. This one was not kept, and not counted as a try."
        )
        assert (reply.shown["tries"], reply.shown["next_form"], reply.shown["next"]) == (0, False, None)


def test_before_it_opens_the_form_says_so_and_loses_nothing(on, at):
    desk = on(PRACTICE, opens=OPENS)
    at("2026-08-31T12:00:00")
    state = desk.open("pick")
    assert state["trouble"] == "Answers are taken from September 1, 2026 on."
    after = desk.act("pick", {"kind": "submit", "answer": "stretch"}, state)
    assert (after["reply"]["status"], after["answer"], after["tries"]) == ("refused", "", 0)
    at("2026-09-01T12:00:00")
    assert desk.open("pick")["trouble"] == ""
    assert desk.act("pick", {"kind": "submit", "answer": "stretch"}, after)["tries"] == 1


@pytest.mark.parametrize(
    ("moment", "late"),
    [("2026-09-30T23:59:59", False), ("2026-10-01T11:59:59", False), ("2026-10-01T12:00:00", True)],
)
@pytest.mark.parametrize("kind", [SEALED, PRACTICE])
def test_an_answer_is_late_once_the_closing_day_is_over_everywhere_and_kept_all_the_same(moment, late, kind, on, at):
    desk = on(kind, closes=CLOSES)
    at(moment)
    reply = desk.submit("pick", "choose", "massage")
    says = "It came after the closing day, September 30, 2026; your instructor decides whether it counts."
    assert (says in reply.shown["headline"]) == late
    assert kept(desk) == [("choose", "massage")]
    assert reply.status == ("recorded" if kind == SEALED else "graded")
    # It is said of this answer still when others look at it on another day.
    at("2026-12-24T12:00:00")
    assert (says in desk.open("pick", 0)["reply"]["headline"]) == late


def test_moments_are_compared_to_the_microsecond():
    assert not is_late("2026-10-01T11:59:59.999999+00:00", CLOSES)
    assert is_late("2026-10-01T12:00:00.000000+00:00", CLOSES)
    assert not is_late("9999-12-31T00:00:00.000000+00:00", None)


def test_learners_read_the_terms_before_they_answer(on):
    desk = on(opens=OPENS, closes=CLOSES, tries=2)
    facts = desk.first_view("pick")["facts"]
    assert facts == [
        ["Open", "from September 1, 2026 until the end of September 30, 2026"],
        ["Tries", "2 for each question"],
    ]
    assert "Tries: 2 for each question" in static_view(desk.first_view("pick"))
    assert on().first_view("pick")["facts"] == []


# Tries ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [SEALED, PRACTICE])
def test_after_so_many_tries_a_form_takes_no_more(kind, on):
    desk = on(kind, tries=2)
    assert [desk.submit("pick", "choose", "rest").status == "refused" for _ in range(4)] == [False, False, True, True]
    shown = desk.submit("pick", "choose", "massage").shown
    assert shown["headline"] == "You have used all 2 tries that this question allows. Your earlier answers are kept."
    assert (shown["tries"], shown["next_form"], shown["why"], shown["answers"], shown["lines"]) == (2, True, "", "", [])
    assert kept(desk) == [("choose", "rest")] * 2
    assert desk.submit("pick", "select", "knead").status != "refused", "each form has tries of its own"


def test_no_more_tries_are_refused_whatever_the_answer_is(full, on):
    desk = on(PRACTICE, tries=1)
    desk.submit("pick", "choose", "rest")
    replies = [desk.submit("pick", "choose", answer).shown for answer in ("massage", "rest", "???")]
    assert replies == [replies[0]] * 3 and replies[0]["status"] == "refused"
    assert "the one try" in replies[0]["headline"]


def test_another_learner_has_tries_of_their_own(on):
    desk = on(tries=1)
    desk.submit("pick", "choose", "rest")
    set_who("Ben")
    assert desk.submit("pick", "choose", "rest").status == "recorded"


def test_an_answer_that_cannot_be_read_costs_no_try(on):
    desk = on(tries=1)
    desk.submit("place", "number", "eight")
    assert desk.submit("place", "number", "8").status == "recorded"


def test_a_try_at_an_earlier_wording_costs_none_at_this(on):
    desk = on(tries=1)
    desk.store.keep(attempt(1, "2026-09-01T00:00:00", fingerprint="0" * 12))
    assert [desk.submit("pick", "choose", "rest").status for _ in range(2)] == ["recorded", "refused"]


def test_in_practice_the_last_try_brings_the_answer(on):
    desk = on(PRACTICE, tries=2)
    first, last = (desk.submit("pick", "choose", "rest").shown for _ in range(2))
    assert (bool(first["answers"]), first["next_form"]) == (False, False)
    assert (bool(last["answers"]), last["next_form"], last["tries"]) == (True, True, 2)


def test_a_form_that_was_used_up_shows_the_last_answer_and_leads_on(on):
    desk = on(tries=1)
    state = desk.act("pick", {"kind": "submit", "answer": "rest"}, desk.open("pick"))
    again = desk.act("pick", {"kind": "submit", "answer": "massage"}, state)
    assert (again["reply"]["status"], again["answer"], again["tries"]) == ("refused", "rest", 1)
    assert desk.act("pick", {"kind": "go_on"}, again)["ask"]["form"] == "select"
    assert desk.open("pick", 0)["reply"]["status"] == "recorded"


# Seed ----------------------------------------------------------------------------------------------------------------


def order(desk, name="place", at=0, key="cards"):
    return [row[0] for row in desk.open(name, at)["ask"][key]]


PLACES = [("pick", 0, "options"), ("pick", 1, "options"), ("place", 0, "cards"), ("place", 1, "steps")]


@pytest.mark.parametrize(("name", "at_", "key"), PLACES)
def test_a_seed_mixes_what_is_offered_and_nothing_else(name, at_, key, full, on):
    own = Desk(full, on().store).open(name, at_)["ask"]
    orders = set()
    for seed in range(12):
        ask = on(seed=seed).open(name, at_)["ask"]
        assert sorted(ask[key]) == sorted(own[key])
        assert {k: v for k, v in ask.items() if k != key} == {k: v for k, v in own.items() if k != key}
        orders.add(json.dumps(ask[key]))
    assert len(orders) > 2
    assert on().open(name, at_)["ask"] == own, "without a seed the order is the author's"


def test_each_learner_has_an_order_that_stays(on):
    desk, orders = on(seed=5), {}
    for name in ("Ana", "Ben", "Cem", "Dee", "Eve", "Fay"):
        set_who(name)
        orders[name] = order(desk)
        assert order(on(seed=5)) == orders[name], "after a restart, and in another folder"
    assert len({tuple(each) for each in orders.values()}) > 1


def test_the_order_is_written_in_stone():
    """Another version of the course must not move the options of learners who are in the middle of one."""
    rows = [[word, word.upper()] for word in ("a", "b", "c", "d", "e")]
    terms = Release(ID, SEALED, seed=7)
    assert [row[0] for row in terms.mixed(rows, "Ana", "pick", "choose")] == ["a", "e", "b", "d", "c"]
    assert terms.mixed(reversed(rows), "Ana", "pick", "choose") == terms.mixed(rows, "Ana", "pick", "choose")


def test_all_orders_come_about_as_often():
    rows = [["a"], ["b"], ["c"]]
    seen = ["".join(r[0] for r in Release(ID, SEALED, seed=1).mixed(rows, f"learner {n}", "pick", "choose")) for n in range(600)]  # fmt: skip
    counts = {each: seen.count(each) for each in set(seen)}
    assert len(counts) == 6 and min(counts.values()) > 60


def test_forms_of_an_exercise_are_mixed_apart():
    rows = [[word] for word in "abcdefgh"]
    terms = Release(ID, SEALED, seed=1)
    assert terms.mixed(rows, "Ana", "pick", "choose") != terms.mixed(rows, "Ana", "pick", "select")
    assert terms.mixed(rows, "Ana", "pick", "choose") != terms.mixed(rows, "Ana", "other", "choose")


@pytest.mark.parametrize(("name", "form"), FORMS)
def test_the_order_touches_no_grade(name, form, full, on):
    right, wrong = answers(full, name, form)
    grades = [[desk.submit(name, form, answer).grade for answer in (right, wrong)] for desk in (on(PRACTICE), on(PRACTICE, seed=9))]  # fmt: skip
    assert grades[0] == grades[1] and grades[0][0].solved and not grades[0][1].solved


def test_the_page_without_a_kernel_shows_the_same_order_as_the_form(on):
    for seed in range(6):
        desk = on(seed=seed)
        page, rows = static_view(desk.first_view("pick")), desk.open("pick", 0)["ask"]["options"]
        assert sorted(rows, key=lambda row: page.index(f"<li>{row[1]}</li>")) == rows


# In the terminal -----------------------------------------------------------------------------------------------------


def play(desk, name, *lines, waits=True):
    rest = iter(lines)

    def read():
        try:
            return next(rest)
        except StopIteration:
            raise EOFError from None

    out = Console(file=io.StringIO(), width=100, markup=False, highlight=False, emoji=False)
    with pytest.raises(Stop):
        Game(desk, out, read, waits).play(name)
    assert list(rest) == []
    return " ".join(out.file.getvalue().split())


@pytest.mark.parametrize("seed", range(4))
def test_the_terminal_numbers_the_options_as_the_form_shows_them(seed, on):
    desk = on(seed=seed)
    first = desk.open("pick", 0)["ask"]["options"][0]
    assert f"1. {first[1]}" in play(desk, "pick", "1", "q")
    assert kept(desk) == [("choose", first[0])]


def test_a_whole_sealed_course_is_played_without_a_word_about_it(full, on):
    desk = on()
    shown = ""
    for name in FULL:
        lines = [line for form in FULL[name] for line in typed(full.exercise(name), full.solution(name), form)]
        shown += play(desk, name, *lines, waits=False)
    assert kept(desk) == [(form, right) for name, form in FORMS for right in [answers(full, name, form)[0]]]
    assert shown.count("Recorded. This course is graded by your instructor.") == len(FORMS)
    for word in ("Solved", "Right:", "Why", "✓", "✗", "Petrissage is kneading."):
        assert word not in shown


def test_a_terminal_stops_where_it_is_not_open_yet(on, at):
    desk = on(opens=OPENS)
    at("2026-08-31T12:00:00")
    shown = play(desk, "pick", "1")
    assert shown.count("Answers are taken from September 1, 2026 on.") == 2
    assert "This one was not kept" in shown and "Your answer:" not in shown
    assert kept(desk) == []
    play(desk, "pick", "1", waits=False)


def test_a_terminal_goes_on_where_tries_are_used_up(on):
    desk = on(tries=1)
    shown = play(desk, "pick", "1", "r", "2", "", "1", "q")
    assert "You have used the one try that this question allows." in shown
    assert [form for form, _ in kept(desk)] == ["choose", "select"]
    shown = play(desk, "pick", "1", "1", waits=False)
    assert shown.count("You have used the one try") == 2


# On the grading side -------------------------------------------------------------------------------------------------


def attempt(n, moment, answer="massage", form="choose", fingerprint=""):
    return Attempt(f"{n:032x}", "Ana", "small", "pick", fingerprint, form, answer, at=f"{moment}.000000+00:00")


@pytest.mark.parametrize(
    ("closes", "late"), [(None, 0), (CLOSES, 1), (CLOSES - timedelta(days=1), 2), (date(2026, 10, 1), 0)]
)
def test_marks_count_answers_after_the_close(closes, late, full):
    tries = [attempt(1, "2026-09-30T11:59:59"), attempt(2, "2026-10-01T11:59:59"), attempt(3, "2026-10-01T12:00:00")]
    (mark,) = Marker(full, closes=closes).marks("Ana", tries)
    assert (mark.late, mark.tries, mark.best) == (late, 3, 0.5)


def test_a_dispute_is_never_late(full):
    (mark,) = Marker(full, closes=CLOSES).marks("Ana", [attempt(1, "2026-11-01T00:00:00", form="dispute")])
    assert mark.late == 0


@pytest.fixture
def handed_in(tmp_path):
    lines = written("Ana", "small", ID, [attempt(1, "2026-10-01T12:00:00", fingerprint="0" * 12)], "2026-10-02T00:00:00.000000+00:00")  # fmt: skip
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "ana.coursekit").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


@pytest.mark.parametrize(("options", "late"), [((), "0"), (("--closes", "2026-09-30"), "1"), (("--closes", "2026-10-01"), "0")])  # fmt: skip
def test_grade_all_is_told_the_closing_day(options, late, handed_in, full, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COURSEKIT_COURSE", str(full.root))
    assert cli.main(["grade-all", str(handed_in), "--out", str(tmp_path / "out"), *options]) == 0, capsys.readouterr()
    head, row = (tmp_path / "out/marks.csv").read_text("utf-8-sig").splitlines()
    assert dict(zip(head.split(","), row.split(","), strict=True))["late"] == late


def test_a_closing_day_that_is_none_is_refused_by_name(handed_in, full, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COURSEKIT_COURSE", str(full.root))
    assert cli.main(["grade-all", str(handed_in), "--out", str(tmp_path / "out"), "--closes", "Friday"]) == 2
    assert "--closes: “Friday” is not a date." in capsys.readouterr().err


def test_a_practice_release_grades_by_its_own_closing_day(handed_in, on):
    course = on(PRACTICE, closes=CLOSES).course
    assert [mark.late for mark in room(str(handed_in), course).marks] == [1]
    assert [mark.late for mark in room(str(handed_in), course, closes=date(2026, 10, 1)).marks] == [0]


def test_work_for_a_sealed_release_is_graded_in_the_full_course(full, on, tmp_path):
    desk = on(seed=3, tries=1)
    for name, form in FORMS:
        desk.submit(name, form, answers(full, name, form)[0])
    (tmp_path / "in").mkdir(exist_ok=True)
    lines = written("Ana", "small", ID, desk.store.attempts("Ana"), "2026-10-02T00:00:00.000000+00:00")
    (tmp_path / "in/ana.coursekit").write_text("\n".join(lines) + "\n", "utf-8")
    marks = room(str(tmp_path / "in"), full).marks
    assert [(mark.exercise, mark.best, mark.solved) for mark in marks] == [(name, 1.0, True) for name in FULL]
