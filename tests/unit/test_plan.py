"""Mapping: records to rows, rejects and counts, by a revision's rules."""

import json
import time
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.mapper.plan import Plan
from shared.contract.codes import Code
from shared.contract.definitions import ObservedAtRule, OnEmpty, OnInvalid, OnUnknown, Revision, UserIdRule
from shared.contract.messages import (
    MappedBatch,
    Reject,
    RejectedRecord,
    RejectError,
    Row,
    decode_mapped,
    encode_mapped,
)
from tests.unit.given_mapping import ENVIRONMENT, RECEIVED_AT, day, number, raw_batch, revision, string


def _map(rules: Revision, data: bytes | list[Any]) -> MappedBatch:
    return Plan(rules).map(raw_batch(data))


def test_a_batch_becomes_rows() -> None:
    # given
    rules = revision(string("department", 11), number("seats", 12), day("hired", 13))
    data = b"""[
        {"userId": "u-1", "department": "Sales", "seats": 1.50, "hired": "2024-03-01"},
        {"userId": 42, "department": null}
    ]"""

    # when
    mapped = _map(rules, data)

    # then
    assert mapped == MappedBatch(
        receipt=b"r" * 22,
        integration=5,
        revision=7,
        received_at=RECEIVED_AT,
        request_id="request",
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        environment=ENVIRONMENT,
        records=2,
        rows=[
            Row(0, RECEIVED_AT, "u-1", b'{"11":"Sales","12":1.50,"13":"2024-03-01"}'),
            Row(1, RECEIVED_AT, "42", b'{"11":null}'),
        ],
    )


def test_an_absent_property_leaves_its_attribute_alone() -> None:
    # when
    mapped = _map(revision(string("department", 11)), [{"userId": "u"}])

    # then
    assert mapped.rows == [Row(0, RECEIVED_AT, "u", b"{}")]


def test_an_ignored_empty_string_leaves_its_attribute_alone() -> None:
    # given
    rules = revision(string("a", 1, on_empty=OnEmpty.IGNORE), string("b", 2, on_empty=OnEmpty.CLEAR))

    # when
    mapped = _map(rules, [{"userId": "u", "a": "", "b": ""}])

    # then
    assert mapped.rows == [Row(0, RECEIVED_AT, "u", b'{"2":null}')]
    assert mapped.rejects == []


def test_of_duplicate_keys_the_last_counts() -> None:
    # when
    mapped = _map(revision(number("n", 1)), b'[{"userId": "a", "n": 1, "userId": "b", "\\u006e": 2}]')

    # then
    assert mapped.rows == [Row(0, RECEIVED_AT, "b", b'{"1":2}')]


def test_of_two_mappings_to_one_attribute_the_later_counts_where_both_have_a_value() -> None:
    # given
    rules = revision(number("old", 1), number("new", 1))

    # when
    mapped = _map(rules, [{"userId": "u", "new": 2, "old": 1}, {"userId": "u", "old": 1}])

    # then
    assert [row.attributes for row in mapped.rows] == [b'{"1":2}', b'{"1":1}']


def test_one_property_may_feed_two_attributes() -> None:
    # when
    mapped = _map(revision(string("a", 1), number("a", 2)), [{"userId": "u", "a": 5}])

    # then
    assert [row.attributes for row in mapped.rows] == [b'{"1":"5","2":5}']


@pytest.mark.parametrize(
    ("record", "attributes"),
    [
        ('{"address": {"city": {"name": "Bonn"}}}', b'{"1":"Bonn"}'),
        ('{"address.city.name": "Rome", "address": {"city": {"name": "Bonn"}}}', b'{"1":"Rome"}'),
        ('{"address.city.name": null, "address": {"city": {"name": "Bonn"}}}', b'{"1":null}'),
        ('{"address": {"city": {"name": null}}}', b'{"1":null}'),
        ('{"address": {"city": {}}}', b"{}"),
        ('{"address": {"city": "Bonn"}}', b"{}"),
        ('{"address": ["city"]}', b"{}"),
        ('{"address": null}', b"{}"),
        ('{"address": {"city.name": "Bonn"}}', b"{}"),
        ('{"address": {"city": 1, "city": {"name": "Bonn"}}}', b'{"1":"Bonn"}'),
    ],
    ids=str,
)
def test_a_property_is_a_key_or_else_a_path(record: str, attributes: bytes) -> None:
    # given
    rules = revision(string("address.city.name", 1))

    # when
    mapped = _map(rules, f'[{{"userId": "u", {record[1:]}]'.encode())

    # then
    assert mapped.rows == [Row(0, RECEIVED_AT, "u", attributes)]
    assert mapped.unmapped == {}


