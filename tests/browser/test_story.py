"""What a learner lives through in JupyterLab: a wrong answer, its reason, a right one, and finding it again."""

from labpage import begin, shown
from playwright.sync_api import expect


def fill(form, modifier):
    form.get_by_role("group", name="Line 1").get_by_role("checkbox", name="none").check()
    line = form.get_by_role("group", name="Line 2")
    line.get_by_label("Code").select_option("97124")
    line.get_by_label("Units").select_option("1")
    line.get_by_role("checkbox", name=modifier).check()


def test_a_wrong_answer_its_reason_a_right_answer_and_both_kept(open_notebook, page, context):
    notebook = open_notebook("small/notebooks/story.ipynb", "# Story", begin("Story"), shown("claim"), "progress()")
    notebook.run_all()
    form = notebook.form("A claim with blanks")
    fill(form, "none")
    form.get_by_role("button", name="Submit").click()

    line = form.get_by_role("group", name="Line 2")
    expect(line).to_contain_text("✗ does not stand")
    expect(line).to_contain_text("Plan Cedar would deny this line.")
    expect(line).to_contain_text("The note: cervical paraspinals, to ease guarding")
    expect(line).to_contain_text("The rule: Soft-tissue work beside a spinal adjustment needs a region")
    expect(line.get_by_role("link", name="Medicare NCCI Policy Manual")).to_be_visible()
    assert form.locator("mark").count() == 2
    expect(form.get_by_role("status").first).to_contain_text("Modifiers 1/2")

    line.get_by_role("checkbox", name="none").uncheck()
    line.get_by_role("checkbox", name="XS").check()
    form.get_by_role("button", name="Submit again").click()
    expect(form.get_by_text("✓ Solved on the 2nd try")).to_be_visible()
    expect(line).to_contain_text("✓ stands")
    expect(form.get_by_text("so XS says why both are owed")).to_be_visible()

    notebook.restart_and_run_all()
    expect(page.get_by_text("Story: 1 of 8 questions solved, 0 of them at the first try")).to_be_visible()
    expect(form.get_by_text("✓ Solved on the 2nd try")).to_be_visible()
    expect(line.get_by_label("Code")).to_have_value("97124")
    expect(line.get_by_role("checkbox", name="XS")).to_be_checked()
    expect(form.get_by_text("so XS says why both are owed")).to_be_visible()
    assert page.failures == []
    assert context.elsewhere == [], "JupyterLab and the form ask no other host"


def test_what_was_filled_in_outlives_a_kernel_that_was_restarted(open_notebook, page):
    notebook = open_notebook("small/notebooks/restarted.ipynb", "# Restarted", begin("Restarted"), shown("one_number"))
    notebook.run_all()
    form = notebook.form("One number")
    form.get_by_label("How many units").fill("2")
    page.get_by_role("button", name="Restart the kernel", exact=True).click()
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    page.wait_for_timeout(1_000)
    notebook.idle()
    form.get_by_role("button", name="Submit").click()
    expect(form.get_by_role("alert")).to_contain_text("No answer from the kernel")
    expect(form.get_by_label("How many units")).to_have_value("2")

    notebook.run_all()
    expect(form.get_by_role("alert")).to_be_empty()
    expect(form.get_by_label("How many units")).to_have_value("2")
    form.get_by_role("button", name="Submit").click()
    expect(form.get_by_text("✓ Solved on the 1st try")).to_be_visible()


def test_a_name_is_asked_once_on_a_computer(open_notebook, page):
    nobody = begin("") + '; os.environ.pop("COURSEKIT_LEARNER")'
    notebook = open_notebook("small/notebooks/name.ipynb", "# Name", nobody, shown("one_of_three"), shown("one_number"))
    notebook.run_all()
    first, second = notebook.form("One of three"), notebook.form("One number")
    first.get_by_role("radio", name="Nobody").check()
    first.get_by_label("Your name, kept on this computer").fill("Ada")
    first.get_by_role("button", name="Submit").click()
    expect(first.get_by_text("✗ not right")).to_be_visible()
    expect(first.get_by_label("Your name, kept on this computer")).to_be_hidden()
    expect(second.get_by_label("Your name, kept on this computer")).to_be_visible()
    notebook.run_all()
    expect(second.get_by_label("Your name, kept on this computer")).to_be_hidden()
    expect(first.get_by_text("1 try")).to_be_visible()
