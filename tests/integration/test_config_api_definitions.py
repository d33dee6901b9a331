"""Systems, environments, attributes and integrations on a real database."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from services.config_api.store import TAKEN
from shared.contract.definitions import Scope
from tests.backing.config_api import SERVICE_TOKEN, ConfigApi, running_config_api
from tests.integration.given_identities import refusal

SYSTEMS, INTEGRATIONS = "/api/v1/systems", "/api/v1/integrations"
ATTRIBUTES = f"{SYSTEMS}/crm/attributes"
SEATS = {"property": "seats", "attribute": "seats", "type": "Number"}
NEW = {
    "name": "Nightly",
    "system": "crm",
    "environment": "production",
    "user_id": {"property": "userId"},
    "mappings": [SEATS],
}
LONG = "x" * 10_000
NAMES = [
    "'; DROP TABLE config.systems; --",
    '"quoted" \\ back',
    "<script>alert('x')</script>",
    "😀 e\u0301 \u202e right to left",
    "  spaces  ",
    "line\nbreak\ttab",
    "x" * 255,
    "%s {0} ${x} #{y}",
]


@pytest.fixture
async def api(database: str) -> AsyncIterator[ConfigApi]:
    async with running_config_api(database) as running:
        (await running.call("POST", SYSTEMS, {"key": "crm", "name": "CRM"})).good(201)
        yield running


async def made(api: ConfigApi, **changes: Any) -> int:
    return int((await api.call("POST", INTEGRATIONS, NEW | changes)).good(201).body["id"])


def faults(body: Any) -> list[tuple[str, str]]:
    return [(each["pointer"], each["code"]) for each in body["errors"]]


@pytest.mark.parametrize("name", NAMES)
async def test_names_come_back_as_they_were(api: ConfigApi, name: str) -> None:
    # given
    system = (await api.call("POST", SYSTEMS, {"key": "odd", "name": name})).good(201)
    attribute = {"key": "odd", "name": name, "type": "String"}
    (await api.call("POST", f"{SYSTEMS}/odd/attributes", attribute)).good(201)
    mapping = {"property": name, "attribute": "odd"}
    number = await made(api, name=name, system="odd", mappings=[mapping], user_id={"property": name})

    # then
    assert system.body["name"] == name
    assert (await api.call("GET", f"{SYSTEMS}/odd")).body["name"] == name
    read = (await api.call("GET", f"{INTEGRATIONS}/{number}")).body
    shown = read["mappings"][0]
    assert (read["name"], read["user_id"]["property"], shown["property"], shown["name"]) == (name,) * 4
    [entry] = (await api.call("GET", "/api/v1/audit?kind=integration")).body["items"]
    assert entry["after"]["name"] == name


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (json.dumps({"key": "a", "name": "x" * 10_000}), 422),
        (json.dumps({"key": "a", "name": "a\0b"}), 422),
        (json.dumps({"key": "a", "name": " \t"}), 422),
        (json.dumps({"key": "a", "name": ""}), 422),
        ('{"key": "a", "name": "\\ud800"}', 400),
        (json.dumps({"key": "A B", "name": "x"}), 422),
        (json.dumps({"key": "a\n", "name": "x"}), 422),
        (json.dumps({"key": "../a", "name": "x"}), 422),
        (json.dumps({"key": "x" * 64, "name": "x"}), 422),
        (json.dumps({"key": 1, "name": "x"}), 422),
        (json.dumps({"key": "a", "name": ["x"]}), 422),
        (json.dumps({"key": "a", "name": "x", "id": 7}), 422),
        (json.dumps({"name": "x"}), 422),
        ("null", 422),
        ("", 400),
    ],
)
async def test_what_is_no_system_is_refused_clearly(api: ConfigApi, body: str, status: int) -> None:
    # when
    answer = await api.call("POST", SYSTEMS, body.encode())

    # then
    assert answer.status == status, answer.body
    assert status == 400 or answer.body["errors"]
    assert len((await api.call("GET", SYSTEMS)).body["items"]) == 1


async def test_a_system_begins_with_two_environments_and_its_key_is_unique(api: ConfigApi) -> None:
    # when
    again = await api.call("POST", SYSTEMS, {"key": "crm", "name": "Other"})
    environments = (await api.call("GET", f"{SYSTEMS}/crm/environments")).body["items"]

    # then
    assert refusal(again) == (409, "duplicate", ["/key"])
    assert [(each["key"], each["name"]) for each in environments] == [("production", "Production"), ("qa", "QA")]


async def test_an_integrations_name_is_taken_once_in_an_environment(api: ConfigApi) -> None:
    # given
    (await api.call("POST", ATTRIBUTES, {"key": "seats", "name": "Seats", "type": "Number"})).good(201)
    (await api.call("POST", INTEGRATIONS, NEW)).good(201)

    # when
    again = await api.call("POST", INTEGRATIONS, NEW)
    elsewhere = await api.call("POST", INTEGRATIONS, NEW | {"environment": "qa"})

    # then
    assert refusal(again) == (409, "duplicate", ["/name"])
    assert elsewhere.status == 201


async def test_each_unique_index_has_its_member(api: ConfigApi, database: str) -> None:
    # when
    session = await asyncpg.connect(database)
    found = await session.fetch(
        "SELECT relname FROM pg_index JOIN pg_class ON oid = indexrelid"
        " WHERE indisunique AND NOT indisprimary AND relnamespace = 'config'::regnamespace"
    )
    await session.close()

    # then: nobody sends a hash
    assert {each["relname"] for each in found if "sha256" not in each["relname"]} == set(TAKEN)


async def test_of_many_who_make_the_same_one_succeeds(api: ConfigApi) -> None:
    # when
    answers = await asyncio.gather(*(api.call("POST", INTEGRATIONS, NEW) for _ in range(20)))

    # then
    assert Counter(answer.status for answer in answers) == {201: 1, 409: 19}
    assert len((await api.call("GET", INTEGRATIONS)).body["items"]) == 1
    assert len((await api.call("GET", "/api/v1/audit?kind=integration")).body["items"]) == 1


async def test_of_many_who_edit_what_they_read_one_succeeds(api: ConfigApi) -> None:
    # given
    number = await made(api)
    read = (await api.call("GET", f"{INTEGRATIONS}/{number}")).good(200)
    bodies = [{"name": f"N {each}", "user_id": NEW["user_id"], "mappings": [SEATS]} for each in range(10)]

    # when
    edits = (api.call("PUT", f"{INTEGRATIONS}/{number}", body, If_Match=read.headers["ETag"]) for body in bodies)
    answers = await asyncio.gather(*edits)

    # then
    assert Counter(answer.status for answer in answers) == {200: 1, 412: 9}
    [winner] = [answer.body["name"] for answer in answers if answer.status == 200]
    assert (await api.call("GET", f"{INTEGRATIONS}/{number}")).body["name"] == winner


async def test_a_change_of_the_mapping_makes_a_revision_and_one_of_the_name_none(api: ConfigApi) -> None:
    # given
    number = await made(api)
    path = f"{INTEGRATIONS}/{number}"
    body = {"name": "Renamed", "user_id": NEW["user_id"], "mappings": [SEATS]}

    # when
    renamed = (await api.change(path, body)).good(200).body
    changed = (await api.change(path, body | {"on_unknown": "reject_record", "mappings": []})).good(200).body

    # then
    assert (renamed["revision"], changed["revision"]) == (1, 2)
    revisions = (await api.call("GET", f"{path}/revisions")).good(200).body["items"]
    assert [(each["number"], len(each["mappings"])) for each in revisions] == [(2, 0), (1, 1)]
    first = (await api.call("GET", f"{path}/revisions/1")).good(200).body
    assert (first["mappings"][0]["attribute"], first["on_unknown"]) == ("seats", "ignore")
    assert (await api.call("GET", f"{path}/revisions/3")).status == 404


async def test_attributes_are_made_shared_and_guarded(api: ConfigApi) -> None:
    # given
    number = await made(api)

    # then: another integration feeds the same attribute, but not as another type
    await made(api, name="Hourly", mappings=[SEATS | {"property": "places"}])
    refused = await api.call("POST", INTEGRATIONS, NEW | {"name": "X", "mappings": [SEATS | {"type": "Date"}]})
    assert (refused.status, faults(refused.body)) == (409, [("/mappings/0/type", "type_conflict")])
    for body, code in (
        ({"key": "seats", "name": "Other", "type": "Number"}, "duplicate"),
        ({"key": "other", "name": "seats", "type": "Number"}, "duplicate"),
        ({"key": "other", "name": "seats", "type": "Date"}, "type_conflict"),
    ):
        answer = await api.call("POST", ATTRIBUTES, body)
        assert (answer.status, answer.body["code"]) == (409, code)

    # then: what is fed is not deleted; when it is free, its key is free too, and its id is not used again
    used = await api.delete(f"{ATTRIBUTES}/seats")
    assert (used.status, used.body["code"], used.body["integration"]) == (409, "in_use", "Nightly")
    before = (await api.call("GET", f"{ATTRIBUTES}/seats")).body["id"]
    for each in (number, number + 1):
        (await api.delete(f"{INTEGRATIONS}/{each}")).good(204)
    (await api.delete(f"{ATTRIBUTES}/seats")).good(204)
    assert (await api.call("GET", f"{ATTRIBUTES}/seats")).status == 404
    restored = await api.call("POST", f"{INTEGRATIONS}/{number}/restore")
    assert (restored.status, restored.body["code"]) == (409, "unknown_reference")
    again = (await api.call("POST", ATTRIBUTES, {"key": "seats", "name": "seats", "type": "Date"})).good(201).body
    assert again["id"] > before


@pytest.mark.parametrize(
    ("mapping", "status", "fault"),
    [
        ({"property": "p", "attribute": "a"}, 422, ("/mappings/0/type", "missing_field")),
        ({"property": "", "attribute": "a", "type": "String"}, 422, ("/mappings/0/property", "invalid_field")),
        (
            {"property": "x" * 10_000, "attribute": "a", "type": "String"},
            422,
            ("/mappings/0/property", "invalid_field"),
        ),
        ({"property": "a\0", "attribute": "a", "type": "String"}, 422, ("/mappings/0/property", "invalid_field")),
        ({"property": "p", "attribute": "a", "type": "Text"}, 422, ("/mappings/0/type", "invalid_field")),
        (
            {"property": "p", "attribute": "a", "type": "Number", "on_empty": "keep"},
            422,
            ("/mappings/0/on_empty", "invalid_field"),
        ),
        (
            {"property": "p", "attribute": "a", "type": "String", "date_format": "%Y"},
            422,
            ("/mappings/0/date_format", "invalid_field"),
        ),
        (
            {"property": "p", "attribute": "a", "type": "Date", "date_format": "%Y-%m"},
            422,
            ("/mappings/0/date_format", "invalid_field"),
        ),
        (
            {"property": "p", "attribute": "a", "type": "Date", "time_zone": "Mars/Base"},
            422,
            ("/mappings/0/time_zone", "invalid_field"),
        ),
    ],
)
async def test_a_mapping_that_breaks_a_rule_makes_nothing(
    api: ConfigApi, mapping: dict[str, str], status: int, fault: tuple[str, str]
) -> None:
    # when
    answer = await api.call("POST", INTEGRATIONS, NEW | {"mappings": [mapping]})

    # then
    assert (answer.status, faults(answer.body)) == (status, [fault])
    assert (await api.call("GET", ATTRIBUTES)).body["items"] == []
    assert (await api.call("GET", INTEGRATIONS)).body["items"] == []


async def test_one_property_cannot_feed_very_many_attributes(api: ConfigApi) -> None:
    # given
    mappings = [{"property": "p", "attribute": f"a{each}", "name": f"A {each}", "type": "String"} for each in range(11)]

    # then
    assert (await api.call("POST", INTEGRATIONS, NEW | {"mappings": mappings})).status == 422
    await made(api, mappings=mappings[:10])
    twice = await api.call("POST", INTEGRATIONS, NEW | {"name": "X", "mappings": [mappings[0], mappings[0]]})
    assert (twice.status, faults(twice.body)) == (422, [("/mappings/1", "invalid_field")])


ACTIONS = ("activate", "pause", "resume", "restore")
STATES = {
    "draft": {"activate": "active"},
    "active": {"pause": "paused"},
    "paused": {"resume": "active"},
    "deleted": {"restore": "active"},
}


@pytest.mark.parametrize("state", STATES)
async def test_states_and_what_leads_from_them(api: ConfigApi, state: str) -> None:
    # given
    for action in ACTIONS:
        number = await made(api, name=f"{state} {action}", state="draft" if state == "draft" else "active")
        path = f"{INTEGRATIONS}/{number}"
        if state == "paused":
            (await api.call("POST", f"{path}/pause")).good(200)
        if state == "deleted":
            (await api.delete(path)).good(204)

        # when
        answer = await api.call("POST", f"{path}/{action}")

        # then
        if action in STATES[state]:
            assert answer.good(200).body["state"] == STATES[state][action]
        else:
            assert (answer.status, answer.body["code"], answer.body["state"]) == (409, "invalid_state", state)
        assert (await api.call("POST", f"{path}/{action}", If_Match='"0"')).status == 412


async def test_a_deleted_integration_frees_its_name_and_comes_back_only_to_a_free_one(api: ConfigApi) -> None:
    # given
    number = await made(api)
    (await api.delete(f"{INTEGRATIONS}/{number}")).good(204)
    await made(api)

    # then
    assert (await api.call("POST", f"{INTEGRATIONS}/{number}/restore")).status == 409
    deleted = (await api.call("GET", f"{INTEGRATIONS}?state=deleted")).body["items"]
    assert [each["id"] for each in deleted] == [number]
    body = {"name": "Renamed", "user_id": NEW["user_id"], "mappings": []}
    assert (await api.change(f"{INTEGRATIONS}/{number}", body)).body["code"] == "invalid_state"
    copy = (await api.call("POST", f"{INTEGRATIONS}/{number}/duplicate", {"name": "Copy", "environment": "qa"})).good(
        201
    )
    assert (copy.body["state"], copy.body["environment"], copy.body["mappings"][0]["attribute"]) == (
        "draft",
        "qa",
        "seats",
    )


async def test_lists_are_read_in_pages(api: ConfigApi) -> None:
    # given
    numbers = [await made(api, name=f"N {each}") for each in range(5)]

    # when
    found: list[int] = []
    cursor: str | None = "0"
    while cursor is not None:
        page = (await api.call("GET", f"{INTEGRATIONS}?system=crm&limit=2&cursor={cursor}")).good(200).body
        found += [each["id"] for each in page["items"]]
        cursor = page["next"]

    # then
    assert found == numbers
    for query in ("limit=0", "limit=1001", "limit=x", "cursor=-1", "more=1", "limit=1&limit=2", "state=gone"):
        assert (await api.call("GET", f"{INTEGRATIONS}?{query}")).status == 422, query


async def test_whoever_reaches_one_system_sees_and_changes_that_one_alone(api: ConfigApi) -> None:
    # given
    (await api.call("POST", SYSTEMS, {"key": "erp", "name": "ERP"})).good(201)
    number = await made(api)
    token = await api.new_token(Scope.CONFIG_READ, Scope.CONFIG_WRITE, systems=["erp"])

    # then
    listed = (await api.call("GET", SYSTEMS, token=token)).good(200).body["items"]
    assert [each["key"] for each in listed] == ["erp"]
    assert (await api.call("GET", INTEGRATIONS, token=token)).body["items"] == []
    assert (await api.call("GET", f"{INTEGRATIONS}/{number}", token=token)).status == 404
    refused = await api.call("POST", INTEGRATIONS, NEW, token=token)
    assert faults(refused.body) == [("/system", "unknown_reference")]
    assert (await api.call("POST", INTEGRATIONS, NEW | {"system": "erp"}, token=token)).status == 201


async def test_the_snapshot_of_the_services(api: ConfigApi) -> None:
    # given
    await made(api, state="active")
    announced = api.announced
    first = await api.call("GET", "/internal/v1/snapshot", token=SERVICE_TOKEN)

    # when
    same = await api.call("GET", "/internal/v1/snapshot", token=SERVICE_TOKEN, If_None_Match=first.headers["ETag"])
    await made(api, name="Other")
    other = await api.call("GET", "/internal/v1/snapshot", token=SERVICE_TOKEN, If_None_Match=first.headers["ETag"])

    # then
    assert (first.status, same.status, other.status) == (200, 304, 200)
    assert api.announced == announced + 1
    assert other.body["version"] == first.body["version"] + 1
    assert first.body["revisions"][0]["mappings"][0] == SEATS | {
        "attribute": first.body["attributes"][0]["id"],
        "on_empty": "reject",
        "date_format": None,
        "time_zone": None,
    }
    assert same.headers["X-Inlet-Time"].isdigit()
    missing = await api.call("GET", "/internal/v1/revisions/1/9", token=SERVICE_TOKEN)
    assert (missing.status, missing.body["code"]) == (404, "unknown_revision")
    assert (await api.call("GET", "/internal/v1/revisions/1/1", token=SERVICE_TOKEN)).body["number"] == 1


async def test_a_snapshot_that_is_not_the_tables_state_any_more_is_not_served(api: ConfigApi) -> None:
    # given
    held = (await api.call("GET", "/internal/v1/snapshot", token=SERVICE_TOKEN)).good(200).headers["ETag"]

    # when: somebody else changes something, and the new state cannot be read
    await api.query("UPDATE config.version SET number = number + 1")
    await api.query("REVOKE SELECT ON config.systems FROM inlet_config_api")

    # then
    for headers in ({}, {"If_None_Match": held}):
        assert (await api.call("GET", "/internal/v1/snapshot", token=SERVICE_TOKEN, **headers)).status == 503
    await api.query("GRANT SELECT ON config.systems TO inlet_config_api")
    again = (await api.call("GET", "/internal/v1/snapshot", token=SERVICE_TOKEN, If_None_Match=held)).good(200)
    assert again.headers["ETag"] != held


async def test_the_use_of_tokens_is_noted_without_a_new_version(api: ConfigApi) -> None:
    # given
    version = (await api.query("SELECT number FROM config.version"))[0][0]
    [(sha256,)] = await api.query("SELECT sha256 FROM config.secrets")
    used = [{"sha256": sha256, "at": 1_700_000_000_000_000}, {"sha256": "0" * 64, "at": 2**61}]

    # when
    (await api.call("POST", "/internal/v1/last-use", {"used": used}, token=SERVICE_TOKEN)).good(204)
    late = [{"sha256": sha256, "at": 1}]
    (await api.call("POST", "/internal/v1/last-use", {"used": late}, token=SERVICE_TOKEN)).good(204)

    # then
    [token] = (await api.call("GET", "/api/v1/access-tokens")).body["items"]
    assert token["last_used_at"] == "2023-11-14T22:13:20Z"
    assert (await api.query("SELECT number FROM config.version"))[0][0] == version