def test_user_id_and_observed_at_may_be_nested() -> None:
    # given
    rules = revision(user_id=UserIdRule(property="user.id"), observed_at=ObservedAtRule(property="meta.at"))

    # when
    mapped = _map(rules, [{"user": {"id": "u"}, "meta": {"at": "1970-01-01T00:00:01Z"}}])

    # then
    assert mapped.rows == [Row(0, 1_000_000, "u", b"{}")]
    assert mapped.unmapped == {}


@pytest.mark.parametrize(
    ("value", "user_id"),
    [
        ('"u-17"', "u-17"),
        ('" U "', " U "),
        ("42", "42"),
        ("-7", "-7"),
        ("9" * 512, "9" * 512),
        (r'"\u00e4"', "ä"),
        ('"' + "x" * 512 + '"', "x" * 512),
        ('"' + "ä" * 256 + '"', "ä" * 256),
    ],
    ids=lambda text: text[:20],
)
def test_user_id(value: str, user_id: str) -> None:
    # when
    mapped = _map(revision(), f'[{{"userId": {value}}}]'.encode())

    # then
    assert mapped.rows == [Row(0, RECEIVED_AT, user_id, b"{}")]


@pytest.mark.parametrize(
    ("record", "code"),
    [
        ("{}", Code.MISSING_USER_ID),
        ('{"userId": null}', Code.MISSING_USER_ID),
        ('{"userId": ""}', Code.INVALID_USER_ID),
        ('{"userId": true}', Code.INVALID_USER_ID),
        ('{"userId": 1.0}', Code.INVALID_USER_ID),
        ('{"userId": 1e3}', Code.INVALID_USER_ID),
        ('{"userId": {"id": 1}}', Code.INVALID_USER_ID),
        ('{"userId": ["u"]}', Code.INVALID_USER_ID),
        (r'{"userId": "a\u0000"}', Code.INVALID_USER_ID),
        ('{"userId": "' + "x" * 513 + '"}', Code.INVALID_USER_ID),
        ('{"userId": "' + "ä" * 257 + '"}', Code.INVALID_USER_ID),
        ('{"userId": ' + "9" * 5000 + "}", Code.INVALID_USER_ID),
    ],
    ids=lambda text: text[:30],
)
def test_no_user_id(record: str, code: Code) -> None:
    # when
    mapped = _map(revision(), f"[{record}]".encode())

    # then
    assert mapped.rejects == [Reject(0, "userId", code)]
    assert mapped.rejected_records == [RejectedRecord(0, None, record.encode())]
    assert (mapped.rows, mapped.records, mapped.rejected) == ([], 1, 1)


def test_user_ids_are_trimmed_and_lower_cased_where_the_rule_says_so() -> None:
    # given
    rules = revision(user_id=UserIdRule(property="userId", trim=True, lower_case=True))

    # when
    mapped = _map(rules, [{"userId": " Ann@Example.COM\n"}, {"userId": "  "}])

    # then
    assert [row.user_id for row in mapped.rows] == ["ann@example.com"]
    assert mapped.rejects == [Reject(1, "userId", Code.INVALID_USER_ID)]


@pytest.mark.parametrize(
    ("at", "observed_at"),
    [
        ('"2024-03-01T10:00:00Z"', RECEIVED_AT - 1_230_000_000),
        ('"2024-03-01T11:00:00.000001+01:00"', RECEIVED_AT - 1_230_000_000 + 1),
        ('"0001-01-01T00:00:00Z"', -62_135_596_800_000_000),
        ('"2024-03-01T10:20:30.000001Z"', RECEIVED_AT),
        ('"2024-03-01T10:25:30Z"', RECEIVED_AT),
        ("null", RECEIVED_AT),
    ],
)
def test_observed_at(at: str, observed_at: int) -> None:
    # given
    rules = revision(observed_at=ObservedAtRule(property="at"))

    # when
    mapped = _map(rules, f'[{{"userId": "u", "at": {at}}}, {{"userId": "u"}}]'.encode())

    # then
    assert [row.observed_at for row in mapped.rows] == [observed_at, RECEIVED_AT]
    assert mapped.unmapped == {}


