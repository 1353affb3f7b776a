"""Every notebook of the site runs to its end in the browser."""

import json

import pytest
from sitepage import BOOKS, SitePage

COUNT = "window.jupyterapp.shell.currentWidget.content.model.cells.length"


@pytest.fixture(scope="module")
def lab(learner, address):
    """One page with one kernel for all of them."""
    page = learner.new_page()
    yield SitePage(page, address, BOOKS[0], app="lab")
    page.close()


@pytest.mark.parametrize("name", BOOKS)
def test_a_notebook_runs_to_its_end(lab, folder, name):
    lab.open_beside(name)
    assert lab.page.evaluate(COUNT) == len(json.loads((folder / "files" / name).read_text("utf-8"))["cells"])
    assert lab.run_all() == []
    assert lab.page.failures == []
