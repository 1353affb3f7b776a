"""Each payer's page says what its rows say, and the engine does what both say. A plan is rows, not code."""

import re
from dataclasses import replace
from datetime import date

import pytest
from cases import NECK_AND_BACK, adjusted, best, claims, costs, did, solved, visit

from coursekit import chart, tables
from coursekit.counting import units_in
from coursekit.desk import first_sentence
from coursekit.model import Document

PAGES = {path.stem: path.read_text(encoding="utf-8") for path in (tables.DATA / "policies").glob("*.md")}
PAYERS = {id: row for id, row in tables.payers().items() if id == row.id}
INVENTED = sorted(id for id, row in PAYERS.items() if row.invented)
REAL = sorted(PAYERS.keys() - set(INVENTED))
TODAY = date(2026, 3, 4)
CODE = re.compile(r"\b(?:\d{5}|G\d{4})\b")
MODIFIER = re.compile(r"\b(?:59|X[EPSU]|G[APNOXYZ]|AT|CQ|CO|KX)\b(?! percent| minutes)")
PT, LMT = "physical therapist", "massage therapist"
SPINE = frozenset({"98940", "98941", "98942"})


def plain(id):
    """A page as one line of text, without addresses."""
    return " ".join(re.sub(r"\(https://\S+\)", "", PAGES[id]).split())


def section(id, heading):
    """The part of a page under the heading that starts so."""
    return next(part for part in PAGES[id].split("\n## ") if part.startswith(heading))


def bullets(text):
    """The points of a list, each on one line."""
    return [" ".join(point.split()) for point in re.findall(r"^- ((?:.+\n?)(?:  .+\n?)*)", text, re.MULTILINE)]


def each(ids):
    return pytest.mark.parametrize("id", ids)


# The pages -----------------------------------------------------------------------------------------------------------


def test_every_payer_has_a_page_and_every_page_a_payer():
    assert PAGES.keys() == PAYERS.keys()


@each(sorted(PAYERS))
def test_a_page_has_150_to_300_words_under_headings(id):
    words = [word for word in plain(id).split() if re.search(r"\w", word)]
    assert 150 <= len(words) <= 300, len(words)
    assert PAGES[id].startswith("# ") and PAGES[id].count("\n## ") >= 3


@each(INVENTED)
def test_the_first_line_of_an_invented_plan_says_so_and_names_no_real_one(id):
    assert PAGES[id].split("\n")[0] == f"# {PAYERS[id].name}, a plan invented for teaching"
    names = {"Premera", "UnitedHealthcare", "LifeWise", "Anthem", "Aetna", "Humana", "Cigna", "Cross"}
    assert not names & set(re.findall(r"\w+", PAGES[id]))


@each(REAL)
def test_the_page_of_a_real_payer_says_where_it_is_written_and_when_it_was_read(id):
    assert PAGES[id].split("\n")[0] == f"# {PAYERS[id].name}"
    assert "invented" not in PAGES[id]
    assert "## Where it is written" in PAGES[id] and "Read November 22, 2026." in PAGES[id]


@each(sorted(PAYERS))
def test_what_the_screen_says_about_a_payer_is_one_short_sentence(id):
    sentence = first_sentence(PAYERS[id].about)
    assert len(sentence.split()) <= 18 and sentence.endswith(".")
    assert "invented" not in PAYERS[id].about.lower()


@each(sorted(PAYERS))
def test_a_page_names_known_codes_and_modifiers_only(id):
    assert set(CODE.findall(plain(id))) <= tables.codes().keys()
    assert set(MODIFIER.findall(plain(id))) <= tables.modifiers().keys()


# A page and its rows -------------------------------------------------------------------------------------------------


