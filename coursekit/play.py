"""An exercise in the terminal, through the same desk as in a notebook: numbered prompts, one blank at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from .desk import NOT_TAKEN, Desk
from .model import Unreadable
from .prompts import FORMS, pieces
from .record import StoreTrouble, set_who, who
from .terminal import indented, show_pictures, show_reply

HELP = "Answer each question and press Enter. h: a hint · q: stop. Your answers are kept."


class Stop(Exception):
    """The learner has had enough, or the input has ended."""


class Game:
    """One learner at one desk, an exercise after the other. `read` gives a line of input, as `input` does.

    Where nobody sits there (`waits` is no), an exercise starts afresh, asks all its questions, and then it is over.
    """

    def __init__(self, desk: Desk, out: Console, read: Callable[[], str], waits: bool = True):
        self.desk = desk
        self.out = out
        self.read = read
        self.waits = waits
        self.state: dict[str, Any] = {}

    def play(self, name: str) -> None:
        """Play an exercise, and those that follow it for as long as the learner goes on. Raises `Stop`."""
        self.open(name)
        self.say(HELP, "dim")
        self.header()
        while True:
            if self.state["reply"] is None:
                self.submit()
            self.show()
            self.go_on()

    def introduce(self) -> None:
        """Ask a learner who is not known yet for a name."""
        try:
            while not who():
                if not (name := self.ask("Your name, kept on this machine (Enter: none)")):
                    return
                try:
                    set_who(name)
                except Unreadable as error:
                    self.say(str(error))
        except StoreTrouble as error:
            self.say(str(error), "bold red")

    def open(self, name: str) -> None:
        """Take up an exercise where the learner left it."""
        self.state = self.desk.open(name, None if self.waits else 0)
        if not self.waits:
            self.start_over()

    # Talking ---------------------------------------------------------------------------------------------------------

    def say(self, text: str, style: str = "") -> None:
        """Print a line."""
        self.out.print(Text(text, style=style))

    def ask(self, prompt: str) -> str:
        """Ask until something other than h is typed. Raises `Stop` for q or the end of the input."""
        while True:
            self.out.print(Text(f"{prompt} > ", style="bold"), end="")
            try:
                typed = self.read().strip()
            except EOFError:
                self.say("")
                raise Stop from None
            if not self.waits:
                self.say(typed)
            if typed.lower() in ("q", "quit"):
                raise Stop
            if typed.lower() not in ("h", "hint"):
                return typed
            self.hint()

    def hint(self) -> None:
        """Open the next hint."""
        opened = len(self.state["opened"])
        self.state = self.desk.act(self.state["name"], {"kind": "hint"}, self.state)
        if len(self.state["opened"]) == opened:
            self.say("There are no more hints." if opened else "This exercise has no hints.")
        else:
            self.say(f"Hint {opened + 1} of {self.state['hints']}: {self.state['opened'][-1]}", "yellow")

    def pick(self, prompt: str, known: Sequence[str], least: int, most: int, none: str = "") -> list[str]:
        """Ask for entries of a list by number or name; `none` is the word that stands for an empty choice."""
        while True:
            typed = self.ask(prompt).replace(",", " ").split()
            if none and [word.lower() for word in typed] in ([none], [none[0]]):
                return []
            places = [self.place(word, known) for word in typed]
            if None in places:
                self.say(f"Type numbers from 1 to {len(known)}{f', or {none}' if none else ''}.")
            elif len(set(places)) < len(places):
                self.say("One of them stands there twice.")
            elif not least <= len(places) <= most:
                self.say(f"Type {least if least == most else f'{least} or more'} of the numbers.")
            else:
                return [known[place] for place in places if place is not None]

    def place(self, word: str, known: Sequence[str]) -> int | None:
        """The place in a list that a number or a name means; None for neither."""
        # A number is a place in the list, unless it is the very name of an entry, as the modifier 59 is.
        if word.lower() in (names := [name.lower() for name in known]):
            return names.index(word.lower())
        return int(word) - 1 if word.isascii() and word.isdigit() and 1 <= int(word[:6]) <= len(known) else None

    def numbered(self, texts: Sequence[str]) -> None:
        """Print a numbered list."""
        width = len(str(len(texts)))
        for n, text in enumerate(texts, 1):
            self.out.print(indented(f"{n:>{width}}. {text}"))

    # An exercise -----------------------------------------------------------------------------------------------------

    def header(self) -> None:
        """Print title, facts, text and note."""
        state, crumb = self.state, self.state["crumb"]
        self.say("")
        self.say(state["title"], "bold")
        self.say(f"{crumb['notebook']} · {crumb['number']} of {crumb['of']} · {state['name']}", "dim")
        for what, text in state["facts"]:
            self.say(f"{what}: {text}")
        for text in (state["text"], state["note"]):
            if text:
                self.say("")
                self.out.print(indented(text))
        show_pictures(self.out, state["pictures"])
        if state["earlier_wording"]:
            self.say("You answered an earlier wording of this exercise; here is the new one.", "dim")
        if state["trouble"]:
            self.say(state["trouble"], "bold red")

    def submit(self) -> None:
        """Ask the question, and put the answer to the desk until it can be read."""
        ask, begun = self.state["ask"], time.monotonic()
        if len(self.state["forms"]) > 1:
            self.say(f"\nQuestion {self.state['at'] + 1} of {len(self.state['forms'])}", "dim")
        self.say(("" if len(self.state["forms"]) > 1 else "\n") + ask["question"], "bold")
        answer = FORMS[ask["form"]](self, ask)
        message = {"kind": "submit", "answer": answer, "seconds": round(time.monotonic() - begun, 1)}
        self.state = self.desk.act(self.state["name"], message, self.state)

    def show(self) -> None:
        """Print what the desk said to the last answer."""
        # Options, cards and steps are named by what feedback says about each; these answers speak for themselves.
        was_taken = self.state["reply"]["status"] not in NOT_TAKEN
        if was_taken and self.state["ask"]["form"] in ("complete", "audit", "number"):
            self.say(f"\nYour answer: {self.state['answer']}", "dim")
        show_reply(self.out, self.state, self.names())

    def names(self) -> dict[str, str]:
        """What feedback calls an option, card, step or piece, in words."""
        ask = self.state["ask"]
        entries = [pair for key in ("options", "cards", "steps") for pair in ask.get(key, ())]
        names = dict(entries)
        if ask["form"] == "support":
            names |= {str(n): f"{n}. {text}" for n, text in enumerate(pieces(self.state), 1)}
        return names | ({"number": f"{self.state['answer']} {ask['unit']}"} if ask["form"] == "number" else {})

    def go_on(self) -> None:
        """After a reply: the next question, the next exercise, or another try. Raises `Stop` at the end."""
        reply = self.state["reply"]
        if reply["status"] == "invalid":
            self.state = {**self.state, "reply": None}
        elif reply["next_form"]:
            if self.again("Enter: the next question"):
                return
            self.state = self.desk.act(self.state["name"], {"kind": "go_on"}, self.state)
            if not self.waits:
                self.start_over()
        elif not self.waits and _is_done(reply):
            raise Stop
        elif following := reply["next"]:
            if self.again(f"Enter: on to “{following['title']}”"):
                return
            self.open(following["name"])
            self.header()
        elif reply["status"] == "refused":
            self.say("")
            raise Stop
        elif _is_done(reply):
            if not self.again("This was the last exercise of the notebook. Enter: stop"):
                raise Stop
        else:
            self.say("")
            self.say("Try again.", "bold")
            self.start_over()

    def again(self, prompt: str) -> bool:
        """Whether the learner wants to answer the same question once more."""
        if not self.waits:
            return False
        self.say("")
        if self.ask(f"{prompt} · r: answer this one again").lower() not in ("r", "again"):
            return False
        self.start_over()
        return True

    def start_over(self) -> None:
        """Empty the form; attempts stay."""
        self.state = self.desk.act(self.state["name"], {"kind": "start_over"}, self.state)


def _is_done(reply: Mapping[str, Any]) -> bool:
    return reply["solved"] or reply["status"] in ("recorded", "refused") or bool(reply["answers"])
