"""Every route times every kind of caller, against a table that was written by hand."""

import base64
import csv
import hmac
import itertools
import json
import secrets
import struct
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.e2e.deployment import ADMIN, Deployment, Json, Session
from tests.e2e.process import ROOT, eventually
from tests.e2e.snapshot import new_token
from tests.e2e.test_definitions import DATA, INTEGRATIONS, given_an_integration, post_until

TABLE = ROOT / "tests" / "contract" / "rights.csv"
DOCUMENT = ROOT / "services" / "config_api" / "openapi.json"
SCOPES = [
    "data:write",
    "receipts:read",
    "profiles:read",
    "profiles:erase",
    "config:read",
    "config:write",
    "users:manage",
]
PASSWORD = "a long password for tests"
CALLERS = 14
SEGMENTS = "/api/v1/systems/crm/environments/production/segments"
CONDITION = {"attribute": "department", "operator": "is_set"}


def rows() -> dict[tuple[str, str], dict[str, str]]:
    with TABLE.open() as file:
        return {(row.pop("method"), row.pop("path")): row for row in csv.DictReader(file)}


def operations() -> dict[tuple[str, str], Json]:
    document = json.loads(DOCUMENT.read_text())
    return {
        (method.upper(), path): described
        for path, methods in document["paths"].items()
        for method, described in methods.items()
    }


def test_the_table_has_each_route_of_the_document() -> None:
    assert sorted(rows()) == sorted(operations())
    assert {len(row) for row in rows().values()} == {CALLERS}
    assert all(described["x-inlet-right"] for described in operations().values())


