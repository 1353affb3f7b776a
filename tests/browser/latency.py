"""Click to feedback, beside a bare widget that echoes in the same page. Run by tests/bench.py."""

import json
import os
import statistics
from pathlib import Path

from inpage import ECHO, PRESS

from conftest import shown

CLICKS = 60


def test_click_to_feedback(open_notebook, page):
    learner = 'import os; os.environ["COURSEKIT_LEARNER"] = "Clicks"; from coursekit import exercise'
    notebook = open_notebook("small/notebooks/latency.ipynb", "# Latency", learner, shown("one_number"), ECHO)
    notebook.run_all()
    form = notebook.form("One number")
    form.get_by_label("How many units").fill("2")
    form.get_by_role("button", name="Submit").click()
    form.get_by_text("✓ Solved on the 1st try").wait_for()
    form.evaluate("el => el.setAttribute('data-timed', '')")
    page.locator("button.echo").wait_for()
    took = {"form": [], "echo": []}
    for n in range(CLICKS):
        # The badge with the number of tries changes with every answer that came back.
        way = [
            "[data-timed] button[type=submit]",
            "[data-timed] .ck-badge",
            "[data-timed] input[inputmode]",
            str(2 + n % 2),
        ]
        took["form"].append(page.evaluate(PRESS, way))
        took["echo"].append(page.evaluate(PRESS, ["button.echo", ".echoed", "", ""]))
    told = {
        name: {"median": statistics.median(times), "p95": sorted(times)[int(0.95 * len(times))]}
        for name, times in took.items()
    }
    if out := os.environ.get("COURSEKIT_CLICKS"):
        Path(out).write_text(json.dumps(told), encoding="utf-8")
    print(told)
