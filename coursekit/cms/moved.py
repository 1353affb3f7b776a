"""What a new table would move in the course: which rows, which rules that rest on them, and which answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date as Date
from typing import Any

from .. import tables
from ..course import Course
from ..model import Edit, Unreadable
from ..rules import RULES
from .answers import Progress, moved_answers
from .asked import KIND_OF_LIST, opens
from .compare import shown
from .edition import Edition, Row

Key = tuple[str, str]


@dataclass(frozen=True)
class Moved:
    """A row or limit of the course that the table has otherwise. `codes` are those it is about."""

    codes: tuple[str, ...]
    what: str
    course: Mapping[str, Any] | None
    table: Mapping[str, Any] | None
    says: str
    source: tuple[str, ...]

    def as_shown(self) -> dict[str, Any]:
        """The row as programs get it."""
        names = ("column_one", "column_two") if len(self.codes) == 2 else ("code",)
        return {**dict(zip(names, self.codes, strict=True)), "what": self.what, "course": self.course,
                "table": self.table, "says": self.says}  # fmt: skip


def check(course: Course, table: Edition, progress: Progress | None = None) -> dict[str, Any]:
    """Everything in the course that an imported table would move.

    Raises `Unreadable` for a table that has nothing to say to the course.
    """
    if table.kind.layout == "pairs":
        edit_list = next(name for name, kind in KIND_OF_LIST.items() if kind == table.kind.name)
        moved, agreeing = _moved_pairs(table, edit_list)
        instead: Mapping[str, Any] = {"edits": _edits(table, edit_list)}
        concerned = {id for id, payer in tables.payers().items() if payer.edits == edit_list}
    elif table.kind.name == "mue":
        moved, agreeing = _moved_limits(table)
        instead = {"codes": _codes(table)}
        concerned = {id for id, payer in tables.payers().items() if payer.limits}
    else:
        raise Unreadable(f"{table.name}: the course holds only the limits for practitioners. Check the kind “mue”.")
    exercises, again = moved_answers(course, [one.codes for one in moved], instead, concerned, progress)
    return {
        "edition": table.name,
        "effective": table.effective.isoformat(),
        "agreeing": agreeing,
        "rows": [one.as_shown() for one in moved],
        "rules": _rules(moved),
        "exercises": exercises,
        "read_again": again,
        "sealed": not (course.root / "solutions").is_dir(),
    }


# Rows ---------------------------------------------------------------------------------------------------------------


def _rows_of(edit_list: str, pair: Key) -> tuple[Edit, ...]:
    known = tables.edits()
    return known.get((edit_list, *pair)) or known.get((tables.FALLS_BACK.get(edit_list), *pair), ())


def _all_pairs() -> Iterator[Key]:
    return ((one, two) for one in sorted(tables.codes()) for two in sorted(tables.codes()) if one != two)


def _elsewhere(row: Edit) -> bool:
    """Whether a row is known from another source than CMS's table, which then may not hold it."""
    return not any(id.startswith("ptp-") for id in row.source)


def _moved_pairs(table: Edition, edit_list: str) -> tuple[list[Moved], int]:
    found: list[Moved] = []
    agreeing = 0
    for pair in _all_pairs():
        ours, theirs = _rows_of(edit_list, pair), table.rows(*pair)
        if not ours and not theirs:
            continue
        one = _moved_pair(pair, ours, theirs, table.effective)
        # The rows of a list that leans on another are known as they hold, and not with their history.
        if one is None and edit_list not in tables.FALLS_BACK:
            one = _moved_history(pair, ours, theirs)
        if one:
            found.append(one)
        else:
            agreeing += len(ours)
    return found, agreeing


def _ours(row: Edit) -> dict[str, Any]:
    return shown(Row("", "", row.indicator, row.since, row.until, row.rationale))


def _moved_pair(pair: Key, ours: tuple[Edit, ...], theirs: tuple[Row, ...], on: Date) -> Moved | None:
    """What is different about a pair on the day from which the table holds."""
    one, two = pair
    holds = [Row("", "", row.indicator, row.since, row.until, "").holds(on) for row in ours]
    mine = next((row for row, held in zip(ours, holds, strict=True) if held), None)
    its = next((row for row in theirs if row.holds(on)), None)
    source = (mine or (ours[-1] if ours else None) or _NOTHING).source
    if mine and its and mine.indicator != its.indicator:
        says = f"{one}, {two}: the indicator is {its.indicator}, and the course has {mine.indicator}."
        return Moved(pair, "indicator", _ours(mine), shown(its), says, source)
    if mine and its and mine.since and its.since and mine.since != its.since:
        says = f"{one}, {two}: it holds since {its.since}, and the course has {mine.since}."
        return Moved(pair, "since", _ours(mine), shown(its), says, source)
    if mine and not its and not _elsewhere(mine):
        ended = [row for row in theirs if row.indicator != "9" and row.until]
        if ended:
            says = f"{one}, {two}: it ended on {ended[-1].until}, and the course has it in force."
            return Moved(pair, "ended", _ours(mine), shown(ended[-1]), says, source)
        return Moved(pair, "gone", _ours(mine), None, f"{one}, {two}: the table has no such row any more.", source)
    if its and not mine:
        says = f"{one}, {two}: the table has it in force with indicator {its.indicator}, and the course does not."
        return Moved(pair, "new", _ours(ours[-1]) if ours else None, shown(its), says, source)
    return None


