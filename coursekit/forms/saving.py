"""What Jupyter's server does when a notebook is saved: forms are saved as what one reads, not as what one clicks.

A saved widget has no kernel behind it: it would say "model not found" or look alive and be dead, and its saved state
would carry the learner's answers into the file. What stays in the output is title, note and question as HTML.

Imported by the server, so nothing but the standard library is imported here.
"""

from __future__ import annotations

from typing import Any

MARK = "coursekit-static"
VIEW = "application/vnd.jupyter.widget-view+json"


def pre_save_hook(model: dict[str, Any], **_: Any) -> None:
    """Drop the live views of forms and explorers, and all saved widget state, from a notebook that is about to be saved.

    `model` is a contents model of the server, changed in place; files that are not notebooks are left alone. Widgets
    that are neither keep their views.
    """
    notebook = model.get("content")
    if model.get("type") != "notebook" or not isinstance(notebook, dict):
        return
    for cell in notebook.get("cells", ()):
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            # A notebook file may hold a text as one string or as a list of its lines.
            if MARK in "".join(data.get("text/html", "")):
                data.pop(VIEW, None)
    notebook.get("metadata", {}).pop("widgets", None)


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(server: Any) -> None:
    server.contents_manager.register_pre_save_hook(pre_save_hook)
