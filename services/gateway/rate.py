"""How many records a second a caller may send through this process."""

import time
from functools import cache

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from shared.runtime.access import Caller

RETRY_AFTER_S = 1
"""The window: by then another one has begun."""


class RecordRate:
    """Counts records in windows of one second, per caller.

    `default` holds for callers without a rate of their own; 0 is no limit. A window costs one number a caller: the
    library's moving window would keep an entry for every record.
    """

    def __init__(self, default: int) -> None:
        self._default = default
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._item = cache(_per_second)
        self._spent_until: dict[str, float] = {}

    def is_spent(self, caller: Caller) -> bool:
        """Whether the caller was refused something in this window already: nothing more fits into it.

        Known before a body is read, so that a flood over its rate costs little.
        """
        return self._spent_until.get(caller.actor, 0.0) > time.time()

    def allows(self, caller: Caller, records: int) -> bool:
        """Counts the records of a batch, and says whether they fit.

        A batch larger than the rate counts as the rate, so that it gets through in a window of its own.
        """
        rate = self._default if caller.records_per_s is None else caller.records_per_s
        if rate == 0:
            return True
        item = self._item(rate)
        if self._limiter.hit(item, caller.actor, cost=min(records, rate)):
            return True
        self._spent_until[caller.actor] = self._limiter.get_window_stats(item, caller.actor).reset_time
        return False


def _per_second(rate: int) -> RateLimitItem:
    return RateLimitItemPerSecond(rate)
