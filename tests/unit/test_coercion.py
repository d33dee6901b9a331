"""Coercion to String and Number, cell by cell of the design's table of types, and that it is total."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.mapper.coercion import IGNORED, coercion
from shared.contract.codes import Code
from shared.contract.definitions import AttributeType, OnEmpty, PropertyMapping


def _coerce(kind: AttributeType, raw: str | bytes, on_empty: OnEmpty = OnEmpty.REJECT) -> bytes | Code:
    mapping = PropertyMapping(property="p", attribute=1, type=kind, on_empty=on_empty)
    return coercion(mapping)(raw.encode() if isinstance(raw, str) else raw)


_STRING_STORES = {
    "text": ('"Sales"', '"Sales"'),
    "text beyond ASCII": ('"Köln 😀"', '"Köln 😀"'),
    "escapes": (r'"a\u00e4\ud83d\ude00\n\"\/"', '"aä😀\\n\\"/"'),
    "white space is text": ('"  "', '"  "'),
    "leading zeros": ('"0042"', '"0042"'),
    "number": ("12", '"12"'),
    "number as its text was sent": ("1.50", '"1.50"'),
    "minus zero": ("-0", '"-0"'),
    "exponent": ("1E+400", '"1E+400"'),
    "number of 4,096 digits": ("9" * 4096, '"' + "9" * 4096 + '"'),
    "true": ("true", '"true"'),
    "false": ("false", '"false"'),
    "null clears": ("null", "null"),
    "4,096 bytes": ('"' + "x" * 4096 + '"', '"' + "x" * 4096 + '"'),
    "4,096 bytes, escaped": ('"' + "\\u00e4" * 2048 + '"', '"' + "ä" * 2048 + '"'),
}


@pytest.mark.parametrize(("raw", "stored"), _STRING_STORES.values(), ids=_STRING_STORES.keys())
def test_string_stores(raw: str, stored: str) -> None:
    # when / then
    assert _coerce(AttributeType.STRING, raw) == stored.encode()


_STRING_REJECTS = {
    "object": ('{"a":1}', Code.WRONG_TYPE),
    "array": ('["a"]', Code.WRONG_TYPE),
    "NUL": (r'"a\u0000b"', Code.CONTAINS_NUL),
    "4,097 bytes": ('"' + "x" * 4097 + '"', Code.TOO_LONG),
    "4,098 bytes of 2,049 characters": ('"' + "ä" * 2049 + '"', Code.TOO_LONG),
    "4,098 bytes, escaped": ('"' + "\\u00e4" * 2049 + '"', Code.TOO_LONG),
    "number of 4,097 digits": ("9" * 4097, Code.TOO_LONG),
    "half of a surrogate pair": (r'"\ud800"', Code.LONE_SURROGATE),
    "empty": ('""', Code.EMPTY_VALUE),
}


@pytest.mark.parametrize(("raw", "code"), _STRING_REJECTS.values(), ids=_STRING_REJECTS.keys())
def test_string_rejects(raw: str, code: Code) -> None:
    # when / then
    assert _coerce(AttributeType.STRING, raw) is code


_NUMBER_STORES = {
    "integer": ("12", "12"),
    "negative": ("-3", "-3"),
    "trailing zeros are kept": ("1.50", "1.50"),
    "never through float": ("0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"),
    "2 to the 64": ("18446744073709551616", "18446744073709551616"),
    "exponent": ("1E+400", "1e+400"),
    "exponent with zeros": ("2e0005", "2e5"),
    "exponent zero": ("2e-00", "2e-0"),
    "exponent at its bound": ("1e1000", "1e1000"),
    "negative exponent at its bound": ("1e-1000", "1e-1000"),
    "1,000 digits": ("9" * 1000, "9" * 1000),
    "1,000 digits with sign, point and exponent": (
        "-" + "9" * 500 + "." + "9" * 500 + "e1000",
        "-" + "9" * 500 + "." + "9" * 500 + "e1000",
    ),
    "string": ('"12.5"', "12.5"),
    "string with leading zeros": ('"0042"', "42"),
    "string with sign and leading zeros": ('"-007.50"', "-7.50"),
    "string of zeros": ('"000"', "0"),
    "string with zeros before the point": ('"00.5"', "0.5"),
    "string is trimmed": ('" 12\\n"', "12"),
    "string with escapes": (r'"\u0031\u0032"', "12"),
    "string with exponent": ('"1.5e3"', "1.5e3"),
    "30,000 leading zeros": ('"' + "0" * 30_000 + '7"', "7"),
    "null clears": ("null", "null"),
}


@pytest.mark.parametrize(("raw", "stored"), _NUMBER_STORES.values(), ids=_NUMBER_STORES.keys())
def test_number_stores(raw: str, stored: str) -> None:
    # when / then
    assert _coerce(AttributeType.NUMBER, raw) == stored.encode()


_NUMBER_REJECTS = {
    "1,001 digits": ("9" * 1001, Code.NUMBER_OUT_OF_RANGE),
    "1,001 digits with a point": ("9" * 501 + "." + "9" * 500, Code.NUMBER_OUT_OF_RANGE),
    "5,000 digits in a string": ('"' + "9" * 5000 + '"', Code.NUMBER_OUT_OF_RANGE),
    "exponent beyond its bound": ("1e1001", Code.NUMBER_OUT_OF_RANGE),
    "negative exponent beyond its bound": ('"1e-1001"', Code.NUMBER_OUT_OF_RANGE),
    "exponent that would fill the memory": ("1e999999999999", Code.NUMBER_OUT_OF_RANGE),
    "exponent of 5,000 digits": ("1e" + "9" * 5000, Code.NUMBER_OUT_OF_RANGE),
    "boolean": ("true", Code.WRONG_TYPE),
    "object": ("{}", Code.WRONG_TYPE),
    "array": ("[1]", Code.WRONG_TYPE),
    "NaN": ('"NaN"', Code.INVALID_NUMBER),
    "Infinity": ('"-Infinity"', Code.INVALID_NUMBER),
    "German separators": ('"1.234,56"', Code.INVALID_NUMBER),
    "underscore": ('"1_000"', Code.INVALID_NUMBER),
    "Arabic digits": ('"٤٢"', Code.INVALID_NUMBER),
    "full-width digits": (r'"\uff14\uff12"', Code.INVALID_NUMBER),
    "no-break space": ('"\u00a012"', Code.INVALID_NUMBER),
    "plus": ('"+5"', Code.INVALID_NUMBER),
    "point without digits before it": ('".5"', Code.INVALID_NUMBER),
    "point without digits after it": ('"5."', Code.INVALID_NUMBER),
    "exponent without digits": ('"5e"', Code.INVALID_NUMBER),
    "hexadecimal": ('"0x10"', Code.INVALID_NUMBER),
    "minus alone": ('"-"', Code.INVALID_NUMBER),
    "two numbers": ('"1 2"', Code.INVALID_NUMBER),
    "text": ('"twelve"', Code.INVALID_NUMBER),
    "NUL": (r'"1\u0000"', Code.INVALID_NUMBER),
    "half of a surrogate pair": (r'"\udc00"', Code.LONE_SURROGATE),
    "blank is not empty": ('"  "', Code.INVALID_NUMBER),
    "empty": ('""', Code.EMPTY_VALUE),
}


@pytest.mark.parametrize(("raw", "code"), _NUMBER_REJECTS.values(), ids=_NUMBER_REJECTS.keys())
def test_number_rejects(raw: str, code: Code) -> None:
    # when / then
    assert _coerce(AttributeType.NUMBER, raw) is code


@pytest.mark.parametrize(
    ("kind", "on_empty", "expected"),
    [
        (AttributeType.STRING, OnEmpty.REJECT, Code.EMPTY_VALUE),
        (AttributeType.STRING, OnEmpty.KEEP, b'""'),
        (AttributeType.STRING, OnEmpty.CLEAR, b"null"),
        (AttributeType.STRING, OnEmpty.IGNORE, IGNORED),
        (AttributeType.NUMBER, OnEmpty.REJECT, Code.EMPTY_VALUE),
        (AttributeType.NUMBER, OnEmpty.KEEP, Code.EMPTY_VALUE),
        (AttributeType.NUMBER, OnEmpty.CLEAR, b"null"),
        (AttributeType.NUMBER, OnEmpty.IGNORE, IGNORED),
        (AttributeType.DATE, OnEmpty.REJECT, Code.EMPTY_VALUE),
        (AttributeType.DATE, OnEmpty.KEEP, Code.EMPTY_VALUE),
        (AttributeType.DATE, OnEmpty.CLEAR, b"null"),
        (AttributeType.DATE, OnEmpty.IGNORE, IGNORED),
    ],
)
def test_empty_string(kind: AttributeType, on_empty: OnEmpty, expected: bytes | Code) -> None:
    # when / then
    assert _coerce(kind, '""', on_empty) == expected


def test_number_in_a_string_takes_linear_time_to_refuse() -> None:
    # given: what a backtracking pattern would look at once for each of its zeros
    raw = '"' + "0" * 1_000_000 + 'x"'

    # when / then
    assert _coerce(AttributeType.NUMBER, raw) is Code.INVALID_NUMBER


_VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.integers(min_value=10**400, max_value=10**1200),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(),
        st.from_regex(r"\s?-?0*[0-9]{1,5}(\.[0-9]{1,5})?([eE][+-]?[0-9]{1,5})?\s?", fullmatch=True),
        st.from_regex(
            r"[0-9]{4}-[01][0-9]-[0-3][0-9]([T ][0-2][0-9]:[0-5][0-9]:[0-6][0-9](Z|-23:59)?)?", fullmatch=True
        ),
        st.sampled_from(["", " ", "\ud800", "\0", "NaN"]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=10,
)
_JSON = st.one_of(
    _VALUES.map(json.dumps),
    st.text().map(lambda text: json.dumps(text, ensure_ascii=False)),
    st.from_regex(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", fullmatch=True, alphabet="-+.eE0123456789"),
    st.integers(min_value=1, max_value=500).map(lambda depth: "[" * depth + "]" * depth),
)


@given(_JSON, st.sampled_from(AttributeType), st.sampled_from(OnEmpty))
def test_every_value_gives_json_or_a_code(text: str, kind: AttributeType, on_empty: OnEmpty) -> None:
    # given
    raw = text.encode()

    # when
    first, again = _coerce(kind, raw, on_empty), _coerce(kind, raw, on_empty)

    # then
    assert first == again
    if isinstance(first, bytes) and first != IGNORED:
        stored = json.loads(first, parse_int=Decimal, parse_float=Decimal)
        assert stored is None or isinstance(stored, Decimal if kind is AttributeType.NUMBER else str)


@given(st.from_regex(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?", fullmatch=True))
def test_numbers_are_exact(number: str) -> None:
    # when
    stored, from_string = _coerce(AttributeType.NUMBER, number), _coerce(AttributeType.NUMBER, f'"{number}"')

    # then
    assert isinstance(stored, bytes)
    assert isinstance(from_string, bytes)
    assert Decimal(stored.decode()) == Decimal(number) == Decimal(from_string.decode())
    assert Decimal(stored.decode()).as_tuple() == Decimal(number).as_tuple()
