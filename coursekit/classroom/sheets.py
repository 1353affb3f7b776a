"""Marks as files that other programs take: CSV that no spreadsheet runs, nbgrader's columns, Canvas, Moodle, Parquet."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..model import Unreadable
from .collecting import Collection
from .marking import COLUMNS, Mark

# A cell that starts so is run as a formula by one spreadsheet or another, with the wide signs in East Asia.
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Where a comma is a decimal sign, a spreadsheet cuts cells at semicolons, and what follows one starts a cell.
_CUT = re.compile(r"[;\t\r\n](?=[=+\-@＝＋－＠])")


def safe(value: Any) -> Any:
    """A cell that a spreadsheet shows and does not run: what would start a formula gets an apostrophe before it."""
    if not isinstance(value, str):
        return value
    value = _CUT.sub(r"\g<0>'", value)
    return f"'{value}" if value.startswith(STARTS_A_FORMULA) else value


def write_rows(path: Path, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A CSV file in UTF-8 with a mark that makes Excel read it so. Raises `Unreadable` where it cannot be written."""
    with _writing(path), path.open("w", encoding="utf-8-sig", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(head)
        out.writerows([safe(cell) for cell in row] for row in rows)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unreadable(f"{path} cannot be written: {error.strerror or error}. "
                         "If it is open in a spreadsheet, close it there, or name another folder with --out.") from None  # fmt: skip


def by_notebook(marks: Iterable[Mark], sizes: dict[str, int]) -> dict[str, dict[str, tuple[float, str]]]:
    """For each notebook and learner the points (best scores added up) and the time of the last answer."""
    table: dict[str, dict[str, tuple[float, str]]] = {folder: {} for folder in sizes}
    for one in marks:
        points, last = table[one.notebook].get(one.learner, (0.0, ""))
        table[one.notebook][one.learner] = (points + one.best, max(last, one.last))
    return table


NBGRADER = (
    "assignment", "duedate", "timestamp", "student_id", "last_name", "first_name", "email", "raw_score",
    "late_submission_penalty", "score", "max_score",
)  # fmt: skip


def write_all(folder: Path, marks: Sequence[Mark], collection: Collection, sizes: dict[str, int]) -> list[Path]:
    """Write every file of a graded class into a folder. `sizes` says how many exercises each notebook has."""
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    learners = list(collection.attempts)
    # A notebook without exercises is worth nothing, and no column.
    sizes = {folder: most for folder, most in sizes.items() if most}
    points = by_notebook(marks, sizes)
    write_rows(folder / "marks.csv", COLUMNS, map(astuple, marks))
    write_rows(
        folder / "problems.csv",
        ("file_or_learner", "says"),
        [*((one.file, one.says) for one in collection.refused),
         *((who, doubt) for who, said in collection.doubts.items() for doubt in said)],
    )  # fmt: skip
    write_rows(
        folder / "nbgrader.csv",
        NBGRADER,
        (
            (
                book,
                "",
                mine[who][1] if who in mine else "",
                who,
                "",
                who,
                "",
                _points(mine, who),
                0.0,
                _points(mine, who),
                most,
            )
            for book, most in sizes.items()
            for mine in [points[book]]
            for who in learners
        ),
    )
    # Canvas reads the row after the heads as what each assignment is worth; Moodle matches learners by the first column.
    write_rows(
        folder / "canvas.csv",
        ("Student", "ID", "SIS User ID", "SIS Login ID", "Section", *sizes),
        [("Points Possible", "", "", "", "", *sizes.values()),
         *((who, "", "", who, "", *(_points(points[book], who) for book in sizes)) for who in learners)],
    )  # fmt: skip
    write_rows(
        folder / "moodle.csv",
        ("Username", *sizes),
        (
            (who, *(round(100 * _points(points[book], who) / most, 2) for book, most in sizes.items()))
            for who in learners
        ),
    )
    if find_spec("pyarrow"):
        from .scale import write_table

        with _writing(folder / "marks.parquet"):
            write_table(folder / "marks.parquet", marks)
    return sorted([*folder.glob("*.csv"), *folder.glob("*.parquet")])


def _points(mine: dict[str, tuple[float, str]], who: str) -> float:
    return round(mine[who][0], 4) if who in mine else 0.0
