"""What happens to an integration as a whole: activate, pause, resume, restore, duplicate; and its former mappings."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from services.config_api import integration_rows as rows
from services.config_api import mappings
from services.config_api.environments import named_environment
from services.config_api.fields import Listed, Name
from services.config_api.integration_rows import IntegrationRow, IntegrationView, find_integration
from services.config_api.integrations import PATH
from services.config_api.mappings import MappingPartView
from services.config_api.store import Store
from shared.contract.codes import Code
from shared.contract.definitions import Id, IntegrationState, Key, Revision, Scope
from shared.runtime.access import Fault, RefusalError
from shared.runtime.operations import Answer, Body, Call, Page, operation
from shared.runtime.postgres import Session

_STATE = IntegrationState
_PROBLEMS = (HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED)  # If-Match is heeded, but need not be sent
_GONE = """
SELECT a.key FROM config.attributes a WHERE a.id = ANY($1) AND a.deleted ORDER BY a.id LIMIT 1
"""
_REVISIONS = """
SELECT mapping, created_at, created_by FROM config.revisions
WHERE integration = $1 AND ($2 = 0 OR number < $2) ORDER BY number DESC LIMIT $3
"""
_REVISION = "SELECT mapping, created_at, created_by FROM config.revisions WHERE integration = $1 AND number = $2"


class Copy(Body):
    """The name of a duplicate, and its environment if that is another one of the same system."""

    name: Name
    environment: Key | None = None


class RevisionView(MappingPartView):
    """A mapping that was in force once, or is: it never changes. `created_by` is who made it."""

    number: int
    created_at: datetime
    created_by: str


@dataclass(frozen=True)
class IntegrationStates:
    """The routes of what happens to an integration as a whole."""

    store: Store

    @operation("POST", PATH + "/{integration}/activate", Scope.CONFIG_WRITE, problems=_PROBLEMS)
    async def activate(self, call: Call, integration: Id) -> Answer[IntegrationView]:
        """Make a draft an active integration."""
        return await self._move(call, integration, "activated", {_STATE.DRAFT}, _STATE.ACTIVE)

    @operation("POST", PATH + "/{integration}/pause", Scope.CONFIG_WRITE, problems=_PROBLEMS)
    async def pause(self, call: Call, integration: Id) -> Answer[IntegrationView]:
        """Pause an active integration: posts are answered with 409, and senders will drop what they post."""
        return await self._move(call, integration, "paused", {_STATE.ACTIVE}, _STATE.PAUSED)

    @operation("POST", PATH + "/{integration}/resume", Scope.CONFIG_WRITE, problems=_PROBLEMS)
    async def resume(self, call: Call, integration: Id) -> Answer[IntegrationView]:
        """Let a paused integration accept again."""
        return await self._move(call, integration, "resumed", {_STATE.PAUSED}, _STATE.ACTIVE)

    @operation("POST", PATH + "/{integration}/restore", Scope.CONFIG_WRITE, problems=_PROBLEMS)
    async def restore(self, call: Call, integration: Id) -> Answer[IntegrationView]:
        """Bring a deleted integration back in the state that it had."""
        return await self._move(call, integration, "restored", {_STATE.DELETED}, None)

    @operation(
        "POST",
        PATH + "/{integration}/duplicate",
        Scope.CONFIG_WRITE,
        status=HTTPStatus.CREATED,
        problems=(HTTPStatus.CONFLICT,),
    )
    async def duplicate(self, call: Call, integration: Id, body: Copy) -> Answer[IntegrationView]:
        """Make a draft with the same mapping, without tokens.

        In the audit log, `before` is the integration that it was made from.
        """
        async with self.store.change(call) as change:
            row = await find_integration(change.session, call, integration)
            await self._require_attributes(change.session, row)
            environment = row.environment_id
            if body.environment is not None:
                environment = (await named_environment(change.session, row.system_id, body.environment)).id
            mapping = row.mapping.model_copy(update={"environment": environment})
            number = await rows.insert(change, body.name, _STATE.DRAFT, row.system_id, mapping)
            view = await rows.show(change.session, await find_integration(change.session, call, number))
            original = await rows.show(change.session, row)
            await change.audit("duplicated", "integration", number, system=row.system_id, before=original, after=view)
        return Answer(view, view.version, f"{PATH}/{number}")

    @operation("GET", PATH + "/{integration}/revisions", Scope.CONFIG_READ)
    async def revisions(self, call: Call, integration: Id, query: Listed) -> Page[RevisionView]:
        """List the mappings that an integration had, the newest first."""
        async with self.store.read() as session:
            await find_integration(session, call, integration)
            found = await session.fetch(_REVISIONS, integration, query.cursor, query.limit + 1)
            views = await _shown(session, [dict(row) for row in found[: query.limit]])
        return Page(items=views, next=str(views[-1].number) if len(found) > query.limit else None)

    @operation("GET", PATH + "/{integration}/revisions/{number}", Scope.CONFIG_READ)
    async def revision(self, call: Call, integration: Id, number: Id) -> RevisionView:
        """Read one mapping that an integration had."""
        async with self.store.read() as session:
            await find_integration(session, call, integration)
            row = await session.fetchrow(_REVISION, integration, number)
            if row is None:
                raise RefusalError(HTTPStatus.NOT_FOUND, Code.NOT_FOUND)
            return (await _shown(session, [dict(row)]))[0]

    async def _move(
        self, call: Call, number: int, verb: str, allowed: AbstractSet[IntegrationState], to: IntegrationState | None
    ) -> Answer[IntegrationView]:
        """From one state to another; `to` None is the state before it was deleted."""
        async with self.store.change(call) as change:
            row = await find_integration(change.session, call, number)
            if any(call.request.headers.getall("If-Match", ())):  # an empty one counts as none, as elsewhere
                call.require_version(row.version)
            if row.state not in allowed:
                raise RefusalError(HTTPStatus.CONFLICT, Code.INVALID_STATE, members={"state": row.state})
            if to is None:
                await self._require_attributes(change.session, row)
            before = await rows.show(change.session, row)
            await rows.update(change, row, state=to or row.state_before)
            view = await rows.show(change.session, await find_integration(change.session, call, number))
            await change.audit(verb, "integration", number, system=row.system_id, before=before, after=view)
        return Answer(view, view.version)

    async def _require_attributes(self, session: Session, row: IntegrationRow) -> None:
        """A mapping to an attribute that was deleted meanwhile would feed what nobody sees (409)."""
        gone = await session.fetchval(_GONE, [mapping.attribute for mapping in row.mapping.mappings])
        if gone is not None:
            faults = (Fault("/mappings", Code.UNKNOWN_REFERENCE, f"the attribute {gone} was deleted"),)
            raise RefusalError(HTTPStatus.CONFLICT, Code.UNKNOWN_REFERENCE, faults=faults)


async def _shown(session: Session, found: list[dict[str, Any]]) -> list[RevisionView]:
    revisions = [Revision.model_validate_json(row["mapping"]) for row in found]
    views = []
    for row, revision, part in zip(found, revisions, await mappings.show(session, revisions), strict=True):
        fields = {name: getattr(part, name) for name in MappingPartView.model_fields}
        made = {"created_at": row["created_at"], "created_by": row["created_by"]}
        views.append(RevisionView(**fields, number=revision.number, **made))
    return views
