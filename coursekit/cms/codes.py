"""Codes as numbers: five characters in a 64-bit word, many words at a time."""

from __future__ import annotations

import numpy as np

# A code is a digit or letter, three digits, a digit or letter: every code has a number below CODES, in sorting order.
SIGNS = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CODES = 36 * 1000 * 36
WORD = np.dtype("<u8")

_NO_SIGN = 64
_VALUE = np.full(256, _NO_SIGN, np.uint32)
_VALUE[np.frombuffer(SIGNS, np.uint8)] = np.arange(36)


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
