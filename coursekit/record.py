"""Who learns here, and how far they are. Grades are worked out again from the answers that the store keeps."""

from __future__ import annotations

import os
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from . import tables
from .course import Course
from .engine import grade
from .grader import Grader
from .model import Attempt, Exercise, Unreadable
from .picture import page, text
from .store import IN_BROWSER, Store, StoreTrouble, now, user_folder
from .thoughts import shown_by

if TYPE_CHECKING:
    import pandas

__all__ = [
    "LONGEST_NAME",
    "Progress",
    "Standing",
    "Store",
    "StoreTrouble",
    "kept_in",
    "now",
    "own_attempts",
    "progress",
    "set_who",
    "who",
]

LONGEST_NAME = 80

# Who is named here is named for every program of the account, hub or classroom; else the computer remembers one name.
NAMED_BY = ("COURSEKIT_LEARNER", "JUPYTERHUB_USER")

# In a browser a computer's one name is looked up once in a kernel: each look at a file there asks the page.
_named: list[str] = []


# Learners -----------------------------------------------------------------------------------------------------------


def who() -> str:
    """The learner's name: COURSEKIT_LEARNER, else JUPYTERHUB_USER, else the name given once, else "".

    Raises `StoreTrouble` for a name in the environment that cannot be one.
    """
    for variable in NAMED_BY:
        if name := os.environ.get(variable, "").strip():
            try:
                return a_name(name)
            except Unreadable as error:
                raise StoreTrouble(f"The learner is unknown: {variable} does not hold a name. {error}") from None
    if _named:
        return _named[0]
    try:
        return _remembered(a_name((user_folder() / "learner").read_text("utf-8")))
    except (OSError, ValueError):
        return _remembered("")


