"""What a page needs to speak to a user: attributes and segments, in one call."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

import msgspec
from aiohttp import web

from services.profile_api.held import text_of, values_of
from services.profile_api.places import Place, find_place, not_found
from services.profile_api.segment_book import SegmentBook
from services.profile_api.segment_store import SegmentStore
from shared.contract import stamps
from shared.contract.definitions import AttributeType, Key, Scope
from shared.runtime.access import Access
from shared.runtime.clock import Clock
from shared.runtime.operations import Call, Query, operation

PATH = "/api/v1/context/{system}/{environment}"


class ContextAttribute(msgspec.Struct, frozen=True):
    """One attribute: its value, and the same as text."""

    name: str
    type: AttributeType
    value: msgspec.Raw
    text: str


class ContextSegment(msgspec.Struct, frozen=True):
    """A segment that the user belongs to."""

    key: str
    name: str


class Context(msgspec.Struct, frozen=True):
    """A user's attributes by key, and the segments that the user belongs to now."""

    system: str
    environment: str
    user_id: str
    attributes: Mapping[str, ContextAttribute]
    segments: Sequence[ContextSegment]


class ContextQuery(Query):
    """A user whose ID does not fit a path."""

    user_id: str


@dataclass(frozen=True)
class Contexts:
    """The routes of contexts."""

    access: Access
    store: SegmentStore
    book: SegmentBook
    clock: Clock

    @operation("GET", PATH, Scope.PROFILES_READ, sends=Context, problems=(HTTPStatus.NOT_MODIFIED,))
    async def named(self, call: Call, system: Key, environment: Key, query: ContextQuery) -> web.Response:
        """Read the context of a user whose ID does not fit a path."""
        return await self._answer(call, system, environment, query.user_id)

    @operation("GET", PATH + "/{user}", Scope.PROFILES_READ, sends=Context, problems=(HTTPStatus.NOT_MODIFIED,))
    async def one(self, call: Call, system: Key, environment: Key, user: str) -> web.Response:
        """Read a user's attributes and segments; with If-None-Match only if they have changed (RFC 9110, 13.1.2)."""
        return await self._answer(call, system, environment, user)

    async def _answer(self, call: Call, system: str, environment: str, user: str) -> web.Response:
        place = find_place(self.access, call.caller, system, environment)
        body = msgspec.json.encode(await self._context(place, user))
        tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
        headers = {"ETag": tag, "Cache-Control": "private, no-cache", "X-Request-Id": call.request_id}
        known = {each.strip().removeprefix("W/") for each in call.request.headers.get("If-None-Match", "").split(",")}
        if known & {tag, "*"}:
            return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
        return web.Response(body=body, content_type="application/json", headers=headers)

    async def _context(self, place: Place, user: str) -> Context:
        question = self.book.question(place, stamps.to_datetime(self.clock()).date())
        found = await self.store.context(place.environment.id, user, question.conditions, question.arguments)
        if found is None:
            raise not_found()
        stored, belongs = found
        theirs = [
            ContextSegment(segment.key, segment.name)
            for segment, is_in in zip(question.segments, belongs, strict=True)
            if is_in
        ]
        return Context(place.system.key, place.environment.key, user, _attributes(place, stored), theirs)


def _attributes(place: Place, stored: str) -> dict[str, ContextAttribute]:
    values = {}
    for number, value in values_of(stored):
        attribute = place.definitions.attributes.get(number)
        if attribute is not None and bytes(value) != b"null":
            text = text_of(bytes(value), attribute.type)
            values[attribute.key] = ContextAttribute(attribute.name, attribute.type, value, text)
    return values
