"""A whole workshop in a real browser: two learners, an instructor, and everything killed once. `make test-hub` runs it."""

import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parents[1] / "browser"), str(Path(__file__).parents[1] / "classroom")]

from chromium import FLAGS  # noqa: E402
from labpage import Notebook, notebook, shown  # noqa: E402
from leaks import leaked, secrets  # noqa: E402
from playwright.sync_api import expect, sync_playwright  # noqa: E402
from running import SMALL, Workshop, processes, sign_in  # noqa: E402

SETTINGS = "feedback: at once\ninstructors:\n- teacher\ntries: 9\n"
BEGIN = "from coursekit import exercise"
CLAIM, CHOICE = "A claim with blanks", "One of three"
# Everything that a learner's kernel can get at of what it must not: printed by the kernel itself.
LOOK = """\
import json, os, pathlib, socket
def read(path):
    try:
        path = pathlib.Path(path)
        return "".join(map(str, path.iterdir())) if path.is_dir() else path.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        return None
others = [p for p in pathlib.Path("/proc").glob("[0-9]*") if p.name != str(os.getpid())]
print(json.dumps({
    "who": os.getuid(),
    "environment": dict(os.environ),
    "reads": [str(one) for one in FORBIDDEN if read(one) is not None],
    "environments": [said for one in others if (said := read(one / "environ"))],
}))
"""


@pytest.fixture(scope="module")
def workshop():
    with Workshop(SETTINGS, COURSEKIT_TOKEN_SECONDS="2") as running:
        yield running


