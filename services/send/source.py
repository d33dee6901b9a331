"""The file that is sent: opened once, read twice (the second time for the rows that were rejected)."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from services.send.csv_rows import CsvRows, Empty
from services.send.rows import InvalidFileError, Item, json_array, ndjson

STANDARD_INPUT = Path("-")
_STDIN = 0


class Format(StrEnum):
    """What a file can be."""

    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"


_SUFFIXES = {".json": Format.JSON, ".ndjson": Format.NDJSON, ".jsonl": Format.NDJSON, ".csv": Format.CSV}


@dataclass(frozen=True)
class Source:
    """An open file, which can be read again. `size` in bytes."""

    stream: BinaryIO
    size: int
    format: Format
    delimiter: str
    empty: Empty

    def items(self) -> Iterator[Item]:
        """The rows from the beginning. Raises `InvalidFileError`, `OSError`."""
        self.stream.seek(0)
        if self.format is Format.CSV:
            return iter(CsvRows(self.stream, self.delimiter, self.empty))
        return json_array(self.stream) if self.format is Format.JSON else ndjson(self.stream)


def format_of(file: Path) -> Format:
    """The format that the name of a file says; of standard input NDJSON. Raises `InvalidFileError`."""
    if file == STANDARD_INPUT:
        return Format.NDJSON
    try:
        return _SUFFIXES[file.suffix.lower()]
    except KeyError:
        raise InvalidFileError(f"has none of the suffixes {', '.join(_SUFFIXES)}: say --format") from None


@contextmanager
def open_source(file: Path, file_format: Format, delimiter: str, empty: Empty) -> Iterator[Source]:
    """A file, or standard input; what cannot be read twice is kept in a temporary file. Raises `OSError`."""
    with open(_STDIN, "rb", closefd=False) if file == STANDARD_INPUT else file.open("rb") as given:
        if given.seekable():
            yield Source(given, os.fstat(given.fileno()).st_size, file_format, delimiter, empty)
            return
        with tempfile.TemporaryFile() as kept:  # 0600, and without a name
            shutil.copyfileobj(given, kept)
            yield Source(kept, kept.tell(), file_format, delimiter, empty)
