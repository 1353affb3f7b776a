"""The form in a bare page: what it shows of a state, what it sends, and what it does when nobody answers."""

import json
from itertools import count

import pytest
from labpage import HERE
from playwright.sync_api import expect

from coursekit.course import Course
from coursekit.desk import Desk
from coursekit.forms.bundle import STYLE, module_of

# What a notebook gets: each address with its text.
FILES = {
    "/": (HERE / "bare.html").read_text(encoding="utf-8"),
    "/form.js": module_of("questions", "form"),
    "/form.css": STYLE,
}
KINDS = {"/": "text/html", "/form.js": "text/javascript", "/form.css": "text/css"}
CONTRAST = (HERE / "contrast.js").read_text(encoding="utf-8")
# A wrong and a solving answer to each form of the small course.
ANSWERS = {
    ("claim", 0): ("98940 x1, 97124 x1", "98940 x1, 97124 x1 XS"),
    ("review", 0): ("97124: how much, 98940: ok, a line is missing", "97124: side by side, 98940: ok"),
    ("review", 1): ("97124: 2 3", "97124: 1 2"),
    ("one_of_three", 0): ("plans", "association"),
    ("some_of_four", 0): ("massage four", "massage emerging"),
    ("two_bins", 0): ("pairs=plan, massage=plan, limits=national", "pairs=national, massage=plan, limits=national"),
    ("three_steps", 0): ("codes note pays", "note codes pays"),
    ("one_number", 0): ("1", "2"),
}
EACH = pytest.mark.parametrize("asked", ANSWERS, ids=lambda asked: f"{asked[0]}-{asked[1]}")


@pytest.fixture(scope="module")
def desk():
    return Desk(Course(HERE / "course"))


@pytest.fixture(scope="module")
def window(browser):
    window = browser.new_context(viewport={"width": 1000, "height": 900})
    window.set_default_timeout(5_000)

    def serve(route):
        path = route.request.url.removeprefix("http://form.test")
        route.fulfill(body=FILES[path], content_type=KINDS[path]) if path in FILES else route.abort()

    window.route("**/*", serve)
    yield window
    window.close()


def bare_page(window):
    page = window.new_page()
    page.failures = []
    page.on("pageerror", lambda error: page.failures.append(str(error)))
    page.goto("http://form.test/")
    page.wait_for_selector("body[data-ready]", state="attached")
    return page


@pytest.fixture(scope="module")
def one_page(window):
    return bare_page(window)


@pytest.fixture
def page(one_page):
    one_page.set_viewport_size({"width": 1000, "height": 900})
    one_page.evaluate("sessionStorage.clear(); window.sent.length = 0")
    yield one_page
    assert one_page.failures == []


@pytest.fixture
def slow_page(window):
    """A page of its own whose clock the test moves."""
    page = bare_page(window)
    page.clock.install()
    yield page
    assert page.failures == []
    page.close()


@pytest.fixture
def view(desk, monkeypatch):
    """The state of a form: fresh, or after these answers, each time for somebody new."""
    learners = count()

    def state(asked, *answers):
        name, at = asked
        monkeypatch.setenv("COURSEKIT_LEARNER", f"{asked} {id(learners)} {next(learners)}")
        now = desk.first_view(name) | {"who": "Kim"}
        if at:
            now = desk.open(name, at) | {"tries": 0, "answer": "", "reply": None, "opened": []}
        for answer in answers:
            now = desk.act(name, {"kind": "submit", "answer": answer}, now)
        return now

    return state


def mount(page, state):
    page.evaluate("state => window.mount(state)", state)


def answer(page, state):
    page.evaluate("state => window.answer(state)", state)


def sent(page):
    return page.evaluate("window.sent")


def submit(page):
    return page.locator("button[type=submit]")


# Answers ------------------------------------------------------------------------------------------------------------


@EACH
def test_nothing_is_preselected_and_submit_sleeps_until_no_blank_is_left(page, view, asked):
    mount(page, view(asked))
    assert page.locator(".ck input:checked").count() == 0
    expect(submit(page)).to_be_disabled()
    expect(page.locator(".ck-open")).to_contain_text("Still open: ")
    submit(page).click(force=True)
    assert sent(page) == []


