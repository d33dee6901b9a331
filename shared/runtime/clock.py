"""Time as an argument, so that tests can set it."""

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Microseconds since the Unix epoch."""


def system_clock() -> int:
    """The machine's clock."""
    return time.time_ns() // 1000


def strictly_increasing(clock: Clock) -> Clock:
    """The same clock, but never the same or an earlier time twice within this process."""
    last = 0

    def tick() -> int:
        nonlocal last
        last = max(clock(), last + 1)
        return last

    return tick
