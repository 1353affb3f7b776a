"""Which table a file is: its kind, the day from which it holds, and which of several parts.

CMS writes these into names (`ccipra-v322r0-f1.txt`, `MCR_MUE_PractitionerServices_Eff_07-01-2026.csv`) and, for daily
limits, into the headings. Nothing is guessed: two answers, or none, are refused with what to do.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date as Date

from ..model import Unreadable

PAGE = "https://www.cms.gov/medicare/coding-billing/national-correct-coding-initiative-ncci-edits/medicare-ncci-"
PAIRS_PAGE = f"{PAGE}procedure-procedure-ptp-edits"
LIMITS_PAGE = f"{PAGE}medically-unlikely-edits"


class BadTable(Unreadable):
    """A file that is not a whole, sound table of CMS: which file, where in it, what is wrong, what to do."""

    def __init__(self, says: str):
        # Names and cells of a hostile file may hold line ends and commands to a terminal.
        super().__init__("".join(sign if sign.isprintable() else "�" for sign in says))


@dataclass(frozen=True, slots=True)
class Kind:
    """A table that CMS publishes each quarter. `layout` is pairs or limits."""

    name: str
    title: str
    layout: str
    link: str


_PAIRS = "NCCI procedure-to-procedure edits"
_LIMITS = "NCCI medically unlikely edits"
KINDS: Mapping[str, Kind] = {
    row.name: row
    for row in (
        Kind("practitioner", f"{_PAIRS}, practitioner services", "pairs", PAIRS_PAGE),
        Kind("hospital", f"{_PAIRS}, outpatient hospital services", "pairs", PAIRS_PAGE),
        Kind("mue", f"{_LIMITS}, practitioner services", "limits", LIMITS_PAGE),
        Kind("mue-hospital", f"{_LIMITS}, outpatient hospital services", "limits", LIMITS_PAGE),
        Kind("mue-supplier", f"{_LIMITS}, suppliers of medical equipment", "limits", LIMITS_PAGE),
    )
}

USUAL_PARTS = 4

# CMS counts quarters as versions: 32.2 is the third quarter of the 32nd year after 1994.
_FIRST_YEAR = 1994
_VERSION = re.compile(r"(?<![a-z0-9])v(\d\d)([0-3])r\d", re.IGNORECASE)
_QUARTER = re.compile(r"(?<!\d)(20\d\d)[-_ ]?q([1-4])(?!\d)", re.IGNORECASE)
_US_DAY = re.compile(r"(?<!\d)(\d\d)[-_](\d\d)[-_](20\d\d)(?!\d)")
_ISO_DAY = re.compile(r"(?<!\d)(20\d\d)([-_]?)(\d\d)\2(\d\d)(?!\d)")
_TITLE_VERSION = re.compile(r"\bversion\s+(\d\d)\.([0-3])\b", re.IGNORECASE)
_TITLE_DAY = re.compile(r"\beffective\b\W+(\d{1,2})/(\d{1,2})/(20\d\d)", re.IGNORECASE)
_TITLE_SPOKEN_DAY = re.compile(r"\beffective\b\W+([a-z]+)\s+(\d{1,2}),?\s+(20\d\d)", re.IGNORECASE)
_MONTHS = [name.lower() for name in calendar.month_name]
_PART = re.compile(r"[-_ ]f(\d{1,2})(?!\d)", re.IGNORECASE)
_SETTINGS = {
    "practitioner": re.compile(r"ccipra|practitioner|physician", re.IGNORECASE),
    "hospital": re.compile(r"ccioph|hospital|outpatient", re.IGNORECASE),
    "supplier": re.compile(r"(?<![a-z])dme|supplier", re.IGNORECASE),
}


def _day(year: str, month: str | int, day: str | int = 1) -> Date | None:
    try:
        return Date(int(year), int(month), int(day))
    except ValueError:
        return None


def _days(name: str) -> set[Date]:
    """Every day that a name gives as the one from which its table holds."""
    found = {_day(str(_FIRST_YEAR + int(year)), 1 + 3 * int(quarter)) for year, quarter in _VERSION.findall(name)}
    found |= {_day(year, 3 * int(quarter) - 2) for year, quarter in _QUARTER.findall(name)}
    found |= {_day(year, month, day) for month, day, year in _US_DAY.findall(name)}
    found |= {_day(year, month, day) for year, _, month, day in _ISO_DAY.findall(name)}
    return found - {None}


def _title_days(title: str) -> set[Date]:
    found = {_day(str(_FIRST_YEAR + int(year)), 1 + 3 * int(n)) for year, n in _TITLE_VERSION.findall(title)}
    found |= {_day(year, month, day) for month, day, year in _TITLE_DAY.findall(title)}
    for month, day, year in _TITLE_SPOKEN_DAY.findall(title):
        if month.lower() in _MONTHS:
            found.add(_day(year, _MONTHS.index(month.lower()), day))
    return found - {None}


_KIND_OF_SETTING = {
    "pairs": {"practitioner": "practitioner", "hospital": "hospital"},
    "limits": {"practitioner": "mue", "hospital": "mue-hospital", "supplier": "mue-supplier"},
}


def _kinds(layout: str, text: str) -> set[str]:
    """The kinds that a text names."""
    named = _KIND_OF_SETTING[layout]
    return {kind for setting, kind in named.items() if _SETTINGS[setting].search(text)}


def _one(found: Mapping[str, str], asked: str, what: str, option: str, example: str, file: str) -> str:
    """The one answer that the evidence gives, or the one asked for if the evidence does not contradict it."""
    if asked and found and asked not in found:
        said, where = next(iter(found.items()))
        raise BadTable(f"{option} says {asked}, and {where} says {said}. Leave {option} out, or mend the name.")
    if asked:
        return asked
    if len(found) > 1:
        said = ", and ".join(f"{where} says {answer}" for answer, where in found.items())
        raise BadTable(
            f"{said[:1].upper()}{said[1:]}. Import one table at a time, or say which it is: {option} {example}"
        )
    if not found:
        raise BadTable(
            f"{file}: neither names nor title lines tell the {what} of this table. Say it: {option} {example}"
        )
    return next(iter(found))


def kind_of(layout: str, names: Iterable[str], titles: str, asked: str = "") -> Kind:
    """The kind of a table, from file names and what stands above its rows. Raises `BadTable` where they do not tell."""
    names = list(names)
    fit = [name for name, kind in KINDS.items() if kind.layout == layout]
    if any("medicaid" in name.lower() for name in names):
        raise BadTable(
            f"{names[0]}: this is a table of Medicaid, and the course follows Medicare's. Get it from {PAIRS_PAGE}"
        )
    if asked and asked not in fit:
        holds = "pairs of codes" if layout == "pairs" else "daily limits (MUE)"
        raise BadTable(f"{names[0]}: --kind says {asked}, and the file holds {holds}. It can be: {', '.join(fit)}.")
    found: dict[str, str] = {}
    for where, text in [*((f"the name {name}", name) for name in names), ("the text above the rows", titles)]:
        for kind in sorted(_kinds(layout, text)):
            found.setdefault(kind, where)
    return KINDS[_one(found, asked, "kind", "--kind", " or ".join(fit), names[0])]


def effective_of(names: Iterable[str], titles: str, asked: Date | None = None) -> Date:
    """The day from which a table holds. Raises `BadTable` where names and title lines do not tell, or disagree."""
    names = list(names)
    found: dict[str, str] = {}
    for name in names:
        for day in sorted(_days(name)):
            found.setdefault(day.isoformat(), f"the name {name}")
    for day in sorted(_title_days(titles)):
        found.setdefault(day.isoformat(), "a title line")
    asked_text = asked.isoformat() if asked else ""
    return Date.fromisoformat(_one(found, asked_text, "effective date", "--effective", "2026-07-01", names[0]))


def part_of(name: str) -> int | None:
    """Which part of a table a file is, from 1; None for one that is not numbered."""
    found = _PART.findall(name)
    return int(found[-1]) if found else None


def check_parts(numbers: Mapping[str, int | None]) -> str:
    """See that numbered parts are all there, from 1 on without a gap or a repeat. Gives back what is worth saying."""
    counted = {name: n for name, n in numbers.items() if n is not None}
    if not counted:
        return ""
    for name, n in counted.items():
        other = next((o for o, m in counted.items() if m == n and o != name), None)
        if other:
            raise BadTable(f"{other} and {name} both say that they are part {n}. Import each part once.")
    if len(counted) < len(numbers):
        odd = next(name for name, n in numbers.items() if n is None)
        raise BadTable(f"{odd} has no part number, and the other files have. Import one table at a time.")
    missing = sorted(set(range(1, max(counted.values()) + 1)) - set(counted.values()))
    if missing:
        said = ", ".join(f"f{n}" for n in missing)
        raise BadTable(
            f"Of this table {said} is missing; here is only {', '.join(counted)}. Import all parts in one go."
        )
    if len(counted) < USUAL_PARTS:
        said = "Part 1 was" if len(counted) == 1 else f"Parts 1 to {len(counted)} were"
        more = "if there are more, import all of them in one go."
        return f"{said} imported. CMS ships such a table in {USUAL_PARTS} parts; {more}"
    return ""
