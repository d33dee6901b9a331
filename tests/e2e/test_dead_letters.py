"""Dead letters on both transports: the cause removed, they are replayed, and nothing is counted twice."""

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import aio_pika
import pytest
from yarl import URL

from tests.backing.command import run
from tests.backing.postgres import Postgres
from tests.e2e.inlet import Inlet, Receipt, key_of
from tests.e2e.process import eventually
from tests.e2e.snapshot import Json, new_token, snapshot

MAPPINGS = [{"property": "seats", "attribute": 1, "type": "Number"}]
REFUSE = """
CREATE FUNCTION profiles.refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN RAISE 'refused' USING ERRCODE = '22000'; END$$
"""
REFUSE_POISON = """
CREATE TRIGGER refuse BEFORE INSERT ON profiles.profiles FOR EACH ROW WHEN (NEW.user_id = 'poison')
    EXECUTE FUNCTION profiles.refuse()
"""
COPY = """
INSERT INTO queue.messages (queue, body, headers)
SELECT queue, body, headers || '{"inlet-time": "2026-01-01T00:00:00Z"}' FROM queue.messages
"""


@pytest.fixture
async def inlet(given_broker: str, postgres: Postgres, role_password: str, tmp_path: Path) -> AsyncIterator[Inlet]:
    if not postgres.alive:
        postgres.start()
    async with postgres.empty_database() as url:
        queues = str(URL(url).with_user("inlet_queue").with_password(role_password))
        system = Inlet(given_broker or queues, url, role_password, tmp_path)
        try:
            yield system
        finally:
            system.end()


async def dead_letters(broker_url: str, *arguments: str) -> list[str]:
    """The lines of the command, which must succeed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("INLET_")}
    ran = await run("dead-letters", *arguments, environment=environment | {"INLET_BROKER_URL": broker_url})
    assert ran.code == 0, ran.out + ran.err
    return ran.out.splitlines()


async def listed(inlet: Inlet) -> list[Json]:
    return [json.loads(line) for line in await dead_letters(inlet.broker_url, "list", "--json")]


async def copy_letter(inlet: Inlet) -> None:
    """The one raw letter a second time, as a worker leaves it that died before its acknowledgement."""
    if inlet.broker_url.startswith("postgresql"):
        await inlet.query(COPY)
        return
    async with await aio_pika.connect(inlet.broker_url) as connection, connection.channel() as channel:
        letter = await (await channel.get_queue("inlet.raw.dead", ensure=False)).get()
        assert letter is not None
        for headers in (letter.headers, letter.headers | {"inlet-time": "2026-01-01T00:00:00Z"}):
            message = aio_pika.Message(letter.body, headers=headers, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
            await channel.default_exchange.publish(message, "inlet.raw.dead")
        await letter.ack()


async def written(inlet: Inlet, receipt: str) -> Receipt:
    async def look() -> Receipt | None:
        found = await inlet.receipt(receipt)
        return found if found is not None and found.state == "written" else None

    return await eventually(look, "the receipt is written", 30)


async def row(inlet: Inlet, receipt: str) -> str:
    """Everything that is kept of a receipt, as text."""
    return str((await inlet.query("SELECT r::text FROM profiles.receipts r WHERE receipt = $1", key_of(receipt)))[0][0])


async def test_a_raw_letter_and_its_copy_are_replayed_once_the_cause_is_removed(inlet: Inlet) -> None:
    # given: an integration whose revision the mapper does not find
    poisoned = new_token("i")
    known = {inlet.token: MAPPINGS}
    both = known | {poisoned: MAPPINGS}
    await inlet.start(both, known_to_the_mapper=known, queue_password=inlet.role_password)
    lost = (await inlet.post([{"userId": "u-1", "seats": 1}, {"userId": "u-2", "seats": 1}], token=poisoned)).receipt
    [failed] = await inlet.settled([lost])
    assert (failed.state, failed.failure, failed.written) == ("failed", "unknown_revision", 0)
    newer = (await inlet.post([{"userId": "u-2", "seats": 2}])).receipt
    await inlet.settled([newer])
    await copy_letter(inlet)
    first, second = await listed(inlet)
    assert first["receipts"] == second["receipts"] == [key_of(lost).hex()]
    assert first["id"] != second["id"]

    # when: the cause is removed, and one of the two is replayed
    snapshot_file = inlet.folder / "mapper.snapshot.json"
    snapshot_file.write_text(json.dumps(snapshot(inlet.access_token, both)))
    inlet.mapper.kill()
    inlet.mapper.start()
    await inlet.mapper.until_ready()
    assert await dead_letters(inlet.broker_url, "replay", first["id"], "--yes") == ["# replayed: 1 letter"]

    # then: its receipt says so, and what is newer stays
    receipt = await written(inlet, lost)
    assert (receipt.records, receipt.written, receipt.rejected, receipt.superseded) == (2, 2, 0, 1)
    profiles = await inlet.profiles()
    assert profiles == {"u-1": {1: 1}, "u-2": {1: 2}}
    kept = await row(inlet, lost)

    # when: the copy is replayed as well
    merged = await inlet.profile_writer.metric("inlet_records_written_total")
    assert await dead_letters(inlet.broker_url, "replay", "--receipt", key_of(lost).hex(), "--yes") == [
        "# replayed: 1 letter"
    ]

    async def merged_again() -> bool:
        return await inlet.profile_writer.metric("inlet_records_written_total") == merged + 2

    await eventually(merged_again, "the copy is merged", 30)

    # then: nothing has changed, and nothing is left
    assert await row(inlet, lost) == kept
    assert await inlet.profiles() == profiles
    assert await listed(inlet) == []


async def test_a_mapped_letter_is_replayed_once_the_cause_is_removed(inlet: Inlet) -> None:
    # given: a database that refuses one user
    await inlet.start({inlet.token: MAPPINGS}, queue_password=inlet.role_password)
    await inlet.query(REFUSE)
    await inlet.query(REFUSE_POISON)
    lost = (await inlet.post([{"userId": "poison", "seats": 3}])).receipt
    [failed] = await inlet.settled([lost])
    assert (failed.state, failed.failure) == ("failed", "internal_error")
    [letter] = await listed(inlet)
    assert (letter["queue"], letter["attempts"], letter["records"]) == ("mapped", 3, 1)
    assert any('"1": 3' in line for line in await dead_letters(inlet.broker_url, "show", letter["id"]))

    # when: replayed too early, it comes back with another id
    assert await dead_letters(inlet.broker_url, "replay", "--all", "--yes") == ["# replayed: 1 letter"]

    async def is_back() -> Json | None:
        return next((each for each in await listed(inlet) if each["id"] != letter["id"]), None)

    again = await eventually(is_back, "the letter is back", 30)
    assert again["receipts"] == letter["receipts"]

    # when: the cause is removed
    await inlet.query("DROP TRIGGER refuse ON profiles.profiles")
    assert await dead_letters(inlet.broker_url, "replay", "--queue", "mapped", "--yes") == ["# replayed: 1 letter"]

    # then
    receipt = await written(inlet, lost)
    assert (receipt.records, receipt.written, receipt.failure) == (1, 1, None)
    assert await inlet.profiles() == {"poison": {1: 3}}
    assert await listed(inlet) == []