_NOTHING = Edit("", "", "", "", None, None, (), "", ())


def _moved_history(pair: Key, ours: tuple[Edit, ...], theirs: tuple[Row, ...]) -> Moved | None:
    """What is different about the rows of a pair that are not in force: exercises may be about earlier dates."""
    mine = {(row.indicator, row.until): row for row in ours}
    its = {(row.indicator, row.until): row for row in theirs}
    lost = [row for sign, row in mine.items() if sign not in its and not _elsewhere(row)]
    more = [row for sign, row in its.items() if sign not in mine and (ours or not _is_past(pair, row))]
    if not lost and not more:
        return None
    told = [f"the table has no row with indicator {row.indicator} until {row.until}" for row in lost]
    told += [
        f"the table has a row with indicator {row.indicator} until {row.until}, and the course does not" for row in more
    ]
    source = lost[0].source if lost else ours[-1].source if ours else ()
    says = f"{pair[0]}, {pair[1]}: {'; '.join(told)}."
    return Moved(pair, "history", _ours(lost[0]) if lost else None, shown(more[0]) if more else None, says, source)


def _is_past(pair: Key, row: Row) -> bool:
    """Whether a row cannot matter any more: it never held, or one of its codes has ended."""
    return row.indicator == "9" or any(tables.codes()[code].until for code in pair)


def _moved_limits(table: Edition) -> tuple[list[Moved], int]:
    found: list[Moved] = []
    agreeing = 0
    for code, row in sorted(tables.codes().items()):
        limit = table.limit(code)
        mine = {"units": row.limit, "indicator": row.limit_kind} if row.limit is not None else None
        if limit is None and mine is None:
            continue
        if limit is None:
            found.append(
                Moved((code,), "gone", mine, None, f"{code}: the table has no limit for it any more.", row.source)
            )
        elif mine is None:
            says = f"{code}: the table has a limit of {limit.units}, and the course has none."
            found.append(Moved((code,), "new", None, shown(limit), says, row.source))
        elif row.limit != limit.units:
            says = f"{code}: the limit is {limit.units}, and the course has {row.limit}."
            found.append(Moved((code,), "units", mine, shown(limit), says, row.source))
        elif row.limit_kind != limit.indicator[:1]:
            says = f"{code}: the adjudication indicator is {limit.indicator[:1]}, and the course has {row.limit_kind}."
            found.append(Moved((code,), "indicator", mine, shown(limit), says, row.source))
        else:
            agreeing += 1
    return found, agreeing


def _rules(moved: list[Moved]) -> list[dict[str, Any]]:
    """The rules that cite what the moved rows cite."""
    cited = {id: one for one in reversed(moved) for id in one.source}
    return [{"id": rule.id, "source": rule.source, "says": rule.says} for rule in RULES if rule.source in cited]


# Tables to put in place of the published ones -------------------------------------------------------------------------


def _edits(table: Edition, edit_list: str) -> Mapping[tuple[str, str, str], tuple[Edit, ...]]:
    """All edit lists, with the table's rows in place of one list's."""
    instead = {key: rows for key, rows in tables.edits().items() if key[0] != edit_list}
    for pair in _all_pairs():
        ours, theirs = _rows_of(edit_list, pair), table.rows(*pair)
        if ours or theirs:
            # A voided row never holds; it keeps a list from falling back on another.
            rows = [*_merged(edit_list, pair, ours, theirs)] or [replace(ours[0], indicator="9")]
            instead[edit_list, *pair] = tuple(sorted(rows, key=lambda row: row.until or Date.max))
    return instead


def _merged(edit_list: str, pair: Key, ours: tuple[Edit, ...], theirs: tuple[Row, ...]) -> Iterator[Edit]:
    """The table's rows of a pair, with what the course knows and CMS does not ship: grounds, and starts left blank."""
    known = {(row.indicator, row.until): row for row in ours}
    for row in theirs:
        mine = known.pop((row.indicator, row.until), None)
        if mine:
            yield replace(mine, since=row.since or mine.since)
        else:
            source = (ours[-1].source if ours else ()) or ("ptp-2024-07",)
            grounds = opens(edit_list, *pair) if row.indicator == "1" else ()
            yield Edit(edit_list, *pair, row.indicator, row.since, row.until, grounds, row.reason, source)
    yield from (row for row in known.values() if _elsewhere(row))


def _codes(table: Edition) -> Mapping[str, Any]:
    """The course's codes with the table's limits."""
    limits = {code: table.limit(code) for code in tables.codes()}
    return {
        code: replace(
            row, limit=its.units if (its := limits[code]) else None, limit_kind=its.indicator[:1] if its else ""
        )
        for code, row in tables.codes().items()
    }
