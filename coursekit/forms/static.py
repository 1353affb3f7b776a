"""An exercise or explorer as plain HTML, for wherever no kernel runs: GitHub, nbviewer, print, a notebook just opened.

Made from the first view alone. It is saved in the notebook, and a notebook holds neither answers nor replies.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from ..pictures import in_words
from .saving import MARK

GO_ON = "Run this cell to go on; your answers are kept."
TRY_IT = "Run this cell to change the settings and see what the rules answer."


def static_view(view: Mapping[str, Any]) -> str:
    """Title, note and question of a first view as HTML without styles, scripts or controls. All text is escaped."""
    ask = view["ask"]
    facts = " · ".join(f"{escape(what)}: {escape(said)}" for what, said in view["facts"])
    title, question = f"<b>{escape(view['title'])}</b>", escape(ask["question"])
    pictures = [escape(in_words(picture)) for picture in view["pictures"]]
    parts = [
        title,
        facts,
        *map(_text, re.split(r"\n{2,}", view["text"].rstrip())),
        _note(view["note"]),
        *pictures,
        question,
    ]
    body = "".join(part if part.startswith("<pre") else f"<p>{part}</p>" for part in parts if part)
    return f'<div class="{MARK}">{body}{_list(_asked(ask))}<p><i>{GO_ON}</i></p></div>'


def static_explorer(state: Mapping[str, Any]) -> str:
    """Title and purpose of an explorer, and what can be changed in it, as HTML."""
    asked = (f"{group['legend']}: {', '.join(one['label'] for one in group['fields'])}" for group in state["groups"])
    body = f"<p><b>{escape(state['title'])}</b></p><p>{escape(state['about'])}</p>"
    return f'<div class="{MARK}">{body}{_list(asked)}<p><i>{TRY_IT}</i></p></div>'


def _text(text: str) -> str:
    # Two spaces in a row are a table's columns.
    return f"<pre>{escape(text.rstrip())}</pre>" if "  " in text else _note(text)


def _note(note: str) -> str:
    return "<br>".join(escape(line) for line in note.rstrip().splitlines())


def _list(lines: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""


def _asked(ask: Mapping[str, Any]) -> list[str]:
    """What the question is about, one text a line, with underscores for blanks."""
    if ask["form"] == "complete":
        return [_blank_line(line) for line in ask["lines"]]
    if ask["form"] == "audit":
        return [" ".join((line["code"], f"x{line['units']}", *line["modifiers"])) for line in ask["lines"]]
    if ask["form"] == "support":
        return [ask["claim"]]
    return [text for _, text in ask.get("options") or ask.get("cards") or ask.get("steps") or ()]


def _blank_line(line: Mapping[str, Any]) -> str:
    blank = ["_"] if line["blank_modifiers"] else []
    return " ".join((line["code"] or "_", f"x{line['units'] or '_'}", *line["given"], *blank))