@each(sorted(PAYERS))
def test_a_page_counts_as_the_row_does(id):
    together, alone = "ll timed minutes of the day together", "ach timed service by itself"
    row, said = PAYERS[id], plain(id)
    if id == "wa_workers_comp":
        assert (row.counting, "for massage alone both ways of counting agree" in said) == ("per-service", True)
        return
    assert (together in said, alone in said) == (row.counting == "total-time", row.counting == "per-service")
    assert ("counts each timed service by itself" in " ".join(row.about.split())) == (row.counting == "per-service")
    bands = re.findall(r"(\d+) to (\d+)(?: minutes)? (?:is|are) (\d)", said)
    assert len(bands) == 3
    for low, high, units in bands:
        assert [units_in(int(m)) for m in (int(low) - 1, int(low), int(high), int(high) + 1)] == [
            int(units) - 1, int(units), int(units), int(units) + 1,
        ]  # fmt: skip


@each(sorted(PAYERS))
def test_a_page_gives_the_daily_limits_that_the_rows_give(id):
    given = re.findall(r"(\d+) units of ((?:(?:, | and )?(?:\d{5}))+)", plain(id))
    limits = {code: int(units) for units, codes in given for code in CODE.findall(codes)}
    assert {code: tables.codes()[code].limit for code in limits} == limits
    if id == "medicare_hospital":
        assert "the course uses the practitioner table" in plain(id)
        return
    assert bool(limits) == PAYERS[id].limits
    if limits:
        listed = set().union(*map(set, PAYERS[id].pays.values()))
        never = {c for c, row in tables.codes().items() if row.limit == 0 and tables.earns(c, tuple(listed))}
        assert {code for code, limit in limits.items() if limit == 0} == never


WHO = {
    "chiropractors": ["chiropractor"],
    "physicians": ["physician"],
    "massage therapists": [LMT],
    "therapy assistants": ["physical therapist assistant", "occupational therapy assistant"],
    "athletic trainers": ["athletic trainer"],
    "aides": ["aide"],
    "students": ["student"],
}


@each(sorted(PAYERS))
def test_a_page_names_those_whom_the_payer_does_not_pay(id):
    (line,) = [point for point in bullets(PAGES[id]) + plain(id).split(". ") if point.startswith("Not paid")][:1]
    names = re.sub(r" \(.*?\)", "", line.split(". ")[0].split(": ")[1].rstrip(".")).split(", ")
    assert {who for name in names for who in WHO[name]} == {who for who, codes in PAYERS[id].pays.items() if not codes}


@each(sorted(PAYERS))
def test_massage_therapists_are_paid_for_massage_or_for_nothing(id):
    paid = PAYERS[id].pays[LMT]
    assert paid in ((), ("97124",))
    if paid and id in INVENTED:
        assert "Massage therapists: massage (97124) only." in bullets(PAGES[id])


SAID = {
    "spinal adjustment": "adjustment",
    "extraspinal adjustment": "adjustment",
    "office visit": "office visits",
    "modality": "modalities",
    "attended modality": "modalities",
    "procedure": "procedures",
    "measurement": "measurements",
    "pt evaluation": "evaluations",
    "ot evaluation": "evaluations",
    "wrapping": "wraps",
    "osteopathic manipulation": "osteopathic work",
    "needling": "needling",
}


@each(INVENTED)
def test_an_invented_plan_pays_each_profession_what_its_page_says(id):
    points = dict(point.rstrip(".").split(": ", 1) for point in bullets(section(id, "Whom it pays")))
    therapists = points["Physical and occupational therapists"]
    physicians = points["Physicians"].replace("the same as therapists", therapists)
    told = {
        "chiropractor": points["Chiropractors"],
        "physician": physicians,
        PT: therapists,
        "occupational therapist": therapists,
    }
    for who, says in told.items():
        expected = {SAID[family] for family in PAYERS[id].pays[who]}
        assert {word for word in SAID.values() if word in says} == expected, who


@each(sorted(PAYERS))
def test_a_page_names_the_modifiers_that_the_payer_requires(id):
    row, said = PAYERS[id], plain(id)
    required = {need.modifier for need in row.requires}
    if row.invented:
        assert required == set() and "It wants no GP, GO or AT." in said
    else:
        assert set(MODIFIER.findall(said)) & {"GP", "GO", "AT"} == required
    assert ("CQ or CO" in said) == row.assistants


