"""Both pipelines must have done the same work before a figure counts: the right profiles, value by value."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from tests.bench import bodies
from tests.bench.pipeline import Pipeline

PROPERTIES = ("department", "title", "seats", "score", "hired")


class _Envelope(msgspec.Struct):
    data: list[dict[str, Any]]


async def profiles(pipeline: Pipeline, pool: Path) -> None:
    """Compares the profiles with what a pool sent once, in order, must have made of them.

    Raises `RuntimeError` where they differ.
    """
    expected = _after(bodies.load(pool))
    connection = await asyncpg.connect(pipeline.database_url)
    try:
        found = {row[0]: tuple(row)[1:] for row in await connection.fetch(pipeline.contents)}
    finally:
        await connection.close()
    different = [user for user in expected.keys() | found.keys() if expected.get(user) != found.get(user)]
    if different:
        user = min(different)
        raise RuntimeError(
            f"{pipeline.name}: {len(different)} of {len(expected)} profiles are wrong, "
            f"{user} is {found.get(user)} and should be {expected.get(user)}"
        )


def _after(pool: Sequence[bytes]) -> dict[str, tuple[object, ...]]:
    """Each user's last record."""
    records = (record for body in pool for record in msgspec.json.decode(body, type=_Envelope).data)
    return {record["userId"]: tuple(record[name] for name in PROPERTIES) for record in records}
