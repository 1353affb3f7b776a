"""Whatever is handed in: one row that says why for what cannot be read, and everybody else is graded."""

import ast
import csv
import json
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import corpus
import pytest
import small_course
from cases import ROOT

from coursekit.classroom import collecting, unpacking
from coursekit.classroom.collecting import collected, gathered
from coursekit.classroom.room import room
from coursekit.classroom.sheets import write_all
from coursekit.classroom.unpacking import Limits, Refused, plain
from coursekit.cli import main
from coursekit.course import Course
from coursekit.model import Unreadable

# Megabytes and seconds that the whole corpus may take in a process of its own, on a slow and busy machine.
MOST_MEMORY, MOST_TIME = 250, 20


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return Course(small_course.write(tmp_path_factory.mktemp("course")))


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory, course):
    folder = tmp_path_factory.mktemp("handed-in")
    rows, doubts = corpus.write(folder, course)
    return folder, rows, doubts


@pytest.fixture(scope="module")
def seen(handed_in, course):
    return room(str(handed_in[0]), course)


def rows_of(seen):
    rows = {}
    for one in seen.collection.refused:
        rows.setdefault(one.file, []).append(one.says)
    return rows


def test_there_are_enough_of_them(handed_in):
    files = [path for path in handed_in[0].rglob("*") if path.is_file() or path.is_symlink() or not path.is_dir()]
    assert len(files) >= 110


def test_each_file_that_gives_nothing_costs_the_rows_that_say_why_and_no_others(handed_in, seen):
    expected, actual = handed_in[1], rows_of(seen)
    assert {name: actual.get(name) for name in expected} == expected
    assert set(actual) == set(expected)


def test_what_only_looks_odd_is_graded_and_its_learner_named(handed_in, seen, course):
    assert {who: seen.collection.doubts[who] for who in handed_in[2]} == handed_in[2]
    tries = {}
    for mark in seen.marks:
        tries[mark.learner] = tries.get(mark.learner, 0) + mark.tries
    assert {who or "(no name)": of for who, _, _, of in corpus.doubted(course).values()} == {
        who: of for who, of in tries.items() if who not in corpus.HONEST
    }


def test_everybody_else_is_graded_as_if_the_rest_were_not_there(seen, course, tmp_path):
    for who in corpus.HONEST:
        (tmp_path / f"{who}.coursekit").write_bytes(corpus.good(who, course))
    alone = room(str(tmp_path), course)
    assert len(alone.marks) == 3 * len(corpus.HONEST)
    assert corpus.as_rows(alone.marks) == corpus.as_rows(one for one in seen.marks if one.learner in corpus.HONEST)
    assert all(seen.collection.doubts[who] == [] for who in corpus.HONEST)


def test_nothing_of_it_reaches_the_tables_as_a_formula_or_a_second_line(seen, tmp_path):
    write_all(tmp_path, seen.marks, seen.collection, seen.sizes)
    for path in tmp_path.glob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert cells and not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]
        assert not [cell for cell in cells if not cell.isprintable()]


MEASURED = """
import resource, sys, time
from pathlib import Path
from coursekit.classroom.room import room
from coursekit.course import Course
before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
made = room(sys.argv[2], Course(Path(sys.argv[1])))
used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(len(made.marks), used / 1024, time.process_time() - began)
"""


def test_all_of_it_takes_little_time_and_little_memory(handed_in, course, seen):
    run = subprocess.run(
        [sys.executable, "-c", MEASURED, course.root, handed_in[0]],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=ROOT,
    )
    assert run.returncode == 0, run.stderr
    marks, megabytes, seconds = map(float, run.stdout.split())
    assert marks == len(seen.marks)
    assert megabytes < MOST_MEMORY, f"{megabytes:.0f} MB"
    assert seconds < MOST_TIME, f"{seconds:.1f} s"


