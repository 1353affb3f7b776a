"""The rulebook: what the rules say, printed from the rules themselves, so that it cannot drift from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from . import tables
from .model import HEADINGS, Rule, Unreadable
from .reading import nearest
from .rules import RULES


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules about something: "" for all, a notebook's number, a heading, a rule's name, or a word they use."""

    about: str = ""

    @property
    def rules(self) -> list[Rule]:
        """The rules asked for, in the order of the headings. Raises `Unreadable` where there are none."""
        found = [rule for rule in RULES if self._is_meant(rule)]
        if not found:
            known = [*(rule.id for rule in RULES), *HEADINGS, *sorted(_notebooks())]
            raise Unreadable(f"No rule is about “{self.about[:60]}”.{nearest(self.about, known)} "
                             "Ask for a notebook (“03”), a heading (“side by side”) or a word.")  # fmt: skip
        return found

    def _is_meant(self, rule: Rule) -> bool:
        about = self.about.strip().lower()
        if about[:2] in _notebooks():
            return rule.id in _notebooks()[about[:2]]
        return not about or about in (rule.id, rule.heading) or about in rule.says.lower()

    def __repr__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        for heading, rules in _by_heading(self.rules):
            yield heading.upper()
            for rule in rules:
                yield f"  {rule.says}"
                yield f"    {rule.id}; {_when(rule)}{_where(rule)}"

    def _repr_html_(self) -> str:
        parts = []
        for heading, rules in _by_heading(self.rules):
            rows = "".join(
                f"<li>{escape(rule.says)}<br><small>{escape(_when(rule) + _where(rule))}</small></li>" for rule in rules
            )
            parts.append(f"<p><b>{escape(heading.capitalize())}</b></p><ul>{rows}</ul>")
        return f'<div class="coursekit-rulebook">{"".join(parts)}</div>'


def _by_heading(rules: list[Rule]) -> list[tuple[str, list[Rule]]]:
    table = {heading: [rule for rule in rules if rule.heading == heading] for heading in HEADINGS}
    return [(heading, some) for heading, some in table.items() if some]


def _notebooks() -> dict[str, set[str]]:
    table: dict[str, set[str]] = {}
    for skill in tables.skills().values():
        for notebook in skill.notebooks:
            table.setdefault(notebook, set()).update(skill.rules)
    return {notebook: rules for notebook, rules in table.items() if rules}


def _when(rule: Rule) -> str:
    since = f"since {tables.spoken(rule.since)}; " if rule.since else ""
    return since + (f"until {tables.spoken(rule.until)}; " if rule.until else "")


def _where(rule: Rule) -> str:
    source = tables.sources()[rule.source]
    return f"{source.title}, {source.where} ({source.edition})"
