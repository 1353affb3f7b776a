"""A small course with all eight forms, for tests of what surrounds the engine."""

import json
from pathlib import Path

SPINE = """title: Low back adjusted, neck massaged
skills:
- region-separate pairs
hints:
- Which regions?
- What says "another place"?
statements:
- C001
date: 2026-03-04
payer: plan_cedar
provider: chiropractor
note: |
  S: Stiff low back, neck tight [at the desk].
  P: Spinal adjustment L4-L5, tolerated well.
  10:05-10:20 Kneading strokes, cervical paraspinals, to ease guarding.
"""

EXERCISES = {
    "01_claims/neck": SPINE
    + """complete:
- 98940 x1 _
- _ x_ _
offer:
- 97124
- 97140
ask: yes
audit: 98940 x1, 97124 x1 XS
support:
  claim: 98940 x1, 97124 x1 XS
  line: 97124
""",
    "02_words/pick": """title: What is it called?
skills:
- code formats
text: |
  A table   of words
  stands    here.
choose:
  question: Which one is kneading?
  options:
    massage: petrissage
    stretch: pulling
    rest: lying still
select:
  question: Which ones are strokes?
  options:
    knead: kneading
    glide: gliding
    sleep: sleeping
""",
    "02_words/place": """title: Where does it go?
skills:
- code formats
sort:
  question: Hand or machine?
  bins:
    hand: By hand
    machine: By machine
  cards:
    knead: kneading
    glide: gliding
    pull: traction table
order:
  question: What comes first?
  steps:
    bill: the claim goes out
    treat: the treatment
    write: the note
number:
  question: How many minutes earn a unit?
  unit: minutes
""",
}

SOLUTIONS = {
    "01_claims/neck": """facts:
- did: spinal adjustment
  region: lumbar
  quote: Spinal adjustment L4-L5
- did: petrissage
  region: cervical
  minutes: 15
  at: 10:05
  quote: 10:05-10:20 Kneading strokes, cervical paraspinals
claim: 98940 x1, 97124 x1 XS
also:
- 98940 x1, 97124 x1 59
why: The regions differ, and XS says so.
""",
    "02_words/pick": """choose:
  right: massage
  says:
    massage: {says: Petrissage is kneading., source: collins-soft-tissue}
    stretch: {says: Pulling is not kneading., source: collins-soft-tissue}
    rest: {says: Lying is not kneading., source: collins-soft-tissue}
select:
  right: [knead, glide]
  says:
    knead: {says: A stroke., source: collins-soft-tissue}
    glide: {says: A stroke too., source: collins-soft-tissue}
    sleep: {says: Not a stroke., source: collins-soft-tissue}
why: So they are called.
""",
    "02_words/place": """sort:
  right: {knead: hand, glide: hand, pull: machine}
  says:
    knead: {says: By hand., source: collins-soft-tissue}
    glide: {says: By hand too., source: collins-soft-tissue}
    pull: {says: The table pulls., source: collins-soft-tissue}
order:
  right: [treat, write, bill]
  says:
    treat: {says: First the work., source: collins-soft-tissue}
    write: {says: Then the note., source: collins-soft-tissue}
    bill: {says: Last the claim., source: collins-soft-tissue}
number:
  right: 8
  says: {says: Eight minutes are more than half., source: claims-manual-ch5-20-2}
  wrong:
  - {value: 15, says: Fifteen is a whole unit., source: claims-manual-ch5-20-2}
why: Because.
""",
}

CASE_FILE = """date: 2026-03-04
payer: plan_cedar
provider: chiropractor
note: Spinal adjustment L4-L5. Kneading strokes to the neck, 15 minutes.
facts:
- did: spinal adjustment
  region: lumbar
  quote: Spinal adjustment L4-L5
- did: petrissage
  region: cervical
  minutes: 15
  quote: Kneading strokes to the neck, 15 minutes
"""


def write(root: Path, sealed: bool = False) -> Path:
    """Write the course into a folder, without solutions if it is to be sealed, and give the folder back."""
    for tree, files in {"exercises": EXERCISES, **({} if sealed else {"solutions": SOLUTIONS})}.items():
        for name, text in files.items():
            path = root / tree / f"{name}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    (root / "exercises/course.yaml").write_text("id: small\ntitle: A small course\n", "utf-8")
    (root / "notebooks").mkdir(exist_ok=True)
    for folder, names in {"01_claims": ["neck"], "02_words": ["pick", "place"]}.items():
        cells = [{"cell_type": "code", "source": f'exercise("{name}")'} for name in names]
        (root / "notebooks" / f"{folder}.ipynb").write_text(json.dumps({"cells": cells}), "utf-8")
    return root
