"""What the first tries of a class amount to, and how sure one may be of it.

Only first tries count as skill. Where a class is too small for a figure to mean anything there is none. Nothing here
depends on the order of learners.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import atanh, fsum, sqrt, tanh
from statistics import NormalDist, median
from typing import TYPE_CHECKING

from .marking import Mark
from .room import Room

if TYPE_CHECKING:
    import numpy

# The floors: below them a figure would be noise.
LEAST_FOR_FACILITY = 5  # learners
LEAST_FOR_DISCRIMINATION = 15  # learners
LEAST_REST = 5  # other exercises that a learner tried
LEAST_FOR_SKILL = 3  # exercises of one skill that one learner tried
LEAST_IN_BLOCK = (20, 5)  # learners and exercises

FLOORS = (
    f"Only first tries count here, because a second try has seen the feedback of the first. An interval holds the true "
    f"value 19 times out of 20. Below {LEAST_FOR_FACILITY} learners no facility is given, below "
    f"{LEAST_FOR_DISCRIMINATION} no discrimination, and a learner's skill gets a percentage from {LEAST_FOR_SKILL} "
    "exercises on: with fewer, chance would speak."
)  # fmt: skip
DISCRIMINATION = (
    "Discrimination tells whether learners who do well elsewhere do well here. It is the correlation between the first-try "
    "score on an exercise and the mean of the same learner's other first tries, each taken as its distance from the class "
    f"mean of that exercise, over learners who tried at least {LEAST_REST} others. The exercise itself is left out of the "
    "second number (this is the corrected item-rest correlation). Near 0, or below, the exercise deserves a second look."
)

Interval = tuple[float, float]
_WIDE = NormalDist().inv_cdf(0.975)


def wilson(right: float, of: int) -> Interval:
    """The 95% interval of a share, by Wilson's score method. Raises `ZeroDivisionError` for a share of nothing."""
    share, z2 = right / of, _WIDE**2
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _WIDE / (1 + z2 / of) * sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    # At 0 and 1 the interval ends there exactly; rounding may not say otherwise.
    return (0.0 if right == 0 else max(middle - half, 0.0), 1.0 if right == of else min(middle + half, 1.0))


def fisher(r: float, of: int) -> Interval:
    """The 95% interval of a correlation over more than three pairs, by Fisher's z."""
    if abs(r) >= 1:
        return (r, r)
    half = _WIDE / sqrt(of - 3)
    return tanh(atanh(r) - half), tanh(atanh(r) + half)


# Scores --------------------------------------------------------------------------------------------------------------


def tried(marks: Sequence[Mark]) -> list[Mark]:
    """The marks that hold a graded try."""
    return [one for one in marks if one.tries]


def score_table(marks: Sequence[Mark]) -> tuple[list[str], list[str], numpy.ndarray]:
    """Learners, exercises, and first-try scores as learners by exercises; NaN where an exercise was not tried.

    Both are in alphabetical order, so that sums come out the same to the last digit whatever order the marks are in.
    """
    import numpy

    learners = sorted({one.learner for one in marks})
    exercises = sorted({one.exercise for one in marks})
    row, column = {who: n for n, who in enumerate(learners)}, {name: n for n, name in enumerate(exercises)}
    scores = numpy.full((len(learners), len(exercises)), numpy.nan)
    for one in marks:
        scores[row[one.learner], column[one.exercise]] = one.first
    return learners, exercises, scores


# Exercises -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Item:
    """What a class shows about one exercise.

    `facility` is the mean score of first tries, `solved` how many had all right at the first try, and `interval` the
    Wilson interval of that share. Shares run from 0 to 1, `minutes` is the median working time over all tries, and
    `hinted` how many opened a hint. None stands below the floor, or, for a discrimination, where all scored the same.
    """

    exercise: str
    notebook: str
    title: str
    learners: int
    solved: int
    facility: float | None
    interval: Interval | None
    discrimination: float | None
    likely: Interval | None
    minutes: float | None
    hinted: int
    solved_in_the_end: int


def items(room: Room) -> list[Item]:
    """The exercises that somebody tried, in the order of the course."""
    marks = tried(room.marks)
    _, names, scores = score_table(marks)
    related = dict(zip(names, discriminations(scores), strict=True))
    by_exercise: dict[str, list[Mark]] = {}
    for one in marks:
        by_exercise.setdefault(one.exercise, []).append(one)
    found = []
    for name in room.course.names:
        if mine := by_exercise.get(name):
            solved, enough = sum(one.first == 1 for one in mine), len(mine) >= LEAST_FOR_FACILITY
            r, pairs = related[name]
            timed = [one.seconds / 60 for one in mine if one.seconds]
            found.append(Item(
                name, mine[0].notebook, mine[0].title, len(mine), solved,
                fsum(one.first for one in mine) / len(mine) if enough else None,
                wilson(solved, len(mine)) if enough else None,
                r, fisher(r, pairs) if r is not None else None,
                median(timed) if enough and len(timed) >= LEAST_FOR_FACILITY else None,
                sum(one.hints > 0 for one in mine), sum(one.solved for one in mine),
            ))  # fmt: skip
    return found


