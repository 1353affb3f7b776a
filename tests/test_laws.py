"""Laws that hold for every case and claim, looked for with cases that nobody chose."""

from dataclasses import replace
from itertools import chain, combinations, product

import pytest
from cases import CEDAR, DISTINCT, EXAMPLES, adjusted, asking, claims, costs, did, keyed, visit
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from coursekit import engine, tables
from coursekit.counting import PER_SERVICE, TOTAL_TIME, allocations
from coursekit.model import HEADINGS, NOTHING, PARTS, Claim, Line, Solution, Unreadable
from coursekit.readings import nearest_visit, visits

# The same examples in every run: a law that breaks should break for everybody.
SAME = {"derandomize": True, "deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}
many, some, few = (settings(max_examples=n, **SAME) for n in (300, 120, 40))


# Cases and claims that nobody chose ----------------------------------------------------------------------------------

SETTLED = (
    "petrissage",
    "joint mobilization",
    "performance test",
    "therapeutic exercise",
    "mechanical traction",
    "rest",
)
CONTESTED = ("soft-tissue mobilization", "machine massage")
DATES = ("2014-12-31", "2019-06-30", "2019-07-01", "2019-12-31", "2026-03-04")


def services(techniques):
    treatment = st.builds(
        did,
        st.sampled_from(techniques),
        st.sampled_from((None, 7, 8, 15, 20, 23, 30)),
        st.sampled_from(("", "cervical", "lumbar", "shoulder")),
        at=st.sampled_from((None, "9:00", "9:10", "9:15", "9:30", "block 1", "block 2")),
        by=st.sampled_from(("", "", "", "aide", "physician")),
        encounter=st.sampled_from((1, 1, 1, 2)),
    )
    adjustment = st.sampled_from(("cervical", "lumbar")).map(lambda region: adjusted(region)[0])
    evaluation = st.builds(did, st.just("pt re-evaluation"), own_need=st.booleans())
    return st.one_of(treatment, treatment, treatment, adjustment, evaluation)


def cases(techniques=SETTLED + CONTESTED, most=3):
    return st.builds(
        lambda done, payer, by, on: visit(*done, payer=payer, by=by, on=on),
        st.lists(services(techniques), min_size=1, max_size=most),
        st.sampled_from(("medicare", "plan_cedar", "plan_juniper", "plan_alder")),
        st.sampled_from(("physician", "physical therapist", "chiropractor")),
        st.sampled_from(DATES),
    )


def documented(case):
    """Every code that some reading of the case documents, with the most units that it earns."""
    codes = {code for visit in visits(case) for code in visit.services}
    return {code: max(visit.earned.get(code, 0) for visit in visits(case)) for code in sorted(codes)}


def required(case, code):
    return {name for visit in visits(case) for name, _ in visit.required(code)}


def lines(code, units=(1, 4), also=()):
    modifiers = st.sets(st.sampled_from((*DISTINCT, *also)), max_size=2)
    return st.builds(lambda n, names: Line(code, n, tuple(sorted(names))), st.integers(*units), modifiers)


@st.composite
def claimed(draw, of):
    """A case with a claim of some of its codes, and now and then of a code that is not its own."""
    case = draw(of)
    codes = draw(st.lists(st.sampled_from([*documented(case), "97112", "97110"]), max_size=3, unique=True))
    asks = draw(st.lists(st.sampled_from([*documented(case), "97112"]), max_size=1))
    return case, Claim(tuple(draw(lines(code, also=("GP",))) for code in codes), tuple(asks))


# Text ----------------------------------------------------------------------------------------------------------------

CODES = sorted(tables.codes())
ANY_LINE = st.sampled_from(CODES).flatmap(lambda code: lines(code, (1, 99), sorted(tables.modifiers())))
ANY_CLAIM = st.builds(
    lambda some, asks: Claim(tuple(some), tuple(asks)),
    st.lists(ANY_LINE, max_size=6),
    st.lists(st.sampled_from(CODES), max_size=3),
)


@some
@given(ANY_CLAIM)
def test_printing_and_parsing_a_claim_are_inverse(claim):
    assert Claim.parse(str(claim)) == claim


@some
@given(ANY_CLAIM, st.randoms(use_true_random=False))
def test_the_order_of_lines_and_their_spelling_mean_nothing(claim, random):
    pieces = str(claim).split(", ")
    random.shuffle(pieces)
    assert Claim.parse(" ,  ".join(pieces).lower()) == claim


@some
@given(st.text(max_size=60))
def test_any_text_is_a_claim_that_prints_and_parses_or_is_unreadable(text):
    try:
        claim = Claim.parse(text)
    except Unreadable as error:
        assert str(error)
    else:
        assert Claim.parse(str(claim)) == claim


# Scores and parts ----------------------------------------------------------------------------------------------------


@some
@given(claimed(cases()))
def test_the_score_is_1_exactly_when_solved(case_and_claim):
    case, claim = case_and_claim
    grade = engine.grade_claim(case, claim)
    assert 0 <= grade.score <= 1
    assert (grade.score == 1) == grade.solved == (costs(case, claim) == set())
    assert grade.best == (engine.findings(case, claim) == ())


@some
@given(claimed(cases()))
def test_a_claim_is_solved_exactly_when_every_part_in_play_is_whole(case_and_claim):
    grade = engine.grade_claim(*case_and_claim)
    whole = all(right == of for right, of in filter(None, grade.parts.values()))
    assert whole == grade.solved


def parts_but(case, claim, part):
    return {name: share for name, share in engine.grade_claim(case, claim).parts.items() if name != part}


def with_line(claim, n, **changed):
    return Claim((*claim.lines[:n], replace(claim.lines[n], **changed), *claim.lines[n + 1 :]), claim.asks)


@some
@given(claimed(cases(SETTLED)), st.integers(0, 2), st.integers(1, 6))
def test_changing_only_units_moves_only_the_units(case_and_claim, n, units):
    case, claim = case_and_claim
    assume(claim.lines)
    other = with_line(claim, n % len(claim.lines), units=units)
    assert parts_but(case, other, "units") == parts_but(case, claim, "units")


@some
@given(claimed(cases(SETTLED)), st.integers(0, 2), st.sets(st.sampled_from((*DISTINCT, "GP", "KX", "RT")), max_size=3))
def test_changing_only_modifiers_moves_only_the_modifiers(case_and_claim, n, names):
    case, claim = case_and_claim
    assume(claim.lines)
    other = with_line(claim, n % len(claim.lines), modifiers=tuple(sorted(names)))
    assert parts_but(case, other, "modifier") == parts_but(case, claim, "modifier")


@some
@given(claimed(cases()))
def test_every_finding_sits_on_a_line_in_play_and_in_a_part_that_is(case_and_claim):
    case, claim = case_and_claim
    grade = engine.grade_claim(case, claim)
    costing = [finding for finding in grade.findings if not finding.advice]
    assert {finding.line for finding in costing} <= dict(grade.lines).keys()
    assert {finding.part for finding in costing} <= {part for part in PARTS if grade.parts[part]}


# A blind search ------------------------------------------------------------------------------------------------------


def blind(case, most_modifiers=2):
    """Every claim over the documented codes that costs nothing: units up to one too many, any distinct modifiers."""
    sets = list(chain.from_iterable(combinations(DISTINCT, n) for n in range(most_modifiers + 1)))
    ways = []
    for code, earned in documented(case).items():
        given_too = required(case, code)
        billed = [
            (Line(code, units, tuple(sorted({*names, *given_too}))), "")
            for units in range(1, max(earned, 1) + 2)
            for names in sets
        ]
        ways.append([(None, ""), (None, code), *billed])
    for picked in product(*ways):
        claim = Claim(tuple(line for line, _ in picked if line), tuple(asked for _, asked in picked if asked))
        visit_ = nearest_visit(case, claim)
        costing = (rule for rule in engine.rules_on(case.date) if not rule.advice)
        speaking = (rule for rule in costing if rule.when is None or rule.when(visit_))
        if not any(said for rule in speaking for said in rule.check(visit_, claim)):
            yield claim


def reasons(line):
    return set(line.modifiers) & set(DISTINCT)


def gives_one_reason_a_line(claim):
    return all(len(reasons(line)) <= 1 for line in claim.lines)


def with_fewer_reasons(claim):
    """The claims that keep at most one of several reasons on each line."""
    ways = [
        [
            replace(line, modifiers=tuple(m for m in line.modifiers if m not in reasons(line) - {kept}))
            for kept in reasons(line)
        ]
        or [line]
        for line in claim.lines
    ]
    return {Claim(some, claim.asks) for some in product(*ways)}


def assert_the_engine_finds_what_a_blind_search_finds(case, most_modifiers=2):
    found, right = set(blind(case, most_modifiers)), set(engine.right_claims(case))
    assert {claim for claim in found if gives_one_reason_a_line(claim)} == right
    # A claim that gives two true reasons on one line is solved as well, and is not listed.
    for claim in found - right:
        assert with_fewer_reasons(claim) & right


@few
@given(cases(most=2))
def test_the_right_claims_are_those_that_a_blind_search_finds(case):
    assert_the_engine_finds_what_a_blind_search_finds(case)


@few
@given(cases(most=3))
def test_they_are_so_for_three_services_too(case):
    assert_the_engine_finds_what_a_blind_search_finds(case, most_modifiers=1)


@pytest.mark.parametrize(
    "case",
    [
        visit(
            *adjusted("lumbar"), did("petrissage", 15, "cervical"), did("joint mobilization", 15, "shoulder"), **CEDAR
        ),
        visit(did("joint mobilization", 8, at="9:00"), did("performance test", 15, at="9:08"), did("petrissage", 8)),
        visit(
            *adjusted("lumbar"), did("soft-tissue mobilization", 8, "cervical"), did("petrissage", 8, "lumbar"), **CEDAR
        ),
    ],
    ids=["two pairs", "two edits", "contested"],
)
def test_chosen_cases_of_three_codes_hold_no_right_claim_that_was_overlooked(case):
    assert_the_engine_finds_what_a_blind_search_finds(case)


@few
@given(cases())
def test_a_code_that_the_note_does_not_document_makes_no_right_claim_better(case):
    for claim in engine.right_claims(case):
        more = Claim((*claim.lines, Line("97112")), claim.asks)
        assert "97112" in documented(case) or ("97112", "documented") in costs(case, more)


@some
@given(cases())
def test_every_case_has_a_right_claim_and_a_best_one(case):
    right = engine.right_claims(case)
    assert any(right.values())


@some
@given(cases())
def test_what_is_right_in_one_reading_of_a_note_is_right(case):
    # Two who may be asked for different modifiers are told apart by no code of the claim.
    assume(len({service.by for service in case.services}) == 1)
    for visit_ in visits(case):
        for claim in engine._candidates(visit_):
            if all(finding.advice for finding in engine.raw_findings(visit_, claim)):
                assert (claim, costs(case, claim)) == (claim, set())


@some
@given(cases())
def test_an_empty_claim_is_right_only_where_nothing_is_due(case):
    due = all(visit.due for visit in visits(case))
    assert (costs(case, NOTHING) == set()) == (not due)


# Audit ---------------------------------------------------------------------------------------------------------------

SUBSETS = [frozenset(some) for n in range(len(HEADINGS) + 1) for some in combinations(HEADINGS, n)]


def audited(case, claim):
    exercise = asking(audit={"claim": claim})
    solution = Solution(case, None, (), "Because.", (), {})
    return lambda answer: engine.grade(exercise, solution, "audit", answer)


def told(marks, missing):
    said = [f"{label}: {' + '.join(words) or 'ok'}" for label, words in marks.items()]
    return ", ".join([*said, *(["a line is missing"] if missing else [])])


def from_findings(case, claim):
    """The answer of someone who reads the findings off: the headings of each line, and whether a line is missing."""
    found = [finding for finding in engine.findings(case, claim) if not finding.advice]
    marks = {label: {f.heading for f in found if f.line == label} for label in claim.labelled}
    return marks, any(finding.line not in claim.labelled for finding in found)


@some
@given(claimed(cases()))
def test_the_findings_are_the_answer_to_an_audit(case_and_claim):
    case, claim = case_and_claim
    assume(claim.lines)
    assert audited(case, claim)(told(*from_findings(case, claim))).score == 1


@settings(max_examples=15, **SAME)
@given(claimed(cases()))
def test_no_other_marks_are(case_and_claim):
    case, claim = case_and_claim
    assume(claim.lines)
    grade = audited(case, claim)
    right, missing = from_findings(case, claim)
    key, _ = engine.audit_key(case, claim)
    assert not grade(told(right, not missing)).solved
    for label, (must, may) in key.items():
        for marks in SUBSETS:
            answer = told({**right, label: marks}, missing)
            assert (answer, grade(answer).solved) == (answer, must <= marks <= may)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.rule)
