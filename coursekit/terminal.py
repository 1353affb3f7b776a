"""Results as people read them in a terminal: tables, color where there is any, and signs that do without."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from .doctor import Check
    from .model import Grade
    from .remittance import PaidLine, Remittance

TONES = {"bad": ("✗", "red"), "good": ("✓", "green"), "tip": ("→", "yellow")}


def console(stderr: bool = False) -> Console:
    """A console that shows text as it is: brackets in a note are brackets, and never markup."""
    shown = Console(stderr=stderr, markup=False, highlight=False, emoji=False)
    if not shown.is_terminal:
        # A pipe has no edge to break lines at.
        shown.width = 160
    return shown


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> Table:
    """A plain table; numbers stand on the right."""
    rows = [list(row) for row in rows]
    shown = Table(
        title=title or None, title_justify="left", box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0)
    )
    for n, head in enumerate(heads):
        numeric = bool(rows) and all(isinstance(row[n], int | float) for row in rows)
        shown.add_column(head, justify="right" if numeric else "left")
    for row in rows:
        shown.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in row))
    return shown


def indented(text: str | Text, by: int = 2) -> Padding:
    """A text set in from the left, its further lines too."""
    return Padding(Text(text) if isinstance(text, str) else text, (0, 0, 0, by), expand=False)


def source_line(source: Mapping[str, str] | None) -> str:
    """A source in one line."""
    if not source:
        return ""
    link = f" {source['link']}" if source.get("link") else ""
    return f"{source['title']}, {source['where']} ({source['edition']}){link}"


def highlighted(note: str, marks: Iterable[Sequence[Any]]) -> Text:
    """The note with the words that feedback rests on: bold where there is color, and in brackets everywhere."""
    shown, at = Text(), 0
    spans = _merged((start, end) for start, end, *_ in marks)
    for start, end in spans:
        shown.append(note[at:start])
        shown.append(f"⟦{note[start:end]}⟧", style="bold yellow")
        at = end
    shown.append(note[at:])
    return shown


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    whole: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if whole and start <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((start, end))
    return whole


def show_reply(out: Console, state: Mapping[str, Any], names: Mapping[str, str]) -> None:
    """Feedback to an answer: what stands and what does not, why, and where it is written."""
    reply = state["reply"]
    style = "bold green" if reply["solved"] else "bold" if reply["status"] == "recorded" else "bold red"
    out.print()
    out.print(Text(reply["headline"], style=style))
    if reply["parts"]:
        out.print(Text(" · ".join(f"{name} {right}/{of}" for name, right, of in reply["parts"]), style="dim"))
    if reply["marks"]:
        out.print()
        out.print(indented(highlighted(state["note"], reply["marks"])))
    for line in reply["lines"]:
        _show_line(out, line, names)
    if reply["answers"]:
        out.print(indented(f"Right: {reply['answers']}", 0))
    if reply["why"]:
        out.print()
        out.print(Text("Why", style="bold"))
        out.print(indented(reply["why"]))
    show_pictures(out, reply["pictures"])
    if reply["trouble"]:
        out.print(Text(f"\n{reply['trouble']}", style="bold red"))


def show_pictures(out: Console, pictures: Iterable[Mapping[str, Any]]) -> None:
    """Pictures in words, a paragraph each."""
    for picture in pictures:
        out.print()
        out.print(Text(picture["title"], style="bold"))
        # What a picture says below is often the end of its words.
        says = picture["says"] if picture["says"] not in picture["alt"] else ""
        out.print(indented(f"{picture['alt']} {says}".strip()))


def _show_line(out: Console, line: Mapping[str, Any], names: Mapping[str, str]) -> None:
    # Advice about the whole visit neither stands nor falls.
    tone = "bad" if not line["stands"] else "good" if line["line"] else "tip"
    sign, color = TONES[tone]
    label = names.get(line["line"], line["line"]) or "The whole visit"
    out.print(Text.assemble((f"{sign} ", color), (label, "bold")))
    for item in line["items"]:
        sign, color = TONES[item["tone"]]
        out.print(indented(Text.assemble((f"{sign} {item['head']} ", color), item["says"])))
        quotes = "”, “".join(item["quotes"])
        said = [f"The note: “{quotes}”"] if quotes else []
        said += [f"Rule: {item['rule_says']}"] if item["rule_says"] else []
        where = source_line(item["source"])
        said += [f"Source: {where}" + (f" (in force since {item['since']})" if item["since"] else "")] if where else []
        for text in said:
            out.print(indented(Text(text, style="dim"), 4))


def show_grade(out: Console, grade: Grade) -> None:
    """A grade and its findings."""
    from .reference import source

    headline = "Solved." if grade.solved else "Not solved."
    out.print(Text(f"{headline} Score {grade.score:.2f}", style="bold green" if grade.solved else "bold red"))
    for label, stands in grade.lines:
        sign, color = TONES["good" if stands else "bad"]
        out.print(Text.assemble((f"{sign} ", color), (label, "bold")))
        for found in grade.findings:
            if found.line == label:
                _show_finding(out, found, source_line(source(found.source)))
    known = {label for label, _ in grade.lines}
    for found in grade.findings:
        if found.line not in known:
            out.print(Text(found.line or "The whole visit", style="bold"))
            _show_finding(out, found, source_line(source(found.source)))


def _show_finding(out: Console, found: Any, where: str) -> None:
    sign, color = TONES["tip" if found.advice else "bad"]
    out.print(indented(Text.assemble((f"{sign} ", color), found.says)))
    quotes = "”, “".join(filter(None, found.quotes))
    for text in (f"The note: “{quotes}”" if quotes else "", f"{found.rule}: {where}" if found.rule else where):
        if text:
            out.print(indented(Text(text, style="dim"), 4))


def show_checks(out: Console, checks: Sequence[Check]) -> None:
    """What the doctor found, a line each."""
    for one in checks:
        sign, color = {True: ("ok", "green"), False: ("✗", "bold red"), None: ("–", "yellow")}[one.ok]
        out.print(Text.assemble((f"{sign:<3}", color), (f"{one.what:<9}", "bold"), one.says))


def waiting(text: str, quiet: bool = False) -> AbstractContextManager:
    """A sign of life on standard error while something takes longer, where somebody is looking."""
    out = console(stderr=True)
    return nullcontext() if quiet or not out.is_terminal else out.status(text)


def show_remittance(out: Console, found: Remittance) -> None:
    """A remittance: what each line brought, why a line brought nothing and what to do next, and until when."""
    from .reference import source

    keys = ("charge", "allowed", "paid", "patient")
    rows = [[line.billed, *(f"{getattr(line, key):.2f}" for key in keys), _why(line)] for line in found.lines]
    rows.append(["in all", *(f"{found.total(key):.2f}" for key in keys), ""])
    out.print(table(("line", *keys, "why not paid"), rows))
    for line in found.lines:
        if line.next:
            out.print(Text(f"\n{line.line}: {line.next}", style="bold"))
            cited = (source_line(source(id)) for id in line.adjustments[0].source)
            out.print(indented("\n".join(filter(None, (line.says, line.because, *cited)))))
        elif len(line.adjustments) > 1:
            taken = [f"{cut.group}-{cut.reason} ${cut.amount}: {cut.says}" for cut in line.adjustments]
            out.print(Text(f"\n{line.line}: paid", style="bold"))
            out.print(indented("\n".join(taken)))
    out.print("")
    for due in found.deadlines:
        by = f"by {due.by.isoformat()}, " if due.by else ""
        out.print(f"{due.what}: {by}{due.within} from {due.starts}")
    for note in found.notes:
        out.print(note)


def _why(line: PaidLine) -> str:
    return f"{line.group}-{line.reason}" if line.group else ""
