"""Pictures in the form: when they come, where they stand, and whether everybody can read them."""

import re
from datetime import date

import pytest
import test_form_alone
from labpage import HERE
from playwright.sync_api import expect
from test_form_alone import CONTRAST, EVIL, answer, mount

from coursekit.claimpath import ways_back
from coursekit.pictures import claim_path, family_tree, other_rule, pair_row

window, one_page, page = test_form_alone.window, test_form_alone.one_page, test_form_alone.page
DRAWING = (HERE / "drawing.js").read_text(encoding="utf-8")
THEMES = ("light", "dark", "contrast", "print")
REASONS = [
    "in another region",
    "at another encounter on the same date",
    "by another practitioner",
    "for a need of its own",
]


def place(region, what, side="", inside=None):
    spinal = region in ("cervical", "thoracic", "lumbar", "sacral", "pelvic")
    return {"region": region, "inside": inside or region, "spinal": spinal, "side": side, "what": what}


def where(*places, shared=(), says=""):
    """A map of regions."""
    told = "; ".join(f"{one['what']}: {one['side']} {one['region']}".replace("  ", " ") for one in places)
    return {
        "kind": "regions", "title": "Where", "alt": f"{told}. {says}".strip(),
        "places": list(places), "shared": list(shared), "says": says,
    }  # fmt: skip


def block(what, minutes, start=None, counts=True):
    return {"what": what, "label": f"{minutes} min", "start": start, "minutes": minutes, "counts": counts}


def total(what, minutes):
    units = (minutes + 7) // 15
    band = [units * 15 - 7 if units else 0, units * 15 + 7]
    return {"what": what, "minutes": minutes, "units": units, "band": band}


def when(*blocks, sums=(), clock=False):
    """A ruler of minutes."""
    alt = "; ".join(f"{one['what']} {one['minutes']} minutes" for one in blocks)
    return {
        "kind": "minutes", "title": "When" if clock else "How long", "alt": f"{alt}.", "clock": clock,
        "blocks": list(blocks), "sums": list(sums), "says": "Each code is counted by itself.",
    }  # fmt: skip


def pair(gate, indicator="1", opens=REASONS, shown=()):
    """An edit as a gate."""
    return {
        "kind": "pair", "title": "The pair", "alt": f"Column one 98940, column two 97124, indicator {indicator}.",
        "one": "98940", "two": "97124", "indicator": indicator, "opens": list(opens), "shown": list(shown),
        "gate": gate, "says": f"This gate is {gate}.",
    }  # fmt: skip


