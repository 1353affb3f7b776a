"""The report of a class in a real browser: nothing is fetched, nothing runs, no name becomes an element."""

import sys

import pytest
from labpage import HERE, REPO

from coursekit.classroom import report, sample
from coursekit.course import Course

sys.path.insert(0, str(HERE.parent / "classroom"))
import hostile  # noqa: E402

CONTRAST = (HERE / "contrast.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Reports of a usual and of a hostile class."""
    course, root = Course(REPO), tmp_path_factory.mktemp("reports")
    folders = {
        "usual": sample.invented_class(course, folder=root / "in"),
        "hostile": hostile.write(root / "hostile", course),
    }
    for name, folder in folders.items():
        (root / f"{name}.html").write_text(report.read_class(str(folder), course=course).page(), "utf-8")
    return root


@pytest.fixture
def window(browser):
    """Opens a file in a window of its own and remembers every request and every word of the console."""
    opened = []

    def open_(path, width=1200, scheme="light"):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        opened.append(context)
        page = context.new_page()
        page.asked, page.said = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("dialog", lambda dialog: (page.said.append(dialog.message), dialog.dismiss()))
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.goto(path.as_uri(), wait_until="networkidle")
        return page

    yield open_
    for context in opened:
        context.close()


@pytest.mark.parametrize("name", ["usual", "hostile"])
def test_the_report_asks_for_nothing_but_itself(files, window, name):
    page = window(files / f"{name}.html")
    assert page.asked == [(files / f"{name}.html").as_uri()]
    assert page.said == []


def test_no_hostile_word_became_an_element_or_a_title(files, window):
    page = window(files / "hostile.html")
    assert page.title() == "Class report: Hands-On Coding"
    tags = page.evaluate("[...new Set([...document.querySelectorAll('*')].map((el) => el.localName))]")
    assert not set(tags) & {"script", "img", "iframe", "form", "input"}
    assert page.evaluate("document.querySelectorAll('#planted, [onload], [onerror], a:not([href^=\"#\"])').length") == 0
    names = page.evaluate("[...document.querySelectorAll('.learner > h2')].map((el) => el.textContent)")
    assert sorted(names) == sorted(hostile.NAMES)


@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (1200, "dark"), (420, "light"), (420, "dark")])
def test_the_report_fits_the_window_and_can_be_read_in_it(files, window, shots, width, scheme):
    page = window(files / "usual.html", width, scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CONTRAST, page.query_selector("body")) == []
    page.screenshot(path=shots / f"report-{width}-{scheme}.png")


def test_a_link_leads_to_the_learner_it_names(files, window):
    page = window(files / "usual.html")
    page.get_by_role("link", name="Dana").first.click()
    assert page.evaluate("document.querySelector(location.hash + ' h2').textContent") == "Dana"


def test_on_paper_every_learner_begins_a_page(files, window):
    page = window(files / "usual.html")
    page.emulate_media(media="print")
    breaks = page.evaluate(
        "[...document.querySelectorAll('main > .learner')].map((el) => getComputedStyle(el).breakBefore)"
    )
    assert len(breaks) == 24 and set(breaks) == {"page"}
    assert page.pdf(format="Letter", prefer_css_page_size=True).startswith(b"%PDF")
