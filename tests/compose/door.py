"""Inlet through its door: what an admin, a sender and a reader do over HTTP."""

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import aiohttp

from tests.e2e.process import eventually

Json = Any

SYSTEM = "crm"
_RETRY_S = 0.2
_TIMEOUT = aiohttp.ClientTimeout(total=20.0)


@dataclass
class Door:
    """The address, one client, and the tokens once `define` has made them. `retries` counts by reason."""

    url: str
    client: aiohttp.ClientSession
    access_token: str = ""
    integration_token: str = ""
    retries: Counter[str] = field(default_factory=Counter)

    async def define(self, user: str, password: str) -> None:
        """Signs in as the first admin; makes a system, an integration and tokens."""
        await eventually(lambda: self._answers("/readyz"), "the door is ready", 120.0)
        credentials = {"name": user, "password": password}
        answer = await eventually(lambda: self._sign_in(credentials), "the first admin can sign in")
        own = {"X-CSRF-Token": answer["csrf_token"], "Cookie": f"inlet_session={answer['cookie']}", "Origin": self.url}
        await self._made("systems", {"key": SYSTEM, "name": "CRM"}, own)
        department = {"property": "department", "attribute": "department", "name": "Department", "type": "String"}
        seats = {"property": "seats", "attribute": "seats", "name": "Seats", "type": "Number"}
        integration = {
            "name": "smoke",
            "system": SYSTEM,
            "environment": "production",
            "state": "active",
            "user_id": {"property": "userId"},
            "mappings": [department, seats],
        }
        number = (await self._made("integrations", integration, own))["id"]
        self.integration_token = (await self._made(f"integrations/{number}/tokens", {}, own))["token"]
        scopes = ["data:write", "receipts:read", "profiles:read"]
        token = {"name": "smoke", "scopes": scopes, "records_per_s": 0}
        self.access_token = (await self._made("access-tokens", token, own))["token"]
        await eventually(self._is_known, "every gateway knows the token", 30.0)

    async def post(self, records: list[Json], key: str) -> str:
        """Posts a batch until it is accepted, as a sender should, and returns its receipt.

        What is not 202 and not to be sent again raises `AssertionError`.
        """
        body = json.dumps({"token": self.integration_token, "data": records}).encode()
        headers = self._bearer() | {"Content-Type": "application/json", "Idempotency-Key": key}
        while True:
            pause_s = _RETRY_S
            try:
                async with self.client.post(
                    f"{self.url}/public/v1/user/data", data=body, headers=headers, timeout=_TIMEOUT
                ) as answer:
                    if answer.status == 202:
                        return str((await answer.json())["receipt"])
                    assert answer.status in (429, 503), f"{answer.status}: {await answer.text()}"
                    self.retries[f"{answer.status} {(await answer.json())['code']}"] += 1
                    pause_s = float(answer.headers["Retry-After"])
            except (aiohttp.ClientError, TimeoutError) as error:
                self.retries[type(error).__name__] += 1
            await asyncio.sleep(pause_s)  # what a sender does until it sends again

    async def receipt(self, receipt: str) -> Json:
        """A receipt once it is no longer pending."""

        async def look() -> Json:
            body = await self._read(f"/public/v1/receipts/{receipt}")
            return body if body is not None and body["state"] != "pending" else None

        return await eventually(look, f"{receipt} is settled", 120.0)

    async def profile(self, user: str) -> Json:
        """One user's attributes, by a path in which the user ID is encoded."""
        body = await self._read(f"/api/v1/profiles/{SYSTEM}/production/{quote(user, safe='')}")
        return {key: each["value"] for key, each in body["attributes"].items()}

    async def profiles(self) -> dict[str, Json]:
        """Every user's attributes."""
        found: dict[str, Json] = {}
        cursor: str | None = ""
        while cursor is not None:
            page = await self._read(f"/api/v1/profiles/{SYSTEM}/production?limit=1000&cursor={quote(cursor, safe='')}")
            for item in page["items"]:
                found[item["user_id"]] = {key: each["value"] for key, each in item["attributes"].items()}
            cursor = page["next"]
        return found

    async def _read(self, path: str) -> Json:
        """The body of a 200; None where the service is away for the moment."""
        url = self.url + path
        async with self.client.get(url, headers=self._bearer(), timeout=_TIMEOUT) as answer:
            assert answer.status in (200, 503), f"{path}: {answer.status}: {await answer.text()}"
            return await answer.json() if answer.status == 200 else None

    async def _answers(self, path: str) -> bool:
        try:
            async with self.client.get(self.url + path, timeout=_TIMEOUT) as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def _is_known(self) -> bool:
        """Whether many posts in a row, of nothing, are refused for that alone: any gateway answers each of them."""
        for _ in range(20):
            async with self.client.post(
                f"{self.url}/public/v1/user/data",
                json={"token": self.integration_token, "data": []},
                headers=self._bearer(),
                timeout=_TIMEOUT,
            ) as answer:
                if answer.status != 400:
                    return False
        return True

    async def _sign_in(self, credentials: Json) -> Json:
        async with self.client.post(f"{self.url}/api/v1/session", json=credentials, timeout=_TIMEOUT) as answer:
            if answer.status != 200:
                return None
            return await answer.json() | {"cookie": answer.cookies["inlet_session"].value}

    async def _made(self, what: str, body: Json, headers: dict[str, str]) -> Json:
        async with self.client.post(f"{self.url}/api/v1/{what}", json=body, headers=headers, timeout=_TIMEOUT) as made:
            assert made.status == 201, f"{what}: {made.status}: {await made.text()}"
            return await made.json()

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access_token}"}
