"""The mapper's work: each batch by the plan of the revision it was accepted under."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from services.mapper.plan import Plan
from shared.contract.codes import Code
from shared.contract.dates import InvalidFormatError
from shared.contract.definitions import Revision
from shared.contract.messages import MappedBatch, RawBatch, RejectError, as_failure
from shared.runtime.metrics import Metrics

MAX_PLANS = 256


class Revisions(Protocol):
    """Where revisions come from."""

    async def revision(self, integration: int, number: int) -> Revision | None:
        """One revision; None if there is no such. Raises `UnavailableError` when that cannot be known now."""


class MapHandler:
    """A `Handler` that turns raw batches into mapped ones.

    `probe` tries to publish without effect and raises `UnavailableError`. `keeps_history` tells of an environment
    whether it keeps what loses.
    """

    def __init__(
        self,
        revisions: Revisions,
        probe: Callable[[], Awaitable[None]],
        metrics: Metrics,
        keeps_history: Callable[[int], bool] = lambda _: False,
    ) -> None:
        self._revisions = revisions
        self._keeps_history = keeps_history
        self._probe = probe
        self._metrics = metrics
        self._plans: dict[tuple[int, int], Plan] = {}
        self._missing: tuple[int, int] | None = None

    async def handle(self, batches: Sequence[RawBatch]) -> Sequence[MappedBatch]:
        """Maps all batches. Raises `RejectError` for one that cannot be, `UnavailableError`."""
        mapped = []
        for batch in batches:
            plan = await self._plan(batch.integration, batch.revision)
            mapped.append(plan.map(batch, history=self._keeps_history(plan.environment)))
            await asyncio.sleep(0)  # many batches are much computing: heartbeats and health checks come in between
        self._count(mapped)
        return mapped

    async def failed(self, batch: RawBatch, code: Code) -> Sequence[MappedBatch]:
        """What tells the profile writer that the batch was put aside. Raises `UnavailableError`."""
        revision = await self._revision(batch.integration, batch.revision)
        return [as_failure(batch, code, 0 if revision is None else revision.environment)]

    async def probe(self) -> None:
        """Asks again for the revision that could not be had, and tries to publish. Raises `UnavailableError`."""
        if self._missing is not None:
            await self._revision(*self._missing)
        await self._probe()

    async def _plan(self, integration: int, number: int) -> Plan:
        """Compiled once and kept: revisions never change. Beyond `MAX_PLANS` the oldest goes."""
        plan = self._plans.get((integration, number))
        if plan is not None:
            return plan
        revision = await self._revision(integration, number)
        if revision is None:
            raise RejectError(Code.UNKNOWN_REVISION)
        plan = self._plans[integration, number] = _compile(revision)
        if len(self._plans) > MAX_PLANS:
            del self._plans[next(iter(self._plans))]
        return plan

    async def _revision(self, integration: int, number: int) -> Revision | None:
        self._missing = integration, number  # stays so when the next line raises
        revision = await self._revisions.revision(integration, number)
        self._missing = None
        return revision

    def _count(self, mapped: Sequence[MappedBatch]) -> None:
        self._metrics.records_mapped.inc(sum(len(batch.rows) for batch in mapped))
        for code, count in Counter(reject.code for batch in mapped for reject in batch.rejects).items():
            self._metrics.rejects.labels(code).inc(count)


def _compile(revision: Revision) -> Plan:
    try:
        return Plan(revision)
    except InvalidFormatError as error:
        raise RejectError(Code.INVALID_REVISION) from error
