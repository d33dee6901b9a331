"""What became of the batches that were sent: their receipts read until none is pending, and summed."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from services.send.client import Inlet, Receipt, Reject
from services.send.sending import Sent
from shared.runtime.backoff import FIRST_S, SYSTEM_TIME, Time, delays

_TOGETHER = 16  # receipts that are asked for at a time
_MOST_S = 1.0


@dataclass
class Totals:
    """The sums of all receipts. `pending` and `failed` count records of batches that are not written."""

    written: int = 0
    rejected: int = 0
    values_rejected: int = 0
    superseded: int = 0
    erased: int = 0
    pending: int = 0
    failed: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    unmapped: Counter[str] = field(default_factory=Counter)
    unmapped_others: int = 0

    def add(self, sent: Sent, receipt: Receipt) -> None:
        """Adds what a batch came to."""
        if receipt.state == "pending":
            self.pending += sent.records
        elif receipt.state == "failed":
            self.failed += sent.records
            self.failures[receipt.failure or ""] += sent.records
        else:
            self.written += receipt.written
            self.rejected += receipt.rejected
            self.values_rejected += receipt.values_rejected
            self.superseded += receipt.superseded
            self.erased += receipt.erased
            self.unmapped.update(receipt.unmapped)
            self.unmapped_others += receipt.unmapped_others


class Outcome:
    """Reads receipts; those that are pending are asked for again for `wait_s` in all."""

    def __init__(self, inlet: Inlet, wait_s: float, time: Time = SYSTEM_TIME) -> None:
        self._inlet = inlet
        self._time = time
        self._until = time.monotonic() + wait_s

    async def read(
        self,
        batches: Sequence[Sent],
        add_rejects: Callable[[Sent, Sequence[Reject]], None],
        read_so_far: Callable[[int], None],
    ) -> Totals:
        """The sums over these batches, whose rejects are passed on batch by batch.

        Raises `SendError`, `StoppedError`, and whatever `add_rejects` raises.
        """
        totals = Totals()
        for start in range(0, len(batches), _TOGETHER):
            together = batches[start : start + _TOGETHER]
            receipts = await asyncio.gather(*(self._settled(sent.receipt) for sent in together))
            for sent, receipt in zip(together, receipts, strict=True):
                totals.add(sent, receipt)
                if receipt.rejected or receipt.values_rejected:
                    add_rejects(sent, await self._inlet.rejects(sent.receipt, receipt))
            read_so_far(start + len(together))
        return totals

    async def _settled(self, receipt: str) -> Receipt:
        for delay_s in delays(FIRST_S, _MOST_S):
            answer = await self._inlet.receipt(receipt)
            left_s = self._until - self._time.monotonic()
            if answer.state != "pending" or left_s <= 0:
                return answer
            await self._inlet.pause(min(delay_s, left_s))
        raise AssertionError("delays never end")