class Matrix:
    """Callers of every kind, and requests that would do something if they were let in."""

    def __init__(self, inlet: Deployment) -> None:
        self.inlet = inlet
        self.tokens: dict[str, str] = {}
        self.sessions: dict[str, Session] = {}
        self.without: dict[str, str] = {}
        self.values: dict[str, str] = {"system": "crm", "environment": "production", "attribute": "department"}
        self.values |= {"key": "department", "segment": "sales"}
        self.numbers = itertools.count(1)

    async def prepare(self) -> None:
        inlet = self.inlet
        (await inlet.admin("POST", "/api/v1/systems", {"key": "erp", "name": "ERP"})).good(201)
        number, token = await given_an_integration(inlet, state="active", name="planted-crm")
        self.values |= {"integration": str(number), "number": "1", "user": "u-17", "integration_token": token}
        segment = {"key": "sales", "name": "planted-crm", "condition": CONDITION}
        (await inlet.admin("POST", SEGMENTS, segment)).good(201)
        await self._make_tokens()
        accepted = await post_until(inlet, 202, self.tokens["all"], token)
        self.values["receipt"] = accepted["receipt"]
        await inlet.settled(self.tokens["all"], accepted["receipt"])
        for role in ("viewer", "editor", "admin", "victim"):
            body = {"name": role if role != "admin" else "admin2", "password": PASSWORD}
            made = await inlet.admin("POST", "/api/v1/users", body | {"role": role if role != "victim" else "viewer"})
            self.values[f"id of {role}"] = str(made.good(201).body["id"])
        for role in ("viewer", "editor", "admin"):
            await self.sign_in(role)

    async def _make_tokens(self) -> None:
        inlet = self.inlet
        self.tokens["all"] = await inlet.new_token(*SCOPES)
        self.tokens["other_system"] = await inlet.new_token(*SCOPES, systems=["erp"])
        for scope in SCOPES:
            self.without[scope] = await inlet.new_token(*(each for each in SCOPES if each != scope))
        soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3))
        self.tokens["expired"] = await inlet.new_token(*SCOPES, expires_at=soon)
        self.tokens["revoked"] = await inlet.new_token(*SCOPES)
        listed = (await inlet.admin("GET", "/api/v1/access-tokens?limit=1000")).good(200).body["items"]
        await inlet.delete(f"/api/v1/access-tokens/{listed[-1]['id']}")
        self.values["access_token"] = str(listed[0]["id"] + 2)  # one that nobody here calls with
        self.tokens["unknown"] = new_token("a")

        async def over() -> bool:
            answers = [
                await inlet.with_token(self.tokens[each], "GET", INTEGRATIONS) for each in ("expired", "revoked")
            ]
            return all(answer.status == 401 for answer in answers)

        await eventually(over, "the expired and the revoked token are refused", 10.0)

    async def sign_in(self, role: str) -> Session:
        session = await self.inlet.sign_in(role if role != "admin" else "admin2", PASSWORD)
        assert session is not None
        self.sessions[role] = session
        return session

    async def headers(self, caller: str, path: str, described: Json) -> dict[str, str]:
        """What this kind of caller shows."""
        if caller == "none":
            return {}
        if caller == "malformed":
            return {"Authorization": "Bearer nonsense"}
        if caller == "service":
            return {"Authorization": f"Bearer {self.inlet.service_token}"}
        if caller == "wrong_scope":
            token = self.without.get(described["x-inlet-right"], self.tokens["all"])
            return {"Authorization": f"Bearer {token}"}
        if caller in self.tokens:
            return {"Authorization": f"Bearer {self.tokens[caller]}"}
        role = caller if caller in self.sessions else "admin"
        shown = self.inlet.as_session(self.sessions[role], path)
        if caller == "missing_csrf":
            del shown["X-CSRF-Token"]
        if caller == "foreign_origin":
            shown["Origin"] = "http://evil.test"
        if caller == "expired_session":
            shown |= self._expired()
        return shown

    def _expired(self) -> dict[str, str]:
        """A cookie of the first admin's, signed as the documents say, that was used last 31 minutes ago."""
        key = self.inlet.session_key.encode()
        seen = int((time.time() - 31 * 60) * 1e6)
        body = struct.pack(">IQQ16s", 1, seen, seen, secrets.token_bytes(16))
        cookie = base64.urlsafe_b64encode(body + hmac.digest(key, b"session\0" + body, "sha256")).decode()
        csrf = hmac.digest(key, b"csrf\0" + body[-16:], "sha256").hex()
        return {"Cookie": f"inlet_session={cookie}", "X-CSRF-Token": csrf}

    async def request(self, method: str, path: str, caller: str, described: Json) -> tuple[int, str]:
        """The status, and the text that came with it."""
        values = dict(self.values)
        if path.startswith("/api/v1/users"):
            values["user"] = values["id of victim"]
        if path.endswith("{secret}"):
            values["secret"] = await self._new_secret()
        if path.startswith("/api/v1/session"):  # what is done there ends sessions
            await self.sign_in(caller if caller in self.sessions else "admin")
        for name, value in values.items():
            path = path.replace(f"{{{name}}}", value)
        headers = await self.headers(caller, path, described)
        if any(parameter["name"] == "If-Match" for parameter in described.get("parameters", [])):
            headers["If-Match"] = '"0"'  # whoever is let in changes nothing
        answer = await self.inlet.call(method, path, self.body(method, path), headers=headers)
        text = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        return answer.status, text.decode(errors="replace")

    async def _new_secret(self) -> str:
        path = f"{INTEGRATIONS}/{self.values['integration']}/tokens"
        return str((await self.inlet.admin("POST", path, {})).good(201).body["secret"]["id"])

    def body(self, method: str, path: str) -> Json:
        """A body that would be taken."""
        number = next(self.numbers)
        bodies: Mapping[str, Json] = {
            DATA: {"token": self.values["integration_token"], "data": [{"userId": "u-17", "seats": 1}]},
            "/internal/v1/last-use": {"used": []},
            "/api/v1/preview": {"records": [{"userId": "u"}]},
            "/api/v1/systems": {"key": f"s{number}", "name": f"S {number}"},
            "/api/v1/systems/crm": {"name": "CRM"},
            "/api/v1/systems/crm/environments": {"key": f"e{number}", "name": f"E {number}"},
            "/api/v1/systems/crm/environments/production": {"name": "Production"},
            "/api/v1/systems/crm/attributes": {"key": f"a{number}", "name": f"A {number}", "type": "String"},
            "/api/v1/systems/crm/attributes/department": {"name": "Department"},
            SEGMENTS: {"key": f"g{number}", "name": f"G {number}", "condition": CONDITION},
            f"{SEGMENTS}/sales": {"name": "planted-crm", "condition": CONDITION},
            "/api/v1/members:preview": {"system": "crm", "environment": "production", "condition": CONDITION},
            INTEGRATIONS: {
                "name": f"planted-crm {number}",
                "system": "crm",
                "environment": "production",
                "user_id": {"property": "userId"},
            },
            "/api/v1/access-tokens": {"name": "T", "scopes": ["config:read"]},
            "/api/v1/users": {"name": f"user {number}", "password": PASSWORD, "role": "viewer"},
            "/api/v1/session": {"name": "viewer", "password": PASSWORD},
            "/api/v1/session/password": {"old": PASSWORD, "new": PASSWORD},
        }
        if method in ("GET", "DELETE") or path.rpartition("/")[2] in ("activate", "pause", "resume", "restore"):
            return None
        if path in bodies:
            return bodies[path]
        ends: Mapping[str, Json] = {
            "password": {"password": PASSWORD},
            "tokens": {},
            "rotate": {},
            "duplicate": {"name": f"planted-crm {number}"},
        }
        end = path.rpartition("/")[2]
        if end in ends:
            return ends[end]
        if "/access-tokens/" in path:
            return {"name": "T", "scopes": ["config:read"]}
        if "/users/" in path:
            return {"role": "viewer"}
        return {"name": f"planted-crm {number}", "user_id": {"property": "userId"}}


