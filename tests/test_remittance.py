"""What comes back for a claim. The arithmetic of each amount stands beside it, as a coder would do it by hand."""

import csv
import json
from collections import Counter
from datetime import date
from decimal import Decimal as D

import pytest
from cases import EXAMPLES, ROOT, adjusted, did, visit

from coursekit import fees, tables
from coursekit.cli import main
from coursekit.fees import NoAmount, cents
from coursekit.model import HEADINGS, Claim, Document, Unreadable
from coursekit.remittance import remit
from coursekit.remittance.deadlines import deadlines, last_day
from coursekit.remittance.denials import denials
from coursekit.rules import RULES

PT = "physical therapist"
THERAPY = [did("joint mobilization", 30), did("therapeutic exercise", 15)]


def massage(on="2025-05-06", **more):
    return visit(did("petrissage", 15), on=on, **{"by": PT, **more})


def manual(on, minutes=15):
    return visit(did("joint mobilization", minutes), by=PT, on=on)


def answer(case, claim, **more):
    """The lines of a remittance by their labels."""
    return {line.line: line for line in remit(case, Claim.parse(claim), **more).lines}


def only(case, claim, **more):
    (line,) = answer(case, claim, **more).values()
    return line


def taken(line):
    return [(cut.group, cut.reason, cut.amount) for cut in line.adjustments]


def why(line):
    return line.group, line.reason, line.next, line.patient


# What Medicare allows ------------------------------------------------------------------------------------------------


def test_one_unit_is_its_value_times_the_conversion_factor():
    line = only(massage(), "97124 x1 GP")
    # 0.35 work + 0.56 practice expense + 0.01 malpractice = 0.92; 0.92 x 32.3465 = 29.75878
    assert line.allowed == D("29.76")
    # 20 percent of 29.76 = 5.952; 29.76 - 5.95 = 23.81
    assert (line.patient, line.paid) == (D("5.95"), D("23.81"))
    assert why(line) == ("", "", "", D("5.95"))


def test_the_unit_with_the_highest_practice_expense_is_paid_in_full_and_the_others_lose_half_of_theirs():
    found = remit(visit(*THERAPY, by=PT, on="2022-05-04"), Claim.parse("97140 x2 GP, 97110 x1 GP"))
    lines = {line.line: line for line in found.lines}
    # 97110 has 0.40 practice expense and 97140 has 0.35, so the unit of 97110 is the one in full:
    # 0.45 + 0.40 + 0.02 = 0.87; 0.87 x 34.6062 = 30.107394
    assert lines["97110"].allowed == D("30.11")
    # Each unit of 97140: 0.43 + 0.35 / 2 + 0.02 = 0.625; 0.625 x 34.6062 = 21.628875; two of 21.63
    assert lines["97140"].allowed == D("43.26")
    # In full it were 0.80 x 34.6062 = 27.68496, twice 27.68 = 55.36; the cut is 55.36 - 43.26
    assert ("CO", "59", D("12.10")) in taken(lines["97140"])
    # 30.11 - 6.02 = 24.09 and 43.26 - 8.65 = 34.61
    assert found.paid == D("58.70")


def test_of_several_units_of_one_code_the_first_is_paid_in_full():
    # 2022: 27.68 + 21.63
    assert only(manual("2022-05-04", 30), "97140 x2 GP").allowed == D("49.31")
    # 2026: 0.83 x 33.4009 = 27.722747; 0.43 + 0.39 / 2 + 0.01 = 0.635; 0.635 x 33.4009 = 21.2095715
    assert only(manual("2026-03-04", 30), "97140 x2 GP").allowed == D("27.72") + D("21.21")


def test_where_two_codes_have_the_same_practice_expense_the_higher_total_is_paid_in_full():
    case = visit(did("balance training", 15), did("petrissage", 15), by=PT, on="2021-05-04")
    lines = answer(case, "97112 x1 GP, 97124 x1 GP")
    # Both have 0.49; 97112 has 1.01 in all, 97124 has 0.85. 1.01 x 34.8931 = 35.242031
    assert lines["97112"].allowed == D("35.24")
    # 0.35 + 0.245 + 0.01 = 0.605; 0.605 x 34.8931 = 21.1103255
    assert lines["97124"].allowed == D("21.11")


