"""The four explorers: alone on a page, by mouse and by keyboard in JupyterLab, and in a notebook that was saved."""

import json
import re

import pytest
import test_form_alone
from labpage import HERE
from playwright.sync_api import expect
from test_form_alone import CONTRAST, EVIL
from test_keyboard import CELLS, Keys
from test_pictures import DRAWING, THEMES, settle, theme

from coursekit.explorers import EXPLORERS, first_state, next_state
from coursekit.forms.bundle import STYLE, module_of

FILES = {
    "/": ("text/html", (HERE / "bare.html").read_text(encoding="utf-8")),
    "/form.js": ("text/javascript", module_of("explore")),
    "/form.css": ("text/css", STYLE),
}
SHOW = 'from coursekit import explore\nexplore("{}")'
# Settings that make each explorer say a lot.
FULL = {
    "units": {"minutes1": "600", "code3": "97124", "minutes3": "22", "code4": "97530", "minutes4": "8"},
    "pair": {"one": "97140", "two": "97530", "on": "2019-12-31"},
    "fees": {"units": "5", "assistant": "yes"},
    "regions": {"adjusted": ["cervical", "thoracic", "lumbar"], "region": "lumbar", "side": "right"},
}
EACH = pytest.mark.parametrize("what", EXPLORERS)


@pytest.fixture(scope="module")
def window(browser):
    window = browser.new_context(viewport={"width": 1000, "height": 900})
    window.set_default_timeout(5_000)

    def serve(route):
        kind, text = FILES.get(route.request.url.removeprefix("http://form.test"), ("", ""))
        route.fulfill(body=text, content_type=kind) if kind else route.abort()

    window.route("**/*", serve)
    yield window
    window.close()


@pytest.fixture
def alone(window):
    """An explorer's page without JupyterLab."""
    page = test_form_alone.bare_page(window)
    yield page
    assert page.failures == []
    page.close()


def state(what, **settings):
    return first_state(what) | next_state(what, {**EXPLORERS[what].first, **settings})


def mount(page, shown):
    page.evaluate(f"window.mount({json.dumps(shown)})")
    settle(page)


def reply(page, what):
    """Answers the last settings that the page sent, as the kernel does."""
    page.wait_for_function("window.sent.length")
    said = page.evaluate("window.sent.at(-1)")
    page.evaluate(
        f"window.answer({json.dumps(first_state(what) | {'turn': said['turn']} | next_state(what, said['settings']))})"
    )
    return said


# Alone on a page -----------------------------------------------------------------------------------------------------


@EACH
@pytest.mark.parametrize("look", THEMES)
def test_an_explorer_is_readable_in_every_theme_and_at_any_width(alone, what, look, shots):
    theme(alone, look)
    for width in (1000, 400):
        alone.set_viewport_size({"width": width, "height": 900})
        for shown in (state(what), state(what, **FULL[what])):
            mount(alone, shown)
            for picture in alone.get_by_role("img").all():
                assert picture.evaluate(DRAWING) == [], width
            assert alone.locator(".ck-card").evaluate(CONTRAST) == []
            assert alone.evaluate("document.documentElement.scrollWidth") <= width
        alone.locator(".ck-card").screenshot(path=shots / f"explorer-{what}-{look}-{width}.png", animations="disabled")


@EACH
def test_every_control_has_a_name_and_a_group_and_keeps_its_keys_to_itself(alone, what):
    mount(alone, state(what))
    expect(alone.get_by_role("region", name=EXPLORERS[what].title)).to_be_visible()
    for group in EXPLORERS[what].asks():
        box = alone.get_by_role("group", name=group["legend"])
        for field in group["fields"]:
            expect(box.get_by_label(field["label"], exact=True).first).to_be_visible()
    controls = alone.locator("input, select, button, a")
    assert controls.evaluate_all("all => all.every(el => el.dataset.lmSuppressShortcuts === 'true')")
    ids = alone.locator(".ck [id]").evaluate_all("all => all.map(el => el.id)")
    assert len(ids) == len(set(ids))


def test_a_choice_is_sent_at_once_and_a_number_when_it_rests(alone):
    mount(alone, state("units"))
    alone.get_by_label("Minutes", exact=True).first.press("End")
    alone.get_by_label("Minutes", exact=True).first.press_sequentially("0", delay=20)
    said = reply(alone, "units")
    assert (said["settings"]["minutes1"], len(alone.evaluate("window.sent"))) == ("230", 1)
    expect(alone.get_by_role("status")).to_contain_text("16 units")
    alone.evaluate("window.sent.length = 0")
    alone.get_by_label("Code", exact=True).nth(2).select_option("97124")
    assert alone.evaluate("new Promise(done => setTimeout(() => done(window.sent.length), 60))") == 1


def test_trouble_is_said_aloud_and_hides_the_answer_to_other_settings(alone):
    mount(alone, state("units"))
    alone.get_by_label("Minutes", exact=True).first.fill("7.5")
    reply(alone, "units")
    expect(alone.get_by_role("alert")).to_contain_text("“7.5” does not give the minutes of 97110.")
    expect(alone.get_by_text("All timed minutes together")).not_to_be_visible()
    expect(alone.get_by_label("Minutes", exact=True).first).to_have_value("7.5")
    alone.evaluate("window.sent.length = 0")
    alone.get_by_label("Minutes", exact=True).first.fill("7")
    reply(alone, "units")
    expect(alone.get_by_role("alert")).to_have_text("")
    expect(alone.get_by_text("All timed minutes together")).to_be_visible()