def test_the_audit_of_each_example_is_read_off_its_findings(example):
    claim = Claim.parse(example.claim)
    if not claim.lines:
        claim = Claim.parse("97112 x1")
    marks, missing = from_findings(example.case, claim)
    grade = audited(example.case, claim)
    assert grade(told(marks, missing)).score == 1
    assert grade(told(marks, not missing)).score < 1


# Keyed forms ---------------------------------------------------------------------------------------------------------

IDS = ("one", "two", "three", "four", "five")


@many
@given(st.sets(st.sampled_from(IDS), min_size=1, max_size=4), st.sets(st.sampled_from(IDS)))
def test_a_selection_scores_right_ticks_less_wrong_ones_and_never_below_0(right, picked):
    exercise = asking(select={"question": "?", "options": dict.fromkeys(IDS, "text")})
    solution = keyed("select", frozenset(right), IDS)
    grade = engine.grade(exercise, solution, "select", " ".join(sorted(picked)) or "none")
    share = len(picked & right) / len(right) - len(picked - right) / (len(IDS) - len(right))
    assert grade.score == pytest.approx(1 if picked == right else min(max(0, share), 0.999))
    assert grade.solved == (picked == right)
    assert {finding.line for finding in grade.findings} == picked ^ right


@pytest.mark.parametrize("right", [frozenset(IDS[:n]) for n in range(1, 5)], ids=len)
def test_ticking_all_or_nothing_scores_0(right):
    exercise = asking(select={"question": "?", "options": dict.fromkeys(IDS, "text")})
    solution = keyed("select", right, IDS)
    assert engine.grade(exercise, solution, "select", " ".join(IDS)).score == 0
    assert engine.grade(exercise, solution, "select", "none").score == 0


