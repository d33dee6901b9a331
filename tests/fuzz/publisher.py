"""Publishes the frames of a seed, and holds what came of them against what they were."""

import random
import time
from collections import Counter

from shared.contract.codes import Code
from tests.e2e.process import eventually
from tests.fuzz.definitions import Placed
from tests.fuzz.findings import Findings
from tests.fuzz.frames import frame
from tests.fuzz.queues import Queues

FIRST_GOOD = 1_000_000_000  # apart from the numbers of posts
_MOST_WAITING = 50
_DRAIN_S = 180.0
_WHOLE = (Code.UNREADABLE_FRAME, Code.UNKNOWN_VERSION)


class Publisher:
    """Publishes until its time is up; `good` are the records that must be merged."""

    def __init__(self, queues: Queues, place: Placed, seed: str, findings: Findings) -> None:
        self._queues = queues
        self._place = place
        self._seed = seed
        self._findings = findings
        self._whole = 0
        self.good: list[int] = []

    async def run(self, until: float, most: int) -> None:
        """Publishes until the monotonic time `until`, at most so many frames, and waits until they are dealt with."""
        for number in range(most):
            if time.monotonic() >= until:
                break
            await self._publish(number)
            if number % _MOST_WAITING == 0:
                await self._drained(_MOST_WAITING)
        await self._drained(0)
        self._judge(await self._queues.dead())

    async def _publish(self, number: int) -> None:
        sent = frame(random.Random(f"{self._seed}/frame/{number}"), self._place, FIRST_GOOD + number)
        await self._queues.put(sent)
        self._findings.counts["frames"] += 1
        batches = sent.batches
        self._whole += batches is None
        if sent.good and batches:
            self.good.append(sent.good)

    async def _drained(self, waiting: int) -> None:
        """Waits until no more than so many frames wait. A frame that comes again and again would be among them."""

        async def look() -> bool:
            return await self._queues.left() <= waiting

        try:
            await eventually(look, f"at most {waiting} frames wait", _DRAIN_S)
        except TimeoutError as error:
            self._findings.fault(f"{error}: {await self._queues.left()} do")
            raise

    def _judge(self, codes: list[object]) -> None:
        """What cannot be read is a dead letter, once; and no queue had to put anything aside by itself."""
        counts = Counter(codes)
        for code, count in counts.items():
            self._findings.counts[f"dead letters, {code}"] += count
        whole = sum(counts[code.value] for code in _WHOLE)
        self._findings.check(whole == self._whole, f"{self._whole} frames cannot be read, {whole} are dead letters")
        self._findings.check(None not in counts, f"{counts[None]} dead letters without a code")
