"""Attempts kept as lines of a file, where there is no database: in a browser, whose page lends its kernel a drive.

A line is one attempt as JSON, written at once and whole. A last line that a crash left unfinished was never
acknowledged and is dropped. Where files can be locked, processes that write at once wait for each other. The drive of a
page knows no locks and saves whole files, so a write by one kernel may undo another's: each kernel remembers what it
wrote, and writes it again where it is gone.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from .model import Attempt, Unreadable

try:
    from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
except ImportError:
    flock = None

HEADING = {"format": "coursekit answers", "version": 1}

_TYPES = {"hints": int, "seconds": (int, float, type(None))}
_KEYS = {field.name: _TYPES.get(field.name, str) for field in fields(Attempt)}
_STEP = 0.02  # seconds
# On the drive of a page every look at a file asks the page.
_FRESH = 0.5  # seconds


class Lines:
    """The attempts in one file. `patience` is the time in seconds to wait for another writer.

    A missing folder is made only where `makes_folder` says so: it may be somebody's slip of the pen.

    Every method raises `OSError` for what the system refuses and `Unreadable` for a file that holds anything else.
    """

    def __init__(self, path: Path, patience: float = 10.0, makes_folder: bool = False):
        self.path = path
        self.patience = patience
        self.makes_folder = makes_folder
        self._known: dict[str, Attempt] = {}
        # What the file held when it was last read or written, without a last line that a crash cut off.
        self._read = b""
        self._torn = False
        self._mine: dict[str, Attempt] = {}
        self._owed: set[str] = set()
        self._seen: tuple[int, int] | None = None
        self._fresh_until = 0.0

    def add(self, attempt: Attempt) -> None:
        """Keep an attempt: in the file when this returns. Keeping the same attempt again changes nothing."""
        with self._locked(os.O_RDWR | os.O_CREAT) as file:
            self._take(_whole(file))
            if self._known.get(attempt.id, attempt) != attempt:
                raise Unreadable("it holds another answer under the same id")
            self._mine[attempt.id] = attempt
            self._put(file)

    def promise(self, attempts: Iterable[Attempt]) -> None:
        """Count these as kept, because they are safe elsewhere; `save` puts them into the file."""
        for one in attempts:
            self._mine[one.id] = one
            self._owed.add(one.id)
        self._fresh_until = time.monotonic() + _FRESH

    def save(self) -> None:
        """Put into the file what was promised, and what another kernel wrote over."""
        with self._locked(os.O_RDWR | os.O_CREAT) as file:
            self._take(_whole(file))
            self._put(file)

    def all(self) -> list[Attempt]:
        """Every attempt, in the order in which they were kept."""
        if flock is None and time.monotonic() < self._fresh_until:
            return list((self._known | self._mine).values())
        try:
            stat = self.path.stat()
        except FileNotFoundError:
            # Whoever deletes the file means it.
            self._forget()
            self._mine = {id: one for id, one in self._mine.items() if id in self._owed}
        else:
            if (stat.st_mtime_ns, stat.st_size) != self._seen:
                with self._locked(os.O_RDONLY) as file:
                    self._take(_whole(file))
                    self._seen = (stat.st_mtime_ns, stat.st_size)
        if not self._mine.keys() <= self._known.keys():
            self.save()
        return list(self._known.values())

    def probe(self) -> None:
        """See whether attempts could be kept, without keeping one."""
        with self._locked(os.O_RDWR | os.O_CREAT) as file:
            self._take(_whole(file))

    def _take(self, data: bytes) -> None:
        """Read what the file holds. What was read before, and still stands there, is not read again."""
        is_longer = self._read.endswith(b"\n") and data.startswith(self._read)
        known, done = (self._known, self._read) if is_longer else ({}, b"")
        end, number = len(done), done.count(b"\n")
        self._forget()
        for line in data[end:].splitlines(keepends=True):
            try:
                row = _row(line, number + 1)
            except Unreadable:
                if line.endswith(b"\n") or not _is_torn(line, number + 1):
                    raise
                break
            if row:
                known[row["id"]] = Attempt(**row)
            end, number = end + len(line), number + 1
        self._known, self._read = known, data[:end]
        self._torn, self._fresh_until = end < len(data), time.monotonic() + _FRESH

    def _put(self, file: int) -> None:
        """Write what this process kept and the file does not hold, after its last whole line."""
        rows = [asdict(one) for one in self._mine.values() if one.id not in self._known]
        text = "".join(written(row) for row in (rows if self._read else [HEADING, *rows]))
        # An editor may have taken the end of the last line.
        joint = "\n" if self._read and not self._read.endswith(b"\n") else ""
        data = left = (joint + text).encode() if rows else b""
        if self._torn:
            os.ftruncate(file, len(self._read))
        os.lseek(file, len(self._read), os.SEEK_SET)
        while left:
            left = left[os.write(file, left) :]
        os.fsync(file)
        self._known |= {row["id"]: self._mine[row["id"]] for row in rows}
        self._read += data
        self._owed.clear()

    def _forget(self) -> None:
        """Count nothing as read."""
        self._known, self._read, self._seen = {}, b"", None

    @contextmanager
    def _locked(self, flags: int) -> Iterator[int]:
        file = self._opened(flags | getattr(os, "O_BINARY", 0))
        try:
            _lock(file, flags == os.O_RDONLY, self.patience)
            yield file
        finally:
            os.close(file)

    def _opened(self, flags: int) -> int:
        try:
            return os.open(self.path, flags, 0o600)
        except FileNotFoundError:
            if not self.makes_folder or not flags & os.O_CREAT:
                raise
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(self.path, flags, 0o600)


def _lock(file: int, is_shared: bool, patience: float) -> None:
    """Wait for other processes, where files can be locked. Raises `TimeoutError` where they take too long."""
    if flock is None:
        return
    end = time.monotonic() + patience
    while True:
        try:
            return flock(file, (LOCK_SH if is_shared else LOCK_EX) | LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                raise TimeoutError(f"another program has kept it locked for {patience:g} seconds") from None
        time.sleep(_STEP)


def _whole(file: int) -> bytes:
    data = b""
    while more := os.read(file, 1 << 20):
        data += more
    return data


def written(row: dict[str, Any]) -> str:
    """An attempt's line."""
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"


def attempts_in(data: bytes) -> list[Attempt]:
    """The attempts of whole lines; a last one that was cut off is dropped. Raises `Unreadable`."""
    lines = [line for line in data.splitlines(keepends=True) if line.endswith(b"\n")]
    return [Attempt(**_row(line, number)) for number, line in enumerate(lines, 2)]


def _is_torn(line: bytes, number: int) -> bool:
    """Whether this is the start of a line as it is written here: a write was cut off, and nobody was told of it."""
    start = written(HEADING).encode() if number == 1 else b'{"id":"'
    return start.startswith(line) or (number > 1 and line.startswith(start))


def _row(line: bytes, number: int) -> dict[str, Any] | None:
    """The attempt in a line; None for the heading. Raises `Unreadable` for anything that was not written here."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if number == 1:
        if not isinstance(row, dict) or row.get("format") != HEADING["format"]:
            raise Unreadable("it is something else than a file of answers; it was left as it is")
        if row != HEADING:
            raise Unreadable(f"another coursekit made it (its layout is {row.get('version')}, this coursekit knows 1)")
        return None
    if not isinstance(row, dict) or row.keys() != _KEYS.keys() or not all(_fits(row[key], _KEYS[key]) for key in row):
        raise Unreadable(f"line {number} of it is not an answer as this course writes it; it was left as it is")
    return row


def _fits(value: Any, kind: Any) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)
