"""How many records a second an access token may send through this process."""

from functools import cache

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from shared.contract.definitions import AccessToken

RETRY_AFTER_S = 1
"""The window: by then another one has begun."""


class RecordRate:
    """Counts records in windows of one second, per access token.

    `default` holds for tokens without a rate of their own; 0 is no limit. A window costs one number a token: the
    library's moving window would keep an entry for every record.
    """

    def __init__(self, default: int) -> None:
        self._default = default
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._item = cache(_per_second)

    def allows(self, token: AccessToken, records: int) -> bool:
        """Counts the records of a batch, and says whether they fit.

        A batch larger than the rate counts as the rate, so that it gets through in a window of its own.
        """
        rate = self._default if token.records_per_s is None else token.records_per_s
        if rate == 0:
            return True
        return self._limiter.hit(self._item(rate), str(token.id), cost=min(records, rate))


def _per_second(rate: int) -> RateLimitItem:
    return RateLimitItemPerSecond(rate)
