"""The JavaScript of a widget: a widget takes one ES module, and people read several short files."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
SHARED = ("elements", "drawing", "where", "when", "gate", "tree", "path", "pictures", "cited")
STYLE = (HERE / "form.css").read_text(encoding="utf-8")

# What a file takes from the others stands in the same module, so imports and exports fall away between them.
_BETWEEN = re.compile(r"^import .*\n|^export (?!default)", re.MULTILINE)


def module_of(*own: str) -> str:
    """The shared files and then a widget's own, by name, as one module. The last one has the default export."""
    files = ((HERE / f"{name}.js").read_text(encoding="utf-8") for name in (*SHARED, *own))
    return "\n".join(_BETWEEN.sub("", text) for text in files)
