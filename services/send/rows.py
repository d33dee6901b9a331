"""The rows of a file as JSON records, one after the other: NDJSON and JSON. Pure: bytes in, records out.

A record is the text that the file holds: a number keeps every digit, and of white space only what lies around the
record is left out. What cannot be a record is a `Malformed` among the rows, and the next row is read all the same.
"""

import codecs
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple, TypeAlias

from shared.contract import json_elements
from shared.contract.codes import Code
from shared.contract.json_elements import InvalidJSONError

MAX_RECORD_BYTES = 1_000_000
"""A larger one does not fit into a body that a gateway takes (1 MiB)."""

MAX_JSON_BYTES = 128 * 1024 * 1024
"""JSON has to be in memory as a whole; NDJSON and CSV do not."""

_MAX_DEPTH = 62  # the gateway takes 64, and a record lies two deep in its envelope
_LONGEST_LINE = MAX_RECORD_BYTES + 1
_WHITE_SPACE = b" \t\r\n"
_SHOWN_BYTES = 32 * 1024


class Row(NamedTuple):
    """A record: `number` counts the rows of the file from 1, `size` is what it took in the file, in bytes."""

    number: int
    size: int
    record: bytes


class Malformed(NamedTuple):
    """A row that makes no record, why, and its text, cut short where it is long."""

    number: int
    size: int
    code: Code
    message: str
    text: str


Item: TypeAlias = Row | Malformed


class InvalidFileError(Exception):
    """Nothing in the file can be sent; the text says why."""


def ndjson(stream: BinaryIO) -> Iterator[Item]:
    """One object a line; blank lines are no rows."""
    number = 0
    for line, raw in enumerate(lines(stream), 1):
        text = raw.strip(_WHITE_SPACE)
        if text:
            number += 1
            yield read_row(number, f"line {line}", raw, text)


def json_array(stream: BinaryIO) -> Iterator[Item]:
    """The elements of an array, or of `data` in an object. Raises `InvalidFileError`."""
    for number, element in enumerate(_elements(stream), 1):
        yield read_row(number, f"row {number}", element, element)


def lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines without a byte order mark. One longer than a record may be is cut there, and is still too long."""
    first = True
    while raw := stream.readline(_LONGEST_LINE):
        last = raw
        while len(last) == _LONGEST_LINE and not last.endswith(b"\n"):
            last = stream.readline(_LONGEST_LINE)
        yield raw.removeprefix(codecs.BOM_UTF8) if first else raw
        first = False


def read_row(number: int, place: str, raw: bytes, record: bytes) -> Item:
    """The row that `raw`, from the file, makes as `record`."""
    fault = fault_of_size(raw) or _fault(record)
    return Row(number, len(raw), record) if fault is None else malformed(number, place, raw, fault)


def malformed(number: int, place: str, raw: bytes, fault: tuple[Code, str]) -> Malformed:
    """A row that makes no record; `place` says where in the file it is."""
    code, message = fault
    return Malformed(number, len(raw), code, f"{place}: {message}", raw[:_SHOWN_BYTES].decode(errors="replace"))


def fault_of_size(raw: bytes) -> tuple[Code, str] | None:
    """What is wrong with a row that is too large; None if it is not."""
    if len(raw) > MAX_RECORD_BYTES:
        return Code.RECORD_TOO_LARGE, f"is larger than {MAX_RECORD_BYTES:,} bytes"
    return None


def _fault(record: bytes) -> tuple[Code, str] | None:
    try:
        record.decode()
        if len(json_elements.elements(b"[%b]" % record)) != 1:
            return Code.INVALID_JSON, "is more than one JSON text"
    except UnicodeDecodeError as error:
        return Code.INVALID_UTF8, f"is not UTF-8 (byte {error.start + 1})"
    except InvalidJSONError as error:
        return Code.INVALID_JSON, f"is not JSON: {error}"
    if not record.startswith(b"{"):
        return Code.NOT_AN_OBJECT, "is not a JSON object"
    brackets = record.count(b"{") + record.count(b"[")  # few cannot lie deep, and counting them is the faster
    if brackets > _MAX_DEPTH and json_elements.max_depth(record) > _MAX_DEPTH:
        return Code.TOO_DEEP, f"is nested more than {_MAX_DEPTH} levels deep"
    return None


def _elements(stream: BinaryIO) -> list[bytes]:
    raw = stream.read(MAX_JSON_BYTES + 1)
    if len(raw) > MAX_JSON_BYTES:
        raise InvalidFileError(f"is larger than {MAX_JSON_BYTES:,} bytes; as NDJSON it may have any size")
    text = raw.removeprefix(codecs.BOM_UTF8).strip(_WHITE_SPACE)
    try:
        text.decode()
        array = json_elements.members(text).get("data", b"") if text.startswith(b"{") else text
        if array.startswith(b"["):
            return json_elements.elements(array)
    except UnicodeDecodeError as error:
        line = text.count(b"\n", 0, error.start) + 1
        raise InvalidFileError(f"is not UTF-8 (line {line})") from None
    except InvalidJSONError as error:
        raise InvalidFileError(f"is not JSON: {error}") from None
    raise InvalidFileError('is neither a JSON array nor an object with an array "data"')
