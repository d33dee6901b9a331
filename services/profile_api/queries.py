"""The query of a request: what may stand in it, and what its cursors mean. Pure but for the request."""

from collections.abc import Set as AbstractSet
from http import HTTPStatus

from aiohttp import web

from shared.contract.codes import Code
from shared.runtime.access import Fault, RefusalError

MAX_LIMIT = 1000
DEFAULT_LIMIT = 100
_MAX_NUMBER_LENGTH = 9


def require_known(request: web.Request, names: AbstractSet[str]) -> None:
    """Raises `RefusalError` (422) for a parameter that is not among `names` or stands there twice."""
    for name in request.query:
        if name not in names or len(request.query.getall(name)) > 1:
            raise _invalid(name)


def number(request: web.Request, name: str, default: int, most: int) -> int:
    """A whole number from 0 to `most`. Raises `RefusalError` (422)."""
    text = request.query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_NUMBER_LENGTH) or int(text) > most:
        raise _invalid(name)
    return int(text)


def limit(request: web.Request) -> int:
    """How many items a page may have, 1 to 1,000. Raises `RefusalError` (422)."""
    wanted = number(request, "limit", DEFAULT_LIMIT, MAX_LIMIT)
    if wanted == 0:
        raise _invalid("limit")
    return wanted


def text(request: web.Request, name: str) -> str:
    """Text that the database can hold; empty where it is absent. Raises `RefusalError` (422)."""
    value = request.query.get(name, "")
    if not storable(value):
        raise _invalid(name)
    return value


def storable(value: str) -> bool:
    """Whether PostgreSQL can compare with it: no NUL, and nothing that UTF-8 has no bytes for."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value


def _invalid(name: str) -> RefusalError:
    fault = Fault(f"/{name}", Code.INVALID_QUERY)
    return RefusalError(HTTPStatus.UNPROCESSABLE_ENTITY, Code.INVALID_QUERY, faults=(fault,))
