"""Takes the picture in the README: an exercise after a wrong try, in a real JupyterLab. Run by `make picture`."""

from labpage import REPO, shown


def test_take_the_picture(open_notebook, page):
    learner = 'import os; os.environ["COURSEKIT_LEARNER"] = "Picture"; from coursekit import exercise'
    notebook = open_notebook("real/notebooks/picture.ipynb", "# Picture", learner, shown("neck_after_lumbar"))
    notebook.run_all()
    form = notebook.form("Low back adjusted, neck massaged")
    page.set_viewport_size({"width": 1500, "height": 1700})
    for line in ("Line 1", "Line 2"):
        form.get_by_role("group", name=line).get_by_role("checkbox", name="none").check()
    form.get_by_role("button", name="Submit").click()
    form.get_by_text("does not stand").wait_for()
    form.get_by_role("group", name="Line 2").get_by_role("checkbox", name="none").focus()
    form.screenshot(path=REPO / "docs" / "exercise.png", animations="disabled")
