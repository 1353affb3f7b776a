"""The published facts agree with one another, and with the real Medicare table where it is at hand.

Read here as plain CSV and YAML, without the course's own reader: two readings of one table are a check on both.
"""

import csv
import gzip
import os
import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "coursekit" / "data"
SOLUTIONS = ROOT / "solutions"

FAMILIES = {
    "modality",
    "attended modality",
    "procedure",
    "pt evaluation",
    "ot evaluation",
    "spinal adjustment",
    "extraspinal adjustment",
    "osteopathic manipulation",
    "office visit",
    "measurement",
    "wrapping",
    "needling",
}
GROUNDS = {"region", "interval", "encounter", "practitioner", "need"}
SPINAL = {"cervical", "thoracic", "lumbar", "sacral", "pelvic"}


def rows(name):
    with (DATA / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, strict=True))


def entries(path):
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def listed(value):
    return [value] if isinstance(value, str) else list(value)


def twice(words):
    return sorted(word for word, count in Counter(words).items() if count > 1)


SOURCES = entries(DATA / "sources.yaml")
REGIONS = entries(DATA / "regions.yaml")
AMBIGUOUS = REGIONS.pop("ambiguous")
TECHNIQUES = entries(DATA / "techniques.yaml")
PROVIDERS = entries(DATA / "providers.yaml")
PAYERS = entries(DATA / "payers.yaml")
CODES = {row["code"]: row for row in rows("codes.csv")}
MODIFIERS = {row["modifier"]: row for row in rows("modifiers.csv")}
EDITS = rows("edits.csv")


