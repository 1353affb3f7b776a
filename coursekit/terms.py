"""The terms on which a course is handed out: when it opens and closes, how many tries, in which order options stand.

They are written under `release:` in `exercises/course.yaml`. A course that nobody released has none of them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from datetime import date as Date

from .model import Unreadable
from .reading import Node, checked
from .tables import day, spoken

FULL, PRACTICE, SEALED = "full", "practice", "sealed"
KINDS = (PRACTICE, SEALED)

MOST_TRIES = 1_000
MOST_SEED = 2**63 - 1
MOST_TITLE = 120
YEARS = (2000, 2100)

# The place where each day ends last: what is handed in on that day anywhere is in time.
LAST_PLACE = timezone(timedelta(hours=-12))

_ID = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Release:
    """One handing-out of a course. `tries` is how many each form of an exercise takes; None is no limit.

    `opens` and `closes` are days, both included. In doubt they speak for the learner: a day begins by the clock where
    the learner is, and it ends when it is over everywhere. `seed` mixes what an exercise offers; None leaves it as written.
    """

    id: str = FULL
    kind: str = FULL
    title: str = ""
    opens: Date | None = None
    closes: Date | None = None
    tries: int | None = None
    seed: int | None = None

    def waits(self, at: str) -> bool:
        """Whether the day on which it opens has not come at this moment (ISO, UTC) by the clock of this machine."""
        return self.opens is not None and datetime.fromisoformat(at).astimezone().date() < self.opens

    def used_up(self, tries: int) -> bool:
        """Whether no further try is taken after this many."""
        return self.tries is not None and tries >= self.tries

    def mixed(self, rows: Iterable[Sequence[str]], learner: str, exercise: str, form: str) -> list:
        """What a form offers, in this learner's own order: the same on every machine and after a restart.

        Each row begins with its id. Answers name ids, so the order changes nothing about a grade.
        """
        if self.seed is None:
            return list(rows)

        def place(row: Sequence[str]) -> bytes:
            return hashlib.sha256("\0".join((str(self.seed), learner, exercise, form, row[0])).encode()).digest()

        return sorted(rows, key=place)

    # In words --------------------------------------------------------------------------------------------------------

    @property
    def not_yet(self) -> str:
        """What is said to an answer that comes too early."""
        return f"Answers are taken from {spoken(self.opens)} on." if self.opens else ""

    @property
    def no_more(self) -> str:
        """What is said to one try too many."""
        allowed = "the one try" if self.tries == 1 else f"all {self.tries} tries"
        return f"You have used {allowed} that this question allows. Your earlier answers are kept."

    @property
    def too_late(self) -> str:
        """What is said to an answer that comes after the close."""
        return f"It came after the closing day, {spoken(self.closes)}; your instructor decides whether it counts." if self.closes else ""  # fmt: skip

    @property
    def open(self) -> str:
        """The days on which answers are taken; "" where every day is."""
        since = f"from {spoken(self.opens)}" if self.opens else ""
        until = f"until the end of {spoken(self.closes)}" if self.closes else ""
        return " ".join(filter(None, (since, until)))

    def facts(self) -> list[list[str]]:
        """What a learner should know before answering, as pairs of what and words."""
        rows = [["Open", self.open]] if self.open else []
        if self.tries is not None:
            rows.append(["Tries", f"{self.tries} for each question"])
        return rows


def is_late(at: str, closes: Date | None) -> bool:
    """Whether a moment (ISO, UTC, as attempts carry it) lies after a closing day, when that day is over everywhere."""
    if closes is None:
        return False
    over = datetime(closes.year, closes.month, closes.day, tzinfo=LAST_PLACE) + timedelta(days=1)
    # Attempts carry their moments so that the order of the texts is the order of the times.
    return at >= over.astimezone(UTC).isoformat(timespec="microseconds")


# Reading and writing -------------------------------------------------------------------------------------------------


def a_day(text: str) -> Date:
    """A day on which a release opens or closes. Raises `Unreadable` for another text, or a year that is a slip."""
    date = day(text)
    if not YEARS[0] <= date.year <= YEARS[1]:
        raise Unreadable(f"{text} lies outside the years {YEARS[0]} to {YEARS[1]}. Write the year with four digits.")
    return date


def whole(least: int, most: int) -> Callable[[str], int]:
    """A reader of whole numbers within bounds; it raises `Unreadable` for anything else."""

    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text[:20]) <= most:
            raise Unreadable(f"“{text[:20]}” is not a whole number from {least:,} to {most:,}.")
        return int(text)

    return read


a_count_of_tries = whole(1, MOST_TRIES)
a_seed = whole(0, MOST_SEED)


def a_title(text: str) -> str:
    """The title of a release: one line. Raises `Unreadable` for an empty or too long one."""
    title = " ".join(text.split())
    if not title or len(title) > MOST_TITLE or not title.isprintable():
        raise Unreadable(f"A title is one line of 1 to {MOST_TITLE} characters that can be shown.")
    return title


def in_order(opens: Date | None, closes: Date | None) -> None:
    """Raises `Unreadable` where a release would close before it opens."""
    if opens and closes and closes < opens:
        raise Unreadable(f"It would close on {closes} before it opens on {opens}. Change one of the two days.")


def _an_id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise Unreadable(f"“{text[:40]}” is not the id of a release: 12 digits and letters from a to f.")
    return text


def read_release(node: Node) -> Release:
    """The terms under `release:`. Raises `BadFile` with what is wrong, where, and what to do."""
    row = node.fields("id kind", "title opens closes tries seed")
    readers = {
        "id": _an_id,
        "title": a_title,
        "opens": a_day,
        "closes": a_day,
        "tries": a_count_of_tries,
        "seed": a_seed,
    }
    values = {key: checked(row[key], read) for key, read in readers.items() if key in row}
    if "opens" in row and "closes" in row:
        checked(row["closes"], lambda _: in_order(values["opens"], values["closes"]))
    return Release(kind=row["kind"].one_of(KINDS, "kind of release"), **values)


def as_yaml(course: str, title: str, release: Release) -> str:
    """The text of `exercises/course.yaml`; a release without an id is written without one."""
    lines = [f"id: {json.dumps(course)}", f"title: {json.dumps(title, ensure_ascii=False)}", "release:"]
    said = {
        "id": json.dumps(release.id) if _ID.fullmatch(release.id) else None,
        "kind": release.kind,
        "title": json.dumps(release.title, ensure_ascii=False) if release.title else None,
        "opens": release.opens,
        "closes": release.closes,
        "tries": release.tries,
        "seed": release.seed,
    }
    return "\n".join([*lines, *(f"  {key}: {value}" for key, value in said.items() if value is not None), ""])
