"""What coercion stores, as PostgreSQL's jsonb takes it: no row of it may poison a write."""

import json
from decimal import Decimal

import asyncpg
import pytest

from services.mapper.coercion import coercion
from tests.unit.given_mapping import number, string

_LONG = "-" + "1234567890" * 50 + "." + "1234567890" * 50 + "e-1000"


@pytest.mark.parametrize(
    "raw",
    [
        "0",
        "-0",
        "1.50",
        "1E+400",
        "2e0005",
        "1e1000",
        "1e-1000",
        '"-007.50"',
        '" 000 "',
        '"1.5e-00"',
        "9" * 1000,
        _LONG,
    ],
    ids=lambda raw: raw[:20],
)
async def test_a_number_is_kept_to_the_last_digit(database: str, raw: str) -> None:
    # given
    stored = coercion(number("n", 1))(raw.encode())
    assert isinstance(stored, bytes)

    # when
    connection = await asyncpg.connect(database)
    try:
        kept = await connection.fetchval("SELECT ($1::jsonb)::text", stored.decode())
    finally:
        await connection.close()

    # then
    assert Decimal(kept) == Decimal(raw.strip('" '))


@pytest.mark.parametrize(
    "raw", [r'"\u0001\u001f\u007f\u2028\"\\\/"', r'"\ud83d\ude00 ä"', '"' + "x" * 4096 + '"', "1e5"]
)
async def test_a_text_is_kept(database: str, raw: str) -> None:
    # given
    stored = coercion(string("s", 1))(raw.encode())
    assert isinstance(stored, bytes)

    # when
    connection = await asyncpg.connect(database)
    try:
        kept = await connection.fetchval("SELECT $1::jsonb #>> '{}'", stored.decode())
    finally:
        await connection.close()

    # then
    assert kept == (json.loads(raw) if raw.startswith('"') else raw)
