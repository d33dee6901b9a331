"""How values stand in a query and in an answer, with their bounds."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field

MAX_LIMIT = 1000
DEFAULT_LIMIT = 100
FIRST = datetime(1970, 1, 1, tzinfo=UTC)
"""No batch was received before."""

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DIGITS = re.compile(r"[0-9]{1,10}")


def rfc_3339(moment: datetime) -> str:
    """RFC 3339, UTC, always with microseconds."""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _digits(value: object) -> object:
    """Pydantic would also take signs, blanks and underscores."""
    if isinstance(value, str) and not _DIGITS.fullmatch(value):
        raise ValueError("must be a whole number in ASCII digits")
    return value


def _with_zone(value: object) -> object:
    """Pydantic would also take days and seconds since 1970."""
    if isinstance(value, str) and not _RFC_3339.fullmatch(value):
        raise ValueError("must be a date and time with a zone (RFC 3339)")
    return value


def _in_utc(value: datetime) -> datetime:
    try:
        moment = value.astimezone(UTC)
    except OverflowError:
        raise ValueError("is after the year 9999") from None
    if moment < FIRST:
        raise ValueError("is before 1970")
    return moment


Number = BeforeValidator(_digits)
"""What every number of a query is checked for beside its bounds."""

Limit = Annotated[int, Field(ge=1, le=MAX_LIMIT), Number]
"""How many items a page may have."""

Moment = Annotated[AwareDatetime, AfterValidator(_in_utc), BeforeValidator(_with_zone)]
"""A date and time with a zone (RFC 3339), from 1970 on."""
