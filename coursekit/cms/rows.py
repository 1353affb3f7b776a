"""Rows of CMS's tables as numbers, many at a time: of each row the numbers of its codes and of its ending."""

from __future__ import annotations

import csv
import os
from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from .codes import CODES, WORD, code_numbers
from .endings import WIDE, Endings, Trouble, padded
from .layout import MOST_HEAD, Head, Layout, find_head
from .naming import BadTable

MOST_LINE = 4_000
WORKERS = min(4, os.cpu_count() or 1)  # numpy lets other threads run while it works
_CUT = "The file is cut short; get it again."


@dataclass
class Table:
    """A whole table: code numbers of each row (`two` is empty for daily limits), and the number of its ending."""

    one: np.ndarray
    two: np.ndarray
    term: np.ndarray
    terms: list[tuple]


class Reader:
    """Takes the text of a table, part after part, and gives back the whole as numbers. Raises `BadTable`."""

    def __init__(self) -> None:
        self.layout: Layout | None = None
        self.heads: list[Head] = []
        self._found: list[tuple[np.ndarray, ...]] = []
        self._endings: Endings | None = None

    def add(self, file: str, blocks: Iterable[bytes]) -> int:
        """Read one part, given as blocks of bytes. Returns its number of rows."""
        with ThreadPoolExecutor(WORKERS) as pool:
            part = _Part(self, file, pool)
            for block in blocks:
                part.feed(block)
            part.end()
        return part.rows

    def start(self, head: Head, file: str) -> None:
        """Take the headings of a part, which must be those of the parts before it."""
        if self.layout is None:
            self.layout, self._endings = head.layout, Endings(head.layout.parse)
        elif self.layout is not head.layout:
            raise BadTable(f"{file} holds {head.layout.name} and the files before it {self.layout.name}. "
                           "Import one table at a time.")  # fmt: skip
        self.heads.append(head)

    def work_out(self, data: bytes, sep: str) -> tuple[int, tuple[np.ndarray, ...] | None]:
        """How many lines stand between two pads, and their rows as numbers. Raises `Trouble` with the line."""
        signs = np.frombuffer(data, np.uint8)
        ends = np.flatnonzero(signs == 10)
        columns = self._regular(signs, ends, sep)
        if columns is None:
            tidy, lines = _tidied(data[WIDE:-WIDE], sep, self.layout)
            signs = np.frombuffer(padded(tidy), np.uint8)
            try:
                columns = self._regular(signs, np.flatnonzero(signs == 10), "\t") if lines else None
            except Trouble as trouble:
                raise Trouble(lines[trouble.row], trouble.says) from None
        return len(ends), columns

    def keep(self, columns: tuple[np.ndarray, ...]) -> None:
        """Keep rows that were worked out."""
        self._found.append(columns)

    def _regular(self, signs: np.ndarray, ends: np.ndarray, sep: str) -> tuple[np.ndarray, ...] | None:
        """The rows as numbers, or None where a row does not start with plain codes. Raises `Trouble`."""
        begins = np.empty_like(ends)
        begins[0] = WIDE
        np.add(ends[:-1], 1, out=begins[1:])
        wide = 6 * self.layout.codes - 1
        lengths = ends - begins
        if lengths.min() <= wide or lengths.max() > MOST_LINE:
            return None
        words = np.lib.stride_tricks.as_strided(signs[:8].view(WORD), shape=(len(signs) - 7,), strides=(1,))
        numbers = []
        for n in range(self.layout.codes):
            found = words[begins + 6 * n]
            code, wrong = code_numbers(found)
            wrong |= ((found >> np.uint64(40)) & np.uint64(255)) != ord(sep)
            if wrong.any():
                return None
            numbers.append(code)
        return *numbers, self._endings.numbers(signs, begins + wide, ends)

    def cut_short(self, ending: bytes) -> bool:
        """Whether the reason of this ending is the beginning of another one, and stands whole nowhere else."""
        number, at = self._endings.known.get(ending), self.layout.reason
        if number is None or sum(int(np.count_nonzero(part[-1] == number)) for part in self._found) > 1:
            return False
        reason = self._endings.terms[number][at]
        others = {term[at] for n, term in enumerate(self._endings.terms) if n != number} | self.layout.reasons
        return reason not in others and any(other.startswith(reason) for other in others)

    def table(self) -> Table:
        """All rows, in the order of their codes; those of one pair stay in the order in which CMS ships them."""
        columns = [np.concatenate(column) for column in zip(*self._found, strict=True)]
        one, term = columns[0], columns[-1]
        two = columns[1] if len(columns) == 3 else one[:0]
        key = one.astype(np.int64) * CODES + two if len(two) else one
        if (key[1:] < key[:-1]).any():
            order = np.argsort(key, kind="stable")
            one, two, term = one[order], two[order] if len(two) else two, term[order]
        # Line ends and stray spaces make several endings of one meaning; threads meet them in any order.
        terms = sorted(set(self._endings.terms))
        place = {said: n for n, said in enumerate(terms)}
        return Table(one, two, np.array([place[said] for said in self._endings.terms], np.int32)[term], terms)


