"""The servers that the tests themselves rely on."""

import aio_pika
import asyncpg

from tests.backing.migrated import role_url
from tests.backing.postgres import Postgres
from tests.backing.rabbitmq import Rabbitmq


async def _publish_and_get(url: str) -> bytes:
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        queue = await channel.declare_queue("inlet.raw", durable=True)
        await channel.default_exchange.publish(aio_pika.Message(b"x"), "inlet.raw")
        message = await queue.get(no_ack=True)
        return message.body


async def test_rabbitmq_comes_back_after_each_kind_of_end(rabbitmq: Rabbitmq, broker_url: str) -> None:
    # given
    assert await _publish_and_get(broker_url) == b"x"

    # when
    rabbitmq.stop()

    # then
    assert not rabbitmq.alive
    rabbitmq.start()
    assert await _publish_and_get(broker_url) == b"x"

    # when
    rabbitmq.kill()

    # then
    assert not rabbitmq.alive
    rabbitmq.start()
    assert "inlet.raw" in rabbitmq.ctl("list_queues", "name")


async def test_postgres_keeps_what_was_committed_after_each_kind_of_end(postgres: Postgres, database: str) -> None:
    # given
    connection = await asyncpg.connect(database)
    await connection.execute("CREATE TABLE kept (n int)")

    for number, end in enumerate((postgres.stop, postgres.kill)):
        # when
        await connection.execute("INSERT INTO kept VALUES ($1)", number)
        end()

        # then
        assert not postgres.alive
        postgres.start()
        await connection.close()
        connection = await asyncpg.connect(database)
        assert await connection.fetchval("SELECT max(n) FROM kept") == number
    await connection.close()


async def test_each_database_is_fresh_and_open_to_the_services_roles(database: str) -> None:
    # given
    connection = await asyncpg.connect(role_url(database, "inlet_profile_writer"))

    # when
    profiles = await connection.fetchval("SELECT count(*) FROM profiles.profiles")
    await connection.close()

    # then
    assert profiles == 0
