"""What the published tables say, as plain data: closed lists, units counted, a pair of codes.

For the command line and for other programs. Nothing here reads a note; what a visit amounts to is `facts`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date as Date
from typing import Any

from . import tables
from .counting import PER_SERVICE, TOTAL_TIME, allocations
from .model import PARTS, Edit, Grade, Unreadable
from .reading import nearest
from .rules import RULES, WHY

MOST_MINUTES = 1440

# Where the way of counting is written: the source of the rule that applies it.
_COUNTING_RULE = {TOTAL_TIME: "total_time_units", PER_SERVICE: "per_service_units"}


def source(id: str) -> dict[str, str] | None:
    """A source as programs get it; None for no source."""
    if not id:
        return None
    row = tables.sources()[id]
    return {"id": id, "title": row.title, "where": row.where, "edition": row.edition, "link": row.link}


def _day(date: Date | None) -> str | None:
    return date.isoformat() if date else None


def words() -> dict[str, list[dict[str, Any]]]:
    """Every closed list. `name` is the word that case files, claims and options take."""
    return {
        "techniques": [
            {"name": row.name, "codes": list(row.codes), "contested": row.contested, "also": list(row.also)}
            for row in tables.techniques().values()
        ],
        "regions": [
            {"name": row.name, "also": list(row.also), "part_of": row.part_of, "spinal": row.spinal, "sided": row.sided}
            for row in tables.regions().values()
        ],
        "payers": [
            {"name": row.id, "title": row.name, "counting": row.counting, "invented": row.invented, "says": row.about}
            for row in tables.payers().values()
        ],
        "providers": [
            {"name": row.name, "title": row.label, "counts": row.counts} for row in tables.providers().values()
        ],
        "modifiers": [
            {
                "name": row.modifier,
                "says": row.label,
                "kind": row.kind,
                "since": _day(row.since),
                "until": _day(row.until),
            }
            for row in tables.modifiers().values()
        ],
        "rules": [
            {
                "id": rule.id,
                "says": rule.says,
                "heading": rule.heading,
                "since": _day(rule.since),
                "until": _day(rule.until),
                "source": source(rule.source),
                "advice": rule.advice,
            }
            for rule in RULES
        ],
        "codes": [
            {
                "code": row.code,
                "label": row.label,
                "timing": row.timing,
                "limit": row.limit,
                "family": row.family,
                "since": _day(row.since),
                "until": _day(row.until),
            }
            for row in tables.codes().values()
        ],
    }


# Units ---------------------------------------------------------------------------------------------------------------


def payer(name: str) -> str:
    """The id of a payer given by id or name, whatever the case. Raises `Unreadable` with the nearest one."""
    known = {word.lower(): id for id, row in tables.payers().items() for word in (id, row.name)}
    if name.lower() not in known:
        raise Unreadable(f"The course does not know the payer “{name[:60]}”.{nearest(name, known)} "
                         f"Known: {', '.join(tables.payers())}.")  # fmt: skip
    return known[name.lower()]


def code(text: str) -> str:
    """A code the course knows. Raises `Unreadable` with the nearest one."""
    return tables.known(text.strip().upper()[:60], tables.codes(), "code")


def units(spent: Iterable[str], counting: str = TOTAL_TIME) -> dict[str, Any]:
    """Every right way to give units to services written `97110=23` (timed) or `97012` (untimed).

    Minutes of a code named twice are added. `units` are all units of a right way, untimed ones included.
    Raises `Unreadable` for what is not a code, or not whole minutes.
    """
    timed: dict[str, int] = {}
    once: dict[str, int] = {}
    for piece in spent:
        name, equals, said = piece.partition("=")
        known = tables.codes()[code(name)]
        minutes = _minutes(said, piece) if equals else None
        if known.timing != "timed":
            once[known.code] = 1
        elif minutes is None:
            raise Unreadable(f"{known.code} is counted by minutes, and none are given. Write them: {known.code}=15.")
        else:
            timed[known.code] = timed.get(known.code, 0) + minutes
    if not timed and not once:
        raise Unreadable("There is nothing to count. Name services: 97110=23 97140=10 97012.")
    ways = [{**once, **way} for way in allocations(dict(sorted(timed.items())), counting)]
    # Of several right ways, those that give more to the lower code come first.
    every = sorted({*once, *timed})
    ways = sorted((dict(sorted(way.items())) for way in ways), key=lambda way: [-way.get(code, 0) for code in every])
    rule = next(rule for rule in RULES if rule.id == _COUNTING_RULE[counting])
    return {
        "counting": counting,
        "timed_minutes": sum(timed.values()),
        "units": sum(ways[0].values()),
        "right": ways,
        "says": rule.says,
        "source": source(rule.source),
    }


def _minutes(said: str, piece: str) -> int:
    if not said.isascii() or not said.isdigit() or int(said[:6]) > MOST_MINUTES:
        raise Unreadable(f"“{piece[:60]}” does not give whole minutes up to {MOST_MINUTES}. Write 97110=23.")
    return int(said)


# A pair --------------------------------------------------------------------------------------------------------------


def pair(one: str, other: str, on: Date, payer_id: str = "medicare") -> dict[str, Any]:
    """What the payer's edits say about two codes on a date of service, whichever way round they are given."""
    one, other = sorted((code(one), code(other)))
    if one == other:
        raise Unreadable(f"{one} is named twice. A pair is two different codes.")
    follows = tables.payers()[payer_id]
    rows = [row for two in ((one, other), (other, one)) for row in _rows(follows.edits, *two)]
    edit = next(
        (held for two in ((one, other), (other, one)) if (held := tables.edit_in_force(follows.edits, *two, on))), None
    )
    helps = _opening(edit, on) if edit else []
    cited = edit or (rows[-1] if rows else None)
    cited_id = cited.source[0] if cited else _edition_of(follows.edits)
    return {
        "edit": {
            "column_one": edit.column_one,
            "column_two": edit.column_two,
            "indicator": edit.indicator,
            "since": _day(edit.since),
            "until": _day(edit.until),
        } if edit else None,
        "modifier_can_help": bool(helps),
        "modifiers": helps,
        "edition": tables.sources()[cited_id].edition if cited_id else "",
        "says": " ".join([
            _pair_in_words(edit, helps, follows.name) if edit else _no_pair(one, other, rows, follows.name, on),
            *_story(follows.edits, one, other),
        ]),
        "source": source(cited_id),
    }  # fmt: skip


