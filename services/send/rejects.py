"""The rows that did not count, or not with all their values, written to a file: one JSON object a line."""

import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import msgspec

from services.send.client import Reject
from services.send.rows import InvalidFileError, Item, Malformed, Row
from services.send.sending import Sent
from shared.contract.codes import Code


class _Line(msgspec.Struct):
    """`record` is the record as it was sent; of a row that makes none it is the row's text."""

    row: int
    receipt: str | None
    index: int | None
    property: str | None
    code: str
    message: str
    record: msgspec.Raw | str


class RejectsFile(AbstractContextManager["RejectsFile"]):
    """Takes the rejects of batches in the order of the file, which is read a second time as far as that needs.

    `items` are the file's rows from the beginning, `refused` the rows that were too large to be sent. The file is the
    reader's alone (0600), because it holds data of users; without rejects there is none, nor one from an earlier run.
    """

    def __init__(self, path: Path, items: Iterator[Item], refused: Mapping[int, str]) -> None:
        self.codes: Counter[str] = Counter()
        self._path = path
        self._items = items
        self._refused = refused
        self._file: BinaryIO | None = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def __enter__(self) -> Self:
        if self._path.is_file() and not self._path.is_symlink():  # /dev/stdout is a link, and no file of ours
            self._path.unlink()
        return self

    def add(self, sent: Sent, rejects: Sequence[Reject]) -> None:
        """Writes the rejects of a batch, and what comes before them. Raises `InvalidFileError`, `OSError`."""
        waiting: defaultdict[int, list[Reject]] = defaultdict(list)
        for reject in rejects:
            waiting[reject.index].append(reject)
        index = 0
        while waiting:
            item = next(self._items, None)
            if item is None:
                raise InvalidFileError("has changed while it was sent: its rejects cannot be told")
            row = self._sendable(item)
            if row is not None and row.number >= sent.first:
                for reject in waiting.pop(index, ()):
                    self._write(row.number, sent.receipt, reject, msgspec.Raw(row.record))
                index += 1

    def finish(self) -> None:
        """Writes what comes after the last batch with rejects."""
        for item in self._items:
            self._sendable(item)

    def _sendable(self, item: Item) -> Row | None:
        """The row, if it was sent; else it is written."""
        if isinstance(item, Malformed):
            self._write(item.number, None, Reject(0, None, item.code, item.message), item.text)
            return None
        if item.number in self._refused:
            reject = Reject(0, None, self._refused[item.number] or Code.BODY_TOO_LARGE, "The gateway does not take it.")
            self._write(item.number, None, reject, msgspec.Raw(item.record))
            return None
        return item

    def _write(self, row: int, receipt: str | None, reject: Reject, record: msgspec.Raw | str) -> None:
        index = None if receipt is None else reject.index
        line = _Line(row, receipt, index, reject.property, reject.code, reject.message, record)
        self.codes[reject.code] += 1
        if self._file is None:
            self._file = open(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")  # noqa: PTH123, SIM115 - Path.open gives no mode; closed by __exit__
        self._file.write(msgspec.json.encode(line) + b"\n")
