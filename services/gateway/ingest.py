"""`POST /public/v1/user/data`: from a request to a confirmed batch."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from http import HTTPStatus
from typing import Any

from aiohttp import web
from prometheus_client import Counter
from pydantic import Field

from services.gateway import rate
from services.gateway.body import BodyReader, check_head
from services.gateway.budget import Budget
from services.gateway.coalesce import Coalescer
from services.gateway.envelope import Envelope, EnvelopeError, open_envelope
from services.gateway.rate import RecordRate
from shared.contract.codes import Code
from shared.contract.definitions import Integration, IntegrationState, Scope
from shared.contract.messages import RawBatch
from shared.contract.receipts import ReceiptSigner
from shared.runtime.access import RETRY_AFTER_S, Access, Caller, Fault, RefusalError
from shared.runtime.broker import UnavailableError
from shared.runtime.clock import Clock
from shared.runtime.health import Readiness
from shared.runtime.metrics import Metrics
from shared.runtime.operations import Call, View, operation

PATH = "/public/v1/user/data"
_DAY_US = 86_400_000_000
_STRAGGLERS_S = 1.0
_EPOCH = date(1970, 1, 1).toordinal()
_IDEMPOTENCY_KEY = re.compile(r"[ -~]{1,255}")
# W3C Trace Context, section 3.2.2: version 00, no part of it all zeros.
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


_PROBLEMS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.CONFLICT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.TOO_MANY_REQUESTS,
)


class Batch(View):
    """Records of one integration. Each names its user; whatever else it has becomes attributes as mapped."""

    token: str = Field(description="the integration token")
    data: list[dict[str, Any]] = Field(min_length=1, description="the records, 1,000 at most")


class Accepted(View):
    """The batch is stored; `receipt` tells what becomes of it."""

    message: str
    receipt: str
    records: int


@dataclass(frozen=True)
class Ingest:
    """The endpoint, with what it stands on. `clock` gives each batch its time: it never gives one twice."""

    access: Access
    readiness: Readiness
    clock_fits: Callable[[], bool]
    signer: ReceiptSigner
    coalescer: Coalescer
    budget: Budget
    rate: RecordRate
    bodies: BodyReader
    max_records: int
    clock: Clock
    metrics: Metrics

    @cached_property
    def _accepted_requests(self) -> Counter:
        return self.metrics.requests.labels("202", "accepted")

    @operation(
        "POST",
        PATH,
        Scope.DATA_WRITE,
        status=HTTPStatus.ACCEPTED,
        problems=_PROBLEMS,
        reads=Batch,
        sends=Accepted,
        logged=False,
    )
    async def post(self, call: Call) -> web.Response:
        """Send a batch of records; it is answered once it is stored durably.

        Raises `RefusalError`, `ClientGoneError`.
        """
        request = call.request
        if self.readiness.draining or not self.clock_fits():
            raise _unavailable(Code.NOT_READY)
        if self.rate.is_spent(call.caller):
            raise _rate_limited()
        compressed = check_head(request)
        idempotency_key = _idempotency_key(request)
        declared = request.content_length or 0
        self.bodies.check_length(declared)
        with self.budget.hold(call.caller.actor, declared) as hold:
            caller, comes_later = call.caller, not request.content.is_eof()
            raw = await self.bodies.read(request, hold, compressed=compressed)
            if comes_later:  # a body may take its time, in which a right can end
                caller = self.access.admit(request, Scope.DATA_WRITE)
            envelope = self._open(raw)
            integration = self._integration(caller, envelope)
            received_at = self.clock()
            receipt = self.signer.issue(
                integration.id,
                date.fromordinal(_EPOCH + received_at // _DAY_US),
                None if idempotency_key is None else (idempotency_key, raw),
            )
            batch = RawBatch(
                receipt=receipt,
                integration=integration.id,
                revision=integration.revision,
                received_at=received_at,
                request_id=call.request_id,
                traceparent=_traceparent(request),
                data=envelope.data,
            )
            await self._store(batch, envelope.records)
        return self._accepted(batch, envelope.records)

    async def finish(self, body_timeout_s: float) -> None:
        """Takes no new requests and returns when those that were taken are answered.

        Bodies that are still arriving are given `body_timeout_s`. The HTTP server must be up until then: once it is
        told to stop, it reads no further byte.
        """
        self.readiness.draining = True
        self.bodies.hurry(body_timeout_s)
        await self.budget.unused()

    async def settle(self, _: web.Application) -> None:
        """Waits, not for long, for publishes whose senders were told that they were not confirmed in time."""
        await self.coalescer.drain(_STRAGGLERS_S)

    def _open(self, raw: bytes) -> Envelope:
        try:
            return open_envelope(raw, self.max_records)
        except EnvelopeError as error:
            faults = () if error.pointer is None else (Fault(error.pointer, error.code),)
            if error.code is Code.TOO_MANY_RECORDS:
                members = {"limit": self.max_records}
                raise RefusalError(
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE, error.code, members=members, faults=faults
                ) from error
            raise RefusalError(HTTPStatus.BAD_REQUEST, error.code, faults=faults) from error

    def _integration(self, caller: Caller, envelope: Envelope) -> Integration:
        """The integration, if it takes this many records now."""
        integration = self.access.integration_of(caller, envelope.token)
        if integration.state is IntegrationState.PAUSED:
            raise RefusalError(HTTPStatus.CONFLICT, Code.INTEGRATION_PAUSED)
        if not self.rate.allows(caller, envelope.records):
            raise _rate_limited()
        return integration

    async def _store(self, batch: RawBatch, records: int) -> None:
        try:
            await self.coalescer.submit(batch, records)
        except UnavailableError as error:
            raise _unavailable(Code.NOT_CONFIRMED) from error

    def _accepted(self, batch: RawBatch, records: int) -> web.Response:
        self._accepted_requests.inc()
        self.metrics.records_accepted.inc(records)
        receipt = self.signer.text(batch.receipt)
        text = f'{{"message": "Request has been received", "receipt": "{receipt}", "records": {records}}}'
        headers = {
            "Content-Type": "application/json",
            "Location": f"/public/v1/receipts/{receipt}",
            "X-Request-Id": batch.request_id,
        }
        return web.Response(status=202, body=text.encode(), headers=headers)


def _unavailable(code: Code) -> RefusalError:
    return RefusalError(HTTPStatus.SERVICE_UNAVAILABLE, code, headers={"Retry-After": str(RETRY_AFTER_S)})


def _rate_limited() -> RefusalError:
    retry_after = {"Retry-After": str(rate.RETRY_AFTER_S)}
    return RefusalError(HTTPStatus.TOO_MANY_REQUESTS, Code.RATE_LIMITED, headers=retry_after)


def _idempotency_key(request: web.Request) -> str | None:
    sent = request.headers.getall("Idempotency-Key", ())
    if not sent:
        return None
    if len(sent) > 1 or not _IDEMPOTENCY_KEY.fullmatch(sent[0]):
        raise RefusalError(HTTPStatus.BAD_REQUEST, Code.INVALID_IDEMPOTENCY_KEY)
    return sent[0]


def _traceparent(request: web.Request) -> str | None:
    """The trace that the request belongs to; a header that is not well-formed is as good as none (W3C)."""
    sent = request.headers.get("traceparent")
    return sent if sent is not None and _TRACEPARENT.fullmatch(sent) else None
