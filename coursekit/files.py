"""Reads one exercise, solution or case file into the nouns. The only place that knows their YAML keys."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from . import tables
from .engine import said_in
from .keyed import read_number
from .model import FIELDS, FORMS, Case, Claim, Document, Exercise, Key, Misstep, Service, Solution, Told, Unreadable
from .reading import LOADERS, Node, checked, nearest, read
from .showing import SIDES, clock, read_shows, read_shows_after
from .tables import day

BLANK = "_"
CASE_KEYS = ("date", "payer", "provider", "note")
CASE_FORMS = ("complete", "audit", "support")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_GIVEN_UNITS = re.compile(r"[1-9][0-9]?")


# Exercises -----------------------------------------------------------------------------------------------------------


def _ids(node: Node, what: str, least: int, most: int) -> dict[str, str]:
    table = {id: said.text.strip() for id, said in node.entries.items()}
    for id, said in node.entries.items():
        if not _NAME.fullmatch(id):
            raise said.bad(f"“{id}” is not an id: small letters, digits and underscores, a letter first.")
    if not least <= len(table) <= most:
        raise node.bad(f"This form takes {least} to {most} {what}; the number here is {len(table)}.")
    return table


def _blank_line(node: Node) -> dict:
    """One line of a `complete` form: what is given and what is left blank."""
    words = node.text.split()
    if not words:
        raise node.bad("A line of the claim is empty.")
    code, units, modifiers = words[0], 1, words[1:]
    if modifiers and modifiers[0].lower().startswith("x"):
        counted = modifiers.pop(0)[1:]
        units = None if counted == BLANK else counted
        if units is not None and not _GIVEN_UNITS.fullmatch(units):
            raise node.bad(f"“x{counted}” is neither units, such as x1, nor the blank x_.")
    given = [word for word in modifiers if word != BLANK]
    known = [*given, *([code] if code != BLANK else [])]
    for word, table, what in zip(known, [tables.modifiers()] * len(given) + [tables.codes()],
                                 ["modifier"] * len(given) + ["code"], strict=False):  # fmt: skip
        checked(node, lambda _, word=word, table=table, what=what: tables.known(word, table, what))
    return {
        "code": None if code == BLANK else code,
        "units": None if units is None else int(units),
        "given": given,
        "blank_modifiers": BLANK in modifiers,
    }


def _complete(node: Node) -> dict:
    lines = [_blank_line(item) for item in node.items]
    if not any(line["code"] is None or line["units"] is None or line["blank_modifiers"] for line in lines):
        raise node.bad(
            f"There is no blank to fill. Write {BLANK} for a code, x{BLANK} for units, {BLANK} for modifiers."
        )
    return {"lines": lines}


def _claim(node: Node) -> Claim:
    def work(text: str) -> Claim:
        claim = Claim.parse(text)
        for line in claim.lines:
            tables.known(line.code, tables.codes(), "code")
            for modifier in line.modifiers:
                tables.known(modifier, tables.modifiers(), "modifier")
        return claim

    return checked(node, work)


def _support(node: Node) -> dict:
    row = node.fields("claim line")
    claim = _claim(row["claim"])
    return {"claim": claim, "line": row["line"].one_of(claim.labelled, "line of this claim")}


def _options(least: int, most: int) -> Callable[[Node], dict]:
    def read_options(node: Node) -> dict:
        row = node.fields("question options")
        return {"question": row["question"].text.strip(), "options": _ids(row["options"], "options", least, most)}

    return read_options


def _sort(node: Node) -> dict:
    row = node.fields("question bins cards")
    bins, cards = _ids(row["bins"], "bins", 2, 6), _ids(row["cards"], "cards", 3, 16)
    return {"question": row["question"].text.strip(), "bins": bins, "cards": cards}


def _order(node: Node) -> dict:
    row = node.fields("question steps")
    return {"question": row["question"].text.strip(), "steps": _ids(row["steps"], "steps", 3, 12)}


def _number(node: Node) -> dict:
    row = node.fields("question unit")
    return {"question": row["question"].text.strip(), "unit": row["unit"].text.strip()}


FORM_READERS: Mapping[str, Callable[[Node], dict]] = {
    "complete": _complete,
    "audit": lambda node: {"claim": _claim(node)},
    "support": _support,
    "choose": _options(3, 4),
    "select": _options(2, 12),
    "sort": _sort,
    "order": _order,
    "number": _number,
}


# A line this long was broken by its author's editor, and not for its reader.
WRAPPED = 90


def _flowed(text: str) -> str:
    """A text whose long lines run on; short ones, as those of lists and tables, stay as they are."""
    return re.sub(rf"^(.{{{WRAPPED},}})\n(?=\S)", r"\1 ", text.rstrip(), flags=re.MULTILINE)


def _shape(exercise_forms: Mapping[str, dict], case: tuple) -> str:
    """What an answer depends on: a change here makes earlier answers answers to an earlier wording."""
    return json.dumps([exercise_forms, case], sort_keys=True, default=str)


def read_exercise(path: Path, loader: type = LOADERS[0]) -> Exercise:
    """Read one exercise file. Raises `BadFile` with what is wrong, where, and what to do."""
    folder, name = path.parent.name, path.stem
    root = read(path, name=f"exercises/{folder}/{path.name}", loader=loader)
    optional = ["hints", "statements", "text", "shows", "offer", "modifiers", "ask", *CASE_KEYS, *FORMS]
    row = root.fields("title skills", " ".join(optional))
    if not _NAME.fullmatch(name):
        raise root.bad(f"“{name}” is not a name for an exercise: small letters, digits and underscores.")
    for node in row["skills"].items:
        node.one_of(tables.skills(), "skill")
    for node in row["statements"].items if "statements" in row else ():
        node.one_of(tables.published_statements(), "statement")
    forms = {form: FORM_READERS[form](node) for form, node in row.items() if form in FORMS}
    if not forms:
        raise root.bad(f"The exercise asks nothing. Add one of: {', '.join(FORMS)}.")
    given = [key for key in CASE_KEYS if key in row]
    if given and len(given) < len(CASE_KEYS) or not given and any(form in CASE_FORMS for form in forms):
        raise root.bad(f"A case needs all of {', '.join(CASE_KEYS)}; here are {', '.join(given) or 'none of them'}.")
    if "complete" in forms:
        _add_choices(row, forms["complete"])
    elif stray := [key for key in ("offer", "modifiers", "ask") if key in row]:
        raise row[stray[0]].bad(f"“{stray[0]}” belongs to a “complete” form, and there is none here.")
    note = row["note"].text.rstrip() if given else ""
    case = tuple(row[key].text for key in given)
    return Exercise(
        name,
        folder,
        row["title"].text.strip(),
        row["skills"].texts,
        tuple(text.strip() for text in row["hints"].texts) if "hints" in row else (),
        row["statements"].texts if "statements" in row else (),
        _flowed(row["text"].text) if "text" in row else "",
        checked(row["date"], day) if given else None,
        row["payer"].one_of(tables.payers(), "payer") if given else "",
        row["provider"].one_of(tables.providers(), "provider") if given else "",
        note,
        read_shows(row["shows"], bool(given)) if "shows" in row else {},
        forms,
        hashlib.sha256(_shape(forms, case).encode()).hexdigest()[:12],
    )


def _add_choices(row: dict[str, Node], complete: dict) -> None:
    complete["codes"] = (
        tuple(node.one_of(tables.codes(), "code") for node in row["offer"].items) if "offer" in row else ()
    )
    offered = row["modifiers"].items if "modifiers" in row else ()
    complete["modifiers"] = tuple(node.one_of(tables.modifiers(), "modifier") for node in offered)
    complete["may_ask"] = "ask" in row and row["ask"].one_of(("yes", "no"), "answer") == "yes"


# Facts and solutions -------------------------------------------------------------------------------------------------


def occurrences(note: str, words: str) -> int:
    """How often the note says these words, whatever the white space between them."""
    return sum(1 for _ in said_in(note, words))


def _quotes(node: Node, note: str) -> tuple[tuple[str, str], ...]:
    table = {"": node} if isinstance(node.value, str) else node.fields("", " ".join(FIELDS))
    for said in table.values():
        if (count := occurrences(note, said.text)) != 1:
            where = "does not occur in the note, word for word" if count == 0 else f"occurs {count} times in the note"
            raise said.bad(f"“{said.text}” {where}. Quote words that stand there exactly once.")
    return tuple((fact, said.text) for fact, said in table.items())


def _count(least: int, most: int) -> Callable[[str], int]:
    def read_count(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text[:6]) <= most:
            raise Unreadable(f"“{text}” is not a whole number from {least} to {most}.")
        return int(text)

    return read_count


def _service(node: Node, note: str) -> Service:
    row = node.fields("did quote", " ".join(FIELDS[1:]))
    return Service(
        checked(row["did"], tables.technique),
        checked(row["region"], tables.region) if "region" in row else "",
        row["side"].one_of(SIDES, "side") if "side" in row else "",
        checked(row["minutes"], _count(1, 600)) if "minutes" in row else None,
        checked(row["at"], clock) if "at" in row else None,
        row["by"].one_of(tables.providers(), "provider") if "by" in row else "",
        checked(row["encounter"], _count(1, 9)) if "encounter" in row else 1,
        _quotes(row["quote"], note),
        row["because"].text if "because" in row else "",
        "own_need" in row and row["own_need"].one_of(("yes",), "answer") == "yes",
    )


def _document(name: str, node: Node, note: str) -> Document:
    """A fact about the whole visit: a value, or a value with the words of the note that say it."""
    row = {"is": node} if isinstance(node.value, str) else node.fields("is", "quote")
    if name not in tables.documents():
        raise node.bad(f"“{name}” is not a known document.{nearest(name, tables.documents())}")
    holds = tables.documents()[name]
    if holds == ("date",):
        checked(row["is"], day)
    elif holds == ("number",):
        checked(row["is"], _count(0, 999_999))
    else:
        row["is"].one_of(holds, f"value of “{name}”")
    if "quote" in row:
        _quotes(row["quote"], note)
    return Document(row["is"].text, row["quote"].text if "quote" in row else "")


def make_case(row: dict[str, Node], date: object, payer: str, provider: str, note: str) -> Case:
    """The case of a mapping with facts, and with documents and the state of the record where given."""
    documents = row["documents"].entries if "documents" in row else {}
    return Case(
        date,
        payer,
        provider,
        note,
        tuple(_service(item, note) for item in row["facts"].items),
        {name: _document(name, said, note) for name, said in documents.items()},
        row["record"].one_of(("whole",), "state of the record") if "record" in row else "",
    )


def read_case(path: Path) -> Case:
    """Read a case file: date, payer, provider, note and facts in one. Raises `BadFile`."""
    row = read(path, name=str(path)).fields("date payer provider note facts", "documents record")
    payer = row["payer"].one_of(tables.payers(), "payer")
    provider = row["provider"].one_of(tables.providers(), "provider")
    return make_case(row, checked(row["date"], day), payer, provider, row["note"].text.rstrip())


def _told(node: Node) -> Told:
    row = node.fields("says source", "misconception")
    return Told(" ".join(row["says"].text.split()), row["source"].one_of(tables.sources(), "source"), _named(row))


def _named(row: dict[str, Node]) -> str:
    """The misconception that an answer shows, where the author names one."""
    return row["misconception"].one_of(tables.misconceptions(), "misconception") if "misconception" in row else ""


def _told_all(node: Node, ids: Iterable[str], what: str) -> dict[str, Told]:
    entries = node.entries
    for id in ids:
        if id not in entries:
            raise node.bad(f"The {what} “{id}” has no feedback. Every one needs its own.")
    for id, said in entries.items():
        if id not in ids:
            raise said.bad(f"“{id}” is not one of the {what}s of the exercise.{nearest(id, ids)}")
    return {id: _told(entries[id]) for id in ids}


def _key(form: str, node: Node, ask: Mapping) -> Key:
    if form == "number":
        return _number_key(node)
    row = node.fields("right says")
    right = row["right"]
    if form == "choose":
        return Key(right.one_of(ask["options"], "option"), _told_all(row["says"], ask["options"], "option"))
    if form == "select":
        ticked = frozenset(item.one_of(ask["options"], "option") for item in right.items)
        if len(ticked) < len(right.items):
            raise right.bad("One option is named twice.")
        if len(ticked) == len(ask["options"]):
            raise right.bad("Every option is right. At least one must be wrong.")
        return Key(ticked, _told_all(row["says"], ask["options"], "option"))
    if form == "sort":
        placed = {card: node.one_of(ask["bins"], "bin") for card, node in right.entries.items()}
        if placed.keys() != ask["cards"].keys():
            odd = sorted(placed.keys() ^ ask["cards"].keys())
            raise right.bad(f"The cards here and in the exercise differ: {', '.join(odd)}.")
        return Key({card: placed[card] for card in ask["cards"]}, _told_all(row["says"], ask["cards"], "card"))
    steps = tuple(item.one_of(ask["steps"], "step") for item in right.items)
    if sorted(steps) != sorted(ask["steps"]):
        raise right.bad("The right order must name every step of the exercise once.")
    return Key(steps, _told_all(row["says"], ask["steps"], "step"))


def _number_key(node: Node) -> Key:
    row = node.fields("right says", "tolerance wrong")
    right = checked(row["right"], read_number)
    tolerance = checked(row["tolerance"], read_number) if "tolerance" in row else 0.0
    if tolerance < 0:
        raise row["tolerance"].bad("A tolerance is 0 or more.")
    told, values = {"right": _told(row["says"])}, set()
    for item in row["wrong"].items if "wrong" in row else ():
        likely = item.fields("value says source", "misconception")
        value = checked(likely["value"], read_number)
        if abs(value - right) <= tolerance:
            raise likely["value"].bad(f"“{likely['value'].text}” is listed as wrong, and it counts as right.")
        if value in values:
            raise likely["value"].bad(f"“{likely['value'].text}” is listed as wrong twice.")
        values.add(value)
        source = likely["source"].one_of(tables.sources(), "source")
        told[likely["value"].text] = Told(" ".join(likely["says"].text.split()), source, _named(likely))
    return Key(right, told, tolerance)


def _misstep(node: Node) -> Misstep:
    row = node.fields("claim finds misconception thinking")
    finds = {line: said.texts for line, said in row["finds"].entries.items()}
    return Misstep(_claim(row["claim"]), finds, " ".join(row["thinking"].text.split()), _named(row))


def read_solution(path: Path, exercise: Exercise, loader: type = LOADERS[0]) -> Solution:
    """Read the solution of an exercise. Raises `BadFile` with what is wrong, where, and what to do."""
    root = read(path, name=f"solutions/{path.parent.name}/{path.name}", loader=loader)
    keyed = [form for form in exercise.forms if form not in CASE_FORMS]
    derived = any(form in CASE_FORMS for form in exercise.forms)
    required = ["why", *keyed, *(["facts", "claim"] if derived else [])]
    row = root.fields(" ".join(required), "facts documents record claim also missteps shows")
    case = None
    if "facts" in row:
        if exercise.date is None:
            raise row["facts"].bad(
                "The exercise has no case for these facts: it gives no date, payer, provider and note."
            )
        case = make_case(row, exercise.date, exercise.payer, exercise.provider, exercise.note)
    return Solution(
        case,
        _claim(row["claim"]) if "claim" in row else None,
        tuple(_claim(item) for item in row["also"].items) if "also" in row else (),
        row["why"].text.strip(),
        tuple(_misstep(item) for item in row["missteps"].items) if "missteps" in row else (),
        {form: _key(form, row[form], exercise.forms[form]) for form in keyed},
        read_shows_after(row["shows"]) if "shows" in row else {},
    )
