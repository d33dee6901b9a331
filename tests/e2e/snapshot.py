"""Tokens and definitions, written by hand as the documents describe them."""

import hashlib
import secrets
import string
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase

SCOPES = ["data:write", "receipts:read", "profiles:read"]

Json = dict[str, Any]


def new_token(kind: str) -> str:
    """`inl_` + kind + 30 random characters + the CRC-32 of all that in 6 digits of base 62."""
    body = f"inl_{kind}_" + "".join(secrets.choice(_DIGITS) for _ in range(30))
    return body + checksum(body)


def checksum(body: str) -> str:
    """The last six characters of a token."""
    value = zlib.crc32(body.encode())
    return "".join(_DIGITS[value // 62**place % 62] for place in range(5, -1, -1))


def snapshot(access_token: str, integrations: Mapping[str, Sequence[Json]]) -> Json:
    """One system with one environment, and an integration for each integration token, with its property mappings.

    Integrations have the ids 1, 2, ... in their order and are at revision 1; the user ID is `userId`.
    """
    attributes = {m["attribute"]: m for mappings in integrations.values() for m in mappings}
    return {
        "version": 1,
        "systems": [{"id": 1, "key": "crm", "name": "CRM"}],
        "environments": [{"id": 7, "system": 1, "key": "production", "name": "Production"}],
        "attributes": [
            {"id": number, "system": 1, "key": f"a{number}", "name": m["property"], "type": m["type"]}
            for number, m in attributes.items()
        ],
        "integrations": [
            {"id": number, "name": f"Source {number}", "system": 1, "environment": 7, "state": "active", "revision": 1}
            | {"tokens": [{"sha256": _sha256(token)}]}
            for number, token in enumerate(integrations, 1)
        ],
        "revisions": [
            {"integration": number, "number": 1, "environment": 7, "user_id": {"property": "userId"}}
            | {"mappings": list(mappings)}
            for number, mappings in enumerate(integrations.values(), 1)
        ],
        "access_tokens": [
            {"id": 1, "secrets": [{"sha256": _sha256(access_token)}], "scopes": SCOPES, "records_per_s": 0}
        ],
    }


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
