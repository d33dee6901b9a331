"""Access tokens: shown once, rotated with an overlap, revoked at once, never stronger than who made them."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.contract import tokens
from shared.contract.definitions import Scope
from tests.backing.config_api import SERVICE_TOKEN, Answer, ConfigApi, running_config_api
from tests.integration.given_identities import SYSTEMS, TOKENS, MovableClock, new_systems, refusal

READER = {"name": "Reader", "scopes": ["config:read"]}
DAY_S = 24 * 60 * 60


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
async def api(database: str, clock: MovableClock) -> AsyncIterator[ConfigApi]:
    async with running_config_api(database, clock) as running:
        yield running


async def made(api: ConfigApi, **fields: Any) -> tuple[str, str]:
    """The path of a new access token, and the token."""
    body = (await api.call("POST", TOKENS, READER | fields)).good(201).body
    return f"{TOKENS}/{body['id']}", body["token"]


async def rotated(api: ConfigApi, path: str, overlap_s: int) -> str:
    return str((await api.call("POST", f"{path}/rotate", {"overlap_s": overlap_s})).good(201).body["token"])


async def status(api: ConfigApi, token: str) -> int:
    return (await api.call("GET", SYSTEMS, token=token)).status


def at(seconds: float) -> str:
    """A time in so many seconds, as RFC 3339 writes it."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


async def test_a_token_is_shown_once(api: ConfigApi) -> None:
    # given
    await new_systems(api, "crm")
    body = {"name": "R'eader 😀", "scopes": ["config:read", "config:read"], "systems": ["crm"], "records_per_s": 0}

    # when
    answer = (await api.call("POST", TOKENS, body)).good(201)

    # then
    token = answer.body["token"]
    assert await status(api, token) == 200
    assert answer.headers["Cache-Control"] == "no-store"
    expected = body | {"scopes": ["config:read"], "expires_at": None, "expired": False, "revoked_at": None}
    assert answer.body.items() >= (expected | {"last_used_at": None}).items()
    [secret] = answer.body["secrets"]
    assert (secret["hint"], secret["expires_at"]) == (token[-4:], None)
    read = await api.call("GET", answer.headers["Location"])
    assert read.body == {name: value for name, value in answer.body.items() if name != "token"}
    listed = await api.call("GET", TOKENS)
    assert listed.body["items"][-1] == read.body
    for shown in (read, listed, await api.call("GET", "/api/v1/audit")):
        assert token not in json.dumps(shown.body)
        assert tokens.digest(token) not in json.dumps(shown.body)


async def test_tokens_are_listed_in_pages_revoked_ones_apart(api: ConfigApi) -> None:
    # given
    paths = [(await made(api, name=f"T {each}"))[0] for each in range(4)]
    (await api.delete(paths[1])).good(204)

    # when
    first = (await api.call("GET", f"{TOKENS}?limit=2")).good(200).body
    second = (await api.call("GET", f"{TOKENS}?limit=2&cursor={first['next']}")).good(200).body
    revoked = (await api.call("GET", f"{TOKENS}?revoked=true")).good(200).body

    # then
    assert [each["name"] for each in first["items"] + second["items"]] == ["tests", "T 0", "T 2", "T 3"]
    assert second["next"] is None
    assert [each["name"] for each in revoked["items"]] == ["T 1"]


async def test_what_a_token_may_do_changes_at_once(api: ConfigApi) -> None:
    # given
    path, token = await made(api)
    assert await status(api, token) == 200

    # when
    (await api.change(path, READER | {"scopes": ["data:write"]})).good(200)

    # then
    assert await status(api, token) == 403

    # when
    (await api.change(path, READER | {"systems": [], "name": "Nothing", "records_per_s": 7})).good(200)

    # then
    assert (await api.call("GET", SYSTEMS, token=token)).good(200).body["items"] == []
    read = (await api.call("GET", path)).body
    assert (read["name"], read["systems"], read["records_per_s"]) == ("Nothing", [], 7)
    assert refusal(await api.call("PUT", path, READER)) == (428, "precondition_required", [])
    assert refusal(await api.call("PUT", path, READER, If_Match='"1"')) == (412, "version_conflict", [])


async def test_a_revoked_token_is_over_with_all_its_secrets(api: ConfigApi) -> None:
    # given
    path, token = await made(api)
    renewed = await rotated(api, path, 3600)
    sha256 = [tokens.digest(token), tokens.digest(renewed)]
    used = [{"sha256": each, "at": 1_700_000_000_000_000 + n} for n, each in enumerate(sha256)]
    (await api.call("POST", "/internal/v1/last-use", {"used": used}, token=SERVICE_TOKEN)).good(204)

    # when
    (await api.delete(path)).good(204)

    # then
    assert [await status(api, each) for each in (token, renewed)] == [401, 401]
    read = (await api.call("GET", path)).good(200).body
    assert read["secrets"] == []
    assert read["revoked_at"] is not None
    assert read["last_used_at"] == "2023-11-14T22:13:20.000001Z"
    tag = {"If_Match": f'"{read["version"]}"'}
    for again in (
        await api.call("DELETE", path, **tag),
        await api.call("PUT", path, READER, **tag),
        await api.call("POST", f"{path}/rotate", {}),
    ):
        assert refusal(again) == (409, "invalid_state", [])


