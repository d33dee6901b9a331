"""Bytes of bodies held, from the first one read to the broker's confirm: bounded in all and per caller."""

import asyncio
from collections import Counter
from http import HTTPStatus
from types import TracebackType
from typing import Self

from shared.contract.codes import Code
from shared.runtime.access import RefusalError

RETRY_AFTER_S = 1


class Budget:
    """`max_bytes` for all bodies together; one caller may take half of it."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._held: Counter[str] = Counter()
        self._holds = 0
        self._unused: asyncio.Future[None] | None = None
        self.total = 0

    def hold(self, caller: str, expected: int) -> "Hold":
        """A share of the budget, empty at first. Raises `RefusalError` (503) when `expected` bytes would not fit."""
        self._check(caller, expected)
        return Hold(self, caller)

    async def unused(self) -> None:
        """Returns when no request holds a share. Only one may wait."""
        if self._holds:
            self._unused = asyncio.get_running_loop().create_future()
            await self._unused

    def open(self) -> None:
        """Counts one more share, empty at first."""
        self._holds += 1

    def close(self, caller: str, size: int) -> None:
        """Counts one share less, and its `size` bytes."""
        self.total -= size
        self._held[caller] -= size
        if self._held[caller] == 0:
            del self._held[caller]
        self._holds -= 1
        if self._unused is not None and self._holds == 0 and not self._unused.done():
            self._unused.set_result(None)

    def take(self, caller: str, size: int) -> None:
        """Counts `size` bytes more. Raises `RefusalError` (503) when they do not fit."""
        self._check(caller, size)
        self.total += size
        self._held[caller] += size

    def _check(self, caller: str, size: int) -> None:
        if self.total + size > self._max_bytes or self._held.get(caller, 0) + size > self._max_bytes // 2:
            raise RefusalError(
                HTTPStatus.SERVICE_UNAVAILABLE, Code.OVERLOADED, headers={"Retry-After": str(RETRY_AFTER_S)}
            )


class Hold:
    """What one request holds; given back on leaving the block."""

    def __init__(self, budget: Budget, caller: str) -> None:
        self._budget = budget
        self._caller = caller
        self.size = 0

    def grow(self, size: int) -> None:
        """Holds `size` bytes more. Raises `RefusalError` (503) when they do not fit."""
        self._budget.take(self._caller, size)
        self.size += size

    def __enter__(self) -> Self:
        self._budget.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._budget.close(self._caller, self.size)
