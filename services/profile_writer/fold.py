"""The order of updates, as pure functions: last writer wins, attribute by attribute.

`fold` turns a write's records into one row a user. `Profile` is what a row holds, taken apart; where the database
cannot see at one glance that a row is older than everything new for it, the records are applied to it one by one.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import msgspec

from shared.contract import stamps
from shared.contract.messages import MappedBatch

_VALUES = msgspec.json.Decoder(dict[str, msgspec.Raw])
_MARKS = msgspec.json.Decoder(dict[str, str])
_OLDEST_LENGTH = 16
NOTHING = b"{}"


class Update(msgspec.Struct, frozen=True, gc=False):
    """One record for one user: `batch` is its batch's place in the write, `attributes` a JSON object."""

    batch: int
    stamp: bytes
    attributes: bytes


class Held(NamedTuple):
    """A value, the stamp it came with, and when it was written (8 bytes, as in a stamp)."""

    value: msgspec.Raw
    stamp: bytes
    written_at: bytes


class Columns(NamedTuple):
    """A profile as its row holds it (see the migration); `older` None when every attribute has the row's stamp."""

    attributes: bytes
    stamp: bytes
    older: bytes | None


@dataclass(slots=True)
class Losses:
    """How many values of each batch (by its place in the write) lost: against newer ones, against an erasure."""

    superseded: Counter[int] = field(default_factory=Counter)
    erased: Counter[int] = field(default_factory=Counter)

    def add(self, other: "Losses") -> None:
        """Adds the other's counts to these."""
        self.superseded.update(other.superseded)
        self.erased.update(other.erased)


@dataclass(slots=True)
class Profile:
    """What is known of one user: attribute id -> what is held, and whether `apply` changed it."""

    held: dict[str, Held] = field(default_factory=dict)
    changed: bool = False

    @classmethod
    def read(cls, columns: Columns, written_at: bytes) -> "Profile":
        """Takes a row apart."""
        marks = _MARKS.decode(columns.older) if columns.older else {}
        held = {}
        for key, value in _VALUES.decode(columns.attributes).items():
            mark = bytes.fromhex(marks[key]) if key in marks else columns.stamp + written_at
            held[key] = Held(value, mark[: stamps.LENGTH], mark[stamps.LENGTH :])
        return cls(held)

    def apply(self, update: Update, written_at: bytes, losses: Losses) -> None:
        """Takes over each value that is newer than what is held, and counts those that are older.

        A value with the very same stamp is the same value, seen again: it neither wins nor loses.
        """
        for key, value in _VALUES.decode(update.attributes).items():
            held = self.held.get(key)
            if held is None or held.stamp < update.stamp:
                self.held[key] = Held(value, update.stamp, written_at)
                self.changed = True
            elif held.stamp > update.stamp:
                losses.superseded[update.batch] += 1

    def columns(self) -> Columns:
        """The row that holds this profile."""
        stamp = max((held.stamp for held in self.held.values()), default=b"")
        older = {key: (h.stamp + h.written_at).hex() for key, h in self.held.items() if h.stamp != stamp}
        attributes = msgspec.json.encode({key: held.value for key, held in self.held.items()})
        return Columns(attributes, stamp, msgspec.json.encode(older) if older else None)

    def written_at(self) -> bytes:
        """When the newest of it was written."""
        return max((held.stamp, held.written_at) for held in self.held.values())[1]


class Row(msgspec.Struct, frozen=True, gc=False):
    """What a write brings for one user: its records, folded, the start of their oldest stamp, and who lost."""

    environment: int
    user_id: str
    updates: Sequence[Update]
    attributes: bytes
    stamp: bytes
    older: bytes | None
    oldest: bytes
    losses: Losses | None


def fold(batches: Iterable[MappedBatch], written_at: bytes) -> list[Row]:
    """Folds a write: one row a user, sorted, so that no two writers lock users in different orders."""
    return [
        _row(environment, user, users[user], written_at)
        for environment, users in sorted(group(batches).items())
        for user in sorted(users)
    ]


def group(batches: Iterable[MappedBatch]) -> dict[int, dict[str, list[Update]]]:
    """Records by environment and user, in their order of arrival.

    A record without any value has nothing to merge and is left out.
    """
    environments: dict[int, dict[str, list[Update]]] = {}
    for number, batch in enumerate(batches):
        users = environments.setdefault(batch.environment, {})
        head = stamps.head(batch.received_at, batch.received_at, batch.receipt)
        for row in batch.rows:
            if row.attributes == NOTHING:
                continue
            if row.observed_at == batch.received_at:
                stamp = head + row.index.to_bytes(2)
            else:
                stamp = stamps.stamp(row.observed_at, batch.received_at, batch.receipt, row.index)
            update = Update(number, stamp, row.attributes)
            if row.user_id in users:
                users[row.user_id].append(update)
            else:
                users[row.user_id] = [update]
    return environments


def apply_all(profile: Profile, updates: Iterable[Update], erased_at: bytes | None, written_at: bytes) -> Losses:
    """Applies records one by one in their order of arrival; what was observed up to `erased_at` counts as erased."""
    losses = Losses()
    for update in updates:
        if erased_at is not None and update.stamp[: len(erased_at)] <= erased_at:
            losses.erased[update.batch] += len(_VALUES.decode(update.attributes))
        else:
            profile.apply(update, written_at, losses)
    return losses


def _row(environment: int, user: str, updates: Sequence[Update], written_at: bytes) -> Row:
    last = updates[-1]
    if len(updates) == 1 or _covers(last, updates):
        oldest = updates[0].stamp[:_OLDEST_LENGTH]
        return Row(environment, user, updates, last.attributes, last.stamp, None, oldest, None)
    profile = Profile()
    losses = apply_all(profile, updates, None, written_at)
    columns = profile.columns()
    oldest = min(update.stamp for update in updates)[:_OLDEST_LENGTH]
    return Row(environment, user, updates, columns.attributes, columns.stamp, columns.older, oldest, losses)


def _covers(last: Update, updates: Sequence[Update]) -> bool:
    """Whether each update is newer than the one before it, and the last has a value for every attribute of them all.

    Then it alone counts and nothing lost: what systems that send whole records bring about.
    """
    if not all(one.stamp < next_.stamp for one, next_ in pairwise(updates)):
        return False
    keys = _VALUES.decode(last.attributes).keys()
    return all(_VALUES.decode(update.attributes).keys() <= keys for update in updates[:-1])