@EACH
def test_a_kept_answer_is_shown_again_and_is_the_one_that_would_be_sent(page, view, asked):
    wrong, right = ANSWERS[asked]
    for text in (wrong, right):
        state = view(asked, text)
        mount(page, state | {"reply": state["reply"] | {"solved": False, "trouble": "The disk is full."}})
        submit(page).click()
        said = sent(page)[-1]
        assert (said["kind"], sorted(said["answer"].split(", "))) == ("submit", sorted(text.split(", ")))


@EACH
def test_feedback_names_every_line_and_a_solved_one_lets_submit_sleep(page, view, asked):
    wrong, right = ANSWERS[asked]
    state = view(asked, wrong)
    mount(page, state)
    for line in state["reply"]["lines"]:
        for item in line["items"]:
            expect(page.locator(".ck-item").filter(has_text=item["says"]).first).to_be_visible()
    expect(page.locator(".ck-result")).to_contain_text(state["reply"]["headline"])
    expect(submit(page)).to_have_text("Submit again")
    mount(page, view(asked, right))
    expect(page.locator(".ck-badge")).to_have_text("✓ Solved on the 1st try")
    expect(submit(page)).to_be_disabled()


def test_feedback_stands_inside_the_line_it_speaks_of(page, view):
    mount(page, view(("claim", 0), "98940 x1, 97124 x1"))
    line = page.get_by_role("group", name="Line 2")
    expect(line).to_contain_text("✗ does not stand")
    expect(line).to_contain_text("Plan Cedar would deny this line.")
    expect(line).to_contain_text("The note: cervical paraspinals, to ease guarding")
    expect(line.get_by_role("link", name="Medicare NCCI Policy Manual")).to_be_visible()
    expect(page.get_by_role("group", name="Line 1")).to_contain_text("✓ stands")


def test_a_line_not_on_the_claim_gets_a_place_of_its_own(page, view):
    mount(page, view(("claim", 0), "98940 x1"))
    expect(page.get_by_role("checkbox", name="Do not bill this line").nth(1)).to_be_checked()
    expect(page.locator(".ck-elsewhere").filter(has_text="97124 · not on your claim")).to_be_visible()


def test_two_lines_of_one_code_are_told_apart_by_the_order_of_the_claim(page, view):
    state = view(("claim", 0))
    state["ask"] = state["ask"] | {"lines": [{"code": None, "units": None, "given": [], "blank_modifiers": True}] * 2}
    mount(page, state)
    for line, units in ((0, "2"), (1, "1")):
        group = page.get_by_role("group", name=f"Line {line + 1}")
        group.get_by_label("Code").select_option("97124")
        group.get_by_label("Units").select_option(units)
        group.get_by_role("checkbox", name="none").check()
    submit(page).click()
    assert sent(page)[-1]["answer"] == "97124 x1, 97124 x2"
    lines = [{"line": "97124", "stands": True, "items": []}, {"line": "97124#2", "stands": False, "items": []}]
    reply = view(("claim", 0), "98940 x1")["reply"] | {"lines": lines, "marks": []}
    answer(page, state | {"answer": "97124 x1, 97124 x2", "tries": 1, "reply": reply})
    expect(page.get_by_role("group", name="Line 1")).to_contain_text("does not stand")
    expect(page.get_by_role("group", name="Line 2")).to_contain_text("✓ stands")


def test_modifiers_are_a_set_and_none_excludes_the_others(page, view):
    mount(page, view(("claim", 0)))
    line = page.get_by_role("group", name="Line 1")
    for name in ("XS", "59"):
        line.get_by_role("checkbox", name=name).check()
    page.get_by_role("checkbox", name="Do not bill this line").nth(1).check()
    submit(page).click()
    assert sent(page)[-1]["answer"] == "98940 x1 59 XS"
    line.get_by_role("checkbox", name="none").check()
    assert line.locator(".ck-chip input:checked").count() == 1


def test_lines_not_billed_make_an_empty_claim_and_asking_puts_the_code_to_the_provider(page, view):
    state = view(("claim", 0))
    state["ask"]["may_ask"] = True
    mount(page, state)
    for line in (0, 1):
        page.get_by_role("checkbox", name="Do not bill this line").nth(line).check()
    submit(page).click()
    assert sent(page)[-1]["answer"] == "nothing"
    page.get_by_role("checkbox", name="Ask the provider first").nth(1).check()
    expect(page.get_by_role("checkbox", name="Do not bill this line").nth(1)).not_to_be_checked()
    expect(page.get_by_label("Units")).to_be_disabled()
    expect(submit(page)).to_be_disabled()
    page.get_by_label("Code").select_option("97124")
    answer(page, state)
    submit(page).click()
    assert sent(page)[-1]["answer"] == "97124 ask"


