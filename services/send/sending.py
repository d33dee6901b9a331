"""Batches on their way: taken from the file one after the other, each posted until it is accepted."""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from services.send.batches import Batch, Limits, cut, split
from services.send.client import Inlet, SendError, StoppedError, TooLargeError
from services.send.display import Progress
from services.send.rows import InvalidFileError, Item, Malformed, Row


class Sent(NamedTuple):
    """An accepted batch: the number of its first row, how many rows, its receipt."""

    first: int
    records: int
    receipt: str


@dataclass
class Ledger:
    """What became of the rows so far, without the rows. `refused` are those that alone are too large: number, why."""

    malformed: int = 0
    sent: list[Sent] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)

    @property
    def records(self) -> int:
        """How many rows were accepted."""
        return sum(each.records for each in self.sent)


class Sender:
    """Posts all rows of a file, and notes in `ledger` what was accepted."""

    def __init__(self, inlet: Inlet, limits: Limits, ledger: Ledger, stop: asyncio.Event, progress: Progress) -> None:
        self._inlet = inlet
        self._limits = limits
        self._ledger = ledger
        self._stop = stop
        self._progress = progress
        self._failure: Exception | None = None

    async def run(self, items: Iterable[Item], parallel: int) -> None:
        """Returns at the end of the file, or once the run is stopped and nothing is under way any more.

        With one batch at a time the file's order is the order of arrival; `parallel` ones arrive in any order. Raises
        `SendError`, `InvalidFileError`, `OSError`, after what was under way then.
        """
        batches = cut(self._rows(items), self._limits)
        async with asyncio.TaskGroup() as tasks:
            for _ in range(parallel):
                tasks.create_task(self._work(batches))
        if self._failure is not None:
            raise self._failure

    async def _work(self, batches: Iterator[Batch]) -> None:
        try:
            while not self._stop.is_set() and (batch := next(batches, None)) is not None:
                await self._send(batch)
        except StoppedError:
            return
        except (SendError, InvalidFileError, OSError) as error:
            self._failure = self._failure or error
            self._stop.set()

    async def _send(self, batch: Batch) -> None:
        size = sum(row.size for row in batch.rows)
        try:
            receipt = await self._inlet.post(batch)
        except TooLargeError as error:
            if len(batch.rows) > 1:
                self._limits.learn(error.code, error.limit, batch)
                for part in split(batch, self._limits):
                    await self._send(part)
                return
            self._ledger.refused[batch.rows[0].number] = error.code
            self._progress.passed(0, size)
        else:
            self._ledger.sent.append(Sent(batch.rows[0].number, len(batch.rows), receipt))
            self._progress.passed(len(batch.rows), size)

    def _rows(self, items: Iterable[Item]) -> Iterator[Row]:
        for item in items:
            if isinstance(item, Malformed):
                self._ledger.malformed += 1
                self._progress.passed(0, item.size)
            else:
                yield item
