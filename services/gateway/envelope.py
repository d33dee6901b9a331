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
_FEW_COMMAS = 50_000  # so many records are taken apart within some MiB


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
    token: msgspec.Raw = msgspec.Raw()
    data: msgspec.Raw = msgspec.Raw()


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_TOKEN = msgspec.json.Decoder(str)
_RECORDS = msgspec.json.Decoder(list[msgspec.Raw])


def open_envelope(body: bytes, max_records: int) -> Envelope:
    """Takes a body apart. Raises `EnvelopeError`."""
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise EnvelopeError(Code.INVALID_UTF8) from error
    token, data = _parts(body)
    for name, part, opening in (("token", token, b'"'), ("data", data, b"[")):
        if not part.startswith(opening):
            raise EnvelopeError(Code.INVALID_ENVELOPE, f"/{name}")
    records = _count(data, max_records)
    if records == 0:
        raise EnvelopeError(Code.EMPTY_BATCH, "/data")
    if records > max_records:
        raise EnvelopeError(Code.TOO_MANY_RECORDS, "/data")
    return Envelope(_text(token), data, records)


def _parts(body: bytes) -> tuple[bytes, bytes]:
    """The JSON text of the two members that count, empty where there is none."""
    try:
        envelope = _ENVELOPE.decode(body)
    except RecursionError as error:
        raise EnvelopeError(Code.TOO_DEEP) from error
    except msgspec.MsgspecError:
        return _parts_slowly(body)
    _check_depth(body)
    return bytes(envelope.token), bytes(envelope.data)


def _parts_slowly(body: bytes) -> tuple[bytes, bytes]:
    """For what msgspec refused: finds out why, or that only half a surrogate pair was in its way."""
    _check_depth(body)
    if not json_elements.is_json(body):
        raise EnvelopeError(Code.INVALID_JSON)
    try:
        parts = json_elements.members_named(body, ("token", "data"))
    except InvalidJSONError:
        raise EnvelopeError(Code.INVALID_ENVELOPE, "") from None
    return parts.get("token", b""), parts.get("data", b"")


def _count(data: bytes, max_records: int) -> int:
    """How many records there are, or more than allowed. Taking them apart is the faster, but for very many."""
    if data.count(b",") <= _FEW_COMMAS:
        try:
            return len(_RECORDS.decode(data))
        except msgspec.MsgspecError:  # half a surrogate pair
            pass
    return json_elements.count(data, max_records)


def _text(token: bytes) -> str:
    try:
        return _TOKEN.decode(token)
    except msgspec.MsgspecError:  # half a surrogate pair
        return str(json.loads(token))


def _check_depth(body: bytes) -> None:
    # Few brackets cannot lie deep, and counting them is the faster.
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and json_elements.max_depth(body) > MAX_DEPTH:
        raise EnvelopeError(Code.TOO_DEEP)
