"""`docs/segments.md` tells of every operator, with the code's bounds, and shows conditions that are taken."""

import re
from collections import defaultdict
from pathlib import Path

from pydantic import TypeAdapter

from services.config_api.segments import MAX_SEGMENTS
from shared.contract import conditions, operands, patterns
from shared.contract.conditions import Condition
from shared.contract.definitions import AttributeType

PAGE = (Path(__file__).parents[2] / "docs" / "segments.md").read_text()
TYPES = {"department": AttributeType.STRING, "seats": AttributeType.NUMBER, "hired": AttributeType.DATE}


def test_every_operator_of_every_type_is_in_the_table() -> None:
    # given
    told, type_ = defaultdict(set), ""
    for row in re.findall(r"^\|(.*?)\|(.*?)\|.*?\|.*?\|$", PAGE.partition("### What a missing")[0], re.MULTILINE):
        type_ = row[0].strip() or type_
        told[type_].update(re.findall(r"`(\w+)`", row[1]))
    # when
    every = told.pop("each")
    # then
    assert {each.value: told[each.value] | every for each in AttributeType} == operands.OPERATORS


def test_the_bounds_are_those_of_the_code() -> None:
    page = " ".join(PAGE.split())
    for text in (
        f"up to {conditions.MAX_COMPARISONS} comparisons, {conditions.MAX_DEPTH} deep, ",
        f"deep, {conditions.MAX_BYTES // 1024} KiB",
        f"1 to {operands.MAX_CHOICES:,} texts",
        f"At most {patterns.MAX_LENGTH} characters",
        f"room for {MAX_SEGMENTS} segments",
    ):
        assert text in page


def test_the_conditions_that_it_shows_are_taken() -> None:
    # given
    starts = [found.end() for found in re.finditer(r'"condition": (?=\{)', PAGE)]
    # when
    shown = [_object(PAGE[start:]) for start in starts]
    # then
    assert len(shown) == 2
    for text in shown:
        condition = TypeAdapter[Condition](Condition).validate_json(text)
        assert conditions.flaws(condition, TYPES) == []


def _object(text: str) -> str:
    """The JSON object that a text begins with."""
    depth = 0
    for place, character in enumerate(text, 1):
        depth += (character in "{[") - (character in "}]")
        if not depth:
            return text[:place]
    raise AssertionError(text)