@some
@given(st.lists(st.sampled_from("ab"), min_size=5, max_size=5), st.lists(st.sampled_from("ab"), min_size=5, max_size=5))
def test_a_sorting_scores_the_share_of_cards_in_place(right, placed):
    exercise = asking(sort={"question": "?", "bins": {"a": "A", "b": "B"}, "cards": dict.fromkeys(IDS, "text")})
    solution = keyed("sort", dict(zip(IDS, right, strict=True)), IDS)
    answer = ", ".join(f"{card}={bin}" for card, bin in zip(IDS, placed, strict=True))
    grade = engine.grade(exercise, solution, "sort", answer)
    assert grade.score == sum(one == other for one, other in zip(right, placed, strict=True)) / 5
    assert {finding.line for finding in grade.findings} == {
        c for c, r, p in zip(IDS, right, placed, strict=True) if r != p
    }


@some
@given(st.permutations(IDS), st.permutations(IDS))
def test_an_order_scores_the_share_of_neighbors_that_are_neighbors_in_the_right_one(right, given_):
    exercise = asking(order={"question": "?", "steps": dict.fromkeys(IDS, "text")})
    grade = engine.grade(exercise, keyed("order", tuple(right), IDS), "order", " ".join(given_))
    neighbors = [
        right.index(after) - right.index(before) == 1 for before, after in zip(given_, given_[1:], strict=False)
    ]
    assert grade.score == sum(neighbors) / 4
    assert grade.solved == (given_ == right)


