"""The widget of an explorer: carries settings from the browser to the rules, and their answer back."""

from __future__ import annotations

import logging
from typing import Any

import traitlets

from ..explorers import first_state, next_state
from .base import Widget
from .bundle import module_of
from .static import static_explorer


class Explorer(Widget):
    """One of the explorers, by name. Raises `Unreadable` for a name that is none."""

    _esm = module_of("explore")

    state = traitlets.Dict().tag(sync=True)

    def __init__(self, what: str):
        super().__init__(state=first_state(what))
        self._what = what
        self.on_msg(self._heard)

    def _heard(self, _widget: Any, content: dict[str, Any], _buffers: Any) -> None:
        settings = content.get("settings")
        if not isinstance(settings, dict):
            return
        turn = str(content.get("turn", ""))[:60]
        try:
            self.state = {**self.state, "turn": turn, **next_state(self._what, settings)}
        except Exception as error:
            logging.getLogger("coursekit").exception("The explorer of %s could not answer.", self._what)
            said = " ".join(str(error).split())[:300]
            trouble = f"The course itself failed here ({type(error).__name__}: {said}). This is not your mistake."
            result = {**self.state["result"], "trouble": trouble}
            self.state = {**self.state, "turn": turn, "settings": settings, "result": result}

    def __repr__(self) -> str:
        return f"Explorer: {self.state['title']}"

    def _static_html(self) -> str:
        return static_explorer(self.state)