def test_an_answer_to_settings_of_before_is_not_shown(alone):
    mount(alone, state("units"))
    alone.get_by_label("Minutes", exact=True).first.fill("8")
    alone.wait_for_function("window.sent.length === 1")
    early = alone.evaluate("window.sent[0]")
    alone.get_by_label("Minutes", exact=True).first.fill("600")
    alone.wait_for_function("window.sent.length === 2")
    late = first_state("units") | {"turn": early["turn"]} | next_state("units", early["settings"])
    alone.evaluate(f"window.answer({json.dumps(late)})")
    expect(alone.get_by_role("status")).to_contain_text("The two rules differ: 2 units")
    reply(alone, "units")
    expect(alone.get_by_role("status")).to_contain_text("41 units")


def test_what_another_view_of_the_explorer_sets_is_shown_here_too(alone):
    mount(alone, state("units"))
    alone.evaluate(f"window.answer({json.dumps(state('units', minutes1='38') | {'turn': 'other-1'})}, '')")
    expect(alone.get_by_label("Minutes", exact=True).first).to_have_value("38")
    expect(alone.get_by_role("status")).to_contain_text("The two rules differ: 3 units")


def test_a_silent_kernel_is_told(alone):
    alone.clock.install()
    alone.evaluate(f"window.mount({json.dumps(state('fees'))})")
    alone.get_by_label("An assistant gave them").check()
    alone.clock.run_for(4_000)
    expect(alone.get_by_role("alert")).to_have_text("")
    alone.clock.run_for(2_100)
    expect(alone.get_by_role("alert")).to_contain_text("No answer from the kernel.")


def test_text_of_an_explorer_never_becomes_markup(alone):
    shown = state("pair")
    shown |= {"title": EVIL, "about": EVIL}
    shown["result"] |= {"headline": EVIL, "rows": [[EVIL, EVIL]], "trouble": ""}
    shown["result"]["panels"] = [{"title": EVIL, "head": EVIL, "lines": [EVIL], "notes": [EVIL]}]
    shown["result"]["says"] = [
        {"text": EVIL, "source": {"title": EVIL, "where": EVIL, "edition": EVIL, "link": f"javascript:{EVIL}"}}
    ]
    mount(alone, shown)
    assert alone.locator(".ck img, .ck a").count() == 0
    assert alone.evaluate("window.hacked") is None


# In JupyterLab -------------------------------------------------------------------------------------------------------


def test_explorers_answer_to_mouse_and_keyboard_and_the_notebook_stays_as_it_was(open_notebook, page, context, shots):
    notebook = open_notebook("small/notebooks/explore.ipynb", "# Explore", *(SHOW.format(what) for what in EXPLORERS))
    notebook.run_all()
    cards = {what: page.get_by_role("region", name=one.title) for what, one in EXPLORERS.items()}
    for card in cards.values():
        expect(card.get_by_role("status")).not_to_be_empty()
    before = page.evaluate(CELLS)

    units = cards["units"]
    units.get_by_label("Minutes").nth(1).fill("7")
    expect(units.get_by_role("status")).to_have_text("Both rules make the same: 2 units.")
    units.get_by_label("Code").nth(2).select_option("97124")
    expect(units.get_by_role("alert")).to_contain_text("The minutes of 97124 are not given.")

    pair = cards["pair"]
    pair.get_by_label("One code").select_option("97140")
    expect(pair.get_by_role("status")).to_contain_text("An edit joins 97140 and 97124")
    expect(pair.get_by_role("img")).to_have_accessible_name(re.compile("nothing opens this pair"))

    regions = cards["regions"]
    regions.get_by_role("checkbox", name="cervical").check()
    expect(regions.get_by_role("status")).to_have_text("Plan Cedar does not pay 97124 here.")

    # By keyboard: letters and arrows are the control's own, whatever they mean to the notebook.
    keys, title = Keys(page), EXPLORERS["fees"].title
    pair.get_by_label("Payer").focus()
    keys.to(title, "Units")
    keys.press("Control+a")
    for key in "abdx":
        keys.press(key)
    expect(cards["fees"].get_by_role("alert")).to_contain_text("“abdx” does not give the units")
    keys.press("Control+a")
    keys.type("1")
    expect(cards["fees"].get_by_role("status")).to_have_text("Medicare allows $29.73 for 97124 x1.")
    keys.to(title, "Year")
    keys.press("ArrowDown")
    expect(cards["fees"].get_by_role("status")).not_to_have_text("Medicare allows $29.73 for 97124 x1.")
    keys.to(title, "An assistant")
    keys.press("Space")
    expect(cards["fees"].get_by_text("An assistant's 85 percent")).to_be_visible()

    assert page.evaluate(CELLS) == before
    assert page.failures == [] and context.elsewhere == []
    cards["regions"].scroll_into_view_if_needed()
    page.screenshot(path=shots / "explorers-in-lab.png")


def test_a_reopened_notebook_says_what_an_explorer_is_and_holds_no_dead_control(open_notebook, page, place):
    path = "small/notebooks/explored.ipynb"
    notebook = open_notebook(path, "# Explored", SHOW.format("units"))
    notebook.run_all()
    expect(page.get_by_role("region", name=EXPLORERS["units"].title)).to_be_visible()
    notebook.save()
    saved = (place / path).read_text(encoding="utf-8")
    assert "coursekit-static" in saved and "widget-view" not in saved
    notebook.open()
    expect(page.locator(".jp-OutputArea-output").get_by_text(EXPLORERS["units"].title)).to_be_visible()
    expect(page.get_by_text("Run this cell to change the settings")).to_be_visible()
    assert page.locator(".jp-OutputArea-output").locator("input, select").count() == 0
