"""What is kept about one person: given out as a whole, or erased. Both stand in the audit log, without any value."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

import msgspec

from services.profile_api.fields import rfc_3339
from services.profile_api.held import Held, Lost, held, lost, origin
from services.profile_api.places import Place, find_place, not_found
from services.profile_api.profiles import PATH
from services.profile_api.store import Deed, RawRecordRow, Store
from shared.contract.codes import Code
from shared.contract.definitions import Key, Scope
from shared.contract.receipts import ReceiptSigner
from shared.runtime.access import Access
from shared.runtime.operations import Answer, Call, Query, operation


class StoredAttribute(msgspec.Struct, frozen=True):
    """A value and where it came from; null is a cleared one. Of an attribute that was deleted only the id is known."""

    id: int
    key: str | None
    name: str | None
    value: msgspec.Raw
    integration: int
    receipt: str
    index: int
    observed_at: str
    received_at: str
    written_at: str


class StoredCandidate(msgspec.Struct, frozen=True):
    """A value that lost lately; `code` says why it was refused, and then its value is a string: JSON as it was sent."""

    candidate: StoredAttribute
    code: Code | None


class StoredRecord(msgspec.Struct, frozen=True):
    """A rejected record of the person's, as it was sent."""

    receipt: str
    index: int
    record: str


class Export(msgspec.Struct, frozen=True):
    """All that is stored about one person. `erased_at`: nothing observed up to then is."""

    system: str
    environment: str
    user_id: str
    erased_at: str | None
    attributes: Sequence[StoredAttribute]
    history: Sequence[StoredCandidate]
    rejected_records: Sequence[StoredRecord]


class UserQuery(Query):
    """A user whose ID does not fit a path."""

    user_id: str


@dataclass(frozen=True)
class PersonalData:
    """The routes for what is kept about one person."""

    access: Access
    store: Store
    signer: ReceiptSigner

    @operation("DELETE", PATH, Scope.PROFILES_ERASE, status=HTTPStatus.NO_CONTENT)
    async def erase_named(self, call: Call, system: Key, environment: Key, query: UserQuery) -> Answer[None]:
        """Erase a user whose ID does not fit a path."""
        return await self._erase(call, system, environment, query.user_id)

    @operation("DELETE", PATH + "/{user}", Scope.PROFILES_ERASE, status=HTTPStatus.NO_CONTENT)
    async def erase(self, call: Call, system: Key, environment: Key, user: str) -> Answer[None]:
        """Erase a user: what was observed up to now goes, and does not come back however late it arrives."""
        return await self._erase(call, system, environment, user)

    @operation("GET", PATH + "/{user}/export", Scope.PROFILES_ERASE)
    async def export(self, call: Call, system: Key, environment: Key, user: str) -> Export:
        """Read all that is stored about one user."""
        place = find_place(self.access, call.caller, system, environment)
        found = await self.store.export(place.environment.id, user, _deed(call, place, "exported", user))
        if found is None:
            raise not_found()
        row, records = found
        return Export(
            system=system,
            environment=environment,
            user_id=user,
            erased_at=None if row is None or row.erased_at is None else rfc_3339(row.erased_at),
            attributes=[] if row is None else [self._attribute(place, each) for each in held(row.profile)],
            history=[] if row is None else [self._candidate(place, each) for each in lost(row.candidates)],
            rejected_records=[self._record(each) for each in records],
        )

    async def _erase(self, call: Call, system: str, environment: str, user: str) -> Answer[None]:
        place = find_place(self.access, call.caller, system, environment)
        await self.store.erase(place.environment.id, user, _deed(call, place, "erased", user))
        return Answer(None)

    def _attribute(self, place: Place, each: Held) -> StoredAttribute:
        known = place.definitions.attributes.get(each.attribute)
        key, name = (None, None) if known is None else (known.key, known.name)
        return StoredAttribute(each.attribute, key, name, each.value, *origin(each.stamp, each.written_at, self.signer))

    def _candidate(self, place: Place, each: Lost) -> StoredCandidate:
        return StoredCandidate(self._attribute(place, each.value), each.code)

    def _record(self, row: RawRecordRow) -> StoredRecord:
        return StoredRecord(self.signer.text(row.receipt), row.index, row.record.decode(errors="replace"))


def _deed(call: Call, place: Place, verb: str, user: str) -> Deed:
    path = f"{place.system.key}/{place.environment.key}/{user}"
    return Deed(call.caller.actor, verb, path, place.system.id, call.request_id)
