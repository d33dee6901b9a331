"""`openapi.json`: the one place that sees the operations of all services."""

import json
from pathlib import Path

from services.config_api.app import RESOURCES as CONFIG_API
from services.gateway.app import RESOURCES as GATEWAY
from services.mapper.app import RESOURCES as MAPPER
from services.profile_api.app import RESOURCES as PROFILE_API
from services.profile_writer.app import RESOURCES as PROFILE_WRITER
from shared.runtime.openapi import document

FILE = Path(__file__).parent / "config_api" / "openapi.json"
VERSION = "1"
SERVICES = {
    "gateway": GATEWAY,
    "mapper": MAPPER,
    "profile-writer": PROFILE_WRITER,
    "profile-api": PROFILE_API,
    "config-api": CONFIG_API,
}


def text() -> str:
    """The document as the file holds it."""
    return json.dumps(document(SERVICES, VERSION), indent=1, ensure_ascii=False) + "\n"
