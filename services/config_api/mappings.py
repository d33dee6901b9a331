"""The mapping of an integration: as admins write it (attributes by key), and as a revision holds it (by id)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated

from pydantic import Field

from services.config_api.attributes import NewAttribute, find_attributes, make_attribute
from services.config_api.fields import Name
from services.config_api.store import Change
from shared.contract import mapping_rules
from shared.contract.codes import Code
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

Format = Annotated[str, Field(max_length=64)]

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
    resolved = []
    for number, mapping in enumerate(body.mappings):
        at = f"/mappings/{number}"
        if mapping.attribute not in known:
            new = _new_attribute(mapping, at)
            known[mapping.attribute] = await make_attribute(change, system, new, at)
        attribute = known[mapping.attribute]
        if mapping.type not in (None, attribute.type):
            fault = Fault(f"{at}/type", Code.TYPE_CONFLICT)
            raise RefusalError(HTTPStatus.CONFLICT, Code.TYPE_CONFLICT, faults=(fault,))
        fields = mapping.model_dump(exclude={"attribute", "name", "type"})
        resolved.append(PropertyMapping(**fields, attribute=attribute.id, type=attribute.type))
    broken = mapping_rules.breaches(resolved, body.observed_at)
    if broken:
        faults = [Fault(breach.pointer, Code.INVALID_FIELD, breach.message) for breach in broken]
        raise RefusalError(HTTPStatus.UNPROCESSABLE_ENTITY, Code.INVALID_BODY, faults=faults)
    return tuple(resolved)


async def show(session: Session, revision: Revision) -> MappingPartView:
    """A revision as admins see it. Also attributes that were deleted since have their key and name."""
    ids = [mapping.attribute for mapping in revision.mappings]
    rows = {row["id"]: row for row in await session.fetch(_ATTRIBUTES, ids)}
    return MappingPartView(
        user_id=revision.user_id,
        mappings=[_view(mapping, dict(rows[mapping.attribute])) for mapping in revision.mappings],
        on_invalid=revision.on_invalid,
        on_unknown=revision.on_unknown,
        observed_at=revision.observed_at,
    )


def _new_attribute(mapping: MappingBody, at: str) -> NewAttribute:
    if mapping.type is None:
        fault = Fault(f"{at}/type", Code.MISSING_FIELD, "there is no such attribute yet: to make it, a type is needed")
        raise RefusalError(HTTPStatus.UNPROCESSABLE_ENTITY, Code.INVALID_BODY, faults=(fault,))
    name = mapping.name or (mapping.property if mapping.property.strip() else mapping.attribute)
    return NewAttribute(key=mapping.attribute, name=name, type=mapping.type)


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
