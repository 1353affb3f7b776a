"""A learner's progress as text and as a picture. Knows shapes and colors; decides nothing."""

from __future__ import annotations

from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .record import Progress, Standing

# Every state has a sign of its own, so that color is never the only difference.
SIGNS = {
    "not tried": "·",
    "tried": "◐",
    "answered": "▬",
    "solved later": "✓",
    "solved at first try": "■",
}

_STEP, _LABEL, _ACROSS = 24, 230, 24

_GOOD = "var(--jp-success-color0,var(--coursekit-good,#2e7d32))"
_OPEN = "var(--jp-warn-color0,var(--coursekit-open,#c25700))"
_PAPER = "var(--jp-layout-color0,Canvas)"

# What is drawn in a square of 18 by 18 with its corner at the origin.
_DRAWN = {
    "not tried": '<rect width="18" height="18" rx="4" stroke="currentColor" stroke-opacity=".5" '
    'stroke-dasharray="2 3"/>',
    "tried": f'<rect width="18" height="18" rx="4" stroke="{_OPEN}"/>'
    f'<path d="M0 14V4a4 4 0 0 1 4-4h10z" fill="{_OPEN}" stroke="none"/>',
    "answered": '<rect width="18" height="18" rx="4" stroke="currentColor"/><path d="M5 9h8" stroke="currentColor"/>',
    "solved later": f'<rect width="18" height="18" rx="4" stroke="{_GOOD}"/><path d="m5 9 3 4 6-8" stroke="{_GOOD}"/>',
    "solved at first try": f'<rect width="18" height="18" rx="4" fill="{_GOOD}" stroke="{_GOOD}"/>'
    f'<path d="m5 9 3 4 6-8" style="stroke:{_PAPER}"/>',
}


def text(progress: Progress) -> str:
    """The picture in characters, for a terminal."""
    rows = [(progress.titles[folder], list(mine)) for folder, mine in _by_notebook(progress)]
    width = max((len(title) for title, _ in rows), default=0)
    lines = [_summary(progress)]
    for title, mine in rows:
        signs = " ".join(SIGNS[one.state] for one in mine)
        lines.append(f"  {title:<{width}}  {signs}")
    lines.append("  " + "  ".join(f"{sign} {state}" for state, sign in SIGNS.items() if state in _legend(progress)))
    if comes_back := progress.by_misconception()[:3]:
        lines.append(
            "What keeps coming back: " + ", ".join(f"{row['misconception']} ({row['times']})" for row in comes_back)
        )
    return "\n".join([*lines, *_notes(progress), _go_on(progress)])


def page(progress: Progress) -> str:
    """The picture, the tables behind it, and where to go on, as HTML that follows the page's light or dark colors."""
    notes = "".join(f"<p>{escape(note)}</p>" for note in _notes(progress))
    return (
        '<div class="coursekit-progress" style="max-width:860px">'
        f"<p><b>{escape(_summary(progress))}</b></p>{_picture(progress)}{_legend_line(progress)}"
        f"{_exercises(progress)}{_skills(progress)}{_misconceptions(progress)}{notes}"
        f"<p>{_go_on(progress, html=True)}</p></div>"
    )


def _by_notebook(progress: Progress) -> Any:
    return groupby(progress.standings, key=lambda one: one.notebook)


def _summary(progress: Progress) -> str:
    done = sum(one.solved for one in progress.standings)
    first = sum(one.state == "solved at first try" for one in progress.standings)
    answered = sum(one.state == "answered" for one in progress.standings)
    whose = f"{progress.learner}: " if progress.learner and any(one.tries for one in progress.standings) else ""
    parts = f"{done} of {len(progress.standings)} questions solved, {first} of them at the first try"
    return f"{whose}{parts}, {answered} recorded" if answered else f"{whose}{parts}"


def _notes(progress: Progress) -> list[str]:
    notes = [progress.trouble] if progress.trouble else []
    if earlier := sum(one.earlier_wording for one in progress.standings):
        answers = "1 answer was" if earlier == 1 else f"{earlier} answers were"
        notes.append(f"{answers} given to an earlier wording; they count only where they can still be read.")
    return notes


def _go_on(progress: Progress, html: bool = False) -> str:
    if not progress.next:
        if any(one.state == "answered" for one in progress.standings):
            return "Everything is answered."
        return "Everything is solved." if progress.standings else "The course has no exercises yet."
    one = next(one for one in progress.standings if one.exercise == progress.next)
    if not html:
        return f"Go on with “{one.title}” ({one.exercise}) in {progress.titles[one.notebook]}."
    link = f'<a href="{escape(one.notebook)}.ipynb">{escape(progress.titles[one.notebook])}</a>'
    return f"Go on with <b>{escape(one.title)}</b> (<code>{escape(one.exercise)}</code>) in {link}."


