"""The fields that several resources share, with their bounds."""

from typing import Annotated, Protocol, TypeVar

from pydantic import Field

from shared.contract.definitions import DisplayName
from shared.runtime.operations import Call, Page, Query

MAX_LIMIT = 1000


Name = DisplayName


class Listed(Query):
    """A page of a list: items after the one with the id `cursor`, `limit` of them at most."""

    cursor: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = 100


class _Numbered(Protocol):
    @property
    def id(self) -> int: ...


T = TypeVar("T", bound=_Numbered)


def page(found: list[T], limit: int) -> "Page[T]":  # in quotes: pydantic need not know the bound
    """The first `limit` of what was found; one more than that says that there is a next page."""
    items = found[:limit]
    return Page(items=items, next=str(items[-1].id) if len(found) > limit else None)


def reach(call: Call) -> list[int] | None:
    """The caller's systems as a parameter of SQL; None is all of them."""
    return None if call.caller.systems is None else sorted(call.caller.systems)
