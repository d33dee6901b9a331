"""Inlet as a sender sees it: batches posted and receipts read, with the patience that the answers ask for."""

import asyncio
import gzip
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Literal, NamedTuple, TypeVar

import aiohttp
import msgspec

from services.send.batches import Batch
from shared.runtime.backoff import SYSTEM_TIME, Time, delays

_DATA = "/public/v1/user/data"
_RECEIPTS = "/public/v1/receipts"
_TIMEOUT = aiohttp.ClientTimeout(total=60.0)
_PAGE = 1000
# What a gateway asks to be tried again (429 and 503), and what a proxy before it says when it cannot reach one.
_AGAIN = {
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
_MICROSECONDS = 1_000_000

T = TypeVar("T")


class SendError(Exception):
    """Inlet cannot be reached, or refuses; the text says why."""


class StoppedError(Exception):
    """The run was stopped while this waited to be tried again."""


class TooLargeError(Exception):
    """A batch that is more than the gateway takes (413): `code`, and `limit` or 0, as the answer says."""

    def __init__(self, code: str, limit: int) -> None:
        super().__init__(code)
        self.code = code
        self.limit = limit


class Reject(msgspec.Struct, frozen=True):
    """Why a record, or the value of a property, did not count."""

    index: int
    property: str | None
    code: str
    message: str


class Receipt(msgspec.Struct, frozen=True):
    """What became of a batch, with a page of its rejects."""

    state: Literal["pending", "written", "failed"]
    failure: str | None = None
    records: int = 0
    written: int = 0
    rejected: int = 0
    values_rejected: int = 0
    superseded: int = 0
    erased: int = 0
    unmapped: dict[str, int] = {}
    unmapped_others: int = 0
    rejects: list[Reject] = []
    next: str | None = None


class _Accepted(msgspec.Struct):
    receipt: str


class _Fault(msgspec.Struct):
    pointer: str = ""
    message: str = ""


class _Problem(msgspec.Struct):
    """RFC 9457, with Inlet's members."""

    title: str = ""
    detail: str = ""
    code: str = ""
    limit: int = 0
    errors: list[_Fault] = []


class _Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Tokens:
    """Who sends (the access token), and for which integration."""

    access: str = field(repr=False)
    integration: str = field(repr=False)


@dataclass(frozen=True)
class Retrying:
    """How long Inlet may be away before a request is given up, what ends the waiting, and who is told of it."""

    patience_s: float
    stop: asyncio.Event
    waiting: Callable[[str, float], None]
    time: Time = SYSTEM_TIME


class Inlet:
    """Posts batches and reads receipts. Every method raises `SendError` and `StoppedError`."""

    def __init__(
        self, session: aiohttp.ClientSession, url: str, tokens: Tokens, retrying: Retrying, *, compressed: bool
    ) -> None:
        self._session = session
        self._url = url.rstrip("/")
        self._tokens = tokens
        self._retrying = retrying
        self._compressed = compressed

    async def post(self, batch: Batch) -> str:
        """The receipt of a batch once it is accepted. Raises `TooLargeError` as well."""
        body = b'{"token": %b, "data": %b}' % (msgspec.json.encode(self._tokens.integration), batch.data)
        headers = {"Content-Type": "application/json", "Idempotency-Key": batch.idempotency_key}
        if self._compressed:
            body = gzip.compress(body)
            headers["Content-Encoding"] = "gzip"
        answer = await self._ask("POST", _DATA, body, headers)
        if answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            problem = _problem(answer.body)
            raise TooLargeError(problem.code, problem.limit)
        return self._read(answer, HTTPStatus.ACCEPTED, _Accepted).receipt

    async def receipt(self, receipt: str) -> Receipt:
        """What has become of a batch by now, with the first rejects."""
        answer = await self._ask("GET", f"{_RECEIPTS}/{receipt}?limit={_PAGE}")
        return self._read(answer, HTTPStatus.OK, Receipt)

    async def rejects(self, receipt: str, first: Receipt) -> Sequence[Reject]:
        """All rejects of a batch whose receipt was read."""
        found, page = [*first.rejects], first
        while page.next is not None:
            answer = await self._ask("GET", f"{_RECEIPTS}/{receipt}?limit={_PAGE}&cursor={page.next}")
            page = self._read(answer, HTTPStatus.OK, Receipt)
            found += page.rejects
        return found

    async def pause(self, seconds: float) -> None:
        """Waits, and raises `StoppedError` as soon as the run is stopped."""
        sleeping = asyncio.ensure_future(self._retrying.time.sleep(seconds))
        stopping = asyncio.ensure_future(self._retrying.stop.wait())
        try:
            await asyncio.wait({sleeping, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            stopping.cancel()
        if self._retrying.stop.is_set():
            raise StoppedError

    async def _ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> _Answer:
        """The first answer that is no call to try again."""
        give_up_at = None
        for delay_s in delays():
            now = self._retrying.time.monotonic
            answer, reason = await self._try(method, path, body, headers or {})
            if answer is not None and answer.status not in _AGAIN:
                return answer
            give_up_at = give_up_at or now() + self._retrying.patience_s
            left_s = give_up_at - now()
            if left_s <= 0:
                raise SendError(f"{reason}; given up after {self._retrying.patience_s:g} s")
            pause_s = min(self._pause_s(answer, delay_s), left_s)
            self._retrying.waiting(f"{reason}; trying again in {pause_s:.1f} s", pause_s)
            await self.pause(pause_s)
        raise AssertionError("delays never end")

    def _pause_s(self, answer: _Answer | None, delay_s: float) -> float:
        """What Retry-After asks for, and a little more, so that several senders do not come back all at once."""
        asked_s = None if answer is None else self._retry_after_s(answer.headers.get("Retry-After", ""))
        return delay_s if asked_s is None else asked_s + random.random() / 10  # noqa: S311 - spreads load only

    def _retry_after_s(self, text: str) -> float | None:
        """RFC 9110, section 10.2.3: a number of seconds, or a date. None for anything else."""
        if text.isascii() and text.isdigit():
            return float(text)
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
        now_s = self._retrying.time.clock() / _MICROSECONDS
        return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now_s)

    async def _try(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[_Answer | None, str]:
        """An answer if there is one, and what it says."""
        sent = {"Authorization": f"Bearer {self._tokens.access}", **headers}
        try:
            async with self._session.request(
                method, self._url + path, data=body, headers=sent, timeout=_TIMEOUT, allow_redirects=False
            ) as received:
                answer = _Answer(received.status, received.headers, await received.read())
        except aiohttp.ClientSSLError as error:
            raise SendError(f"{self._url}: no trust in its TLS: {self._shown(str(error))}") from None
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError, UnicodeError):  # of a host that IDNA refuses
            raise SendError(f"{self._url} is no address (http:// or https://)") from None
        except (aiohttp.ClientError, TimeoutError) as error:
            return None, self._shown(f"no answer ({type(error).__name__}: {error})")
        return answer, self._said(answer)

    def _read(self, answer: _Answer, status: HTTPStatus, kind: type[T]) -> T:
        if answer.status != status:
            raise SendError(self._said(answer))
        try:
            return msgspec.json.decode(answer.body, type=kind)
        except msgspec.MsgspecError as error:
            raise SendError(f"{self._url} answers what this release does not understand: {error}") from None

    def _said(self, answer: _Answer) -> str:
        problem = _problem(answer.body)
        known = {each.value: each.phrase for each in HTTPStatus}
        parts = [f"{answer.status} {problem.title or known.get(answer.status, '')}", problem.detail]
        parts += [f"{fault.pointer}: {fault.message}" for fault in problem.errors]
        if answer.status // 100 == HTTPStatus.MULTIPLE_CHOICES // 100:
            parts.append(f"its address is another one: {answer.headers.get('Location', 'unknown')}")
        return self._shown("; ".join(part for part in parts if part))

    def _shown(self, text: str) -> str:
        """Text of others as it may be shown: one line, no token, nothing that steers a terminal."""
        for token in (self._tokens.access, self._tokens.integration):
            text = text.replace(token, "(token)")
        return "".join(each if each.isprintable() else " " for each in text)[:2000]


def _problem(body: bytes) -> _Problem:
    """What the body of an answer says; of a body that is no problem, nothing."""
    try:
        return msgspec.json.decode(body, type=_Problem)
    except msgspec.MsgspecError:
        return _Problem()
