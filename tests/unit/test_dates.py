"""Coercion to Date: what is read, what is stored, what is refused."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.mapper.coercion import coercion
from shared.contract import dates
from shared.contract.codes import Code
from shared.contract.definitions import AttributeType, PropertyMapping


def _coerce(raw: str, date_format: str | None = None, time_zone: str | None = None) -> bytes | Code:
    mapping = PropertyMapping(
        property="p", attribute=1, type=AttributeType.DATE, date_format=date_format, time_zone=time_zone
    )
    return coercion(mapping)(raw.encode())


_ISO_STORES = {
    "day": ('"2024-03-01"', '"2024-03-01"'),
    "leap day": ('"2024-02-29"', '"2024-02-29"'),
    "first year": ('"0001-01-01"', '"0001-01-01"'),
    "last year": ('"9999-12-31"', '"9999-12-31"'),
    "escaped": (r'"2024\u002d03-01"', '"2024-03-01"'),
    "UTC": ('"2024-03-01T10:20:30Z"', '"2024-03-01T10:20:30Z"'),
    "offset": ('"2024-03-01T00:20:30+01:00"', '"2024-02-29T23:20:30Z"'),
    "negative offset": ('"2024-12-31T23:30:00-05:30"', '"2025-01-01T05:00:00Z"'),
    "unknown local offset": ('"2024-03-01T10:20:30-00:00"', '"2024-03-01T10:20:30Z"'),
    "small letters": ('"2024-03-01t10:20:30z"', '"2024-03-01T10:20:30Z"'),
    "a space for the T": ('"2024-03-01 10:20:30Z"', '"2024-03-01T10:20:30Z"'),
    "fraction": ('"2024-03-01T10:20:30.123456Z"', '"2024-03-01T10:20:30.123456Z"'),
    "short fraction": ('"2024-03-01T10:20:30.5Z"', '"2024-03-01T10:20:30.500000Z"'),
    "fraction of zero": ('"2024-03-01T10:20:30.000Z"', '"2024-03-01T10:20:30Z"'),
    "nine digits, the last three zero": ('"2024-03-01T10:20:30.123456000Z"', '"2024-03-01T10:20:30.123456Z"'),
    "year of one digit": ('"0009-03-01T10:20:30Z"', '"0009-03-01T10:20:30Z"'),
    "null clears": ("null", "null"),
}


@pytest.mark.parametrize(("raw", "stored"), _ISO_STORES.values(), ids=_ISO_STORES.keys())
def test_iso_stores(raw: str, stored: str) -> None:
    # when / then
    assert _coerce(raw) == stored.encode()


_ISO_REJECTS = {
    "30 February": ('"2024-02-30"', Code.INVALID_DATE),
    "no leap year": ('"2023-02-29"', Code.INVALID_DATE),
    "month 13": ('"2024-13-01"', Code.INVALID_DATE),
    "year 0": ('"0000-01-01"', Code.INVALID_DATE),
    "short month": ('"2024-3-01"', Code.INVALID_DATE),
    "basic format": ('"20240301"', Code.INVALID_DATE),
    "week date": ('"2024-W09-5"', Code.INVALID_DATE),
    "German": ('"01.03.2024"', Code.INVALID_DATE),
    "American": ('"03/01/2024"', Code.INVALID_DATE),
    "space around": ('" 2024-03-01"', Code.INVALID_DATE),
    "line feed after": (r'"2024-03-01\n"', Code.INVALID_DATE),
    "other digits": ('"\uff12\uff10\uff12\uff14-03-01"', Code.INVALID_DATE),
    "hour 24": ('"2024-03-01T24:00:00Z"', Code.INVALID_DATE),
    "leap second": ('"2016-12-31T23:59:60Z"', Code.INVALID_DATE),
    "no seconds": ('"2024-03-01T10:20Z"', Code.INVALID_DATE),
    "offset without colon": ('"2024-03-01T10:20:30+0100"', Code.INVALID_DATE),
    "offset of 24 hours": ('"2024-03-01T10:20:30+24:00"', Code.INVALID_DATE),
    "offset of 60 minutes": ('"2024-03-01T10:20:30+01:60"', Code.INVALID_DATE),
    "finer than a microsecond": ('"2024-03-01T10:20:30.1234567Z"', Code.INVALID_DATE),
    "before year 1 in UTC": ('"0001-01-01T00:00:00+01:00"', Code.INVALID_DATE),
    "after year 9999 in UTC": ('"9999-12-31T23:59:59-01:00"', Code.INVALID_DATE),
    "no zone": ('"2024-03-01T10:20:30"', Code.MISSING_TIME_ZONE),
    "integer": ("20240301", Code.INVALID_DATE),
    "fraction": ("1.5", Code.INVALID_DATE),
    "exponent": ("1e9", Code.INVALID_DATE),
    "boolean": ("true", Code.WRONG_TYPE),
    "object": ("{}", Code.WRONG_TYPE),
    "array": ("[]", Code.WRONG_TYPE),
    "NUL": (r'"2024-03-01\u0000"', Code.INVALID_DATE),
    "half of a surrogate pair": (r'"\ud800"', Code.LONE_SURROGATE),
    "blank is not empty": ('"  "', Code.INVALID_DATE),
    "empty": ('""', Code.EMPTY_VALUE),
    "30,000 bytes": ('"' + "2" * 30_000 + '"', Code.INVALID_DATE),
}


@pytest.mark.parametrize(("raw", "code"), _ISO_REJECTS.values(), ids=_ISO_REJECTS.keys())
def test_iso_rejects(raw: str, code: Code) -> None:
    # when / then
    assert _coerce(raw) is code


@pytest.mark.parametrize(
    ("date_format", "raw", "expected"),
    [
        ("%d.%m.%Y", '"01.03.2024"', b'"2024-03-01"'),
        ("%d.%m.%Y", '"1.3.2024"', Code.INVALID_DATE),
        ("%d.%m.%Y", '"2024-03-01"', Code.INVALID_DATE),
        ("%Y%m%d", '"19081209"', b'"1908-12-09"'),
        ("%Y%m%d", "19081209", b'"1908-12-09"'),
        ("%Y%m%d", '"1908129"', Code.INVALID_DATE),
        ("%Y%m%d", "1908129", Code.INVALID_DATE),
        ("%Y%m%d", '"19081309"', Code.INVALID_DATE),
        ("%Y%m%d", "-9081209", Code.INVALID_DATE),
        ("%d/%m/%Y %H:%M:%S.%f %z", '"01/03/2024 10:20:30.25 +01:00"', b'"2024-03-01T09:20:30.250000Z"'),
        ("%d/%m/%Y %H:%M:%S.%f %z", '"01/03/2024 10:20:30.25 -0130"', b'"2024-03-01T11:50:30.250000Z"'),
        ("%Y-%m-%d %H:%M", '"2024-03-01 10:20"', Code.MISSING_TIME_ZONE),
        ("%Y.%m.%d", '"2024x03x01"', Code.INVALID_DATE),
        ("%d-Y%m %Y", '"01-Y03 2024"', b'"2024-03-01"'),
        ("%Y.%m%d", '"2024.0301"', b'"2024-03-01"'),
        ("%Y.%m%d", "2024.0301", Code.INVALID_DATE),
        ("100%% %Y年%m月%d", '"100% 2024年03月01"', b'"2024-03-01"'),
        ("epoch_s", "1709288430", b'"2024-03-01T10:20:30Z"'),
        ("epoch_s", '"1709288430"', b'"2024-03-01T10:20:30Z"'),
        ("epoch_s", "-1", b'"1969-12-31T23:59:59Z"'),
        ("epoch_s", "0", b'"1970-01-01T00:00:00Z"'),
        ("epoch_s", '"01709288430"', Code.INVALID_DATE),
        ("epoch_s", '"-0"', Code.INVALID_DATE),
        ("epoch_s", "1709288430.5", Code.INVALID_DATE),
        ("epoch_s", '"2024-03-01"', Code.INVALID_DATE),
        ("epoch_s", "253402300800", Code.INVALID_DATE),
        ("epoch_s", "9" * 5000, Code.INVALID_DATE),
        ("epoch_s", "9" * 18, Code.INVALID_DATE),
        ("epoch_ms", "1709288430123", b'"2024-03-01T10:20:30.123000Z"'),
        ("epoch_ms", "-62135596800001", Code.INVALID_DATE),
    ],
)
def test_named_formats(date_format: str, raw: str, expected: bytes | Code) -> None:
    # when / then
    assert _coerce(raw, date_format) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ('"2024-03-01T10:20:30"', b'"2024-03-01T09:20:30Z"'),
        ('"2024-07-01T10:20:30"', b'"2024-07-01T08:20:30Z"'),
        ('"2024-03-31T02:30:00"', Code.INVALID_DATE),  # the clocks were put forward
        ('"2024-10-27T02:30:00"', b'"2024-10-27T00:30:00Z"'),  # came twice: the first
        ('"2024-03-01T10:20:30Z"', b'"2024-03-01T10:20:30Z"'),
        ('"2024-03-01T10:20:30-08:00"', b'"2024-03-01T18:20:30Z"'),
        ('"2024-03-01"', b'"2024-03-01"'),
        ('"0001-01-01T00:00:00"', Code.INVALID_DATE),
    ],
    ids=str,
)
def test_named_time_zone(raw: str, expected: bytes | Code) -> None:
    # when / then
    assert _coerce(raw, time_zone="Europe/Berlin") == expected


@pytest.mark.parametrize(
    "date_format",
    [
        "",
        "%Y",
        "%Y-%m",
        "%y-%m-%d",
        "%Y-%m-%d %b",
        "%Y-%m-%d %d",
        "%Y-%m-%d%",
        "%Y-%m-%d%z",
        "%Y-%m-%d%f",
        "epoch_us",
        "%Y-%m-%d\0",
        "%Y-%m-%d" + "x" * 57,
    ],
)
def test_formats_that_no_text_can_be_read_by(date_format: str) -> None:
    # when / then
    with pytest.raises(dates.InvalidFormatError):
        dates.reader(date_format, None)


@pytest.mark.parametrize("time_zone", ["", "Mars/Olympus", "../etc/passwd", "/etc/passwd", "a" * 300, "nul\0"])
def test_time_zones_that_do_not_exist(time_zone: str) -> None:
    # when / then
    with pytest.raises(dates.InvalidFormatError):
        dates.reader(None, time_zone)


@given(st.dates())
def test_days_print_back(day: date) -> None:
    # given
    raw = f'"{day.isoformat()}"'

    # when / then
    assert _coerce(raw) == raw.encode()


@given(st.datetimes(timezones=st.timezones()))
def test_instants_keep_their_time(moment: datetime) -> None:
    # given
    text = moment.isoformat()
    offset = moment.utcoffset()
    in_minutes = offset is not None and offset.seconds % 60 == 0 and offset.microseconds == 0

    # when
    stored = _coerce(f'"{text}"')

    # then
    if isinstance(stored, Code):
        assert stored is Code.INVALID_DATE
        assert not in_minutes or moment.year in {1, 9999}
    else:
        assert datetime.fromisoformat(stored.decode().strip('"')) == moment.astimezone(UTC)


def test_microseconds_before_the_epoch() -> None:
    # when / then
    assert dates.to_microseconds(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)) == -1
