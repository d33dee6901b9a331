"""Trying again: jittered exponential delays, and work that is repeated while a dependency is away.

Our own dozen lines rather than stamina's: the time comes from the caller, so that tests need no waiting, the same
delays serve reconnecting and probing, which stamina's loop of attempts does not, and every retry is counted in the
process's own registry (stamina counts in a global one).
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from shared.runtime.broker import UnavailableError
from shared.runtime.clock import Clock, system_clock

FIRST_S = 0.1
MOST_S = 5.0

T = TypeVar("T")


@dataclass(frozen=True)
class Time:
    """All the time that retrying work needs, so that tests can set it.

    `clock` is the time of day, `monotonic` measures durations in seconds, `sleep` waits for seconds.
    """

    clock: Clock = system_clock
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


SYSTEM_TIME = Time()


def delays(first_s: float = FIRST_S, most_s: float = MOST_S) -> Iterator[float]:
    """Seconds to wait before each retry, without end: doubling, and each somewhere in its upper half.

    The jitter keeps the workers that one outage stopped from coming back all at once.
    """
    ceiling = first_s
    while True:
        yield ceiling * (1 - random.random() / 2)  # noqa: S311 - spreads load, guards nothing
        ceiling = min(ceiling * 2, most_s)


class Patience:
    """Repeats work in place for as long as a dependency may stay away."""

    def __init__(self, limit_s: float, time: Time, on_retry: Callable[[], None]) -> None:
        self._limit_s = limit_s
        self._time = time
        self._on_retry = on_retry

    async def run(self, work: Callable[[], Awaitable[T]]) -> T:
        """The result of `work`, tried again with backoff on `UnavailableError`.

        Raises the last `UnavailableError` once `limit_s` have passed since the first.
        """
        first_failed: float | None = None
        for delay_s in delays():
            try:
                return await work()
            except UnavailableError:
                now = self._time.monotonic()
                first_failed = now if first_failed is None else first_failed
                if now + delay_s - first_failed > self._limit_s:
                    raise
            self._on_retry()
            await self._time.sleep(delay_s)
        raise AssertionError("delays never end")
