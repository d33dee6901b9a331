"""What is sent: batches made from a seed and a number, so that the journal need not keep them.

Every value names the batch, the record and the property that it comes from: whoever finds it anywhere can tell where
it should be.
"""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

Json = Any

SECOND = 1_000_000
BATCH = 1_000
"""More records than any batch has: a record's identity is batch * BATCH + index."""
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HOT_USERS = 25
_USERS = 3_000
_SIZES = (1, 2, 5, 20, 40, 80, 150, 250, 600)
_SIZE_WEIGHTS = (10, 10, 15, 20, 20, 14, 7, 3, 1)
_NUMBERS = {"n1": 1, "n2": 2}
PROPERTIES = {"s1": "String", "s2": "String", "n1": "Number", "n2": "Number", "d1": "Date"}
"""Of every integration: property -> type. Each feeds the attribute of its name, unless a mapping says otherwise."""


@dataclass(frozen=True)
class Place:
    """Where an integration's records belong, and whether they carry their own time of the change."""

    system: str
    environment: str
    observed: bool


PLACES = (
    Place("crm", "production", observed=True),
    Place("crm", "qa", observed=False),
    Place("erp", "production", observed=True),
    Place("erp", "qa", observed=False),
)
"""One integration each. The mapping of the first is changed on the way."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it goes out, and what is to become of it.

    `observed` is its own time in microseconds, None where it has none. `values` maps properties to what is to be
    stored, None for a clear; what is to be rejected is not in it.
    """

    sent: Mapping[str, Json]
    user: str | None
    observed: int | None
    values: Mapping[str, Json]
    rejects: tuple[tuple[str | None, str], ...] = ()
    rejected: bool = False
    unmapped: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """The body of one post; `place` is the number of its integration."""

    number: int
    place: int
    key: str | None
    records: tuple[Record, ...]

    def body(self, token: str) -> bytes:
        """As it is sent."""
        return json.dumps({"token": token, "data": [record.sent for record in self.records]}).encode()

    @property
    def users(self) -> set[str]:
        """Whose profiles it changes."""
        return {record.user for record in self.records if record.user is not None and not record.rejected}


def batch(seed: int, number: int, made_at: int) -> Batch:
    """The batch of a number; `made_at` (microseconds) is what its records' own times are relative to."""
    chance = random.Random(f"{seed}/{number}")
    place = chance.choices(range(len(PLACES)), (4, 2, 3, 1))[0]
    size = chance.choices(_SIZES, _SIZE_WEIGHTS)[0]
    key = f"batch-{number}" if chance.random() < 0.7 else None
    identities = range(number * BATCH, number * BATCH + size)
    observed = PLACES[place].observed
    return Batch(number, place, key, tuple(_record(chance, each, made_at, observed=observed) for each in identities))


def source(value: Json) -> tuple[str, int] | None:
    """The property and identity that a stored value names; None for what was never made here."""
    if isinstance(value, int) and not isinstance(value, bool):
        identity, which = divmod(value, 10)
        name = next((name for name, number in _NUMBERS.items() if number == which), None)
        return None if name is None else (name, identity)
    if not isinstance(value, str):
        return None
    name, dash, identity_text = value.partition("-")
    if dash and name in ("s1", "s2") and identity_text.isdigit():
        return name, int(identity_text)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return None if moment.tzinfo is None else ("d1", round((moment - _LONG_AGO).total_seconds()))


def _record(chance: random.Random, identity: int, made_at: int, *, observed: bool) -> Record:
    user = _user(chance)
    sent: dict[str, Json] = {"userId": user}
    own, ahead = _observed(chance, made_at) if observed else (None, False)
    if own is not None:
        sent["at"] = (_UNIX_EPOCH + timedelta(microseconds=own)).isoformat()
    values: dict[str, Json] = {}
    rejects: list[tuple[str | None, str]] = []
    for name in PROPERTIES:
        if chance.random() < 0.5:
            continue
        sent[name], stored = _value(chance, name, identity)
        if stored == "reject":
            rejects.append((name, "invalid_number"))
        else:
            values[name] = stored
    unmapped = int(chance.random() < 0.02)
    if unmapped:
        sent["nobody"] = "maps this"
    if chance.random() < 0.01:
        del sent["userId"]
        return Record(sent, None, own, {}, (("userId", "missing_user_id"),), rejected=True)
    if ahead:
        return Record(sent, user, own, {}, (("at", "future_observed_at"),), rejected=True)
    return Record(sent, user, own, values, tuple(rejects), unmapped=unmapped)


def _user(chance: random.Random) -> str:
    """Half of all records are of a few users."""
    hot = chance.random() < 0.5
    return f"hot-{chance.randrange(_HOT_USERS)}" if hot else f"u-{chance.randrange(_USERS)}"


def _observed(chance: random.Random, made_at: int) -> tuple[int | None, bool]:
    """A record's own time, and whether it is so far in the future that the record is rejected."""
    kind = chance.random()
    if kind < 0.55:
        return made_at, False
    if kind < 0.80:
        return made_at - chance.randrange(60 * SECOND), False
    if kind < 0.90:  # equal times of many records
        return made_at - made_at % (10 * SECOND), False
    if kind < 0.95:
        return None, False
    if kind < 0.99:  # a clock that is ahead: counts as of its arrival
        return made_at + 60 * SECOND, False
    return made_at + 3_600 * SECOND, True


def _value(chance: random.Random, name: str, identity: int) -> tuple[Json, Json]:
    """What is sent, and what is to be stored: None for a clear, "reject" for a value that does not count."""
    kind = chance.random()
    if kind < 0.08:
        return None, None
    if name in _NUMBERS:
        number = identity * 10 + _NUMBERS[name]
        if kind < 0.11:
            return f"{number} seats", "reject"
        return (number if kind < 0.6 else f" 00{number}"), number
    if name == "d1":
        moment = _LONG_AGO + timedelta(seconds=identity)
        return moment.astimezone(_ZONES[identity % 2]).isoformat(), identity
    return f"{name}-{identity}", f"{name}-{identity}"


_ZONES = (UTC, datetime.fromisoformat("2000-01-01T00:00:00+05:30").tzinfo)
