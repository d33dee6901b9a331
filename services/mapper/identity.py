"""Whose record it is, and when the change happened at its source."""

from datetime import datetime

from services.mapper.coercion import NULL, is_integer, text_of
from shared.contract import dates
from shared.contract.codes import Code
from shared.contract.definitions import ObservedAtRule, UserIdRule
from shared.contract.messages import MAX_USER_ID_BYTES

FUTURE_TOLERANCE_US = 5 * 60 * 1_000_000

_QUOTE = ord('"')


def user_id(rule: UserIdRule, raw: bytes | None) -> str | Code:
    """The user ID in the JSON text of a value: a string, or an integer taken as its digits. Total."""
    if raw is None or raw == NULL:
        return Code.MISSING_USER_ID
    text = _text(raw)
    if not isinstance(text, bytes):
        return Code.INVALID_USER_ID
    name = text.decode()
    if rule.trim:
        name = name.strip()
    if rule.lower_case:
        name = name.lower()
    if not name or "\0" in name:
        return Code.INVALID_USER_ID
    # A character has at most 4 bytes, so that most names need not be encoded to be measured.
    if len(name) > MAX_USER_ID_BYTES // 4 and len(name.encode()) > MAX_USER_ID_BYTES:
        return Code.INVALID_USER_ID
    return name


def observed_at(read: dates.Reader, raw: bytes | None, received_at: int) -> int | Code:
    """When the change happened, in microseconds since the Unix epoch; `received_at` where the record does not say.

    A source's clock may be somewhat ahead, but no change is later than its arrival (design, section 5). Total.
    """
    if raw is None or raw == NULL:
        return received_at
    text = _text(raw)
    moment = read(text) if isinstance(text, bytes) else text
    if not isinstance(moment, datetime):  # a day is no time
        return Code.INVALID_OBSERVED_AT
    observed = dates.to_microseconds(moment)
    if observed > received_at + FUTURE_TOLERANCE_US:
        return Code.FUTURE_OBSERVED_AT
    return min(observed, received_at)


def observed_at_reader(rule: ObservedAtRule) -> dates.Reader:
    """How times are read by a rule. Raises `dates.InvalidFormatError`."""
    return dates.reader(rule.date_format, rule.time_zone)


def _text(raw: bytes) -> bytes | Code:
    """The text of a string, the digits of an integer."""
    if raw[0] == _QUOTE:
        return text_of(raw)
    return raw if is_integer(raw) else Code.WRONG_TYPE
