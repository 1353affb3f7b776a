"""The command line: one verb, one function. `--json` prints exactly one JSON object and nothing else.

Exit status: 0 fine, 1 something was found wrong, 2 bad usage or bad input, told in one message on standard error.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date as Date
from pathlib import Path
from typing import Any, NoReturn

from . import __version__
from .model import FORMS, PARTS, Case, Claim, Exercise, Grade, Solution, Unreadable
from .reading import nearest

FINE, WRONG, BAD = 0, 1, 2
COUNTINGS = ("total-time", "per-service")


class BadUsage(Exception):
    """The command cannot be understood or carried out. The message says what, where, why, and what to do."""


# What a verb gets its input from --------------------------------------------------------------------------------------


def _course() -> Any:
    from .course import Course

    return Course.find()


def _one_of(word: str, known: Iterable[str], what: str) -> str:
    known = list(known)
    if word not in known:
        raise BadUsage(f"“{word[:60]}” is not a {what}.{nearest(word, known)} Known: {', '.join(known)}.")
    return word


def _case(text: str) -> Case:
    """A case file, or the case of an exercise of this name."""
    from .files import read_case

    path = Path(text)
    if path.is_file() or path.suffix in (".yaml", ".yml") or len(path.parts) > 1:
        return read_case(path)
    exercise, solution = _solved(text)
    if solution.case is None:
        raise BadUsage(f"The exercise {exercise.name} has no note and no facts. Name one with a case, or a case file.")
    return solution.case


def _solved(name: str) -> tuple[Exercise, Solution]:
    course = _course()
    exercise, solution = course.exercise(name), course.solution(name)
    if solution is None:
        raise BadUsage(f"The course at {course.root} is sealed: it holds no solution of {exercise.name}, "
                       "so nothing can be worked out here.")  # fmt: skip
    return exercise, solution


def _grade_shown(grade: Grade) -> dict[str, Any]:
    from .reference import source

    return {
        "solved": grade.solved,
        "best": grade.best,
        "score": round(grade.score, 4),
        "parts": {part: list(share) if (share := grade.parts.get(part)) else None for part in PARTS},
        "findings": [
            {
                "rule": found.rule,
                "heading": found.heading,
                "line": found.line,
                "part": found.part,
                "says": found.says,
                "quote": next(filter(None, found.quotes), ""),
                "quotes": [words for words in found.quotes if words],
                "source": source(found.source),
                "advice": found.advice,
            }
            for found in grade.findings
        ],
        "answer": grade.answer,
        "lines": {label: stands for label, stands in grade.lines},
    }


# The verbs: each returns what --json prints, how people see it, and the exit status ----------------------------------

Result = tuple[Mapping[str, Any], Callable[[Any], None], int]


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

    counting = _one_of(args.counting, COUNTINGS, "way of counting") if args.counting else COUNTINGS[0]
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
    from .facts import day
    from .reference import pair, payer

    on = day(args.date) if args.date else Date.today()
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


def grade(args: argparse.Namespace) -> Result:
    """Grade an answer to an exercise; nothing is kept."""
    from .engine import grade

    exercise, solution = _solved(args.name)
    form = args.form or next(iter(exercise.forms))
    return _graded(grade(exercise, solution, _one_of(form, FORMS, "form"), args.answer))


def _graded(grade: Grade) -> Result:
    def show(out: Any) -> None:
        from .terminal import show_grade

        show_grade(out, grade)

    return _grade_shown(grade), show, FINE if grade.solved else WRONG


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


def draft(args: argparse.Namespace) -> Result:
    """Print what the engine makes of an exercise's facts, as a solution to be finished by hand."""
    from .draft import draft

    text = draft(_course(), args.name)
    return {"draft": text}, lambda out: out.out(text, highlight=False), FINE


def doctor(args: argparse.Namespace) -> Result:
    """See whether everything is in place, and say what to do where it is not."""
    from .doctor import checks

    found = list(checks())

    def show(out: Any) -> None:
        from .terminal import show_checks

        show_checks(out, found)

    rows = [{"what": one.what, "ok": one.ok, "says": one.says} for one in found]
    wrong = any(one.ok is False for one in found)
    return {"ok": not wrong, "checks": rows}, show, WRONG if wrong else FINE


def play(args: argparse.Namespace) -> int:
    """Answer an exercise in the terminal."""
    from .desk import Desk
    from .play import Game, Stop
    from .terminal import console

    desk, interactive = Desk(), sys.stdin.isatty()
    out = console()
    game = Game(desk, out, input, echo=not interactive)
    try:
        if interactive:
            game.introduce()
        game.play(args.name or next(iter(desk.course.names)))
    except Stop:
        out.print("Stopped. Your answers are kept.")
    return FINE