def test_only_therapy_codes_are_cut_and_a_line_that_is_not_paid_takes_no_full_unit():
    case = visit(*THERAPY, by=PT, on="2022-05-04")
    lines = answer(case, "97140 x2, 97110 x1 GP")
    assert (lines["97140"].paid, lines["97110"].allowed) == (0, D("30.11"))
    osteopath = visit(
        did("osteopathic manipulation", region="lumbar"), did("therapeutic exercise", 15), on="2022-05-04"
    )
    # 98925 is no therapy code: it is paid in full, and so is the only therapy unit
    assert answer(osteopath, "98925 x1, 97110 x1")["97110"].allowed == D("30.11")


@pytest.mark.parametrize(
    ("year", "massage_value", "manual_value", "factor", "more"),
    [
        (2019, "0.81", "0.79", "36.0391", "0.72"),  # 29.19 - 28.47
        (2022, "0.88", "0.80", "34.6062", "2.77"),  # 30.45 - 27.68
        (2023, "0.90", "0.81", "33.8872", "3.05"),  # 30.50 - 27.45: the year of the "three dollars"
        (2025, "0.92", "0.84", "32.3465", "2.59"),  # 29.76 - 27.17
        (2026, "0.89", "0.83", "33.4009", "2.01"),  # 29.73 - 27.72
    ],
)
def test_three_dollars_more_for_massage_was_true_of_one_year(year, massage_value, manual_value, factor, more):
    on = f"{year}-05-04"
    pays = [only(massage(on), "97124 x1 GP").allowed, only(manual(on), "97140 x1 GP").allowed]
    assert pays == [cents(D(value) * D(factor)) for value in (massage_value, manual_value)]
    assert pays[0] - pays[1] == D(more)


def test_from_the_second_unit_on_massage_and_manual_therapy_are_worth_the_same_in_2025():
    # 0.35 + 0.56 / 2 + 0.01 = 0.64 and 0.43 + 0.40 / 2 + 0.01 = 0.64; 0.64 x 32.3465 = 20.70176
    assert {fees.unit_fee(code, date(2025, 5, 6), kept=D("0.5")) for code in ("97124", "97140")} == {D("20.70")}


@pytest.mark.parametrize(("day", "allowed"), [("2024-03-08", "29.80"), ("2024-03-09", "30.29")])
def test_2024_had_two_conversion_factors(day, allowed):
    # 0.91 x 32.7442 = 29.797222 and 0.91 x 33.2875 = 30.291625
    assert only(massage(day), "97124 x1 GP").allowed == D(allowed)


def test_each_part_is_multiplied_by_the_factor_of_the_place():
    # 0.35 x 1.020 + 0.56 x 1.150 + 0.01 x 0.650 = 1.0075; 1.0075 x 32.3465 = 32.58909875
    assert only(massage(), "97124 x1 GP", locality="harbor").allowed == D("32.59")
    with pytest.raises(Unreadable, match="Did you mean “harbor”"):
        remit(massage(), Claim(), locality="harbour")


@pytest.mark.parametrize(
    ("day", "allowed", "patient", "paid"),
    [("2021-12-31", "29.66", "5.93", "23.73"), ("2022-01-01", "30.45", "6.09", "20.71")],
)
def test_of_an_assistants_line_medicare_sends_85_percent_of_its_part_since_2022(day, allowed, patient, paid):
    case = visit(did("petrissage", 15, by="physical therapist assistant"), by=PT, on=day)
    # 0.85 x 34.8931 = 29.659135 and 0.88 x 34.6062 = 30.453456; the patient's fifth of 30.45 is not cut,
    # and of the 24.36 that are left Medicare sends 0.85 x 24.36 = 20.706
    line = only(case, "97124 x1 CQ GP")
    assert (line.allowed, line.patient, line.paid) == (D(allowed), D(patient), D(paid))
    assert ("85 percent" in line.says) == (day > "2022")


def test_the_lesser_of_charge_and_fee_is_allowed():
    line = only(massage(), "97124 x1 GP", charges={"97124": "25"})
    assert (line.charge, line.allowed, line.paid) == (D("25.00"), D("25.00"), D("20.00"))
    assert taken(line) == [("PR", "2", D("5.00"))]
    line = only(manual("2022-05-04", 30), "97140 x2 GP", charges={"97140": 25})
    # charge 50.00, fee 49.31: the cut takes the rest
    assert taken(line)[0] == ("CO", "59", D("0.69"))


