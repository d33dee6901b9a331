"""Prebuilt bodies: seeded, every record with new values, so that no update of a profile changes nothing.

The pool runs through the profiles in several random orders. A generator may cycle it: between two posts of one
profile lie all the others, and its values differ.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import msgspec

_FIRST_DAY = date(1970, 1, 1)
_TITLES = ("Engineer", "Analyst", "Accountant", "Nurse", "Buyer", "Planner", "Editor")


@dataclass(frozen=True)
class Pool:
    """What is sent: `rounds` times every one of `profiles` profiles, `batch` records a body.

    The profiles are drawn from `among` many, or are numbered from `first` on where that is None.
    """

    token: str
    batch: int
    profiles: int = 10_000
    rounds: int = 10
    seed: int = 1
    among: int | None = None
    first: int = 0


Record = dict[str, str | int | float]


def build(pool: Pool) -> list[bytes]:
    """The pool's bodies, in the order in which they are to be sent."""
    return encoded(pool, list(records(pool)))


def encoded(pool: Pool, every: Sequence[Record]) -> list[bytes]:
    """The records as bodies of the pool's batch size."""
    return [
        msgspec.json.encode({"token": pool.token, "data": every[start : start + pool.batch]})
        for start in range(0, len(every), pool.batch)
    ]


def save(bodies: list[bytes], path: Path) -> None:
    """Writes bodies for the generator's process."""
    path.write_bytes(msgspec.msgpack.encode(bodies))


def load(path: Path) -> list[bytes]:
    """Reads what `save` wrote."""
    return msgspec.msgpack.decode(path.read_bytes(), type=list[bytes])


def records(pool: Pool) -> Iterator[Record]:
    """Two Strings, two Numbers, one Date and the user ID, from a count that never repeats."""
    rng = random.Random(pool.seed)
    order = _users(pool, rng)
    for turn in range(pool.rounds):
        rng.shuffle(order)
        for place, user in enumerate(order):
            yield {"userId": user_id(user), **values(turn * pool.profiles + place)}


def values(count: int) -> Record:
    """The five attributes of a record, from its count."""
    return {
        "department": f"Department {count}",
        "title": f"{_TITLES[count % len(_TITLES)]} {count}",
        "seats": count,
        "score": count / 8,
        "hired": (_FIRST_DAY + timedelta(days=count % 20_000)).isoformat(),
    }


def user_id(user: int) -> str:
    """The ID of the user with that number."""
    return f"user-{user:08d}"


def _users(pool: Pool, rng: random.Random) -> list[int]:
    if pool.among is not None:
        return rng.sample(range(pool.among), pool.profiles)
    return list(range(pool.first, pool.first + pool.profiles))
