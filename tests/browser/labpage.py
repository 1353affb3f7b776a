"""A notebook in JupyterLab, as a learner opens, runs and saves it."""

import json
from pathlib import Path

from inpage import CELLS

HERE = Path(__file__).parent
REPO = HERE.parents[1]
IDLE = "[...document.querySelectorAll('#jp-main-statusbar *')].some(e => /\\| Idle$/.test(e.textContent.trim()))"


def notebook(*sources):
    """A notebook of code cells, or of markdown cells where the source starts with a #."""
    cells = []
    for number, source in enumerate(sources):
        cell = {
            "cell_type": "code",
            "id": f"cell-{number}",
            "metadata": {},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        if source.startswith("#"):
            cell = {"cell_type": "markdown", "id": f"cell-{number}", "metadata": {}, "source": source}
        cells.append(cell)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells})


def begin(learner):
    """The first line of a notebook whose answers are kept under this name."""
    return f'import os; os.environ["COURSEKIT_LEARNER"] = "{learner}"; from coursekit import exercise, progress'


def shown(name):
    """The one line that shows an exercise."""
    return f'exercise("{name}")'


class Notebook:
    """A notebook open in JupyterLab, with what a learner does to it."""

    def __init__(self, page, lab, path):
        self.page, self.lab, self.path = page, lab, path
        self.open()

    def open(self):
        """Open it, or open it again, in a workspace of its own, and wait for its kernel."""
        workspace = self.path.replace("/", "-").replace(".", "-")
        self.page.goto(f"{self.lab}/lab/workspaces/{workspace}/tree/{self.path}?reset")
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
        self.idle()

    def idle(self):
        # The toolbar's sign says idle before the kernel is connected; the status bar's does not.
        self.page.wait_for_function(IDLE, timeout=60_000)

    def ended(self):
        """Wait until every code cell has run, and give back what went wrong."""
        self.page.wait_for_function(f"() => !({CELLS})().open", timeout=120_000, polling=100)
        return self.page.evaluate(CELLS)["errors"]

    def menu(self, name, entry):
        self.page.get_by_role("menuitem", name=name, exact=True).click()
        self.page.get_by_role("menuitem", name=entry, exact=True).click()

    def run_all(self):
        self.menu("Run", "Run All Cells")

    def restart_and_run_all(self):
        self.menu("Kernel", "Restart Kernel and Run All Cells…")
        self.page.get_by_role("button", name="Confirm Kernel Restart").click()

    def save(self):
        self.command("docmanager:save")

    def command(self, name, **arguments):
        self.page.evaluate("([name, args]) => window.jupyterapp.commands.execute(name, args)", [name, arguments])

    @property
    def cells(self):
        """How many cells the notebook's model has, whatever of it is drawn."""
        return self.page.evaluate("window.jupyterapp.shell.currentWidget.content.model.cells.length")

    def form(self, title):
        return self.page.locator(".ck-card").filter(has=self.page.get_by_role("heading", name=title, exact=True))
