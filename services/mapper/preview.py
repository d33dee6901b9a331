"""`POST /api/v1/preview`: what a mapping would make of sample records. Nothing is written.

The records go through the same plan as those of a batch, in the bytes in which they were sent.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from pydantic import Field, TypeAdapter

from services.mapper.plan import Plan
from services.mapper.proposal import Proposal, proposals, user_id_property
from shared.contract import mapping_rules, receipts, stamps
from shared.contract.codes import MESSAGES, Code
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
    Scope,
    UserIdRule,
)
from shared.contract.json_elements import InvalidJSONError, elements, max_depth
from shared.contract.messages import MappedBatch, RawBatch, Row
from shared.runtime import request_parts
from shared.runtime.access import Fault, RefusalError
from shared.runtime.clock import Clock
from shared.runtime.operations import Body, Call, operation

MAX_RECORDS = 100
MAX_BODY_BYTES = 1024 * 1024
_MAX_DEPTH = 64
_VALUES = msgspec.json.Decoder(dict[str, msgspec.Raw])


class PreviewUserId(UserIdRule, Body):
    """Where the user ID is."""


class PreviewObservedAt(ObservedAtRule, Body):
    """Where the source's own time of the change is."""


class PreviewMapping(Body):
    """A property, and the attribute (by any key) that it would feed."""

    property: PropertyName
    attribute: Key
    type: AttributeType
    on_empty: OnEmpty = OnEmpty.REJECT
    date_format: str | None = None
    time_zone: str | None = None


class Definition(Body):
    """A mapping to try; without a user ID the one that the records seem to have is taken."""

    user_id: PreviewUserId | None = None
    mappings: Annotated[tuple[PreviewMapping, ...], Field(max_length=MAX_MAPPINGS)] = ()
    on_invalid: OnInvalid = OnInvalid.REJECT_VALUE
    on_unknown: OnUnknown = OnUnknown.IGNORE
    observed_at: PreviewObservedAt | None = None


class PreviewRequest(Body):
    """A mapping and the records to try it on, exactly as they would be sent."""

    definition: Definition = Definition()
    records: Annotated[list[Any], Field(min_length=1, max_length=MAX_RECORDS)]


class PreviewValue(msgspec.Struct, frozen=True):
    """A value as it would be stored; null would clear the attribute."""

    type: AttributeType
    value: msgspec.Raw
    text: str | None


class PreviewRecord(msgspec.Struct, frozen=True):
    """A record that would count."""

    index: int
    user_id: str
    observed_at: str
    attributes: dict[str, PreviewValue]


class PreviewReject(msgspec.Struct, frozen=True):
    """Why a record or a value would not count."""

    index: int
    property: str | None
    code: Code
    message: str


class Preview(msgspec.Struct, frozen=True):
    """What would become of the records, and what a mapping of them could be."""

    records: list[PreviewRecord]
    rejected: int
    rejects: list[PreviewReject]
    unmapped: dict[str, int]
    user_id: str | None
    proposals: list[Proposal]


_DEFINITION = TypeAdapter(Definition)


@dataclass(frozen=True)
class Previews:
    """The route of previews."""

    clock: Clock

    @operation(
        "POST",
        "/api/v1/preview",
        Scope.CONFIG_READ,
        reads=PreviewRequest,
        problems=(
            HTTPStatus.BAD_REQUEST,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
        ),
    )
    async def preview(self, call: Call) -> Preview:
        """Try a mapping on sample records; nothing is written.

        The answer also proposes a type for each property that the records have.
        """
        raw = await request_parts.read_json(call.request, MAX_BODY_BYTES)
        definition, records = _parts(raw)
        guessed = user_id_property(records)
        fallback = UserIdRule(property=guessed or "userId")
        plan = Plan(_revision(definition, definition.user_id or fallback))
        mapped = plan.map(_batch(records, self.clock()))
        return Preview(
            records=[_record(row, definition) for row in mapped.rows],
            rejected=mapped.rejected,
            rejects=_rejects(mapped),
            unmapped=mapped.unmapped,
            user_id=guessed,
            proposals=proposals(records),
        )


