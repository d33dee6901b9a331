"""Receipts by integration and time, and their counters, on a real database."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from shared.contract.codes import Code
from shared.contract.messages import MappedBatch, Reject, as_failure
from tests.integration.given_batches import SIGNER, mapped, receipt
from tests.integration.given_profile_api import FOREIGN, MINUTE, Api, of_integration, running_api

RECEIPTS = "/api/v1/receipts"
COUNTERS = "/api/v1/receipts/counters"
DAY_US = 24 * 60 * MINUTE


@pytest.fixture
async def api(database: str, tmp_path: Path) -> AsyncIterator[Api]:
    async with running_api(database, tmp_path) as running:
        yield running


def batch(name: str, at: int, integration: int = 1) -> MappedBatch:
    """A batch of one record, received `at` minutes after noon."""
    made = mapped(name, [(name, {1: "Sales"}, None)], at=at * MINUTE)
    return made if integration == 1 else of_integration(integration, made)


def names(page: Any) -> list[str]:
    """The names of the batches on a page."""
    return [item["request_id"] for item in page["items"]]


async def test_the_newest_come_first_whatever_integration_they_are_of(api: Api) -> None:
    # given batches of two systems, in no order
    await api.store.write([batch("c", 3), batch("a", 1, 2), batch("d", 4, 3), batch("b", 2, 2)])
    # when, then
    assert names(await api.good(RECEIPTS)) == ["d", "c", "b", "a"]
    # and an item is the receipt without its rejects, under the id that its sender knows
    last = (await api.good(RECEIPTS))["items"][-1]
    alone = await api.good(f"/public/v1/receipts/{last['receipt']}")
    assert alone == last | {"rejects": [], "next": None}


async def test_they_are_chosen_by_system_integration_state_and_time(api: Api) -> None:
    # given
    failed = as_failure(batch("failed", 5, 2), Code.INVALID_JSON)
    await api.store.write([batch("a", 1), batch("b", 2, 2), batch("c", 3), batch("d", 4, 3), failed])
    # when, then
    for query, expected in (
        ({"system": "crm"}, ["failed", "c", "b", "a"]),
        ({"system": "erp"}, ["d"]),
        ({"integration": 1}, ["c", "a"]),
        ({"integration": 2, "system": "crm"}, ["failed", "b"]),
        ({"integration": 2, "system": "erp"}, []),
        ({"system": "nobody"}, []),
        ({"integration": 99}, []),
        ({"state": "failed"}, ["failed"]),
        ({"state": "written"}, ["d", "c", "b", "a"]),
        ({"from": "2026-11-24T12:02:00Z"}, ["failed", "d", "c", "b"]),
        ({"to": "2026-11-24T12:02:00Z"}, ["a"]),
        ({"from": "2026-11-24T13:02:00+01:00", "to": "2026-11-24T12:04:00.000000Z"}, ["c", "b"]),
        ({"from": "2026-11-24T12:04:00Z", "to": "2026-11-24T12:02:00Z"}, []),
        ({"from": "9999-12-31T23:59:59Z"}, []),
        ({"to": "9999-12-31T23:59:59.999999Z"}, ["failed", "d", "c", "b", "a"]),
    ):
        assert names(await api.good(RECEIPTS, **query)) == expected, query


async def test_a_page_goes_on_where_the_one_before_it_ended(api: Api) -> None:
    # given five batches, three of them received in the same microsecond
    await api.store.write([batch("old", 1), *(batch(name, 2, 2) for name in "xyz"), batch("new", 3, 3)])
    everything = names(await api.good(RECEIPTS))
    # when pages are read one by one, while newer batches come in
    page = await api.good(RECEIPTS, limit=1)
    read = names(page)
    for count in range(1, len(everything)):
        await api.store.write([batch(f"newer {count}", 4)])
        page = await api.good(RECEIPTS, limit=1, cursor=page["next"])
        read += names(page)
    # then each is read once
    assert (read, page["next"]) == (everything, None)
    assert sorted(read) == ["new", "old", "x", "y", "z"]


async def test_a_cursor_leads_to_nothing_beyond_the_time_that_is_asked_for(api: Api) -> None:
    # given the cursor behind the newest of four
    await api.store.write([batch(name, at) for at, name in enumerate("abcd")])
    cursor = (await api.good(RECEIPTS, limit=1))["next"]
    # when, then
    assert names(await api.good(RECEIPTS, cursor=cursor, to="2026-11-24T12:02:00Z")) == ["b", "a"]
    assert names(await api.good(RECEIPTS, cursor=cursor, **{"from": "2026-11-24T12:01:00Z"})) == ["c", "b"]


async def test_nobody_sees_receipts_of_a_system_out_of_reach(api: Api) -> None:
    # given
    await api.store.write([batch("theirs", 1), batch("ours", 2, 3)])
    # when, then
    for query, expected in (({}, ["ours"]), ({"system": "crm"}, []), ({"integration": 1}, [])):
        assert names(await api.good(RECEIPTS, FOREIGN, **query)) == expected
        counted = await api.good(COUNTERS, FOREIGN, **query)
        assert [item["integration"] for item in counted["items"]] == [3] * len(expected)


async def test_receipts_of_several_days_are_one_list(api: Api) -> None:
    # given batches of three days
    days = [mapped(f"day {n}", [("ann", {1: "x"}, None)], at=-n * DAY_US) for n in range(3)]
    await api.store.write([of_integration(1, each) for each in days])
    # when, then
    assert names(await api.good(RECEIPTS)) == ["day 0", "day 1", "day 2"]
    assert names(await api.good(RECEIPTS, **{"from": "2026-11-23T12:00:00Z"})) == ["day 0", "day 1"]
    assert names(await api.good(RECEIPTS, to="2026-11-23T00:00:00Z")) == ["day 2"]


async def test_the_partition_of_a_day_has_every_index_of_its_parent(api: Api, database: str) -> None:
    # given a day's partition
    await api.store.write([batch("a", 1)])
    # when
    session = await asyncpg.connect(database)
    own = await session.fetch("""
        SELECT parent.indrelid = 'profiles.receipts'::regclass AS attached, own.indisvalid AS valid
        FROM pg_index own LEFT JOIN pg_inherits ON inhrelid = own.indexrelid
            LEFT JOIN pg_index parent ON parent.indexrelid = inhparent
        WHERE own.indrelid = 'profiles.receipts_20261124'::regclass""")
    await session.close()
    # then each stands once, as a part of its parent's
    assert [tuple(row) for row in own] == [(True, True)] * 3


async def test_counters_add_up_by_integration_and_minute(api: Api) -> None:
    # given two batches in one minute, one in the next, one of another integration, one that failed
    refused = mapped(
        "refused",
        [("ann", {1: "x"}, None), ("bob", {1: "x"}, None)],
        at=2 * MINUTE - 1,
        rejects=[Reject(0, "seats", Code.INVALID_NUMBER), Reject(2, None, Code.NOT_AN_OBJECT)],
        rejected=1,
    )
    failed = as_failure(batch("failed", 1), Code.INVALID_JSON)
    await api.store.write([batch("a", 1), refused, batch("b", 2), batch("c", 1, 2), failed])
    # when
    items = (await api.good(COUNTERS))["items"]
    # then
    assert items == [
        _counter(1, "12:01", batches=3, failed=1, records=4, written=3, rejected=1, values_rejected=1),
        _counter(2, "12:01"),
        _counter(1, "12:02"),
    ]
    # and what loses against something newer is counted as well
    await api.store.write([mapped("late", [("a", {1: "older"}, 0)], at=3 * MINUTE)])
    assert (await api.good(COUNTERS, integration=1))["items"][-1] == _counter(1, "12:03", superseded=1)


async def test_counters_add_up_by_the_hour_where_that_is_asked_for(api: Api) -> None:
    # given: it is 12:10
    await api.store.write([batch("a", -30), batch("b", -1), batch("c", 1), batch("d", 2), batch("e", 2, 2)])
    # when
    items = (await api.good(COUNTERS, step="hour"))["items"]
    # then
    assert items == [
        _counter(1, "11:00", batches=2, records=2, written=2),
        _counter(1, "12:00", batches=2, records=2, written=2),
        _counter(2, "12:00"),
    ]


async def test_counters_are_those_of_the_last_hour_unless_asked_for(api: Api) -> None:
    # given: it is 12:10
    await api.store.write([batch("before", -51), batch("first", -50), batch("last", 9), batch("ahead", 10)])
    # when, then
    for query, expected in (
        ({}, ["11:10", "12:09"]),
        ({"from": "2026-11-24T11:09:00Z"}, ["11:09", "11:10", "12:09"]),
        ({"to": "2026-11-24T12:09:00Z"}, ["11:09", "11:10"]),
        ({"from": "2026-11-24T11:09:00Z", "to": "2026-11-25T11:09:00Z"}, ["11:09", "11:10", "12:09", "12:10"]),
    ):
        minutes = [item["minute"][11:16] for item in (await api.good(COUNTERS, **query))["items"]]
        assert minutes == expected, query


async def test_counters_are_of_a_day_at_most(api: Api) -> None:
    query = {"from": "2026-11-23T12:00:00Z", "to": "2026-11-24T12:00:00.000001Z"}
    status, problem = await api.get(COUNTERS, **query)
    assert (status, problem["code"], problem["errors"][0]["pointer"]) == (422, "invalid_query", "/from")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("from", "2026-11-24T12:00:00"),
        ("from", "2026-11-24"),
        ("from", "1790000000"),
        ("from", "0001-01-01T00:00:00+14:00"),
        ("from", "1969-12-31T23:59:59Z"),
        ("from", "2026-02-30T00:00:00Z"),
        ("from", "\u0662\u0660\u0662\u0666-11-24T12:00:00Z"),
        ("to", "9999-12-31T23:59:59-14:00"),
        ("to", "yesterday"),
        ("integration", "0"),
        ("integration", "1_0"),
        ("integration", "2147483648"),
        ("integration", "Nightly"),
        ("system", "no key"),
        ("system", "nul\0"),
        ("page", "2"),
        ("step", "day"),
    ],
)
async def test_what_is_not_asked_for_rightly_is_refused(api: Api, name: str, value: str) -> None:
    for path in (RECEIPTS, COUNTERS):
        status, problem = await api.get(path, **{name: value})
        assert (status, problem["code"], problem["errors"][0]["pointer"]) == (422, "invalid_query", f"/{name}"), path


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("state", "pending"),
        ("cursor", ""),
        ("cursor", "x"),
        ("cursor", "é" * 40),
        ("cursor", "_" * 40),
        ("cursor", "A" * 44),
    ],
)
async def test_a_state_or_cursor_that_cannot_be_is_refused(api: Api, name: str, value: str) -> None:
    status, problem = await api.get(RECEIPTS, **{name: value})
    assert (status, problem["code"], problem["errors"][0]["pointer"]) == (422, "invalid_query", f"/{name}")


async def test_counters_stands_beside_the_receipts_and_hides_none(api: Api) -> None:
    await api.store.write([batch("a", 1)])
    known = f"/api/v1/receipts/{SIGNER.text(receipt('a'))}/rejected-records"
    assert (await api.good(known))["items"] == []
    assert (await api.get("/api/v1/receipts/counters/rejected-records"))[0] == 404


def _counter(integration: int, minute: str, **counts: int) -> dict[str, Any]:
    """A counter of one batch with one record, but for `counts`."""
    usual = {"batches": 1, "failed": 0, "records": 1, "written": 1, "rejected": 0, "values_rejected": 0}
    place = {"integration": integration, "minute": f"2026-11-24T{minute}:00.000000Z"}
    return place | usual | {"superseded": 0} | counts
