"""Integrations: who sends, where it goes, and what becomes of it."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal

from services.config_api import integration_rows as rows
from services.config_api.environments import named_environment
from services.config_api.fields import Listed, Name, page, reach
from services.config_api.integration_rows import IntegrationRow, IntegrationView, find_integration
from services.config_api.mappings import MappingPart, resolve
from services.config_api.store import Change, Store
from services.config_api.systems import find_system
from shared.contract.codes import Code
from shared.contract.definitions import Id, IntegrationState, Key, PropertyMapping, Revision, Scope
from shared.runtime.access import Fault, RefusalError
from shared.runtime.operations import Answer, Call, Page, operation

PATH = "/api/v1/integrations"


class IntegrationBody(MappingPart):
    """What can be changed of an integration."""

    name: Name


class NewIntegration(IntegrationBody):
    """An integration to be made, of a system's environment; system and environment never change."""

    system: Key
    environment: Key
    state: Literal["draft", "active"] = "draft"


class IntegrationsQuery(Listed):
    """Which integrations: of a system, of environments of that key, in a state (if absent: all but deleted ones)."""

    system: Key | None = None
    environment: Key | None = None
    state: IntegrationState | None = None


@dataclass(frozen=True)
class Integrations:
    """The routes of integrations."""

    store: Store

    @operation("GET", PATH, Scope.CONFIG_READ)
    async def listed(self, call: Call, query: IntegrationsQuery) -> Page[IntegrationView]:
        """List integrations."""
        where = (query.cursor, reach(call), query.system, query.environment, query.state, query.limit + 1)
        async with self.store.read() as session:
            found = await rows.list_integrations(session, *where)
            views = await rows.show_all(session, found[: query.limit])
        return Page(items=views, next=page(found, query.limit).next)

    @operation("POST", PATH, Scope.CONFIG_WRITE, status=HTTPStatus.CREATED, problems=(HTTPStatus.CONFLICT,))
    async def create(self, call: Call, body: NewIntegration) -> Answer[IntegrationView]:
        """Make an integration, and the attributes that it names and that are missing."""
        async with self.store.change(call) as change:
            system, environment = await _place(change, call, body)
            mapping = _revision(1, 1, environment, body, await resolve(change, system, body))
            number = await rows.insert(change, body.name, IntegrationState(body.state), system, mapping)
            view = await self._changed(change, call, number, "created", None)
        return Answer(view, view.version, f"{PATH}/{number}")

    @operation("GET", PATH + "/{integration}", Scope.CONFIG_READ)
    async def one(self, call: Call, integration: Id) -> Answer[IntegrationView]:
        """Read an integration with its mapping."""
        async with self.store.read() as session:
            view = await rows.show(session, await find_integration(session, call, integration))
        return Answer(view, view.version)

    @operation("PUT", PATH + "/{integration}", Scope.CONFIG_WRITE, if_match=True, problems=(HTTPStatus.CONFLICT,))
    async def replace(self, call: Call, integration: Id, body: IntegrationBody) -> Answer[IntegrationView]:
        """Change an integration; a change of its mapping makes a new revision, and leaves all former ones."""
        async with self.store.change(call) as change:
            row = await _editable(change, call, integration)
            before = await rows.show(change.session, row)
            resolved = await resolve(change, row.system_id, body)
            mapping = _revision(row.id, row.revision, row.environment_id, body, resolved)
            if mapping != row.mapping:
                mapping = mapping.model_copy(update={"number": row.revision + 1})
                await rows.insert_revision(change, mapping)
            await rows.update(change, row, name=body.name, revision=mapping.number)
            view = await self._changed(change, call, row.id, "replaced", before)
        return Answer(view, view.version)

    @operation(
        "DELETE",
        PATH + "/{integration}",
        Scope.CONFIG_WRITE,
        if_match=True,
        status=HTTPStatus.NO_CONTENT,
        problems=(HTTPStatus.CONFLICT,),
    )
    async def delete(self, call: Call, integration: Id) -> Answer[None]:
        """Delete an integration: posts are refused until it is restored; what was accepted is still mapped."""
        async with self.store.change(call) as change:
            row = await _editable(change, call, integration)
            before = await rows.show(change.session, row)
            await rows.update(change, row, state=IntegrationState.DELETED, state_before=row.state)
            await self._changed(change, call, row.id, "deleted", before)
        return Answer(None)

    async def _changed(
        self, change: Change, call: Call, number: int, verb: str, before: IntegrationView | None
    ) -> IntegrationView:
        row = await find_integration(change.session, call, number)
        view = await rows.show(change.session, row)
        await change.audit(verb, "integration", number, system=row.system_id, before=before, after=view)
        return view


async def _place(change: Change, call: Call, body: NewIntegration) -> tuple[int, int]:
    """The ids of the system and the environment. Raises `RefusalError` (422) where there is none of that key."""
    try:
        system = await find_system(change.session, call, body.system)
    except RefusalError as error:
        faults = (Fault("/system", Code.UNKNOWN_REFERENCE),)
        raise RefusalError(HTTPStatus.UNPROCESSABLE_ENTITY, Code.INVALID_BODY, faults=faults) from error
    return system.id, (await named_environment(change.session, system.id, body.environment)).id


async def _editable(change: Change, call: Call, integration: int) -> IntegrationRow:
    """The integration as the caller has read it. Raises `RefusalError`; a deleted one must be restored first (409)."""
    row = await find_integration(change.session, call, integration)
    call.require_version(row.version)
    if row.state is IntegrationState.DELETED:
        raise RefusalError(HTTPStatus.CONFLICT, Code.INVALID_STATE)
    return row


def _revision(
    integration: int, number: int, environment: int, body: MappingPart, resolved: tuple[PropertyMapping, ...]
) -> Revision:
    observed = body.observed_at
    return Revision.model_validate(
        {
            "integration": integration,
            "number": number,
            "environment": environment,
            "user_id": body.user_id.model_dump(),
            "mappings": resolved,
            "on_invalid": body.on_invalid,
            "on_unknown": body.on_unknown,
            "observed_at": None if observed is None else observed.model_dump(),
        }
    )