def set_who(name: str) -> str:
    """Remember the learner's name for this user of the machine, and give it back as kept.

    Raises `Unreadable` for a name that cannot be kept and `StoreTrouble` when the folder cannot be written.
    """
    name, place = a_name(name), user_folder() / "learner"
    fresh = place.with_name(f"learner.{os.getpid()}.{threading.get_ident()}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(name + "\n", "utf-8")
        fresh.replace(place)
    except OSError as error:
        raise StoreTrouble(
            f"Your name was not kept in {place}: {error.strerror or error}. "
            "Make the folder writable, or set COURSEKIT_LEARNER to your name."
        ) from error
    return _remembered(name)


def _remembered(name: str) -> str:
    if IN_BROWSER:
        _named[:] = [name]
    return name


def a_name(text: str) -> str:
    """A name as it is kept. Raises `Unreadable` for one that cannot be a name."""
    # One form for each letter, or the same person would have two records.
    name = unicodedata.normalize("NFC", text).strip()
    if not name:
        raise Unreadable("A name needs at least one character.")
    if len(name) > LONGEST_NAME:
        raise Unreadable(f"A name of {len(name)} characters is too long; the limit is {LONGEST_NAME}.")
    if not name.isprintable():
        raise Unreadable("A name may hold letters, digits, spaces and signs, but no control characters.")
    return name


def kept_in(course_id: str) -> Store | Grader:
    """Where a learner's attempts are kept: at the grading service that the environment names, else in the store."""
    return Grader.named(course_id) or Store(course_id=course_id)


def own_attempts(store: Store | Grader, exercise: str | None = None) -> list[Attempt]:
    """The learner's attempts, oldest first; with those given on this computer before the name was known.

    Raises `StoreTrouble`.
    """
    name = who()
    found = store.attempts(name, exercise)
    is_named_here = name and not any(os.environ.get(variable, "").strip() for variable in NAMED_BY)
    if is_named_here:
        found = sorted(found + store.attempts("", exercise), key=lambda one: (one.at, one.id))
    return found


# How far ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the learner stands on one form of one exercise. Scores run from 0 to 1; None before a graded try.

    `hints` is the most hints open at any try, `sure_but_wrong` counts wrong tries given as sure, and `earlier_wording`
    the answers to an earlier wording of the exercise, counted as tries only where they can still be read.
    `misconceptions` names what the tries showed, in order, as often as they showed it.
    """

    notebook: str
    exercise: str
    title: str
    form: str
    tries: int
    first: float | None
    best: float | None
    solved: bool
    hints: int
    sure_but_wrong: int
    last: str
    earlier_wording: int
    misconceptions: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        """One of `STATES`."""
        if not self.tries:
            return "not tried"
        if self.first is None:
            return "answered"
        return "solved at first try" if self.first == 1 else "solved later" if self.solved else "tried"


def _standing(
    exercise: Exercise, form: str, solution: Any, attempts: Sequence[Attempt], told: Mapping[str, float]
) -> Standing:
    scores, counted, named, sure_but_wrong = [], [], [], 0
    for attempt in attempts:
        # Of a sealed course nothing can be graded here: an answer is an answer, or worth what a service told of it.
        if attempt.id in told:
            scores.append(round(told[attempt.id], 4))
            sure_but_wrong += attempt.certainty == "sure" and told[attempt.id] < 1
        elif solution is not None:
            try:
                mark = grade(exercise, solution, form, attempt.answer)
            except Unreadable:
                continue
            scores.append(round(mark.score, 4))
            named += shown_by(solution, form, mark)
            sure_but_wrong += attempt.certainty == "sure" and not mark.solved
        counted.append(attempt)
    return Standing(
        notebook=exercise.folder,
        exercise=exercise.name,
        title=exercise.title,
        form=form,
        tries=len(counted),
        first=scores[0] if scores else None,
        best=max(scores, default=None),
        # The score is 1 exactly when solved.
        solved=1 in scores,
        hints=max((attempt.hints for attempt in counted), default=0),
        sure_but_wrong=sure_but_wrong,
        last=counted[-1].at if counted else "",
        earlier_wording=sum(attempt.fingerprint != exercise.fingerprint for attempt in attempts),
        misconceptions=tuple(named),
    )


class Progress:
    """What is done, first and best try of each exercise and skill, and where to go on.

    Only first tries count as skill. `table` and `skills` are pandas tables; a notebook shows a picture.
    """

    def __init__(
        self,
        learner: str,
        standings: Iterable[Standing],
        titles: Mapping[str, str],
        skills: Mapping[str, Sequence[str]],
        trouble: str = "",
    ):
        self.learner = learner
        self.standings = tuple(standings)
        self.titles = titles
        self.trouble = trouble
        self._skills = skills

    @property
    def next(self) -> str:
        """The name of the first exercise in course order that is not done; "" when all are."""
        return next((one.exercise for one in self.standings if not _done(one)), "")

    @property
    def table(self) -> pandas.DataFrame:
        """One row for each form of each exercise, in course order."""
        pandas = _pandas()
        frame = pandas.DataFrame(list(map(asdict, self.standings)), columns=[f.name for f in fields(Standing)])
        frame["last"] = pandas.to_datetime(frame["last"].replace("", None), utc=True, format="ISO8601")
        return frame.astype({"first": "float64", "best": "float64", "solved": "bool"})

    @property
    def skills(self) -> pandas.DataFrame:
        """One row for each skill: exercises, how many are done, and the mean score of first and of best tries."""
        pandas = _pandas()
        frame = pandas.DataFrame(self.by_skill(), columns=["skill", "exercises", "done", "first", "best"])
        return frame.astype({"first": "float64", "best": "float64"})

    def by_skill(self) -> list[dict[str, Any]]:
        """The rows of `skills` without pandas."""
        rows = []
        for skill, names in self._skills.items():
            mine = [one for one in self.standings if one.exercise in names]
            undone = {one.exercise for one in mine if not _done(one)}
            rows.append({
                "skill": skill,
                "exercises": len(names),
                "done": len(names) - len(undone),
                "first": _mean(one.first for one in mine),
                "best": _mean(one.best for one in mine),
            })  # fmt: skip
        return rows

    @property
    def misconceptions(self) -> pandas.DataFrame:
        """One row for each misconception that wrong answers showed, the most frequent first."""
        return _pandas().DataFrame(
            self.by_misconception(), columns=["misconception", "times", "exercises", "open", "truth"]
        )

    def by_misconception(self) -> list[dict[str, Any]]:
        """The rows of `misconceptions` without pandas: how often, in how many exercises, and how many are still unsolved."""
        rows = []
        for name, row in tables.misconceptions().items():
            times = sum(one.misconceptions.count(name) for one in self.standings)
            mine = {one.exercise for one in self.standings if name in one.misconceptions}
            unsolved = {one.exercise for one in self.standings if name in one.misconceptions and not _done(one)}
            if times:
                rows.append(
                    {
                        "misconception": name,
                        "times": times,
                        "exercises": len(mine),
                        "open": len(unsolved),
                        "truth": row.truth,
                    }
                )
        return sorted(rows, key=lambda row: -row["times"])

    def __repr__(self) -> str:
        return text(self)

    def _repr_html_(self) -> str:
        return page(self)


def progress(course: Course | None = None, store: Store | None = None) -> Progress:
    """How far the learner is. The course is found and the store opened as everywhere else, unless given."""
    course = course or Course.find()
    exercises = list(course.exercises())
    skills: dict[str, list[str]] = {}
    for exercise in exercises:
        for skill in exercise.skills:
            skills.setdefault(skill, []).append(exercise.name)
    learner, trouble, attempts, told = "", "", [], {}
    try:
        learner = who()
        kept = store or kept_in(course.id)
        attempts = own_attempts(kept)
        told = kept.scores if isinstance(kept, Grader) else {}
    except StoreTrouble as error:
        trouble = str(error)
    titles = {folder: f"{folder[:2]} {course.notebook_title(folder)}" for folder in course.folders}
    return Progress(learner, _standings(course, exercises, attempts, told), titles, skills, trouble)


def _standings(
    course: Course, exercises: list[Exercise], attempts: list[Attempt], told: Mapping[str, float]
) -> Iterator[Standing]:
    for exercise in exercises:
        for form in exercise.forms:
            mine = [one for one in attempts if (one.exercise, one.form) == (exercise.name, form)]
            yield _standing(exercise, form, course.solution(exercise.name) if mine else None, mine, told)


def _pandas() -> Any:
    """The library of tables. Raises `ImportError` with what to do without it."""
    try:
        import pandas
    except ImportError:
        raise ImportError(
            "Tables need pandas, and pandas is not here: Python in the browser comes without it. progress() shows the same "
            "rows; progress().standings, .by_skill() and .by_misconception() give them as lists."
        ) from None
    return pandas


def _done(one: Standing) -> bool:
    return one.solved or one.state == "answered"


def _mean(scores: Iterable[float | None]) -> float | None:
    known = [score for score in scores if score is not None]
    return round(sum(known) / len(known), 4) if known else None