class _Part:
    """One part as it comes in: first its head, then whole lines, and at the end what was left over."""

    def __init__(self, reader: Reader, file: str, pool: ThreadPoolExecutor):
        self.reader, self.file = reader, file
        self.head: Head | None = None
        self.rows = 0
        self._pool = pool
        self._coming: deque[Future] = deque()
        self._line = 1  # the number of the first line that was not kept yet
        self._left = b""

    def _told(self, line: int, says: str) -> BadTable:
        return BadTable(f"{self.file}, line {line:,}: {says.rstrip('.')}.")

    def feed(self, block: bytes) -> None:
        if self.head is None:
            self._left += block
            if len(self._left) < MOST_HEAD:
                return
            block, self._left = self._start(self._left), b""
        self._take(block)

    def _start(self, data: bytes) -> bytes:
        self.head = find_head(data, self.file)
        self.reader.start(self.head, self.file)
        self._line += self.head.lines
        return data[self.head.size :]

    def _take(self, block: bytes) -> None:
        cut = block.rfind(b"\n") + 1
        if cut:
            data = padded(self._left, memoryview(block)[:cut])
            self._coming.append(self._pool.submit(self.reader.work_out, data, self.head.sep))
            self._left = b""
        self._left += block[cut:]
        endless = len(self._left) > 16 * MOST_LINE
        self._collect(0 if endless else 2 * WORKERS)
        if endless:
            says = f"the line is longer than {16 * MOST_LINE:,} characters: this is not a table of CMS"
            raise self._told(self._line, says)

    def _collect(self, leave: int) -> None:
        """Keep what was worked out, in the order of the file, until only so much is still coming."""
        while len(self._coming) > leave:
            try:
                lines, columns = self._coming.popleft().result()
            except Trouble as trouble:
                raise self._told(self._line + trouble.row, trouble.says) from None
            self._line += lines
            if columns:
                self.rows += len(columns[0])
                self.reader.keep(columns)

    def end(self) -> None:
        """Take what is left: all of a short file, or a last line without an end."""
        if self.head is None:
            block, self._left = self._start(self._left), b""
            self._take(block)
        self._collect(0)
        self._left = last = self._left.rstrip(b"\r \x1a")  # some programs still end a file with this sign
        if last:
            line = self._line
            try:
                self._take(b"\n")
                self._collect(0)
                whole = not self.reader.cut_short(last[6 * self.head.layout.codes - 1 :])
            except BadTable:
                whole = False
            if not whole:
                raise self._told(line, f"the last line is not whole. {_CUT}")


def _tidied(data: bytes, sep: str, layout: Layout) -> tuple[bytes, list[int]]:
    """The same lines without blank ones, quotes and stray spaces, tab-separated; and the place of each, from 0."""
    tidy, lines = [], []
    for number, raw in enumerate(data.split(b"\n")[:-1]):
        if len(raw) > MOST_LINE:
            raise Trouble(number, f"the line is longer than {MOST_LINE:,} characters: this is not a table of CMS")
        if b"\0" in raw:
            raise Trouble(number, "there are bytes in the line that are no text. Get the file again")
        text = raw.decode("latin-1").rstrip("\r")
        try:
            cells = next(csv.reader([text]), []) if sep == "," else text.split("\t")
        except csv.Error:
            raise Trouble(number, "its quotes do not close") from None
        cells = [" ".join(cell.split()) for cell in cells]
        if not any(cells):
            continue
        few = "it has {} columns, and {} are needed"
        for n, cell in enumerate(cells[: layout.codes]):
            if complaint := _not_a_code(cell):
                raise Trouble(number, complaint if any(cells[n:]) else few.format(n, len(layout.columns)))
        if len(cells) <= layout.codes:
            raise Trouble(number, few.format(len(cells), len(layout.columns)))
        tidy.append("\t".join(cells).encode("latin-1") + b"\n")
        lines.append(number)
    return b"".join(tidy), lines


def _not_a_code(cell: str) -> str:
    word = np.frombuffer(cell.encode("latin-1")[:8].ljust(8, b"\0"), WORD)
    if len(cell) == 5 and not code_numbers(word)[1][0]:
        return ""
    if cell.isdigit() and len(cell) < 5:
        return (
            f"“{cell}” is not a code: its leading zeros are gone, as in spreadsheets. Import the file as CMS ships it"
        )
    return f"“{cell[:30]}” is not a code of five characters"
