"""Passwords: kept by argon2id (RFC 9106) alone, checked a few at a time, guessed at only slowly."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

FAILURES_PER_NAME = RateLimitItemPerMinute(5)
FAILURES_PER_ADDRESS = RateLimitItemPerMinute(20)
RETRY_AFTER_S = 60
_AT_ONCE = 2  # each takes 64 MiB and a core for some tens of milliseconds


class Passwords:
    """Hashes and checks, in threads of their own."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        """What is kept of a password."""
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def fits(self, kept: str | None, password: str) -> bool:
        """Whether it is the password. Without one to compare with (None), it takes as long and is not."""
        if self._nobodys is None:
            self._nobodys = await self.hash("nobody's password")
        async with self._turns:
            return await asyncio.to_thread(self._verify, kept or self._nobodys, password) and kept is not None

    def is_outdated(self, kept: str) -> bool:
        """Whether it should be hashed anew, with today's parameters."""
        return self._hasher.check_needs_rehash(kept)

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False


class Attempts:
    """Counts failed attempts of a minute, in this process, by name and by address.

    Those under way count like failed ones: however many are made at once, no more of them fail than one by one.
    """

    def __init__(self) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._under_way: Counter[str] = Counter()

    def are_left(self, name: str, address: str) -> bool:
        """Whether another attempt may be made."""
        return all(self._left(limit, key) > 0 for limit, key in _limits(name, address))

    @contextmanager
    def under_way(self, name: str, address: str) -> Iterator[None]:
        """An attempt that is being made."""
        keys = Counter([key for _, key in _limits(name, address)])
        self._under_way += keys
        try:
            yield
        finally:
            self._under_way -= keys

    def failed(self, name: str, address: str) -> None:
        """Counts a failure."""
        for limit, key in _limits(name, address):
            self._limiter.hit(limit, key)

    def _left(self, limit: RateLimitItem, key: str) -> int:
        return self._limiter.get_window_stats(limit, key).remaining - self._under_way[key]


def _limits(name: str, address: str) -> tuple[tuple[RateLimitItem, str], ...]:
    return (FAILURES_PER_NAME, f"name:{name}"), (FAILURES_PER_ADDRESS, f"address:{address}")