def test_a_deductible_is_met_line_by_line_before_the_share():
    lines = answer(visit(*THERAPY, by=PT, on="2022-05-04"), "97140 x2 GP, 97110 x1 GP", deductible="40.00")
    assert sum(cut[2] for line in lines.values() for cut in taken(line) if cut[:2] == ("PR", "1")) == D("40.00")
    # what is left of 30.11 + 43.26 = 73.37 after 40.00 is 33.37; a fifth of it is 6.67
    assert sum(line.patient for line in lines.values()) == D("46.67")


# Invented plans ------------------------------------------------------------------------------------------------------


def test_an_invented_plan_pays_a_percentage_of_the_national_fee_and_cuts_no_unit():
    case = visit(did("petrissage", 30), payer="plan_cedar", by="massage therapist", on="2025-05-06")
    line = only(case, "97124 x2")
    # 29.76 x 1.10 = 32.736; two of 32.74; the patient's tenth is 6.548
    assert (line.allowed, line.patient) == (D("65.48"), D("6.55"))


def test_a_copayment_is_owed_once_for_a_visit():
    case = visit(did("therapeutic exercise", 15), did("petrissage", 15), payer="plan_birch", by=PT, on="2025-05-06")
    lines = answer(case, "97110 x1, 97124 x1")
    assert [cut for line in lines.values() for cut in taken(line) if cut[0] == "PR"] == [("PR", "3", D("20.00"))]


@pytest.mark.parametrize("id", [id for id, payer in tables.payers().items() if payer.invented])
def test_every_invented_plan_has_a_rate_a_share_and_deadlines(id):
    on = date(2026, 3, 4)
    assert all(fees.amount(kind, on, id) for kind in ("rate", "patient share", "filing"))
    assert [one.what for one in deadlines(id, on)][1:] == ["appeal to the plan"]


# Why a line is not paid ----------------------------------------------------------------------------------------------


def test_a_pair_denial_is_236_written_off_and_never_the_patients_with_or_without_a_notice():
    case = visit(did("joint mobilization", 15, "shoulder"), did("petrissage", 15, "lumbar"), by=PT, on="2025-05-06")
    for claim in ("97140 x1 GP, 97124 x1 GP", "97140 x1 GP, 97124 x1 GA GP", "97140 x1 GP, 97124 x1 GP GZ"):
        lines = answer(case, claim)
        assert why(lines["97124"]) == ("CO", "236", "write off", 0)
        assert lines["97140"].paid == D("21.74")  # 27.17 - 5.43


def test_a_pair_that_the_record_sets_apart_is_corrected_and_one_that_it_does_not_is_written_off():
    plan = {"payer": "plan_cedar", "by": "chiropractor", "on": "2026-03-04"}
    apart = visit(*adjusted("lumbar"), did("petrissage", 15, "cervical"), **plan)
    same = visit(*adjusted("lumbar"), did("petrissage", 15, "lumbar"), **plan)
    assert why(answer(apart, "98940 x1, 97124 x1")["97124"]) == ("CO", "236", "correct and resend", 0)
    assert why(answer(same, "98940 x1, 97124 x1 XS")["97124"]) == ("CO", "236", "write off", 0)


def test_a_plan_with_pairs_of_its_own_says_97():
    case = visit(*adjusted("lumbar"), did("petrissage", 15, "cervical"), payer="plan_juniper", by="chiropractor")
    assert why(answer(case, "98940 x1, 97124 x1 XS")["97124"]) == ("CO", "97", "write off", 0)


def test_units_above_the_daily_limit_are_denied_and_may_be_appealed_though_the_claim_is_right():
    line = only(visit(did("petrissage", 75), on="2025-05-06"), "97124 x5")
    assert why(line) == ("CO", "151", "appeal", 0)
    assert line.rule == "daily_limit"


def test_advice_costs_nothing():
    case = visit(*adjusted("lumbar"), did("petrissage", 15, "cervical"), payer="plan_cedar", by="chiropractor")
    assert answer(case, "98940 x1, 97124 x1 59")["97124"].paid > 0


