"""A source system with an integration of its own: what it posts, and what it is answered."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.browser.installation import Installation

Json = Any

ENDPOINT = "/public/v1/user/data"
DEPARTMENT: Json = {"property": "department", "attribute": "department", "name": "Department", "type": "String"}
SEATS: Json = {"property": "seats", "attribute": "seats", "name": "Seats", "type": "Number"}
_PATIENCE_S = 30.0


@dataclass
class Source:
    """Who posts, with which tokens, for which integration of which system."""

    inlet: Installation
    system: str
    integration: int
    access_token: str
    token: str

    def post(self, *records: Json, token: str = "") -> tuple[int, Json]:
        """The status and the body of the answer to these records, posted with another integration token if given."""
        sender = {"Authorization": f"Bearer {self.access_token}"}
        return self.inlet.ask("POST", ENDPOINT, {"token": token or self.token, "data": list(records)}, sender)

    def is_answered(self, status: int, *records: Json, token: str = "") -> Json:
        """Posts until the answer has this status: gateways learn a moment later of what was changed."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            found, said = self.post(*records, token=token)
            if found == status:
                return said
            assert time.monotonic() < deadline, f"still {found}: {said}"
            time.sleep(0.05)

    def written(self, *records: Json) -> Json:
        """The receipt of these records, once they are written."""
        return self.inlet.settled(self.is_answered(202, *records)["receipt"])

    def mapped(self, *records: Json) -> None:
        """Posts until every property of these records is mapped, as none is by an older definition."""
        deadline = time.monotonic() + _PATIENCE_S
        while unmapped := self.written(*records)["unmapped"]:
            assert time.monotonic() < deadline, f"still not mapped: {unmapped}"

    def profile(self, user: str) -> str:
        """The address of a user's page in the console."""
        return f"/profiles/user?system={self.system}&environment=production&user_id={user}"


def make_source(inlet: Installation, key: str, name: str, **definition: Json) -> Source:
    """A system of that key with an active integration of that name, which maps department and seats."""
    inlet.call("POST", "/api/v1/systems", {"key": key, "name": name})
    body: Mapping[str, Json] = {
        "name": name,
        "system": key,
        "environment": "production",
        "state": "active",
        "user_id": {"property": "userId"},
        "mappings": [DEPARTMENT, SEATS],
    }
    integration = inlet.call("POST", "/api/v1/integrations", {**body, **definition})["id"]
    token = inlet.call("POST", f"/api/v1/integrations/{integration}/tokens", {})["token"]
    rights = {"name": name, "scopes": ["data:write"], "systems": [key]}
    access_token = inlet.call("POST", "/api/v1/access-tokens", rights)["token"]
    return Source(inlet, key, integration, access_token, token)
