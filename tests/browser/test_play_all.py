"""Every exercise of the course, played to its end in JupyterLab by somebody who reads the answers in `solutions/`."""

import json

import pytest
from answers import presses
from cases import ROOT
from labpage import HERE, begin

from coursekit.course import Course

COURSE = Course(ROOT)
PLAYER = (HERE / "player.js").read_text(encoding="utf-8")


def exercises_in(folder):
    """The exercises that a notebook shows, each with the number of its cell."""
    cells = json.loads((ROOT / "notebooks" / f"{folder}.ipynb").read_text(encoding="utf-8"))["cells"]
    for n, cell in enumerate(cells):
        source = "".join(cell["source"])
        if cell["cell_type"] == "code" and source.startswith('exercise("'):
            yield n, source.split('"')[1]


def for_somebody_else(folder, place):
    """A copy of a notebook whose answers are another learner's, so that other tests find theirs unanswered."""
    book = json.loads((ROOT / "notebooks" / f"{folder}.ipynb").read_text(encoding="utf-8"))
    first = next(cell for cell in book["cells"] if cell["cell_type"] == "code")
    first["source"] = begin("Player") + "; " + "".join(first["source"])
    copy = place / "real" / "notebooks" / f"played_{folder}.ipynb"
    copy.write_text(json.dumps(book), encoding="utf-8")
    return copy.relative_to(place).as_posix()


@pytest.mark.parametrize("folder", COURSE.folders)
def test_every_exercise_of_a_notebook_is_solved_by_its_solution(folder, place, open_notebook, page, context):
    notebook = open_notebook(for_somebody_else(folder, place))
    notebook.run_all()
    notebook.idle()
    played = 0
    for cell, name in exercises_in(folder):
        exercise, solution = COURSE.exercise(name), COURSE.solution(name)
        parts = [{"form": form, "value": presses(exercise, solution, form)} for form in exercise.forms]
        said = page.evaluate(PLAYER, {"cell": cell, "title": exercise.title, "parts": parts})
        assert [(form, badge) for form, badge, _ in said] == [
            (form, "✓ Solved on the 1st try") for form in exercise.forms
        ], name
        played += 1
    assert played == len([name for name, its in COURSE.names.items() if its == folder])
    assert page.failures == []
    assert context.elsewhere == []
