"""What a learner lives through on the site: every form by mouse and by keyboard, a reload, and a file to hand in."""

import json
import subprocess
import sys

import pytest
from answers import presses
from playwright.sync_api import expect
from sitepage import REPO

from coursekit.course import Course
from coursekit.model import FORMS

COURSE = Course(REPO)
NAME = "Ada Bytes"
HOW = ("mouse", "keyboard")


def small(form, n):
    """The n-th shortest exercise that asks this form and nothing else."""
    alone = [one for one in COURSE.exercises() if list(one.forms) == [form]]
    return sorted(alone, key=lambda one: (len(str(one.forms[form])), one.name))[n]


CHOSEN = {how: [small(form, n) for form in FORMS] for n, how in enumerate(HOW)}


def controls(card, form, value):
    """What a right answer presses in this form, in order: locators with what to set where there is something to set."""
    asked = card.locator(".ck-asked")
    lines = asked.locator(".ck-line")

    def named(root, words):
        return [(root.locator(f'input[value="{word}"]'), None) for word in words]

    if form == "complete":
        for n, fill in enumerate(value):
            line = lines.nth(n)
            yield from [(line.locator("select.ck-code"), fill["code"])] if fill.get("code") else []
            yield from named(line, [fill["instead"]] if fill.get("instead") else [])
            yield from [(line.locator("select.ck-units"), str(fill["units"]))] if fill.get("units") else []
            yield from named(line, fill.get("modifiers") or [])
    elif form == "audit":
        for n, marks in enumerate(value):
            yield from named(lines.nth(n), marks)
    elif form == "support":
        yield from ((asked.locator("input[type=checkbox]").nth(n - 1), None) for n in value)
    elif form == "sort":
        for n, its in enumerate(value):
            yield from named(asked.locator(".ck-card-row").nth(n), [its])
    elif form == "order":
        yield from ((asked.locator(".ck-step > button").nth(n), None) for n in value)
    elif form == "number":
        yield asked.locator("input[type=text]"), value
    else:
        yield from named(asked, value)


def by_mouse(page, control, value):
    """Point and click. A tick box is hidden behind its label, so the label is what is clicked."""
    tag = control.evaluate("el => el.tagName")
    if tag == "SELECT":
        control.select_option(value)
    elif value is not None:
        control.click()
        control.fill(value)
    elif tag == "BUTTON":
        control.click()
    else:
        control.locator("xpath=ancestor::label").click()


IS_THERE = "el => document.activeElement === el"
SAME_GROUP = "el => { const a = document.activeElement; return a === el || (el.type === 'radio' && a.type === 'radio' && a.name === el.name && a.closest('.ck-card') === el.closest('.ck-card')); }"


def by_keyboard(page, control, value):
    """Tab until the control has the focus, then letters, arrows, space or enter."""
    for _ in range(150):
        if control.evaluate(SAME_GROUP):
            break
        page.keyboard.press("Tab")
    else:
        pytest.fail("150 Tabs did not reach the control")
    tag = control.evaluate("el => el.tagName")
    if tag == "SELECT":
        page.keyboard.type(value)
        expect(control).to_have_value(value)
    elif value is not None:
        page.keyboard.press("Control+a")
        page.keyboard.type(value)
    elif control.get_attribute("type") == "radio" and not control.evaluate(IS_THERE):
        for _ in range(20):
            page.keyboard.press("ArrowDown")
            if control.evaluate(IS_THERE):
                break
        expect(control).to_be_checked()
    else:
        page.keyboard.press("Enter" if tag == "BUTTON" else "Space")


SET = {"mouse": by_mouse, "keyboard": by_keyboard}


@pytest.mark.parametrize("how", HOW)
def test_every_form_is_solved(open_page, how):
    cells = [f'exercise("{one.name}")' for one in CHOSEN[how]]
    notebook = open_page(f"{how}.ipynb", "from coursekit import exercise", *cells)
    assert notebook.run_all() == []
    page = notebook.page
    for n, one in enumerate(CHOSEN[how], 1):
        notebook.show(n)
        card = notebook.form(one.title)
        form = next(iter(one.forms))
        # From the title of the form on; a learner is there after the cell was run.
        card.get_by_role("heading", name=one.title, exact=True).click()
        for control, value in controls(card, form, presses(one, COURSE.solution(one.name), form)):
            SET[how](page, control, value)
        name = card.get_by_label("Your name, kept on this computer")
        if name.is_visible():
            SET[how](page, name, NAME)
        SET[how](page, card.get_by_role("button", name="Submit"), None)
        expect(card.locator(".ck-badge")).to_contain_text("✓ Solved on the 1st try")
    assert page.failures == []


