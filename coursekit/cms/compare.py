"""What changed between two editions of a table, first for the codes of the course."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date as Date
from pathlib import Path
from typing import Any

import numpy as np

from ..model import Unreadable
from . import edition, taking
from .codes import CODES, code_numbers, code_text
from .edition import Edition, Limit, Row
from .naming import Kind
from .rows import Table

WHATS = {
    "added": "new in force",
    "put back": "in force again",
    "ended": "ended",
    "gone": "no longer in the table",
    "indicator": "changed its indicator",
    "units": "changed its units",
    "history": "changed in rows that are not in force",
}


@dataclass(frozen=True)
class Whole:
    """All rows of an edition, ready for comparing: `keys` are pairs (or codes) as numbers, in order."""

    name: str
    kind: Kind
    effective: Date
    keys: np.ndarray
    term: np.ndarray
    terms: list[Row | Limit]

    def holding(self) -> tuple[np.ndarray, np.ndarray]:
        """The pairs in force on the effective date, each once, and the numbers of what their rows say."""
        fits = np.array([row.holds(self.effective) for row in self.terms], bool)[self.term]
        keys, term = self.keys[fits], self.term[fits]
        once = _firsts(keys)
        return keys[once], term[once]


# All keys are in order, which makes these many times faster than numpy's own functions on sets.


def _firsts(keys: np.ndarray) -> np.ndarray:
    """For keys in order, which of them are the first of their kind."""
    return np.concatenate([np.ones(min(len(keys), 1), bool), keys[1:] != keys[:-1]])


def _among(wanted: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Which of some keys stand among others, those in order."""
    at = np.searchsorted(keys, wanted)
    found = np.zeros(len(wanted), bool)
    inside = at < len(keys)
    found[inside] = keys[at[inside]] == wanted[inside]
    return found


def whole(text: str, progress: taking.Progress | None = None) -> Whole:
    """An imported edition by name, kind or date, or a file of CMS that was not imported. Raises `Unreadable`."""
    path = Path(text)
    if path.is_file():
        taken = taking.read([path], progress=progress)
        return _whole(
            f"{edition.name_of(taken.kind, taken.effective)} ({path.name})", taken.kind, taken.effective, taken.table
        )
    with edition.named(text) as found:
        return _whole(found.name, found.kind, found.effective, _table(found))


