"""Grades with the keys, and tells a learner no more than the instructor's settings allow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..course import Course
from ..desk import Desk, empty
from ..feedback import TRIES_BEFORE_ANSWER
from ..model import DISPUTE, Attempt, Exercise, Solution, Unreadable
from ..tables import spoken
from ..terms import is_late
from .workshop import AFTER_THE_CLOSE, SCORE_ONLY


class KeyedRelease(Course):
    """A sealed release as learners have it, with the solutions of the course that it was made of."""

    def __init__(self, release: Path, keys: Path):
        super().__init__(release)
        self.keys = Course(keys)

    def solution(self, name: str) -> Solution | None:
        """The solution of an exercise of the release."""
        return self.keys.solution(name)

    def check(self) -> None:
        """Read everything once. Raises `Unreadable` where release and keys do not belong together."""
        if self.id != self.keys.id:
            raise Unreadable(f"The release is of the course {self.id}, and the keys are of {self.keys.id}.")
        for name in self.names:
            if self.solution(name) is None:
                raise Unreadable(f"The keys at {self.keys.root} hold no solution of {name}.")
            if self.exercise(name).fingerprint != self.keys.exercise(name).fingerprint:
                raise Unreadable(f"{name} was changed after the release was made. Make the release again.")


class Bench(Desk):
    """The desk of the service: the same grades and words as on a laptop, told when they are due."""

    def __init__(self, course: KeyedRelease, feedback: str):
        super().__init__(course)
        self.feedback = feedback

    @property
    def terms(self) -> Any:
        """The terms of the release."""
        return self._terms

    def check(self, exercise: Exercise, form: str, answer: str) -> None:
        """Raises `Unreadable` for an answer that cannot be graded."""
        if form != DISPUTE:
            self._grade(exercise, self.course.solution(exercise.name), form, answer)

    def _waits(self, now: str) -> bool:
        """Whether feedback is not due yet."""
        return self.feedback == AFTER_THE_CLOSE and not is_late(now, self._terms.closes)

    def score(self, attempt: Attempt, now: str) -> float | None:
        """What an attempt was worth, from 0 to 1; None where its learner may not know yet, or nobody can."""
        if attempt.form == DISPUTE or self._waits(now):
            return None
        try:
            exercise = self.course.exercise(attempt.exercise)
            return self._grade(exercise, self.course.solution(exercise.name), attempt.form, attempt.answer).score
        except Unreadable:
            return None

    def reply(self, exercise: Exercise, form: str, answer: str, tries: int, at: str, now: str) -> dict[str, Any]:
        """What this learner has earned to read about an answer that was their try number `tries`, given `at`.

        Raises `Unreadable` for an answer that can no longer be graded.
        """
        if form == DISPUTE:
            return empty("recorded", "Kept.")
        solution = self.course.solution(exercise.name)
        graded = self._grade(exercise, solution, form, answer)
        if self._waits(now):
            shown = dict(self._reply(exercise, None, form, None, tries, at).shown)
            return shown | {
                "headline": f"Recorded. Feedback is shown after the closing day, {spoken(self._terms.closes)}."
            }
        if self.feedback == AFTER_THE_CLOSE:
            told = self._reply(exercise, solution, form, graded, max(tries, TRIES_BEFORE_ANSWER), at)
            return dict(told.shown) | {"tries": tries}
        shown = dict(self._reply(exercise, solution, form, graded, tries, at).shown)
        if self.feedback == SCORE_ONLY:
            late = f" {self._terms.too_late}" if is_late(at, self._terms.closes) else ""
            told = "Solved." if graded.solved else f"{round(100 * graded.score)} of 100 points."
            kept = {key: shown[key] for key in ("score", "solved", "tries", "next_form", "next")}
            return empty("graded", told + late) | kept
        return shown
