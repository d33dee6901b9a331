"""Golden bytes: what earlier releases wrote stays readable. A new version adds files; none is ever changed."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from shared.contract.codes import Code
from shared.contract.messages import (
    MappedBatch,
    RawBatch,
    Reject,
    RejectedRecord,
    RejectedValue,
    Row,
    UnreadableFrameError,
    decode_mapped,
    decode_raw,
    encode_mapped,
    encode_raw,
)

GOLDEN = Path(__file__).parent / "golden"
TIME = 1_790_000_000_000_000
RAW = [
    RawBatch(
        receipt=bytes(range(22)),
        integration=7,
        revision=3,
        received_at=TIME,
        request_id="r-1",
        traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        data=b'[{"userId":"u-17"}]',
    ),
    RawBatch(
        receipt=bytes(range(1, 23)), integration=8, revision=1, received_at=TIME + 1, request_id="r-2", data=b"[7]"
    ),
]
MAPPED = [
    MappedBatch(
        receipt=bytes(range(22)),
        integration=7,
        revision=3,
        received_at=TIME,
        request_id="r-1",
        environment=5,
        records=3,
        rejected=1,
        rows=[Row(0, TIME, "u-17", b'{"12":"Sales","13":12}'), Row(2, -1, "u-18", b'{"12":null}')],
        rejects=[Reject(1, None, Code.NOT_AN_OBJECT), Reject(2, "seats", Code.INVALID_NUMBER)],
        rejected_records=[RejectedRecord(1, None, b"7"), RejectedRecord(2, "u-18", b'{"userId":"u-18","seats":"x"}')],
        unmapped={"age": 2},
        unmapped_others=4,
    ),
    MappedBatch(
        receipt=bytes(range(1, 23)),
        integration=8,
        revision=1,
        received_at=TIME + 1,
        request_id="r-2",
        failure=Code.UNKNOWN_REVISION,
    ),
]

# What a later release 1 wrote besides: of a place with a history, and of records that say when they were observed.
IN_USE = [
    msgspec.structs.replace(
        MAPPED[0],
        rejected_observed_at={2: TIME - 5},
        rejected_values=[RejectedValue(2, TIME - 5, "u-18", 13, b'"x"', Code.INVALID_NUMBER)],
    ),
    msgspec.structs.replace(MAPPED[1], rejected_values=[]),
]


def golden(name: str) -> bytes:
    return bytes.fromhex((GOLDEN / f"{name}.hex").read_text())


def test_raw_frames_of_version_1_are_readable() -> None:
    # then
    assert decode_raw(golden("raw_v1")) == RAW


def test_mapped_frames_of_version_1_are_readable() -> None:
    # then
    assert decode_mapped(golden("mapped_v1")) == MAPPED


def test_mapped_frames_of_version_1_with_what_was_added_are_readable() -> None:
    # then
    assert decode_mapped(golden("mapped_v1_in_use")) == IN_USE


def test_this_release_writes_version_1_byte_for_byte() -> None:
    # then
    assert encode_raw(RAW) == golden("raw_v1")
    assert encode_mapped(IN_USE) == golden("mapped_v1_in_use")


def test_what_was_added_is_written_only_where_it_is_used() -> None:
    # then: field for field, since msgpack has two heads for a map of 15
    assert msgspec.msgpack.decode(encode_mapped(MAPPED)) == msgspec.msgpack.decode(golden("mapped_v1"))


def test_the_release_before_reads_what_was_added_as_if_it_were_not_there() -> None:
    # given a reader that knows only what version 1 had at first
    added = {"rejected_observed_at", "rejected_values"}
    first = [each for each in msgspec.structs.fields(MappedBatch) if each.name not in added]
    before = msgspec.defstruct("Before", [(each.name, each.type) for each in first], kw_only=True)

    # when
    frame = msgspec.msgpack.decode(golden("mapped_v1_in_use"))
    read = [msgspec.convert(batch, before) for batch in frame["batches"]]

    # then
    assert [msgspec.structs.asdict(each) for each in read] == [
        {each.name: getattr(batch, each.name) for each in first} for batch in MAPPED
    ]


def test_fields_that_a_reader_does_not_know_are_ignored() -> None:
    # given
    frame = msgspec.msgpack.decode(golden("raw_v1"))
    frame["added"] = 1
    for batch in frame["batches"]:
        batch["added"] = {"later": [1]}

    # then
    assert decode_raw(msgspec.msgpack.encode(frame)) == RAW


@pytest.mark.parametrize("decode", [decode_raw, decode_mapped])
@pytest.mark.parametrize(
    ("body", "code"),
    [
        (msgspec.msgpack.encode({"version": 2, "batches": []}), Code.UNKNOWN_VERSION),
        (msgspec.msgpack.encode({"version": 99, "other": "shape"}), Code.UNKNOWN_VERSION),
        (msgspec.msgpack.encode({"version": 1, "batches": [{}]}), Code.UNREADABLE_FRAME),
        (msgspec.msgpack.encode({"version": 1}), Code.UNREADABLE_FRAME),
        (msgspec.msgpack.encode([1]), Code.UNREADABLE_FRAME),
        (b"", Code.UNREADABLE_FRAME),
        (b"\xff\x00", Code.UNREADABLE_FRAME),
        (b"\x91" * 100_000, Code.UNREADABLE_FRAME),
    ],
    ids=["later_version", "another_shape", "no_batch", "no_batches", "no_frame", "empty", "garbage", "deep"],
)
def test_other_bytes_are_refused_with_a_code(decode: Callable[[bytes], object], body: bytes, code: Code) -> None:
    # when
    with pytest.raises(UnreadableFrameError) as caught:
        decode(body)

    # then
    assert caught.value.code is code


def test_a_frame_that_is_cut_anywhere_is_refused() -> None:
    # given
    frame = golden("mapped_v1")

    # then
    for end in range(len(frame)):
        with pytest.raises(UnreadableFrameError):
            decode_mapped(frame[:end])
