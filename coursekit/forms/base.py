"""What the widgets of the course have in common."""

from __future__ import annotations

from typing import Any

import anywidget

from .bundle import STYLE


class Widget(anywidget.AnyWidget):
    """A widget in the course's look. Where no kernel runs, and in a saved notebook, `_static_html` stands in its place."""

    _css = STYLE

    def _static_html(self) -> str:
        """What stands there without a kernel."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is not None:
            bundle[0]["text/html"] = self._static_html()
        return bundle
