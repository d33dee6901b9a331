"""`GET /api/v1/profiles/...`: one profile, or a list by prefix and cursor."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Self

import msgspec
from pydantic import model_validator

from services.profile_api.fields import DEFAULT_LIMIT, Limit, rfc_3339
from services.profile_api.store import ProfileRow, Store
from shared.contract import receipts, stamps
from shared.contract.codes import Code
from shared.contract.definitions import AttributeType, Environment, Key, Scope, System
from shared.contract.receipts import ReceiptSigner
from shared.runtime.access import Access, RefusalError
from shared.runtime.operations import Call, Query, operation
from shared.runtime.snapshot import Definitions

PATH = "/api/v1/profiles/{system}/{environment}"

_VALUES = msgspec.json.Decoder(dict[str, msgspec.Raw])
_MARKS = msgspec.json.Decoder(dict[str, str])


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
        definitions, of, at = self._place(call, system, environment)
        rows = await self.store.profiles(at.id, query.cursor, query.prefix, query.limit + 1)
        items = [self._view(definitions, of, at, row) for row in rows[: query.limit]]
        return ProfilePage(items, items[-1].user_id if len(rows) > query.limit else None)

    @operation("GET", PATH + "/{user}", Scope.PROFILES_READ)
    async def one(self, call: Call, system: Key, environment: Key, user: str) -> ProfileView:
        """Read one user's profile: each value with where it came from."""
        return await self._one(call, system, environment, user)

    async def _one(self, call: Call, system: str, environment: str, user: str) -> ProfileView:
        definitions, of, at = self._place(call, system, environment)
        row = None if "\0" in user else await self.store.profile(at.id, user)  # no text of the database's holds NUL
        if row is None or row.attributes == "{}":
            raise _not_found()
        return self._view(definitions, of, at, row)

    def _place(self, call: Call, system: str, environment: str) -> tuple[Definitions, System, Environment]:
        """The system and environment in the path, if the caller may read there.

        One answer for what does not exist and what is out of reach: nobody learns which systems there are.
        """
        definitions = self.access.definitions
        for at in definitions.environments.values():
            of = definitions.systems.get(at.system)
            if of is not None and call.caller.reaches(of.id) and (of.key, at.key) == (system, environment):
                return definitions, of, at
        raise _not_found()

    def _view(self, definitions: Definitions, system: System, environment: Environment, row: ProfileRow) -> ProfileView:
        marks = _MARKS.decode(row.older) if row.older else {}
        views = {}
        for number, value in _VALUES.decode(row.attributes).items():
            attribute = definitions.attributes.get(int(number))
            if attribute is None or bytes(value) == b"null":
                continue
            mark = bytes.fromhex(marks[number]) if number in marks else row.stamp + row.written_at
            views[attribute.key] = self._attribute(attribute.name, attribute.type, value, mark)
        return ProfileView(system.key, environment.key, row.user_id, views)

    def _attribute(self, name: str, type_: AttributeType, value: msgspec.Raw, mark: bytes) -> ProfileAttribute:
        stamp = stamps.parse(mark[: stamps.LENGTH])
        raw = bytes(value)
        return ProfileAttribute(
            name=name,
            type=type_,
            value=value,
            text=raw.decode() if type_ is AttributeType.NUMBER else msgspec.json.decode(raw, type=str),
            integration=receipts.parse(stamp.receipt).integration,
            receipt=self.signer.text(stamp.receipt),
            index=stamp.index,
            observed_at=_time(stamp.observed_at),
            received_at=_time(stamp.received_at),
            written_at=_time(stamps.from_instant(mark[stamps.LENGTH :])),
        )


def _time(microseconds: int) -> str:
    return rfc_3339(stamps.to_datetime(microseconds))


def _not_found() -> RefusalError:
    return RefusalError(HTTPStatus.NOT_FOUND, Code.NOT_FOUND)
