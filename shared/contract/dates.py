"""Dates as text: a calendar day or an instant, read strictly, so that a date means the same printed back.

Read are `YYYY-MM-DD` and date-times of RFC 3339 (section 5.6), or one format that the integration names.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache, partial
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.contract.codes import Code

MAX_BYTES = 255
MAX_FORMAT_LENGTH = 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DASH = ord("-")
_MICROSECOND = timedelta(microseconds=1)
_EPOCH_UNITS = {"epoch_s": timedelta(seconds=1), "epoch_ms": timedelta(milliseconds=1)}
_INTEGER = re.compile(rb"0|-?[1-9][0-9]{0,17}")

_FIELDS = {
    "Y": rb"(?P<Y>[0-9]{4})",
    "m": rb"(?P<m>[0-9]{2})",
    "d": rb"(?P<d>[0-9]{2})",
    "H": rb"(?P<H>[0-9]{2})",
    "M": rb"(?P<M>[0-9]{2})",
    "S": rb"(?P<S>[0-9]{2})",
    "f": rb"(?P<f>[0-9]+)",
    "z": rb"(?P<z>[Zz]|[+-][0-9]{2}:?[0-9]{2})",
}
_RFC_3339 = re.compile(
    rb"%(Y)b-%(m)b-%(d)b(?:[Tt ]%(H)b:%(M)b:%(S)b(?:\.%(f)b)?(?P<z>[Zz]|[+-][0-9]{2}:[0-9]{2})?)?"
    % {key.encode(): field for key, field in _FIELDS.items()}
)

Reader = Callable[[bytes], date | datetime | Code]
"""From text to a day, or to an instant in UTC, or to the code of what is wrong with it. Total."""


class InvalidFormatError(Exception):
    """A date format or a time zone that no text can be read by."""


@lru_cache(maxsize=256)
def reader(date_format: str | None, time_zone: str | None) -> Reader:
    """A reader of ISO dates, or of one `date_format`. Raises `InvalidFormatError`.

    `date_format` is `epoch_s`, `epoch_ms` or made of %Y %m %d %H %M %S %f %z (and %%), each in its full width; without
    %H, %M and %S it is a day. `time_zone` (IANA name) is taken for times that carry none.
    """
    if date_format in _EPOCH_UNITS:
        return partial(_read_epoch, _EPOCH_UNITS[date_format])
    pattern = _RFC_3339 if date_format is None else _pattern(date_format)
    return partial(_read_fields, pattern, None if time_zone is None else _zone(time_zone))


def is_day(text: bytes) -> bool:
    """Whether ten bytes are `YYYY-MM-DD` of a day that exists."""
    try:
        date.fromisoformat(text.decode("ascii"))
    except ValueError:
        return False
    return text[7] == _DASH  # not a week date, YYYY-Www-D, which Python reads as well


def to_json(moment: date | datetime | Code) -> bytes | Code:
    """What was read, as a JSON string: `YYYY-MM-DD`, or the instant as `YYYY-MM-DDTHH:MM:SS[.ffffff]Z`."""
    if isinstance(moment, Code):
        return moment
    if isinstance(moment, datetime):
        return b'"%bZ"' % moment.replace(tzinfo=None).isoformat().encode()
    return b'"%b"' % moment.isoformat().encode()


def to_microseconds(instant: datetime) -> int:
    """Microseconds since the Unix epoch."""
    return (instant - _EPOCH) // _MICROSECOND


def _pattern(date_format: str) -> re.Pattern[bytes]:
    if len(date_format) > MAX_FORMAT_LENGTH or "\0" in date_format:  # NUL fits no database text
        raise InvalidFormatError(f"longer than {MAX_FORMAT_LENGTH} characters, or with NUL")
    seen = re.findall(r"%(.?)", date_format)
    fields = [letter for letter in seen if letter != "%"]
    if not {"Y", "m", "d"} <= set(fields) <= set(_FIELDS) or len(fields) != len(set(fields)):
        raise InvalidFormatError(f"unknown, missing or repeated directive in {date_format!r}")
    if {"f", "z"} & set(fields) and not {"H", "M", "S"} & set(fields):
        raise InvalidFormatError(f"a day has no fraction of a second and no zone: {date_format!r}")
    parts = re.split(r"(%.)", date_format)
    return re.compile(b"".join(map(_part, parts)))


def _part(part: str) -> bytes:
    """A directive, or text that stands for itself."""
    if part.startswith("%") and part != "%%":
        return _FIELDS[part[1:]]
    return re.escape(part.replace("%%", "%").encode())


def _zone(time_zone: str) -> ZoneInfo:
    try:
        return ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidFormatError(f"unknown time zone {time_zone!r}") from error


def _read_epoch(unit: timedelta, text: bytes) -> datetime | Code:
    if not _INTEGER.fullmatch(text):
        return Code.INVALID_DATE
    try:
        return _EPOCH + int(text) * unit
    except OverflowError:
        return Code.INVALID_DATE


def _read_fields(pattern: re.Pattern[bytes], zone: tzinfo | None, text: bytes) -> date | datetime | Code:
    found = pattern.fullmatch(text) if len(text) <= MAX_BYTES else None
    if found is None:
        return Code.INVALID_DATE
    fields = found.groupdict()
    try:
        day = date(int(fields["Y"]), int(fields["m"]), int(fields["d"]))
        if not (fields.get("H") or fields.get("M") or fields.get("S")):
            return day
        return _instant(day, fields, zone)
    except (ValueError, OverflowError):
        return Code.INVALID_DATE


def _instant(day: date, fields: dict[str, bytes | None], zone: tzinfo | None) -> datetime | Code:
    """Raises `ValueError` or `OverflowError` where there is no such time."""
    hour, minute, second = (int(fields.get(name) or 0) for name in "HMS")
    clock = time(hour, minute, second, _microsecond(fields.get("f") or b"0"))
    offset = fields.get("z")
    zone = zone if offset is None else _offset(offset)
    if zone is None:
        return Code.MISSING_TIME_ZONE
    local = datetime.combine(day, clock, zone)  # of a time that comes twice, the first
    instant = local.astimezone(UTC)
    if instant.astimezone(zone) != local:
        raise ValueError("the clocks were put forward over this time")
    return instant


def _microsecond(fraction: bytes) -> int:
    if fraction[6:].strip(b"0"):
        raise ValueError("finer than a microsecond, which could not be kept")
    return int(fraction[:6].ljust(6, b"0"))


def _offset(text: bytes) -> timezone:
    if text in b"Zz":
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    if minutes > 59:
        raise ValueError("an hour has 60 minutes")
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[:1] == b"-" else offset)
