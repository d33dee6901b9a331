"""Secrets in files: those that detect-secrets finds, and tokens of Inlet's, which their checksum gives away."""

import json
import re
from pathlib import Path

from shared.contract.tokens import TokenKind, is_well_formed

_LOOKS_LIKE_ONE = re.compile(rb"inl_[ai]_[0-9A-Za-z]{36}(?![0-9A-Za-z])")


def unknown_secrets(scanned: str, baseline: str) -> list[str]:
    """What a scan of detect-secrets has found beyond its baseline, wherever in a file that stands."""
    found, known = (json.loads(text)["results"] for text in (scanned, baseline))
    seen = {(file, secret["hashed_secret"]) for file, secrets in known.items() for secret in secrets}
    return [
        f"{file}, line {secret['line_number']}: {secret['type']}"
        for file, secrets in found.items()
        for secret in secrets
        if (file, secret["hashed_secret"]) not in seen
    ]


def holds_token(file: Path) -> bool:
    """Whether a file holds a token which could have been issued."""
    found = (each.decode() for each in _LOOKS_LIKE_ONE.findall(file.read_bytes()))
    return any(is_well_formed(each, kind) for each in found for kind in TokenKind)
