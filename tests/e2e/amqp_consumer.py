"""An outside consumer of events: it keeps a copy of the profiles up to date in a file. It imports nothing of Inlet's.

python amqp_consumer.py BROKER_URL QUEUE PROFILES_URL COPY    (the environment's TOKEN lets it read)
"""

import asyncio
import json
import os
import sqlite3
import sys
from urllib.parse import quote

import aio_pika
import aiohttp

EXCHANGE, KEY = "inlet.events", "profile.changed.#"


async def main(broker_url: str, queue_name: str, profiles_url: str, copy: str) -> None:
    store = sqlite3.connect(copy, isolation_level=None)
    store.execute("CREATE TABLE IF NOT EXISTS profiles (user TEXT PRIMARY KEY, attributes TEXT)")
    headers = {"Authorization": f"Bearer {os.environ['TOKEN']}"}
    connection = await aio_pika.connect(broker_url)
    async with connection, connection.channel() as channel, aiohttp.ClientSession(headers=headers) as session:
        await channel.set_qos(prefetch_count=10)
        queue = await channel.declare_queue(queue_name, durable=True)
        await queue.bind(EXCHANGE, KEY)
        print("begun", flush=True)  # noqa: T201 - what the test waits for
        async with queue.iterator() as messages:
            async for message in messages:
                for user in json.loads(message.body)["user_ids"]:
                    await take_over(session, store, f"{profiles_url}/{quote(user, '')}", user)
                await message.ack()


async def take_over(session: aiohttp.ClientSession, store: sqlite3.Connection, url: str, user: str) -> None:
    async with session.get(url) as answer:
        if answer.status == 404:
            store.execute("DELETE FROM profiles WHERE user = ?", (user,))
            return
        answer.raise_for_status()
        attributes = (await answer.json())["attributes"]
    values = json.dumps({key: each["text"] for key, each in attributes.items()}, sort_keys=True)
    store.execute("INSERT OR REPLACE INTO profiles VALUES (?, ?)", (user, values))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
