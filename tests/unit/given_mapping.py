"""Revisions and raw batches for tests of the mapper."""

import json
from typing import Any

from shared.contract.definitions import AttributeType, PropertyMapping, Revision, UserIdRule
from shared.contract.messages import RawBatch

RECEIVED_AT = 1_709_288_430_000_000  # 2024-03-01T10:20:30Z
ENVIRONMENT = 3


def string(name: str, attribute: int, **options: Any) -> PropertyMapping:
    return PropertyMapping(property=name, attribute=attribute, type=AttributeType.STRING, **options)


def number(name: str, attribute: int, **options: Any) -> PropertyMapping:
    return PropertyMapping(property=name, attribute=attribute, type=AttributeType.NUMBER, **options)


def day(name: str, attribute: int, **options: Any) -> PropertyMapping:
    return PropertyMapping(property=name, attribute=attribute, type=AttributeType.DATE, **options)


def revision(*mappings: PropertyMapping, **options: Any) -> Revision:
    """User IDs are at `userId` unless the options say otherwise."""
    whole = {"integration": 5, "number": 7, "environment": ENVIRONMENT, "user_id": UserIdRule(property="userId")}
    return Revision(mappings=mappings, **(whole | options))


def raw_batch(data: bytes | list[Any], **head: Any) -> RawBatch:
    """`data` as JSON text, or records that are written as such."""
    text = data if isinstance(data, bytes) else json.dumps(data).encode()
    whole: dict[str, Any] = {
        "receipt": b"r" * 22,
        "integration": 5,
        "revision": 7,
        "received_at": RECEIVED_AT,
        "request_id": "request",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }
    return RawBatch(data=text, **(whole | head))
