"""A revision, compiled once into a plan that maps batches.

Mapping is a pure function of batch and revision: a batch that is delivered again maps to the same bytes.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from services.mapper.coercion import Coercion, coercion
from services.mapper.identity import observed_at, observed_at_reader, user_id
from services.mapper.lookup import Nested, Path, find, path_of
from services.mapper.outcome import MAX_RECORD_BYTES, Outcome, printable
from shared.contract.codes import Code
from shared.contract.definitions import OnInvalid, OnUnknown, PropertyMapping, Revision
from shared.contract.json_elements import InvalidJSONError, count, elements, members_named
from shared.contract.messages import MAX_RECORDS, MappedBatch, RawBatch, RejectError

_Record = dict[str, msgspec.Raw]  # of duplicate keys the last counts
_RECORD = msgspec.json.Decoder(_Record)


class _Property(NamedTuple):
    """Where a property is in a record, and how receipts name it."""

    name: str
    path: Path | None
    label: str


# A mapping: its property, its attribute as a JSON key, its coercion. A plain tuple, which loops unpack fastest.
_Mapping = tuple[str, Path | None, str, bytes, Coercion]


class Plan:
    """Maps batches by one revision. Raises `dates.InvalidFormatError` when the revision cannot be compiled."""

    def __init__(self, revision: Revision) -> None:
        rule = revision.observed_at
        self._environment = revision.environment
        self._user_id_rule = revision.user_id
        self._user_id_at = _property(revision.user_id.property)
        self._observed = None if rule is None else (_property(rule.property), observed_at_reader(rule))
        self._mappings = [_mapping(mapping) for mapping in revision.mappings]
        self._head_keys = _keys([revision.user_id.property, *([] if rule is None else [rule.property])])
        self._mapped_keys = self._head_keys | _keys([mapping.property for mapping in revision.mappings])
        self._refuses_unmapped = revision.on_unknown is OnUnknown.REJECT_RECORD
        self._refuses_invalid = revision.on_invalid is OnInvalid.REJECT_RECORD

    @property
    def environment(self) -> int:
        """The id of the environment whose profiles the batches are for."""
        return self._environment

    def map(self, batch: RawBatch, *, history: bool = False) -> MappedBatch:
        """Rows, rejects and counts. Raises `RejectError` for a batch that nothing can be made of.

        `history` says that what is refused is kept for the history of its attribute.
        """
        outcome = Outcome(history=history)
        for element in _elements(batch.data):
            outcome.begin(element)
            self._map_element(element, batch.received_at, outcome)
        return MappedBatch(
            receipt=batch.receipt,
            integration=batch.integration,
            revision=batch.revision,
            received_at=batch.received_at,
            request_id=batch.request_id,
            traceparent=batch.traceparent,
            environment=self._environment,
            records=len(outcome.rows) + outcome.rejected,
            rejected=outcome.rejected,
            rows=outcome.rows,
            rejects=outcome.rejects,
            rejected_records=outcome.rejected_records,
            unmapped=outcome.unmapped,
            unmapped_others=outcome.unmapped_others,
            rejected_observed_at=outcome.rejected_observed_at or msgspec.UNSET,
            rejected_values=outcome.rejected_values if history else msgspec.UNSET,
        )

    def _map_element(self, element: bytes, received_at: int, outcome: Outcome) -> None:
        record = _read(element)
        if not isinstance(record, dict):
            self._reject_unreadable(element, record, received_at, outcome)
            return
        nested = Nested(record)
        user = self._user_id(record, nested, outcome)
        if user is None:
            return
        observed = self._observed_at(record, nested, received_at, outcome)
        if observed is None or not self._admit_keys(record, outcome):
            return
        attributes = self._attributes(record, nested, observed, outcome)
        if attributes is not None:
            outcome.add_row(user, observed, attributes)

    def _reject_unreadable(self, element: bytes, code: Code, received_at: int, outcome: Outcome) -> None:
        """The record is rejected whole, but is kept under its user's name and with its time, where they can be read."""
        try:
            record = members_named(element, self._head_keys)
        except InvalidJSONError:
            record = {}
        at = self._user_id_at
        user = user_id(self._user_id_rule, find(record, Nested(record), at.name, at.path))
        if not isinstance(user, Code):
            outcome.user_id = user
        if self._observed is not None:
            place, read = self._observed
            observed = observed_at(read, find(record, Nested(record), place.name, place.path), received_at)
            outcome.observed_at = None if isinstance(observed, Code) else observed
        outcome.reject_record(None, code)

    def _user_id(self, record: _Record, nested: Nested, outcome: Outcome) -> str | None:
        """None: the record was rejected."""
        at = self._user_id_at
        user = user_id(self._user_id_rule, find(record, nested, at.name, at.path))
        if isinstance(user, Code):
            outcome.reject_record(at.label, user)
            return None
        outcome.user_id = user
        return user

    def _observed_at(self, record: _Record, nested: Nested, received_at: int, outcome: Outcome) -> int | None:
        """None: the record was rejected."""
        if self._observed is None:
            return received_at
        at, read = self._observed
        observed = observed_at(read, find(record, nested, at.name, at.path), received_at)
        if isinstance(observed, Code):
            outcome.reject_record(at.label, observed)
            return None
        outcome.observed_at = observed
        return observed

    def _admit_keys(self, record: _Record, outcome: Outcome) -> bool:
        """Counts the keys that no mapping uses. False: the record was rejected for one."""
        if self._mapped_keys.issuperset(record):
            return True
        unmapped = [key for key in record if key not in self._mapped_keys]
        if self._refuses_unmapped:
            outcome.reject_record(printable(unmapped[0]), Code.UNKNOWN_PROPERTY)
            return False
        for key in unmapped:
            outcome.count_unmapped(key)
        return True

    def _attributes(self, record: _Record, nested: Nested, observed: int, outcome: Outcome) -> bytes | None:
        """The row's JSON object; of two mappings to one attribute the later counts. None: the record was rejected."""
        members_by_key: dict[bytes, bytes] = {}
        for name, path, label, key, coerce in self._mappings:
            raw = record.get(name)
            if raw is None:
                value = None if path is None else nested.find(path)
                if value is None:
                    continue
            else:
                value = bytes(raw)
            stored = coerce(value)
            if isinstance(stored, bytes):
                if stored:
                    members_by_key[key] = key + stored
                continue
            outcome.keep_value(key, value, stored, observed)
            if self._refuses_invalid:
                outcome.reject_record(label, stored)
                return None
            outcome.reject_value(label, stored)
        return b"{%b}" % b",".join(members_by_key.values())


