"""The body and the query of a request, read into the types that an operation declares; what does not fit is named."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, NoReturn

from aiohttp import web
from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from shared.contract.codes import Code
from shared.runtime.access import Fault, RefusalError
from shared.runtime.http_rules import CLOSE
from shared.runtime.problems import ClientGoneError

BODY_TIMEOUT_S = 10.0
_MOST_FAULTS = 50
_NO_CODING = {"Accept-Encoding": "identity"}  # RFC 9110, section 15.5.16: say what would have done
_CODES = {"missing": Code.MISSING_FIELD, "extra_forbidden": Code.UNKNOWN_FIELD}


async def body(request: web.Request, adapter: TypeAdapter[Any], max_bytes: int) -> Any:
    """The body, as JSON of the adapter's type. Raises `RefusalError` (400, 413, 415, 422, 503), `ClientGoneError`."""
    return parse_json(await read_json(request, max_bytes), adapter)


async def read_json(request: web.Request, max_bytes: int) -> bytes:
    """The body's bytes, UTF-8 said to be JSON. Raises `RefusalError` (400, 413, 415, 503), `ClientGoneError`."""
    if request.content_type != "application/json":
        raise RefusalError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, Code.UNSUPPORTED_MEDIA_TYPE)
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise RefusalError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, Code.UNSUPPORTED_CODING, headers=_NO_CODING)
    raw = await _read(request, max_bytes)
    try:
        raw.decode()
    except UnicodeDecodeError:
        raise RefusalError(HTTPStatus.BAD_REQUEST, Code.INVALID_UTF8) from None
    return raw


def parse_json(raw: bytes, adapter: TypeAdapter[Any], *, at: tuple[str, ...] = ()) -> Any:
    """JSON text of the adapter's type; `at` is where it stands in the body. Raises `RefusalError` (400, 422)."""
    try:
        sent = from_json(raw, allow_inf_nan=False)  # a type's own parser takes NaN, which is not JSON
    except ValueError:
        raise RefusalError(HTTPStatus.BAD_REQUEST, Code.INVALID_JSON) from None
    try:
        return adapter.validate_json(raw)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        faults = [_fault(each, at, sent) for each in details[:_MOST_FAULTS]]
        raise _unprocessable(Code.INVALID_BODY, faults) from None


def query(request: web.Request, adapter: TypeAdapter[Any]) -> Any:
    """The query, as the adapter's type. Raises `RefusalError` (422), also where a parameter stands there twice."""
    sent = request.query
    # No text of the database's holds NUL, and of several values each reader would take another.
    if wrong := [name for name in dict.fromkeys(sent) if len(sent.getall(name)) > 1 or "\0" in name + sent[name]]:
        raise _unprocessable(Code.INVALID_QUERY, [Fault(pointer([name]), Code.INVALID_QUERY) for name in wrong])
    try:
        return adapter.validate_strings(dict(sent))
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
        faults = [Fault(pointer(each["loc"]), Code.INVALID_QUERY, each["msg"]) for each in details]
        raise _unprocessable(Code.INVALID_QUERY, faults) from None


def refuse_query(request: web.Request) -> NoReturn:
    """For an operation that knows no parameters. Raises `RefusalError` (422)."""
    raise _unprocessable(Code.INVALID_QUERY, [Fault(pointer([name]), Code.INVALID_QUERY) for name in request.query])


def pointer(path: Iterable[str | int]) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _fault(detail: Mapping[str, Any], at: tuple[str, ...], sent: Any) -> Fault:
    place = _place(detail["loc"], sent, missing=detail["type"] == "missing")
    return Fault(pointer((*at, *place)), _CODES.get(detail["type"], Code.INVALID_FIELD), detail["msg"])


def _place(path: Sequence[str | int], sent: Any, *, missing: bool) -> list[str | int]:
    """Where it is in what was sent: pydantic's path without the names of a union's members, which it has as well."""
    place: list[str | int] = []
    for part in path:
        known = range(len(sent)) if isinstance(sent, list) else sent if isinstance(sent, dict) else ()
        if part in known:
            sent = sent[part]
            place.append(part)
    return [*place, path[-1]] if missing else place


def _unprocessable(code: Code, faults: Iterable[Fault]) -> RefusalError:
    found: Sequence[Fault] = tuple(faults)
    return RefusalError(HTTPStatus.UNPROCESSABLE_ENTITY, code, faults=found)


async def _read(request: web.Request, max_bytes: int) -> bytes:
    limit = {"limit": max_bytes}
    if (request.content_length or 0) > max_bytes:
        raise RefusalError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, Code.BODY_TOO_LARGE, members=limit)
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise RefusalError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, Code.BODY_TOO_LARGE, members=limit) from None
    except ConnectionError as error:
        raise ClientGoneError from error
    except web.RequestPayloadError as error:
        raise RefusalError(HTTPStatus.BAD_REQUEST, Code.INVALID_REQUEST, headers=CLOSE) from error
    except TimeoutError:
        headers = {"Retry-After": "2"} | CLOSE
        raise RefusalError(HTTPStatus.SERVICE_UNAVAILABLE, Code.BODY_INCOMPLETE, headers=headers) from None
