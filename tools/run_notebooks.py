"""Run the course's notebooks and save what they show to somebody who has answered nothing yet.

    .venv/bin/python tools/run_notebooks.py [NOTEBOOK ...]

The outputs let people read the course where nothing runs (a repository's web page, a printout). They hold first views
only: the store is empty, and live widget views are dropped as they are when a learner saves.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from coursekit.forms.saving import pre_save_hook

ROOT = Path(__file__).parents[1]


def run(path: Path) -> None:
    """Run one notebook in its folder and write it back with fresh outputs."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(path.parent)}}).execute()
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        # What an invented class got wrong tells answers; no notebook that a learner may open holds any.
        if "nbval-ignore-output" in cell.metadata.get("tags", ()):
            cell.update(outputs=[], execution_count=None)
    notebook.metadata.pop("language_info", None)
    pre_save_hook({"type": "notebook", "content": notebook})
    nbformat.write(notebook, path)


def main(names: list[str]) -> None:
    """Run the notebooks named, or all of them."""
    with tempfile.TemporaryDirectory() as scratch:
        os.environ |= {
            "COURSEKIT_STORE": f"sqlite:///{scratch}/store.sqlite",
            "COURSEKIT_LEARNER": "test-learner",
            "IPYTHONDIR": f"{scratch}/ipython",
        }
        for path in [Path(name) for name in names] or sorted((ROOT / "notebooks").glob("*.ipynb")):
            run(path.resolve())
            print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
