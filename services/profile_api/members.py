"""Who belongs to a segment, as of now: there is no list to be computed, a merged update counts in the next request."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus

import msgspec

from services.profile_api.conditions import Statement
from services.profile_api.fields import DEFAULT_LIMIT, Limit
from services.profile_api.places import Place, find_place, not_found
from services.profile_api.segment_book import SegmentBook
from services.profile_api.segment_store import SegmentStore
from shared.contract import stamps
from shared.contract.conditions import Condition
from shared.contract.definitions import Key, Scope
from shared.runtime.access import Access, unavailable
from shared.runtime.clock import Clock
from shared.runtime.condition_check import require_sound
from shared.runtime.operations import Body, Call, Query, operation

SAMPLE = 10


class SegmentPreviewBody(Body):
    """A condition that need not be saved, and where."""

    system: Key
    environment: Key
    condition: Condition


class SegmentPreview(msgspec.Struct, frozen=True):
    """How many users the condition is true for, and the user IDs of the first of them."""

    count: int
    sample: Sequence[str]


class Members(msgspec.Struct, frozen=True):
    """User IDs in their order; `next` is the cursor of the next page, if there is one."""

    items: Sequence[str]
    next: str | None


class MembersQuery(Query):
    """Members after the user ID `cursor`."""

    cursor: str = ""
    limit: Limit = DEFAULT_LIMIT


@dataclass(frozen=True)
class MemberLists:
    """The routes of segments' members."""

    access: Access
    store: SegmentStore
    book: SegmentBook
    clock: Clock

    @operation("POST", "/api/v1/members:preview", Scope.PROFILES_READ, problems=(HTTPStatus.NOT_FOUND,))
    async def preview(self, call: Call, body: SegmentPreviewBody) -> SegmentPreview:
        """Count the users for whom a condition is true, and show some."""
        place = find_place(self.access, call.caller, body.system, body.environment)
        require_sound(body.condition, {key: attribute.type for key, attribute in place.attributes.items()})
        statement = Statement(place.attributes, self._today(), place.environment.id)
        count = await self.store.count(statement.sql(body.condition), statement.arguments)
        return SegmentPreview(count, await self._first(place, body.condition, "", SAMPLE) if count else ())

    @operation("GET", "/api/v1/members/{system}/{environment}/{segment}", Scope.PROFILES_READ)
    async def listed(self, call: Call, system: Key, environment: Key, segment: Key, query: MembersQuery) -> Members:
        """List the users who belong to a segment now."""
        place = find_place(self.access, call.caller, system, environment)
        read = next((each for each in self.book.of(place) if each.segment.key == segment), None)
        if read is None:
            raise not_found()
        if read.condition is None:
            raise unavailable()
        users = await self._first(place, read.condition, query.cursor, query.limit + 1)
        items = users[: query.limit]
        return Members(items, items[-1] if len(users) > query.limit else None)

    async def _first(self, place: Place, condition: Condition, after: str, limit: int) -> Sequence[str]:
        statement = Statement(place.attributes, self._today(), place.environment.id, after, limit)
        expression = statement.sql(condition)
        return await self.store.members(expression, statement.arguments)

    def _today(self) -> date:
        return stamps.to_datetime(self.clock()).date()