def _property(name: str) -> _Property:
    return _Property(name, path_of(name), printable(name))


def _mapping(mapping: PropertyMapping) -> _Mapping:
    return (*_property(mapping.property), b'"%d":' % mapping.attribute, coercion(mapping))


def _keys(names: Sequence[str]) -> frozenset[str]:
    """The keys at the top of a record that properties use: their own names, or where their paths begin."""
    return frozenset(names) | frozenset(name.partition(".")[0] for name in names)


def _elements(data: bytes) -> list[bytes]:
    """The records. Raises `RejectError` for what no gateway lets through."""
    try:
        if not data.isascii():
            data.decode()
        if data.count(b",") >= MAX_RECORDS and count(data, MAX_RECORDS) > MAX_RECORDS:
            raise RejectError(Code.TOO_MANY_RECORDS)
        return elements(data)
    except UnicodeDecodeError as error:
        raise RejectError(Code.INVALID_UTF8) from error
    except InvalidJSONError as error:
        raise RejectError(Code.INVALID_JSON) from error


def _read(element: bytes) -> _Record | Code:
    """The members of a record, or why it has none. Its grammar has been checked with the whole array."""
    if len(element) > MAX_RECORD_BYTES:
        return Code.RECORD_TOO_LARGE
    try:
        return _RECORD.decode(element)
    except msgspec.ValidationError:
        return Code.NOT_AN_OBJECT
    except msgspec.DecodeError:
        return Code.LONE_SURROGATE
