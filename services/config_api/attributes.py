"""Attributes: what the profiles of a system hold. A type never changes: a value keeps its meaning."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from services.config_api import systems
from services.config_api.fields import Listed, Name, page
from services.config_api.segments import segments_using
from services.config_api.store import Change, Store, returned
from services.config_api.systems import find_system
from shared.contract.codes import Code
from shared.contract.definitions import AttributeType, Key, Scope
from shared.runtime.access import Fault, RefusalError
from shared.runtime.operations import Answer, Body, Call, Page, View, operation
from shared.runtime.postgres import Session

PATH = systems.PATH + "/{system}/attributes"

_LIST = """
SELECT id, key, name, type, version, created_at, updated_at FROM config.attributes
WHERE system = $1 AND NOT deleted AND id > $2 ORDER BY id LIMIT $3
"""
_BY_KEYS = """
SELECT id, key, name, type, version, created_at, updated_at FROM config.attributes
WHERE system = $1 AND NOT deleted AND (key = ANY($2) OR name = ANY($3)) ORDER BY id
"""
_INSERT = """
INSERT INTO config.attributes (system, key, name, type, version) VALUES ($1, $2, $3, $4, $5)
RETURNING id, key, name, type, version, created_at, updated_at
"""
_UPDATE = """
UPDATE config.attributes SET name = $2, version = $3, updated_at = now() WHERE id = $1
RETURNING id, key, name, type, version, created_at, updated_at
"""
_DELETE = "UPDATE config.attributes SET deleted = true, version = $2, updated_at = now() WHERE id = $1"
_USERS = """
SELECT i.name FROM config.integrations i JOIN config.revisions r ON r.integration = i.id AND r.number = i.revision
WHERE i.system = $1 AND i.state <> 'deleted' AND r.mapping @> jsonb_build_object('mappings',
    jsonb_build_array(jsonb_build_object('attribute', $2::integer))) ORDER BY i.id LIMIT 1
"""


class AttributeView(View):
    """An attribute; `version` is its ETag."""

    id: int
    key: str
    name: str
    type: AttributeType
    version: int
    created_at: datetime
    updated_at: datetime


class AttributeName(Body):
    """What can be changed of an attribute."""

    name: Name


class NewAttribute(AttributeName):
    """An attribute to be made; its key and its type never change."""

    key: Key
    type: AttributeType


@dataclass(frozen=True)
class Attributes:
    """The routes of a system's attributes."""

    store: Store

    @operation("GET", PATH, Scope.CONFIG_READ)
    async def listed(self, call: Call, system: Key, query: Listed) -> Page[AttributeView]:
        """List the attributes of a system."""
        async with self.store.read() as session:
            of = await find_system(session, call, system)
            rows = await session.fetch(_LIST, of.id, query.cursor, query.limit + 1)
        return page([AttributeView(**row) for row in rows], query.limit)

    @operation("POST", PATH, Scope.CONFIG_WRITE, status=HTTPStatus.CREATED, problems=(HTTPStatus.CONFLICT,))
    async def create(self, call: Call, system: Key, body: NewAttribute) -> Answer[AttributeView]:
        """Make an attribute."""
        async with self.store.change(call) as change:
            of = await find_system(change.session, call, system)
            view = await make_attribute(change, of.id, body, "")
        return Answer(view, view.version, f"{systems.PATH}/{system}/attributes/{view.key}")

    @operation("GET", PATH + "/{attribute}", Scope.CONFIG_READ)
    async def one(self, call: Call, system: Key, attribute: Key) -> Answer[AttributeView]:
        """Read an attribute."""
        async with self.store.read() as session:
            of = await find_system(session, call, system)
            view = await _find(session, of.id, attribute)
        return Answer(view, view.version)

    @operation("PUT", PATH + "/{attribute}", Scope.CONFIG_WRITE, if_match=True, problems=(HTTPStatus.CONFLICT,))
    async def replace(self, call: Call, system: Key, attribute: Key, body: AttributeName) -> Answer[AttributeView]:
        """Rename an attribute; profiles keep its values, and every integration goes on feeding it."""
        async with self.store.change(call) as change:
            of = await find_system(change.session, call, system)
            before = await _find(change.session, of.id, attribute)
            call.require_version(before.version)
            after = AttributeView(**await returned(change.session, _UPDATE, before.id, body.name, change.version))
            await change.audit("renamed", "attribute", attribute, system=of.id, before=before, after=after)
        return Answer(after, after.version)

    @operation(
        "DELETE",
        PATH + "/{attribute}",
        Scope.CONFIG_WRITE,
        if_match=True,
        status=HTTPStatus.NO_CONTENT,
        problems=(HTTPStatus.CONFLICT,),
    )
    async def delete(self, call: Call, system: Key, attribute: Key) -> Answer[None]:
        """Delete an attribute that no integration feeds and no segment asks for; profiles stop showing it."""
        async with self.store.change(call) as change:
            of = await find_system(change.session, call, system)
            before = await _find(change.session, of.id, attribute)
            call.require_version(before.version)
            user = await change.session.fetchval(_USERS, of.id, before.id)
            if user is not None:
                raise RefusalError(HTTPStatus.CONFLICT, Code.IN_USE, members={"integration": user})
            segments = await segments_using(change.session, of.id, before.key)
            if segments:
                raise RefusalError(HTTPStatus.CONFLICT, Code.IN_USE, members={"segments": segments})
            await change.session.execute(_DELETE, before.id, change.version)
            await change.audit("deleted", "attribute", attribute, system=of.id, before=before)
        return Answer(None)


async def find_attributes(session: Session, system: int, keys: list[str], names: list[str]) -> list[AttributeView]:
    """The attributes that have one of these keys or one of these names."""
    return [AttributeView(**row) for row in await session.fetch(_BY_KEYS, system, keys, names)]


async def make_attribute(change: Change, system: int, new: NewAttribute, pointer: str) -> AttributeView:
    """Makes an attribute. Raises `RefusalError` (409) at `pointer` where its key or its name is taken."""
    taken = await find_attributes(change.session, system, [new.key], [new.name])
    if taken:
        code = Code.DUPLICATE if all(each.type == new.type for each in taken) else Code.TYPE_CONFLICT
        field = "key" if taken[0].key == new.key else "name"
        raise RefusalError(HTTPStatus.CONFLICT, code, faults=(Fault(f"{pointer}/{field}", code),))
    arguments: tuple[Any, ...] = (system, new.key, new.name, new.type, change.version)
    view = AttributeView(**await returned(change.session, _INSERT, *arguments))
    await change.audit("created", "attribute", new.key, system=system, after=view)
    return view


async def _find(session: Session, system: int, key: str) -> AttributeView:
    """The attribute of this key. Raises `RefusalError` (404)."""
    found = await find_attributes(session, system, [key], [])
    if not found:
        raise RefusalError(HTTPStatus.NOT_FOUND, Code.NOT_FOUND)
    return found[0]
