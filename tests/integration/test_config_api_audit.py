"""The audit log: each change once, for whom it concerns, without secrets; and the first admin."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from pydantic import SecretStr

from services.config_api.bootstrap import make_first_admin
from services.config_api.passwords import Passwords
from services.config_api.settings import ConfigApiSettings
from shared.contract import tokens
from shared.contract.definitions import Scope
from tests.backing.config_api import ADMIN, PASSWORD, SERVICE_TOKEN, SESSION_KEY, ConfigApi, running_config_api
from tests.backing.migrated import role_url
from tests.integration.given_identities import (
    SESSION,
    TOKENS,
    USERS,
    console_of,
    new_integration,
    new_systems,
    new_user,
    refusal,
    signed_in,
    try_to_sign_in,
)

AUDIT = "/api/v1/audit"
DEADLINE_S = 10.0


@pytest.fixture
async def api(database: str) -> AsyncIterator[ConfigApi]:
    async with running_config_api(database) as running:
        yield running


async def entries(api: ConfigApi, query: str = "", token: str = "") -> list[dict[str, Any]]:
    return list((await api.call("GET", f"{AUDIT}?limit=1000&{query}", token=token)).good(200).body["items"])


async def test_each_change_of_who_may_do_what_is_there_once(api: ConfigApi) -> None:
    # given
    anna = await new_user(api, "anna")
    (await api.change(anna, {"role": "editor"})).good(200)
    (await api.call("PUT", f"{anna}/password", {"password": PASSWORD})).good(204)
    console = await signed_in(api, "anna")
    changed = await console.call("PUT", f"{SESSION}/password", {"old": PASSWORD, "new": PASSWORD + "!"})
    (await console_of(api, changed).call("DELETE", SESSION)).good(204)
    path = f"{TOKENS}/{(await api.call('POST', TOKENS, {'name': 'T', 'scopes': ['config:read']})).good(201).body['id']}"
    (await api.change(path, {"name": "T 2", "scopes": ["config:read"]})).good(200)
    (await api.call("POST", f"{path}/rotate", {})).good(201)
    (await api.delete(path)).good(204)

    # when: what is refused or only read
    assert (await try_to_sign_in(api, "anna", "wrong")).status == 401
    assert (await api.call("PUT", anna, {"role": "admin"}, If_Match='"1"')).status == 412
    assert (await api.call("POST", USERS, {"name": "ANNA", "password": PASSWORD, "role": "viewer"})).status == 409
    assert (await api.call("GET", USERS)).status == 200

    # then
    assert [(each["action"], each["kind"], each["object"], each["actor"]["id"]) for each in await entries(api)] == [
        ("revoked", "access_token", "2", "token:1"),
        ("rotated", "access_token", "2", "token:1"),
        ("replaced", "access_token", "2", "token:1"),
        ("created", "access_token", "2", "token:1"),
        ("signed_out", "session", "2", "user:2"),
        ("changed_password", "user", "2", "user:2"),
        ("signed_in", "session", "2", "user:2"),
        ("reset_password", "user", "2", "token:1"),
        ("replaced", "user", "2", "token:1"),
        ("created", "user", "2", "token:1"),
        ("created", "user", "1", "service:config-api"),
    ]


async def test_an_entry_says_who_when_and_how_it_was(api: ConfigApi) -> None:
    # given
    anna = await new_user(api, "anna", "admin")
    before = (await api.call("GET", anna)).body
    console = await signed_in(api, "anna")

    # when
    answer = await console.call(
        "PUT", anna, {"role": "viewer"}, If_Match=f'"{before["version"]}"', X_Request_Id="mine-1"
    )

    # then
    entry, _ = await entries(api, "kind=user&object=2")
    assert (entry["before"], entry["after"]) == (before, answer.good(200).body)
    assert entry["actor"] == {"id": "user:2", "name": "anna"}
    assert (entry["request_id"], entry["system"]) == ("mine-1", None)


async def test_the_name_of_who_did_it_is_todays(api: ConfigApi) -> None:
    # given
    path = f"{TOKENS}/{(await api.call('POST', TOKENS, {'name': 'T', 'scopes': sorted(Scope)})).good(201).body['id']}"
    token = (await api.call("POST", f"{path}/rotate", {})).body["token"]
    await api.call("POST", "/api/v1/systems", {"key": "crm", "name": "CRM"}, token=token)

    # when
    (await api.change(path, {"name": "Renamed", "scopes": ["config:read"]})).good(200)

    # then
    [entry] = await entries(api, "kind=system")
    assert entry["actor"] == {"id": "token:2", "name": "Renamed"}
    [first] = await entries(api, "kind=user")
    assert first["actor"] == {"id": "service:config-api", "name": "service:config-api"}


async def test_the_log_is_read_in_pages_the_newest_first(api: ConfigApi) -> None:
    # given
    await new_systems(api, *(f"s{each}" for each in range(5)))

    # when
    found: list[str] = []
    cursor: str | None = "0"
    while cursor is not None:
        page = (await api.call("GET", f"{AUDIT}?kind=system&limit=2&cursor={cursor}")).good(200).body
        found += [each["object"] for each in page["items"]]
        cursor = page["next"]
        await new_systems(api, f"later{len(found)}")  # what happens meanwhile moves no page

    # then
    assert found == ["s4", "s3", "s2", "s1", "s0"]


async def test_the_log_is_searched_by_kind_object_and_system(api: ConfigApi) -> None:
    # given
    await new_systems(api, "crm", "erp")
    for system in ("crm", "erp"):
        await new_integration(api, system)

    # then
    assert [each["object"] for each in await entries(api, "kind=integration")] == ["2", "1"]
    assert [each["system"] for each in await entries(api, "kind=integration&object=2")] == ["erp"]
    assert {each["kind"] for each in await entries(api, "system=crm")} == {"system", "integration"}
    assert {each["system"] for each in await entries(api, "system=crm")} == {"crm"}
    assert await entries(api, "system=gone") == []
    assert await entries(api, "kind=nothing") == []
    for query in ("limit=0", "limit=1001", "cursor=-1", "kind=A", "system=A%20B", "object=%00", "more=1"):
        assert (await api.call("GET", f"{AUDIT}?{query}")).status == 422, query


async def test_everybody_sees_what_concerns_their_systems(api: ConfigApi) -> None:
    # given
    await new_systems(api, "crm", "erp")
    of_erp = await api.new_token(*Scope, systems=["erp"])
    reader = await api.new_token(Scope.CONFIG_READ)
    no_reader = await api.new_token(Scope.USERS_MANAGE)

    # then
    assert {each["system"] for each in await entries(api, token=of_erp)} == {"erp"}
    assert await entries(api, "system=crm", of_erp) == []
    assert await entries(api, "kind=user", of_erp) == []
    assert {each["system"] for each in await entries(api, token=reader)} == {"crm", "erp"}
    assert {each["system"] for each in await entries(api)} == {"crm", "erp", None}
    assert (await api.call("GET", AUDIT, token=no_reader)).status == 403


async def test_secrets_are_in_one_answer_and_nowhere_else(api: ConfigApi, capsys: pytest.CaptureFixture[str]) -> None:
    # given: every way in which a secret comes or goes
    planted = {"first": "planted password one", "second": "planted password two", "third": "planted password 3"}
    anna = await new_user(api, "anna", password=planted["first"])
    (await api.call("PUT", f"{anna}/password", {"password": planted["second"]})).good(204)
    console = await signed_in(api, "anna", planted["second"])
    answer = await console.call("PUT", f"{SESSION}/password", {"old": planted["second"], "new": planted["third"]})
    fresh = console_of(api, answer)
    planted |= {"cookie": fresh.cookie, "csrf": fresh.csrf_token, "old cookie": console.cookie}
    made = (await api.call("POST", TOKENS, {"name": "T", "scopes": ["config:read"]})).good(201).body
    planted["access token"] = made["token"]
    path = f"{TOKENS}/{made['id']}"
    planted["rotated"] = (await api.call("POST", f"{path}/rotate", {})).good(201).body["token"]
    await new_systems(api, "crm")
    integration = await new_integration(api, "crm")
    planted["integration token"] = (await api.call("POST", f"{integration}/tokens", {})).good(201).body["token"]

    # given: secrets where they do not belong
    planted["as a name"] = "planted secret as a name"
    assert (await try_to_sign_in(api, planted["as a name"], "wrong")).status == 401
    planted["wrong"] = "planted wrong password"
    refused = [
        await try_to_sign_in(api, "anna", planted["wrong"]),
        await api.call("POST", USERS, {"name": "b", "password": planted["wrong"], "role": "viewer", "more": 1}),
        await api.call("POST", USERS, {"name": "anna", "password": planted["wrong"], "role": "viewer"}),
        await api.call("PUT", f"{anna}/password", {"password": [planted["wrong"]]}),
        await api.call(
            "GET", TOKENS, token=planted["access token"][:-1] + ("x" if planted["access token"][-1] != "x" else "y")
        ),
        await api.call("PUT", path, {"name": "T", "scopes": ["config:read"], "token": planted["access token"]}),
    ]
    assert [each.status for each in refused] == [401, 422, 409, 422, 401, 422]
    await fresh.call("DELETE", SESSION)
    read = [await api.call("GET", each) for each in (USERS, anna, TOKENS, path, f"{integration}/tokens", AUDIT)]

    # when
    metrics = (await api.session.get(f"{api.address}/metrics")).text()
    snapshot = await api.call("GET", "/internal/v1/snapshot", token=SERVICE_TOKEN)
    shown = {
        "answers": "".join(str(each.body) for each in [*refused, *read]),
        "metrics": await metrics,
        "snapshot": str(snapshot.body),
        "log": "".join(capsys.readouterr()),
        "tables": await everything(api),
    }

    # then
    assert "request refused" in shown["log"]
    assert tokens.digest(planted["rotated"]) in shown["tables"]
    for where, text in shown.items():
        assert [name for name, secret in planted.items() if secret in text] == [], where
    for where in ("answers", "metrics", "log"):
        assert tokens.digest(planted["rotated"]) not in shown[where]
        assert "$argon2" not in shown[where]


async def everything(api: ConfigApi) -> str:
    """Every row of every table, as text."""
    named = await api.query("SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname = 'config'")
    rows = [await api.query(f"SELECT t::text FROM {name} t") for (name,) in named]
    assert len(rows) >= 10
    return "\n".join(row for table in rows for (row,) in table)


def settings(database: str, user: str | None, password: str | None) -> ConfigApiSettings:
    return ConfigApiSettings(
        broker_url=SecretStr("amqp://unused"),
        database_url=SecretStr(role_url(database, "inlet_config_api")),
        session_key=SecretStr(SESSION_KEY),
        service_token=SecretStr(SERVICE_TOKEN),
        admin_user=user,
        admin_password=None if password is None else SecretStr(password),
    )


async def test_the_first_admin_is_made_once(api: ConfigApi) -> None:
    # given
    assert [each["name"] for each in (await api.call("GET", USERS)).body["items"]] == [ADMIN]
    named = settings(api.database_url, " another ", PASSWORD)

    # when: at another start
    await make_first_admin(api.store, Passwords(), named)

    # then
    assert len((await api.call("GET", USERS)).body["items"]) == 1

    # when: where there is no user, and several processes start at once
    session = await asyncpg.connect(api.database_url)
    await session.execute("DELETE FROM config.users")
    await session.close()
    await make_first_admin(api.store, Passwords(), settings(api.database_url, None, None))
    assert await api.query("SELECT FROM config.users") == []
    await asyncio.gather(*(make_first_admin(api.store, Passwords(), named) for _ in range(3)))

    # then
    [user] = (await api.call("GET", USERS)).good(200).body["items"]
    assert (user["name"], user["role"], user["systems"]) == ("another", "admin", None)
    assert (await try_to_sign_in(api, "Another")).status == 200
    [entry] = await entries(api, f"kind=user&object={user['id']}")
    assert (entry["action"], entry["actor"]["id"]) == ("created", "service:config-api")


async def test_the_first_admin_waits_for_the_database(api: ConfigApi, capsys: pytest.CaptureFixture[str]) -> None:
    # given: tables that are not there yet
    session = await asyncpg.connect(api.database_url)
    await session.execute("DELETE FROM config.users")
    await session.execute("ALTER SCHEMA config RENAME TO later")
    capsys.readouterr()

    # when
    making = asyncio.create_task(make_first_admin(api.store, Passwords(), settings(api.database_url, ADMIN, PASSWORD)))
    said = ""
    async with asyncio.timeout(DEADLINE_S):
        while "first admin has to wait" not in said:
            said += capsys.readouterr().out
            await asyncio.sleep(0.01)
    await session.execute("ALTER SCHEMA later RENAME TO config")
    await session.close()
    await asyncio.wait_for(making, DEADLINE_S)

    # then
    assert (await try_to_sign_in(api)).status == 200
    assert refusal(await try_to_sign_in(api, password="not the password"))[0] == 401