def sources_below(value):
    """Every id under a key `source`, at any depth."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield from listed(below) if key == "source" else sources_below(below)
    elif isinstance(value, list):
        for item in value:
            yield from sources_below(item)


def citations():
    """Each file with the sources that it cites."""
    for path in sorted(DATA.glob("*.csv")):
        yield path.name, {id for row in rows(path.name) for id in row["source"].split()}
    for path in [*sorted(DATA.glob("*.yaml")), *sorted(SOLUTIONS.rglob("*.yaml"))]:
        if path.name != "sources.yaml":
            yield path.relative_to(ROOT).as_posix(), set(sources_below(entries(path)))


# Sources -------------------------------------------------------------------------------------------------------------


def test_every_citation_names_a_known_source():
    unknown = {name: sorted(cited - SOURCES.keys()) for name, cited in citations() if cited - SOURCES.keys()}
    assert unknown == {}


def test_every_row_cites_a_source():
    tables = {"codes.csv": CODES, "modifiers.csv": MODIFIERS}
    bare = [(name, key) for name, table in tables.items() for key, row in table.items() if not row["source"].split()]
    bare += [("edits.csv", row["column_one"], row["column_two"]) for row in EDITS if not row["source"].split()]
    for name, table in (("regions", REGIONS), ("techniques", TECHNIQUES), ("providers", PROVIDERS), ("payers", PAYERS)):
        bare += [(name, key) for key, row in table.items() if not row.get("source")]
    assert bare == []


def test_every_source_is_cited_at_least_once():
    if not any(SOLUTIONS.rglob("*.yaml")):
        pytest.skip("Not run: the solutions are not here, and many sources are cited only there.")
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "coursekit").rglob("*.py"))
    cited = set().union(*(ids for _, ids in citations())) | set(re.findall(r'"([a-z0-9-]+)"', code))
    assert sorted(SOURCES.keys() - cited) == []


def test_every_source_says_how_it_was_seen_and_when():
    need = {"title", "publisher", "where", "edition", "read_on", "seen"}
    for id, row in SOURCES.items():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", id), id
        assert need <= row.keys() <= need | {"link"}, id
        assert row["seen"] in {"read", "secondary", "memory"}, id
        assert date.fromisoformat(row["read_on"]) <= date.today(), id
        assert row.get("link", "https://").startswith("https://"), id


# Codes and modifiers -------------------------------------------------------------------------------------------------


def test_no_code_modifier_or_source_stands_twice():
    assert twice(row["code"] for row in rows("codes.csv")) == []
    assert twice(row["modifier"] for row in rows("modifiers.csv")) == []
    for path in DATA.glob("*.yaml"):
        assert twice(re.findall(r"^([^\s#].*?):", path.read_text(encoding="utf-8"), re.MULTILINE)) == [], path.name


def test_every_code_has_a_known_family_and_timing():
    for code, row in CODES.items():
        assert re.fullmatch(r"[0-9A-Z]\d{3}[0-9A-Z]", code), code
        assert row["family"] in FAMILIES, code
        assert row["timing"] in {"timed", "untimed", "region"}, code
        assert bool(row["regions"]) == (row["timing"] == "region"), code
        assert bool(row["limit"]) == bool(row["limit_kind"]), code
        assert row["limit_kind"] in {"", "1", "2", "3"}, code


def test_labels_are_short_and_tell_codes_and_modifiers_apart():
    for table in (CODES, MODIFIERS):
        assert [row["label"] for row in table.values() if not 1 <= len(row["label"].split()) <= 8] == []
        assert twice(row["label"] for row in table.values()) == []


def test_region_counted_codes_of_a_family_leave_no_gap():
    for family, highest in (("spinal adjustment", 5), ("osteopathic manipulation", 10)):
        counted = []
        for row in sorted((r for r in CODES.values() if r["family"] == family), key=lambda r: r["code"]):
            low, _, high = row["regions"].partition("-")
            counted += range(int(low), int(high or low) + 1)
        assert counted == list(range(1, highest + 1))


def test_dates_are_dates_in_the_right_order():
    for row in [*CODES.values(), *MODIFIERS.values(), *EDITS]:
        since, until = (date.fromisoformat(row[key]) if row[key] else None for key in ("since", "until"))
        assert not (since and until) or since <= until, row


def test_evaluation_codes_change_over_at_the_end_of_2016():
    old, new = ("97001", "97002", "97003", "97004"), [str(code) for code in range(97161, 97169)]
    assert {CODES[code]["until"] for code in old} == {"2016-12-31"}
    assert {CODES[code]["since"] for code in new} == {"2017-01-01"}


def test_only_distinct_modifiers_assert_that_services_stand_apart():
    asserted = {name: set(row["asserts"].split()) for name, row in MODIFIERS.items()}
    assert {name for name, row in MODIFIERS.items() if row["kind"] == "distinct"} == {"59", "XE", "XP", "XS", "XU"}
    assert {name for name, said in asserted.items() if said} == {"25", "59", "XE", "XP", "XS", "XU"}
    assert asserted["25"] == {"need"}
    assert asserted["59"] == GROUNDS
    assert {name: asserted[name] for name in ("XE", "XP", "XS", "XU")} == {
        "XE": {"encounter"},
        "XP": {"practitioner"},
        "XS": {"region"},
        "XU": {"interval", "need"},
    }
    assert {MODIFIERS[name]["since"] for name in ("XE", "XP", "XS", "XU")} == {"2015-01-01"}
    assert {row["kind"] for row in MODIFIERS.values()} <= {
        "distinct",
        "evaluation",
        "plan",
        "status",
        "side",
        "local",
        "other",
    }


def test_edits_speak_of_known_codes_and_lists():
    assert {code for row in EDITS for code in (row["column_one"], row["column_two"])} - CODES.keys() == set()
    assert {payer["edits"] for payer in PAYERS.values()} - {"none"} == {row["list"] for row in EDITS}


# Regions -------------------------------------------------------------------------------------------------------------


def test_there_are_five_spinal_regions_and_five_outside_the_spine():
    outermost = {name for name, row in REGIONS.items() if "part_of" not in row}
    assert {name for name, row in REGIONS.items() if row.get("spinal") == "yes"} == SPINAL
    assert outermost - SPINAL == {"head", "upper extremity", "lower extremity", "rib cage", "abdomen"}


def test_regions_form_a_tree():
    for name in REGIONS:
        line = [name]
        while parent := REGIONS[line[-1]].get("part_of"):
            assert parent in REGIONS and parent not in line, line
            line.append(parent)


def test_parts_of_limbs_have_sides_and_spinal_regions_have_none():
    for name, row in REGIONS.items():
        if row.get("part_of", name).endswith("extremity"):
            assert row.get("sided") == "yes", name
        if name in SPINAL:
            assert "sided" not in row, name


def test_no_body_word_means_two_regions():
    words = [word.lower() for name, row in REGIONS.items() for word in (name, *row.get("also", ()))]
    assert twice(words) == []
    assert sorted(set(words) & {word.lower() for word in AMBIGUOUS}) == []


def test_an_ambiguous_word_has_two_or_more_known_readings():
    assert twice(word.lower() for word in AMBIGUOUS) == []
    for word, readings in AMBIGUOUS.items():
        assert len(set(readings)) >= 2, word
        assert set(readings) <= REGIONS.keys(), word


# Techniques ----------------------------------------------------------------------------------------------------------


def test_every_technique_leads_to_known_codes():
    for name, row in TECHNIQUES.items():
        codes = listed(row["codes"])
        assert twice(codes) == [], name
        assert set(codes) - {"none"} <= CODES.keys(), name
        assert "none" not in codes or row.get("contested") == "yes", name


def test_no_technique_leads_to_two_codes_unless_there_is_a_reason():
    for name, row in TECHNIQUES.items():
        codes = listed(row["codes"])
        counted = {CODES[code]["family"] for code in codes if code in CODES and CODES[code]["timing"] == "region"}
        reason = row.get("contested") == "yes" or row.get("payer_picks") == "yes" or len(counted) == 1
        assert len(codes) <= 1 or reason, name
        if counted:
            family = {code for code, known in CODES.items() if {known["family"]} == counted}
            assert set(codes) == family, name


def test_a_contested_technique_gives_each_side_a_position_and_no_other_does():
    for name, row in TECHNIQUES.items():
        contested = row.get("contested") == "yes"
        assert contested == ("positions" in row), name
        if contested:
            assert len(row["positions"]) >= 2 and len(listed(row["codes"])) >= 2, name
            said = " ".join(row["positions"])
            assert all(code in said for code in listed(row["codes"]) if code != "none"), name


def test_no_technique_word_stands_twice():
    assert twice(word.lower() for name, row in TECHNIQUES.items() for word in (name, *row.get("also", ()))) == []


def test_every_code_has_a_clinic_word_that_leads_to_it():
    reached = {code for row in TECHNIQUES.values() for code in listed(row["codes"])}
    assert sorted(CODES.keys() - reached) == []


# Providers and payers ------------------------------------------------------------------------------------------------


def test_every_payer_says_for_every_provider_what_it_pays():
    for id, row in PAYERS.items():
        assert row["pays"].keys() == PROVIDERS.keys(), id
        for who, what in row["pays"].items():
            assert set(listed(what)) <= FAMILIES | CODES.keys(), (id, who)


def test_every_requirement_names_a_known_modifier_provider_and_service():
    for id, row in PAYERS.items():
        for need in row.get("requires", ()):
            assert need["modifier"] in MODIFIERS, id
            assert set(listed(need["by"])) <= PROVIDERS.keys(), id
            assert set(listed(need["on"])) <= FAMILIES | CODES.keys(), id


def test_only_published_programs_are_real():
    real = {"medicare", "medicare_hospital", "wa_workers_comp"}
    assert {id for id, row in PAYERS.items() if row["invented"] == "no"} == real
    assert {id for id, row in PAYERS.items() if "invented" in listed(row["source"])} == PAYERS.keys() - real


def test_medicare_pays_chiropractors_for_spinal_adjustments_only_and_massage_therapists_nothing():
    pays = PAYERS["medicare"]["pays"]
    assert listed(pays["chiropractor"]) == ["spinal adjustment"]
    assert [pays[who] for who in ("massage therapist", "athletic trainer", "aide", "student")] == [[], [], [], []]


# The real table ------------------------------------------------------------------------------------------------------


def daily_limits(path):
    """Units per day and indicator of each code, from a table as Medicare ships it, titles and odd bytes included."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="latin-1", newline="") as lines:
        return {
            row[0].strip(): (row[1].strip(), row[2].strip()[:1])
            for row in csv.reader(lines)
            if len(row) > 2 and re.fullmatch(r"[0-9A-Z]{5}", row[0].strip()) and row[1].strip().isdigit()
        }


def test_daily_limits_agree_with_the_real_table():
    folder = os.environ.get("COURSEKIT_NCCI")
    if not folder:
        pytest.skip("Not run: set COURSEKIT_NCCI to the folder with Medicare's own tables to check the daily limits.")
    found = sorted(Path(folder).glob("mue_practitioner_*.csv*"))
    if not found:
        pytest.skip(f"Not run: {folder} holds no file mue_practitioner_*.csv or .csv.gz.")
    real = daily_limits(found[-1])
    assert len(real) > 10_000
    assert {code: (row["limit"], row["limit_kind"]) for code, row in CODES.items() if row["limit"]} == {
        code: real[code] for code in CODES if code in real
    }
