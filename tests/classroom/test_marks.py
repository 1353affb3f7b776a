"""Marks as files that other programs take, and what a mended key, rule or wording does to them."""

import csv
import uuid

import pandas
import pytest
import small_course

from coursekit import engine
from coursekit.classroom.marking import COLUMNS
from coursekit.classroom.regrading import read_marks
from coursekit.classroom.room import room
from coursekit.classroom.sheets import NBGRADER, safe, write_all
from coursekit.classroom.submission import written
from coursekit.cli import main
from coursekit.course import Course
from coursekit.model import DISPUTE, Attempt, Unreadable

XS, BARE = "98940 x1, 97124 x1 XS", "98940 x1, 97124 x1"
NAMES = ("=1+1", "@SUM(A1)", "-2", "+49", "＝cmd", "Ada;=1", "Zoë")
RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class Class:
    """A small course and a folder that learners hand in to."""

    def __init__(self, place):
        self.root, self.folder, self.out = small_course.write(place / "course"), place / "in", place / "out"
        self.folder.mkdir()

    @property
    def course(self):
        return Course(self.root)

    def hand_in(self, who, *answers):
        """Each answer is an exercise, a form and a text, and with them the wording of today."""
        attempts = [
            Attempt(
                uuid.uuid5(uuid.NAMESPACE_URL, f"{who}/{n}").hex, who, "small", exercise,
                self.course.exercise(exercise).fingerprint, form, text, "", 0, 10.0, f"2026-09-20T10:{n:02}:00.000000+00:00",
            )
            for n, (exercise, form, text) in enumerate(answers)
        ]  # fmt: skip
        made = "2026-09-30T10:00:00.000000+00:00"
        name = f"{uuid.uuid5(uuid.NAMESPACE_URL, who).hex}.coursekit"
        (self.folder / name).write_text("\n".join(written(who, "small", "full", attempts, made)) + "\n", "utf-8")

    def change(self, path, old, new):
        file = self.root / path
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new), "utf-8")

    def graded(self):
        seen = room(str(self.folder), self.course)
        write_all(self.out, seen.marks, seen.collection, seen.sizes)
        return seen

    def table(self, name):
        with (self.out / name).open(encoding="utf-8-sig", newline="") as file:
            return list(csv.reader(file))


@pytest.fixture
def room_(tmp_path, monkeypatch):
    made = Class(tmp_path)
    monkeypatch.setenv("COURSEKIT_COURSE", str(made.root))
    return made


# Sheets --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def sheets(room_):
    for n, who in enumerate(NAMES):
        room_.hand_in(who, ("neck", "complete", XS if n % 2 else BARE), ("pick", "choose", "massage"),
                      ("pick", DISPUTE, f"=HYPERLINK(\"http://x\");{who}"))  # fmt: skip
    (room_.folder / "=cmd.coursekit").write_bytes(b"{")
    room_.graded()
    return room_


@pytest.mark.parametrize("name", ["marks.csv", "problems.csv", "nbgrader.csv", "canvas.csv", "moodle.csv"])
def test_no_file_holds_a_cell_that_a_spreadsheet_would_run(sheets, name):
    cells = [cell for row in sheets.table(name) for cell in row]
    assert any(cell.startswith("'=") for cell in cells), "it is shown all the same"
    assert not [cell for cell in cells if cell.startswith(RUNS)]
    # Where a comma is a decimal sign the whole line is cut at semicolons, quotes or not.
    assert not [part for cell in cells for part in cell.split(";") if part.startswith(RUNS)]


@pytest.mark.parametrize(
    ("text", "shown"),
    [("=1", "'=1"), ("-1", "'-1"), ("\t=1", "'\t'=1"), ("a;=1", "a;'=1"), ("a; =1", "a; =1"), ("a=1", "a=1"), ("", ""),
     ("'=1", "'=1"), ("1-2", "1-2"), ("＠x", "'＠x"), (-1.5, -1.5), (True, True), ("a\n+1", "a\n'+1")],
)  # fmt: skip
def test_a_text_that_would_start_a_formula_gets_an_apostrophe_and_a_number_none(text, shown):
    assert safe(text) == shown


