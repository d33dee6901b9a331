import json
from typing import Any

import pytest

from services.mapper.proposal import MAX_EXAMPLE_LENGTH, MAX_PROPERTIES, Proposal, proposals, user_id_property


def sent(*records: Any) -> list[bytes]:
    return [json.dumps(record).encode() for record in records]


def proposed(name: str, *values: Any) -> tuple[str | None, str | None, str | None]:
    [proposal] = proposals(sent(*({name: value} for value in values)))
    return proposal.type, proposal.date_format, proposal.time_zone


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("seats", (12, 1.5, "7"), ("Number", None, None)),
        ("seats", (12, "many"), ("String", None, None)),
        ("active", (True, False), ("String", None, None)),
        ("postcode", ("01067", "10115"), ("String", None, None)),
        ("ratio", ("0.5", "0"), ("Number", None, None)),
        ("account", ("1234567890123456",), ("String", None, None)),
        ("seats", (None, "", 3), ("Number", None, None)),
        ("nothing", (None, ""), ("String", None, None)),
        ("hired", ("2024-03-01", "2024-03-01T10:00:00Z"), ("Date", None, None)),
        ("hired", ("2024-03-01T10:00:00",), ("Date", None, "UTC")),
        ("hired", ("31.12.2024",), ("Date", "%d.%m.%Y", None)),
        ("hired", ("12/31/2024",), ("Date", "%m/%d/%Y", None)),
        ("hired", ("31/12/2024",), ("Date", "%d/%m/%Y", None)),
        ("updated_at", (1_700_000_000,), ("Date", "epoch_s", None)),
        ("updated_at", (1_700_000_000_000, "1700000000001"), ("Date", "epoch_ms", None)),
        ("hireDate", ("20240301", 20240302), ("Date", "%Y%m%d", None)),
        ("seats", (1_700_000_000, 20240301), ("Number", None, None)),
        ("hireDate", ("20240399",), ("Number", None, None)),
        ("tags", (["a"], "b"), (None, None, None)),
    ],
)
def test_a_type_fits_all_values(name: str, values: tuple[Any, ...], expected: tuple[str | None, ...]) -> None:
    assert proposed(name, *values) == expected


def test_objects_are_looked_into_and_what_no_path_reaches_is_left_out() -> None:
    # when
    found = proposals(sent({"org": {"unit": {"name": "Sales"}, "a.b": 1, "": 2}, "a.b": 3, "empty": {}}))

    # then
    assert [each.property for each in found] == ["org.unit.name", "a.b"]


def test_examples_are_few_short_and_printable() -> None:
    # when
    [proposal] = proposals(sent(*({"p": value} for value in ("x" * 100, "a\u0007", "x" * 100, "c", "d"))))

    # then
    assert proposal == Proposal("p", "String", None, None, 5, ("x" * (MAX_EXAMPLE_LENGTH - 1) + "…", "a\ufffd", "c"))  # type: ignore[arg-type]  # a member of the enum equals its text


def test_there_is_a_most_of_properties() -> None:
    assert len(proposals(sent({f"p{number}": 1 for number in range(1000)}))) == MAX_PROPERTIES


@pytest.mark.parametrize("record", ["1", "null", "[]", '{"a": "\\ud800"}', '"x"', "{}"])
def test_every_element_is_survived(record: str) -> None:
    assert len(proposals([record.encode()])) <= 1


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([{"name": "x", "userId": "a"}, {"userId": "b"}], "userId"),
        ([{"USER_ID": 7, "email": "a@b"}], "USER_ID"),
        ([{"userId": "a", "email": "a@b"}, {"email": "c@d"}], "email"),
        ([{"userId": ""}], None),
        ([{"department": "Sales"}], None),
        ([1, {"id": "x"}], "id"),
    ],
)
def test_the_user_id_has_a_usual_name_and_is_in_every_record(records: list[Any], expected: str | None) -> None:
    assert user_id_property(sent(*records)) == expected