async def test_a_rotated_token_lives_on_beside_the_new_one_until_the_overlap_is_over(
    api: ConfigApi, clock: MovableClock
) -> None:
    # given
    path, first = await made(api)

    # when
    answer = (await api.call("POST", f"{path}/rotate", {})).good(201)
    second = answer.body["token"]

    # then
    former, new = answer.body["secrets"]
    assert (former["hint"], new["hint"], new["expires_at"]) == (first[-4:], second[-4:], None)
    lives_on = datetime.fromisoformat(former["expires_at"]) - datetime.now(UTC)
    assert timedelta(seconds=DAY_S - 60) < lives_on <= timedelta(seconds=DAY_S)
    assert [await status(api, each) for each in (first, second)] == [200, 200]

    # when
    clock.ahead_s = DAY_S + 1

    # then
    assert [await status(api, each) for each in (first, second)] == [401, 200]


async def test_two_secrets_live_at_most(api: ConfigApi) -> None:
    # given
    path, first = await made(api)
    second = await rotated(api, path, 3600)

    # when
    third = await rotated(api, path, 3600)

    # then
    assert [await status(api, each) for each in (first, second, third)] == [401, 200, 200]
    hints = [each["hint"] for each in (await api.call("GET", path)).body["secrets"]]
    assert hints == [second[-4:], third[-4:]]


async def test_without_an_overlap_all_former_secrets_end_at_once(api: ConfigApi) -> None:
    # given
    path, first = await made(api)
    second = await rotated(api, path, 60)

    # when
    third = await rotated(api, path, 0)

    # then
    assert [await status(api, each) for each in (first, second, third)] == [401, 401, 200]
    assert [each["hint"] for each in (await api.call("GET", path)).body["secrets"]] == [third[-4:]]


async def test_a_rotation_leaves_other_tokens_alone(api: ConfigApi) -> None:
    # given
    (path, _), (_, other) = await made(api), await made(api)

    # when
    await rotated(api, path, 0)

    # then
    assert await status(api, other) == 200
    assert await status(api, api.token) == 200


@pytest.mark.parametrize("overlap_s", [-1, 30 * DAY_S + 1, 1.5, "60", None])
async def test_an_overlap_is_within_30_days(api: ConfigApi, overlap_s: object) -> None:
    # given
    path, token = await made(api)

    # when
    answer = await api.call("POST", f"{path}/rotate", {"overlap_s": overlap_s})

    # then
    assert refusal(answer) == (422, "invalid_body", ["/overlap_s"])
    assert len((await api.call("GET", path)).body["secrets"]) == 1
    assert await status(api, token) == 200


async def test_a_token_ends_when_it_expires(api: ConfigApi, clock: MovableClock) -> None:
    # given
    path, token = await made(api, expires_at=at(3600))
    renewed = await rotated(api, path, 2 * 3600)  # longer than the token itself lives
    assert [await status(api, each) for each in (token, renewed)] == [200, 200]

    # when
    clock.ahead_s = 3601

    # then
    assert [await status(api, each) for each in (token, renewed)] == [401, 401]
    assert (await api.call("GET", path)).body["expired"] is True
    assert [each["expired"] for each in (await api.call("GET", TOKENS)).body["items"]] == [False, True]

    # when
    (await api.change(path, READER | {"expires_at": at(2 * 3600)})).good(200)

    # then
    assert await status(api, renewed) == 200
    assert (await api.call("GET", path)).body["expired"] is False


async def test_the_snapshot_has_the_earlier_of_both_ends(api: ConfigApi) -> None:
    # given
    soon, late = at(600), at(DAY_S)
    ends_first, _ = await made(api, expires_at=soon)
    await rotated(api, ends_first, 3600)
    ends_last, _ = await made(api, expires_at=late)
    await rotated(api, ends_last, 3600)

    # when
    known = (await api.call("GET", "/internal/v1/snapshot", token=SERVICE_TOKEN)).good(200).body["access_tokens"]
    ends = [[datetime.fromisoformat(secret["expires_at"]) for secret in each["secrets"]] for each in known[1:]]

    # then
    assert ends[0] == [datetime.fromisoformat(soon)] * 2
    assert max(ends[1]) == datetime.fromisoformat(late)
    assert min(ends[1]) <= datetime.now(UTC) + timedelta(seconds=3600)


