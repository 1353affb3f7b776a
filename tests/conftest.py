"""The browser for browser tests, and loud words at the end of a run where there was none."""

import os

import chromium
import pytest

# A notebook under tests/ is material of a test, never a notebook to run.
collect_ignore_glob = ["*.ipynb"]

NO_BROWSER = "no Chromium"


@pytest.fixture(scope="session")
def chromium_path():
    """Returns the path of a Chromium; where none can be had, skips the test, or fails it in CI."""
    path = chromium.find()
    if path is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(NO_BROWSER)
    return path


@pytest.fixture(scope="session")
def browser(chromium_path):
    """One Chromium for all tests: Playwright takes no second one beside it."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as started:
        chromium_started = started.chromium.launch(executable_path=chromium_path, args=chromium.FLAGS)
        yield chromium_started
        chromium_started.close()


def pytest_terminal_summary(terminalreporter):
    """Ends the run with the browser tests that did not run, and how to get them to."""
    reports = [
        report
        for outcome in ("skipped", "error")
        for report in terminalreporter.stats.get(outcome, [])
        if NO_BROWSER in str(report.longrepr)
    ]
    if reports:
        terminalreporter.section("BROWSER TESTS NOT RUN", sep="!", red=True, bold=True)
        terminalreporter.line(f"Not run, as no Chromium was found: {len(reports)}", red=True, bold=True)
        for report in reports:
            terminalreporter.line(f"  {report.nodeid}")
        terminalreporter.line(chromium.HOW_TO_GET_ONE)
