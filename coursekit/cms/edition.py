"""The compact store: one file for each table and effective date, in the user's data folder, looked up where it lies.

A file is a line that says what it is, a header in JSON, and arrays that are mapped into memory and searched by halves:
the codes in order, for each code its first row as column one, for each row the place of its column-two code and of
what the row says. Four bytes a row, and no library but Python's own.
"""

from __future__ import annotations

import json
import mmap
import os
import struct
import sys
import tempfile
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date as Date
from functools import cached_property
from pathlib import Path
from typing import Any

from ..reading import nearest
from ..store import user_folder
from .naming import KINDS, BadTable, Kind

MAGIC = b"coursekit table 1\n"
SUFFIX = ".table"
_LENGTH = struct.Struct("<I")
_SECTIONS = ("codes", "first", "two", "term")
IMPORT = "coursekit edits import FILE..."


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the pair table. A blank `since` is not published; without `until` the row has not ended."""

    column_one: str
    column_two: str
    indicator: str
    since: Date | None
    until: Date | None
    reason: str
    before_1996: bool = False

    def holds(self, on: Date) -> bool:
        """Whether the row is in force on a date of service. Rows with indicator 9 never were."""
        return self.indicator != "9" and (not self.since or self.since <= on) and (not self.until or on <= self.until)


@dataclass(frozen=True, slots=True)
class Limit:
    """A row of the table of daily limits: units of a code that are paid in a day, and how the limit is applied."""

    code: str
    units: int
    indicator: str
    reason: str


def day(number: int) -> Date | None:
    """A date from the number 20240701; None from 0."""
    return Date(number // 10_000, number // 100 % 100, number % 100) if number else None


def folder() -> Path:
    """Where imported tables are kept. It may not exist yet."""
    return user_folder() / "tables"


class Edition:
    """One imported table, open for looking up. Close it, or use it in a `with` statement."""

    def __init__(self, path: Path):
        self.path = path
        try:
            with path.open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            head = memoryview(self._map)[: len(MAGIC) + _LENGTH.size]
            start = len(head) + _LENGTH.unpack(head[len(MAGIC) :])[0]
            if head[: len(MAGIC)] != MAGIC:
                raise ValueError
            self.about: dict[str, Any] = json.loads(self._map[len(head) : start])
            self.kind: Kind = KINDS[self.about["kind"]]
            self.effective = Date.fromisoformat(self.about["effective"])
            self._parts = dict(zip(_SECTIONS, self._sections(start), strict=True))
        except (OSError, ValueError, KeyError, TypeError, struct.error):
            why = "is damaged, or of another version of coursekit"
            raise BadTable(f"{path} {why}. Delete it, and import the table again: {IMPORT}") from None

    def _sections(self, start: int) -> Iterator[memoryview]:
        whole = memoryview(self._map)
        for name in _SECTIONS:
            code, length = self.about["sections"][name]
            yield whole[start : start + length].cast(code)
            start += length + -length % 8
        if start != len(whole) or self.about["order"] != sys.byteorder:
            raise ValueError

    def __enter__(self) -> Edition:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        for part in self._parts.values():
            part.release()
        self._parts = {}
        with suppress(BufferError):
            self._map.close()

    @property
    def name(self) -> str:
        """What the edition is called on the command line: its kind and effective date."""
        return name_of(self.kind, self.effective)

    def section(self, name: str) -> memoryview:
        """One of the arrays, for those who read all of it."""
        return self._parts[name]

    @cached_property
    def _size(self) -> int:
        return len(self._parts["codes"]) // 5

    def _place(self, code: str) -> int | None:
        """Where a code stands among the codes, or None."""
        codes, wanted, low, high = self._parts["codes"], code.encode("ascii", "replace"), 0, self._size
        while low < high:
            middle = (low + high) // 2
            if bytes(codes[5 * middle : 5 * middle + 5]) < wanted:
                low = middle + 1
            else:
                high = middle
        return low if low < self._size and codes[5 * low : 5 * low + 5] == wanted else None

    def knows(self, code: str) -> bool:
        """Whether a code stands anywhere in the table."""
        return self._place(code) is not None

    def rows(self, column_one: str, column_two: str) -> tuple[Row, ...]:
        """The rows of a pair this way round, the first to end first."""
        one, two = self._place(column_one), self._place(column_two)
        if one is None or two is None:
            return ()
        first, column = self._parts["first"], self._parts["two"]
        low = bisect_left(column, two, first[one], first[one + 1])
        high = bisect_right(column, two, low, first[one + 1])
        rows = [self._row(column_one, column_two, self._parts["term"][n]) for n in range(low, high)]
        return tuple(sorted(rows, key=lambda row: row.until or Date.max) if len(rows) > 1 else rows)

    def _row(self, one: str, two: str, term: int) -> Row:
        indicator, since, until, reason, old = self.about["terms"][term]
        return Row(one, two, indicator, day(since), day(until), reason, bool(old))

    def pairs(self, codes: Sequence[str]) -> Iterator[Row]:
        """Every row between any two of these codes."""
        for one in codes:
            for two in codes:
                yield from self.rows(one, two)

    def limit(self, code: str) -> Limit | None:
        """The daily limit of a code, or None where the table has none."""
        place = self._place(code)
        return None if place is None else Limit(code, *self.about["terms"][self._parts["term"][place]])

    def check(self) -> None:
        """See that the file is whole, byte for byte. Raises `BadTable`."""
        summed = 0
        for part in self._parts.values():
            summed = zlib.crc32(part, summed)
        if summed != self.about["checksum"]:
            raise BadTable(f"{self.path} is damaged. Delete it, and import the table again: {IMPORT}")


# The folder ---------------------------------------------------------------------------------------------------------


def name_of(kind: Kind, effective: Date) -> str:
    """The name of an edition, such as practitioner-2024-07-01."""
    return f"{kind.name}-{effective}"


def save(about: Mapping[str, Any], sections: Mapping[str, tuple[str, Any]], into: Path) -> Path:
    """Write an edition beside the others, and put it in its place when it is whole and was read back.

    `sections` maps each array to its type code and its bytes. Raises `BadTable`; what was there before stays.
    """
    checksum = 0
    for name in _SECTIONS:
        checksum = zlib.crc32(sections[name][1], checksum)
    lengths = {name: (code, memoryview(data).nbytes) for name, (code, data) in sections.items()}
    header = json.dumps({**about, "order": sys.byteorder, "checksum": checksum, "sections": lengths}).encode()
    # Arrays start at multiples of eight.
    header += b" " * (-(len(MAGIC) + _LENGTH.size + len(header)) % 8)
    place = into / f"{about['kind']}-{about['effective']}{SUFFIX}"
    temporary = None
    try:
        into.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("wb", dir=into, prefix=".", suffix=".part", delete=False) as file:
            temporary = Path(file.name)
            file.write(MAGIC + _LENGTH.pack(len(header)) + header)
            for name in _SECTIONS:
                length = lengths[name][1]
                file.write(sections[name][1])
                file.write(bytes(-length % 8))
            file.flush()
            os.fsync(file.fileno())
        with Edition(temporary) as written:
            written.check()
        temporary.replace(place)
    except OSError as error:
        why = error.strerror or error
        raise BadTable(
            f"The table was not kept in {into}: {why}. Mend that, then try again; earlier tables are as they were."
        ) from None
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
    return place


def names(kind: str = "", where: Path | None = None) -> list[tuple[str, Date, Path]]:
    """The imported editions as (kind, effective date, file), oldest first."""
    found = []
    for path in (where or folder()).glob(f"*{SUFFIX}"):
        of, day_text = path.stem[:-11], path.stem[-10:]
        with suppress(ValueError):
            if of in KINDS and kind in ("", of):
                found.append((of, Date.fromisoformat(day_text), path))
    return sorted(found)


def on(kind: str, date: Date, where: Path | None = None) -> Edition:
    """The newest edition of a kind that is not after a date of service; if all are later, the first of them.

    CMS keeps ended rows in the table, so that a later edition still tells what held. Raises `BadTable` for no edition.
    """
    found = names(kind, where)
    if not found:
        raise BadTable(f"No {KINDS[kind].title} were imported. Get them from {KINDS[kind].link}, then: {IMPORT}")
    fit = [entry for entry in found if entry[1] <= date]
    return Edition((fit[-1] if fit else found[0])[2])


def named(text: str, where: Path | None = None) -> Edition:
    """An edition by its name, by its kind (the newest), or by its date. Raises `BadTable` with what there is."""
    found = names(where=where)
    by_name = {path.stem: path for _, _, path in found}
    by_kind = {kind: path for kind, _, path in found}
    by_day = {str(day): path for kind, day, path in reversed(found)}
    for known in (by_name, by_kind, by_day):
        if text in known:
            return Edition(known[text])
    there = f"Imported are: {', '.join(by_name)}." if by_name else f"None was imported yet. Import one: {IMPORT}"
    raise BadTable(f"“{text[:60]}” is not an imported table.{nearest(text, [*by_name, *by_kind])} {there}")
