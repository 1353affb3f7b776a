"""Explorer: hands-on work beside a spinal adjustment, and what may be billed. The engine answers; no rule stands here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date as Date
from typing import Any

from .. import reference, tables
from ..earned import shown_after
from ..engine import best_claims, findings, solved_claims
from ..model import Case, Claim, Finding, Line, Service, Unreadable
from ..showing import SIDES
from .asked import Result, Settings, code_options, group, payer_options, pick, remark, result, said, ticks

ON = Date(2026, 3, 4)
WHO = "chiropractor"
MINUTES = 15
# Each code with a technique that it alone reports.
DONE = {"97112": "neuromuscular re-education", "97124": "massage", "97140": "joint mobilization"}


def asks() -> list[dict[str, Any]]:
    """The regions adjusted; the region and side treated; the code; the payer, of those who pay a chiropractor."""
    spinal = [(name, name) for name in tables.regions() if tables.is_spinal(name)]
    treated = [(name, name) for name in tables.regions()]
    sides = [("", "not said"), *((side, side) for side in SIDES)]
    return [
        group("Adjusted", ticks("adjusted", "Regions of the spine", spinal)),
        group(
            "Treated by hand",
            pick("code", "Code", code_options(DONE)),
            pick("region", "Region", treated),
            pick("side", "Side", sides),
        ),
        group("Billed to", pick("payer", "Payer", payer_options(WHO))),
    ]


def answer_to(settings: Settings) -> Result:
    """The adjustment code, the overlap, and whether the hands-on code may stand beside it and how."""
    case, code = _case(settings)
    best, right = best_claims(case), solved_claims(case)
    if not best:
        raise Unreadable("The engine finds no claim without an objection here.")
    claim = best[0]
    adjusted = [line for line in claim.lines if tables.codes()[line.code].timing == "region"]
    bare = Claim((*(line for line in claim.lines if line.code != code), Line(code)))
    rows = [("The adjustment", f"{line.code} {tables.codes()[line.code].label}") for line in adjusted]
    rows.append(("The best claim", " or ".join(map(str, best))))
    # Where the adjustment's line stays as it is; a modifier there as well changes nothing for the hands-on code.
    if others := [str(one) for one in right if one not in best and set(adjusted) <= set(one.lines)]:
        rows.append(("Accepted as well", " or ".join(others)))
    stands, reasons = code in claim.codes, list(_reasons(case, bare, claim, code))
    # Where the payer would not pay the code by itself either, the pair decides nothing.
    told = {"regions", "pair"} if stands or any(found.heading == "side by side" for found in reasons) else {"regions"}
    return result(
        _headline(case, claim, code),
        rows=rows,
        says=[remark(f"{'Without a modifier: ' * stands}{found.says}", found.source) for found in reasons]
        or [_no_edit(case, claim, code)],
        pictures=[one for one in shown_after(case, claim if stands else bare, (), True) if one["kind"] in told],
    )


def _case(settings: Settings) -> tuple[Case, str]:
    adjusted = [tables.region(str(name)[:60]) for name in settings.get("adjusted") or ()]
    if not adjusted:
        raise Unreadable("Tick at least one region that was adjusted.")
    if strange := [name for name in adjusted if not tables.is_spinal(name)]:
        raise Unreadable(f"{strange[0].capitalize()} is no region of the spine.")
    region, side, code = (
        tables.region(said(settings, "region")),
        said(settings, "side"),
        reference.code(said(settings, "code")),
    )
    if side and side not in SIDES:
        raise Unreadable(f"“{side}” is not a side. Known: {', '.join(SIDES)}.")
    if code not in DONE:
        raise Unreadable(f"{code} is not one of the codes here. Known: {', '.join(DONE)}.")
    services = [
        Service("spinal adjustment", name, quotes=(("", f"spinal adjustment, {name}"),))
        for name in dict.fromkeys(adjusted)
    ]
    where = f"{side} {region}".strip()
    services.append(Service(DONE[code], region, side, MINUTES, quotes=(("", f"{DONE[code]}, {where}"),)))
    note = "; ".join(service.words()[0] for service in services)
    return Case(ON, reference.payer(said(settings, "payer")), WHO, note, tuple(services)), code


def _headline(case: Case, claim: Claim, code: str) -> str:
    payer = tables.payers()[case.payer].name
    if code not in claim.codes:
        return f"{payer} does not pay {code} here."
    said = sorted(claim.modifiers[code] & tables.opening_modifiers())
    return f"{code} may be billed, {f'with {tables.joined(said)}' if said else 'without a modifier'}."


def _reasons(case: Case, bare: Claim, claim: Claim, code: str) -> Iterator[Finding]:
    """What the rules say about the code without a modifier, and where it cannot be billed, with one."""
    tried = [bare]
    if code not in claim.codes:
        tried.append(Claim((*(line for line in bare.lines if line.code != code), Line(code, 1, ("XS",)))))
    seen = set()
    for one in tried:
        for found in findings(case, one):
            if found.line == code and not found.advice and found.rule not in seen:
                seen.add(found.rule)
                yield found


def _no_edit(case: Case, claim: Claim, code: str) -> dict[str, Any]:
    adjustment = next(line.code for line in claim.lines if line.code != code)
    found = reference.pair(adjustment, code, case.date, case.payer)
    return remark(found["says"], found["source"])