def test_what_goes_with_an_answer(page, view):
    state = view(("one_of_three", 0)) | {"who": ""}
    mount(page, state)
    page.get_by_role("radio", name="Nobody").check()
    page.get_by_role("checkbox", name="I am sure").check()
    page.get_by_label("Your name, kept on this computer").fill("Kim")
    page.get_by_label("Your name, kept on this computer").press("Enter")
    said = sent(page)[-1]
    assert {**said, "seconds": 0, "turn": ""} == {
        "kind": "submit", "answer": "nobody", "seconds": 0, "certainty": "sure", "hints": 0, "who": "Kim", "turn": "",
    }  # fmt: skip
    assert 0 <= said["seconds"] < 30
    answer(page, state | {"who": "Kim"})
    expect(page.get_by_label("Your name, kept on this computer")).to_be_hidden()
    expect(submit(page)).to_be_focused()


# In place -----------------------------------------------------------------------------------------------------------


def test_a_reply_keeps_the_focus_and_what_was_typed_while_it_was_on_its_way(page, view):
    mount(page, view(("one_number", 0)))
    box = page.get_by_label("How many units")
    box.fill("1")
    box.press("Enter")
    box.press("7")
    answer(page, view(("one_number", 0), "1"))
    expect(box).to_be_focused()
    expect(box).to_have_value("17")


def test_a_changed_line_says_that_its_verdict_is_about_an_earlier_answer(page, view):
    mount(page, view(("claim", 0), "98940 x1, 97124 x1"))
    line = page.get_by_role("group", name="Line 2")
    line.get_by_role("checkbox", name="XS").check()
    expect(line.locator(".ck-verdict")).to_have_text("changed")
    expect(line).to_contain_text("would deny this line")


def test_start_over_empties_the_blanks_and_puts_the_focus_on_the_first(page, view):
    state = view(("claim", 0), "98940 x1, 97124 x1")
    mount(page, state)
    page.get_by_role("button", name="Start over").click()
    assert sent(page)[-1]["kind"] == "start_over"
    answer(page, state | {"answer": "", "reply": None})
    assert page.locator(".ck input:checked").count() == 0
    assert page.locator(".ck-item").count() == 0
    expect(page.get_by_role("group", name="Line 1").get_by_role("checkbox", name="none")).to_be_focused()


def test_hints_come_one_by_one(page, view, desk):
    state = view(("claim", 0))
    mount(page, state)
    for number in (1, 2):
        page.get_by_role("button", name=f"Hint {number} of 2").click()
        assert sent(page)[-1]["kind"] == "hint"
        state = desk.act("claim", {"kind": "hint"}, state)
        answer(page, state)
        expect(page.locator(".ck-hints li")).to_have_count(number)
    expect(page.get_by_role("button", name="No more hints")).to_be_disabled()


def test_going_on_builds_the_next_form_and_moves_the_focus_to_it(page, view, desk):
    state = view(("review", 0), ANSWERS["review", 0][1])
    mount(page, state)
    page.get_by_role("button", name="Go on").click()
    answer(page, desk.act("review", {"kind": "go_on"}, state) | {"tries": 0, "answer": "", "reply": None})
    expect(page.get_by_text("Question 2 of 2")).to_be_visible()
    expect(page.get_by_role("group", name="Pick every piece of the note")).to_be_visible()
    assert page.evaluate("document.activeElement.closest('.ck-pieces') !== null")


def test_the_words_of_a_line_stand_out_while_the_line_has_the_focus(page, view):
    mount(page, view(("claim", 0), "98940 x1, 97124 x1"))
    assert page.locator("mark").all_text_contents() == ["adjustment L4-L5", "cervical paraspinals, to ease guarding"]
    page.get_by_role("group", name="Line 2").get_by_role("checkbox", name="XS").focus()
    assert page.locator("mark.ck-strong").count() == 2
    page.get_by_role("group", name="Line 1").get_by_role("checkbox", name="XS").focus()
    assert page.locator("mark.ck-strong").count() == 0


def test_marks_count_characters_as_python_does(page, view):
    note = "S: 👩🏽‍⚕️ smiles 🙂 today.\nP: Massage of the neck."
    start = note.index("Massage")
    state = view(("claim", 0), "98940 x1, 97124 x1") | {"note": note}
    state["reply"]["marks"] = [[start, start + len("Massage"), "97124"]]
    mount(page, state)
    assert page.locator("mark").all_text_contents() == ["Massage"]
    assert page.locator(".ck-notetext").inner_text().split() == note.split()


