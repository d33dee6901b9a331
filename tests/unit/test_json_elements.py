"""JSON taken apart by `shared.contract.json_elements`, against the standard library's reader."""

import contextlib
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contract.json_elements import (
    InvalidJSONError,
    count,
    elements,
    has_lone_surrogate,
    is_json,
    max_depth,
    members,
    members_named,
)

_HALVES = st.sampled_from(["\ud800", "\udbff", "\udc00", "\udfff", "\ud83d\ude00", "\\ud800", "\\", '"', "[", "{", "}"])
_TEXT = st.lists(st.one_of(st.text(max_size=5), _HALVES), max_size=4).map("".join)
_SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), _TEXT)
_JSON = st.recursive(
    _SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_TEXT, inner, max_size=4))
)
_LAYOUTS = st.sampled_from([(None, (",", ":")), (2, (" ,\r\n", "\t: "))])


def _encode(value: Any, layout: tuple[int | None, tuple[str, str]]) -> bytes:
    """Escapes everything beyond ASCII, so that halves of surrogate pairs are text that JSON allows."""
    indent, separators = layout
    return json.dumps(value, indent=indent, separators=separators).encode()


def _depth(value: Any) -> int:
    match value:
        case list():
            return 1 + max(map(_depth, value), default=0)
        case dict():
            return 1 + max(map(_depth, value.values()), default=0)
        case _:
            return 0


def _holds_surrogate(value: Any) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in json.dumps(value, ensure_ascii=False))


@given(st.lists(_JSON, max_size=5), _LAYOUTS)
def test_elements_are_what_was_sent(values: list[Any], layout: tuple[int | None, tuple[str, str]]) -> None:
    # given
    array = _encode(values, layout)

    # when
    found = elements(array)

    # then
    assert [json.loads(element) for element in found] == json.loads(array)
    assert all(element in array and element == element.strip() for element in found)


@given(st.dictionaries(_TEXT, _JSON, max_size=5), _LAYOUTS)
def test_members_are_what_was_sent(value: dict[str, Any], layout: tuple[int | None, tuple[str, str]]) -> None:
    # given
    json_object = _encode(value, layout)

    # when
    found = members(json_object)

    # then
    assert {key: json.loads(element) for key, element in found.items()} == json.loads(json_object)


@given(st.dictionaries(_TEXT, _JSON, max_size=5), _LAYOUTS, st.sets(_TEXT))
def test_members_by_name_are_those_among_all(
    value: dict[str, Any], layout: tuple[int | None, tuple[str, str]], names: set[str]
) -> None:
    # given: half of the names are those of members
    json_object = _encode(value, layout)
    wanted = names | set(list(value)[::2])

    # when
    found = members_named(json_object, wanted)

    # then
    assert found == {key: text for key, text in members(json_object).items() if key in wanted}


@given(st.lists(_JSON, max_size=5), _LAYOUTS, st.integers(1, 6))
def test_elements_are_counted_up_to_one_more_than_asked_for(
    values: list[Any], layout: tuple[int | None, tuple[str, str]], most: int
) -> None:
    # when / then
    assert count(_encode(values, layout), most) == min(len(values), most + 1)


@given(_JSON, _LAYOUTS)
def test_depth_and_surrogates_agree_with_the_standard_library(
    value: Any, layout: tuple[int | None, tuple[str, str]]
) -> None:
    # given
    text = _encode(value, layout)

    # when / then
    assert max_depth(text) == _depth(json.loads(text))
    assert has_lone_surrogate(text) == _holds_surrogate(json.loads(text))


@given(st.text(alphabet='\\ud8dCEA0"[]{}:,1 \n', max_size=30))
def test_only_json_is_taken_apart(text: str) -> None:
    # given
    try:
        value, valid = json.loads(text), True
    except ValueError:
        value, valid = None, False

    # when
    try:
        found = elements(text.encode())
    except InvalidJSONError:
        found = None

    # then
    assert (found is not None) == isinstance(value, list)
    assert is_json(text.encode()) == valid


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "[",
        "[1,]",
        "[1] x",
        "[NaN]",
        "[01]",
        "[1.]",
        "[+1]",
        '["\t"]',
        '["\\x"]',
        "{}",
        "1",
        "null",
        '["\\ud8"]',
        '["\\ud800",]',
        '["\\ud800"',
        '{"a":"\\ud800"}',
        "\ufeff[]",
        "[" * 100_000 + "]" * 100_000,
        "[" * 100_000,
    ],
    ids=lambda text: text[:20],
)
def test_not_an_array(text: str) -> None:
    # when / then
    with pytest.raises(InvalidJSONError):
        elements(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"a"}',
        '{"a":1,}',
        "{a:1}",
        '{"a":1} 2',
        '{"a":NaN}',
        '{"\\ud800":NaN}',
        '{"\\ud800":1,}',
        '{"a":"\\ud800","b":' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"b":' + "[" * 100_000,
    ],
    ids=lambda text: text[:20],
)
def test_not_an_object(text: str) -> None:
    # when / then
    with pytest.raises(InvalidJSONError):
        members(text.encode())


