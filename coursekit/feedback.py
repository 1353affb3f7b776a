"""A grade in words: which line, what is wrong, what the note says, where the rule is written.

What comes out is plain data for any reader: the form in a notebook, the terminal, a report. No markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache, lru_cache

from . import tables
from .earned import shown_after
from .engine import MISSING, OK, audit_key, best_claims, evidence, nearest_visit, pieces, raw_findings, span_of
from .model import HEADINGS, Claim, Exercise, Finding, Grade, Key, Rule, Solution
from .pictures import shown_beside
from .readings import kept
from .rules import RULES
from .thoughts import misstep_of

PART_NAMES = {"code": "Codes", "units": "Units", "modifier": "Modifiers", "documentation": "Documentation"}

# The reasoning is shown once solved, or when three tries have not brought it.
TRIES_BEFORE_ANSWER = 3

HEADS = {
    "due_is_billed": "This line is missing.",
    "only_gaps_are_asked": "Nothing to ask.",
    "gap_is_asked": "The note has a gap.",
    "ask_rather_than_drop": "Accepted. Better: ask.",
    "daily_limit": "Right, and above the limit.",
    "column_two_is_safe": "Accepted. There is a safer place.",
    "x_says_why": "Accepted. It could say why.",
    "documented": "The note does not show this.",
    "one_service_at_a_time": "Two services share minutes.",
    "code_in_force": "Not valid on this date.",
    "modifier_in_force": "Not valid on this date.",
}


@cache
def rule_by_id() -> dict[str, Rule]:
    """The rules by their names."""
    return {rule.id: rule for rule in RULES}


@cache
def source_shown(id: str) -> dict[str, str] | None:
    """A source as a reader sees it: title, where, edition, link. None for no source."""
    if not id:
        return None
    row = tables.sources()[id]
    return {"title": row.title, "where": row.where, "edition": row.edition, "link": row.link, "seen": row.seen}


@cache
def _rule_shown(id: str) -> tuple[str, str]:
    known = rule_by_id().get(id)
    return (known.says, tables.spoken(known.since) if known.since else "") if known else ("", "")


def _item(tone: str, head: str, says: str, source: str = "", rule: str = "", quotes: tuple[str, ...] = ()) -> dict:
    rule_says, since = _rule_shown(rule)
    return {
        "tone": tone,
        "head": head,
        "says": says,
        "quotes": [words for words in quotes if words],
        "rule": rule,
        "rule_says": rule_says,
        "source": source_shown(source),
        "since": since,
    }


def _head(finding: Finding, payer: str) -> str:
    if finding.rule in HEADS:
        return HEADS[finding.rule]
    if finding.advice:
        return "Accepted."
    if finding.part == "units":
        return "The units do not fit."
    if finding.part == "documentation":
        return "The record does not carry this line."
    if finding.heading == "how it is said":
        return "The modifier does not fit."
    return f"{payer} would deny this line."


def _of_finding(finding: Finding, payer: str) -> dict:
    tone = "tip" if finding.advice else "bad"
    return _item(tone, _head(finding, payer), finding.says, finding.source, finding.rule, finding.quotes)


def _grouped(labels: Iterable[tuple[str, bool]], items: Mapping[str, list[dict]]) -> list[dict]:
    order = dict(labels)
    for label in items:
        order.setdefault(label, True)
    return [{"line": label, "stands": stands, "items": items.get(label, [])} for label, stands in order.items()]


# The forms -----------------------------------------------------------------------------------------------------------


def _complete(exercise: Exercise, solution: Solution, grade: Grade, open_: bool) -> list[dict]:
    payer = tables.payers()[exercise.payer].name
    items: dict[str, list[dict]] = {}
    for finding in grade.findings:
        items.setdefault(finding.line, []).append(_of_finding(finding, payer))
    if misstep := misstep_of(solution, grade):
        idea = tables.misconceptions()[misstep.misconception]
        # The author's words are about one claim; for another one with the same findings the idea speaks for itself.
        says = misstep.thinking if grade.answer == str(misstep.claim) else f"{idea.thinks} {idea.truth}"
        items.setdefault("", []).append(_item("tip", f"A thought that leads here ({idea.name}):", says))
    if open_ and (disputed := _disputed(exercise, solution)):
        items.setdefault("", []).extend(disputed)
    return _grouped(grade.lines, items)


def _disputed(exercise: Exercise, solution: Solution) -> list[dict]:
    """Both positions on each technique of the note on which the field disagrees and the payer is silent."""
    payer = tables.payers()[exercise.payer]
    found = dict.fromkeys(service.did for service in solution.case.services)
    rows = [row for name in found if (row := tables.techniques()[name]).contested and name not in payer.reads]
    return [
        _item("tip", f"The field disagrees on {row.name}.", f"{' '.join(row.positions)} No side costs you a point.", row.source[0])
        for row in rows
    ]  # fmt: skip


def _audit(exercise: Exercise, solution: Solution, grade: Grade, open_: bool) -> list[dict]:
    claim: Claim = exercise.forms["audit"]["claim"]
    payer = tables.payers()[exercise.payer].name
    found = kept(
        solution.case,
        ("found", claim),
        lambda: [f for f in raw_findings(nearest_visit(solution.case, claim), claim) if not f.advice],
    )
    wrong = {finding.line: finding.says for finding in grade.findings}
    items: dict[str, list[dict]] = {}
    for label, stands in grade.lines:
        tone, mine = ("good" if stands else "bad"), items.setdefault(label, [])
        if not stands:
            mine.append(_item("bad", "This mark does not hold.", wrong[label]))
        reasons = [f for f in found if (f.line == label if label != MISSING else f.line not in claim.labelled)]
        mine += [_of_finding(f, payer) | {"tone": "tip", "head": f"{f.heading.capitalize()}:"} for f in reasons]
        if not reasons and stands:
            mine.append(_item(tone, "Right.", "No rule has anything to say about this line."))
    return _grouped(grade.lines, items)


def _support(exercise: Exercise, solution: Solution, grade: Grade, open_: bool) -> list[dict]:
    label = exercise.forms["support"]["line"]
    says = {finding.line: finding.says for finding in grade.findings}
    items = {}
    for piece, stands in grade.lines:
        # A piece that was overlooked is named only once the learner has earned the answer.
        if stands:
            items[piece] = [_item("good", "Needed.", f"Without this a rule would object to {label}.")]
        elif says[piece].startswith(f"{label} does not") or open_:
            items[piece] = [_item("bad", "Look again.", says[piece])]
    lines = [(piece, stands) for piece, stands in grade.lines if piece in items]
    return _grouped(lines, items)


def _picked(exercise: Exercise, solution: Solution, grade: Grade, open_: bool) -> list[dict]:
    """Choose and select: each picked option has its own words; the rest follow once the answer is earned."""
    form = "choose" if "choose" in solution.keys and _is_choice(exercise, grade) else "select"
    key = solution.keys[form]
    picked = set() if grade.answer.strip() == "none" else set(grade.answer.split())
    right = {key.right} if form == "choose" else key.right
    stands = {id: (id in picked) == (id in right) for id in exercise.forms[form]["options"]}
    items = {}
    for id in exercise.forms[form]["options"]:
        if id in picked or open_:
            head = ("Right." if id in picked else "This one is right.") if id in right else (
                "Not this one." if id in picked else "Rightly left out."
            )  # fmt: skip
            tone = ("good" if id in picked else "bad") if id in right else ("bad" if id in picked else "good")
            items[id] = [_told(tone, head, key, id)]
    return _grouped([(id, stands[id]) for id in items], items)


def _is_choice(exercise: Exercise, grade: Grade) -> bool:
    return "choose" in exercise.forms and len(grade.lines) == 1


def _sort(exercise: Exercise, solution: Solution, grade: Grade, open_: bool) -> list[dict]:
    key, bins = solution.keys["sort"], exercise.forms["sort"]["bins"]
    items = {}
    for card, stands in grade.lines:
        head = f"{bins[key.right[card]]}." if stands else "Not there."
        items[card] = [_told("good" if stands else "bad", head, key, card)]
    return _grouped(grade.lines, items)


def _order(exercise: Exercise, solution: Solution, grade: Grade, open_: bool) -> list[dict]:
    key = solution.keys["order"]
    items = {
        step: [_told("good" if stands else "bad", "In place." if stands else "Not after this one.", key, step)]
        for step, stands in grade.lines
        if not stands or open_
    }
    return _grouped(grade.lines, items)


def _number(exercise: Exercise, solution: Solution, grade: Grade, open_: bool) -> list[dict]:
    key = solution.keys["number"]
    items = [_item("bad", "Not this number.", finding.says, finding.source) for finding in grade.findings]
    if grade.solved or open_:
        items.append(_told("good", "Why:", key, "right"))
    return _grouped(grade.lines, {"number": items})


@lru_cache(maxsize=8192)
def _told(tone: str, head: str, key: Key, id: str) -> dict:
    told = key.told[id]
    return _item(tone, head, told.says, told.source)


EXPLAIN = {
    "complete": _complete,
    "audit": _audit,
    "support": _support,
    "choose": _picked,
    "select": _picked,
    "sort": _sort,
    "order": _order,
    "number": _number,
}


# The reply -----------------------------------------------------------------------------------------------------------


def explain(exercise: Exercise, solution: Solution, form: str, grade: Grade, tries: int) -> dict:
    """All that a learner is told about an answer. `tries` counts this one; it decides what has been earned.

    The author's reasoning speaks of the whole exercise, so it waits for the last of its forms.
    """
    solved = grade.solved
    open_ = solved or tries >= TRIES_BEFORE_ANSWER
    best = grade.best or (solved and grade.answer in right_answers(exercise, solution, form))
    is_last = form == next(reversed(exercise.forms))
    lines = EXPLAIN[form](exercise, solution, grade, open_)
    return {
        "status": "graded",
        "solved": solved,
        "best": best,
        "score": round(grade.score, 4),
        "parts": [[PART_NAMES[part], *share] for part, share in grade.parts.items() if share],
        "headline": _headline(form, grade, best),
        "lines": lines,
        "marks": marks(exercise.note, lines),
        "pictures": _pictures(exercise, solution, form, grade, open_, is_last),
        "why": solution.why if open_ and is_last else "",
        "answers": "; or ".join(right_answers(exercise, solution, form)) if open_ and not best else "",
        "tries": tries,
    }


def _pictures(
    exercise: Exercise, solution: Solution, form: str, grade: Grade, open_: bool, is_last: bool
) -> list[dict]:
    beside = shown_beside(solution.shows) if open_ and is_last else []
    if form == "complete":
        return [*shown_after(solution.case, Claim.parse(grade.answer), grade.findings, open_), *beside]
    if form in ("audit", "support"):
        return [*shown_after(solution.case, exercise.forms[form]["claim"], (), open_), *beside]
    return beside


def _headline(form: str, grade: Grade, best: bool) -> str:
    if best:
        return "Solved. Every line stands." if form == "complete" else "Solved."
    if grade.solved:
        return "Solved. The claim is accepted; one thing could be said better."
    right, of = sum(stands for _, stands in grade.lines), len(grade.lines)
    if form == "complete":
        return (
            f"{right} line{'s' * (right != 1)} of {of} stand{'s' * (right == 1)}."
            if of
            else "Not yet: the note holds more than this."
        )
    if form in ("choose", "number"):
        return "Not yet."
    if form == "order":
        return f"Not yet: {right} of {of} steps follow the right one."
    what = {"sort": "cards lie right", "select": "options are right", "support": "pieces are right"}
    return f"Not yet: {right} of {of} {what.get(form, 'marks are right')}."


def marks(note: str, lines: Iterable[Mapping]) -> list[list]:
    """Where the note says what the feedback quotes: start, end and the line it belongs to."""
    if not note:
        return []
    spans = {
        (*span, line["line"])
        for line in lines
        for item in line["items"]
        for words in item["quotes"]
        if (span := span_of(note, words))
    }
    return [list(span) for span in sorted(spans)]


def right_answers(exercise: Exercise, solution: Solution, form: str) -> list[str]:
    """The best answers in words."""
    if form == "complete":
        return [str(claim) for claim in kept(solution.case, "best", lambda: best_claims(solution.case))]
    if form == "audit":
        key, missing = audit_key(solution.case, exercise.forms["audit"]["claim"])
        said = [f"{label}: {' + '.join(h for h in HEADINGS if h in must) or OK}" for label, (must, _) in key.items()]
        return [", ".join([*said, *([MISSING] if missing else [])])]
    if form == "support":
        ask = exercise.forms["support"]
        right, _ = evidence(solution.case, ask["claim"], ask["line"])
        spans = pieces(exercise.note)
        return [" | ".join(exercise.note[slice(*spans[n - 1])].strip() for n in sorted(right))]
    key, ask = solution.keys[form], exercise.forms[form]
    if form == "choose":
        return [ask["options"][key.right]]
    if form == "select":
        return [" | ".join(text for id, text in ask["options"].items() if id in key.right)]
    if form == "sort":
        return [" | ".join(f"{ask['cards'][card]} → {ask['bins'][bin]}" for card, bin in key.right.items())]
    if form == "order":
        return [" → ".join(ask["steps"][step] for step in key.right)]
    return [f"{key.right:g} {ask['unit']}"]
