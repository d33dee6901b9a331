"""One write: profiles, receipts and rejects together; what a held row, a repeat and a failure do."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import date, timedelta

import asyncpg
import pytest

from services.profile_writer.store import Store
from shared.contract.codes import Code
from shared.contract.messages import MappedBatch, Reject, RejectedRecord, as_failure
from shared.runtime.broker import UnavailableError
from shared.runtime.postgres import Database
from shared.runtime.settings import DatabaseSettings
from tests.backing.migrated import role_url
from tests.backing.postgres import Postgres
from tests.integration import stored
from tests.integration.given_batches import DAY, NOON, encode, instant, mapped, receipt

Session = "asyncpg.Connection[asyncpg.Record]"


@pytest.fixture
async def writer_database(database: str) -> AsyncIterator[Database]:
    opened = Database(DatabaseSettings(database_url=role_url(database, "inlet_profile_writer")))
    yield opened
    await opened.close()


@pytest.fixture
def store(writer_database: Database) -> Store:
    return Store(writer_database, clock=lambda: NOON + 10, retention_days=40)


@pytest.fixture
async def session(database: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    opened = await asyncpg.connect(database)
    yield opened
    await opened.close()


async def _values(database: str) -> dict[str, dict[int, object]]:
    profiles = await stored.profiles(database)
    return {user: {key: value for key, (value, _) in each.attributes.items()} for user, each in profiles.items()}


async def test_a_staler_write_that_waited_for_the_row_does_not_win(
    store: Store, database: str, session: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    # given a newer value written by a transaction that is still open
    await store.write([mapped("first", [("ann", {1: "oldest", 2: "oldest"}, None)], at=0)])
    holder = await asyncpg.connect(database)
    transaction = holder.transaction()
    await transaction.start()
    newest = mapped("third", [("ann", {1: "newest"}, None)], at=2)
    stamp = newest.received_at
    await holder.execute(
        """
        UPDATE profiles.profiles SET attributes = attributes || '{"1": "newest"}',
            older = jsonb_build_object('2', encode(stamp || profiles.instant(written_at), 'hex')),
            stamp = profiles.instant($1) || profiles.instant($1) || $2 || '\\x0000'
        """,
        instant(stamp - NOON),
        newest.receipt,
    )
    # when a staler write waits for the same row, and then the newer one commits
    waiting = asyncio.create_task(store.write([mapped("second", [("ann", {1: "staler", 2: "staler"}, None)], at=1)]))
    await _until_someone_waits_for_a_lock(session)
    await transaction.commit()
    await holder.close()
    await waiting
    # then the newer value stands, what the newer one did not bring is taken from the staler, and the loss is counted
    assert await _values(database) == {"ann": {1: "newest", 2: "staler"}}
    assert (await stored.receipt_row(database, receipt("second")))["superseded"] == 1


async def _until_someone_waits_for_a_lock(session: "asyncpg.Connection[asyncpg.Record]") -> None:
    async with asyncio.timeout(5):
        while not await session.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        ):
            await asyncio.sleep(0.01)


async def test_an_erasure_that_waited_for_the_row_takes_what_the_other_one_wrote(
    store: Store, database: str, session: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    # given a write held open on the row
    await store.write([mapped("first", [("ann", {1: "a"}, None)], at=0)])
    holder = await asyncpg.connect(database)
    transaction = holder.transaction()
    await transaction.start()
    await holder.execute("""UPDATE profiles.profiles SET attributes = '{"1": "a", "2": "b"}'""")
    # when the user is erased meanwhile
    erasing = asyncio.create_task(session.execute("SELECT profiles.erase(1, 'ann', $1)", instant(5)))
    other = await asyncpg.connect(database)
    await _until_someone_waits_for_a_lock(other)
    await transaction.commit()
    await erasing
    await other.close()
    await holder.close()
    # then nothing of either is left
    assert await _values(database) == {"ann": {}}


async def test_many_writers_on_the_same_users_neither_deadlock_nor_lose(store: Store, database: str) -> None:
    # given batches that touch the same users in different orders
    users = [f"user-{number}" for number in range(40)]
    batches = [
        mapped(f"batch-{number}", [(user, {1: number, 2: f"{user}/{number}"}, None) for user in order], at=number)
        for number in range(40)
        for order in [users if number % 2 else users[::-1]]
    ]
    # when four writers write them at once, newest first
    queue = list(batches)

    async def write_all() -> None:
        while queue:
            await store.write([queue.pop()])

    await asyncio.gather(*(write_all() for _ in range(4)))
    # then each user has the newest values
    assert await _values(database) == {user: {1: 39, 2: f"{user}/39"} for user in users}


async def test_profiles_receipts_and_rejects_are_one_transaction(store: Store, database: str) -> None:
    # given a batch whose receipt cannot be stored: its counts contradict each other
    good = mapped("good", [("ann", {1: "a"}, None)])
    bad = mapped("bad", [("ben", {1: "b"}, None)])
    contradiction = MappedBatch(**{**{name: getattr(bad, name) for name in bad.__struct_fields__}, "records": 7})
    # when both are written together
    with pytest.raises(asyncpg.CheckViolationError):
        await store.write([good, contradiction])
    # then neither has left a trace
    assert await stored.profiles(database) == {}
    # and the good one can still be written
    await store.write([good])
    assert await _values(database) == {"ann": {1: "a"}}


async def test_a_receipt_says_what_became_of_each_record(
    store: Store, database: str, session: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    # given a batch with two rows, one rejected record and one rejected value
    rejects = [Reject(1, None, Code.MISSING_USER_ID), Reject(2, "seats", Code.INVALID_NUMBER)]
    kept = [RejectedRecord(1, None, b'{"seats": 1}'), RejectedRecord(2, "ben", b'{"userId": "ben", "seats": "x"}')]
    batch = mapped(
        "b", [("ann", {1: "a"}, None), ("ben", {}, None)], rejected=1, rejects=rejects, rejected_records=kept
    )
    # when it is written
    await store.write([batch])
    # then the receipt adds up
    row = await stored.receipt_row(database, receipt("b"))
    assert (row["state"], row["records"], row["written"], row["rejected"], row["values_rejected"]) == (
        "written",
        3,
        2,
        1,
        1,
    )
    assert (row["day"], row["environment_id"], row["received_at"]) == (DAY, 1, instant(0))
    # and names each reject
    entries = json.loads(
        await session.fetchval("SELECT entries FROM profiles.rejects WHERE receipt = $1", receipt("b"))
    )
    assert entries == [[1, None, "missing_user_id"], [2, "seats", "invalid_number"]]
    # and the rejected records are there as they were sent
    records = await session.fetch("SELECT user_id, record FROM profiles.rejected_records ORDER BY index")
    assert [tuple(each) for each in records] == [(each.user_id, each.record) for each in kept]


async def test_a_repeated_batch_changes_nothing(store: Store, database: str) -> None:
    # given a batch that lost a value, written
    await store.write([mapped("newer", [("ann", {1: "a"}, None)], at=1)])
    late = mapped("late", [("ann", {1: "z", 2: "b"}, None)], at=0)
    await store.write([late])
    before = await stored.profiles(database), await stored.receipt_row(database, receipt("late"))
    # when it comes twice more, alone and twice in one write
    await store.write([late])
    await store.write([late, late])
    # then profiles and receipt are as they were
    assert (await stored.profiles(database), await stored.receipt_row(database, receipt("late"))) == before
    assert before[1]["superseded"] == 1


async def test_failed_turns_into_written_once_and_written_stays(store: Store, database: str) -> None:
    # given a batch that was put aside
    batch = mapped("b", [("ann", {1: "a"}, None)])
    await store.write([as_failure(batch, Code.UNKNOWN_REVISION, 1)])
    failed = await stored.receipt_row(database, receipt("b"))
    assert (failed["state"], failed["failure"], failed["records"]) == ("failed", "unknown_revision", 0)
    # when it is replayed, and fails once more after that
    await store.write([batch])
    await store.write([as_failure(batch, Code.INTERNAL_ERROR, 1)])
    # then it is written
    written = await stored.receipt_row(database, receipt("b"))
    assert (written["state"], written["failure"], written["written"]) == ("written", None, 1)


async def test_an_erasure_takes_the_rejected_records_along_and_they_do_not_come_back(
    store: Store, session: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    # given a rejected record of ann
    kept = [RejectedRecord(0, "ann", b'{"userId": "ann"}')]
    batch = mapped("b", [], rejected=1, rejects=[Reject(0, None, Code.UNKNOWN_PROPERTY)], rejected_records=kept)
    await store.write([batch])
    # when ann is erased, and the batch and another one from before the erasure arrive
    await session.execute("SELECT profiles.erase(1, 'ann', $1)", instant(5))
    other = mapped("c", [], at=5, rejected=1, rejects=batch.rejects, rejected_records=kept)
    await store.write([batch, other])
    # then no raw record of ann is there
    assert await session.fetchval("SELECT count(*) FROM profiles.rejected_records") == 0
    # but one that was received later is kept
    later = mapped("d", [], at=6, rejected=1, rejects=batch.rejects, rejected_records=kept)
    await store.write([later])
    assert await session.fetchval("SELECT count(*) FROM profiles.rejected_records") == 1


async def test_receipts_are_dropped_by_day_and_an_expired_batch_still_merges(
    writer_database: Database, database: str, session: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    # given a receipt, and a clock forty days later
    await Store(writer_database, lambda: NOON, 40).write([mapped("b", [("ann", {1: "a"}, None)])])
    later = int(timedelta(days=41) / timedelta(microseconds=1))
    store = Store(writer_database, lambda: NOON + later, 40)
    # when what is past its retention is dropped
    dropped = await store.drop_expired()
    # then the day's three partitions are gone, and the profile is not
    assert dropped == 3
    assert await session.fetchval("SELECT count(*) FROM profiles.receipts") == 0
    # and a batch of that day that comes only now is merged without a receipt
    await store.write([mapped("c", [("ben", {1: "b"}, None)], at=1)])
    assert await _values(database) == {"ann": {1: "a"}, "ben": {1: "b"}}
    assert await session.fetchval("SELECT count(*) FROM profiles.receipts") == 0


async def test_a_partition_that_was_dropped_by_hand_is_made_again(
    store: Store, session: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    # given a store that has written today, and somebody who then drops today's partition
    await store.write([mapped("b", [("ann", {1: "a"}, None)])])
    await session.execute("SELECT profiles.drop_before($1)", DAY + timedelta(days=1))
    # when the next batch is written, the first try fails and the second one stands
    batch = mapped("c", [("ann", {1: "b"}, None)], at=1)
    with pytest.raises(asyncpg.CheckViolationError):
        await store.write([batch])
    await store.write([batch])
    # then
    assert await session.fetchval("SELECT count(*) FROM profiles.receipts") == 1


async def test_numbers_keep_every_digit(
    store: Store, database: str, session: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    # given numbers that no float can hold
    digits = "9" * 1000
    attributes = f'{{"1":{digits},"2":0.{digits},"3":1e-1000,"4":-12345678901234567890.10}}'.encode()
    batch = mapped("b", [("ann", {}, None)])
    batch.rows[0] = type(batch.rows[0])(0, NOON, "ann", attributes)
    # when they are written
    await store.write([batch])
    # then each digit is there
    row = await session.fetchrow(
        "SELECT attributes ->> '1', attributes ->> '2', attributes ->> '4' FROM profiles.profiles"
    )
    assert row is not None
    assert tuple(row) == (digits, f"0.{digits}", "-12345678901234567890.10")


async def test_what_the_database_cannot_store_is_the_batchs_fault_and_an_outage_is_not(
    store: Store, postgres: Postgres
) -> None:
    # given a row that no jsonb takes
    batch = mapped("b", [("ann", {}, None)])
    batch.rows[0] = type(batch.rows[0])(0, NOON, "ann", b'{"1":"\\u0000"}')
    # when it is written, then that is not an outage
    with pytest.raises(asyncpg.DataError):
        await store.write([batch])
    # and when the database is away, that is one
    postgres.stop()
    with pytest.raises(UnavailableError):
        await store.write([mapped("c", [("ann", {1: "a"}, None)])])
    with pytest.raises(UnavailableError):
        await store.probe()
    # and after it is back the same store goes on
    postgres.start()
    await store.probe()
    await store.write([mapped("c", [("ann", {1: "a"}, None)])])


async def test_a_probe_leaves_no_trace(store: Store, database: str) -> None:
    await store.probe()
    assert await stored.profiles(database, environment=0) == {}


async def test_the_writers_role_can_do_no_more_than_it_needs(database: str) -> None:
    # given a session in the writer's role
    session = await asyncpg.connect(role_url(database, "inlet_profile_writer"))
    # when it tries what the writer never does, then it is refused
    for forbidden in (
        "DELETE FROM profiles.profiles",
        "TRUNCATE profiles.receipts",
        "UPDATE profiles.rejects SET entries = '[]'",
        "DELETE FROM profiles.receipts",
        "SELECT profiles.erase(1, 'ann', now())",
        "CREATE TABLE profiles.mine ()",
        "CREATE TABLE public.mine ()",
        "DROP TABLE profiles.profiles",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await session.execute(forbidden)
    await session.close()


async def test_an_update_of_all_attributes_leaves_no_exceptions_behind(
    store: Store, session: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    # given a profile whose attributes are of different ages
    await store.write([mapped("a", [("ann", {1: "a", 2: "a"}, None)], at=0)])
    await store.write([mapped("b", [("ann", {2: "b"}, None)], at=1)])
    assert await session.fetchval("SELECT older ? '1' AND NOT older ? '2' FROM profiles.profiles")
    # when one record brings them all
    await store.write([mapped("c", [("ann", {1: "c", 2: "c"}, None)], at=2)])
    # then the row's stamp is that of them all
    assert await session.fetchval("SELECT older IS NULL FROM profiles.profiles")


async def test_user_ids_are_compared_byte_for_byte(store: Store, database: str) -> None:
    names = ["Ann", "ann", "a\u0308nn", "\u00e4nn", "ann ", "'; DROP TABLE profiles.profiles; --", "\U0001f600"]
    await store.write([mapped("b", [(name, {1: name}, None) for name in names])])
    assert await _values(database) == {name: {1: name} for name in names}


def test_encode_is_what_the_mapper_sends() -> None:
    assert encode({1: "a", 2: None}) == b'{"1":"a","2":null}'


def test_the_day_of_the_tests_is_that_of_noon() -> None:
    assert instant(0).date() == DAY == date(2026, 11, 24)
