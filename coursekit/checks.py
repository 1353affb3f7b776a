"""What authors are told before learners are: all that is wrong with exercises, solutions, tables and notebooks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from . import tables
from .course import Course
from .engine import evidence, findings, grade_claim, right_claims
from .files import BLANK, CASE_FORMS
from .model import Case, Claim, Exercise, Finding, Solution, Unreadable
from .reading import BadFile, nearest
from .readings import visits
from .rules import RULES


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to mend: the file (in the course), the line (from 1), and what to do."""

    file: str
    line: int
    says: str


def problems(course: Course) -> list[Problem]:
    """Everything that is wrong with a course, file by file."""
    found = [*_tables(), *_terms(course)]
    sealed = not (course.root / "solutions").is_dir()
    for folder in course.folders:
        found += _folder(course, folder)
        for path in sorted((course.root / "exercises" / folder).glob("*.yaml")):
            found += _exercise(course, folder, path, sealed)
    return found


def _terms(course: Course) -> Iterator[Problem]:
    try:
        _ = course.about, course.release
    except BadFile as error:
        yield Problem(error.file, error.line, error.says)


def _folder(course: Course, folder: str) -> Iterator[Problem]:
    notebook = course.root / "notebooks" / f"{folder}.ipynb"
    files = {path.stem for path in (course.root / "exercises" / folder).glob("*.yaml")}
    if not notebook.exists():
        yield Problem(f"notebooks/{folder}.ipynb", 1, f"The notebook of exercises/{folder} is missing.")
    shown = course.shown(folder)
    for name in shown:
        if name not in files:
            yield Problem(
                f"notebooks/{folder}.ipynb", 1, f"It shows “{name}”, and exercises/{folder} has no such file."
            )
    for name in sorted(files - set(shown)):
        if notebook.exists():
            yield Problem(f"exercises/{folder}/{name}.yaml", 1, f"No cell of notebooks/{folder}.ipynb shows it.")
    for path in sorted((course.root / "solutions" / folder).glob("*.yaml")):
        if path.stem not in files:
            yield Problem(f"solutions/{folder}/{path.name}", 1, "There is no exercise of this name.")


def _exercise(course: Course, folder: str, path: Path, sealed: bool) -> Iterator[Problem]:
    here = f"exercises/{folder}/{path.name}"
    if course.names.get(path.stem) != folder:
        yield Problem(here, 1, f"The name “{path.stem}” is taken by exercises/{course.names[path.stem]}.")
        return
    try:
        exercise, solution = course.exercise(path.stem), course.solution(path.stem)
    except BadFile as error:
        yield Problem(error.file, error.line, error.says)
        return
    if solution is None:
        if not sealed:
            yield Problem(f"solutions/{folder}/{path.name}", 1, "The solution is missing.")
        return
    there = f"solutions/{folder}/{path.name}"
    try:
        for says in _solution(exercise, solution):
            yield Problem(there, 1, says)
    except Unreadable as error:
        yield Problem(there, 1, str(error))


def _solution(exercise: Exercise, solution: Solution) -> Iterator[str]:
    if len([s for s in solution.why.replace("?", ".").split(". ") if s.strip()]) > 6:
        yield "“why” has more than six sentences."
    if solution.case is None:
        return
    case = solution.case
    if not any(form in CASE_FORMS for form in exercise.forms):
        yield "There are facts, and no form of the exercise asks about a claim."
    right = right_claims(case)
    best = [claim for claim, is_best in right.items() if is_best]
    if not right:
        yield "No claim is right: the rules contradict each other here. Every claim has a costing finding."
    listed = {solution.claim, *solution.also}
    if solution.claim not in best:
        yield f"The author's claim “{solution.claim}” is not among the best. {_said(findings(case, solution.claim), best)}"
    for claim in solution.also:
        if any(not f.advice for f in findings(case, claim)):
            yield f"“{claim}” stands under “also”, and it is not solved. {_said(findings(case, claim), best)}"
    for claim in best:
        if claim not in listed:
            yield f"“{claim}” is among the best claims, and not listed. Put it under “also”, or mend the note or a rule."
    yield from _missteps(solution, case)
    yield from _unsettled(case)
    if "complete" in exercise.forms:
        yield from _blanks(exercise, solution)
    if len(solution.missteps) < 2:
        yield "A case needs at least two missteps."
    if "support" in exercise.forms:
        ask = exercise.forms["support"]
        if any(f.line == ask["line"] and not f.advice for f in findings(case, ask["claim"])):
            yield f"The line {ask['line']} of the support form does not stand, so nothing supports it."
        elif not evidence(case, ask["claim"], ask["line"])[0]:
            yield f"No piece of the note carries the line {ask['line']}: taking any fact away changes nothing."


def _said(found: tuple[Finding, ...], best: list[Claim]) -> str:
    said = "; ".join(f"{f.line}: {f.rule}" for f in found) or "no rule objects"
    return f"({said}) Best: {'; '.join(map(str, best)) or 'none'}."


