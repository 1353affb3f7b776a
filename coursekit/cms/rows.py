"""Rows of CMS's tables as numbers, many at a time.

A row is one code or two, and an ending: dates, indicator, reason. A table has millions of rows and a few thousand
different endings. So each different ending is parsed once, in plain Python, where anything odd gets its message; numpy
only turns codes into numbers and finds out, byte for byte, which ending a row has.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from .layout import MOST_HEAD, Head, Layout, find_head
from .naming import BadTable

MOST_LINE = 4_000
MOST_ENDINGS = 1_000_000
_CUT = "The file is cut short; get it again."

# A code is a digit or letter, three digits, a digit or letter: every code has a number below CODES, in sorting order.
SIGNS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CODES = 36 * 1000 * 36
_NO_SIGN = 64
_VALUE = np.full(256, _NO_SIGN, np.uint32)
_VALUE[np.frombuffer(SIGNS, np.uint8)] = np.arange(36)

_WORD = np.dtype("<u8")
_WIDE = 80  # bytes; an ending longer than this takes the slow way
_WORDS = _WIDE // 8
_FIELD = np.dtype(f"V{_WIDE}")
_SLOTS = 1 << 20
_MASKS = np.zeros((_WIDE + 1, _WIDE), np.uint8)
for _n in range(1, _WIDE + 1):
    _MASKS[_n, _WIDE - _n :] = 255
_MASKS = _MASKS.view(_FIELD).ravel()
# Odd numbers without a pattern; a poor mix costs time and never a wrong answer, as endings are compared whole.
_MIX = np.array([(0x9E3779B97F4A7C15 * (2 * n + 3) ** 5 | 1) % 2**64 for n in range(_WORDS)], _WORD)


@dataclass
class Table:
    """A whole table: code numbers of each row (`two` is empty for daily limits), and the number of its ending."""

    one: np.ndarray
    two: np.ndarray
    term: np.ndarray
    terms: list[tuple]


def code_numbers(words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of codes given as 8-byte words that start with them, and which of them are no codes."""
    signs = words.view(np.uint8).reshape(-1, 8)
    first, last = _VALUE[signs[:, 0]], _VALUE[signs[:, 4]]
    digits = ((words >> np.uint64(8)) & np.uint64(0xFFFFFF)).astype(np.uint32)
    values = digits & 0x0F0F0F
    middle = (values & 15) * 100 + ((values >> 8) & 15) * 10 + (values >> 16)
    # A digit has 3 in its upper half, and still has it after adding 6.
    wrong = ((digits & 0xF0F0F0) != 0x303030) | (((digits + 0x060606) & 0xF0F0F0) != 0x303030)
    return first * 36000 + middle * 36 + last, wrong | ((first | last) >= _NO_SIGN)


