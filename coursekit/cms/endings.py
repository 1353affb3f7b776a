"""Endings of rows: all that stands after the codes. Millions of rows share a few thousand of them.

Each different ending is parsed once, in plain Python, where anything odd gets its message; numpy only finds out, byte
for byte, which ending a row has.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from .codes import WORD

WIDE = 80  # bytes; an ending longer than this takes the slow way
MOST_ENDINGS = 1_000_000

_WORDS = WIDE // 8
_FIELD = np.dtype(f"V{WIDE}")
_SLOTS = 1 << 20
_MASKS = np.zeros((WIDE + 1, WIDE), np.uint8)
for _n in range(1, WIDE + 1):
    _MASKS[_n, WIDE - _n :] = 255
_MASKS = _MASKS.view(_FIELD).ravel()
# Odd numbers without a pattern; a poor mix costs time and never a wrong answer, as endings are compared whole.
_MIX = np.array([(0x9E3779B97F4A7C15 * (2 * n + 3) ** 5 | 1) % 2**64 for n in range(_WORDS)], WORD)


def padded(*pieces: bytes | memoryview) -> bytes:
    """Text with room before and behind, so that fields and words at its edges can be read whole."""
    return b"".join((bytes(WIDE), *pieces, bytes(WIDE)))


class Trouble(Exception):
    """Something wrong with a row, by its place among those that were given."""

    def __init__(self, row: int, says: str):
        super().__init__(says)
        self.row, self.says = row, says


class Endings:
    """Gives every different ending a number, from 0, and keeps what it says. Safe to share by threads."""

    def __init__(self, parse: Callable[[str], tuple]):
        self.parse = parse
        self.terms: list[tuple] = []
        self.known: dict[bytes, int] = {}
        self._slots = np.zeros(_SLOTS, np.int32)
        self._fields = np.zeros((1024, _WORDS), WORD)
        self._lock = threading.Lock()

    def numbers(self, signs: np.ndarray, begins: np.ndarray, ends: np.ndarray) -> np.ndarray:
        """The number of the ending in each of these places. Raises `Trouble`."""
        lengths = ends - begins
        windows = np.lib.stride_tricks.as_strided(
            signs[:WIDE].view(_FIELD), shape=(len(signs) - WIDE + 1,), strides=(1,)
        )
        # The ending, moved to the right edge of a field whose rest is zero.
        fields = windows[ends - WIDE].view(WORD).reshape(-1, _WORDS)
        fields &= _MASKS[np.minimum(lengths, WIDE)].view(WORD).reshape(-1, _WORDS)
        slots = (np.einsum("ij,j->i", fields, _MIX) >> np.uint64(44)).astype(np.int64)
        numbers = self._slots[slots]
        same = fields == self._fields[numbers]
        if not same.all():
            for n in np.flatnonzero(~same.all(axis=1) | (lengths > WIDE)).tolist():
                ending = signs[begins[n] : ends[n]].tobytes()
                number = self.known.get(ending)
                numbers[n] = self._new(ending, fields[n], slots[n], n) if number is None else number
        return numbers

    def _new(self, ending: bytes, field: np.ndarray, slot: int, row: int) -> int:
        try:
            term = self.parse(_decoded(ending))
        except ValueError as error:
            raise Trouble(row, str(error)) from None
        with self._lock:
            if ending in self.known:  # another thread was quicker
                return self.known[ending]
            number = len(self.terms)
            if number >= MOST_ENDINGS:
                says = f"there are more than {MOST_ENDINGS:,} different dates and reasons: this is not a table of CMS"
                raise Trouble(row, says)
            self.terms.append(term)
            if number >= len(self._fields):
                self._fields = np.concatenate([self._fields, np.zeros_like(self._fields)])
            if len(ending) <= WIDE:
                self._fields[number] = field
                if self._slots[slot] == 0:  # last, as threads that find the number here look up its field
                    self._slots[slot] = number
            self.known[ending] = number
        return number


def _decoded(ending: bytes) -> str:
    for encoding in ("utf-8", "cp1252"):
        try:
            return ending.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValueError("there are bytes in the line that are no text. Import the file as CMS ships it.")
