"""What other systems can ask: five kinds of question, made from the eight forms of an exercise.

The keyed forms are such questions already. Of the derived ones a claim becomes a choice between the right claim and
the author's missteps, an audit a matching of lines and headings, and a support a selection of pieces of the note.
Hints and pictures have no place in a question, and are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..course import Course
from ..desk import Desk
from ..engine import MISSING, OK, audit_key, evidence, findings, pieces, right_claims
from ..feedback import source_shown
from ..model import HEADINGS, Claim, Exercise, Solution, Told, Unreadable

CHOOSE, SELECT, MATCH, ORDER, NUMBER = KINDS = ("choose", "select", "match", "order", "number")
NOTHING_MISSING = "no line is missing"


@dataclass(frozen=True, slots=True)
class Option:
    """Something to pick, to place or to put in order, with its own feedback.

    `right` is None for what counts neither way. `place` is the target that a card belongs to.
    """

    id: str
    text: str
    right: bool | None = True
    says: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Number:
    """A number to enter: right within the tolerance. `likely` are wrong numbers with what is said to each."""

    right: float
    tolerance: float
    unit: str
    says: str
    likely: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """One question of one kind. `stem` are headed paragraphs, `why` what is told of it once it is answered.

    The options of an `order` stand in the right one. A stem's lines keep their breaks.
    """

    id: str
    exercise: str
    form: str
    kind: str
    title: str
    stem: tuple[tuple[str, str], ...]
    ask: str
    options: tuple[Option, ...] = ()
    targets: tuple[tuple[str, str], ...] = ()
    number: Number | None = None
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something of the course that a file does not hold, and why."""

    what: str
    why: str


def questions(course: Course, name: str) -> tuple[list[Question], list[LeftOut]]:
    """The questions of an exercise, one for each form, and what has none. Raises `Unreadable` for a sealed one."""
    exercise, solution = course.exercise(name), course.solution(name)
    if solution is None:
        raise Unreadable(
            f"{exercise.name} is sealed: this copy of the course holds no solution of it, and a question needs one. "
            "Export from the full course."
        )
    view = Desk(course).first_view(exercise.name)
    stem, last = _stem(view), next(reversed(exercise.forms))
    made = [
        Question(
            f"{exercise.name}.{form}", exercise.name, form, title=exercise.title, stem=stem,
            **FORMS[form](exercise, solution, (solution.why,) if form == last else ()),
        )
        for form in exercise.forms
    ]  # fmt: skip
    left = [LeftOut(f"{exercise.name}: the picture “{shown}”", "a question is text") for shown in exercise.shows]
    # A claim without a foreseen misstep leaves nothing to choose from.
    lone = [one for one in made if one.kind == CHOOSE and len(one.options) < 2]
    left += [LeftOut(one.id, "its author foresaw no wrong claim to offer beside the right one") for one in lone]
    return [one for one in made if one not in lone], left