# The picture --------------------------------------------------------------------------------------------------------


def _picture(progress: Progress) -> str:
    rows = "".join(_row(progress.titles[folder], list(group)) for folder, group in _by_notebook(progress))
    return f'<div style="display:grid;gap:6px">{rows}</div>'


def _row(title: str, mine: list[Standing]) -> str:
    """A notebook and its questions, one square each. On a narrow page the squares stand under the name."""
    drawn, untried = [], ""
    for place, one in enumerate(mine):
        x, y = 1 + place % _ACROSS * _STEP, 1 + place // _ACROSS * _STEP
        if one.state == "not tried":
            untried += f"M{x} {y}h18v18h-18z"
            continue
        tip = escape(f"{one.title}, {one.form}: {one.state}")
        drawn.append(f'<g transform="translate({x} {y})"><title>{tip}</title>{_DRAWN[one.state]}</g>')
    if untried:
        drawn.append(f'<path stroke="currentColor" stroke-opacity=".5" stroke-dasharray="2 3" d="{untried}"/>')
    width, height = _ACROSS * _STEP, (1 + (len(mine) - 1) // _ACROSS) * _STEP
    solved = sum(one.solved for one in mine)
    return (
        f'<div style="display:flex;flex-wrap:wrap;gap:2px 10px"><span style="flex:0 0 {_LABEL}px">{escape(title)}</span>'
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {width} {height}" '
        f'style="flex:1 1 {width // 2}px;max-width:{width}px;height:auto" fill="none" stroke-width="1.6" '
        f'stroke-linecap="round" stroke-linejoin="round"><title>{escape(title)}: {solved} of {len(mine)} solved, one square '
        f"for each question</title>{''.join(drawn)}</svg></div>"
    )


def _legend(progress: Progress) -> list[str]:
    # Only a sealed course records answers without grading them.
    some = any(one.state == "answered" for one in progress.standings)
    return [state for state in SIGNS if some or state != "answered"]


def _legend_line(progress: Progress) -> str:
    items = "".join(
        '<span style="display:inline-flex;align-items:center;gap:6px;margin-right:16px">'
        '<svg aria-hidden="true" viewBox="-1 -1 20 20" width="15" height="15" fill="none" stroke-width="1.6" '
        f'stroke-linecap="round" stroke-linejoin="round">{_DRAWN[state]}</svg>{state}</span>'
        for state in _legend(progress)
    )
    return f'<p style="font-size:90%">{items}</p>'


# The tables ---------------------------------------------------------------------------------------------------------


def _exercises(progress: Progress) -> str:
    head = ("Notebook", "Exercise", "Question", "Where it stands", "Tries", "First try", "Best try", "Last")
    rows = []
    for one in (one for one in progress.standings if one.tries):
        state = f"{SIGNS[one.state]} {one.state}"
        shares = (_percent(one.first), _percent(one.best))
        rows.append(
            (progress.titles[one.notebook], one.title, one.form, state, one.tries or "", *shares, one.last[:10])
        )
    return _table("Every question tried", head, rows)


def _skills(progress: Progress) -> str:
    head = ("Skill", "Exercises", "Done", "First try", "Best try")
    rows = [
        (row["skill"], row["exercises"], row["done"], _percent(row["first"]), _percent(row["best"]))
        for row in progress.by_skill()
        if row["first"] is not None
    ]
    return _table("Every skill tried (first tries show skill, best tries show practice)", head, rows)


def _misconceptions(progress: Progress) -> str:
    head = ("What keeps coming back", "Times", "Exercises", "Still open", "What is so")
    rows = [
        tuple(row[key] for key in ("misconception", "times", "exercises", "open", "truth"))
        for row in progress.by_misconception()
    ]
    return _table("The ideas behind your wrong answers", head, rows)


def _table(title: str, head: tuple[str, ...], rows: list[tuple]) -> str:
    # Nothing tried, nothing to list: a notebook saved by somebody who has not begun stays small.
    if not rows:
        return ""
    top = "".join(f'<th scope="col">{name}</th>' for name in head)
    body = "".join(f"<tr>{''.join(f'<td>{escape(str(one))}</td>' for one in row)}</tr>" for row in rows)
    return (
        f'<details><summary>{title}</summary><div style="overflow-x:auto"><table style="text-align:left;'
        f'white-space:nowrap"><thead><tr>{top}</tr></thead>'
        f"<tbody>{body}</tbody></table></div></details>"
    )


def _percent(score: float | None) -> str:
    return "" if score is None else f"{score:.0%}"
