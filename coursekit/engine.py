"""One function carries the course: `findings(case, claim)` asks every rule in force on the date of service.

A right claim is one about which no rule has anything to say. From that come the right claims, the key of an audit,
the evidence behind a line, and the grades of all eight forms.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date as Date
from functools import cache, lru_cache
from itertools import chain, combinations, product

from . import tables
from .facts import Visit
from .keyed import KEYED, marked
from .model import (
    HEADINGS,
    NOTHING,
    PART_OF_HEADING,
    PARTS,
    Case,
    Claim,
    Exercise,
    Finding,
    Grade,
    Line,
    Rule,
    Solution,
    Unreadable,
)
from .reading import nearest
from .readings import kept, nearest_visit, visits, without, without_document
from .rules import RULES
from .rules.how_it_is_said import time_too

OK = "ok"
MISSING = "a line is missing"
MOST_CANDIDATES = 50_000
MOST_ANSWER = 4_000


@cache
def rules_on(date: Date) -> tuple[Rule, ...]:
    """The rules in force on a date of service."""
    return tuple(r for r in RULES if (not r.since or r.since <= date) and (not r.until or date <= r.until))


def _speaking(visit: Visit, rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Of these rules, those that may have something to say about a claim for this visit."""
    return tuple(rule for rule in rules if rule.when is None or rule.when(visit))


def _rules_for(visit: Visit) -> tuple[Rule, ...]:
    return kept(visit.case, ("rules", visit), lambda: _speaking(visit, rules_on(visit.case.date)))


def raw_findings(visit: Visit, claim: Claim, rules: Iterable[Rule] | None = None) -> list[Finding]:
    """All that the rules say about a claim in one reading of the note, in the order of the headings.

    A line that asks for a denial asks for nothing that a rule could take away, and is passed over.
    """
    if any(visit.is_denial(line) for line in claim.lines):
        claim = Claim(tuple(line for line in claim.lines if not visit.is_denial(line)), claim.asks)
    return [
        Finding(
            found.line,
            found.says,
            found.quotes,
            found.part or PART_OF_HEADING[rule.heading],
            rule.id,
            rule.heading,
            found.source or rule.source,
            rule.advice,
        )
        for rule in (_rules_for(visit) if rules is None else _speaking(visit, rules))
        for found in rule.check(visit, claim)
    ]


def _judged(found: list[Finding]) -> tuple[Finding, ...]:
    """A line that should not be there at all is not judged further."""
    lost = {f.line for f in found if f.part == "code" and not f.advice}
    return tuple(f for f in found if f.part == "code" or f.line not in lost) if lost else tuple(found)


def findings(case: Case, claim: Claim, rules: Iterable[Rule] | None = None) -> tuple[Finding, ...]:
    """What the rules in force on the date of service say about a claim; `advice` among it costs nothing.

    Raises `Unreadable` for a code or modifier that the course does not know.
    """
    check_words(claim)
    return _judged(raw_findings(nearest_visit(case, claim), claim, rules))


def check_words(claim: Claim) -> None:
    """Refuse codes and modifiers that are not in the tables: unknown is not the same as wrong."""
    if not tables.codes().keys() >= {*claim.codes, *claim.asks}:
        for code in (*claim.codes, *claim.asks):
            tables.known(code, tables.codes(), "code")
    for line in claim.lines:
        if line.modifiers and not tables.modifiers().keys() >= set(line.modifiers):
            for modifier in line.modifiers:
                tables.known(modifier, tables.modifiers(), "modifier")


# Right claims --------------------------------------------------------------------------------------------------------


def _modifier_sets(visit: Visit, code: str, due: frozenset[str]) -> list[tuple[str, ...]]:
    """No modifier, or one of those that a reason behind a pair of this code allows."""
    shown = {g for edit, grounds in visit.pairs(due) if code in (edit.column_one, edit.column_two) for g in grounds}
    true = {m for m in tables.opening_modifiers() if tables.modifiers()[m].asserts & shown and tables.fits(m, code)}
    return [(), *((m,) for m in sorted(true | (time_too(visit) if "interval" in shown else set())))]


