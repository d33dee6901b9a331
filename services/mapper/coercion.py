"""Coercion: one value of a payload, as the JSON text it was sent as, to the JSON text that is stored.

Pure, total and loud (design, section 4): every JSON value gives a value or a code. Numbers never pass through float or
int(): their digits are stored as they were sent.
"""

import re
from collections.abc import Callable
from functools import lru_cache

import msgspec

from shared.contract import dates
from shared.contract.codes import Code
from shared.contract.definitions import AttributeType, OnEmpty, PropertyMapping

MAX_TEXT_BYTES = 4096
MAX_DIGITS = 1000
MAX_EXPONENT = 1000
NULL = b"null"
IGNORED = b""

Coercion = Callable[[bytes], bytes | Code]
"""From the JSON text of one value to what is stored (a JSON string, number or null), to `IGNORED`, or to a code."""

# Bytes are looked for by their number: `b"x" in text` takes five times as long as `120 in text`.
_DAY_LENGTH = len('"YYYY-MM-DD"')
_QUOTE, _BACKSLASH, _SMALL_E, _LARGE_E = b'"\\eE'
_DIGITS = frozenset(b"-0123456789")
_NUMBER = re.compile(rb"(-?)(0*+)([0-9]*+)((?:\.[0-9]++)?)(?:[eE]([+-]?)([0-9]++))?")
_INTEGER = re.compile(rb"-?[0-9]+")
_TEXT = msgspec.json.Decoder(str)
_EMPTY: dict[OnEmpty, bytes | Code] = {
    OnEmpty.REJECT: Code.EMPTY_VALUE,
    OnEmpty.KEEP: Code.EMPTY_VALUE,  # only a String can be kept empty
    OnEmpty.CLEAR: NULL,
    OnEmpty.IGNORE: IGNORED,
}


def coercion(mapping: PropertyMapping) -> Coercion:
    """The coercion that a mapping asks for. Raises `dates.InvalidFormatError`."""
    empty = _EMPTY[mapping.on_empty]
    match mapping.type:
        case AttributeType.STRING:
            return _to_string(b'""' if mapping.on_empty is OnEmpty.KEEP else empty)
        case AttributeType.NUMBER:
            return _to_number(empty)
        case AttributeType.DATE:
            read = dates.reader(mapping.date_format, mapping.time_zone)
            return _to_day_or_instant(_to_date(empty, read)) if mapping.date_format is None else _to_date(empty, read)


def text_of(raw: bytes) -> bytes | Code:
    """The text of a JSON string, without quotes and escapes, in UTF-8."""
    if _BACKSLASH not in raw:
        return raw[1:-1]
    try:
        return _TEXT.decode(raw).encode()
    except msgspec.DecodeError:
        return Code.LONE_SURROGATE


def is_integer(raw: bytes) -> bool:
    """Whether JSON text is a number without fraction and exponent."""
    return raw.isdigit() or _INTEGER.fullmatch(raw) is not None


def _to_string(empty: bytes | Code) -> Coercion:
    def coerce(raw: bytes) -> bytes | Code:
        if raw[0] == _QUOTE:
            if _BACKSLASH in raw:
                return _escaped_string(raw)
            if len(raw) > MAX_TEXT_BYTES + 2:
                return Code.TOO_LONG
            return raw if len(raw) > 2 else empty
        if raw[0] in _DIGITS:
            return b'"%b"' % raw if len(raw) <= MAX_TEXT_BYTES else Code.TOO_LONG
        if raw in {b"true", b"false"}:
            return b'"%b"' % raw
        return NULL if raw == NULL else Code.WRONG_TYPE

    return coerce


def _escaped_string(raw: bytes) -> bytes | Code:
    text = text_of(raw)
    if isinstance(text, Code):
        return text
    if b"\0" in text:
        return Code.CONTAINS_NUL
    return msgspec.json.encode(text.decode()) if len(text) <= MAX_TEXT_BYTES else Code.TOO_LONG


def _to_number(empty: bytes | Code) -> Coercion:
    def coerce(raw: bytes) -> bytes | Code:
        if raw[0] in _DIGITS:
            if len(raw) <= MAX_DIGITS and (raw.isdigit() or (_SMALL_E not in raw and _LARGE_E not in raw)):
                return raw
            return _number(raw)
        if raw[0] == _QUOTE:
            text = text_of(raw)
            if isinstance(text, Code):
                return text
            return _number(text.strip()) if text else empty
        return NULL if raw == NULL else Code.WRONG_TYPE

    return coerce


def _number(text: bytes) -> bytes | Code:
    """A number in JSON's grammar, leading zeros apart; its size is checked on the text, before anything expands it."""
    found = _NUMBER.fullmatch(text)
    if found is None or not (found[2] or found[3]):
        return Code.INVALID_NUMBER
    sign, _, integer, fraction, exponent_sign, exponent = found.groups()
    if len(integer) + len(fraction) > MAX_DIGITS + bool(fraction):  # a fraction has its point
        return Code.NUMBER_OUT_OF_RANGE
    number = sign + (integer or b"0") + fraction
    if exponent is None:
        return number
    significant = exponent.lstrip(b"0") or b"0"
    if len(significant) > len(str(MAX_EXPONENT)) or int(significant) > MAX_EXPONENT:
        return Code.NUMBER_OUT_OF_RANGE
    return b"%be%b%b" % (number, exponent_sign, significant)


def _to_date(empty: bytes | Code, read: dates.Reader) -> Coercion:
    def coerce(raw: bytes) -> bytes | Code:
        if raw == b'""':
            return empty
        # Longer text is no date, and has no place among the dates remembered.
        return _remembered_date(read, raw) if len(raw) <= dates.MAX_BYTES else _date(read, raw)

    return coerce


def _to_day_or_instant(otherwise: Coercion) -> Coercion:
    """ISO dates are days nearly always, and a day that exists is stored as it was sent."""

    def coerce(raw: bytes) -> bytes | Code:
        return raw if len(raw) == _DAY_LENGTH and dates.is_day(raw[1:-1]) else otherwise(raw)

    return coerce


def _date(read: dates.Reader, raw: bytes) -> bytes | Code:
    if raw[0] == _QUOTE:
        text = text_of(raw)
        return text if isinstance(text, Code) else dates.to_json(read(text))
    if raw[0] in _DIGITS:
        return dates.to_json(read(raw)) if is_integer(raw) else Code.INVALID_DATE
    return NULL if raw == NULL else Code.WRONG_TYPE


_remembered_date = lru_cache(maxsize=8192)(_date)  # the same few thousand days come again and again