def lab(args: argparse.Namespace) -> int:
    """Open the course in JupyterLab."""
    from .lab import open_lab

    return open_lab(_course(), args.dir, args.jupyter)


# Reading the command line --------------------------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise BadUsage(f"{message[:1].upper()}{message[1:]}. See: {self.prog} --help")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="coursekit", description="Hands-On Coding: practice in coding physical medicine visits.")
    parser.add_argument("--version", action="version", version=f"coursekit {__version__}")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB", parser_class=_Parser)

    def verb(work: Callable, *arguments: tuple[str, dict], json: bool = True) -> None:
        about = (work.__doc__ or "").strip().split("\n")[0]
        own = verbs.add_parser(work.__name__.rstrip("_"), help=about, description=about)
        for name, options in arguments:
            own.add_argument(name, **options)
        if json:
            own.add_argument("--json", action="store_true", help="print one JSON object, for programs")
        own.set_defaults(work=work)

    case = ("case", {"metavar": "CASE", "help": "a case file, or the name of an exercise"})
    name = ("name", {"metavar": "NAME", "help": "the name of an exercise"})
    payer = {"metavar": "PAYER", "help": "medicare, or one of the course's plans"}
    verb(
        lab,
        (
            "--dir",
            {"metavar": "FOLDER", "help": "work in a copy of the course in this folder, made if it is not there"},
        ),
        ("jupyter", {"nargs": "*", "metavar": "-- OPTIONS", "help": "passed on to JupyterLab"}),
        json=False,
    )
    verb(play, ("name", {**name[1], "nargs": "?"}), json=False)
    verb(list_)
    verb(words)
    verb(lookup, ("words", {"nargs": "+", "metavar": "WORDS", "help": "what to look up"}))
    verb(
        units,
        ("services", {"nargs": "+", "metavar": "CODE=MINUTES", "help": "97110=23 for timed codes, 97012 for others"}),
        ("--payer", payer),
        ("--counting", {"metavar": "COUNTING", "help": "total-time (Medicare; the default) or per-service"}),
    )
    verb(
        pair,
        ("code", {"metavar": "CODE", "help": "a code"}),
        ("other", {"metavar": "CODE", "help": "another code"}),
        ("--date", {"metavar": "DATE", "help": "date of service, such as 2026-03-04 (default: today)"}),
        ("--payer", {**payer, "default": "medicare"}),
    )
    verb(solve, case)
    verb(audit, case, ("--claim", {"required": True, "metavar": "CLAIM", "help": "such as “98940 x1, 97124 x1 XS”"}))
    verb(
        grade,
        name,
        ("--form", {"metavar": "FORM", "help": f"one of {', '.join(FORMS)} (default: the first of the exercise)"}),
        ("--answer", {"required": True, "metavar": "TEXT", "help": "the answer, as the record keeps it"}),
    )
    verb(check)
    verb(draft, name)
    verb(doctor)
    return parser


def _read(argv: Sequence[str]) -> argparse.Namespace:
    parser = _parser()
    verbs = next(action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    if not argv:
        raise BadUsage(f"Say what to do: {', '.join(verbs)}. Start with: coursekit lab")
    if not argv[0].startswith("-"):
        _one_of(argv[0], verbs, "verb of coursekit")
    args = parser.parse_args(argv)
    if getattr(args, "payer", None) and getattr(args, "counting", None):
        raise BadUsage("--payer and --counting both say how to count. Give one of them.")
    return args


def _print_json(found: Mapping[str, Any]) -> None:
    plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    print(json.dumps(found, ensure_ascii=plain, indent=2 if sys.stdout.isatty() else None))


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else ("yes" if value else "no") if isinstance(value, bool) else value


def run(argv: Sequence[str]) -> int:
    """Carry out a command line. Raises `BadUsage`, `Unreadable` or `StoreTrouble` for what cannot be done."""
    args = _read(argv)
    done = args.work(args)
    if isinstance(done, int):
        return done
    found, show, status = done
    if args.json:
        _print_json(found)
    else:
        from .terminal import console

        show(console())
    return status


def main(argv: Sequence[str] | None = None) -> int:
    """The console script. Returns the exit status."""
    from .store import StoreTrouble

    # A terminal that cannot show a sign shows another one in its place.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        status = run(sys.argv[1:] if argv is None else argv)
        sys.stdout.flush()
        return status
    except (BadUsage, Unreadable, StoreTrouble) as error:
        print(f"coursekit: {error}", file=sys.stderr)
        return BAD
    except BrokenPipeError:
        # Whoever was reading has read enough; without this Python complains once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except KeyboardInterrupt:
        return 130
