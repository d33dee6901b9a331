"""Many requests, few messages: what waits while publishes are in flight goes out together as one frame.

A broker's durable confirm costs the same for one batch as for fifty, and so does a frame at every stage behind. Each
request is answered after the confirm of the frame that its batch went into.

A frame goes out when nothing is in flight and the loop brings no more to it, or when it has as many batches as are in
flight: small when it is quiet, large when it is not, and nothing waits for a clock.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import structlog

from shared.contract.messages import TARGET_FRAME_BYTES, RawBatch, encode_raw
from shared.runtime.broker import Broker, UnavailableError

WINDOW = 2
_HEAD_BYTES = 512  # more than a batch has beside its data
_log = structlog.get_logger()


@dataclass(slots=True, eq=False)
class _Frame:
    """Batches that travel together, and who waits for them."""

    expiry: asyncio.TimerHandle | None = None
    size: int = 0
    records: int = 0
    started: float = 0.0
    batches: list[RawBatch] = field(default_factory=list)
    waiters: list[asyncio.Future[None]] = field(default_factory=list)

    def settle(self, error: UnavailableError | None) -> None:
        """Tells everyone who still waits. The first call counts."""
        if self.expiry is not None:
            self.expiry.cancel()
        for waiter in self.waiters:
            if waiter.done():
                continue
            if error is None:
                waiter.set_result(None)
            else:
                waiter.set_exception(error)


class Coalescer:
    """Publishes batches to one queue, at most `window` frames at a time; `on_confirmed` is called after each.

    Nobody waits longer than `timeout_s`, whatever the broker does: a frame's time runs from its first batch. A
    publish under way is never cancelled; when it outlives its frame's time, nobody is told of its outcome any more.
    """

    def __init__(
        self,
        broker: Broker,
        queue: str,
        timeout_s: float,
        window: int = WINDOW,
        *,
        on_confirmed: Callable[[], None],
    ) -> None:
        self._broker = broker
        self._queue = queue
        self._timeout_s = timeout_s
        self._window = window
        self._on_confirmed = on_confirmed
        self._waiting: deque[_Frame] = deque()
        self._publishing: set[asyncio.Task[None]] = set()
        self._in_flight = 0

    async def submit(self, batch: RawBatch, records: int) -> None:
        """Returns when the broker has stored the batch. Raises `UnavailableError` when it did not say so in time."""
        loop = asyncio.get_running_loop()
        frame = self._frame_for(len(batch.data) + _HEAD_BYTES, loop)
        waiter: asyncio.Future[None] = loop.create_future()
        frame.batches.append(batch)
        frame.waiters.append(waiter)
        frame.records += records
        if len(frame.batches) == self._in_flight:
            loop.call_soon(self._pump)
        await waiter

    async def drain(self, timeout_s: float) -> None:
        """Waits until nothing is under way, but no longer than this; nothing may be submitted any more."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self._publishing or self._waiting:
                    self._pump(at_once=True)
                    await asyncio.wait(self._publishing)

    def _frame_for(self, size: int, loop: asyncio.AbstractEventLoop) -> _Frame:
        if not self._waiting or self._waiting[-1].size + size > TARGET_FRAME_BYTES:
            frame = _Frame(started=loop.time())
            frame.expiry = loop.call_later(self._timeout_s, self._expire, frame)
            self._waiting.append(frame)
            loop.call_soon(self._pump_when_still, 0)
        self._waiting[-1].size += size
        return self._waiting[-1]

    def _pump_when_still(self, before: int) -> None:
        """Lets a frame go when a turn of the loop has not added to its batches; beside others only what is due."""
        if self._publishing or not self._waiting:
            self._pump()
            return
        now = len(self._waiting[0].batches)
        if now == before:
            self._pump(at_once=True)
        else:
            asyncio.get_running_loop().call_soon(self._pump_when_still, now)

    def _pump(self, *, at_once: bool = False) -> None:
        while self._waiting and len(self._publishing) < self._window and (at_once or self._is_due()):
            frame = self._waiting.popleft()
            task = asyncio.get_running_loop().create_task(self._publish(frame))
            self._publishing.add(task)
            self._in_flight += len(frame.batches)
            task.add_done_callback(partial(self._published, frame))

    def _is_due(self) -> bool:
        """Whether the first frame that waits goes out beside those in flight; a full one, behind it another, does."""
        return len(self._waiting) > 1 or 0 < self._in_flight <= len(self._waiting[0].batches)

    async def _publish(self, frame: _Frame) -> None:
        await self._broker.publish(self._queue, encode_raw(frame.batches))

    def _published(self, frame: _Frame, task: asyncio.Task[None]) -> None:
        self._publishing.discard(task)
        self._in_flight -= len(frame.batches)
        failure = None if task.cancelled() else task.exception()
        milliseconds = round((asyncio.get_running_loop().time() - frame.started) * 1000, 1)
        log = _log.bind(batches=len(frame.batches), records=frame.records, bytes=frame.size, milliseconds=milliseconds)
        if failure is None and not task.cancelled():
            frame.settle(None)
            self._on_confirmed()
            log.info("frame published")
        else:
            frame.settle(UnavailableError("broker: the frame was not confirmed"))
            unexpected = None if isinstance(failure, UnavailableError) else failure
            log.error("frame not published", reason=str(failure), exc_info=unexpected)
        self._pump()
        asyncio.get_running_loop().call_soon(self._pump_when_still, 0)

    def _expire(self, frame: _Frame) -> None:
        if frame in self._waiting:
            self._waiting.remove(frame)
        frame.settle(UnavailableError("broker: no confirm in time"))
        _log.error("frame expired", batches=len(frame.batches), records=frame.records)
