"""A profile's row taken apart: each value with the stamp that it came with."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from services.profile_api.fields import rfc_3339
from services.profile_api.store import ProfileRow
from shared.contract import receipts, stamps
from shared.contract.codes import Code
from shared.contract.definitions import AttributeType
from shared.contract.receipts import ReceiptSigner

_VALUES = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ID = re.compile("[0-9]{1,10}")
_MARKS = msgspec.json.Decoder(dict[str, str])
_CANDIDATES = msgspec.json.Decoder(list[tuple[str, Code | None, dict[str, msgspec.Raw]]])


class Held(NamedTuple):
    """A value of an attribute as it is stored (JSON), its stamp, and when it was written (8 bytes)."""

    attribute: int
    value: msgspec.Raw
    stamp: bytes
    written_at: bytes

    @property
    def is_cleared(self) -> bool:
        """Whether the attribute was cleared: the stamp is that of the clear."""
        return bytes(self.value) == b"null"


class Lost(NamedTuple):
    """A value that lost, and its code where its type refused it: then the value is a string, JSON as it was sent."""

    value: Held
    code: Code | None


Origin = tuple[int, str, int, str, str, str]
"""Where a value came from: integration, receipt, index; and when, as RFC 3339: observed, received, written."""


def held(row: ProfileRow) -> Iterator[Held]:
    """All that the row holds, what was cleared included."""
    marks = _MARKS.decode(row.older) if row.older else {}
    for number, value in values_of(row.attributes):
        mark = bytes.fromhex(marks[str(number)]) if str(number) in marks else row.stamp + row.written_at
        yield Held(number, value, mark[: stamps.LENGTH], mark[stamps.LENGTH :])


def values_of(attributes: str) -> Iterator[tuple[int, msgspec.Raw]]:
    """The values of a profile by the ids of their attributes.

    What is named otherwise is left out: only somebody who publishes to the queues past the mapper can have sent it.
    """
    for key, value in _VALUES.decode(attributes).items():
        if _ID.fullmatch(key):
            yield int(key), value


def lost(candidates: str | None) -> Iterator[Lost]:
    """What lost lately, as it is stored: the latest first."""
    for mark, code, values in _CANDIDATES.decode(candidates) if candidates else []:
        raw = bytes.fromhex(mark)
        for number, value in values.items():
            if not _ID.fullmatch(number):
                continue
            yield Lost(Held(int(number), value, raw[: stamps.LENGTH], raw[stamps.LENGTH :]), code)


def origin(stamp: bytes, written_at: bytes, signer: ReceiptSigner) -> Origin:
    """What a stamp says."""
    parts = stamps.parse(stamp)
    came_by = (receipts.parse(parts.receipt).integration, signer.text(parts.receipt), parts.index)
    return *came_by, _time(parts.observed_at), _time(parts.received_at), _time(stamps.from_instant(written_at))


def text_of(value: bytes, type_: AttributeType) -> str:
    """A stored value as text: of a Number exactly the stored digits, its JSON where it is of another type."""
    is_text = type_ is not AttributeType.NUMBER and value.startswith(b'"')
    return msgspec.json.decode(value, type=str) if is_text else value.decode()


def _time(microseconds: int) -> str:
    return rfc_3339(stamps.to_datetime(microseconds))
