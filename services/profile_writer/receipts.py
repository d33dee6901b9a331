"""What a write says about each batch: its receipt, its rejects, the rejected records that are kept. Pure."""

from collections.abc import Sequence
from datetime import date

import msgspec

from shared.contract import receipts, stamps
from shared.contract.messages import MappedBatch


class RecordKept(msgspec.Struct, frozen=True):
    """A rejected record as it was sent; bytes as PostgreSQL's hexadecimal text."""

    day: date
    receipt: str
    index: int
    environment_id: int
    user_id: str | None
    record: str
    observed_at: str


class Receipt(msgspec.Struct):
    """A row of `profiles.receipts`, with its rejects: `entries` is [[index, property or null, code], ...]."""

    day: date
    receipt: str
    integration_id: int
    revision: int
    environment_id: int
    state: str
    failure: str | None
    request_id: str
    received_at: str
    records: int
    written: int
    rejected: int
    values_rejected: int
    superseded: int
    erased: int
    unmapped: dict[str, int]
    unmapped_others: int
    entries: list[tuple[int, str | None, str]] | None


def of(batches: Sequence[MappedBatch], first_day: date) -> dict[int, Receipt]:
    """The receipts to record, by their batch's place in the write.

    A batch that is there twice has the receipt of the first that succeeded. A receipt from before `first_day` is past
    its retention: there is no place for it any more.
    """
    chosen: dict[bytes, int] = {}
    for place, batch in enumerate(batches):
        known = chosen.get(batch.receipt)
        if known is None or (batches[known].failure is not None and batch.failure is None):
            chosen[batch.receipt] = place
    made = {place: _receipt(batches[place]) for place in chosen.values()}
    return {place: receipt for place, receipt in made.items() if receipt.day >= first_day}


def records_kept(batch: MappedBatch) -> list[RecordKept]:
    """The rejected records of a batch that are kept as they were sent, observed when they say or were received."""
    day, receipt, times = receipts.parse(batch.receipt).day, _bytea(batch.receipt), batch.rejected_observed_at or {}
    return [
        RecordKept(
            day=day,
            receipt=receipt,
            index=kept.index,
            environment_id=batch.environment,
            user_id=kept.user_id,
            record=_bytea(kept.record),
            observed_at=_time(times.get(kept.index, batch.received_at)),
        )
        for kept in batch.rejected_records
    ]


def _receipt(batch: MappedBatch) -> Receipt:
    return Receipt(
        day=receipts.parse(batch.receipt).day,
        receipt=_bytea(batch.receipt),
        integration_id=batch.integration,
        revision=batch.revision,
        environment_id=batch.environment,
        state="written" if batch.failure is None else "failed",
        failure=batch.failure,
        request_id=batch.request_id,
        received_at=_time(batch.received_at),
        records=batch.records,
        written=len(batch.rows),
        rejected=batch.rejected,
        values_rejected=len(batch.rejects) - batch.rejected,
        superseded=0,
        erased=0,
        unmapped=batch.unmapped,
        unmapped_others=batch.unmapped_others,
        entries=[(each.index, each.property, each.code) for each in batch.rejects] or None,
    )


def _bytea(raw: bytes) -> str:
    return "\\x" + raw.hex()


def _time(microseconds: int) -> str:
    return stamps.to_datetime(microseconds).isoformat()
