"""Why a value is what it is: where it came from, and what lost against it lately."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

import msgspec

from services.profile_api.held import Held, Lost, held, lost, origin, text_of
from services.profile_api.places import find_place, not_found
from services.profile_api.profiles import PATH
from services.profile_api.store import Store
from shared.contract import receipts, stamps
from shared.contract.codes import MESSAGES, Code
from shared.contract.definitions import Attribute, AttributeType, Key, Scope
from shared.contract.receipts import ReceiptSigner
from shared.runtime.access import Access
from shared.runtime.operations import Call, operation

_EPOCH = date(1970, 1, 1)
_NULL = msgspec.Raw(b"null")
Reason = Literal["older", "cleared", "rejected"]


class Explained(msgspec.Struct, frozen=True):
    """A value, null for a clear, and where it came from; `revision` is null where the receipt is not kept any more.

    Of a value that was refused there is the `text` alone: its JSON as it was sent, null where it was over 256 bytes.
    """

    value: msgspec.Raw
    text: str | None
    integration: int
    revision: int | None
    receipt: str
    index: int
    observed_at: str
    received_at: str
    written_at: str


class Candidate(msgspec.Struct, frozen=True):
    """What lost, and why: it is older than what is held, older than a clear, or was refused with a code."""

    reason: Reason
    code: Code | None
    message: str | None
    candidate: Explained


class Explanation(msgspec.Struct, frozen=True):
    """An attribute of a profile: what is held (null: nothing ever was), and the candidates that lost, latest first.

    `history` says whether the environment keeps candidates now.
    """

    key: str
    name: str
    type: str
    current: Explained | None
    candidates: list[Candidate]
    history: bool


@dataclass(frozen=True)
class Explanations:
    """The route of explanations."""

    access: Access
    store: Store
    signer: ReceiptSigner

    @operation("GET", PATH + "/{user}/attributes/{key}/explain", Scope.PROFILES_READ)
    async def explain(self, call: Call, system: Key, environment: Key, user: str, key: Key) -> Explanation:
        """Explain a value: its origin, and what lost against it lately."""
        place = find_place(self.access, call.caller, system, environment)
        attribute = place.attributes.get(key)
        row = await self.store.stored(place.environment.id, user)
        if attribute is None or row is None:
            raise not_found()
        current = next((each for each in held(row.profile) if each.attribute == attribute.id), None)
        candidates = [each for each in lost(row.candidates) if each.value.attribute == attribute.id]
        values = [each.value for each in candidates] + ([] if current is None else [current])
        if not values:
            raise not_found()
        revisions = await self._revisions(values)
        return Explanation(
            key=attribute.key,
            name=attribute.name,
            type=attribute.type,
            current=None if current is None else self._explained(attribute, Lost(current, None), revisions),
            candidates=[self._candidate(attribute, each, current, revisions) for each in candidates],
            history=place.environment.history,
        )

    async def _revisions(self, values: list[Held]) -> Mapping[bytes, int]:
        """The revision that each value was mapped by, as its receipt has it."""
        keys = {stamps.parse(each.stamp).receipt for each in values}
        return await self.store.revisions([(key, (receipts.parse(key).day - _EPOCH).days) for key in sorted(keys)])

    def _explained(self, attribute: Attribute, of: Lost, revisions: Mapping[bytes, int]) -> Explained:
        value, code = of
        integration, receipt, index, *times = origin(value.stamp, value.written_at, self.signer)
        type_ = attribute.type if code is None else AttributeType.STRING
        text = None if value.is_cleared else text_of(bytes(value.value), type_)
        shown = value.value if code is None else _NULL
        revision = revisions.get(stamps.parse(value.stamp).receipt)
        return Explained(shown, text, integration, revision, receipt, index, *times)

    def _candidate(
        self, attribute: Attribute, of: Lost, current: Held | None, revisions: Mapping[bytes, int]
    ) -> Candidate:
        code = of.code
        reason: Reason = "older"
        if code is not None:
            reason = "rejected"
        elif current is not None and current.is_cleared:
            reason = "cleared"
        message = None if code is None else MESSAGES[code]
        return Candidate(reason, code, message, self._explained(attribute, of, revisions))