# A kernel that does not answer --------------------------------------------------------------------------------------


def test_a_silent_kernel_is_named_after_six_seconds_and_the_answer_can_be_sent_again(slow_page, view):
    page = slow_page
    mount(page, view(("one_number", 0)))
    page.get_by_label("How many units").fill("2")
    submit(page).click()
    page.clock.run_for(5_000)
    expect(page.get_by_text("No answer from the kernel")).to_be_hidden()
    expect(submit(page)).to_have_text("Checking…")
    page.clock.run_for(1_500)
    expect(page.get_by_role("alert")).to_contain_text("Run this cell again; what you filled in is still here.")
    expect(page.get_by_label("How many units")).to_have_value("2")
    submit(page).click()
    first, second = sent(page)
    assert first["turn"] == second["turn"], "one answer sent twice must count once"
    answer(page, view(("one_number", 0), "2"))
    expect(page.get_by_role("alert")).to_be_empty()
    expect(page.locator(".ck-badge")).to_have_text("✓ Solved on the 1st try")


def test_an_answer_that_comes_late_is_still_shown(slow_page, view):
    page = slow_page
    mount(page, view(("one_number", 0)))
    page.get_by_label("How many units").fill("2")
    submit(page).click()
    page.clock.run_for(7_000)
    expect(page.get_by_role("alert")).to_contain_text("No answer from the kernel")
    answer(page, view(("one_number", 0), "2"))
    expect(page.get_by_role("alert")).to_be_empty()
    expect(page.locator(".ck-result")).to_contain_text("Solved.")


def test_what_was_filled_in_is_there_when_the_cell_runs_again(page, view):
    state = view(("claim", 0))
    mount(page, state)
    page.get_by_role("group", name="Line 2").get_by_label("Code").select_option("97124")
    page.get_by_role("group", name="Line 1").get_by_role("checkbox", name="XS").check()
    mount(page, state)
    expect(page.get_by_role("group", name="Line 2").get_by_label("Code")).to_have_value("97124")
    expect(page.get_by_role("group", name="Line 1").get_by_role("checkbox", name="XS")).to_be_checked()


def test_an_answer_kept_since_goes_before_what_was_filled_in(page, view):
    mount(page, view(("one_number", 0)))
    page.get_by_label("How many units").fill("7")
    mount(page, view(("one_number", 0), "2"))
    expect(page.get_by_label("How many units")).to_have_value("2")


# What goes wrong ----------------------------------------------------------------------------------------------------


def test_an_answer_that_was_not_kept_is_said_and_one_can_go_on(page, view):
    state = view(("review", 0), ANSWERS["review", 0][1])
    state["reply"]["trouble"] = "The disk is full."
    mount(page, state)
    expect(page.get_by_role("alert")).to_contain_text("This answer was not kept. The disk is full. You can go on")
    expect(page.get_by_role("button", name="Go on")).to_be_enabled()
    expect(submit(page)).to_be_enabled()


def test_an_answer_that_cannot_be_read_is_not_called_wrong(page, view):
    state = view(("one_number", 0))
    mount(page, state)
    page.get_by_label("How many units").fill("2")
    submit(page).click()
    told = {"status": "invalid", "headline": "“2” cannot be read.", "lines": [], "tries": 0}
    answer(page, state | {"reply": view(("one_number", 0), "1")["reply"] | told})
    expect(page.locator(".ck-result")).to_contain_text("“2” cannot be read. This was not counted as a try.")
    expect(page.locator(".ck-result")).not_to_contain_text("✗")
    expect(page.get_by_label("How many units")).to_have_value("2")


def test_an_answer_that_a_release_does_not_take_is_not_called_wrong_and_leads_on(page, view):
    state = view(("one_number", 0))
    mount(page, state)
    page.get_by_label("How many units").fill("2")
    submit(page).click()
    told = {"status": "refused", "headline": "You have used all 2 tries.", "lines": [], "tries": 2, "next_form": True}
    answer(page, state | {"reply": view(("one_number", 0), "1")["reply"] | told})
    expect(page.locator(".ck-result")).to_have_text("!You have used all 2 tries.")
    expect(page.locator(".ck-badge")).to_have_text("2 tries")
    expect(page.get_by_role("button", name="Go on")).to_be_visible()
    expect(page.get_by_label("How many units")).to_have_value("2")


