"""The profile API on a real database: rights, profiles, one receipt in each of its states, outages."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from shared.contract import tokens
from shared.contract.codes import Code
from shared.contract.messages import as_failure
from shared.contract.tokens import TokenKind
from tests.backing.postgres import Postgres
from tests.integration.given_batches import DAY, SIGNER, mapped, receipt
from tests.integration.given_profile_api import (
    FOREIGN,
    FOREIGN_VIEWER,
    VIEWER,
    WRITES_ONLY,
    Api,
    cookie_of,
    running_api,
)

PROFILES = "/api/v1/profiles/crm/production"
PROFILE = PROFILES + "/ann"


@pytest.fixture
async def api(database: str, tmp_path: Path) -> AsyncIterator[Api]:
    async with running_api(database, tmp_path) as running:
        yield running


def _address(name: str) -> str:
    return f"/public/v1/receipts/{SIGNER.text(receipt(name))}"


RECEIPT = _address("b")
RECORDS = f"/api/v1/receipts/{SIGNER.text(receipt('b'))}/rejected-records"
LISTS = ["/api/v1/receipts", "/api/v1/receipts/counters"]


@pytest.mark.parametrize("path", [PROFILE, PROFILES, RECEIPT, RECORDS, *LISTS])
async def test_only_those_who_may_read_do(api: Api, path: str) -> None:
    # given something to read
    await api.store.write([mapped("b", [("ann", {1: "Sales"}, None)])])
    # when, then
    assert (await api.get(path))[0] == 200
    assert (await api.get(path, None))[0] == 401
    assert (await api.get(path, tokens.make(TokenKind.ACCESS)))[0] == 401
    assert (await api.get(path, WRITES_ONLY))[0] == 403


@pytest.mark.parametrize("path", [PROFILE, PROFILES, RECEIPT, RECORDS])
async def test_what_is_out_of_reach_is_as_if_it_were_not_there(api: Api, path: str) -> None:
    await api.store.write([mapped("b", [("ann", {1: "Sales"}, None)])])
    status, problem = await api.get(path, FOREIGN)
    assert (status, problem["code"]) == (404, "not_found")


async def test_a_session_reads_what_its_user_may(api: Api) -> None:
    # given
    await api.store.write([mapped("b", [("ann", {1: "Sales"}, None)])])
    ours, foreign = {"Origin": api.address}, {"Origin": "https://elsewhere.test"}
    # when, then: from a page of ours or from no page, but not from another's
    for path in (PROFILE, RECEIPT, RECORDS, *LISTS):
        for origin in ({}, ours):
            assert (await api.ask(path, {"Cookie": cookie_of(VIEWER)} | origin)).status == 200
        refused = await api.ask(path, {"Cookie": cookie_of(VIEWER)} | foreign)
        assert (refused.status, refused.body["code"]) == (403, "foreign_origin")
    # and a user reaches no more than their systems
    assert (await api.ask(PROFILE, {"Cookie": cookie_of(FOREIGN_VIEWER)})).status == 404


async def test_a_batch_that_was_put_aside_is_failed_until_it_is_replayed(api: Api) -> None:
    # given
    batch = mapped("b", [("ann", {1: "Sales"}, None)])
    assert await api.good(RECEIPT) == {"receipt": SIGNER.text(batch.receipt), "state": "pending"}
    # when, then
    await api.store.write([as_failure(batch, Code.UNKNOWN_REVISION, 1)])
    failed = await api.good(RECEIPT)
    assert (failed["state"], failed["failure"], failed["records"]) == ("failed", "unknown_revision", 0)
    # and when, then
    await api.store.write([batch])
    written = await api.good(RECEIPT)
    assert (written["state"], written["failure"], written["records"], written["written"]) == ("written", None, 1, 1)


@pytest.mark.parametrize("address", ["/public/v1/receipts/{}", "/api/v1/receipts/{}/rejected-records"])
async def test_a_receipt_past_its_retention_is_gone(api: Api, address: str) -> None:
    old, kept = (SIGNER.text(SIGNER.issue(1, DAY - timedelta(days=days))) for days in (41, 40))
    status, problem = await api.get(address.format(old))
    assert (status, problem["code"]) == (410, "receipt_expired")
    assert (await api.get(address.format(kept)))[0] == 200


async def test_profiles_come_by_prefix_page_after_page(api: Api) -> None:
    # given
    users = ["a", "a/1", "a/2", "a/3", "b"]
    await api.store.write([mapped("b", [(user, {1: "Sales"}, None) for user in users])])
    # when
    first = await api.good(PROFILES, prefix="a/", limit=2)
    second = await api.good(PROFILES, prefix="a/", limit=2, cursor=first["next"])
    # then
    found = [[item["user_id"] for item in page["items"]] for page in (first, second)]
    assert (found, second["next"]) == ([["a/1", "a/2"], ["a/3"]], None)


async def test_the_digits_of_a_number_are_those_that_were_sent(api: Api) -> None:
    # given a number that no float can hold
    digits = "12345678901234567890.10"
    await api.store.write([mapped("b", [("ann", {2: msgspec.Raw(digits.encode())}, None)])])
    # when
    async with api.session.get(api.address + PROFILE, headers={"Cookie": cookie_of(VIEWER)}) as answer:
        text = await answer.text()
    # then
    assert f'"value":{digits},"text":"{digits}"' in text


async def test_no_user_has_an_id_that_no_text_can_be(api: Api) -> None:
    for user in ("%00", "nul%00", "%FF", "%ED%A0%80", "a" * 5000):
        status, problem = await api.get(f"{PROFILES}/{user}")
        assert (status, problem["code"]) == (404, "not_found"), user


async def test_what_nobody_defines_any_more_is_not_shown(api: Api) -> None:
    # given an attribute that the definitions do not know, and one that was cleared
    await api.store.write([mapped("b", [("ann", {1: None, 2: 7, 99: "gone"}, None)])])
    # when
    profile = await api.good(PROFILE)
    # then
    assert list(profile["attributes"]) == ["seats"]
    assert (profile["attributes"]["seats"]["value"], profile["attributes"]["seats"]["name"]) == (7, "Seats")


async def test_attributes_of_different_ages_each_say_where_they_came_from(api: Api) -> None:
    # given
    await api.store.write([mapped("first", [("ann", {1: "Sales", 2: 1}, -5)], at=0)])
    await api.store.write([mapped("second", [("bob", {}, None), ("ann", {2: 2}, None)], at=1)])
    # when
    profile = await api.good(PROFILE)
    # then
    sources = {key: (each["receipt"], each["index"]) for key, each in profile["attributes"].items()}
    assert sources == {
        "department": (SIGNER.text(receipt("first")), 0),
        "seats": (SIGNER.text(receipt("second")), 1),
    }
    assert profile["attributes"]["department"]["observed_at"] < profile["attributes"]["department"]["received_at"]


async def test_the_database_is_away(api: Api, postgres: Postgres) -> None:
    await api.store.write([mapped("b", [("ann", {1: "Sales"}, None)])])
    postgres.stop()
    for path in (PROFILE, RECEIPT, RECORDS, *LISTS):
        status, problem = await api.get(path)
        assert (status, problem["code"]) == (503, "not_ready")
    postgres.start()
    assert (await api.get(PROFILE))[0] == 200


@pytest.mark.parametrize(
    ("path", "also"),
    [(each, ["DELETE"]) for each in (PROFILE, PROFILES)] + [(each, []) for each in (RECEIPT, RECORDS, *LISTS)],
)
async def test_another_method_is_405(api: Api, path: str, also: list[str]) -> None:
    async with api.session.post(api.address + path) as answer:
        assert answer.status == 405
        assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", *also}


@pytest.mark.parametrize("path", [PROFILES, RECEIPT, RECORDS, "/api/v1/receipts"])
async def test_a_limit_is_1_to_1000_in_ascii_digits(api: Api, path: str) -> None:
    for limit in ("0", "1001", "-1", "+5", "1_0", " 5", "5 ", "5.0", "\u0665", "", "9" * 5000):
        status, problem = await api.get(path, limit=limit)
        assert (status, problem["code"], problem["errors"][0]["pointer"]) == (422, "invalid_query", "/limit"), limit
    assert (await api.get(path, limit="1000"))[0] == 200


async def test_other_parameters_are_refused(api: Api) -> None:
    for path, query in (
        (PROFILES, {"prefix": "nul\0"}),
        (PROFILES, {"cursor": "nul\0"}),
        (PROFILES, {"user_id": "nul\0"}),
        (PROFILES, {"user_id": "ann", "prefix": "a"}),
        (PROFILES, {"page": "2"}),
        (PROFILE, {"page": "2"}),
        (RECEIPT, {"cursor": "-1"}),
        (RECORDS, {"cursor": "x"}),
        (RECORDS, {"page": "2"}),
    ):
        status, problem = await api.get(path, **query)
        assert (status, problem["code"]) == (422, "invalid_query"), (path, query)
