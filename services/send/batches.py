"""Rows put together to batches, and batches taken apart. Pure."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from services.send.rows import MAX_RECORD_BYTES, Row
from shared.contract.codes import Code

MAX_RECORDS = 1_000
"""What a gateway takes in a batch, unless it is set otherwise."""

_MAX_DATA_BYTES = MAX_RECORD_BYTES + 2  # with the envelope around it under 1 MiB, which is what a gateway takes


@dataclass
class Limits:
    """How large a batch may be: records, and bytes of its array. Answers of 413 make it smaller."""

    records: int
    size: int = _MAX_DATA_BYTES

    def learn(self, code: str, limit: int, batch: "Batch") -> None:
        """Takes note of what was too much of a batch of several rows: `limit` as the answer named it, or 0."""
        records, size = len(batch.rows), len(batch.data)
        if code == Code.TOO_MANY_RECORDS:
            self.records = min(self.records, limit if 0 < limit < records else records // 2)
        else:
            self.size = min(self.size, limit - _ENVELOPE_BYTES if _ENVELOPE_BYTES < limit < size else size // 2)


_ENVELOPE_BYTES = 512  # at most: the two names and the integration token


@dataclass(frozen=True)
class Batch:
    """Rows that are posted together."""

    rows: Sequence[Row]

    @cached_property
    def data(self) -> bytes:
        """The JSON array of its records."""
        return b"[%b]" % b",".join(row.record for row in self.rows)

    @property
    def idempotency_key(self) -> str:
        """The same whenever the same file is cut in the same way; another one where the same rows come again."""
        return f"{hashlib.sha256(self.data).hexdigest()}-{self.rows[0].number}"


def cut(rows: Iterable[Row], limits: Limits) -> Iterator[Batch]:
    """Batches in the order of the rows, each as large as `limits` allow at that moment; one row at least."""
    taken: list[Row] = []
    size = 1
    for row in rows:
        if taken and (len(taken) >= limits.records or size + len(row.record) + 1 > limits.size):
            yield Batch(taken)
            taken, size = [], 1
        taken.append(row)
        size += len(row.record) + 1
    if taken:
        yield Batch(taken)


def split(batch: Batch, limits: Limits) -> Sequence[Batch]:
    """Smaller batches of the same rows, in their order; of one row there is none smaller."""
    parts = list(cut(batch.rows, limits))
    if len(parts) > 1 or len(batch.rows) == 1:
        return parts
    half = len(batch.rows) // 2
    return [Batch(batch.rows[:half]), Batch(batch.rows[half:])]