def _lines(visit: Visit, code: str, chosen: tuple[str, ...]) -> list[Line]:
    """The line of a due code, or two where an assistant gave some of its units."""
    modifiers = {*chosen, *(name for name, _ in visit.required(code)), *visit.attests(code)}
    marked, mark = visit.assisted.get(code, (0, ""))
    lines = [(visit.due[code] - marked, modifiers), (marked, modifiers | {mark})]
    return [Line(code, units, tuple(sorted(names))) for units, names in lines if units]


def _candidates(visit: Visit) -> Iterator[Claim]:
    due = frozenset(visit.due)
    codes = sorted(due)
    sets = [_modifier_sets(visit, code, due) for code in codes]
    if math.prod(map(len, sets)) > MOST_CANDIDATES:
        raise Unreadable("This visit has more right claims than can be listed.")
    gaps = sorted(visit.gaps)
    asks = list(chain.from_iterable(combinations(gaps, n) for n in range(min(len(gaps), 3)))) + [tuple(gaps)]
    for picked in product(*sets):
        lines = [line for code, chosen in zip(codes, picked, strict=True) for line in _lines(visit, code, chosen)]
        for extra in _for_denial(visit):
            for asked in dict.fromkeys(asks):
                yield Claim((*lines, *extra), asked)


def _for_denial(visit: Visit) -> list[tuple[Line, ...]]:
    """Nothing, or a line that nobody expects to be paid and that says so."""
    care = [(code, mark) for code in sorted(visit.maintenance) for mark in visit.notice_marks]
    return [(), *((Line(code, visit.earned.get(code, 1), (mark,)),) for code, mark in care)]


def right_claims(case: Case, rules: Iterable[Rule] | None = None) -> dict[Claim, bool]:
    """Every claim without a costing finding that gives at most one reason a line, with whether it is among the best.

    The best draw no finding at all; where a note leaves no such claim, the fewest pieces of advice.
    """
    advice = {}
    for claim in sorted({c for visit in visits(case) for c in _candidates(visit)}, key=str):
        found = findings(case, claim, rules)
        if all(f.advice for f in found):
            advice[claim] = len(found)
    fewest = min(advice.values(), default=0)
    return {claim: count == fewest for claim, count in advice.items()}


def best_claims(case: Case) -> tuple[Claim, ...]:
    """The claims about which no rule has anything to say."""
    return tuple(claim for claim, best in right_claims(case).items() if best)


def solved_claims(case: Case) -> tuple[Claim, ...]:
    """The claims that no rule costs anything."""
    return tuple(right_claims(case))


# Grading a claim -----------------------------------------------------------------------------------------------------


def grade_claim(case: Case, claim: Claim) -> Grade:
    """Grade a claim as a payer would pay it: each line stands or falls, and what is missing counts."""
    check_words(claim)
    visit = nearest_visit(case, claim)
    found = _judged(raw_findings(visit, claim))
    costing = [f for f in found if not f.advice]
    fallen = {part: {f.line for f in costing if f.part == part} for part in PARTS}
    due = [code for code in visit.due if code not in claim.codes and code not in claim.asks]
    asked = {*claim.asks, *(code for code in visit.gaps if code in claim.codes)}
    labels = list(dict.fromkeys((*claim.labelled, *due, *claim.asks)))
    lost = {f.line for f in costing}
    stands = {label: label not in lost and "" not in lost for label in labels}
    billed = [label for label in claim.labelled if label not in fallen["code"]]
    in_play = {
        "code": [label for label in labels if label not in claim.asks or label in fallen["code"]],
        "units": billed,
        "modifier": billed,
        "documentation": sorted(asked | fallen["documentation"]),
    }
    parts = {part: _share(some, fallen[part]) for part, some in in_play.items()}
    right = sum(stands.values())
    score = right / len(labels) if labels else float(not costing)
    return Grade(str(claim), tuple(stands.items()), found, score, parts)


def _share(labels: list[str], fallen: set[str]) -> tuple[int, int] | None:
    return (sum(label not in fallen for label in labels), len(labels)) if labels else None


# Audit ---------------------------------------------------------------------------------------------------------------


def audit_key(case: Case, claim: Claim) -> tuple[dict[str, tuple[frozenset[str], frozenset[str]]], bool]:
    """For each line the headings that must be marked and those that may be, and whether a line is missing."""
    return kept(case, ("audit", claim), lambda: _audit_key(case, claim))


