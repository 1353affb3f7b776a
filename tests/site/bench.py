"""Measures the site beside an empty page with the same interpreter, in the same run, and prints one table.

    make bench-site

A cold load starts in a browser that has never seen the site; a second load in the same browser. Figures of one machine on
one day: every comparison is made of turns, one of each, so that a busy machine slows both.
"""

import gzip
import statistics
import sys
import tempfile
import time
from pathlib import Path

REPO = Path(__file__).parents[2]
sys.path[:0] = [str(REPO / "tests"), str(REPO / "tests" / "site")]

import chromium  # noqa: E402
from inpage import ECHO, PRESS  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402
from sitepage import PROXY, SitePage, ordinary_window, serving, window  # noqa: E402

SITE, BARE = REPO / "site", REPO / "build" / "bare"
TURNS, CLICKS = 3, 100
# Nobody answers twice within the tenth of a second in which an answer goes to the drive, and a page just opened is busy.
PAUSE, SETTLE = 300, 5_000  # milliseconds
FIRST = ".ck-card button[type=submit]"


def main():
    rows = [*sizes()]
    with sync_playwright() as playwright:
        started = {"executable_path": chromium.find(), "args": chromium.FLAGS}
        browser = playwright.chromium.launch(**started)
        rows += loads(browser)
        browser.close()
        assert PROXY.asked == []
        # A private window has no disk: what a learner's own keeps in a file, it asks another process to remember.
        # An ordinary one asks its maker about this and that, so the proxy refuses it and nobody counts.
        with tempfile.TemporaryDirectory() as folder:
            context = ordinary_window(playwright.chromium, folder, **started)
            rows += clicks(context)
            context.close()
    width = max(len(row[0]) for row in rows)
    for name, figure, limit, holds in rows:
        print(f"{name:<{width}}  {figure:>44}  {limit:<28}  {'ok' if holds else 'MISSED'}")
    return int(not all(holds for *_, holds in rows))


def sizes():
    """The site as it lies in its folder, and as a server sends it that packs files on the way."""
    files = [path for path in SITE.rglob("*") if path.is_file()]
    whole = sum(path.stat().st_size for path in files) / 1e6
    packed = sum(min(path.stat().st_size, len(gzip.compress(path.read_bytes(), 9))) for path in files) / 1e6
    yield "site", f"{whole:.1f} MB in {len(files)} files", "at most 45 MB", whole <= 45
    yield "site, each file gzipped", f"{packed:.1f} MB", "at most 20 MB", packed <= 20


def _opened(context, address, path, wanted):
    """The seconds from asking for a notebook until, with all its cells run, this is in the page."""
    page, start = context.new_page(), time.perf_counter()
    page.goto(f"{address}/notebooks/index.html?path={path}")
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_selector(wanted, timeout=180_000)
    took = time.perf_counter() - start
    page.close()
    return took


def loads(browser):
    """From nothing to a working exercise, beside an empty page until its first cell has run."""
    servers = {"site": serving(SITE), "bare": serving(BARE)}
    ways = {"site": ("00_start_here.ipynb", FIRST), "bare": ("empty.ipynb", ".jp-OutputArea-executeResult")}
    took = {(name, turn): [] for name in ways for turn in ("cold", "second")}
    for _ in range(TURNS):
        for name, way in ways.items():
            address = servers[name].address
            context = window(browser)
            for turn in ("cold", "second"):
                took[name, turn].append(_opened(context, address, *way))
            context.close()
    for turn, limit in (("cold", 1.3), ("second", None)):
        site, empty = (statistics.median(took[name, turn]) for name in ("site", "bare"))
        figure = f"{site:.1f} s / {empty:.1f} s = {site / empty:.2f}, {TURNS} turns"
        yield (
            f"{turn} load to a working exercise",
            figure,
            f"at most {limit} of an empty page" if limit else "",
            (not limit or site / empty <= limit),
        )


def clicks(context):
    """A submitted answer until its feedback shows, beside a bare widget that echoes in the same page."""
    address = serving(SITE).address
    cells = ("from coursekit import exercise", 'exercise("last_day_of_a_plan")', ECHO)
    notebook = SitePage(context.new_page(), address, "clicks.ipynb", cells)
    assert notebook.run_all() == []
    page = notebook.page
    page.wait_for_selector("button.echo")
    way = [".ck-card button[type=submit]", ".ck-badge", ".ck-card input[inputmode]"]
    took = {"form": [], "echo": []}
    page.wait_for_timeout(SETTLE)
    for n in range(CLICKS):
        for kind, press in (("form", [*way, str(1000 + n)]), ("echo", ["button.echo", ".echoed", "", ""])):
            took[kind].append(page.evaluate(PRESS, press))
            page.wait_for_timeout(PAUSE)
    for name, of in (("median", statistics.median), ("p95", lambda all: sorted(all)[int(0.95 * len(all))])):
        form, bare = of(took["form"]), of(took["echo"])
        figure = f"{form:.0f} ms / {bare:.0f} ms = {form / bare:.2f}, {CLICKS} clicks"
        limit = "at most 1.5 of an echo" if name == "median" else ""
        yield f"click to feedback, {name}", figure, limit, not limit or form / bare <= 1.5


if __name__ == "__main__":
    sys.exit(main())
