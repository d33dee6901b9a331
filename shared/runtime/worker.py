"""The consume loop of the mapper and of the profile writer: it owns the acks, the retries and the dead letters.

A handler is given batches and returns what to publish; the loop publishes, waits for the confirm, then acknowledges.
Workers never requeue (design, section 6).
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from shared.contract.codes import Code
from shared.contract.messages import MappedBatch, RawBatch
from shared.runtime.broker import PREFETCH, Broker
from shared.runtime.metrics import Metrics

In = TypeVar("In", RawBatch, MappedBatch)
Out = TypeVar("Out")


class Handler(Protocol[In, Out]):
    """A service's work.

    `handle` raises `UnavailableError` when a dependency is away (the same batches come again), `RejectError` when a
    batch can never be processed; any other exception is a bug and is tried three times.
    """

    async def handle(self, batches: Sequence[In]) -> Sequence[Out]:
        """Does the work for all batches at once and returns what is to be published."""

    async def failed(self, batch: In, code: Code) -> Sequence[Out]:
        """Takes note of a batch that was put aside, and returns what is to be published about it."""

    async def probe(self) -> None:
        """Tries work of its own kind without effect. Raises `UnavailableError`."""


@dataclass(frozen=True)
class Stage(Generic[In, Out]):
    """Where a worker stands on the path: its queues and how their frames are read and written."""

    inbox: str
    dead: str
    decode: Callable[[bytes], Sequence[In]]
    encode: Callable[[Sequence[In]], bytes]
    outbox: str | None = None
    encode_out: Callable[[Sequence[Out]], bytes] | None = None
    most: int = PREFETCH


class Worker(Generic[In, Out]):
    """One consumer of one queue."""

    def __init__(
        self, stage: Stage[In, Out], handler: Handler[In, Out], broker: Broker, metrics: Metrics, patience_s: float
    ) -> None:
        self._stage = stage
        self._handler = handler
        self._broker = broker
        self._metrics = metrics
        self._patience_s = patience_s

    async def run(self, stop: asyncio.Event) -> None:
        """Consumes until `stop` is set, then finishes what it has begun."""
        raise NotImplementedError