@pytest.mark.parametrize(
    ("at", "code"),
    [
        ('"2024-03-01T10:25:30.000001Z"', Code.FUTURE_OBSERVED_AT),
        ('"9999-12-31T23:59:59Z"', Code.FUTURE_OBSERVED_AT),
        ('"2024-03-01"', Code.INVALID_OBSERVED_AT),
        ('"2024-03-01T10:00:00"', Code.INVALID_OBSERVED_AT),
        ('"yesterday"', Code.INVALID_OBSERVED_AT),
        ('""', Code.INVALID_OBSERVED_AT),
        (r'"\u0000"', Code.INVALID_OBSERVED_AT),
        ("true", Code.INVALID_OBSERVED_AT),
        ("{}", Code.INVALID_OBSERVED_AT),
        ("1709288430", Code.INVALID_OBSERVED_AT),
    ],
)
def test_observed_at_rejects_the_record(at: str, code: Code) -> None:
    # given
    rules = revision(observed_at=ObservedAtRule(property="at"))
    record = f'{{"userId": "u", "at": {at}}}'.encode()

    # when
    mapped = _map(rules, b"[%b]" % record)

    # then
    assert mapped.rejects == [Reject(0, "at", code)]
    assert mapped.rejected_records == [RejectedRecord(0, "u", record)]
    assert (mapped.rows, mapped.rejected) == ([], 1)


def test_observed_at_by_its_own_format() -> None:
    # given
    epoch = revision(observed_at=ObservedAtRule(property="at", date_format="epoch_ms"))
    local = revision(observed_at=ObservedAtRule(property="at", date_format="%d.%m.%Y %H:%M", time_zone="Europe/Berlin"))

    # when / then
    assert _map(epoch, [{"userId": "u", "at": 1234}]).rows[0].observed_at == 1_234_000
    assert _map(local, [{"userId": "u", "at": "01.01.1970 01:01"}]).rows[0].observed_at == 60_000_000


def test_a_rejected_value_leaves_the_rest_of_its_record() -> None:
    # given
    rules = revision(number("n", 1), number("m", 2), string("s", 3))

    # when
    mapped = _map(rules, [{"userId": "u", "n": "x", "m": "", "s": "kept"}, {"userId": "v", "n": 1}])

    # then
    assert mapped.rows == [Row(0, RECEIVED_AT, "u", b'{"3":"kept"}'), Row(1, RECEIVED_AT, "v", b'{"1":1}')]
    assert mapped.rejects == [Reject(0, "n", Code.INVALID_NUMBER), Reject(0, "m", Code.EMPTY_VALUE)]
    assert (mapped.records, mapped.rejected) == (2, 0)
    assert mapped.rejected_records == [RejectedRecord(0, "u", b'{"userId": "u", "n": "x", "m": "", "s": "kept"}')]


def test_a_rejected_value_sinks_its_record_where_the_integration_says_so() -> None:
    # given
    rules = revision(number("n", 1), number("m", 2), on_invalid=OnInvalid.REJECT_RECORD)

    # when
    mapped = _map(rules, [{"userId": "u", "n": "x", "m": ""}, {"userId": "v", "n": 1}])

    # then
    assert mapped.rows == [Row(1, RECEIVED_AT, "v", b'{"1":1}')]
    assert mapped.rejects == [Reject(0, "n", Code.INVALID_NUMBER)]
    assert (mapped.records, mapped.rejected) == (2, 1)
    assert [kept.user_id for kept in mapped.rejected_records] == ["u"]


def test_unmapped_names_are_counted() -> None:
    # given
    rules = revision(string("a", 1), string("deep.b", 2))

    # when
    mapped = _map(rules, [{"userId": "u", "x": 1, "y": {"a": 1}}, {"userId": "v", "x": 2, "deep": {"c": 1}}])

    # then
    assert (mapped.unmapped, mapped.unmapped_others, len(mapped.rows)) == ({"x": 2, "y": 1}, 0, 2)


def test_an_unmapped_name_sinks_its_record_where_the_integration_says_so() -> None:
    # given
    rules = revision(string("a", 1), on_unknown=OnUnknown.REJECT_RECORD)

    # when
    mapped = _map(rules, [{"userId": "u", "a": "1", "x\n": 1, "y": 2}, {"userId": "v", "a": "1"}])

    # then
    assert mapped.rejects == [Reject(0, "x\ufffd", Code.UNKNOWN_PROPERTY)]
    assert (mapped.unmapped, mapped.records, mapped.rejected) == ({}, 2, 1)


