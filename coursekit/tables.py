"""The published tables, read once from `data/`: codes, modifiers, edits, regions, techniques, payers, sources.

This is the one place that knows both vocabularies: which code reports a technique, what a modifier asserts, which
body words mean a region. Closed lists: an unknown word is refused with the nearest known one.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date as Date
from functools import cache, partial
from pathlib import Path

from .model import (
    Amount,
    Code,
    Edit,
    Event,
    Misconception,
    Modifier,
    Payer,
    Provider,
    Region,
    Requirement,
    Skill,
    Source,
    Statement,
    Technique,
    Unreadable,
)
from .reading import Node, nearest, read

DATA = Path(__file__).with_name("data")

# A list that holds only the rows in which it differs from another.
FALLS_BACK = {"ncci-hospital": "ncci"}

# Codes that only say "nothing": a contested technique may be read as no billable service at all.
NO_CODE = "none"


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines, strict=True)


def _entries(name: str) -> dict[str, Node]:
    return read(DATA / name).entries


def _date(text: str) -> Date | None:
    return Date.fromisoformat(text) if text else None


def _texts(node: dict[str, Node], key: str) -> tuple[str, ...]:
    # An empty list is written `[]`: rest and charting earn no code.
    return () if key not in node or node[key].value == [] else node[key].texts


def _yes(node: dict[str, Node], key: str, default: str = "no") -> bool:
    return (node[key].one_of(("yes", "no"), "answer") if key in node else default) == "yes"


@cache
def sources() -> dict[str, Source]:
    """Every place the course cites, by id."""
    table = {}
    for id, node in _entries("sources.yaml").items():
        row = node.fields("title publisher where edition read_on seen", "link")
        row["seen"].one_of(("read", "secondary", "memory"), "way of having seen a source")
        table[id] = Source(id, **{key: value.text for key, value in row.items()})
    return table


@cache
def codes() -> dict[str, Code]:
    """Every code the course knows."""
    table = {}
    for row in _rows("codes.csv"):
        low, _, high = row["regions"].partition("-")
        table[row["code"]] = Code(
            row["code"],
            row["label"],
            row["timing"],
            row["family"],
            (int(low), int(high or low)) if low else None,
            int(row["limit"]) if row["limit"] else None,
            row["limit_kind"],
            _date(row["since"]),
            _date(row["until"]),
            tuple(row["source"].split()),
        )
    return table


@cache
def modifiers() -> dict[str, Modifier]:
    """Every modifier the course knows, with what each asserts."""
    return {
        row["modifier"]: Modifier(
            row["modifier"],
            row["label"],
            row["kind"],
            frozenset(row["asserts"].split()),
            _date(row["since"]),
            _date(row["until"]),
            tuple(row["source"].split()),
        )
        for row in _rows("modifiers.csv")
    }


@cache
def distinct_modifiers() -> frozenset[str]:
    """The modifiers that say two services stand apart: 59, XE, XP, XS, XU."""
    return frozenset(name for name, row in modifiers().items() if row.kind == "distinct")


@cache
def opening_modifiers() -> frozenset[str]:
    """The modifiers that can open a pair: those for distinct services, and 25 for a separate evaluation."""
    return frozenset(name for name, row in modifiers().items() if row.kind in ("distinct", "evaluation"))


@cache
def plan_modifiers() -> frozenset[str]:
    """The modifiers that name a therapy plan of care: GP, GO, GN."""
    return frozenset(name for name, row in modifiers().items() if row.kind == "plan")


@cache
def assistant_modifiers() -> frozenset[str]:
    """The modifiers that mark an assistant's work: CQ, CO."""
    return frozenset(row.modifier for row in providers().values() if row.modifier)


def fits(modifier: str, code: str) -> bool:
    """Whether a modifier that opens pairs belongs on a code: 25 on office visits, the others on the rest."""
    return (modifiers()[modifier].kind == "evaluation") == (codes()[code].family == "office visit")


@cache
def techniques() -> dict[str, Technique]:
    """Every technique by its name in the clinic."""
    table = {}
    for name, node in _entries("techniques.yaml").items():
        row = node.fields("codes source", "contested also positions payer_picks")
        table[name] = Technique(
            name,
            _texts(row, "codes"),
            _yes(row, "contested"),
            _texts(row, "positions"),
            _texts(row, "also"),
            row["source"].texts,
            _yes(row, "payer_picks"),
        )
    return table


@cache
def regions() -> dict[str, Region]:
    """The tree of body regions."""
    table = {}
    for name, node in _entries("regions.yaml").items():
        if name == "ambiguous":
            continue
        row = node.fields("source", "spinal part_of sided also")
        table[name] = Region(
            name,
            _yes(row, "spinal"),
            row["part_of"].text if "part_of" in row else "",
            _yes(row, "sided"),
            _texts(row, "also"),
            row["source"].texts,
        )
    return table


@cache
def ambiguous_regions() -> dict[str, str]:
    """Body words that lie in two regions, with both readings: a fact must name one."""
    node = _entries("regions.yaml").get("ambiguous")
    return {word: " or ".join(said.texts) for word, said in node.entries.items()} if node else {}


