"""Nothing of a solution reaches the browser before an answer does."""

import json
import re

import pytest
import yaml
from labpage import REPO, begin, shown
from playwright.sync_api import expect

SMALL = ("claim", "review", "one_of_three", "some_of_four", "two_bins", "three_steps", "one_number")
TOLD = ("says", "why", "thinking")


def sentences(node, told=False):
    """The feedback and reasoning of a solution, wherever it stands in the file."""
    if isinstance(node, str):
        if told:
            yield node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from sentences(value, told or key in TOLD)
    elif isinstance(node, list):
        for value in node:
            yield from sentences(value, told)


def fragments(course):
    """Runs of plain words from every solution of a course, long enough to be nobody else's, as bytes.

    Words that exercises or notebooks say themselves are no secret.
    """
    public = b" ".join(
        path.read_bytes() for path in [*(course / "exercises").rglob("*.yaml"), *course.rglob("*.ipynb")]
    )
    public = b" ".join(public.split())
    found = set()
    for path in (course / "solutions").rglob("*.yaml"):
        for text in sentences(yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)):
            for run in re.findall(r"[A-Za-z0-9 ,;:.()-]{24,}", " ".join(text.split())):
                found.add(run.strip()[:60].encode())
    return {run for run in found if len(run) > 20 and run not in public}


@pytest.fixture
def frames(page):
    """Everything that comes over web sockets, as bytes."""
    heard = []

    def listen(socket):
        socket.on("framereceived", lambda frame: heard.append(frame if isinstance(frame, bytes) else frame.encode()))

    page.on("websocket", listen)
    return heard


def leaked(secrets, frames, page):
    heard = b" ".join([*frames, page.content().encode()])
    return sorted(secret for secret in secrets if secret in heard)


def test_only_an_answer_brings_feedback_to_the_browser(open_notebook, page, place, frames):
    secrets = fragments(place / "small")
    assert len(secrets) > 20
    notebook = open_notebook("small/notebooks/secrets.ipynb", begin("Secrets"), *map(shown, SMALL))
    notebook.run_all()
    form = notebook.form("One number")
    form.wait_for()
    notebook.form("A claim with blanks").get_by_role("button", name="Hint 1 of 2").click()
    expect(notebook.form("A claim with blanks").locator(".ck-hints li")).to_have_count(1)
    assert sum(map(len, frames)) > 10_000
    assert leaked(secrets, frames, page) == []

    form.get_by_label("How many units").fill("1")
    form.get_by_role("button", name="Submit").click()
    expect(form.get_by_text("✗ not right")).to_be_visible()
    assert leaked(secrets, frames, page) == [b"One counts only whole quarter hours and forgets the band."]


# The instructor's notebook is there to show what wrong answers give away.
OF_LEARNERS = [path for path in sorted((REPO / "notebooks").glob("*.ipynb")) if path.stem != "instructor"]


@pytest.mark.parametrize("path", OF_LEARNERS, ids=lambda path: path.stem)
def test_a_notebook_of_the_course_shows_its_forms_and_keeps_its_solutions(open_notebook, page, place, frames, path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    names = [name for source in sources for name in re.findall(r"""exercise\(\s*["'](\w+)["']""", source)]
    notebook = open_notebook(f"real/notebooks/{path.name}")
    notebook.run_all()
    assert notebook.ended() == []
    # JupyterLab draws what is in sight; what the kernel has sent of the rest is in the frames.
    assert unheard(names, frames) == []
    secrets = fragments(place / "real")
    assert len(secrets) > 20
    assert leaked(secrets, frames, page) == []
    if names:
        expect(page.locator(".ck-card").first).to_be_visible()
    assert page.failures == []


def unheard(names, frames):
    """The exercises whose state has not come yet."""
    heard = re.sub(rb'": "', b'":"', b" ".join(frames))
    return [name for name in names if f'"name":"{name}"'.encode() not in heard]
