"""Segments on a real database: their life, what guards them, and what they guard."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.config_api.segments import MAX_SEGMENTS
from shared.contract.definitions import Scope
from tests.backing.config_api import SERVICE_TOKEN, Answer, ConfigApi, running_config_api
from tests.integration.given_identities import refusal

SYSTEM = "/api/v1/systems/crm"
SEGMENTS = f"{SYSTEM}/environments/production/segments"
IN_SALES = {"attribute": "department", "operator": "equals", "value": "Sales"}
LARGE = {"attribute": "seats", "operator": "at_least", "value": 100}
RECENT = {"attribute": "hired", "operator": "in_last", "value": {"count": 3, "unit": "months"}}
NEW = {"key": "sales", "name": "Sales", "condition": {"all": [IN_SALES, {"not": {"any": [LARGE, RECENT]}}]}}


@pytest.fixture
async def api(database: str) -> AsyncIterator[ConfigApi]:
    async with running_config_api(database) as running:
        for key in ("crm", "erp"):
            (await running.call("POST", "/api/v1/systems", {"key": key, "name": key.upper()})).good(201)
        for key, type_ in (("department", "String"), ("seats", "Number"), ("hired", "Date")):
            attribute = {"key": key, "name": key.title(), "type": type_}
            (await running.call("POST", f"{SYSTEM}/attributes", attribute)).good(201)
        yield running


async def made(api: ConfigApi, **changes: Any) -> Answer:
    return (await api.call("POST", SEGMENTS, NEW | changes)).good(201)


def faults(answer: Answer) -> list[tuple[str, str]]:
    return [(each["pointer"], each["code"]) for each in answer.body["errors"]]


async def test_the_life_of_a_segment(api: ConfigApi) -> None:
    # when, then: it is made
    first = await made(api)
    path = first.headers["Location"]
    assert path == f"{SEGMENTS}/sales"
    assert {name: first.body[name] for name in NEW} == NEW
    read = (await api.call("GET", path)).good(200)
    assert (read.body, read.headers["ETag"]) == (first.body, first.headers["ETag"])
    assert (await api.call("GET", SEGMENTS)).body == {"items": [first.body], "next": None}
    # when, then: it is changed, by whoever knows it as it is
    body = {"name": "Vertrieb", "condition": LARGE}
    changed = (await api.call("PUT", path, body, If_Match=first.headers["ETag"])).good(200)
    assert (changed.body["key"], changed.body["name"], changed.body["condition"]) == ("sales", "Vertrieb", LARGE)
    for method, sent in (("PUT", body), ("DELETE", None)):
        assert (await api.call(method, path, sent)).status == 428
        late = await api.call(method, path, sent, If_Match=first.headers["ETag"])
        assert (late.status, late.body["code"]) == (412, "version_conflict")
    # when, then: it is deleted, and its key is free
    (await api.call("DELETE", path, If_Match=changed.headers["ETag"])).good(204)
    assert (await api.call("GET", path)).status == 404
    assert (await api.call("DELETE", path, If_Match=changed.headers["ETag"])).status == 404
    assert (await made(api)).body["id"] > first.body["id"]
    # and each change is in the log once
    entries = (await api.call("GET", "/api/v1/audit?kind=segment")).good(200).body["items"]
    assert [(each["action"], each["object"]) for each in reversed(entries)] == [
        (action, "crm/production/sales") for action in ("created", "replaced", "deleted", "created")
    ]
    replaced = next(each for each in entries if each["action"] == "replaced")
    assert (replaced["before"]["condition"], replaced["after"]["condition"]) == (NEW["condition"], LARGE)


async def test_key_and_name_are_unique_within_an_environment(api: ConfigApi) -> None:
    # given
    await made(api)
    other = await made(api, key="other", name="Other")
    # when, then
    for body, field in ((NEW | {"name": "X"}, "key"), (NEW | {"key": "x"}, "name")):
        refused = await api.call("POST", SEGMENTS, body)
        assert refusal(refused) == (409, "duplicate", [f"/{field}"])
    renamed = {"name": "Sales", "condition": LARGE}
    refused = await api.call("PUT", f"{SEGMENTS}/other", renamed, If_Match=other.headers["ETag"])
    assert refusal(refused) == (409, "duplicate", ["/name"])
    elsewhere = SEGMENTS.replace("production", "qa")
    assert (await api.call("POST", elsewhere, NEW)).status == 201
    assert [each["key"] for each in (await api.call("GET", elsewhere)).body["items"]] == ["sales"]


async def test_lists_are_read_in_pages(api: ConfigApi) -> None:
    # given
    for number in range(3):
        await made(api, key=f"s-{number}", name=f"S {number}")
    # when
    first = (await api.call("GET", f"{SEGMENTS}?limit=2")).good(200).body
    second = (await api.call("GET", f"{SEGMENTS}?limit=2&cursor={first['next']}")).good(200).body
    # then
    assert [each["key"] for each in first["items"] + second["items"]] == ["s-0", "s-1", "s-2"]
    assert second["next"] is None


async def test_an_environment_has_room_for_so_many(api: ConfigApi) -> None:
    # given
    await made(api)
    await api.query(
        """INSERT INTO config.segments (system, environment, key, name, condition, version)
        SELECT system, environment, 'n-' || n, 'N ' || n, condition, version
        FROM config.segments, generate_series(2, $1) AS n""",
        MAX_SEGMENTS,
    )
    # when
    refused = await api.call("POST", SEGMENTS, NEW | {"key": "more", "name": "More"})
    # then
    assert (refused.status, refused.body["code"], refused.body["limit"]) == (409, "too_many", MAX_SEGMENTS)
    assert (await api.call("POST", SEGMENTS.replace("production", "qa"), NEW)).status == 201


async def test_what_a_segment_asks_for_is_not_deleted(api: ConfigApi) -> None:
    # given
    await made(api)
    await made(api, key="b", name="Large & old", condition={"any": [{"not": LARGE}, RECENT]})
    (await api.call("POST", SEGMENTS.replace("production", "qa"), NEW | {"name": "In QA"})).good(201)
    # when, then
    for key, names in (("seats", ["Sales", "Large & old", "In QA"]), ("department", ["Sales", "In QA"])):
        refused = await api.delete(f"{SYSTEM}/attributes/{key}")
        assert (refused.status, refused.body["code"], refused.body["segments"]) == (409, "in_use", names)
    # and when, then
    for path in (SEGMENTS, SEGMENTS.replace("production", "qa")):
        (await api.delete(f"{path}/sales")).good(204)
    assert (await api.delete(f"{SYSTEM}/attributes/seats")).status == 409
    (await api.delete(f"{SYSTEM}/attributes/department")).good(204)
    refused = await api.call("POST", SEGMENTS, NEW)
    assert (refused.status, faults(refused)) == (422, [("/condition/all/0/attribute", "unknown_reference")])


async def test_what_looks_like_an_attribute_is_none(api: ConfigApi) -> None:
    # given a text that is the attribute's key, and an attribute of the same key in another system
    value = {"attribute": "department", "operator": "in", "value": ["seats", "attribute", '{"attribute": "seats"}']}
    await made(api, condition=value)
    # when, then
    (await api.delete(f"{SYSTEM}/attributes/seats")).good(204)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"key": "A B"}, ("/key", "invalid_field")),
        ({"key": "../x"}, ("/key", "invalid_field")),
        ({"key": "a\n"}, ("/key", "invalid_field")),
        ({"name": ""}, ("/name", "invalid_field")),
        ({"name": "nul\0"}, ("/name", "invalid_field")),
        ({"name": "x" * 256}, ("/name", "invalid_field")),
        ({"id": 7}, ("/id", "unknown_field")),
        ({"condition": None}, ("/condition", "invalid_field")),
        ({"condition": []}, ("/condition", "invalid_field")),
        ({"condition": {"attribute": "department"}}, ("/condition/operator", "missing_field")),
        ({"condition": {"not": {"not": {}}}}, ("/condition/not/not/operator", "missing_field")),
        ({"condition": {"all": [IN_SALES], "any": [LARGE]}}, ("/condition/any", "unknown_field")),
        (
            {"condition": {"all": [IN_SALES, IN_SALES | {"value": "nul\0"}]}},
            ("/condition/all/1/value", "invalid_field"),
        ),
        ({"condition": IN_SALES | {"attribute": "Department"}}, ("/condition/attribute", "invalid_field")),
        ({"condition": IN_SALES | {"attribute": "d'; --"}}, ("/condition/attribute", "invalid_field")),
        ({"condition": IN_SALES | {"value": None}}, ("/condition/value", "invalid_field")),
        ({"condition": IN_SALES | {"value": "é" * 2049}}, ("/condition/value", "invalid_field")),
        ({"condition": IN_SALES | {"operator": "in", "value": []}}, ("/condition/value", "invalid_field")),
        ({"condition": IN_SALES | {"operator": "in", "value": ["x" * 40] * 1000}}, ("/condition", "invalid_field")),
        ({"condition": IN_SALES | {"operator": "matches", "value": "a{2}{3}"}}, ("/condition/value", "invalid_field")),
        ({"condition": LARGE | {"value": True}}, ("/condition/value", "invalid_field")),
        ({"condition": LARGE | {"value": "1e1001"}}, ("/condition/value", "invalid_field")),
        ({"condition": LARGE | {"value": 0.12345678901234567}}, ("/condition/value", "invalid_field")),
        ({"condition": LARGE | {"operator": "between", "value": [1]}}, ("/condition/value", "invalid_field")),
        ({"condition": LARGE | {"operator": "is_set"}}, ("/condition/value", "invalid_field")),
        ({"condition": RECENT | {"value": {"count": 0, "unit": "days"}}}, ("/condition/value/count", "invalid_field")),
        ({"condition": RECENT | {"value": {"count": 1, "unit": "years"}}}, ("/condition/value/unit", "invalid_field")),
        ({"condition": RECENT | {"operator": "on", "value": "24.11.2026"}}, ("/condition/value", "invalid_field")),
        ({"condition": {"all": [{"any": [IN_SALES] * 26}] * 2}}, ("/condition", "invalid_field")),
    ],
)
async def test_what_is_no_segment_is_refused_where_it_is_wrong(
    api: ConfigApi, changes: dict[str, Any], fault: tuple[str, str]
) -> None:
    # when
    answer = await api.call("POST", SEGMENTS, NEW | changes)
    # then
    assert answer.status == 422, answer.body
    assert fault in faults(answer)
    assert (await api.call("GET", SEGMENTS)).body["items"] == []


@pytest.mark.parametrize("raw", ['"value": NaN', '"value": Infinity', '"value": "\\ud800"', '"value": 01'])
async def test_what_is_not_json_is_refused(api: ConfigApi, raw: str) -> None:
    body = json.dumps(NEW | {"condition": LARGE}).replace('"value": 100', raw)
    assert (await api.call("POST", SEGMENTS, body.encode())).status == 400


@pytest.mark.parametrize("depth", [10, 11, 100, 300, 20_000])
async def test_a_condition_has_a_depth_that_it_may_not_exceed(api: ConfigApi, depth: int) -> None:
    # given
    condition = '{"not":' * depth + json.dumps(LARGE) + "}" * depth
    # when
    answer = await api.call("POST", SEGMENTS, f'{{"key": "a", "name": "A", "condition": {condition}}}'.encode())
    # then
    assert answer.status == 201 if depth <= 10 else answer.status in {400, 422}


@pytest.mark.parametrize(
    "value",
    ["'; DROP TABLE config.segments; --", '"\\', "%s $1 {0}", "é 😀 \u202e", "a\nb\t", "\x01", "", "é" * 2048],
)
async def test_texts_are_kept_as_they_are(api: ConfigApi, value: str) -> None:
    await made(api, condition=IN_SALES | {"value": value}, name=f"x{value[:200]}".replace("\x01", ""))
    assert (await api.call("GET", f"{SEGMENTS}/sales")).body["condition"]["value"] == value


@pytest.mark.parametrize("digits", ["1" * 40, "-0.5", "1.50", "1e3", "0", '"1234567890.1234567890123456789"', '"1E+2"'])
async def test_a_number_stays_the_number_that_it_is(api: ConfigApi, digits: str) -> None:
    # given
    body = json.dumps(NEW | {"condition": LARGE}).replace("100", digits).encode()
    # when
    condition = (await api.call("POST", SEGMENTS, body)).good(201).body["condition"]
    # then: and written back as it was read, it is the same
    assert condition["value"] == json.loads(digits)
    (await api.change(f"{SEGMENTS}/sales", {"name": "Sales", "condition": condition})).good(200)
    assert (await api.call("GET", f"{SEGMENTS}/sales")).body["condition"] == condition


async def test_whoever_reaches_another_system_sees_no_segment(api: ConfigApi) -> None:
    # given
    await made(api)
    token = await api.new_token(Scope.CONFIG_READ, Scope.CONFIG_WRITE, systems=["erp"])
    # when, then
    for method, path, body in (
        ("GET", SEGMENTS, None),
        ("POST", SEGMENTS, NEW | {"key": "x", "name": "X"}),
        ("GET", f"{SEGMENTS}/sales", None),
        ("PUT", f"{SEGMENTS}/sales", {"name": "X", "condition": LARGE}),
        ("DELETE", f"{SEGMENTS}/sales", None),
    ):
        assert (await api.call(method, path, body, token=token, If_Match='"1"')).status == 404, method
    # and neither an environment nor a segment that is not there is found
    for path in (SEGMENTS.replace("production", "nope"), f"{SEGMENTS}/nope", f"{SEGMENTS}/Sales"):
        assert (await api.call("GET", path)).status == 404


async def test_segments_travel_in_the_snapshot(api: ConfigApi) -> None:
    # given
    announced = api.announced
    made_one = (await made(api)).body
    # when
    found = (await api.call("GET", "/internal/v1/snapshot", token=SERVICE_TOKEN)).good(200).body
    # then
    [segment] = found["segments"]
    environment = next(each["id"] for each in found["environments"] if each["key"] == "production")
    assert segment == {
        "id": made_one["id"],
        "key": "sales",
        "name": "Sales",
        "environment": environment,
        "condition": NEW["condition"],
    }
    assert (api.announced, found["version"]) == (announced + 1, made_one["version"])
