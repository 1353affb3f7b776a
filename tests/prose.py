"""The prose of the notebooks, and how hard it is to read: US school grade by the Flesch-Kincaid formula."""

import json
import re

from cases import ROOT

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


def cells(path, kind):
    """The sources of a notebook's cells of one kind."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind]


def prose(path):
    """What a notebook tells in sentences: no headings, tables, quoted notes or code."""
    kept = []
    for text in cells(path, "markdown"):
        for block in re.split(r"\n\s*\n|\n(?=[-*] |\d+\. )", text):
            lines = [line for line in block.splitlines() if not re.match(r"\s*(#|\||>|```)", line)]
            said = " ".join(re.sub(r"^\s*([-*]|\d+\.) ", "", line) for line in lines)
            said = re.sub(r"[*_`]", "", _LINK.sub(r"\1", said)).strip()
            if said:
                # A list item or a lead-in without a full stop is still a sentence of its own.
                kept.append(said if said[-1] in ".?!" else f"{said.rstrip(':;,')}.")
    return "\n".join(kept)


def grade(text):
    """The US school grade that a text asks for."""
    import textstat

    return textstat.flesch_kincaid_grade(text)
