"""What the record of a visit holds and lacks, for cases that say `record: whole`.

Each `want` is something that a payer may ask of the record. A case without that word is taken to be in order, so that
an exercise about modifiers need not carry a whole chart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date as Date
from datetime import timedelta
from typing import TYPE_CHECKING

from . import tables

if TYPE_CHECKING:
    from .facts import Visit

THERAPY = ("modality", "attended modality", "procedure")
CERTIFY_WITHIN = timedelta(days=30)
RECERTIFY_WITHIN = timedelta(days=90)
REPORT_WITHIN_DAYS = 10
# From this date an order on file and a plan that was sent stand for the first signature (Noridian; APTA).
ORDER_COUNTS_SINCE = Date(2025, 1, 1)
PART_ELEMENTS = ("pain", "asymmetry", "range of motion", "tissue tone")


def says(visit: Visit, name: str) -> str:
    """What the record says under a name, or "" where it says nothing."""
    document = visit.case.documents.get(name)
    return document.value if document else ""


def date_of(visit: Visit, name: str) -> Date | None:
    """A date that the record gives."""
    return Date.fromisoformat(text) if (text := says(visit, name)) else None


def _documented(visit: Visit, *families: str) -> set[str]:
    return {code for code in visit.services if tables.codes()[code].family in families}


def _all(visit: Visit) -> set[str]:
    return set(visit.services)


def _therapy(visit: Visit) -> set[str]:
    return _documented(visit, *THERAPY)


def _adjustments(visit: Visit) -> set[str]:
    return _documented(visit, "spinal adjustment")


def _timed(visit: Visit) -> set[str]:
    return {code for code in visit.services if tables.codes()[code].timing == "timed"}


def _unless(there: object, codes: set[str]) -> set[str]:
    return set() if there else codes


def _timed_total(visit: Visit) -> set[str]:
    total, counted = says(visit, "timed minutes"), sum(visit.minutes.values())
    known = all(service.minutes for code in _timed(visit) for service in visit.services[code])
    return _unless(total and (not known or int(total) == counted), _timed(visit))


def _total(visit: Visit) -> set[str]:
    total = says(visit, "total minutes")
    return _unless(total and int(total) >= sum(visit.minutes.values()), _therapy(visit))


def _was_there(visit: Visit, name: str) -> bool:
    """Whether a dated document was there on the day of the visit."""
    dated = date_of(visit, name)
    return dated is not None and dated <= visit.case.date


def _certified(visit: Visit) -> bool:
    """Whether the plan is certified, still has time to be, or was ordered and sent as the newer rule allows."""
    first = date_of(visit, "first treatment") or date_of(visit, "plan of care")
    signed = date_of(visit, "certified")
    in_time = signed and first and signed <= first + CERTIFY_WITHIN
    if in_time or (signed and signed <= visit.case.date) or (first and visit.case.date <= first + CERTIFY_WITHIN):
        return True
    evaluated, sent = date_of(visit, "evaluated"), date_of(visit, "plan sent")
    was_sent = bool(evaluated and sent and sent <= evaluated + CERTIFY_WITHIN)
    return visit.case.date >= ORDER_COUNTS_SINCE and _was_there(visit, "order") and was_sent


def _plan(visit: Visit) -> set[str]:
    return _unless(_was_there(visit, "plan of care") and _certified(visit), _therapy(visit))


def plan_runs_to(visit: Visit) -> Date | None:
    """The last day of a plan of care that was not signed again: its own end, or 90 days from its first treatment."""
    first, ends = date_of(visit, "first treatment"), date_of(visit, "plan ends")
    return min((last for last in (first and first + RECERTIFY_WITHIN, ends) if last), default=None)


def _recertified(visit: Visit) -> set[str]:
    runs_to = plan_runs_to(visit)
    again = date_of(visit, "recertified")
    renewed = again and again <= visit.case.date <= again + RECERTIFY_WITHIN
    return _unless(not runs_to or visit.case.date <= runs_to or renewed, _therapy(visit))


def _progress(visit: Visit) -> set[str]:
    days = says(visit, "treatment day")
    return _unless(not days or int(days) <= REPORT_WITHIN_DAYS, _therapy(visit))


def _part(visit: Visit) -> set[str]:
    found = [element for element in PART_ELEMENTS if says(visit, element)]
    enough = len(found) >= 2 and ("asymmetry" in found or "range of motion" in found)
    return _unless(enough, _adjustments(visit))


def _purpose(visit: Visit) -> set[str]:
    return {code for code in _therapy(visit) if not all(service.because for service in visit.services[code])}


def _clock(visit: Visit) -> set[str]:
    timed = _timed(visit)
    return {code for code in timed if not all(isinstance(service.at, int) for service in visit.services[code])}


def _written(visit: Visit) -> set[str]:
    written = date_of(visit, "written")
    return _unless(not written or written <= visit.case.date or says(visit, "late entry"), _all(visit))


# What a payer may want of a record, and the codes of a visit that lack it.
WANTS: Mapping[str, Callable[[Visit], Iterable[str]]] = {
    "treatment date": lambda visit: _unless(says(visit, "treatment date"), _all(visit)),
    "signature": lambda visit: _unless(says(visit, "signature"), _all(visit)),
    "timed total": _timed_total,
    "total": _total,
    "plan of care": _plan,
    "recertification": _recertified,
    "progress report": _progress,
    "skilled need": lambda visit: _unless(says(visit, "skilled need"), _therapy(visit)),
    "purpose": _purpose,
    "part": _part,
    "level": lambda visit: _unless(says(visit, "level"), _adjustments(visit)),
    "order": lambda visit: _unless(_was_there(visit, "order"), _therapy(visit)),
    "clock times": _clock,
    "own words": lambda visit: _unless(not says(visit, "copied from"), _all(visit)),
    "late entry": _written,
}

# What no honest addition can bring back: the line is left out, not asked about.
BEYOND_MENDING = frozenset({"own words"})


def lacks(visit: Visit) -> dict[str, frozenset[str]]:
    """What the payer wants of the record and does not find, with the codes that fall for it."""
    if visit.case.record != "whole":
        return {}
    found = {want: frozenset(WANTS[want](visit)) for want in visit.payer.wants}
    return {want: codes for want, codes in found.items() if codes}
