"""Mapped batches as tests state them: short words, small times."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

import msgspec

from shared.contract import stamps
from shared.contract.messages import MappedBatch, Reject, RejectedRecord, Row
from shared.contract.receipts import ReceiptSigner

SIGNER = ReceiptSigner(b"a secret for tests only")
DAY = date(2026, 11, 24)
NOON = int(datetime(2026, 11, 24, 12, tzinfo=UTC).timestamp()) * 1_000_000
"""Microseconds since the Unix epoch; the times of tests count from here."""

Record = tuple[str, Mapping[int, object], int | None]
"""User ID, values by attribute id, and the time observed (from NOON; None for the batch's own)."""


def receipt(name: str) -> bytes:
    """The key of a receipt, always the same for a name."""
    return SIGNER.issue(1, DAY, (name, b""))


def mapped(
    name: str,
    records: Sequence[Record],
    *,
    at: int = 0,
    environment: int = 1,
    rejects: Sequence[Reject] = (),
    rejected: int = 0,
    rejected_records: Sequence[RejectedRecord] = (),
) -> MappedBatch:
    """A mapped batch received at NOON + `at`; its receipt follows from its name."""
    received_at = NOON + at
    rows = [
        Row(index, received_at if observed is None else NOON + observed, user, encode(values))
        for index, (user, values, observed) in enumerate(records)
    ]
    return MappedBatch(
        receipt=receipt(name),
        integration=1,
        revision=1,
        received_at=received_at,
        request_id=name,
        environment=environment,
        records=len(rows) + rejected,
        rejected=rejected,
        rows=rows,
        rejects=list(rejects),
        rejected_records=list(rejected_records),
    )


def encode(values: Mapping[int, object]) -> bytes:
    """Values by attribute id as the mapper sends them."""
    return msgspec.json.encode({str(key): value for key, value in values.items()})


def instant(offset: int) -> datetime:
    """NOON + `offset` microseconds."""
    return stamps.to_datetime(NOON + offset)