def code_text(numbers: np.ndarray) -> bytes:
    """Codes one after the other, five characters each."""
    signs = np.frombuffer(SIGNS, np.uint8)
    numbers = numbers.astype(np.int64)
    middle = numbers // 36 % 1000
    columns = (
        signs[numbers // 36000],
        signs[middle // 100],
        signs[middle // 10 % 10],
        signs[middle % 10],
        signs[numbers % 36],
    )
    return np.stack(columns, axis=1).tobytes()


def padded(*pieces: bytes | memoryview) -> bytes:
    """Text with room before and behind, so that fields and words at its edges can be read whole."""
    return b"".join((bytes(_WIDE), *pieces, bytes(_WIDE)))


class _Endings:
    """Gives every different ending a number, from 0, and keeps what it says."""

    def __init__(self, parse: Callable[[str], tuple]):
        self.parse = parse
        self.terms: list[tuple] = []
        self.known: dict[bytes, int] = {}
        self.slots = np.zeros(_SLOTS, np.int32)
        self.fields = np.zeros((1024, _WORDS), _WORD)

    def numbers(
        self, signs: np.ndarray, begins: np.ndarray, ends: np.ndarray, told: Callable[[int, str], BadTable]
    ) -> np.ndarray:
        """The number of the ending in each of these places; `told` makes a complaint about the row of that index."""
        lengths = ends - begins
        windows = np.lib.stride_tricks.as_strided(
            signs[:_WIDE].view(_FIELD), shape=(len(signs) - _WIDE + 1,), strides=(1,)
        )
        # The ending, moved to the right edge of a field whose rest is zero.
        fields = windows[ends - _WIDE].view(_WORD).reshape(-1, _WORDS)
        fields &= _MASKS[np.minimum(lengths, _WIDE)].view(_WORD).reshape(-1, _WORDS)
        slots = (np.einsum("ij,j->i", fields, _MIX) >> np.uint64(44)).astype(np.int64)
        numbers = self.slots[slots]
        same = fields == self.fields[numbers]
        if not same.all():
            for n in np.flatnonzero(~same.all(axis=1) | (lengths > _WIDE)).tolist():
                numbers[n] = self._number(signs[begins[n] : ends[n]].tobytes(), fields[n], slots[n], n, told)
        return numbers

    def _number(self, ending: bytes, field: np.ndarray, slot: int, row: int, told: Callable) -> int:
        number = self.known.get(ending)
        if number is None:
            number = self.known[ending] = len(self.terms)
            if number >= MOST_ENDINGS:
                raise told(
                    row,
                    f"there are more than {MOST_ENDINGS:,} different dates and reasons: this is not a table of CMS.",
                )
            try:
                self.terms.append(self.parse(_decoded(ending)))
            except ValueError as error:
                raise told(row, str(error)) from None
            if number >= len(self.fields):
                self.fields = np.concatenate([self.fields, np.zeros_like(self.fields)])
            if len(ending) <= _WIDE:
                self.fields[number] = field
                if self.slots[slot] == 0:
                    self.slots[slot] = number
        return number


def _decoded(ending: bytes) -> str:
    for encoding in ("utf-8", "cp1252"):
        try:
            return ending.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValueError("there are bytes in the line that are no text. Import the file as CMS ships it.")


class Reader:
    """Takes the text of a table, part after part, and gives back the whole as numbers. Raises `BadTable`."""

    def __init__(self) -> None:
        self.layout: Layout | None = None
        self.heads: list[Head] = []
        self._found: list[tuple[np.ndarray, ...]] = []
        self._endings: _Endings | None = None

    def add(self, file: str, blocks: Iterable[bytes]) -> int:
        """Read one part, given as blocks of bytes. Returns its number of rows."""
        part = _Part(self, file)
        for block in blocks:
            part.feed(block)
        part.end()
        return part.rows

    def start(self, head: Head, file: str) -> None:
        """Take the headings of a part, which must be those of the parts before it."""
        if self.layout is None:
            self.layout, self._endings = head.layout, _Endings(head.layout.parse)
        elif self.layout is not head.layout:
            raise BadTable(f"{file} holds {head.layout.name} and the files before it {self.layout.name}. "
                           "Import one table at a time.")  # fmt: skip
        self.heads.append(head)

    def rows(self, data: bytes, sep: str, line: int, told: Callable[[int, str], BadTable]) -> tuple[int, int]:
        """Take whole lines, between two pads. Returns how many lines and how many rows there are.

        `line` is the number of the first line; `told` makes a complaint about a line.
        """
        signs = np.frombuffer(data, np.uint8)
        ends = np.flatnonzero(signs == 10)
        kept = self._regular(signs, ends, sep, lambda row, says: told(line + row, says))
        if kept is None:
            tidy, lines = _tidied(data[_WIDE:-_WIDE], sep, line, self.layout, told)
            if not lines:
                return len(ends), 0
            signs = np.frombuffer(padded(tidy), np.uint8)
            kept = self._regular(signs, np.flatnonzero(signs == 10), "\t", lambda row, says: told(lines[row], says))
        self._found.append(kept)
        return len(ends), len(kept[0])

    def _regular(
        self, signs: np.ndarray, ends: np.ndarray, sep: str, told: Callable[[int, str], BadTable]
    ) -> tuple[np.ndarray, ...] | None:
        """The rows as numbers, or None where a row does not start with plain codes."""
        begins = np.empty_like(ends)
        begins[0] = _WIDE
        np.add(ends[:-1], 1, out=begins[1:])
        wide = 6 * self.layout.codes - 1
        lengths = ends - begins
        if lengths.min() <= wide or lengths.max() > MOST_LINE:
            return None
        words = np.lib.stride_tricks.as_strided(signs[:8].view(_WORD), shape=(len(signs) - 7,), strides=(1,))
        numbers = []
        for n in range(self.layout.codes):
            found = words[begins + 6 * n]
            code, wrong = code_numbers(found)
            wrong |= ((found >> np.uint64(40)) & np.uint64(255)) != ord(sep)
            if wrong.any():
                return None
            numbers.append(code)
        return *numbers, self._endings.numbers(signs, begins + wide, ends, told)

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
        # Line ends and stray spaces make several endings of one meaning.
        terms = {said: n for n, said in enumerate(dict.fromkeys(self._endings.terms))}
        if len(terms) < len(self._endings.terms):
            term = np.array([terms[said] for said in self._endings.terms], np.int32)[term]
        return Table(one, two, term, list(terms))


class _Part:
    """One part as it comes in: first its head, then whole lines, and at the end what was left over."""

    def __init__(self, reader: Reader, file: str):
        self.reader, self.file = reader, file
        self.head: Head | None = None
        self.rows = 0
        self._line = 1
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
            lines, rows = self.reader.rows(data, self.head.sep, self._line, self._told)
            self._line += lines
            self.rows += rows
            self._left = b""
        self._left += block[cut:]
        if len(self._left) > 16 * MOST_LINE:
            says = f"the line is longer than {16 * MOST_LINE:,} characters: this is not a table of CMS"
            raise self._told(self._line, says)

    def end(self) -> None:
        """Take what is left: all of a short file, or a last line without an end."""
        if self.head is None:
            block, self._left = self._start(self._left), b""
            self._take(block)
        self._left = last = self._left.rstrip(b"\r \x1a")  # some programs still end a file with this sign
        if last:
            line = self._line
            try:
                self._take(b"\n")
                whole = not self.reader.cut_short(last[6 * self.head.layout.codes - 1 :])
            except BadTable:
                whole = False
            if not whole:
                raise self._told(line, f"the last line is not whole. {_CUT}")


def _tidied(data: bytes, sep: str, line: int, layout: Layout, told: Callable) -> tuple[bytes, list[int]]:
    """The same lines without blank ones, quotes and stray spaces, tab-separated; and the number of each."""
    tidy, lines = [], []
    for number, raw in enumerate(data.split(b"\n")[:-1], line):
        if len(raw) > MOST_LINE:
            raise told(number, f"the line is longer than {MOST_LINE:,} characters: this is not a table of CMS")
        if b"\0" in raw:
            raise told(number, "there are bytes in the line that are no text. Get the file again")
        text = raw.decode("latin-1").rstrip("\r")
        try:
            cells = next(csv.reader([text]), []) if sep == "," else text.split("\t")
        except csv.Error:
            raise told(number, "its quotes do not close") from None
        cells = [" ".join(cell.split()) for cell in cells]
        if not any(cells):
            continue
        for n, cell in enumerate(cells[: layout.codes]):
            if complaint := _not_a_code(cell):
                raise told(
                    number, complaint if any(cells[n:]) else f"it has {n} columns, and {len(layout.columns)} are needed"
                )
        if len(cells) <= layout.codes:
            raise told(number, f"it has {len(cells)} columns, and {len(layout.columns)} are needed")
        tidy.append("\t".join(cells).encode("latin-1") + b"\n")
        lines.append(number)
    return b"".join(tidy), lines


def _not_a_code(cell: str) -> str:
    word = np.frombuffer(cell.encode("latin-1")[:8].ljust(8, b"\0"), _WORD)
    if len(cell) == 5 and not code_numbers(word)[1][0]:
        return ""
    if cell.isdigit() and len(cell) < 5:
        return (
            f"“{cell}” is not a code: its leading zeros are gone, as in spreadsheets. Import the file as CMS ships it"
        )
    return f"“{cell[:30]}” is not a code of five characters"