@pytest.mark.parametrize(
    ("answer", "score"),
    [("7.4", 0), ("7.5", 1), ("8", 1), ("8.0", 1), (" 8 ", 1), ("+8", 1), ("8.5", 1), ("8.6", 0), ("-8", 0), ("80", 0)],
)
def test_a_number_is_right_within_its_tolerance(answer, score):
    exercise = asking(number={"question": "?", "unit": "minutes"})
    assert engine.grade(exercise, keyed("number", 8.0, ["right"], 0.5), "number", answer).score == score


@pytest.mark.parametrize(
    ("answer", "score"), [("2480", 1), ("2,480", 1), ("$2,480", 1), ("2480.00", 1), ("2481", 0), ("2479", 0)]
)
def test_a_number_without_tolerance_is_right_or_not_and_may_be_written_as_money(answer, score):
    exercise = asking(number={"question": "?", "unit": "dollars"})
    assert engine.grade(exercise, keyed("number", 2480.0, ["right"]), "number", answer).score == score


@pytest.mark.parametrize(("answer", "score"), [("one", 1), ("two", 0), (" one ", 1)])
def test_a_choice_is_right_or_not(answer, score):
    exercise = asking(choose={"question": "?", "options": dict.fromkeys(IDS[:3], "text")})
    assert engine.grade(exercise, keyed("choose", "one", IDS[:3]), "choose", answer).score == score


