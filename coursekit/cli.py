"""The command line. `--json` prints exactly one JSON object and nothing else.

Exit status: 0 fine, 1 something was found wrong, 2 bad usage or bad input, told in one message on standard error.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from . import __version__, quarterly, verbs
from .classroom import verbs as classroom
from .cms.naming import KINDS
from .interchange import verbs as interchange
from .model import FORMS, Unreadable
from .reading import nearest


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        stray = re.search(r"unrecognized arguments: (--\w+)", message)
        hint = nearest(stray[1], _options(self)) if stray else ""
        raise Unreadable(f"{message[:1].upper()}{message[1:]}.{hint} See: {self.prog} --help")


def _options(parser: argparse.ArgumentParser) -> set[str]:
    """Every option of a command and of the verbs below it."""
    found = set()
    for action in parser._actions:
        found |= set(action.option_strings)
        if isinstance(action, argparse._SubParsersAction):
            found |= {option for below in action.choices.values() for option in _options(below)}
    return found


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="coursekit", description="Hands-On Coding: practice in coding physical medicine visits.")
    parser.add_argument("--version", action="version", version=f"coursekit {__version__}")
    tree = parser.add_subparsers(dest="verb", required=True, metavar="VERB", parser_class=_Parser)

    def verb(work: Callable, *arguments: tuple[str, dict], json: bool = True, under: Any = tree) -> None:
        about = (work.__doc__ or "").strip().split("\n")[0]
        own = under.add_parser(work.__name__.rstrip("_").replace("_", "-"), help=about, description=about)
        for name, options in arguments:
            own.add_argument(name, **options)
        if json:
            own.add_argument("--json", action="store_true", help="print one JSON object, for programs")
        own.set_defaults(work=work)

    case = ("case", {"metavar": "CASE", "help": "a case file, or the name of an exercise"})
    name = ("name", {"metavar": "NAME", "help": "the name of an exercise"})
    payer = {"metavar": "PAYER", "help": "medicare, or one of the course's plans"}
    verb(
        verbs.lab_,
        (
            "--dir",
            {"metavar": "FOLDER", "help": "work in a copy of the course in this folder, made if it is not there"},
        ),
        ("jupyter", {"nargs": "*", "metavar": "-- OPTIONS", "help": "passed on to JupyterLab"}),
        json=False,
    )
    verb(verbs.play_, ("name", {**name[1], "nargs": "?"}), json=False)
    verb(verbs.list_)
    verb(verbs.words)
    verb(verbs.lookup, ("words", {"nargs": "+", "metavar": "WORDS", "help": "what to look up"}))
    verb(
        verbs.units,
        ("services", {"nargs": "+", "metavar": "CODE=MINUTES", "help": "97110=23 for timed codes, 97012 for others"}),
        ("--payer", payer),
        ("--counting", {"metavar": "COUNTING", "help": "total-time (Medicare; the default) or per-service"}),
    )
    verb(
        verbs.pair,
        ("code", {"metavar": "CODE", "help": "a code"}),
        ("other", {"metavar": "CODE", "help": "another code"}),
        ("--date", {"metavar": "DATE", "help": "date of service, such as 2026-03-04 (default: today)"}),
        ("--payer", {**payer, "default": "medicare"}),
        ("--edits", {"action": "store_true", "help": "ask the whole table that you imported, about any two codes"}),
        ("--edition", {"metavar": "EDITION", "help": "ask this imported table; see: coursekit edits list"}),
    )
    verb(verbs.solve, case)
    verb(
        verbs.audit,
        case,
        ("--claim", {"required": True, "metavar": "CLAIM", "help": "lines such as 97124 x1 XS"}),
    )
    date = {"metavar": "DATE"}
    verb(
        verbs.remit,
        case,
        ("--claim", {"required": True, "metavar": "CLAIM", "help": "lines such as 97124 x1 XS"}),
        ("--locality", {"metavar": "PLACE", "default": "national", "help": "national (the default) or harbor"}),
        (
            "--charge",
            {
                "nargs": "+",
                "action": "extend",
                "default": [],
                "metavar": "CODE=AMOUNT",
                "help": "for one unit: 97110=62",
            },
        ),
        (
            "--deductible",
            {"metavar": "AMOUNT", "default": "0", "help": "what the patient has still to meet (default: 0)"},
        ),
        ("--sent", {**date, "help": "the day on which the payer got the claim"}),
        ("--answered", {**date, "help": "the day on which the remittance arrived"}),
    )
    verb(
        verbs.grade,
        name,
        ("--form", {"metavar": "FORM", "help": f"one of {', '.join(FORMS)} (default: the first of the exercise)"}),
        ("--answer", {"required": True, "metavar": "TEXT", "help": "the answer, as the record keeps it"}),
    )
    verb(
        verbs.rulebook,
        (
            "about",
            {"nargs": "*", "metavar": "ABOUT", "help": "97124, 03, “side by side”, a word (default: everything)"},
        ),
        ("--date", {**date, "help": "only the rules in force on this date of service"}),
    )
    verb(verbs.check)
    verb(verbs.draft_, name)
    verb(verbs.doctor_)
    _add_edits(tree, verb)
    classroom.add_verbs(verb)
    interchange.add_verbs(verb)
    return parser


def _add_edits(tree: Any, verb: Callable) -> None:
    about = "CMS's quarterly tables: import them, and see what changed and what that moves."
    own = tree.add_parser("edits", help=about, description=about)
    edits = own.add_subparsers(dest="what", required=True, metavar="VERB", parser_class=_Parser)
    kinds = f"one of {', '.join(KINDS)}, where names and title lines do not tell"
    edition = "an imported table, or a file of CMS"
    verb(
        quarterly.import_,
        ("files", {"nargs": "+", "metavar": "FILE", "help": "all files of one table as CMS ships them"}),
        ("--kind", {"metavar": "KIND", "help": kinds}),
        ("--effective", {"metavar": "DATE", "help": "the day from which the table holds, where names do not tell"}),
        under=edits,
    )
    verb(
        quarterly.diff,
        ("old", {"metavar": "OLD", "help": f"the earlier edition: {edition}"}),
        ("new", {"metavar": "NEW", "help": f"the later edition: {edition}"}),
        ("--all", {"action": "store_true", "help": "tell every change of the whole table"}),
        under=edits,
    )
    verb(
        quarterly.check,
        ("--edition", {"metavar": "EDITION", "help": "an imported table (default: the newest of each kind)"}),
        under=edits,
    )
    verb(quarterly.list_, under=edits)


def _read(argv: Sequence[str]) -> argparse.Namespace:
    parser = _parser()
    known = next(action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    if not argv:
        raise Unreadable(f"Say what to do: {', '.join(known)}. Start with: coursekit lab")
    if not argv[0].startswith("-"):
        verbs.one_of(argv[0], known, "verb of coursekit")
    return parser.parse_args(argv)


def _print_json(found: Mapping[str, Any]) -> None:
    plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    print(json.dumps(found, ensure_ascii=plain, indent=2 if sys.stdout.isatty() else None))


def run(argv: Sequence[str]) -> int:
    """Carry out a command line. Raises `Unreadable` or `StoreTrouble` for what cannot be done."""
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
    except (Unreadable, StoreTrouble) as error:
        print(f"coursekit: {error}", file=sys.stderr)
        return verbs.BAD
    except BrokenPipeError:
        # Whoever was reading has read enough; without this Python complains once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return verbs.FINE
    except KeyboardInterrupt:
        return 130
