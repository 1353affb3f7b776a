"""What first tries got wrong: how many points, behind which misconception, and what the wrong answers say.

Only first tries count: a second one has seen the feedback of the first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import fsum

from ..engine import MISSING, pieces
from ..model import DISPUTE, Exercise, Grade, Key, Solution
from ..thoughts import misstep_of, shown_by
from .marking import Marker
from .room import Room

# How many of an exercise's wrong answers are told; from so many learners on, one learner's own answer is left out.
MOST_TOLD = 4
MANY = 15


@dataclass(frozen=True, slots=True)
class FirstTry:
    """A learner's first graded answer to one form. `lost` is in points, of which each exercise has 1 over all its forms.

    `behind` shares out what was lost: misconception to points, and "" to the points of what nobody foresaw.
    """

    learner: str
    exercise: str
    form: str
    grade: Grade
    lost: float
    behind: Mapping[str, float]


def first_tries(room: Room) -> list[FirstTry]:
    """The first graded answers of a class, in the order of learners and of the course."""
    marker = Marker(room.course)
    solutions = {name: room.course.solution(name) for name in marker.exercises}
    shares: dict[tuple[str, str, str], Mapping[str, float]] = {}
    found = []
    for learner, attempts in room.collection.attempts.items():
        firsts: dict[tuple[str, str], tuple[Grade, str]] = {}
        for one in sorted(attempts, key=lambda one: (one.at, one.id)):
            exercise = marker.exercises.get(one.exercise)
            place = (one.exercise, one.form)
            if exercise is None or place in firsts or one.form == DISPUTE or one.form not in exercise.forms:
                continue
            grade = marker.graded(exercise, one.form, one.answer)
            if grade is not None:
                firsts[place] = (grade, one.answer)
        for name, exercise in marker.exercises.items():
            for form in exercise.forms:
                if (name, form) not in firsts:
                    continue
                grade, answer = firsts[name, form]
                key = (name, form, answer)
                if key not in shares:
                    shares[key] = behind(solutions[name], form, grade)
                lost = (1 - round(grade.score, 4)) / len(exercise.forms)
                parts = {name: share * lost for name, share in shares[key].items()}
                found.append(FirstTry(learner, name, form, grade, lost, parts))
    return found


def behind(solution: Solution, form: str, grade: Grade) -> dict[str, float]:
    """How the misconceptions share in what an answer lost: shares that add up to 1, "" for what nobody foresaw.

    A claim shows one misstep or none. In the keyed forms each wrong entry counts alike. A right answer lost nothing.
    """
    if grade.solved:
        return {}
    if form == "complete":
        return dict.fromkeys(shown_by(solution, form, grade), 1.0) or {"": 1.0}
    names = [found.misconception for found in grade.findings if not found.advice]
    return {name: times / len(names) for name, times in Counter(names).items()}


# Misconceptions ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cost:
    """What a misconception cost the class: `points`, and `share` of all points lost at first tries (0 to 1)."""

    name: str
    points: float
    share: float
    learners: tuple[str, ...]
    exercises: tuple[str, ...]


def costs(firsts: list[FirstTry]) -> tuple[list[Cost], float]:
    """The misconceptions in order of cost, and the share of lost points that has no name."""
    total = fsum(one.lost for one in firsts)
    # Python's own sum of floats depends on their order; the order of learners means nothing.
    points: dict[str, list[float]] = {}
    who: dict[str, dict[str, None]] = {}
    where: dict[str, dict[str, None]] = {}
    for one in firsts:
        for name, lost in one.behind.items():
            points.setdefault(name, []).append(lost)
            who.setdefault(name, {})[one.learner] = None
            where.setdefault(name, {})[one.exercise] = None
    sums = {name: round(fsum(lost), 9) for name, lost in points.items()}
    named = sorted((name for name in sums if name), key=lambda name: (-sums[name], name))
    found = [Cost(n, sums[n], sums[n] / total if total else 0.0, tuple(who[n]), tuple(where[n])) for n in named]
    return found, sums.get("", 0.0) / total if total else 0.0


# Wrong answers -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WrongAnswer:
    """A wrong answer or wrong entry, how many learners gave it at their first try, and what it says about them."""

    form: str
    text: str
    learners: int
    misconception: str
    says: str


def wrong_answers(room: Room, firsts: list[FirstTry], most: int = MOST_TOLD) -> dict[str, list[WrongAnswer]]:
    """For each exercise the most frequent wrong answers, most frequent first."""
    counted: dict[str, Counter[tuple[str, str, str, str]]] = {}
    told: dict[tuple[str, str, str], list[tuple[str, str, str]]] = {}
    who: dict[str, set[str]] = {}
    for one in firsts:
        who.setdefault(one.exercise, set()).add(one.learner)
        if one.grade.solved:
            continue
        key = (one.exercise, one.form, one.grade.answer)
        if key not in told:
            exercise, solution = room.course.exercise(one.exercise), room.course.solution(one.exercise)
            told[key] = list(entries(exercise, solution, one.form, one.grade))
        counted.setdefault(one.exercise, Counter()).update((one.form, *entry) for entry in told[key])
    found = {}
    for name, some in counted.items():
        least = 2 if len(who[name]) >= MANY else 1
        ranked = sorted(some.items(), key=lambda row: (-row[1], row[0]))
        mine = [
            WrongAnswer(form, text, times, misconception, says)
            for (form, text, misconception, says), times in ranked[:most]
            if times >= least
        ]
        if mine:
            found[name] = mine
    return found


def entries(exercise: Exercise, solution: Solution, form: str, grade: Grade) -> Iterator[tuple[str, str, str]]:
    """The wrong entries of an answer in words: what was answered, the misconception if it has a name, what it says.

    A claim, an option or a number is one entry; a set, an order or a row of marks has one for each that does not hold.
    """
    if form == "complete":
        misstep = misstep_of(solution, grade)
        costing = next((found for found in grade.findings if not found.advice), None)
        says = misstep.thinking if misstep else costing.says if costing else ""
        yield grade.answer, misstep.misconception if misstep else "", says
        return
    word = WORDED[form](exercise.forms[form], exercise, grade.answer, solution.keys.get(form))
    for found in grade.findings:
        if not found.advice:
            yield word(found.line), found.misconception, found.says


Word = Callable[[str], str]


def _choose(ask: Mapping, exercise: Exercise, answer: str, key: Key | None) -> Word:
    return lambda line: ask["options"][line]


def _select(ask: Mapping, exercise: Exercise, answer: str, key: Key | None) -> Word:
    picked = answer.split()
    return lambda line: f"{'ticked' if line in picked else 'left out'}: {ask['options'][line]}"


def _sort(ask: Mapping, exercise: Exercise, answer: str, key: Key | None) -> Word:
    placed = {card.strip(): bin.strip() for card, _, bin in (piece.partition("=") for piece in answer.split(","))}
    return lambda line: f"{ask['cards'][line]} → {ask['bins'][placed[line]]}"


def _order(ask: Mapping, exercise: Exercise, answer: str, key: Key | None) -> Word:
    words = answer.split()

    def word(line: str) -> str:
        place = words.index(line)
        return f"{ask['steps'][words[place - 1]] if place else 'first'} → {ask['steps'][line]}"

    return word


def _number(ask: Mapping, exercise: Exercise, answer: str, key: Key | None) -> Word:
    return lambda line: f"{answer.strip()} {ask['unit']}"


def _audit(ask: Mapping, exercise: Exercise, answer: str, key: Key | None) -> Word:
    said = {label.strip(): mark.strip() for label, _, mark in (piece.partition(":") for piece in answer.split(","))}
    return lambda line: (
        f"{line}: {said[line]}" if line in said and line != MISSING else f"{line}: {_yes(MISSING in said)}"
    )


def _yes(is_said: bool) -> str:
    return "said so" if is_said else "not said"


def _support(ask: Mapping, exercise: Exercise, answer: str, key: Key | None) -> Word:
    spans, picked = pieces(exercise.note), answer.partition(":")[2].split()

    def word(line: str) -> str:
        words = " ".join(exercise.note[slice(*spans[int(line) - 1])].split())
        return f"{'picked' if line in picked else 'left out'}: {words}"

    return word


WORDED: Mapping[str, Callable[..., Word]] = {
    "choose": _choose,
    "select": _select,
    "sort": _sort,
    "order": _order,
    "number": _number,
    "audit": _audit,
    "support": _support,
}
