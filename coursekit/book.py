"""The rulebook: what the rules say, printed from the rules themselves, so that it cannot drift from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date as Date
from html import escape

from . import chart, tables
from .model import HEADINGS, Code, Edit, Rule, Unreadable
from .reading import nearest
from .rules import RULES, WHY

Scope = Callable[[Code], bool]


def _timed(code: Code) -> bool:
    return code.timing == "timed"


def _therapy(code: Code) -> bool:
    return code.family in (*chart.THERAPY, "pt evaluation", "ot evaluation")


def _spinal(code: Code) -> bool:
    return code.family == "spinal adjustment"


def _paired(indicator: str, kind: str = "") -> Scope:
    return lambda code: any(e.indicator == indicator and (not kind or kind in e.opens) for e in _edits_of(code.code))


# The codes that a rule can speak about; a rule that is not named here can speak about any.
SCOPES: Mapping[str, Scope] = {
    "payer_pays_code": lambda code: code.limit == 0,
    "maintenance_is_not_covered": _spinal,
    "paid_only_beside": lambda code: any(code.code in payer.beside for payer in tables.payers().values()),
    "adjustment_by_regions": lambda code: code.timing == "region",
    "total_time_units": _timed,
    "per_service_units": _timed,
    "one_service_at_a_time": _timed,
    "one_line_per_code": _timed,
    "daily_limit": lambda code: _timed(code) and bool(code.limit),
    "untimed_once": lambda code: not _timed(code),
    "never_together": _paired("0"),
    "separate_region": _paired("1", "region"),
    "separate_time": _paired("1", "interval"),
    "separate_evaluation": _paired("1", "need"),
    "active_care_is_true": _spinal,
    "above_the_threshold": _therapy,
    "assistants_are_marked": _therapy,
    "plan_modifier_is_true": _therapy,
    "timed_total_is_given": _timed,
    "clock_times_are_given": _timed,
    "plan_is_certified": _therapy,
    "plan_is_recertified": _therapy,
    "progress_is_reported": _therapy,
    "skill_was_needed": _therapy,
    "each_service_has_a_purpose": _therapy,
    "total_time_is_given": _therapy,
    "part_is_shown": _spinal,
    "level_is_named": _spinal,
}


def _edits_of(code: str) -> Iterator[Edit]:
    for (_, one, two), rows in tables.edits().items():
        if code in (one, two):
            yield from rows


@dataclass(frozen=True, slots=True)
class Rulebook:
    """The rules about something: "" for all, a notebook's number, a code, a heading, a rule's name, or a word they use.

    With a date of service only the rules in force on it. Raises `Unreadable` where no rule is meant.
    """

    about: str = ""
    on: Date | None = None

    def __post_init__(self) -> None:
        if not self.rules:
            known = [*(rule.id for rule in RULES), *HEADINGS, *sorted(_notebooks()), *tables.codes()]
            raise Unreadable(f"No rule is about “{self.about[:60]}”.{nearest(self.about, known)} "
                             "Ask for a notebook (“03”), a code, a heading (“side by side”) or a word.")  # fmt: skip

    @property
    def rules(self) -> list[Rule]:
        """The rules asked for, in the order of the headings."""
        return [rule for rule in RULES if self._is_meant(rule) and self._holds(rule)]

    @property
    def code(self) -> Code | None:
        """The code asked about, if it is one."""
        return tables.codes().get(self.about.strip().upper())

    def _is_meant(self, rule: Rule) -> bool:
        about = self.about.strip().lower()
        if self.code:
            return SCOPES.get(rule.id, lambda code: True)(self.code)
        if about[:2] in _notebooks():
            return rule.id in _notebooks()[about[:2]]
        return not about or about in (rule.id, rule.heading) or about in rule.says.lower()

    def _holds(self, rule: Rule) -> bool:
        return not self.on or ((not rule.since or rule.since <= self.on) and (not rule.until or self.on <= rule.until))

    def __repr__(self) -> str:
        return "\n".join([*(f"{line}\n" for line in self._preface()), *self._lines()])

    def _preface(self) -> Iterator[str]:
        if self.on:
            yield f"In force on {tables.spoken(self.on)}."
        if self.code:
            limit = f" Medicare's daily limit: {self.code.limit}." if self.code.limit is not None else ""
            yield f"{self.code.code}: {self.code.label}. {self.code.timing.capitalize()}.{limit}"
            yield from _pairs_told(self.code.code, self.on or Date.today())

    def _lines(self) -> Iterator[str]:
        for heading, rules in _by_heading(self.rules):
            yield heading.upper()
            for rule in rules:
                yield f"  {rule.says}"
                yield f"    {rule.id}; {_when(rule)}{cited(rule.source)}"

    def _repr_html_(self) -> str:
        parts = [f"<p>{escape(line)}</p>" for line in self._preface()]
        for heading, rules in _by_heading(self.rules):
            rows = "".join(
                f"<li>{escape(rule.says)}<br><small>{escape(_when(rule) + cited(rule.source))}</small></li>"
                for rule in rules
            )
            parts.append(f"<p><b>{escape(heading.capitalize())}</b></p><ul>{rows}</ul>")
        return f'<div class="coursekit-rulebook">{"".join(parts)}</div>'

    def markdown(self) -> str:
        """The rulebook as a page of Markdown."""
        parts = [f"{line}\n" for line in self._preface()]
        for heading, rules in _by_heading(self.rules):
            parts.append(f"## {heading.capitalize()}\n")
            for rule in rules:
                advice = " Advice: it never costs a point." if rule.advice else ""
                parts.append(f"**{rule.says}**{advice}  \n`{rule.id}` · {_when(rule)}{cited(rule.source)}\n")
        return "\n".join(parts)

    def rows(self) -> list[dict]:
        """The rules as plain data."""
        return [
            {
                "id": rule.id,
                "says": rule.says,
                "heading": rule.heading,
                "since": rule.since.isoformat() if rule.since else None,
                "until": rule.until.isoformat() if rule.until else None,
                "advice": rule.advice,
                "source": rule.source,
                "where": cited(rule.source),
            }
            for rule in self.rules
        ]


def _pairs_told(code: str, on: Date) -> Iterator[str]:
    """The pairs of a code in Medicare's table on a date, in a few lines."""
    groups: dict[tuple[str, str], list[str]] = {}
    for list_, one, two in sorted(tables.edits()):
        if list_ != "ncci" or code not in (one, two) or not (edit := tables.edit_in_force("ncci", one, two, on)):
            continue
        how = "indicator 0, nothing opens it"
        if edit.indicator == "1":
            how = f"indicator 1, opens for work {tables.joined([WHY[ground] for ground in edit.opens], 'or')}"
        groups.setdefault(("column two of" if two == code else "column one of", how), []).append(
            one if two == code else two
        )
    for (place, how), others in sorted(groups.items()):
        yield f"{place.capitalize()} {', '.join(others)}: {how}."


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


def cited(id: str) -> str:
    """A source in a line: its title, the place in it, its edition, and how it was seen if not by reading it."""
    source = tables.sources()[id]
    if source.id == "invented":
        return "invented for teaching"
    how = {"read": "", "secondary": "; seen second-hand", "memory": "; from memory"}[source.seen]
    return f"{source.title}, {source.where} ({source.edition}{how})"