PICTURES = {
    "two_places": where(place("lumbar", "98940"), place("cervical", "97124"), says="No region in common."),
    "one_side_of_the_spine": where(place("lumbar", "98940"), place("lumbar", "97140", "right"), shared=["lumbar"]),
    "limbs": where(
        place("shoulder", "97140", "left", "upper extremity"), place("upper extremity", "97124", "left"),
        place("knee", "97530", "both", "lower extremity"), place("elbow", "97110", "", "upper extremity"),
        place("jaw", "97140", "right", "head"), shared=["shoulder", "upper extremity"], says="In common: shoulder.",
    ),
    "in_words": where(
        place("pelvic", "spinal adjustment"), place("rib cage", "joint mobilization"),
        place("abdomen", "kneading and gliding strokes"), place("lower extremity", "joint mobilization", "left"),
    ),
    "by_the_clock": when(
        block("97110", 20, 602), block("97124", 15, 625), block("97140", 15, 640),
        sums=[total("all timed minutes", 50)], clock=True,
    ),
    "two_visits": when(
        block("97110", 30, 540), block("rest", 5, 585, False), block("97140", 23, 900), block("97124", 30, 910),
        sums=[total("all timed minutes", 113)], clock=True,
    ),
    "end_to_end": when(
        block("97110", 24), block("97112", 8), block("performance test with a dynamometer", 10, None, False),
        block("97140", 7),
        sums=[total("97110", 24), total("97112", 8), total("97140", 7)],
    ),
    "shut_for_good": pair("shut", "0", []),
    "shut": pair("shut"),
    "closed": pair("closed", shown=REASONS[:1]),
    "open": pair("open", shown=REASONS[:1]),
    "open_twice": pair("open", shown=REASONS[1:3]),
    "keyed": pair_row("97124", "98940", date(2026, 3, 4), "medicare"),
    "no_edit": pair_row("97140", "97530", date(2020, 1, 1), "medicare"),
    "two_rules": when(
        block("97110", 23, 602), block("97140", 8, 625), sums=[total("all timed minutes", 31)], clock=True,
    ) | {"other": other_rule({"97110": 23, "97140": 8}, "total-time")},
    "many_units": when(block("97110", 600), block("97140", 400), sums=[total("97110", 600), total("97140", 400)]),
    "one_code": family_tree(["97124"]),
    "two_groups": family_tree(["97124", "98940"]),
    "four_families": family_tree(["97010", "97032", "97140", "97161"]),
    "outside_cpt": family_tree(["G0283", "97014", "99213"]),
    "one_station": claim_path(["judge"]),
    "turned_back": claim_path(["accept", "rejected", "check"], explained=True),
    "every_way_back": claim_path(ways_back(), explained=True),
}  # fmt: skip
NOTE = "P: 9:58 Spinal adjustment L4-L5.\n10:05-10:20 Kneading, neck."
EACH = pytest.mark.parametrize("name", PICTURES)


def form(earned=None, given=()):
    """A state of a small claim: before an answer, or after one that earned these pictures."""
    wrong = {
        "line": "97124",
        "stands": False,
        "items": [{"tone": "bad", "head": "Denied.", "says": "It is part of 98940."}],
    }
    reply = {
        "status": "graded", "solved": False, "best": False, "score": 0.5, "parts": [["Modifiers", 1, 2]],
        "headline": "One line does not stand yet.", "lines": [wrong], "marks": [], "why": "", "answers": "", "tries": 1,
        "trouble": "", "next_form": False, "next": None, "pictures": earned,
    }  # fmt: skip
    lines = [{"code": code, "units": 1, "given": [], "blank_modifiers": True} for code in ("98940", "97124")]
    ask = {"form": "complete", "question": "", "lines": lines, "codes": [], "modifiers": [["XS", "another place"]]}
    return {
        "name": "neck", "title": "Neck and low back", "crumb": {}, "text": "", "facts": [], "note": NOTE,
        "forms": ["complete"], "at": 0, "ask": ask, "hints": 0, "opened": [], "who": "Kim", "earlier_wording": False,
        "pictures": list(given),
        "tries": 0 if earned is None else 1, "answer": "" if earned is None else "98940 x1, 97124 x1",
        "reply": None if earned is None else reply,
    }  # fmt: skip


def show(page, name, width=1000):
    """The picture, drawn on a page of this width."""
    page.set_viewport_size({"width": width, "height": 900})
    mount(page, form([PICTURES[name]]))
    settle(page)
    return page.get_by_role("img")


def show_across(page, name, width=1000):
    """The picture above a question without a note, where it has the width of the card."""
    page.set_viewport_size({"width": width, "height": 900})
    ask = {"form": "choose", "question": "Where?", "options": [["here", "here"], ["there", "there"]]}
    mount(page, form(given=[PICTURES[name]]) | {"note": "", "forms": ["choose"], "ask": ask})
    settle(page)
    return page.get_by_role("img")


def settle(page):
    """Waits until pictures have been drawn for the room they have."""
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 30))))")


