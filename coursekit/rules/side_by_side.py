"""Side by side: what two codes do to each other on one claim, by the payer's pairs on the date of service."""

from __future__ import annotations

from collections.abc import Iterator

from .. import tables
from ..facts import Visit
from ..model import Claim, Edit, Finding
from .saying import WHY, opening, pairs, rule


def _both(visit: Visit, edit: Edit, *facts: str) -> tuple[str, ...]:
    return (*visit.words(edit.column_two, *facts), *visit.words(edit.column_one, *facts))


@rule("ncci-ch1-e", heading="side by side")
def never_together(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """A pair with modifier indicator 0 is not paid together to one provider for one patient on one date: column one stays, and no modifier helps."""
    for edit, _ in pairs(visit, claim, "0"):
        # What the note does not show at all is told by another rule.
        if edit.column_one not in visit.services or edit.column_two not in visit.services:
            continue
        says = (
            f"{visit.payer.name} does not pay {edit.column_two} beside {edit.column_one}, with any modifier: the pair has "
            f"indicator 0. {edit.column_one} is column one and stays."
        )
        yield Finding(edit.column_two, says, _both(visit, edit, "did"), part="code", source=edit.source[0])


# What kind of separateness a pair turns on, and the facts of the note that show it.
FACTS = {"region": ("region", "side"), "interval": ("at", "minutes"), "need": ("own_need",)}

# Modifiers that people try, and that are not among those that open an edit (NCCI Policy Manual ch. I.E).
NEVER_OPEN = frozenset({"22", "51", "52", "76", "77"})


def _kind(edit: Edit) -> str:
    return next(kind for kind in ("need", "interval", "region") if kind in edit.opens)


def _stand_apart(visit: Visit, claim: Claim, kind: str, same: str, unsaid: str) -> Iterator[Finding]:
    for edit, shown in pairs(visit, claim, "1"):
        one, two = edit.column_one, edit.column_two
        if _kind(edit) != kind or two in visit.gaps or one not in visit.services or two not in visit.services:
            continue
        quotes = _both(visit, edit, *FACTS[kind])
        if not shown and kind == "region" and visit.payer.whole_spine:
            says = f"{visit.payer.name} takes the whole spine for one place, so {two} counts as part of {one} here."
            yield Finding(two, says, quotes, part="code", source=visit.payer.source[0])
        elif not shown:
            yield Finding(two, same.format(one=one, two=two), quotes, part="code")
        # The reason for an evaluation stands on the evaluation itself; any other on either line.
        elif not opening(claim, two) and (kind == "need" or not opening(claim, one)):
            says = unsaid.format(one=one, two=two, reason=WHY[next(ground for ground in edit.opens if ground in shown)])
            if idle := sorted(NEVER_OPEN & (claim.modifiers[one] | claim.modifiers[two])):
                says += f" {tables.joined(idle)} never open{'s' * (len(idle) == 1)} a pair."
            yield Finding(two, says, quotes)


@rule("ncci-ch11-s", heading="side by side")
def separate_region(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """Soft-tissue work beside a spinal adjustment needs a region that was not adjusted, and a modifier that says so; so does retraining (97112)."""
    yield from _stand_apart(
        visit,
        claim,
        "region",
        "The note shows {two} only where {one} was done too. There it counts as part of the adjustment, with any modifier.",
        "Beside {one}, {two} counts as part of it unless the claim says that it was done {reason}. Nothing on this line says so.",
    )


@rule("ncci-ch11-p2", heading="side by side")
def separate_time(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """Two services of a pair that a modifier can open need separate time, or another reason that holds, and a modifier that says so."""
    yield from _stand_apart(
        visit,
        claim,
        "interval",
        "The note does not show {two} apart from {one}: they share their time. Only {one} can be billed for it.",
        "{two} counts as part of {one} unless the claim says that it was done {reason}. Nothing on this line says so.",
    )


@rule("ncci-ch1-d", heading="side by side")
def separate_evaluation(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """An office visit or re-evaluation beside a treatment needs a reason of its own, beyond what the treatment holds anyway."""
    yield from _stand_apart(
        visit,
        claim,
        "need",
        "The note shows no need for {two} beyond what {one} always holds. It counts as part of {one}.",
        "{two} counts as part of {one} unless the claim says that it was done {reason}. Nothing on this line says so.",
    )
