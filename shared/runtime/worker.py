"""The consume loop of the mapper and of the profile writer: it owns the acks, the retries and the dead letters.

A handler is given batches and returns what to publish; the loop publishes, waits for the confirm, then acknowledges.
Workers never requeue (design, section 6): work that fails for want of a dependency is tried again in place; after a
while the consumer is closed, by which its frames go back, and opened again when a probe succeeds.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, Protocol, TypeVar

import structlog

from shared.contract.codes import Code
from shared.contract.messages import (
    MAX_FRAME_BYTES,
    TARGET_FRAME_BYTES,
    MappedBatch,
    RawBatch,
    RejectError,
    UnreadableFrameError,
)
from shared.runtime.backoff import SYSTEM_TIME, Patience, Time, delays
from shared.runtime.broker import PREFETCH, Broker, Consumer, Delivery, UnavailableError
from shared.runtime.dead_letters import DeadLetters
from shared.runtime.metrics import Metrics

SPLIT_AT_DELIVERY = 3
"""A frame of several batches that comes for this time is republished batch by batch: one of them may be the culprit."""
GIVE_UP_AT_DELIVERY = 10
"""A frame of one batch that comes for this time is a dead letter, before it is handled: it may be what ends workers."""
ATTEMPTS = 3
"""How often an unexpected error is tried in place."""

_log = structlog.get_logger()

In = TypeVar("In", bound=RawBatch | MappedBatch)
In_contra = TypeVar("In_contra", bound=RawBatch | MappedBatch, contravariant=True)
Out = TypeVar("Out")
Out_co = TypeVar("Out_co", covariant=True)


class Handler(Protocol[In_contra, Out_co]):
    """A service's work.

    `handle` raises `UnavailableError` when a dependency is away (the same batches come again), `RejectError` when a
    batch can never be processed; any other exception is a bug and is tried three times.
    """

    async def handle(self, batches: Sequence[In_contra]) -> Sequence[Out_co]:
        """Does the work for all batches at once and returns what is to be published."""

    async def failed(self, batch: In_contra, code: Code) -> Sequence[Out_co]:
        """Takes note of a batch that was put aside, and returns what is to be published about it."""

    async def probe(self) -> None:
        """Tries work of its own kind without effect. Raises `UnavailableError`."""


@dataclass(frozen=True)
class Stage(Generic[In, Out]):
    """Where a worker stands on the path: its queues and how their frames are read and written.

    `outbox` and `encode_out` are given both or not at all. `most` frames are taken at a time; a handler that can
    compute for one group of them while another one waits for its dependency has two `lanes`.
    """

    inbox: str
    dead: str
    decode: Callable[[bytes], Sequence[In]]
    encode: Callable[[Sequence[In]], bytes]
    outbox: str | None = None
    encode_out: Callable[[Sequence[Out]], bytes] | None = None
    most: int = PREFETCH
    lanes: int = 1


@dataclass(frozen=True)
class _Failure:
    """Why a handler could not do its work."""

    code: Code


class Worker(Generic[In, Out]):
    """One consumer of one queue."""

    def __init__(  # noqa: PLR0913 - its parts, each named by the composition root
        self,
        stage: Stage[In, Out],
        handler: Handler[In, Out],
        broker: Broker,
        metrics: Metrics,
        patience_s: float,
        *,
        time: Time = SYSTEM_TIME,
    ) -> None:
        self._stage = stage
        self._handler = handler
        self._broker = broker
        self._metrics = metrics
        self._time = time
        self._waits = delays()
        self._patience = Patience(patience_s, time, metrics.retries.labels(stage.inbox).inc)
        self._dead_letters = DeadLetters(stage.inbox, stage.dead, broker, metrics, time.clock)

    async def run(self, stop: asyncio.Event) -> None:
        """Consumes until `stop` is set, then finishes what it has begun.

        The caller bounds how long that may take: work under way is tried again while a dependency is away. When this
        is cancelled, what was not finished goes back.
        """
        while not stop.is_set():
            try:
                async with self._broker.consume(self._stage.inbox) as consumer:
                    await self._consume(consumer, stop)
            except UnavailableError as error:
                _log.warning("consumer_closed", queue=self._stage.inbox, reason=str(error))
                await self._rest(stop)

    async def _consume(self, consumer: Consumer, stop: asyncio.Event) -> None:
        """Takes and processes until `stop`, with as many groups under way as there are lanes.

        Where one lane fails, the others are cancelled: the consumer will be closed, and all frames come again.
        """
        lanes = asyncio.Semaphore(self._stage.lanes)
        try:
            async with asyncio.TaskGroup() as tasks:
                while True:
                    await lanes.acquire()
                    taken = await self._take(consumer, stop)
                    if not taken:
                        return
                    tasks.create_task(self._process(taken)).add_done_callback(lambda _: lanes.release())
        except* UnavailableError as group:
            # Bugs beside it are raised as they are, in a group of their own.
            raise UnavailableError(str(group.exceptions[0])) from group

    async def _take(self, consumer: Consumer, stop: asyncio.Event) -> Sequence[Delivery]:
        """The next deliveries; none when it is time to stop, however many are waiting."""
        if stop.is_set():
            return ()
        take = asyncio.ensure_future(consumer.take(self._stage.most))
        stopping = asyncio.ensure_future(stop.wait())
        try:
            await asyncio.wait({take, stopping}, return_when=asyncio.FIRST_COMPLETED)
            return take.result() if take.done() else ()
        finally:
            take.cancel()
            stopping.cancel()

    async def _rest(self, stop: asyncio.Event) -> None:
        """Waits until the work is possible again, or until it is time to stop."""
        while not stop.is_set():
            await _unless(stop, self._time.sleep(next(self._waits)))
            if stop.is_set() or await self._is_fit():
                return

    async def _is_fit(self) -> bool:
        try:
            await self._handler.probe()
        except UnavailableError as error:
            _log.warning("probe_failed", queue=self._stage.inbox, reason=str(error))
            return False
        return True

    async def _process(self, taken: Sequence[Delivery]) -> None:
        """Does the work of some frames, from taking to acknowledging."""
        began, batches, outcome = self._time.monotonic(), 0, "returned"
        try:
            batches = await self._settle(taken)
            outcome = "settled"
        finally:
            seconds = self._time.monotonic() - began
            _log.info(
                "frames",
                queue=self._stage.inbox,
                frames=len(taken),
                batches=batches,
                ms=round(seconds * 1000, 1),
                outcome=outcome,
            )
        self._waits = delays()
        self._metrics.frames.labels(self._stage.inbox).inc(len(taken))
        self._metrics.frame_seconds.labels(self._stage.inbox).observe(seconds)
        self._metrics.last_frame.labels(self._stage.inbox).set(self._time.clock() / 1_000_000)

    async def _settle(self, taken: Sequence[Delivery]) -> int:
        """Handles, publishes, acknowledges. Returns the number of batches that were handled."""
        batches: list[In] = []
        handled: list[Delivery] = []
        for delivery in taken:
            admitted = await self._admit(delivery)
            if admitted is None:
                await delivery.ack()
            else:
                batches += admitted
                handled.append(delivery)
        if batches:
            await self._publish_out(await self._handle(batches))
        for delivery in handled:
            await delivery.ack()
        return len(batches)

    async def _admit(self, delivery: Delivery) -> Sequence[In] | None:
        """A frame's batches; None if the frame went elsewhere and has only to be acknowledged."""
        try:
            batches = self._stage.decode(delivery.body)
        except UnreadableFrameError as error:
            put = partial(self._dead_letters.put, delivery.body, error.code, delivery.count)
            await self._patience.run(put)
            return None
        if len(batches) > 1 and delivery.count >= SPLIT_AT_DELIVERY:
            await self._publish(self._stage.inbox, [self._stage.encode([batch]) for batch in batches])
            return None
        if len(batches) == 1 and delivery.count >= GIVE_UP_AT_DELIVERY:
            await self._put_aside(batches[0], Code.TOO_MANY_DELIVERIES, delivery.count)
            return None
        return batches

    async def _handle(self, batches: Sequence[In]) -> list[bytes]:
        """The bodies to publish, after each batch that cannot be handled was put aside."""
        outcome = await self._attempt(partial(self._handler.handle, batches))
        if not isinstance(outcome, _Failure):
            return outcome
        if len(batches) == 1:
            return await self._handle_alone(batches[0], outcome)
        bodies = []
        for batch in batches:
            bodies += await self._handle_alone(batch, await self._attempt(partial(self._handler.handle, [batch])))
        return bodies

    async def _handle_alone(self, batch: In, outcome: list[bytes] | _Failure) -> list[bytes]:
        """Goes on from the `outcome` of a batch's first attempt: a reject is final, a bug is tried again."""
        attempts = 1
        waits = delays()
        while outcome == _Failure(Code.INTERNAL_ERROR) and attempts < ATTEMPTS:
            await self._time.sleep(next(waits))
            outcome = await self._attempt(partial(self._handler.handle, [batch]))
            attempts += 1
        if isinstance(outcome, _Failure):
            await self._put_aside(batch, outcome.code, attempts)
            return []
        return outcome

    async def _attempt(self, work: Callable[[], Awaitable[Sequence[Out]]]) -> list[bytes] | _Failure:
        """What the work wants to be published, encoded, or why it failed. Raises only `UnavailableError`."""
        try:
            return list(self._encode_out(await self._patience.run(work)))
        except UnavailableError:
            raise
        except RejectError as error:
            return _Failure(error.code)
        except Exception:  # noqa: BLE001 - the one place where a bug in a handler must not end the process
            _log.exception("handler_failed", queue=self._stage.inbox)
            return _Failure(Code.INTERNAL_ERROR)

    async def _put_aside(self, batch: In, code: Code, attempts: int) -> None:
        """Makes one batch a dead letter, then lets the handler take note of it."""
        body = self._stage.encode([batch])
        await self._patience.run(partial(self._dead_letters.put, body, code, attempts, batch.receipt))
        notes = await self._attempt(partial(self._handler.failed, batch, code))
        if isinstance(notes, _Failure):
            # The batch is safe among the dead letters; only its receipt stays pending.
            _log.error("dead_letter_not_noted", queue=self._stage.inbox, code=notes.code.value)
        else:
            await self._publish_out(notes)

    def _encode_out(self, items: Sequence[Out]) -> Iterator[bytes]:
        if not items:
            return
        if self._stage.outbox is None or self._stage.encode_out is None:
            raise TypeError("a handler without an outbox has nothing to publish")
        yield from _frames(items, self._stage.encode_out)

    async def _publish_out(self, bodies: Sequence[bytes]) -> None:
        if self._stage.outbox is not None:
            await self._publish(self._stage.outbox, bodies)

    async def _publish(self, queue: str, bodies: Sequence[bytes]) -> None:
        """Returns when all are confirmed. Raises `UnavailableError` once each has had its chance."""
        publishes = (self._patience.run(partial(self._broker.publish, queue, body)) for body in bodies)
        for result in await asyncio.gather(*publishes, return_exceptions=True):
            if result is not None:
                raise result


def _frames(items: Sequence[Out], encode: Callable[[Sequence[Out]], bytes]) -> Iterator[bytes]:
    """The items in frames of about the target size. Raises `ValueError` for one item that is too large for a frame."""
    body = encode(items)
    if len(items) == 1 and len(body) > MAX_FRAME_BYTES:
        raise ValueError(f"a batch of {len(body)} bytes does not fit a frame")
    if len(items) == 1 or len(body) <= 2 * TARGET_FRAME_BYTES:
        yield body
        return
    parts = min(len(items), -(-len(body) // TARGET_FRAME_BYTES))
    for part in range(parts):
        yield from _frames(items[len(items) * part // parts : len(items) * (part + 1) // parts], encode)


async def _unless(stop: asyncio.Event, pause: Awaitable[None]) -> None:
    """Waits for the pause, but not longer than until `stop`."""
    tasks = {asyncio.ensure_future(pause), asyncio.ensure_future(stop.wait())}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