async def test_every_caller_is_let_in_where_the_table_says_so_and_nowhere_else(deployment: Deployment) -> None:
    # given
    inlet = deployment
    await inlet.start()
    matrix = Matrix(inlet)
    await matrix.prepare()

    # when
    wrong = []
    for (method, path), row in rows().items():
        described = operations()[method, path]
        for caller, expected in row.items():
            status, text = await matrix.request(method, path, caller, described)
            fits = status not in (401, 403, 404) and status < 500 if expected == "ok" else status == int(expected)
            # Whoever reaches another system alone sees nothing of this one.
            if not fits or (caller == "other_system" and "planted-crm" in text):
                wrong.append((method, path, caller, expected, status, text[:200]))

    # then
    assert wrong == []


async def test_tokens_are_found_nowhere_but_where_they_are_shown_once(deployment: Deployment, tmp_path: Path) -> None:
    # given: tokens of both kinds, used and rotated; a post that waits in the queue
    inlet = deployment
    await inlet.start()
    number, token = await given_an_integration(inlet, state="active")
    access = await inlet.new_token("data:write", "receipts:read", "profiles:read")
    accepted = await post_until(inlet, 202, access, token)
    await inlet.settled(access, accepted["receipt"])
    rotated = (await inlet.admin("POST", f"{INTEGRATIONS}/{number}/tokens", {})).good(201).body["token"]
    for path in ("/api/v1/access-tokens", "/api/v1/audit", INTEGRATIONS, f"{INTEGRATIONS}/{number}/tokens"):
        (await inlet.admin("GET", path)).good(200)
    assert inlet.session is not None
    planted = [access, token, rotated, inlet.session.cookie, inlet.session.csrf_token, inlet.service_token, PASSWORD]
    inlet.services["mapper"].kill()
    await post_until(inlet, 202, access, token)

    # then
    for service in inlet.services.values():
        seen = service.output()
        if service.name != "mapper":
            seen += await text_of_metrics(inlet, service.url)
        assert [secret for secret in planted if secret in seen] == [], service.name
    for table, text in (await inlet.tables()).items():
        assert [secret for secret in planted if secret in text] == [], table
    for message in await inlet.messages("inlet.raw"):
        assert [secret for secret in planted if secret.encode() in message] == []
    for shown in (access, token, rotated):
        assert sum(shown.encode() in answer for answer in inlet.answers) == 1
    assert not any(ADMIN in text and PASSWORD in text for text in map(str, inlet.answers))


async def text_of_metrics(inlet: Deployment, url: str) -> str:
    """What a service's /metrics show."""
    answer: Any = await inlet.fetch("GET", url + "/metrics")
    return str(answer.body)
