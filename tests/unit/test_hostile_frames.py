"""Frames that no service of ours writes: read as whole frames or not at all, and never an error of another kind."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contract import stamps
from shared.contract.codes import Code
from shared.contract.messages import UnreadableFrameError, decode_mapped, decode_raw

Decode = Callable[[bytes], Sequence[object]]

RECEIPT = bytes(22)
HEAD = {"receipt": RECEIPT, "integration": 1, "revision": 1, "received_at": 0, "request_id": "r", "traceparent": None}
RAW: dict[str, Any] = HEAD | {"data": b"[]"}
MAPPED: dict[str, Any] = HEAD | {
    "environment": 1,
    "records": 2,
    "rejected": 1,
    "rows": [[0, 0, "u", b"{}"]],
    "rejects": [[1, None, "not_an_object"]],
    "rejected_records": [[1, None, b"7"]],
    "unmapped": {"age": 1},
    "unmapped_others": 0,
    "rejected_observed_at": {1: 0},
    "rejected_values": [[1, 0, "u", 1, b"7", "wrong_type"]],
}


def _frame(batch: dict[str, Any]) -> bytes:
    return msgspec.msgpack.encode({"version": 1, "batches": [batch]})


def _code(decode: Decode, body: bytes) -> Code:
    with pytest.raises(UnreadableFrameError) as caught:
        decode(body)
    return caught.value.code


@pytest.mark.parametrize(("decode", "batch"), [(decode_raw, RAW), (decode_mapped, MAPPED)], ids=["raw", "mapped"])
def test_what_the_others_are_held_against_is_read(decode: Decode, batch: dict[str, Any]) -> None:
    # when / then
    assert len(decode(_frame(batch))) == 1


@pytest.mark.parametrize("decode", [decode_raw, decode_mapped], ids=["raw", "mapped"])
@pytest.mark.parametrize(
    "body",
    [
        _frame(RAW).replace(b"\xa1r", b"\xa1\xff"),
        _frame(MAPPED).replace(b"\xa1r", b"\xa1\xff"),
        b"\x82\xa7\xff\xff\xff\xff\xff\xff\xff\x01\xa7version\x01",
        b"\x81\xa7version\xa1\xff",
    ],
    ids=["value_raw", "value_mapped", "key", "version"],
)
def test_text_that_is_not_utf8_makes_a_frame_unreadable(decode: Decode, body: bytes) -> None:
    # when / then
    assert _code(decode, body) is Code.UNREADABLE_FRAME


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("receipt", bytes(21)),
        ("receipt", bytes(200_000)),
        ("integration", 0),
        ("integration", 2**31),
        ("revision", -1),
        ("received_at", stamps.FIRST_US - 1),
        ("received_at", stamps.LAST_US + 1),
        ("request_id", "a\0b"),
        ("request_id", "r" * 513),
        ("traceparent", "\0"),
    ],
)
@pytest.mark.parametrize(("decode", "batch"), [(decode_raw, RAW), (decode_mapped, MAPPED)], ids=["raw", "mapped"])
def test_a_head_that_no_table_can_hold_makes_a_frame_unreadable(
    decode: Decode, batch: dict[str, Any], name: str, value: object
) -> None:
    # when / then
    assert _code(decode, _frame(batch | {name: value})) is Code.UNREADABLE_FRAME


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("environment", -1),
        ("environment", 2**31),
        ("records", -1),
        ("rejected", 2**31),
        ("unmapped_others", -1),
        ("unmapped", {"age": -1}),
        ("rows", [[65_536, 0, "u", b"{}"]]),
        ("rows", [[-1, 0, "u", b"{}"]]),
        ("rows", [[0, stamps.LAST_US + 1, "u", b"{}"]]),
        ("rows", [[0, 0, "u" * 513, b"{}"]]),
        ("rejects", [[65_536, None, "not_an_object"]]),
        ("rejected_records", [[-1, None, b"7"]]),
        ("rejected_observed_at", {1: stamps.LAST_US + 1}),
        ("rejected_values", [[1, 0, "u", 0, b"7", "wrong_type"]]),
    ],
)
def test_a_mapped_batch_that_no_table_can_hold_makes_a_frame_unreadable(name: str, value: object) -> None:
    # when / then
    assert _code(decode_mapped, _frame(MAPPED | {name: value})) is Code.UNREADABLE_FRAME


@given(st.sampled_from([_frame(RAW), _frame(MAPPED)]), st.data())
def test_a_damaged_frame_is_read_or_unreadable(whole: bytes, data: st.DataObject) -> None:
    # given
    body = bytearray(whole)
    for place in data.draw(st.lists(st.integers(0, len(body) - 1), min_size=1, max_size=4)):
        body[place] = data.draw(st.integers(0, 255))

    # when
    for decode in (decode_raw, decode_mapped):
        try:
            batches = decode(bytes(body))
        except UnreadableFrameError:
            batches = []

        # then
        assert len(batches) <= 1
