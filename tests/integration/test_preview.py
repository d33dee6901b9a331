"""The preview over HTTP: the same rows as a batch would have, and clear answers to what cannot be tried."""

import json
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.mapper.plan import Plan
from services.mapper.preview import Previews, _batch, _parts, _record, _revision
from shared.contract.definitions import UserIdRule
from tests.backing.served import Served, served

NOW = 1_790_000_000_000_000
PATH = "/api/v1/preview"
DEFINITION = {
    "user_id": {"property": "userId", "trim": True},
    "mappings": [
        {"property": "department", "attribute": "department", "type": "String"},
        {"property": "seats", "attribute": "seats", "type": "Number"},
        {"property": "org.hired", "attribute": "hired", "type": "Date", "on_empty": "clear"},
    ],
}


@pytest.fixture
async def api() -> AsyncIterator[Served]:
    async with served(Previews(lambda: NOW)) as running:
        yield running


def request(records: str, **changes: Any) -> bytes:
    return b'{"definition": %b, "records": %b}' % (json.dumps(DEFINITION | changes).encode(), records.encode())


async def test_values_are_shown_as_they_would_be_stored(api: Served) -> None:
    # given
    records = """[
        {"userId": " u-17 ", "department": "Sales", "seats": 10.50, "org": {"hired": "2024-03-01"}, "extra": 1},
        {"userId": "u-18", "seats": "1_000", "department": null, "org": {"hired": ""}},
        {"department": "HR"}
    ]"""

    # when
    answer = await api.call("POST", PATH, request(records))

    # then
    assert answer.status == 200, answer.text
    assert '"value":10.50,"text":"10.50"' in answer.text
    first, second = answer.body["records"]
    assert first == {
        "index": 0,
        "user_id": "u-17",
        "observed_at": "2026-09-21T14:13:20.000000Z",
        "attributes": {
            "department": {"type": "String", "value": "Sales", "text": "Sales"},
            "seats": {"type": "Number", "value": 10.5, "text": "10.50"},
            "hired": {"type": "Date", "value": "2024-03-01", "text": "2024-03-01"},
        },
    }
    assert second["attributes"]["hired"] == {"type": "Date", "value": None, "text": None}
    assert [(each["index"], each["property"], each["code"]) for each in answer.body["rejects"]] == [
        (1, "seats", "invalid_number"),
        (2, "userId", "missing_user_id"),
    ]
    assert (answer.body["rejected"], answer.body["unmapped"]) == (1, {"extra": 1})


async def test_without_a_definition_one_is_proposed(api: Served) -> None:
    # when
    answer = await api.call("POST", PATH, b'{"records": [{"email": "a@b", "plz": "01067", "seats": 3}]}')

    # then
    assert answer.status == 200
    assert answer.body["user_id"] == "email"
    assert [(each["property"], each["type"]) for each in answer.body["proposals"]] == [
        ("email", "String"),
        ("plz", "String"),
        ("seats", "Number"),
    ]
    assert answer.body["records"][0]["user_id"] == "a@b"


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        (b"{", 400, None),
        (b'{"records": [' + b"[" * 70 + b"]" * 70 + b"]}", 400, None),
        (b"\xff", 400, None),
        (b"[]", 422, ""),
        (b"{}", 422, "/records"),
        (b'{"records": {}}', 422, "/records"),
        (b'{"records": []}', 422, "/records"),
        (request(json.dumps([{}] * 101)), 422, "/records"),
        (b'{"records": [{}], "more": 1}', 422, "/more"),
        (request("[{}]", on_invalid="perhaps"), 422, "/definition/on_invalid"),
        (request("[{}]", mappings=[{"property": "p", "attribute": "a"}]), 422, "/definition/mappings/0/type"),
        (
            request("[{}]", mappings=[{"property": "p", "attribute": "a", "type": "Date", "date_format": "%Q"}]),
            422,
            "/definition/mappings/0/date_format",
        ),
        (
            request(
                "[{}]",
                mappings=[
                    {"property": "p", "attribute": "a", "type": "Date"},
                    {"property": "q", "attribute": "a", "type": "String"},
                ],
            ),
            422,
            "/definition/mappings/1/type",
        ),
        (b" " * (1024 * 1024 + 1), 413, None),
    ],
)
async def test_what_cannot_be_tried(api: Served, body: bytes, status: int, pointer: str | None) -> None:
    # when
    answer = await api.call("POST", PATH, body)

    # then
    assert answer.status == status, answer.text
    pointers = [each["pointer"] for each in answer.body.get("errors", [])]
    assert pointers == ([] if pointer is None else [pointer])


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["2024-03-01", "12", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["hired", "x"]), inner, max_size=2),
    max_leaves=6,
)
NAMES = st.sampled_from(["userId", "department", "seats", "org", "org.hired", "extra"])


@settings(deadline=None, max_examples=100)
@given(st.lists(st.dictionaries(NAMES, VALUES, max_size=6) | VALUES, min_size=1, max_size=5))
def test_the_preview_is_what_the_mapper_does(records: list[Any]) -> None:
    # given
    definition, elements = _parts(request(json.dumps(records)))
    revision = _revision(definition, UserIdRule(property="userId", trim=True))

    # when: the same records as a batch
    mapped = Plan(revision).map(_batch(elements, NOW))
    shown = [_record(row, definition) for row in mapped.rows]

    # then
    assert len(mapped.rows) + mapped.rejected == len(records)
    numbers = {"department": "1", "seats": "2", "hired": "3"}
    for row, view in zip(mapped.rows, shown, strict=True):
        values = {numbers[key]: msgspec.json.decode(value.value) for key, value in view.attributes.items()}
        assert values == msgspec.json.decode(row.attributes)
        assert view.user_id == row.user_id
