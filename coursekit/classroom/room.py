"""A class: who handed in what, and what it is worth. Everything that instructors see starts here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date as Date
from pathlib import Path

from ..course import Course
from ..model import Attempt, Unreadable
from ..store import Store
from .collecting import Collection, Found, collected, gathered
from .marking import Mark, Marker, unknown_exercises
from .scale import is_table, of_table
from .unpacking import plain

# Called with what is being done, how much of it is, and of how much, or None.
Tick = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class Room:
    """The attempts of a class and their marks, in the order of learners and of the course."""

    course: Course
    collection: Collection
    marks: tuple[Mark, ...]

    @property
    def learners(self) -> list[str]:
        """Everyone who handed in something, in alphabetical order."""
        return list(self.collection.attempts)

    @property
    def sizes(self) -> dict[str, int]:
        """How many exercises each notebook has."""
        names = self.course.names.values()
        return {folder: sum(one == folder for one in names) for folder in self.course.folders}


def of_database(store: Store) -> Collection:
    """All attempts of a course that a database received as they happened."""
    attempts = {who or "(no name)": store.attempts(who) for who in store.learners()}
    return Collection(attempts, {who: [] for who in attempts}, [], 0)


def in_table(source: str, course_id: str) -> Collection:
    """All attempts of a course in a Parquet table."""
    attempts: dict[str, list[Attempt]] = {}
    for one in of_table(source, course_id):
        attempts.setdefault(one.learner or "(no name)", []).append(one)
    return Collection(dict(sorted(attempts.items())), {who: [] for who in attempts}, [], 0)


def is_database(source: str) -> bool:
    """Whether a source names a database and not a folder: `postgresql+psycopg://...`."""
    return "://" in source


def room(
    source: str,
    course: Course,
    most_tries: int | None = None,
    tick: Tick = lambda what, done, of: None,
    closes: Date | None = None,
) -> Room:
    """Collect and grade a class: a folder of submissions, a database URL or a Parquet table. Raises `Unreadable`, `StoreTrouble`.

    `closes` is the day after which answers count as late; without one, that of the course's own release.
    """
    if is_database(source):
        collection = of_database(Store(source, course.id))
    elif is_table(source):
        collection = in_table(source, course.id)
    else:
        collection = gathered(_counted(collected(Path(source)), tick), course.id)
    marker = Marker(course, most_tries, closes or course.release.closes)
    if not (course.root / "solutions").is_dir():
        raise Unreadable(f"The course at {course.root} is sealed: it holds no solutions, so nothing can be graded with it. "
                         "Run this in the full course, or name it in COURSEKIT_COURSE.")  # fmt: skip
    marks: list[Mark] = []
    for n, (learner, attempts) in enumerate(collection.attempts.items(), 1):
        tick("Grading", n, len(collection.attempts))
        marks += marker.marks(learner, attempts)
        if strange := unknown_exercises(marker, attempts):
            said = f"answers to exercises that this course does not have: {', '.join(map(plain, strange[:5]))}"
            collection.doubts[learner].append(said)
    return Room(course, collection, tuple(marks))


def _counted(found: Iterator[Found], tick: Tick) -> Iterator[Found]:
    for n, one in enumerate(found, 1):
        yield one
        tick("Reading", n, None)
