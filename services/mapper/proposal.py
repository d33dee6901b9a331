"""What a mapping of sample records could be: each property with a type that all its values fit, and the user ID.

Pure. A proposal is for an admin to look at: it prefers what loses nothing, so that digits which may be a name (a
postcode with its leading zero, an account number) stay a String.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from services.mapper.coercion import NULL, coercion, text_of
from services.mapper.identity import user_id
from shared.contract.codes import Code
from shared.contract.definitions import AttributeType, PropertyMapping, UserIdRule
from shared.contract.json_elements import InvalidJSONError, members

MAX_PROPERTIES = 200
MAX_EXAMPLES = 3
MAX_EXAMPLE_LENGTH = 64
MAX_DEPTH = 8
_MAX_DIGITS = 15  # what is longer is a name more often than a quantity

# Tried in this order; what fits all values counts.
_DATES: tuple[tuple[str | None, str | None], ...] = (
    (None, None),
    (None, "UTC"),
    ("%d.%m.%Y", None),
    ("%d/%m/%Y", None),
    ("%m/%d/%Y", None),
)
_COMPACT_DATES: tuple[tuple[str | None, str | None], ...] = (("%Y%m%d", None), ("epoch_s", None), ("epoch_ms", None))
_SOUNDS_LIKE_A_TIME = re.compile(r"([Dd]ate|[Tt]ime|[Ss]tamp|_at|_ts|_on|At|On)$")
_EPOCH_S = re.compile(rb"[1-3][0-9]{9}")  # 2001 to 2096
_EPOCH_MS = re.compile(rb"[1-3][0-9]{12}")
_DAY = re.compile(rb"(19|20)[0-9]{6}")
_USER_IDS = (
    "userid",
    "user",
    "enduserid",
    "uid",
    "id",
    "externalid",
    "employeeid",
    "email",
    "mail",
    "login",
)


class Proposal(msgspec.Struct, frozen=True):
    """A property and how it could be read; `type` None is of arrays, which no attribute takes."""

    property: str
    type: AttributeType | None
    date_format: str | None
    time_zone: str | None
    seen: int
    examples: tuple[str, ...]


def proposals(elements: Iterable[bytes]) -> list[Proposal]:
    """A proposal for each property of the records, in the order in which they appear; objects are looked into."""
    found: dict[str, list[bytes]] = {}
    for element in elements:
        for name, value in _values(element, "", MAX_DEPTH):
            if name in found or len(found) < MAX_PROPERTIES:
                found.setdefault(name, []).append(value)
    return [_proposal(name, values) for name, values in found.items()]


def user_id_property(elements: Sequence[bytes]) -> str | None:
    """The property that looks like the user ID: of a name that is usual for it, a valid one in every record."""
    records = [record for element in elements if (record := _members(element))]
    candidates = {re.sub("[^a-z]", "", name.lower()): name for record in records for name in record}
    for usual in _USER_IDS:
        name = candidates.get(usual)
        if name is not None and all(_is_user_id(name, record) for record in records):
            return name
    return None


def _is_user_id(name: str, record: Mapping[str, bytes]) -> bool:
    return not isinstance(user_id(UserIdRule(property=name), record.get(name)), Code)


def _values(element: bytes, prefix: str, depth: int) -> Iterator[tuple[str, bytes]]:
    """Names and values of a record; within objects the names are dotted paths."""
    for name, value in _members(element).items():
        if prefix and "." in name:
            continue  # no path leads there
        if value.startswith(b"{") and depth > 1 and name:
            yield from _values(value, f"{prefix}{name}.", depth - 1)
        elif name and "\0" not in name:
            yield prefix + name, value


def _members(element: bytes) -> dict[str, bytes]:
    try:
        return members(element)
    except InvalidJSONError:
        return {}


def _proposal(name: str, values: Sequence[bytes]) -> Proposal:
    telling = [value for value in values if value not in (NULL, b'""')]
    if any(value.startswith((b"[", b"{")) for value in telling):
        kind, date_format, time_zone = None, None, None
    else:
        kind, date_format, time_zone = _read_as(name, telling)
    examples = tuple(dict.fromkeys(map(_example, telling)))[:MAX_EXAMPLES]
    return Proposal(name, kind, date_format, time_zone, len(values), examples)


def _read_as(name: str, values: Sequence[bytes]) -> tuple[AttributeType, str | None, str | None]:
    if not values:
        return AttributeType.STRING, None, None
    for date_format, time_zone in (*_compact_dates(name, values), *_DATES):
        if _fits(values, AttributeType.DATE, date_format, time_zone):
            return AttributeType.DATE, date_format, time_zone
    if _fits(values, AttributeType.NUMBER) and not any(map(_may_be_a_name, values)):
        return AttributeType.NUMBER, None, None
    return AttributeType.STRING, None, None


def _compact_dates(name: str, values: Sequence[bytes]) -> Iterator[tuple[str | None, str | None]]:
    """Digits alone are a date only where the property's name says so and they mean one of our time."""
    if not _SOUNDS_LIKE_A_TIME.search(name):
        return
    digits = [value.strip(b'"') for value in values]
    for pattern, candidate in zip((_DAY, _EPOCH_S, _EPOCH_MS), _COMPACT_DATES, strict=True):
        if all(pattern.fullmatch(each) for each in digits):
            yield candidate


def _fits(
    values: Sequence[bytes], kind: AttributeType, date_format: str | None = None, time_zone: str | None = None
) -> bool:
    mapping = PropertyMapping(property="p", attribute=1, type=kind, date_format=date_format, time_zone=time_zone)
    coerce = coercion(mapping)
    return all(not isinstance(coerce(value), Code) for value in values)


def _may_be_a_name(value: bytes) -> bool:
    digits = value.strip(b'"').strip().lstrip(b"-")
    leading_zero = len(digits) > 1 and digits.startswith(b"0") and digits[1:2].isdigit()
    return value.startswith(b'"') and (leading_zero or len(digits) > _MAX_DIGITS)


def _example(value: bytes) -> str:
    text = text_of(value) if value.startswith(b'"') else value
    shown = "" if isinstance(text, Code) else text.decode(errors="replace")
    shown = "".join(character if character.isprintable() else "\ufffd" for character in shown)
    return shown if len(shown) <= MAX_EXAMPLE_LENGTH else shown[: MAX_EXAMPLE_LENGTH - 1] + "…"
