"""`make chaos-mutants`: the harness sees what it is there to see.

Each mutant is Inlet with one promise broken by a small edit, in a copy of the tree; a minute of faults has to end with
a finding of the check that is named beside it.
"""

import asyncio
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from tests.chaos.kinds import chosen
from tests.chaos.run import Plan, run
from tests.chaos.schedule import schedule
from tests.e2e.process import ROOT

_STORE = "services/profile_writer/store.py"
_WORKER = "shared/runtime/worker.py"
_AMQP = "shared/runtime/amqp.py"
_SNAPSHOT = "shared/runtime/snapshot.py"
_MINUTES = 1.0
_RECORDS_PER_S = 600
_PATIENCE_S = 15.0
"""Where a record is lost, it is waited for in vain."""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@dataclass(frozen=True)
class Edit:
    """`before` stands exactly once in the file."""

    file: str
    before: str
    after: str


@dataclass(frozen=True)
class Mutant:
    """What is broken, the check that has to see it, and the kinds of faults and the seed under which it shows."""

    name: str
    check: str
    kinds: str
    edits: tuple[Edit, ...]
    seed: int = 1


_NO_ACK_NEEDED = Edit(_AMQP, "if not isinstance(result, spec.Basic.Ack):", "if result is NotImplemented:")
MUTANTS = (
    Mutant(
        "version guard removed",
        "stale",
        "frames twice,kill -9 profile-writer",
        (Edit(_STORE, "WHERE p.stamp < EXCLUDED.oldest\n", "WHERE p.stamp IS NOT NULL\n"),),
    ),
    Mutant(
        "compared with the state before the wait",
        "stale",
        "lock held,delay to database",
        (
            Edit(
                _STORE,
                "WHERE p.stamp < EXCLUDED.oldest\n",
                """WHERE coalesce((
        SELECT before.stamp FROM profiles.profiles before
        WHERE before.environment_id = EXCLUDED.environment_id AND before.user_id = EXCLUDED.user_id), ''
    ) < EXCLUDED.oldest\n""",
            ),
        ),
    ),
    Mutant(
        "confirms off",
        "lost",
        "broker kill,queue deleted,reset at broker",
        (
            Edit(
                _AMQP,
                "channel = await open_channel(connection)\n",
                "channel = await open_channel(connection, confirms=False)\n",
            ),
            _NO_ACK_NEEDED,
        ),
    ),
    Mutant(
        "ack before commit",
        "lost",
        "kill -9 profile-writer,kill -9 mapper,lock held",
        (
            Edit(
                _WORKER,
                """        if batches:
            await self._publish_out(await self._handle(batches))
        for delivery in handled:
            await delivery.ack()
""",
                """        for delivery in handled:
            await delivery.ack()
        if batches:
            await self._publish_out(await self._handle(batches))
""",
            ),
        ),
        seed=2,  # writers are killed while they wait for the lock
    ),
    Mutant(
        "sort removed",
        "deadlocks",
        "lock held,SIGSTOP profile-writer",
        (
            Edit(
                "services/profile_writer/fold.py",
                "in sorted(group(batches).items())\n        for user in sorted(users)",
                "in group(batches).items()\n        for user in users",
            ),
        ),
        seed=2,  # under the first, two writers meet on a slow machine only
    ),
    Mutant(
        "receipt counts not guarded",
        "double-counted",
        "frames twice,kill -9 profile-writer",
        (
            Edit(
                _STORE,
                "WHERE r.state = 'failed' AND EXCLUDED.state = 'written'",
                "WHERE EXCLUDED.state = 'written'",
            ),
        ),
    ),
    Mutant(
        "answers sent before the confirm",
        "lost",
        "broker kill,kill -9 gateway,reset at broker",
        (
            Edit(
                "services/gateway/coalesce.py",
                "            frame = self._waiting.popleft()\n",
                "            frame = self._waiting.popleft()\n            frame.settle(None)\n",
            ),
        ),
    ),
    Mutant(
        "snapshot never refreshed",
        "revocation",
        "kill -9 mapper,delay to broker",
        (
            Edit(
                _SNAPSHOT,
                "        async with self._refreshing:\n",
                "        if self.current is not None and len(self.current.access_tokens) > 1:\n"
                "            return\n"
                "        async with self._refreshing:\n",
            ),
        ),
    ),
    Mutant(
        "unroutable accepted",
        "lost",
        "queue deleted",
        (
            Edit(
                _AMQP,
                "target, mandatory = channel.default_exchange, True",
                "target, mandatory = channel.default_exchange, False",
            ),
        ),
    ),
    Mutant(
        "revision ignored",
        "revision",
        "kill -9 gateway,delay to broker",
        (
            Edit(
                "services/mapper/handler.py",
                "plan = self._plans.get((integration, number))\n",
                "plan: Plan | None = None\n",
            ),
            Edit(
                _SNAPSHOT,
                "        if self.current is not None and (known :="
                " self.current.revisions.get((integration, number))):\n"
                "            return known\n",
                "        if self.current is not None:\n"
                "            for revision in self.current.revisions.values():\n"
                "                if revision.integration == integration:\n"
                "                    return revision\n",
            ),
        ),
    ),
)


@app.command()
def main(
    only: Annotated[str, typer.Option(help="Only mutants whose name holds this.")] = "",
) -> None:
    """Run each mutant for a minute; fails if one of them is not caught by its check."""
    missed = [mutant.name for mutant in MUTANTS if only in mutant.name and not _caught(mutant)]
    if missed:
        typer.echo(f"not caught: {', '.join(missed)}")
        raise typer.Exit(1)


def _caught(mutant: Mutant) -> bool:
    """Whether its check found something."""
    with tempfile.TemporaryDirectory(prefix="inlet-chaos-mutant-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        _mutate(folder / "code", mutant)
        rounds = schedule(chosen(mutant.kinds), mutant.seed, _MINUTES, of_each=0)
        plan = Plan(
            mutant.seed, rounds, _RECORDS_PER_S, 1, 1, folder / "run", folder / "code", lambda _: None, _PATIENCE_S
        )
        outcome = asyncio.run(run(plan))
    found = {check: len(texts) for check, texts in outcome.findings.items() if texts}
    caught = mutant.check in found
    first = outcome.findings[mutant.check][0][:200] if caught else ""
    typer.echo(f"{'caught' if caught else 'MISSED'}  {mutant.name}, by {mutant.check}: {found}  {first}")
    return caught


def _mutate(code: Path, mutant: Mutant) -> None:
    """A copy of the tree's services with the edits. Raises `ValueError` where one does not fit any more."""
    for part in ("services", "shared"):
        shutil.copytree(ROOT / part, code / part, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
    for edit in mutant.edits:
        file = code / edit.file
        text = file.read_text()
        if text.count(edit.before) != 1:
            raise ValueError(f"{mutant.name}: {edit.file} does not hold exactly once: {edit.before}")
        file.write_text(text.replace(edit.before, edit.after))


if __name__ == "__main__":
    app()