def theme(page, name):
    """JupyterLab's light and dark, its dark high contrast theme, and the dark one as it is printed."""
    media, scheme = "print" if name == "print" else "screen", "light" if name == "light" else "dark"
    page.emulate_media(media=media, color_scheme=scheme, reduced_motion="reduce")
    black = {"--jp-layout-color1": "#000", "--jp-content-font-color0": "#fff", "--jp-content-link-color": "#6bb5ff"}
    for key, value in black.items():
        set_it = "([key, value]) => document.body.style.setProperty(key, value)"
        page.evaluate(set_it, [key, value if name == "contrast" else ""])


# When and where ------------------------------------------------------------------------------------------------------


def test_a_picture_comes_with_the_answer_that_earned_it_and_goes_with_it(page):
    mount(page, form())
    expect(page.get_by_role("img")).to_have_count(0)
    for control in page.get_by_role("checkbox", name="none").all():
        control.check()
    page.get_by_role("button", name="Submit").click()
    answer(page, form([PICTURES["two_places"], PICTURES["closed"]]))
    expect(page.get_by_role("img")).to_have_count(2)
    page.get_by_role("button", name="Submit again").click()
    answer(page, form([PICTURES["open"]]))
    expect(page.get_by_role("img")).to_have_count(1)
    page.get_by_role("button", name="Start over").click()
    answer(page, form())
    expect(page.get_by_role("img")).to_have_count(0)


def test_what_the_exercise_shows_stays_until_an_answer_brings_its_own_picture_of_that_kind(page):
    given = [PICTURES["in_words"]]
    mount(page, form(given=given))
    shown = page.locator(".ck-material").get_by_role("img")
    expect(shown).to_have_accessible_name(re.compile("joint mobilization"))
    mount(page, form([PICTURES["shut"]], given))
    expect(page.get_by_role("img")).to_have_count(2)
    mount(page, form([PICTURES["two_places"]], given))
    expect(shown).to_have_count(1)
    expect(shown).to_have_accessible_name(re.compile("lumbar"))


def test_pictures_stand_under_the_note_and_on_a_narrow_page_after_the_feedback(page):
    picture = show(page, "two_places")
    note, result = page.locator(".ck-note"), page.locator(".ck-result")
    below = note.bounding_box()
    assert picture.bounding_box()["y"] > below["y"] + below["height"]
    assert picture.bounding_box()["x"] < result.bounding_box()["x"]
    for width, parent in ((400, "ck-page"), (1000, "ck-material"), (640, "ck-page")):
        page.set_viewport_size({"width": width, "height": 900})
        settle(page)
        assert parent in picture.evaluate("el => el.closest('.ck-page, .ck-material').className")
    assert picture.bounding_box()["y"] > result.bounding_box()["y"]


def test_a_picture_of_a_kind_not_known_here_is_left_out(page):
    mount(page, form([{"kind": "hologram", "title": "?"}, PICTURES["open"]]))
    expect(page.get_by_role("img")).to_have_count(1)


# What they say -------------------------------------------------------------------------------------------------------


@EACH
def test_a_picture_has_a_name_words_for_who_cannot_see_it_and_its_sentence_below(page, name):
    picture, told = show(page, name), PICTURES[name]
    assert picture.locator("> title").text_content() == told["title"]
    assert picture.locator("> desc").text_content() == told["alt"]
    expect(picture).to_have_accessible_name(re.compile(re.escape(f"{told['title']} {told['alt']}"[:60])))
    for sentence in told["says"].splitlines():
        expect(page.get_by_role("figure")).to_contain_text(sentence)
    ids = page.locator(".ck [id]").evaluate_all("all => all.map(el => el.id)")
    assert len(ids) == len(set(ids))


def test_each_place_is_labeled_with_its_side_and_what_was_done_there(page):
    words = show(page, "limbs").locator("text").all_text_contents()
    said = " ".join(words)
    for label in (
        "left shoulder, in common",
        "left upper extremity, in common",
        "knee, both sides",
        "elbow, side not said",
        "right jaw",
    ):
        assert label in said
    assert {"97140", "97124", "97530", "97110", "L", "R", "seen from behind"} <= set(words)


