"""A condition as SQL over a row `p` of `profiles.profiles`. Pure: statements are texts, values are parameters.

What a profile lacks, or has cleared, is NULL, and so is whatever is said of it but `is_set`.

A stored date is text, a UTC day or an instant in UTC, and is compared as text, byte by byte: without its Z an instant
sorts as time does, after its day, and before its day with a "~" behind it, which stands for the end of the day.
"""

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import cast

from shared.contract import operands
from shared.contract.conditions import All, AnyOf, Comparison, Condition, Not
from shared.contract.definitions import Attribute, AttributeType
from shared.contract.operands import Moment, Operator, Period

_TEXTS = {
    Operator.EQUALS: "{value} = {operand}::text",
    Operator.IN: "{value} = ANY({operand}::text[])",
    Operator.CONTAINS: "strpos({value}, {operand}::text) > 0",
    Operator.STARTS_WITH: "starts_with({value}, {operand}::text)",
    Operator.ENDS_WITH: "right({value}, length({operand}::text)) = {operand}::text",
    Operator.MATCHES: "{value} ~ {operand}::text",
    Operator.IS_EMPTY: "{value} = ''",
}
_NUMBERS = {
    Operator.EQUALS: "=",
    Operator.LESS: "<",
    Operator.AT_MOST: "<=",
    Operator.GREATER: ">",
    Operator.AT_LEAST: ">=",
}
_DateOperand = Moment | tuple[Moment, Moment] | Period
_DAY_END = "~"
_BEGIN = "rtrim({value}, 'Z')"
_END = "CASE length({value}) WHEN 10 THEN {value} || '~' ELSE rtrim({value}, 'Z') END"


class Statement:
    """A statement whose conditions are being compiled; `arguments` are its parameters, those given come first."""

    def __init__(self, attributes: Mapping[str, Attribute], today: date, *arguments: object) -> None:
        self._attributes = attributes
        self._today = today
        self.arguments = list(arguments)

    def sql(self, condition: Condition) -> str:
        """The condition as an expression. Its flaws must have been looked for (`shared.contract.conditions.flaws`)."""
        if isinstance(condition, All):
            return f"({' AND '.join(map(self.sql, condition.all))})"
        if isinstance(condition, AnyOf):
            return f"({' OR '.join(map(self.sql, condition.any))})"
        if isinstance(condition, Not):
            return f"(NOT {self.sql(condition.not_)})"
        return f"({self._comparison(condition)})"

    def _comparison(self, comparison: Comparison) -> str:
        attribute = self._attributes[comparison.attribute]
        value = f"(p.attributes ->> '{attribute.id:d}') COLLATE \"C\""
        if comparison.operator is Operator.IS_SET:
            return f"{value} IS NOT NULL"
        operand = operands.read(comparison.operator, attribute.type, comparison.value)
        if attribute.type is AttributeType.NUMBER:
            return self._number(value, comparison.operator, operand)
        if attribute.type is AttributeType.DATE:
            return self._date(value, comparison.operator, cast("_DateOperand", operand))  # what that type is read as
        place = "" if operand is None else self._parameter(operand)
        return _TEXTS[comparison.operator].format(value=value, operand=place)

    def _number(self, value: str, operator: Operator, operand: object) -> str:
        number = f"({value})::numeric"
        if isinstance(operand, tuple):
            first, last = map(self._parameter, operand)
            return f"{number} BETWEEN {first}::numeric AND {last}::numeric"
        return f"{number} {_NUMBERS[operator]} {self._parameter(operand)}::numeric"

    def _date(self, value: str, operator: Operator, operand: _DateOperand) -> str:
        if isinstance(operand, Period):
            operand = days(operator, operand, self._today)
        first, last = operand if isinstance(operand, tuple) else (operand, operand)
        if operator in {Operator.BEFORE, Operator.OLDER_THAN}:
            return self._bounded(_END, value, "<", _span(first)[0])
        if operator is Operator.AFTER:
            return self._bounded(_BEGIN, value, ">", _span(last)[1])
        begins = self._bounded(_BEGIN, value, ">=", _span(first)[0])
        return f"{begins} AND {self._bounded(_END, value, '<=', _span(last)[1])}"

    def _bounded(self, edge: str, value: str, than: str, bound: str) -> str:
        compared = (
            value if len(bound) <= len("YYYY-MM-DD~") else edge.format(value=value)
        )  # the rest makes no difference
        return f"{compared} {than} {self._parameter(bound)}::text"

    def _parameter(self, argument: object) -> str:
        self.arguments.append(argument)
        return f"${len(self.arguments)}"


def _span(moment: Moment) -> tuple[str, str]:
    """The texts between which lies what lies within a day, or is an instant."""
    if not isinstance(moment, datetime):
        return moment.isoformat(), moment.isoformat() + _DAY_END
    text = moment.replace(tzinfo=None).isoformat()
    return text.removesuffix("T00:00:00"), text  # a day that begins at that instant does not begin before it


def days(operator: Operator, period: Period, today: date) -> tuple[date, date]:
    """The first and the last day of the period that ends, or with IN_NEXT begins, today."""
    if operator is Operator.IN_NEXT:
        return today, _shifted(today, period, 1) - timedelta(days=1)
    return _shifted(today, period, -1) + timedelta(days=1), today


def _shifted(day: date, period: Period, sign: int) -> date:
    """So much later or earlier; in a month that is too short, its last day."""
    count = sign * period.count
    if period.unit != "months":
        return day + timedelta(days=count * (7 if period.unit == "weeks" else 1))
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
