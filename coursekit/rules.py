"""Every rule of the course: one function each, with its source and its dates.

The name is the id, the docstring the sentence that learners read, the body yields what is wrong. A rule looks at a
visit (a case in the reading nearest to the claim) and at the claim. `since` and `until` are compared with the date of
service. A changed policy is a second rule, never a condition on the year.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date as Date

from . import tables
from .facts import PER_SERVICE, TOTAL_TIME, Visit, units_in
from .model import HEADINGS, Claim, Edit, Finding, Rule

Check = Callable[[Visit, Claim], Iterator[Finding]]

WHY = {
    "region": "in another region",
    "interval": "in separate time",
    "encounter": "at another encounter on the same date",
    "practitioner": "by another practitioner",
    "evaluation": "as a separate evaluation",
}
MISSING = {
    "minutes": "how many minutes it took",
    "region": "which region was treated",
    "time": "when it was done, apart from the other service",
}


def rule(source: str, *, heading: str, since: str = "", until: str = "", advice: bool = False) -> Callable[[Check], Rule]:
    """Make a rule of a function: where it is written, under which heading it speaks, and when it holds."""
    assert heading in HEADINGS, heading

    def make(check: Check) -> Rule:
        first, last = (Date.fromisoformat(day) if day else None for day in (since, until))
        return Rule(check, heading, source, first, last, advice)

    return make


def _label(code: str) -> str:
    return f"{code} ({tables.codes()[code].label})"


def _units(count: int) -> str:
    return "no unit" if count == 0 else "1 unit" if count == 1 else f"{count} units"


def _first_label(claim: Claim, code: str) -> str:
    return next(label for label, line in claim.labelled.items() if line.code == code)


# Who may bill --------------------------------------------------------------------------------------------------------


@rule("benefit-manual-ch15-230-5", heading="who may bill")
def payer_pays_provider(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """A payer pays a code only when someone it pays for that code did the work."""
    for label, line in claim.labelled.items():
        if line.code in visit.unpaid:
            who = sorted({s.by or visit.case.provider for s in visit.services[line.code]})
            says = f"{visit.payer.name} does not pay {tables.joined(who, 'or')} services billed as {line.code}."
            yield Finding(label, says, visit.words(line.code, "by", "did"), source=visit.payer.source[0])


@rule("mue-2026-04", heading="who may bill")
def payer_pays_code(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """A code whose daily limit is zero is never paid by itself."""
    for label, line in claim.labelled.items():
        if line.code in visit.services and visit.has_limit_zero(line.code):
            says = f"{visit.payer.name} never pays {line.code} by itself: its limit for the code is zero units a day."
            yield Finding(label, says, visit.words(line.code))


# What was done -------------------------------------------------------------------------------------------------------


@rule("cpt-release-cycle", heading="what was done")
def code_in_force(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """A code counts only on dates of service on which it exists."""
    for label, line in claim.labelled.items():
        if not visit.in_force(line.code):
            row, day = tables.codes()[line.code], tables.spoken(visit.case.date)
            ended = bool(row.until and row.until < visit.case.date)
            when = f"ended on {tables.spoken(row.until)}" if ended else f"began on {tables.spoken(row.since)}"
            yield Finding(label, f"{line.code} was not valid on {day}: it {when}.")


@rule("benefit-manual-ch15-220-3", heading="what was done")
def documented(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """Bill only what the note shows was done."""
    unbilled = [code for code in visit.due if code not in claim.codes]
    for label, line in claim.labelled.items():
        family = tables.codes()[line.code].family
        if line.code not in visit.services and family not in visit.families and visit.in_force(line.code):
            says = f"Nothing in the note is {_label(line.code)}."
            yield Finding(label, says, tuple(word for code in unbilled for word in visit.words(code, "did")))


@rule("benefit-manual-ch15-220-3", heading="what was done")
def due_is_billed(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """Every service that was done, is documented and is payable belongs on the claim."""
    for code in visit.due:
        if code not in claim.codes and code not in claim.asks:
            says = f"The note shows {_label(code)}, and {visit.payer.name} pays it here. The claim leaves it out."
            yield Finding(code, says, visit.words(code))


# How much ------------------------------------------------------------------------------------------------------------


@rule("ncci-ch11-s", heading="how much")
def adjustment_by_regions(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """The number of regions treated picks the manipulation code."""
    for label, line in claim.labelled.items():
        right = visit.families.get(tables.codes()[line.code].family)
        if right and line.code != right and visit.in_force(line.code):
            # The code counts whole limbs: an elbow and a shoulder are one region.
            regions = sorted({tables.region_line(s.region)[-1] for s in visit.services[right] if s.region})
            if regions:
                count = f"{len(regions)} region{'s' * (len(regions) != 1)} ({tables.joined(regions)})"
                says = f"The note shows {count}. That is {_label(right)}, not {_label(line.code)}."
            else:
                says = f"The note does not say which region was treated. {_label(line.code)} counts regions."
            yield Finding(label, says, visit.words(right, "region"), part="code")


def _wrong_units(visit: Visit, claim: Claim, explain: Callable[[str, int], str]) -> Iterator[Finding]:
    known = tables.codes()
    for code in sorted(claim.codes & visit.services.keys()):
        due, billed = visit.due.get(code, visit.earned.get(code, 0)), claim.units(code)
        if known[code].timing == "timed" and code not in visit.gaps and billed != due:
            says = f"{explain(code, due)} The claim bills {billed}."
            yield Finding(_first_label(claim, code), says, visit.words(code, "minutes", "at"))


@rule("claims-manual-ch5-20-2", heading="how much")
def total_time_units(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """Add the minutes of all timed services first: 8 to 22 are one unit, 23 to 37 two, 38 to 52 three, and so on."""

    def explain(code: str, due: int) -> str:
        spent, total = visit.minutes.get(code, 0), sum(visit.minutes.values())
        if spent == total:
            return f"{spent} minutes of {code} earn {_units(due)}."
        in_all = _units(units_in(total))
        return f"All timed services together took {total} minutes: {in_all}. {code} with {spent} minutes gets {due}."

    if visit.payer.counting == TOTAL_TIME:
        yield from _wrong_units(visit, claim, explain)


@rule("premera-billing-for-time", heading="how much")
def per_service_units(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """A payer that counts per service looks at each code alone: a unit is earned when its midpoint is passed."""

    def explain(code: str, due: int) -> str:
        return f"{visit.payer.name} counts each code alone: {visit.minutes.get(code, 0)} minutes of {code} earn {_units(due)}."

    if visit.payer.counting == PER_SERVICE:
        yield from _wrong_units(visit, claim, explain)


@rule("first-coast-units", heading="how much")
def untimed_once(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """A code that has no time in it is billed once a day, however long it took and however many places were treated."""
    for code in sorted(claim.codes & visit.services.keys()):
        if tables.codes()[code].timing != "timed" and claim.units(code) > 1:
            says = f"{code} does not count minutes: 1 unit for the day. The claim bills {claim.units(code)}."
            yield Finding(_first_label(claim, code), says, visit.words(code))


# Side by side --------------------------------------------------------------------------------------------------------


def _pairs(visit: Visit, claim: Claim, indicator: str) -> Iterator[tuple[Edit, frozenset[str]]]:
    return (pair for pair in visit.pairs(claim.codes) if pair[0].indicator == indicator)


def _distinct(claim: Claim, code: str) -> frozenset[str]:
    """The modifiers on the lines of a code that say two services stand apart."""
    return claim.modifiers[code] & tables.distinct_modifiers()


def _both(visit: Visit, edit: Edit, *facts: str) -> tuple[str, ...]:
    return (*visit.words(edit.column_two, *facts), *visit.words(edit.column_one, *facts))


@rule("ncci-ch1-e", heading="side by side")
def never_together(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """A pair with modifier indicator 0 is not paid together for one patient on one date: column one stays, and no modifier helps."""
    for edit, _ in _pairs(visit, claim, "0"):
        says = (
            f"{visit.payer.name} does not pay {edit.column_two} beside {edit.column_one}, with any modifier: the pair has "
            f"indicator 0. {edit.column_one} is column one and stays."
        )
        yield Finding(
            _first_label(claim, edit.column_two), says, _both(visit, edit, "did"), part="code", source=edit.source[0]
        )


def _stand_apart(visit: Visit, claim: Claim, by_place: bool, same: str, unsaid: str) -> Iterator[Finding]:
    facts = ("region", "side") if by_place else ("at", "minutes")
    for edit, shown in _pairs(visit, claim, "1"):
        one, two = edit.column_one, edit.column_two
        if (("interval" not in edit.opens and "region" in edit.opens) != by_place) or "evaluation" in edit.opens:
            continue
        if two in visit.gaps or one not in visit.services or two not in visit.services:
            continue
        if not shown:
            yield Finding(_first_label(claim, two), same.format(one=one, two=two), _both(visit, edit, *facts), part="code")
        elif not _distinct(claim, one) and not _distinct(claim, two):
            reason = WHY[next(ground for ground in edit.opens if ground in shown)]
            says = unsaid.format(one=one, two=two, reason=reason)
            yield Finding(_first_label(claim, two), says, _both(visit, edit, *facts))


@rule("ncci-ch11-s", heading="side by side")
def separate_region(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """Soft-tissue work beside a spinal adjustment needs a region that was not adjusted, and a modifier that says so."""
    yield from _stand_apart(
        visit,
        claim,
        True,
        "The note shows {two} only where {one} was done too. There it counts as part of the adjustment, with any modifier.",
        "Beside {one}, {two} counts as part of it unless the claim says that it was done {reason}. Nothing on this line says so.",
    )


@rule("ncci-ch11-p2", heading="side by side")
def separate_time(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """Two services of a pair that a modifier can open need separate time, or another reason that holds, and a modifier that says so."""
    yield from _stand_apart(
        visit,
        claim,
        False,
        "The note does not show {two} apart from {one}: they share their time. Only {one} can be billed for it.",
        "{two} counts as part of {one} unless the claim says that it was done {reason}. Nothing on this line says so.",
    )


# How it is said ------------------------------------------------------------------------------------------------------


@rule("cr-8863", heading="how it is said")
def modifier_in_force(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """XE, XP, XS and XU exist for dates of service from January 1, 2015; before that 59 is the only one."""
    for label, line in claim.labelled.items():
        for name in line.modifiers:
            since = tables.modifiers()[name].since
            if since and visit.case.date < since:
                says = f"{name} did not exist on {tables.spoken(visit.case.date)}: it began on {tables.spoken(since)}."
                yield Finding(label, says)


@rule("mln-59x", heading="how it is said")
def modifier_is_needed(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """A modifier that sets services apart belongs only on a line that an edit ties to another line of the claim."""
    tied = {code: edit for edit, _ in visit.pairs(claim.codes) for code in (edit.column_one, edit.column_two)}
    opened = {code for edit, _ in _pairs(visit, claim, "1") for code in (edit.column_one, edit.column_two)}
    for label, line in claim.labelled.items():
        idle = tables.joined(sorted(_distinct(claim, line.code) & set(line.modifiers)) or [""], "and")
        if idle and line.code in tied.keys() - opened:
            edit = tied[line.code]
            yield Finding(
                label, f"{idle} does nothing here: the pair {edit.column_one} and {edit.column_two} has indicator 0."
            )
        elif idle and line.code not in tied:
            yield Finding(label, f"{idle} says that {line.code} stands apart, and no edit ties it to another line here.")


@rule("mln-59x", heading="how it is said")
def modifier_is_true(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """A modifier must give a reason that opens the pair, and the note must show that reason."""
    reasons: dict[str, set[str]] = {}
    opens: dict[str, set[str]] = {}
    for edit, shown in _pairs(visit, claim, "1"):
        for code in (edit.column_one, edit.column_two):
            reasons.setdefault(code, set()).update(shown)
            opens.setdefault(code, set()).update(edit.opens)
    for label, line in claim.labelled.items():
        if not reasons.get(line.code):
            continue
        for name in line.modifiers:
            asserts = tables.modifiers()[name].asserts
            if name not in tables.distinct_modifiers() or asserts & reasons[line.code]:
                continue
            claimed = tables.joined([WHY[ground] for ground in sorted(asserts)], "or")
            shown_here = tables.joined([WHY[ground] for ground in sorted(reasons[line.code])], "and")
            if asserts & opens[line.code]:
                says = f"{name} says that {line.code} was done {claimed}. The note does not show that; it shows it {shown_here}."
            else:
                says = f"{name} says {claimed}. What sets this pair apart is work {shown_here}."
            yield Finding(label, says, visit.words(line.code, "region", "at", "encounter", "by"))


@rule("collins-59-xs", heading="how it is said")
def one_reason_per_line(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """59 and an X modifier do not stand on the same line: the X modifier takes the place of 59."""
    for label, line in claim.labelled.items():
        distinct = _distinct(claim, line.code) & set(line.modifiers)
        if "59" in distinct and len(distinct) > 1:
            others = tables.joined(sorted(distinct - {"59"}))
            yield Finding(label, f"59 and {others} stand on one line. {others} already says why; 59 goes.")


def _opened_on_column_one_only(visit: Visit, claim: Claim) -> Iterator[Edit]:
    for edit, shown in _pairs(visit, claim, "1"):
        if shown and _distinct(claim, edit.column_one) and not _distinct(claim, edit.column_two):
            yield edit


@rule("cr-11168", heading="how it is said", until="2019-06-30")
def column_two_before_2019_07(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """For dates of service before July 1, 2019 the modifier opens a pair only on the column-two code."""
    for edit in _opened_on_column_one_only(visit, claim):
        says = f"On this date a modifier on {edit.column_one} opened nothing. It belongs on {edit.column_two}, column two."
        yield Finding(_first_label(claim, edit.column_two), says)


@rule("cr-11168", heading="how it is said", since="2019-07-01", advice=True)
def column_two_is_safe(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """Medicare takes the modifier on either code since July 1, 2019; on column two it is safe with every payer."""
    for edit in _opened_on_column_one_only(visit, claim):
        says = f"The modifier on {edit.column_one} is accepted. On {edit.column_two}, column two, it is safe everywhere."
        yield Finding(_first_label(claim, edit.column_one), says)


@rule("cr-11168", heading="how it is said", advice=True)
def once_is_enough(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """One modifier opens a pair; a second one on the other line adds nothing."""
    for edit, shown in _pairs(visit, claim, "1"):
        if shown and _distinct(claim, edit.column_one) and _distinct(claim, edit.column_two):
            says = f"{edit.column_two} already says that the two stand apart. {edit.column_one} needs no modifier."
            yield Finding(_first_label(claim, edit.column_one), says)


@rule("ncci-ch1-e", heading="how it is said", since="2015-01-01", advice=True)
def x_says_why(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """Where an X modifier says why two services stand apart, it says more than 59 does."""
    for edit, shown in _pairs(visit, claim, "1"):
        better = [name for name in sorted(tables.distinct_modifiers() - {"59"}) if tables.modifiers()[name].asserts & shown]
        for code in (edit.column_one, edit.column_two):
            if better and "59" in claim.modifiers[code]:
                says = f"59 only says “distinct”. {tables.joined(better, 'or')} says why, and the note shows it."
                yield Finding(_first_label(claim, code), says)


@rule("uhc-therapy-modifiers", heading="how it is said")
def required_modifier(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """Some payers want a modifier that names the plan of care or the kind of care on every line of a provider."""
    for label, line in claim.labelled.items():
        who = {service.by or visit.case.provider for service in visit.services.get(line.code, ())}
        for need in visit.payer.requires:
            if who & set(need.by) and tables.earns(line.code, need.on) and need.modifier not in line.modifiers:
                what = tables.modifiers()[need.modifier].label
                says = f"{visit.payer.name} wants {need.modifier} on this line ({what})."
                yield Finding(label, says, source=visit.payer.source[0])


# What the note must say ----------------------------------------------------------------------------------------------


@rule("benefit-manual-ch15-220-3", heading="what the note must say")
def gap_is_asked(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """What the note does not say cannot be billed; the one who knows can add it, dated and signed."""
    for code, what in visit.gaps.items():
        if code in claim.codes:
            says = f"The note does not say {MISSING[what]}. Ask the provider before {code} is billed."
            yield Finding(_first_label(claim, code), says, visit.words(code))


@rule("benefit-manual-ch15-220-3", heading="what the note must say")
def only_gaps_are_asked(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """Ask the provider only where the record has a gap that an honest addition can close."""
    for code in claim.asks:
        if code not in visit.gaps:
            says = f"There is nothing to ask about {code}: the note settles it."
            yield Finding(code, says, visit.words(code))


@rule("benefit-manual-ch15-220-3", heading="what the note must say", advice=True)
def ask_rather_than_drop(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """A service that was done but is not fully written down deserves a question before it is dropped."""
    for code, what in visit.gaps.items():
        if code not in claim.codes and code not in claim.asks:
            says = f"{code} was done, and the note does not say {MISSING[what]}. Asking may still save the line."
            yield Finding(code, says, visit.words(code))


RULES: tuple[Rule, ...] = (
    # who may bill
    payer_pays_provider,
    payer_pays_code,
    # what was done
    code_in_force,
    documented,
    due_is_billed,
    # how much
    adjustment_by_regions,
    total_time_units,
    per_service_units,
    untimed_once,
    # side by side
    never_together,
    separate_region,
    separate_time,
    # how it is said
    modifier_in_force,
    modifier_is_needed,
    modifier_is_true,
    one_reason_per_line,
    column_two_before_2019_07,
    column_two_is_safe,
    once_is_enough,
    x_says_why,
    required_modifier,
    # what the note must say
    gap_is_asked,
    only_gaps_are_asked,
    ask_rather_than_drop,
)
