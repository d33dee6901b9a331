"""Console users: who may sign in, what they may do, and who may say so."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.contract.definitions import Scope
from tests.backing.config_api import ADMIN, PASSWORD, ConfigApi, running_config_api
from tests.integration.given_identities import (
    SYSTEMS,
    USERS,
    new_systems,
    new_user,
    refusal,
    signed_in,
    try_to_sign_in,
)

FIRST = f"{USERS}/1"
"""The admin that was made at the first start."""


@pytest.fixture
async def api(database: str) -> AsyncIterator[ConfigApi]:
    async with running_config_api(database) as running:
        yield running


async def test_a_user_is_made_read_and_listed(api: ConfigApi) -> None:
    # given
    await new_systems(api, "crm")
    body = {"name": "  Anna 😀 O'Neil ", "password": PASSWORD, "role": "editor", "systems": ["crm", "crm"]}

    # when
    made = (await api.call("POST", USERS, body)).good(201)

    # then
    expected = {"id": 2, "name": "Anna 😀 O'Neil", "role": "editor", "systems": ["crm"], "disabled": False}
    assert made.body.items() >= expected.items()
    assert (made.headers["Location"], made.headers["ETag"]) == (f"{USERS}/2", f'"{made.body["version"]}"')
    assert (await api.call("GET", f"{USERS}/2")).body == made.body
    listed = (await api.call("GET", USERS)).good(200).body
    assert [each["name"] for each in listed["items"]] == [ADMIN, "Anna 😀 O'Neil"]
    page = (await api.call("GET", f"{USERS}?limit=1")).body
    assert (await api.call("GET", f"{USERS}?limit=1&cursor={page['next']}")).body["items"] == [made.body]
    assert "password" not in str(made.body)


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Anna", "ANNA"),
        ("Anna", " anna "),
        ("Jürgen Groß", "JÜRGEN GROSS"),
        ("Jürgen", "ju\N{COMBINING DIAERESIS}rgen"),  # as a Mac writes file names
        ("ΝΊΚΟΣ", "νίκος"),
    ],
)
async def test_a_name_is_one_users_however_it_is_written(api: ConfigApi, name: str, written: str) -> None:
    # given
    await new_user(api, name)

    # when
    answer = await api.call("POST", USERS, {"name": written, "password": PASSWORD, "role": "viewer"})

    # then
    assert refusal(answer) == (409, "duplicate", ["/name"])
    assert [each["name"] for each in (await api.call("GET", USERS)).body["items"]] == [ADMIN, name]
    assert (await try_to_sign_in(api, written)).good(200).body["name"] == name


@pytest.mark.parametrize(
    "name", ["x" * 255, "\N{MUSICAL SYMBOL SIXTEENTH NOTE}" * 255, "ΐ" * 255, "\N{WAVING HAND SIGN}"]
)
async def test_any_name_of_up_to_255_characters_signs_in(api: ConfigApi, name: str) -> None:
    # given
    await new_user(api, name)

    # then
    assert (await try_to_sign_in(api, name)).good(200).body["name"] == name


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": " \t"}, "/name"),
        ({"name": "x" * 256}, "/name"),
        ({"name": "a\0b"}, "/name"),
        ({"password": "x" * 11}, "/password"),
        ({"password": "x" * 1025}, "/password"),
        ({"password": None}, "/password"),
        ({"role": "owner"}, "/role"),
        ({"systems": ["gone"]}, "/systems/0"),
        ({"systems": "crm"}, "/systems"),
        ({"id": 7}, "/id"),
    ],
)
async def test_what_is_no_user_is_refused_where_it_is_wrong(
    api: ConfigApi, fields: dict[str, Any], pointer: str
) -> None:
    # when
    body = {"name": "anna", "password": PASSWORD, "role": "viewer"} | fields
    answer = await api.call("POST", USERS, body)

    # then
    assert refusal(answer) == (422, "invalid_body", [pointer])


@pytest.mark.parametrize("password", ["x" * 12, "x" * 1024, "🔑" * 12, " \t\0 leading and NUL"])
async def test_any_password_of_12_to_1024_characters_is_taken(api: ConfigApi, password: str) -> None:
    # given
    await new_user(api, "anna", password=password)

    # then
    assert (await try_to_sign_in(api, "anna", password)).status == 200
    assert (await try_to_sign_in(api, "anna", password[:-1])).status == 401


async def test_a_change_of_role_and_systems_holds_at_once(api: ConfigApi) -> None:
    # given
    await new_systems(api, "crm", "erp")
    anna = await new_user(api, "anna", "editor")
    console = await signed_in(api, "anna")
    (await console.call("PUT", f"{SYSTEMS}/crm", {"name": "CRM 2"}, If_Match='"0"')).good(412)

    # when
    changed = (await api.change(anna, {"role": "editor", "systems": ["erp"]})).good(200)

    # then
    assert changed.body["systems"] == ["erp"]
    assert (await console.call("GET", f"{SYSTEMS}/crm")).status == 404
    assert (await console.call("PUT", f"{SYSTEMS}/erp", {"name": "ERP 2"}, If_Match='"0"')).status == 412

    # when
    (await api.change(anna, {"role": "viewer", "systems": ["erp"]})).good(200)

    # then: less may be done, in the same session
    assert (await console.call("PUT", f"{SYSTEMS}/erp", {"name": "ERP 2"}, If_Match='"0"')).status == 403
    assert (await console.call("GET", f"{SYSTEMS}/erp")).status == 200


async def test_who_is_disabled_is_out_and_stays_out_of_former_sessions(api: ConfigApi) -> None:
    # given
    anna = await new_user(api, "anna")
    console = await signed_in(api, "anna")

    # when
    (await api.change(anna, {"role": "viewer", "disabled": True})).good(200)

    # then
    assert await console.is_over()
    assert (await try_to_sign_in(api, "anna")).status == 401

    # when
    (await api.change(anna, {"role": "viewer"})).good(200)

    # then
    assert await console.is_over()
    assert not await (await signed_in(api, "anna")).is_over()


async def test_a_password_that_is_reset_ends_the_sessions(api: ConfigApi) -> None:
    # given
    anna = await new_user(api, "anna")
    console, other = await signed_in(api, "anna"), await signed_in(api)

    # when
    (await api.call("PUT", f"{anna}/password", {"password": "another long password"})).good(204)

    # then
    assert await console.is_over()
    assert not await other.is_over()
    assert (await try_to_sign_in(api, "anna")).status == 401
    assert not await (await signed_in(api, "anna", "another long password")).is_over()


async def test_of_many_who_edit_a_user_one_succeeds(api: ConfigApi) -> None:
    # given
    anna = await new_user(api, "anna")
    tag = (await api.call("GET", anna)).headers["ETag"]

    # when
    edits = (api.call("PUT", anna, {"role": "editor"}, If_Match=tag) for _ in range(5))
    answers = await asyncio.gather(*edits)

    # then
    assert Counter(answer.status for answer in answers) == {200: 1, 412: 4}
    assert refusal(await api.call("PUT", anna, {"role": "viewer"})) == (428, "precondition_required", [])


@pytest.mark.parametrize(
    "body", [{"role": "editor"}, {"role": "admin", "disabled": True}, {"role": "admin", "systems": ["crm"]}]
)
async def test_the_last_admin_stays(api: ConfigApi, body: dict[str, Any]) -> None:
    # given: admins who are none that could let others in
    await new_systems(api, "crm")
    await new_user(api, "of one system", "admin", systems=["crm"])
    away = await new_user(api, "away", "admin")
    (await api.change(away, {"role": "admin", "disabled": True})).good(200)

    # then
    assert refusal(await api.change(FIRST, body)) == (409, "last_admin", [])
    assert (await api.change(FIRST, {"role": "admin"})).status == 200

    # when
    await new_user(api, "second", "admin")

    # then
    assert (await api.change(FIRST, body)).status == 200


async def test_two_admins_cannot_take_each_other_away(api: ConfigApi) -> None:
    # given
    second = await new_user(api, "second", "admin")
    tags = {path: (await api.call("GET", path)).headers["ETag"] for path in (FIRST, second)}

    # when
    answers = await asyncio.gather(
        *(api.call("PUT", path, {"role": "viewer"}, If_Match=tag) for path, tag in tags.items())
    )

    # then
    assert Counter(answer.status for answer in answers) == {200: 1, 409: 1}


async def test_nobody_makes_a_user_of_more_rights_than_their_own(api: ConfigApi) -> None:
    # given
    await new_systems(api, "crm", "erp")
    narrow = await api.new_token(Scope.USERS_MANAGE)
    of_erp = await api.new_token(*Scope, systems=["erp"])
    body = {"name": "eve", "password": PASSWORD, "role": "viewer"}

    # then
    for fields, token, pointer in (
        ({}, narrow, "/role"),
        ({}, of_erp, "/systems"),
        ({"systems": ["erp", "crm"]}, of_erp, "/systems/1"),
        ({"systems": ["gone"]}, of_erp, "/systems/0"),
    ):
        answer = await api.call("POST", USERS, body | fields, token=token)
        assert refusal(answer) == (403, "not_allowed_to_grant", [pointer]), fields
    assert len((await api.call("GET", USERS)).body["items"]) == 1
    assert (await api.call("POST", USERS, body | {"systems": ["erp"]}, token=of_erp)).status == 201


async def test_nobody_changes_a_user_of_more_rights_than_their_own(api: ConfigApi) -> None:
    # given
    viewer = await api.new_token(Scope.USERS_MANAGE, Scope.RECEIPTS_READ, Scope.PROFILES_READ, Scope.CONFIG_READ)
    tag = (await api.call("GET", FIRST)).headers["ETag"]
    new = {"password": "another long password"}

    # then
    demoted = await api.call("PUT", FIRST, {"role": "viewer"}, token=viewer, If_Match=tag)
    assert refusal(demoted) == (403, "not_allowed_to_grant", [""])
    assert refusal(await api.call("PUT", f"{FIRST}/password", new, token=viewer)) == (403, "not_allowed_to_grant", [""])
    assert (await try_to_sign_in(api)).status == 200

    # then: one of their own rights they may change, but not beyond
    anna = await new_user(api, "anna")
    tag = (await api.call("GET", anna)).headers["ETag"]
    promoted = await api.call("PUT", anna, {"role": "editor"}, token=viewer, If_Match=tag)
    assert refusal(promoted) == (403, "not_allowed_to_grant", ["/role"])
    assert (await api.call("PUT", f"{anna}/password", new, token=viewer)).status == 204


async def test_users_who_reach_further_than_the_caller_are_not_there(api: ConfigApi) -> None:
    # given
    await new_systems(api, "crm", "erp")
    token = await api.new_token(*Scope, systems=["erp"])
    ben = await new_user(api, "ben", systems=["erp"])
    nobody = await new_user(api, "nobody", systems=[])
    hidden = [FIRST, await new_user(api, "of both", systems=["crm", "erp"])]

    # then
    listed = (await api.call("GET", USERS, token=token)).good(200).body["items"]
    assert [f"{USERS}/{each['id']}" for each in listed] == [ben, nobody]
    assert (await api.call("GET", ben, token=token)).status == 200
    for path in hidden:
        tag = (await api.call("GET", path)).headers["ETag"]
        body = {"role": "viewer", "systems": ["erp"]}
        assert (await api.call("GET", path, token=token)).status == 404
        assert (await api.call("PUT", path, body, token=token, If_Match=tag)).status == 404
        assert (await api.call("PUT", f"{path}/password", {"password": PASSWORD}, token=token)).status == 404