FORMS = {
    "choose": ({"question": "?", "options": dict.fromkeys(IDS, "text")}, "one", IDS),
    "select": ({"question": "?", "options": dict.fromkeys(IDS, "text")}, frozenset(["one"]), IDS),
    "sort": (
        {"question": "?", "bins": {"a": "A", "b": "B"}, "cards": {"x": "X", "y": "Y"}},
        {"x": "a", "y": "b"},
        "xy",
    ),
    "order": ({"question": "?", "steps": dict.fromkeys(IDS[:3], "text")}, IDS[:3], IDS[:3]),
    "number": ({"question": "?", "unit": "minutes"}, 8.0, ["right"]),
}


@pytest.mark.parametrize(
    ("form", "answer", "says"),
    [
        ("choose", "fife", "“fife” is not one of the options. Did you mean “five”?"),
        ("choose", "one two", "Pick one option."),
        ("choose", " ", "The answer is empty."),
        ("choose", "one one", "One of the options is named twice."),
        ("select", "one tow", "“tow” is not one of the options. Did you mean “two”?"),
        ("sort", "x=a", "Place every card: y still open."),
        ("sort", "x=a, y=c", "“y=c” does not put a card into a bin. Write card=bin."),
        ("sort", "x=a, x=b", "The card x is placed twice."),
        ("sort", "x a", "“x a” does not put a card into a bin. Write card=bin."),
        ("order", "one two", "Name every step: three still open."),
        ("order", "one two two", "One of the steps is named twice."),
        ("number", "eight", "“eight” is not a number. Write digits, with a point for decimals: 12.5."),
        ("number", "8 minutes", "“8 minutes” is not a number. Write digits, with a point for decimals: 12.5."),
        ("number", "nan", "“nan” is not a number. Write digits, with a point for decimals: 12.5."),
        ("number", "1e3", "“1e3” is not a number. Write digits, with a point for decimals: 12.5."),
        ("complete", "97124 x1", "asked does not ask “complete”; it asks number."),
    ],
)
def test_an_answer_that_cannot_be_read_is_not_a_wrong_one(form, answer, says):
    ask, right, ids = FORMS.get(form, FORMS["number"])
    kind = form if form in FORMS else "number"
    with pytest.raises(Unreadable) as caught:
        engine.grade(asking(**{kind: ask}), keyed(kind, right, ids), form, answer)
    assert str(caught.value) == says


