"""Forms and explorers in the notebook: their widgets, JavaScript and stylesheet. Nothing else knows a browser.

A widget is imported when it is first asked for: Jupyter's server imports this package for its save hook alone and
has no use for widgets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .explorer import Explorer
    from .widget import Form

__all__ = ["Explorer", "Form", "make"]


def make(desk: Any, name: str) -> Form:
    """The form of the exercise called `name`, answered by `desk`. Raises what the desk raises for an unknown name."""
    from .widget import Form

    return Form(desk, name)


def __getattr__(name: str) -> Any:
    if name == "Form":
        from .widget import Form

        return Form
    if name == "Explorer":
        from .explorer import Explorer

        return Explorer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