def _stem(view: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """All that a learner sees above the question: text, facts, note and the page of an invented plan."""
    facts = "\n".join(f"{what}: {said}" for what, said in view["facts"])
    policy = "\n".join(f"{text}:" if kind == "heading" else text for kind, text in view["policy"])
    invented = any(what == "Payer" and "(invented)" in said for what, said in view["facts"])
    blocks = [
        ("", view["text"]),
        ("", facts),
        ("Note", view["note"]),
        ("The plan's policy", policy if invented else ""),
    ]
    return tuple((head, text) for head, text in blocks if text)


def _cited(says: str, source: str) -> str:
    shown = source_shown(source)
    return f"{says} (See: {shown['title']}, {shown['where']}.)" if shown else says


def _told(told: Told) -> str:
    return _cited(told.says, told.source)


# Keyed forms ---------------------------------------------------------------------------------------------------------


def _choose(exercise: Exercise, solution: Solution, why: tuple[str, ...]) -> dict[str, Any]:
    return _picked(exercise, solution, why, "choose")


def _select(exercise: Exercise, solution: Solution, why: tuple[str, ...]) -> dict[str, Any]:
    return _picked(exercise, solution, why, "select")


def _picked(exercise: Exercise, solution: Solution, why: tuple[str, ...], form: str) -> dict[str, Any]:
    ask, key = exercise.forms[form], solution.keys[form]
    right = {key.right} if form == "choose" else key.right
    options = [Option(id, text, id in right, _told(key.told[id])) for id, text in ask["options"].items()]
    return {"kind": form, "ask": ask["question"], "options": tuple(options), "why": why}


def _sort(exercise: Exercise, solution: Solution, why: tuple[str, ...]) -> dict[str, Any]:
    ask, key = exercise.forms["sort"], solution.keys["sort"]
    cards = [Option(id, text, True, _told(key.told[id]), key.right[id]) for id, text in ask["cards"].items()]
    return {
        "kind": MATCH, "ask": ask["question"], "options": tuple(cards), "targets": tuple(ask["bins"].items()), "why": why,
    }  # fmt: skip


def _order(exercise: Exercise, solution: Solution, why: tuple[str, ...]) -> dict[str, Any]:
    ask, key = exercise.forms["order"], solution.keys["order"]
    steps = [Option(id, ask["steps"][id], True, _told(key.told[id])) for id in key.right]
    return {"kind": ORDER, "ask": ask["question"], "options": tuple(steps), "why": why}


def _number(exercise: Exercise, solution: Solution, why: tuple[str, ...]) -> dict[str, Any]:
    ask, key = exercise.forms["number"], solution.keys["number"]
    likely = tuple((float(value), _told(told)) for value, told in key.told.items() if value != "right")
    number = Number(float(key.right), key.tolerance, ask["unit"], _told(key.told["right"]), likely)
    return {"kind": NUMBER, "ask": f"{ask['question']} (in {ask['unit']})", "number": number, "why": why}


# Derived forms -------------------------------------------------------------------------------------------------------


def _complete(exercise: Exercise, solution: Solution, why: tuple[str, ...]) -> dict[str, Any]:
    """The right claim among the missteps. What else is accepted is said, and never offered as wrong."""
    solved = right_claims(solution.case)
    others = [str(claim) for claim, best in solved.items() if claim != solution.claim and best]
    says = " ".join(why) or "No rule has anything to say about this claim."
    if others:
        says += f" As good: {'; or '.join(others)}."
    options = [Option("right", str(solution.claim), True, says)]
    for n, misstep in enumerate(solution.missteps, 1):
        found = [f for f in findings(solution.case, misstep.claim) if not f.advice]
        said = [_cited(f"{f.line}: {f.says}" if f.line else f.says, f.source) for f in found]
        thought = f"A thought that leads here: {misstep.thinking}"
        options.append(Option(f"wrong_{n}", str(misstep.claim), False, " ".join([*said, thought])))
    return {"kind": CHOOSE, "ask": "Which claim does the note support?", "options": tuple(_spread(options, exercise))}


def _spread(options: list[Option], exercise: Exercise) -> list[Option]:
    """The right claim anywhere among the wrong ones, always in the same place: not every system mixes options."""
    at = int(exercise.fingerprint, 16) % len(options)
    return [*options[1 : at + 1], options[0], *options[at + 1 :]]


def _audit(exercise: Exercise, solution: Solution, why: tuple[str, ...]) -> dict[str, Any]:
    claim: Claim = exercise.forms["audit"]["claim"]
    key, missing = audit_key(solution.case, claim)
    found = [f for f in findings(solution.case, claim) if not f.advice]
    rows = []
    for n, (label, line) in enumerate(claim.labelled.items(), 1):
        marks = [heading for heading in HEADINGS if heading in key[label][0]]
        said = [_cited(f.says, f.source) for f in found if f.line == label]
        reason = " ".join(said) or "No rule has anything to say about this line."
        rows.append(Option(f"line_{n}", str(line), True, reason, " and ".join(marks) or OK))
    absent = [
        _cited(f"{f.line}: {f.says}" if f.line else f.says, f.source) for f in found if f.line not in claim.labelled
    ]
    rows.append(
        Option("missing", "The claim as a whole", True, " ".join(absent), MISSING if missing else NOTHING_MISSING)
    )
    # A line under two headings at once makes a target of its own.
    marks = dict.fromkeys([OK, *HEADINGS, *(row.place for row in rows[:-1]), MISSING, NOTHING_MISSING])
    return {
        "kind": MATCH,
        "ask": f"This claim is finished: {claim}. Mark each line: ok, or what is wrong with it. Is a line missing?",
        "options": tuple(rows),
        "targets": tuple((mark, mark) for mark in marks),
        "why": why,
    }


def _support(exercise: Exercise, solution: Solution, why: tuple[str, ...]) -> dict[str, Any]:
    ask = exercise.forms["support"]
    claim, label = ask["claim"], ask["line"]
    right, near = evidence(solution.case, claim, label)
    options = []
    for n, span in enumerate(pieces(exercise.note), 1):
        says, counts = f"{label} does not need this: it would stand without it.", False
        if n in right:
            says, counts = f"{label} stands on this: without it a rule would object.", True
        elif n in near:
            says, counts = f"This belongs to {label}, and it would stand without it.", None
        options.append(Option(f"piece_{n}", exercise.note[slice(*span)].strip(), counts, says))
    asked = f"The claim is {claim}. Pick every piece of the note that the line {label} stands on."
    return {"kind": SELECT, "ask": asked, "options": tuple(options), "why": why}


FORMS = {
    "complete": _complete,
    "audit": _audit,
    "support": _support,
    "choose": _choose,
    "select": _select,
    "sort": _sort,
    "order": _order,
    "number": _number,
}


# What a file is held to ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody reads out of a file: the law is that it is what was meant when the file was made.

    `marks` pair each text with what makes it right: yes, no, neither, a target, a place in the order, or the number.
    `said` are all words of feedback.
    """

    id: str
    kind: str
    stem: str
    marks: tuple[tuple[str, str], ...]
    said: tuple[str, ...]


def plain(text: str) -> str:
    """A text without what a reader may do to its white space."""
    return " ".join(text.split())


def mark_of(option: Option) -> str:
    """What makes an option right, as a word."""
    return {True: "yes", False: "no", None: "neither"}[option.right]


def stem_text(question: Question) -> str:
    """All words above the options."""
    return plain(" ".join(part for block in question.stem for part in block) + " " + question.ask)


def told_after(question: Question) -> Iterator[str]:
    """What is told once a question is answered, where a format has no place beside the option itself."""
    if question.kind in (MATCH, ORDER):
        places = dict(question.targets)
        for n, option in enumerate(question.options, 1):
            # A card's place, or the place in the order.
            where = places.get(option.place, f"step {n}")
            yield f"{option.text} → {where}: {option.says}" if option.says else f"{option.text} → {where}"
    yield from question.why
