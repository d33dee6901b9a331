"""The bytes of a post: what they may be, read within bounds of size and time, gzip undone."""

import asyncio
import zlib
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from services.gateway.budget import Hold
from shared.contract.codes import Code
from shared.runtime.access import RefusalError
from shared.runtime.http_rules import CLOSE
from shared.runtime.problems import ClientGoneError

RETRY_AFTER_S = 1
_JSON = "application/json"
_GZIP_WBITS = 31  # a gzip header and trailer, and nothing else
_AT_ONCE_BYTES = 64 * 1024  # after gzip, some 0.2 ms' work; the rest is undone in a thread, and nobody waits for it


@dataclass(frozen=True)
class BodyLimits:
    """`as_sent` and `inflated` in bytes; `timeout_s` from the head to the last byte."""

    as_sent: int
    inflated: int
    timeout_s: float


def check_head(request: web.Request) -> bool:
    """Whether the body is compressed. Raises `RefusalError` (415) where it is no JSON or otherwise coded."""
    if request.headers.get("Content-Type") != _JSON and not _is_json(request):
        raise RefusalError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, Code.UNSUPPORTED_MEDIA_TYPE)
    coding = ",".join(request.headers.getall("Content-Encoding", ())).strip().lower()
    if coding not in {"", "identity", "gzip", "x-gzip"}:
        # RFC 9110, section 15.5.16: say which codings would have done.
        accepted = {"Accept-Encoding": "gzip"}
        raise RefusalError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, Code.UNSUPPORTED_CODING, headers=accepted)
    return coding.endswith("gzip")


def _is_json(request: web.Request) -> bool:
    return request.content_type == _JSON and (request.charset or "utf-8").lower() in {"utf-8", "utf8"}


class BodyReader:
    """Reads bodies within `limits`."""

    def __init__(self, limits: BodyLimits) -> None:
        self._limits = limits
        self._deadlines: set[asyncio.Timeout] = set()
        self._inflating = asyncio.Lock()  # one at a time: what it becomes is counted only afterwards

    def hurry(self, timeout_s: float) -> None:
        """Gives the bodies that are arriving now at most so much longer."""
        latest = asyncio.get_running_loop().time() + timeout_s
        for deadline in self._deadlines:
            if (deadline.when() or latest) > latest:
                deadline.reschedule(latest)

    def check_length(self, declared: int) -> None:
        """Raises `RefusalError` (413) when a body of so many bytes will not be read."""
        if declared > self._limits.as_sent:
            raise _too_large(self._limits.as_sent)

    async def read(self, request: web.Request, hold: Hold, *, compressed: bool) -> bytes:
        """The whole body, after gzip.

        Raises `RefusalError` (400 invalid_gzip or invalid_request, 413, 503 body_incomplete or overloaded),
        `ClientGoneError`.
        """
        content = request.content
        if content.is_eof():
            body = content.read_nowait()
            hold.grow(len(body))
            self.check_length(len(body))
        else:
            body = await self._read_in_time(request, hold)
        if not compressed:
            return body
        async with self._inflating:
            inflated = await inflate(body, self._limits.inflated)
            hold.grow(max(0, len(inflated) - len(body)))
        return inflated

    async def _read_in_time(self, request: web.Request, hold: Hold) -> bytes:
        try:
            async with asyncio.timeout(self._limits.timeout_s) as deadline:
                self._deadlines.add(deadline)
                try:
                    return await self._read_counted(request, hold)
                finally:
                    self._deadlines.remove(deadline)
        except TimeoutError:
            raise RefusalError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                Code.BODY_INCOMPLETE,
                headers={"Retry-After": str(RETRY_AFTER_S)} | CLOSE,
            ) from None
        except ConnectionError as error:
            raise ClientGoneError from error
        except web.RequestPayloadError as error:
            raise RefusalError(HTTPStatus.BAD_REQUEST, Code.INVALID_REQUEST, headers=CLOSE) from error

    async def _read_counted(self, request: web.Request, hold: Hold) -> bytes:
        parts: list[bytes] = []
        while part := await request.content.readany():
            hold.grow(len(part))
            self.check_length(hold.size)
            parts.append(part)
        return b"".join(parts)


async def inflate(body: bytes, max_bytes: int) -> bytes:
    """Undoes gzip (RFC 1952): one member, complete, and no more output than allowed is ever made."""
    member = zlib.decompressobj(_GZIP_WBITS)
    try:
        inflated = member.decompress(body, min(_AT_ONCE_BYTES, max_bytes + 1))
        rest = max_bytes + 1 - len(inflated)
        if member.unconsumed_tail and rest > 0:
            inflated += await asyncio.to_thread(member.decompress, member.unconsumed_tail, rest)
    except zlib.error as error:
        raise RefusalError(HTTPStatus.BAD_REQUEST, Code.INVALID_GZIP) from error
    if len(inflated) > max_bytes:
        raise _too_large(max_bytes)
    if not member.eof or member.unused_data:
        raise RefusalError(HTTPStatus.BAD_REQUEST, Code.INVALID_GZIP)
    return inflated


def _too_large(limit: int) -> RefusalError:
    return RefusalError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, Code.BODY_TOO_LARGE, headers=CLOSE, members={"limit": limit}
    )
