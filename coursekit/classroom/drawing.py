"""Where the marks of the report's charts lie. Knows numbers and places; what they look like is the page's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta

WIDTH, HEIGHT, LEFT, FOOT, TOP = 720, 180, 38, 24, 10
MOST_BARS = 62
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Bar:
    """The answers of a day, week, month or year: first tries below, later tries above. Lengths are in the picture's units."""

    label: str
    first: int
    later: int
    x: float
    width: float
    first_top: float
    first_height: float
    later_top: float
    later_height: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """Answers over time: the bars, what each stands for, and the lines across with their numbers."""

    unit: str
    bars: tuple[Bar, ...]
    lines: tuple[tuple[float, int], ...]
    ticks: tuple[tuple[float, str], ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT

    @property
    def rows(self) -> list[Bar]:
        """The bars that stand for any answer."""
        return [bar for bar in self.bars if bar.first or bar.later]


def timeline(days: Iterable[tuple[str, bool]]) -> Timeline | None:
    """A timeline of answers, each an ISO day and whether it was a first try; None where there is no answer.

    Days that are too many to draw become weeks, months or years: one clock that is wrong by a century may not hide the
    rest, nor fill the page.
    """
    counted: Counter[tuple[Date, bool]] = Counter((Date.fromisoformat(day), is_first) for day, is_first in days)
    if not counted:
        return None
    unit, start, spread = _scale({day for day, _ in counted})
    firsts: Counter[Date] = Counter()
    later: Counter[Date] = Counter()
    for (day, is_first), times in counted.items():
        (firsts if is_first else later)[start(day)] += times
    return _drawn(unit, spread, firsts, later)


def _scale(days: set[Date]) -> tuple[str, Callable[[Date], Date], list[Date]]:
    """The finest unit whose bars can be drawn, where each of its times starts, and the starts; of years the last ones."""
    for unit, start, step in _UNITS:
        starts = sorted({start(day) for day in days})
        spread = list(_filled(starts, step)) if step else starts[-MOST_BARS:]
        if len(spread) <= MOST_BARS:
            return unit, start, spread
    raise AssertionError("the last years always fit")


def _filled(starts: list[Date], step: Callable[[Date], Date]) -> Iterator[Date]:
    at, many = starts[0], 0
    while at <= starts[-1] and many <= MOST_BARS:
        yield at
        many += 1
        if at.year == Date.max.year and at.month == Date.max.month:
            return
        at = step(at)


def _next_month(day: Date) -> Date:
    return (day.replace(day=28) + 4 * _ONE_DAY).replace(day=1)


_UNITS = (
    ("day", lambda day: day, lambda day: day + _ONE_DAY),
    ("week", lambda day: Date.fromordinal(max(day.toordinal() - day.weekday(), 1)), lambda day: day + 7 * _ONE_DAY),
    ("month", lambda day: day.replace(day=1), _next_month),
    ("year", lambda day: day.replace(month=1, day=1), None),
)


def _drawn(unit: str, starts: list[Date], firsts: Counter[Date], later: Counter[Date]) -> Timeline:
    most = max(firsts[at] + later[at] for at in starts)
    step = _round_step(most)
    top = step * -(-most // step)
    floor, tall, slot = HEIGHT - FOOT, HEIGHT - FOOT - TOP, (WIDTH - LEFT) / len(starts)
    bars = []
    for n, at in enumerate(starts):
        one, two = firsts[at] / top * tall, later[at] / top * tall
        width = min(slot * 0.72, 44)
        x = LEFT + slot * n + (slot - width) / 2
        bars.append(Bar(label(at, unit), firsts[at], later[at], *(round(v, 1) for v in (
            x, width, floor - one, one, floor - one - two, two,
        ))))  # fmt: skip
    lines = tuple((round(floor - value / top * tall, 1), value) for value in range(0, top + 1, step))
    every = -(-len(starts) // 9)
    ticks = tuple(
        (round(LEFT + slot * (n + 0.5), 1), _short(at, unit)) for n, at in enumerate(starts) if n % every == 0
    )
    return Timeline(unit, tuple(bars), lines, ticks)


def _round_step(most: int) -> int:
    """A step of 1, 2 or 5 times a power of ten that takes at most five steps to the top."""
    size = 1
    while True:
        for step in (size, 2 * size, 5 * size):
            if step * 5 >= most:
                return step
        size *= 10


def label(day: Date, unit: str) -> str:
    """How a day, or the start of a longer time, is written in full."""
    whole = f"{_MONTHS[day.month - 1]} {day.day}, {day.year}"
    return {"day": whole, "week": f"week of {whole}", "month": f"{_MONTHS[day.month - 1]} {day.year}"}.get(
        unit, str(day.year)
    )


def _short(day: Date, unit: str) -> str:
    return {"month": f"{_MONTHS[day.month - 1]} {day.year}", "year": str(day.year)}.get(
        unit, f"{_MONTHS[day.month - 1]} {day.day}"
    )


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
