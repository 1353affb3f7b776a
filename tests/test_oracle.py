"""A second opinion: units, pairs and modifiers worked out again from the published sentences, apart from the engine.

Nothing here asks the engine or the tables what is right. Units are found by trying every way to give them out;
what pairs and modifiers do is written down once more, for eight services, from the sentences quoted beside it.
"""

from collections import Counter
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import combinations, combinations_with_replacement, permutations, product
from types import MappingProxyType

import pytest
from cases import DISTINCT, did, visit
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from coursekit import engine
from coursekit.counting import allocations
from coursekit.model import Claim, Line

SAME = {"derandomize": True, "deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}

# Units ----------------------------------------------------------------------------------------------------------------

# Claims Processing Manual ch. 5 sec. 20.2, as published: the most minutes of no unit, of one, of two ...
LAST_MINUTE = (7, 22, 37, 52, 67, 82, 97, 112, 127, 142, 157, 172, 187, 202, 217, 232, 247)
MOST_UNITS_OF_ONE = 6


def units_of_the_day(minutes):
    """The band that a number of minutes lies in."""
    return sum(minutes > last for last in LAST_MINUTE)


def whole_quarters_are_paid(way, minutes):
    """One unit for each full 15 minutes of a code."""
    return all(units >= spent // 15 for units, spent in zip(way, minutes, strict=True))


def nobody_is_paid_for_more_than_was_begun(way, minutes):
    """A unit more than the full ones stands on minutes left over, and they are less than a unit."""
    return all(units - spent // 15 <= (spent % 15 > 0) for units, spent in zip(way, minutes, strict=True))


def larger_remainders_come_first(way, minutes):
    """No leftover unit goes past a larger remainder; between equal ones the clinician chooses."""
    left = [(spent % 15, units > spent // 15) for units, spent in zip(way, minutes, strict=True)]
    return all(one >= other for one, paid in left if paid for other, paid_too in left if not paid_too)


def small_services_pool_for_the_longest(way, minutes):
    """Services of 7 minutes or less that together reach 8 are one unit, billed as the longest of them."""
    if max(minutes) > 7 or not 8 <= sum(minutes) <= 22:
        return True
    return sorted(way) == [0] * (len(way) - 1) + [1] and minutes[way.index(1)] == max(minutes)


SENTENCES = (
    whole_quarters_are_paid,
    nobody_is_paid_for_more_than_was_begun,
    larger_remainders_come_first,
    small_services_pool_for_the_longest,
)


@cache
def ways_to_give(units, codes):
    """Every way to give so many units to so many codes, sensible or not."""
    return [way for way in product(range(MOST_UNITS_OF_ONE + 1), repeat=codes) if sum(way) == units]


def right_ways(minutes):
    """The ways to give the units of the day that no sentence forbids."""
    every = ways_to_give(units_of_the_day(sum(minutes)), len(minutes))
    return {way for way in every if all(sentence(way, minutes) for sentence in SENTENCES)}


TIMED = {
    "97110": "therapeutic exercise",
    "97112": "balance training",
    "97116": "gait training",
    "97530": "therapeutic activities",
}
# Both sides of each band, of each quarter hour, and of the halves between.
STEPS = (0, 1, 7, 8, 14, 15, 16, 22, 23, 29, 30, 31, 37, 38, 44, 45, 46, 52, 53, 59, 60)


def engine_ways(minutes):
    """The ways that the engine gives for total time."""
    found = allocations(dict(zip(TIMED, minutes, strict=False)), "total-time")
    ways = [tuple(way.get(code, 0) for code in list(TIMED)[: len(minutes)]) for way in found]
    assert len(ways) == len(set(ways)), minutes
    return set(ways)


GRIDS = [(1, range(61)), (2, range(61)), (3, STEPS), (4, STEPS)]


@pytest.mark.parametrize(("codes", "steps"), GRIDS, ids=[f"{codes} codes" for codes, _ in GRIDS])
def test_units_agree_for_every_combination_of_up_to_four_codes(codes, steps):
    # The order of codes means nothing (next test), so each set of minutes is tried once.
    wrong = [m for m in combinations_with_replacement(steps, codes) if engine_ways(m) != right_ways(m)]
    assert wrong == []


@pytest.mark.parametrize("codes", [2, 3, 4])
def test_the_order_of_codes_gives_no_unit_to_another(codes):
    for minutes in combinations_with_replacement((0, 1, 7, 8, 22, 23), codes):
        for order in permutations(range(codes)):
            shuffled = tuple(minutes[n] for n in order)
            assert engine_ways(shuffled) == {tuple(way[n] for n in order) for way in engine_ways(minutes)}


def test_every_day_has_a_right_way_and_each_sentence_rules_some_way_out():
    needed = set()
    for minutes in combinations_with_replacement((0, 5, 7, 8, 15, 22, 23), 3):
        assert right_ways(minutes)
        for way in ways_to_give(units_of_the_day(sum(minutes)), 3):
            against = [sentence for sentence in SENTENCES if not sentence(way, minutes)]
            if len(against) == 1:
                needed.update(against)
    # The sentence on pooling follows from the one on remainders; the manual says it all the same.
    assert needed == set(SENTENCES) - {small_services_pool_for_the_longest}


def billing(minutes, payer):
    """A day of these minutes, one code each."""
    services = (did(name, spent) for name, spent in zip(TIMED.values(), minutes, strict=False))
    return visit(*services, payer=payer, by="physical therapist")


def as_claim(way):
    """The claim that bills a way to give units, with the GP that Medicare wants and that counts for nothing here."""
    return Claim(tuple(Line(code, units, ("GP",)) for code, units in zip(TIMED, way, strict=False) if units))


@pytest.mark.parametrize("codes", [1, 2, 3, 4])
def test_the_best_claims_of_a_day_are_its_right_ways(codes):
    for minutes in combinations_with_replacement((7, 8, 15, 22, 23, 30)[: 9 - codes], codes):
        assert set(engine.best_claims(billing(minutes, "medicare"))) == set(map(as_claim, right_ways(minutes)))


@settings(max_examples=250, **SAME)
@given(st.lists(st.integers(0, 60), min_size=1, max_size=4), st.data())
def test_a_claim_for_a_day_is_solved_exactly_when_it_is_a_right_way(minutes, data):
    right = right_ways(minutes)
    near = data.draw(st.sampled_from(sorted(right)))
    moved = data.draw(st.lists(st.sampled_from((-1, 0, 0, 0, 1)), min_size=len(near), max_size=len(near)))
    for way in (near, tuple(max(0, units + by) for units, by in zip(near, moved, strict=True))):
        grade = engine.grade_claim(billing(minutes, "medicare"), as_claim(way))
        assert (minutes, way, grade.solved) == (minutes, way, way in right)


@settings(max_examples=150, **SAME)
@given(st.lists(st.integers(0, 60), min_size=1, max_size=4), st.data())
def test_per_service_each_code_earns_a_unit_for_each_midpoint_passed(minutes, data):
    # Past 7.5 minutes the first unit, past 22.5 the second, past 37.5 the third ...
    right = tuple(sum(spent > 7.5 + 15 * n for n in range(5)) for spent in minutes)
    moved = data.draw(st.lists(st.sampled_from((-1, 0, 0, 0, 1)), min_size=len(right), max_size=len(right)))
    for way in (right, tuple(max(0, units + by) for units, by in zip(right, moved, strict=True))):
        grade = engine.grade_claim(billing(minutes, "plan_cedar"), as_claim(way))
        assert (minutes, way, grade.solved) == (minutes, way, way == right)


# Pairs and modifiers --------------------------------------------------------------------------------------------------

CODE = {
    "petrissage": "97124",
    "joint mobilization": "97140",
    "balance training": "97112",
    "performance test": "97750",
    "mechanical traction": "97012",
    "group therapy": "97150",
    "therapeutic exercise": "97110",
}
ADJUSTMENTS = ("98940", "98941", "98942")
ONCE_A_DAY = {"97012", "97150", *ADJUSTMENTS}
SPINE = {"cervical", "thoracic", "lumbar"}

# Column one, column two: what sets the two apart, or nothing where no modifier ever does (the pairs of the published
# table among these codes). A second encounter and another practitioner set apart whatever can be.
PLACE, TIME, VISIT, PERSON = "place", "time", "visit", "person"
MEDICARE_PAIRS = {
    ("97140", "97124"): (),
    ("97012", "97140"): (PLACE, TIME, VISIT, PERSON),
    ("97140", "97750"): (TIME, VISIT, PERSON),
    ("97750", "97150"): (),
    **{("97150", two): (TIME, VISIT, PERSON) for two in ("97110", "97112", "97124", "97140")},
    **{(one, two): (PLACE, VISIT, PERSON) for one in ADJUSTMENTS for two in ("97112", "97124", "97140")},
}
# Plan Juniper's own list, from its page for learners.
JUNIPER_PAIRS = {
    ("97140", "97124"): (PLACE, TIME),
    **{(one, two): () for one in ADJUSTMENTS for two in ("97124", "97140")},
    **{(one, "97112"): (PLACE,) for one in ADJUSTMENTS},
}
PAIRS = {
    "medicare": MEDICARE_PAIRS,
    "plan_cedar": MEDICARE_PAIRS,
    "plan_alder": MEDICARE_PAIRS,
    "plan_juniper": JUNIPER_PAIRS,
}
PER_SERVICE = {"plan_cedar", "plan_alder"}
NONE = MappingProxyType({})

# XS place, XU time, XE encounter, XP practitioner; 59 says that the two are distinct, and not why.
SAYS = {"XS": {PLACE}, "XU": {TIME}, "XE": {VISIT}, "XP": {PERSON}, "59": {PLACE, TIME, VISIT, PERSON}}


def paid(payer, who, code):
    """Medicare pays a chiropractor for adjustments alone; only chiropractors are paid for those, by anyone."""
    if who == "chiropractor":
        return payer != "medicare" or code in ADJUSTMENTS
    return code not in ADJUSTMENTS


def wanted_with(payer, who, code):
    """Medicare wants GP on therapy under a physical therapist's plan, a physician's too, and AT on an active adjustment."""
    if payer != "medicare":
        return set()
    return {"AT"} if code in ADJUSTMENTS else {"GP"} if who != "chiropractor" else set()


class Day:
    """What a day comes to, by the sentences: which codes are due, which are a question, and how each may be said."""

    def __init__(self, case):
        self.case = case
        regions = {s.region for s in case.services if s.did == "spinal adjustment"}
        self.adjusted = ADJUSTMENTS[0] if len(regions) <= 2 else ADJUSTMENTS[1]
        done = {}
        for service in case.services:
            # An aide's work is nobody's service; Medicare pays a chiropractor's only where it adjusts.
            if self.who(service) != "aide":
                done.setdefault(CODE.get(service.did, self.adjusted), []).append(service)
        self.done = {
            code: [s for s in services if paid(case.payer, self.who(s), code)] or services
            for code, services in done.items()
        }
        self.pairs = PAIRS[case.payer]

    def who(self, service):
        return service.by or self.case.provider

    def is_paid(self, code):
        return any(paid(self.case.payer, self.who(service), code) for service in self.done[code])

    # Time

    def ways(self, codes, less=NONE):
        """Every right way to give units to the timed ones of these codes, with some minutes taken off."""
        timed = sorted(codes - ONCE_A_DAY)
        minutes = [sum(service.minutes or 0 for service in self.done[code]) - less.get(code, 0) for code in timed]
        if self.case.payer in PER_SERVICE:
            return [dict(zip(timed, map(units_of_the_day, minutes), strict=True))]
        right = right_ways(tuple(max(spent, 0) for spent in minutes)) if timed else [()]
        return [dict(zip(timed, way, strict=True)) for way in sorted(right)]

    def given_twice(self):
        """Two timed codes of one practitioner with the minutes that both count and that no pair gives to one of them."""
        timed = [(s, code) for code in sorted(self.done.keys() - ONCE_A_DAY) for s in self.done[code] if s.minutes]
        for (one, first), (two, second) in combinations(timed, 2):
            if first == second or self.who(one) != self.who(two) or self.other_time(one, two) is not False:
                continue
            if (
                isinstance(one.at, int)
                and not self.is_part(two, first, second)
                and not self.is_part(one, second, first)
            ):
                both = set(range(one.at, one.at + one.minutes)) & set(range(two.at, two.at + two.minutes))
                yield first, second, len(both)

    def counted_once(self, codes):
        """The ways to give out units with no minute counted twice, and the codes for which only the provider can say how."""
        shared = list(self.given_twice())
        every = []
        for owners in product((0, 1), repeat=len(shared)):
            less = Counter()
            for owner, pair in zip(owners, shared, strict=True):
                less[pair[owner]] += pair[2]
            every.append(self.ways(codes, less))
        if all(ways == every[0] for ways in every):
            return every[0], set()
        return self.ways(codes), {code for pair in shared for code in pair[:2]}

    def is_part(self, service, one, two):
        """Whether the pair of two codes makes one service of column two part of column one."""
        return (one, two) in self.pairs and not self.stands_apart(service, one, two)

    # Apart

    def apart(self, one, two):
        """For each reason whether two services stand apart; None where the note leaves it open."""
        return {
            PLACE: self.other_place(one, two),
            TIME: self.other_time(one, two),
            VISIT: one.encounter != two.encounter,
            PERSON: self.who(one) != self.who(two),
        }

    def other_place(self, one, two):
        if not one.region or not two.region:
            return None
        if self.case.payer == "plan_alder" and {one.region, two.region} <= SPINE:
            return False
        return one.region != two.region

    def other_time(self, one, two):
        if one.encounter != two.encounter:
            return True
        if one.at is None or two.at is None or isinstance(one.at, int) != isinstance(two.at, int):
            return None
        if isinstance(one.at, str):
            return one.at != two.at
        spans = [set(range(s.at, s.at + (s.minutes or 1))) for s in (one, two)]
        return not spans[0] & spans[1]

    def reasons(self, one, two):
        """Whether each reason that opens a pair holds: for some service of column two, beside all of column one."""
        table = {}
        for reason in self.pairs[one, two]:
            each = []
            for second in self.done[two]:
                said = [self.apart(first, second)[reason] for first in self.done[one]]
                each.append(False if False in said else None if None in said else True)
            table[reason] = True if True in each else None if None in each else False
        return table

    def stands_apart(self, service, one, two):
        """Whether one service of column two stands apart from all of column one for a reason that opens the pair."""
        return any(all(self.apart(first, service)[r] for first in self.done[one]) for r in self.pairs[one, two])

    # Due

    def standing(self, codes):
        """Of an edit's two codes column two falls, unless a reason holds or column one has itself fallen."""
        falls_to = {
            two: [one for one in codes if (one, two) in self.pairs and True not in self.reasons(one, two).values()]
            for two in codes
        }
        stands, left = set(), set(codes)
        while left:
            sure = {code for code in left if not set(falls_to[code]) & (left | stands)}
            lost = {code for code in left if set(falls_to[code]) & stands}
            if not sure | lost:
                return None, falls_to  # each falls to the next in a ring: nothing published says who is first
            stands |= sure
            left -= sure | lost
        return stands, falls_to

    def outcomes(self):
        """For each right way to count: the units due of each code, and the codes that are a question. None: unsettled."""
        payable = {code for code in self.done if self.is_paid(code)}
        unsaid = {code for code in payable - ONCE_A_DAY if any(service.minutes is None for service in self.done[code])}
        counted = payable - unsaid
        if any(service.minutes for code in unsaid for service in self.done[code]):
            return None  # minutes of one massage and not of the other: bill the one, or ask first?
        found = []
        ways, shared = self.counted_once(self.done.keys() - unsaid)
        for units in ways:
            there = {code for code in counted if code in ONCE_A_DAY or units[code]}
            stands, falls_to = self.standing(there)
            if stands is None:
                return None
            ask = {code for code in there - stands if self.may_open(code, set(falls_to[code]) & stands)}
            ask |= {
                code for code in unsaid if self.may_open(code, {one for one in stands if (one, code) in self.pairs})
            }
            if shared - stands or any(shared & set(falls_to[code]) for code in there - stands):
                return None  # a code that is not due: does it leave its minutes to the other, or wait for the answer?
            ask |= shared
            due = {code: count for code in stands - ask if (count := self.due_units(code, units, stands))}
            # Whether minutes that nobody pays still count toward the day is unsettled.
            if not any(all(units[c] == way[c] for c in stands - ONCE_A_DAY) for way in self.counted_once(stands)[0]):
                return None
            found.append((due, ask))
        return found

    def may_open(self, code, strikers):
        """Whether an honest answer may still set a code apart from all that it falls to."""
        return all({True, None} & set(self.reasons(one, code).values()) for one in strikers)

    def due_units(self, code, units, stands):
        """Units due: of a timed code only those of the services that stand apart from a column one."""
        if code in ONCE_A_DAY:
            return 1
        most = units[code]
        for one in stands:
            if (one, code) in self.pairs:
                apart = [s for s in self.done[code] if self.stands_apart(s, one, code)]
                if len(apart) < len(self.done[code]):
                    most = min(most, units_of_the_day(sum(s.minutes for s in apart)))
        return most

    # Claims

    def modifiers_stand(self, claim):
        """Whether every pair is opened where it must be, and every modifier exists, is true and is alone."""
        said = {code: set(claim.modifiers[code]) & set(DISTINCT) for code in claim.codes}
        true = {code: set() for code in claim.codes}
        for one, two in self.pairs:
            if {one, two} <= claim.codes:
                held = {reason for reason, holds in self.reasons(one, two).items() if holds}
                for code in (one, two):
                    true[code] |= held
                # Since July 1, 2019 a modifier on either code opens the pair, before that only on column two.
                places = (one, two) if self.case.date >= date(2019, 7, 1) else (two,)
                if not any(said[code] for code in places):
                    return False
        # Never 59 and an X modifier on one line; each code stands on one line here.
        alone = all("59" not in names or len(names) == 1 for names in said.values())
        return alone and all(self.is_true(name, true[code]) for code, names in said.items() for name in names)

    def is_true(self, name, held):
        """Whether a modifier exists and gives a reason that holds. For time the manual names XE and XS in one chapter."""
        if name != "59" and self.case.date < date(2015, 1, 1):
            return False
        allowed = {TIME} if name in ("XE", "XS") and self.case.payer != "plan_juniper" else set()
        return bool((SAYS[name] | allowed) & held)

    def required_stand(self, claim):
        """Whether each line carries what the payer wants of the one who did it, and no other plan's modifier."""
        for line in claim.lines:
            wanted = set().union(*(wanted_with(self.case.payer, self.who(s), line.code) for s in self.done[line.code]))
            if not wanted <= set(line.modifiers):
                return False
        return True

    def is_right(self, claim):
        """Whether no sentence has anything against a claim."""
        billed = {line.code: line.units for line in claim.lines}
        if not claim.codes <= self.done.keys() or len(billed) < len(claim.lines):
            return False
        for due, ask in self.outcomes():
            if billed == due and set(claim.asks) <= ask:
                return self.modifiers_stand(claim) and self.required_stand(claim)
        return False


# Days and claims that nobody chose

# Both sides of each date on which a sentence above begins or ends, and a day or two between.
DATES = (
    "2014-01-02",
    "2014-12-31",
    "2015-01-01",
    "2019-06-30",
    "2019-07-01",
    "2019-12-31",
    "2020-01-01",
    "2021-12-31",
    "2026-12-31",
)


def treatments():
    return st.builds(
        did,
        st.sampled_from((*CODE, "joint mobilization", "petrissage")),
        st.sampled_from((None, 7, 8, 15, 15, 15, 15, 23, 30)),
        st.sampled_from(("", "cervical", "lumbar", "shoulder")),
        at=st.sampled_from((None, "9:00", "9:07", "9:15", "9:30", "block 1", "block 2")),
        by=st.sampled_from(("", "", "", "", "physician", "physical therapist", "aide")),
        encounter=st.sampled_from((1, 1, 1, 1, 2)),
    )


def adjustments():
    region = st.sampled_from(("cervical", "thoracic", "lumbar"))
    return st.builds(
        lambda region, at: did("spinal adjustment", region=region, at=at), region, st.sampled_from((None, "9:00"))
    )


DAYS = st.builds(
    # The real payer: `visit` sends physicians to a Medicare that wants no GP of them.
    lambda done, payer, by, on: replace(visit(*done, by=by, on=on), payer=payer),
    st.lists(st.one_of(treatments(), treatments(), adjustments()), min_size=1, max_size=3),
    st.sampled_from(sorted(PAIRS)),
    st.sampled_from(("physician", "physical therapist", "chiropractor", "chiropractor")),
    st.sampled_from(DATES),
)
SOME_REASONS = st.one_of(
    st.just(()), st.sampled_from(DISTINCT).map(lambda name: (name,)), st.sampled_from(DISTINCT).map(lambda name: (name,)),
    st.permutations(DISTINCT).map(lambda names: tuple(names[:2])),
)  # fmt: skip


@st.composite
def near_claims(draw, day):
    """A claim of what is due or is asked, mostly, with modifiers that nobody chose, and now and then something else."""
    due, ask = draw(st.sampled_from(day.outcomes()))
    units = dict(due)
    other = draw(st.sampled_from([None] * 6 + sorted({*day.done, "97110", "98941"})))
    if other:
        units.pop(other) if other in units else units.setdefault(other, 1)
    if units and draw(st.sampled_from([False] * 6 + [True])):
        units[draw(st.sampled_from(sorted(units)))] += draw(st.sampled_from((1, -1)))
    tied = {code for pair in day.pairs if set(pair) <= units.keys() for code in pair}
    bare = draw(st.integers(0, 3)) == 0
    lines = []
    for code, count in units.items():
        reasons = () if bare else draw(SOME_REASONS) if code in tied or draw(st.integers(0, 9)) == 0 else ()
        wanted = set().union(*(wanted_with(day.case.payer, day.who(s), code) for s in day.done.get(code, ())))
        kept = wanted if draw(st.integers(0, 9)) else ()
        if count > 0:
            lines.append(Line(code, count, tuple(sorted({*reasons, *kept}))))
    asked = draw(st.sets(st.sampled_from(sorted(ask)))) if ask else set()
    if draw(st.integers(0, 11)) == 0:
        asked |= {draw(st.sampled_from(sorted({*day.done, "97110"})))}
    return Claim(tuple(lines), tuple(asked))


@pytest.mark.slow
def test_what_the_sentences_say_of_pairs_and_modifiers_the_engine_says():
    seen = Counter()

    @settings(max_examples=3000, **SAME)
    @given(DAYS, st.data())
    def agree(case, data):
        day = Day(case)
        assume(day.outcomes() is not None)
        for _ in range(2):
            claim = data.draw(near_claims(day))
            right = day.is_right(claim)
            seen[right] += 1
            assert (str(claim), engine.grade_claim(case, claim).solved) == (str(claim), right)

    agree()
    assert sum(seen.values()) > 5000
    assert min(seen[True], seen[False]) > 1000
