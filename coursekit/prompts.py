"""The eight forms as questions in a terminal: each asks until it has an answer, and gives it as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .engine import MISSING
from .model import MOST_UNITS
from .reading import nearest

if TYPE_CHECKING:
    from .play import Game

MOST_LISTED = 12


def _choose(game: Game, ask: Mapping[str, Any]) -> str:
    game.numbered([text for _, text in ask["options"]])
    return game.pick("Number", [id for id, _ in ask["options"]], 1, 1)[0]


def _select(game: Game, ask: Mapping[str, Any]) -> str:
    game.numbered([text for _, text in ask["options"]])
    picked = game.pick("Numbers, or none", [id for id, _ in ask["options"]], 1, len(ask["options"]), "none")
    return " ".join(picked) or "none"


def _sort(game: Game, ask: Mapping[str, Any]) -> str:
    game.numbered([label for _, label in ask["bins"]])
    bins = [id for id, _ in ask["bins"]]
    placed = []
    for card, text in ask["cards"]:
        placed.append(f"{card}={game.pick(f'{text}: number', bins, 1, 1)[0]}")
    return ", ".join(placed)


def _order(game: Game, ask: Mapping[str, Any]) -> str:
    game.numbered([text for _, text in ask["steps"]])
    steps = [id for id, _ in ask["steps"]]
    return " ".join(game.pick("All numbers, first step first", steps, len(steps), len(steps)))


def _number(game: Game, ask: Mapping[str, Any]) -> str:
    while not (typed := game.ask(ask["unit"].capitalize())):
        game.say("Type a number.")
    return typed


def _audit(game: Game, ask: Mapping[str, Any]) -> str:
    game.numbered([text for _, text in ask["headings"]])
    headings = [id for id, _ in ask["headings"]]
    marks = []
    for line in ask["lines"]:
        said = " ".join([line["code"], f"x{line['units']}", *line["modifiers"]])
        picked = game.pick(f"{said}: numbers, or ok", headings, 1, len(headings), "ok")
        marks.append(f"{line['label']}: {' + '.join(picked) or 'ok'}")
    if _yes(game, "Is a line missing from this claim? y or n"):
        marks.append(MISSING)
    return ", ".join(marks)


def _yes(game: Game, prompt: str) -> bool:
    while (typed := game.ask(prompt).lower()) not in ("y", "yes", "n", "no"):
        game.say("Type y or n.")
    return typed.startswith("y")


def pieces(state: Mapping[str, Any]) -> list[str]:
    """The pieces of the note, one line each."""
    return [" ".join(state["note"][start:end].split()) for start, end in state["ask"]["pieces"]]


def _support(game: Game, ask: Mapping[str, Any]) -> str:
    game.say(f"The claim: {ask['claim']}")
    texts = pieces(game.state)
    game.numbered(texts)
    places = [str(n) for n in range(1, len(texts) + 1)]
    return f"{ask['line']}: {' '.join(game.pick('Numbers', places, 1, len(places)))}"


class _Instead(Exception):
    """A line is not billed, or put to the provider, instead of being filled in."""


def _complete(game: Game, ask: Mapping[str, Any]) -> str:
    names = [name for name, _ in ask["modifiers"]]
    if any(line["blank_modifiers"] for line in ask["lines"]):
        game.say("Modifiers:")
        game.numbered([f"{name}  {label}" for name, label in ask["modifiers"]])
    codes = dict(ask["codes"])
    if 0 < len(codes) <= MOST_LISTED:
        game.say("Codes:")
        game.numbered([f"{code}  {label}" for code, label in codes.items()])
    billed = []
    for n, line in enumerate(ask["lines"], 1):
        blanks = line["code"] is None or line["units"] is None or line["blank_modifiers"]
        given = " ".join(
            [line["code"] or "_", f"x{line['units'] or '_'}", *line["given"], *["_"] * line["blank_modifiers"]]
        )
        game.say(f"Line {n}: {given}")
        if blanks:
            may = " · 0: do not bill this line" + (" · a: ask the provider" if ask["may_ask"] else "")
            billed += _line(game, line, codes, names, may)
        else:
            billed.append(given)
    return ", ".join(billed) or "nothing"


def _line(game: Game, line: Mapping[str, Any], codes: Mapping[str, str], names: Sequence[str], may: str) -> list[str]:
    code = line["code"]
    try:
        code = code or _code(game, codes, may)
        units = line["units"] or _units(game, may)
        chosen = _modifiers(game, names, may) if line["blank_modifiers"] else []
    except _Instead as instead:
        if instead.args == ("0",):
            return []
        return [f"{code or _code(game, codes, '')} ask"]
    return [" ".join([code, f"x{units}", *line["given"], *chosen])]


def _blank(game: Game, prompt: str, may: str) -> str:
    typed = game.ask(prompt + may)
    if may and (typed == "0" or typed.lower() == "a" and "a: ask" in may):
        raise _Instead(typed.lower())
    return typed


def _code(game: Game, codes: Mapping[str, str], may: str) -> str:
    known = list(codes)
    while True:
        typed = _blank(game, "  Code" if len(known) <= MOST_LISTED else "  Code (? lists them)", may).upper()
        if typed == "?":
            game.numbered([f"{code}  {label}" for code, label in codes.items()])
        elif (place := game.place(typed, known)) is not None:
            return known[place]
        else:
            game.say(f"“{typed}” is not one of the codes here.{nearest(typed, known)}")


def _units(game: Game, may: str) -> int:
    while True:
        typed = _blank(game, "  Units", may)
        if typed.isascii() and typed.isdigit() and 1 <= int(typed[:6]) <= MOST_UNITS:
            return int(typed)
        game.say(f"Units are whole numbers from 1 to {MOST_UNITS}.")


def _modifiers(game: Game, names: Sequence[str], may: str) -> list[str]:
    while True:
        typed = _blank(game, "  Modifiers: names or numbers, or none", may).upper().replace(",", " ").split()
        if typed in (["NONE"], ["N"]):
            return []
        places = [game.place(word, names) for word in typed]
        if typed and None not in places:
            return [names[place] for place in sorted({place for place in places if place is not None})]
        game.say(f"Type {', '.join(names)}, or none.")


FORMS: Mapping[str, Callable[[Game, Mapping[str, Any]], str]] = {
    "complete": _complete,
    "audit": _audit,
    "support": _support,
    "choose": _choose,
    "select": _select,
    "sort": _sort,
    "order": _order,
    "number": _number,
}
