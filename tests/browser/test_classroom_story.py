"""A class from beginning to end: handed out, answered in JupyterLab, handed in, graded, seen, and graded again."""

import json
import shutil

import pytest
from labpage import HERE, shown
from playwright.sync_api import expect
from test_secrets import fragments

from coursekit.cli import main

COURSE = HERE / "course"
SCRIPT = "Mallory <img src=x onerror=\"document.title='owned'\"><b id=planted>"
BECAUSE = "<script>document.title='owned'</script> table 3 says 1"


def begin(learner, home):
    """The first cell: who learns here, in a home of their own."""
    named = f"os.environ['COURSEKIT_LEARNER'] = {learner!r}" if learner else "os.environ.pop('COURSEKIT_LEARNER', None)"
    return f"import os; os.environ['XDG_DATA_HOME'] = {str(home)!r}; {named}; from coursekit import dispute, exercise, progress"


@pytest.fixture
def run(capsys, monkeypatch, place):
    """Runs a command as somebody would in a folder of theirs; gives back its status and what it printed."""
    monkeypatch.setenv("COURSEKIT_STORE", f"sqlite:///{(place / '.jupyter' / 'attempts.db').as_posix()}")

    def command(*words, course=COURSE, learner="", home=None):
        with monkeypatch.context() as patch:
            patch.setenv("COURSEKIT_COURSE", str(course))
            patch.setenv("COURSEKIT_LEARNER", learner)
            if home:
                patch.setenv("XDG_DATA_HOME", str(home))
            status = main([str(word) for word in words])
        told = capsys.readouterr()
        return status, told.out + told.err

    return command


def nothing_was_planted(page, title=None):
    assert page.evaluate("document.querySelectorAll('#planted, img[src=x]').length") == 0
    assert page.title() != "owned" and (title is None or page.title() == title)


def test_from_handing_out_to_a_mark_that_moves(open_notebook, page, browser, context, place, tmp_path, run, shots):
    story, handed_in = place / "story", tmp_path / "in"
    quiz, practice = story / "quiz", story / "practice"
    story.mkdir()
    handed_in.mkdir()

    # The instructor hands out.
    assert run("release", quiz, "--sealed", "--course", COURSE, "--title", "Quiz", "--seed", "7")[0] == 0
    assert run("release", practice, "--practice", "--course", COURSE)[0] == 0
    assert not (quiz / "solutions").exists() and (practice / "solutions").is_dir()

    # One learner works in the sealed release, under a name typed into the form.
    home = tmp_path / "home"
    notebook = open_notebook(
        "story/quiz/notebooks/mine.ipynb", begin("", home), "progress()", shown("one_of_three"), shown("one_number")
    )
    notebook.run_all()
    first, second = notebook.form("One of three"), notebook.form("One number")
    first.get_by_role("radio", name="The American Medical Association").check()
    first.get_by_label("Your name, kept on this computer").fill(SCRIPT)
    first.get_by_role("button", name="Submit").click()
    expect(first.get_by_text("Recorded. This course is graded by your instructor.")).to_be_visible()
    second.get_by_label("How many units").fill("2")
    second.get_by_role("button", name="Submit").click()
    expect(second.get_by_text("Recorded. This course is graded by your instructor.")).to_be_visible()
    for form in (first, second):
        text = form.inner_text()
        assert "✓" not in text and "✗" not in text and "right" not in text.lower()
    said = page.content().encode()
    assert [secret for secret in fragments(COURSE) if secret in said] == []
    notebook.run_all()
    page.locator(".jp-Notebook .jp-Cell").first.scroll_into_view_if_needed()
    expect(page.get_by_text(f"{SCRIPT}: ")).to_be_visible()
    nothing_was_planted(page)
    page.screenshot(path=shots / "story-sealed.png")

    # Another works in the practice release, errs, learns, and disagrees.
    notebook = open_notebook(
        "story/practice/notebooks/mine.ipynb",
        begin("Ben", home),
        shown("one_number"),
        f'dispute("one_number", {BECAUSE!r})',
    )
    notebook.run_all()
    form = notebook.form("One number")
    form.get_by_label("How many units").fill("1")
    form.get_by_role("button", name="Submit").click()
    expect(form.get_by_text("One counts only whole quarter hours and forgets the band.")).to_be_visible()
    form.get_by_label("How many units").fill("2")
    form.get_by_role("button", name="Submit").click()
    expect(form.get_by_text("✓ Solved on the 2nd try")).to_be_visible()
    expect(page.get_by_text("goes with your answers when you hand them in")).to_be_visible()
    nothing_was_planted(page)

    # Both hand in, and the class is graded with the instructor's own course.
    assert run("submit", "--out", handed_in / "a.coursekit", course=quiz, home=home)[1].startswith(
        f"2 answers of {SCRIPT}"
    )
    assert run("submit", "--out", handed_in / "b.coursekit", course=practice, learner="Ben")[0] == 0
    status, said = run("grade-all", handed_in, "--out", tmp_path / "out")
    assert (status, said) == (0, f"2 learners, 3 rows: {tmp_path / 'out'}\n")

    # What the report shows is text, whatever it is made of.
    assert run("report", handed_in, "--out", tmp_path / "report.html")[0] == 0
    with browser.new_context() as alone:
        asked = []
        report = alone.new_page()
        report.on("request", lambda request: asked.append(request.url))
        report.goto((tmp_path / "report.html").as_uri())
        expect(report.get_by_role("heading", name=SCRIPT, exact=True)).to_be_visible()
        expect(report.get_by_text(BECAUSE)).to_be_visible()
        nothing_was_planted(report, "Class report: Eight forms")
        assert asked == [(tmp_path / "report.html").as_uri()]
        report.screenshot(path=shots / "story-report.png")

    # The same pieces in the instructor's notebook.
    notebook = open_notebook(
        "story/class.ipynb", f"import os; os.environ['COURSEKIT_COURSE'] = {str(COURSE)!r}",
        f"from coursekit.classroom.report import read_class; seen = read_class({str(handed_in)!r})",
        f"seen.learner({SCRIPT!r})", "seen.exercises()",
    )  # fmt: skip
    notebook.run_all()
    expect(page.get_by_role("heading", name=SCRIPT, exact=True)).to_be_visible()
    expect(page.get_by_text(BECAUSE).first).to_be_visible()
    nothing_was_planted(page)

    # Ben was right about the table, say: the key is mended, and one command tells whose mark moves.
    mended = shutil.copytree(COURSE, tmp_path / "mended")
    key = mended / "solutions" / "00_forms" / "one_number.yaml"
    text = key.read_text("utf-8")
    key.write_text(text.replace("right: 2", "right: 1").replace("value: 1", "value: 2"), "utf-8")
    status, said = run("regrade", handed_in, "--against", tmp_path / "out" / "marks.csv", "--json", course=mended)
    assert status == 1
    why = "the same answers; the key, a rule or a row changed"
    assert [tuple(row.values()) for row in json.loads(said)["moved"]] == [
        ("Ben", "one_number", "first", "0", "1", why),
        (SCRIPT, "one_number", "first", "1", "0", why),
        (SCRIPT, "one_number", "best", "1", "0", why),
    ]
    assert page.failures == [] and context.elsewhere == []
