"""Inlet set up as a pipeline: its services as processes, everything on."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from shared.contract import tokens as token_format
from shared.contract.definitions import (
    AccessToken,
    Attribute,
    AttributeType,
    Environment,
    Integration,
    IntegrationState,
    PropertyMapping,
    Revision,
    Scope,
    Secret,
    Snapshot,
    System,
    UserIdRule,
)
from shared.contract.topology import RAW
from tests.backing.ports import free_ports
from tests.bench.pipeline import Pipeline, Tokens, headers, numbered
from tests.bench.processes import finished, purge, running, until_ready
from tests.bench.servers import Servers

_DATABASE = "inlet"
_ROLE = "inlet_profile_writer"
PROPERTIES = {
    "department": AttributeType.STRING,
    "title": AttributeType.STRING,
    "seats": AttributeType.NUMBER,
    "score": AttributeType.NUMBER,
    "hired": AttributeType.DATE,
}
_CONTENTS = """
SELECT user_id, attributes ->> '1', attributes ->> '2', (attributes ->> '3')::bigint, (attributes ->> '4')::float8,
    attributes ->> '5'
FROM profiles.profiles
"""


def make_tokens() -> Tokens:
    """Tokens of Inlet's form; to the conventional pipeline they are just text."""
    return Tokens(
        token_format.make(token_format.TokenKind.ACCESS), token_format.make(token_format.TokenKind.INTEGRATION)
    )


def snapshot(
    tokens: Tokens, *, history: bool = False, properties: Mapping[str, AttributeType] = PROPERTIES
) -> Snapshot:
    """The definitions: one integration that feeds an attribute a property, numbered from 1."""
    numbered = list(enumerate(properties.items(), 1))
    return Snapshot(
        version=1,
        systems=(System(id=1, key="bench", name="Bench"),),
        environments=(Environment(id=1, system=1, key="production", name="Production", history=history),),
        attributes=tuple(Attribute(id=n, system=1, key=name, name=name, type=type_) for n, (name, type_) in numbered),
        integrations=(
            Integration(
                id=1,
                name="Bench",
                system=1,
                environment=1,
                state=IntegrationState.ACTIVE,
                revision=1,
                tokens=(Secret(sha256=token_format.digest(tokens.integration)),),
            ),
        ),
        revisions=(
            Revision(
                integration=1,
                number=1,
                environment=1,
                user_id=UserIdRule(property="userId"),
                mappings=tuple(
                    PropertyMapping(property=name, attribute=n, type=type_) for n, (name, type_) in numbered
                ),
            ),
        ),
        access_tokens=(
            AccessToken(
                id=1, secrets=(Secret(sha256=token_format.digest(tokens.access)),), scopes=frozenset({Scope.DATA_WRITE})
            ),
        ),
    )


@dataclass(frozen=True)
class Installation:
    """A migrated database and the environment of every service."""

    servers: Servers
    tokens: Tokens
    folder: Path
    environment: dict[str, str]
    database_url: str


async def install(servers: Servers, tokens: Tokens, folder: Path) -> Installation:
    """Makes the database, runs `migrate`, writes the snapshot."""
    password = secrets.token_urlsafe(24)
    database_url = await _migrated(servers, _DATABASE, password, folder)
    file = folder / "snapshot.json"
    file.write_text(snapshot(tokens).model_dump_json())
    environment = {
        "INLET_BROKER_URL": servers.broker_url,
        "INLET_DATABASE_URL": servers.postgres.url(_DATABASE, _ROLE, password),
        "INLET_SNAPSHOT_FILE": str(file),
        "INLET_RECEIPT_KEY": secrets.token_urlsafe(24),
        "INLET_SESSION_KEY": secrets.token_urlsafe(24),
        "INLET_RECORDS_PER_S": "0",
    }
    return Installation(servers, tokens, folder, environment, database_url)


def variant(installation: Installation, *, feed: bool, history: bool) -> Installation:
    """The same installation with the feed of changes, and with a history, or without."""
    name = f"snapshot-{'with' if history else 'without'}-history"
    varied = defined(installation, name, snapshot(installation.tokens, history=history))
    return varied if feed else replace(varied, environment=varied.environment | {"INLET_CHANGES_DAYS": "0"})


async def statement_database(installation: Installation) -> str:
    """A second database with Inlet's schema; returns the owner's URL."""
    return await _migrated(installation.servers, "statement", _password(installation), installation.folder)


async def beside(installation: Installation, name: str) -> Installation:
    """The same with another database of that name."""
    password = _password(installation)
    database_url = await _migrated(installation.servers, name, password, installation.folder)
    own = {"INLET_DATABASE_URL": installation.servers.postgres.url(name, _ROLE, password)}
    return replace(installation, environment=installation.environment | own, database_url=database_url)


def defined(installation: Installation, name: str, definitions: Snapshot) -> Installation:
    """The same with other definitions, kept in a file of that name."""
    file = installation.folder / f"{name}.json"
    file.write_text(definitions.model_dump_json())
    return replace(installation, environment=installation.environment | {"INLET_SNAPSHOT_FILE": str(file)})


def _password(installation: Installation) -> str:
    return urlsplit(installation.environment["INLET_DATABASE_URL"]).password or ""


async def _migrated(servers: Servers, name: str, password: str, folder: Path) -> str:
    url = await servers.create_database(name)
    environment = {
        "INLET_MIGRATE_URL": url,
        "INLET_CONFIG_API_PASSWORD": secrets.token_hex(16),
        "INLET_PROFILE_WRITER_PASSWORD": password,
        "INLET_PROFILE_API_PASSWORD": secrets.token_hex(16),
    }
    await finished(f"migrate-{name}", ["services", "migrate"], environment, folder)
    return url


@asynccontextmanager
async def pipeline(inlet: Installation, roles: tuple[str, ...]) -> AsyncIterator[Pipeline]:
    """Runs the named services, the gateway among them, within the block; one that is named twice runs twice.

    A gateway measured without a mapper leaves all that it accepted in the queue: that is thrown away on leaving.
    """
    names = numbered(roles)
    ports = dict(zip(names, free_ports(len(roles)), strict=True))
    with ExitStack() as stack:
        pids = {
            name: stack.enter_context(
                running(
                    f"inlet-{name}",
                    ["services", names[name]],
                    {
                        **inlet.environment,
                        "INLET_PORT": str(port),
                        "INLET_SNAPSHOT_CACHE": str(inlet.folder / f"{name}.cache"),
                    },
                    inlet.folder,
                )
            )
            for name, port in ports.items()
        }
        await asyncio.gather(*(until_ready(port) for port in ports.values()))
        yield Pipeline(
            name="Inlet",
            url=f"http://127.0.0.1:{ports['gateway']}/public/v1/user/data",
            headers=headers(inlet.tokens),
            database_url=inlet.database_url,
            committed="SELECT coalesce(sum(written), 0) FROM profiles.receipts",
            forget="TRUNCATE profiles.receipts, profiles.rejects, profiles.rejected_records",
            profiles="profiles.profiles",
            contents=_CONTENTS,
            probe="SELECT attributes ->> '1' FROM profiles.profiles WHERE user_id = $1",
            processes=pids,
        )
        if "mapper" not in roles:
            await purge(inlet.servers.broker_url, RAW.name)