def _audit_key(case: Case, claim: Claim) -> tuple[dict[str, tuple[frozenset[str], frozenset[str]]], bool]:
    raw = [f for f in raw_findings(nearest_visit(case, claim), claim) if not f.advice]
    must = [f for f in _judged(raw) if not f.advice]
    table = {
        label: (
            frozenset(f.heading for f in must if f.line == label),
            frozenset(f.heading for f in raw if f.line == label),
        )
        for label in claim.labelled
    }
    return table, any(f.line not in claim.labelled for f in must)


def read_audit(text: str, claim: Claim) -> tuple[dict[str, frozenset[str]], bool]:
    """Read `97124: side by side + how much, 98940: ok, a line is missing`."""
    marks: dict[str, frozenset[str]] = {}
    missing = False
    for piece in text.split(","):
        piece = " ".join(piece.split())
        if piece.lower() == MISSING:
            missing = True
            continue
        label, colon, said = piece.partition(":")
        label = label.strip()
        if not colon or label not in claim.labelled:
            raise Unreadable(
                f"“{piece[:60]}” does not mark a line of the claim. Write a line, a colon and a mark: 97124: ok."
            )
        words = frozenset(word.strip().lower() for word in said.split("+"))
        for word in words:
            if word != OK and word not in HEADINGS:
                raise Unreadable(f"“{word[:60]}” is not one of the headings.{nearest(word, (OK, *HEADINGS))}")
        if OK in words and len(words) > 1:
            raise Unreadable(f"{label} is marked ok and wrong at once.")
        marks[label] = words - {OK}
    if unmarked := [label for label in claim.labelled if label not in marks]:
        raise Unreadable(f"Mark every line: {tables.joined(unmarked)} still open.")
    return marks, missing


def _grade_audit(exercise: Exercise, solution: Solution, answer: str) -> Grade:
    claim: Claim = exercise.forms["audit"]["claim"]
    marks, missing = read_audit(answer, claim)
    key, is_missing = audit_key(solution.case, claim)
    lines, wrong = [], []
    for label, (must, may) in key.items():
        stands = must <= marks[label] <= may
        lines.append((label, stands))
        if not stands:
            wrong.append(Finding(label, _audit_says(label, must, marks[label] - may)))
    if missing or is_missing:
        lines.append((MISSING, missing == is_missing))
        if missing != is_missing:
            says = "A line is missing from this claim." if is_missing else "No line is missing from this claim."
            wrong.append(Finding(MISSING, says))
    return marked(answer, lines, wrong)


def _audit_says(label: str, must: frozenset[str], extra: frozenset[str]) -> str:
    if not must:
        return f"{label} is right as it stands."
    said = tables.joined([h for h in HEADINGS if h in must])
    if extra:
        return f"{label} falls under “{said}”, not under “{tables.joined([h for h in HEADINGS if h in extra])}”."
    return f"{label} does not stand. It falls under “{said}”."


# Support -------------------------------------------------------------------------------------------------------------

# An initial before a name ("L. Moreno") ends no sentence, and the year of a date ("July 6, 2026") begins no clause.
_CUT = re.compile(r"\n+|(?<=[.;!?])(?<!\b[A-Z]\.)\s+|(?<=,)\s+(?=\d)(?!\d{4}\b)")


def pieces(note: str) -> list[tuple[int, int]]:
    """Cut a note into lines, sentences and clauses, mechanically: the spans of each piece."""
    spans, start = [], 0
    for cut in chain(_CUT.finditer(note), [None]):
        end = cut.start() if cut else len(note)
        if note[start:end].strip():
            spans.append((start, end))
        start = cut.end() if cut else end
    return spans


def said_in(note: str, words: str) -> Iterator[re.Match[str]]:
    """Each place where the note says these words, whatever the white space between them."""
    return re.finditer(r"\s+".join(map(re.escape, words.split())), note)


@lru_cache(maxsize=4096)
def span_of(note: str, words: str) -> tuple[int, int] | None:
    """Where the note first says these words."""
    return next((found.span() for found in said_in(note, words)), None)


