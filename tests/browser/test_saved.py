"""A notebook that is saved, closed, opened again and looked at before anything is run."""

import json

from labpage import begin, shown
from playwright.sync_api import expect


def test_a_reopened_notebook_shows_the_exercise_and_no_dead_controls(open_notebook, page, place, shots):
    path = "small/notebooks/saved.ipynb"
    notebook = open_notebook(path, "# Saved", begin("Saved"), shown("claim"), shown("one_of_three"))
    notebook.run_all()
    form = notebook.form("One of three")
    form.get_by_role("radio", name="The American").check()
    form.get_by_role("button", name="Submit").click()
    expect(form.get_by_text("✓ Solved on the 1st try")).to_be_visible()
    notebook.save()

    saved = (place / path).read_text(encoding="utf-8")
    assert "coursekit-static" in saved
    assert "widget-view" not in saved
    assert "widgets" not in json.loads(saved)["metadata"]
    assert "The association publishes the codes" not in saved

    notebook.open()
    for words in (
        "A claim with blanks",
        "Kneading and gliding strokes, cervical paraspinals",
        "Fill in the claim as the note supports it.",
        "Who publishes CPT?",
    ):
        expect(page.locator(".jp-OutputArea-output").get_by_text(words)).to_be_visible()
    expect(page.get_by_text("Run this cell to go on; your answers are kept.")).to_have_count(2)
    outputs = page.locator(".jp-OutputArea-output")
    assert outputs.locator("input, select, button, textarea").count() == 0
    words = " ".join(outputs.all_inner_texts()).lower()
    assert "not found" not in words and "error" not in words
    page.screenshot(path=shots / "reopened-light.png")

    notebook.run_all()
    expect(form.get_by_text("✓ Solved on the 1st try")).to_be_visible()
    expect(form.get_by_role("radio", name="The American")).to_be_checked()
