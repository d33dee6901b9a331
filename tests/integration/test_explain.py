"""Why a value is what it is, over HTTP: its origin, and what lost against it lately, on a real database."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from services.mapper.plan import Plan
from shared.contract.codes import MESSAGES, Code
from shared.contract.definitions import AttributeType, PropertyMapping, Revision, UserIdRule
from shared.contract.messages import MappedBatch, RawBatch
from tests.integration.given_batches import NOON, SIGNER, mapped, receipt
from tests.integration.given_people import BEFORE, refused
from tests.integration.given_profile_api import ERASER, FOREIGN, RECEIPTS_ONLY, Api, running_api

ANN = "/api/v1/profiles/crm/production/ann"
DEPARTMENT, SEATS = (f"{ANN}/attributes/{key}/explain" for key in ("department", "seats"))


@pytest.fixture
async def api(database: str, tmp_path: Path) -> AsyncIterator[Api]:
    async with running_api(database, tmp_path) as running:
        yield running


@pytest.fixture
async def session(database: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    opened = await asyncpg.connect(database)
    yield opened
    await opened.close()


def post(
    name: str, values: Mapping[int, object], *, at: int = 0, history: bool = True, user: str = "ann"
) -> MappedBatch:
    """One record of ann's, from a place that keeps a history."""
    batch = mapped(name, [(user, values, None)], at=at)
    return msgspec.structs.replace(batch, rejected_values=[] if history else msgspec.UNSET)


async def candidates(api: Api, path: str = DEPARTMENT) -> list[tuple[Any, str]]:
    """Values that lost, and why."""
    return [(each["candidate"]["value"], each["reason"]) for each in (await api.good(path))["candidates"]]


async def test_a_value_says_where_it_came_from_and_what_it_replaced(api: Api) -> None:
    # given
    await api.store.write([post("old", {1: "Ops"}, at=0)])
    await api.store.write([post("new", {1: "Sales"}, at=1)])
    # when
    explained = await api.good(DEPARTMENT)
    # then
    assert (explained["key"], explained["name"], explained["type"]) == ("department", "Department", "String")
    current, [lost] = explained["current"], explained["candidates"]
    assert current == {
        "value": "Sales",
        "text": "Sales",
        "integration": 1,
        "revision": 1,
        "receipt": SIGNER.text(receipt("new")),
        "index": 0,
        "observed_at": "2026-11-24T12:00:00.000001Z",
        "received_at": "2026-11-24T12:00:00.000001Z",
        "written_at": "2026-11-24T12:10:00.000000Z",
    }
    assert (lost["reason"], lost["code"], lost["message"]) == ("older", None, None)
    assert (lost["candidate"]["value"], lost["candidate"]["receipt"]) == ("Ops", SIGNER.text(receipt("old")))
    # and the origin is that of the profile
    profile = (await api.good(ANN))["attributes"]["department"]
    assert {name: profile[name] for name in current if name != "revision"} == {
        name: value for name, value in current.items() if name != "revision"
    }


async def test_what_came_late_lost_and_is_the_latest(api: Api) -> None:
    # given
    await api.store.write([post("a", {1: "a"}, at=5)])
    await api.store.write([post("b", {1: "b"}, at=6)])
    # when an older value arrives, in a write together with one that is newer
    await api.store.write([post("late", {1: "late"}, at=1), post("c", {1: "c"}, at=7)])
    # then
    assert (await api.good(DEPARTMENT))["current"]["value"] == "c"
    assert await candidates(api) == [("b", "older"), ("late", "older"), ("a", "older")]


async def test_the_last_five_are_kept_for_each_attribute(api: Api) -> None:
    # given, when
    for number in range(8):
        await api.store.write([post(f"b-{number}", {1: f"v{number}", 2: number}, at=number)])
    # then
    assert [value for value, _ in await candidates(api)] == ["v6", "v5", "v4", "v3", "v2"]
    assert [value for value, _ in await candidates(api, SEATS)] == [6, 5, 4, 3, 2]


async def test_what_lost_against_a_clear_says_so(api: Api) -> None:
    # given
    await api.store.write([post("a", {1: "a"}, at=0)])
    # when
    await api.store.write([post("clear", {1: None}, at=2)])
    await api.store.write([post("late", {1: "late"}, at=1)])
    # then
    explained = await api.good(DEPARTMENT)
    assert (explained["current"]["value"], explained["current"]["text"]) == (None, None)
    assert await candidates(api) == [("late", "cleared"), ("a", "cleared")]


async def test_a_refused_value_is_shown_as_it_was_sent_with_its_code(api: Api) -> None:
    # given
    await api.store.write([post("a", {2: 7}, at=0)])
    # when
    await api.store.write([refused("b", ["ann"], at=1)])
    # then
    explained = await api.good(SEATS)
    [lost] = explained["candidates"]
    assert (explained["current"]["value"], explained["current"]["text"]) == (7, "7")
    assert (lost["reason"], lost["code"]) == ("rejected", "invalid_number")
    assert lost["message"] == MESSAGES[Code.INVALID_NUMBER]
    assert (lost["candidate"]["value"], lost["candidate"]["text"]) == (None, '"many"')
    # and where nothing else ever came, the refusals are all there is
    await api.store.write([refused("c", ["zoe"], at=1)])
    alone = await api.good("/api/v1/profiles/crm/production/zoe/attributes/seats/explain")
    assert (alone["current"], len(alone["candidates"])) == (None, 1)
    assert (await api.get("/api/v1/profiles/crm/production/zoe"))[0] == 404


