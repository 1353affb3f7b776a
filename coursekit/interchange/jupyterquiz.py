"""Questions for JupyterQuiz: a JSON list that `display_quiz` shows in a notebook, key and all.

It has no matching and no order, so a matching becomes one choice for each row, and an order is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from ..model import Unreadable
from .markup import stem_html, text_of
from .questions import CHOOSE, MATCH, ORDER, SELECT, LeftOut, Option, Question, Seen, plain, stem_text

SUFFIX = ".json"

# JupyterQuiz takes dollar signs for formulas and brackets for links.
_OWN_SIGNS = str.maketrans({"$": "&#36;", "[": "&#91;", "]": "&#93;", "\\": "&#92;"})


def fits(question: Question) -> LeftOut | None:
    """Why a question cannot be asked there, or None."""
    if question.kind == ORDER:
        return LeftOut(question.id, "JupyterQuiz has no question that asks for an order")
    return None


def _shown(text: str) -> str:
    return escape(text, quote=False).translate(_OWN_SIGNS)


def _answers(question: Question) -> list[dict[str, Any]]:
    if number := question.number:
        near, says = number.tolerance, _shown(" ".join([number.says, *question.why]))
        # A range holds its lower end and not its upper one.
        right = {"type": "range", "range": [number.right - near, number.right + near + 1e-9]} if near else {
            "type": "value", "value": number.right,
        }  # fmt: skip
        likely = [{"type": "value", "value": v, "correct": False, "feedback": _shown(s)} for v, s in number.likely]
        default = {"type": "default", "feedback": "That is not the number."}
        return [right | {"correct": True, "feedback": says}, *likely, default]
    # What counts neither way has no place where every tick is right or wrong.
    kept = [option for option in question.options if option.right is not None]
    return [
        {
            "answer": _shown(option.text),
            "correct": bool(option.right),
            "feedback": _shown(" ".join([option.says, *(question.why if option.right else ())])),
        }
        for option in kept
    ]


def _rows(question: Question) -> Iterator[Question]:
    """A matching as one choice for each of its rows."""
    if question.kind != MATCH:
        yield question
        return
    for row in question.options:
        options = [
            Option(target, text, target == row.place, row.says if target == row.place else "Not this one.")
            for target, text in question.targets
        ]
        ask = f"{question.ask} — {row.text}"
        yield Question(
            f"{question.id}.{row.id}", question.exercise, question.form, CHOOSE, question.title, question.stem, ask,
            tuple(options), why=question.why,
        )  # fmt: skip


def write(questions: Sequence[Question], course: str) -> bytes:
    """The file as ASCII, so that it reads the same whatever a notebook's server takes for its encoding."""
    quiz = [
        {
            "id": one.id,
            "question": stem_html(one).translate(_OWN_SIGNS),
            "type": {CHOOSE: "multiple_choice", SELECT: "many_choice"}.get(one.kind, "numeric"),
            "answers": _answers(one),
        }
        for question in questions
        for one in _rows(question)
    ]
    return (json.dumps(quiz, indent=1) + "\n").encode("ascii")


# The fields that JupyterQuiz documents, with what it asks of each.
_PICKED = {"answer": str, "correct": bool, "feedback": str}
_NUMBERS: Mapping[str, Mapping[str, type | tuple]] = {
    "value": {"type": str, "value": float, "correct": bool, "feedback": str},
    "range": {"type": str, "range": list, "correct": bool, "feedback": str},
    "default": {"type": str, "feedback": str},
}


def _check(question: Mapping[str, Any]) -> None:
    for answer in question["answers"]:
        fields = _NUMBERS.get(answer.get("type")) if question["type"] == "numeric" else _PICKED
        if fields is None or {key: type(value) for key, value in answer.items()} != dict(fields):
            raise Unreadable(f"{question['id']}: this is not an answer as JupyterQuiz reads one: {answer}")
    if not any(answer.get("correct") for answer in question["answers"]):
        raise Unreadable(f"{question['id']}: no answer is right.")


def read(data: bytes) -> list[Seen]:
    """What JupyterQuiz shows: question by question. Raises `Unreadable` for fields that it does not know."""
    seen = []
    for question in json.loads(data):
        _check(question)
        kind = {"multiple_choice": CHOOSE, "many_choice": SELECT}.get(question["type"], question["type"])
        marks = tuple(
            (text_of(a.get("answer", "")) or str(a.get("value", a.get("range", "else"))), str(a.get("correct", "")))
            for a in question["answers"]
        )
        said = tuple(text_of(a["feedback"]) for a in question["answers"])
        seen.append(Seen(question["id"], kind, text_of(question["question"]), marks, said))
    return seen


def meant(question: Question) -> list[Seen]:
    """What a reader of the file must see: of a matching, one question for each row."""
    found = []
    for one in _rows(question):
        if number := one.number:
            low, high = number.right - number.tolerance, number.right + number.tolerance + 1e-9
            right = str([low, high]) if number.tolerance else str(number.right)
            marks = ((right, "True"), *((str(v), "False") for v, _ in number.likely), ("else", ""))
            said = (" ".join([number.says, *one.why]), *(s for _, s in number.likely), "That is not the number.")
            kind = "numeric"
        else:
            kept = [option for option in one.options if option.right is not None]
            marks = tuple((plain(option.text), str(option.right)) for option in kept)
            said = tuple(" ".join([o.says, *(one.why if o.right else ())]) for o in kept)
            kind = one.kind
        found.append(Seen(one.id, kind, stem_text(one), marks, tuple(map(plain, said))))
    return found
