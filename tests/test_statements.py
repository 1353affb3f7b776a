"""What people publish, judged: the list is whole and cited, words find it, and what it shows is safe to show."""

import re

import pytest
from cases import ROOT

from coursekit import is_it_true, tables
from coursekit.course import Course
from coursekit.model import Statement, Unreadable
from coursekit.statements import MOST_FOUND, VERDICTS, find

STATEMENTS = tables.published_statements()

TOPICS = {
    "claim-form",
    "compliance",
    "cpt-basics",
    "documentation",
    "future",
    "massage-vs-manual",
    "medical-necessity",
    "modifiers",
    "ncci-cmt",
    "neuromuscular",
    "payer-policy",
    "reimbursement",
    "time-units",
}


def sentences(text):
    """How many sentences a text has; a figure such as 33.4009 or $2.00 ends none."""
    return len(re.findall(r"[.?!][”\")]*(?=\s|$)", text))


# The list ------------------------------------------------------------------------------------------------------------


def test_the_ids_run_from_c001_to_c150_without_a_gap():
    assert list(STATEMENTS) == [f"C{n:03}" for n in range(1, 151)]


def test_a_verdict_is_one_of_three_and_each_of_them_occurs():
    assert {row.verdict for row in STATEMENTS.values()} == {"true", "false", "depends"} == VERDICTS.keys()


def test_every_statement_cites_known_sources():
    unknown = {id: row.source for id, row in STATEMENTS.items() if not set(row.source) <= tables.sources().keys()}
    assert unknown == {}
    assert [id for id, row in STATEMENTS.items() if len(set(row.source)) < len(row.source)] == []


def test_the_topics_are_a_closed_list():
    assert {row.topic for row in STATEMENTS.values()} == TOPICS


@pytest.mark.parametrize("row", STATEMENTS.values(), ids=STATEMENTS)
def test_a_statement_is_short_and_so_is_the_truth(row):
    assert 1 <= sentences(row.says) <= 2 and len(row.says) <= 140
    assert 1 <= sentences(row.truth) <= 3 and len(row.truth) <= 420
    for text in (row.says, row.truth):
        assert text == " ".join(text.split()) and text[0] in '“"' + text[0].upper() and text[-1] in '.?"'


def test_no_two_statements_say_the_same():
    assert len({row.says.lower() for row in STATEMENTS.values()}) == len(STATEMENTS)


def test_the_spelling_is_that_of_the_united_states():
    uk = re.compile(r"\w+is(?:e|ed|ing|ation)\b|\w*our\b|oedema|licence|programme|\bcheque\b", re.IGNORECASE)
    fine = {"exercise", "hour", "four", "our", "otherwise", "precise", "promise", "raise", "supervised", "wise", "your"}
    text = " ".join(f"{row.says} {row.truth}" for row in STATEMENTS.values())
    assert sorted({word.lower() for word in uk.findall(text)} - fine) == []


def test_codes_in_a_statement_are_known_to_the_course_or_named_as_foreign_to_it():
    known = tables.codes().keys()
    # A slip in print, codes of other trades, and the unlisted neighbors that a truth points to.
    foreign = {"96523", "94667", "94669", "90901", "90912", "90913"}
    found = {code for row in STATEMENTS.values() for code in re.findall(r"\b\d{5}\b", f"{row.says} {row.truth}")}
    assert sorted(found - known - foreign) == []


# Words and truths that other tables also hold ------------------------------------------------------------------------


def test_indicators_that_a_truth_names_are_those_of_the_table():
    def indicator(one, two):
        return {row.indicator for row in tables.edits()["ncci", one, two] if row.until is None}

    assert "indicator 0" in STATEMENTS["C066"].truth and indicator("97140", "97124") == {"0"}
    assert "indicator 0" in STATEMENTS["C125"].truth and indicator("98925", "97140") == {"0"}
    for code in ("97112", "97124", "97140"):
        assert indicator("98940", code) == indicator("98941", code) == indicator("98942", code) == {"1"}
    assert "indicator 1" in STATEMENTS["C073"].truth
    assert "indicator 1" in STATEMENTS["C114"].truth and indicator("97012", "97140") == {"1"}
    assert "indicator 1" in STATEMENTS["C128"].truth and indicator("29581", "97140") == {"1"}
    assert ("ncci", "97530", "97140") not in tables.edits() or not indicator("97530", "97140")


