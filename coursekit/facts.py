"""What a note amounts to before anyone bills: minutes per code, units earned, what stands apart, what is due.

A case can be read in more than one right way: where the field disagrees on a technique, and where leftover minutes
tie. Each way is a `Visit`; rules look at one visit, the one nearest to the claim.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

from . import chart, tables
from .apart import GROUNDS, all_of, any_of, apart_in_time, between, practitioner, practitioner_of_plan
from .counting import ASSISTED_SHARE, assisted_units, units_in, whoever_owns
from .model import Case, Edit, Line, Payer, Service


@dataclass(frozen=True, eq=False)
class Visit:
    """One right way to read a case. `reading` gives each service its code; `earned` the units of each code."""

    case: Case
    payer: Payer
    reading: tuple[tuple[Service, str | None], ...]
    earned: Mapping[str, int]

    @cached_property
    def services(self) -> dict[str, tuple[Service, ...]]:
        """The services behind each code that the note documents."""
        table: dict[str, tuple[Service, ...]] = {}
        for service, code in self.reading:
            if code:
                table[code] = (*table.get(code, ()), service)
        return table

    @cached_property
    def payable(self) -> dict[str, tuple[Service, ...]]:
        """The services behind each code that can be paid: an aide's never, and another's whom the payer does not pay for it."""
        return _payable(self.reading, self.case)

    @cached_property
    def families(self) -> dict[str, str]:
        """The code that the note documents of each family counted by regions."""
        known = tables.codes()
        return {known[code].family: code for code in self.services if known[code].timing == "region"}

    @cached_property
    def _memory(self) -> dict:
        return {}

    def words(self, code: str, *facts: str) -> tuple[str, ...]:
        """The note's words for what was done under a code."""
        if (said := self._memory.get((code, facts))) is None:
            services = self.services.get(code, ())
            said = self._memory[code, facts] = tuple(word for service in services for word in service.words(*facts))
        return said

    def billed(self, codes: frozenset[str]) -> tuple[str, ...]:
        """Of the codes billed, those that the note documents, in order."""
        if (both := self._memory.get(codes)) is None:
            both = self._memory[codes] = tuple(sorted(codes & self.services.keys()))
        return both

    def case_words(self, *documents: str) -> tuple[str, ...]:
        """The note's words for facts about the visit as a whole."""
        said = (self.case.documents.get(name) for name in documents)
        return tuple(document.quote for document in said if document and document.quote)

    def is_therapy(self, code: str) -> bool:
        """Whether a code is therapy that the yearly amount and the plan of care are about."""
        return tables.codes()[code].family in (*chart.THERAPY, "pt evaluation", "ot evaluation")

    @cached_property
    def lacks(self) -> dict[str, frozenset[str]]:
        """What the payer wants of a whole record and does not find, with the codes that fall for it."""
        return chart.lacks(self)

    @cached_property
    def minutes(self) -> dict[str, int]:
        """Counted minutes of each timed code."""
        return counted_minutes(self.reading, self.case)

    def pays(self, code: str) -> bool:
        """Whether the payer pays this code to someone who did it."""
        who = {service.by or self.case.provider for service in self.services.get(code, ())}
        return any(tables.earns(code, self.payer.pays.get(name, ())) for name in who)

    @cached_property
    def unpaid(self) -> frozenset[str]:
        """Documented codes that the payer pays to nobody who did them."""
        return frozenset(code for code in self.services if not self.pays(code))

    @cached_property
    def alone(self) -> frozenset[str]:
        """Codes that the payer pays only beside another, and that stand here without it."""
        there = self._candidates - self.struck.keys()
        return frozenset(
            code
            for code, wanted in self.payer.beside.items()
            if code in self.services and not any(tables.earns(other, wanted) for other in there - {code})
        )

    @cached_property
    def maintenance(self) -> frozenset[str]:
        """Adjustments that the note calls maintenance, where the payer wants active care marked."""
        if chart.says(self, "care") != "maintenance":
            return frozenset()
        marked = [need.on for need in self.payer.requires if need.modifier == "AT"]
        return frozenset(code for code in self.services if any(tables.earns(code, on) for on in marked))

    @cached_property
    def notice_marks(self) -> tuple[str, ...]:
        """The modifiers that tell the truth about the advance notice: GA, GZ, or either where the record is silent."""
        return {"required": ("GA",), "none": ("GZ",)}.get(chart.says(self, "notice"), ("GA", "GZ"))

    @cached_property
    def shared(self) -> tuple[tuple[str, str, int], ...]:
        """Two timed codes of one practitioner, and the minutes on the clock that both count and no edit sorts out."""
        clocked = ((s, c) for c, services in self.payable.items() for s in services if isinstance(s.at, int))
        timed = [(service, code) for service, code in clocked if tables.codes()[code].timing == "timed"]
        return tuple(
            (first, second, min(one.at + one.minutes, two.at + two.minutes) - max(one.at, two.at))
            for (one, first), (two, second) in combinations(timed, 2)
            if first != second and apart_in_time(one, two) is False and one.minutes and two.minutes
            if practitioner(one, self.case) == practitioner(two, self.case)
            if not self._is_part_of(first, two, second) and not self._is_part_of(second, one, first)
        )

    @cached_property
    def timed_total(self) -> int:
        """All timed minutes of the day, those that two services share counted once."""
        return sum(self.minutes.values()) - sum(both for _, _, both in self.shared)

    @cached_property
    def overlapping(self) -> frozenset[str]:
        """Timed codes that share minutes on the clock, where the units turn on whose minutes they were."""
        if not self.shared or whoever_owns(self.shared, self.minutes, self.payer.counting) is not None:
            return frozenset()
        return frozenset(code for first, second, _ in self.shared for code in (first, second))

    def _is_part_of(self, column_one: str, service: Service, code: str) -> bool:
        """Whether an edit makes one service of a code part of another code."""
        edit = self.edit(column_one, code)
        return bool(edit) and not self._stands_apart(service, edit)

    def required(self, code: str) -> tuple[tuple[str, str], ...]:
        """The modifiers that the payer wants on a line of this code, each with its source."""
        return self._required.get(code, ())

    def any_plan_will_do(self, code: str) -> bool:
        """Whether a physician did it, whose therapy may belong to any of the plans of care."""
        return all((service.by or self.case.provider) == "physician" for service in self.services.get(code, ()))

    @cached_property
    def _required(self) -> dict[str, tuple[tuple[str, str], ...]]:
        table = {}
        for code, services in self.services.items():
            who = {service.by or self.case.provider for service in services}
            wanted = [n for n in self.payer.requires if who & set(n.by) and tables.earns(code, n.on)]
            table[code] = tuple((need.modifier, need.source) for need in wanted if code not in self.maintenance)
        return table

    def attests(self, code: str) -> tuple[str, ...]:
        """The modifiers that a line of this code carries because of what was spent this year."""
        return ("KX",) if self.is_above_threshold and self.is_therapy(code) else ()

    @cached_property
    def is_above_threshold(self) -> bool | None:
        """Whether today's services pass the year's amount; None where the record does not tell what they come to."""
        spent, today = chart.says(self, "spent this year"), chart.says(self, "allowed today")
        if not spent or not self.threshold:
            return None
        if int(spent) >= self.threshold:
            return True
        return int(spent) + int(today) > self.threshold if today else None

    @cached_property
    def threshold(self) -> int | None:
        """The year's amount above which therapy lines carry KX, in dollars; None where the payer has none."""
        of = "OT" if practitioner_of_plan(self.case) == "occupational therapist" else "PT and SLP"
        row = tables.amount_on("therapy threshold", self.payer.id, of, self.case.date)
        return int(row.value) if row else None

    @cached_property
    def assisted(self) -> dict[str, tuple[int, str]]:
        """Codes of which an assistant gave enough to be marked: the units to mark, and CQ or CO."""
        table = {}
        for code, units in self.earned.items() if self.payer.assistants else ():
            given: dict[str, int] = {}
            for service in self.payable[code]:
                mark = tables.providers()[service.by or self.case.provider].modifier
                given[mark] = given.get(mark, 0) + (service.minutes or 0)
            mark = max(given)
            since = tables.modifiers()[mark].since if mark else None
            if not mark or (since and self.case.date < since):
                continue
            mine, theirs = given.get("", 0), given[mark]
            if tables.codes()[code].timing == "timed":
                marked = assisted_units(mine, theirs, units)
            else:
                marked = units * ("" not in given or theirs > ASSISTED_SHARE * (mine + theirs))
            if marked:
                table[code] = (marked, mark)
        return table

    def has_limit_zero(self, code: str) -> bool:
        """Whether the payer's daily limit for the code is zero: it is never paid by itself."""
        return self.payer.limits and tables.codes()[code].limit == 0

    def is_denial(self, line: Line) -> bool:
        """Whether a line asks for a denial: GY on something that Medicare never pays here."""
        return (
            self.payer.is_medicare
            and "GY" in line.modifiers
            and (line.code in self.unpaid or self.has_limit_zero(line.code))
        )

    def in_force(self, code: str) -> bool:
        """Whether the code exists on the date of service."""
        row = tables.codes()[code]
        return (not row.since or row.since <= self.case.date) and (not row.until or self.case.date <= row.until)

    def edit(self, column_one: str, column_two: str) -> Edit | None:
        """The payer's edit on this pair, this way round, on the date of service."""
        return tables.edit_in_force(self.payer.edits, column_one, column_two, self.case.date)

    def pairs(self, codes: frozenset[str], indicator: str = "") -> tuple[tuple[Edit, frozenset[str]], ...]:
        """Each edit among these codes, of one indicator or of any, with the grounds that open it and that the note shows."""
        if (pairs := self._memory.get((codes, indicator))) is None:
            found = (self.edit(one, two) for one in sorted(codes) for two in sorted(codes) if one != two)
            wanted = [edit for edit in found if edit and indicator in ("", edit.indicator)]
            pairs = self._memory[codes, indicator] = tuple((edit, self.shown(edit)) for edit in wanted)
        return pairs

    def reasons(self, codes: frozenset[str]) -> dict[str, tuple[frozenset[str], frozenset[str]]]:
        """Of each code that an edit with indicator 1 ties to another: the grounds shown, and those that would open it."""
        if (reasons := self._memory.get(("reasons", codes))) is None:
            reasons = self._memory["reasons", codes] = {}
            for edit, shown in self.pairs(codes, "1"):
                for code in (edit.column_one, edit.column_two):
                    known, opens = reasons.get(code, (frozenset(), frozenset()))
                    reasons[code] = (known | shown, opens.union(edit.opens))
        return reasons

    def grounds(self, edit: Edit) -> dict[str, bool | None]:
        """Each ground on which some service of column two stands apart from all of column one, or not, or unsaid."""
        ones, twos = self.payable.get(edit.column_one, ()), self.payable.get(edit.column_two, ())
        answers: dict[str, bool | None] = {}
        for ground in GROUNDS:
            each = [
                all_of(between(one, two, self.case, self.payer.whole_spine)[ground] for one in ones)
                for two in twos
                if ones
            ]
            answers[ground] = any_of(each)
        return answers

    def shown(self, edit: Edit) -> frozenset[str]:
        """The grounds that open this edit and that the note shows."""
        if edit.indicator != "1":
            return frozenset()
        grounds = self.grounds(edit)
        return frozenset(ground for ground in edit.opens if grounds.get(ground))

    def shuts(self, edit: Edit) -> bool:
        """Whether nothing in the note can set this pair apart."""
        return not self.shown(edit)

    @cached_property
    def _candidates(self) -> frozenset[str]:
        """Codes earned, in force and paid: all that edits have to choose among."""
        return frozenset(
            code
            for code in self.earned
            if code not in self.unpaid | self.maintenance
            if self.in_force(code) and not self.has_limit_zero(code)
        )

    @cached_property
    def struck(self) -> dict[str, Edit]:
        """Codes that fall to an edit, with the edit. A code that has itself fallen strikes no other."""
        candidates, fallen, stays = self._candidates, {}, {}

        def stands(code: str) -> bool:
            if code not in stays:
                stays[code] = True  # a pair that struck both ways would otherwise never end
                for other in sorted(candidates - {code}):
                    edit = self.edit(other, code)
                    if edit and self.shuts(edit) and stands(other):
                        stays[code], fallen[code] = False, edit
                        break
            return stays[code]

        for code in sorted(candidates):
            stands(code)
        return fallen

    @cached_property
    def gaps(self) -> dict[str, str]:
        """Codes that the note supports but for one thing that the provider may still know, and what that is."""
        gaps = {code: what for code in self.services if (what := self._unsaid(code))}
        for code in self.struck:
            unsaid = [self._unsaid_grounds(edit) for edit in self._strikers(code)]
            if unsaid and all(unsaid):
                gaps.setdefault(code, "time" if unsaid[0][0] == "interval" else unsaid[0][0])
        for want, codes in self.lacks.items():
            if want not in chart.BEYOND_MENDING:
                for code in sorted(codes & self._candidates - self.struck.keys()):
                    gaps.setdefault(code, want)
        hopeless = {code for want in self.lacks.keys() & chart.BEYOND_MENDING for code in self.lacks[want]}
        return {code: what for code, what in gaps.items() if code not in hopeless}

    def _strikers(self, code: str) -> list[Edit]:
        """The edits that a code falls to, beside codes that stand."""
        stand = sorted(self._candidates - self.struck.keys() - {code})
        return [edit for other in stand if (edit := self.edit(other, code)) and self.shuts(edit)]

    def _unsaid_grounds(self, edit: Edit) -> list[str]:
        """The grounds that would open an edit and on which the note is silent: with none, no answer can help."""
        grounds = self.grounds(edit) if edit.indicator == "1" else {}
        return [ground for ground in edit.opens if grounds.get(ground, False) is None]

    def _unsaid(self, code: str) -> str:
        """What the note leaves out about a code that could be billed otherwise: its minutes, its region, its clock."""
        services = self.payable.get(code, ())
        if code in self.unpaid or code in self.alone or not services:
            return ""
        if tables.codes()[code].timing == "timed" and any(service.minutes is None for service in services):
            return "minutes" if all(map(self._unsaid_grounds, self._strikers(code))) else ""
        if tables.codes()[code].timing == "region" and not all(service.region for service in services):
            return "region"
        return "overlap" if code in self.overlapping else ""

    @cached_property
    def due(self) -> dict[str, int]:
        """What the claim must hold: each code with its units."""
        lacking = {code for codes in self.lacks.values() for code in codes}
        return {code: units for code, units in self._standing.items() if units and code not in lacking}

    @cached_property
    def _standing(self) -> dict[str, int]:
        """Codes that no edit and no gap takes away, with the units that stand apart: none where too few minutes do."""
        return {
            code: self._apart_units(code)
            for code in self.earned
            if code in self._candidates - self.alone and code not in self.struck and code not in self.gaps
        }

    def units_of(self, code: str) -> int:
        """Units that a claim may bill of a code: those that stand apart, else those that its minutes earned."""
        return self._standing.get(code, self.earned.get(code, 0))

    def _apart_units(self, code: str) -> int:
        """Units of a code of which only some services may stand apart from a column-one code."""
        units, services = self.earned[code], self.payable[code]
        if tables.codes()[code].timing != "timed":
            return units
        for other in self._candidates - {code} - set(self.struck):
            edit = self.edit(other, code)
            if edit and edit.indicator == "1":
                apart = [s for s in services if self._stands_apart(s, edit)]
                if len(apart) < len(services):
                    units = min(units, units_in(sum(s.minutes or 0 for s in apart)))
        return units

    def _stands_apart(self, service: Service, edit: Edit) -> bool:
        ones = self.payable.get(edit.column_one, ())
        return any(
            all(between(one, service, self.case, self.payer.whole_spine)[g] for one in ones)
            for g in edit.opens
            if g in GROUNDS
        )


def counts(service: Service, case: Case) -> bool:
    """Whether a person's minutes count: not an aide's, and nobody's whom the payer pays for nothing at all."""
    who = service.by or case.provider
    return tables.providers()[who].counts and bool(tables.payers()[case.payer].pays.get(who))


def _payable(reading: Iterable[tuple[Service, str | None]], case: Case) -> dict[str, tuple[Service, ...]]:
    """The services of each code by people who count; where the payer pays some of them for it and not others, by those."""
    counted: dict[str, list[Service]] = {}
    for service, code in reading:
        if code and counts(service, case):
            counted.setdefault(code, []).append(service)
    pays = tables.payers()[case.payer].pays
    paid = {
        code: [service for service in services if tables.earns(code, pays.get(service.by or case.provider, ()))]
        for code, services in counted.items()
    }
    return {code: tuple(paid[code] or services) for code, services in counted.items()}


def counted_minutes(reading: Iterable[tuple[Service, str | None]], case: Case) -> dict[str, int]:
    """Minutes of each timed code that can become units."""
    given = {
        code: sum(service.minutes or 0 for service in services) for code, services in _payable(reading, case).items()
    }
    return {code: spent for code, spent in given.items() if spent and tables.codes()[code].timing == "timed"}