def test_the_left_of_the_patient_is_the_left_of_the_map(page):
    picture = show(page, "limbs")
    box, both = picture.bounding_box(), picture.locator(".ck-both").first.bounding_box()
    sides = [picture.get_by_text(side, exact=True).bounding_box()["x"] for side in "LR"]
    assert sides[0] < sides[1]
    assert both["x"] + both["width"] < box["x"] + box["width"] / 2


def test_a_region_two_services_share_shows_both_hatches_in_one_clear_outline(page):
    picture = show(page, "one_side_of_the_spine")
    expect(picture.locator(".ck-both")).to_have_count(1)
    hatches = picture.locator("g[clip-path] rect[fill^=url]")
    used = hatches.evaluate_all("all => all.map(el => [el.getBoundingClientRect().x, el.getAttribute('fill')])")
    left, right = ({fill for x, fill in used if x == edge} for edge in sorted({x for x, _ in used}))
    assert (len(left), len(right)) == (1, 2), "the adjustment fills the left half and shares the right one"
    assert "lumbar, in common right lumbar, in common" in " ".join(
        sorted(picture.locator(".ck-bold").all_text_contents())
    )


def test_one_code_has_one_hatch_in_all_pictures_and_two_codes_have_two(page):
    mount(page, form([PICTURES["two_places"], PICTURES["closed"]]))
    settle(page)
    kinds = page.evaluate("""() => [...document.querySelectorAll('.ck-picture')].map(picture => Object.fromEntries(
      [...picture.querySelectorAll('text')].filter(text => /^9\\d{4}$/.test(text.textContent)).map(text => {
        const at = text.getBoundingClientRect().y, hues = [...picture.querySelectorAll('rect.ck-edged')];
        const far = el => { const b = el.getBoundingClientRect(), t = text.getBoundingClientRect();
          return Math.hypot(b.x + b.width / 2 - t.x, b.y + b.height / 2 - at); };
        return [text.textContent, hues.sort((a, b) => far(a) - far(b))[0].getAttribute('class').match(/hue\\d/)[0]];
      })))""")
    assert kinds[0] == kinds[1]
    assert kinds[0]["98940"] != kinds[0]["97124"]
    hatches = (
        page.locator(".ck-picture")
        .first.locator("pattern path")
        .evaluate_all("all => all.map(el => el.getAttribute('d'))")
    )
    assert len(set(hatches)) == 4


def test_the_ruler_says_the_clock_the_minutes_the_band_and_what_does_not_count(page):
    words = show(page, "by_the_clock").locator("text").all_text_contents()
    assert {"10:02–10:22", "20 min", "10:00", "all timed minutes", "50 min", "3 units", "38–52"} <= set(words)
    picture = show(page, "end_to_end")
    words = picture.locator("text").all_text_contents()
    assert {"does not count", "minutes", "24 min", "23–37", "0 units"} <= set(words)
    assert not any(re.fullmatch(r"\d+:\d\d", word) for word in words)
    expect(picture.locator(".ck-uncounted")).to_have_count(1)
    assert picture.locator(".ck-uncounted").evaluate("el => getComputedStyle(el).strokeDasharray") != "none"


