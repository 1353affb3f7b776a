"""How the course speaks: plain enough, spelled one way, every abbreviation spelled out in each notebook."""

import re

import pytest
from cases import ROOT
from prose import NOTEBOOKS, cells, grade, prose

from coursekit.course import Course

COURSE = Course(ROOT)
HARDEST = 9  # US school grade


def named(path):
    return path.stem


@pytest.mark.parametrize("path", NOTEBOOKS, ids=named)
def test_the_prose_of_a_notebook_asks_for_ninth_grade_at_most(path):
    assert grade(prose(path)) <= HARDEST


def test_the_grade_tells_hard_prose_from_plain_prose():
    hard = "Notwithstanding contractual stipulations, reimbursement determinations necessitate documentation corroborating medical necessity."
    assert grade(hard) > HARDEST > grade("You read the note. Then you fill in the claim. You learn which line stands.")


# Spelled one way -----------------------------------------------------------------------------------------------------

UK = re.compile(
    r"(?<![A-Za-z_])(?:[A-Za-z]*(?:isation|ise[ds]?|ising|yse[ds]?|ysing)|[A-Za-z]+our(?:s|ed|ing|able)?|licence[sd]?|practise[ds]?|programmes?"
    r"|centres?|metres?|oedema|cheques?|enrol|fulfil|judgement|towards|whilst|learnt|labelled|travelled|cancelled)(?![A-Za-z_])",
    re.IGNORECASE,
)
FINE = {
    "advise", "advised", "advises", "arise", "arises", "comprise", "compromise", "devise", "disguise", "exercise", "exercised", "exercises",
    "exercising", "expertise", "four", "hour", "hours", "likewise", "noise", "otherwise", "our", "pour", "precise", "promise",
    "promised", "promises", "raise", "raised", "raises", "raising", "rise", "rises", "rising", "supervise", "supervised", "supervising", "surprise",
    "surprised", "tour", "wise", "your", "yours", "unsupervised", "advising", "promising", "franchise", "poise", "clockwise", "premise", "premises",
    "ours", "revise", "revised", "arising", "excise", "analyses", "praise", "praises", "praised", "pouring", "supervises", "surprises", "bruise", "bruised", "bruises", "demise",
}  # fmt: skip


def words_of(path):
    return set(re.findall(r"[A-Za-z]+", path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("tree", ["exercises", "solutions"])
def test_files_of_the_course_are_spelled_the_us_way(tree):
    found = {
        f"{path.parent.name}/{path.name}: {word}"
        for path in (ROOT / tree).rglob("*.yaml")
        for word in UK.findall(path.read_text(encoding="utf-8"))
        if word.lower() not in FINE
    }
    assert sorted(found) == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=named)
def test_a_notebook_is_spelled_the_us_way(path):
    text = "\n".join(cells(path, "markdown"))
    assert sorted({word.lower() for word in UK.findall(text)} - FINE) == []


# Abbreviations -------------------------------------------------------------------------------------------------------

SPELLED_OUT = {
    "CPT": "Current Procedural Terminology",
    "CMS": "Centers for Medicare",
    "NCCI": "National Correct Coding Initiative",
    "AMA": "American Medical Association",
    "ACA": "American Chiropractic Association",
    "HCPCS": "Healthcare Common Procedure Coding System",
    "NPI": "[Nn]ational [Pp]rovider [Ii]dentifier",
    "MUE": "[Mm]edically [Uu]nlikely [Ee]dit",
    "ABN": "[Aa]dvance [Bb]eneficiary [Nn]otice|ABN . advance notice",
    "RVU": "[Rr]elative [Vv]alue [Uu]nit",
    "GPCI": "[Gg]eographic",
    "MPPR": "[Mm]ultiple procedure payment reduction",
    "PT": "[Pp]hysical therap",
    "OT": "[Oo]ccupational therap",
    "PTA": "[Pp]hysical therap(?:ist|y) assistant",
    "OTA": "[Oo]ccupational therap(?:ist|y) assistant",
    "LMT": "[Ll]icensed massage therapist",
    "DC": r"[Dd]octor of [Cc]hiropractic|\bDC a chiropractor|[Cc]hiropractor, DC",
    "DO": "[Dd]octor of [Oo]steopath",
    "MD": "[Dd]octor of [Mm]edicine|physician",
    "CMT": "[Cc]hiropractic [Mm]anipulative [Tt]reatment|chiropractic manipulation",
    "OMT": "[Oo]steopathic [Mm]anipulative [Tt]reatment|osteopathic manipulation",
    "ROM": "[Rr]ange of motion",
    "STM": "[Ss]oft[- ]tissue mobilization",
    "PNF": "[Pp]roprioceptive",
    "ICD": "International Classification of Diseases",
    "CM": "Clinical Modification",
    "HIPAA": "Health Insurance Portability",
    "EOB": "[Ee]xplanation of benefits",
    "ERA": "[Ee]lectronic remittance advice",
    "LCD": "[Ll]ocal coverage determination",
    "NCD": "[Nn]ational coverage determination",
    "PART": "[Aa]symmetry",
    "BL": "both sides",
    "ER": "outward",
    "FB": "forward bend",
    "LB": "low back",
    "LBP": "low back pain",
    "POC": "plan of care",
    "PR": "patient",
    "RTC": "returns to clinic|comes back",
    "SI": "sacroiliac|sacrum and pelvis",
    "SLS": "standing on one leg",
    "TE": "therapeutic exercise",
    "OIG": "Office of Inspector General",
}  # fmt: skip


@pytest.mark.parametrize("path", NOTEBOOKS, ids=named)
def test_every_abbreviation_of_a_notebook_is_spelled_out_in_it(path):
    text = "\n".join(cells(path, "markdown"))
    lacking = [
        short
        for short, long in SPELLED_OUT.items()
        if re.search(rf"(?<![\w·-]){short}(?![\w-])", text) and not re.search(long, text)
    ]
    assert lacking == []


def test_abbreviations_that_nobody_spelled_out_yet_are_found():
    """Words in capitals that are neither listed above nor modifiers, codes or names of columns."""
    known = SPELLED_OUT.keys() | {
        "I",
        "A",
        "S",
        "O",
        "P",
        "X",
        "US",
        "II",
        "III",
        "XI",
        "IV",
        "V",
        "PLA",
        "F",
        "T",
        "U",
        "M",
        "UK",
        "ID",
        "HTML",
        "PDF",
        "KMC",
    }
    from coursekit import tables

    text = "\n".join(text for path in NOTEBOOKS for text in cells(path, "markdown"))
    found = set(re.findall(r"\b[A-Z]{2,6}\b", re.sub(r"`[^`]*`", "", text)))
    assert sorted(found - known - tables.modifiers().keys()) == []
