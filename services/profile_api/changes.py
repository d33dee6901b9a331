"""The feed of changes: which users' profiles changed, in the order of the transactions that changed them.

Whoever reads from cursor to cursor sees every change at least once: a page ends below the oldest transaction that is
still running, so that no late commit is passed by.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

import msgspec
from pydantic import Field

from services.profile_api.fields import Number, rfc_3339
from services.profile_api.places import find_place, not_found
from services.profile_api.store import Store
from shared.contract.codes import Code
from shared.contract.definitions import Key, Scope
from shared.runtime.access import Access, Fault, RefusalError
from shared.runtime.operations import Call, Query, operation

_CURSOR = re.compile(r"([0-9a-f]{16})-([0-9]{1,20})")


class Change(msgspec.Struct, frozen=True):
    """One write: the users whose profiles it changed, each at most once."""

    changed_at: str
    user_ids: msgspec.Raw


class Changes(msgspec.Struct, frozen=True):
    """Writes in their order; `next` is the cursor to go on with, now or later."""

    items: Sequence[Change]
    next: str


class ChangesQuery(Query):
    """Changes after `cursor`; without one there are none, and `next` is where the feed stands now."""

    cursor: Annotated[str, Field(pattern=rf"^{_CURSOR.pattern}$")] | None = None
    limit: Annotated[int, Field(ge=1, le=100), Number] = 10


@dataclass(frozen=True)
class ChangeFeed:
    """The route of the feed."""

    access: Access
    store: Store
    days: int

    @operation("GET", "/api/v1/changes/{system}/{environment}", Scope.PROFILES_READ, problems=(HTTPStatus.GONE,))
    async def listed(self, call: Call, system: Key, environment: Key, query: ChangesQuery) -> Changes:
        """Read who changed; 410 where changes after the cursor are not kept any more: read all profiles anew."""
        place = find_place(self.access, call.caller, system, environment)
        if not self.days:
            raise not_found()
        feed, after = (None, None) if query.cursor is None else query.cursor.split("-")
        if after is not None and int(after) >= 2**64:
            fault = Fault("/cursor", Code.INVALID_QUERY)
            raise RefusalError(HTTPStatus.UNPROCESSABLE_ENTITY, Code.INVALID_QUERY, faults=(fault,))
        page = await self.store.changes(place.environment.id, after, query.limit)
        known = _short(page.feed)
        if after is not None and (feed != known or not page.dropped <= int(after) < page.position):
            raise RefusalError(HTTPStatus.GONE, Code.CHANGES_EXPIRED)
        items = [Change(rfc_3339(each.changed_at), msgspec.Raw(each.users.encode())) for each in page.rows]
        reached = page.rows[-1].xid if page.more else page.position - 1
        return Changes(items, f"{known}-{reached}")


def _short(feed: str) -> str:
    """What stands for a database server and its timeline: elsewhere, or restored, transactions are counted anew."""
    return hashlib.sha256(feed.encode()).hexdigest()[:16]
