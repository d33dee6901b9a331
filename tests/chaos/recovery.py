"""How long it takes, once everything has healed, until a fresh record can be read."""

import asyncio
import json
import time
from dataclasses import dataclass, field

import aiohttp

from tests.chaos.definitions import FRESH, Definitions
from tests.chaos.load import Load
from tests.chaos.world import World

_TIMEOUT = aiohttp.ClientTimeout(total=2.0)
_LOOK_S = 0.05


@dataclass
class Recovery:
    """Posts one record after each round of faults; `seconds` has the times, those after a black hole apart."""

    world: World
    definitions: Definitions
    client: aiohttp.ClientSession
    load: Load
    patience_s: float
    seconds: dict[bool, list[float]] = field(default_factory=lambda: {False: [], True: []})

    async def measure(self, *, after_black_hole: bool) -> float:
        """Seconds from now until a record posted now can be read. Raises `TimeoutError` after `patience_s`."""
        began = time.monotonic()
        number = sum(map(len, self.seconds.values()))
        record = {"userId": "fresh", "n1": number}
        body = json.dumps({"token": self.definitions.tokens_of[FRESH], "data": [record]}).encode()
        async with asyncio.timeout(self.patience_s):
            await self.load.accepted(body, f"fresh-{number}")
            while await self._read() != number:
                await asyncio.sleep(_LOOK_S)
        taken = time.monotonic() - began
        self.seconds[after_black_hole].append(taken)
        return taken

    async def _read(self) -> int | None:
        """The number that the profile holds; None while it cannot be read."""
        token = self.definitions.tokens.texts[self.definitions.tokens.current]
        url = f"{self.world.url('profile-api')}/api/v1/profiles/{FRESH.system}/{FRESH.environment}/fresh"
        try:
            headers = {"Authorization": f"Bearer {token}"}
            async with self.client.get(url, headers=headers, timeout=_TIMEOUT) as answer:
                return int((await answer.json())["attributes"]["n1"]["value"]) if answer.status == 200 else None
        except (aiohttp.ClientError, TimeoutError):
            return None