def test_names_are_made_printable_and_short() -> None:
    # given
    names = ["", "tab\t", "nul\0", "bidi\u202e", "ä" * 128, "😀" * 64]

    # when
    mapped = _map(revision(), [{"userId": "u"} | dict.fromkeys(names, 1)])

    # then
    assert list(mapped.unmapped) == ["", "tab\ufffd", "nul\ufffd", "bidi\ufffd", "ä" * 127, "😀" * 63]


def test_names_beyond_a_hundred_are_summed() -> None:
    # given
    records = [{"userId": "u"} | {f"x{i}": 1 for i in range(150)} for _ in range(2)]

    # when
    mapped = _map(revision(), records)

    # then
    assert mapped.unmapped == {f"x{i}": 2 for i in range(100)}
    assert mapped.unmapped_others == 100


@pytest.mark.parametrize(
    ("element", "code", "user_id"),
    [
        ("null", Code.NOT_AN_OBJECT, None),
        ("17", Code.NOT_AN_OBJECT, None),
        ('"u"', Code.NOT_AN_OBJECT, None),
        ('[{"userId": "u"}]', Code.NOT_AN_OBJECT, None),
        (r'["\ud800"]', Code.NOT_AN_OBJECT, None),
        (r'{"userId": "u", "a": "\ud800"}', Code.LONE_SURROGATE, "u"),
        (r'{"userId": "u", "other": {"deep": ["\udc00"]}}', Code.LONE_SURROGATE, "u"),
        (r'{"userId": "u", "\ud800": 1}', Code.LONE_SURROGATE, "u"),
        (r'{"userId": "\ud800"}', Code.LONE_SURROGATE, None),
        ('{"userId": "u", "a": "' + "x" * 32_768 + '"}', Code.RECORD_TOO_LARGE, "u"),
        ('{"a": "' + "x" * 32_768 + '"}', Code.RECORD_TOO_LARGE, None),
    ],
    ids=lambda text: str(text)[:40],
)
def test_an_element_that_is_no_record_leaves_its_neighbours(element: str, code: Code, user_id: str | None) -> None:
    # given
    rules = revision(string("a", 1))

    # when
    mapped = _map(rules, f'[{{"userId": "v", "a": "1"}}, {element}, {{"userId": "w", "a": "2"}}]'.encode())

    # then
    assert mapped.rows == [Row(0, RECEIVED_AT, "v", b'{"1":"1"}'), Row(2, RECEIVED_AT, "w", b'{"1":"2"}')]
    assert mapped.rejects == [Reject(1, None, code)]
    assert mapped.rejected_records == [RejectedRecord(1, user_id, element.encode()[: 32 * 1024])]
    assert (mapped.records, mapped.rejected) == (3, 1)


def test_a_record_of_32_kib_is_small_enough() -> None:
    # given
    record = b'{"userId":"u","x":"%b"}' % (b"x" * (32 * 1024 - 21))

    # when
    mapped = _map(revision(), b"[%b]" % record)

    # then
    assert len(record) == 32 * 1024
    assert len(mapped.rows) == 1


def test_the_first_twenty_rejected_records_are_kept() -> None:
    # given
    records: list[Any] = [{"userId": f"u{i}", "n": "x", "m": "x"} if i % 2 else i for i in range(60)]

    # when
    mapped = _map(revision(number("n", 1), number("m", 2)), records)

    # then
    assert [kept.index for kept in mapped.rejected_records] == list(range(20))
    assert (len(mapped.rejects), mapped.rejected, mapped.records) == (30 + 60, 30, 60)


@pytest.mark.parametrize("data", [b"", b"{}", b"[1,", b"[NaN]", b"null"])
def test_what_is_no_array_is_a_reject_of_its_batch(data: bytes) -> None:
    # when / then
    with pytest.raises(RejectError) as caught:
        _map(revision(), data)
    assert caught.value.code is Code.INVALID_JSON


@pytest.mark.parametrize("value", ['"' + "x" * 4096 + '"', "[]"], ids=["rows", "rejects"])
def test_a_batch_that_outgrows_a_message_is_a_reject_of_its_batch(value: str) -> None:
    # given: one property feeds as many attributes as may be
    rules = revision(*(string("a" * 255, attribute) for attribute in range(1, 501)))

    # when / then
    with pytest.raises(RejectError) as caught:
        _map(rules, b"[" + b",".join([f'{{"userId": "u", "{"a" * 255}": {value}}}'.encode()] * 200) + b"]")
    assert caught.value.code is Code.MAPPED_TOO_LARGE