@pytest.mark.parametrize(
    "expires_at", ["2090-01-01T00:00:00+14:00", "2090-01-01T00:00:00.123456Z", "9998-12-31T23:59:59-12:00"]
)
async def test_an_end_comes_back_as_the_same_moment(api: ConfigApi, expires_at: str) -> None:
    # given
    path, token = await made(api, expires_at=expires_at)

    # then
    shown = (await api.call("GET", path)).body["expires_at"]
    assert datetime.fromisoformat(shown) == datetime.fromisoformat(expires_at)
    assert await status(api, token) == 200


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"expires_at": "2090-01-01T00:00:00"}, "/expires_at"),
        ({"expires_at": "2090-01-01"}, "/expires_at"),
        ({"expires_at": "9999-12-31T23:59:59-14:00"}, "/expires_at"),
        ({"expires_at": "0001-01-01T00:00:00+14:00"}, "/expires_at"),
        ({"expires_at": 4_000_000_000}, "/expires_at"),
        ({"scopes": []}, "/scopes"),
        ({"scopes": ["all"]}, "/scopes/0"),
        ({"systems": ["crm", "gone"]}, "/systems/1"),
        ({"records_per_s": -1}, "/records_per_s"),
        ({"records_per_s": True}, "/records_per_s"),
        ({"name": "a\0b"}, "/name"),
        ({"token": "inl_mine"}, "/token"),
    ],
)
async def test_what_is_no_access_token_is_refused_where_it_is_wrong(
    api: ConfigApi, fields: dict[str, Any], pointer: str
) -> None:
    # given
    await new_systems(api, "crm")

    # when
    answer = await api.call("POST", TOKENS, READER | fields)

    # then
    assert refusal(answer) == (422, "invalid_body", [pointer])
    assert len((await api.call("GET", TOKENS)).body["items"]) == 1


async def test_nobody_gives_a_token_rights_that_they_do_not_have(api: ConfigApi) -> None:
    # given
    await new_systems(api, "crm", "erp")
    narrow = await api.new_token(Scope.USERS_MANAGE, Scope.CONFIG_READ)
    of_erp = await api.new_token(*Scope, systems=["erp"])
    path, _ = await made(api, systems=["erp"])
    tag = (await api.call("GET", path)).headers["ETag"]

    # then
    for fields, token, pointer in (
        ({"scopes": ["config:read", "config:write"], "systems": ["erp"]}, narrow, "/scopes"),
        ({}, of_erp, "/systems"),
        ({"systems": ["erp", "crm"]}, of_erp, "/systems/1"),
        ({"systems": ["gone"]}, of_erp, "/systems/0"),
    ):
        for answer in (
            await api.call("POST", TOKENS, READER | fields, token=token),
            await api.call("PUT", path, READER | fields, token=token, If_Match=tag),
        ):
            assert refusal(answer) == (403, "not_allowed_to_grant", [pointer]), fields
    assert len((await api.call("GET", TOKENS)).body["items"]) == 4
    assert (await api.call("POST", TOKENS, READER | {"systems": ["erp"]}, token=of_erp)).status == 201


async def test_nobody_gets_a_stronger_token_by_rotating_it(api: ConfigApi) -> None:
    # given
    narrow = await api.new_token(Scope.USERS_MANAGE)
    path, token = await made(api)

    # when
    answer = await api.call("POST", f"{path}/rotate", {"overlap_s": 0}, token=narrow)

    # then
    assert refusal(answer) == (403, "not_allowed_to_grant", [""])
    assert await status(api, token) == 200


async def test_tokens_that_reach_further_than_the_caller_are_not_there(api: ConfigApi) -> None:
    # given
    await new_systems(api, "crm", "erp")
    of_erp = await api.new_token(*Scope, systems=["erp"])
    mine, _ = await made(api, systems=["erp"])
    hidden = [(await made(api))[0], (await made(api, systems=["crm", "erp"]))[0]]
    body = READER | {"systems": ["erp"]}

    async def all_of(path: str) -> list[Answer]:
        tag = (await api.call("GET", path)).headers["ETag"]
        return [
            await api.call("GET", path, token=of_erp),
            await api.call("POST", f"{path}/rotate", {}, token=of_erp),
            await api.call("PUT", path, body, token=of_erp, If_Match=tag),
            await api.call("DELETE", path, token=of_erp, If_Match=tag),
        ]

    # then
    listed = (await api.call("GET", TOKENS, token=of_erp)).good(200).body["items"]
    assert [each["systems"] for each in listed] == [["erp"], ["erp"]]
    for path in hidden:
        assert [answer.status for answer in await all_of(path)] == [404] * 4
    assert [answer.status for answer in await all_of(mine)] == [200, 201, 200, 412]
