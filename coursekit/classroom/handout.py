"""What a class reads of a release: its notebooks, with the exercises that were chosen, and a page on how to start."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from ..course import called
from ..forms.saving import pre_save_hook
from ..model import Unreadable
from ..terms import SEALED, Release

# A cell whose output is about whoever ran it, and not about the course.
_ABOUT_ONESELF = re.compile(r"\b(?:progress|placement)\(")
_LINK = re.compile(r"\[([^\]\n]+)\]\((?:\./)?([A-Za-z0-9_-]+)\.ipynb(?:#[^)\s]*)?\)")
_KERNEL = ("display_name", "language", "name")


# Notebooks -----------------------------------------------------------------------------------------------------------


def notebook(
    data: bytes | None,
    name: str,
    title: str,
    shown: Sequence[str],
    chosen: Collection[str],
    books: Collection[str],
    sealed: bool,
) -> bytes:
    """A notebook with cells for the chosen exercises alone, and links to the chosen notebooks alone.

    Sealed, it keeps text and code and nothing else. What it should show and does not gets a cell at its end; without
    `data` it is made of `title` and such cells. Raises `Unreadable` for a file that is no notebook.
    """
    read = _read(data, name) if data is not None else _plain(title)
    pre_save_hook({"type": "notebook", "content": read})
    cells = [cell for one in read["cells"] if (cell := _cell(one, chosen, books, sealed)) is not None]
    there = {exercise for cell in cells if cell["cell_type"] == "code" for exercise in called("".join(cell["source"]))}
    cells += [_code(exercise, f'exercise("{exercise}")') for exercise in shown if exercise not in there]
    kernel = read.get("metadata", {}).get("kernelspec", {})
    kept = {
        "cells": cells,
        "metadata": {"kernelspec": {key: kernel[key] for key in _KERNEL if isinstance(kernel.get(key), str)}},
        "nbformat": 4,
        "nbformat_minor": 5 if all("id" in cell for cell in cells) else 4,
    }
    return f"{json.dumps(kept, ensure_ascii=False, indent=1, sort_keys=True)}\n".encode()


def _read(data: bytes, name: str) -> dict[str, Any]:
    try:
        found = json.loads(data)
        if found.get("nbformat", 4) == 4 and all(
            _text(cell) is not None and cell["cell_type"] for cell in found["cells"]
        ):
            return found
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    raise Unreadable(f"notebooks/{name} is not a notebook of format 4. Open it in JupyterLab and save it again.")


def _text(cell: Mapping[str, Any]) -> str:
    return "".join(cell["source"])


def _plain(title: str) -> dict[str, Any]:
    heading = {"cell_type": "markdown", "id": "title", "metadata": {}, "source": f"# {title}"}
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    cells = [heading, _code("begin", "from coursekit import exercise, progress")]
    return {"cells": cells, "metadata": {"kernelspec": kernel}}


def _code(id: str, source: str) -> dict[str, Any]:
    return {
        "cell_type": "code", "execution_count": None, "id": id[:64], "metadata": {}, "outputs": [], "source": [source],
    }  # fmt: skip


def _cell(
    cell: Mapping[str, Any], chosen: Collection[str], books: Collection[str], sealed: bool
) -> dict[str, Any] | None:
    """A cell as it is handed out; None for one that shows nothing but exercises that are left out."""
    kind, whole = cell["cell_type"], _text(cell)
    text = whole
    if kind == "markdown":
        text = _LINK.sub(lambda link: link[0] if link[2] in books else link[1], text)
    elif kind == "code":
        lines = [line for line in text.splitlines(keepends=True) if all(one in chosen for one in called(line))]
        text = "".join(lines).rstrip("\n") if len(lines) < len(text.splitlines()) else text
        if not text.strip() and whole.strip():
            return None
    made = {"cell_type": kind, "metadata": {}, "source": text.splitlines(keepends=True)}
    # A picture in a text cell is part of the text.
    made |= {key: cell[key] for key in ("id", "attachments") if key in cell}
    if kind == "code":
        as_it_was = not sealed and text == whole and not _ABOUT_ONESELF.search(text)
        made |= {"execution_count": None, "outputs": cell.get("outputs", []) if as_it_was else []}
    return made


# The page that comes first -------------------------------------------------------------------------------------------


def readme(course: str, release: Release, exercises: int, public: int) -> str:
    """The README of a release: how to start, how to hand in, and what was promised. `public` of its exercises are."""
    parts = [
        f"# {_plainly(release.title or course)}",
        _what_it_is(course, release, exercises),
        START,
        HAND_IN,
        SEALED_TEXT if release.kind == SEALED else PRACTICE_TEXT,
        _said_openly(public, exercises) if release.kind == SEALED and public else "",
        RIGHTS,
    ]
    return "\n".join(part.strip("\n") + "\n" for part in parts if part)


def _plainly(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>#|])", r"\\\1", text)


def _what_it_is(course: str, release: Release, exercises: int) -> str:
    many = "One exercise" if exercises == 1 else f"{exercises} exercises"
    terms: Iterable[str] = (f"- {what}: {said}" for what, said in release.facts())
    return "\n".join([f"{many} of {_plainly(course)}.", *(["", *terms] if release.facts() else [])])


def _said_openly(public: int, exercises: int) -> str:
    which = "these exercises" if public == exercises else f"{public} of these {exercises} exercises"
    return f"""
Note that the solutions of {which} are public.
They come with the course that everybody can get. Sealed means that no answer lies in this folder. It does not mean that
no answer can be found.
"""


START = """
## Start

You need Python 3.11 or newer and `make`. In this folder:

    make lab

The first time installs the course into `.venv`; then it opens in JupyterLab. On Windows, in PowerShell:

    py -3 -m venv .venv
    .venv\\Scripts\\python -m pip install --require-hashes -r requirements.txt
    .venv\\Scripts\\python -m pip install --no-deps --no-build-isolation -e .
    .venv\\Scripts\\coursekit lab

Your answers are kept on your own computer, outside this folder. Nothing is sent anywhere.
"""

HAND_IN = """
## Hand in

    .venv/bin/coursekit submit

(Windows: `.venv\\Scripts\\coursekit submit`.) It writes one file whose name ends in `.coursekit`. Hand in this file the
way your instructor told you. On a shared machine say whose answers: `coursekit submit --as NAME`.

The lines of the file are chained, so an accident or a careless edit shows. It is no proof against somebody who writes a
file of their own: only answers that a server received as they were given are that.
"""

SEALED_TEXT = """
## What happens to an answer

It is recorded, and Submit says no more than that. Your instructor has the solutions and grades what you hand in.
"""

PRACTICE_TEXT = """
## What happens to an answer

It is graded at once, line by line, with the reason and its source. The solutions are in this folder as files, in
`solutions/`: try first.
"""

RIGHTS = """
## Rights

See [LICENSE](LICENSE) and [NOTICE](NOTICE). Notes and plans are invented. CPT is owned by the American Medical
Association; this course uses code numbers and its own plain words. It is teaching, not billing advice.
"""