def test_the_page_of_medicare_gives_the_amount_for_kx():
    (said,) = re.findall(r"KX: above the year's amount, \$([\d,]+) in 2026", plain("medicare"))
    row = tables.amount_on("therapy threshold", "medicare", "PT and SLP", TODAY)
    assert row.value == int(said.replace(",", ""))


WANTED = {
    "treatment date": "reatment date",
    "signature": "ignature",
    "timed total": "timed minutes and total minutes",
    "total": "timed minutes and total minutes",
    "plan of care": "lan of care, certified",
    "recertification": "recertified",
    "progress report": f"rogress report every {chart.REPORT_WITHIN_DAYS} treatment days",
    "skilled need": "took skill",
    "purpose": "why each service was done",
    "part": "two of pain, asymmetry, range of motion and tissue tone, one of them asymmetry or range",
    "level": "Adjustments: the level",
    "order": "Order: the attending doctor orders the massage in writing",
    "clock times": "Start and stop times for each timed service",
    "own words": "o copied notes",
    "late entry": "late entries marked",
}


@each(sorted(PAYERS))
def test_a_page_asks_of_the_record_what_the_row_asks(id):
    assert WANTED.keys() == chart.WANTS.keys()
    said = plain(id).replace("it took skill", "took skill")
    assert {want for want, words in WANTED.items() if words in said} == set(PAYERS[id].wants)
    if PAYERS[id].invented:
        assert ("It sets no rules of its own for the record." in said) == (not PAYERS[id].wants)


@each(sorted(PAYERS))
def test_only_plan_birch_pays_a_code_only_beside_another(id):
    beside = PAYERS[id].beside
    assert bool(beside) == (id == "plan_birch") == ("only beside active work" in plain(id))
    if beside:
        first = bullets(section(id, "Massage (97124)"))[0]
        assert beside == {"97124": tuple(CODE.findall(first))}


@each(sorted(PAYERS))
def test_only_plan_alder_takes_the_spine_for_one_region(id):
    assert PAYERS[id].whole_spine == ("the whole spine counts as one region" in plain(id)) == (id == "plan_alder")


@each(sorted(PAYERS))
def test_a_page_names_the_code_that_the_payer_takes_for_each_contested_technique(id):
    row = PAYERS[id]
    assert bool(row.reads) == ("on which the field disagrees" in plain(id))
    if row.reads:
        said = bullets(section(id, "Techniques on which"))
        told = {code: {name for name, read in row.reads.items() if read == code} for code in row.reads.values()}
        assert {(CODE.findall(point) or ["none"])[0] for point in said} == told.keys()
        for point in said:
            names = told[(CODE.findall(point) or ["none"])[0]]
            listed = re.sub(r", (with|because) .*", "", point.split(": ", 1)[1]).split(", ")
            assert len(listed) == len(names), point


@pytest.mark.parametrize("technique", sorted(PAYERS["plan_hazel"].reads))
def test_a_plan_that_names_the_code_settles_a_contested_technique(technique):
    assert tables.techniques()[technique].contested
    for id in ("plan_hazel", "plan_rowan"):
        code = PAYERS[id].reads[technique]
        units = 1 if code == "97139" else 2
        right = "nothing" if code == "none" else f"{code} x{units}"
        assert best(visit(did(technique, 25, "lumbar"), payer=id, by=PT)) == claims(right)
    # Under a plan that is silent on it, either side stands.
    assert len(best(visit(did(technique, 25, "lumbar"), payer="plan_cedar", by=PT))) > 1


@each(sorted(PAYERS))
def test_a_page_says_which_pair_list_the_payer_follows(id):
    said, follows = plain(id), PAYERS[id].edits
    assert follows in ("ncci", "ncci-hospital", "juniper", "none")
    assert (follows == "ncci") == bool(re.search(r"NCCI pairs, practitioner table|NCCI practitioner table", said))
    assert (follows == "juniper") == ("It does not follow the NCCI list." in said)
    assert (follows == "ncci-hospital") == ("NCCI hospital table" in said)
    assert (follows == "none") == ("Pairs, limits in units, modifiers. The course has none for this program." in said)
    held = {edit_list for edit_list, _, _ in tables.edits()}
    assert (follows in held) == (follows != "none")


