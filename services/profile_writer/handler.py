"""The profile writer's work: everything taken together is one transaction."""

import time
from collections.abc import Sequence

from services.profile_writer.store import Store
from shared.contract.codes import Code
from shared.contract.messages import MappedBatch, as_failure
from shared.runtime.metrics import Metrics


class WriteHandler:
    """A `Handler` of mapped batches that publishes nothing: the profiles are the end of the path."""

    def __init__(self, store: Store, metrics: Metrics) -> None:
        self._store = store
        self._metrics = metrics

    async def handle(self, batches: Sequence[MappedBatch]) -> Sequence[MappedBatch]:
        """Merges and records all batches in one transaction."""
        begun = time.perf_counter()
        await self._store.write(batches)
        self._metrics.write_seconds.observe(time.perf_counter() - begun)
        self._metrics.records_written.inc(sum(len(batch.rows) for batch in batches))
        return ()

    async def failed(self, batch: MappedBatch, code: Code) -> Sequence[MappedBatch]:
        """Records on its receipt that a batch was put aside."""
        await self._store.write([as_failure(batch, code, batch.environment)])
        return ()

    async def probe(self) -> None:
        """A write, rolled back."""
        await self._store.probe()