def evidence(case: Case, claim: Claim, label: str) -> tuple[frozenset[int], frozenset[int]]:
    """Which pieces of the note (from 1) a line stands on, and which belong to it without carrying it.

    A piece carries the line when a rule objects to the line once a fact said there is taken away.
    """
    return kept(case, ("support", claim, label), lambda: _evidence(case, claim, label))


def _evidence(case: Case, claim: Claim, label: str) -> tuple[frozenset[int], frozenset[int]]:
    spans = pieces(case.note)
    code = claim.labelled[label].code
    visit = nearest_visit(case, claim)
    kin = {code} | {e.column_one for e, _ in visit.pairs(claim.codes) if e.column_two == code}
    kin |= {e.column_two for e, _ in visit.pairs(claim.codes) if e.column_one == code}
    right, near = set(), set()

    def weigh(words: str, weakened: Case, is_kin: bool) -> None:
        span = span_of(case.note, words)
        touched = {n for n, (start, end) in enumerate(spans, 1) if span and start < span[1] and span[0] < end}
        lost = [f for f in findings(weakened, claim) if f.line == label and not f.advice]
        # Minutes of other services shift the day's units and totals, and nobody looks for a line's evidence there.
        if any(is_kin or f.part == "code" for f in lost):
            right.update(touched)
        elif is_kin or lost:
            near.update(touched)

    # The case's own services: a reading may hold one with its minutes told by the record.
    for service, (_, service_code) in zip(case.services, visit.reading, strict=True):
        for fact, words in service.quotes:
            weigh(words, without(case, service, fact), service_code in kin)
    for name, document in case.documents.items():
        if document.quote:
            weigh(document.quote, without_document(case, name), True)
    return frozenset(right), frozenset(near - right)


def _grade_support(exercise: Exercise, solution: Solution, answer: str) -> Grade:
    ask = exercise.forms["support"]
    claim, label = ask["claim"], ask["line"]
    spans = pieces(exercise.note)
    said, colon, numbers = answer.partition(":")
    if not colon or said.strip() != label:
        raise Unreadable(f"Write the line, a colon and the numbers of the pieces: {label}: 2 5.")
    picked = set()
    for word in numbers.split():
        if not word.isascii() or not word.isdigit() or not 1 <= int(word[:6]) <= len(spans):
            raise Unreadable(f"“{word[:20]}” is not a piece of the note. Pieces run from 1 to {len(spans)}.")
        picked.add(int(word))
    right, near = evidence(solution.case, claim, label)
    lines, wrong = [], []
    for n in range(1, len(spans) + 1):
        if n in right:
            lines.append((str(n), n in picked))
            if n not in picked:
                wrong.append(Finding(str(n), f"{label} stands on this too: without it a rule would object."))
        elif n in picked and n not in near:
            lines.append((str(n), False))
            wrong.append(Finding(str(n), f"{label} does not need this: it would stand without it."))
    others = len(spans) - len(right) - len(near)
    score = len(right & picked) / len(right) - (len(picked - right - near) / others if others else 0)
    return marked(answer, lines, wrong, score)


def _grade_complete(exercise: Exercise, solution: Solution, answer: str) -> Grade:
    return grade_claim(solution.case, Claim.parse(answer))


GRADERS: Mapping[str, Callable[[Exercise, Solution, str], Grade]] = {
    "complete": _grade_complete,
    "audit": _grade_audit,
    "support": _grade_support,
    **KEYED,
}


def grade(exercise: Exercise, solution: Solution, form: str, answer: str) -> Grade:
    """Grade an answer given as text. Raises `Unreadable` for one that cannot be graded, which is not a wrong one."""
    if form not in exercise.forms:
        raise Unreadable(f"{exercise.name} does not ask “{form}”; it asks {tables.joined(list(exercise.forms))}.")
    if len(answer) > MOST_ANSWER:
        raise Unreadable(f"The answer has {len(answer):,} characters; the limit is {MOST_ANSWER:,}.")
    if not answer.strip():
        raise Unreadable(
            f"The answer is empty. To bill nothing, write “{NOTHING}”."
            if form == "complete"
            else "The answer is empty."
        )
    return GRADERS[form](exercise, solution, answer)
