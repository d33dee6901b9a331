"""A pipeline under measurement, and the conventional one set up as one."""

from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.backing.ports import free_ports
from tests.bench.processes import running, until_consumed, until_ready
from tests.bench.servers import Servers


@dataclass(frozen=True)
class Tokens:
    """What senders present: in the header, in the body."""

    access: str
    integration: str


@dataclass(frozen=True)
class Pipeline:
    """Where to post, and how to see in its database what was committed.

    SQL: `committed` gives the records committed since `forget` emptied the accounts of batches; `contents` gives all
    profiles as user ID, department, title, seats, score and hired (as text); `probe` gives, for a user ID, the
    department. `processes` are the process ids by role.
    """

    name: str
    url: str
    headers: Mapping[str, str]
    database_url: str
    committed: str
    forget: str
    profiles: str
    contents: str
    probe: str
    processes: Mapping[str, int]


def numbered(roles: tuple[str, ...]) -> dict[str, str]:
    """A name for each process: its role, with a number from the second of a role on."""
    names = [
        f"{role}-{number}" if (number := roles[:at].count(role) + 1) > 1 else role for at, role in enumerate(roles)
    ]
    return dict(zip(names, roles, strict=True))


def headers(tokens: Tokens) -> dict[str, str]:
    """The headers that both pipelines want."""
    return {"Authorization": f"Bearer {tokens.access}"}


@asynccontextmanager
async def conventional(
    servers: Servers,
    tokens: Tokens,
    folder: Path,
    database_url: str,
    roles: tuple[str, ...] = ("api", "mapper", "writer"),
) -> AsyncIterator[Pipeline]:
    """Runs the conventional pipeline within the block; a role that is named twice runs twice."""
    (port,) = free_ports(1)
    environment = {
        "BENCH_BROKER_URL": servers.broker_url,
        "BENCH_DATABASE_URL": database_url,
        "BENCH_PORT": str(port),
        "BENCH_ACCESS_TOKEN": tokens.access,
    }
    with ExitStack() as stack:
        pids = {
            name: stack.enter_context(
                running(f"conventional-{name}", ["tests.bench.conventional", role], environment, folder)
            )
            for name, role in numbered(roles).items()
        }
        await until_ready(port)
        await until_consumed(servers.broker_url, "conventional.raw")
        await until_consumed(servers.broker_url, "conventional.mapped")
        yield Pipeline(
            name="conventional",
            url=f"http://127.0.0.1:{port}/public/v1/user/data",
            headers=headers(tokens),
            database_url=database_url,
            committed="SELECT coalesce(sum(records), 0) FROM batches",
            forget="TRUNCATE batches",
            profiles="profiles",
            contents="SELECT user_id, department, title, seats, score, hired::text FROM profiles",
            probe="SELECT department FROM profiles WHERE user_id = $1",
            processes=pids,
        )