def test_the_marks_have_a_row_for_each_learner_and_exercise_and_all_that_was_promised(sheets):
    head, *rows = sheets.table("marks.csv")
    assert tuple(head) == COLUMNS
    assert {"code", "units", "modifier", "documentation", "first", "best", "misconceptions", "disputes"} <= set(head)
    assert len(rows) == 2 * len(NAMES)
    by_name = {(row[0], row[2]): dict(zip(head, row, strict=True)) for row in rows}
    assert by_name["Zoë", "neck"]["code"] == "2 of 2", "and not 2/2, which is a day in February"


def test_nbgrader_finds_its_columns_in_its_order(sheets):
    head, *rows = sheets.table("nbgrader.csv")
    assert ",".join(head) == (
        "assignment,duedate,timestamp,student_id,last_name,first_name,email,raw_score,late_submission_penalty,score,max_score"
    )
    assert tuple(head) == NBGRADER
    assert len(rows) == 2 * len(NAMES)
    for row in (dict(zip(head, row, strict=True)) for row in rows):
        assert 0 <= float(row["score"]) == float(row["raw_score"]) <= float(row["max_score"])
        assert row["max_score"] == {"01_claims": "1", "02_words": "2"}[row["assignment"]]


def test_canvas_finds_its_first_columns_and_what_each_assignment_is_worth(sheets):
    head, worth, *rows = sheets.table("canvas.csv")
    assert head == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "01_claims", "02_words"]
    assert worth == ["Points Possible", "", "", "", "", "1", "2"]
    assert len(rows) == len(NAMES)
    assert all(row[0] == row[3] and 0 <= float(row[5]) <= 1 and 0 <= float(row[6]) <= 2 for row in rows)


def test_moodle_finds_a_user_and_a_percentage_for_each_notebook(sheets):
    head, *rows = sheets.table("moodle.csv")
    assert head == ["Username", "01_claims", "02_words"]
    assert len(rows) == len(NAMES) and all(0 <= float(cell) <= 100 for row in rows for cell in row[1:])
    points = {row[0]: float(row[6]) for row in sheets.table("canvas.csv")[2:]}
    assert {row[0]: float(row[2]) for row in rows} == {who: round(100 * of / 2, 2) for who, of in points.items()}


def test_parquet_holds_what_the_csv_holds(sheets):
    csv_ = pandas.read_csv(sheets.out / "marks.csv", keep_default_na=False)
    parquet = pandas.read_parquet(sheets.out / "marks.parquet")
    assert list(parquet.columns) == list(csv_.columns) == list(COLUMNS)
    assert len(parquet) == len(csv_)
    assert parquet.map(safe).astype(str).values.tolist() == csv_.astype(str).values.tolist()


def test_problems_name_the_file_or_the_learner(sheets):
    assert sheets.table("problems.csv") == [
        ["file_or_learner", "says"],
        ["'=cmd.coursekit", "line 1 cannot be read: it is not JSON"],
    ]


def test_the_files_are_the_same_byte_for_byte_the_second_time_and_in_another_order_of_files(sheets):
    before = {path.name: path.read_bytes() for path in sheets.out.iterdir() if path.suffix == ".csv"}
    for n, path in enumerate(sorted(sheets.folder.glob("?" * 32 + ".coursekit"), reverse=True)):
        path.rename(sheets.folder / f"{n}.coursekit")
    sheets.graded()
    assert {path.name: path.read_bytes() for path in sheets.out.iterdir() if path.suffix == ".csv"} == before


def test_a_notebook_without_exercises_is_no_column(room_):
    (room_.root / "exercises" / "09_empty").mkdir()
    room_.hand_in("Ada", ("pick", "choose", "massage"))
    room_.graded()
    assert room_.table("moodle.csv")[0] == ["Username", "01_claims", "02_words"]


