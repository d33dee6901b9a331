"""What passwords are compared with, and how often; what is said of a session that goes on."""

from collections.abc import AsyncIterator
from datetime import datetime

import pytest
from argon2 import PasswordHasher

from shared.contract import stamps
from shared.contract.sessions import SessionSigner
from tests.backing.config_api import SESSION_KEY, ConfigApi, running_config_api
from tests.integration.given_identities import SESSION, MovableClock, new_user, signed_in, try_to_sign_in

WRONG = "not the right password"


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
async def api(database: str, clock: MovableClock) -> AsyncIterator[ConfigApi]:
    async with running_config_api(database, clock) as running:
        yield running


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What passwords were compared with."""
    found: list[str] = []
    verify_now = PasswordHasher.verify

    def verify(hasher: PasswordHasher, kept: str, password: str) -> bool:
        found.append(kept)
        return verify_now(hasher, kept, password)

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    return found


async def test_whoever_it_is_one_hash_of_one_cost_is_computed(api: ConfigApi, verified: list[str]) -> None:
    # given
    await new_user(api, "anna")
    (await api.change(await new_user(api, "off"), {"role": "viewer", "disabled": True})).good(200)

    # when
    for name in ("anna", "nobody", "off"):
        assert (await try_to_sign_in(api, name, WRONG)).status == 401

    # then
    assert len(verified) == 3
    assert len({tuple(each.split("$")[:4]) for each in verified}) == 1


async def test_nothing_is_computed_for_who_has_to_wait_or_comes_from_elsewhere(
    api: ConfigApi, verified: list[str]
) -> None:
    # when
    named = [(await try_to_sign_in(api, "nobody", WRONG)).status for _ in range(7)]
    addressed = [(await try_to_sign_in(api, f"name {each}", WRONG)).status for each in range(17)]
    foreign = (await try_to_sign_in(api, Origin="http://evil.test")).status

    # then: five of a name, twenty of an address
    assert (named, addressed, foreign) == ([401] * 5 + [429] * 2, [401] * 15 + [429] * 2, 403)
    assert len(verified) == 20


async def test_a_session_that_is_read_shows_the_end_that_its_new_cookie_has(
    api: ConfigApi, clock: MovableClock
) -> None:
    # given
    console = await signed_in(api)
    clock.ahead_s += 20 * 60

    # when
    answer = (await console.call("GET", SESSION)).good(200)

    # then
    assert answer.cookie
    session = SessionSigner(SESSION_KEY.encode()).read(answer.cookie)
    assert session is not None
    assert datetime.fromisoformat(answer.body["expires_at"]) == stamps.to_datetime(session.ends)
    assert answer.body["csrf_token"] == console.csrf_token
