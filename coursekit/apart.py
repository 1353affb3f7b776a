"""What sets two services apart: place, time, encounter, practitioner, a need of its own; yes, no, or not said."""

from __future__ import annotations

from collections.abc import Iterable

from . import tables
from .model import Case, Service

GROUNDS = ("region", "interval", "encounter", "practitioner", "need")


def between(one: Service, other: Service, case: Case, whole_spine: bool) -> dict[str, bool | None]:
    """On which grounds the second service stands apart from the first: yes, no, or None where the note does not say."""
    apart = None
    if one.region and other.region:
        apart = not tables.overlap(one.region, one.side, other.region, other.side)
        if whole_spine and tables.is_spinal(one.region) and tables.is_spinal(other.region):
            apart = False
    return {
        "region": apart,
        "interval": apart_in_time(one, other),
        "encounter": one.encounter != other.encounter,
        "practitioner": practitioner(one, case) != practitioner(other, case),
        "need": other.own_need,
    }


def practitioner_of_plan(case: Case) -> str:
    """The provider whose plan of care the visit belongs to."""
    return tables.providers()[case.provider].assists or case.provider


def practitioner(service: Service, case: Case) -> str:
    """Who answers for a service: an assistant works under the one assisted."""
    who = service.by or case.provider
    return tables.providers()[who].assists or who


def apart_in_time(one: Service, other: Service) -> bool | None:
    """Whether two services share no minute of the clock; None where the note gives no times to compare."""
    if one.encounter != other.encounter:
        return True
    if isinstance(one.at, int) and isinstance(other.at, int):
        first, second = sorted((one, other), key=lambda service: service.at)
        return first.at + (first.minutes or 0) <= second.at and first.at != second.at
    if isinstance(one.at, str) and isinstance(other.at, str):
        return one.at != other.at
    return None


def all_of(answers: Iterable[bool | None]) -> bool | None:
    """Yes where every answer is yes, no where one is no, else not said."""
    answers = list(answers)
    return False if False in answers else None if None in answers else True


def any_of(answers: Iterable[bool | None]) -> bool | None:
    """Yes where one answer is yes, not said where one is open, else no."""
    answers = list(answers)
    return True if True in answers else None if None in answers else False