def test_the_page_of_plan_juniper_tells_each_of_its_pairs():
    told = {}
    for point in bullets(section("plan_juniper", "Pairs")):
        two, one = point.split(": ")[0].split(" beside ")
        for pair in ((c, t) for c in CODE.findall(one) or SPINE for t in CODE.findall(two)):
            told[pair] = set() if ": never." in point else set(MODIFIER.findall(point.split(": ", 1)[1]))
    ones = {pair: one for pair, one in told.items() if pair[0] in SPINE}
    assert {one for one, _ in ones} == SPINE
    rows = {(one, two): rows for (name, one, two), rows in tables.edits().items() if name == "juniper"}
    assert told == {pair: opening(row) for pair, (row,) in rows.items()}


def opening(row):
    """The modifiers whose assertion opens a pair."""
    if row.indicator == "0":
        return set()
    return {m for m in tables.distinct_modifiers() if tables.modifiers()[m].asserts & set(row.opens)}


@each([id for id in INVENTED if PAYERS[id].edits == "ncci"])
def test_a_page_names_what_opens_a_pair_beside_an_adjustment(id):
    said = {frozenset(pair) for pair in re.findall(r"\((X[EPSU]) or (59)\)", plain(id))}
    row = tables.edit_in_force("ncci", "98940", "97124", TODAY)
    assert {name for pair in said for name in pair} == opening(row)


def test_the_hospital_table_differs_in_the_sixteen_pairs_that_its_page_tells():
    rows = {(one, two): rows for (name, one, two), rows in tables.edits().items() if name == "ncci-hospital"}
    assert rows.keys() == {(str(one), two) for one in range(97161, 97169) for two in ("97750", "97763")}
    assert "it differs in 16 pairs: an evaluation (97161 to 97168) with 97750 or with 97763" in plain(
        "medicare_hospital"
    )
    for (one, two), (row,) in rows.items():
        assert row.indicator == "1" and opening(row) == {"59", "XU", "XE"}
        assert tables.edit_in_force("ncci", one, two, TODAY).indicator == "0"
        assert tables.edit_in_force("ncci-hospital", one, two, TODAY) == row


def test_where_the_hospital_table_has_no_row_of_its_own_the_practitioner_table_holds():
    for pair in (("97140", "97124"), ("97140", "97750"), ("97124", "97164")):
        held = tables.edit_in_force("ncci", *pair, TODAY)
        assert held is not None and tables.edit_in_force("ncci-hospital", *pair, TODAY) == held


def test_the_daily_maximum_of_washington_is_75_percent_of_the_therapists_one():
    share, whole, part = re.findall(r"(\d+) percent of \$([\d.]+), which is \$([\d.]+)\.", plain("wa_workers_comp"))[0]
    assert round(int(share) * float(whole) / 100, 2) == float(part)
    assert f"maximum is {share} percent" in " ".join(PAYERS["wa_workers_comp"].about.split())


MARKS = {
    "plan_juniper": {"edits", "limits", "counting"},
    "plan_alder": {"whole_spine"},
    "plan_birch": {"beside", "counting"},
    "plan_larch": {"wants"},
    "plan_hazel": {"reads"},
    "plan_rowan": {"reads", "counting"},
}


def test_every_other_invented_plan_differs_from_plan_cedar_in_what_its_page_says():
    cedar = PAYERS["plan_cedar"]
    assert MARKS.keys() == set(INVENTED) - {"plan_cedar"}
    for id, differs in MARKS.items():
        fields = ("counting", "edits", "limits", "requires", "wants", "beside", "whole_spine", "assistants", "reads")
        assert {name for name in fields if getattr(PAYERS[id], name) != getattr(cedar, name)} == differs, id
    marks = [re.search(r"Its mark: (.*?)\.\s", PAGES[id])[1] for id in INVENTED]
    assert len(set(marks)) == len(INVENTED) >= 5


