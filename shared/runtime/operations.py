"""HTTP operations: what a route takes, gives and asks for stands at its handler, and nowhere else.

    class Systems:
        @operation("PUT", "/api/v1/systems/{system}", Scope.CONFIG_WRITE, if_match=True)
        async def replace(self, call: Call, system: Key, body: SystemBody) -> Answer[SystemView]:
            '''Rename a system.'''

The parameters `body` and `query` are read from the request by their types (pydantic); any other parameter but `call`
is one of the path's. What comes back is sent as JSON. The docstring's first line is the operation's summary. The same
declarations make the OpenAPI document. A route cannot be declared without the right that it needs.
"""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from aiohttp import web
from pydantic import BaseModel, ConfigDict

from shared.contract.codes import Code
from shared.contract.definitions import Scope
from shared.runtime.access import Caller, RefusalError, Right
from shared.runtime.problems import REQUEST_ID

_OPERATION = "_inlet_operation"
T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Awaitable[object]])


class Body(BaseModel):
    """What a request's body holds: nothing but what is declared, in the types of JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Query(BaseModel):
    """What a request's query holds: nothing but what is declared, each at most once."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class View(BaseModel):
    """What an answer's body holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Page(View, Generic[T]):
    """Some items of a list in its order; `next` is the cursor of the next page, if there is one."""

    items: list[T]
    next: str | None


@dataclass(frozen=True)
class Answer(Generic[T]):
    """A body with what goes beside it: `version` becomes the ETag, `cookie` the session's (empty: it is taken away)."""

    body: T
    version: int | None = None
    location: str | None = None
    cookie: str | None = None


class Call(msgspec.Struct, frozen=True):  # one a request: msgspec makes it in a tenth of a dataclass's time
    """A request that was let in."""

    request: web.Request
    caller: Caller

    @property
    def request_id(self) -> str:
        """The id under which the request is logged."""
        return self.request[REQUEST_ID]

    def require_version(self, version: int) -> None:
        """Raises `RefusalError`: 428 without If-Match, 412 when it does not name this version (RFC 9110, 13.1.1)."""
        sent = ",".join(self.request.headers.getall("If-Match", ()))
        if not sent:
            raise RefusalError(HTTPStatus.PRECONDITION_REQUIRED, Code.PRECONDITION_REQUIRED)
        # A proxy that compresses marks our tags as weak; they name a state all the same. "*" names none: whoever
        # sends it has not read what they would overwrite.
        if f'"{version}"' not in {tag.strip().removeprefix("W/") for tag in sent.split(",")}:
            headers = {"ETag": f'"{version}"'}
            raise RefusalError(HTTPStatus.PRECONDITION_FAILED, Code.VERSION_CONFLICT, headers=headers)


@dataclass(frozen=True)
class Operation:
    """One method of one path.

    `status` is that of success; `problems` are the statuses that this handler adds to those which follow from its
    form. `reads` documents a body that the handler reads by itself, `sends` an answer that it builds by itself.
    What is `hidden` is for browsers, and not part of the documented API. What is not `logged` sees to log and metrics
    by itself, because there are very many of it.
    """

    method: str
    path: str
    right: Scope | Right
    handler: Callable[..., Awaitable[object]]
    status: HTTPStatus = HTTPStatus.OK
    problems: Sequence[HTTPStatus] = ()
    if_match: bool = False
    reads: Any = None
    sends: Any = None
    hidden: bool = False
    logged: bool = True

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """The handler's parameters beside `self` and `call`, with their types."""
        hints = get_type_hints(self.handler, include_extras=True)
        return {name: hints[name] for name in list(inspect.signature(self.handler).parameters)[2:]}

    @cached_property
    def answer(self) -> Any:
        """The type of the answer's body; NoneType where there is none."""
        answer = get_type_hints(self.handler, include_extras=True)["return"]
        if self.sends is not None:
            return self.sends
        return get_args(answer)[0] if get_origin(answer) is Answer else answer

    @property
    def path_parameters(self) -> dict[str, Any]:
        """The parameters that stand in the path, with their types."""
        return {name: kind for name, kind in self.parameters.items() if name not in ("body", "query")}


def operation(  # noqa: PLR0913 - a declaration, by name
    method: str,
    path: str,
    right: Scope | Right,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    problems: Sequence[HTTPStatus] = (),
    if_match: bool = False,
    reads: Any = None,
    sends: Any = None,
    hidden: bool = False,
    logged: bool = True,
) -> Callable[[F], F]:
    """Declares a method of a resource as the handler of a route; see `Operation`."""

    def declare(handler: F) -> F:
        declared = Operation(method, path, right, handler, status, problems, if_match, reads, sends, hidden, logged)
        setattr(handler, _OPERATION, declared)
        return handler

    return declare


def operations_of(resource: type) -> list[Operation]:
    """The operations that a resource declares, in their order."""
    return [getattr(each, _OPERATION) for each in vars(resource).values() if hasattr(each, _OPERATION)]
