"""What a sender and a reader see over HTTP: the receipt where the answer says it is, and the profile."""

from urllib.parse import quote

from tests.e2e.inlet import Answer, Inlet
from tests.e2e.process import eventually
from tests.e2e.snapshot import Json

DIGITS = "12345678901234567890.1234567890123456789"
MAPPINGS = [
    {"property": "department", "attribute": 1, "type": "String"},
    {"property": "seats", "attribute": 2, "type": "Number"},
    {"property": "hired", "attribute": 3, "type": "Date"},
]


async def _settled(inlet: Inlet, location: str, **query: str) -> Answer:
    async def look() -> Answer | None:
        answer = await inlet.read(location, **query)
        assert answer.status == 200, answer.body
        return None if answer.body["state"] == "pending" else answer

    return await eventually(look, "the receipt is no longer pending")


async def test_the_receipt_is_where_the_answer_says_and_the_profile_says_where_it_came_from(inlet: Inlet) -> None:
    # given a batch that is posted while the writer is down
    await inlet.start({inlet.token: MAPPINGS})
    inlet.profile_writer.terminate()
    records: list[Json] = [
        {"userId": "a/b ä", "department": "Sales", "seats": DIGITS, "hired": "2024-03-01"},
        {"userId": "a/c", "department": None, "seats": "many", "colour": "red"},
        {"department": "nobody's"},
    ]
    answer = await inlet.post(records)
    location = answer.headers["Location"]
    # when it is looked up, then it is pending
    assert (await inlet.read(location)).body == {"receipt": answer.receipt, "state": "pending"}
    # and when the writer is back, then each record is accounted for
    inlet.profile_writer.start()
    receipt = (await _settled(inlet, location)).body
    counts = [receipt[name] for name in ("state", "records", "written", "rejected", "values_rejected")]
    assert counts == ["written", 3, 2, 1, 1]
    assert receipt["unmapped"] == {"colour": 1}
    assert [(each["index"], each["property"], each["code"]) for each in receipt["rejects"]] == [
        (1, "seats", "invalid_number"),
        (2, "userId", "missing_user_id"),
    ]
    assert all(each["message"] for each in receipt["rejects"])
    # and its rejects come by pages
    first = (await inlet.read(location, limit="1")).body
    second = (await inlet.read(location, limit="1", cursor=first["next"])).body
    assert [*first["rejects"], *second["rejects"]] == receipt["rejects"]
    assert (first["next"], second["next"]) == ("1", None)
    # and the profile shows each value exactly, and where it came from
    place = "/api/v1/profiles/crm/production"
    profile = await inlet.read(place, user_id="a/b ä")
    assert (await inlet.read(f"{place}/{quote('a/b ä', '')}")).body == profile.body
    assert profile.body["user_id"] == "a/b ä"
    seats = profile.body["attributes"]["a2"]
    assert (seats["text"], seats["type"], seats["receipt"], seats["index"]) == (DIGITS, "Number", answer.receipt, 0)
    assert seats["observed_at"] == seats["received_at"] == receipt["received_at"]
    assert [profile.body["attributes"][key]["value"] for key in ("a1", "a3")] == ["Sales", "2024-03-01"]
    # and the list goes on from its cursor, a cleared attribute left out
    page = (await inlet.read(place, prefix="a/", limit="1")).body
    rest = (await inlet.read(place, prefix="a/", limit="1", cursor=page["next"])).body
    assert [item["user_id"] for item in (*page["items"], *rest["items"])] == ["a/b ä", "a/c"]
    assert (rest["items"][0]["attributes"], rest["next"]) == ({}, None)


async def test_what_is_not_there_or_not_asked_for_rightly(inlet: Inlet) -> None:
    # given
    await inlet.start({inlet.token: MAPPINGS})
    receipt = (await inlet.post([{"userId": "ann"}])).receipt
    forged = ("B" if receipt[0] == "A" else "A") + receipt[1:]
    # when, then
    for address, query, status, code in (
        (f"/public/v1/receipts/{forged}", {}, 404, "not_found"),
        ("/public/v1/receipts/x", {}, 404, "not_found"),
        (f"/public/v1/receipts/{receipt}", {"limit": "0"}, 422, "invalid_query"),
        (f"/public/v1/receipts/{receipt}", {"cursor": "-1"}, 422, "invalid_query"),
        (f"/public/v1/receipts/{receipt}", {"page": "2"}, 422, "invalid_query"),
        ("/api/v1/profiles/crm/production/nobody", {}, 404, "not_found"),
        ("/api/v1/profiles/crm/production", {"user_id": "nul\0"}, 422, "invalid_query"),
        ("/api/v1/profiles/crm/production", {"prefix": "nul\0"}, 422, "invalid_query"),
        ("/api/v1/profiles/crm/nowhere/ann", {}, 404, "not_found"),
        ("/api/v1/profiles/erp/production/ann", {}, 404, "not_found"),
        ("/api/v1/profiles", {}, 404, "not_found"),
    ):
        answer = await inlet.read(address, **query)
        assert (answer.status, answer.body["code"]) == (status, code), address
        assert answer.headers["Content-Type"] == "application/problem+json"
