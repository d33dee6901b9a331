"""What a file of definitions holds. Pure."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.contract.definitions import (
    MAX_MAPPINGS,
    AttributeType,
    Key,
    ObservedAtRule,
    OnEmpty,
    OnInvalid,
    OnUnknown,
    PropertyName,
    UserIdRule,
)

Name = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\x00]*[^\x00\s][^\x00]*$")]
State = Literal["draft", "active", "paused"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EnvironmentPart(_Part):
    """An environment of a system."""

    key: Key
    name: Name


class AttributePart(_Part):
    """An attribute of a system."""

    key: Key
    name: Name
    type: AttributeType


class MappingPart(_Part):
    """A property and the attribute (by key) that it feeds."""

    property: PropertyName
    attribute: Key
    on_empty: OnEmpty = OnEmpty.REJECT
    date_format: str | None = None
    time_zone: str | None = None


class UserIdPart(UserIdRule, _Part):
    """Where the user ID is."""


class ObservedAtPart(ObservedAtRule, _Part):
    """Where the source's own time of the change is."""


class IntegrationPart(_Part):
    """An integration, known by its environment and its name."""

    name: Name
    environment: Key
    state: State = "draft"
    user_id: UserIdPart
    mappings: Annotated[tuple[MappingPart, ...], Field(max_length=MAX_MAPPINGS)] = ()
    on_invalid: OnInvalid = OnInvalid.REJECT_VALUE
    on_unknown: OnUnknown = OnUnknown.IGNORE
    observed_at: ObservedAtPart | None = None


class SystemPart(_Part):
    """A system with all that belongs to it."""

    key: Key
    name: Name
    environments: tuple[EnvironmentPart, ...] = ()
    attributes: tuple[AttributePart, ...] = ()
    integrations: tuple[IntegrationPart, ...] = ()


class Document(_Part):
    """All definitions. Tokens and users are no part of it."""

    systems: tuple[SystemPart, ...] = ()