def test_the_daily_limit_that_a_truth_names_is_that_of_the_table():
    assert f"{tables.codes()['97124'].limit} units" in STATEMENTS["C064"].truth
    assert f"limit of {tables.codes()['97124'].limit} for 97124" in STATEMENTS["C082"].truth


def test_contested_techniques_make_a_statement_depend():
    """Friction, deep-tissue massage, trigger points, stretching and PNF: nobody is told that one side is right."""
    for id in ("C004", "C095", "C118", "C127", "C148"):
        assert STATEMENTS[id].verdict == "depends", id


# Found by its words --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", STATEMENTS.values(), ids=STATEMENTS)
def test_its_own_words_find_a_statement_first(row):
    assert find(row.says)[0] == row


@pytest.mark.parametrize(
    ("asked", "id"),
    [
        ("You can add 59 to 97124 to bill it with 97140", "C066"),
        ("I read that a doctor's referral is required. Is it true?", "C046"),
        ("massage therapist, Medicare", "C117"),
        ("U7", "C063"),
        ("effleurage", "C035"),
        ("oedema", "C044"),
        ("gait trainning", "C133"),
        ("LYMPHATIC DRAINAGE", "C128"),
        ("maximising reimbursement", "C143"),
        ("chiroprctor employs a massage therapist", "C063"),
        ("how much more does 97124 pay than 97140", "C039"),
        ("c040", "C040"),
        (" C150 ", "C150"),
    ],
)
def test_other_words_find_a_statement_too(asked, id):
    assert id in [row.id for row in find(asked)]


def test_a_code_one_digit_off_is_another_code():
    assert find("97125") == []


@pytest.mark.parametrize("asked", ["", "   ", "xyzzy", "C000", "C999", "is it true that", "?!"])
def test_what_is_near_nothing_finds_nothing_and_is_refused_in_words(asked):
    assert find(asked) == []
    with pytest.raises(Unreadable, match="No statement of the course is near"):
        is_it_true(asked)


def test_few_are_shown_and_the_best_comes_first():
    found = find("massage")
    assert len(found) == MOST_FOUND
    assert len(find("massage", 10)) == 10
    assert find("massage", 10)[:MOST_FOUND] == found


# Shown ---------------------------------------------------------------------------------------------------------------


def test_text_and_html_hold_statement_verdict_truth_and_source():
    shown = is_it_true("C066")
    row = STATEMENTS["C066"]
    text, html = str(shown), shown._repr_html_()
    for said in (row.says, row.truth, "NCCI procedure-to-procedure edits"):
        assert said in text
    assert "FALSE. " in text and "<b>False.</b>" in html
    assert "procedure-to-procedure edits" in html


def test_a_source_that_is_memory_says_so():
    assert "from memory" in str(is_it_true("C063")) and "from memory" in is_it_true("C063")._repr_html_()


def test_html_is_escaped(monkeypatch):
    loud = "<script>alert('&')</script>"
    row = Statement("C001", f"Loud {loud}", "true", f"Quiet {loud}.", ("memory",), "future")
    monkeypatch.setattr("coursekit.statements.find", lambda asked: [row])
    html = is_it_true(f"loud {loud}")._repr_html_()
    assert "<script" not in html
    assert html.count("&lt;script&gt;alert(&#x27;&amp;&#x27;)&lt;/script&gt;") == 2


# Named by exercises --------------------------------------------------------------------------------------------------


def test_exercises_name_known_statements():
    assert {id for exercise in Course(ROOT).exercises() for id in exercise.statements} <= STATEMENTS.keys()
