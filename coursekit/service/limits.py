"""How much one learner may ask, and how much one request may carry."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

MOST_LEARNERS = 20_000


class TooLarge(Exception):
    """A request carries more than is taken."""


class Pace:
    """A bucket for each learner: `burst` requests at once, `rate` a second in the long run."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic):
        self.rate, self.burst, self._clock = rate, burst, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, learner: str) -> float:
        """Seconds to wait before the next request; 0 where this one is within the limit, and then it is counted."""
        at = self._clock()
        left, then = self._buckets.get(learner, (float(self.burst), at))
        left = min(float(self.burst), left + (at - then) * self.rate)
        allowed = left >= 1
        self._buckets[learner] = (left - 1 if allowed else left, at)
        self._buckets.move_to_end(learner)
        if len(self._buckets) > MOST_LEARNERS:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1 - left) / self.rate


def bounded(receive: Receive, most: int) -> Receive:
    """The same stream of a request's body, which raises `TooLarge` after `most` bytes."""
    seen = 0

    async def counted() -> MutableMapping[str, Any]:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise TooLarge
        return message

    return counted