def discriminations(scores: numpy.ndarray) -> list[tuple[float | None, int]]:
    """For each exercise its corrected discrimination and over how many learners, from scores with NaN where not tried.

    The rest of a learner is the mean, over the other exercises they tried, of the distance from the exercise's mean: so
    a learner who tried only easy ones does not look able. Where all tried all, this is the usual item-rest correlation.
    """
    import numpy

    there = ~numpy.isnan(scores)
    counts = there.sum(axis=0)
    means = numpy.where(there, scores, 0).sum(axis=0) / numpy.maximum(counts, 1)
    away = numpy.where(there, scores - means, 0)
    total, tries = away.sum(axis=1), there.sum(axis=1)
    found: list[tuple[float | None, int]] = []
    for n in range(scores.shape[1]):
        who = there[:, n] & (tries - 1 >= LEAST_REST)
        rest = (total[who] - away[who, n]) / (tries[who] - 1)
        found.append((_correlation(scores[who, n], rest), int(who.sum())))
    return found


def _correlation(x: numpy.ndarray, y: numpy.ndarray) -> float | None:
    import numpy

    if len(x) < LEAST_FOR_DISCRIMINATION or numpy.ptp(x) < 1e-9 or numpy.ptp(y) < 1e-9:
        return None
    return float(numpy.clip(numpy.corrcoef(x, y)[0, 1], -1, 1))


# Skills --------------------------------------------------------------------------------------------------------------

Skilled = Mapping[str, tuple[float, int]]


def skills_of(room: Room) -> dict[str, Skilled]:
    """For each learner and skill the mean score of first tries and over how many exercises."""
    has = {name: room.course.exercise(name).skills for name in room.course.names}
    scores: dict[str, dict[str, list[float]]] = {who: {} for who in room.learners}
    for one in tried(room.marks):
        for skill in has[one.exercise]:
            scores[one.learner].setdefault(skill, []).append(one.first)
    return {who: {skill: (fsum(s) / len(s), len(s)) for skill, s in mine.items()} for who, mine in scores.items()}


def class_skills(by_learner: Mapping[str, Skilled]) -> Skilled:
    """For each skill the mean over learners of their own means, and over how many learners, where they are enough."""
    means: dict[str, list[float]] = {}
    for mine in by_learner.values():
        for skill, (mean, _) in mine.items():
            means.setdefault(skill, []).append(mean)
    return {
        skill: (fsum(some) / len(some), len(some)) for skill, some in means.items() if len(some) >= LEAST_FOR_FACILITY
    }


# Reliability ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reliability:
    """How far the sum of first-try scores over a block of exercises would come out the same again.

    `value` is KR-20 where all scores are 0 or 1, else Cronbach's alpha; `error` its standard error; `measurement` the
    standard error of measurement of one learner's sum, in points. Where none of it would mean anything, `why` says why.
    """

    kind: str = ""
    value: float | None = None
    error: float | None = None
    measurement: float | None = None
    learners: int = 0
    exercises: tuple[str, ...] = ()
    why: str = ""


def reliability(marks: Sequence[Mark]) -> Reliability:
    """The reliability over the largest block of exercises that enough learners all tried."""
    import numpy

    _, names, scores = score_table(tried(marks))
    rows, columns = block(~numpy.isnan(scores))
    least, fewest = LEAST_IN_BLOCK
    if not rows:
        return Reliability(
            why=f"There is none to give: it takes {least} learners who all tried the same {fewest} exercises."
        )
    part = scores[numpy.ix_(rows, columns)]
    total = part.sum(axis=1)
    if numpy.ptp(total) < 1e-9:
        return Reliability(why="There is none to give: all learners scored the same.")
    value = float(alpha(part))
    kind = "KR-20" if numpy.isin(part, (0, 1)).all() else "Cronbach's alpha"
    measurement = float(total.std(ddof=1)) * sqrt(max(1 - value, 0.0))
    return Reliability(
        kind, value, jackknife(part), measurement, len(rows), tuple(names[n] for n in sorted(columns))
    )  # fmt: skip


def block(there: numpy.ndarray) -> tuple[list[int], list[int]]:
    """Learners and exercises, as large as taking the exercise that keeps most learners next makes it; both empty if none.

    Large means learners times exercises. The very largest block may be larger; finding it can take forever.
    """
    least, fewest = LEAST_IN_BLOCK
    # A learner is a bit, so that a step over all exercises costs little.
    bits = [sum(1 << int(n) for n in there[:, column].nonzero()[0]) for column in range(there.shape[1])]
    left, kept, taken = set(range(len(bits))), (1 << there.shape[0]) - 1, []
    best: tuple[int, int, list[int]] = (0, 0, [])
    while left:
        column = max(left, key=lambda n: ((kept & bits[n]).bit_count(), -n))
        kept &= bits[column]
        if kept.bit_count() < least:
            break
        left.remove(column)
        taken.append(column)
        size = kept.bit_count() * len(taken)
        if len(taken) >= fewest and size > best[0]:
            best = (size, kept, taken.copy())
    _, who, columns = best
    return [n for n in range(there.shape[0]) if who >> n & 1], columns


def alpha(scores: numpy.ndarray) -> float:
    """Cronbach's alpha of learners by exercises; of scores 0 and 1 it is KR-20. Raises nothing; all alike gives NaN."""
    many = scores.shape[1]
    return many / (many - 1) * (1 - scores.var(axis=0, ddof=1).sum() / scores.sum(axis=1).var(ddof=1))


def jackknife(scores: numpy.ndarray) -> float:
    """The standard error of alpha: how much it moves as each learner is left out in turn. Assumes no distribution."""
    import numpy

    n = len(scores)
    left_out = numpy.array([alpha(numpy.delete(scores, one, axis=0)) for one in range(n)])
    return float(sqrt((n - 1) / n * ((left_out - left_out.mean()) ** 2).sum()))
