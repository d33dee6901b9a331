"""Receipts: what became of a batch, its rejects, and its rejected records as they were sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from http import HTTPStatus
from typing import Annotated, Any, Literal

import msgspec
from pydantic import Field

from services.profile_api.fields import DEFAULT_LIMIT, Limit, Number, rfc_3339
from services.profile_api.store import ReceiptRow, RejectedRecordRow, RejectRow, State, Store
from shared.contract import receipts, stamps
from shared.contract.codes import MESSAGES, Code
from shared.contract.definitions import Scope
from shared.contract.receipts import ReceiptSigner
from shared.runtime.access import Access, RefusalError, require
from shared.runtime.clock import Clock
from shared.runtime.operations import Call, Query, operation

_EPOCH = date(1970, 1, 1)
_MOST_REJECTS = 10**8


class RejectView(msgspec.Struct, frozen=True):
    """Why a record, or the value of a property, did not count."""

    index: int
    property: str | None
    code: Code
    message: str


class PendingReceipt(msgspec.Struct, frozen=True):
    """The batch is stored durably and not written yet."""

    receipt: str
    state: Literal["pending"]


class Receipt(msgspec.Struct, frozen=True):
    """What became of a batch; `records = written + rejected`. Unmapped properties with how often each was there."""

    receipt: str
    integration: int
    revision: int
    state: State
    failure: Code | None
    request_id: str
    received_at: str
    written_at: str
    records: int
    written: int
    rejected: int
    values_rejected: int
    superseded: int
    erased: int
    unmapped: dict[str, int]
    unmapped_others: int


class ReceiptWithRejects(Receipt, frozen=True):
    """A receipt with a page of its rejects; `next` is the cursor of the next page, if there is one."""

    rejects: list[RejectView]
    next: str | None


class RejectedRecordView(msgspec.Struct, frozen=True):
    """A record as it was sent, or its first 32 KiB, and why it or some of its values did not count.

    What is not UTF-8 in it is replaced.
    """

    index: int
    user_id: str | None
    record: str
    truncated: bool
    rejects: list[RejectView]


class RejectedRecords(msgspec.Struct, frozen=True):
    """The rejected records that were kept, in the order of the batch; `next` is the cursor of the next page."""

    items: list[RejectedRecordView]
    next: str | None


class RejectsQuery(Query):
    """A page of rejects, from the one that `cursor` stands for."""

    cursor: Annotated[int, Field(ge=0, le=_MOST_REJECTS), Number] = 0
    limit: Limit = DEFAULT_LIMIT


@dataclass(frozen=True)
class Receipts:
    """The routes of one receipt; `retention_days` is the profile writer's."""

    access: Access
    store: Store
    signer: ReceiptSigner
    clock: Clock
    retention_days: int

    @operation("GET", "/public/v1/receipts/{receipt}", Scope.RECEIPTS_READ, problems=(HTTPStatus.GONE,))
    async def one(self, call: Call, receipt: str, query: RejectsQuery) -> PendingReceipt | ReceiptWithRejects:
        """Read what became of a batch.

        One answer (404) for an id that was never issued and one that is out of reach; 410 past the retention.
        """
        key, day = self._key(call, receipt)
        row = await self.store.receipt(key, day)
        if row is None:
            return PendingReceipt(receipt, "pending")
        any_rejects = row.rejected or row.values_rejected
        rejects = await self.store.rejects(key, day, query.cursor, query.limit + 1) if any_rejects else []
        return ReceiptWithRejects(
            **fields_of(row, self.signer),
            rejects=[_reject(each) for each in rejects[: query.limit]],
            next=str(query.cursor + query.limit) if len(rejects) > query.limit else None,
        )

    @operation("GET", "/api/v1/receipts/{receipt}/rejected-records", Scope.RECEIPTS_READ, problems=(HTTPStatus.GONE,))
    async def rejected_records(self, call: Call, receipt: str, query: RejectsQuery) -> RejectedRecords:
        """Read the rejected records of a batch as they were sent; the first 20 of each batch are kept.

        They are data of users: the scope profiles:read is needed beside receipts:read.
        """
        require(call.caller, Scope.PROFILES_READ)
        key, day = self._key(call, receipt)
        records = await self.store.rejected_records(key, day, query.cursor, query.limit + 1)
        shown = records[: query.limit]
        rejects = await self.store.rejects_of(key, day, [each.index for each in shown]) if shown else []
        items = [_rejected_record(each, [reject for reject in rejects if reject[0] == each.index]) for each in shown]
        return RejectedRecords(items, str(records[query.limit].index) if len(records) > query.limit else None)

    def _key(self, call: Call, text: str) -> tuple[bytes, int]:
        """The receipt's key and day, if it was issued, is kept, and is the caller's to read."""
        key = self.signer.read(text)
        receipt = None if key is None else receipts.parse(key)
        integration = None if receipt is None else self.access.definitions.integrations.get(receipt.integration)
        if key is None or receipt is None or integration is None or not call.caller.reaches(integration.system):
            raise RefusalError(HTTPStatus.NOT_FOUND, Code.NOT_FOUND)
        if receipt.day < stamps.to_datetime(self.clock()).date() - timedelta(days=self.retention_days):
            raise RefusalError(HTTPStatus.GONE, Code.RECEIPT_EXPIRED)
        return key, (receipt.day - _EPOCH).days


def fields_of(row: ReceiptRow, signer: ReceiptSigner) -> dict[str, Any]:
    """The fields of `Receipt`: a receipt as it is stored, under the id that senders see."""
    times = {name: rfc_3339(getattr(row, name)) for name in ("received_at", "written_at")}
    unmapped = msgspec.json.decode(row.unmapped)
    return msgspec.structs.asdict(row) | times | {"receipt": signer.text(row.receipt), "unmapped": unmapped}


def _rejected_record(row: RejectedRecordRow, rejects: Sequence[RejectRow]) -> RejectedRecordView:
    return RejectedRecordView(
        index=row.index,
        user_id=row.user_id,
        record=row.record.decode(errors="replace"),
        truncated=any(code == Code.RECORD_TOO_LARGE for _, _, code in rejects),
        rejects=[_reject(each) for each in rejects],
    )


def _reject(entry: RejectRow) -> RejectView:
    index, name, code = entry
    return RejectView(index, name, Code(code), MESSAGES[Code(code)])
