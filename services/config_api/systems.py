"""Systems: products whose users are enriched."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from services.config_api.fields import Listed, Name, page, reach
from services.config_api.store import Store, returned
from shared.contract.codes import Code
from shared.contract.definitions import Key, Scope
from shared.runtime.access import RefusalError
from shared.runtime.operations import Answer, Body, Call, Page, View, operation
from shared.runtime.postgres import Session

PATH = "/api/v1/systems"

_COLUMNS = "id, key, name, version, created_at, updated_at"
_LIST = f"""
SELECT {_COLUMNS} FROM config.systems
WHERE id > $1 AND ($2::integer[] IS NULL OR id = ANY($2)) ORDER BY id LIMIT $3
"""
_ONE = f"SELECT {_COLUMNS} FROM config.systems WHERE key = $1"
_INSERT = f"""
INSERT INTO config.systems (key, name, version) VALUES ($1, $2, $3) RETURNING {_COLUMNS}
"""
_UPDATE = f"""
UPDATE config.systems SET name = $2, version = $3, updated_at = now() WHERE id = $1 RETURNING {_COLUMNS}
"""
_INSERT_ENVIRONMENT = "INSERT INTO config.environments (system, key, name, version) VALUES ($1, $2, $3, $4)"
_FIRST_ENVIRONMENTS = (("production", "Production"), ("qa", "QA"))


class SystemView(View):
    """A system; `version` is its ETag."""

    id: int
    key: str
    name: str
    version: int
    created_at: datetime
    updated_at: datetime


class SystemName(Body):
    """What can be changed of a system."""

    name: Name


class NewSystem(SystemName):
    """A system to be made; its key stands in addresses and never changes."""

    key: Key


@dataclass(frozen=True)
class Systems:
    """The routes of systems."""

    store: Store

    @operation("GET", PATH, Scope.CONFIG_READ)
    async def listed(self, call: Call, query: Listed) -> Page[SystemView]:
        """List systems."""
        async with self.store.read() as session:
            rows = await session.fetch(_LIST, query.cursor, reach(call), query.limit + 1)
        items = [SystemView(**row) for row in rows]
        return page(items, query.limit)

    @operation("POST", PATH, Scope.CONFIG_WRITE, status=HTTPStatus.CREATED, problems=(HTTPStatus.CONFLICT,))
    async def create(self, call: Call, body: NewSystem) -> Answer[SystemView]:
        """Make a system, with the environments Production and QA."""
        if call.caller.systems is not None:
            raise RefusalError(HTTPStatus.FORBIDDEN, Code.OUT_OF_REACH)
        async with self.store.change(call) as change:
            row = await returned(change.session, _INSERT, body.key, body.name, change.version)
            view = SystemView(**row)
            for key, name in _FIRST_ENVIRONMENTS:
                await change.session.execute(_INSERT_ENVIRONMENT, view.id, key, name, change.version)
            await change.audit("created", "system", view.key, system=view.id, after=view)
        return Answer(view, view.version, f"{PATH}/{view.key}")

    @operation("GET", PATH + "/{system}", Scope.CONFIG_READ)
    async def one(self, call: Call, system: Key) -> Answer[SystemView]:
        """Read a system."""
        async with self.store.read() as session:
            view = await find_system(session, call, system)
        return Answer(view, view.version)

    @operation("PUT", PATH + "/{system}", Scope.CONFIG_WRITE, if_match=True)
    async def replace(self, call: Call, system: Key, body: SystemName) -> Answer[SystemView]:
        """Rename a system."""
        async with self.store.change(call) as change:
            before = await find_system(change.session, call, system)
            call.require_version(before.version)
            after = SystemView(**await returned(change.session, _UPDATE, before.id, body.name, change.version))
            await change.audit("renamed", "system", system, system=before.id, before=before, after=after)
        return Answer(after, after.version)


async def find_system(session: Session, call: Call, key: str) -> SystemView:
    """The system of this key. Raises `RefusalError` (404), also for one that the caller does not reach."""
    row = await session.fetchrow(_ONE, key)
    if row is None or not call.caller.reaches(row["id"]):
        raise RefusalError(HTTPStatus.NOT_FOUND, Code.NOT_FOUND)
    return SystemView(**row)
