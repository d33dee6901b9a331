"""Conditions in SQL say what plain Python says of the same profiles: each operator, each negation, whole trees.

The values include what is missing, cleared, empty, hostile to SQL, of 40 digits, of both precisions of a date, and at
both ends of the calendar.
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from services.profile_api.conditions import Statement, days
from services.profile_api.segment_store import SegmentStore
from shared.contract.conditions import Condition, flaws
from shared.contract.definitions import AttributeType
from shared.contract.operands import Operator, Period
from shared.runtime.postgres import Database
from shared.runtime.settings import DatabaseSettings
from tests.backing.migrated import role_url
from tests.integration.given_conditions import (
    ATTRIBUTES,
    OPERATORS,
    TODAY,
    Profile,
    comparisons,
    profiles,
    trees,
    truth,
)

Json = Mapping[str, Any]
CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
_INSERT = """
INSERT INTO profiles.profiles (environment_id, user_id, attributes, stamp, oldest, written_at)
SELECT $1, 'u-' || place, attributes, '', '', now()
FROM unnest($2::jsonb[]) WITH ORDINALITY AS new (attributes, place)
"""
_some = st.lists(profiles, min_size=1, max_size=12)
_quick = settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@dataclass
class Table:
    """The profiles' table; each set of profiles has an environment of its own."""

    session: "asyncpg.Connection[asyncpg.Record]"
    store: SegmentStore
    environments: "count[int]" = field(default_factory=lambda: count(1000))

    async def fill(self, made: Sequence[Profile]) -> int:
        """Puts the users u-1, u-2, ... into an environment."""
        environment = next(self.environments)
        await self.session.execute(_INSERT, environment, [_stored(each) for each in made])
        return environment

    async def members(self, environment: int, condition: Json) -> list[int]:
        """The numbers of the users for whom the condition is true."""
        statement = Statement(ATTRIBUTES, TODAY, environment, "", 1000)
        users = await self.store.members(statement.sql(read(condition)), statement.arguments)
        return sorted(int(user.removeprefix("u-")) for user in users)


@pytest.fixture
async def table(database: str) -> AsyncIterator[Table]:
    reading = Database(DatabaseSettings(database_url=role_url(database, "inlet_profile_api")))
    session = await asyncpg.connect(database)
    yield Table(session, SegmentStore(reading, 2))
    await session.close()
    await reading.close()


def read(condition: Json) -> Condition:
    """A condition as a request brings it."""
    made = CONDITION.validate_json(json.dumps(condition))
    assert flaws(made, {key: each.type for key, each in ATTRIBUTES.items()}) == []
    return made


def _stored(profile: Profile) -> str:
    parts = []
    for key, value in profile.items():
        number = value is not None and ATTRIBUTES[key].type is AttributeType.NUMBER
        parts.append(f'"{ATTRIBUTES[key].id}": {value if number else json.dumps(value)}')
    return f'{{"99": 1{"".join(", " + part for part in parts)}}}'


@pytest.mark.parametrize(
    ("type_", "operator"), [(type_, operator) for type_, listed in OPERATORS.items() for operator in listed]
)
@_quick
@given(data=st.data(), made=_some)
async def test_an_operator_and_its_negation(
    table: Table, type_: AttributeType, operator: str, data: st.DataObject, made: list[Profile]
) -> None:
    # given
    condition = data.draw(comparisons(type_, operator))
    environment = await table.fill(made)
    # when, then
    for each in (condition, {"not": condition}, {"not": {"not": condition}}):
        expected = [number for number, profile in enumerate(made, 1) if truth(each, profile)]
        assert await table.members(environment, each) == expected, each


@settings(_quick, max_examples=100)
@given(conditions=st.lists(trees, min_size=1, max_size=4), made=_some)
async def test_a_tree_of_conditions(table: Table, conditions: list[Json], made: list[Profile]) -> None:
    # given
    environment = await table.fill(made)
    # when, then: the same for all of them, how many they are, and for one user with all conditions at once
    for condition in conditions:
        expected = [number for number, profile in enumerate(made, 1) if truth(condition, profile)]
        assert await table.members(environment, condition) == expected, condition
        statement = Statement(ATTRIBUTES, TODAY, environment)
        assert await table.store.count(statement.sql(read(condition)), statement.arguments) == len(expected)
    statement = Statement(ATTRIBUTES, TODAY, environment, "u-1")
    asked = [statement.sql(read(condition)) for condition in conditions]
    found = await table.store.context(environment, "u-1", asked, statement.arguments[2:])
    assert found is not None
    assert found[1] == [truth(condition, made[0]) for condition in conditions]


