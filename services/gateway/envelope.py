"""The body of a post taken apart, up to the records: they are counted here and read by the mapper.

Pure: no I/O. msgspec checks the grammar of RFC 8259 even in what it skips, but neither UTF-8 nor depth, and it refuses
lone surrogate escapes, which are JSON and sink no more than their own record.
"""

import json
from typing import NamedTuple

import msgspec

from shared.contract import json_elements
from shared.contract.codes import Code
from shared.contract.json_elements import InvalidJSONError

MAX_DEPTH = 64


class Envelope(NamedTuple):
    """The integration token, the array of records as it was sent, and their number."""

    token: str
    data: bytes
    records: int


class EnvelopeError(Exception):
    """A body that is refused as a whole; `pointer` (RFC 6901) says where, None when the text is not even JSON."""

    def __init__(self, code: Code, pointer: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.pointer = pointer


class _Envelope(msgspec.Struct):
    token: str
    data: msgspec.Raw


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_RECORDS = msgspec.json.Decoder(list[msgspec.Raw])


def open_envelope(body: bytes, max_records: int) -> Envelope:
    """Takes a body apart. Raises `EnvelopeError`."""
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise EnvelopeError(Code.INVALID_UTF8) from error
    try:
        envelope = _ENVELOPE.decode(body)
        token, data, records = envelope.token, bytes(envelope.data), len(_RECORDS.decode(envelope.data))
        _check_depth(body)
    except RecursionError as error:
        raise EnvelopeError(Code.TOO_DEEP) from error
    except msgspec.MsgspecError:
        token, data, records = _open_slowly(body)
    if records == 0:
        raise EnvelopeError(Code.EMPTY_BATCH, "/data")
    if records > max_records:
        raise EnvelopeError(Code.TOO_MANY_RECORDS, "/data")
    return Envelope(token, data, records)


def _open_slowly(body: bytes) -> Envelope:
    """For what msgspec refused: finds out why, or that only half a surrogate pair was in its way."""
    _check_depth(body)
    if not _is_json(body):
        raise EnvelopeError(Code.INVALID_JSON)
    try:
        members = json_elements.members(body)
    except InvalidJSONError:
        raise EnvelopeError(Code.INVALID_ENVELOPE, "") from None
    for name, opening in (("token", b'"'), ("data", b"[")):
        if not members.get(name, b"").startswith(opening):
            raise EnvelopeError(Code.INVALID_ENVELOPE, f"/{name}")
    data = members["data"]
    return Envelope(json.loads(members["token"]), data, len(json_elements.elements(data)))


def _check_depth(body: bytes) -> None:
    # Few brackets cannot lie deep, and counting them is the faster.
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and json_elements.max_depth(body) > MAX_DEPTH:
        raise EnvelopeError(Code.TOO_DEEP)


def _is_json(body: bytes) -> bool:
    try:
        return len(json_elements.elements(b"[" + body + b"]")) == 1
    except InvalidJSONError:
        return False
