"""What `send` reads from NDJSON and JSON: every record as it stands in the file, and why a row is none."""

import json
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.send.rows import MAX_JSON_BYTES, MAX_RECORD_BYTES, InvalidFileError, Item, Row, json_array, ndjson

Read = Callable[[BinaryIO], Iterator[Item]]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
records = st.lists(st.dictionaries(st.text(), json_values, max_size=4), max_size=8)


def read(raw: bytes, how: Read = ndjson) -> list[Item]:
    return list(how(BytesIO(raw)))


def sent(items: list[Item]) -> list[bytes]:
    return [item.record for item in items if isinstance(item, Row)]


def faults(raw: bytes, how: Read = ndjson) -> list[tuple[int, str, str]]:
    return [(item.number, item.code, item.message) for item in read(raw, how) if not isinstance(item, Row)]


def test_lines_are_sent_as_they_stand() -> None:
    # given
    raw = b'\xef\xbb\xbf{"n": 1.10}\r\n\n  {"n":123456789012345678901234567890}  \n{"a":"\\ud83d"}'

    # then: no digit changes, blank lines are no rows, the mark at the beginning is none of the record's
    rows = read(raw)
    assert sent(rows) == [b'{"n": 1.10}', b'{"n":123456789012345678901234567890}', b'{"a":"\\ud83d"}']
    assert [row.number for row in rows] == [1, 2, 3]


@given(records)
def test_any_records_come_back(values: list[dict[str, object]]) -> None:
    # given
    texts = [json.dumps(each).encode() for each in values]

    # then
    assert sent(read(b"\n".join(texts))) == texts
    assert sent(read(b"[%b]" % b" ,\n".join(texts), json_array)) == texts
    assert sent(read(b'{"token": "t", "data": [%b]}' % b",".join(texts), json_array)) == texts


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        (b'{"a": 1', "invalid_json", "is not JSON: "),
        (b'{"a": 01}', "invalid_json", "is not JSON: "),
        (b'{"a": NaN}', "invalid_json", "is not JSON: "),
        (b'{"a":1},{"a":2}', "invalid_json", "is more than one JSON text"),
        (b'{"a":1}]', "invalid_json", "is not JSON: "),
        (b'{"a": "\xe4"}', "invalid_utf8", "is not UTF-8 (byte 8)"),
        (b"[1]", "not_an_object", "is not a JSON object"),
        (b'"{"', "not_an_object", "is not a JSON object"),
        (b'{"a":' + b"[" * 62 + b"]" * 62 + b"}", "too_deep", "is nested more than 62 levels deep"),
        (b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}", "invalid_json", "is not JSON: nested too deep"),
        (b'{"a":"' + b"x" * MAX_RECORD_BYTES + b'"}', "record_too_large", "is larger than 1,000,000 bytes"),
        (b'{"a":1}' + b" " * 2_500_000 + b"x", "record_too_large", "is larger than 1,000,000 bytes"),
    ],
)
def test_a_line_that_is_no_record_is_named_and_the_others_are_read(line: bytes, code: str, message: str) -> None:
    # given
    raw = b'{"n": 1}\n\n%b\n{"n": 2}\n' % line

    # then
    assert sent(read(raw)) == [b'{"n": 1}', b'{"n": 2}']
    [(number, found, text)] = faults(raw)
    assert (number, found) == (2, code)
    assert text.startswith(f"line 3: {message}")


def test_a_record_as_deep_as_the_gateway_takes_is_sent() -> None:
    # given
    record = b'{"a":' + b"[" * 61 + b"]" * 61 + b"}"

    # then
    assert sent(read(record)) == [record]


def test_the_text_of_a_malformed_row_is_kept_within_bounds() -> None:
    # when
    [item] = read(b"x" * 3_000_000)

    # then
    assert not isinstance(item, Row)
    assert item.text == "x" * 32 * 1024


def test_elements_that_are_no_objects_are_named_by_their_row() -> None:
    # given
    raw = b'[{"n": 1}, 7, {"n": 2}]'

    # then
    assert sent(read(raw, json_array)) == [b'{"n": 1}', b'{"n": 2}']
    assert faults(raw, json_array) == [(2, "not_an_object", "row 2: is not a JSON object")]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "is neither a JSON array nor"),
        (b"7", "is neither a JSON array nor"),
        (b'{"data": {}}', "is neither a JSON array nor"),
        (b'{"records": []}', "is neither a JSON array nor"),
        (b'[{"a": 1},]', "is not JSON: "),
        (b'[{"a": 1}] x', "is not JSON: "),
        (b'[\n{"a": "\xff"}]', "is not UTF-8 (line 2)"),
        (b"[" + b" " * MAX_JSON_BYTES, "is larger than "),
    ],
)
def test_json_that_holds_no_records_is_refused(raw: bytes, message: str) -> None:
    with pytest.raises(InvalidFileError, match=r"^" + message.replace("(", r"\(").replace(")", r"\)")):
        read(raw, json_array)


class Endless(BytesIO):
    """Lines without end; `taken` says how many bytes were asked for."""

    taken = 0

    def readline(self, size: int | None = -1) -> bytes:
        self.taken += 1
        line = b'{"n": 1}\n'
        return line[:size]


def test_ndjson_is_read_as_far_as_it_is_used() -> None:
    # given
    stream = Endless()

    # when
    rows = ndjson(stream)
    found = [next(rows) for _ in range(1000)]

    # then
    assert (len(found), stream.taken) == (1000, 1000)
