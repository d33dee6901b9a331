"""Senders that do as docs/sending.md says: 429 and 503 are sent again after Retry-After, no answer at once again."""

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp

from tests.chaos.definitions import Definitions, now_us
from tests.chaos.journal import ACCEPTED, NO_ANSWER, Attempt, Entry, Journal
from tests.chaos.updates import PLACES, Batch
from tests.chaos.world import GATEWAYS, World

SENDERS = 12
PATH = "/public/v1/user/data"
_TIMEOUT = aiohttp.ClientTimeout(total=8.0)
_NO_ANSWER_PAUSE_S = 0.3
_GIVES_UP = 0.15
_REPEATS = 0.06
_OLD_TOKEN = 0.1
"""How often somebody uses the token before the last one, which may be revoked."""
_REMEMBERED = 400
_RETRIED = (NO_ANSWER, 429, 503)


class Load:
    """Posts batches at up to `records_per_s` while it runs, and keeps the journal."""

    def __init__(
        self,
        world: World,
        definitions: Definitions,
        client: aiohttp.ClientSession,
        journal: Journal,
        records_per_s: int,
    ) -> None:
        self.journal = journal
        self.in_flight = 0
        self._world = world
        self._definitions = definitions
        self._client = client
        self._pace_s = SENDERS / records_per_s
        self._chance = random.Random(f"load {journal.seed}")
        self._sendable = asyncio.Event()
        self._sendable.set()
        self._repeatable: deque[Entry] = deque(maxlen=_REMEMBERED)
        self._over = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Sends within the block; on leaving it everybody finishes what was begun."""
        async with asyncio.TaskGroup() as tasks:
            for number in range(SENDERS):
                tasks.create_task(self._send_on(random.Random(f"sender {self.journal.seed}/{number}")))
            yield
            self._over = True

    @asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        """Within the block nothing is sent and no answer is awaited."""
        self._sendable.clear()
        try:
            while self.in_flight:
                await asyncio.sleep(0.02)
            yield
        finally:
            self._sendable.set()

    async def post(self, body: bytes, attempt: Attempt, key: str | None = None) -> None:
        """One request, as `attempt` says; what came of it stands in it afterwards."""
        headers = {
            "Authorization": f"Bearer {self._definitions.tokens.texts[attempt.token]}",
            "Content-Type": "application/json",
            "X-Request-Id": attempt.request_id,
        }
        if key is not None:
            headers["Idempotency-Key"] = key
        self.in_flight += 1
        try:
            url = self._world.url(attempt.gateway) + PATH
            async with self._client.post(url, data=body, headers=headers, timeout=_TIMEOUT) as answer:
                said = await answer.json()
                attempt.code, attempt.receipt = said.get("code", ""), said.get("receipt", "")
                attempt.retry_after_s = float(answer.headers.get("Retry-After", "0"))
                attempt.status = answer.status
        except (aiohttp.ClientError, TimeoutError, ValueError):
            attempt.status = NO_ANSWER
        finally:
            self.in_flight -= 1
            attempt.ended = now_us()

    async def accepted(self, body: bytes, request_id: str, key: str | None = None) -> Attempt:
        """Sends until it is accepted, for as long as that takes."""
        while True:
            attempt = Attempt(request_id, self._chance.choice(GATEWAYS), self._definitions.tokens.current, now_us())
            await self.post(body, attempt, key)
            if attempt.status == ACCEPTED:
                return attempt
            await asyncio.sleep(attempt.retry_after_s or _NO_ANSWER_PAUSE_S)

    async def _send_on(self, chance: random.Random) -> None:
        while not self._over:
            began = now_us()
            if self._repeatable and chance.random() < _REPEATS:
                records = await self._repeat(self._repeatable[chance.randrange(len(self._repeatable))])
            else:
                records = await self._send(self.journal.next(now_us()), chance)
            await asyncio.sleep(max(0.0, records * self._pace_s - (now_us() - began) / 1e6))

    async def _send(self, entry: Entry, chance: random.Random) -> int:
        """Sends a new batch until the answer is final; a few senders give up at once. Returns its size."""
        batch = self.journal.batch(entry)
        gives_up = chance.random() < _GIVES_UP
        while True:
            attempt = await self._post(entry, batch)
            final = attempt.status not in _RETRIED and attempt.status != 401
            if final or gives_up:
                break
            await asyncio.sleep(attempt.retry_after_s or _NO_ANSWER_PAUSE_S)
        if attempt.status == ACCEPTED:
            self.journal.acked_records += len(batch.records)
            if batch.key is not None:
                self._repeatable.append(entry)
        return len(batch.records)

    async def _repeat(self, entry: Entry) -> int:
        """Sends a batch once more that was accepted before, as a sender does that has forgotten so."""
        batch = self.journal.batch(entry)
        await self._post(entry, batch)
        return len(batch.records)

    async def _post(self, entry: Entry, batch: Batch) -> Attempt:
        await self._sendable.wait()
        tokens, place = self._definitions.tokens, PLACES[batch.place]
        token = max(0, tokens.current - int(self._chance.random() < _OLD_TOKEN))
        request_id = f"{batch.number}.{len(entry.attempts)}"
        attempt = Attempt(request_id, self._chance.choice(GATEWAYS), token, now_us())
        entry.attempts.append(attempt)
        await self.post(batch.body(self._definitions.tokens_of[place]), attempt, batch.key)
        return attempt
