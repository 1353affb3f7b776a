"""Who may bill: the code says what was done, the state says who may do it, the payer says who is paid."""

from __future__ import annotations

from collections.abc import Iterator

from .. import tables
from ..facts import Visit
from ..model import Claim, Finding
from .saying import rule


@rule("benefit-manual-ch15-230-5", heading="who may bill", when=lambda visit: visit.unpaid)
def payer_pays_provider(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """A payer pays a code only when someone it pays for that code did the work."""
    for label, line in claim.labelled.items():
        if line.code in visit.unpaid:
            who = sorted({s.by or visit.case.provider for s in visit.services[line.code]})
            says = f"{visit.payer.name} does not pay {tables.joined(who, 'or')} services billed as {line.code}."
            # Medicare's word on a profession stands where the profession does; a plan's word is its own policy.
            row = tables.providers()[who[0]] if visit.payer.is_medicare else visit.payer
            yield Finding(label, says, visit.words(line.code, "by", "did"), source=row.source[0])


@rule("mue-2026-04", heading="who may bill")
def payer_pays_code(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """A code whose daily limit is zero is never paid separately."""
    for label, line in claim.labelled.items():
        if line.code in visit.services and visit.has_limit_zero(line.code):
            says = f"{visit.payer.name} never pays {line.code} separately: its limit for the code is zero units a day."
            yield Finding(label, says, visit.words(line.code))


@rule("invented", heading="who may bill", when=lambda visit: visit.alone)
def paid_only_beside(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """A plan may pay one service only beside another that it names."""
    for label, line in claim.labelled.items():
        if line.code in visit.alone:
            wanted = tables.joined(visit.payer.beside[line.code], "or")
            says = f"{visit.payer.name} pays {line.code} only beside {wanted}, and none of them is due here."
            yield Finding(label, says, visit.words(line.code), source=visit.payer.source[0])


@rule("benefit-manual-ch15-240", heading="who may bill", when=lambda visit: visit.maintenance)
def maintenance_is_not_covered(visit: Visit, claim: Claim) -> Iterator[Finding]:
    """Medicare pays an adjustment as active treatment; maintenance care is not covered."""
    for label, line in claim.labelled.items():
        if line.code in visit.maintenance and not set(visit.notice_marks) & set(line.modifiers):
            says = (
                f"The note calls this care maintenance, and {visit.payer.name} does not cover it. A line sent all the same "
                f"carries {tables.joined(visit.notice_marks, 'or')} here (GA where the patient signed the required notice, "
                "GZ where nobody did), and never AT."
            )
            yield Finding(label, says, visit.case_words("care", "notice"))
