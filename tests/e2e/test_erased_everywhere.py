"""Who is erased is in no table and in no queue, once what was put aside is replayed or dropped; on both transports."""

from collections.abc import AsyncIterator
from pathlib import Path

import aio_pika
import asyncpg
import pytest

from tests.backing.postgres import Postgres
from tests.e2e.conftest import deployed
from tests.e2e.deployment import Deployment, Json
from tests.e2e.process import eventually
from tests.e2e.test_dead_letters import dead_letters
from tests.e2e.test_definitions import DATA, PROFILES, given_an_integration, post_until

ENVIRONMENT = "/api/v1/systems/crm/environments/production"
PLANTED = ("first", "second", "refused", "mapped", "raw")
QUEUES = ("inlet.raw", "inlet.raw.dead", "inlet.mapped", "inlet.mapped.dead")
REFUSE = """
CREATE FUNCTION profiles.refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$BEGIN RAISE 'refused' USING ERRCODE = '22000'; END$$;
CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON profiles.profiles FOR EACH ROW
    WHEN (NEW.attributes::text LIKE '%planted-mapped%') EXECUTE FUNCTION profiles.refuse()
"""


@pytest.fixture
async def inlet(given_broker: str, postgres: Postgres, role_password: str, tmp_path: Path) -> AsyncIterator[Deployment]:
    async with deployed(given_broker, postgres, role_password, tmp_path) as system:
        yield system


async def execute(inlet: Deployment, sql: str) -> None:
    session = await asyncpg.connect(inlet.database_url)
    try:
        await session.execute(sql)
    finally:
        await session.close()


async def waiting(inlet: Deployment) -> bytes:
    """All that waits in the queues; it stays there."""
    if not inlet.broker_url:
        session = await asyncpg.connect(inlet.database_url)
        try:
            rows = await session.fetch("SELECT body FROM queue.messages")
        finally:
            await session.close()
        return b"".join(row["body"] for row in rows)
    found = b""
    async with await aio_pika.connect(inlet.broker_url) as connection, connection.channel() as channel:
        for name in QUEUES:  # what is taken and not acknowledged is given back when the connection ends
            queue = await channel.get_queue(name, ensure=False)
            while (message := await queue.get(fail=False)) is not None:
                found += message.body
    return found


async def put_aside(inlet: Deployment) -> None:
    """Moves what waits for the mapper to the dead letters, as the broker does when workers end on it."""
    if not inlet.broker_url:
        await execute(inlet, "UPDATE queue.messages SET queue = 'inlet.raw.dead' WHERE queue = 'inlet.raw'")
        return
    async with await aio_pika.connect(inlet.broker_url) as connection, connection.channel() as channel:
        message = await (await channel.get_queue("inlet.raw", ensure=False)).get()
        assert message is not None
        copy = aio_pika.Message(message.body, headers=message.headers, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await channel.default_exchange.publish(copy, "inlet.raw.dead")
        await message.ack()


@pytest.mark.parametrize("fate", ["replay", "drop"])
async def test_no_planted_value_is_left_anywhere(inlet: Deployment, fate: str) -> None:
    # given values of ann's in a profile, a history, a rejected record and the dead letters of both queues
    await inlet.start()
    _, token = await given_an_integration(inlet, state="active")
    await inlet.change(ENVIRONMENT, lambda read: {"name": read["name"], "history": True})
    access = await inlet.new_token("data:write", "receipts:read", "profiles:read", "profiles:erase")
    await post_until(inlet, 202, access, token)

    async def post(**record: Json) -> str:
        body = {"token": token, "data": [{"userId": "ann", **record}, {"userId": "ben", "department": "kept"}]}
        return str((await inlet.with_token(access, "POST", DATA, body)).good(202).body["receipt"])

    await inlet.settled(access, await post(department="planted-first"))
    await inlet.settled(access, await post(department="planted-second", seats="planted-refused"))
    await execute(inlet, REFUSE)
    assert (await inlet.settled(access, await post(department="planted-mapped")))["state"] == "failed"
    inlet.services["mapper"].terminate()
    raw = await post(department="planted-raw")
    await put_aside(inlet)
    assert await planted(inlet) == {f"planted-{name}" for name in PLANTED}

    # when she is erased, and what was put aside is replayed or dropped
    (await inlet.with_token(access, "DELETE", f"{PROFILES}/ann")).good(204)
    inlet.services["mapper"].start()
    await inlet.services["mapper"].until_ready()
    await execute(inlet, "DROP TRIGGER refuse ON profiles.profiles")
    assert await dead_letters(inlet.queues_url, fate, "--all", "--yes")

    async def is_empty() -> bool:
        return not await waiting(inlet)

    await eventually(is_empty, "nothing waits", 30.0)
    if fate == "replay":
        assert (await inlet.settled(access, raw))["erased"] == 1

    # then
    assert await planted(inlet) == set()
    assert (await inlet.with_token(access, "GET", f"{PROFILES}/ann")).status == 404
    ben = (await inlet.with_token(access, "GET", f"{PROFILES}/ben")).good(200).body
    assert ben["attributes"]["department"]["value"] == "kept"


async def planted(inlet: Deployment) -> set[str]:
    """The values of ann's that are found in a table or a queue."""
    everything = "\n".join((await inlet.tables()).values()).encode() + await waiting(inlet)
    values = [f"planted-{name}" for name in PLANTED]
    return {each for each in values if each.encode() in everything or each.encode().hex().encode() in everything}
