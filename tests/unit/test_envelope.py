import json
import re
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.envelope import Envelope, EnvelopeError, open_envelope
from shared.contract.codes import Code

MOST = 1_000
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def refusal(body: bytes) -> tuple[Code, str | None]:
    with pytest.raises(EnvelopeError) as caught:
        open_envelope(body, MOST)
    return caught.value.code, caught.value.pointer


def enclosing(data: bytes) -> bytes:
    return b'{"token":"t","data":' + data + b"}"


@given(token=st.text(), data=st.lists(JSON, min_size=1, max_size=20), ascii_only=st.booleans())
def test_any_envelope_is_opened_and_its_data_kept_byte_for_byte(token: str, data: list[Any], ascii_only: bool) -> None:  # noqa: FBT001 - drawn by name
    # given
    array = json.dumps(data, ensure_ascii=ascii_only)
    body = f' {{"other": [1], "data" : {array} ,"token":{json.dumps(token)}}}\n'

    try:
        raw = body.encode()
    except UnicodeEncodeError:
        return

    # when
    envelope = open_envelope(raw, MOST)

    # then
    assert envelope == Envelope(token, array.encode(), len(data))


@pytest.mark.parametrize(
    "data",
    [
        rb'[{"a":"\ud800"}]',
        rb'[{"\udc00":1}, {"a":"\ud800\ud800"}]',
        rb'[ "\ud83d", 7 ,{"a" : [ ]} ]',
        rb'["\ud83d\ude00"]',
    ],
)
def test_half_a_surrogate_pair_is_json(data: bytes) -> None:
    # when
    envelope = open_envelope(enclosing(data), MOST)

    # then
    assert envelope == Envelope("t", data, len(json.loads(data)))


@pytest.mark.parametrize("body", [rb'{"token":"\ud800","data":[1]}', rb'{"\ud800":1,"token":"\ud800","data":[1]}'])
def test_a_token_or_a_key_with_half_a_pair_is_still_an_envelope(body: bytes) -> None:
    # then
    assert open_envelope(body, MOST) == Envelope("\ud800", b"[1]", 1)


def test_of_duplicate_keys_the_last_counts() -> None:
    # then
    for body in (
        b'{"token":"a","data":[1],"token":"b","data":[1,2]}',
        b'{"token":"a","data":[1],"\\ud800":0,"token":"b","data":[1,2]}',
    ):
        assert open_envelope(body, MOST) == Envelope("b", b"[1,2]", 2)


@pytest.mark.parametrize("body", [b"\xff", enclosing(b'["\xc3"]'), enclosing(b'["\xed\xa0\x80"]'), b"\x80{"])
def test_what_is_not_utf8(body: bytes) -> None:
    # then
    assert refusal(body) == (Code.INVALID_UTF8, None)


NOT_JSON = [
    b"",
    b" ",
    b"{",
    b"{}{}",
    b"{} x",
    b"1,2",
    b"[1],[2]",
    b"1]",
    b"]",
    b"nul",
    b"'a'",
    b"{token:1}",
    b'{"token":"t","data":[1]',
    b'{"token":"t","data":[1],}',
    b'{"token":"t" "data":[1]}',
    b'\xef\xbb\xbf{"token":"t","data":[1]}',
    b'{"token":"t","data":[1]}\x00',
    b'{"token":1,"data":[1]',
    b'{"other":NaN,"token":"t","data":[1]}',
    b'{"token":"\\ud800","data":[1]',
    *(
        enclosing(b"[" + value + b"]")
        for value in (
            b"NaN",
            b"Infinity",
            b"-Infinity",
            b"-",
            b"+1",
            b"01",
            b"1.",
            b".5",
            b"1e",
            b"1e+",
            b"0x10",
            b"1_000",
            b"tru",
            b"True",
            b"undefined",
            b"'a'",
            b'"a',
            b'"\x00"',
            b'"\x1f"',
            b'"\n"',
            b'"\\x41"',
            b'"\\u12"',
            b'"\\ud8"',
            b'{"a"}',
            b"{a:1}",
            b'{"a":1,}',
            b'{"a":1 "b":2}',
            b"1,",
            b",1",
            b"1 2",
            b'"\\ud800",NaN',
            b'"\\ud800","\x01"',
            b"/* comment */ 1",
        )
    ),
]


@pytest.mark.parametrize("body", NOT_JSON)
def test_what_is_not_json(body: bytes) -> None:
    # then
    assert refusal(body) == (Code.INVALID_JSON, None)


