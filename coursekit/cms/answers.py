"""Which answers of the course other tables would move: every case is worked out twice, and what differs is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .. import tables
from ..course import Course
from ..engine import audit_key, evidence, grade_claim, right_claims
from ..model import Case, Claim, Exercise, Solution, Unreadable

MOST_CLAIMS = 4
Progress = Callable[[int, int], None]


def moved_answers(
    course: Course,
    moved: Sequence[tuple[str, ...]],
    instead: Mapping[str, Any],
    concerned: set[str],
    progress: Progress | None,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Exercises whose derived answers change, and keyed ones that speak of codes whose rows moved.

    `moved` are the codes of each row that moved, `instead` the tables to put in place of the published ones, and
    `concerned` the payers for whom they count.
    """
    found: list[dict[str, Any]] = []
    again: list[dict[str, Any]] = []
    for n, name in enumerate(course.names, 1):
        exercise, solution = course.exercise(name), course.solution(name)
        if progress:
            progress(n, len(course.names))
        if solution is None:
            continue
        if solution.case is not None and solution.case.payer in concerned:
            before = _answers(exercise, solution)
            with tables.using(**instead):
                after = _answers(exercise, solution)
            if changes := [f"{what}: {said} → {after[what]}." for what, said in before.items() if after[what] != said]:
                found.append({"name": name, "claim": str(solution.claim), "says": changes[0], "changes": changes})
        if solution.keys and (about := _named(exercise, solution, moved)):
            again.append({"name": name, "forms": list(solution.keys), "says": f"It speaks of {'; '.join(about)}."})
    return found, again


def _answers(exercise: Exercise, solution: Solution) -> dict[str, str]:
    """All that the engine derives for an exercise, worked out afresh: a copy of the case remembers nothing."""
    case = replace(solution.case)
    found: dict[str, str] = {}
    found["Best"] = _best(case)
    claims = [solution.claim, *solution.also, *(misstep.claim for misstep in solution.missteps)]
    for claim in dict.fromkeys(claim for claim in claims if claim is not None):
        found[f"“{claim}”"] = _graded(case, claim)
    if "audit" in exercise.forms:
        key, missing = audit_key(case, exercise.forms["audit"]["claim"])
        for label, (must, _) in key.items():
            found[f"The audit's line {label}"] = ", ".join(sorted(must)) or "ok"
        found["A missing line in the audit"] = "yes" if missing else "no"
    if "support" in exercise.forms:
        ask = exercise.forms["support"]
        carrying = sorted(evidence(case, ask["claim"], ask["line"])[0])
        found[f"The pieces that carry {ask['line']}"] = ", ".join(map(str, carrying)) or "none"
    return found


def _best(case: Case) -> str:
    try:
        best = [str(claim) for claim, is_best in right_claims(case).items() if is_best]
    except Unreadable as error:
        return str(error)
    more = f" and {len(best) - MOST_CLAIMS} more" if len(best) > MOST_CLAIMS else ""
    return "; ".join(best[:MOST_CLAIMS]) + more or "no claim"


def _graded(case: Case, claim: Claim) -> str:
    grade = grade_claim(case, claim)
    against = sorted(f"{found.rule} on {found.line or 'the visit'}" for found in grade.findings if not found.advice)
    return f"not solved ({', '.join(against)})" if against else "best" if grade.best else "solved"


def _named(exercise: Exercise, solution: Solution, moved: Sequence[tuple[str, ...]]) -> list[str]:
    """Moved rows all of whose codes stand in the words of an exercise's keyed forms."""
    text = f"{exercise.text} {exercise.forms} " + " ".join(
        told.says for key in solution.keys.values() for told in key.told.values()
    )
    return [", ".join(codes) for codes in moved if all(code in text for code in codes)]
