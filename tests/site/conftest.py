"""The built site on a plain web server, and one Chromium that may ask nobody else."""

import os
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="playwright is not installed")

from chromium import FLAGS  # noqa: E402
from playwright.sync_api import expect, sync_playwright  # noqa: E402
from sitepage import PROXY, REPO, SitePage, serving, window  # noqa: E402

expect.set_options(timeout=20_000)


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.site)


@pytest.fixture(scope="session")
def folder():
    """The folder of the site. It is built by `make site`, not here."""
    place = Path(os.environ.get("COURSEKIT_SITE") or REPO / "site")
    if not (place / "index.html").is_file():
        pytest.fail(f"There is no site in {place}. Run: make site")
    return place


@pytest.fixture(scope="session")
def server(folder):
    server = serving(folder)
    yield server
    server.shutdown()


@pytest.fixture(scope="session")
def address(server):
    return server.address


@pytest.fixture(scope="session")
def browser(chromium_path):
    """The browser of all tests; at the end it has asked nobody else for anything."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        context = window(chromium)
        context.new_page().evaluate("fetch('http://elsewhere.example/').catch(() => {})")
        context.close()
        assert PROXY.asked == ["http://elsewhere.example/"], "what goes to another host is seen here"
        PROXY.asked.clear()
        yield chromium
        chromium.close()
        assert PROXY.asked == [], "the site asks no other host"


@pytest.fixture(scope="module")
def learner(browser):
    """One learner's browser, kept through the tests of a file."""
    context = window(browser)
    yield context
    context.close()


@pytest.fixture
def open_page(learner, address):
    """Opens a notebook of the site, or one of these cells, in the learner's browser."""
    pages = []

    def open_it(path, *sources, app="notebooks"):
        page = learner.new_page()
        pages.append(page)
        return SitePage(page, address, path, sources, app)

    yield open_it
    for page in pages:
        page.close()


@pytest.fixture
def shots():
    """The folder that screenshots are kept in."""
    place = Path(os.environ.get("COURSEKIT_SHOTS") or Path(__file__).parent / "shots")
    place.mkdir(parents=True, exist_ok=True)
    return place