def _story(edit_list: str, one: str, other: str) -> list[str]:
    """What was announced about a pair and what became of it. It is the same on every date: much of it was dated back."""
    lists = (edit_list, tables.FALLS_BACK.get(edit_list))
    return [
        event.says for event in tables.history() if event.list in lists and {(one, other), (other, one)} & event.pairs
    ]


def _rows(edit_list: str, one: str, two: str) -> tuple[Edit, ...]:
    every = tables.edits()
    return every.get((edit_list, one, two)) or every.get((tables.FALLS_BACK.get(edit_list), one, two), ())


def _edition_of(edit_list: str) -> str:
    lists = (edit_list, tables.FALLS_BACK.get(edit_list))
    return next((rows[0].source[0] for (name, *_), rows in tables.edits().items() if name in lists), "")


def _opening(edit: Edit, on: Date) -> list[str]:
    if edit.indicator != "1":
        return []
    known = (tables.modifiers()[name] for name in sorted(tables.opening_modifiers()))
    return [
        row.modifier
        for row in known
        if row.asserts & set(edit.opens)
        and (not row.since or row.since <= on)
        and tables.fits(row.modifier, edit.column_two)
    ]


def _pair_in_words(edit: Edit, helps: list[str], name: str) -> str:
    one, two = edit.column_one, edit.column_two
    unknown = " (the copy of the table that was read gives no start)" if edit.list.startswith("ncci") else ""
    since = f" since {tables.spoken(edit.since)}" if edit.since else unknown
    until = f" until {tables.spoken(edit.until)}" if edit.until else ""
    if not helps:
        return f"{name} does not pay {two} beside {one}{since}{until}, with any modifier: indicator 0. {one} stays."
    how = tables.joined([WHY[ground] for ground in edit.opens], "or")
    return (
        f"{name} counts {two} as part of {one}{since}{until}, unless the note shows it {how} and the claim says so "
        f"with {tables.joined(helps, 'or')}: indicator 1."
    )


def _no_pair(one: str, other: str, rows: list[Edit], name: str, on: Date) -> str:
    both = f"{name} has no edit for {one} and {other} on {tables.spoken(on)}; a modifier would do nothing."
    told = []
    for row in rows:
        if row.indicator == "9":
            told.append(f"A row of {tables.spoken(row.since)} was voided and never held.")
        elif row.until and row.until < on:
            told.append(f"An edit held until {tables.spoken(row.until)}.")
        elif row.since and on < row.since:
            told.append(f"An edit holds from {tables.spoken(row.since)}.")
    return " ".join([both, *told])


# A grade -------------------------------------------------------------------------------------------------------------


def grade_shown(grade: Grade) -> dict[str, Any]:
    """A grade as programs get it, in one shape for all forms."""
    return {
        "solved": grade.solved,
        "best": grade.best,
        "score": round(grade.score, 4),
        "parts": {part: list(share) if (share := grade.parts.get(part)) else None for part in PARTS},
        "findings": [
            {
                "rule": found.rule,
                "heading": found.heading,
                "line": found.line,
                "part": found.part,
                "says": found.says,
                "quote": next(filter(None, found.quotes), ""),
                "quotes": [words for words in found.quotes if words],
                "source": source(found.source),
                "advice": found.advice,
            }
            for found in grade.findings
        ],
        "answer": grade.answer,
        "lines": dict(grade.lines),
    }
