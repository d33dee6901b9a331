"""One person's data over HTTP: erased so that nothing comes back, given out as a whole, and both in the audit log."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from services.profile_writer.store import Store
from shared.contract.codes import Code
from shared.contract.messages import MappedBatch
from tests.integration import stored
from tests.integration.given_batches import SIGNER, mapped, receipt
from tests.integration.given_people import AFTER, BEFORE, refused, until_waiting, writing
from tests.integration.given_profile_api import ALL, ERASER, FOREIGN_ERASER, Api, running_api

PROFILES = "/api/v1/profiles/crm/production"
ANN = PROFILES + "/ann"
EXPORT = ANN + "/export"


@pytest.fixture
async def api(database: str, tmp_path: Path) -> AsyncIterator[Api]:
    async with running_api(database, tmp_path) as running:
        yield running


@pytest.fixture
async def session(database: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    opened = await asyncpg.connect(database)
    yield opened
    await opened.close()


async def audited(session: "asyncpg.Connection[asyncpg.Record]") -> list[tuple[Any, ...]]:
    """The audit log, without ids and times."""
    rows = await session.fetch(
        "SELECT actor, action, kind, object, system, before, after FROM config.audit ORDER BY id"
    )
    return [tuple(row) for row in rows]


async def raw_records(session: "asyncpg.Connection[asyncpg.Record]") -> list[str]:
    rows = await session.fetch("SELECT user_id FROM profiles.rejected_records ORDER BY user_id")
    return [row["user_id"] for row in rows]


@asynccontextmanager
async def waiting_for_its_receipt(database: str, store: Store, batches: list[MappedBatch]) -> AsyncIterator[None]:
    """Writes the batches; meanwhile another transaction is about to make a receipt of theirs, until the block ends."""
    await store.write([mapped("first", [("ben", {1: "b"}, None)])])  # makes the day's partitions
    holder = await asyncpg.connect(database)
    held = holder.transaction()
    await held.start()
    await holder.execute(
        "INSERT INTO profiles.receipts SELECT day, $1, 1, 1, 1, 'written', NULL, '', now(), now(), 0, 0, 0, 0, 0, 0,"
        " '{}', 0 FROM profiles.receipts",
        batches[0].receipt,
    )
    write = asyncio.create_task(store.write(batches))
    await until_waiting(holder)
    yield
    await held.rollback()
    await holder.close()
    await write


async def test_who_is_erased_is_gone_and_what_was_received_before_does_not_come_back(
    api: Api, session: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    # given ann with a value, a raw record and a refused value, and somebody else
    before = refused("b", ["ann"], at=BEFORE, records=[("ann", {1: "Sales"}, None), ("ben", {1: "Ops"}, None)])
    await api.store.write([before])
    # when
    assert await api.erase(ANN) == 204
    # then nothing of ann is left, nor does it come back with what arrives late or once more
    late = refused("c", ["ann"], at=BEFORE + 1, records=[("ann", {1: "late"}, None)])
    await api.store.write([before, late])
    assert (await api.get(ANN))[0] == 404
    assert await raw_records(session) == []
    assert await session.fetchval("SELECT count(*) FROM profiles.history WHERE user_id = 'ann'") == 0
    # but ben is as he was, and what is received afterwards counts
    assert (await api.good(PROFILES + "/ben"))["attributes"]["department"]["value"] == "Ops"
    await api.store.write([refused("d", ["ann"], at=AFTER, records=[("ann", {1: "anew"}, None)])])
    assert (await api.good(ANN))["attributes"]["department"]["value"] == "anew"
    assert await raw_records(session) == ["ann"]


async def test_a_raw_record_that_was_observed_before_the_erasure_does_not_come_back(
    api: Api, session: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    # given
    assert await api.erase(ANN) == 204
    # when a record arrives that says itself that it is older, and one that does not
    await api.store.write([refused("b", ["ann", "ben"], at=AFTER, observed=BEFORE)])
    # then
    assert await raw_records(session) == ["ben"]
    assert await session.fetchval("SELECT count(*) FROM profiles.history WHERE user_id = 'ann'") == 0


async def test_only_those_who_may_erase_do(api: Api, session: "asyncpg.Connection[asyncpg.Record]") -> None:
    # given
    await api.store.write([mapped("b", [("ann", {1: "Sales"}, None)], at=BEFORE)])
    # when, then
    for token, status in ((ALL, 403), (FOREIGN_ERASER, 404)):
        assert await api.erase(ANN, token) == status
        assert await api.erase(PROFILES, token, user_id="ann") == status
        assert (await api.get(EXPORT, token))[0] == status
    for place in ("/api/v1/profiles/crm/elsewhere", "/api/v1/profiles/erp/production"):
        assert await api.erase(place + "/ann") == 404
    # and nothing has happened
    assert (await api.get(ANN))[0] == 200
    assert await audited(session) == []


async def test_an_id_that_does_not_fit_a_path_is_erased_by_query(api: Api) -> None:
    # given
    await api.store.write([mapped("b", [("../x", {1: "Sales"}, None)], at=BEFORE)])
    # when
    assert await api.erase(PROFILES, user_id="../x") == 204
    # then
    assert (await api.get(PROFILES, user_id="../x"))[0] == 404
    # and a request that names nobody erases nobody
    assert await api.erase(PROFILES) == 422


async def test_who_is_not_known_yet_is_erased_all_the_same(
    api: Api, database: str, session: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    # given nobody of that name, when
    assert await api.erase(ANN) == 204
    # then what was on its way does not count
    await api.store.write([mapped("b", [("ann", {1: "Sales"}, None)], at=BEFORE)])
    assert (await api.get(ANN))[0] == 404
    assert (await stored.receipt_row(database, receipt("b")))["erased"] == 1
    # and an id that nobody can have leaves nothing behind
    for user in ("a" * 513, "\N{SNOWMAN}" * 171, "nul\0", ""):
        assert await api.erase(PROFILES, user_id=user) in {204, 422}
    assert await session.fetchval("SELECT count(*) FROM profiles.profiles") == 1


async def test_erasures_and_exports_are_in_the_audit_log_without_values(
    api: Api, session: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    # given
    await api.store.write([mapped("b", [("ann", {1: "Sales"}, None)], at=BEFORE)])
    # when
    await api.good(EXPORT, ERASER)
    assert await api.erase(ANN) == 204
    assert (await api.get(PROFILES + "/nobody/export", ERASER))[0] == 404
    # then
    assert await audited(session) == [
        ("token:6", "exported", "profile", "crm/production/ann", 1, None, None),
        ("token:6", "erased", "profile", "crm/production/ann", 1, None, None),
    ]


async def test_what_cannot_be_audited_does_not_happen(api: Api, session: "asyncpg.Connection[asyncpg.Record]") -> None:
    # given an audit log that takes nothing
    await api.store.write([refused("b", ["ann"], at=BEFORE, records=[("ann", {1: "Sales"}, None)])])
    await session.execute("ALTER FUNCTION config.append_audit RENAME TO append_audit_away")
    # when
    assert await api.erase(ANN) == 503
    status, problem = await api.get(EXPORT, ERASER)
    # then
    assert (status, problem["code"]) == (503, "not_ready")
    assert (await api.get(ANN))[0] == 200
    assert await raw_records(session) == ["ann"]
    assert await session.fetchval("SELECT count(*) FROM profiles.changes WHERE users::text = '[\"ann\"]'") == 1


async def test_an_export_holds_all_that_is_stored_about_one_person(api: Api) -> None:
    # given a value, a cleared one, one of an attribute that is not defined any more, a raw record, and what lost
    old = refused("old", ["ann"], at=BEFORE, records=[("ann", {1: "Ops", 2: 7, 99: "x"}, None)])
    await api.store.write([old])
    new = mapped("new", [("ben", {1: "b"}, None), ("ann", {1: "Sales", 2: None}, BEFORE)], at=BEFORE + 1)
    await api.store.write([msgspec.structs.replace(new, rejected_values=[])])
    # when
    export = await api.good(EXPORT, ERASER)
    # then
    assert (export["system"], export["environment"], export["user_id"]) == ("crm", "production", "ann")
    assert export["erased_at"] is None
    attributes = {(each["id"], each["key"], each["name"], each["value"]) for each in export["attributes"]}
    assert attributes == {
        (1, "department", "Department", "Sales"),
        (2, "seats", "Seats", None),
        (99, None, None, "x"),
    }
    [department] = (each for each in export["attributes"] if each["id"] == 1)
    assert (department["receipt"], department["index"]) == (SIGNER.text(receipt("new")), 1)
    assert department["observed_at"] < department["received_at"]
    # and
    lost = {(each["candidate"]["key"], each["candidate"]["value"], each["code"]) for each in export["history"]}
    assert lost == {("department", "Ops", None), ("seats", 7, None), ("seats", '"many"', Code.INVALID_NUMBER)}
    assert export["rejected_records"] == [
        {"receipt": SIGNER.text(receipt("old")), "index": 1, "record": '{"userId":"ann","seats":"many"}'}
    ]


async def test_an_export_after_an_erasure_says_when_that_was_and_nothing_else(api: Api) -> None:
    # given
    await api.store.write([refused("b", ["ann"], at=BEFORE, records=[("ann", {1: "Sales"}, None)])])
    assert await api.erase(ANN) == 204
    # when
    export = await api.good(EXPORT, ERASER)
    # then
    assert export["erased_at"].endswith("Z")
    assert [export[part] for part in ("attributes", "history", "rejected_records")] == [[], [], []]


async def test_an_export_has_each_digit(api: Api) -> None:
    # given
    digits = "12345678901234567890.10"
    await api.store.write([mapped("b", [("ann", {2: msgspec.Raw(digits.encode())}, None)])])
    # when
    async with api.session.get(api.address + EXPORT, headers={"Authorization": f"Bearer {ERASER}"}) as answer:
        text = await answer.text()
    # then
    assert f'"value":{digits}' in text
    assert json.loads(text)["rejected_records"] == []


async def test_an_erasure_waits_for_a_write_that_keeps_a_raw_record(
    api: Api, database: str, session: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    # given a write of ann's raw record under way
    async with waiting_for_its_receipt(database, api.store, [refused("b", ["ann"], at=BEFORE, history=False)]):
        # when ann is erased meanwhile
        erasure = asyncio.create_task(api.erase(ANN))
        await until_waiting(session, 2)
    # then the record goes with the rest
    assert await erasure == 204
    assert await raw_records(session) == []


async def test_a_raw_record_waits_for_an_erasure_under_way(
    api: Api, database: str, session: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    # given an erasure that is not committed yet
    holder = await asyncpg.connect(database)
    held = holder.transaction()
    await held.start()
    await holder.execute("SELECT profiles.erase(1, 'ann', clock_timestamp())")
    # when a raw record of ann's from before is written
    write = asyncio.create_task(api.store.write([refused("b", ["ann", "zoe"], at=BEFORE, history=False)]))
    await until_waiting(session)
    await held.commit()
    await holder.close()
    await write
    # then it is not kept
    assert await raw_records(session) == ["zoe"]


async def test_writers_and_erasers_of_the_same_people_never_deadlock(
    api: Api, database: str, session: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    # given batches with values, raw records and refused values of the same people, in both orders
    people = [f"user-{number}" for number in range(200)]
    batches = [
        refused(f"b-{number}", order, at=BEFORE + number, records=[(user, {1: number}, None) for user in order])
        for number in range(40)
        for order in [people if number % 2 else people[::-1]]
    ]
    queue, names = list(batches), list(people)

    async def write(store: Store) -> None:
        while queue:
            await store.write([queue.pop()])

    async def erase() -> None:
        while names:
            assert await api.erase(f"{PROFILES}/{names.pop()}") == 204

    # when four writers and three erasers work at once
    async with AsyncExitStack() as stack, asyncio.timeout(60):
        stores = [await stack.enter_async_context(writing(database)) for _ in range(4)]
        await asyncio.gather(*(write(store) for store in stores), *(erase() for _ in range(3)))
    # then all are through, without a deadlock, and of what was received before nothing is left
    assert await session.fetchval("SELECT count(*) FROM profiles.receipts WHERE state = 'written'") == 40
    assert await session.fetchval("SELECT sum(deadlocks) FROM pg_stat_database WHERE datname = current_database()") == 0
    assert await session.fetchval("SELECT count(*) FROM profiles.profiles WHERE attributes <> '{}'") == 0
    assert await raw_records(session) == []
    assert await session.fetchval("SELECT count(*) FROM profiles.history") == 0


async def test_a_write_of_very_many_raw_records_takes_few_locks(
    api: Api, database: str, session: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    # given raw records of more people than a transaction may have locks
    batches = [
        refused(f"b-{first}", [f"user-{first + number}" for number in range(20)], at=BEFORE)
        for first in range(0, 1000, 20)
    ]
    # when
    async with waiting_for_its_receipt(database, api.store, batches):
        taken = await session.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
    # then
    assert 200 < taken <= 256
    assert len(await raw_records(session)) == 1000
