"""`make overload`: five times what the system can take, for a minute, and what becomes of it.

    python -m tests.overload --seconds 60

What the system can take is measured first. Then one token floods it, once under the default rate and once without any,
while a second token goes on sending a hundredth of what the system can take. The exit code is 1 where a promise broke.
"""

import asyncio
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from tests.bench import machine
from tests.bench.report import table
from tests.bench.servers import Servers, servers
from tests.e2e.deployment import Deployment
from tests.fuzz.checks import MOST_MIB
from tests.overload.sending import Flood, Senders, capacity, flood

_ROLE_PASSWORD = "a password for overload"
_MAX_HELD_MIB = 32
_PROMPT = 0.95

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    seconds: Annotated[float, typer.Option(min=5, max=120, help="How long to flood, each time.")] = 60.0,
    times: Annotated[float, typer.Option(min=1, max=50, help="How much of what it can take.")] = 5.0,
) -> None:
    """Flood Inlet on servers of its own."""
    folder, fine = Path(tempfile.mkdtemp(prefix="inlet-overload-")), False
    try:
        fine = uvloop.run(_overload(seconds, times, folder))
    except asyncio.CancelledError:
        raise typer.Exit(128 + signal.SIGTERM) from None
    finally:
        if fine:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            sys.stderr.write(f"what the services said is in {folder}\n")
    raise typer.Exit(not fine)


async def _overload(seconds: float, times: float, folder: Path) -> bool:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)  # or all the servers would stay behind
    with servers(folder) as backing:
        _say(await machine.describe(backing))
        inlet = Deployment(backing.broker_url, await backing.create_database("overload"), _ROLE_PASSWORD, folder)
        try:
            await inlet.start()
            return await _floods(inlet, backing, seconds, times, folder)
        finally:
            inlet.end()


async def _floods(inlet: Deployment, backing: Servers, seconds: float, times: float, folder: Path) -> bool:
    senders = await Senders.made(inlet, folder)
    most = await capacity(inlet, senders)
    _say(f"What it can take: {most:,.0f} records/s, from the first post to the last commit.")
    floods = [
        await flood(inlet, backing, senders, name, token, records_per_s=times * most, seconds=seconds)
        for name, token in (("default rate", senders.limited), ("no rate", senders.unlimited))
    ]
    _say(_answers(floods))
    _say(_bounds(floods))
    broken = [promise for each in floods for promise in _broken(each)]
    _say("\n".join(broken) or "Every promise was kept.")
    return not broken


def _answers(floods: Sequence[Flood]) -> str:
    """Who was answered what, and how soon."""
    head = (
        "flood",
        "sender",
        "offered posts/s",
        "answered",
        "202",
        "429",
        "503",
        "other",
        "p50 ms",
        "p99 ms",
        "slowest ms",
    )
    rows = []
    for each in floods:
        for sender in (each.flooding, each.steady):
            counts = [sender.outcome.answers.get(status, 0) for status in ("202", "429", "503")]
            other = sum(sender.outcome.answers.values()) - sum(counts) + sender.outcome.lost
            numbers = (*counts, other)
            rows.append(
                (
                    each.name,
                    sender.name,
                    f"{sender.offered_per_s:,.1f}",
                    f"{sender.answered_per_s:,.1f}",
                    *(f"{number:,}" for number in numbers),
                    f"{sender.outcome.p50_ms:,.0f}",
                    f"{sender.outcome.p99_ms:,.0f}",
                    f"{sender.outcome.slowest_ms:,.0f}",
                )
            )
    return table(head, rows)


def _bounds(floods: Sequence[Flood]) -> str:
    """What grew, and what was left."""
    roles = tuple(floods[0].peaks_mib)
    head = (
        "flood",
        "bodies held, MiB",
        "frames waiting",
        *(f"{role}, MiB" for role in roles),
        "drained after, s",
        "lost",
    )
    rows = [
        (
            each.name,
            f"{each.held_mib:,.1f}",
            f"{each.waiting:,}",
            *(f"{each.peaks_mib[role]:,.0f}" for role in roles),
            f"{each.drained_s:,.1f}",
            f"{each.lost:,}",
        )
        for each in floods
    ]
    return table(head, rows)


def _broken(each: Flood) -> list[str]:
    """The promises that a flood broke."""
    found = []
    for sender in (each.flooding, each.steady):
        outcome = sender.outcome
        strange = set(outcome.answers) - {"202", "429", "503"}
        found += [f"{sender.name} was answered {status}" for status in sorted(strange)]
        found += [f"{sender.name}: {outcome.lost} posts were not answered"] * bool(outcome.lost)
        found += [f"{sender.name}: {outcome.late} answers took over 5 s"] * bool(outcome.late)
        found += [f"{sender.name}: {outcome.bare} refusals without Retry-After"] * bool(outcome.bare)
    steady = each.steady.outcome
    if each.is_limited and steady.accepted < _PROMPT * sum(steady.answers.values()):
        found.append(f"the steady sender got 202 for {steady.accepted} of {sum(steady.answers.values())} posts")
    found += [f"{role} needed {peak:.0f} MiB" for role, peak in each.peaks_mib.items() if peak > MOST_MIB]
    found += [f"{each.held_mib:.0f} MiB of bodies were held"] * (each.held_mib > _MAX_HELD_MIB)
    found += [f"{each.lost} batches or records that were answered with 202 are not there"] * bool(each.lost)
    return [f"{each.name}: {what}" for what in found]


def _say(text: str) -> None:
    sys.stdout.write(text + "\n\n")
    sys.stdout.flush()


if __name__ == "__main__":
    app()