@cache
def providers() -> dict[str, Provider]:
    """Every kind of clinician or helper."""
    table = {}
    for name, node in _entries("providers.yaml").items():
        row = node.fields("label counts source", "assists modifier")
        assists, modifier = (row[key].text if key in row else "" for key in ("assists", "modifier"))
        table[name] = Provider(name, row["label"].text, _yes(row, "counts"), row["source"].texts, assists, modifier)
    return table


@cache
def payers() -> dict[str, Payer]:
    """Medicare and the invented plans."""
    table = {}
    for id, node in _entries("payers.yaml").items():
        row = node.fields(
            "name about invented counting edits limits pays source",
            "requires wants beside whole_spine assistants reads",
        )
        requires = row["requires"].items if "requires" in row and row["requires"].value != [] else []
        table[id] = Payer(
            id,
            row["name"].text,
            row["about"].text.strip(),
            _yes(row, "invented"),
            row["counting"].one_of(("total-time", "per-service"), "way of counting"),
            row["edits"].text,
            _yes(row, "limits"),
            {who: _texts(row["pays"].entries, who) for who in row["pays"].entries},
            tuple(
                Requirement(need["modifier"].text, need["by"].texts, need["on"].texts, need["source"].text)
                for need in (item.fields("modifier by on source") for item in requires)
            ),
            row["source"].texts,
            _texts(row, "wants"),
            {code: _texts(row["beside"].entries, code) for code in row["beside"].entries} if "beside" in row else {},
            _yes(row, "whole_spine"),
            _yes(row, "assistants"),
            {technique(name): node.text for name, node in row["reads"].entries.items()} if "reads" in row else {},
        )
    return table


@cache
def policy(payer: str) -> tuple[tuple[str, str], ...]:
    """A payer's policy as a page to read: (heading, text), (item, text) and (text, text) in order; empty without one."""
    path = DATA / "policies" / f"{payer}.md"
    if not path.is_file():
        return ()
    blocks: list[tuple[str, str]] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            blocks.append(("heading", line.lstrip("# ")))
        elif line.startswith("- "):
            blocks.append(("item", line[2:]))
        elif not line.strip():
            blocks.append(("", ""))
        elif blocks and blocks[-1][0] in ("item", "text"):
            blocks[-1] = (blocks[-1][0], f"{blocks[-1][1]} {line.strip()}")
        else:
            blocks.append(("text", line.strip()))
    return tuple(block for block in blocks if block[0])


@cache
def documents() -> dict[str, tuple[str, ...]]:
    """What a record may say about the visit as a whole: each name with the values it may hold.

    The values are a closed list of words, or one of `yes`, `date` and `number`.
    """
    table = {}
    for name, node in _entries("documents.yaml").items():
        row = node.fields("says holds source")
        row["says"].text, row["source"].texts
        table[name] = row["holds"].texts
    return table


@cache
def amounts() -> dict[tuple[str, str, str], tuple[Amount, ...]]:
    """Published figures by kind, payer and what they are of."""
    table: dict[tuple[str, str, str], tuple[Amount, ...]] = {}
    for row in _rows("amounts.csv"):
        key = (row["kind"], row["payer"], row["of"])
        span = (_date(row["since"]), _date(row["until"]))
        table[key] = (
            *table.get(key, ()),
            Amount(*key, *span, float(row["value"]), row["unit"], tuple(row["source"].split())),
        )
    return table


def amount_on(kind: str, payer: str, of: str, on: Date) -> Amount | None:
    """The figure that holds on a date, or None where the course has none for it: a figure is never guessed."""
    for row in amounts().get((kind, payer, of), ()):
        if (not row.since or row.since <= on) and (not row.until or on <= row.until):
            return row
    return None


@cache
def skills() -> dict[str, Skill]:
    """What a learner can do, in course order."""
    table = {}
    for name, node in _entries("skills.yaml").items():
        row = node.fields("says notebooks rules")
        table[name] = Skill(name, row["says"].text, row["notebooks"].texts, _texts(row, "rules"))
    return table


@cache
def misconceptions() -> dict[str, Misconception]:
    """The ideas behind wrong answers, by name."""
    table = {}
    for name, node in _entries("misconceptions.yaml").items():
        row = node.fields("thinks truth notebooks")
        table[name] = Misconception(name, row["thinks"].text, row["truth"].text, row["notebooks"].texts)
    return table


@cache
def published_statements() -> dict[str, Statement]:
    """What people publish about the codes, by id, each with a verdict and what is right."""
    table = {}
    for id, node in _entries("statements.yaml").items():
        row = node.fields("says verdict truth source topic")
        verdict = row["verdict"].one_of(("true", "false", "depends"), "verdict")
        table[id] = Statement(id, row["says"].text, verdict, row["truth"].text, row["source"].texts, row["topic"].text)
    return table


