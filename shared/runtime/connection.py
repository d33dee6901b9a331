"""One HTTP connection of a server: bounded in number and time, and what is not HTTP answered as a problem.

aiohttp bounds neither how many connections there are nor how long the head of a request may take. What it cannot parse
it answers with a text that repeats what was sent; where that is in a body, the handler is not told.
"""

import asyncio
import secrets
import socket
from dataclasses import dataclass
from http import HTTPStatus

import structlog
from aiohttp import StreamReader, web
from aiohttp.http_exceptions import BadHttpMessage
from aiohttp.http_parser import RawRequestMessage
from aiohttp.web_protocol import _ErrInfo

from shared.contract.codes import Code
from shared.runtime.access import RefusalError
from shared.runtime.http_rules import CLOSE, is_valid
from shared.runtime.metrics import Metrics
from shared.runtime.problems import problem

_UNSENT_MS = 30_000
_log = structlog.get_logger()


@dataclass(frozen=True)
class ConnectionLimits:
    """`head_s` for the head of a request, `idle_s` between two requests, `most` connections at once."""

    head_s: float
    idle_s: float
    most: int


class Connections:
    """Makes a `Connection` for whoever connects to `server`."""

    def __init__(self, server: web.Server, limits: ConnectionLimits, metrics: Metrics) -> None:
        self.server = server
        self.limits = limits
        self.open = 0
        self._metrics = metrics

    def __call__(self) -> "Connection":
        """One more, as an event loop asks for it."""
        return Connection(self)

    def refuse(self, refusal: RefusalError) -> web.Response:
        """The answer to what did not become a request; it is counted and logged like any other refusal."""
        request_id = secrets.token_hex(16)
        self._metrics.requests.labels(str(int(refusal.status)), refusal.code).inc()
        _log.info("request refused", status=int(refusal.status), code=refusal.code, request_id=request_id, caller=None)
        return problem(refusal, request_id)


class Connection(web.RequestHandler):
    """A connection as aiohttp handles it, with the bounds and the answers of `connections`."""

    __slots__ = ("_body", "_connections", "_discards", "_head_has_begun", "_head_timer")

    def __init__(self, connections: Connections) -> None:
        # The HTTP server must not undo Content-Encoding by itself: its own bounds are not ours (design, section 2).
        super().__init__(
            connections.server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=connections.limits.idle_s,
            access_log=None,  # type: ignore[arg-type]  # none, as aiohttp's own server passes it
            auto_decompress=False,
        )
        self._connections = connections
        self._head_timer: asyncio.TimerHandle | None = None
        self._head_has_begun = False
        self._body: StreamReader | None = None
        self._discards = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Starts the time of the first head; too many connections are refused (503)."""
        super().connection_made(transport)
        _give_up_unsent(transport)
        self._connections.open += 1
        if self._connections.open > self._connections.limits.most:
            headers = {"Retry-After": "1"} | CLOSE
            self._refuse(RefusalError(HTTPStatus.SERVICE_UNAVAILABLE, Code.OVERLOADED, headers=headers))
        else:
            self._start_head_timer()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Counts the connection out."""
        self._connections.open -= 1
        self._stop_head_timer()
        super().connection_lost(exc)
        if self._discards and self._body is not None:
            self._body.feed_eof()  # aiohttp waits for it

    def data_received(self, data: bytes) -> None:
        """A head's time runs from its first byte; a body that cannot be read any further is failed at once."""
        if self._discards:
            return
        known = len(self._messages)
        super().data_received(data)
        for place in range(known, len(self._messages)):
            self._check(place)
        if not self._waits_for_head:
            self._stop_head_timer()
        else:
            self._head_has_begun = True
            if self._head_timer is None:
                self._start_head_timer()

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Sends an answer. The rest of a request whose answer closes the connection is dropped unparsed.

        It is taken off the line all the same, lest a reset overtake the answer (RFC 9112, section 9.6).
        """
        sent, is_gone = await super().finish_response(request, resp, start_time)
        transport = self.transport
        if not sent.keep_alive and not request.content.is_eof() and transport and not transport.is_closing():
            self._discards = True
            transport.write_eof()
        return sent, is_gone

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answers what is not HTTP (RFC 9112) with a problem, and closes."""
        if status != HTTPStatus.BAD_REQUEST:
            return super().handle_error(request, status, exc, message)
        return self._connections.refuse(RefusalError(HTTPStatus.BAD_REQUEST, Code.INVALID_REQUEST, headers=CLOSE))

    def _check(self, place: int) -> None:
        """Looks at a message that aiohttp has just put into the queue of requests."""
        message, body = self._messages[place]
        if not isinstance(message, RawRequestMessage):
            if self._body is not None and not self._body.is_eof():
                self._body.set_exception(web.RequestPayloadError())
        elif not is_valid(message):
            # What aiohttp itself puts there for what it cannot parse.
            self._messages[place] = _ErrInfo(HTTPStatus.BAD_REQUEST, BadHttpMessage(""), ""), body
        else:
            self._body = body
            if message.upgrade:  # to no protocol of ours; aiohttp would parse what follows by another way than this
                self._messages[place] = message._replace(should_close=True), body

    @property
    def _waits_for_head(self) -> bool:
        return self._waiter is not None and not self._waiter.done()

    def _start_head_timer(self) -> None:
        self._head_timer = self._loop.call_later(self._connections.limits.head_s, self._give_up_head)

    def _stop_head_timer(self) -> None:
        self._head_has_begun = False
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up_head(self) -> None:
        # Whoever has sent nothing yet expects no answer: a browser takes it for that to its next request.
        if self._head_has_begun:
            self._refuse(RefusalError(HTTPStatus.REQUEST_TIMEOUT, Code.HEAD_INCOMPLETE, headers=CLOSE))
        self.force_close()

    def _refuse(self, refusal: RefusalError) -> None:
        if self.transport is None:  # it is being closed already
            return
        answer = self._connections.refuse(refusal)
        assert isinstance(answer.body, bytes)  # noqa: S101 - a problem's always is
        fields = {**answer.headers, "Content-Length": str(len(answer.body))}
        lines = [f"HTTP/1.1 {answer.status} {answer.reason}", *(f"{name}: {value}" for name, value in fields.items())]
        self.transport.write("\r\n".join([*lines, "", ""]).encode() + answer.body)
        self.force_close()


def _give_up_unsent(transport: asyncio.BaseTransport) -> None:
    """Resets the connection when what was sent is not taken for so long: a dead peer, or one that does not read."""
    connection = transport.get_extra_info("socket")
    if connection is not None and hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNSENT_MS)