# What the engine makes of them ---------------------------------------------------------------------------------------


def whole(case, **documents):
    """A case whose record is whole, with these facts about the visit; `_` stands for a space."""
    held = {name.replace("_", " "): Document(value, f"{name}: {value}") for name, value in documents.items()}
    return replace(case, record="whole", documents=held)


def test_plan_cedar_counts_alone_where_plan_birch_adds_up():
    services = [did("therapeutic exercise", 33), did("petrissage", 7)]
    assert best(visit(*services, payer="plan_cedar")) == claims("97110 x2")
    assert best(visit(*services, payer="plan_birch")) == claims("97110 x2, 97124 x1")


NECK = [*adjusted("lumbar"), did("petrissage", 15, "cervical")]
SHOULDER = [*adjusted("lumbar"), did("petrissage", 15, "shoulder", side="left")]


def test_plan_alder_takes_the_neck_for_the_region_of_an_adjusted_low_back():
    for payer, right in (("plan_cedar", "98940 x1, 97124 x1 XS"), ("plan_alder", "98940 x1")):
        case = visit(*NECK, payer=payer, by="chiropractor")
        assert costs(case, right) == set()
        assert best(case) == claims(right)
    case = visit(*NECK, payer="plan_alder", by="chiropractor")
    assert costs(case, "98940 x1, 97124 x1 XS") >= {("97124", "separate_region")}


def test_plan_alder_pays_massage_of_a_shoulder_beside_an_adjustment():
    assert best(visit(*SHOULDER, payer="plan_alder", by="chiropractor")) == claims("97124 x1 XS, 98940 x1")


def test_plan_birch_pays_no_massage_alone():
    case = visit(did("petrissage", 30), payer="plan_birch", by=PT)
    assert best(case) == claims("nothing")
    assert costs(case, "97124 x2") >= {("97124", "paid_only_beside")}


@pytest.mark.parametrize(
    "technique", ["therapeutic exercise", "neuromuscular re-education", "gait training", "therapeutic activities"]
)
def test_plan_birch_pays_massage_beside_active_work(technique):
    (code,) = tables.techniques()[technique].codes
    case = visit(did(technique, 15), did("petrissage", 15), payer="plan_birch", by=PT)
    assert best(case) == claims(f"{code} x1, 97124 x1")


@pytest.mark.parametrize(
    "other", [did("joint mobilization", 15, "shoulder", at="9:00"), did("mechanical traction", 15)]
)
def test_plan_birch_takes_manual_therapy_and_modalities_for_no_active_work(other):
    case = visit(other, did("petrissage", 15, "lumbar", at="9:30"), payer="plan_birch", by=PT)
    assert not any("97124" in claim.codes for claim in best(case))


def test_plan_birch_counts_active_work_by_another_clinician_whom_it_pays():
    massage = did("petrissage", 15)
    assert best(visit(massage, did("gait training", 15, by=PT), payer="plan_birch", by=LMT)) == claims(
        "97116 x1, 97124 x1"
    )
    assert best(visit(massage, did("gait training", 15, by="aide"), payer="plan_birch", by=LMT)) == claims("nothing")
    assert best(visit(massage, payer="plan_birch", by=LMT)) == claims("nothing")


SIGNED = {"treatment_date": "yes", "signature": "yes"}


def test_plan_larch_wants_the_clock_of_each_timed_service():
    timed, untimed = did("petrissage", 15, at="10:05"), did("petrissage", 15)
    for payer, services, right in (
        ("plan_larch", [timed], "97124 x1"),
        ("plan_larch", [untimed], "97124 ask"),
        ("plan_cedar", [untimed], "97124 x1"),
    ):
        case = whole(visit(*services, payer=payer, by=PT), **SIGNED)
        assert best(case) == claims(right), payer
    case = whole(visit(untimed, payer="plan_larch", by=PT), **SIGNED)
    assert costs(case, "97124 x1") >= {("97124", "clock_times_are_given")}


def test_plan_larch_wants_no_clock_for_a_service_without_minutes():
    case = whole(visit(did("mechanical traction"), payer="plan_larch", by=PT), **SIGNED)
    assert best(case) == claims("97012 x1")