def test_a_file_that_is_open_elsewhere_is_named_with_what_to_do(room_, capsys):
    room_.hand_in("Ada", ("pick", "choose", "massage"))
    (room_.out / "marks.csv").mkdir(parents=True)
    assert main(["grade-all", str(room_.folder), "--out", str(room_.out)]) == 2
    assert capsys.readouterr().err == (
        f"coursekit: {room_.out / 'marks.csv'} cannot be written: Is a directory. "
        "If it is open in a spreadsheet, close it there, or name another folder with --out.\n"
    )
    assert main(["grade-all", str(room_.folder), "--out", str(room_.root / "exercises" / "course.yaml")]) == 2
    assert "course.yaml cannot be written: File exists." in capsys.readouterr().err


# Grading again -------------------------------------------------------------------------------------------------------


@pytest.fixture
def regrade(room_, capsys):
    """Grades, lets something change, grades again; gives back what moved and what was reworded."""
    import json

    def again(change=lambda: None):
        room_.graded()
        earlier = room_.out / "marks.csv"
        change()
        told = []
        for _ in range(2):
            status = main(["regrade", str(room_.folder), "--against", str(earlier), "--json"])
            found = json.loads(capsys.readouterr().out)
            assert status == (1 if found["moved"] else 0)
            told.append(found)
        assert told[0] == told[1], "deterministic"
        return [tuple(row.values()) for row in found["moved"]], [tuple(row.values()) for row in found["reworded"]]

    return again


SAME = "the same answers; the key, a rule or a row changed"


def test_where_nothing_changed_no_mark_moved_whatever_the_names(room_, regrade, capsys):
    for who in NAMES:
        room_.hand_in(who, ("neck", "complete", XS), ("pick", "choose", "massage"))
    assert regrade() == ([], [])
    assert main(["regrade", str(room_.folder), "--against", str(room_.out / "marks.csv")]) == 0
    assert capsys.readouterr().out == "No mark moved.\n"


def test_a_changed_key_moves_the_marks_that_rest_on_it_and_no_others(room_, regrade):
    room_.hand_in("=Ada", ("pick", "choose", "massage"), ("place", "number", "8"))
    room_.hand_in("Ben", ("pick", "choose", "stretch"))
    room_.hand_in("Chidi", ("pick", "choose", "rest"))
    moved, reworded = regrade(lambda: room_.change("solutions/02_words/pick.yaml", "right: massage", "right: stretch"))
    assert moved == [
        ("=Ada", "pick", "first", "0.5", "0", SAME),
        ("=Ada", "pick", "best", "0.5", "0", SAME),
        ("Ben", "pick", "first", "0", "0.5", SAME),
        ("Ben", "pick", "best", "0", "0.5", SAME),
    ]
    assert reworded == []


def test_a_changed_rule_moves_the_marks_of_claims(room_, regrade, monkeypatch):
    room_.hand_in("Ada", ("neck", "complete", BARE))
    room_.hand_in("Ben", ("neck", "complete", XS))
    in_force = engine.rules_on
    assert "separate_region" in {rule.id for rule in engine.RULES}

    def without(date):
        return tuple(rule for rule in in_force(date) if rule.id != "separate_region")

    moved, reworded = regrade(lambda: monkeypatch.setattr(engine, "rules_on", without))
    assert {who for who, *_ in moved} == {"Ada"}
    assert ("Ada", "neck", "modifier", "1 of 2", "2 of 2") in [row[:5] for row in moved]
    assert all(row[5].startswith(SAME) for row in moved) and reworded == []


def test_answers_to_an_earlier_wording_are_named_and_graded_where_their_options_still_stand(room_, regrade):
    room_.hand_in("Ada", ("pick", "choose", "massage"))
    room_.hand_in("Ben", ("pick", "choose", "rest"), ("pick", "select", "knead glide"))
    room_.hand_in("Chidi", ("place", "number", "8"))

    def reword():
        room_.change("exercises/02_words/pick.yaml", "    rest: lying still\n", "    nap: lying still\n")
        room_.change("solutions/02_words/pick.yaml", "    rest: {says", "    nap: {says")

    moved, reworded = regrade(reword)
    # Ada's option still stands, and so do Ben's two ticks; the one that he chose is gone, and it was wrong before.
    assert moved == []
    assert reworded == [("Ada", "pick", 1, 1), ("Ben", "pick", 2, 1)]
    marks = {one.learner: one for one in room_.graded().marks}
    assert (marks["Ada"].earlier, marks["Ada"].tries, marks["Ada"].best) == (1, 1, 0.5)
    assert (marks["Ben"].earlier, marks["Ben"].tries, marks["Ben"].best) == (2, 1, 0.5)
    assert marks["Chidi"].earlier == 0