@pytest.mark.parametrize("shape", [b"[%b%b]", b'{"a":%b%b}', b'["\\ud800",%b%b]'])
def test_sixty_four_levels_are_enough(shape: bytes) -> None:
    # given: the envelope, the array and the shape's own are three of them
    def body(depth: int) -> bytes:
        return enclosing(b"[" + shape % (b"[" * (depth - 3), b"]" * (depth - 3)) + b"]")

    # then
    assert open_envelope(body(64), MOST).records == 1
    for depth in (65, 500, 100_000):
        assert refusal(body(depth)) == (Code.TOO_DEEP, None)


def test_depth_counts_outside_data_too() -> None:
    # then
    body = b'{"token":"t","data":[1],"other":' + b"[" * 64 + b"]" * 64 + b"}"
    assert refusal(body) == (Code.TOO_DEEP, None)


def test_brackets_in_text_or_side_by_side_are_not_deep() -> None:
    # then
    assert open_envelope(enclosing(b'["' + b"[" * 1_000 + b'"]'), MOST).records == 1
    assert open_envelope(enclosing(b"[" + b",".join([b"{}"] * 500) + b"]"), MOST).records == 500


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b"[]", ""),
        (b"7", ""),
        (b"null", ""),
        (b'"text"', ""),
        (b"{}", "/token"),
        (b'{"data":[1]}', "/token"),
        (b'{"token":null,"data":[1]}', "/token"),
        (b'{"token":{"a":1},"data":[1]}', "/token"),
        (b'{"Token":"t","data":[1]}', "/token"),
        (b'{"token":"t"}', "/data"),
        (b'{"token":"t","data":{}}', "/data"),
        (b'{"token":"t","data":"[1]"}', "/data"),
        (b'{"token":"t","data":null}', "/data"),
        (b'{"token":"t","data":[1],"data":7}', "/data"),
        (b'{"token":"t","data":7,"\\ud800":1}', "/data"),
    ],
)
def test_what_is_no_envelope_says_where(body: bytes, pointer: str) -> None:
    # then
    assert refusal(body) == (Code.INVALID_ENVELOPE, pointer)


@pytest.mark.parametrize("data", [b"[]", b"[ \n]"])
def test_no_record(data: bytes) -> None:
    # then
    assert refusal(enclosing(data)) == (Code.EMPTY_BATCH, "/data")


def test_too_many_records() -> None:
    # then
    assert open_envelope(enclosing(b"[" + b",".join([b"1"] * MOST) + b"]"), MOST).records == MOST
    assert refusal(enclosing(b"[" + b",".join([b"1"] * (MOST + 1)) + b"]")) == (Code.TOO_MANY_RECORDS, "/data")


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_an_envelope_or_refused(body: bytes) -> None:
    # then
    assert isinstance(refusal(body)[0], Code)


@given(st.text('{}[]",:\\u0d81 tokendata', max_size=80))
def test_whether_text_is_json_agrees_with_the_standard_library(text: str) -> None:
    # given: the library reads more than JSON, as it says
    try:
        json.loads(text, parse_constant=lambda _: 1 / 0)
    except (ValueError, ZeroDivisionError):
        is_json = False
    else:
        is_json = True

    # when
    code, _ = refusal(text.encode())

    # then
    assert (code is not Code.INVALID_JSON) == is_json or re.search(r"[\[{]{60}", text)


_LARGE = 1024 * 1024
_KEYS = b",".join(b'"%x":1' % key for key in range(_LARGE // 8))
# Each is small on the wire; taken apart it would be up to forty times its size.
_SWELLING = {
    "elements": (enclosing(b"[" + b"1," * (_LARGE // 2) + b"1]"), Code.TOO_MANY_RECORDS),
    "elements and a half": (enclosing(b'["\\ud800",' + b"1," * (_LARGE // 2) + b"1]"), Code.TOO_MANY_RECORDS),
    "objects": (enclosing(b"[" + b"{}," * (_LARGE // 3) + b"1]"), Code.TOO_MANY_RECORDS),
    "nested": (enclosing(b"[[" + b"{}," * (_LARGE // 3) + b'"\\ud800"]]'), None),
    "keys beside": (b'{%b,"token":"t","data":["\\ud800"]}' % _KEYS, None),
    "keys, no token": (b'{%b,"data":[1]}' % _KEYS, Code.INVALID_ENVELOPE),
    "keys, no end": (b'{%b,"data":[1]}}' % _KEYS, Code.INVALID_JSON),
    "strings": (enclosing(b'[["\\ud800",' + b'"",' * (_LARGE // 3) + b"1]]"), None),
}


@pytest.mark.parametrize(("body", "code"), _SWELLING.values(), ids=_SWELLING.keys())
def test_a_body_takes_a_few_times_its_own_size(body: bytes, code: Code | None) -> None:
    # when
    tracemalloc.start()
    try:
        found = None
        open_envelope(body, MOST)
    except EnvelopeError as error:
        found = error.code
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    # then
    assert found is code
    assert peak < 8 * len(body)
