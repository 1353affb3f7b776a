"""What the four explorers answer, and what they refuse: the rules behind them stand elsewhere and are tested there."""

import json
from dataclasses import replace

import pytest

import coursekit
from coursekit import reference, tables
from coursekit.engine import best_claims
from coursekit.explorers import EXPLORERS, first_state, known, next_state
from coursekit.explorers.regions import DONE
from coursekit.forms import Explorer, saving
from coursekit.model import Unreadable
from coursekit.pictures import in_words

VIEW = "application/vnd.jupyter.widget-view+json"
EACH = pytest.mark.parametrize("what", EXPLORERS)


def answer(what, **settings):
    return next_state(what, {**EXPLORERS[what].first, **settings})["result"]


def rows(found):
    return {what: said for what, said, *_ in found["rows"]}


def units(*spent):
    """The answer to these pairs of code and minutes."""
    settings = {"code1": "", "code2": "", "minutes1": "", "minutes2": ""}
    for n, (code, minutes) in enumerate(spent, 1):
        settings |= {f"code{n}": code, f"minutes{n}": str(minutes)}
    return answer("units", **settings)


# All of them ---------------------------------------------------------------------------------------------------------


@EACH
def test_an_explorer_opens_with_an_answer_that_cites_where_it_is_written(what):
    state = first_state(what)
    found = state["result"]
    assert found["trouble"] == "" and found["headline"]
    assert any(one["source"] for one in found["says"])
    assert json.loads(json.dumps(state)) == state


@EACH
def test_every_field_has_a_first_setting_that_it_can_show(what):
    settings = EXPLORERS[what].first
    for one in (field for group in EXPLORERS[what].asks() for field in group["fields"]):
        chosen = settings.get(one["name"], "")
        if one["kind"] in ("pick", "ticks"):
            known_ = [value for value, _ in one["options"]]
            assert set(chosen if one["kind"] == "ticks" else [chosen]) <= set(known_), one["name"]
            assert len(known_) == len(set(known_))
    names = [field["name"] for group in EXPLORERS[what].asks() for field in group["fields"]]
    assert len(names) == len(set(names)) and set(settings) <= set(names)


@EACH
def test_settings_that_make_no_sense_give_trouble_and_no_answer(what):
    for odd in (
        {},
        {name: ["x"] for name in EXPLORERS[what].first},
        dict.fromkeys(EXPLORERS[what].first, "x" * 500),
    ):
        found = next_state(what, odd)["result"]
        if what == "units" and not odd:
            assert found["headline"] == "Choose a code and give its minutes."
            continue
        assert found["trouble"] and not found["headline"] and not found["pictures"]
        assert len(found["trouble"]) < 300


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("unit", "There is no explorer “unit”. Did you mean “units”? Known: units, pair, fees, regions."),
        ("", "There is no explorer “”. Known: units, pair, fees, regions."),
    ],
)
def test_an_unknown_explorer_is_refused_with_the_nearest_and_all_names(asked, says):
    for open_it in (known, first_state, coursekit.explore):
        with pytest.raises(Unreadable) as caught:
            open_it(asked)
        assert str(caught.value) == says


# Units ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("minutes", "earned"), [(0, 0), (7, 0), (8, 1), (22, 1), (23, 2), (37, 2), (38, 3), (600, 40)])
def test_one_service_earns_the_same_by_both_rules(minutes, earned):
    found = units(("97110", minutes))
    word = "unit" if earned == 1 else "units"
    assert found["headline"] == f"Both rules make the same: {earned} {word}."
    assert [panel["head"] for panel in found["panels"]] == [f"{earned} {word}"] * 2


def test_two_services_of_eight_minutes_are_told_apart_by_the_rules():
    found = units(("97110", 8), ("97140", 8))
    together, alone = found["panels"]
    assert found["headline"] == "The two rules differ: 1 unit with all minutes together, 2 code by code."
    assert together["lines"] == ["97110 x1", "97140 x1"]
    assert "The leftover minutes tie, so each of these is right." in together["notes"]
    assert alone["lines"] == ["97110 x1, 97140 x1"]


