"""What a body must be answered with, found out by the standard library: a second opinion beside Inlet's own reader."""

import json
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

MAX_DEPTH = 64
MAX_RECORDS = 1_000
MAX_BODY_BYTES = 1024 * 1024
MAX_INFLATED_BYTES = 4 * 1024 * 1024


class _Object(list[tuple[str, Any]]):
    """The members of an object, repeated ones too."""


class _Number(str):
    """A number as it was sent: int() refuses very many digits."""

    __slots__ = ()


class Reading(NamedTuple):
    """The status that a body deserves, how many records it holds, and which good ones are intact among them."""

    status: int
    records: int = 0
    good: frozenset[int] = frozenset()


def good_user(number: int) -> str:
    """The user of a good record; with a checksum, so that no mutation makes one of another."""
    return f"good-{number}-{zlib.crc32(b'%d' % number):08x}"


def good_record(number: int) -> bytes:
    """The text of a good record: its user has as many seats as its number says."""
    return json.dumps({"userId": good_user(number), "seats": number}).encode()


def read(body: bytes, states: Mapping[str, int]) -> Reading:
    """`states` has the status that each integration token is answered with."""
    if len(body) > MAX_INFLATED_BYTES:
        return Reading(413)
    try:
        parsed = json.loads(
            body.decode(), parse_constant=_refuse, parse_int=_Number, parse_float=_Number, object_pairs_hook=_Object
        )
    except (ValueError, RecursionError):
        return Reading(400)
    if not isinstance(parsed, _Object) or _is_deep(parsed):
        return Reading(400)
    members = dict(parsed)
    token, data = members.get("token"), members.get("data")
    if type(token) is not str or type(data) is not list or not data:
        return Reading(400)
    if len(data) > MAX_RECORDS:
        return Reading(413)
    return Reading(states.get(token, 403), len(data), frozenset(_good(data)))


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _is_deep(parsed: Any) -> bool:
    level, depth = [parsed], 0
    while level := [each for each in level if isinstance(each, list)]:
        depth += 1
        level = [inner for each in level for inner in _inside(each)]
    return depth > MAX_DEPTH


def _inside(value: list[Any]) -> list[Any]:
    return [member for _, member in value] if isinstance(value, _Object) else value


def _good(data: list[Any]) -> list[int]:
    """The numbers of the good records."""
    found = []
    for each in data:
        if isinstance(each, _Object) and [key for key, _ in each] == ["userId", "seats"]:
            user, seats = each[0][1], each[1][1]
            if isinstance(seats, _Number) and seats.isdecimal() and user == good_user(int(seats)):
                found.append(int(seats))
    return found
