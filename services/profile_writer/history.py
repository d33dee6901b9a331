"""What lost against the value that a profile holds, as pure functions: the last few candidates of each attribute.

A candidate lost because its time is older than that of what is held (or was, until then), or was refused by its type.
What was observed before an erasure is never one.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from services.profile_writer.fold import Held, Profile, Update
from shared.contract import stamps
from shared.contract.codes import Code
from shared.contract.messages import MappedBatch

MOST = 5
_VALUES = msgspec.json.Decoder(dict[str, msgspec.Raw])
Key = tuple[int, str]
"""Environment and user."""


class Lost(msgspec.Struct, frozen=True, array_like=True):
    """Values of one record, JSON by attribute, that lost at once.

    With their stamp and time of writing (48 bytes in hexadecimal), and the code if they were refused. A refused value
    is what was sent, as a string: jsonb takes neither each string nor each number that JSON can have.
    """

    mark: str
    code: Code | None
    values: dict[str, msgspec.Raw]


_STORED = msgspec.json.Decoder(list[Lost])


class History:
    """The candidates of one user, the latest first."""

    def __init__(self, stored: bytes | None) -> None:
        self._known = [] if stored is None else _STORED.decode(stored)
        self._new: dict[tuple[bytes, Code | None], Lost] = {}

    @property
    def changed(self) -> bool:
        """Whether there are more than were stored."""
        return bool(self._new)

    def apply(self, profile: Profile, updates: Iterable[Update], erased_at: bytes | None, written_at: bytes) -> None:
        """Notes what loses when the updates are applied to the profile, one by one in their order of arrival."""
        held = dict(profile.held)
        for update in updates:
            if _is_erased(update.stamp, erased_at):
                continue
            for key, value in _VALUES.decode(update.attributes).items():
                new, old = Held(value, update.stamp, written_at), held.get(key)
                if old is None or old.stamp < new.stamp:
                    held[key] = new
                    if old is not None:
                        self._add(key, old, None)
                elif new.stamp < old.stamp:
                    self._add_once(key, new, None)

    def refuse(self, key: str, value: Held, code: Code, erased_at: bytes | None) -> None:
        """Notes a value that its type refused."""
        if not _is_erased(value.stamp, erased_at):
            self._add_once(key, value, code)

    def encode(self) -> bytes:
        """As it is stored: the last few of each attribute."""
        counts: dict[str, int] = {}
        kept = []
        for lost in (*reversed(self._new.values()), *self._known):
            for key in lost.values:
                counts[key] = counts.get(key, 0) + 1
            if any(counts[key] > MOST for key in lost.values):
                values = {key: value for key, value in lost.values.items() if counts[key] <= MOST}
                kept += [Lost(lost.mark, lost.code, values)] if values else []
            else:
                kept.append(lost)
        return msgspec.json.encode(kept)

    def _add_once(self, key: str, value: Held, code: Code | None) -> None:
        """A batch that is delivered again loses again; it is noted once."""
        stamp = value.stamp.hex()
        if not any(key in each.values and each.mark.startswith(stamp) for each in self._known):
            self._add(key, value, code)

    def _add(self, key: str, value: Held, code: Code | None) -> None:
        lost = self._new.get((value.stamp, code))
        if lost is None:
            mark = (value.stamp + value.written_at).hex()
            lost = self._new[value.stamp, code] = Lost(mark, code, {})
        lost.values.setdefault(key, value.value)


def refusals(batches: Sequence[MappedBatch], written_at: bytes) -> Mapping[Key, list[tuple[str, Held, Code]]]:
    """The refused values of a write by user: attribute, value (null where it was too long), code."""
    found: dict[Key, list[tuple[str, Held, Code]]] = {}
    for batch in batches:
        for each in batch.rejected_values or ():
            stamp = stamps.stamp(each.observed_at, batch.received_at, batch.receipt, each.index)
            sent = each.value.decode(errors="replace") or None
            held = Held(msgspec.Raw(msgspec.json.encode(sent)), stamp, written_at)
            found.setdefault((batch.environment, each.user_id), []).append((str(each.attribute), held, each.code))
    return found


def _is_erased(stamp: bytes, erased_at: bytes | None) -> bool:
    return erased_at is not None and stamp[: len(erased_at)] <= erased_at
