"""The rulebook says what the rules say, for a code, a notebook, a heading and a date."""

import sys
from datetime import date
from pathlib import Path

import pytest

from coursekit import rulebook
from coursekit.book import SCOPES, Rulebook
from coursekit.model import HEADINGS, Unreadable
from coursekit.rules import RULES

ROOT = Path(__file__).parents[1]


def ids(about="", on=None):
    return {rule.id for rule in Rulebook(about, on).rules}


def test_asked_about_nothing_it_holds_every_rule_with_its_source():
    assert ids() == {rule.id for rule in RULES}
    text = str(Rulebook())
    for rule in RULES:
        assert rule.says in text
    assert [heading for heading in HEADINGS if heading.upper() in text] == list(HEADINGS)


def test_every_scope_belongs_to_a_rule():
    assert SCOPES.keys() <= {rule.id for rule in RULES}


def test_a_timed_code_has_the_counting_rules_and_an_untimed_one_has_not():
    assert {"total_time_units", "per_service_units"} <= ids("97124")
    assert "untimed_once" not in ids("97124")
    assert not {"total_time_units", "per_service_units"} & ids("97012")
    assert "untimed_once" in ids("97012")


def test_a_spinal_adjustment_has_the_chiropractic_rules_and_massage_has_not():
    chiropractic = {"part_is_shown", "level_is_named", "active_care_is_true", "adjustment_by_regions"}
    assert chiropractic <= ids("98940")
    assert not chiropractic & ids("97124")


def test_a_date_leaves_out_rules_that_did_not_hold_yet_or_no_longer():
    assert "column_two_before_2019_07" in ids(on=date(2019, 6, 30))
    assert "column_two_is_safe" not in ids(on=date(2019, 6, 30))
    assert "column_two_before_2019_07" not in ids(on=date(2019, 7, 1))
    assert "column_two_is_safe" in ids(on=date(2019, 7, 1))


def test_a_code_comes_with_its_pairs_on_the_date():
    assert "97530" in str(rulebook("97140", "2019-12-31"))
    assert "97530" not in str(rulebook("97140", "2020-01-01"))
    assert "Column two of 97140: indicator 0, nothing opens it." in str(rulebook("97124"))


def test_a_word_that_no_rule_uses_gets_the_nearest_and_what_to_ask():
    with pytest.raises(
        Unreadable, match="No rule is about “side by sid”. Did you mean “side by side”\\? Ask for a notebook"
    ):
        rulebook("side by sid")


def test_the_written_pages_are_those_that_the_rules_make_now():
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        from write_docs import pages
    finally:
        sys.path.pop(0)
    for name, text in pages().items():
        assert (ROOT / "docs" / name).read_text(encoding="utf-8") == text, "run: make docs"
