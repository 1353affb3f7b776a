"""What learners say against a grade, beside the engine's reason for it and where that is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..feedback import TRIES_BEFORE_ANSWER, explain
from ..model import DISPUTE, Attempt, Exercise, Grade, Solution
from .marking import Marker
from .mistakes import WORDED
from .room import Room


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a line or entry does not stand: what is said about it, and the source as a reader sees it, if it has one."""

    about: str
    says: str
    source: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Dispute:
    """A learner's objection. `answer` is the last one they had given by then; it is "" where none can be graded."""

    learner: str
    exercise: str
    says: str
    answer: str
    stands: bool
    reasons: tuple[Reason, ...]


def disputes(room: Room) -> dict[str, list[Dispute]]:
    """The disputes of a class by exercise, in the order of the course and of time. Of a text said twice, one."""
    marker = Marker(room.course)
    found: dict[str, list[Dispute]] = {}
    for learner, attempts in room.collection.attempts.items():
        ordered = sorted(attempts, key=lambda one: (one.at, one.id))
        for place, one in enumerate(ordered):
            if one.form == DISPUTE and one.exercise in marker.exercises:
                said = _dispute(room, marker, learner, one, ordered[:place])
                mine = found.setdefault(one.exercise, [])
                if said not in mine:
                    mine.append(said)
    return {name: found[name] for name in marker.exercises if name in found}


def _dispute(room: Room, marker: Marker, learner: str, said: Attempt, before: list[Attempt]) -> Dispute:
    exercise = marker.exercises[said.exercise]
    solution = room.course.solution(exercise.name)
    for one in reversed(before):
        if one.exercise != exercise.name or one.form not in exercise.forms:
            continue
        grade = marker.graded(exercise, one.form, one.answer)
        if grade is not None:
            reasons = _reasons(exercise, solution, one.form, grade)
            return Dispute(learner, exercise.name, said.answer, grade.answer, grade.solved, reasons)
    return Dispute(learner, exercise.name, said.answer, "", False, ())


def _reasons(exercise: Exercise, solution: Solution, form: str, grade: Grade) -> tuple[Reason, ...]:
    """What the learner was told about each line that does not stand."""
    told = explain(exercise, solution, form, grade, TRIES_BEFORE_ANSWER)["lines"]
    fallen = [line for line in told if not line["stands"] or not line["line"]]
    if form == "complete":
        words = {line["line"]: line["line"] for line in fallen}
    else:
        word = WORDED[form](exercise.forms[form], exercise, grade.answer, solution.keys.get(form))
        words = {line["line"]: word(line["line"]) for line in fallen if line["line"]}
    return tuple(
        Reason(words.get(line["line"], ""), item["says"], item["source"])
        for line in fallen
        for item in line["items"]
        if item["tone"] != "good"
    )
