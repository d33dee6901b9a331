"""`POST /public/v1/user/data`: from a request to a confirmed batch."""

import re
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from http import HTTPStatus

from aiohttp import web
from prometheus_client import Counter

from services.gateway import rate
from services.gateway.body import BodyReader, check_head
from services.gateway.budget import Budget
from services.gateway.coalesce import Coalescer
from services.gateway.envelope import Envelope, EnvelopeError, open_envelope
from services.gateway.rate import RecordRate
from shared.contract.codes import Code
from shared.contract.definitions import AccessToken, Integration, IntegrationState, Scope
from shared.contract.messages import RawBatch
from shared.contract.receipts import ReceiptSigner
from shared.runtime import access
from shared.runtime.access import Fault, RefusalError
from shared.runtime.broker import UnavailableError
from shared.runtime.clock import Clock
from shared.runtime.health import Readiness
from shared.runtime.metrics import Metrics
from shared.runtime.problems import REQUEST_ID, TOKEN_ID
from shared.runtime.snapshot import Definitions, SnapshotKeeper

PATH = "/public/v1/user/data"
RETRY_AFTER_S = 2
_DAY_US = 86_400_000_000
_EPOCH = date(1970, 1, 1).toordinal()
_IDEMPOTENCY_KEY = re.compile(r"[ -~]{1,255}")
# W3C Trace Context, section 3.2.2: version 00, no part of it all zeros.
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


@dataclass(frozen=True)
class Ingest:
    """The endpoint, with what it stands on. `clock` gives each batch its time: it never gives one twice."""

    keeper: SnapshotKeeper
    readiness: Readiness
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

    async def post(self, request: web.Request) -> web.Response:
        """Answers 202 once the broker has the batch. Raises `RefusalError`, `ClientGoneError`."""
        definitions = self._definitions()
        token = access.authenticate(definitions, request.headers.getall("Authorization", ()), self.clock())
        request[TOKEN_ID] = token.id
        access.require(token, Scope.DATA_WRITE)
        compressed = check_head(request)
        idempotency_key = _idempotency_key(request)
        declared = request.content_length or 0
        self.bodies.check_length(declared)
        with self.budget.hold(token.id, declared) as hold:
            raw = await self.bodies.read(request, hold, compressed=compressed)
            envelope = self._open(raw)
            integration = self._integration(definitions, token, envelope)
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
                request_id=request[REQUEST_ID],
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

    def _definitions(self) -> Definitions:
        definitions = self.keeper.usable
        if definitions is None or self.readiness.draining:
            raise _unavailable(Code.NOT_READY)
        return definitions

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

    def _integration(self, definitions: Definitions, token: AccessToken, envelope: Envelope) -> Integration:
        """The integration, if it takes this many records now."""
        integration = access.integration_of(definitions, token, envelope.token)
        if integration.state is IntegrationState.PAUSED:
            raise RefusalError(HTTPStatus.CONFLICT, Code.INTEGRATION_PAUSED)
        if not self.rate.allows(token, envelope.records):
            retry_after = {"Retry-After": str(rate.RETRY_AFTER_S)}
            raise RefusalError(HTTPStatus.TOO_MANY_REQUESTS, Code.RATE_LIMITED, headers=retry_after)
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
