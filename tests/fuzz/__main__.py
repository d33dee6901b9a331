"""`make fuzz`: hostile posts and hostile frames against all of Inlet, on servers of its own.

    python -m tests.fuzz --minutes 30 --seed 7

Posts go to the endpoint, frames straight into the queues, on RabbitMQ and then on the queues in PostgreSQL. What must
hold: no 5xx but 503 with Retry-After, no wait over 10 s, no process that ends or grows over 200 MiB; what cannot be
read is a dead letter once, and the good records beside the bad ones are merged. A fault is printed with the seed and
the number that make it again; the exit code is 1.
"""

import asyncio
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from tests.bench.servers import servers
from tests.e2e.deployment import Deployment
from tests.fuzz import checks
from tests.fuzz.definitions import define, placed
from tests.fuzz.findings import Findings
from tests.fuzz.publisher import Publisher
from tests.fuzz.queues import opened
from tests.fuzz.sender import Sender

_ROLE_PASSWORD = "a password for fuzzing"
_BODY_TIMEOUT_S = "2"
_SHARES = {"rabbitmq": (0.65, 0.2), "tables": (0.1, 0.05)}
"""How much of all there are of posts and of frames, with the queues there."""
_ANY_NUMBER = 1_000_000_000

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@dataclass(frozen=True)
class Plan:
    """How long to send and how much at most; what follows from `seed` is always the same."""

    seconds: float
    inputs: int
    seed: str

    def share(self, of_all: float) -> "Plan":
        """A part of the time and of the inputs."""
        return Plan(self.seconds * of_all, round(self.inputs * of_all), self.seed)


@app.command()
def main(
    minutes: Annotated[float, typer.Option(min=0.1, max=120, help="How long to send.")] = 30.0,
    inputs: Annotated[int, typer.Option(min=0, help="How many to send; 0: as many as there is time for.")] = 0,
    seed: Annotated[str, typer.Option(help="What the inputs follow from.")] = "",
) -> None:
    """Send hostile input until the time is up, then look at what came of it. Too few inputs are a fault."""
    findings = Findings()
    plan = Plan(minutes * 60, inputs or _ANY_NUMBER, seed or f"{time.time_ns()}")
    sys.stdout.write(f"seed {plan.seed}\n")
    folder = Path(tempfile.mkdtemp(prefix="inlet-fuzz-"))
    try:
        uvloop.run(_fuzz(plan, folder, findings))
    except asyncio.CancelledError:
        raise typer.Exit(128 + signal.SIGTERM) from None
    finally:
        if findings.faults:
            sys.stderr.write(f"what the services said is in {folder}\n")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    sent = sum(findings.counts[kind] for kind in ("posts", "frames", "bodies not sent to their end"))
    findings.check(sent >= inputs, f"{sent:,} inputs, not {inputs:,}: there was no time for more")
    for name, count in sorted(findings.counts.items()):
        sys.stdout.write(f"{count:>9,}  {name}\n")
    sys.stdout.write(f"{len(findings.faults)} faults\n")
    raise typer.Exit(bool(findings.faults))


async def _fuzz(plan: Plan, folder: Path, findings: Findings) -> None:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)  # or all the servers would stay behind
    with servers(folder) as backing:
        for name, (posts, frames) in _SHARES.items():
            database = await backing.create_database(name)
            (folder / name).mkdir()
            broker_url = backing.broker_url if name == "rabbitmq" else ""
            inlet = Deployment(broker_url, database, _ROLE_PASSWORD, folder / name)
            try:
                await inlet.start(body_timeout_s=_BODY_TIMEOUT_S)
                await _round(plan.share(posts), plan.share(frames), inlet, findings)
            finally:
                inlet.end()


async def _round(posts: Plan, frames: Plan, inlet: Deployment, findings: Findings) -> None:
    """Posts, then frames, then what came of both."""
    given = await define(inlet)
    place = await placed(inlet)
    sender = Sender(inlet.services["gateway"].url, given, posts.seed, findings)
    await sender.run(time.monotonic() + posts.seconds, posts.inputs)
    await checks.accounted_for(inlet, sender.accepted, findings)
    checks.quiet(inlet, findings)
    async with opened(inlet.broker_url, inlet.database_url) as queues:
        publisher = Publisher(queues, place, frames.seed, findings)
        await publisher.run(time.monotonic() + frames.seconds, frames.inputs)
    await checks.merged(inlet, [*sender.accepted.good, *publisher.good], place, findings)
    await checks.readable(inlet, given.access, sender.accepted, findings)
    checks.alive(inlet, findings)


if __name__ == "__main__":
    app()
