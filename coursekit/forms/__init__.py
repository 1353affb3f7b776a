"""The form in the notebook: one widget class, one JavaScript module, one stylesheet. Nothing else knows a browser.

The widget is imported when it is first asked for: Jupyter's server imports this package for its save hook alone and
has no use for widgets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .widget import Form

__all__ = ["Form", "make"]


def make(desk: Any, name: str) -> Form:
    """The form of the exercise called `name`, answered by `desk`. Raises what the desk raises for an unknown name."""
    from .widget import Form

    return Form(desk, name)


def __getattr__(name: str) -> Any:
    if name == "Form":
        from .widget import Form

        return Form
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
