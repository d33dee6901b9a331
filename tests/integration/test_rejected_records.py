"""The rejected records of a batch, as they were sent, on a real database."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from shared.contract.codes import MESSAGES, Code
from shared.contract.messages import MappedBatch, Reject, RejectedRecord
from tests.integration.given_batches import SIGNER, mapped, receipt
from tests.integration.given_profile_api import ALL, PROFILES_ONLY, RECEIPTS_ONLY, Api, running_api

ADDRESS = f"/api/v1/receipts/{SIGNER.text(receipt('b'))}/rejected-records"
KIB = 1024


@pytest.fixture
async def api(database: str, tmp_path: Path) -> AsyncIterator[Api]:
    async with running_api(database, tmp_path) as running:
        yield running


def given_rejects() -> MappedBatch:
    """A batch with a refused value, and three records that were refused: not UTF-8, too large, of nobody."""
    rejects = [
        Reject(1, "seats", Code.INVALID_NUMBER),
        Reject(1, "hired", Code.INVALID_DATE),
        Reject(3, None, Code.NOT_AN_OBJECT),
        Reject(5, None, Code.RECORD_TOO_LARGE),
        Reject(9, "userId", Code.MISSING_USER_ID),
    ]
    records = [
        RejectedRecord(1, "ann", b'{"userId":"ann","seats":"many","hired":"soon"}'),
        RejectedRecord(3, None, b'"\xff\xed\xa0\x80 \xc3\xa4"'),
        RejectedRecord(5, None, b"x" * 32 * KIB),
        RejectedRecord(9, None, b" " * (32 * KIB - 2) + b"{}"),
    ]
    return mapped("b", [("ann", {1: "x"}, None)], rejects=rejects, rejected=3, rejected_records=records)


async def test_a_record_is_shown_as_it_was_sent_with_all_that_was_wrong_with_it(api: Api) -> None:
    # given
    await api.store.write([given_rejects()])
    # when
    page = await api.good(ADDRESS)
    # then
    refused, strange, large, full = page["items"]
    assert refused == {
        "index": 1,
        "user_id": "ann",
        "record": '{"userId":"ann","seats":"many","hired":"soon"}',
        "truncated": False,
        "rejects": [_reject(1, "seats", Code.INVALID_NUMBER), _reject(1, "hired", Code.INVALID_DATE)],
    }
    # and what is not UTF-8 is replaced, so that it can be shown
    assert strange["record"] == '"\ufffd\ufffd\ufffd\ufffd \u00e4"'
    # and only what was longer than 32 KiB has lost its end
    assert (large["index"], large["truncated"], len(large["record"])) == (5, True, 32 * KIB)
    assert (full["index"], full["truncated"], len(full["record"])) == (9, False, 32 * KIB)
    assert page["next"] is None


async def test_they_come_page_after_page(api: Api) -> None:
    # given
    await api.store.write([given_rejects()])
    # when
    first = await api.good(ADDRESS, limit=3)
    second = await api.good(ADDRESS, limit=3, cursor=first["next"])
    # then
    assert [[item["index"] for item in page["items"]] for page in (first, second)] == [[1, 3, 5], [9]]
    assert second["next"] is None


async def test_rejects_of_a_receipt_come_page_after_page(api: Api) -> None:
    # given
    await api.store.write([given_rejects()])
    address = f"/public/v1/receipts/{SIGNER.text(receipt('b'))}"
    # when
    first = await api.good(address, limit=4)
    second = await api.good(address, limit=4, cursor=first["next"])
    # then
    assert [[item["index"] for item in page["rejects"]] for page in (first, second)] == [[1, 1, 3, 5], [9]]
    assert (await api.good(address, limit=5))["next"] is second["next"] is None


async def test_they_are_data_of_users_so_both_rights_are_needed(api: Api) -> None:
    # given
    await api.store.write([given_rejects()])
    # when, then
    assert (await api.get(ADDRESS, ALL))[0] == 200
    for token, missing in ((RECEIPTS_ONLY, "profiles:read"), (PROFILES_ONLY, "receipts:read")):
        refused = await api.ask(ADDRESS, {"Authorization": f"Bearer {token}"})
        assert (refused.status, refused.body["code"]) == (403, "insufficient_scope")
        assert refused.headers["WWW-Authenticate"] == f'Bearer error="insufficient_scope", scope="{missing}"'


async def test_an_erased_user_is_not_among_them_any_more(api: Api, database: str) -> None:
    # given
    await api.store.write([given_rejects()])
    # when
    session = await asyncpg.connect(database)
    await session.execute("SELECT profiles.erase(1, 'ann', now())")
    await session.close()
    # then
    assert [item["index"] for item in (await api.good(ADDRESS))["items"]] == [3, 5, 9]


async def test_a_receipt_that_was_not_issued_has_none(api: Api) -> None:
    text = SIGNER.text(receipt("b"))
    forged = ("B" if text[0] == "A" else "A") + text[1:]
    for address in (forged, text[:-1], "x", "%00", "%FF"):
        status, problem = await api.get(f"/api/v1/receipts/{address}/rejected-records")
        assert (status, problem["code"]) == (404, "not_found"), address


def _reject(index: int, name: str | None, code: Code) -> dict[str, Any]:
    return {"index": index, "property": name, "code": code, "message": MESSAGES[code]}