async def test_any_value_that_can_be_sent_and_refused_can_be_stored(api: Api) -> None:
    # given what jsonb does not take, and what would end a line of the statement
    strange = [rb'"nul\u0000"', b"1e999999", b'{"a":\n[1,\r\n"x"]}', '"\u2028 ä"'.encode(), b'"' + b"x" * 300 + b'"']
    data = b",".join(b'{"userId":"ann","seats":%b}' % each for each in strange)
    # when
    await api.store.write([_plan().map(_raw(b"[%b]" % data), history=True)])
    # then
    texts = [each["candidate"]["text"] for each in (await api.good(SEATS))["candidates"]]
    assert texts == [None, *(each.decode() for each in strange[3::-1])]


async def test_a_batch_that_is_delivered_again_adds_nothing(
    api: Api, session: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    # given
    batches = [post("a", {1: "a"}, at=0), post("b", {1: "b"}, at=2), post("late", {1: "late"}, at=1)]
    batches.append(refused("r", ["ann"], at=3))
    for batch in batches:
        await api.store.write([batch])
    before = await session.fetchval("SELECT row(h.*, xmin)::text FROM profiles.history h")
    # when
    await api.store.write(batches)
    await api.store.write(batches[::-1])
    # then the row has not even been written
    assert await session.fetchval("SELECT row(h.*, xmin)::text FROM profiles.history h") == before


async def test_without_a_history_nothing_is_noted(api: Api, session: "asyncpg.Connection[asyncpg.Record]") -> None:
    # given
    await api.store.write([post("a", {1: "a"}, at=0, history=False)])
    # when
    await api.store.write([post("b", {1: "b"}, at=1, history=False)])
    # then
    explained = await api.good(DEPARTMENT)
    assert (explained["current"]["value"], explained["candidates"], explained["history"]) == ("b", [], False)
    assert await session.fetchval("SELECT count(*) FROM profiles.history") == 0


async def test_a_history_can_be_switched_on_and_off_again(api: Api) -> None:
    # given
    for number, history in enumerate((False, False, True, True, False, False)):
        # when
        await api.store.write([post(f"b-{number}", {1: str(number)}, at=number, history=history)])
    # then what was replaced while it was on is still explained
    assert [value for value, _ in await candidates(api)] == ["2", "1"]


async def test_places_without_a_history_are_written_beside_those_with_one(
    api: Api, session: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    # given batches of two environments, of which one keeps a history
    for number in range(3):
        elsewhere = mapped(f"e-{number}", [("ann", {1: str(number)}, None)], at=number, environment=2)
        # when they are written together
        await api.store.write([elsewhere, post(f"b-{number}", {1: str(number)}, at=number)])
    # then
    assert [value for value, _ in await candidates(api)] == ["1", "0"]
    assert await session.fetchval("SELECT array_agg(environment_id) FROM profiles.history") == [1]
    held = await session.fetch("SELECT attributes ->> '1' FROM profiles.profiles")
    assert [row[0] for row in held] == ["2", "2"]


async def test_an_erasure_takes_the_history_along(api: Api, session: "asyncpg.Connection[asyncpg.Record]") -> None:
    # given
    batches = [post("a", {1: "a"}, at=BEFORE), post("b", {1: "b"}, at=BEFORE + 1), refused("r", ["ann"], at=BEFORE)]
    await api.store.write(batches)
    # when
    assert await api.erase(ANN, ERASER) == 204
    # then
    assert (await api.get(DEPARTMENT))[0] == 404
    # and it does not come back
    await api.store.write(batches)
    assert await session.fetchval("SELECT count(*) FROM profiles.history") == 0


async def test_a_value_whose_receipt_is_past_its_retention_has_no_revision(
    api: Api, session: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    # given
    await api.store.write([post("a", {1: "a"})])
    await session.execute("DELETE FROM profiles.receipts")
    # when, then
    assert (await api.good(DEPARTMENT))["current"]["revision"] is None


async def test_what_is_not_there_is_not_explained(api: Api) -> None:
    # given a user with one attribute, and one that is not defined any more
    await api.store.write([post("a", {1: "a", 99: "x"})])
    # when, then
    for path in (
        SEATS,
        f"{ANN}/attributes/gone/explain",
        f"{ANN}/attributes/99/explain",
        "/api/v1/profiles/crm/production/zoe/attributes/department/explain",
        "/api/v1/profiles/crm/production/%00/attributes/department/explain",
        f"/api/v1/profiles/crm/production/{'a' * 513}/attributes/department/explain",
    ):
        status, problem = await api.get(path)
        assert (status, problem["code"]) == (404, "not_found"), path


async def test_only_those_who_may_read_profiles_are_told(api: Api) -> None:
    # given
    await api.store.write([post("a", {1: "a"})])
    # when, then
    assert (await api.get(DEPARTMENT, None))[0] == 401
    assert (await api.get(DEPARTMENT, RECEIPTS_ONLY))[0] == 403
    assert (await api.get(DEPARTMENT, FOREIGN))[0] == 404


def _plan() -> Plan:
    seats = PropertyMapping(property="seats", attribute=2, type=AttributeType.NUMBER)
    return Plan(
        Revision(integration=1, number=1, environment=1, user_id=UserIdRule(property="userId"), mappings=(seats,))
    )


def _raw(data: bytes) -> RawBatch:
    return RawBatch(receipt=receipt("strange"), integration=1, revision=1, received_at=NOON, request_id="r", data=data)