def test_of_several_findings_the_first_heading_decides():
    case = visit(did("petrissage", 15), by=PT, on="2025-05-06")
    line = only(case, "97124 x2")  # two units for 15 minutes, and no GP
    assert (line.rule, line.reason) == ("total_time_units", "151")


CHIROPRACTOR = {"by": "chiropractor", "on": "2025-05-06"}


@pytest.mark.parametrize(
    ("claim", "told"),
    [
        ("97124 x1 GY", ("PR", "96", "bill the patient", D("59.52"))),  # charge: twice 29.76
        ("97124 x1 GX GY", ("PR", "96", "bill the patient", D("59.52"))),
        ("97124 x1 GX", ("PR", "96", "bill the patient", D("59.52"))),
        ("97124 x1", ("CO", "96", "correct and resend", 0)),
        ("97124 x1 GA", ("CO", "96", "correct and resend", 0)),
    ],
)
def test_who_owes_what_the_law_excludes(claim, told):
    assert why(only(visit(did("petrissage", 15), **CHIROPRACTOR), claim)) == told


def maintenance():
    case = visit(*adjusted("lumbar"), **CHIROPRACTOR)
    case.documents["care"] = Document("maintenance", "service 1")
    return case


@pytest.mark.parametrize(
    ("claim", "told"),
    [
        ("98940 x1 GA", ("PR", "50", "bill the patient", D("53.04"))),
        ("98940 x1 GZ", ("CO", "50", "write off", 0)),
        ("98940 x1", ("CO", "50", "write off", 0)),
        ("98940 x1 AT", ("CO", "50", "repay", 0)),
        ("98940 x1 AT GA", ("CO", "50", "repay", 0)),
    ],
)
def test_who_owes_maintenance_care(claim, told):
    # 2025: 0.46 + 0.35 + 0.01 = 0.82; 0.82 x 32.3465 = 26.52413; the charge is twice 26.52
    assert why(only(maintenance(), claim)) == told


def test_gy_on_a_covered_service_is_denied_and_taken_off_again():
    assert why(only(massage(), "97124 x1 GP GY"))[:3] == ("PR", "96", "correct and resend")


def test_a_forgotten_at_is_corrected():
    assert why(only(visit(*adjusted("lumbar"), **CHIROPRACTOR), "98940 x1")) == ("CO", "50", "correct and resend", 0)


def test_a_notice_means_nothing_to_an_invented_plan():
    case = visit(did("petrissage", 15), payer="plan_juniper", by="massage therapist", on="2025-05-06")
    assert why(only(case, "97124 x1 GY"))[0] == "CO"


def test_what_was_done_and_not_billed_is_money_left_on_the_table():
    found = remit(visit(*THERAPY, by=PT, on="2022-05-04"), Claim.parse("97140 x2 GP"))
    assert "97110 x1 was done and is not on the claim: money left on the table, up to $30.11" in found.notes[0]
    assert [line.line for line in found.lines] == ["97140"]
    assert remit(massage(), Claim.parse("nothing")).paid == 0


PRICED = [one for one in EXAMPLES if one.case.date.year >= 2019 and "97001" not in one.claim]


@pytest.mark.parametrize("example", PRICED, ids=[one.rule for one in PRICED])
def test_every_rule_has_an_answer_and_every_line_adds_up(example):
    charges = dict.fromkeys(Claim.parse(example.claim).codes | Claim.parse(example.right).codes, "50")
    for case, claim in ((example.case, example.claim), (example.neighbor, example.right)):
        if case.payer == "wa_workers_comp" or case.date.year < 2019:
            continue
        found = remit(case, Claim.parse(claim), charges=charges)
        for line in found.lines:
            assert line.charge == line.paid + sum(cut.amount for cut in line.adjustments)
            assert line.patient == sum(cut.amount for cut in line.adjustments if cut.group == "PR")
            assert min(line.charge, line.allowed, line.paid, line.patient) >= 0
            assert bool(line.group) == bool(line.next) == (line.allowed == 0)


# Deadlines -----------------------------------------------------------------------------------------------------------


