"""`GET /api/v1/profiles/...`: one profile, or a list by prefix and cursor."""

from dataclasses import dataclass
from typing import Self

import msgspec
from pydantic import model_validator

from services.profile_api.fields import DEFAULT_LIMIT, Limit
from services.profile_api.held import held, origin, text_of
from services.profile_api.places import Place, find_place, not_found
from services.profile_api.store import ProfileRow, Store
from shared.contract.definitions import AttributeType, Key, Scope
from shared.contract.receipts import ReceiptSigner
from shared.runtime.access import Access
from shared.runtime.operations import Call, Query, operation

PATH = "/api/v1/profiles/{system}/{environment}"


class ProfileAttribute(msgspec.Struct, frozen=True):
    """One attribute: its value (a Number with exactly the stored digits), the same as text, and where it came from."""

    name: str
    type: AttributeType
    value: msgspec.Raw
    text: str
    integration: int
    receipt: str
    index: int
    observed_at: str
    received_at: str
    written_at: str


class ProfileView(msgspec.Struct, frozen=True):
    """One user's profile; attributes by key. A cleared attribute is not among them."""

    system: str
    environment: str
    user_id: str
    attributes: dict[str, ProfileAttribute]


class ProfilePage(msgspec.Struct, frozen=True):
    """Profiles in the order of their user IDs; `next` is the cursor of the next page, if there is one."""

    items: list[ProfileView]
    next: str | None


class ProfilesQuery(Query):
    """Profiles whose user ID begins with `prefix`, after the user ID `cursor`; or the one of `user_id`."""

    prefix: str = ""
    cursor: str = ""
    limit: Limit = DEFAULT_LIMIT
    user_id: str | None = None

    @model_validator(mode="after")
    def _one_or_many(self) -> Self:
        if self.user_id is not None and len(self.model_fields_set) > 1:
            raise ValueError("user_id stands alone")
        return self


@dataclass(frozen=True)
class Profiles:
    """The routes of profiles."""

    access: Access
    store: Store
    signer: ReceiptSigner

    @operation("GET", PATH, Scope.PROFILES_READ)
    async def listed(
        self, call: Call, system: Key, environment: Key, query: ProfilesQuery
    ) -> ProfilePage | ProfileView:
        """List profiles by prefix; with `user_id` the one profile of a user whose ID does not fit a path."""
        if query.user_id is not None:
            return await self._one(call, system, environment, query.user_id)
        place = find_place(self.access, call.caller, system, environment)
        rows = await self.store.profiles(place.environment.id, query.cursor, query.prefix, query.limit + 1)
        items = [self._view(place, row) for row in rows[: query.limit]]
        return ProfilePage(items, items[-1].user_id if len(rows) > query.limit else None)

    @operation("GET", PATH + "/{user}", Scope.PROFILES_READ)
    async def one(self, call: Call, system: Key, environment: Key, user: str) -> ProfileView:
        """Read one user's profile: each value with where it came from."""
        return await self._one(call, system, environment, user)

    async def _one(self, call: Call, system: str, environment: str, user: str) -> ProfileView:
        place = find_place(self.access, call.caller, system, environment)
        row = await self.store.profile(place.environment.id, user)
        if row is None or row.attributes == "{}":
            raise not_found()
        return self._view(place, row)

    def _view(self, place: Place, row: ProfileRow) -> ProfileView:
        views = {}
        for each in held(row):
            attribute = place.definitions.attributes.get(each.attribute)
            if attribute is not None and not each.is_cleared:
                text = text_of(bytes(each.value), attribute.type)
                came = origin(each.stamp, each.written_at, self.signer)
                views[attribute.key] = ProfileAttribute(attribute.name, attribute.type, each.value, text, *came)
        return ProfileView(place.system.key, place.environment.key, row.user_id, views)
