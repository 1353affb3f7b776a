"""What `coursekit` can do: one verb, one function. A verb finds out, and leaves printing to its caller."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import date as Date
from pathlib import Path
from typing import Any

from .course import Course
from .model import FORMS, Case, Claim, Exercise, Grade, Solution, Unreadable
from .reading import nearest
from .terms import SEALED

FINE, WRONG, BAD = 0, 1, 2
COUNTINGS = ("total-time", "per-service")

# What --json prints, how people see it, and the exit status.
Result = tuple[Mapping[str, Any], Callable[[Any], None], int]


# What a verb gets its input from --------------------------------------------------------------------------------------


def _course() -> Course:
    return Course.find()


def one_of(word: str, known: Iterable[str], what: str) -> str:
    """A word of a closed list. Raises `Unreadable` with the nearest one."""
    known = list(known)
    if word not in known:
        raise Unreadable(f"“{word[:60]}” is not a {what}.{nearest(word, known)} Known: {', '.join(known)}.")
    return word


def _case(text: str) -> Case:
    """A case file, or the case of an exercise of this name."""
    from .files import read_case

    path = Path(text)
    if path.is_file() or path.suffix in (".yaml", ".yml"):
        return read_case(path)
    exercise, solution = _solved(text)
    if solution.case is None:
        raise Unreadable(f"The exercise {exercise.name} has no note. Name one with a case, or a case file.")
    return solution.case


def _named(course: Course, name: str) -> str:
    if name.rpartition("/")[2] not in course.names:
        hint = nearest(name, course.names)
        raise Unreadable(f"The course at {course.root} has no exercise “{name[:60]}”.{hint} See: coursekit list")
    return name


def _solved(name: str) -> tuple[Exercise, Solution]:
    course = _course()
    _named(course, name)
    exercise, solution = course.exercise(name), course.solution(name)
    if solution is None:
        raise Unreadable(f"The course at {course.root} is sealed: it holds no solution of {exercise.name}, "
                       "so nothing can be worked out here.")  # fmt: skip
    return exercise, solution


# The verbs ---------------------------------------------------------------------------------------------------------


def words(args: argparse.Namespace) -> Result:
    """Print every closed list: techniques, regions, payers, providers, modifiers, rules, codes."""
    from .reference import words

    found = words()

    def show(out: Any) -> None:
        from .terminal import table

        for name, rows in found.items():
            keys = [key for key in rows[0] if key not in ("source", "positions")]
            out.print(table(keys, ([_plain(row[key]) for key in keys] for row in rows), title=f"\n{name}"))

    return found, show, FINE


def list_(args: argparse.Namespace) -> Result:
    """List the exercises in course order."""
    rows = [
        {
            "name": one.name,
            "title": one.title,
            "notebook": one.folder,
            "forms": list(one.forms),
            "skills": list(one.skills),
            "statements": list(one.statements),
        }
        for one in _course().exercises()
    ]

    def show(out: Any) -> None:
        from .terminal import table

        keys = ("notebook", "name", "title", "forms")
        out.print(table(keys, ([_plain(row[key]) for key in keys] for row in rows)))

    return {"exercises": rows}, show, FINE


def lookup(args: argparse.Namespace) -> Result:
    """Look up words: a technique, code, modifier, region, rule or source."""
    from .search import lookup

    asked = " ".join(args.words)
    found = lookup(asked)

    def show(out: Any) -> None:
        from .terminal import table

        if not found:
            out.print(f"Nothing is known about “{asked}”. Try a technique, a body region, a code or a modifier.")
            return
        rows = [
            (one["kind"], one["name"], ", ".join(one["codes"]) + " (contested)" * one["contested"], one["says"])
            for one in found
        ]
        out.print(table(("kind", "name", "codes", "says"), rows))

    return {"found": found}, show, FINE


def units(args: argparse.Namespace) -> Result:
    """Count units: CODE=MINUTES for a timed code, CODE for an untimed one."""
    from . import tables
    from .reference import payer, units

    if args.payer and args.counting:
        raise Unreadable("--payer and --counting both say how to count. Give one of them.")
    counting = one_of(args.counting, COUNTINGS, "way of counting") if args.counting else COUNTINGS[0]
    if args.payer:
        counting = tables.payers()[payer(args.payer)].counting
    found = units(args.services, counting)

    def show(out: Any) -> None:
        from .terminal import source_line

        out.print(f"{found['timed_minutes']} timed minutes, counted {counting}: {found['units']} units in all")
        for way in found["right"]:
            out.print("  " + (", ".join(f"{code} x{count}" for code, count in way.items()) or "nothing"))
        out.print(f"{found['says']}\n{source_line(found['source'])}")

    return found, show, FINE


def pair(args: argparse.Namespace) -> Result:
    """Say whether two codes may stand on one claim, and whether a modifier can help."""
    from .reference import pair, payer
    from .tables import day

    on = day(args.date) if args.date else Date.today()
    if args.edits or args.edition:
        from .cms import asked

        found = asked.pair(args.code, args.other, on, payer(args.payer), args.edition or "")
    else:
        found = pair(args.code, args.other, on, payer(args.payer))

    def show(out: Any) -> None:
        from .terminal import source_line

        out.print(f"{found['says']}\n{source_line(found['source'])}")

    return found, show, FINE


def solve(args: argparse.Namespace) -> Result:
    """Work out every right claim of a case."""
    from .engine import right_claims

    claims = right_claims(_case(args.case))
    found = {"best": [str(claim) for claim, best in claims.items() if best], "solved": [str(claim) for claim in claims]}

    def show(out: Any) -> None:
        for claim, best in claims.items():
            out.print(f"{'best  ' if best else 'solved'}  {claim}")
        if not claims:
            out.print("No claim is right: two rules contradict each other here, or the facts do.")

    return found, show, FINE if claims else WRONG


def audit(args: argparse.Namespace) -> Result:
    """Say what every rule has to say about a claim."""
    from .engine import grade_claim

    return _graded(grade_claim(_case(args.case), Claim.parse(args.claim)))


def remit(args: argparse.Namespace) -> Result:
    """Work out what the payer sends back for a claim, and why a line is not paid."""
    from .engine import findings
    from .reference import source
    from .remittance import remit
    from .tables import day

    pairs = [word.partition("=") for word in args.charge]
    if stray := [code for code, equals, _ in pairs if not equals]:
        raise Unreadable(f"“{stray[0][:20]}” gives no charge. Write CODE=AMOUNT: 97110=62.00.")
    case, claim = _case(args.case), Claim.parse(args.claim)
    sent, answered = (day(text) if text else None for text in (args.sent, args.answered))
    found = remit(
        case,
        claim,
        locality=args.locality,
        charges={code.upper(): amount for code, _, amount in pairs},
        deductible=args.deductible,
        sent=sent,
        answered=answered,
    )

    def show(out: Any) -> None:
        from .terminal import show_remittance

        show_remittance(out, found)

    shown = found.shown()
    for row in [*(cut for line in shown["lines"] for cut in line["adjustments"]), *shown["deadlines"]]:
        row["source"] = [source(id) for id in row["source"]]
    return shown, show, FINE if all(one.advice for one in findings(case, claim)) else WRONG


def grade(args: argparse.Namespace) -> Result:
    """Grade an answer to an exercise; nothing is kept."""
    from .engine import grade

    exercise, solution = _solved(args.name)
    form = args.form or next(iter(exercise.forms))
    return _graded(grade(exercise, solution, one_of(form, FORMS, "form"), args.answer))


def _graded(grade: Grade) -> Result:
    from .reference import grade_shown

    def show(out: Any) -> None:
        from .terminal import show_grade

        show_grade(out, grade)

    return grade_shown(grade), show, FINE if grade.solved else WRONG


def rulebook(args: argparse.Namespace) -> Result:
    """Print the rules with their sources: all, or those of a code, a notebook, a heading or a word."""
    from .book import Rulebook
    from .tables import day

    book = Rulebook(" ".join(args.about), day(args.date) if args.date else None)
    return {"rules": book.rows()}, lambda out: out.print(str(book), markup=False), FINE


def check(args: argparse.Namespace) -> Result:
    """Find all that is wrong with exercises, solutions, tables and notebooks."""
    from .checks import problems
    from .terminal import waiting

    with waiting("Checking the course", quiet=args.json):
        found = problems(_course())
    rows = [{"file": one.file, "line": one.line, "says": one.says} for one in found]

    def show(out: Any) -> None:
        for row in rows:
            out.print(f"{row['file']}, line {row['line']}: {row['says']}")
        out.print(f"{len(rows)} problems" if len(rows) != 1 else "1 problem")

    return {"problems": rows}, show, WRONG if rows else FINE


def draft_(args: argparse.Namespace) -> Result:
    """Print what the engine makes of an exercise's facts, as a solution to be finished by hand."""
    from .draft import skeleton

    course = _course()
    if course.release.kind == SEALED:
        raise Unreadable(f"The course at {course.root} is a sealed release: nothing is worked out about its exercises.")
    text = skeleton(course, _named(course, args.name))
    return {"draft": text}, lambda out: out.out(text, highlight=False), FINE


def doctor_(args: argparse.Namespace) -> Result:
    """See whether everything is in place, and say what to do where it is not."""
    from .doctor import look_over

    found = list(look_over())

    def show(out: Any) -> None:
        from .terminal import show_checks

        show_checks(out, found)

    rows = [{"what": one.what, "ok": one.ok, "says": one.says} for one in found]
    wrong = any(one.ok is False for one in found)
    return {"ok": not wrong, "checks": rows}, show, WRONG if wrong else FINE


def play_(args: argparse.Namespace) -> int:
    """Answer an exercise in the terminal."""
    from .desk import Desk
    from .play import Game, Stop
    from .terminal import console

    course, interactive = _course(), sys.stdin.isatty()
    name = _named(course, args.name) if args.name else next(iter(course.names))
    out = console()
    game = Game(Desk(course), out, input, waits=interactive)
    try:
        if interactive:
            game.introduce()
        game.play(name)
    except Stop:
        out.print("Stopped. Your answers are kept.")
    return FINE


def lab_(args: argparse.Namespace) -> int:
    """Open the course in JupyterLab."""
    from .lab import open_lab

    return open_lab(_course(), args.dir, args.jupyter)


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else ("yes" if value else "no") if isinstance(value, bool) else value