def _table(found: Edition) -> Table:
    arrays = {name: np.array(found.section(name)) for name in ("codes", "first", "two", "term")}
    words = np.zeros((len(arrays["codes"]) // 5, 8), np.uint8)
    words[:, :5] = arrays["codes"].reshape(-1, 5)
    codes = code_numbers(words.reshape(-1).view("<u8"))[0]
    one = np.repeat(codes, np.diff(arrays["first"].astype(np.int64)))
    return Table(
        one, codes[arrays["two"]] if len(arrays["two"]) else arrays["two"], arrays["term"], found.about["terms"]
    )


def _whole(name: str, kind: Kind, effective: Date, table: Table) -> Whole:
    keys = table.one.astype(np.int64)
    if kind.layout == "pairs":
        terms = [
            Row("", "", i, edition.day(since), edition.day(until), reason, bool(old))
            for i, since, until, reason, old in table.terms
        ]
        return Whole(name, kind, effective, keys * CODES + table.two, table.term, terms)
    return Whole(name, kind, effective, keys, table.term, [Limit("", *term) for term in table.terms])


def diff(old: Whole, new: Whole, course: Iterable[str], every: bool = False) -> dict[str, Any]:
    """What changed from one edition to a later one of the same kind.

    `course` are the codes whose changes are told first; `every` tells all the others too, and not only their number.
    Raises `Unreadable` for two that do not go together.
    """
    if old.kind is not new.kind:
        raise Unreadable(f"{old.name} and {new.name} are tables of two kinds. Compare two editions of one kind.")
    if new.effective < old.effective:
        raise Unreadable(f"{old.name} is later than {new.name}. Name the earlier one first.")
    changes = _pair_changes(old, new) if old.kind.layout == "pairs" else _limit_changes(old, new)
    known = np.zeros(CODES, bool)
    known[_numbers(course)] = True
    told: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
    counts: dict[str, dict[str, int]] = {"course": {}, "whole": {}}
    for what, (keys, describe) in changes.items():
        one, two = (keys // CODES, keys % CODES) if old.kind.layout == "pairs" else (keys, keys)
        ours = known[one] & known[two]
        counts["whole"][what], counts["course"][what] = len(keys), int(ours.sum())
        for n in np.flatnonzero(ours if not every else np.ones_like(ours)).tolist():
            told[bool(ours[n])].append({**_names(keys[n], old.kind), "what": what, **describe(n)})
    found = {
        "old": {"name": old.name, "effective": old.effective.isoformat(), "rows": len(old.keys)},
        "new": {"name": new.name, "effective": new.effective.isoformat(), "rows": len(new.keys)},
        "counts": counts,
        "course": _sorted(told[True]),
    }
    return {**found, "others": _sorted(told[False])} if every else found


def _sorted(changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(changes, key=lambda row: (row.get("column_one", row.get("code")), row.get("column_two", "")))


def _numbers(codes: Iterable[str]) -> np.ndarray:
    signs = "".join(code.ljust(8, "\0") for code in codes).encode("ascii")
    return code_numbers(np.frombuffer(signs, "<u8"))[0]


def _names(key: int, kind: Kind) -> dict[str, str]:
    if kind.layout != "pairs":
        return {"code": code_text(np.array([key])).decode()}
    one, two = divmod(int(key), CODES)
    return {"column_one": code_text(np.array([one])).decode(), "column_two": code_text(np.array([two])).decode()}


Describe = Callable[[int], Mapping[str, Any]]


def _pair_changes(old: Whole, new: Whole) -> dict[str, tuple[np.ndarray, Describe]]:
    was, was_term = old.holding()
    now, now_term = new.holding()
    added, lost = ~_among(now, was), ~_among(was, now)
    both = was[~lost]
    before, after = was_term[np.searchsorted(was, both)], now_term[np.searchsorted(now, both)]
    signs = [np.array([row.indicator for row in side.terms]) for side in (old, new)]
    turned = signs[0][before] != signs[1][after]
    again, left = _among(now[added], old.keys), _among(was[lost], new.keys)
    ended = was[lost][left]
    moved = np.sort(np.concatenate([now[added], was[lost], both[turned]]))
    rewritten = _rewritten(old, new)
    rewritten = rewritten[~_among(rewritten, moved)]
    return {
        "added": (now[added][~again], _describe(None, (new, now_term[added][~again]))),
        "put back": (now[added][again], _describe(None, (new, now_term[added][again]))),
        "ended": (ended, _describe((old, was_term[lost][left]), (new, _last(new, ended)))),
        "gone": (was[lost][~left], _describe((old, was_term[lost][~left]), None)),
        "indicator": (both[turned], _describe((old, before[turned]), (new, after[turned]))),
        "history": (rewritten, lambda n: {}),
    }


def _last(side: Whole, keys: np.ndarray) -> np.ndarray:
    """For each pair the row that ended last."""
    ends = [_end(row) for row in side.terms]
    low, high = np.searchsorted(side.keys, keys, "left"), np.searchsorted(side.keys, keys, "right")
    return np.array([max(side.term[a:b], key=lambda n: ends[n]) for a, b in zip(low, high, strict=True)], np.int64)


def _end(row: Row) -> int:
    """When a row ended, as a number in order of time; voided rows before all others."""
    return 0 if row.indicator == "9" else row.until.toordinal() if row.until else Date.max.toordinal()


def _rewritten(old: Whole, new: Whole) -> np.ndarray:
    """Pairs whose rows differ in indicator or end. Starts are left out: some copies of the table do not carry them."""
    meanings: dict[tuple, int] = {}
    sides = []
    for side in (old, new):
        number = [meanings.setdefault((row.indicator, row.until), len(meanings)) for row in side.terms]
        sides.append((side.keys, np.array(number, np.int64)[side.term]))
    rows = []
    for keys, number in sides:
        sorted_rows = np.sort(keys * len(meanings) + number)
        rows.append(sorted_rows[_firsts(sorted_rows)])
    lone = np.sort(np.concatenate([rows[0][~_among(rows[0], rows[1])], rows[1][~_among(rows[1], rows[0])]]))
    pairs = lone // len(meanings)
    return pairs[_firsts(pairs)]


def _limit_changes(old: Whole, new: Whole) -> dict[str, tuple[np.ndarray, Describe]]:
    both = old.keys[_among(old.keys, new.keys)]
    before, after = old.term[np.searchsorted(old.keys, both)], new.term[np.searchsorted(new.keys, both)]
    units = [np.array([row.units for row in side.terms]) for side in (old, new)]
    signs = [np.array([row.indicator[:1] for row in side.terms]) for side in (old, new)]
    other_units = units[0][before] != units[1][after]
    other_sign = (signs[0][before] != signs[1][after]) & ~other_units
    added, gone = ~_among(new.keys, old.keys), ~_among(old.keys, new.keys)
    return {
        "added": (new.keys[added], _describe(None, (new, new.term[added]))),
        "gone": (old.keys[gone], _describe((old, old.term[gone]), None)),
        "units": (both[other_units], _describe((old, before[other_units]), (new, after[other_units]))),
        "indicator": (both[other_sign], _describe((old, before[other_sign]), (new, after[other_sign]))),
    }


def _describe(before: tuple[Whole, np.ndarray] | None, after: tuple[Whole, np.ndarray] | None) -> Describe:
    """What was and what is, for the n-th of some changes."""

    def one(side: tuple[Whole, np.ndarray] | None, n: int) -> dict[str, Any] | None:
        return shown(side[0].terms[side[1][n]]) if side else None

    return lambda n: {"before": one(before, n), "after": one(after, n)}


def shown(row: Row | Limit) -> dict[str, Any]:
    """What a row says, without its codes, as programs get it."""
    if isinstance(row, Limit):
        return {"units": row.units, "indicator": row.indicator, "reason": row.reason}
    since, until = (day.isoformat() if day else None for day in (row.since, row.until))
    return {"indicator": row.indicator, "since": since, "until": until, "reason": row.reason}
