"""Receipts by integration and time, and how much came in each minute."""

import base64
import binascii
import struct
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated

import msgspec
from pydantic import Field

from services.profile_api.fields import DEFAULT_LIMIT, FIRST, Limit, Moment, Number, rfc_3339
from services.profile_api.receipts import Receipt, fields_of
from services.profile_api.store import ReceiptRow, Span, State, Step, Store
from shared.contract import stamps
from shared.contract.codes import Code
from shared.contract.definitions import Id, Key, Scope
from shared.contract.receipts import KEY_LENGTH, ReceiptSigner
from shared.runtime.access import Access, Fault, RefusalError
from shared.runtime.clock import Clock
from shared.runtime.operations import Call, Query, operation

_CURSOR = struct.Struct(f">Q{KEY_LENGTH}s")
_AN_HOUR, _A_DAY = timedelta(hours=1), timedelta(days=1)


class ReceiptPage(msgspec.Struct, frozen=True):
    """Receipts, the newest first; `next` is the cursor of the next page, if there is one."""

    items: list[Receipt]
    next: str | None


class Counter(msgspec.Struct, frozen=True):
    """What came in for an integration in the minute, or hour, that begins at `minute` (RFC 3339), if it is settled."""

    integration: int
    minute: str
    batches: int
    failed: int
    records: int
    written: int
    rejected: int
    values_rejected: int
    superseded: int


class Counters(msgspec.Struct, frozen=True):
    """The minutes, or hours, in which something came in, in their order."""

    items: list[Counter]


class Chosen(Query):
    """Which receipts: those of a system, of one integration, received from `from` until before `to` (RFC 3339)."""

    system: Key | None = None
    integration: Annotated[Id | None, Number] = None
    from_: Moment | None = Field(None, alias="from")
    to: Moment | None = None


class ReceiptsQuery(Chosen):
    """Which receipts, and which page of them."""

    state: State | None = None
    cursor: str | None = None
    limit: Limit = DEFAULT_LIMIT


class CountersQuery(Chosen):
    """Which receipts, and how long a time each counter is of (UTC)."""

    step: Step = "minute"


@dataclass(frozen=True)
class ReceiptLists:
    """The routes of many receipts."""

    access: Access
    store: Store
    signer: ReceiptSigner
    clock: Clock

    @operation("GET", "/api/v1/receipts", Scope.RECEIPTS_READ)
    async def listed(self, call: Call, query: ReceiptsQuery) -> ReceiptPage:
        """List receipts, the newest first.

        Batches that are still pending are not among them: what is not written yet has no row to be found by.
        """
        end = query.to or self._now() + _A_DAY, b""  # later than any clock of a gateway may be
        before = end if query.cursor is None else min(end, _read_cursor(query.cursor))
        integrations = self._integrations(call, query)
        rows = await self.store.receipts(integrations, query.from_ or FIRST, before, query.state, query.limit + 1)
        shown = rows[: query.limit]
        following = _cursor(shown[-1]) if len(rows) > query.limit else None
        return ReceiptPage([Receipt(**fields_of(row, self.signer)) for row in shown], following)

    @operation("GET", "/api/v1/receipts/counters", Scope.RECEIPTS_READ)
    async def counters(self, call: Call, query: CountersQuery) -> Counters:
        """Count what came in, by integration and minute or hour: the last hour, or another span of a day at most."""
        to = query.to or self._now()
        span = Span(query.from_ or to - _AN_HOUR, to)
        if span.until - span.since > _A_DAY:
            fault = Fault("/from", Code.INVALID_QUERY, "A day at most.")
            raise RefusalError(HTTPStatus.UNPROCESSABLE_ENTITY, Code.INVALID_QUERY, faults=(fault,))
        rows = await self.store.counters(self._integrations(call, query), span, query.step)
        return Counters([Counter(**{**row, "minute": rfc_3339(row["minute"])}) for row in rows])

    def _integrations(self, call: Call, query: Chosen) -> list[int]:
        """The ids of the integrations that were asked for and that the caller reaches."""
        definitions = self.access.definitions
        systems = {system.id for system in definitions.systems.values() if query.system in (None, system.key)}
        return [
            each.id
            for each in definitions.integrations.values()
            if each.system in systems and call.caller.reaches(each.system) and query.integration in (None, each.id)
        ]

    def _now(self) -> datetime:
        return stamps.to_datetime(self.clock())


def _cursor(row: ReceiptRow) -> str:
    microseconds = (row.received_at - FIRST) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(_CURSOR.pack(microseconds, row.receipt)).decode()


def _read_cursor(text: str) -> tuple[datetime, bytes]:
    try:
        microseconds, key = _CURSOR.unpack(base64.b64decode(text, altchars=b"-_", validate=True))
        return FIRST + timedelta(microseconds=microseconds), key
    except (binascii.Error, ValueError, struct.error, OverflowError):
        fault = Fault("/cursor", Code.INVALID_QUERY)
        raise RefusalError(HTTPStatus.UNPROCESSABLE_ENTITY, Code.INVALID_QUERY, faults=(fault,)) from None
