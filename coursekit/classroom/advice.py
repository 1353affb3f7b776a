"""Who needs help, and with what next: plain signs that an instructor can check, and no prediction.

A learner is named for what they did, in words that say so. Nobody is given a number for what they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from .. import tables
from ..course import Course
from ..feedback import TRIES_BEFORE_ANSWER
from ..tables import joined
from .marking import Mark
from .room import Room
from .statistics import LEAST_FOR_FACILITY, LEAST_FOR_SKILL, Skilled, tried, wilson

HAS = 0.8  # mean of first tries from which a skill is had
COMES_BACK = 2  # exercises in which a misconception shows before it keeps coming back
STRONGLY = 3  # the same, before an instructor is told
SURE_BUT_WRONG = 5  # answers
QUIET = timedelta(days=7)
MOST_STEPS = 6


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do next: the exercise's name, title and notebook, or a notebook alone, and why."""

    notebook: str
    exercise: str
    title: str
    why: str


@dataclass(frozen=True, slots=True)
class Standing:
    """One learner's work: what is there, what keeps going wrong, and what to do next.

    `keeps` pairs each misconception with the titles of the exercises in which any try showed it, most first.
    """

    learner: str
    marks: tuple[Mark, ...]
    has: tuple[str, ...]
    keeps: tuple[tuple[str, tuple[str, ...]], ...]
    once: tuple[str, ...]
    stuck: tuple[Mark, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Need:
    """Why a learner may need help, in words, and what to take up with them first."""

    learner: str
    reasons: tuple[str, ...]
    steps: tuple[Step, ...]


def standings(room: Room, skills: Mapping[str, Skilled]) -> dict[str, Standing]:
    """Where each learner stands."""
    by_learner: dict[str, list[Mark]] = {who: [] for who in room.learners}
    for one in tried(room.marks):
        by_learner[one.learner].append(one)
    shown: dict[str, tuple[str, ...]] = {}
    return {who: _standing(room.course, who, marks, skills[who], shown) for who, marks in by_learner.items()}


def _standing(course: Course, who: str, marks: list[Mark], skilled: Skilled, shown: dict) -> Standing:
    names: dict[str, list[str]] = {}
    for one in marks:
        for name in filter(None, one.misconceptions.split("; ")):
            names.setdefault(name, []).append(one.title)
    ranked = sorted(names.items(), key=lambda row: (-len(row[1]), row[0]))
    keeps = tuple((name, tuple(titles)) for name, titles in ranked if len(titles) >= COMES_BACK)
    once = tuple(name for name, titles in ranked if len(titles) < COMES_BACK)
    has = tuple(skill for skill, (mean, of) in skilled.items() if of >= LEAST_FOR_SKILL and mean >= HAS)
    stuck = tuple(one for one in marks if not one.solved and _tries_at_one(course, one) >= TRIES_BEFORE_ANSWER)
    return Standing(who, tuple(marks), has, keeps, once, stuck, tuple(_steps(course, marks, keeps)[:MOST_STEPS]))


def _tries_at_one(course: Course, mark: Mark) -> int:
    """How many tries some form of the exercise had at least, were each of its others tried once."""
    return mark.tries - len(course.exercise(mark.exercise).forms) + 1


def _steps(course: Course, marks: Sequence[Mark], keeps: Sequence[tuple[str, tuple[str, ...]]]) -> list[Step]:
    found = [Step(one.notebook, one.exercise, one.title, "tried and not solved yet") for one in marks if not one.solved]
    # The end of the list is for what comes next anyway, so the open ones leave it room.
    found = found[: MOST_STEPS - 2]
    folders = {folder[:2]: folder for folder in course.folders}
    for name, _ in keeps[:1]:
        row = tables.misconceptions().get(name)
        wanted = next((folders[n] for n in (row.notebooks if row else ()) if n in folders), None)
        if wanted:
            found.append(Step(wanted, "", course.notebook_title(wanted), f"it puts right: {name}"))
    done = {one.exercise for one in marks}
    fresh = next((name for name in course.names if name not in done), None)
    if fresh:
        exercise = course.exercise(fresh)
        found.append(Step(exercise.folder, fresh, exercise.title, "not tried yet"))
    return found


# Who needs help ------------------------------------------------------------------------------------------------------


def needs(standings: Mapping[str, Standing], sizes: Mapping[str, int]) -> list[Need]:
    """The learners whose work shows a sign of trouble, those with the most signs first."""
    marks = [one for standing in standings.values() for one in standing.marks]
    shares = [len(standing.marks) for standing in standings.values()]
    usual = median(shares) if len(shares) >= LEAST_FOR_FACILITY else 0
    share = sum(one.first == 1 for one in marks) / len(marks) if marks else 0.0
    latest = max((one.last for one in marks), default="")
    sure = median(_sure(standing) for standing in standings.values()) if standings else 0
    often = _usual_times(standings)
    found = []
    for who, standing in standings.items():
        reasons = list(_signs(standing, usual, share if usual else None, latest, often))
        # Many are sure now and then: that alone says something only of those who are so far more often than others.
        many = _sure(standing)
        if many >= SURE_BUT_WRONG and (reasons or many >= 2 * sure):
            reasons.append(f"{many} answers marked as sure were wrong")
        if reasons:
            found.append(Need(who, tuple(reasons), standing.steps[:2]))
    return sorted(found, key=lambda one: (-len(one.reasons), -len(standings[one.learner].stuck), one.learner))


def _sure(standing: Standing) -> int:
    return sum(one.sure_but_wrong for one in standing.marks)


def _usual_times(standings: Mapping[str, Standing]) -> dict[str, float]:
    """In how many exercises each misconception shows in the middle of the class."""
    times: dict[str, list[int]] = {}
    for standing in standings.values():
        for name, titles in standing.keeps:
            times.setdefault(name, []).append(len(titles))
    # Those in whose work it does not keep coming back count as none.
    return {name: median([*some, *[0] * (len(standings) - len(some))]) for name, some in times.items()}


def _signs(
    standing: Standing, usual: float, share: float | None, latest: str, often: Mapping[str, float]
) -> Iterator[str]:
    mine = standing.marks
    if standing.stuck:
        many = len(standing.stuck)
        yield f"{tables.many(many, 'exercise')} not solved after {TRIES_BEFORE_ANSWER} tries or more"
    strong = [
        f"“{name}” in {len(titles)} exercises"
        for name, titles in standing.keeps
        if len(titles) >= STRONGLY and len(titles) >= 2 * often[name]
    ]
    if strong:
        yield f"keeps coming back: {said(strong, 3)}"
    first = sum(one.first == 1 for one in mine)
    if share is not None and mine and wilson(first, len(mine))[1] < share:
        yield f"{first} of {len(mine)} solved at the first try, fewer than chance explains in this class ({share:.0%})"
    if len(mine) < usual / 2:
        yield f"{tables.many(len(mine), 'exercise')} tried; half of the class has tried {usual:g} or more"
    elif len(mine) < usual and _moment(latest) - _moment(max(one.last for one in mine)) > QUIET:
        yield f"behind the class, and no answer for more than {QUIET.days} days before its last"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


# What to teach next --------------------------------------------------------------------------------------------------


def notebooks_for(course: Course, names: Sequence[str]) -> list[str]:
    """The notebooks of this course that put these misconceptions right, those that help with most first."""
    folders = {folder[:2]: folder for folder in course.folders}
    known = tables.misconceptions()
    counted = Counter(folders[n] for name in names if name in known for n in known[name].notebooks if n in folders)
    return sorted(counted, key=lambda folder: (-counted[folder], folder))


def said(names: Sequence[str], most: int = 6) -> str:
    """Names in a sentence, the rest as a number."""
    more = len(names) - most
    return joined([*names[:most], f"{more} more"]) if more > 0 else joined(list(names)) if names else ""
