"""Stamps: the total order of updates, as bytes that compare as they sort.

A stamp is `(observed_at, received_at, receipt, index)`; of two updates of one attribute the greater stamp wins,
whatever arrives first. It is kept as 40 bytes, big-endian, so that Python, PostgreSQL's `bytea` and the hexadecimal
text of it all compare alike:

    observed_at  8 bytes   microseconds since 0001-01-01T00:00:00Z
    received_at  8 bytes   the same
    receipt     22 bytes   see `receipts`
    index        2 bytes   the record's place in its batch
"""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

LENGTH = 40
FIRST_US = -62_135_596_800_000_000
LAST_US = 253_402_300_799_999_999
"""The times that a stamp, `datetime` and PostgreSQL all can hold: the years 1 to 9999, from the Unix epoch."""
_UNIX_EPOCH_US = 62_135_596_800_000_000
_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HEAD = struct.Struct(">qq22s")
_WHOLE = struct.Struct(">qq22sH")


@dataclass(frozen=True, slots=True)
class Stamp:
    """A stamp taken apart; times are microseconds since the Unix epoch."""

    observed_at: int
    received_at: int
    receipt: bytes
    index: int


def head(observed_at: int, received_at: int, receipt: bytes) -> bytes:
    """The first 38 bytes of a stamp: what all records of a batch with one `observed_at` share.

    Times are microseconds since the Unix epoch, negative before it, not before the year 1.
    """
    return _HEAD.pack(observed_at + _UNIX_EPOCH_US, received_at + _UNIX_EPOCH_US, receipt)


def stamp(observed_at: int, received_at: int, receipt: bytes, index: int) -> bytes:
    """The 40 bytes of one stamp."""
    return head(observed_at, received_at, receipt) + index.to_bytes(2)


def instant(time: int) -> bytes:
    """A time (microseconds since the Unix epoch) as the 8 bytes that a stamp starts with."""
    return (time + _UNIX_EPOCH_US).to_bytes(8)


def from_instant(raw: bytes) -> int:
    """Microseconds since the Unix epoch of 8 bytes made by `instant`."""
    return int.from_bytes(raw) - _UNIX_EPOCH_US


def parse(raw: bytes) -> Stamp:
    """Takes a stamp apart. Raises `struct.error` when it is not 40 bytes long."""
    observed_at, received_at, receipt, index = _WHOLE.unpack(raw)
    return Stamp(observed_at - _UNIX_EPOCH_US, received_at - _UNIX_EPOCH_US, receipt, index)


def to_datetime(microseconds: int) -> datetime:
    """Microseconds since the Unix epoch as an aware UTC datetime."""
    return _UNIX_EPOCH + timedelta(microseconds=microseconds)
