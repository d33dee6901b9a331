"""`GET /public/v1/receipts/{receipt}`: what became of a batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web

from services.profile_api import queries
from services.profile_api.door import Door
from services.profile_api.store import ReceiptRow, Store
from shared.contract import receipts, stamps
from shared.contract.codes import MESSAGES, Code
from shared.contract.definitions import Scope
from shared.contract.receipts import ReceiptSigner
from shared.runtime import access
from shared.runtime.access import RefusalError
from shared.runtime.clock import Clock

_EPOCH = date(1970, 1, 1)
_MOST_REJECTS = 10**8


@dataclass(frozen=True)
class Receipts:
    """The route of receipts; `retention_days` is the profile writer's."""

    door: Door
    store: Store
    signer: ReceiptSigner
    clock: Clock
    retention_days: int

    async def one(self, request: web.Request) -> web.Response:
        """A receipt and a page of its rejects. Raises `RefusalError`."""
        queries.require_known(request, {"cursor", "limit"})
        key, day = self._key(request)
        after, limit = queries.number(request, "cursor", 0, _MOST_REJECTS), queries.limit(request)
        row = await self.store.receipt(key, day)
        rejects = await self.store.rejects(key, day, after, limit) if row is not None and row.rejects else []
        body = {"receipt": request.match_info["receipt"], **_described(row, rejects, after)}
        return web.Response(body=msgspec.json.encode(body), content_type="application/json")

    def _key(self, request: web.Request) -> tuple[bytes, int]:
        """The receipt's key and day, if it was issued, is kept, and is the caller's to read.

        One answer for an id that was never issued and one of a system out of the token's reach.
        """
        definitions, token = self.door.admit(request, Scope.RECEIPTS_READ)
        key = self.signer.read(request.match_info["receipt"])
        receipt = None if key is None else receipts.parse(key)
        integration = None if receipt is None else definitions.integrations.get(receipt.integration)
        if key is None or receipt is None or integration is None or not access.reaches(token, integration.system):
            raise RefusalError(HTTPStatus.NOT_FOUND, Code.NOT_FOUND)
        if receipt.day < stamps.to_datetime(self.clock()).date() - timedelta(days=self.retention_days):
            raise RefusalError(HTTPStatus.GONE, Code.RECEIPT_EXPIRED)
        return key, (receipt.day - _EPOCH).days


def _described(row: ReceiptRow | None, rejects: Sequence[tuple[int, str | None, str]], after: int) -> dict[str, Any]:
    """Until the profile writer has said something about a batch, it is pending."""
    if row is None:
        return {"state": "pending"}
    body = msgspec.structs.asdict(row)
    body |= {name: _time(body[name]) for name in ("received_at", "written_at")}
    body["unmapped"] = msgspec.json.decode(row.unmapped)
    body["rejects"] = [
        {"index": index, "property": name, "code": code, "message": MESSAGES[Code(code)]}
        for index, name, code in rejects
    ]
    end = after + len(rejects)
    return body | {"next": str(end) if rejects and end < row.rejects else None}


def _time(moment: datetime) -> str:
    """RFC 3339, UTC, always with microseconds."""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