def test_a_year_from_february_29_ends_on_february_28():
    limit = fees.amount("filing", date(2024, 2, 29), "medicare")
    assert last_day(limit, date(2024, 2, 29)) == date(2025, 2, 28)
    assert last_day(limit, date(2023, 2, 28)) == date(2024, 2, 28)


@pytest.mark.parametrize(("sent", "reason"), [("2025-02-28", ""), ("2025-03-01", "29")])
def test_a_claim_after_the_year_is_late_and_nobody_owes_it(sent, reason):
    line = only(massage("2024-02-29"), "97124 x1 GP", sent=date.fromisoformat(sent))
    assert (line.reason, line.next) == (reason, "write off" if reason else "")


def test_the_first_appeal_runs_from_the_remittance_and_each_further_one_from_the_decision_before():
    found = list(deadlines("medicare", date(2026, 3, 4), answered=date(2026, 4, 1)))
    assert [one.within for one in found] == ["1 year", "120 days", "180 days", "60 days", "60 days", "60 days"]
    # April has 29 days left, then 31, 30 and 30 to July 29
    assert [one.by for one in found] == [date(2027, 3, 4), date(2026, 7, 30), None, None, None, None]


def test_what_goes_back_has_a_deadline_of_its_own():
    found = remit(massage(), Claim.parse("97124 x1 GP, 97110 x1 GP"))
    assert found.deadlines[-1].within == "60 days"
    assert "overpaid" in found.deadlines[-1].what


# What is not known ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("year", [2018, 2027])
def test_a_missing_year_is_an_error(year):
    with pytest.raises(NoAmount, match=f"known for .*{year}"):
        remit(massage(f"{year}-05-04"), Claim.parse("97124 x1 GP"))


def test_a_payer_without_a_fee_schedule_is_an_error():
    case = visit(did("petrissage", 15), payer="wa_workers_comp", by="massage therapist", on="2026-03-04")
    with pytest.raises(NoAmount, match="No rate of Washington workers' compensation is known for March 4, 2026"):
        remit(case, Claim.parse("97124 x1"))


def test_a_code_without_a_national_value_is_an_error_that_says_what_to_do():
    with pytest.raises(NoAmount, match="97139 has no national value in 2025.*97139=45.00 for one unit"):
        remit(massage(), Claim.parse("97139 x1 GP"))
    assert only(massage(), "97139 x1 GP", charges={"97139": 45}).charge == D("45.00")


def test_a_total_without_its_parts_is_no_ground_for_a_locality():
    on = date(2026, 3, 4)
    # 2.50 x 33.4009 = 83.50225
    assert fees.unit_fee("29581", on) == D("83.50")
    with pytest.raises(NoAmount, match="only the total value in 2026"):
        fees.unit_fee("29581", on, fees.localities()["harbor"])


@pytest.mark.parametrize("amount", ["a lot", "-1", "12.345", "NaN", "1e9"])
def test_an_amount_is_dollars_and_cents(amount):
    with pytest.raises(Unreadable, match="is not an amount for 97124"):
        remit(massage(), Claim.parse("97124 x1 GP"), charges={"97124": amount})


def test_nothing_is_answered_before_the_visit():
    with pytest.raises(Unreadable, match="May 5, 2025 is before the visit on May 6, 2025"):
        remit(massage(), Claim.parse("97124 x1 GP"), sent=date(2025, 5, 5))


# The tables ----------------------------------------------------------------------------------------------------------


def test_the_parts_of_a_value_make_its_total():
    for row in fees.relative_values().values():
        if row.practice_expense is not None:
            assert row.work + row.practice_expense + row.malpractice == row.total, row


def test_every_code_of_today_has_a_value_or_is_priced_case_by_case():
    today = {code for code, row in tables.codes().items() if not row.until}
    assert sorted(today - {code for (code, year) in fees.relative_values() if year == 2026}) == ["97039", "97139"]


def test_no_two_amounts_hold_on_one_day():
    for key, rows in tables.amounts().items():
        spans = sorted((row.since or date.min, row.until or date.max) for row in rows)
        assert all(one[1] < two[0] for one, two in zip(spans, spans[1:], strict=False)), key


