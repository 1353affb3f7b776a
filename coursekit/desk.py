"""The one seam that the form, the terminal and tests call: an answer goes in, a reply comes out.

Whether the answer is graded here, only recorded (a sealed course holds no solutions) or graded by a service is for
the desk to know; those who ask see the same reply.
"""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from . import feedback, tables
from .course import Course
from .engine import MOST_ANSWER, check_words, grade, pieces, read_audit
from .grader import ON_ITS_WAY, Grader, Heard
from .keyed import read_number
from .model import DISPUTE, HEADINGS, Attempt, Claim, Exercise, Grade, Solution, Unreadable
from .pictures import shown_first
from .record import Store, StoreTrouble, now, own_attempts, set_who, who
from .terms import Release, is_late

SURE = "sure"
# What a seed may put in another order; bins, headings and codes stand as they are.
MIXED = ("options", "cards", "steps")
# An answer that cannot be read, and one that the terms of a release do not take: neither is kept.
NOT_TAKEN = ("invalid", "refused")
# One that a service could not take yet: it is kept later.
WAITING = "waiting"
MOST_DISPUTE = 1_000


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to an answer: `shown` is all that is told of it.

    `status` is graded, recorded, invalid or refused, or "waiting" for a grading service that is away.
    """

    status: str
    grade: Grade | None
    shown: Mapping[str, Any]


class Desk:
    """Takes answers for one course. Course and store are found as everywhere else unless given."""

    def __init__(self, course: Course | Path | str | None = None, store: Store | None = None):
        self._course = Course(Path(course)) if isinstance(course, str | Path) else course
        self._store = store

    @cached_property
    def course(self) -> Course:
        """The course whose exercises are asked here."""
        return self._course or Course.find()

    @cached_property
    def grader(self) -> Grader | None:
        """The service that grades and keeps attempts, where the environment names one."""
        return None if self._store else Grader.named(self.course.id)

    @cached_property
    def store(self) -> Store | Grader:
        """Where attempts are kept."""
        return self._store or self.grader or Store(course_id=self.course.id)

    # Answering -------------------------------------------------------------------------------------------------------

    def submit(
        self,
        exercise: str,
        form: str,
        answer: str,
        *,
        hints: int = 0,
        seconds: float | None = None,
        certainty: str = "",
    ) -> Reply:
        """Grade or record an answer and keep it as an attempt. An unreadable answer is invalid, and not an attempt.

        Neither is one that comes before a release opens, or after all its tries: it is refused. The attempt is committed
        when this returns, or the reply's `trouble` says why it was not (a waiting one is then tried again).
        Raises `Unreadable` for an exercise that the course does not have.
        """
        asked = self.course.exercise(exercise)
        if self.grader:
            return self._sent(asked, form, answer, hints, seconds, certainty)
        solution, at = self.course.solution(exercise), now()
        if refused := self._refused(asked, form, at):
            return Reply("refused", None, refused)
        try:
            graded = self._grade(asked, solution, form, answer)
        except Unreadable as error:
            return Reply("invalid", None, empty("invalid", str(error)))
        tries, trouble = self._keep(asked, form, answer, hints, seconds, certainty, at)
        return self._reply(asked, solution, form, graded, tries, at, trouble)

    @property
    def _terms(self) -> Release:
        return self.course.release

    def _refused(self, exercise: Exercise, form: str, at: str) -> dict[str, Any] | None:
        """What is said to an answer that the terms of the release do not take, whatever the answer is."""
        if self._terms.waits(at):
            return empty("refused", f"{self._terms.not_yet} This one was not kept, and not counted as a try.")
        if self._terms.tries is None or form not in exercise.forms:
            return None
        try:
            mine = [one for one in own_attempts(self.store, exercise.name) if one.form == form]
        except StoreTrouble:
            # Keeping the answer will say what is wrong.
            return None
        # A try at an earlier wording does not cost one at this.
        if not self._terms.used_up(sum(one.fingerprint == exercise.fingerprint for one in mine)):
            return None
        told = {"tries": len(mine), **self._onward(exercise, form, True)}
        return empty("refused", self._terms.no_more) | told

    def _grade(self, exercise: Exercise, solution: Solution | None, form: str, answer: str) -> Grade | None:
        if form not in exercise.forms:
            raise Unreadable(f"{exercise.name} does not ask “{form}”; it asks {tables.joined(list(exercise.forms))}.")
        if solution is None:
            _check(exercise, form, answer)
            return None
        return grade(exercise, solution, form, answer)

    def _keep(
        self, exercise: Exercise, form: str, answer: str, hints: int, seconds: float | None, certainty: str, at: str
    ) -> tuple[int, str]:
        """Keep the attempt; how many there are of this form now, and what went wrong if anything did."""
        try:
            self.store.keep(self._attempt(exercise, form, answer, hints, seconds, certainty, at))
            return sum(one.form == form for one in own_attempts(self.store, exercise.name)), ""
        except StoreTrouble as error:
            return 1, str(error)

    def _attempt(
        self, exercise: Exercise, form: str, answer: str, hints: int, seconds: float | None, certainty: str, at: str
    ) -> Attempt:
        return Attempt(
            uuid.uuid4().hex, who(), self.store.course_id, exercise.name, exercise.fingerprint, form, answer,
            SURE if certainty == SURE else "", min(max(hints, 0), len(exercise.hints)), seconds, at,
        )  # fmt: skip

    def _sent(
        self, exercise: Exercise, form: str, answer: str, hints: int, seconds: float | None, certainty: str
    ) -> Reply:
        """What the grading service says to an answer. What nobody could grade is not sent."""
        try:
            self._grade(exercise, None, form, answer)
        except Unreadable as error:
            return Reply("invalid", None, empty("invalid", str(error)))
        return _heard(self.grader.send(self._attempt(exercise, form, answer, hints, seconds, certainty, now())))

    def _reply(
        self,
        exercise: Exercise,
        solution: Solution | None,
        form: str,
        graded: Grade | None,
        tries: int,
        at: str,
        trouble: str = "",
    ) -> Reply:
        # After the last try that a release allows there is nothing left to keep back.
        earned = max(tries, feedback.TRIES_BEFORE_ANSWER) if self._terms.used_up(tries) else tries
        if graded is None:
            shown = empty("recorded", "Recorded. This course is graded by your instructor.") | {"tries": tries}
        else:
            shown = feedback.explain(exercise, solution, form, graded, earned) | {"tries": tries}
        if is_late(at, self._terms.closes):
            shown["headline"] += f" {self._terms.too_late}"
        done = graded is None or graded.solved or earned >= feedback.TRIES_BEFORE_ANSWER
        shown |= {"trouble": trouble, **self._onward(exercise, form, done)}
        return Reply(shown["status"], graded, shown)

    def _onward(self, exercise: Exercise, form: str, done: bool) -> dict[str, Any]:
        """Where to go from a form: on to the next one of the exercise, else to the next exercise of the notebook."""
        more = done and form != list(exercise.forms)[-1]
        following = self.course.after(exercise.name) if done and not more else None
        return {
            "next_form": more,
            "next": {"name": following, "title": self.course.exercise(following).title} if following else None,
        }

    def dispute(self, name: str, because: str) -> str:
        """Keep what a learner has to say against the grade of an exercise; it travels with the submission.

        Raises `Unreadable` for an unknown exercise or an empty or too long text, and `StoreTrouble`.
        """
        exercise, said = self.course.exercise(name), " ".join(_legible(because).split())
        if not 1 <= len(said) <= MOST_DISPUTE:
            raise Unreadable(
                f"Say in 1 to {MOST_DISPUTE:,} characters what you think is wrong, and where it is written."
            )
        attempt = self._attempt(exercise, DISPUTE, said, 0, None, "", now())
        if not self.grader:
            self.store.keep(attempt)
        elif (reply := _heard(self.grader.send(attempt))).status != "recorded":
            return str(reply.shown["trouble"] or reply.shown["headline"])
        return f"Kept. What you say about “{exercise.title}” goes with your answers when you hand them in."

    def hint(self, name: str, n: int) -> str:
        """The n-th hint of an exercise, from 1; "" when there are no more."""
        hints = self.course.exercise(name).hints
        return hints[n - 1] if 1 <= n <= len(hints) else ""

    # What a learner sees ---------------------------------------------------------------------------------------------

    def first_view(self, name: str) -> dict[str, Any]:
        """The state of an exercise before any answer, made from the exercise file alone."""
        exercise = self.course.exercise(name)
        notebook, number, of = self.course.place(name)
        return {
            "name": exercise.name,
            "title": exercise.title,
            "crumb": {"notebook": notebook, "number": number, "of": of},
            "text": exercise.text,
            "facts": _facts(exercise) + self._terms.facts(),
            "policy": [list(block) for block in tables.policy(exercise.payer)],
            "note": exercise.note,
            "pictures": shown_first(exercise.shows, exercise.payer, exercise.date),
            "forms": list(exercise.forms),
            "at": 0,
            "ask": self._asked(exercise, 0),
            "hints": len(exercise.hints),
            "opened": [],
            "tries": 0,
            "answer": "",
            "earlier_wording": False,
            "reply": None,
            "trouble": "",
            "who": "",
        }

    def _asked(self, exercise: Exercise, at: int) -> dict[str, Any]:
        """What the form at this place asks, in the order that the release gives this learner."""
        ask = asked(exercise, at)
        try:
            learner = who()
        except StoreTrouble:
            learner = ""
        mixed = {key: self._terms.mixed(ask[key], learner, exercise.name, ask["form"]) for key in MIXED if key in ask}
        return ask | mixed

    def open(self, name: str, at: int | None = None) -> dict[str, Any]:
        """Where the learner stands on an exercise: the form now asked, the last answer, and what was said to it."""
        state = self.first_view(name)
        exercise = self.course.exercise(name)
        forms, attempts = list(exercise.forms), []
        try:
            state["who"] = who()
            attempts = [] if self.grader else own_attempts(self.store, exercise.name)
        except StoreTrouble as error:
            state["trouble"] = str(error)
        if self._terms.waits(now()):
            state["trouble"] = " ".join(filter(None, (state["trouble"], self._terms.not_yet)))
        if self.grader:
            self._stands(state, exercise, at)
            return state
        of_form = {form: [one for one in attempts if one.form == form] for form in forms}
        if at is None:
            at = max((n for n, form in enumerate(forms) if of_form[form]), default=0)
        mine = of_form[forms[at]]
        state |= {"at": at, "ask": self._asked(exercise, at), "tries": len(mine)}
        if mine:
            state |= self._last(exercise, self.course.solution(name), forms[at], mine)
        return state

    def _stands(self, state: dict[str, Any], exercise: Exercise, at: int | None) -> None:
        """Bring a state to where the learner stands as the grading service knows it. Raises `StoreTrouble`."""
        forms = list(exercise.forms)
        waiting = {one.form: one for one in self.grader.waiting() if one.exercise == exercise.name}
        try:
            known = self.grader.standing(exercise.name)
        except StoreTrouble as error:
            known, state["trouble"] = {}, str(error)
        if at is None:
            at = max((n for n, form in enumerate(forms) if form in known or form in waiting), default=0)
        mine, late = known.get(forms[at], {}), waiting.get(forms[at])
        state |= {"at": at, "ask": self._asked(exercise, at), "tries": mine.get("tries", 0)}
        state["opened"] = list(exercise.hints[: late.hints if late else mine.get("hints", 0)])
        if mine.get("reply"):
            state |= {"answer": mine["answer"], "reply": empty("recorded", "") | mine["reply"]}
        state["earlier_wording"] = bool(mine) and not mine.get("reply")
        if late:
            state |= {"answer": late.answer, "trouble": f"{ON_ITS_WAY} {state['trouble']}".strip()}

    def watch(self, name: str, form: Any) -> None:
        """Show in a form (anything with a `state`) what becomes of an answer that had to wait for a grading service."""
        if not self.grader:
            return
        exercise = self.course.exercise(name)

        def told(attempt: Attempt, heard: Heard) -> None:
            at = form.state["at"]
            if (attempt.exercise, attempt.form) != (exercise.name, form.state["forms"][at]):
                return
            reply = _heard(heard)
            if reply.status in NOT_TAKEN:
                form.state = dict(form.state) | {"reply": dict(reply.shown), "trouble": ""}
            else:
                form.state = self.open(name, at)

        self.grader.watch(told)

    def _last(self, exercise: Exercise, solution: Solution | None, form: str, mine: list[Attempt]) -> dict[str, Any]:
        last = mine[-1]
        known = {"opened": list(exercise.hints[: last.hints])}
        if last.fingerprint != exercise.fingerprint:
            return known | {"earlier_wording": True}
        try:
            graded = self._grade(exercise, solution, form, last.answer)
        except Unreadable:
            return known | {"earlier_wording": True}
        reply = self._reply(exercise, solution, form, graded, len(mine), last.at)
        return known | {"answer": last.answer, "reply": dict(reply.shown)}

    def act(self, name: str, message: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
        """Do what a form asks for (submit, hint, start_over, go_on) and give back its new state."""
        kind, state = message.get("kind"), dict(state) | {"trouble": ""}
        if kind == "submit":
            return self._submitted(name, message, state)
        if kind == "hint" and (hint := self.hint(name, len(state["opened"]) + 1)):
            return state | {"opened": [*state["opened"], hint]}
        if kind == "start_over":
            return state | {"answer": "", "reply": None, "earlier_wording": False}
        if kind == "go_on" and (state.get("reply") or {}).get("next_form"):
            return self.open(name, state["at"] + 1)
        return state

    def _submitted(self, name: str, message: Mapping[str, Any], state: dict[str, Any]) -> dict[str, Any]:
        trouble = ""
        if message.get("who") and not state["who"]:
            try:
                state["who"] = set_who(str(message["who"]))
            except (Unreadable, StoreTrouble) as error:
                trouble = str(error)
        seconds = message.get("seconds")
        reply = self.submit(
            name,
            state["forms"][state["at"]],
            str(message.get("answer", "")),
            hints=len(state["opened"]),
            seconds=float(seconds) if isinstance(seconds, int | float) and 0 <= seconds < 10**7 else None,
            certainty=str(message.get("certainty", "")),
        )
        if reply.status == WAITING:
            return state | {"trouble": reply.shown["trouble"]}
        if reply.status in NOT_TAKEN:
            return state | {"reply": dict(reply.shown), "trouble": trouble}
        kept_answer = {
            "answer": str(message.get("answer", "")),
            "tries": reply.shown["tries"],
            "earlier_wording": False,
        }
        return state | kept_answer | {"reply": dict(reply.shown), "trouble": trouble}


def _legible(text: str) -> str:
    """A text without control characters and halves of characters: with one of them no submission could be read."""
    return "".join(sign for sign in text if sign in "\n\t" or unicodedata.category(sign) not in ("Cc", "Cs"))


def _check(exercise: Exercise, form: str, answer: str) -> None:
    """Refuse what nobody could grade later. Answers of the other forms are ids that the form itself wrote."""
    if not answer.strip():
        raise Unreadable("The answer is empty.")
    if _legible(answer) != answer:
        raise Unreadable("The answer holds characters that are none: no file could keep them.")
    if len(answer) > MOST_ANSWER:
        raise Unreadable(f"The answer has {len(answer):,} characters; the limit is {MOST_ANSWER:,}.")
    if form == "complete":
        check_words(Claim.parse(answer))
    elif form == "audit":
        read_audit(answer, exercise.forms[form]["claim"])
    elif form == "number":
        read_number(answer)


def _heard(heard: Heard) -> Reply:
    """What a grading service said, with every key that a form reads."""
    return Reply(heard.status, None, empty(heard.status, "") | heard.shown)


def empty(status: str, headline: str) -> dict[str, Any]:
    """Everything that is shown of a reply, with nothing in it yet but its state and its headline."""
    return {
        "status": status, "solved": False, "best": False, "score": 0.0, "parts": [], "headline": headline, "lines": [],
        "marks": [], "pictures": [], "why": "", "answers": "", "tries": 0, "trouble": "", "next_form": False, "next": None,
    }  # fmt: skip


def _facts(exercise: Exercise) -> list[list[str]]:
    if exercise.date is None:
        return []
    payer = tables.payers()[exercise.payer]
    return [
        ["Payer", f"{payer.name}{' (invented)' if payer.invented else ''}: {first_sentence(payer.about)}"],
        ["By", tables.providers()[exercise.provider].label],
        ["Date of service", tables.spoken(exercise.date)],
    ]


def first_sentence(text: str) -> str:
    """The first sentence of a text."""
    return re.split(r"(?<=[.!?])\s", " ".join(text.split()), maxsplit=1)[0]


# What each form asks -------------------------------------------------------------------------------------------------


def asked(exercise: Exercise, at: int) -> dict[str, Any]:
    """What the form at this place asks, from the exercise file alone."""
    form = list(exercise.forms)[at]
    return {"form": form, **ASKS[form](exercise, exercise.forms[form])}


def _complete(exercise: Exercise, ask: Mapping) -> dict[str, Any]:
    known = tables.codes()
    codes = ask["codes"] or tuple(code for code, row in known.items() if row.family != "office visit")
    wanted = any(line["code"] is None for line in ask["lines"])
    return {
        "question": "Fill in the claim as the note supports it.",
        "lines": [dict(line) for line in ask["lines"]],
        "codes": [[code, known[code].label] for code in codes] if wanted else [],
        "modifiers": [
            [name, tables.modifiers()[name].label] for name in ask["modifiers"] or sorted(tables.distinct_modifiers())
        ],
        "may_ask": ask["may_ask"],
    }


def _lines(claim: Any) -> list[dict[str, Any]]:
    return [
        {"label": label, "code": line.code, "units": line.units, "modifiers": list(line.modifiers)}
        for label, line in claim.labelled.items()
    ]


def _audit(exercise: Exercise, ask: Mapping) -> dict[str, Any]:
    return {
        "question": "This claim is finished. Mark each line: ok, or what is wrong with it.",
        "lines": _lines(ask["claim"]),
        "headings": [[heading, heading] for heading in HEADINGS],
    }


def _support(exercise: Exercise, ask: Mapping) -> dict[str, Any]:
    return {
        "question": f"Pick every piece of the note that the line {ask['line']} stands on.",
        "claim": str(ask["claim"]),
        "line": ask["line"],
        "pieces": [list(span) for span in pieces(exercise.note)],
    }


def _pairs(table: Mapping[str, str]) -> list[list[str]]:
    return [[id, text] for id, text in table.items()]


ASKS = {
    "complete": _complete,
    "audit": _audit,
    "support": _support,
    "choose": lambda _, ask: {"question": ask["question"], "options": _pairs(ask["options"])},
    "select": lambda _, ask: {"question": ask["question"], "options": _pairs(ask["options"])},
    "sort": lambda _, ask: {"question": ask["question"], "bins": _pairs(ask["bins"]), "cards": _pairs(ask["cards"])},
    "order": lambda _, ask: {"question": ask["question"], "steps": _pairs(ask["steps"])},
    "number": lambda _, ask: {"question": ask["question"], "unit": ask["unit"]},
}


def submit(exercise: str, form: str, answer: str, **more: Any) -> Reply:
    """Submit an answer to the course found from here. See `Desk.submit`."""
    return Desk().submit(exercise, form, answer, **more)
