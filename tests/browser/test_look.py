"""What the forms look like in JupyterLab's own themes. The screenshots are for people to look at."""

import pytest
from labpage import HERE, begin, shown
from playwright.sync_api import expect

CONTRAST = (HERE / "contrast.js").read_text(encoding="utf-8")
TITLES = {
    "claim": "A claim with blanks",
    "review": "A claim to review",
    "one_of_three": "One of three",
    "some_of_four": "Some of four",
    "two_bins": "Two bins",
    "three_steps": "Three steps",
    "one_number": "One number",
}
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark", "contrast": "JupyterLab Dark High Contrast"}


@pytest.fixture
def shown_forms(open_notebook):
    notebook = open_notebook("small/notebooks/look.ipynb", "# Look", begin("Look"), *map(shown, TITLES))
    notebook.run_all()
    notebook.form("One number").wait_for()
    return notebook


def fill_wrongly(notebook):
    form = notebook.form
    claim = form("A claim with blanks")
    claim.get_by_role("group", name="Line 1").get_by_role("checkbox", name="none").check()
    claim.get_by_role("group", name="Line 2").get_by_label("Code").select_option("97124")
    claim.get_by_role("group", name="Line 2").get_by_label("Units").select_option("1")
    claim.get_by_role("group", name="Line 2").get_by_role("checkbox", name="none").check()
    form("A claim to review").get_by_role("checkbox", name="ok").first.check()
    form("A claim to review").get_by_role("checkbox", name="how much").last.check()
    form("One of three").get_by_role("radio").first.check()
    form("Some of four").get_by_role("checkbox", name="9712", exact=True).check()
    for card in form("Two bins").locator(".ck-card-row").all():
        card.get_by_role("radio").first.check()
    for step in form("Three steps").locator(".ck-step button").all():
        step.click()
    form("One number").get_by_label("How many units").fill("1")


def look(notebook, shots, when):
    for name, theme in THEMES.items():
        notebook.command("apputils:change-theme", theme=theme)
        notebook.page.wait_for_selector(f"body[data-jp-theme-name='{theme}']", state="attached")
        notebook.page.wait_for_timeout(600)  # the stylesheet of the theme follows its name
        for exercise, title in TITLES.items():
            card = notebook.form(title)
            assert card.evaluate(CONTRAST) == [], f"{title}, {when}, {theme}"
            if name != "contrast":
                card.screenshot(path=shots / f"{exercise}-{when}-{name}.png", animations="disabled")
    notebook.command("apputils:change-theme", theme=THEMES["light"])


def test_every_form_is_readable_in_every_theme_before_and_after_an_answer(shown_forms, page, shots):
    page.emulate_media(reduced_motion="reduce")
    page.set_viewport_size({"width": 1280, "height": 2600})
    look(shown_forms, shots, "fresh")
    fill_wrongly(shown_forms)
    for title in TITLES.values():
        shown_forms.form(title).get_by_role("button", name="Submit").click()
        expect(shown_forms.form(title).locator(".ck-headline")).to_be_visible()
    look(shown_forms, shots, "wrong")
    claim = shown_forms.form("A claim with blanks")
    claim.get_by_role("group", name="Line 2").get_by_role("checkbox", name="59").check()
    claim.get_by_role("button", name="Submit again").click()
    expect(claim.get_by_text("✓ Solved on the 2nd try")).to_be_visible()
    claim.screenshot(path=shots / "claim-solved-light.png", animations="disabled")
    page.set_viewport_size({"width": 1280, "height": 1000})
    claim.get_by_role("group", name="Line 2").hover()
    page.screenshot(path=shots / "lab-light.png")
