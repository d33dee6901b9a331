"""What admins define, as every process sees it: the snapshot.

The config API issues the snapshot; gateways, mappers and readers keep the last good one. Ids are numbers that are
never reused; keys are for URLs; names are for people and may change at any time.
"""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field


def _visible(text: str) -> str:
    """PostgreSQL has no NUL in text, and a name that shows nothing can be told from no other."""
    if "\0" in text:
        raise ValueError("must not contain NUL")
    if not text.strip():
        raise ValueError("must show something")
    return text


Id = Annotated[int, Field(ge=1, le=2**31 - 1)]
Key = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
PropertyName = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\x00]+$")]  # NUL fits no database text
DisplayName = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_visible)]
"""A name for people: whatever they write, kept as it is."""

MAX_MAPPINGS = 500


class AttributeType(StrEnum):
    """The type of an attribute; never changed after it was made."""

    STRING = "String"
    NUMBER = "Number"
    DATE = "Date"


class IntegrationState(StrEnum):
    """A draft accepts as an active one does; a paused one answers 409, a deleted one 403."""

    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    DELETED = "deleted"


class OnInvalid(StrEnum):
    """What a value that its type does not accept does to its record."""

    REJECT_VALUE = "reject_value"
    REJECT_RECORD = "reject_record"


class OnUnknown(StrEnum):
    """What a property that is not mapped does to its record."""

    IGNORE = "ignore"
    REJECT_RECORD = "reject_record"


class OnEmpty(StrEnum):
    """What the empty string means: a reject, the empty text (String only), a clear, or nothing."""

    REJECT = "reject"
    KEEP = "keep"
    CLEAR = "clear"
    IGNORE = "ignore"


class Scope(StrEnum):
    """What an access token may do."""

    DATA_WRITE = "data:write"
    RECEIPTS_READ = "receipts:read"
    PROFILES_READ = "profiles:read"
    PROFILES_ERASE = "profiles:erase"
    CONFIG_READ = "config:read"
    CONFIG_WRITE = "config:write"
    USERS_MANAGE = "users:manage"


class Role(StrEnum):
    """What a console user may do."""

    VIEWER = "viewer"
    EDITOR = "editor"
    ADMIN = "admin"


VIEWER_SCOPES = frozenset({Scope.RECEIPTS_READ, Scope.PROFILES_READ, Scope.CONFIG_READ})
EDITOR_SCOPES = VIEWER_SCOPES | {Scope.DATA_WRITE, Scope.CONFIG_WRITE}
ROLE_SCOPES = {Role.VIEWER: VIEWER_SCOPES, Role.EDITOR: EDITOR_SCOPES, Role.ADMIN: frozenset(Scope)}


class _Definition(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")  # a newer config API may say more than we know


class System(_Definition):
    """A product whose users are enriched."""

    id: Id
    key: Key
    name: str


class Environment(_Definition):
    """A separate set of profiles within a system, such as Production. `history`: what loses is kept for a while."""

    id: Id
    system: Id
    key: Key
    name: str
    history: bool = False


class Attribute(_Definition):
    """What profiles hold; belongs to a system."""

    id: Id
    system: Id
    key: Key
    name: str
    type: AttributeType


class PropertyMapping(_Definition):
    """One property of the payload and the attribute that it feeds.

    `date_format` is strptime-like (%Y %m %d %H %M %S %f %z), `epoch_s` or `epoch_ms`; None means ISO dates.
    `time_zone` (IANA name) is taken for times that carry none.
    """

    property: PropertyName
    attribute: Id
    type: AttributeType
    on_empty: OnEmpty = OnEmpty.REJECT
    date_format: str | None = None
    time_zone: str | None = None


class UserIdRule(_Definition):
    """Where the user ID is, and how it is normalised."""

    property: PropertyName
    trim: bool = False
    lower_case: bool = False


class ObservedAtRule(_Definition):
    """Where the source's own time of the change is, read as a Date with a time."""

    property: PropertyName
    date_format: str | None = None
    time_zone: str | None = None


class Revision(_Definition):
    """One immutable state of an integration's mapping; a batch is mapped by the one it was accepted under."""

    integration: Id
    number: Id
    environment: Id
    user_id: UserIdRule
    mappings: Annotated[tuple[PropertyMapping, ...], Field(max_length=MAX_MAPPINGS)] = ()
    on_invalid: OnInvalid = OnInvalid.REJECT_VALUE
    on_unknown: OnUnknown = OnUnknown.IGNORE
    observed_at: ObservedAtRule | None = None


class Secret(_Definition):
    """What is kept of a live token. While a token is rotated it has two of them."""

    sha256: Sha256
    expires_at: AwareDatetime | None = None


class Integration(_Definition):
    """A source of updates for one environment; `tokens` are its live integration tokens."""

    id: Id
    name: str
    system: Id
    environment: Id
    state: IntegrationState
    revision: Id
    tokens: tuple[Secret, ...] = ()


class AccessToken(_Definition):
    """Who may call. `systems` None means all; `records_per_s` None means the gateway's default, 0 no limit."""

    id: Id
    secrets: tuple[Secret, ...]
    scopes: frozenset[Scope]
    systems: frozenset[Id] | None = None
    records_per_s: Annotated[int, Field(ge=0)] | None = None


class Segment(_Definition):
    """Users of an environment that belong together. `condition` is a tree in the format of `conditions`.

    It is kept as it is: a process that does not understand a newer condition lacks this segment, not the snapshot.
    """

    id: Id
    key: Key
    name: str
    environment: Id
    condition: dict[str, Any]


class User(_Definition):
    """Who may sign in to the console. Sessions that began before `sessions_not_before` are over."""

    id: Id
    name: str
    role: Role
    systems: frozenset[Id] | None = None
    sessions_not_before: AwareDatetime


class Snapshot(_Definition):
    """All definitions and rights at one moment. Revoked tokens, disabled users and deleted attributes are absent.

    Of an integration's revisions it has the one in force; `ended_sessions` are the ids of those that were signed out.
    """

    version: Id
    systems: tuple[System, ...] = ()
    environments: tuple[Environment, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    integrations: tuple[Integration, ...] = ()
    revisions: tuple[Revision, ...] = ()
    access_tokens: tuple[AccessToken, ...] = ()
    segments: tuple[Segment, ...] = ()
    users: tuple[User, ...] = ()
    ended_sessions: frozenset[str] = frozenset()
