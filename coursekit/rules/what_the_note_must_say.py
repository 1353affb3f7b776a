"""What the note must say: a claim stands on the record, and the record must stand without the claim."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from .. import tables
from ..chart import BEYOND_MENDING, PART_ELEMENTS, plan_runs_to, says
from ..facts import Visit
from ..model import Claim, Finding
from .saying import rule

MISSING = {
    "minutes": "how many minutes it took",
    "region": "which region was treated",
    "time": "when it was done, apart from the other service",
    "overlap": "whose the minutes were that two services share",
}


# What the one thing beyond mending is.
BEYOND_WORDS = "the note repeats an earlier one word for word"


def _missing(what: str) -> str:
    return f"The note does not say {MISSING[what]}." if what in MISSING else f"The record lacks something: {what}."


@rule("benefit-manual-ch15-220-3", heading="what the note must say", when=lambda visit: visit.gaps)
def gap_is_asked(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """What the note does not say cannot be billed; the one who knows can add it, dated and signed."""
    for code, what in visit.gaps.items():
        if code in claim.codes and what in MISSING and what != "overlap":
            says = f"{_missing(what)} Ask the provider before {code} is billed."
            yield Finding(code, says, visit.words(code))


@rule("benefit-manual-ch15-220-3", heading="what the note must say")
def only_gaps_are_asked(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """Ask the provider only where the record has a gap that an honest addition can close."""
    for code in claim.asks:
        if code not in visit.gaps:
            hopeless = any(code in codes for want, codes in visit.lacks.items() if want in BEYOND_MENDING)
            says = (
                f"No answer can mend {code}: {BEYOND_WORDS}."
                if hopeless
                else f"There is nothing to ask about {code}: the note settles it."
            )
            yield Finding(code, says, visit.words(code))


@rule("benefit-manual-ch15-220-3", heading="what the note must say", advice=True, when=lambda visit: visit.gaps)
def ask_rather_than_drop(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """A service that was done but is not fully written down deserves a question before it is dropped."""
    for code, what in visit.gaps.items():
        if code not in claim.codes and code not in claim.asks:
            says = f"{code} was done. {_missing(what)} Asking may still save the line."
            yield Finding(code, says, visit.words(code))


# A whole record -------------------------------------------------------------------------------------------------------


def _wants(want: str) -> Callable[[Visit], bool]:
    return lambda visit: want in visit.lacks


# Where the record would say it, for what is not called so there.
SAID_UNDER = {
    "own words": ("copied from",),
    "timed total": ("timed minutes",),
    "total": ("total minutes",),
    "plan of care": ("plan of care", "certified"),
    "recertification": ("first treatment", "plan ends", "recertified"),
    "progress report": ("treatment day",),
    "part": PART_ELEMENTS,
    "late entry": ("written",),
}


def _lacking(visit: Visit, claim: Claim, want: str, says: str) -> Iterable[Finding]:
    quotes = visit.case_words(*SAID_UNDER.get(want, (want,)))
    fallen = sorted(visit.lacks.get(want, frozenset()) & claim.codes)
    return [Finding(code, f"{says[:1].upper()}{says[1:]}.", quotes) for code in fallen]


@rule("benefit-manual-ch15-220-3", heading="what the note must say", when=_wants("treatment date"))
def note_is_dated(visit: Visit, claim: Claim) -> Iterable[Finding]:
    """The record of a treatment gives its date."""
    return _lacking(visit, claim, "treatment date", "the date of treatment is not given")


@rule("benefit-manual-ch15-220-3", heading="what the note must say", when=_wants("signature"))
def note_is_signed(visit: Visit, claim: Claim) -> Iterable[Finding]:
    """The one who gave or supervised the treatment signs the note with a professional identity."""
    return _lacking(visit, claim, "signature", "no signature with a professional identity stands under it")


@rule("benefit-manual-ch15-220-3", heading="what the note must say", when=_wants("timed total"))
def timed_total_is_given(visit: Visit, claim: Claim) -> Iterable[Finding]:
    """The record gives the total of timed minutes, and it agrees with the minutes of the services."""
    return _lacking(
        visit, claim, "timed total", "the total of timed minutes is missing or does not agree with the services"
    )


@rule("benefit-manual-ch15-220-3", heading="what the note must say", when=_wants("total"))
def total_time_is_given(visit: Visit, claim: Claim) -> Iterable[Finding]:
    """The record gives the total treatment minutes, timed and untimed together."""
    return _lacking(visit, claim, "total", "the total treatment time is missing or smaller than the timed minutes")


@rule("noridian-certification", heading="what the note must say", when=_wants("plan of care"))
def plan_is_certified(visit: Visit, claim: Claim) -> Iterable[Finding]:
    """Therapy stands on a certified plan of care. In time is within 30 days of the first treatment; since 2025 a signed order and a plan sent in time will do."""
    return _lacking(visit, claim, "plan of care", "there is no plan of care, or nobody has certified it")


@rule("noridian-certification", heading="what the note must say", when=_wants("recertification"))
def plan_is_recertified(visit: Visit, claim: Claim) -> Iterable[Finding]:
    """A plan is certified again by its own end or 90 days after its first treatment, whichever comes first."""
    last = plan_runs_to(visit)
    until = f" on {tables.spoken(last)}" if last else ""
    return _lacking(visit, claim, "recertification", f"the plan of care ran out{until}, before this visit")


@rule("noridian-therapy-docs", heading="what the note must say", when=_wants("progress report"))
def progress_is_reported(visit: Visit, claim: Claim) -> Iterable[Finding]:
    """The clinician writes a progress report at least once every ten treatment days."""
    return _lacking(
        visit, claim, "progress report", "more than ten treatment days have passed without a progress report"
    )


@rule("benefit-manual-ch15-220-2", heading="what the note must say", when=_wants("skilled need"))
def skill_was_needed(visit: Visit, claim: Claim) -> Iterable[Finding]:
    """The record shows why the skill of a clinician was needed."""
    return _lacking(visit, claim, "skilled need", "nothing says why a clinician's skill was needed")


@rule("benefit-manual-ch15-220-2", heading="what the note must say", when=_wants("purpose"))
def each_service_has_a_purpose(visit: Visit, claim: Claim) -> Iterable[Finding]:
    """Each service has a finding or purpose of its own in the record."""
    return _lacking(visit, claim, "purpose", "a finding or purpose for this service is missing")


@rule("benefit-manual-ch15-240", heading="what the note must say", when=_wants("part"))
def part_is_shown(visit: Visit, claim: Claim) -> Iterable[Finding]:
    """An examination shows a subluxation by two of pain, asymmetry, range of motion and tissue change; one of the two is asymmetry or range of motion."""
    found = tables.joined([sign for sign in PART_ELEMENTS if says(visit, sign)] or ["none of the four signs"])
    return _lacking(
        visit,
        claim,
        "part",
        f"the examination shows {found}; it takes two, and asymmetry or range of motion among them",
    )


@rule("benefit-manual-ch15-240", heading="what the note must say", when=_wants("level"))
def level_is_named(visit: Visit, claim: Claim) -> Iterable[Finding]:
    """The record names the level of the subluxation, by bone or by an area that implies it."""
    return _lacking(visit, claim, "level", "the level of the subluxation is not named")


@rule("wac-296-23-250", heading="what the note must say", when=_wants("order"))
def order_is_on_file(visit: Visit, claim: Claim) -> Iterable[Finding]:
    """Where a payer wants an order, it is on file before the service."""
    return _lacking(visit, claim, "order", "no order is on file")


@rule("invented", heading="what the note must say", when=_wants("clock times"))
def clock_times_are_given(visit: Visit, claim: Claim) -> Iterable[Finding]:
    """A plan may want start and stop times for each timed service."""
    return _lacking(visit, claim, "clock times", "a timed service has no start and stop time")


@rule("cloned-notes-ngs", heading="what the note must say", when=_wants("own words"))
def note_is_its_own(visit: Visit, claim: Claim) -> Iterable[Finding]:
    """A note tells of this visit: one copied from an earlier visit proves nothing about today."""
    return _lacking(visit, claim, "own words", "the note repeats an earlier one word for word")


@rule("amendments-cgs", heading="what the note must say", when=_wants("late entry"))
def late_entry_is_marked(visit: Visit, claim: Claim) -> Iterable[Finding]:
    """What is written later is marked as a late entry, dated and signed."""
    return _lacking(visit, claim, "late entry", "it was written on a later date and is not marked as a late entry")