@pytest.mark.parametrize("missing", sorted(SIGNED))
def test_plan_larch_wants_date_and_signature(missing):
    held = {name: value for name, value in SIGNED.items() if name != missing}
    case = whole(visit(did("petrissage", 15, at="10:05"), payer="plan_larch", by=PT), **held)
    assert best(case) == claims("97124 ask")


OLD_PAIR = [did("joint mobilization", 15, "shoulder", at="9:00"), did("therapeutic activities", 15, at="9:15")]


def test_plan_juniper_keeps_the_old_pair_that_medicare_dropped():
    case = visit(*OLD_PAIR, payer="plan_juniper", by=PT)
    assert best(case) == claims("97140 x1, 97530 x1 XU")
    assert claims("97140 x1, 97530 x1 XU", "97140 x1, 97530 x1 59") <= solved(case)
    assert costs(case, "97140 x1, 97530 x1") == {("97530", "separate_time")}
    assert best(visit(*OLD_PAIR, payer="plan_cedar", by=PT)) == claims("97140 x1, 97530 x1")
    assert best(visit(*OLD_PAIR, payer="plan_cedar", by=PT, on="2019-12-31")) == claims("97140 x1, 97530 x1 XU")


def test_plan_juniper_pays_no_massage_beside_an_adjustment_wherever_it_was():
    for services in (NECK, SHOULDER, NECK_AND_BACK.services):
        assert best(visit(*services, payer="plan_juniper", by="chiropractor")) == claims("98940 x1")


EVALUATED = [did("pt evaluation low complexity", at="9:00"), did("performance test", 30, at="9:45")]


def test_a_hospital_may_bill_a_test_beside_an_evaluation_where_an_office_may_not():
    office = visit(*EVALUATED, by=PT)
    hospital = visit(*EVALUATED, payer="medicare_hospital", by=PT)
    assert best(office) == claims("97161 x1 GP")
    assert ("97750", "never_together") in costs(office, "97161 x1 GP, 97750 x2 GP XU")
    assert best(hospital) == claims("97161 x1 GP, 97750 x2 GP XU")
    assert ("97750", "separate_time") in costs(hospital, "97161 x1 GP, 97750 x2 GP")


def test_a_hospital_sends_no_line_of_a_chiropractor_or_a_physician():
    for services, by in ((adjusted("lumbar"), "chiropractor"), ([did("petrissage", 15)], "physician")):
        assert best(visit(*services, payer="medicare_hospital", by=by)) == claims("nothing")


@pytest.mark.parametrize(
    ("payer", "marked"), [("medicare", True), ("medicare_hospital", True), ("wa_workers_comp", False)]
)
def test_medicare_marks_the_work_of_an_assistant(payer, marked):
    case = visit(did("therapeutic exercise", 30, by="physical therapist assistant"), payer=payer, by=PT)
    assert best(case) == claims("97110 x2 CQ GP" if marked else "97110 x2")


@each(INVENTED)
def test_no_invented_plan_counts_the_minutes_of_an_assistant(id):
    case = visit(did("therapeutic exercise", 30, by="physical therapist assistant"), payer=id, by=PT)
    assert best(case) == claims("nothing")


def test_washington_wants_an_order_for_massage():
    case = visit(did("petrissage", 30), payer="wa_workers_comp", by=LMT)
    assert best(case) == claims("97124 x2")
    assert best(whole(case)) == claims("97124 ask")
    assert costs(whole(case), "97124 x2") >= {("97124", "order_is_on_file")}
    assert best(whole(case, order="2026-03-01")) == claims("97124 x2")


@pytest.mark.parametrize("minutes", [7, 8, 22, 23, 37, 38, 60])
def test_for_massage_alone_washington_may_count_either_way(minutes):
    claims = [
        best(visit(did("petrissage", minutes), payer=payer, by=by))
        for payer, by in (("wa_workers_comp", LMT), ("medicare", "physician"))
    ]
    assert claims[0] == claims[1]
