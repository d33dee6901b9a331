"""Prebuilt bodies: seeded, every record with new values, so that no update of a profile changes nothing.

The pool runs through the profiles in several random orders. A generator may cycle it: between two posts of one
profile lie all the others, and its values differ.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import msgspec

_FIRST_DAY = date(1970, 1, 1)
_TITLES = ("Engineer", "Analyst", "Accountant", "Nurse", "Buyer", "Planner", "Editor")


@dataclass(frozen=True)
class Pool:
    """What is sent: `rounds` times every one of `profiles` profiles, `batch` records a body."""

    token: str
    batch: int
    profiles: int = 50_000
    rounds: int = 2
    seed: int = 1


def build(pool: Pool) -> list[bytes]:
    """The pool's bodies, in the order in which they are to be sent."""
    records = list(_records(pool))
    return [
        msgspec.json.encode({"token": pool.token, "data": records[start : start + pool.batch]})
        for start in range(0, len(records), pool.batch)
    ]


def save(bodies: list[bytes], path: Path) -> None:
    """Writes bodies for the generator's process."""
    path.write_bytes(msgspec.msgpack.encode(bodies))


def load(path: Path) -> list[bytes]:
    """Reads what `save` wrote."""
    return msgspec.msgpack.decode(path.read_bytes(), type=list[bytes])


def _records(pool: Pool) -> Iterator[dict[str, str | int | float]]:
    """Two Strings, two Numbers, one Date and the user ID, from a count that never repeats."""
    rng = random.Random(pool.seed)
    order = list(range(pool.profiles))
    for turn in range(pool.rounds):
        rng.shuffle(order)
        for place, user in enumerate(order):
            count = turn * pool.profiles + place
            yield {
                "userId": f"user-{user:08d}",
                "department": f"Department {count}",
                "title": f"{_TITLES[count % len(_TITLES)]} {count}",
                "seats": count,
                "score": count / 8,
                "hired": (_FIRST_DAY + timedelta(days=count % 20_000)).isoformat(),
            }
