"""Integration tokens: which integration a batch is for."""

from dataclasses import dataclass
from http import HTTPStatus

from services.config_api import issued
from services.config_api.integration_rows import find_integration
from services.config_api.integrations import PATH
from services.config_api.issued import Rotation, SecretView
from services.config_api.store import Store
from shared.contract.codes import Code
from shared.contract.definitions import Id, IntegrationState, Scope
from shared.runtime.access import RefusalError
from shared.runtime.operations import Answer, Call, Page, View, operation

_TOKENS = PATH + "/{integration}/tokens"


class IssuedToken(View):
    """A new token, which is shown this once."""

    token: str
    secret: SecretView


@dataclass(frozen=True)
class IntegrationTokens:
    """The routes of an integration's tokens."""

    store: Store

    @operation("GET", _TOKENS, Scope.CONFIG_READ)
    async def listed(self, call: Call, integration: Id) -> Page[SecretView]:
        """List the live tokens of an integration, two at most."""
        async with self.store.read() as session:
            await find_integration(session, call, integration)
            found = await issued.live_secrets(session, "integration", [integration])
        return Page(items=found[integration], next=None)

    @operation("POST", _TOKENS, Scope.CONFIG_WRITE, status=HTTPStatus.CREATED, problems=(HTTPStatus.CONFLICT,))
    async def issue(self, call: Call, integration: Id, body: Rotation) -> Answer[IssuedToken]:
        """Issue a token; a former one lives on beside it for `overlap_s`."""
        async with self.store.change(call) as change:
            row = await find_integration(change.session, call, integration)
            if row.state is IntegrationState.DELETED:
                raise RefusalError(HTTPStatus.CONFLICT, Code.INVALID_STATE)
            token, secret = await issued.issue(change, "integration", integration, overlap_s=body.overlap_s)
            await change.audit("issued", "integration_token", integration, system=row.system_id, after=secret)
        return Answer(IssuedToken(token=token, secret=secret), location=f"{PATH}/{integration}/tokens")

    @operation("DELETE", _TOKENS + "/{secret}", Scope.CONFIG_WRITE, status=HTTPStatus.NO_CONTENT)
    async def revoke(self, call: Call, integration: Id, secret: Id) -> Answer[None]:
        """Revoke a token at once."""
        async with self.store.change(call) as change:
            row = await find_integration(change.session, call, integration)
            before = await issued.revoke(change, integration, secret)
            if before is None:
                raise RefusalError(HTTPStatus.NOT_FOUND, Code.NOT_FOUND)
            await change.audit("revoked", "integration_token", integration, system=row.system_id, before=before)
        return Answer(None)
