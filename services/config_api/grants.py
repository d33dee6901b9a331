"""Nobody gives rights that they do not have, and nobody sees whom they could not have given theirs to."""

from collections.abc import Iterable, Sequence
from http import HTTPStatus

from shared.contract.codes import Code
from shared.contract.definitions import Scope
from shared.runtime.access import Fault, RefusalError
from shared.runtime.operations import Call
from shared.runtime.postgres import Session

_IDS = "SELECT id, key FROM config.systems WHERE key = ANY($1)"
_KEYS = "SELECT id, key FROM config.systems ORDER BY id"


async def system_ids(session: Session, call: Call, keys: Sequence[str] | None) -> list[int] | None:
    """The ids of systems; None is all of them.

    Raises `RefusalError`: 422 for a key that is nobody's. Callers that do not reach every system are answered 403 for
    whatever is not theirs: they do not learn which others there are.
    """
    own = call.caller.systems
    if keys is None:
        if own is not None:
            raise _not_allowed("/systems")
        return None
    known = {row["key"]: int(row["id"]) for row in await session.fetch(_IDS, keys)}
    for number, key in enumerate(keys):
        if own is not None and known.get(key) not in own:
            raise _not_allowed(f"/systems/{number}")
        if key not in known:
            fault = Fault(f"/systems/{number}", Code.UNKNOWN_REFERENCE)
            raise RefusalError(HTTPStatus.UNPROCESSABLE_ENTITY, Code.INVALID_BODY, faults=(fault,))
    return sorted(set(known.values()))


async def system_keys(session: Session) -> dict[int, str]:
    """The key of every system."""
    return {row["id"]: row["key"] for row in await session.fetch(_KEYS)}


def require_scopes(call: Call, scopes: Iterable[Scope], pointer: str) -> None:
    """Raises `RefusalError` (403) for a scope that the caller does not have."""
    if not call.caller.scopes.issuperset(scopes):
        raise _not_allowed(pointer)


def within(call: Call, systems: Sequence[int] | None) -> bool:
    """Whether these systems (None: all) are within the caller's."""
    own = call.caller.systems
    return own is None or (systems is not None and own.issuperset(systems))


def _not_allowed(pointer: str) -> RefusalError:
    faults = (Fault(pointer, Code.NOT_ALLOWED_TO_GRANT),)
    return RefusalError(HTTPStatus.FORBIDDEN, Code.NOT_ALLOWED_TO_GRANT, faults=faults)
