"""What becomes of a batch's records: rows, rejects and counts of what nobody mapped, each within its bound."""

from shared.contract.codes import Code
from shared.contract.messages import (
    MAX_FRAME_BYTES,
    MAX_REJECTED_RECORDS_KEPT,
    MAX_REJECTED_VALUE_BYTES,
    MAX_UNMAPPED_NAMES,
    Reject,
    RejectedRecord,
    RejectedValue,
    RejectError,
    Row,
)

MAX_RECORD_BYTES = 32 * 1024
MAX_NAME_BYTES = 255
# What a batch holds besides rows and rejects (its head, the records and names kept) is well under a MiB.
MAX_BYTES = MAX_FRAME_BYTES - 1024 * 1024
_ROW_BYTES = 32
_REJECT_BYTES = 40
MAX_REJECTED_VALUES_BYTES = 256 * 1024


class Outcome:
    """Collects one batch, record by record: `begin`, then what is found, then a row or a reject.

    `user_id` and `observed_at` are the record's, once they are known. What adds to it raises `RejectError` when the
    batch outgrows a message. `history` says that values that are refused are kept.
    """

    def __init__(self, *, history: bool = False) -> None:
        self._history = history
        self.rows: list[Row] = []
        self.rejects: list[Reject] = []
        self.rejected = 0
        self.rejected_records: list[RejectedRecord] = []
        self.rejected_observed_at: dict[int, int] = {}
        self.rejected_values: list[RejectedValue] = []
        self.unmapped: dict[str, int] = {}
        self.unmapped_others = 0
        self._bytes = 0
        self._value_bytes = 0
        self._index = -1
        self._element = b""
        self.user_id: str | None = None
        self.observed_at: int | None = None

    def begin(self, element: bytes) -> None:
        """The next record, as it was sent."""
        self._index += 1
        self._element = element
        self.user_id = None
        self.observed_at = None

    def add_row(self, user_id: str, observed_at: int, attributes: bytes) -> None:
        """The record counts."""
        self.rows.append(Row(self._index, observed_at, user_id, attributes))
        self._bytes += len(attributes) + len(user_id) + _ROW_BYTES
        if self._bytes > MAX_BYTES:
            raise RejectError(Code.MAPPED_TOO_LARGE)

    def reject_record(self, label: str | None, code: Code) -> None:
        """The record does not count; `label` names the property that sank it."""
        self.rejected += 1
        self.reject_value(label, code)

    def reject_value(self, label: str | None, code: Code) -> None:
        """A value does not count. The first records concerned are kept as they were sent."""
        self.rejects.append(Reject(self._index, label, code))
        self._bytes += len(label or "") + _REJECT_BYTES
        if self._bytes > MAX_BYTES:
            raise RejectError(Code.MAPPED_TOO_LARGE)
        kept = self.rejected_records
        if len(kept) < MAX_REJECTED_RECORDS_KEPT and not (kept and kept[-1].index == self._index):
            kept.append(RejectedRecord(self._index, self.user_id, self._element[:MAX_RECORD_BYTES]))
            if self.observed_at is not None:
                self.rejected_observed_at[self._index] = self.observed_at

    def keep_value(self, key: bytes, value: bytes, code: Code, observed_at: int) -> None:
        """A value of the record that is refused, for the history of its attribute; `key` is that in JSON."""
        if not self._history or self.user_id is None or self._value_bytes > MAX_REJECTED_VALUES_BYTES:
            return
        attribute = int(key[1:].partition(b'"')[0])
        kept = value if len(value) <= MAX_REJECTED_VALUE_BYTES else b""
        self._value_bytes += len(self.user_id) + len(kept) + _REJECT_BYTES
        self.rejected_values.append(RejectedValue(self._index, observed_at, self.user_id, attribute, kept, code))

    def count_unmapped(self, name: str) -> None:
        """The record has a property that no mapping uses."""
        label = printable(name)
        if label in self.unmapped:
            self.unmapped[label] += 1
        elif len(self.unmapped) < MAX_UNMAPPED_NAMES:
            self.unmapped[label] = 1
        else:
            self.unmapped_others += 1


def printable(name: str) -> str:
    """A name that can be shown and stored: what cannot be printed replaced, at most 255 bytes of UTF-8."""
    if not name.isprintable():
        name = "".join(character if character.isprintable() else "\ufffd" for character in name)
    return name.encode()[:MAX_NAME_BYTES].decode(errors="ignore")
