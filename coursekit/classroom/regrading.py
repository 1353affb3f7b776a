"""What a changed rule, row or key does to marks that were given before: each mark that moved, from what to what, and why."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..model import DISPUTE, Unreadable
from .marking import COLUMNS, Mark, Marker
from .room import Room
from .sheets import safe

MOST_ROWS = 2_000_000
SCORES = ("first", "best")
COMPARED = (*SCORES, "code", "units", "modifier", "documentation")
_SCORE = re.compile(r"[01](?:\.\d{1,17})?")


@dataclass(frozen=True, slots=True)
class Moved:
    """A mark that differs from the one given before. `why` says what kind of difference it is."""

    learner: str
    exercise: str
    column: str
    before: str
    after: str
    why: str


@dataclass(frozen=True, slots=True)
class Reworded:
    """Answers of a learner to an earlier wording of an exercise: how many, and how many of them can be graded still."""

    learner: str
    exercise: str
    answers: int
    graded: int


def read_marks(path: Path) -> dict[tuple[str, str], dict[str, str]]:
    """An earlier `marks.csv`, by learner (as the sheet shows them) and exercise. Raises `Unreadable` for another kind of file."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            lacking = [name for name in ("learner", "exercise", *COMPARED) if name not in (rows.fieldnames or ())]
            if lacking:
                raise Unreadable(f"{path} is not a marks.csv of grade-all: it lacks the column {lacking[0]}.")
            table = {}
            for n, row in enumerate(rows):
                if n >= MOST_ROWS:
                    raise Unreadable(f"{path} has more than {MOST_ROWS:,} rows.")
                _check(row, path, n + 2)
                table[row["learner"], row["exercise"]] = row
            return table
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Unreadable(f"{path} cannot be read: {error}. Name the marks.csv that grade-all wrote.") from None


def _check(row: Mapping[str | None, str | None], path: Path, line: int) -> None:
    """Refuse a row that somebody's program left half of, or with a score that is none."""
    for name in ("learner", "exercise", *COMPARED):
        if row[name] is None or None in row:
            raise Unreadable(
                f"{path}, row {line}: the row has too few cells or too many. Take the file that grade-all wrote."
            )
    for name in SCORES:
        if not _SCORE.fullmatch(row[name]):
            raise Unreadable(f"{path}, row {line}: “{row[name][:20]}” under “{name}” is no score. "
                             "Take the file that grade-all wrote.")  # fmt: skip


def moved(earlier: Mapping[tuple[str, str], Mapping[str, str]], marks: Iterable[Mark]) -> Iterator[Moved]:
    """Every mark that moved, in the order of learners and of the course; then what is there no more."""
    seen = set()
    for mark in marks:
        key, at = (mark.learner, mark.exercise), (safe(mark.learner), mark.exercise)
        seen.add(at)
        before = earlier.get(at)
        if before is None:
            yield Moved(*key, "best", "", f"{mark.best:g}", "new: there was no mark before")
            continue
        for column in COMPARED:
            was, now = before[column], getattr(mark, column)
            if isinstance(now, float):
                if abs(float(was) - now) > 1e-9:
                    yield Moved(*key, column, f"{float(was):g}", f"{now:g}", _why(before, mark))
            elif was != now:
                yield Moved(*key, column, was, now, _why(before, mark))
    for key, before in earlier.items():
        if key not in seen:
            yield Moved(*key, "best", before["best"], "", "gone: no attempt, or no exercise of this name any more")


def reworded(seen: Room) -> Iterator[Reworded]:
    """All answers to an earlier wording. One counts still where everything that it names is there."""
    marker = Marker(seen.course)
    for learner, attempts in seen.collection.attempts.items():
        found: dict[str, list[bool]] = {}
        for one in attempts:
            exercise = marker.exercises.get(one.exercise)
            if exercise and one.form != DISPUTE and one.fingerprint != exercise.fingerprint:
                found.setdefault(one.exercise, []).append(marker.graded(exercise, one.form, one.answer) is not None)
        for name in marker.exercises:
            if name in found:
                yield Reworded(learner, name, len(found[name]), sum(found[name]))


def _why(before: Mapping[str, str], mark: Mark) -> str:
    if before.get("tries") != str(mark.tries):
        return f"tries that can be graded: {before.get('tries') or 0} before, {mark.tries} now"
    if before.get("earlier") != str(mark.earlier):
        return "the exercise has a new wording; answers to the earlier one were graded where their options still stand"
    if before.get("misconceptions") != mark.misconceptions:
        return "the same answers; the key, a rule or a row changed (other findings)"
    return "the same answers; the key, a rule or a row changed"


assert set(COMPARED) <= set(COLUMNS)
