"""A profile's row read back, whatever somebody who publishes to the queues by hand has left in it."""

import pytest

from services.profile_api.held import held, text_of
from services.profile_api.store import ProfileRow
from shared.contract.definitions import AttributeType


@pytest.mark.parametrize(
    ("value", "type_", "text"),
    [
        (b'"Sales"', AttributeType.STRING, "Sales"),
        (b"1.50", AttributeType.NUMBER, "1.50"),
        (b'"2024-03-01"', AttributeType.DATE, "2024-03-01"),
        (b"12", AttributeType.STRING, "12"),
        (b'"Sales"', AttributeType.NUMBER, '"Sales"'),
        (b'{"a": 1}', AttributeType.DATE, '{"a": 1}'),
    ],
)
def test_a_value_is_shown_whatever_its_type_should_be(value: bytes, type_: AttributeType, text: str) -> None:
    assert text_of(value, type_) == text


def test_what_is_named_by_no_attributes_id_is_left_out() -> None:
    # given
    attributes = '{"1": "Sales", "x": 1, "": 2, "-1": 3, "' + "9" * 5000 + '": 4}'
    row = ProfileRow(user_id="ann", attributes=attributes, stamp=b"s" * 40, older=None, written_at=b"w" * 8)

    # when
    read = list(held(row))

    # then
    assert [(each.attribute, bytes(each.value)) for each in read] == [(1, b'"Sales"')]