def test_a_mark_that_moved_with_the_wording_says_so(room_, regrade):
    room_.hand_in("Ada", ("pick", "choose", "massage"))

    def reword():
        room_.change("exercises/02_words/pick.yaml", "    massage: petrissage\n", "    petrissage: petrissage\n")
        room_.change("solutions/02_words/pick.yaml", "massage", "petrissage")

    moved, reworded = regrade(reword)
    assert [row[2:] for row in moved] == [
        (column, "0.5", "0", "tries that can be graded: 1 before, 0 now") for column in ("first", "best")
    ]
    assert reworded == [("Ada", "pick", 1, 0)]


def test_new_rows_and_rows_that_are_gone_are_told(room_, regrade):
    room_.hand_in("Ada", ("pick", "choose", "massage"))
    room_.hand_in("Ben", ("pick", "choose", "massage"), ("place", "number", "8"))

    def change():
        room_.hand_in("Chidi", ("place", "number", "8"))
        (room_.root / "exercises/02_words/pick.yaml").unlink()
        (room_.root / "solutions/02_words/pick.yaml").unlink()

    moved, _ = regrade(change)
    gone = ("best", "0.5", "", "gone: no attempt, or no exercise of this name any more")
    assert moved == [
        ("Chidi", "place", "best", "", "0.3333", "new: there was no mark before"),
        ("Ada", "pick", *gone),
        ("Ben", "pick", *gone),
    ]


def test_people_read_what_moved_as_a_table(room_, capsys):
    room_.hand_in("Ada", ("pick", "choose", "massage"))
    room_.graded()
    room_.change("solutions/02_words/pick.yaml", "right: massage", "right: stretch")
    assert main(["regrade", str(room_.folder), "--against", str(room_.out / "marks.csv")]) == 1
    said = capsys.readouterr().out.splitlines()
    assert said[0].split() == ["learner", "exercise", "column", "before", "after", "why"]
    assert said[1].split()[:5] == ["Ada", "pick", "first", "0.5", "0"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a,b\n1,2\n", "is not a marks.csv of grade-all: it lacks the column learner."),
        ("learner;exercise\n", "it lacks the column learner."),
        ("", "it lacks the column learner."),
        ("{head}\nAda\n", "row 2: the row has too few cells or too many"),
        (
            "{head}\nAda,1,pick,t,1,0.5,0.5,True,,,,,,0,0,0,0,0,,,,more\n",
            "row 2: the row has too few cells or too many",
        ),
        ("{head}\nAda,1,pick,t,1,nan,0.5,True,,,,,,0,0,0,0,0,,,\n", "row 2: “nan” under “first” is no score."),
        ('{head}\nAda,1,pick,t,1,0.5,"0,5",True,,,,,,0,0,0,0,0,,,\n', "row 2: “0,5” under “best” is no score."),
        ("{head}\nAda,1,pick,t,1,0.5," + "9" * 200_000 + "\n", "cannot be read: field larger than field limit"),
        ("{head}\n\0\n", ": "),
        ("\ud8ff", "cannot be read: "),
    ],
)
def test_an_earlier_file_that_is_none_is_refused(tmp_path, text, says):
    place = tmp_path / "earlier.csv"
    place.write_text(text.replace("{head}", ",".join(COLUMNS)), "utf-8", errors="surrogatepass")
    with pytest.raises(Unreadable) as told:
        read_marks(place)
    assert says in str(told.value) and str(place) in str(told.value)


def test_an_earlier_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(Unreadable, match=r"nowhere.csv cannot be read: .* Name the marks.csv that grade-all wrote."):
        read_marks(tmp_path / "nowhere.csv")
