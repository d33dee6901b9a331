"""Profiles by the million, straight through SQL, in the form in which the pipelines leave them."""

import asyncpg
from sqlalchemy.ext.asyncio import create_async_engine

from shared.contract.definitions import AttributeType
from tests.bench.conventional.tables import METADATA
from tests.bench.full import inputs

_AT_ONCE = 50_000

# Every attribute has the row's stamp: two times of now, a receipt of zeros, the record's place. $3 holds a profile's
# JSON with %1$s for the user's number and %2$s for a date.
_INLET = """
INSERT INTO profiles.profiles (environment_id, user_id, attributes, stamp, oldest, written_at)
SELECT 1, 'user-' || lpad(n::text, 8, '0'), format($3, n, date '1970-01-01' + n % 20000)::jsonb,
    at || at || decode(repeat('30', 22) || '0000', 'hex'), at || at, now()
FROM generate_series($1::integer, $2::integer) AS n, profiles.instant(now()) AS at
"""
_CONVENTIONAL = """
INSERT INTO profiles (user_id, department, title, seats, score, hired, updated_at)
SELECT 'user-' || lpad(n::text, 8, '0'), 'Department ' || n, 'Engineer ' || n, n, n / 8.0,
    date '1970-01-01' + n % 20000, now()
FROM generate_series($1::integer, $2::integer) AS n
"""


async def inlet(url: str, profiles: int, attributes: int) -> None:
    """Fills Inlet's table in a migrated database."""
    await _fill(url, _INLET, profiles, "profiles.profiles", _template(attributes))


async def conventional(url: str, profiles: int) -> None:
    """Makes the tables of the conventional pipeline and fills them."""
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
    try:
        async with engine.begin() as connection:
            await connection.run_sync(METADATA.create_all)
    finally:
        await engine.dispose()
    await _fill(url, _CONVENTIONAL, profiles, "profiles")


async def _fill(url: str, insert: str, profiles: int, table: str, *parameters: str) -> None:
    session = await asyncpg.connect(url)
    try:
        for first in range(0, profiles, _AT_ONCE):
            await session.execute(insert, first, min(first + _AT_ONCE, profiles) - 1, *parameters)
        await session.execute(f"VACUUM (ANALYZE) {table}")
    finally:
        await session.close()


def _template(attributes: int) -> str:
    """Attribute by attribute other digits before the user's number, so that a row is as long as it will be."""
    forms = {
        AttributeType.STRING: '"Department {0}%1$s"',
        AttributeType.NUMBER: "{0}%1$s",
        AttributeType.DATE: '"%2$s"',
    }
    types = enumerate(inputs.properties(attributes).values(), 1)
    return "{" + ", ".join(f'"{n}": {forms[type_].format(inputs.scattered(n, n))}' for n, type_ in types) + "}"
