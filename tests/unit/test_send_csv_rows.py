"""What `send` reads from CSV (RFC 4180): cells as strings under the names of the header, and why a row is none."""

import csv
import json
from io import BytesIO, StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.send.csv_rows import CsvRows, Empty
from services.send.rows import InvalidFileError, Item, Row

cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def read(raw: bytes, delimiter: str = ",", empty: Empty = Empty.OMIT) -> list[Item]:
    return list(CsvRows(BytesIO(raw), delimiter, empty))


def sent(items: list[Item]) -> list[object]:
    return [json.loads(item.record) for item in items if isinstance(item, Row)]


def faults(items: list[Item]) -> list[tuple[int, str, str]]:
    return [(item.number, item.code, item.message) for item in items if not isinstance(item, Row)]


def test_cells_are_strings_under_their_names() -> None:
    # given
    raw = b'\xef\xbb\xbfuserId,seats,note\r\nu-1,0012,"a ""b"", c\r\nd"\r\n\r\nu-2, 3 ,\xc3\xa4'

    # then
    assert sent(read(raw)) == [
        {"userId": "u-1", "seats": "0012", "note": 'a "b", c\r\nd'},
        {"userId": "u-2", "seats": " 3 ", "note": "ä"},
    ]
    assert [item.number for item in read(raw)] == [1, 2]


@pytest.mark.parametrize(
    ("empty", "record"),
    [
        (Empty.OMIT, {"userId": "u-1"}),
        (Empty.NULL, {"userId": "u-1", "a": None, "b": None}),
        (Empty.KEEP, {"userId": "u-1", "a": "", "b": ""}),
    ],
)
def test_empty_cells(empty: Empty, record: object) -> None:
    assert sent(read(b'userId;a;b\nu-1;;""\n', ";", empty)) == [record]


@given(st.lists(st.lists(cells, min_size=3, max_size=3), max_size=6), st.sampled_from([",", ";", "\t"]))
def test_what_a_writer_of_csv_writes_is_read(rows: list[list[str]], delimiter: str) -> None:
    # given
    text = StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerows([["a", "b", "c"], *rows])

    # when
    items = read(text.getvalue().encode(), delimiter, Empty.KEEP)

    # then
    assert sent(items) == [dict(zip("abc", row, strict=True)) for row in rows]
    assert faults(items) == []


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        (b"u-2", "not_an_object", "has 1 cells, the header has 2"),
        (b"u-2,1,2", "not_an_object", "has 3 cells, the header has 2"),
        (b'u-2,"1"2', "not_an_object", "is not CSV: "),
        (b"u-2,1\r2", "not_an_object", "is not CSV: "),
        (b"u-2,\xe4", "invalid_utf8", "is not UTF-8"),
        (b"u-2," + b"x" * 200_000, "not_an_object", "is not CSV: field larger than field limit"),
        (b"u-2," + b"," * 2_000_000, "record_too_large", "is larger than 1,000,000 bytes"),
    ],
)
def test_a_row_that_is_no_record_is_named_and_the_others_are_read(line: bytes, code: str, message: str) -> None:
    # given: a row of two lines comes first
    items = read(b'userId,seats\n"u\n1",1\n%b\nu-3,3\n' % line)

    # then
    assert sent(items) == [{"userId": "u\n1", "seats": "1"}, {"userId": "u-3", "seats": "3"}]
    [(number, found, text)] = faults(items)
    assert (number, found) == (2, code)
    assert text.startswith(f"line 4: {message}")


def test_a_quote_that_is_never_closed_takes_no_rows_silently() -> None:
    # given
    items = read(b'userId,seats\nu-1,1\nu-2,"2\nu-3,3\n')

    # then: what it swallowed stands in the reject
    assert sent(items) == [{"userId": "u-1", "seats": "1"}]
    [item] = items[1:]
    assert not isinstance(item, Row)
    assert (item.number, item.code, item.text) == (2, "not_an_object", 'u-2,"2\nu-3,3\n')
    assert item.message.startswith("line 3: is not CSV: ")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "has no header"),
        (b"\nuserId\n", "has no header"),
        (b"userId,seats,seats,userId\nu-1,1,2,3\n", "names a column more than once: seats, userId"),
        (b"userId,\nu-1,1\n", "has a column without a name"),
        (b'userId,"seats\n', "has no readable header"),
        (b"userId,gr\xf6sse\n", "has no readable header: it is not UTF-8"),
        ("userId,seats\n".encode("utf-16"), "has no readable header: it is not UTF-8"),
    ],
)
def test_a_file_without_a_usable_header_is_refused(raw: bytes, message: str) -> None:
    with pytest.raises(InvalidFileError, match=r"^" + message):
        read(raw)


class Endless(BytesIO):
    """A header, and lines without end; `taken` counts them."""

    taken = 0

    def readline(self, size: int | None = -1) -> bytes:
        self.taken += 1
        line = b"userId,seats\n" if self.taken == 1 else b"u-1,1\n"
        return line[:size]


def test_csv_is_read_as_far_as_it_is_used() -> None:
    # given
    stream = Endless()
    rows = iter(CsvRows(stream, ",", Empty.OMIT))

    # when
    found = [next(rows) for _ in range(1000)]

    # then
    assert (len(found), stream.taken) == (1000, 1001)
