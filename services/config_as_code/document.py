"""What a file of definitions holds. Pure."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.contract.conditions import Condition
from shared.contract.definitions import (
    MAX_MAPPINGS,
    AttributeType,
    DisplayName,
    Key,
    ObservedAtRule,
    OnEmpty,
    OnInvalid,
    OnUnknown,
    PropertyName,
    UserIdRule,
)

State = Literal["draft", "active", "paused"]


class Part(BaseModel):
    """What is in the file, and nothing else."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class EnvironmentPart(Part):
    """An environment of a system; with a history, what loses is kept for a while."""

    key: Key
    name: DisplayName
    history: bool = False


class AttributePart(Part):
    """An attribute of a system."""

    key: Key
    name: DisplayName
    type: AttributeType


class MappingPart(Part):
    """A property and the attribute (by key) that it feeds."""

    property: PropertyName
    attribute: Key
    on_empty: OnEmpty = OnEmpty.REJECT
    date_format: str | None = None
    time_zone: str | None = None


class UserIdPart(UserIdRule, Part):
    """Where the user ID is."""


class ObservedAtPart(ObservedAtRule, Part):
    """Where the source's own time of the change is."""


class IntegrationPart(Part):
    """An integration, known by its environment and its name."""

    name: DisplayName
    environment: Key
    state: State = "draft"
    user_id: UserIdPart
    mappings: Annotated[tuple[MappingPart, ...], Field(max_length=MAX_MAPPINGS)] = ()
    on_invalid: OnInvalid = OnInvalid.REJECT_VALUE
    on_unknown: OnUnknown = OnUnknown.IGNORE
    observed_at: ObservedAtPart | None = None


class SegmentPart(Part):
    """A segment of an environment."""

    key: Key
    name: DisplayName
    environment: Key
    condition: Condition


class SystemPart(Part):
    """A system with all that belongs to it."""

    key: Key
    name: DisplayName
    environments: tuple[EnvironmentPart, ...] = ()
    attributes: tuple[AttributePart, ...] = ()
    integrations: tuple[IntegrationPart, ...] = ()
    segments: tuple[SegmentPart, ...] = ()


class Document(Part):
    """All definitions. Tokens and users are no part of it."""

    systems: tuple[SystemPart, ...] = ()