def test_numbers_are_not_read() -> None:
    # given
    digits = b"9" * 5000

    # when / then
    assert members(b'{"a": "\\ud800", "n": %b, "x": 1e999}' % digits)["n"] == digits


def test_of_duplicate_keys_the_last_counts() -> None:
    # when / then
    assert members(b'{"a": 1, "b": 2, "\\u0061": 3}') == {"a": b"3", "b": b"2"}
    assert members(b'{"a": 1, "\\ud800": 2, "\\u0061": 3, "\\ud800": 4}') == {"a": b"3", "\ud800": b"4"}


@pytest.mark.parametrize(
    "text",
    [rb'"\ud800"', rb'"\uDFFF"', rb'"\ud83d\ud83d\ude00"', rb'"\ud83d\ude00\ude00"', rb'"\\\ud800"'],
    ids=str,
)
def test_half_of_a_pair(text: bytes) -> None:
    # when / then
    assert has_lone_surrogate(text)


@pytest.mark.parametrize(
    "text",
    [rb'"\ud83d\ude00"', rb'"\uD83D\uDE00"', rb'"\\ud800"', rb'"\\\\ud800"', rb'"\u0041\ud7ff"', b'"\xf0\x9f\x98\x80"'],
    ids=str,
)
def test_no_half_of_a_pair(text: bytes) -> None:
    # when / then
    assert not has_lone_surrogate(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"1", 0),
        (b"[]", 1),
        (b'["[[[["]', 1),
        (b'["\\"[[["]', 1),
        (b'["\\\\",[1]]', 2),
        (rb'["\"[\""]', 1),
        (b'["", "[", ""]', 1),
        (b'[{"a":[]},["]",[1]]]', 3),
    ],
    ids=str,
)
def test_max_depth(text: bytes, expected: int) -> None:
    # when / then
    assert max_depth(text) == expected


def test_depth_beyond_the_recursion_limit() -> None:
    # given
    text = b"[" * 100_000 + b'"]"' + b"]" * 100_000

    # when / then
    assert max_depth(text) == 100_000


_HOSTILE: dict[str, bytes] = {
    "backslashes": b'["' + b"\\" * (1 << 20) + b'"]',
    "backslashes, cut": b'["\\ud800' + b"\\" * (1 << 20) + b"\\",
    "halves": b'["' + b"\\ud800" * 170_000 + b'"]',
    "halves, quotes escaped": b'{"a":"' + b'\\"\\udc00' * 130_000 + b'"}',
    "quotes": b'"' * (1 << 20),
    "strings": b"[" + b'"",' * 350_000 + b'"\\ud800"]',
    "open": b"[" * (1 << 20),
    "open objects": b'{"a":' * 200_000,
    "a million keys": b"{" + b",".join(b'"%d":1' % i for i in range(1_000_000)) + b"}",
    "a million keys and a half": b"{" + b",".join(b'"%d":1' % i for i in range(1_000_000)) + b',"a":"\\ud800"}',
    "white space": b"[" + b" " * (1 << 20) + b'"\\ud800"' + b" " * (1 << 20),
}


def _count(text: bytes) -> int:
    return count(text, 1_000)


def _named(text: bytes) -> dict[str, bytes]:
    return members_named(text, {"a"}) if is_json(text) else {}


@pytest.mark.parametrize("text", [b"7", b"null", b'["{"]', b'"{}"'], ids=str)
def test_members_by_name_of_what_is_no_object(text: bytes) -> None:
    # when / then
    with pytest.raises(InvalidJSONError):
        members_named(text, {"a"})


@pytest.mark.parametrize("text", _HOSTILE.values(), ids=_HOSTILE.keys())
def test_hostile_text_takes_linear_time(text: bytes) -> None:
    # given
    def take_apart(function: Callable[[bytes], object]) -> None:
        with contextlib.suppress(InvalidJSONError):
            function(text)

    # when
    begun = time.process_time()
    for function in (elements, members, has_lone_surrogate, max_depth, is_json, _count, _named):
        take_apart(function)

    # then
    assert time.process_time() - begun < 10  # quadratic time would be minutes