def test_after_a_reload_a_form_saved_is_no_dead_one_and_its_answer_is_there(open_page, shots):
    notebook = open_page("mouse.ipynb")
    page, first = notebook.page, CHOSEN["mouse"][0]
    assert notebook.run_all() == []
    notebook.command("docmanager:save")
    page.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty")
    notebook.open()
    expect(page.get_by_text("Run this cell to go on; your answers are kept.").first).to_be_visible()
    expect(page.get_by_text("model not found")).to_have_count(0)
    page.screenshot(path=shots / "reopened.png")
    assert notebook.run_all() == []
    notebook.show(1)
    expect(notebook.form(first.title).locator(".ck-badge")).to_contain_text("✓ Solved on the 1st try")


def test_after_an_update_an_older_copy_is_told_of_and_the_new_one_taken_with_every_answer(open_page, server, folder):
    notebook = open_page("statements.ipynb")
    page = notebook.page
    notebook.command("notebook:insert-cell-below")
    notebook.command("docmanager:save")
    page.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty")
    notebook.open()
    page.wait_for_timeout(1_000)
    expect(page.get_by_text("newer edition")).to_have_count(0)

    # The same address, with the next version of the site behind it.
    config = json.loads((folder / "jupyter-lite.json").read_text("utf-8"))
    book = json.loads((folder / "files" / "statements.ipynb").read_text("utf-8"))
    config["jupyter-config-data"]["appVersion"] += "-next"
    config["jupyter-config-data"]["courseEditions"]["statements.ipynb"] = "next"
    book["metadata"]["coursekit"]["edition"] = "next"
    book["cells"][0]["source"] = "# The next edition"
    server.instead = {
        "/jupyter-lite.json": json.dumps(config).encode(),
        "/files/statements.ipynb": json.dumps(book).encode(),
    }
    notebook.open()
    expect(page.get_by_text("The course has a newer edition of this notebook.")).to_be_visible()
    page.get_by_role("button", name="Take the new notebook").click()
    expect(page.get_by_role("heading", name="The next edition")).to_be_visible()
    names = page.evaluate(
        "async () => (await window.jupyterapp.serviceManager.contents.get('')).content.map((one) => one.name)"
    )
    assert [name for name in names if name.startswith("statements (my copy of 2")]

    server.instead = {}
    answered = open_page("keyboard.ipynb")
    assert answered.run_all() == []
    answered.show(1)
    expect(answered.form(CHOSEN["keyboard"][0].title).locator(".ck-badge")).to_contain_text("✓ Solved on the 1st try")


def test_the_picture_and_the_file_of_my_answers_hold_them_and_the_file_is_graded_elsewhere(open_page, tmp_path, shots):
    notebook = open_page(
        "my_answers.ipynb", "from coursekit import hand_in, progress", "progress()", "hand_in()", "progress().table"
    )
    page, many = notebook.page, sum(map(len, CHOSEN.values()))
    [refused] = notebook.run_all()
    assert "pandas is not here" in refused
    expect(page.get_by_text(f"{NAME}: {many} of")).to_be_visible()
    page.screenshot(path=shots / "my_answers.png")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save my answers as a file").click()
    expect(page.get_by_text(f"with {many} answers of {NAME}")).to_be_visible()
    assert download.value.suggested_filename == "Ada-Bytes-hands-on-coding.coursekit"
    (tmp_path / "in").mkdir()
    download.value.save_as(tmp_path / "in" / download.value.suggested_filename)
    graded = subprocess.run(
        [sys.executable, "-m", "coursekit", "grade-all", str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--json"],
        capture_output=True, text=True, cwd=REPO,
    )  # fmt: skip
    assert graded.returncode == 0, graded.stderr
    marks = json.loads(graded.stdout)
    assert marks["learners"] == 1 and not marks["refused"]
    rows = (tmp_path / "out" / "marks.csv").read_text("utf-8").splitlines()
    head = rows[0].split(",")
    solved = [
        row
        for row in rows[1:]
        if row.split(",")[head.index("exercise")] in {one.name for both in CHOSEN.values() for one in both}
    ]
    assert len(solved) == many


NEVER_SAVE = "import coursekit.journal; coursekit.journal.Journal.soon = lambda self, work: None"


def test_an_answer_outlives_a_page_that_ends_before_it_is_on_the_drive(open_page):
    one = small("number", 2)
    shown = f'exercise("{one.name}")'
    ended = open_page("ended.ipynb", NEVER_SAVE, "from coursekit import exercise", shown)
    assert ended.run_all() == []
    card = ended.form(one.title)
    card.locator(".ck-asked input[type=text]").fill("987")
    card.get_by_role("button", name="Submit").click()
    expect(card.locator(".ck-badge")).to_have_text("1 try")
    ended.page.close()
    # The next kernel finds it while it opens a journal of its own.
    found = "import asyncio; await asyncio.sleep(2)"
    again = open_page("again.ipynb", "from coursekit import exercise", shown, found, shown)
    assert again.run_all() == []
    again.show(3)
    expect(again.form(one.title).locator(".ck-badge").last).to_have_text("1 try")