def test_blocks_follow_each_other_and_a_long_pause_is_broken(page):
    for name in ("end_to_end", "two_visits"):
        blocks = show(page, name).locator("rect.ck-edged, rect.ck-uncounted")
        boxes = sorted((box["y"], box["x"], box["width"]) for box in (one.bounding_box() for one in blocks.all()))
        starts = [x for _, x, _ in boxes]
        assert starts == sorted(starts)
        ends = [x + width for _, x, width in boxes]
        assert max(ends) - min(starts) > 150
    # 113 minutes stand at the first minute of the band of eight units.
    assert {"113 min", "8 units", "113"} <= set(show(page, "two_visits").locator("text").all_text_contents())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("shut_for_good", ["Shut", "nothing opens it", "Indicator 0"]),
        ("shut", ["Shut", "no reason in the note", "Indicator 1", "in another region: not shown"]),
        ("closed", ["Closed", "needs a reason said", "Indicator 1", "in another region: the note shows it"]),
        ("open", ["Open", "in another region", "Indicator 1", "in another region: the note shows it"]),
    ],
)
def test_a_gate_says_its_state_in_words_and_in_its_shape(page, name, words):
    picture = show(page, name)
    said = " ".join(picture.locator("text").all_text_contents())
    for word in [*words, "Column one", "98940", "Column two", "97124"]:
        assert word in said
    gate = PICTURES[name]["gate"]
    assert picture.locator(".ck-bars").count() == (gate == "shut")
    assert picture.locator("rect.ck-door").count() == (gate == "closed")
    assert picture.locator("path.ck-door").count() == (gate == "open")
    indicator = picture.get_by_text(words[2], exact=True).bounding_box()
    assert indicator["y"] < picture.locator(".ck-frame").bounding_box()["y"]


def test_a_pair_before_an_answer_names_the_reasons_and_not_whether_the_note_shows_them(page):
    words = show(page, "keyed").locator("text").all_text_contents()
    assert {"Indicator 1", "Opens with a reason", "in another region"} <= set(words)
    assert not re.search("not shown|the note", " ".join(words))
    picture = show(page, "no_edit")
    assert {"No edit", "97140", "97530"} <= set(picture.locator("text").all_text_contents())
    assert picture.locator(".ck-frame, .ck-door, .ck-bars").count() == 0
    assert "Indicator" not in " ".join(picture.locator("text").all_text_contents())


def test_what_the_other_rule_would_make_stands_apart_in_a_dashed_box(page):
    picture = show(page, "two_rules")
    said = " ".join(picture.locator("text").all_text_contents())
    assert "The other rule, each code by itself, would make 97110 2, 97140 1." in said
    box, words = picture.locator(".ck-uncounted").bounding_box(), picture.get_by_text("The other rule").bounding_box()
    assert box["x"] < words["x"] and words["x"] + words["width"] < box["x"] + box["width"]
    assert box["y"] < words["y"] and words["y"] + words["height"] < box["y"] + box["height"]


def test_of_very_many_units_the_last_bands_are_drawn(page):
    words = show(page, "many_units", 400).locator("text").all_text_contents()
    assert {"40 units", "600 min", "27 units", "400 min"} <= set(words)
    assert {"40", "41", "27", "28"} <= set(words)
    assert "1" not in words


def test_a_tree_marks_its_codes_and_names_siblings_as_far_as_there_is_room(page):
    words = show(page, "one_code").locator("text").all_text_contents()
    assert {"Medicine", "Therapeutic procedures", "97124", "Massage by hand", "97140"} <= set(words)
    assert "Skilled joint and tissue work by hand" in " ".join(words)
    many = show(page, "four_families")
    expect(many.locator("rect.ck-edged")).to_have_count(4)
    words = many.locator("text").all_text_contents()
    assert "Warm wax dip" not in words and "97018" in " ".join(words)
    marked = [one.bounding_box()["x"] for one in many.locator("text.ck-bold.ck-codetext").all()]
    heads = many.get_by_text("Therapeutic procedures", exact=True).bounding_box()["x"]
    assert len(set(marked)) == 1 and marked[0] > heads


def test_a_path_runs_down_and_its_ways_back_run_up(page):
    for width in (400, 1000):
        picture = show(page, "every_way_back", width)
        numbers = [picture.get_by_text(str(n), exact=True).bounding_box()["y"] for n in range(1, 12)]
        assert numbers == sorted(numbers)
        words = " ".join(picture.locator("text").all_text_contents())
        for way in ways_back().values():
            assert way.label in words
        # The first path of a way starts where it leaves, the second is its head: up there, at the other end.
        ways = [path.bounding_box() for path in picture.locator(".ck-way").all()]
        for line, head in zip(ways[::2], ways[1::2], strict=True):
            assert abs(head["y"] + head["height"] / 2 - line["y"]) < 4


