"""Signing in and out: what opens a session, what ends it, how slowly passwords can be guessed."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from argon2 import PasswordHasher

from services.config_api.users import hold_user
from shared.contract.definitions import ROLE_SCOPES, Role
from shared.runtime.clock import system_clock
from tests.backing.config_api import CHEAP, PASSWORD, ConfigApi, running_config_api
from tests.integration.given_identities import (
    SESSION,
    USERS,
    Console,
    MovableClock,
    console_of,
    new_systems,
    new_user,
    refusal,
    signed_in,
    try_to_sign_in,
)

NEW_PASSWORD = "another long password"
WRONG = "not the right password"
MINUTE_S, HOUR_S = 60, 3600
DEADLINE_S = 10.0


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
async def api(database: str, clock: MovableClock) -> AsyncIterator[ConfigApi]:
    async with running_config_api(database, clock) as running:
        yield running


async def test_signing_in_says_who_one_is(api: ConfigApi) -> None:
    # given
    await new_systems(api, "crm")
    await new_user(api, "Anna", "editor", systems=["crm"])

    # when
    before = datetime.now(UTC)
    answer = (await try_to_sign_in(api, " ANNA ")).good(200)
    shown = (await console_of(api, answer).call("GET", SESSION)).good(200).body

    # then
    assert shown == answer.body
    expected = {"id": 2, "name": "Anna", "role": "editor", "systems": ["crm"]}
    assert shown.items() >= expected.items()
    assert set(shown["scopes"]) == ROLE_SCOPES[Role.EDITOR]
    for name, lasts in (("expires_at", timedelta(minutes=30)), ("ends_at", timedelta(hours=12))):
        assert abs(datetime.fromisoformat(shown[name]) - before - lasts) < timedelta(seconds=DEADLINE_S)
    cookie = answer.headers["Set-Cookie"]
    assert all(part in cookie for part in ("HttpOnly", "SameSite=Strict", "Path=/"))
    assert "Domain" not in cookie


async def test_an_admin_of_all_systems_has_null_for_them(api: ConfigApi) -> None:
    # when
    shown = (await try_to_sign_in(api)).good(200).body

    # then
    assert shown["systems"] is None
    assert set(shown["scopes"]) == ROLE_SCOPES[Role.ADMIN]


async def test_one_answer_for_unknown_wrong_and_disabled(api: ConfigApi) -> None:
    # given
    await new_user(api, "anna")
    off = await new_user(api, "off")
    (await api.change(off, {"role": "viewer", "disabled": True})).good(200)

    # when
    answers = [
        await try_to_sign_in(api, "anna", WRONG),
        await try_to_sign_in(api, "nobody"),
        await try_to_sign_in(api, "off"),
        await try_to_sign_in(api, "anna", ""),
    ]

    # then
    for answer in answers:
        assert refusal(answer) == (401, "invalid_credentials", [])
        assert answer.cookie is None
    assert len({str(answer.body | {"requestId": ""}) for answer in answers}) == 1
    assert len({tuple(sorted(set(answer.headers) - {"X-Request-Id"})) for answer in answers}) == 1


async def test_a_foreign_page_signs_nobody_in(api: ConfigApi) -> None:
    # then
    for origin in ("http://evil.test", "null", api.address.replace("127.0.0.1", "127.0.0.2")):
        assert refusal(await try_to_sign_in(api, Origin=origin)) == (403, "foreign_origin", [])
    assert (await try_to_sign_in(api, Origin=api.address)).status == 200


async def test_signing_out_ends_this_session_and_no_other(api: ConfigApi) -> None:
    # given
    console, other = await signed_in(api), await signed_in(api)
    announced = api.announced

    # when
    answer = (await console.call("DELETE", SESSION)).good(204)

    # then
    assert answer.cookie == ""
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert await console.is_over()
    assert not await other.is_over()
    assert api.announced == announced + 1


async def test_sessions_that_are_over_anyway_are_forgotten(api: ConfigApi) -> None:
    # given
    session = await asyncpg.connect(api.database_url)
    await session.execute("INSERT INTO config.ended_sessions VALUES ('old', now() - interval '1 s')")
    await session.close()

    # when
    (await (await signed_in(api)).call("DELETE", SESSION)).good(204)

    # then
    [(ends_at,)] = await api.query("SELECT ends_at FROM config.ended_sessions")
    assert ends_at > datetime.now(UTC) + timedelta(hours=11)


async def test_a_session_ends_when_it_is_not_used_and_at_its_end(api: ConfigApi, clock: MovableClock) -> None:
    # given
    console, unused = await signed_in(api), await signed_in(api)

    # when: one is used every 20 minutes, for almost 12 hours
    for _ in range(35):
        clock.ahead_s += 20 * MINUTE_S
        answer = (await console.call("GET", SESSION)).good(200)
        assert answer.cookie is not None
        console = Console(api, answer.cookie, console.csrf_token)

    # then
    assert await unused.is_over()
    assert not await console.is_over()

    # when
    clock.ahead_s = 12 * HOUR_S

    # then
    assert await console.is_over()


async def test_only_sessions_have_a_session(api: ConfigApi) -> None:
    # then
    assert refusal(await api.call("GET", SESSION)) == (403, "session_needed", [])
    assert refusal(await api.call("DELETE", SESSION)) == (403, "session_needed", [])


async def test_after_five_failures_a_name_waits_a_minute(api: ConfigApi) -> None:
    # given
    await new_user(api, "Anna")
    await new_user(api, "ben")

    # when: however the name is written
    for name in ("Anna", "anna", "ANNA ", " anna", "aNNa"):
        assert (await try_to_sign_in(api, name, WRONG)).status == 401

    # then: nothing is verified any more, and nobody else waits
    right = await try_to_sign_in(api, "Anna")
    assert refusal(right) == (429, "too_many_attempts", [])
    assert right.headers["Retry-After"] == "60"
    assert (await try_to_sign_in(api, "ben")).status == 200


async def test_a_name_that_is_nobodys_waits_as_well(api: ConfigApi) -> None:
    # when
    for _ in range(5):
        assert (await try_to_sign_in(api, "nobody", WRONG)).status == 401

    # then
    assert (await try_to_sign_in(api, "Nobody", WRONG)).status == 429


async def test_successes_do_not_count(api: ConfigApi) -> None:
    # when
    for _ in range(4):
        assert (await try_to_sign_in(api, password=WRONG)).status == 401
    statuses = [(await try_to_sign_in(api)).status for _ in range(6)]

    # then
    assert statuses == [200] * 6


async def test_attempts_at_once_are_no_more_than_one_by_one(api: ConfigApi) -> None:
    # when
    answers = await asyncio.gather(*(try_to_sign_in(api, password=WRONG) for _ in range(30)))

    # then
    assert Counter(answer.status for answer in answers) == {401: 5, 429: 25}


async def test_after_twenty_failures_an_address_waits(database: str) -> None:
    # given: a door that adds the address it was called from
    async with running_config_api(database, forwarded_for=True) as api:
        for each in range(20):
            chain = f"10.9.9.{each}, 10.0.0.1"  # what the sender itself wrote comes first
            assert (await try_to_sign_in(api, f"name {each}", WRONG, X_Forwarded_For=chain)).status == 401

        # then
        assert (await try_to_sign_in(api, X_Forwarded_For="10.0.0.1")).status == 429
        assert (await try_to_sign_in(api, X_Forwarded_For="10.0.0.2")).status == 200


async def test_without_a_door_nobody_chooses_their_address(api: ConfigApi) -> None:
    # when
    for each in range(20):
        answer = await try_to_sign_in(api, f"name {each}", WRONG, X_Forwarded_For=f"10.0.0.{each}")
        assert answer.status == 401

    # then
    assert (await try_to_sign_in(api, X_Forwarded_For="10.1.1.1")).status == 429


async def test_a_new_password_of_ones_own_ends_all_other_sessions(api: ConfigApi) -> None:
    # given
    console, elsewhere = await signed_in(api), await signed_in(api)

    # when
    body = {"old": PASSWORD, "new": NEW_PASSWORD}
    answer = (await console.call("PUT", f"{SESSION}/password", body)).good(200)

    # then
    fresh = console_of(api, answer)
    assert not await fresh.is_over()
    assert await elsewhere.is_over()
    assert await console.is_over()
    assert (await fresh.call("GET", SESSION)).body == answer.body
    assert (await try_to_sign_in(api)).status == 401
    assert (await try_to_sign_in(api, password=NEW_PASSWORD)).status == 200


async def test_a_wrong_old_password_changes_nothing_and_counts(api: ConfigApi) -> None:
    # given
    console = await signed_in(api)

    # when
    answers = [await console.call("PUT", f"{SESSION}/password", {"old": WRONG, "new": NEW_PASSWORD}) for _ in range(6)]

    # then
    assert [answer.status for answer in answers] == [403] * 5 + [429]
    assert refusal(answers[0]) == (403, "invalid_credentials", [])
    assert not await console.is_over()
    assert (await try_to_sign_in(api)).status == 429


@pytest.mark.parametrize("new", ["x" * 11, "x" * 1025, ""])
async def test_a_password_of_ones_own_has_the_same_bounds(api: ConfigApi, new: str) -> None:
    # when
    answer = await (await signed_in(api)).call("PUT", f"{SESSION}/password", {"old": PASSWORD, "new": new})

    # then
    assert refusal(answer) == (422, "invalid_body", ["/new"])


async def test_an_outdated_hash_is_renewed_at_the_next_sign_in(api: ConfigApi) -> None:
    # given
    weak = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    session = await asyncpg.connect(api.database_url)
    await session.execute("UPDATE config.users SET password_hash = $1", weak)
    await session.close()

    # when
    assert (await try_to_sign_in(api, password=WRONG)).status == 401
    [(kept,)] = await api.query("SELECT password_hash FROM config.users")
    assert kept == weak
    console = await signed_in(api)

    # then
    [(kept,)] = await api.query("SELECT password_hash FROM config.users")
    assert kept != weak
    assert not CHEAP.check_needs_rehash(kept)
    assert not await console.is_over()
    assert not await (await signed_in(api)).is_over()


async def test_a_password_that_is_just_being_replaced_opens_nothing(api: ConfigApi) -> None:
    # given: a change of the password that is not committed yet
    async with held(api) as session:
        await session.execute("UPDATE config.users SET password_hash = $1", PasswordHasher().hash(NEW_PASSWORD))

        # when
        signing_in = asyncio.create_task(try_to_sign_in(api))
        await until_some_wait(session, 1)
        await session.execute("COMMIT")

    # then
    assert (await signing_in).status == 401


async def test_who_signs_in_while_a_user_is_changed_waits(api: ConfigApi) -> None:
    # given
    async with held(api) as session, api.store.change_by("tests", "tests") as change:
        await hold_user(change, 1, system_clock)

        # when
        signing_in = asyncio.create_task(try_to_sign_in(api))
        await until_some_wait(session, 1)

    # then
    assert (await signing_in).status == 200


async def test_a_sign_in_that_read_the_former_password_ends_with_it(api: ConfigApi) -> None:
    # given: a sign-in that has checked the password, and cannot go on yet
    anna = await new_user(api, "anna")
    async with held(api) as session:
        await session.execute("LOCK TABLE config.audit IN EXCLUSIVE MODE")
        signing_in = asyncio.create_task(try_to_sign_in(api, "anna"))
        await until_some_wait(session, 1)

        # when: the password is reset meanwhile
        resetting = asyncio.create_task(api.call("PUT", f"{anna}/password", {"password": NEW_PASSWORD}))
        await until_some_wait(session, 2)
    (await resetting).good(204)

    # then
    assert await console_of(api, await signing_in).is_over()


async def test_a_session_of_a_user_who_reads_nothing_else_is_still_theirs(api: ConfigApi) -> None:
    # given
    await new_user(api, "anna", systems=[])
    console = await signed_in(api, "anna")

    # then
    assert (await console.call("GET", SESSION)).body["systems"] == []
    assert (await console.call("GET", USERS)).status == 403
    assert (await console.call("GET", "/api/v1/systems")).good(200).body["items"] == []


@asynccontextmanager
async def held(api: ConfigApi) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A transaction of the superuser's, which holds up others until it is left."""
    session = await asyncpg.connect(api.database_url)
    await session.execute("BEGIN")
    try:
        yield session
    finally:
        await session.close()


async def until_some_wait(session: "asyncpg.Connection[asyncpg.Record]", number: int) -> None:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    async with asyncio.timeout(DEADLINE_S):
        while await session.fetchval(waiting) < number:
            await session.execute("SELECT pg_stat_clear_snapshot()")  # within a transaction it shows one moment
            await asyncio.sleep(0.01)