def _parts(raw: bytes) -> tuple[Definition, list[bytes]]:
    """The mapping and the records, in the bytes in which they were sent. Raises `RefusalError` (400, 422)."""
    if max_depth(raw) > _MAX_DEPTH:
        raise RefusalError(HTTPStatus.BAD_REQUEST, Code.TOO_DEEP)
    try:
        parts = _VALUES.decode(raw)
    except msgspec.ValidationError:
        raise _unprocessable(Fault("", Code.INVALID_FIELD)) from None
    except msgspec.DecodeError:
        raise RefusalError(HTTPStatus.BAD_REQUEST, Code.INVALID_JSON) from None
    unknown = [Fault(request_parts.pointer([name]), Code.UNKNOWN_FIELD) for name in parts.keys() - _FIELDS]
    if unknown:
        raise _unprocessable(*unknown)
    given = bytes(parts.get("definition", msgspec.Raw(b"{}")))
    definition: Definition = request_parts.parse_json(given, _DEFINITION, at=("definition",))
    _check(definition)
    return definition, _records(parts.get("records"))


_FIELDS = frozenset(PreviewRequest.model_fields)


def _records(raw: msgspec.Raw | None) -> list[bytes]:
    if raw is None:
        raise _unprocessable(Fault("/records", Code.MISSING_FIELD))
    try:
        records = elements(bytes(raw))
    except InvalidJSONError:
        raise _unprocessable(Fault("/records", Code.INVALID_FIELD, "must be an array")) from None
    if not 1 <= len(records) <= MAX_RECORDS:
        raise _unprocessable(Fault("/records", Code.INVALID_FIELD, f"1 to {MAX_RECORDS} records"))
    return records


def _check(definition: Definition) -> None:
    """Raises `RefusalError` (422) for what the config API would not take either."""
    types: dict[str, AttributeType] = {}
    for number, mapping in enumerate(definition.mappings):
        if types.setdefault(mapping.attribute, mapping.type) != mapping.type:
            raise _unprocessable(Fault(f"/definition/mappings/{number}/type", Code.TYPE_CONFLICT))
    broken = mapping_rules.breaches(_mappings(definition), definition.observed_at)
    if broken:
        faults = (Fault(f"/definition{each.pointer}", Code.INVALID_FIELD, each.message) for each in broken)
        raise _unprocessable(*faults)


def _numbers(definition: Definition) -> dict[str, int]:
    """A made-up id for each attribute."""
    return {key: number for number, key in enumerate(dict.fromkeys(each.attribute for each in definition.mappings), 1)}


def _mappings(definition: Definition) -> tuple[PropertyMapping, ...]:
    numbers = _numbers(definition)
    return tuple(
        PropertyMapping(**each.model_dump(exclude={"attribute"}), attribute=numbers[each.attribute])
        for each in definition.mappings
    )


def _revision(definition: Definition, user_id: UserIdRule) -> Revision:
    return Revision(
        integration=1,
        number=1,
        environment=1,
        user_id=user_id,
        mappings=_mappings(definition),
        on_invalid=definition.on_invalid,
        on_unknown=definition.on_unknown,
        observed_at=definition.observed_at,
    )


def _batch(records: list[bytes], now: int) -> RawBatch:
    return RawBatch(
        receipt=bytes(receipts.KEY_LENGTH),
        integration=1,
        revision=1,
        received_at=now,
        request_id="preview",
        traceparent=None,
        data=b"[%b]" % b",".join(records),
    )


def _record(row: Row, definition: Definition) -> PreviewRecord:
    keys = {number: key for key, number in _numbers(definition).items()}
    types = {mapping.attribute: mapping.type for mapping in definition.mappings}
    attributes = {}
    for number, value in _VALUES.decode(row.attributes).items():
        key = keys[int(number)]
        attributes[key] = PreviewValue(types[key], value, _text(types[key], bytes(value)))
    observed_at = stamps.to_datetime(row.observed_at).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return PreviewRecord(row.index, row.user_id, observed_at, attributes)


def _text(kind: AttributeType, value: bytes) -> str | None:
    if value == b"null":
        return None
    return value.decode() if kind is AttributeType.NUMBER else msgspec.json.decode(value, type=str)


def _rejects(mapped: MappedBatch) -> list[PreviewReject]:
    return [PreviewReject(each.index, each.property, each.code, MESSAGES[each.code]) for each in mapped.rejects]


def _unprocessable(*faults: Fault) -> RefusalError:
    return RefusalError(HTTPStatus.UNPROCESSABLE_ENTITY, Code.INVALID_BODY, faults=faults)
