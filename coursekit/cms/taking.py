"""Importing: from CMS's files to one file of the store."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from datetime import date as Date
from pathlib import Path

import numpy as np

from . import edition
from .codes import CODES, code_text
from .naming import BadTable, Kind, check_parts, effective_of, kind_of, part_of
from .rows import Reader, Table
from .shipped import Part, ahead, parts

Progress = Callable[[int, int], None]
LEAST_SHARE = 0.9  # of the rows of an earlier copy of the same edition


@dataclass(frozen=True)
class Taken:
    """A table that was read: what it is, its rows, and what is worth saying about it."""

    kind: Kind
    effective: Date
    table: Table
    files: tuple[str, ...]
    notes: tuple[str, ...]


def read(
    paths: Iterable[Path], kind: str = "", effective: Date | None = None, progress: Progress | None = None
) -> Taken:
    """Read the files of one table. `progress` is told the bytes read and those expected. Raises `BadTable`."""
    # Once a large piece was freed, the C library keeps what is freed; else each step of each block gets fresh pages.
    np.empty(31 << 20, np.uint8)
    given = parts([Path(path) for path in paths])
    numbers = {part.name: _number(part) for part in given}
    note = check_parts(numbers)
    given.sort(key=lambda part: numbers[part.name] or 0)
    reader, marks = Reader(), {}
    expected = sum(part.size for part in given)
    done = 0

    def counted(part: Part) -> Iterator[bytes]:
        nonlocal done
        mark = 0
        with closing(ahead(part.blocks())) as blocks:
            for block in blocks:
                mark = zlib.crc32(block, mark) if len(given) > 1 else 0
                done += len(block)
                if progress:
                    progress(done, max(done, expected))
                yield block
        if len(given) > 1 and (other := marks.setdefault(mark, part.name)) != part.name:
            raise BadTable(
                f"{other} and {part.name} hold the same rows: one part was saved twice. Get the missing one."
            )

    for part in given:
        with closing(counted(part)) as blocks:
            reader.add(part.name, blocks)
    what, since = _one_table(given, reader, kind, effective)
    table = reader.table()
    if what.layout == "limits" and (twice := np.flatnonzero(table.one[1:] == table.one[:-1])).size:
        code = code_text(table.one[twice[:1]]).decode()
        raise BadTable(f"{given[0].name}: {code} has two limits. Import one table at a time.")
    notes = [note, _late(table, since, what)]
    return Taken(what, since, table, tuple(part.name for part in given), tuple(filter(None, notes)))


def _one_table(given: list[Part], reader: Reader, kind: str, effective: Date | None) -> tuple[Kind, Date]:
    """What the parts say that they are; all must say the same."""
    told = [
        (kind_of(reader.layout.name, part.names, head.says, kind), effective_of(part.names, head.titles, effective))
        for part, head in zip(given, reader.heads, strict=True)
    ]
    for part, (what, since) in zip(given, told, strict=True):
        if (what, since) != told[0]:
            first = edition.name_of(*told[0])
            raise BadTable(f"{given[0].name} belongs to {first}, and {part.name} to {edition.name_of(what, since)}. "
                           "Import one table at a time.")  # fmt: skip
    return told[0]


def _number(part: Part) -> int | None:
    return next((n for name in reversed(part.names) if (n := part_of(name)) is not None), None)


def _late(table: Table, effective: Date, kind: Kind) -> str:
    """What to say where a row takes effect after the table itself: name and contents may not belong together."""
    if kind.layout != "pairs":
        return ""
    latest = max(term[1] for term in table.terms)
    if latest <= int(f"{effective:%Y%m%d}"):
        return ""
    day = edition.day(latest)
    return f"A row takes effect on {day}, after the table's own date {effective}. See that the date is right."


def keep(taken: Taken, into: Path | None = None) -> Path:
    """Put a table into the store, in place of an earlier copy of the same edition. Raises `BadTable`.

    A copy that has lost many rows does not take the place of a fuller one.
    """
    table, into = taken.table, into or edition.folder()
    _refuse_loss(taken, into)
    here = np.zeros(CODES, bool)
    here[table.one] = True
    here[table.two] = True
    codes = np.flatnonzero(here)
    rank = np.cumsum(here, dtype=np.uint32) - 1
    small = _smallest(len(codes))
    first = np.searchsorted(table.one, codes, side="left").astype(np.uint32)
    first = np.append(first, np.uint32(len(table.one)))
    two = rank[table.two].astype(small)
    term = table.term.astype(_smallest(len(table.terms)))
    about = {
        "kind": taken.kind.name,
        "effective": taken.effective.isoformat(),
        "rows": len(table.one),
        "codes": len(codes),
        "files": list(taken.files),
        "imported": datetime.now(UTC).isoformat(timespec="seconds"),
        "notes": list(taken.notes),
        "terms": table.terms,
    }
    sections = {
        "codes": ("B", code_text(codes)),
        "first": ("I", first.data),
        "two": (two.dtype.char, two.data),
        "term": (term.dtype.char, term.data),
    }
    return edition.save(about, sections, into)


def _refuse_loss(taken: Taken, into: Path) -> None:
    for _, day, path in edition.names(taken.kind.name, into):
        if day != taken.effective:
            continue
        try:
            with edition.Edition(path) as earlier:
                rows = earlier.about["rows"]
        except BadTable:  # a damaged copy is worth nothing
            return
        if len(taken.table.one) < rows * LEAST_SHARE:
            raise BadTable(
                f"{taken.files[0]}: it has {len(taken.table.one):,} rows, and the copy of {path.stem} imported earlier "
                f"has {rows:,}. Get the file again, as it seems to be cut short; if it is whole, delete {path} first."
            )


def _smallest(count: int) -> type:
    """The smallest whole numbers that can count so many things."""
    return np.uint16 if count <= 1 << 16 else np.uint32