@pytest.mark.parametrize("minutes", [(20, 9), (23, 7), (8, 8), (15, 22), (7, 7), (23, 8), (40, 5)])
def test_two_rules_that_make_as_many_units_give_them_to_the_same_codes(minutes):
    together, alone = units(*zip(("97110", "97140"), minutes, strict=True))["panels"]
    assert (together["head"] == alone["head"]) == (together["lines"] == alone["lines"])


def test_a_code_that_earns_nothing_is_named():
    assert [panel["notes"][0] for panel in units(("97110", 23), ("97140", 7))["panels"]] == ["97140 earns no unit."] * 2


def test_every_payer_counts_by_one_of_the_two_rules():
    told = " ".join(note for panel in units(("97110", 15))["panels"] for note in panel["notes"])
    assert all(row.name in told for row in tables.payers().values())


def test_minutes_of_a_code_named_twice_are_added():
    assert units(("97110", 10), ("97110", 13))["panels"][0]["head"] == "2 units"


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"minutes1": "601"}, "“601” does not give the minutes of 97110. Write a whole number from 0 to 600."),
        ({"minutes1": "7.5"}, "“7.5” does not give the minutes of 97110. Write a whole number from 0 to 600."),
        ({"minutes1": "-1"}, "“-1” does not give the minutes of 97110. Write a whole number from 0 to 600."),
        ({"minutes1": "²"}, "“²” does not give the minutes of 97110. Write a whole number from 0 to 600."),
        ({"minutes1": " "}, "The minutes of 97110 are not given. Write a whole number from 0 to 600."),
        ({"code1": "97i40"}, "The course does not know the code “97I40”. Did you mean “97140”?"),
        ({"code1": "97010"}, "97010 is not counted by minutes, so there is nothing to work out for it."),
        ({"minutes3": "15"}, "Service 3 has minutes and no code."),
    ],
)
def test_minutes_and_codes_that_cannot_be_counted_are_refused_in_words(settings, says):
    assert answer("units", **settings)["trouble"] == says


# A pair --------------------------------------------------------------------------------------------------------------


def test_massage_beside_manual_therapy_never_opens_for_medicare():
    found = answer("pair", one="97124", two="97140")
    assert rows(found)["Column one"].startswith("97140") and rows(found)["Column two"].startswith("97124")
    assert rows(found)["Indicator"] == "0, never opens"
    assert rows(found)["Modifiers that can help"] == "none"
    assert [one["gate"] for one in found["pictures"]] == ["shut"]


@pytest.mark.parametrize(
    ("on", "headline", "gate"),
    [
        ("2019-12-31", "An edit joins 97140 and 97530 on December 31, 2019.", "keyed"),
        ("2020-01-01", "No edit joins 97140 and 97530 on January 1, 2020.", "none"),
    ],
)
def test_an_edit_that_ended_holds_on_its_last_day_and_not_on_the_next(on, headline, gate):
    found = answer("pair", one="97530", two="97140", on=on)
    assert "97140" in found["headline"] and found["pictures"][0]["gate"] == gate
    assert found["headline"].replace("97530 and 97140", "97140 and 97530") == headline
    assert "December 31, 2019" in found["says"][0]["text"]
    assert found["says"][0]["source"]["edition"]


def test_a_pair_is_what_the_reference_says_of_it():
    found = answer("pair")
    told = reference.pair("98940", "97124", tables.day("2026-03-04"))
    (said,) = found["says"]
    assert (said["text"], said["source"] | {"id": told["source"]["id"]}) == (told["says"], told["source"])
    assert rows(found)["Modifiers that can help"] == ", ".join(told["modifiers"])


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"two": "98940"}, "98940 is named twice. A pair is two different codes."),
        ({"two": "9712"}, "The course does not know the code “9712”. Did you mean “97162”?"),
        ({"on": ""}, "Give a date of service: whether a pair holds turns on it."),
        ({"on": "2026-02-30"}, "“2026-02-30” is not a date. Write it as year-month-day: 2026-03-04."),
    ],
)
def test_a_pair_that_cannot_be_looked_up_is_refused_in_words(settings, says):
    assert answer("pair", **settings)["trouble"] == says


