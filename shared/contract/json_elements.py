"""JSON text taken apart without reading it: the elements of an array, the members of an object, each as its own bytes.

msgspec checks the grammar of RFC 8259 while it splits, but refuses escapes that are half of a surrogate pair. RFC 8259
(section 8.2) allows them, and one record's half must not sink its batch: such text is split along a copy of the same
length in which the halves are replaced. Whether the bytes are UTF-8 is the caller's to check. All functions take
linear time, whatever the text.
"""

import json
import re
from itertools import accumulate
from typing import TypeVar

import msgspec

_Parts = TypeVar("_Parts", list[msgspec.Raw], dict[str, msgspec.Raw])

_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_VALUES = json.JSONDecoder(parse_int=str, parse_float=str)  # numbers stay text: int() refuses 5,000 digits

# Possessive (`++`, `*+`) throughout, and every alternative but the half itself always gets ahead: no backtracking.
_HALF = rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
_PAIR = rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_NO_HALVES = rb"(?:[^\\]++|" + _PAIR + rb"|(?!" + _HALF + rb")\\[\s\S]?)*+"
_UP_TO_HALF = re.compile(rb"(" + _NO_HALVES + rb")(?:" + _HALF + rb"|\Z)")
_PLACEHOLDER = b"\\u0000"
_MAYBE_HALF = re.compile(rb"\\u[dD][89a-fA-F]")

_STRING = re.compile(rb'"(?:[^"\\]++|\\[\s\S])*+"')
_MEMBER = re.compile(rb'[ \t\n\r,]*+("(?:[^"\\]++|\\[\s\S])*+")[ \t\n\r]*+:[ \t\n\r]*+')
_TO_SQUARE = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_NO_BRACKETS_NOR_QUOTES = bytes(set(_NO_BRACKETS) - set(b'"'))
_STEP = {ord("["): 1, ord("]"): -1}


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
        return _members_with_halves(json_object)
    return {key: bytes(value) for key, value in _decode(_OBJECT, json_object).items()}


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
    brackets = _brackets(text).translate(_TO_SQUARE)
    return max(accumulate(map(_STEP.__getitem__, brackets)), default=0)


def _brackets(text: bytes) -> bytes:
    """The brackets outside strings.

    Where no string holds an escaped quote or a bracket, quotes meet in pairs once all but brackets and quotes is gone,
    and nothing need be matched string by string.
    """
    if b'\\"' not in text:
        bare = text.translate(None, _NO_BRACKETS_NOR_QUOTES).replace(b'""', b"")
        if b'"' not in bare:
            return bare
    return _STRING.sub(b"", text).translate(None, _NO_BRACKETS)


def _elements_with_halves(array: bytes) -> list[bytes]:
    found = []
    position = array.find(b"[") + 1
    for element in _decode(_ARRAY, _without_halves(array)):
        view = memoryview(element)
        start = array.index(view[:1], position)  # only white space and a comma can lie in between
        position = start + len(view)
        found.append(array[start:position])
    return found


def _members_with_halves(json_object: bytes) -> dict[str, bytes]:
    _decode(_OBJECT, _without_halves(json_object))
    found = {}
    text = json_object.decode("latin-1")  # a character is a byte, so that places in the text are places in the bytes
    position = json_object.find(b"{") + 1
    while member := _MEMBER.match(json_object, position):
        position = _end_of_value(text, member.end())
        found[str(json.loads(member[1]))] = json_object[member.end() : position]
    return found


def _without_halves(text: bytes) -> bytes:
    return _UP_TO_HALF.sub(lambda found: found[1] + _PLACEHOLDER * (found.end() > found.end(1)), text)


def _end_of_value(text: str, start: int) -> int:
    try:
        return _VALUES.raw_decode(text, start)[1]
    except RecursionError as error:
        raise InvalidJSONError("nested too deep") from error


def _decode(decoder: "msgspec.json.Decoder[_Parts]", text: bytes) -> _Parts:
    try:
        return decoder.decode(text)
    except RecursionError as error:
        raise InvalidJSONError("nested too deep") from error
    except msgspec.MsgspecError as error:
        raise InvalidJSONError(str(error)) from error