@some
@given(st.sampled_from(sorted(FORMS)), st.text(max_size=40))
def test_any_text_is_graded_or_unreadable(form, text):
    ask, right, ids = FORMS[form]
    try:
        grade = engine.grade(asking(**{form: ask}), keyed(form, right, ids), form, text)
    except Unreadable as error:
        assert str(error)
    else:
        assert 0 <= grade.score <= 1
        assert (grade.score == 1) == grade.solved


def test_an_answer_of_more_than_4000_characters_is_refused():
    ask, right, ids = FORMS["choose"]
    with pytest.raises(Unreadable, match="^The answer has 4,001 characters; the limit is 4,000.$"):
        engine.grade(asking(choose=ask), keyed("choose", right, ids), "choose", "one" + " " * 3998)
    assert engine.grade(asking(choose=ask), keyed("choose", right, ids), "choose", "one" + " " * 3997).solved


# Minutes to units ----------------------------------------------------------------------------------------------------

BANDS = (
    (8, 22),
    (23, 37),
    (38, 52),
    (53, 67),
    (68, 82),
    (83, 97),
    (98, 112),
    (113, 127),
    (128, 142),
    (143, 157),
    (158, 172),
    (173, 187),
)
MINUTES = (0, 1, 7, 8, 14, 15, 16, 22, 23, 29, 30, 31, 37, 38, 44, 45, 46, 52, 53, 59, 60)
SERVICES = ("97110", "97112", "97140")


def in_bands(minutes):
    """The published table, read as a table."""
    return next((units for units, (low, high) in enumerate(BANDS, 1) if low <= minutes <= high), 0)


def as_published(minutes):
    """Every way to give out the units of the day that the published sentences allow, tried one by one.

    All timed minutes make the units of the day. Each service gets its full quarter hours. A unit left over goes to the
    service with more minutes left, one to each; between equals the clinician chooses.
    """
    day = in_bands(sum(minutes))
    quarters = [spent // 15 for spent in minutes]
    over = [spent % 15 for spent in minutes]
    for way in product(*((full, full + 1) for full in quarters)):
        more = [units > full for units, full in zip(way, quarters, strict=True)]
        passed_over = [left for left, extra in zip(over, more, strict=True) if not extra]
        taken = [left for left, extra in zip(over, more, strict=True) if extra]
        if sum(way) == day and all(one >= other for one in taken for other in passed_over):
            yield way


@pytest.mark.parametrize("count", [1, 2, 3])
def test_units_by_total_time_are_given_out_as_published(count):
    wrong = []
    for minutes in product(MINUTES, repeat=count):
        found = allocations(dict(zip(SERVICES, minutes, strict=False)), TOTAL_TIME)
        ways = sorted(tuple(way.get(code, 0) for code in SERVICES[:count]) for way in found)
        if ways != sorted(as_published(minutes)):
            wrong.append(minutes)
    assert wrong == []


@pytest.mark.parametrize("minutes", range(188))
def test_one_service_earns_what_the_published_table_says(minutes):
    expected = [{"97110": in_bands(minutes)} if in_bands(minutes) else {}]
    assert allocations({"97110": minutes}, TOTAL_TIME) == expected
    assert allocations({"97110": minutes}, PER_SERVICE) == expected


@many
@given(st.lists(st.integers(0, 60), min_size=1, max_size=3))
def test_units_per_service_are_those_of_each_service_alone(minutes):
    spent = dict(zip(SERVICES, minutes, strict=False))
    assert allocations(spent, PER_SERVICE) == [{code: in_bands(m) for code, m in spent.items() if in_bands(m)}]


def test_the_best_claims_of_a_tie_are_all_of_its_ways():
    case = visit(did("therapeutic exercise", 8), did("gait training", 8), did("joint mobilization", 8))
    pairs = ("97110 x1, 97116 x1", "97110 x1, 97140 x1", "97116 x1, 97140 x1")
    assert set(engine.best_claims(case)) == claims(*pairs)
