"""The mapping of an integration: as admins write it (attributes by key), and as a revision holds it (by id)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated

from pydantic import Field

from services.config_api.attributes import AttributeView, NewAttribute, find_attributes, make_attribute
from services.config_api.fields import Name
from services.config_api.store import Change
from shared.contract import mapping_rules
from shared.contract.codes import Code
from shared.contract.dates import MAX_FORMAT_LENGTH
from shared.contract.definitions import (
    MAX_MAPPINGS,
    AttributeType,
    Key,
    ObservedAtRule,
    OnEmpty,
    OnInvalid,
    OnUnknown,
    PropertyMapping,
    PropertyName,
    Revision,
    UserIdRule,
)
from shared.runtime.access import Fault, RefusalError
from shared.runtime.operations import Body, View
from shared.runtime.postgres import Session

Format = Annotated[str, Field(max_length=MAX_FORMAT_LENGTH)]

_ATTRIBUTES = "SELECT id, key, name, type FROM config.attributes WHERE id = ANY($1)"


class UserIdBody(UserIdRule, Body):
    """Where the user ID is, and how it is normalised."""


class ObservedAtBody(ObservedAtRule, Body):
    """Where the source's own time of the change is."""


class MappingBody(Body):
    """A property and the attribute (by key) that it feeds.

    An attribute that does not exist yet is made: it needs a `type`, and its `name` is the property's if none is given.
    """

    property: PropertyName
    attribute: Key
    name: Name | None = None
    type: AttributeType | None = None
    on_empty: OnEmpty = OnEmpty.REJECT
    date_format: Format | None = None
    time_zone: Format | None = None


class MappingPart(Body):
    """What a revision holds."""

    user_id: UserIdBody
    mappings: Annotated[list[MappingBody], Field(max_length=MAX_MAPPINGS, default_factory=list)]
    on_invalid: OnInvalid = OnInvalid.REJECT_VALUE
    on_unknown: OnUnknown = OnUnknown.IGNORE
    observed_at: ObservedAtBody | None = None


class MappingView(View):
    """A property and the attribute that it feeds, with the attribute's display name of today."""

    property: str
    attribute: str
    name: str
    type: AttributeType
    on_empty: OnEmpty
    date_format: str | None
    time_zone: str | None


class MappingPartView(View):
    """What a revision holds."""

    user_id: UserIdRule
    mappings: list[MappingView]
    on_invalid: OnInvalid
    on_unknown: OnUnknown
    observed_at: ObservedAtRule | None


async def resolve(change: Change, system: int, body: MappingPart) -> tuple[PropertyMapping, ...]:
    """The mappings by attribute id; attributes that are missing are made.

    Raises `RefusalError`: 422 for a rule that is broken, 409 for a type that is not the attribute's.
    """
    keys = [mapping.attribute for mapping in body.mappings]
    known = {each.key: each for each in await find_attributes(change.session, system, keys, [])}
    for number, new in _missing(body.mappings, known).items():
        known[new.key] = await make_attribute(change, system, new, f"/mappings/{number}")
    _require_same_types(body.mappings, known)
    resolved = [_resolved(mapping, known[mapping.attribute]) for mapping in body.mappings]
    broken = mapping_rules.breaches(resolved, body.observed_at)
    if broken:
        faults = [Fault(breach.pointer, Code.INVALID_FIELD, breach.message) for breach in broken]
        raise RefusalError(HTTPStatus.UNPROCESSABLE_ENTITY, Code.INVALID_BODY, faults=faults)
    return tuple(resolved)


async def show(session: Session, revisions: Sequence[Revision]) -> list[MappingPartView]:
    """Revisions as admins see them. Also attributes that were deleted since have their key and name."""
    ids = {mapping.attribute for revision in revisions for mapping in revision.mappings}
    attributes = {row["id"]: dict(row) for row in await session.fetch(_ATTRIBUTES, sorted(ids))}
    return [_part(revision, attributes) for revision in revisions]


def _missing(mappings: Sequence[MappingBody], known: Mapping[str, AttributeView]) -> dict[int, NewAttribute]:
    """The attributes to be made, by the place of the mapping that names each first. Raises `RefusalError` (422)."""
    first: dict[str, int] = {}
    for number, mapping in enumerate(mappings):
        if mapping.attribute not in known:
            first.setdefault(mapping.attribute, number)
    untyped = [number for number in first.values() if mappings[number].type is None]
    if untyped:
        why = "there is no such attribute yet: to make it, a type is needed"
        faults = [Fault(f"/mappings/{number}/type", Code.MISSING_FIELD, why) for number in untyped]
        raise RefusalError(HTTPStatus.UNPROCESSABLE_ENTITY, Code.INVALID_BODY, faults=faults)
    return {number: _new_attribute(mappings[number]) for number in first.values()}


def _new_attribute(mapping: MappingBody) -> NewAttribute:
    name = mapping.name or (mapping.property if mapping.property.strip() else mapping.attribute)
    return NewAttribute.model_validate({"key": mapping.attribute, "name": name, "type": mapping.type})


def _require_same_types(mappings: Sequence[MappingBody], known: Mapping[str, AttributeView]) -> None:
    """Raises `RefusalError` (409)."""
    code = Code.TYPE_CONFLICT
    faults = [
        Fault(f"/mappings/{number}/type", code)
        for number, mapping in enumerate(mappings)
        if mapping.type not in (None, known[mapping.attribute].type)
    ]
    if faults:
        raise RefusalError(HTTPStatus.CONFLICT, code, faults=faults)


def _resolved(mapping: MappingBody, attribute: AttributeView) -> PropertyMapping:
    fields = mapping.model_dump(exclude={"attribute", "name", "type"})
    return PropertyMapping(**fields, attribute=attribute.id, type=attribute.type)


def _part(revision: Revision, attributes: Mapping[int, Mapping[str, str]]) -> MappingPartView:
    return MappingPartView(
        user_id=revision.user_id,
        mappings=[_view(mapping, attributes[mapping.attribute]) for mapping in revision.mappings],
        on_invalid=revision.on_invalid,
        on_unknown=revision.on_unknown,
        observed_at=revision.observed_at,
    )


def _view(mapping: PropertyMapping, attribute: Mapping[str, str]) -> MappingView:
    return MappingView(
        property=mapping.property,
        attribute=attribute["key"],
        name=attribute["name"],
        type=mapping.type,
        on_empty=mapping.on_empty,
        date_format=mapping.date_format,
        time_zone=mapping.time_zone,
    )
