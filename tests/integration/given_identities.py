"""Callers of the config API: console sessions, tokens with less than all rights, and a clock to move."""

from dataclasses import dataclass
from typing import Any

from shared.runtime.clock import system_clock
from tests.backing.config_api import ADMIN, PASSWORD, Answer, ConfigApi

SYSTEMS, INTEGRATIONS = "/api/v1/systems", "/api/v1/integrations"
USERS, SESSION, TOKENS = "/api/v1/users", "/api/v1/session", "/api/v1/access-tokens"


@dataclass
class MovableClock:
    """The machine's clock, as many seconds ahead as a test says."""

    ahead_s: float = 0.0

    def __call__(self) -> int:
        return system_clock() + int(self.ahead_s * 1_000_000)


@dataclass(frozen=True)
class Console:
    """A page of ours with a session."""

    api: ConfigApi
    cookie: str
    csrf_token: str

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """A request as such a page makes it."""
        own = {
            "Cookie": f"inlet_session={self.cookie}",
            "X_CSRF_Token": self.csrf_token,
            "Origin": self.api.address,
        }
        return await self.api.call(method, path, body, token=None, **(own | headers))

    async def is_over(self) -> bool:
        """Whether the session is refused."""
        answer = await self.call("GET", SESSION)
        assert answer.status == 200 or (answer.status, answer.body["code"]) == (401, "invalid_session")
        return answer.status != 200


async def try_to_sign_in(api: ConfigApi, name: str = ADMIN, password: str = PASSWORD, **headers: str) -> Answer:
    """What is answered to these credentials."""
    return await api.call("POST", SESSION, {"name": name, "password": password}, token=None, **headers)


def console_of(api: ConfigApi, answer: Answer) -> Console:
    """The session that an answer began."""
    assert answer.cookie
    return Console(api, answer.cookie, answer.good(200).body["csrf_token"])


async def signed_in(api: ConfigApi, name: str = ADMIN, password: str = PASSWORD) -> Console:
    """A new session."""
    return console_of(api, await try_to_sign_in(api, name, password))


async def new_user(api: ConfigApi, name: str, role: str = "viewer", **fields: Any) -> str:
    """The path of a new user."""
    body = {"name": name, "password": PASSWORD, "role": role} | fields
    return f"{USERS}/{(await api.call('POST', USERS, body)).good(201).body['id']}"


async def new_systems(api: ConfigApi, *keys: str) -> None:
    """Systems of these keys."""
    for key in keys:
        (await api.call("POST", SYSTEMS, {"key": key, "name": key.upper()})).good(201)


async def new_integration(api: ConfigApi, system: str, name: str = "Nightly") -> str:
    """The path of a new integration."""
    body = {"name": name, "system": system, "environment": "production", "user_id": {"property": "userId"}}
    return f"{INTEGRATIONS}/{(await api.call('POST', INTEGRATIONS, body)).good(201).body['id']}"


def refusal(answer: Answer) -> tuple[int, str, list[str]]:
    """Status, code and what is pointed at."""
    return answer.status, answer.body["code"], [each["pointer"] for each in answer.body.get("errors", [])]
