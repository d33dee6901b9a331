"""Segments in use, on a real database: members page by page, the preview of a condition, a user's context.

Segments are live: a merged update and a changed definition count in the next request.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from services.profile_api.segment_store import SegmentStore
from shared.contract.definitions import Environment, Segment, Snapshot
from shared.runtime.postgres import Database
from shared.runtime.settings import DatabaseSettings
from tests.backing.migrated import role_url
from tests.backing.postgres import Postgres
from tests.integration.given_batches import mapped
from tests.integration.given_profile_api import (
    ALL,
    FOREIGN,
    RECEIPTS_ONLY,
    VIEWER,
    WRITES_ONLY,
    Answer,
    Api,
    cookie_of,
    definitions,
    running_api,
)

PREVIEW = "/api/v1/members:preview"
MEMBERS = "/api/v1/members/crm/production"
CONTEXT = "/api/v1/context/crm/production"
Json = Mapping[str, Any]

IN_SALES: Json = {"attribute": "department", "operator": "equals", "value": "Sales"}
LARGE: Json = {"attribute": "seats", "operator": "at_least", "value": 100}
NEWER: Json = {"attribute": "seats", "operator": "is_prime"}


@pytest.fixture
async def api(database: str, tmp_path: Path) -> AsyncIterator[Api]:
    async with running_api(database, tmp_path) as running:
        yield running


def defined(version: int, **segments: Json) -> Snapshot:
    """The definitions with these segments, keys and conditions, in `production`."""
    made = tuple(
        Segment(id=number, key=key, name=key.title(), environment=1, condition=condition)
        for number, (key, condition) in enumerate(segments.items(), 1)
    )
    elsewhere = Segment(id=90, key="sales", name="Elsewhere", environment=3, condition=IN_SALES)
    environments = (*definitions().environments, Environment(id=3, system=1, key="qa", name="QA"))
    update = {"version": version, "segments": (*made, elsewhere), "environments": environments}
    return definitions().model_copy(update=update)


async def written(api: Api, **departments: str | None) -> None:
    """Merges users with their departments."""
    name = " ".join(map(str, departments.items()))
    await api.store.write([mapped(name, [(user, {1: value}, None) for user, value in departments.items()])])


async def preview(api: Api, condition: Any, token: str = ALL, **place: Any) -> Answer:
    body = {"system": "crm", "environment": "production", "condition": condition} | place
    headers = {"Authorization": f"Bearer {token}"}
    async with api.session.post(api.address + PREVIEW, json=body, headers=headers) as response:
        return Answer(response.status, await response.json(content_type=None), response.headers)


async def context(api: Api, user: str, **headers: str) -> Answer:
    sent = {"Authorization": f"Bearer {ALL}"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return await api.ask(f"{CONTEXT}/{user}", sent)


async def keys(api: Api, user: str) -> list[str]:
    """The segments that a user's context shows."""
    return [segment["key"] for segment in (await api.good(f"{CONTEXT}/{user}"))["segments"]]


