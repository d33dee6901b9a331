"""Who may come in: every route asks here first."""

from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from shared.contract.codes import Code
from shared.contract.definitions import AccessToken, Scope
from shared.runtime import access
from shared.runtime.access import RefusalError
from shared.runtime.clock import Clock
from shared.runtime.problems import TOKEN_ID
from shared.runtime.snapshot import Definitions, SnapshotKeeper

RETRY_AFTER_S = 2


@dataclass(frozen=True)
class Door:
    """Checks a request against the definitions of the moment."""

    keeper: SnapshotKeeper
    clock: Clock

    def admit(self, request: web.Request, scope: Scope) -> tuple[Definitions, AccessToken]:
        """The definitions, and the token that the caller has shown. Raises `RefusalError` (401, 403, 503)."""
        definitions = self.keeper.usable
        if definitions is None:
            raise unavailable()
        token = access.authenticate(definitions, request.headers.getall("Authorization", ()), self.clock())
        request[TOKEN_ID] = token.id
        access.require(token, scope)
        return definitions, token


def unavailable() -> RefusalError:
    """What is answered while the definitions or the database are away."""
    retry_after = {"Retry-After": str(RETRY_AFTER_S)}
    return RefusalError(HTTPStatus.SERVICE_UNAVAILABLE, Code.NOT_READY, headers=retry_after)
