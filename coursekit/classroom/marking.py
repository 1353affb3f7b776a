"""Grades of a class: one row for each learner and exercise, worked out from attempts alone.

Grading is pure: the same course and the same attempts give the same rows, on any machine and in any order of files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date as Date
from functools import cached_property

from ..course import Course
from ..engine import grade
from ..model import DISPUTE, PARTS, Attempt, Exercise, Grade, Unreadable
from ..terms import is_late
from ..thoughts import shown_by

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Mark:
    """What one learner did on one exercise. Scores run from 0 to 1 over all its forms; a form not tried counts 0.

    `first` is the score of the first tries and shows skill; `best` that of the best ones. The four parts are counted at
    the best try, as "1 of 2". `earlier` counts answers to an earlier wording, graded only where they still can be;
    `late` counts answers after the closing day, which are graded like the others: what they are worth is for people.
    """

    learner: str
    notebook: str
    exercise: str
    title: str
    tries: int
    first: float
    best: float
    solved: bool
    code: str
    units: str
    modifier: str
    documentation: str
    misconceptions: str
    hints: int
    seconds: float
    sure_but_wrong: int
    earlier: int
    late: int
    disputes: str
    began: str
    last: str


COLUMNS = tuple(field.name for field in fields(Mark))


@dataclass(slots=True)
class _Tally:
    """What the attempts at one form come to."""

    first: float | None = None
    best: float = -1.0
    parts: Mapping[str, tuple[int, int] | None] | None = None
    tries: int = 0


class Marker:
    """Grades attempts of one course. The same answer is graded once, however many learners gave it."""

    def __init__(self, course: Course, most_tries: int | None = None, closes: Date | None = None):
        self.course = course
        self.most_tries = most_tries
        self.closes = closes
        self._known: dict[Key, Grade | None] = {}
        self._names: dict[Key, tuple[str, ...]] = {}

    @cached_property
    def exercises(self) -> dict[str, Exercise]:
        """The exercises of the course by name, in course order."""
        return {one.name: one for one in self.course.exercises()}

    def graded(self, exercise: Exercise, form: str, answer: str) -> Grade | None:
        """The grade of an answer, or None where it cannot be graded. Raises `Unreadable` for a sealed exercise."""
        key = (exercise.name, form, answer)
        if key not in self._known:
            solution = self.course.solution(exercise.name)
            if solution is None:
                raise Unreadable(f"The course at {self.course.root} is sealed: it holds no solution of {exercise.name}. "
                                 "Grade with the full course.")  # fmt: skip
            try:
                found = grade(exercise, solution, form, answer)
                self._names[key] = shown_by(solution, form, found)
            except Unreadable:
                found = None
            self._known[key] = found
        return self._known[key]

    def marks(self, learner: str, attempts: Iterable[Attempt]) -> Iterator[Mark]:
        """The rows of one learner, in course order. Attempts at exercises that the course does not have are passed over."""
        by_exercise: dict[str, list[Attempt]] = {}
        for attempt in sorted(attempts, key=lambda one: (one.at, one.id)):
            by_exercise.setdefault(attempt.exercise, []).append(attempt)
        for name, exercise in self.exercises.items():
            if name in by_exercise:
                yield self._mark(learner, exercise, by_exercise[name])

    def _mark(self, learner: str, exercise: Exercise, attempts: Sequence[Attempt]) -> Mark:
        tallies = {form: _Tally() for form in exercise.forms}
        misconceptions: dict[str, None] = {}
        hints, seconds, sure, earlier, late, disputes, counted = 0, 0.0, 0, 0, 0, [], []
        for attempt in attempts:
            if attempt.form == DISPUTE:
                disputes.append(attempt.answer)
                continue
            earlier += attempt.fingerprint != exercise.fingerprint
            late += is_late(attempt.at, self.closes)
            tally = tallies.get(attempt.form)
            if tally is None or tally.tries == self.most_tries:
                continue
            found = self.graded(exercise, attempt.form, attempt.answer)
            if found is None:
                continue
            tally.tries += 1
            score = round(found.score, 4)
            tally.first = score if tally.first is None else tally.first
            if score > tally.best:
                tally.best, tally.parts = score, found.parts
            misconceptions |= dict.fromkeys(self._names[exercise.name, attempt.form, attempt.answer])
            hints = max(hints, attempt.hints)
            seconds += attempt.seconds or 0.0
            sure += attempt.certainty == "sure" and not found.solved
            counted.append(attempt)
        forms, of = list(tallies.values()), len(tallies)
        return Mark(
            learner, exercise.folder, exercise.name, exercise.title, sum(one.tries for one in forms),
            round(sum(one.first or 0.0 for one in forms) / of, 4), round(sum(max(one.best, 0.0) for one in forms) / of, 4),
            all(one.best == 1 for one in forms), *(_share(forms, part) for part in PARTS), "; ".join(misconceptions), hints,
            round(seconds, 1), sure, earlier, late, " | ".join(disputes), counted[0].at if counted else "",
            counted[-1].at if counted else "",
        )  # fmt: skip


def _share(forms: Iterable[_Tally], part: str) -> str:
    shares = [share for one in forms if one.parts and (share := one.parts[part])]
    # Not 1/2, which a spreadsheet takes for a day in January.
    return f"{sum(right for right, _ in shares)} of {sum(of for _, of in shares)}" if shares else ""


def unknown_exercises(marker: Marker, attempts: Iterable[Attempt]) -> list[str]:
    """The names of exercises that attempts are about and that the course does not have."""
    return sorted({one.exercise for one in attempts} - marker.exercises.keys())