def _missteps(solution: Solution, case: Case) -> Iterator[str]:
    known = {rule.id for rule in RULES}
    if len(solution.foreseen) < len(solution.missteps):
        yield "Two missteps are the same claim, and only one thought can be told about it."
    for misstep in solution.missteps:
        found = {(f.line, f.rule) for f in findings(case, misstep.claim) if not f.advice}
        for line, rules in misstep.finds.items():
            for rule in rules:
                if rule not in known:
                    yield f"“{rule}” in misstep “{misstep.claim}” is not a rule.{nearest(rule, known)}"
                elif (line, rule) not in found:
                    raised = ", ".join(f"{where}: {what}" for where, what in sorted(found)) or "nothing"
                    yield f"Misstep “{misstep.claim}” does not raise {rule} on {line}. It raises {raised}."
        if grade_claim(case, misstep.claim).solved:
            yield f"Misstep “{misstep.claim}” is solved."


def _unsettled(case: Case) -> Iterator[str]:
    """No case may turn on what nobody has settled: minutes of struck codes, pairs in a ring, and dry needling."""
    # Whether minutes count is one question, whether the record's total agrees with them another.
    case = replace(case, record="")
    for visit in visits(case):
        if needled := sorted(code for code in visit.services if tables.codes()[code].family == "needling"):
            yield f"Whether dry needling is paid, and to whom, is contested ({', '.join(needled)}). Keep it out of what is scored."
        if not visit.struck:
            continue
        if any(edit.column_one in visit.struck for edit in visit.struck.values()):
            yield f"Each of {', '.join(visit.struck)} falls to a code that itself falls. Which of them stays is unsettled."
        read = zip(case.services, visit.reading, strict=True)
        rest = replace(case, services=tuple(service for service, (_, code) in read if code not in visit.struck))
        if not any(other.due == visit.due for other in visits(rest)):
            yield f"The units turn on whether the minutes of {', '.join(visit.struck)} still count. That is unsettled."


def _blanks(exercise: Exercise, solution: Solution) -> Iterator[str]:
    """The author's claim must be one that the blanks allow."""
    lines = exercise.forms["complete"]["lines"]
    left = list(solution.claim.lines)
    for line in sorted(lines, key=lambda line: (line["code"] is None, line["units"] is None)):
        fits = (
            one
            for one in left
            if line["code"] in (None, one.code)
            and line["units"] in (None, one.units)
            and (line["blank_modifiers"] or set(one.modifiers) == set(line["given"]))
        )
        if (one := next(fits, None)) is not None:
            left.remove(one)
        elif not (line["code"] is None or line["units"] is None or line["blank_modifiers"]):
            yield f"The exercise gives the line {line['code']} x{line['units']}, and the author's claim does not hold it."
    for one in left:
        yield f"No line of the exercise can become “{one}”. Blanks are written {BLANK}."


# Tables --------------------------------------------------------------------------------------------------------------


def _tables() -> Iterator[Problem]:
    try:
        cited = dict(_citations())
    except (Unreadable, ValueError, KeyError) as error:
        yield Problem("coursekit/data", 1, str(error))
        return
    for place, ids in cited.items():
        for id in ids:
            if id not in tables.sources():
                yield Problem(f"coursekit/data ({place})", 1, f"The source “{id}” is not in sources.yaml.")
    codes = tables.codes()
    for edit_list, one, two in tables.edits():
        if one not in codes or two not in codes:
            yield Problem("coursekit/data/edits.csv", 1, f"The pair {one}, {two} ({edit_list}) names an unknown code.")
    for name, technique in tables.techniques().items():
        for code in technique.codes:
            if code not in codes and code != tables.NO_CODE:
                yield Problem("coursekit/data/techniques.yaml", 1, f"“{name}” leads to the unknown code {code}.")
    rules = {rule.id for rule in RULES}
    for name, skill in tables.skills().items():
        for rule in skill.rules:
            if rule not in rules:
                yield Problem("coursekit/data/skills.yaml", 1, f"“{name}” names the unknown rule {rule}.")


def _citations() -> Iterator[tuple[str, tuple[str, ...]]]:
    for what, table in (
        ("codes", tables.codes()),
        ("modifiers", tables.modifiers()),
        ("techniques", tables.techniques()),
        ("regions", tables.regions()),
        ("providers", tables.providers()),
        ("payers", tables.payers()),
        ("statements", tables.published_statements()),
    ):
        for name, row in table.items():
            yield f"{what}: {name}", row.source
    for rows in tables.edits().values():
        for row in rows:
            yield f"edits: {row.column_one}, {row.column_two}", row.source
    for event in tables.history():
        yield f"history: {event.id}", event.source
    for rule in RULES:
        yield f"rules: {rule.id}", (rule.source,)
