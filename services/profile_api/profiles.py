"""`GET /api/v1/profiles/...`: one profile, or a list by prefix and cursor."""

from dataclasses import dataclass
from http import HTTPStatus

import msgspec
from aiohttp import web

from services.profile_api import queries
from services.profile_api.door import Door
from services.profile_api.store import ProfileRow, Store
from shared.contract import receipts, stamps
from shared.contract.codes import Code
from shared.contract.definitions import AttributeType, Environment, Scope, System
from shared.contract.receipts import ReceiptSigner
from shared.runtime import access
from shared.runtime.access import RefusalError
from shared.runtime.snapshot import Definitions

_VALUES = msgspec.json.Decoder(dict[str, msgspec.Raw])
_MARKS = msgspec.json.Decoder(dict[str, str])


class AttributeView(msgspec.Struct, frozen=True):
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
    attributes: dict[str, AttributeView]


class ProfilePage(msgspec.Struct, frozen=True):
    """Profiles in the order of their user IDs; `next` is the cursor of the next page, if there is one."""

    items: list[ProfileView]
    next: str | None


@dataclass(frozen=True)
class Profiles:
    """The routes of profiles."""

    door: Door
    store: Store
    signer: ReceiptSigner

    async def one(self, request: web.Request) -> web.Response:
        """A user's profile, its ID in the path. Raises `RefusalError`."""
        queries.require_known(request, frozenset())
        return await self._one(request, request.match_info["user"])

    async def listed(self, request: web.Request) -> web.Response:
        """Profiles by `prefix`, `cursor` and `limit`; or the one of `user_id`. Raises `RefusalError`."""
        if "user_id" in request.query:
            queries.require_known(request, {"user_id"})
            return await self._one(request, request.query["user_id"])
        queries.require_known(request, {"prefix", "cursor", "limit"})
        definitions, system, environment = self._place(request)
        limit = queries.limit(request)
        after, prefix = queries.text(request, "cursor"), queries.text(request, "prefix")
        rows = await self.store.profiles(environment.id, after, prefix, limit + 1)
        items = [self._view(definitions, system, environment, row) for row in rows[:limit]]
        return _answer(ProfilePage(items, items[-1].user_id if len(rows) > limit else None))

    async def _one(self, request: web.Request, user_id: str) -> web.Response:
        definitions, system, environment = self._place(request)
        row = await self.store.profile(environment.id, user_id) if queries.storable(user_id) else None
        if row is None or row.attributes == "{}":
            raise _not_found()
        return _answer(self._view(definitions, system, environment, row))

    def _place(self, request: web.Request) -> tuple[Definitions, System, Environment]:
        """The system and environment in the path, if the caller may read there.

        One answer for what does not exist and what is out of the token's reach: nobody learns which systems there are.
        """
        definitions, token = self.door.admit(request, Scope.PROFILES_READ)
        keys = request.match_info["system"], request.match_info["environment"]
        for environment in definitions.environments.values():
            system = definitions.systems.get(environment.system)
            if system is None or not access.reaches(token, system.id):
                continue
            if (system.key, environment.key) == keys:
                return definitions, system, environment
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

    def _attribute(self, name: str, type_: AttributeType, value: msgspec.Raw, mark: bytes) -> AttributeView:
        stamp = stamps.parse(mark[: stamps.LENGTH])
        raw = bytes(value)
        return AttributeView(
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
    """RFC 3339, UTC, always with microseconds."""
    return stamps.to_datetime(microseconds).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _not_found() -> RefusalError:
    return RefusalError(HTTPStatus.NOT_FOUND, Code.NOT_FOUND)


def _answer(view: ProfileView | ProfilePage) -> web.Response:
    return web.Response(body=msgspec.json.encode(view), content_type="application/json")