def test_a_sealed_course_says_recorded_and_nothing_else(page, view):
    state = view(("one_number", 0), "1")
    told = {"status": "recorded", "headline": "Recorded.", "lines": [], "parts": [], "marks": [], "why": ""}
    mount(page, state | {"reply": state["reply"] | told})
    expect(page.locator(".ck-badge")).to_have_text("Recorded")
    expect(page.locator(".ck-result")).to_have_text("●Recorded.")


def test_trouble_of_the_course_and_an_earlier_wording_are_said(page, view):
    mount(page, view(("one_number", 0)) | {"trouble": "The course itself failed here.", "earlier_wording": True})
    expect(page.get_by_role("alert")).to_contain_text("The course itself failed here.")
    expect(page.get_by_text("You answered an earlier wording of this exercise.")).to_be_visible()


EVIL = '<img src=x onerror="window.hacked = 1"><b>&amp;'
TEXTS = ("title", "text", "headline", "why", "says", "head", "question", "unit", "notebook")
TABLES = ("options", "cards", "bins", "steps", "headings", "modifiers")


def poison(key, value):
    """A state's text turned into markup that would act if it were taken for markup."""
    if key in TEXTS and isinstance(value, str):
        return EVIL
    return [[id, EVIL] for id, _ in value] if key in TABLES and value and isinstance(value[0], list) else value


@EACH
def test_text_of_a_course_never_becomes_markup(page, view, asked):
    plain = json.dumps(view(asked, ANSWERS[asked][0]))
    state = json.loads(plain, object_hook=lambda table: {key: poison(key, value) for key, value in table.items()})
    source = {"title": EVIL, "where": EVIL, "edition": EVIL, "link": "javascript:window.hacked = 1"}
    item = {
        "tone": "bad",
        "head": EVIL,
        "says": EVIL,
        "quotes": [EVIL],
        "rule_says": EVIL,
        "since": EVIL,
        "source": source,
    }
    state["reply"]["lines"].append({"line": EVIL, "stands": False, "items": [item]})
    mount(page, state)
    assert page.locator(".ck img, .ck a[href^=javascript]").count() == 0
    assert page.evaluate("window.hacked") is None
    assert page.locator(".ck-card").inner_text().count("<img src=x") >= 3


# For everybody ------------------------------------------------------------------------------------------------------

NAMELESS = """() => [...document.querySelectorAll('.ck :is(input, select)')]
  .filter((el) => !el.labels.length || !el.labels[0].textContent.trim()).map((el) => el.outerHTML)"""


@EACH
def test_every_control_is_named_and_keeps_its_keys_from_the_notebook(page, view, asked):
    for state in (view(asked), view(asked, ANSWERS[asked][0]), view(asked, ANSWERS[asked][1])):
        mount(page, state | {"who": ""})
        controls = ":is(input, select, button, a, summary, [tabindex])"
        assert page.locator(f"{controls}:not([data-lm-suppress-shortcuts=true])").count() == 0
        assert page.evaluate(NAMELESS) == []
    assert page.locator(".ck [role=status][aria-live=polite]").count() >= 1


CLIPPED = """() => [...document.querySelectorAll('.ck :is(button, label, legend, p, li)')]
  .filter((el) => el.checkVisibility() && !el.closest('.ck-hidden'))
  .filter((el) => el.clientWidth && el.scrollWidth > el.clientWidth + 1)
  .map((el) => `${el.className}: ${el.textContent.slice(0, 40)}`)"""


@EACH
def test_nothing_sticks_out_of_a_narrow_or_zoomed_page(page, view, asked, shots):
    for state in (view(asked), view(asked, ANSWERS[asked][0]), view(asked, ANSWERS[asked][1])):
        mount(page, state)
        for width in (400, 640, 1000, 1600):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert page.evaluate(CLIPPED) == []
    page.set_viewport_size({"width": 400, "height": 900})
    page.screenshot(path=shots / f"{asked[0]}-{asked[1]}-solved-400px.png", full_page=True, animations="disabled")


@EACH
def test_text_stands_out_from_what_lies_behind_it(page, view, asked):
    for state in (view(asked), view(asked, ANSWERS[asked][0]), view(asked, ANSWERS[asked][1])):
        mount(page, state)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            assert page.evaluate(f"({CONTRAST})(document.querySelector('.ck-card'))") == []
