"""JSON text taken apart without reading it: the elements of an array, the members of an object, each as its own bytes.

msgspec checks the grammar of RFC 8259 while it splits, but refuses escapes that are half of a surrogate pair. RFC 8259
(section 8.2) allows them, and one record's half must not sink its batch: such text is split along a copy of the same
length in which the halves are replaced. Whether the bytes are UTF-8 is the caller's to check. All functions take
linear time, whatever the text.
"""

import json
import re
from collections.abc import Container, Iterator
from itertools import accumulate, islice
from typing import TypeVar

import msgspec

_Parts = TypeVar("_Parts", list[msgspec.Raw], dict[str, msgspec.Raw])

_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ANY = msgspec.json.Decoder(msgspec.Raw)

# Possessive (`++`, `*+`) throughout, and every alternative but the half itself always gets ahead: no backtracking.
_HALF = rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
_PAIR = rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_NO_HALVES = rb"(?:[^\\]++|" + _PAIR + rb"|(?!" + _HALF + rb")\\[\s\S]?)*+"
_UP_TO_HALF = re.compile(rb"(" + _NO_HALVES + rb")(?:" + _HALF + rb"|\Z)")
_PLACEHOLDER = b"\\u0000"
_MAYBE_HALF = re.compile(rb"\\u[dD][89a-fA-F]")

_STRING = re.compile(rb'"(?:[^"\\]++|\\[\s\S])*+"')
_KEY = re.compile(rb'[ \t\n\r,]*+("(?:[^"\\]++|\\[\s\S])*+")[ \t\n\r]*+:[ \t\n\r]*+')
_OPENING = re.compile(rb"[ \t\n\r]*+\{")
_SCALAR = re.compile(rb'"(?:[^"\\]++|\\[\s\S])*+"|[^\[{ \t\n\r,\]}]++')
_FLAT = rb'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\[\s\S])*+")*+'
# To the next bracket, past the strings and past what holds no brackets itself.
_TO_BRACKET = re.compile(_FLAT + rb"(?:[\[{]" + _FLAT + rb"[\]}]" + _FLAT + rb")*+([\[\]{}])")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_NO_COMMAS = bytes(set(_NO_BRACKETS) - set(b","))
# What each byte does to the depth: as a signed byte, 255 is a step down.
_STEPS = bytes({"[": 1, "{": 1, "]": 255, "}": 255}.get(chr(byte), 0) for byte in range(256))
_COMMA, _BACKSLASH = b",\\"


class InvalidJSONError(Exception):
    """The text is not JSON, not of the kind asked for, or nested hundreds of levels deep."""


def elements(array: bytes) -> list[bytes]:
    """The elements of an array, each as it was sent, without the white space around it. Raises `InvalidJSONError`."""
    if has_lone_surrogate(array):
        return _elements_with_halves(array)
    return list(map(bytes, _decode(_ARRAY, array)))


def members(json_object: bytes) -> dict[str, bytes]:
    """The members of an object, each value as it was sent; of duplicate keys the last counts.

    A key may hold half of a surrogate pair. Raises `InvalidJSONError`.
    """
    if has_lone_surrogate(json_object):
        if not is_json(json_object):
            raise InvalidJSONError("not JSON")
        return dict(_walk(json_object))
    return {key: bytes(value) for key, value in _decode(_OBJECT, json_object).items()}


def members_named(json_object: bytes, names: Container[str]) -> dict[str, bytes]:
    """As `members`, those of these names only, of text that `is_json`: however many others there are takes no space."""
    return {key: value for key, value in _walk(json_object) if key in names}


def count(array: bytes, most: int) -> int:
    """How many elements an array of JSON text has, counted up to `most` + 1, without any being made.

    What is not an array may give any number.
    """
    if not array[1:-1].strip(b" \t\n\r"):
        return 0
    text = _outside_strings(array, _NO_COMMAS)
    commas = (byte == _COMMA and depth == 1 for byte, depth in zip(text, _depths(text), strict=True))
    return 1 + sum(islice(filter(None, commas), most))


def is_json(text: bytes) -> bool:
    """Whether the text is JSON, and nested less than hundreds of levels deep; halves of surrogate pairs are."""
    try:
        _ANY.decode(_without_halves(text) if has_lone_surrogate(text) else text)
    except (RecursionError, msgspec.MsgspecError):
        return False
    return True


def has_lone_surrogate(text: bytes) -> bool:
    r"""Whether an escape in JSON text is half of a surrogate pair: `\ud83d` alone, but not `\ud83d\ude00`."""
    if b"\\u" not in text or not _MAYBE_HALF.search(text):
        return False
    match = _UP_TO_HALF.match(text)
    return match is not None and len(match[1]) < len(text)


def max_depth(text: bytes) -> int:
    """How many arrays and objects of JSON text lie within each other at most; brackets in strings do not count.

    Of text that is not JSON the answer says nothing.
    """
    return max(_depths(_outside_strings(text, _NO_BRACKETS)), default=0)


def _depths(text: bytes) -> "accumulate[int]":
    """The depth after each byte."""
    return accumulate(memoryview(text.translate(_STEPS)).cast("b"))


def _outside_strings(text: bytes, dropped: bytes) -> bytes:
    """What is left of JSON text without its strings and without the bytes in `dropped`.

    Where no string holds an escaped quote or a byte that stays, quotes meet in pairs once all but those bytes and
    quotes is gone, and nothing need be matched string by string.
    """
    if b'\\"' not in text:
        bare = text.translate(None, dropped.replace(b'"', b"")).replace(b'""', b"")
        if b'"' not in bare:
            return bare
    return _STRING.sub(b"", text).translate(None, dropped)


def _elements_with_halves(array: bytes) -> list[bytes]:
    found = []
    position = array.find(b"[") + 1
    for element in _decode(_ARRAY, _without_halves(array)):
        view = memoryview(element)
        start = array.index(view[:1], position)  # only white space and a comma can lie in between
        position = start + len(view)
        found.append(array[start:position])
    return found


def _walk(json_object: bytes) -> Iterator[tuple[str, bytes]]:
    """The members of an object one by one, of text that is JSON."""
    start = _OPENING.match(json_object)
    if start is None:
        raise InvalidJSONError("not an object")
    position = start.end()
    while member := _KEY.match(json_object, position):
        position = _end_of_value(json_object, member.end())
        yield _key(member[1]), json_object[member.end() : position]


def _key(quoted: bytes) -> str:
    return str(json.loads(quoted)) if _BACKSLASH in quoted else quoted[1:-1].decode()


def _end_of_value(text: bytes, start: int) -> int:
    """Where the value ends that starts there, of text that is JSON. Nothing is made of what lies in it."""
    scalar = _SCALAR.match(text, start)
    if scalar is not None:
        return scalar.end()
    depth, position = 1, start + 1
    while depth > 0 and (bracket := _TO_BRACKET.match(text, position)):
        depth += 1 if bracket[1] in {b"[", b"{"} else -1
        position = bracket.end()
    return position


def _without_halves(text: bytes) -> bytes:
    return _UP_TO_HALF.sub(lambda found: found[1] + _PLACEHOLDER * (found.end() > found.end(1)), text)


def _decode(decoder: "msgspec.json.Decoder[_Parts]", text: bytes) -> _Parts:
    try:
        return decoder.decode(text)
    except RecursionError as error:
        raise InvalidJSONError("nested too deep") from error
    except msgspec.MsgspecError as error:
        raise InvalidJSONError(str(error)) from error
