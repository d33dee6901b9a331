"""What happens to who may do what while something else is under way."""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
from argon2 import PasswordHasher

from tests.backing.config_api import PASSWORD, ConfigApi, running_config_api
from tests.integration.given_identities import (
    SESSION,
    SYSTEMS,
    USERS,
    new_user,
    refusal,
    signed_in,
    try_to_sign_in,
)

RESET, THEIRS = "what an admin set", "what a thief would like"
DEADLINE_S = 10.0


@pytest.fixture
async def api(database: str) -> AsyncIterator[ConfigApi]:
    async with running_config_api(database) as running:
        yield running


class SlowHash:
    """Hashes of one password that wait until they are let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, password: str) -> None:
        self._began, self._let_go = threading.Event(), threading.Event()
        hash_now = PasswordHasher.hash

        def slow(hasher: PasswordHasher, given: str) -> str:
            if given == password:
                self._began.set()
                assert self._let_go.wait(DEADLINE_S)
            return hash_now(hasher, given)

        monkeypatch.setattr(PasswordHasher, "hash", slow)

    async def until_it_began(self) -> None:
        """Raises `AssertionError` when it does not begin."""
        assert await asyncio.to_thread(self._began.wait, DEADLINE_S)

    def let_go(self) -> None:
        """It may end."""
        self._let_go.set()


async def test_of_many_who_make_one_user_one_succeeds(api: ConfigApi) -> None:
    # when
    names = ["anna", "Anna", " ANNA", "aNNa "] * 5
    bodies = ({"name": name, "password": PASSWORD, "role": "viewer"} for name in names)
    answers = await asyncio.gather(*(api.call("POST", USERS, body) for body in bodies))

    # then
    assert Counter(answer.status for answer in answers) == {201: 1, 409: 19}
    assert len((await api.call("GET", USERS)).body["items"]) == 2


async def test_a_password_that_is_reset_meanwhile_stays_reset(api: ConfigApi, monkeypatch: pytest.MonkeyPatch) -> None:
    # given: a thief's change of the password, which has shown the old one
    anna, slow = await new_user(api, "anna"), SlowHash(monkeypatch, THEIRS)
    console = await signed_in(api, "anna")
    changing = asyncio.create_task(console.call("PUT", f"{SESSION}/password", {"old": PASSWORD, "new": THEIRS}))
    await slow.until_it_began()

    # when
    (await api.call("PUT", f"{anna}/password", {"password": RESET})).good(204)
    slow.let_go()

    # then
    assert refusal(await changing) == (403, "invalid_credentials", [])
    assert [(await try_to_sign_in(api, "anna", each)).status for each in (RESET, THEIRS)] == [200, 401]


async def test_who_is_disabled_meanwhile_has_no_session_afterwards(
    api: ConfigApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given
    anna, slow = await new_user(api, "anna"), SlowHash(monkeypatch, THEIRS)
    console = await signed_in(api, "anna")
    changing = asyncio.create_task(console.call("PUT", f"{SESSION}/password", {"old": PASSWORD, "new": THEIRS}))
    await slow.until_it_began()

    # when
    (await api.change(anna, {"role": "viewer", "disabled": True})).good(200)
    slow.let_go()

    # then
    answer = await changing
    assert (answer.status, answer.cookie) == (403, None)


@pytest.mark.parametrize(("change", "status"), [({"role": "viewer"}, 403), ({"role": "editor", "disabled": True}, 401)])
async def test_a_right_that_ends_while_the_body_is_under_way_is_over(
    api: ConfigApi, change: dict[str, Any], status: int
) -> None:
    # given
    anna = await new_user(api, "anna", "editor")
    console = await signed_in(api, "anna")

    async def late() -> AsyncIterator[bytes]:
        (await api.change(anna, change)).good(200)
        yield json.dumps({"key": "crm", "name": "CRM"}).encode()

    # when: the body comes only after the server let the request in
    headers = {
        "Cookie": f"inlet_session={console.cookie}",
        "X-CSRF-Token": console.csrf_token,
        "Origin": api.address,
        "Content-Type": "application/json",
    }
    sending = api.session.post(f"{api.address}{SYSTEMS}", data=late(), headers=headers, expect100=True)
    async with asyncio.timeout(DEADLINE_S), sending as answer:
        # then
        assert answer.status == status
    assert (await api.call("GET", SYSTEMS)).body["items"] == []