def test_grade_all_says_what_was_wrong_and_ends_with_one(handed_in, course, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COURSEKIT_COURSE", str(course.root))
    command = ["grade-all", str(handed_in[0]), "--out", str(tmp_path / "out")]
    assert main([*command, "--json"]) == 1
    told = capsys.readouterr()
    assert told.err == ""
    assert len(json.loads(told.out)["refused"]) == sum(map(len, handed_in[1].values()))
    assert main(command) == 1
    told = capsys.readouterr()
    assert "\x1b" not in told.out and "problems.csv" in told.out
    assert told.err == "", "nobody is looking: no bar"


def test_a_terminal_sees_how_far_it_is(course, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COURSEKIT_COURSE", str(course.root))
    monkeypatch.setenv("FORCE_COLOR", "1")
    for who in corpus.HONEST:
        (tmp_path / f"{who}.coursekit").write_bytes(corpus.good(who, course))
    assert main(["grade-all", str(tmp_path), "--out", str(tmp_path / "out")]) == 0
    told = capsys.readouterr()
    assert "Grading" in told.err and "━━━" in told.err and "\x1b[2K" in told.err, "and it goes away at the end"
    assert "4 learners, 12 rows" in told.out


# What is not in the corpus -------------------------------------------------------------------------------------------


def test_a_file_or_a_folder_that_may_not_be_opened_costs_its_row(course, tmp_path, monkeypatch):
    # Whoever runs tests may be allowed everything, so the refusal is played.
    for name in ("mine", "closed"):
        (tmp_path / name).mkdir()
    (tmp_path / "mine" / "closed.coursekit").write_bytes(b"{")
    (tmp_path / "mine" / "open.coursekit").write_bytes(corpus.good("Ada", course))
    opened, scanned = Path.open, os.scandir

    def open_(path, *more, **others):
        if path.name == "closed.coursekit":
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *more, **others)

    def scan(path):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(path))
        return scanned(path)

    monkeypatch.setattr(Path, "open", open_)
    monkeypatch.setattr(os, "scandir", scan)
    found = list(collected(tmp_path))
    assert found[0] == Refused("closed", "the folder cannot be opened: Permission denied")
    assert Refused("mine/closed.coursekit", "the file cannot be opened: Permission denied") in found
    assert [one[1].learner for one in found if not isinstance(one, Refused)] == ["Ada"]


def test_as_many_files_are_looked_at_as_a_class_may_have_and_not_one_more(tmp_path, monkeypatch):
    assert collecting.MOST_FILES == 100_000
    monkeypatch.setattr(collecting, "MOST_FILES", 2_000)
    for n in range(20):
        (tmp_path / f"{n:02}").mkdir()
        for k in range(99):
            (tmp_path / f"{n:02}" / f"{k:02}").touch()
    assert len(list(collected(tmp_path))) == 20 * 99, "and twenty folders"
    (tmp_path / "19" / "99").touch()
    began = time.process_time()
    found = list(collected(tmp_path))
    assert time.process_time() - began < 1, "a hundred thousand take fifty times as long"
    assert len(found) == 20 * 99 + 1
    assert found[-1] == Refused("19/99", "more than 2,000 files and folders: the rest was not looked at")


def test_a_zip_file_of_many_tiny_files_is_read_as_far_as_its_limits_go(course, tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "OF_A_CLASS", Limits(50, 2**30, 2**22))
    members = [(f"{n:03}.coursekit", corpus.good("Ada", course)) for n in range(50)]
    (tmp_path / "fifty.zip").write_bytes(corpus.zipped(members))
    assert len([one for one in collected(tmp_path) if not isinstance(one, Refused)]) == 50
    (tmp_path / "fifty.zip").write_bytes(corpus.zipped([*members, ("x", b"")]))
    assert list(collected(tmp_path)) == [
        Refused("fifty.zip", "it holds too much: more than 50 files, or 1 GB unpacked: the rest was not looked at")
    ]


def test_one_learners_bomb_inside_the_zip_file_of_a_class_leaves_the_others_their_marks(course, tmp_path):
    bomb = corpus.zipped([(f"{n}.coursekit", bytes(16 * 2**20)) for n in range(10)])
    work = [(f"{who}/work.coursekit", corpus.good(who, course)) for who in corpus.HONEST]
    (tmp_path / "class.zip").write_bytes(corpus.zipped([("Aaron/work.zip", bomb), *work]))
    found = gathered(collected(tmp_path), course.id)
    assert list(found.attempts) == list(corpus.HONEST)
    assert found.refused[-1].file == "class.zip/Aaron/work.zip"
    assert "64 MB unpacked: the rest was not looked at" in found.refused[-1].says


def test_work_in_a_zip_file_in_a_folder_counts_under_whatever_name(course, tmp_path):
    inner = corpus.zipped([("../../../Ben.coursekit", corpus.good("Ben", course))])
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "all.ZIP").write_bytes(
        corpus.zipped(
            [("x\\Ada.coursekit", corpus.good("Ada", course)), ("y.zip", inner), ("__MACOSX/._z.coursekit", b"")]
        )
    )
    before = sorted(tmp_path.rglob("*"))
    found = list(collected(tmp_path))
    assert [(shown, one.learner) for shown, one in found] == [
        ("a/b/all.ZIP/x/Ada.coursekit", "Ada"),
        ("a/b/all.ZIP/y.zip/../../../Ben.coursekit", "Ben"),
    ]
    assert sorted(tmp_path.rglob("*")) == before and not (tmp_path.parent / "Ben.coursekit").exists()


def test_two_learners_with_the_same_attempts_are_both_graded_and_both_named(course, tmp_path):
    own = list(corpus.attempts("Zoë", course))
    for name, who in (("a", "Aaron"), ("b", "Zoë")):
        (tmp_path / f"{name}.coursekit").write_bytes(corpus.good(who, course, attempts=own))
    for other in ("c", "d"):
        made = room(str(tmp_path), course)
        assert made.collection.doubts == {
            "Aaron": ["handed in attempts that Zoë handed in too"],
            "Zoë": ["handed in attempts that Aaron handed in too"],
        }
        first, second = ([(m.exercise, m.best) for m in made.marks if m.learner == who] for who in ("Aaron", "Zoë"))
        assert first == second and len(first) == 3
        # In the other order of files nothing is different.
        min(tmp_path.iterdir()).rename(tmp_path / f"{other}.coursekit")


