"""The widget that gives a learner's work to the browser, which saves it as a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import traitlets

from ..model import Unreadable
from ..record import StoreTrouble, set_who, who
from ..tables import many
from .base import Widget
from .bundle import module_of
from .saving import MARK

TRY_IT = "Run this cell to save your answers as a file."


class Hand(Widget):
    """A button that saves the learner's work. `work_of(name)` gives it, or raises `Unreadable` or `StoreTrouble`.

    The work is asked for when the button is pressed, so it holds every answer up to then, and it is never part of the
    notebook.
    """

    _esm = module_of("handing")

    who = traitlets.Unicode().tag(sync=True)

    def __init__(self, work_of: Callable[[], Any]):
        super().__init__(who=_known())
        self._work_of = work_of
        self.on_msg(self._heard)

    def _heard(self, _widget: Any, content: dict[str, Any], _buffers: Any) -> None:
        if content.get("kind") != "save":
            return
        try:
            self.who = _known() or set_who(str(content.get("who", ""))[:200])
            work = self._work_of()
        except (Unreadable, StoreTrouble) as error:
            self.send({"says": str(error)})
            return
        says = f"{work.file}, with {many(work.attempts, 'answer')} of {work.learner}, goes where your browser saves downloads. Hand in this file."
        self.send({"file": work.file, "text": work.text, "says": says})

    def __repr__(self) -> str:
        return "A button that saves your answers as a file"

    def _static_html(self) -> str:
        return f'<div class="{MARK}"><p><i>{TRY_IT}</i></p></div>'


def _known() -> str:
    try:
        return who()
    except StoreTrouble:
        return ""
