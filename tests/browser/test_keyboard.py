"""Each of the eight forms, done by keyboard alone in JupyterLab, where letters and arrows are commands elsewhere."""

import pytest
from labpage import begin, shown
from playwright.sync_api import expect

EXERCISES = ("claim", "review", "one_of_three", "some_of_four", "two_bins", "three_steps", "one_number")
FOCUS = """() => {
  const el = document.activeElement;
  const card = el.closest(".ck-card");
  if (!card) return ["", ""];
  const group = el.closest("fieldset");
  const words = (one) => (one ? one.textContent.replace(/\\s+/g, " ").trim() : "");
  return [words(card.querySelector("h3")), words(group && group.querySelector("legend")) + " | "
    + (el.labels && el.labels.length ? words(el.labels[0]) : words(el))];
}"""
CELLS = (
    "window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells.map(cell => [cell.cell_type, cell.source])"
)


class Keys:
    """Two hands on a keyboard, and eyes that see where the focus is."""

    def __init__(self, page):
        self.page = page
        self.press = page.keyboard.press
        self.type = page.keyboard.type

    def into(self, title):
        """Go to the cell of a form with the notebook's own keys, and with Tab into the form."""
        self.to(title, "")

    def to(self, title, words, most=70):
        """Press Tab until the focus is in this form, on a control with these words around it."""
        for _ in range(most):
            self.press("Tab")
            card, control = self.page.evaluate(FOCUS)
            if card == title and words in control:
                return
        pytest.fail(f"{most} Tabs did not reach “{words}” in “{title}”; the focus is on {control!r} in {card!r}")

    def submit(self, title):
        self.to(title, "Submit")
        self.press("Enter")


def test_every_form_is_done_by_keyboard_and_the_notebook_stays_as_it_was(open_notebook, page):
    notebook = open_notebook("small/notebooks/keys.ipynb", "# Keys", begin("Keys"), *map(shown, EXERCISES))
    notebook.run_all()
    notebook.form("One number").wait_for()
    before = page.evaluate(CELLS)
    keys = Keys(page)

    def solved(title):
        expect(notebook.form(title).locator(".ck-badge")).to_contain_text("✓ Solved on the ")

    # From the last cell, where Run All Cells leaves the focus, to the first form: arrows are the notebook's own.
    keys.press("Escape")
    for _ in EXERCISES:
        keys.press("ArrowUp")
    for _ in range(1):
        keys.press("ArrowDown")

    title = "A claim with blanks"
    keys.to(title, "Line 1 · 98940 × 1 | none")
    for letter in "abxdd1m":  # commands of the notebook: insert, delete, turn into text ...
        keys.press(letter)
    keys.press("Space")
    keys.to(title, "Line 2 | Code")
    keys.type("97124")
    keys.to(title, "Line 2 | Units")
    keys.press("ArrowDown")
    keys.to(title, "Line 2 | XS")
    keys.press("Space")
    keys.submit(title)
    solved(title)
    expect(notebook.form(title).get_by_role("button", name="Submit again")).to_be_focused()

    title = "A claim to review"
    keys.to(title, "97124 × 1 | side by side")
    keys.press("Space")
    keys.to(title, "98940 × 1 | ok")
    keys.press("Space")
    keys.submit(title)
    solved(title)
    keys.to(title, "Go on")
    keys.press("Enter")
    expect(notebook.form(title).get_by_text("Question 2 of 2")).to_be_visible()
    page.wait_for_function("document.activeElement.closest('.ck-piece')")
    keys.press("Space")
    keys.to(title, "10:05-10:20")
    keys.press("Space")
    keys.press("Enter")
    solved(title)

    title = "One of three"
    keys.to(title, "Every plan for itself")
    keys.press("a")
    keys.press("ArrowDown")
    keys.press("Enter")
    solved(title)

    title = "Some of four"
    keys.to(title, "97124")
    keys.press("Space")
    keys.to(title, "0512T")
    keys.press("Space")
    keys.press("Enter")
    solved(title)

    title = "Two bins"
    for card, move in (("Which pairs", "Space"), ("Whether massage", "ArrowRight"), ("How many units", "Space")):
        keys.to(title, card)
        keys.press(move)
    keys.submit(title)
    solved(title)

    title = "Three steps"
    for step in ("The clinician writes", "A coder turns"):
        keys.to(title, step)
        keys.press("Enter")
    keys.press("Shift+Tab")
    keys.press("Shift+Tab")
    keys.press("Space")
    expect(notebook.form(title).locator(".ck-sofar li")).to_have_count(3)
    keys.submit(title)
    solved(title)

    title = "One number"
    keys.to(title, "How many units")
    keys.type("dd")
    keys.press("Control+a")
    keys.type("2")
    keys.press("Enter")
    solved(title)

    assert page.evaluate(CELLS) == before
    assert page.failures == []
