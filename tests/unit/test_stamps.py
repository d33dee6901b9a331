import struct
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contract import stamps
from shared.contract.stamps import Stamp

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
YEAR_1 = (datetime(1, 1, 1, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
YEAR_9999 = (datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)
TIMES = st.integers(YEAR_1, YEAR_9999)
STAMPS = st.builds(
    Stamp,
    observed_at=TIMES,
    received_at=TIMES,
    receipt=st.binary(min_size=22, max_size=22),
    index=st.integers(0, 65_535),
)


def _bytes(stamp: Stamp) -> bytes:
    return stamps.stamp(stamp.observed_at, stamp.received_at, stamp.receipt, stamp.index)


@given(STAMPS)
def test_a_stamp_is_read_back(stamp: Stamp) -> None:
    # when
    raw = _bytes(stamp)

    # then
    assert len(raw) == stamps.LENGTH
    assert stamps.parse(raw) == stamp
    assert raw.startswith(stamps.head(stamp.observed_at, stamp.received_at, stamp.receipt))
    assert raw.startswith(stamps.instant(stamp.observed_at))
    assert stamps.from_instant(stamps.instant(stamp.received_at)) == stamp.received_at


@given(STAMPS, STAMPS)
def test_bytes_and_their_hexadecimal_text_compare_as_stamps_do(one: Stamp, other: Stamp) -> None:
    # given
    order = [(each.observed_at, each.received_at, each.receipt, each.index) for each in (one, other)]

    # then
    assert (_bytes(one) < _bytes(other)) == (order[0] < order[1])
    assert (_bytes(one).hex() < _bytes(other).hex()) == (order[0] < order[1])


def test_a_stamp_of_the_first_release_is_made_again() -> None:
    # then
    assert stamps.stamp(1, 2, bytes(range(22)), 3).hex() == (
        "00dcbffeff2bc00100dcbffeff2bc002000102030405060708090a0b0c0d0e0f1011121314150003"
    )


def test_the_year_1_is_zero() -> None:
    # then
    assert stamps.instant(YEAR_1) == bytes(8)


@given(TIMES)
def test_times_become_datetimes(time: int) -> None:
    # then
    assert stamps.to_datetime(time) - EPOCH == timedelta(microseconds=time)


def test_other_lengths_are_refused() -> None:
    # then
    with pytest.raises(struct.error):
        stamps.parse(bytes(39))
