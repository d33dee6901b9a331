"""How dead letters are shown. What senders sent is shown as it is, but nothing of it can steer a terminal. Pure."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from services.dead_letters.letters import Letter
from shared.contract import json_elements, stamps
from shared.contract.json_elements import InvalidJSONError
from shared.contract.messages import MappedBatch, RawBatch

NameOf = Callable[[bytes], str]
"""What a receipt's key is called."""

WHOLE_FRAME = "whole frame"
_COLUMNS = "{:6} {:12} {:20} {:>8} {:20} {:>7} {:44} {:>11} {:>7} {:>10}"
HEADING = _COLUMNS.format("QUEUE", "ID", "CODE", "ATTEMPTS", "TIME", "AGE", "RECEIPT", "INTEGRATION", "RECORDS", "SIZE")
_BATCHES_SHOWN = 3
_RECORDS_SHOWN = 5
_RECORD_CHARACTERS = 2_000
_BODY_BYTES = 512


def line(letter: Letter, name: NameOf, now: datetime) -> str:
    """One letter in the columns of `HEADING`."""
    one = letter.batches[0] if len(letter.batches) == 1 else None
    return _COLUMNS.format(
        letter.origin,
        letter.id,
        printable(letter.code),
        _or_dash(letter.attempts),
        _instant(letter.time),
        "-" if letter.time is None else _age(now - letter.time),
        WHOLE_FRAME if one is None else name(one.receipt),
        "-" if one is None else one.integration,
        _or_dash(letter.records),
        _size(len(letter.body)),
    )


def as_json(letter: Letter, name: NameOf, now: datetime) -> str:
    """One letter as a JSON object on one line."""
    members = {
        "queue": letter.origin.value,
        "id": letter.id,
        "code": letter.code,
        "attempts": letter.attempts,
        "time": None if letter.time is None else _instant(letter.time),
        "age_s": None if letter.time is None else int((now - letter.time).total_seconds()),
        "receipts": [name(batch.receipt) for batch in letter.batches],
        "integrations": sorted({batch.integration for batch in letter.batches}),
        "records": letter.records,
        "bytes": len(letter.body),
    }
    return json.dumps(members)


def summary(codes: Counter[str]) -> str:
    """How many letters, and how many of each code."""
    counts = ", ".join(f"{printable(code)} {count}" for code, count in codes.most_common())
    return letters(codes.total()) + (f": {counts}" if counts else "")


def letters(number: int) -> str:
    """So many letters."""
    return f"{number} letter{'' if number == 1 else 's'}"


def details(letter: Letter, name: NameOf) -> Iterator[str]:
    """Everything that is known of a letter, and the beginning of what it holds."""
    yield f"id: {letter.id}"
    yield f"queue: {letter.origin.dead}"
    yield f"code: {printable(letter.code)}"
    yield f"attempts: {_or_dash(letter.attempts)}"
    yield f"time: {_instant(letter.time)}"
    yield f"bytes: {len(letter.body)}"
    for header, value in sorted(letter.headers.items()):
        yield printable(f"header {header}: {value}")
    if not letter.batches:
        yield f"not readable; begins with {letter.body[:_BODY_BYTES]!r}"
    for place, batch in enumerate(letter.batches[:_BATCHES_SHOWN], 1):
        yield f"batch {place} of {len(letter.batches)}:"
        for each in _batch(batch, name):
            yield f"  {each}"


def printable(text: str) -> str:
    """The text on one line, without anything that a terminal would obey rather than show."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def _batch(batch: RawBatch | MappedBatch, name: NameOf) -> Iterator[str]:
    yield f"receipt: {name(batch.receipt)}"
    yield f"integration: {batch.integration}, revision {batch.revision}"
    yield f"received: {_instant(stamps.to_datetime(batch.received_at))}"
    yield printable(f"request: {batch.request_id}, traceparent {_or_dash(batch.traceparent)}")
    if isinstance(batch, MappedBatch):
        yield f"records: {batch.records}, rejected {batch.rejected}, failure {_or_dash(batch.failure)}"
        for row in batch.rows[:_RECORDS_SHOWN]:
            yield printable(
                f"record {row.index} of {row.user_id}, observed {_instant(stamps.to_datetime(row.observed_at))}"
            )
            yield from _pretty(row.attributes)
        return
    try:
        records = json_elements.elements(batch.data)
    except InvalidJSONError:
        yield f"not JSON; begins with {batch.data[:_BODY_BYTES]!r}"
        return
    yield f"records: {len(records)}"
    for index, record in enumerate(records[:_RECORDS_SHOWN]):
        yield f"record {index}"
        yield from _pretty(record)


def _pretty(text: bytes) -> Iterator[str]:
    """JSON with its digits as they are, indented, cut short where it is long."""
    try:
        shown = msgspec.json.format(text, indent=2)
    except msgspec.MsgspecError:
        shown = text
    whole = shown.decode(errors="backslashreplace")
    for each in whole[:_RECORD_CHARACTERS].split("\n"):
        yield f"  {printable(each)}"
    if len(whole) > _RECORD_CHARACTERS:
        yield f"  ... {len(whole) - _RECORD_CHARACTERS} more characters"


def _instant(time: datetime | None) -> str:
    return "-" if time is None else time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _age(age: timedelta) -> str:
    seconds = max(int(age.total_seconds()), 0)
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86_400
    if days:
        return f"{days}d{hours % 24:02}h"
    return f"{hours}h{minutes % 60:02}m" if hours else f"{minutes}m{seconds % 60:02}s"


def _size(size: int) -> str:
    return f"{size / 1024:.1f} KiB" if size >= 1024 else f"{size} B"


def _or_dash(value: object) -> object:
    return "-" if value is None else value