def test_many_properties_of_one_nested_object_take_linear_time() -> None:
    # given
    rules = revision(*(number(f"deep.down.p{i}", i) for i in range(1, 501)))
    record = {"userId": "u", "deep": {"down": {f"p{i}": i for i in range(1, 501)} | {"x": "x" * 20_000}}}
    batch = raw_batch([record] * 150)

    # when
    begun = time.process_time()
    mapped = Plan(rules).map(batch)

    # then
    assert len(json.loads(mapped.rows[0].attributes)) == 500
    assert time.process_time() - begun < 2  # each object taken apart for each property takes twenty times as long


_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=2), inner, max_size=2)),
    max_leaves=4,
)
_KEYS = st.one_of(st.sampled_from(["userId", "s", "n", "d", "deep", "at"]), st.text(max_size=3), st.just("\ud800"))
_RECORDS = st.one_of(_VALUES, st.dictionaries(_KEYS, _VALUES, max_size=6))
_RULES = st.builds(
    revision,
    st.just(string("s", 1)),
    st.just(number("n", 2)),
    st.just(day("d", 3)),
    st.just(string("deep.er", 4)),
    on_invalid=st.sampled_from(OnInvalid),
    on_unknown=st.sampled_from(OnUnknown),
    observed_at=st.sampled_from([None, ObservedAtRule(property="at")]),
)


@given(_RULES, st.lists(_RECORDS, max_size=6))
def test_every_record_is_accounted_for_and_a_redelivery_maps_to_the_same_bytes(
    rules: Revision, records: list[Any]
) -> None:
    # given
    batch = raw_batch(json.dumps(records).replace("Infinity", "1e999").encode())

    # when
    mapped, again = Plan(rules).map(batch), Plan(rules).map(batch)

    # then
    assert encode_mapped([mapped]) == encode_mapped([again])
    assert decode_mapped(encode_mapped([mapped])) == [mapped]
    assert mapped.records == len(records) == len(mapped.rows) + mapped.rejected
    sunk = {reject.index for reject in mapped.rejects} - {row.index for row in mapped.rows}
    assert len(sunk) == mapped.rejected
    assert all(json.loads(row.attributes).keys() <= {"1", "2", "3", "4"} for row in mapped.rows)
    assert all(row.observed_at <= RECEIVED_AT for row in mapped.rows)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"[" + b",".join([b"{}"] * 65_537) + b"]", Code.TOO_MANY_RECORDS),
        (b"[" + b"1," * 3_000_000 + b"1]", Code.TOO_MANY_RECORDS),
        (b'[{"userId":"\xc0\x80"}]', Code.INVALID_UTF8),
        (b'[{"userId":"u","a":"\xed\xa0\x80"}]', Code.INVALID_UTF8),
        (b"[" * 100_000, Code.INVALID_JSON),
    ],
    ids=["more_than_stamps_can_tell_apart", "millions", "overlong", "raw_surrogate", "deep"],
)
def test_a_batch_that_no_gateway_lets_through_is_rejected_as_what_it_is(data: bytes, code: Code) -> None:
    # when / then
    with pytest.raises(RejectError) as caught:
        _map(revision(string("a", 1)), data)
    assert caught.value.code is code


def test_as_many_records_as_stamps_can_tell_apart_are_mapped() -> None:
    # given: their values hold commas as well
    data = b"[" + b",".join([b'{"userId":"u","b":[1,2,3]}'] * 65_536) + b"]"

    # when
    mapped = _map(revision(string("a", 1)), data)

    # then
    assert (mapped.records, mapped.rows[-1].index) == (65_536, 65_535)


def test_a_record_of_very_many_keys_takes_no_space_to_find_its_user() -> None:
    # given
    keys = b",".join(b'"%x":1' % key for key in range(300_000))
    data = b'[{"id":{"x":1,"user":"u"},%b,"at":"2024-03-01T10:00:00Z"}]' % keys
    rules = revision(user_id=UserIdRule(property="id.user"), observed_at=ObservedAtRule(property="at"))

    # when
    tracemalloc.start()
    mapped = _map(rules, data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    # then
    assert [(kept.user_id, kept.index) for kept in mapped.rejected_records] == [("u", 0)]
    assert mapped.rejected_observed_at == {0: 1_709_287_200_000_000}
    assert peak < 4 * len(data)
