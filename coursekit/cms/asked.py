"""What an imported table says about two codes: the whole table, not only the pairs that the course is about."""

from __future__ import annotations

import re
from datetime import date as Date
from pathlib import Path
from typing import Any

from .. import tables
from ..model import Unreadable
from . import edition
from .edition import Edition, Row

# The course's edit lists, and the table of CMS that each stands for.
KIND_OF_LIST = {"ncci": "practitioner", "ncci-hospital": "hospital"}
# What opens a pair that the course says nothing about; a visit to evaluate and manage needs a need of its own.
OPENS = ("interval", "region", "encounter", "practitioner")
_VISIT = re.compile(r"99(20[2-5]|2[1-9]\d|3\d\d|4\d\d)")
_CODE = re.compile(r"[0-9A-Z][0-9]{3}[0-9A-Z]")


def open_for(payer_id: str, on: Date, named: str = "") -> Edition:
    """The imported table that a payer follows on a date of service, or the one that is named. Raises `Unreadable`."""
    payer = tables.payers()[payer_id]
    kind = KIND_OF_LIST.get(payer.edits)
    if kind is None:
        raise Unreadable(f"{payer.name} does not follow CMS's pair edits. Leave --edits out to see what it follows.")
    if not named:
        return edition.on(kind, on)
    found = edition.named(named)
    if found.kind.layout != "pairs":
        raise Unreadable(f"{found.name} holds daily limits. Name a table of pairs: {', '.join(KIND_OF_LIST.values())}.")
    return found


def opens(edit_list: str, column_one: str, column_two: str) -> tuple[str, ...]:
    """What opens a pair: as the course's rows say, else for reasons that open most pairs. CMS's table does not say."""
    lists = (edit_list, tables.FALLS_BACK.get(edit_list, edit_list))
    known = (row.opens for name in lists for row in tables.edits().get((name, column_one, column_two), ()) if row.opens)
    return next(known, ("need",) if _VISIT.fullmatch(column_two) else OPENS)


def pair(one: str, other: str, on: Date, payer_id: str = "medicare", named: str = "") -> dict[str, Any]:
    """What the imported table says about two codes on a date of service, whichever way round they are given.

    The shape is that of `reference.pair`. Raises `Unreadable` where no table was imported.
    """
    one, other = _code(one), _code(other)
    if one == other:
        raise Unreadable(f"{one} is named twice. A pair is two different codes.")
    payer = tables.payers()[payer_id]
    with open_for(payer_id, on, named) as table:
        rows = [*table.rows(one, other), *table.rows(other, one)]
        row = next((row for row in rows if row.holds(on)), None)
        helps = _modifiers(payer.edits, row, on) if row else []
        unknown = [code for code in (one, other) if not table.knows(code)]
        says = _in_words(row, helps, payer.name) if row else _no_pair(one, other, rows, unknown, payer.name, on)
        if on < table.effective:
            says += f" The oldest table imported holds from {tables.spoken(table.effective)}; it keeps ended rows,"
            says += " and was read for the earlier date."
        return {
            "edit": {
                "column_one": row.column_one,
                "column_two": row.column_two,
                "indicator": row.indicator,
                "since": row.since.isoformat() if row.since else None,
                "until": row.until.isoformat() if row.until else None,
                "reason": row.reason,
            } if row else None,
            "modifier_can_help": bool(helps),
            "modifiers": helps,
            "edition": _edition(table),
            "says": says,
            "source": {
                "id": table.name,
                "title": table.kind.title,
                "where": f"Column one {row.column_one}, column two {row.column_two}" if row else "Whole table",
                "edition": _edition(table),
                "link": table.kind.link,
            },
        }  # fmt: skip


def _code(text: str) -> str:
    code = text.strip().upper()
    if not _CODE.fullmatch(code):
        raise Unreadable(f"“{text[:60]}” is not a code: codes have five characters, such as 97124 or G0283.")
    return code


def _edition(table: Edition) -> str:
    files: list[str] = table.about["files"]
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return f"Table effective {tables.spoken(table.effective)}, imported from {Path(files[0]).name}{more}"


def _modifiers(edit_list: str, row: Row, on: Date) -> list[str]:
    if row.indicator != "1":
        return []
    grounds = set(opens(edit_list, row.column_one, row.column_two))
    is_visit = bool(_VISIT.fullmatch(row.column_two))
    known = (tables.modifiers()[name] for name in sorted(tables.opening_modifiers()))
    fitting = (one for one in known if one.asserts & grounds and (one.kind == "evaluation") == is_visit)
    return [one.modifier for one in fitting if not one.since or one.since <= on]


def _in_words(row: Row, helps: list[str], payer: str) -> str:
    one, two = row.column_one, row.column_two
    since = f" since {tables.spoken(row.since)}" if row.since else ""
    until = f" until {tables.spoken(row.until)}" if row.until else ""
    if not helps:
        says = f"{payer} does not pay {two} beside {one}{since}{until}, with any modifier: indicator {row.indicator}."
        says += f" {one} stays."
    else:
        says = f"{payer} counts {two} as part of {one}{since}{until}, unless the record shows that the two stand apart"
        says += f" and the claim says so with {tables.joined(helps, 'or')}: indicator 1."
    return f"{says} CMS's reason: {row.reason}." if row.reason else says


def _no_pair(one: str, other: str, rows: list[Row], unknown: list[str], payer: str, on: Date) -> str:
    says = f"{payer} has no edit for {one} and {other} on {tables.spoken(on)}; a modifier would do nothing."
    told = [f"{code} stands nowhere in the table." for code in unknown]
    for row in rows:
        if row.indicator == "9":
            told.append("A row of this pair was voided and never held.")
        elif row.until and row.until < on:
            told.append(f"An edit held until {tables.spoken(row.until)}.")
        elif row.since and on < row.since:
            told.append(f"An edit holds from {tables.spoken(row.since)}.")
    return " ".join([says, *dict.fromkeys(told)])