def test_the_cut_is_made_on_the_codes_that_medicare_marks_for_it():
    # Those of the course's codes with multiple-procedure indicator 5 in the file of July 2026.
    marked = {
        "97012",
        "97016",
        "97018",
        "97022",
        "97026",
        "97032",
        "97033",
        "97035",
        "97110",
        "97112",
        "97113",
        "97116",
    }
    marked |= {
        "97124",
        "97140",
        "97150",
        "97161",
        "97162",
        "97163",
        "97164",
        "97165",
        "97166",
        "97167",
        "97168",
        "97530",
    }
    marked |= {"97535", "97542", "97750", "97760", "97761", "97763", "G0283"}
    families = {of for kind, payer, of in tables.amounts() if (kind, payer) == ("second unit cut", "medicare")}
    cut = {code for code, row in tables.codes().items() if row.family in families and not row.until}
    # Not marked, and never paid by a fee of their own: two bundled or invalid for Medicare, two priced case by case.
    assert sorted(cut - marked) == ["97010", "97014", "97039", "97139"]
    assert marked <= cut


def test_every_entry_of_the_denials_is_about_a_rule_a_heading_a_notice_or_a_part_of_the_payment():
    known = {rule.id for rule in RULES} | set(HEADINGS) | {"GA", "GX", "GY", "GZ"}
    known |= {"late", "fee schedule", "second unit", "assistant", "deductible", "share", "copayment", "left out"}
    assert [id for id in denials() if id.partition(",")[0] not in known] == []
    assert set(HEADINGS) <= denials().keys()


def test_every_denial_and_amount_cites_known_sources():
    cited = {id for entry in denials().values() for id in entry.source}
    cited |= {id for rows in tables.amounts().values() for row in rows for id in row.source}
    cited |= {row.source for row in (*fees.relative_values().values(), *fees.localities().values())}
    assert cited <= tables.sources().keys()


def test_a_relative_value_stands_once():
    with (ROOT / "coursekit" / "data" / "relative_values.csv").open(encoding="utf-8", newline="") as lines:
        keys = Counter((row["code"], row["year"]) for row in csv.DictReader(lines))
    assert max(keys.values()) == 1


# The command line ----------------------------------------------------------------------------------------------------

CASE = """date: 2025-05-06
payer: medicare
provider: physical therapist
note: 15 minutes of kneading to the calves.
facts:
- did: petrissage
  minutes: 15
  quote: 15 minutes of kneading
"""


@pytest.fixture
def case_file(tmp_path):
    path = tmp_path / "case.yaml"
    path.write_text(CASE, encoding="utf-8")
    return str(path)


def test_the_verb_prints_the_object_that_programs_rely_on(case_file, capsys):
    assert main(["remit", case_file, "--claim", "97124 x1 GP", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["paid"] == 23.81
    keys = {"line", "charge", "allowed", "paid", "patient", "group", "reason", "says"}
    assert [keys - line.keys() for line in found["lines"]] == [set()]
    assert found["lines"][0]["adjustments"][0]["source"][0]["id"] == "reason-codes"
    assert (
        found["lines"][0] | {"line": "97124", "charge": 59.52, "allowed": 29.76, "patient": 5.95} == found["lines"][0]
    )


def test_the_verb_tells_people_what_to_do_next(case_file, capsys):
    more = ["--charge", "97124=70", "--locality", "harbor", "--answered", "2025-06-02"]
    assert main(["remit", case_file, "--claim", "97124 x1", *more]) == 1
    out = capsys.readouterr().out
    assert "CO-4" in out
    assert "97124: correct and resend" in out
    assert "Tips to prevent reason code CO 4" in out
    assert "redetermination by the contractor: by 2025-09-30, 120 days" in out


def test_the_verb_refuses_what_it_cannot_read(case_file, capsys):
    assert main(["remit", case_file, "--claim", "97124 x1 GP", "--charge", "97124"]) == 2
    assert capsys.readouterr().err == "coursekit: “97124” gives no charge. Write CODE=AMOUNT: 97110=62.00.\n"


def test_washingtons_fee_is_unknown_and_its_daily_maximum_for_massage_is_told():
    case = visit(did("petrissage", 30), payer="wa_workers_comp", by="massage therapist", on="2026-03-04")
    with pytest.raises(
        fees.NoAmount, match=r"No rate of Washington .* It allows at most \$112\.09 a day for massage\."
    ):
        remit(case, Claim.parse("97124 x2"))
