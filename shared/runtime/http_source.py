"""The definitions from the config API, over HTTP with its ETag and its clock."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from itertools import islice

import aiohttp
import msgspec
from pydantic import ValidationError

from shared.contract.codes import Code
from shared.contract.definitions import Revision, Snapshot
from shared.runtime.broker import UnavailableError
from shared.runtime.clock import Clock
from shared.runtime.snapshot import parse_snapshot

TIME_HEADER = "X-Inlet-Time"
MAX_USED = 1000
_TIMEOUT_S = 5.0
_MAX_DIGITS = 18  # of a time in microseconds: more would not be one, and need not fit a float


class HttpSource:
    """A `SnapshotSource` behind `/internal/v1` of the config API at `url`.

    `timeout_s` is how long an answer may take, its body included.
    """

    def __init__(self, url: str, token: str, clock: Clock, *, timeout_s: float = _TIMEOUT_S) -> None:
        self._url = f"{url}/internal/v1"
        self._clock = clock
        self._tag: str | None = None
        self._client = aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {token}"},
            timeout=aiohttp.ClientTimeout(total=timeout_s),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        self.skew_s = 0.0

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.close()

    async def fetch(self) -> Snapshot | None:
        """See `SnapshotSource`."""
        headers = {} if self._tag is None else {"If-None-Match": self._tag}
        sent_at = self._clock()
        async with self._asked("GET", "/snapshot", headers=headers) as answer:
            self._compare_clocks(sent_at, answer.headers.get(TIME_HEADER, ""))
            if answer.status == HTTPStatus.NOT_MODIFIED and self._tag is not None:
                return None
            raw = await _good(answer)
            tag = answer.headers.get("ETag")
        snapshot = await asyncio.to_thread(parse_snapshot, raw)
        self._tag = tag
        return snapshot

    async def revision(self, integration: int, number: int) -> Revision | None:
        """See `SnapshotSource`."""
        async with self._asked("GET", f"/revisions/{integration}/{number}") as answer:
            # A 404 by somebody else, such as a proxy, says nothing about revisions.
            if answer.status == HTTPStatus.NOT_FOUND and await _code(answer) == Code.UNKNOWN_REVISION:
                return None
            raw = await _good(answer)
        try:
            return Revision.model_validate_json(raw)
        except ValidationError as error:
            raise UnavailableError("definitions: the config API sent no revision") from error

    async def report_use(self, used: Mapping[str, int]) -> None:
        """See `SnapshotSource`."""
        entries = iter([{"sha256": sha256, "at": at} for sha256, at in used.items()])
        while part := list(islice(entries, MAX_USED)):
            async with self._asked("POST", "/last-use", json={"used": part}) as answer:
                await _good(answer)

    @asynccontextmanager
    async def _asked(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, json: object = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        url = self._url + path
        try:
            # A redirect is followed by nobody: whoever it leads to is not the config API that we were told of.
            async with self._client.request(method, url, headers=headers, json=json, allow_redirects=False) as answer:
                yield answer
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise UnavailableError(f"definitions: config API: {error or type(error).__name__}") from error

    def _compare_clocks(self, sent_at: int, theirs: str) -> None:
        """Our clock minus theirs, as far as it cannot be explained by the time that the answer took."""
        if not (theirs.isascii() and theirs.isdigit() and len(theirs) <= _MAX_DIGITS):
            return
        ahead, behind = sent_at - int(theirs), self._clock() - int(theirs)
        self.skew_s = (max(ahead, 0) + min(behind, 0)) / 1e6


async def _good(answer: aiohttp.ClientResponse) -> bytes:
    if answer.status not in (HTTPStatus.OK, HTTPStatus.NO_CONTENT):
        raise UnavailableError(f"definitions: the config API answers {answer.status}")
    return await answer.read()


async def _code(answer: aiohttp.ClientResponse) -> object:
    """The code of a problem document (RFC 9457); None where the answer is no such document."""
    if answer.content_type != "application/problem+json":
        return None
    try:
        body = msgspec.json.decode(await answer.read())
    except msgspec.DecodeError:
        return None
    return body.get("code") if isinstance(body, dict) else None
