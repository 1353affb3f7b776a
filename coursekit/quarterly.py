"""What `coursekit edits` can do: one verb, one function, in the manner of the other verbs."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .cms.naming import KINDS
from .model import Unreadable
from .verbs import FINE, WRONG, Result, one_of

Progress = Callable[[int, int], None]


@contextmanager
def _bar(text: str, quiet: bool) -> Iterator[Progress]:
    """A progress bar on standard error, where somebody is looking; gone when the work is done."""
    from .terminal import console

    out = console(stderr=True)
    if quiet or not out.is_terminal:
        yield lambda done, total: None
        return
    from rich.progress import Progress as Bar

    with Bar(console=out, transient=True) as bar:
        task = bar.add_task(text, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def _numpy() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != "numpy":
            raise
        raise Unreadable("Importing and comparing tables needs numpy. Run: pip install 'coursekit[tables]'") from None


def import_(args: argparse.Namespace) -> Result:
    """Import a table of CMS: all files of one quarter's pair edits, or of its daily limits."""
    from .cms import edition
    from .tables import day

    began = time.monotonic()
    kind = one_of(args.kind, KINDS, "kind of table") if args.kind else ""
    effective = day(args.effective) if args.effective else None
    with _numpy(), _bar("Importing", args.json) as progress:
        from .cms import taking

        taken = taking.read(map(Path, args.files), kind, effective, progress)
        before = [path.stem for _, _, path in edition.names()]
        kept = taking.keep(taken)
    found = {
        "edition": kept.stem,
        "kind": taken.kind.name,
        "title": taken.kind.title,
        "effective": taken.effective.isoformat(),
        "rows": len(taken.table.one),
        "files": list(taken.files),
        "notes": list(taken.notes),
        "replaced": kept.stem in before,
        "kept": str(kept),
        "bytes": kept.stat().st_size,
        "seconds": round(time.monotonic() - began, 3),
    }

    def show(out: Any) -> None:
        again = ", in place of an earlier copy" if found["replaced"] else ""
        out.print(f"{found['edition']}: {found['rows']:,} rows of {found['title']}{again}.")
        out.print(f"Kept in {found['kept']} ({found['bytes'] / 1e6:.1f} MB) after {found['seconds']:.1f} s.")
        for note in found["notes"]:
            out.print(f"→ {note}")

    return found, show, FINE


def list_(args: argparse.Namespace) -> Result:
    """List the tables that were imported."""
    from .cms import edition

    rows = []
    for _, _, path in edition.names():
        with edition.Edition(path) as one:
            rows.append(
                {
                    "edition": one.name,
                    "kind": one.kind.name,
                    "title": one.kind.title,
                    "effective": one.effective.isoformat(),
                    "rows": one.about["rows"],
                    "files": one.about["files"],
                    "imported": one.about["imported"],
                    "kept": str(path),
                }
            )

    def show(out: Any) -> None:
        from .terminal import table

        if not rows:
            out.print(f"No table was imported yet. Import one: {edition.IMPORT}")
            return
        keys = ("edition", "title", "rows", "imported")
        out.print(table(keys, ([row[key] for key in keys] for row in rows)))

    return {"editions": rows}, show, FINE


def diff(args: argparse.Namespace) -> Result:
    """Say what changed from one edition to a later one, first for the course's codes."""
    from . import tables

    with _numpy(), _bar("Comparing", args.json) as progress:
        from .cms import compare

        found = compare.diff(
            compare.whole(args.old, progress), compare.whole(args.new, progress), tables.codes(), every=args.all
        )
        whats = compare.WHATS

    def show(out: Any) -> None:
        from .terminal import table

        heads = ("column one", "column two") if "units" not in found["counts"]["whole"] else ("code", "")
        keys = ("column_one", "column_two") if heads[1] else ("code", "")
        for title, rows in (("The course's codes", found["course"]), ("All other codes", found.get("others", []))):
            if rows:
                cells = [
                    (
                        row[keys[0]],
                        row.get(keys[1], ""),
                        whats[row["what"]],
                        _said(row.get("before")),
                        _said(row.get("after")),
                    )
                    for row in rows
                ]
                out.print(table((*heads, "what", "before", "now"), cells, title=f"\n{title}"))
        if not found["course"]:
            out.print("Nothing changed for the course's codes.")
        counts = [(whats[what], found["counts"]["course"][what], n) for what, n in found["counts"]["whole"].items()]
        title = f"\nFrom {found['old']['name']} to {found['new']['name']}"
        out.print(table(("changes", "course", "whole table"), counts, title=title))

    return found, show, FINE


def _said(row: dict[str, Any] | None) -> str:
    """What a row says, in a few words."""
    if row is None:
        return ""
    if "units" in row:
        return f"{row['units']} units, {row['indicator'][:1]}"
    since = f" from {row['since']}" if row["since"] else ""
    until = f" until {row['until']}" if row["until"] else ""
    return f"indicator {row['indicator']}{since}{until}"


def check(args: argparse.Namespace) -> Result:
    """Say which rows, rules and answers of the course an imported table would move."""
    from .cms import edition
    from .cms.asked import KIND_OF_LIST
    from .course import Course

    names = [args.edition] if args.edition else [
        kind for kind in (*KIND_OF_LIST.values(), "mue") if edition.names(kind)
    ]  # fmt: skip
    if not names:
        raise Unreadable(f"No table was imported yet. Import one: {edition.IMPORT}")
    course, found = Course.find(), []
    with _numpy(), _bar("Checking", args.json) as progress:
        from .cms.moved import check

        for name in names:
            with edition.named(name) as one:
                found.append(check(course, one, progress))

    def show(out: Any) -> None:
        for one in found:
            _show_check(out, one)

    whole = {what: [{**row, "edition": one["edition"]} for one in found for row in one[what]]
             for what in ("rows", "rules", "exercises", "read_again")}  # fmt: skip
    moved = bool(whole["rows"] or whole["exercises"])
    agreeing = {one["edition"]: one["agreeing"] for one in found}
    return {"moved": moved, "agreeing": agreeing, "sealed": found[0]["sealed"], **whole}, show, WRONG if moved else FINE


def _show_check(out: Any, found: dict[str, Any]) -> None:
    from .terminal import indented

    out.print(f"{found['edition']}: {found['agreeing']} rows of the course agree, {len(found['rows'])} do not.")
    for row in found["rows"]:
        out.print(indented(f"✗ {row['says']}"))
    if found["rules"]:
        out.print("Rules that cite the same sources as these rows:")
        for rule in found["rules"]:
            out.print(indented(f"{rule['id']} ({rule['source']}): {rule['says']}"))
    if found["exercises"]:
        out.print("Exercises whose answers would change:")
        for one in found["exercises"]:
            out.print(indented(one["name"]))
            for says in one["changes"]:
                out.print(indented(says, 4))
    elif found["sealed"]:
        out.print("The course is sealed: which answers would change cannot be worked out without solutions.")
    elif found["rows"]:
        out.print("No answer that is worked out from a note would change.")
    if found["read_again"]:
        out.print("Exercises to read again, as they speak of these codes:")
        for one in found["read_again"]:
            out.print(indented(f"{one['name']}: {one['says']}"))
