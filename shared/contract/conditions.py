"""Conditions over the attributes of a profile, as admins write them: a tree of all, any, not, and comparisons.

    {"all": [{"attribute": "department", "operator": "equals", "value": "Sales"},
             {"not": {"attribute": "hired", "operator": "in_last", "value": {"count": 3, "unit": "months"}}}]}

Logic is SQL's: a comparison of an attribute that the profile lacks is unknown, its negation too, and only what is true
as a whole counts. `is_set` alone is always true or false.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from shared.contract import operands
from shared.contract.codes import Code
from shared.contract.definitions import AttributeType, Key
from shared.contract.operands import OPERATORS, InvalidValueError, Operator, Value

MAX_COMPARISONS = 50
MAX_DEPTH = 10
MAX_BYTES = 32 * 1024  # of a condition as JSON: every process holds those of all segments


class _Node(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, serialize_by_alias=True)


class Comparison(_Node):
    """One attribute against a value; what value an operator takes depends on the attribute's type."""

    attribute: Key
    operator: Operator
    value: Value | None = Field(
        None,
        exclude_if=lambda value: value is None,
        description="text; a number, as a number or as text that keeps its digits; a date, YYYY-MM-DD or RFC 3339; "
        "a list for in and between; a period for in_last, in_next and older_than; absent for is_set and is_empty",
    )


# Not a tuple: where one of its items is wrong, pydantic says of a tuple that it is too short as well.
_Nodes = Annotated[list["Condition"], Field(min_length=1, max_length=MAX_COMPARISONS)]


class All(_Node):
    """True where each is."""

    all: _Nodes


class AnyOf(_Node):
    """True where at least one is."""

    any: _Nodes


class Not(_Node):
    """True where the other is false; unknown where that is unknown."""

    not_: Annotated["Condition", Field(alias="not")]


def _kind(node: Any) -> str:
    if isinstance(node, BaseModel):
        return type(node).__name__
    names = {"all": "All", "any": "AnyOf", "not": "Not"}
    return next((names[key] for key in node if key in names), "Comparison") if isinstance(node, dict) else "Comparison"


Condition = Annotated[
    Annotated[All, Tag("All")]
    | Annotated[AnyOf, Tag("AnyOf")]
    | Annotated[Not, Tag("Not")]
    | Annotated[Comparison, Tag("Comparison")],
    Discriminator(_kind),
]
for _model in (All, AnyOf, Not):
    _model.model_rebuild()


Path = tuple[str | int, ...]
"""Where something stands in a condition: the keys and places that lead there."""


class Flaw(NamedTuple):
    """What is wrong in a condition, and where."""

    path: Path
    code: Code
    message: str


def comparisons(condition: Condition, path: Path = ()) -> Iterator[tuple[Path, Comparison]]:
    """Every comparison in a condition, with where it stands."""
    if isinstance(condition, Comparison):
        yield path, condition
    elif isinstance(condition, Not):
        yield from comparisons(condition.not_, (*path, "not"))
    else:
        name, nodes = ("all", condition.all) if isinstance(condition, All) else ("any", condition.any)
        for place, node in enumerate(nodes):
            yield from comparisons(node, (*path, name, place))


def flaws(condition: Condition, types: Mapping[str, AttributeType]) -> list[Flaw]:
    """What is wrong in a condition over attributes of these types (by key)."""
    listed = list(comparisons(condition))
    depth = max(sum(isinstance(part, str) for part in path) for path, _ in listed)
    found = [Flaw((), Code.INVALID_FIELD, message) for message in _excesses(condition, len(listed), depth)]
    for path, comparison in listed:
        type_ = types.get(comparison.attribute)
        if type_ is None:
            found.append(Flaw((*path, "attribute"), Code.UNKNOWN_REFERENCE, "there is no attribute of this key"))
        elif comparison.operator not in OPERATORS[type_]:
            message = f"an attribute of type {type_} has no such operator"
            found.append(Flaw((*path, "operator"), Code.INVALID_FIELD, message))
        else:
            try:
                operands.read(comparison.operator, type_, comparison.value)
            except InvalidValueError as error:
                found.append(Flaw((*path, "value"), Code.INVALID_FIELD, str(error)))
    return found


def _excesses(condition: Condition, number: int, depth: int) -> Iterator[str]:
    if number > MAX_COMPARISONS:
        yield f"more than {MAX_COMPARISONS} comparisons"
    if depth > MAX_DEPTH:
        yield f"nested more than {MAX_DEPTH} deep"
    if len(condition.model_dump_json().encode()) > MAX_BYTES:
        yield f"more than {MAX_BYTES} bytes"