@pytest.fixture(scope="module")
def people(workshop, chromium_path):
    """Opens a window for somebody, in which every other host is refused."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        elsewhere = []

        def come(name, to="/hub/spawn"):
            context = browser.new_context(viewport={"width": 1280, "height": 1000})
            context.set_default_timeout(60_000)
            context.route(lambda url: not url.startswith((workshop.url, "data:", "blob:")), lambda route: (elsewhere.append(route.request.url), route.abort()))  # fmt: skip
            page = context.new_page()
            page.heard = []
            page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: page.heard.append(frame)))
            sign_in(page, workshop, name, to)
            return page

        yield come
        browser.close()
        assert elsewhere == []


@pytest.fixture(scope="module")
def learners(workshop, people):
    """Ann and Ben, each with a notebook of two exercises open and run."""
    pages = {name: people(name) for name in ("ann", "ben")}
    for name, page in pages.items():
        page.wait_for_url(f"**/user/{name}/lab**", timeout=120_000)
        home = workshop.folder / "homes" / name / "notebooks"
        assert (home / "00_forms.ipynb").is_file()
        account = workshop.account(name)
        forbidden = [workshop.keys / "solutions", workshop.folder / "private", workshop.folder / "postgres", workshop.folder / "homes" / ("ben" if name == "ann" else "ann")]  # fmt: skip
        (home / "try.ipynb").write_text(notebook(BEGIN, shown("claim"), shown("one_of_three")))
        (home / "look.ipynb").write_text(notebook(f"FORBIDDEN = {list(map(str, forbidden))!r}\n{LOOK}"))
        for file in ("try.ipynb", "look.ipynb"):
            os.chown(home / file, account, account)
        page.book = Notebook(page, f"{workshop.url}/user/{name}", "try.ipynb")
        page.book.run_all()
        expect(page.book.form(CLAIM)).to_be_visible(timeout=60_000)
    return pages


def choose(page, option):
    form = page.book.form(CHOICE)
    form.get_by_role("radio", name=option).check()
    form.get_by_role("button", name="Submit").click()
    return form


def kept_answers(workshop):
    """How many attempts the database has, by learner."""
    secret = json.loads((workshop.folder / "private" / "secrets.json").read_text())["attempts"]
    import psycopg

    with psycopg.connect(f"postgresql://attempts:{secret}@127.0.0.1:{workshop.database_port}/attempts") as link:
        return dict(link.execute("SELECT learner, count(DISTINCT id) FROM attempts GROUP BY learner").fetchall())


def waits(form):
    expect(form.locator(".ck-trouble").first).to_contain_text("This answer is not kept yet", timeout=15_000)
    expect(form.locator(".ck-trouble").first).to_contain_text("tried again")


def is_kept(form, words):
    expect(form.locator(".ck-trouble")).to_have_count(0, timeout=60_000)
    expect(form).to_contain_text(words)


def test_nothing_of_the_keys_reaches_a_learner_before_it_is_earned(workshop, learners):
    page, keys = learners["ann"], secrets(SMALL / "solutions")
    look = Notebook(page, f"{workshop.url}/user/ann", "look.ipynb")
    look.run_all()
    page.wait_for_selector(".jp-OutputArea-output pre")
    found = json.loads(page.locator(".jp-OutputArea-output pre").first.inner_text())
    assert found["reads"] == []
    passwords = json.loads((workshop.folder / "private" / "secrets.json").read_text())
    told = json.dumps([found["environment"], found["environments"]])
    assert not any(value in told for value in passwords.values())
    assert not any(name in found["environment"] for name in ("COURSEKIT_KEYS", "COURSEKIT_ATTEMPTS", "HUB_DATABASE", "CONFIGPROXY_AUTH_TOKEN"))  # fmt: skip
    assert str(workshop.keys) not in told
    if os.geteuid() == 0:
        assert found["who"] >= 70_000 != workshop.account("ben")
    files = [path.read_bytes() for folder in ("release", "homes") for path in (workshop.folder / folder).rglob("*") if path.is_file() and "coursekit/" not in str(path)]  # fmt: skip
    heard = [frame if isinstance(frame, bytes) else frame.encode() for one in learners.values() for frame in one.heard]
    assert len(heard) > 20
    assert leaked(keys, [*files, told.encode(), *heard]) == set()
    page.book.open()
    page.book.run_all()


def test_a_learner_is_told_at_once_what_the_server_says(workshop, learners):
    form = choose(learners["ann"], "Every plan for itself")
    expect(form).to_contain_text("Plans use the codes that somebody else has published")
    assert kept_answers(workshop) == {"ann": 1}


def test_an_answer_outlives_the_service(workshop, learners):
    os.kill(workshop.service, signal.SIGKILL)
    form = choose(learners["ben"], "Every plan for itself")
    waits(form)
    is_kept(form, "Plans use the codes")
    assert kept_answers(workshop) == {"ann": 1, "ben": 1}


def test_an_answer_outlives_the_database(workshop, learners):
    workshop.database.kill()
    form = choose(learners["ann"], "Nobody, it is common knowledge")
    waits(form)
    workshop.database.start()
    is_kept(form, "not for that reason free of owners")
    assert kept_answers(workshop) == {"ann": 2, "ben": 1}


def test_an_answer_outlives_the_hub(workshop, learners):
    os.kill(workshop.hub, signal.SIGKILL)
    time.sleep(1)
    form = choose(learners["ben"], "The American Medical Association")
    waits(form)
    is_kept(form, "Solved on the 2nd try")
    assert kept_answers(workshop) == {"ann": 2, "ben": 2}


def test_after_a_restart_of_the_kernel_the_last_answer_stands_there_again(learners):
    page = learners["ben"]
    page.book.restart_and_run_all()
    form = page.book.form(CHOICE)
    expect(form).to_contain_text("Solved on the 2nd try", timeout=60_000)
    expect(form.get_by_role("radio", name="The American Medical Association")).to_be_checked()


def test_the_instructor_sees_the_class_and_a_learner_does_not(workshop, people, learners):
    report = people("teacher", "/services/grader/report")
    report.wait_for_url("**/services/grader/**")
    report.goto(f"{workshop.url}/services/grader/report")
    expect(report.locator("body")).to_contain_text("ann")
    expect(report.locator("body")).to_contain_text("ben")
    page = learners["ann"].context.new_page()
    page.goto(f"{workshop.url}/services/grader/report")
    if "report" not in page.url:
        expect(page.locator("body")).to_contain_text("You are ann.")
        page.goto(f"{workshop.url}/services/grader/report")
    expect(page.locator("body")).to_contain_text("for instructors")
    expect(page.locator("body")).not_to_contain_text("ben")


def test_ctrl_c_ends_everything(workshop):
    assert workshop.end() == 0
    assert "".join(workshop.said).rstrip().endswith("Ending: the hub first, the database last.")
    left = [said for _, _, _, said in processes() if str(workshop.place) in said]
    assert left == []
    assert "database system is shut down" in (workshop.folder / "postgres" / "log").read_text()
