"""How it is said: modifiers are assertions. Each must be true, needed, in force and in its place."""

from __future__ import annotations

from collections.abc import Iterator

from .. import chart, tables
from ..facts import Visit
from ..model import Claim, Edit, Finding
from .saying import WHY, opening, pairs, rule

# The X modifiers that Medicare's manual names for separate time in one chapter and not in the other (ch. I.E, XI.P.2).
NAMED_FOR_TIME_TOO = frozenset({"XE", "XS"})


def time_too(visit: Visit) -> frozenset[str]:
    """The X modifiers that a payer may also take for separate time, because Medicare's manual is of two minds."""
    return NAMED_FOR_TIME_TOO if visit.payer.follows_ncci else frozenset()


@rule("cr-8863", heading="how it is said")
def modifier_in_force(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """A modifier counts only on dates of service on which it exists: XE, XP, XS and XU from January 1, 2015."""
    for label, line in claim.labelled.items():
        for name in line.modifiers:
            since = tables.modifiers()[name].since
            if since and visit.case.date < since:
                row, day = tables.modifiers()[name], tables.spoken(visit.case.date)
                says = f"{name} was not in use on {day}: Medicare takes it from {tables.spoken(since)} on."
                yield Finding(label, says, source=row.source[-1] if row.kind == "distinct" else row.source[0])


@rule("mln-59x", heading="how it is said")
def modifier_is_needed(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """A modifier that sets services apart belongs only on a line that an edit ties to another line of the claim."""
    for label, line in claim.labelled.items():
        # 25 says something of the visit itself, so it may stand where no edit asks for it.
        distinct = tables.distinct_modifiers().intersection(line.modifiers)
        if not distinct or line.code in visit.reasons(claim.codes):
            continue
        idle = tables.joined(sorted(distinct))
        tied = [edit for edit, _ in visit.pairs(claim.codes) if line.code in (edit.column_one, edit.column_two)]
        if tied:
            both = f"{tied[-1].column_one} and {tied[-1].column_two}"
            yield Finding(label, f"{idle} does nothing here: the pair {both} has indicator 0.")
        else:
            yield Finding(
                label, f"{idle} says that {line.code} stands apart, and no edit ties it to another line here."
            )


@rule("mln-59x", heading="how it is said")
def modifier_is_true(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """A modifier must give a reason that opens the pair, and the note must show that reason."""
    for label, line in claim.labelled.items():
        for name in sorted(opening(claim, line.code).intersection(line.modifiers)):
            shown, opens = visit.reasons(claim.codes).get(line.code, (frozenset(), frozenset()))
            asserts = tables.modifiers()[name].asserts
            if not shown or asserts & shown or (name in time_too(visit) and "interval" in shown):
                continue
            claimed = tables.joined([WHY[ground] for ground in sorted(asserts)], "or")
            shown_here = tables.joined([WHY[ground] for ground in sorted(shown)], "and")
            if asserts & opens:
                says = f"{name} says that {line.code} was done {claimed}. The note does not show that; it shows it {shown_here}."
            else:
                says = f"{name} says: {claimed}. What sets this pair apart is another thing: {shown_here}."
            yield Finding(label, says, visit.words(line.code, "region", "at", "encounter", "by"))


@rule("ncci-ch11-p2", heading="how it is said", since="2015-01-01", advice=True)
def separate_time_is_xu(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """For separate time Medicare's chapter on therapy names 59 or XU; XS is for place, XE for another encounter."""
    for edit, shown in pairs(visit, claim, "1"):
        for code in (edit.column_one, edit.column_two):
            for name in sorted(opening(claim, code) & time_too(visit) if "interval" in shown else ()):
                if not tables.modifiers()[name].asserts & shown:
                    says = f"What the note shows is separate time. One chapter of Medicare's manual names {name} for it; the one on therapy, XU."
                    yield Finding(code, says, visit.words(code, "at", "minutes"))


@rule("ncci-ch1-e", heading="how it is said")
def modifier_fits_code(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """25 belongs on an office visit; 59 and the X modifiers belong on everything else and never on an office visit."""
    for label, line in claim.labelled.items():
        for name in sorted(opening(claim, line.code) & set(line.modifiers)):
            if not tables.fits(name, line.code):
                right = "25" if name != "25" else "59 or an X modifier"
                yield Finding(
                    label, f"{name} does not belong on {line.code}. Where one is needed there, it is {right}."
                )


@rule("collins-59-xs", heading="how it is said")
def one_reason_per_line(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """59 and an X modifier do not stand on the same line: the X modifier takes the place of 59."""
    for label, line in claim.labelled.items():
        distinct = opening(claim, line.code) & set(line.modifiers)
        if "59" in distinct and len(distinct) > 1:
            others = tables.joined(sorted(distinct - {"59"}))
            yield Finding(label, f"59 and {others} stand on one line. {others} already says why; 59 goes.")


def _opened_on_column_one_only(visit: Visit, claim: Claim) -> Iterator[Edit]:
    for edit, shown in pairs(visit, claim, "1"):
        if shown and opening(claim, edit.column_one) and not opening(claim, edit.column_two):
            yield edit


@rule("cr-11168", heading="how it is said", until="2019-06-30")
def column_two_before_2019_07(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """For dates of service before July 1, 2019 the modifier opens a pair only on the column-two code."""
    for edit in _opened_on_column_one_only(visit, claim):
        says = (
            f"On this date a modifier on {edit.column_one} opened nothing. It belongs on {edit.column_two}, column two."
        )
        yield Finding(edit.column_two, says)


@rule("cr-11168", heading="how it is said", since="2019-07-01", advice=True)
def column_two_is_safe(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """On professional claims Medicare takes the modifier on either code since July 1, 2019; on column two it is safe everywhere."""
    for edit in _opened_on_column_one_only(visit, claim):
        accepted = "may not be read on a hospital claim" if edit.list == "ncci-hospital" else "is accepted"
        says = f"The modifier on {edit.column_one} {accepted}. On {edit.column_two}, column two, it is safe everywhere."
        yield Finding(edit.column_one, says)


@rule("cr-11168", heading="how it is said", advice=True)
def once_is_enough(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """One modifier opens a pair; a second one on the other line adds nothing."""
    opened = [(edit, shown) for edit, shown in pairs(visit, claim, "1") if shown]
    twos = {edit.column_two for edit, _ in opened}
    for edit, _ in opened:
        # A code that is column one here and column two of another pair carries its modifier for that one.
        if edit.column_one not in twos and opening(claim, edit.column_one) and opening(claim, edit.column_two):
            says = f"{edit.column_two} already says that the two stand apart. {edit.column_one} needs no modifier."
            yield Finding(edit.column_one, says)


@rule("ncci-ch1-e", heading="how it is said", since="2015-01-01", advice=True)
def x_says_why(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """Where an X modifier says why two services stand apart, it says more than 59 does."""
    for edit, shown in pairs(visit, claim, "1"):
        # Of two lines with 59 one is told; what else is on a line with 59 is another rule's affair.
        heard = (edit.column_two, edit.column_one)[: 1 + (visit.case.date >= column_two_is_safe.since)]
        with_59 = [code for code in heard if opening(claim, code) == {"59"}]
        for code in with_59[:1]:
            others = (name for name in sorted(tables.distinct_modifiers() - {"59"}) if tables.fits(name, code))
            better = [name for name in others if tables.modifiers()[name].asserts & shown]
            if better:
                says = f"59 only says “distinct”. {tables.joined(better, 'or')} says why, and the note shows it."
                yield Finding(code, says)


@rule("uhc-therapy-modifiers", heading="how it is said", when=lambda visit: visit.payer.requires)
def required_modifier(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """Some payers want a modifier that names the plan of care or the kind of care on every line of a provider."""
    for label, line in claim.labelled.items():
        plans = tables.plan_modifiers() if visit.any_plan_will_do(line.code) else frozenset()
        for name, source in visit.required(line.code):
            if name not in line.modifiers and not (name in plans and plans & set(line.modifiers)):
                says = f"{visit.payer.name} wants {name} on this line ({tables.modifiers()[name].label})."
                yield Finding(label, says, source=source)


@rule("webpt-therapy-modifiers", heading="how it is said", when=lambda visit: visit.payer.requires)
def plan_modifier_is_true(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """GP, GO and GN name the plan of care that the service belongs to: one of them, and the right one."""
    for label, line in claim.labelled.items():
        wanted = {name for name, _ in visit.required(line.code)} & tables.plan_modifiers()
        if visit.any_plan_will_do(line.code):
            continue
        for name in sorted(tables.plan_modifiers() & set(line.modifiers) - wanted if wanted else ()):
            says = f"{name} says {tables.modifiers()[name].label.lower()}. This service belongs to the plan of {min(wanted)}."
            yield Finding(label, says)


@rule("chiropractic-lcd", heading="how it is said")
def active_care_is_true(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """AT says that the care is active: it is false on maintenance care and on anything but an adjustment of the spine."""
    for label, line in claim.labelled.items():
        if "AT" in line.modifiers and tables.codes()[line.code].family != "spinal adjustment":
            yield Finding(label, f"AT marks an adjustment of the spine as active care. {line.code} is not one.")
        elif "AT" in line.modifiers and line.code in visit.maintenance:
            yield Finding(
                label, "AT says that the care is active. The note calls it maintenance.", visit.case_words("care")
            )


@rule("kx-amounts", heading="how it is said", when=lambda v: v.threshold and chart.says(v, "spent this year"))
def above_the_threshold(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """KX says that therapy above the year's amount is needed and documented: it belongs on lines above it and on no other."""
    spent, today = (chart.says(visit, name) for name in ("spent this year", "allowed today"))
    quotes = visit.case_words("spent this year", "allowed today")
    money = f"Before today {visit.payer.name} had allowed ${int(spent):,} this year"
    money += f", and today's services come to ${int(today):,}" if today else ""
    for label, line in claim.labelled.items():
        if not visit.is_therapy(line.code):
            continue
        if visit.is_above_threshold and "KX" not in line.modifiers:
            yield Finding(label, f"{money}; the year's amount is ${visit.threshold:,}. This line needs KX.", quotes)
        elif visit.is_above_threshold is False and "KX" in line.modifiers:
            yield Finding(label, f"{money}; the year's amount is ${visit.threshold:,}. KX is not true yet.", quotes)


@rule("assistants-trade", heading="how it is said", since="2020-01-01", when=lambda visit: visit.payer.assistants)
def assistants_are_marked(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """A unit of which an assistant alone gave more than a tenth carries CQ or CO, unless the therapist gave at least 8 minutes of the last one."""
    for code in visit.billed(claim.codes):
        if code in visit.gaps:
            continue
        units, name = visit.assisted.get(code, (0, ""))
        marks = {name} if name else tables.assistant_modifiers()
        billed = sum(line.units for line in claim.lines if line.code == code and marks & set(line.modifiers))
        if billed != units and claim.units(code) == visit.earned.get(code):
            whose = f"the units for {name} are {units} of {claim.units(code)}" if name else "no unit carries CQ or CO"
            says = f"{code}: by the minutes of therapist and assistant {whose}. The claim marks {billed}."
            yield Finding(code, says, visit.words(code, "by", "minutes"))


@rule("memory", heading="how it is said", advice=True)
def local_modifiers_stay_home(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """A modifier that a state's program defines, such as U7, means nothing to any other payer."""
    for label, line in claim.labelled.items():
        for name in line.modifiers:
            if tables.modifiers()[name].kind == "local":
                yield Finding(label, f"{name} has no meaning outside the state program that defines it.")
