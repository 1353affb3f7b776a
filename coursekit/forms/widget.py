"""The widget: carries the desk's state to the browser and the learner's answers back to the desk."""

from __future__ import annotations

import json
import logging
from collections import deque
from typing import Any

import traitlets

from .base import Widget
from .bundle import module_of
from .static import static_view

_HEARD = ("kind", "answer", "seconds", "certainty", "hints", "who")
# What stays as it is while one form is answered: it goes to the browser once, not with every reply.
_ASKED = (
    "name", "title", "crumb", "text", "facts", "policy", "note", "pictures", "forms", "hints", "at", "ask",
)  # fmt: skip


class Form(Widget):
    """An exercise as a form. `state` is what the desk says and all that the browser gets; it decides nothing itself.

    The desk needs `open(name)` and `first_view(name)`, which give a state, and `act(name, message, state)`, which
    gives the next one. What the desk raises on opening is raised here; what it raises later is shown in the form.
    """

    _esm = module_of("questions", "form")

    asked = traitlets.Dict().tag(sync=True)
    # It travels as text: ipywidgets walks through a tree for what is binary, and a kernel in the browser copies each part.
    said = traitlets.Dict().tag(sync=True, to_json=lambda value, _: json.dumps(value, ensure_ascii=False))

    def __init__(self, desk: Any, name: str):
        asked, said = _parted(desk.open(name))
        super().__init__(asked=asked, said=said)
        self._desk, self._name = desk, name
        self._first = desk.first_view(name)
        self._answered: deque[str] = deque(maxlen=64)
        self.on_msg(self._heard)

    @property
    def state(self) -> dict[str, Any]:
        """What the desk says: `asked` and `said` together."""
        return {**self.asked, **self.said}

    @state.setter
    def state(self, state: dict[str, Any]) -> None:
        """Goes in one message, or the browser would show one half with the other of before."""
        with self.hold_sync():
            self.asked, self.said = _parted(state)

    def _heard(self, _widget: Any, content: dict[str, Any], _buffers: Any) -> None:
        turn = str(content.get("turn", ""))
        # A message comes twice when the kernel was slow and the learner pressed again. It counts once, and its answer,
        # which may have been lost on its way, is given again.
        if turn and turn in self._answered:
            return self.send_state(("asked", "said"))
        self._answered.append(turn)
        message = {key: content[key] for key in _HEARD if key in content}
        self.state = {**self._next(message), "turn": turn}

    def _next(self, message: dict[str, Any]) -> dict[str, Any]:
        try:
            return self._desk.act(self._name, message, self.state)
        except Exception as error:
            logging.getLogger("coursekit").exception("The form of %s could not %s.", self._name, message.get("kind"))
            said = " ".join(str(error).split())[:300]
            trouble = (
                f"The course itself failed here ({type(error).__name__}: {said}). "
                "This is not your mistake and was not counted; what you filled in is still here."
            )
            return {**self.state, "trouble": trouble}

    def __repr__(self) -> str:
        return f"Exercise: {self._first['title']}"

    def _static_html(self) -> str:
        return static_view(self._first)


def _parted(state: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    asked = {key: state[key] for key in _ASKED if key in state}
    return asked, {key: value for key, value in state.items() if key not in asked}
