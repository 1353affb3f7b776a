"""The first page of the site: what it says, on a phone and by keyboard, and that everything it names is there."""

import re

import pytest
from playwright.sync_api import expect
from sitepage import BOOKS, window

VERSION = re.compile(r"Version 0[.]\d+[.]\d+[+][0-9a-f]{8}")


@pytest.fixture(params=["light", "dark"])
def phone(request, browser, address):
    """A phone, 400 pixels wide."""
    context = window(browser, viewport={"width": 400, "height": 800}, color_scheme=request.param)
    page = context.new_page()
    page.goto(f"{address}/")
    yield request.param, page
    context.close()


def test_it_fits_a_phone_in_both_colors(phone, shots):
    color, page = phone
    assert page.evaluate("document.documentElement.scrollWidth") == 400
    assert (
        page.evaluate(
            "Math.min(...[...document.querySelectorAll('.start, ol a')].map((a) => a.getBoundingClientRect().height))"
        )
        >= 28
    )
    page.screenshot(path=shots / f"landing-{color}.png", full_page=True)


def test_it_names_every_notebook_its_version_and_that_it_is_practice(phone, folder):
    page = phone[1]
    links = page.locator("ol.books a").evaluate_all("all => all.map((a) => a.getAttribute('href'))")
    assert [link.partition("path=")[2] for link in links] == BOOKS
    assert all((folder / "files" / name).is_file() for name in BOOKS)
    version = VERSION.search(page.locator("footer").inner_text())[0].split()[1]
    for name in BOOKS[:-1]:
        assert version in (folder / "files" / name).read_text("utf-8")
    expect(page.get_by_role("heading", name="Practice only")).to_be_visible()
    expect(page.locator("ol.books")).to_contain_text("about 100 minutes, 24 exercises")


def test_start_is_reached_and_pressed_by_keyboard(phone):
    page = phone[1]
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Start", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="00 · Start here")).to_be_visible(timeout=60_000)
