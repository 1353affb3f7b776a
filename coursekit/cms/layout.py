"""What stands where in CMS's tables: title lines, headings over one to four lines, and the columns of a row."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date as Date

from .naming import BadTable

MOST_HEAD = 64 * 1024  # bytes; titles and headings take about one
_MOST_TITLES = 60
_MOST_HEADINGS = 6
_CODE = re.compile(r"[0-9A-Z][0-9]{3}[0-9A-Z]")
_DAY = re.compile(r"(19[6-9]\d|20\d\d)(\d\d)(\d\d)")
_LONGEST_REASON = 300


@dataclass(frozen=True)
class Layout:
    """A shape of table: how many codes lead a row, how its columns are headed, and how the rest of a row is read."""

    name: str
    codes: int
    columns: tuple[tuple[str, re.Pattern], ...]
    needed: int
    parse: Callable[[str], tuple]
    reason: int  # where the reason stands in what is parsed
    reasons: frozenset[str] = frozenset()  # those that CMS is known to give


@dataclass(frozen=True)
class Head:
    """What stands above the rows. `size` in bytes and `lines` are those to skip; `sep` parts the columns.

    `says` are the words that may tell the kind: all of them for pairs, and for limits the headings, which name it.
    """

    layout: Layout
    sep: str
    size: int
    lines: int
    titles: str
    says: str


def _cells(ending: str) -> list[str]:
    """The columns after the codes; an ending starts with whatever parts the columns."""
    if ending[:1] == ",":
        try:
            return [cell.strip() for cell in next(csv.reader([ending[1:].rstrip("\r")]), [""])]
        except csv.Error:
            raise ValueError("there is a line end within it") from None
    return [cell.strip() for cell in ending[1:].split("\t")]


def _date(text: str, what: str, none: tuple[str, ...]) -> int:
    """A date as CMS writes it, as the number 20240701; 0 for none."""
    if text in none:
        return 0
    if not (found := _DAY.fullmatch(text)):
        raise ValueError(f"the {what} is “{text[:30]}”; CMS writes dates as 20240701")
    try:
        Date(*map(int, found.groups()))
    except ValueError:
        raise ValueError(f"the {what} is “{text}”, and there is no such day") from None
    return int(text)


def _reason(cells: Sequence[str], at: int) -> str:
    text = cells[at] if len(cells) > at else ""
    if len(text) > _LONGEST_REASON or any(ord(sign) < 32 for sign in text):
        raise ValueError("the reason at its end is no plain text")
    return text


def parse_pair(ending: str) -> tuple[str, int, int, str, str]:
    """Indicator, effective date, deletion date (0: none given), reason, and `*` for a pair from before 1996.

    Raises ValueError with what is wrong.
    """
    cells = _cells(ending)
    if len(cells) < 4:
        raise ValueError(f"it has {len(cells) + 2} columns, and 7 are needed")
    old, effective, deleted, indicator = cells[:4]
    if old not in ("", "*"):
        raise ValueError(f"“{old[:30]}” stands where CMS marks pairs from before 1996 with *")
    if indicator not in ("0", "1", "9"):
        raise ValueError(f"the modifier indicator is “{indicator[:30]}”, and it can be 0, 1 or 9")
    if any(cells[5:]):
        raise ValueError(f"it has {len(cells) + 2} columns, and 7 are known")
    since, until = _date(effective, "effective date", ("",)), _date(deleted, "deletion date", ("", "*"))
    if since and until and until < since and indicator != "9":
        raise ValueError(f"its deletion date {until} lies before its effective date {since}")
    return indicator, since, until, _reason(cells, 4), old


def parse_limit(ending: str) -> tuple[int, str, str]:
    """Units a day, the adjudication indicator with its words, and the reason. Raises ValueError with what is wrong."""
    cells = _cells(ending)
    if len(cells) < 2:
        raise ValueError(f"it has {len(cells) + 1} columns, and 4 are needed")
    units, kind = cells[:2]
    if not re.fullmatch(r"[0-9]{1,6}", units):
        raise ValueError(f"the units are “{units[:30]}”, and a whole number is needed")
    if kind[:1] not in ("1", "2", "3") or kind[1:2].isalnum():
        raise ValueError(f"the adjudication indicator is “{kind[:30]}”, and it starts with 1, 2 or 3")
    if any(cells[3:]):
        raise ValueError(f"it has {len(cells) + 1} columns, and 4 are known")
    return int(units), " ".join(kind.split()), _reason(cells, 2)


def _columns(*columns: tuple[str, str]) -> tuple[tuple[str, re.Pattern], ...]:
    return tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in columns)


PAIRS = Layout(
    "pairs",
    2,
    _columns(
        ("Column 1", r"column ?1\b"),
        ("Column 2", r"column ?2\b"),
        ("In existence prior to 1996", r".*(existence|1996)"),
        ("Effective Date", r"effective"),
        ("Deletion Date", r"deletion"),
        ("Modifier", r"modifier"),
        ("PTP Edit Rationale", r".*rationale"),
    ),
    6,
    parse_pair,
    3,
    frozenset(
        (
            "Anesthesia service included in surgical procedure",
            "CPT Manual or CMS manual coding instruction",
            "CPT Separate procedure definition",
            "Gender-specific procedures",
            "HCPCS/CPT procedure code definition",
            "Laboratory panel",
            "Misuse of Column Two code with Column One code",
            "More extensive procedure",
            "Mutually exclusive procedures",
            "Sequential procedure",
            "Standard preparation/monitoring services for anesthesia",
            "Standards of medical/surgical practice",
        )
    ),
)
LIMITS = Layout(
    "limits",
    1,
    _columns(
        ("HCPCS/CPT Code", r"(hcpcs|cpt)"),
        ("MUE Values", r".*\bmue\b.*value"),
        ("MUE Adjudication Indicator", r".*adjudication|mai\b"),
        ("MUE Rationale", r".*rationale"),
    ),
    3,
    parse_limit,
    2,
)


def find_head(start: bytes, file: str) -> Head:
    """Find headings and first row in the first bytes of a table. Raises `BadTable` where there are none."""
    text = start[:MOST_HEAD].decode("latin-1")  # titles hold odd bytes; one byte stays one sign
    sep = "\t" if text.count("\t") > text.count(",") else ","
    lines = re.findall(r"[^\n]*\n|[^\n]+$", text)
    titles: list[str] = []
    headings: list[list[str]] = []
    layout = None
    before = 0
    for lines_read, cells in _records(lines, sep):
        if layout is None:
            layout = next((shape for shape in (PAIRS, LIMITS) if _heads(shape, cells)), None)
            if layout:
                headings = [cells]
            elif lines_read > _MOST_TITLES:
                break
            else:
                titles += cells
        elif any(cells):
            if any(sign.isdigit() for cell in cells[: layout.codes] for sign in cell):
                _check_headings(layout, headings, file)
                size = sum(map(len, lines[:before]))
                said = " ".join(filter(None, sum(headings, [])))
                above = " ".join(filter(None, titles))
                return Head(layout, sep, size, before, above, said if layout is LIMITS else f"{above} {said}")
            headings.append(cells)
            if len(headings) > _MOST_HEADINGS:
                break
        before = lines_read
    if layout:
        raise BadTable(f"{file}: there are headings, and no row of codes under them. Get the file again.")
    raise BadTable(
        f"{file}: no headings of a table were found in its first {min(len(lines), _MOST_TITLES)} lines, "
        "neither “Column 1, Column 2 …” nor “HCPCS/CPT Code, … MUE Values …”. Import the file as CMS ships it."
    )


def _records(lines: list[str], sep: str) -> Iterator[tuple[int, list[str]]]:
    """Rows of cells with the number of lines read; a quoted heading in comma-separated text may span two lines."""
    quoting = csv.QUOTE_NONE if sep == "\t" else csv.QUOTE_MINIMAL
    reader = csv.reader(lines, delimiter=sep, quoting=quoting)
    try:
        for cells in reader:
            yield reader.line_num, [" ".join(cell.split()) for cell in cells]
    except csv.Error:
        return


def _heads(layout: Layout, cells: Sequence[str]) -> bool:
    """Whether this line is where the headings of a layout start, in whatever order."""
    wanted = [pattern for _, pattern in layout.columns[:2]]
    if layout.codes == 1:  # “HCPCS/” may be all of the first line's first cell
        return (
            bool(cells)
            and any(wanted[1].match(cell) for cell in cells)
            and any(wanted[0].match(cell) for cell in cells)
        )
    return len(cells) > 2 and all(any(pattern.match(cell) for cell in cells) for pattern in wanted)


def _check_headings(layout: Layout, headings: list[list[str]], file: str) -> None:
    width = max(map(len, headings))
    found = [" ".join(row[n] for row in headings if len(row) > n and row[n]) for n in range(width)]
    for n, (name, pattern) in enumerate(layout.columns):
        said = found[n].lstrip("*= ") if n < len(found) else ""
        if n >= layout.needed and not said:
            continue
        if not pattern.match(said):
            raise BadTable(f"{file}: column {n + 1} is headed “{said[:40]}”, and CMS ships “{name}” there. "
                           "Import the file as CMS ships it.")  # fmt: skip