@cache
def edits() -> dict[tuple[str, str, str], tuple[Edit, ...]]:
    """All rows of all edit lists by (list, column one, column two), the first to end first."""
    table: dict[tuple[str, str, str], list[Edit]] = {}
    for row in _rows("edits.csv"):
        edit = Edit(
            row["list"],
            row["column_one"],
            row["column_two"],
            row["indicator"],
            _date(row["since"]),
            _date(row["until"]),
            tuple(row["opens"].split()),
            row["rationale"],
            tuple(row["source"].split()),
        )
        table.setdefault((edit.list, edit.column_one, edit.column_two), []).append(edit)
    return {key: tuple(sorted(rows, key=lambda row: row.until or Date.max)) for key, rows in table.items()}


@cache
def history() -> tuple[Event, ...]:
    """What was announced about pairs, withdrawn and voided, the oldest first: told beside a pair, and read by no rule."""
    table = []
    for id, node in _entries("history.yaml").items():
        row = node.fields("on list pairs says source")
        beside = row["pairs"].entries
        pairs = frozenset((one, two) for one in beside for two in _texts(beside, one))
        table.append(Event(id, row["on"].text, row["list"].text, pairs, row["says"].text.strip(), row["source"].texts))
    return tuple(table)


@contextmanager
def using(**rows: Mapping) -> Iterator[None]:
    """Let other rows stand in for a table, by the name of its function: `with using(edits=rows)`.

    For asking what a new edition would change; it holds for all threads. What is kept beside a case stays as it was,
    so ask about fresh copies of cases (`dataclasses.replace(case)`).
    """
    published = {name: globals()[name] for name in rows}
    globals().update({name: partial(rows.__getitem__, name) for name in rows})
    try:
        yield
    finally:
        globals().update(published)


def edit_in_force(edit_list: str, column_one: str, column_two: str, on: Date) -> Edit | None:
    """The row of this pair, this way round, that holds on a date of service, or None.

    Rows whose start is not published are taken as in force before their end; of several, the first to end held first.
    """
    rows = edits().get((edit_list, column_one, column_two)) or edits().get(
        (FALLS_BACK.get(edit_list), column_one, column_two), ()
    )
    for row in rows:
        if row.indicator != "9" and (not row.since or row.since <= on) and (not row.until or on <= row.until):
            return row
    return None


def earns(code: str, wanted: tuple[str, ...]) -> bool:
    """Whether a code is named in a payer's list, by itself or by its family."""
    return code in wanted or (code in codes() and codes()[code].family in wanted)


@cache
def _region_words() -> dict[str, str]:
    return {word.lower(): name for name, row in regions().items() for word in (name, *row.also)}


def region(word: str) -> str:
    """The region that a body word means. Raises `Unreadable` with the nearest word, or both readings of a vague one."""
    if name := _region_words().get(word.lower()):
        return name
    if readings := ambiguous_regions().get(word.lower()):
        raise Unreadable(f"“{word}” may be {readings}: name the region that the note shows.")
    raise Unreadable(f"“{word}” is not a region of the course.{nearest(word, _region_words())}")


@cache
def _technique_words() -> dict[str, str]:
    return {word.lower(): name for name, row in techniques().items() for word in row.also}


def technique(word: str) -> str:
    """The technique of this name. Raises `Unreadable` with its name for another word for it, else with the nearest."""
    if name := _technique_words().get(word.lower()):
        raise Unreadable(f"“{word}” is another word for {name}. Write “{name}”.")
    return word if word in techniques() else known(word, techniques(), "technique")


@cache
def region_line(name: str) -> tuple[str, ...]:
    """A region and all it is part of, from the inside out."""
    table = regions()
    parent = table[name].part_of
    return (name, *region_line(parent)) if parent else (name,)


@cache
def is_spinal(name: str) -> bool:
    """Whether a region lies in the spine."""
    return any(regions()[part].spinal for part in region_line(name))


def overlap(region: str, side: str, other: str, other_side: str) -> bool:
    """Whether two places share ground: one holds the other, and no side keeps them apart."""
    line, other_line = region_line(region), region_line(other)
    if region not in other_line and other not in line:
        return False
    sided = regions()[region].sided and regions()[other].sided
    return not (sided and {side, other_side} == {"left", "right"})


def spoken(date: Date) -> str:
    """A date as people write it in the United States: March 4, 2026."""
    return f"{date:%B} {date.day}, {date.year}"


def joined(words: tuple[str, ...] | list[str], last: str = "and") -> str:
    """Words as a list in a sentence: a, b and c."""
    *head, tail = words
    return f"{', '.join(head)} {last} {tail}" if head else tail


def many(count: int, what: str) -> str:
    """A number of things in words: 1 learner, 2 learners."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def known(word: str, table: dict, what: str) -> str:
    """A word of a closed list, or `Unreadable` with the nearest one."""
    if word not in table:
        raise Unreadable(f"The course does not know the {what} “{word}”.{nearest(word, table)}")
    return word


def day(text: str) -> Date:
    """A date written 2026-03-04. Raises `Unreadable` otherwise."""
    try:
        # Python reads dates written in other ways too, and each version reads more of them.
        if (date := Date.fromisoformat(text)).isoformat() == text:
            return date
    except ValueError:
        pass
    raise Unreadable(f"“{text}” is not a date. Write it as year-month-day: 2026-03-04.")
