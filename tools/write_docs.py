"""Write the pages of `docs/` that are made from the course itself.

.venv/bin/python tools/write_docs.py
"""

from __future__ import annotations

from pathlib import Path

from coursekit.book import Rulebook

ROOT = Path(__file__).parents[1]

RULEBOOK = """# The rulebook

Every rule that the course applies, in its own words, with the place where it is written. Made from the rules by
`make docs`; do not edit it here. `coursekit rulebook 97124 --date 2018-05-02` prints the rules for a code on a date.

"""


def pages() -> dict[str, str]:
    """Each page that is made, with its text."""
    return {"rulebook.md": RULEBOOK + Rulebook().markdown()}


if __name__ == "__main__":
    for name, text in pages().items():
        (ROOT / "docs" / name).write_text(text, encoding="utf-8")
        print(f"docs/{name}")
