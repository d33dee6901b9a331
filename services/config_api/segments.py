"""Segments: named conditions that say which users of an environment belong together. The profile API evaluates them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from services.config_api import environments, systems
from services.config_api.environments import find_environment
from services.config_api.fields import Listed, Name, page
from services.config_api.store import Store, returned
from services.config_api.systems import find_system
from shared.contract.codes import Code
from shared.contract.conditions import Condition
from shared.contract.definitions import AttributeType, Key, Scope
from shared.runtime.access import RefusalError
from shared.runtime.condition_check import require_sound
from shared.runtime.operations import Answer, Body, Call, Page, View, operation
from shared.runtime.postgres import Session

PATH = environments.PATH + "/{environment}/segments"
MAX_SEGMENTS = 200  # of an environment: a user's context asks for all of them in one statement of 32,767 parameters
_CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)

_COLUMNS = "id, key, name, condition, version, created_at, updated_at"
_LIST = f"SELECT {_COLUMNS} FROM config.segments WHERE environment = $1 AND id > $2 ORDER BY id LIMIT $3"
_ONE = f"SELECT {_COLUMNS} FROM config.segments WHERE environment = $1 AND key = $2"
_COUNT = "SELECT count(*) FROM config.segments WHERE environment = $1"
_INSERT = f"""
INSERT INTO config.segments (system, environment, key, name, condition, version) VALUES ($1, $2, $3, $4, $5::jsonb, $6)
RETURNING {_COLUMNS}
"""
_UPDATE = f"""
UPDATE config.segments SET name = $2, condition = $3::jsonb, version = $4, updated_at = now() WHERE id = $1
RETURNING {_COLUMNS}
"""
_DELETE = "DELETE FROM config.segments WHERE id = $1"
_TYPES = "SELECT key, type FROM config.attributes WHERE system = $1 AND NOT deleted"
_USING = """
SELECT name FROM config.segments WHERE system = $1
    AND jsonb_path_exists(condition, 'strict $.** ? (@.type() == "object" && @.attribute == $key)',
        jsonb_build_object('key', $2::text), true)
ORDER BY id
"""


class SegmentView(View):
    """A segment; `version` is its ETag."""

    id: int
    key: str
    name: str
    condition: Condition
    version: int
    created_at: datetime
    updated_at: datetime


class SegmentBody(Body):
    """What can be changed of a segment."""

    name: Name
    condition: Condition


class NewSegment(SegmentBody):
    """A segment to be made; its key stands in addresses and never changes."""

    key: Key


@dataclass(frozen=True)
class Segments:
    """The routes of an environment's segments."""

    store: Store

    @operation("GET", PATH, Scope.CONFIG_READ)
    async def listed(self, call: Call, system: Key, environment: Key, query: Listed) -> Page[SegmentView]:
        """List the segments of an environment."""
        async with self.store.read() as session:
            place = await _place(session, call, system, environment)
            rows = await session.fetch(_LIST, place.environment, query.cursor, query.limit + 1)
        return page([_view(dict(row)) for row in rows], query.limit)

    @operation("POST", PATH, Scope.CONFIG_WRITE, status=HTTPStatus.CREATED, problems=(HTTPStatus.CONFLICT,))
    async def create(self, call: Call, system: Key, environment: Key, body: NewSegment) -> Answer[SegmentView]:
        """Make a segment."""
        async with self.store.change(call) as change:
            place = await _place(change.session, call, system, environment)
            if await change.session.fetchval(_COUNT, place.environment) >= MAX_SEGMENTS:
                raise RefusalError(HTTPStatus.CONFLICT, Code.TOO_MANY, members={"limit": MAX_SEGMENTS})
            await _require_sound(change.session, place.system, body)
            values = (place.system, place.environment, body.key, body.name, _text(body), change.version)
            view = _view(await returned(change.session, _INSERT, *values))
            await change.audit("created", "segment", place.name(view.key), system=place.system, after=view)
        return Answer(view, view.version, f"{systems.PATH}/{system}/environments/{environment}/segments/{view.key}")

    @operation("GET", PATH + "/{segment}", Scope.CONFIG_READ)
    async def one(self, call: Call, system: Key, environment: Key, segment: Key) -> Answer[SegmentView]:
        """Read a segment."""
        async with self.store.read() as session:
            view = await _find(session, await _place(session, call, system, environment), segment)
        return Answer(view, view.version)

    @operation("PUT", PATH + "/{segment}", Scope.CONFIG_WRITE, if_match=True, problems=(HTTPStatus.CONFLICT,))
    async def replace(
        self, call: Call, system: Key, environment: Key, segment: Key, body: SegmentBody
    ) -> Answer[SegmentView]:
        """Change a segment's name or condition; who belongs to it changes at once."""
        async with self.store.change(call) as change:
            place = await _place(change.session, call, system, environment)
            before = await _find(change.session, place, segment)
            call.require_version(before.version)
            await _require_sound(change.session, place.system, body)
            values = (before.id, body.name, _text(body), change.version)
            after = _view(await returned(change.session, _UPDATE, *values))
            name = place.name(segment)
            await change.audit("replaced", "segment", name, system=place.system, before=before, after=after)
        return Answer(after, after.version)

    @operation("DELETE", PATH + "/{segment}", Scope.CONFIG_WRITE, if_match=True, status=HTTPStatus.NO_CONTENT)
    async def delete(self, call: Call, system: Key, environment: Key, segment: Key) -> Answer[None]:
        """Delete a segment."""
        async with self.store.change(call) as change:
            place = await _place(change.session, call, system, environment)
            before = await _find(change.session, place, segment)
            call.require_version(before.version)
            await change.session.execute(_DELETE, before.id)
            await change.audit("deleted", "segment", place.name(segment), system=place.system, before=before)
        return Answer(None)


async def segments_using(session: Session, system: int, attribute: str) -> list[str]:
    """The names of the segments whose condition names this attribute."""
    return [str(row["name"]) for row in await session.fetch(_USING, system, attribute)]


class _Place(NamedTuple):
    """The system and the environment in the path: by id, and as they stand there."""

    system: int
    environment: int
    path: str

    def name(self, segment: str) -> str:
        """A segment's name in the audit log."""
        return f"{self.path}/{segment}"


async def _place(session: Session, call: Call, system: str, environment: str) -> _Place:
    """Raises `RefusalError` (404)."""
    of = await find_system(session, call, system)
    at = await find_environment(session, of.id, environment)
    return _Place(of.id, at.id, f"{system}/{environment}")


async def _find(session: Session, place: _Place, key: str) -> SegmentView:
    """The segment of this key. Raises `RefusalError` (404)."""
    row = await session.fetchrow(_ONE, place.environment, key)
    if row is None:
        raise RefusalError(HTTPStatus.NOT_FOUND, Code.NOT_FOUND)
    return _view(dict(row))


async def _require_sound(session: Session, system: int, body: SegmentBody) -> None:
    """Raises `RefusalError` (422) where the condition is at odds with the system's attributes."""
    types = {row["key"]: AttributeType(row["type"]) for row in await session.fetch(_TYPES, system)}
    require_sound(body.condition, types)


def _text(body: SegmentBody) -> str:
    return body.condition.model_dump_json()


def _view(row: Mapping[str, Any]) -> SegmentView:
    return SegmentView(**{**row, "condition": _CONDITION.validate_json(row["condition"])})
