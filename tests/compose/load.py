"""A load whose outcome is known beforehand: batches of updates, and what the profiles and receipts must say after it.

Each user belongs to one sender, which sends its batches one after the other: so the last value is the last one sent.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from tests.compose.door import Door
from tests.compose.project import Project

Json = Any

BATCH = 100
_SENDERS = 8
_USERS_PER_SENDER = 500
_NO_USER_ID = 250
_NO_NUMBER = 99


class Load:
    """`batches` batches by several senders at once, sent as far as `allow` has let them."""

    def __init__(self, door: Door, batches: int) -> None:
        self.receipts: dict[str, int] = {}
        self.batches = batches
        self._door = door
        self._permits = asyncio.Semaphore(0)
        self._news = asyncio.Condition()
        self.began_at = time.monotonic()
        self.ended_at = 0.0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Senders send within the block; on leaving it all that is left is sent and waited for."""
        self.began_at = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            for sender in range(_SENDERS):
                tasks.create_task(self._send(sender))
            yield
            self.allow(self.batches)
        self.ended_at = time.monotonic()

    def allow(self, batches: int) -> None:
        """Lets the senders go on by so many batches."""
        for _ in range(batches):
            self._permits.release()

    async def until(self, accepted: int) -> None:
        """Waits until so many batches have been accepted since the beginning."""
        async with self._news:
            await self._news.wait_for(lambda: len(self.receipts) >= accepted)

    async def go_on(self, batches: int, patience_s: float) -> None:
        """Waits until so many more batches have been accepted, or, where none get through, for `patience_s`."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.until(len(self.receipts) + batches), patience_s)

    async def _send(self, sender: int) -> None:
        for number in range(sender, self.batches, _SENDERS):
            await self._permits.acquire()
            receipt = await self._door.post(list(_records(number)), f"batch-{number}")
            async with self._news:
                self.receipts[receipt] = number
                self._news.notify_all()

    def expected(self) -> dict[str, Json]:
        """What each user's profile must hold in the end."""
        profiles: dict[str, Json] = {}
        for number in range(self.batches):
            for record in _records(number):
                if "userId" in record:
                    profile = profiles.setdefault(record["userId"], {})
                    profile["department"] = record["department"]
                    if isinstance(record["seats"], int):
                        profile["seats"] = record["seats"]
        return profiles

    def expected_counts(self) -> Counter[str]:
        """What the receipts must add up to."""
        records = [record for number in range(self.batches) for record in _records(number)]
        known = [record for record in records if "userId" in record]
        return Counter(
            records=len(records),
            written=len(known),
            rejected=len(records) - len(known),
            values_rejected=sum(not isinstance(record["seats"], int) for record in known),
        )


def _records(batch: int) -> Iterator[Json]:
    """A batch of the sender's users, some of them more than once; a few records and values cannot count."""
    sender = batch % _SENDERS
    for index in range(BATCH):
        number = batch * BATCH + index
        user = (batch * 37 + index * index) % _USERS_PER_SENDER
        record = {"userId": f"u/{sender}/{user}", "department": f"d{number}", "seats": number}
        if number % _NO_NUMBER == 0:
            record["seats"] = "many"
        if number % _NO_USER_ID == 0:
            del record["userId"]
        yield record


async def account_for(load: Load, door: Door, project: Project) -> Json:
    """Holds receipts, profiles and queues against what they must be, and returns the figures of the run."""
    limit = asyncio.Semaphore(_SENDERS)

    async def read(receipt: str) -> Json:
        async with limit:
            return await door.receipt(receipt)

    receipts = await asyncio.gather(*map(read, load.receipts))
    settled_s = time.monotonic() - load.ended_at
    assert len(load.receipts) == load.batches
    assert Counter(each["state"] for each in receipts) == {"written": load.batches}
    assert all(each["records"] == each["written"] + each["rejected"] for each in receipts)
    counts = load.expected_counts()
    assert Counter({name: sum(each[name] for each in receipts) for name in counts}) == counts
    expected = load.expected()
    assert await door.profiles() == expected
    some = next(iter(expected))
    assert await door.profile(some) == expected[some]
    waiting = await project.waiting()
    assert {name: number for name, number in waiting.items() if name.endswith(".dead")} == {
        "inlet.raw.dead": 0,
        "inlet.mapped.dead": 0,
    }
    return {
        "accepted": {"batches": len(receipts), **counts},
        "profiles": len(expected),
        "sending_s": round(load.ended_at - load.began_at, 1),
        "all_settled_after_last_202_s": round(settled_s, 1),
        "sent_again": dict(door.retries),
    }