@pytest.mark.parametrize("operator", ["on", "before", "after", "from", "until"])
async def test_both_ends_of_the_calendar(table: Table, operator: str) -> None:
    # given a user for each of the first and last moments that there are
    days_ = ("0001-01-01", "0001-01-02", "9999-12-30", "9999-12-31")
    times = ("", "T00:00:00Z", "T12:00:00.000001Z", "T23:59:59.999999Z")
    moments = [day + time for day in days_ for time in times]
    made: list[Profile] = [{"hired": moment} for moment in moments]
    environment = await table.fill(made)
    # when, then
    for moment in moments:
        pairs = {"from": [moment, moments[-1]], "until": [moments[0], moment]}
        name = "between" if operator in pairs else operator
        condition = {"attribute": "hired", "operator": name, "value": pairs.get(operator, moment)}
        expected = [number for number, profile in enumerate(made, 1) if truth(condition, profile)]
        assert await table.members(environment, condition) == expected, condition


def test_every_operator_is_tested() -> None:
    assert {str(each) for each in Operator} == {each for listed in OPERATORS.values() for each in listed}


def test_no_text_of_a_condition_stands_in_a_statement() -> None:
    # given
    hostile = "'; DROP TABLE x; -- $1 {value} %s"
    statement = Statement(ATTRIBUTES, TODAY)
    # when
    texts = [
        statement.sql(read({"attribute": "word", "operator": operator, "value": value}))
        for operator, value in [(each, hostile) for each in ("equals", "contains", "starts_with", "ends_with")]
        + [("in", [hostile])]
    ]
    # then
    assert not any("DROP" in text for text in texts)
    assert statement.arguments == [hostile] * 4 + [[hostile]]


@given(trees)
def test_the_order_of_texts_is_that_of_their_bytes_in_every_database(condition: Json) -> None:
    sql = Statement(ATTRIBUTES, TODAY).sql(read(condition))
    assert sql.count("p.attributes ->> ") == sql.count(' COLLATE "C"') > 0


@pytest.mark.parametrize(
    ("operator", "period", "today", "first", "last"),
    [
        ("in_last", (1, "days"), "2026-11-24", "2026-11-24", "2026-11-24"),
        ("in_last", (2, "weeks"), "2026-11-24", "2026-11-11", "2026-11-24"),
        ("in_last", (1, "months"), "2026-03-31", "2026-03-01", "2026-03-31"),
        ("in_last", (1, "months"), "2024-03-30", "2024-03-01", "2024-03-30"),
        ("in_last", (12, "months"), "2024-02-29", "2023-03-01", "2024-02-29"),
        ("in_last", (10_000, "months"), "2026-11-24", "1193-07-25", "2026-11-24"),
        ("in_next", (1, "days"), "2026-11-24", "2026-11-24", "2026-11-24"),
        ("in_next", (1, "months"), "2026-01-31", "2026-01-31", "2026-02-27"),
        ("in_next", (10_000, "months"), "2026-11-24", "2026-11-24", "2860-03-23"),
        ("older_than", (1, "days"), "2026-11-24", "2026-11-24", "2026-11-24"),
    ],
)
def test_periods(operator: str, period: tuple[int, str], today: str, first: str, last: str) -> None:
    made = Period.model_validate({"count": period[0], "unit": period[1]})
    found = days(Operator(operator), made, date.fromisoformat(today))
    assert tuple(map(str, found)) == (first, last)


@given(today=st.dates(date(2000, 1, 1), date(2100, 1, 1)), number=st.integers(1, 10_000))
def test_a_longer_period_never_holds_less(today: date, number: int) -> None:
    for unit in ("days", "weeks", "months"):
        one, more = (Period.model_validate({"count": n, "unit": unit}) for n in (number, min(number + 1, 10_000)))
        assert days(Operator.IN_LAST, more, today)[0] <= days(Operator.IN_LAST, one, today)[0] <= today
        assert days(Operator.IN_NEXT, more, today)[1] >= days(Operator.IN_NEXT, one, today)[1]
        assert days(Operator.IN_NEXT, one, today)[1] - today >= timedelta(0)