@pytest.mark.parametrize("look", THEMES)
def test_a_path_runs_from_left_to_right_where_there_is_room(page, look, shots):
    theme(page, look)
    for name in ("one_station", "turned_back", "every_way_back"):
        for width in (400, 640, 720, 800, 1000, 1600):
            picture = show_across(page, name, width)
            assert picture.evaluate(DRAWING) == [], width
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        boxes = [picture.get_by_text(str(n), exact=True).bounding_box() for n in range(1, 12)]
        assert [box["x"] for box in boxes] == sorted(box["x"] for box in boxes)
        assert len({round(box["y"]) for box in boxes}) == 1
        assert page.locator(".ck-card").evaluate(CONTRAST) == []
        page.locator(".ck-pictures:visible").screenshot(
            path=shots / f"picture-{name}-across-{look}.png", animations="disabled"
        )
    theme(page, "light")


def test_what_is_marked_on_a_path_is_bold_and_drawn_thicker(page):
    picture = show(page, "turned_back")
    bold = " ".join(picture.locator(".ck-bold").all_text_contents())
    assert "Taken in" in bold and "Rejected: mend and resend" in bold
    assert "Judged" not in bold and "Appeal" not in bold
    widths = [
        float(picture.locator(kind).first.evaluate("el => getComputedStyle(el).strokeWidth").removesuffix("px"))
        for kind in (".ck-taken", ".ck-way:not(.ck-taken)")
    ]
    assert widths[0] > 1.5 * widths[1]


def test_text_of_a_picture_never_becomes_markup(page):
    evil = [
        where(place("lumbar", EVIL), place(EVIL, "97124"), says=EVIL) | {"title": EVIL},
        when(block(EVIL, 10), sums=[total(EVIL, 10)]),
        pair("open", EVIL, [EVIL], [EVIL]) | {"one": EVIL, "two": EVIL},
        family_tree(["97124"])
        | {"rows": [{"level": 0, "text": EVIL}, {"level": 1, "text": EVIL, "code": EVIL, "marked": True}]},
        claim_path(["judge"]) | {"stations": [{"id": "note", "label": EVIL, "at": EVIL, "marked": True}], "ways": []},
    ]
    mount(page, form(evil, evil))
    settle(page)
    assert page.locator(".ck img").count() == 0
    assert page.evaluate("window.hacked") is None
    expect(page.get_by_role("figure")).to_have_count(5)


# For everybody -------------------------------------------------------------------------------------------------------


@EACH
def test_nothing_is_clipped_small_or_overlaid_at_any_width(page, name):
    for width in (360, 400, 520, 800, 1000, 1600):
        picture = show(page, name, width)
        assert picture.evaluate(DRAWING) == [], width
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@EACH
@pytest.mark.parametrize("look", THEMES)
def test_text_and_shapes_stand_out_in_every_theme(page, name, look, shots):
    theme(page, look)
    picture = show(page, name)
    assert picture.evaluate(DRAWING) == []
    assert page.locator(".ck-card").evaluate(CONTRAST) == []
    page.locator(".ck-pictures:visible").screenshot(path=shots / f"picture-{name}-{look}.png", animations="disabled")
    theme(page, "light")


def test_pictures_are_drawn_again_for_the_room_they_have(page):
    picture = show(page, "by_the_clock", 400)
    narrow = picture.get_attribute("viewBox")
    page.set_viewport_size({"width": 1000, "height": 900})
    expect(picture).not_to_have_attribute("viewBox", narrow)
    assert picture.locator("title, desc").count() == 2
