"""From declared operations to an application: rights first, then what was sent, then the handler.

`serving` starts no application that has a route from elsewhere.
"""

import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, TypeAdapter, ValidationError

from shared.contract.codes import Code
from shared.runtime import request_parts
from shared.runtime.access import ANYONE, CALLER, SESSION_COOKIE, Access, Caller, RefusalError, Right, unavailable
from shared.runtime.broker import UnavailableError
from shared.runtime.metrics import Metrics
from shared.runtime.operations import Answer, Call, Operation, operations_of
from shared.runtime.problems import REQUEST_ID, answer_with_problems, not_found, only

MAX_BODY_BYTES = 1024 * 1024
ACCESS = web.AppKey("access", Access)
METRICS = web.AppKey("metrics", Metrics)
_DECLARED = web.AppKey("declared", frozenset[object])
_log = structlog.get_logger()


@dataclass(frozen=True)
class _Route:
    """An operation with the handler that is bound to its resource."""

    operation: Operation
    bound: Callable[..., Awaitable[object]]
    access: Access | None
    adapters: dict[str, TypeAdapter[Any]]

    @cached_property
    def takes_no_query(self) -> bool:
        """Whether a query would go unheeded; senders and probes may add one all the same."""
        lenient = self.operation.right is Right.ANYONE or self.operation.reads is not None
        return not lenient and "query" not in self.adapters

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        caller = self._admit(request)
        if self.takes_no_query and request.query_string:
            request_parts.refuse_query(request)
        arguments = await self._arguments(request) if self.adapters else {}
        if "body" in arguments:
            caller = self._admit(request)  # a body may take its time, in which a right can end
        call = Call(request, caller)
        try:
            result = await self.bound(call, **arguments)
        except UnavailableError as error:
            _log.warning("dependency away", reason=str(error), request_id=call.request_id)
            raise unavailable() from error
        response = result if isinstance(result, web.StreamResponse) else self._respond(call, result)
        self._renew(caller, response)
        return response

    def _admit(self, request: web.Request) -> Caller:
        return ANYONE if self.access is None else self.access.admit(request, self.operation.right)

    async def _arguments(self, request: web.Request) -> dict[str, Any]:
        arguments: dict[str, Any] = {}
        for name, adapter in self.adapters.items():
            if name == "body":
                arguments[name] = await request_parts.body(request, adapter, MAX_BODY_BYTES)
            elif name == "query":
                arguments[name] = request_parts.query(request, adapter)
            else:
                arguments[name] = _path_part(request, name, adapter)
        return arguments

    def _respond(self, call: Call, result: object) -> web.Response:
        answer = result if isinstance(result, Answer) else Answer(result)
        headers = {"Cache-Control": "no-store", "X-Request-Id": call.request_id}
        if answer.version is not None:
            headers["ETag"] = f'"{answer.version}"'
        if answer.location is not None:
            headers["Location"] = answer.location
        response = web.Response(status=self.operation.status, headers=headers)
        if answer.body is not None:
            response.body = _json(answer.body)
            response.content_type = "application/json"
        if answer.cookie is not None:
            self._set_cookie(response, answer.cookie)
        return response

    def _renew(self, caller: Caller, response: web.StreamResponse) -> None:
        """A session that is used goes on."""
        if self.access is None or caller.session is None or response.prepared or SESSION_COOKIE in response.cookies:
            return
        renewed = self.access.renewed(caller.session)
        if renewed is not None:
            self._set_cookie(response, self.access.sessions.text(renewed))

    def _set_cookie(self, response: web.StreamResponse, value: str) -> None:
        secure = self.access is not None and self.access.served_by_https
        response.set_cookie(
            SESSION_COOKIE,
            value,
            path="/",
            httponly=True,
            samesite="Strict",
            secure=secure,
            max_age=None if value else 0,
        )


def application(access: Access | None, metrics: Metrics, resources: Iterable[object]) -> web.Application:
    """An application of all operations of these resources; every other address or method is a problem.

    Without `access` there is nobody to check rights, so that every operation must be for anyone (`RuntimeError`).
    """
    answered = answer_with_problems(metrics)
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    by_path: dict[str, list[_Route]] = {}
    for resource in resources:
        for declared in operations_of(type(resource)):
            if access is None and declared.right is not Right.ANYONE:
                raise RuntimeError(f"nobody checks the right that {declared.path} needs")
            bound = declared.handler.__get__(resource)
            adapters: dict[str, TypeAdapter[Any]] = {n: TypeAdapter(kind) for n, kind in declared.parameters.items()}
            by_path.setdefault(declared.path, []).append(_Route(declared, bound, access, adapters))
    handlers: set[object] = set()
    for path, routes in by_path.items():
        allowed = []
        for route in routes:
            logged: Handler = _logged(route, metrics) if route.operation.logged else route
            handler = answered(logged)
            handlers.add(handler)
            method = route.operation.method
            app.router.add_get(path, handler) if method == "GET" else app.router.add_route(method, path, handler)
            allowed.extend(["GET", "HEAD"] if method == "GET" else [method])
        handlers.add(refusing := answered(only(", ".join(allowed))))
        app.router.add_route("*", path, refusing)
    handlers.add(missing := answered(not_found))
    app.router.add_route("*", "/{anything:.*}", missing)
    if access is not None:
        app[ACCESS] = access
    app[METRICS] = metrics
    app[_DECLARED] = frozenset(handlers)
    return app


def require_rights(app: web.Application) -> None:
    """Raises `RuntimeError` if the application has a route that was not declared as an operation."""
    declared = app.get(_DECLARED, frozenset[object]())
    for route in app.router.routes():
        if route.handler not in declared:
            raise RuntimeError(f"no right is declared for {route.method} {route.resource}")


def _logged(route: _Route, metrics: Metrics) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        began = time.perf_counter()
        response = await route(request)
        metrics.requests.labels(str(response.status), "ok").inc()
        if route.operation.right is not Right.ANYONE:
            _log.info(
                "request answered",
                method=request.method,
                path=route.operation.path,
                status=response.status,
                caller=request.get(CALLER),
                request_id=request[REQUEST_ID],
                seconds=round(time.perf_counter() - began, 6),
            )
        return response

    return handle


def _path_part(request: web.Request, name: str, adapter: TypeAdapter[Any]) -> Any:
    """A part of the path. What does not fit is nobody's address (404), nor is what no text of a database holds: NUL."""
    part = request.match_info[name]
    if "\0" in part:
        raise RefusalError(HTTPStatus.NOT_FOUND, Code.NOT_FOUND)
    try:
        return adapter.validate_strings(part)
    except ValidationError:
        raise RefusalError(HTTPStatus.NOT_FOUND, Code.NOT_FOUND) from None


def _json(body: object) -> bytes:
    return body.model_dump_json().encode() if isinstance(body, BaseModel) else msgspec.json.encode(body)
