"""Mapped batches that no mapper writes, stored beside good ones: they fail alone, and leave nothing behind."""

from collections.abc import AsyncIterator

import asyncpg
import msgspec
import pytest

from services.profile_writer.handler import WriteHandler
from services.profile_writer.store import Store
from shared.contract.messages import MappedBatch
from shared.runtime.metrics import Metrics
from shared.runtime.postgres import Database
from shared.runtime.settings import DatabaseSettings
from tests.backing.migrated import role_url
from tests.integration import stored
from tests.integration.given_batches import NOON, mapped


@pytest.fixture
async def store(database: str) -> AsyncIterator[Store]:
    opened = Database(DatabaseSettings(database_url=role_url(database, "inlet_profile_writer")))
    yield Store(opened, clock=lambda: NOON + 10, retention_days=40)
    await opened.close()


def _with_attributes(name: str, attributes: bytes) -> MappedBatch:
    batch = mapped(name, [("ann", {1: "bad"}, None)], at=1)
    [row] = batch.rows
    return msgspec.structs.replace(batch, rows=[msgspec.structs.replace(row, attributes=attributes)])


@pytest.mark.parametrize(
    "attributes",
    [
        b"[1]",
        b'"text"',
        b"7",
        b"null",
        b"",
        b"{",
        b'{"1":"a"}\n{"1":"b"}',
        rb'{"1":"\u0000"}',
        rb'{"1":"\ud800"}',
        b'{"1":1e200000}',
        b'{"1":"\xff"}',
        b"[" * 10_000,
    ],
    ids=[
        "array",
        "text",
        "number",
        "null",
        "nothing",
        "cut",
        "two_lines",
        "nul",
        "half_a_pair",
        "huge_exponent",
        "no_utf8",
        "deep",
    ],
)
async def test_attributes_that_are_no_object_fail_alone(store: Store, database: str, attributes: bytes) -> None:
    # given
    good = WriteHandler(store, Metrics())
    await good.handle([mapped("before", [("ann", {1: "before", 2: "before"}, None)], at=0)])

    # when
    with pytest.raises((asyncpg.PostgresError, msgspec.MsgspecError, UnicodeDecodeError)):
        await good.handle([_with_attributes("bad", attributes)])
    await good.handle([mapped("after", [("ann", {1: "after"}, None)], at=2)])
    await good.handle([mapped("late", [("ann", {2: "late", 3: "late"}, None)], at=1)])

    # then
    profiles = await stored.profiles(database)
    assert {key: value for key, (value, _) in profiles["ann"].attributes.items()} == {1: "after", 2: "late", 3: "late"}
