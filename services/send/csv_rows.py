"""The rows of a CSV file (RFC 4180) as JSON records. Pure: bytes in, records out."""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import BinaryIO

import msgspec

from services.send.rows import InvalidFileError, Item, Row, fault_of_size, lines, malformed
from shared.contract.codes import Code


class Empty(StrEnum):
    """What an empty cell becomes: no property at all, null, or an empty string."""

    OMIT = "omit"
    NULL = "null"
    KEEP = "keep"


_CELLS: Mapping[Empty, Callable[[Sequence[str], Sequence[str]], Mapping[str, str | None]]] = {
    Empty.OMIT: lambda header, cells: {name: cell for name, cell in zip(header, cells, strict=True) if cell},
    Empty.NULL: lambda header, cells: {name: cell or None for name, cell in zip(header, cells, strict=True)},
    Empty.KEEP: lambda header, cells: dict(zip(header, cells, strict=True)),
}


class CsvRows:
    """The rows below the header, each cell as a string under the name of its column; blank lines are no rows.

    Raises `InvalidFileError` at the first row where there is no header that names each column once.
    """

    def __init__(self, stream: BinaryIO, delimiter: str, empty: Empty) -> None:
        self._stream = stream
        self._taken: list[bytes] = []  # the lines of the row at hand
        self._reader = csv.reader(self._texts(), delimiter=delimiter, strict=True)
        self._members = _CELLS[empty]

    def __iter__(self) -> Iterator[Item]:
        header = self._header()
        number = 0
        while (cells := self._next()) is not None:
            if cells:
                number += 1
                yield self._row(number, header, cells)

    def _texts(self) -> Iterator[str]:
        for raw in lines(self._stream):
            self._taken.append(raw)
            yield raw.decode(errors="surrogateescape")

    def _next(self) -> Sequence[str] | csv.Error | None:
        """The next row's cells, or why they cannot be told; None at the end."""
        self._taken.clear()
        try:
            return next(self._reader, None)
        except csv.Error as error:
            return error

    def _row(self, number: int, header: Sequence[str], cells: Sequence[str] | csv.Error) -> Item:
        raw = b"".join(self._taken)
        made = fault_of_size(raw) or self._record(header, cells)
        if isinstance(made, bytes):
            return Row(number, len(raw), made)
        return malformed(number, f"line {self._reader.line_num - len(self._taken) + 1}", raw, made)

    def _record(self, header: Sequence[str], cells: Sequence[str] | csv.Error) -> bytes | tuple[Code, str]:
        """A row as a JSON object, or what is wrong with it."""
        if isinstance(cells, csv.Error):
            return Code.NOT_AN_OBJECT, f"is not CSV: {cells}"
        if len(cells) != len(header):
            return Code.NOT_AN_OBJECT, f"has {len(cells)} cells, the header has {len(header)}"
        try:
            return msgspec.json.encode(self._members(header, cells))
        except UnicodeEncodeError:
            return Code.INVALID_UTF8, "is not UTF-8"

    def _header(self) -> Sequence[str]:
        header = self._next()
        if not header:
            raise InvalidFileError("has no header: the first line must name the columns")
        if isinstance(header, csv.Error):
            raise InvalidFileError(f"has no readable header: {header}")
        repeated = sorted({name for name in header if header.count(name) > 1})
        if repeated:
            raise InvalidFileError(f"names a column more than once: {', '.join(repeated)}")
        if not all(name.strip() for name in header):
            raise InvalidFileError("has a column without a name")
        try:
            "".join(header).encode()
        except UnicodeEncodeError:
            raise InvalidFileError("has no readable header: it is not UTF-8") from None
        return header
