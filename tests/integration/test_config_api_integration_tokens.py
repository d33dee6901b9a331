"""Integration tokens: shown once, two live at most, revoked one by one."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.contract import tokens
from shared.contract.definitions import Scope
from tests.backing.config_api import SERVICE_TOKEN, ConfigApi, running_config_api
from tests.integration.given_identities import new_integration, new_systems, refusal

DAY_S = 24 * 60 * 60


@pytest.fixture
async def api(database: str) -> AsyncIterator[ConfigApi]:
    async with running_config_api(database) as running:
        await new_systems(running, "crm", "erp")
        yield running


@pytest.fixture
async def path(api: ConfigApi) -> str:
    """Where the tokens of an integration are."""
    return f"{await new_integration(api, 'crm')}/tokens"


async def issued(api: ConfigApi, path: str, **body: int) -> dict[str, Any]:
    return dict((await api.call("POST", path, body)).good(201).body)


async def listed(api: ConfigApi, path: str) -> list[dict[str, Any]]:
    return list((await api.call("GET", path)).good(200).body["items"])


async def known(api: ConfigApi) -> set[str]:
    """SHA-256 of the tokens in the snapshot that have not ended."""
    snapshot = (await api.call("GET", "/internal/v1/snapshot", token=SERVICE_TOKEN)).good(200).body
    secrets = [secret for each in snapshot["integrations"] for secret in each["tokens"]]
    now = datetime.now(UTC)
    ends = {each["sha256"]: each["expires_at"] for each in secrets}
    return {each for each, end in ends.items() if end is None or datetime.fromisoformat(end) > now}


async def test_a_token_is_shown_once(api: ConfigApi, path: str) -> None:
    # given
    assert await listed(api, path) == []

    # when
    answer = (await api.call("POST", path, {})).good(201)

    # then
    token, secret = answer.body["token"], answer.body["secret"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert (secret["hint"], secret["expires_at"], secret["last_used_at"]) == (token[-4:], None, None)
    assert await listed(api, path) == [secret]
    assert await known(api) == {tokens.digest(token)}
    log = json.dumps((await api.call("GET", "/api/v1/audit?kind=integration_token")).body)
    assert token not in log
    assert tokens.digest(token) not in log


async def test_two_live_at_most_the_former_one_for_the_overlap(api: ConfigApi, path: str) -> None:
    # given
    first, second = [await issued(api, path) for _ in range(2)]

    # then
    former, new = await listed(api, path)
    assert (former["hint"], new["hint"], new["expires_at"]) == (first["token"][-4:], second["token"][-4:], None)
    lives_on = datetime.fromisoformat(former["expires_at"]) - datetime.now(UTC)
    assert timedelta(seconds=DAY_S - 60) < lives_on <= timedelta(seconds=DAY_S)

    # when
    third = await issued(api, path, overlap_s=60)

    # then
    assert await known(api) == {tokens.digest(each["token"]) for each in (second, third)}

    # when
    fourth = await issued(api, path, overlap_s=0)

    # then
    assert await known(api) == {tokens.digest(fourth["token"])}
    assert await listed(api, path) == [fourth["secret"]]


async def test_an_integrations_token_is_not_an_access_token_of_the_same_number(api: ConfigApi) -> None:
    # given: an integration and an access token with one id
    path = f"{await new_integration(api, 'crm')}/tokens"
    assert path.split("/")[-2] == "1"
    assert (await api.call("GET", "/api/v1/access-tokens/1")).good(200).body["name"] == "tests"
    token = await issued(api, path)

    # when
    await issued(api, path, overlap_s=0)
    renewed = (await api.call("POST", "/api/v1/access-tokens/1/rotate", {"overlap_s": 60})).good(201).body

    # then
    assert (await api.call("GET", path)).status == 200
    assert len(renewed["secrets"]) == 2
    assert token["secret"]["id"] not in [each["id"] for each in renewed["secrets"]]
    assert len(await listed(api, path)) == 1


async def test_one_is_revoked_and_the_other_lives(api: ConfigApi, path: str) -> None:
    # given
    first, second = [await issued(api, path) for _ in range(2)]

    # when
    (await api.call("DELETE", f"{path}/{first['secret']['id']}")).good(204)

    # then
    assert await known(api) == {tokens.digest(second["token"])}
    assert [each["id"] for each in await listed(api, path)] == [second["secret"]["id"]]
    assert (await api.call("DELETE", f"{path}/{first['secret']['id']}")).status == 404
    [entry] = (await api.call("GET", "/api/v1/audit?kind=integration_token&limit=1")).body["items"]
    assert (entry["action"], entry["system"], entry["before"]["hint"]) == ("revoked", "crm", first["token"][-4:])


async def test_no_token_lives_longer_for_another_one(api: ConfigApi, path: str) -> None:
    # given: one that ends in a minute, and whose successor is gone
    first = await issued(api, path)
    second = await issued(api, path, overlap_s=60)
    (await api.call("DELETE", f"{path}/{second['secret']['id']}")).good(204)
    before = await listed(api, path)
    assert [each["id"] for each in before] == [first["secret"]["id"]]

    # when
    third = await issued(api, path, overlap_s=DAY_S)

    # then
    assert await listed(api, path) == [*before, third["secret"]]


async def test_a_token_is_revoked_under_its_own_integration_alone(api: ConfigApi, path: str) -> None:
    # given
    other = f"{await new_integration(api, 'erp', 'Other')}/tokens"
    mine = await issued(api, path)
    [(access_secret,)] = await api.query("SELECT id FROM config.secrets WHERE integration IS NULL")

    # then
    assert (await api.call("DELETE", f"{other}/{mine['secret']['id']}")).status == 404
    assert (await api.call("DELETE", f"{path}/{access_secret}")).status == 404
    assert await known(api) == {tokens.digest(mine["token"])}


async def test_a_deleted_integration_shows_its_tokens_and_gets_none(api: ConfigApi, path: str) -> None:
    # given
    token = await issued(api, path)
    (await api.delete(path.removesuffix("/tokens"))).good(204)

    # then
    assert await listed(api, path) == [token["secret"]]
    assert refusal(await api.call("POST", path, {})) == (409, "invalid_state", [])
    assert (await api.call("DELETE", f"{path}/{token['secret']['id']}")).status == 204


async def test_who_does_not_reach_the_integration_does_not_see_its_tokens(api: ConfigApi, path: str) -> None:
    # given
    secret = (await issued(api, path))["secret"]["id"]
    of_erp = await api.new_token(*Scope, systems=["erp"])
    reader = await api.new_token(Scope.CONFIG_READ)

    # then
    for token, statuses in ((of_erp, [404, 404, 404]), (reader, [200, 403, 403])):
        answers = [
            await api.call("GET", path, token=token),
            await api.call("POST", path, {}, token=token),
            await api.call("DELETE", f"{path}/{secret}", token=token),
        ]
        assert [answer.status for answer in answers] == statuses
    assert [each["id"] for each in await listed(api, path)] == [secret]
