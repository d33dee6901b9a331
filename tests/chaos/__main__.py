"""`make chaos`: nothing that was answered with 202 is lost, nothing older overwrites what is newer, whatever fails.

Everything runs on this machine, on ports of its own. A run can be repeated from its seed.
"""

import asyncio
import shutil
import tempfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tests.chaos.kinds import chosen
from tests.chaos.run import Plan, run
from tests.chaos.schedule import Round, schedule
from tests.e2e.process import ROOT

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class Profile(StrEnum):
    """`ci` has every kind of fault once, `long` three times; `any` takes what is chosen, and asks for little."""

    CI = "ci"
    LONG = "long"
    ANY = "any"


@dataclass(frozen=True)
class _Least:
    """What a run of a profile has to show: acknowledged records, faults, and faults of each kind."""

    records: int
    faults: int
    of_each: int


_LEAST = {
    Profile.CI: _Least(100_000, 40, 1),
    Profile.LONG: _Least(500_000, 120, 3),
    Profile.ANY: _Least(1, 1, 0),
}


@app.command()
def main(  # noqa: PLR0917 - options of a command
    profile: Annotated[Profile, typer.Option(help="How much has to be shown.")] = Profile.CI,
    seed: Annotated[int, typer.Option(help="Of the schedule and of what is sent.")] = 1,
    minutes: Annotated[
        float, typer.Option(help="How long faults go on; longer where the profile's kinds need it.")
    ] = 1.0,
    records_per_s: Annotated[int, typer.Option(min=10, help="The load.")] = 600,
    kinds: Annotated[str, typer.Option(help="Only kinds of faults that begin with one of these, by commas.")] = "",
    code: Annotated[Path, typer.Option(help="The tree whose services run.")] = ROOT,
    *,
    dry_run: Annotated[bool, typer.Option(help="Only print the schedule.")] = False,
) -> None:
    """Run Inlet under load and faults, then hold the database against what was answered."""
    least = _LEAST[profile]
    rounds = schedule(chosen(kinds), seed, minutes, of_each=least.of_each)
    _show(rounds)
    if dry_run:
        return
    folder = Path(tempfile.mkdtemp(prefix="inlet-chaos-"))
    typer.echo(f"logs, and in the end the journal, are in {folder}")
    plan = Plan(seed, rounds, records_per_s, least.records, least.faults, folder, code, typer.echo)
    outcome = asyncio.run(run(plan))
    typer.echo(outcome.table())
    if outcome.good:
        shutil.rmtree(folder, ignore_errors=True)
        return
    typer.echo(outcome.details())
    raise typer.Exit(1)


def _show(rounds: list[Round]) -> None:
    for number, round_ in enumerate(rounds, 1):
        typer.echo(f"round {number}" + (f", then a {round_.change} is changed" if round_.change else ""))
        for planned in round_.faults:
            typer.echo(f"  {planned}")


if __name__ == "__main__":
    app()
