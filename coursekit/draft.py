"""What the engine makes of an author's facts, as the skeleton of a solution file.

The claim stays empty on purpose: the author works it out by hand from the note, and a test compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from . import files, tables
from .course import Course
from .engine import findings, pieces, right_claims
from .model import Case, Claim, Exercise
from .reading import read
from .readings import visits
from .rules import WHY

MOST_MISSTEPS = 6


def skeleton(course: Course, name: str) -> str:
    """The skeleton of the solution of an exercise, as YAML. Facts are taken from the solution file if it has any.

    Raises `Unreadable` for an unknown exercise and `BadFile` for facts that cannot be read.
    """
    exercise = course.exercise(name)
    path = course.root / "solutions" / exercise.folder / f"{exercise.name}.yaml"
    lines = [f"# solutions/{exercise.folder}/{exercise.name}.yaml"]
    if exercise.note:
        lines += _case_lines(exercise, path)
    for form, ask in exercise.forms.items():
        if form not in files.CASE_FORMS:
            lines += _key_lines(form, ask)
    return "\n".join([*lines, "why: |", "  ", ""])


# A case --------------------------------------------------------------------------------------------------------------


def _case_lines(exercise: Exercise, path: Path) -> Iterator[str]:
    row = read(path, name=f"solutions/{exercise.folder}/{path.name}").entries if path.exists() else {}
    yield "facts:"
    if "facts" not in row:
        yield "# Found in the note by their names. Check each, and add region, side, minutes, at and what was missed."
        yield from _proposed(exercise.note)
        yield "# With facts in the file, the engine shows here what they amount to."
        yield "claim:"
        return
    yield from _as_written(path)
    case = files.make_case(row, exercise.date, exercise.payer, exercise.provider, exercise.note)
    right = right_claims(case)
    yield from (f"# {line}" for line in _amounts(case))
    yield "claim:"
    yield f"# The engine finds {tables.many(sum(right.values()), 'best claim')}; yours must be among them."
    if also := [str(claim) for claim, best in right.items() if not best]:
        yield "also:"
        yield from (f"- {claim}" for claim in also)
    yield from _missteps(case, [claim for claim, best in right.items() if best])


def _proposed(note: str) -> Iterator[str]:
    names = {word.lower(): row.name for row in tables.techniques().values() for word in (row.name, *row.also)}
    known = re.compile(r"\b(" + "|".join(map(re.escape, sorted(names, key=len, reverse=True))) + r")\b", re.IGNORECASE)
    for start, end in pieces(note):
        for found in known.finditer(note[start:end]):
            yield f"- did: {names[found[1].lower()]}"
            yield f"  quote: {' '.join(note[start:end].split())}"


def _as_written(path: Path) -> Iterator[str]:
    """The facts of the file as the author wrote them, with what else belongs to the case."""
    copying = False
    for line in path.read_text("utf-8").splitlines():
        if re.match(r"\w+:", line):
            word = line.partition(":")[0]
            copying = word in ("facts", "documents", "record")
            if word == "facts":
                continue
        if copying and line.strip():
            yield line


def _amounts(case: Case) -> Iterator[str]:
    known = visits(case)
    payer = tables.payers()[case.payer]
    yield f"What these facts amount to for {payer.name} ({payer.counting}) on {case.date}:"
    if len(known) > 1:
        yield f"  There are {len(known)} right ways to read them (contested techniques, minutes that tie). The first:"
    visit = known[0]
    for service, code in visit.reading:
        where = " ".join(filter(None, [service.side, service.region]))
        minutes = f"{service.minutes} minutes" if service.minutes else ""
        yield f"  {', '.join(filter(None, [service.did, where, minutes]))}: {code or 'no code'}"
    yield f"  Earned: {_codes(visit.earned)}"
    for edit, shown in visit.pairs(frozenset(visit.earned)):
        reasons = ", ".join(WHY[ground] for ground in edit.opens if ground in shown) or "no reason to stand apart"
        yield f"  {edit.column_one} and {edit.column_two}: indicator {edit.indicator}; the note shows {reasons}"
    for code in visit.gaps:
        yield f"  {code} has a gap: the note does not say its {visit.gaps[code]}"
    yield f"  Due: {_codes(visit.due)}"


def _codes(table: Mapping[str, int]) -> str:
    return ", ".join(f"{code} x{units}" for code, units in sorted(table.items())) or "nothing"


def _missteps(case: Case, best: list[Claim]) -> Iterator[str]:
    seen: set[tuple] = set()

    def wrong() -> Iterator[tuple[Claim, dict[str, list[str]]]]:
        for claim in dict.fromkeys(other for one in best for other in _slips(one)):
            finds: dict[str, list[str]] = {}
            for found in findings(case, claim):
                if not found.advice:
                    finds.setdefault(found.line, []).append(found.rule)
            what = tuple((line, *rules) for line, rules in finds.items())
            if finds and what not in seen:
                seen.add(what)
                yield claim, finds

    some = list(islice(wrong(), MOST_MISSTEPS))
    if some:
        yield "missteps:"
    for claim, finds in some:
        yield f"- claim: {claim}"
        yield "  finds:"
        for line, rules in finds.items():
            said = rules[0] if len(rules) == 1 else f"[{', '.join(rules)}]"
            yield f"    {line}: {said}" if line else f'    "": {said}'
        yield "  misconception:"
        yield "  thinking:"


def _slips(claim: Claim) -> Iterator[Claim]:
    """The claims that people write instead: a modifier forgotten or everywhere, a line dropped, a unit too many."""
    distinct = tables.distinct_modifiers()
    yield replace(claim, lines=tuple(replace(line, modifiers=_less(line.modifiers, distinct)) for line in claim.lines))
    yield replace(
        claim,
        lines=tuple(
            replace(line, modifiers=tuple(sorted({*_less(line.modifiers, distinct), "59"}))) for line in claim.lines
        ),
    )
    for line in claim.lines:
        rest = tuple(one for one in claim.lines if one is not line)
        yield replace(claim, lines=rest)
        yield replace(claim, lines=(*rest, replace(line, units=line.units + 1)))


def _less(modifiers: tuple[str, ...], gone: frozenset[str]) -> tuple[str, ...]:
    return tuple(name for name in modifiers if name not in gone)


# A key ---------------------------------------------------------------------------------------------------------------


def _key_lines(form: str, ask: Mapping[str, Any]) -> Iterator[str]:
    yield f"{form}:"
    if form == "number":
        yield from ("  right:", "  says:", "    says:", "    source:", "  wrong:")
        yield from ("  - value:", "    says:", "    source:")
        return
    entries = ask.get("options") or ask.get("cards") or ask.get("steps")
    if form == "sort":
        yield f"  right:  # bins: {', '.join(ask['bins'])}"
        yield from (f"    {id}:" for id in entries)
    elif form == "choose":
        yield f"  right:  # one of {', '.join(entries)}"
    else:
        yield f"  right:  # {'in the right order' if form == 'order' else 'those that are right'}"
        yield from (f"  - {id}" for id in entries)
    yield "  says:"
    for id, text in entries.items():
        yield f"    {id}:  # {' '.join(text.split())}"
        yield from ("      says:", "      source:")
