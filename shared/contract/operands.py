"""What a value of an attribute can be compared with: operators, and the values that they take, by type.

Numbers keep every digit, dates are whole UTC days or instants.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StrictFloat,
    StrictInt,
    StrictStr,
    Tag,
)

from shared.contract import dates, patterns
from shared.contract.codes import Code
from shared.contract.definitions import AttributeType

MAX_CHOICES = 1_000
MAX_TEXT_BYTES = 4_096
_SAFE_DIGITS = 15  # a binary fraction of so many digits, before the point or in all, is the number that was written
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,999})(?:\.[0-9]{1,1000})?(?:[eE][+-]?[0-9]{1,4})?")
_SURROGATE = re.compile("[\ud800-\udfff]")


class Operator(StrEnum):
    """How a value is compared."""

    EQUALS = "equals"
    IN = "in"
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    MATCHES = "matches"
    IS_SET = "is_set"
    IS_EMPTY = "is_empty"
    LESS = "less"
    AT_MOST = "at_most"
    GREATER = "greater"
    AT_LEAST = "at_least"
    BETWEEN = "between"
    ON = "on"
    BEFORE = "before"
    AFTER = "after"
    IN_LAST = "in_last"
    IN_NEXT = "in_next"
    OLDER_THAN = "older_than"


class Period(BaseModel):
    """A number of whole days, weeks or months, today (UTC) included."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    count: Annotated[int, Field(ge=1, le=10_000, strict=True)]
    unit: Literal["days", "weeks", "months"]


def _text_or_number(value: object) -> object:
    """One fault instead of one for each type that it might have been."""
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value in {math.inf, -math.inf}:
        raise ValueError("must be text or a number")
    return value


def _form(value: object) -> str:
    return "list" if isinstance(value, list | tuple) else "period" if isinstance(value, dict | Period) else "one"


Scalar = Annotated[StrictStr | StrictInt | StrictFloat, BeforeValidator(_text_or_number)]
Value = Annotated[
    Annotated[Scalar, Tag("one")] | Annotated[tuple[Scalar, ...], Tag("list")] | Annotated[Period, Tag("period")],
    Discriminator(_form),
]

Moment = date | datetime
"""A whole UTC day, or an instant in UTC."""
Operand = str | list[str] | Decimal | tuple[Decimal, Decimal] | Moment | tuple[Moment, Moment] | Period | None


class InvalidValueError(ValueError):
    """Not a value for this operator and type; the text says what is."""


def read(operator: Operator, type_: AttributeType, value: Value | None) -> Operand:
    """The value as the operator compares with it. Raises `InvalidValueError`; `KeyError` where there is no such one."""
    return _READERS[type_][operator](value)


def _nothing(value: Value | None) -> None:
    if value is not None:
        raise InvalidValueError("takes no value")


def _text(value: Value | None) -> str:
    if not isinstance(value, str) or "\0" in value or _SURROGATE.search(value) or len(value.encode()) > MAX_TEXT_BYTES:
        raise InvalidValueError(f"must be a text of {MAX_TEXT_BYTES} bytes at most, without NUL")
    return value


def _texts(value: Value | None) -> list[str]:
    if not isinstance(value, tuple) or not 1 <= len(value) <= MAX_CHOICES:
        raise InvalidValueError(f"must be a list of 1 to {MAX_CHOICES} texts")
    return [_text(each) for each in value]


def _pattern(value: Value | None) -> str:
    text = _text(value)
    try:
        patterns.check(text)
    except patterns.InvalidPatternError as error:
        raise InvalidValueError(str(error)) from None
    return text


def _number(value: Value | None) -> Decimal:
    text = value if isinstance(value, str) else repr(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float) or not _NUMBER.fullmatch(text):
        raise InvalidValueError("must be a number in JSON's grammar")
    number = Decimal(text)
    if isinstance(value, float) and max(len(number.as_tuple().digits), number.adjusted()) > _SAFE_DIGITS:
        raise InvalidValueError(f"with a point or an exponent, {_SAFE_DIGITS} digits at most; as text, all that it has")
    if abs(number.adjusted()) > 1_000:
        raise InvalidValueError("the number has an exponent beyond 1,000")
    return number


def _numbers(value: Value | None) -> tuple[Decimal, Decimal]:
    first, last = _pair(value)
    return _number(first), _number(last)


def _moment(value: Value | None) -> Moment:
    moment = dates.reader(None, None)(value.encode(errors="replace")) if isinstance(value, str) else Code.INVALID_DATE
    if isinstance(moment, Code):
        raise InvalidValueError("must be YYYY-MM-DD, or a date-time of RFC 3339 with its zone")
    return moment


def _moments(value: Value | None) -> tuple[Moment, Moment]:
    first, last = _pair(value)
    return _moment(first), _moment(last)


def _pair(value: Value | None) -> tuple[Scalar, Scalar]:
    if not isinstance(value, tuple) or len(value) != 2:
        raise InvalidValueError("must be a list of two values")
    return value[0], value[1]


def _period(value: Value | None) -> Period:
    if not isinstance(value, Period):
        raise InvalidValueError('must be a period, such as {"count": 3, "unit": "months"}')
    return value


_O = Operator
_READERS: Mapping[AttributeType, Mapping[Operator, Callable[[Value | None], Operand]]] = {
    AttributeType.STRING: {
        _O.EQUALS: _text,
        _O.IN: _texts,
        _O.CONTAINS: _text,
        _O.STARTS_WITH: _text,
        _O.ENDS_WITH: _text,
        _O.MATCHES: _pattern,
        _O.IS_EMPTY: _nothing,
        _O.IS_SET: _nothing,
    },
    AttributeType.NUMBER: {
        _O.EQUALS: _number,
        _O.LESS: _number,
        _O.AT_MOST: _number,
        _O.GREATER: _number,
        _O.AT_LEAST: _number,
        _O.BETWEEN: _numbers,
        _O.IS_SET: _nothing,
    },
    AttributeType.DATE: {
        _O.ON: _moment,
        _O.BEFORE: _moment,
        _O.AFTER: _moment,
        _O.BETWEEN: _moments,
        _O.IN_LAST: _period,
        _O.IN_NEXT: _period,
        _O.OLDER_THAN: _period,
        _O.IS_SET: _nothing,
    },
}
OPERATORS = {type_: frozenset(readers) for type_, readers in _READERS.items()}
"""The operators that an attribute of each type has."""
