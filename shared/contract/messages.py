"""The two messages: raw frames (gateway to mapper) and mapped frames (mapper to profile writer).

A frame is msgpack: a schema version and several batches. A sender's bytes lie inside as bytes, so that one sender's
garbage cannot make a neighbour's batch unreadable. Fields are keyed by name; readers ignore names that they do not
know, so an added field with a default is no new version. Golden bytes of every version are kept in `tests/contract`.
"""

from collections.abc import Sequence
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from shared.contract import receipts, stamps
from shared.contract.codes import Code

RAW_VERSION = 1
MAPPED_VERSION = 1
MAX_FRAME_BYTES = 8 * 1024 * 1024
TARGET_FRAME_BYTES = 256 * 1024
MAX_RECORDS = 65_536
"""A record's place in its batch takes two bytes of a stamp."""
MAX_USER_ID_BYTES = 512
MAX_UNMAPPED_NAMES = 100
MAX_REJECTED_RECORDS_KEPT = 20
MAX_REJECTED_VALUE_BYTES = 256

# What the tables and the stamps can hold: a frame that says anything else is none of ours, and is not read.
_Id = Annotated[int, Meta(ge=1, le=2**31 - 1)]
_Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]
_Index = Annotated[int, Meta(ge=0, lt=MAX_RECORDS)]
_Time = Annotated[int, Meta(ge=stamps.FIRST_US, le=stamps.LAST_US)]
_ReceiptKey = Annotated[bytes, Meta(min_length=receipts.KEY_LENGTH, max_length=receipts.KEY_LENGTH)]
_Word = Annotated[str, Meta(max_length=512, pattern=r"\A[^\x00]*\Z")]
_UserId = Annotated[str, Meta(max_length=MAX_USER_ID_BYTES)]


class UnreadableFrameError(Exception):
    """A frame that cannot be read as a whole; `code` says why."""

    def __init__(self, code: Code) -> None:
        super().__init__(code)
        self.code = code


class RejectError(Exception):
    """A batch that can never be processed: it is put aside with this code, its neighbours go on."""

    def __init__(self, code: Code) -> None:
        super().__init__(code)
        self.code = code


class _Batch(msgspec.Struct, frozen=True, kw_only=True):
    """The head that a batch keeps from the gateway to the database.

    `receipt` is a receipt's 22-byte key, `received_at` microseconds since the Unix epoch.
    """

    receipt: _ReceiptKey
    integration: _Id
    revision: _Id
    received_at: _Time
    request_id: _Word
    traceparent: _Word | None = None


class RawBatch(_Batch, frozen=True, kw_only=True):
    """A batch as it was accepted: `data` is the JSON array of its records, as sent."""

    data: bytes


class Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One record, typed.

    `index` is its place in the batch, `observed_at` microseconds since the Unix epoch, `attributes` a JSON object
    from attribute id to string, number or null (null clears).
    """

    index: _Index
    observed_at: _Time
    user_id: _UserId
    attributes: bytes


class Reject(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A record (`property` None, or the property that sank it) or a value that was refused."""

    index: _Index
    property: str | None
    code: Code


class RejectedRecord(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A refused record as it was sent (at most 32 KiB of it), for the admin to look at."""

    index: _Index
    user_id: _UserId | None
    record: bytes


class RejectedValue(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A value that was refused, for the history of its attribute: `value` is JSON as it was sent, of at most 256 bytes.

    A longer one is left empty. Not all JSON that can be sent can be stored as JSON: it is kept as text.
    """

    index: _Index
    observed_at: _Time
    user_id: _UserId
    attribute: _Id
    value: bytes
    code: Code


class MappedBatch(_Batch, frozen=True, kw_only=True):
    """A batch after mapping: rows and rejects, or the code of its failure.

    `records` = rows + `rejected`. `unmapped` counts property names without a mapping, at most 100 of them, the rest
    summed in `unmapped_others`. `rejected_observed_at` tells by index when a kept record was observed, where its
    integration names a property for that. `rejected_values` are there where the environment keeps a history.
    """

    environment: _Count = 0
    records: _Count = 0
    rejected: _Count = 0
    rows: list[Row] = []
    rejects: list[Reject] = []
    rejected_records: list[RejectedRecord] = []
    unmapped: dict[str, _Count] = {}
    unmapped_others: _Count = 0
    failure: Code | None = None
    rejected_observed_at: dict[_Index, _Time] | msgspec.UnsetType = msgspec.UNSET
    rejected_values: list[RejectedValue] | msgspec.UnsetType = msgspec.UNSET


def as_failure(batch: RawBatch | MappedBatch, code: Code, environment: int = 0) -> MappedBatch:
    """What the profile writer records of a batch that was put aside: its head, and why.

    `environment` 0: it is not known.
    """
    return MappedBatch(
        receipt=batch.receipt,
        integration=batch.integration,
        revision=batch.revision,
        received_at=batch.received_at,
        request_id=batch.request_id,
        traceparent=batch.traceparent,
        environment=environment,
        failure=code,
    )


class _Versioned(msgspec.Struct):
    version: int


class _RawFrame(msgspec.Struct):
    version: int
    batches: Sequence[RawBatch]


class _MappedFrame(msgspec.Struct):
    version: int
    batches: Sequence[MappedBatch]


_Frame = TypeVar("_Frame", _RawFrame, _MappedFrame)
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What msgspec raises on bytes that are no frame; text that is not UTF-8 is none of its own errors."""

_ENCODER = msgspec.msgpack.Encoder()
_VERSIONED = msgspec.msgpack.Decoder(_Versioned)
_RAW = msgspec.msgpack.Decoder(_RawFrame)
_MAPPED = msgspec.msgpack.Decoder(_MappedFrame)


def encode_raw(batches: Sequence[RawBatch]) -> bytes:
    """A raw frame's bytes."""
    return _ENCODER.encode(_RawFrame(RAW_VERSION, batches))


def encode_mapped(batches: Sequence[MappedBatch]) -> bytes:
    """A mapped frame's bytes."""
    return _ENCODER.encode(_MappedFrame(MAPPED_VERSION, batches))


def decode_raw(body: bytes) -> Sequence[RawBatch]:
    """A raw frame's batches. Raises `UnreadableFrameError`."""
    return _decode(_RAW, RAW_VERSION, body).batches


def decode_mapped(body: bytes) -> Sequence[MappedBatch]:
    """A mapped frame's batches. Raises `UnreadableFrameError`."""
    return _decode(_MAPPED, MAPPED_VERSION, body).batches


def _decode(decoder: "msgspec.msgpack.Decoder[_Frame]", version: int, body: bytes) -> _Frame:
    try:
        frame = decoder.decode(body)
    except _UNREADABLE as error:
        raise UnreadableFrameError(_why(version, body)) from error
    if frame.version != version:
        raise UnreadableFrameError(Code.UNKNOWN_VERSION)
    return frame


def _why(version: int, body: bytes) -> Code:
    """An unknown version is said to be one even where its fields no longer fit ours."""
    try:
        known = _VERSIONED.decode(body).version == version
    except _UNREADABLE:
        return Code.UNREADABLE_FRAME
    return Code.UNREADABLE_FRAME if known else Code.UNKNOWN_VERSION