def test_many_who_share_attempts_are_told_in_one_line_each(course, tmp_path):
    own = list(corpus.attempts("Zoë", course))
    for n in range(8):
        (tmp_path / f"{n}.coursekit").write_bytes(corpus.good(f"L{n}", course, attempts=own))
    assert room(str(tmp_path), course).collection.doubts["L0"] == [
        "handed in attempts that L1, L2, L3, L4, L5 and 2 more handed in too"
    ]


def test_the_same_work_handed_in_twice_counts_once_and_needs_no_word(course, tmp_path):
    first, whole = list(corpus.attempts("Ada", course))[:2], list(corpus.attempts("Ada", course))
    (tmp_path / "monday.coursekit").write_bytes(corpus.good("Ada", course, attempts=first))
    (tmp_path / "friday.coursekit").write_bytes(corpus.good("Ada", course, attempts=whole))
    made = room(str(tmp_path), course)
    assert made.collection.doubts == {"Ada": []}
    assert sum(mark.tries for mark in made.marks) == 4


def test_an_attempt_that_differs_between_two_files_is_named_and_counts_the_same_in_any_order(course, tmp_path):
    rows = corpus.rows("Ada", course)
    other = corpus.chained([rows[0], rows[1] | {"answer": "98940 x1, 97124 x1 XS"}, *rows[2:]])
    marks = []
    for names in (("a", "b"), ("b", "a")):
        folder = tmp_path / "".join(names)
        folder.mkdir()
        (folder / f"{names[0]}.coursekit").write_bytes(corpus.good("Ada", course))
        (folder / f"{names[1]}.coursekit").write_bytes(other)
        made = room(str(folder), course)
        assert made.collection.doubts == {"Ada": ["one attempt stands differently in two files"]}
        marks.append(corpus.as_rows(made.marks))
    assert marks[0] == marks[1]


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(Unreadable, match="There is no folder .*nowhere. Name the folder that holds the submissions."):
        next(collected(tmp_path / "nowhere"))


def test_a_name_from_a_stranger_is_one_line_of_signs():
    assert plain("a\nb\x1b[31m\u202ec") == "a�b�[31m�c"
    assert len(plain("x" * 70_000)) == unpacking.LONGEST_NAME + 1
    assert plain("é.coursekit") == "é.coursekit"


# Nothing of it is run ------------------------------------------------------------------------------------------------

# The modules between a stranger's bytes and a table of marks.
READING_PATH = ("submission", "unpacking", "collecting", "room", "marking", "sheets", "regrading")
RUNS_CODE = {"pickle", "marshal", "shelve", "dill", "joblib", "nbformat", "nbclient", "importlib", "runpy", "subprocess",
             "ctypes", "code", "codeop", "yaml", "xml", "multiprocessing"}  # fmt: skip
CALLS = {"exec", "eval", "compile", "__import__", "getattr", "setattr", ".extract", ".extractall", ".system", ".popen",
         ".import_module"}  # fmt: skip


def named_in(source):
    """The modules that a source imports and the functions that it calls."""
    tree, modules, calls = ast.parse(source), set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            modules.add(node.module.split(".")[0])
        elif isinstance(node, ast.Call):
            calls.add(f".{node.func.attr}" if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", ""))
    return modules, calls


@pytest.mark.parametrize("module", READING_PATH)
def test_no_module_that_reads_strangers_files_can_run_one(module):
    modules, calls = named_in((ROOT / "coursekit" / "classroom" / f"{module}.py").read_text(encoding="utf-8"))
    # `find_spec` looks whether a package of this name is installed; the name is our own.
    assert modules & RUNS_CODE <= ({"importlib"} if module == "sheets" else set())
    assert calls & CALLS <= ({"getattr"} if module == "regrading" else set()), "regrading asks a mark for its columns"


def test_the_test_above_would_see_it():
    modules, calls = named_in("import pickle.x\nfrom nbformat import read\nos.system('x')\nexec('1')\nb.extractall()")
    assert {"pickle", "nbformat"} <= modules & RUNS_CODE
    assert {".system", "exec", ".extractall"} == calls & CALLS


def test_a_zip_file_is_never_unpacked_to_disk(course, tmp_path, monkeypatch):
    monkeypatch.setattr(zipfile.ZipFile, "extract", None)
    monkeypatch.setattr(zipfile.ZipFile, "extractall", None)
    monkeypatch.setattr("builtins.open", None)
    (tmp_path / "a.zip").write_bytes(corpus.zipped([("a.coursekit", corpus.good("Ada", course))]))
    assert len(list(collected(tmp_path))) == 1
