"""Environments: separate sets of profiles within a system, such as Production."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from services.config_api import systems
from services.config_api.fields import Listed, Name, page
from services.config_api.store import Store, returned
from services.config_api.systems import find_system
from shared.contract.codes import Code
from shared.contract.definitions import Key, Scope
from shared.runtime.access import Fault, RefusalError
from shared.runtime.operations import Answer, Body, Call, Page, View, operation
from shared.runtime.postgres import Session

PATH = systems.PATH + "/{system}/environments"

_LIST = """
SELECT id, key, name, history, version, created_at, updated_at FROM config.environments
WHERE system = $1 AND id > $2 ORDER BY id LIMIT $3
"""
_ONE = """
SELECT id, key, name, history, version, created_at, updated_at FROM config.environments WHERE system = $1 AND key = $2
"""
_INSERT = """
INSERT INTO config.environments (system, key, name, history, version) VALUES ($1, $2, $3, $4, $5)
RETURNING id, key, name, history, version, created_at, updated_at
"""
_UPDATE = """
UPDATE config.environments SET name = $2, history = $3, version = $4, updated_at = now() WHERE id = $1
RETURNING id, key, name, history, version, created_at, updated_at
"""


class EnvironmentView(View):
    """An environment; `version` is its ETag."""

    id: int
    key: str
    name: str
    history: bool
    version: int
    created_at: datetime
    updated_at: datetime


class EnvironmentBody(Body):
    """What can be changed of an environment. With a `history`, what loses is kept for a while, to explain values."""

    name: Name
    history: bool = False


class NewEnvironment(EnvironmentBody):
    """An environment to be made; its key stands in addresses and never changes."""

    key: Key


@dataclass(frozen=True)
class Environments:
    """The routes of a system's environments."""

    store: Store

    @operation("GET", PATH, Scope.CONFIG_READ)
    async def listed(self, call: Call, system: Key, query: Listed) -> Page[EnvironmentView]:
        """List the environments of a system."""
        async with self.store.read() as session:
            of = await find_system(session, call, system)
            rows = await session.fetch(_LIST, of.id, query.cursor, query.limit + 1)
        return page([EnvironmentView(**row) for row in rows], query.limit)

    @operation("POST", PATH, Scope.CONFIG_WRITE, status=HTTPStatus.CREATED, problems=(HTTPStatus.CONFLICT,))
    async def create(self, call: Call, system: Key, body: NewEnvironment) -> Answer[EnvironmentView]:
        """Make an environment."""
        async with self.store.change(call) as change:
            of = await find_system(change.session, call, system)
            row = await returned(change.session, _INSERT, of.id, body.key, body.name, body.history, change.version)
            view = EnvironmentView(**row)
            await change.audit("created", "environment", f"{system}/{view.key}", system=of.id, after=view)
        return Answer(view, view.version, f"{systems.PATH}/{system}/environments/{view.key}")

    @operation("GET", PATH + "/{environment}", Scope.CONFIG_READ)
    async def one(self, call: Call, system: Key, environment: Key) -> Answer[EnvironmentView]:
        """Read an environment."""
        async with self.store.read() as session:
            of = await find_system(session, call, system)
            view = await find_environment(session, of.id, environment)
        return Answer(view, view.version)

    @operation("PUT", PATH + "/{environment}", Scope.CONFIG_WRITE, if_match=True)
    async def replace(
        self, call: Call, system: Key, environment: Key, body: EnvironmentBody
    ) -> Answer[EnvironmentView]:
        """Change an environment's name, or whether it keeps a history."""
        async with self.store.change(call) as change:
            of = await find_system(change.session, call, system)
            before = await find_environment(change.session, of.id, environment)
            call.require_version(before.version)
            values = (before.id, body.name, body.history, change.version)
            after = EnvironmentView(**await returned(change.session, _UPDATE, *values))
            name = f"{system}/{environment}"
            verb = "renamed" if after.history == before.history else "replaced"
            await change.audit(verb, "environment", name, system=of.id, before=before, after=after)
        return Answer(after, after.version)


async def find_environment(session: Session, system: int, key: str) -> EnvironmentView:
    """The environment of this key. Raises `RefusalError` (404)."""
    row = await session.fetchrow(_ONE, system, key)
    if row is None:
        raise RefusalError(HTTPStatus.NOT_FOUND, Code.NOT_FOUND)
    return EnvironmentView(**row)


async def named_environment(session: Session, system: int, key: str) -> EnvironmentView:
    """The environment that a body names as `environment`. Raises `RefusalError` (422)."""
    try:
        return await find_environment(session, system, key)
    except RefusalError as error:
        faults = (Fault("/environment", Code.UNKNOWN_REFERENCE),)
        raise RefusalError(HTTPStatus.UNPROCESSABLE_ENTITY, Code.INVALID_BODY, faults=faults) from error
