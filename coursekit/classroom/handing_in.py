"""What a learner hands in: one file, the same from the command line, a notebook and a page in the browser."""

from __future__ import annotations

from dataclasses import dataclass

from .. import record
from ..course import Course
from ..grader import Grader
from ..model import Attempt, Unreadable
from ..store import Store, StoreTrouble, now
from .submission import MOST_ATTEMPTS, SUFFIX, written


@dataclass(frozen=True, slots=True)
class Work:
    """A learner's answers as a file to hand in: its name, its text, whose they are and how many."""

    file: str
    text: str
    learner: str
    attempts: int


def work_of(name: str, course: Course, store: Store | Grader) -> Work:
    """The work of the learner of this name, or of whoever is known here where it is empty.

    Raises `Unreadable` where nobody is known, or where there is nothing or too much to hand in, and `StoreTrouble`.
    """
    if isinstance(store, Grader):
        waiting = len(store.waiting())
        later = f" {waiting} of them could not be handed over yet: leave your server running." if waiting else ""
        raise Unreadable(f"Each answer is handed in when you submit it, so there is no file to hand in here.{later}")
    learner = name or record.who()
    if not learner:
        raise Unreadable("Nobody is named yet. Say who you are: coursekit submit --as NAME")
    # What a notebook shows as yours is what is handed in.
    attempts = _answers_of(store, learner) if name else record.own_attempts(store)
    if not attempts:
        known = ", ".join(_others(store, learner)) or "nobody else"
        raise Unreadable(f"There are no answers of {learner} in {store.where}. Answers there are of: {known}.")
    if len(attempts) > MOST_ATTEMPTS:
        raise Unreadable(
            f"{learner} has {len(attempts):,} answers, and a submission holds {MOST_ATTEMPTS:,}. Ask your instructor."
        )
    text = "\n".join(written(learner, course.id, course.release.id, attempts, now())) + "\n"
    return Work(f"{_file_name(learner)}-{course.id}{SUFFIX}", text, learner, len(attempts))


def _answers_of(store: Store, learner: str) -> list[Attempt]:
    """The answers under a name; with those given here before anyone had one, where they can be nobody else's."""
    nameless = store.attempts("")
    return store.attempts(learner) + (nameless if nameless and not _others(store, learner) else [])


def _others(store: Store, learner: str) -> list[str]:
    try:
        return sorted(set(store.learners()) - {"", learner})
    except StoreTrouble:
        # A database may let a learner write and not see who else does.
        return ["others"]


def _file_name(learner: str) -> str:
    kept = "".join(letter if letter.isalnum() else "-" for letter in learner)
    return kept.strip("-")[:60] or "learner"