async def test_members_come_page_after_page_in_the_order_of_bytes(api: Api) -> None:
    # given
    await api.define(defined(2, sales=IN_SALES))
    users = ["B", "Z", "a", "a b", "a/1", "é", "😀", "\uffee"]
    await written(api, **dict.fromkeys(users, "Sales"), c="Support", d=None)
    # when
    found: list[list[str]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await api.good(f"{MEMBERS}/sales", limit=3, cursor=cursor)
        found.append(page["items"])
        cursor = page["next"]
    # then
    in_order = sorted(users, key=str.encode)
    assert found == [in_order[:3], in_order[3:6], in_order[6:]]
    assert await api.good(f"{MEMBERS}/sales", cursor="\U0010ffff") == {"items": [], "next": None}
    # and a page that ends with the last member is the last one
    assert (await api.good(f"{MEMBERS}/sales", limit=len(users)))["next"] is None


async def test_a_few_members_among_many_are_found_in_their_order(api: Api) -> None:
    # given
    await api.define(defined(2, sales=IN_SALES))
    many = {f"u{number:05}": "Sales" if number % 4_001 == 17 else "Support" for number in range(12_500)}
    await written(api, **many)
    members = [user for user, department in many.items() if department == "Sales"]
    # when
    first = await api.good(f"{MEMBERS}/sales", limit=2)
    second = await api.good(f"{MEMBERS}/sales", limit=2, cursor=first["next"])
    # then
    assert (first["items"], second) == (members[:2], {"items": members[2:], "next": None})


async def test_an_environment_has_its_own_members(api: Api) -> None:
    # given
    await api.define(defined(2))
    await api.store.write([mapped("b", [("ann", {1: "Sales"}, None)], environment=3)])
    # when, then
    assert (await api.good("/api/v1/members/crm/qa/sales"))["items"] == ["ann"]
    assert (await preview(api, IN_SALES)).body == {"count": 0, "sample": []}
    assert (await preview(api, IN_SALES, environment="qa")).body == {"count": 1, "sample": ["ann"]}


async def test_who_was_erased_is_no_member(api: Api) -> None:
    # given everybody is a member who lacks the attribute, but somebody without any is nobody
    await api.define(defined(2, others={"not": {"attribute": "seats", "operator": "is_set"}}))
    await api.store.write([mapped("b", [("ann", {1: "Sales"}, None), ("bob", {}, None)])])
    # when, then
    assert (await api.good(f"{MEMBERS}/others"))["items"] == ["ann"]
    assert (await context(api, "bob")).status == 404


async def test_a_preview_counts_and_shows_some(api: Api) -> None:
    # given
    await written(api, **{f"u{number:02}": "Sales" for number in range(15)}, x="Support")
    # when
    answer = await preview(api, IN_SALES)
    # then
    assert answer.status == 200
    assert answer.body["count"] == 15
    assert len(set(answer.body["sample"])) == 10
    assert all(user.startswith("u") for user in answer.body["sample"])
    assert (await preview(api, {"not": IN_SALES})).body == {"count": 1, "sample": ["x"]}
    assert (await preview(api, LARGE)).body == {"count": 0, "sample": []}


@pytest.mark.parametrize(
    ("condition", "pointer", "code"),
    [
        ({}, "/condition/attribute", "missing_field"),
        ({"attribute": "nope", "operator": "is_set"}, "/condition/attribute", "unknown_reference"),
        ({"attribute": "seats", "operator": "contains", "value": "1"}, "/condition/operator", "invalid_field"),
        ({"attribute": "seats", "operator": "is_prime"}, "/condition/operator", "invalid_field"),
        ({"all": [IN_SALES, {"not": {**LARGE, "value": "1,5"}}]}, "/condition/all/1/not/value", "invalid_field"),
        ({"any": [IN_SALES, {**LARGE, "extra": 1}]}, "/condition/any/1/extra", "unknown_field"),
        ({"any": []}, "/condition/any", "invalid_field"),
        ({"attribute": "department", "operator": "matches", "value": "(?i)a"}, "/condition/value", "invalid_field"),
        ({"attribute": "department", "operator": "matches", "value": "a" * 201}, "/condition/value", "invalid_field"),
        ({"attribute": "hired", "operator": "on", "value": "2024-02-30"}, "/condition/value", "invalid_field"),
        ({"attribute": "hired", "operator": "in_last", "value": 3}, "/condition/value", "invalid_field"),
        ({"any": [IN_SALES] * 51}, "/condition/any", "invalid_field"),
        ({"any": [{"any": [IN_SALES] * 26}] * 2}, "/condition", "invalid_field"),
    ],
)
async def test_what_is_wrong_in_a_condition_is_named(api: Api, condition: Json, pointer: str, code: str) -> None:
    answer = await preview(api, condition)
    assert (answer.status, answer.body["code"]) == (422, "invalid_body")
    assert (pointer, code) in [(each["pointer"], each["code"]) for each in answer.body["errors"]]


@pytest.mark.parametrize("depth", [10, 11, 60, 150, 5_000])
async def test_a_condition_has_a_depth_that_it_may_not_exceed(api: Api, depth: int) -> None:
    # given
    condition = '{"not":' * depth + '{"attribute":"seats","operator":"is_set"}' + "}" * depth
    body = f'{{"system": "crm", "environment": "production", "condition": {condition}}}'
    headers = {"Authorization": f"Bearer {ALL}", "Content-Type": "application/json"}
    # when
    async with api.session.post(api.address + PREVIEW, data=body, headers=headers) as answer:
        found = answer.status
    # then
    assert found == 200 if depth <= 10 else found in {400, 422}


async def test_a_context_speaks_of_one_user(api: Api) -> None:
    # given
    digits = "12345678901234567890.10"
    await api.define(defined(2, sales=IN_SALES, large=LARGE, small={"not": LARGE}))
    values: dict[int, object] = {1: "Sales", 2: msgspec.Raw(digits.encode()), 3: None, 99: "gone"}
    await api.store.write([mapped("b", [("ann", values, None)])])
    # when
    async with api.session.get(f"{api.address}{CONTEXT}/ann", headers={"Authorization": f"Bearer {ALL}"}) as answer:
        text = await answer.text()
    # then
    found = msgspec.json.decode(text)
    assert f'"value":{digits},"text":"{digits}"' in text
    del found["attributes"]["seats"]
    assert found == {
        "system": "crm",
        "environment": "production",
        "user_id": "ann",
        "attributes": {"department": {"name": "Department", "type": "String", "value": "Sales", "text": "Sales"}},
        "segments": [{"key": "sales", "name": "Sales"}, {"key": "large", "name": "Large"}],
    }
    assert await api.good(CONTEXT, user_id="ann") == await api.good(f"{CONTEXT}/ann")


async def test_a_context_has_an_etag_that_changes_with_it(api: Api) -> None:
    # given
    await api.define(defined(2, sales=IN_SALES))
    await written(api, ann="Sales")
    first = await context(api, "ann")
    tag = first.headers["ETag"]
    # when, then
    for known in (tag, f'W/{tag}, "x"', f'"x",{tag}', "*"):
        same = await context(api, "ann", If_None_Match=known)
        assert (same.status, same.body, same.headers["ETag"]) == (304, None, tag), known
    assert first.headers["Cache-Control"] == "private, no-cache"
    # and when, then: a merge and a definition each make another one
    await written(api, ann="Support")
    second = await context(api, "ann", If_None_Match=tag)
    assert (second.status, second.body["segments"]) == (200, [])
    await api.define(defined(3, sales={"not": IN_SALES}))
    third = await context(api, "ann", If_None_Match=second.headers["ETag"])
    assert (third.status, [each["key"] for each in third.body["segments"]]) == (200, ["sales"])


async def test_a_merge_counts_in_the_next_request(api: Api) -> None:
    # given
    await api.define(defined(2, sales=IN_SALES, rest={"not": IN_SALES}))
    for department, expected in (("Sales", ["sales"]), ("Support", ["rest"]), (None, []), ("Sales", ["sales"])):
        # when
        await api.store.write([mapped(f"b {department} {expected}", [("ann", {1: department, 2: 1}, None)], at=_at())])
        # then
        assert await keys(api, "ann") == expected
        assert (await api.good(f"{MEMBERS}/sales"))["items"] == ["ann"] * ("sales" in expected)
        assert (await preview(api, IN_SALES)).body["count"] == int("sales" in expected)


async def test_a_changed_definition_counts_in_the_next_request(api: Api) -> None:
    # given
    await written(api, ann="Sales")
    assert await keys(api, "ann") == []
    assert (await api.get(f"{MEMBERS}/sales"))[0] == 404
    # when, then: it appears, is renamed, changed, and gone
    await api.define(defined(2, sales=IN_SALES))
    assert await keys(api, "ann") == ["sales"]
    await api.define(defined(3, sales=LARGE, other=IN_SALES))
    assert (await keys(api, "ann"), (await api.good(f"{MEMBERS}/sales"))["items"]) == (["other"], [])
    await api.define(defined(4))
    assert await keys(api, "ann") == []
    assert (await api.get(f"{MEMBERS}/sales"))[0] == 404


@pytest.mark.parametrize(
    "condition", [NEWER, {"attribute": "gone", "operator": "is_set"}, {"none_of": [IN_SALES]}, {}, {"all": [{}]}]
)
async def test_a_segment_of_a_newer_release_is_missed_and_nothing_else(api: Api, condition: Json) -> None:
    # given
    await api.define(defined(2, newer=condition, sales=IN_SALES))
    await written(api, ann="Sales")
    # when, then
    assert await keys(api, "ann") == ["sales"]
    assert (await api.good(f"{MEMBERS}/sales"))["items"] == ["ann"]
    status, problem = await api.get(f"{MEMBERS}/newer")
    assert (status, problem["code"]) == (503, "not_ready")


async def test_who_does_not_exist_is_not_found(api: Api) -> None:
    await api.define(defined(2, sales=IN_SALES))
    await written(api, ann="Sales")
    for path in (
        *(f"{CONTEXT}/bob", f"{CONTEXT}/ann%00", f"{CONTEXT}/%FF", "/api/v1/context/crm/nope/ann"),
        *("/api/v1/context/nope/production/ann", f"{MEMBERS}/nope", "/api/v1/members/crm/nope/sales"),
    ):
        status, problem = await api.get(path)
        assert (status, problem["code"]) == (404, "not_found"), path
    assert (await api.get(CONTEXT, user_id="bob"))[0] == 404
    assert (await preview(api, IN_SALES, system="nope")).status == 404


async def test_only_those_who_may_read_profiles_do(api: Api) -> None:
    # given
    await api.define(defined(2, sales=IN_SALES))
    await written(api, ann="Sales")
    # when, then
    for path in (f"{MEMBERS}/sales", f"{CONTEXT}/ann"):
        assert (await api.get(path, FOREIGN))[0] == 404
        assert [(await api.get(path, token))[0] for token in (WRITES_ONLY, RECEIPTS_ONLY, None)] == [403, 403, 401]
        assert (await api.ask(path, {"Cookie": cookie_of(VIEWER)})).status == 200
    assert (await preview(api, IN_SALES, FOREIGN)).status == 404
    assert (await preview(api, IN_SALES, RECEIPTS_ONLY)).status == 403


async def test_other_parameters_are_refused(api: Api) -> None:
    await api.define(defined(2, sales=IN_SALES))
    for path, query in (
        (f"{MEMBERS}/sales", {"limit": "0"}),
        (f"{MEMBERS}/sales", {"limit": "1001"}),
        (f"{MEMBERS}/sales", {"cursor": "nul\0"}),
        (f"{MEMBERS}/sales", {"page": "2"}),
        (CONTEXT, {"user_id": "nul\0"}),
        (CONTEXT, {}),
        (f"{CONTEXT}/ann", {"user_id": "ann"}),
    ):
        status, problem = await api.get(path, **query)
        assert (status, problem["code"]) == (422, "invalid_query"), (path, query)


async def test_whoever_asks_for_one_user_does_not_wait_for_scans(api: Api, database: str) -> None:
    # given more scans, of a second each, than there are sessions
    await written(api, ann="Sales")
    url = role_url(database, "inlet_profile_api")
    opened = Database(DatabaseSettings(database_url=url, database_connections=2))
    store = SegmentStore(opened, 1)
    scans = [asyncio.create_task(store.count("(SELECT true FROM pg_sleep(1))", [1])) for _ in range(3)]
    # when
    found = await store.context(1, "ann", [], [])
    # then
    assert found is not None
    assert not any(scan.done() for scan in scans)
    assert await asyncio.gather(*scans) == [1, 1, 1]
    await opened.close()


async def test_the_database_is_away(api: Api, postgres: Postgres) -> None:
    await api.define(defined(2, sales=IN_SALES))
    postgres.stop()
    for path in (f"{MEMBERS}/sales", f"{CONTEXT}/ann"):
        status, problem = await api.get(path)
        assert (status, problem["code"]) == (503, "not_ready")
    assert (await preview(api, IN_SALES)).status == 503
    postgres.start()


_times = iter(range(1, 100))


def _at() -> int:
    return next(_times)