# Fees ----------------------------------------------------------------------------------------------------------------


def test_of_an_assistants_unit_medicare_cuts_its_own_part_and_not_the_patients_share():
    found = rows(answer("fees", units="1", assistant="yes"))
    assert found["The patient's 20 percent of it"] == "$5.95"
    # 29.73 - 5.95 = 23.78
    assert found["An assistant's 85 percent of that"] == "0.85 × $23.78 = $20.21"


@pytest.mark.parametrize(
    ("settings", "allowed"),
    [
        ({"units": "1"}, "29.73"),  # 0.89 x 33.4009
        ({"units": "2"}, "50.61"),  # and 0.625 x 33.4009 = 20.88
        ({"units": "1", "whole": ""}, "20.88"),
        ({"units": "1", "assistant": "yes"}, "29.73"),  # what is cut is Medicare's part of it
        ({"units": "1", "code": "98940"}, "26.72"),  # no therapy code: never cut
        ({"units": "1", "code": "98940", "whole": ""}, "26.72"),
    ],
)
def test_what_medicare_allows_is_worked_out_step_by_step(settings, allowed):
    found = answer("fees", **settings)
    assert rows(found)["Allowed"] == f"${allowed}"
    assert found["headline"].startswith(f"Medicare allows ${allowed} for ")


def test_every_year_that_is_offered_has_a_fee_and_2024_has_two():
    since = next(field for group in EXPLORERS["fees"].asks() for field in group["fields"] if field["name"] == "since")
    assert [name[:4] for _, name in since["options"]] == ["2026", "2025", "2024", "2024", "2023", "2022"]
    allowed = [rows(answer("fees", since=first))["Allowed"] for first, _ in since["options"]]
    assert len(set(allowed)) == 6


def test_a_line_above_the_daily_limit_is_told_so_and_one_at_the_limit_is_not():
    told = ["Medicare's limit for 97124 is 4 units a day; units above it are denied."]
    for units, expected in (("4", []), ("5", told)):
        assert [one["text"] for one in answer("fees", units=units)["says"] if "limit" in one["text"]] == expected


def test_what_is_not_worked_out_is_said():
    assert answer("fees")["says"][-1]["text"].startswith("Not worked out here:")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (
            {"code": "97010"},
            "Medicare's daily limit for 97010 is zero units: it is never paid by itself, so it has no fee.",
        ),
        ({"code": "98940", "assistant": "yes"}, "Medicare does not pay 98940 to a therapist's assistant."),
        ({"units": "0"}, "“0” does not give the units of 97124. Write a whole number from 1 to 24."),
    ],
)
def test_what_has_no_fee_is_refused_in_words(settings, says):
    assert answer("fees", **settings)["trouble"] == says


@pytest.mark.parametrize("since", ["2027-01-01", "1999-01-01"])
def test_a_year_without_a_factor_is_an_error_and_no_guess(since):
    assert answer("fees", since=since)["trouble"].startswith("No conversion factor")


# Regions -------------------------------------------------------------------------------------------------------------


def test_another_region_opens_the_pair_and_the_same_one_does_not():
    apart, same = answer("regions"), answer("regions", region="lumbar", side="right")
    assert apart["headline"] == "97124 may be billed, with XS."
    assert rows(apart)["The best claim"] == "98940 x1, 97124 x1 XS"
    assert rows(apart)["Accepted as well"] == "98940 x1, 97124 x1 59"
    assert same["headline"] == "Plan Cedar does not pay 97124 here."
    assert in_words(same["pictures"][0]).endswith("In common: lumbar.")
    assert [one["gate"] for found in (apart, same) for one in found["pictures"] if one["kind"] == "pair"] == [
        "open",
        "shut",
    ]


@pytest.mark.parametrize(("count", "code"), [(1, "98940"), (2, "98940"), (3, "98941"), (4, "98941"), (5, "98942")])
def test_the_adjustment_is_coded_by_its_regions(count, code):
    spine = [name for name in tables.regions() if tables.is_spinal(name)]
    found = answer("regions", adjusted=spine[:count], region="knee", side="left")
    assert rows(found)["The adjustment"].startswith(code)


def test_a_payer_that_does_not_pay_the_code_at_all_says_so_and_shows_no_gate():
    found = answer("regions", payer="medicare")
    assert found["headline"] == "Medicare does not pay 97124 here."
    assert [one["kind"] for one in found["pictures"]] == ["regions"]


@pytest.mark.parametrize("code", DONE)
def test_each_code_of_the_explorer_is_reported_by_its_technique_alone(code):
    assert tables.techniques()[DONE[code]].codes == (code,)
    assert answer("regions", code=code)["headline"] == f"{code} may be billed, with XS."


def test_it_is_the_engine_that_answers(monkeypatch):
    asked = []

    def listening(case):
        asked.append(case)
        return best_claims(replace(case, payer="medicare"))

    monkeypatch.setattr("coursekit.explorers.regions.best_claims", listening)
    assert answer("regions")["headline"] == "Plan Cedar does not pay 97124 here."
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"adjusted": []}, "Tick at least one region that was adjusted."),
        ({"adjusted": ["knee"]}, "Knee is no region of the spine."),
        ({"region": "nek"}, "“nek” is not a region of the course. Did you mean “neck”?"),
        ({"side": "top"}, "“top” is not a side. Known: left, right, both."),
        ({"code": "97110"}, "97110 is not one of the codes here. Known: 97112, 97124, 97140."),
    ],
)
def test_regions_that_cannot_be_compared_are_refused_in_words(settings, says):
    assert answer("regions", **settings)["trouble"] == says


# The widget ----------------------------------------------------------------------------------------------------------


@EACH
def test_the_output_is_the_same_at_every_run_and_says_what_it_is_without_a_kernel(what):
    first, second = (coursekit.explore(what)._repr_mimebundle_()[0] for _ in range(2))
    assert {key: first[key] == second[key] for key in ("text/plain", "text/html")} == {
        "text/plain": True,
        "text/html": True,
    }
    assert first["text/plain"] == f"Explorer: {EXPLORERS[what].title}"
    assert "Run this cell" in first["text/html"] and EXPLORERS[what].title in first["text/html"]


def test_a_saved_explorer_loses_its_live_view():
    bundle = coursekit.explore("units")._repr_mimebundle_()[0]
    notebook = {"cells": [{"outputs": [{"data": bundle}]}], "metadata": {}}
    saving.pre_save_hook({"type": "notebook", "content": notebook})
    assert VIEW not in bundle and "coursekit-static" in bundle["text/html"]


def test_new_settings_bring_their_answer_and_name_the_turn():
    explorer = Explorer("units")
    explorer._heard(explorer, {"settings": {"code1": "97110", "minutes1": "22"}, "turn": "a-1"}, [])
    assert (explorer.state["turn"], explorer.state["result"]["headline"]) == (
        "a-1",
        "Both rules make the same: 1 unit.",
    )
    before = explorer.state
    explorer._heard(explorer, {"turn": "a-2"}, [])
    assert explorer.state == before, "a message without settings says nothing"


def test_a_failing_rule_is_said_in_the_explorer_and_forgotten_at_the_next_answer(monkeypatch, caplog):
    explorer = Explorer("units")
    with monkeypatch.context() as patch:
        patch.setattr("coursekit.explorers.units.reference.units", lambda *_: {}["nothing"])
        explorer._heard(explorer, {"settings": EXPLORERS["units"].first, "turn": "a-1"}, [])
    assert explorer.state["result"]["trouble"].startswith("The course itself failed here (KeyError: 'nothing').")
    assert "Traceback" in caplog.text
    explorer._heard(explorer, {"settings": EXPLORERS["units"].first, "turn": "a-2"}, [])
    assert explorer.state["result"]["trouble"] == ""
