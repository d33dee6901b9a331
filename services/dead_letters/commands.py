"""`python -m services dead-letters`: exit code 0 done, 1 there is no letter of a given id, 2 failure."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, NoReturn, TypeVar

import structlog
import typer

from services.dead_letters import texts
from services.dead_letters.letters import Letter, Origin, Selection
from services.dead_letters.progress import progress
from services.dead_letters.settings import DeadLetterSettings
from services.dead_letters.walk import Queues
from services.dead_letters.work import Act, Found, Pace, Removal, find, look, replay
from shared.contract.receipts import KEY_LENGTH, ReceiptSigner
from shared.runtime.backoff import SYSTEM_TIME
from shared.runtime.broker import UnavailableError
from shared.runtime.settings import InvalidSettingsError
from shared.runtime.transport import open_broker

NOT_FOUND, FAILED = 1, 2

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="What could not be processed and was put aside. INLET_BROKER_URL says where.",
)
T = TypeVar("T")


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise typer.BadParameter("a time of RFC 3339 is needed, such as 2026-11-24T12:00:00Z")
    return time


Queue = Annotated[Origin | None, typer.Option(help="only letters from this queue")]
Code = Annotated[str | None, typer.Option(help="only letters put aside for this reason")]
Receipt = Annotated[str | None, typer.Option(help="only the batch of this receipt: its id, or its key in hexadecimal")]
Integration = Annotated[int | None, typer.Option(help="only batches of this integration")]
Since = Annotated[datetime | None, typer.Option(parser=_time, metavar="TIME", help="only put aside then or later")]
Until = Annotated[datetime | None, typer.Option(parser=_time, metavar="TIME", help="only put aside then or before")]
Limit = Annotated[int | None, typer.Option(min=1, help="no more letters than this")]
Ids = Annotated[list[str] | None, typer.Argument(metavar="ID", help="ids, as `list` shows them")]
All = Annotated[bool, typer.Option("--all", help="every letter")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="only list what is meant")]
Yes = Annotated[bool, typer.Option("--yes", help="do not ask")]
Rate = Annotated[float, typer.Option(min=0.01, help="letters a second")]


@app.command("list")
def list_letters(  # noqa: PLR0913 - every option is a parameter
    *,
    queue: Queue = None,
    code: Code = None,
    receipt: Receipt = None,
    integration: Integration = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a line")] = False,
) -> None:
    """List letters, one a line, and how many there are of each code."""
    settings = _settings()
    selection = Selection(frozenset(), code, _key(settings, receipt), integration, since, until)
    name = _naming(settings)
    show = texts.as_json if as_json else texts.line
    printed = 0

    def report(letter: Letter) -> None:
        nonlocal printed
        if limit is None or printed < limit:
            if not printed and not as_json:
                typer.echo(texts.HEADING)
            typer.echo(show(letter, name, datetime.now(UTC)))
            printed += 1

    found = _run(settings, lambda broker: look(broker, _origins(queue), selection, None, report))
    if not as_json:
        typer.echo(f"# {texts.summary(found.codes)}" + ("" if printed == found.letters else f"; {printed} shown"))


@app.command()
def show(identity: Annotated[str, typer.Argument(metavar="ID", help="as `list` shows it")]) -> None:
    """Show one letter: its headers, the heads of its batches, their first records."""
    settings = _settings()
    letter = _run(settings, lambda broker: find(broker, identity))
    if letter is None:
        typer.echo(f"there is no letter {identity}", err=True)
        raise typer.Exit(NOT_FOUND)
    for line in texts.details(letter, _naming(settings)):
        typer.echo(line)


@app.command("replay")
def replay_letters(  # noqa: PLR0913 - every option is a parameter
    ids: Ids = None,
    *,
    queue: Queue = None,
    code: Code = None,
    receipt: Receipt = None,
    integration: Integration = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = None,
    everything: All = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    rate: Rate = 50.0,
) -> None:
    """Put letters back into the queue that they came from; a batch that is written already is not counted again."""
    settings = _settings()
    selection = Selection(frozenset(ids or ()), code, _key(settings, receipt), integration, since, until)
    _require_choice(selection, queue, limit, everything=everything)
    order = _Order("replay", "replayed", selection, _origins(queue), limit, rate)
    _carry_out(settings, order, lambda broker: partial(replay, broker), dry_run=dry_run, yes=yes)


@app.command()
def drop(  # noqa: PLR0913 - every option is a parameter
    ids: Ids = None,
    *,
    queue: Queue = None,
    code: Code = None,
    receipt: Receipt = None,
    integration: Integration = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = None,
    everything: All = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    rate: Rate = 1000.0,
) -> None:
    """Delete letters for good; the receipts of their batches stay as they are."""
    settings = _settings()
    selection = Selection(frozenset(ids or ()), code, _key(settings, receipt), integration, since, until)
    _require_choice(selection, queue, limit, everything=everything)
    order = _Order("drop", "dropped", selection, _origins(queue), limit, rate)
    _carry_out(settings, order, lambda _: None, dry_run=dry_run, yes=yes)


@dataclass(frozen=True)
class _Order:
    """What is to be done, and with which letters."""

    verb: str
    done: str
    selection: Selection
    origins: Iterable[Origin]
    limit: int | None
    rate: float


def _carry_out(
    settings: DeadLetterSettings, order: _Order, act: Callable[[Queues], Act | None], *, dry_run: bool, yes: bool
) -> None:
    """Finds the letters, asks, and takes them out. What comes to the queues meanwhile is left alone."""
    name = _naming(settings)

    def report(letter: Letter) -> None:
        if dry_run:
            typer.echo(texts.line(letter, name, datetime.now(UTC)))

    found = _run(settings, lambda broker: look(broker, order.origins, order.selection, order.limit, report))
    missing = order.selection.ids.difference(*found.ids.values())
    for identity in sorted(missing):
        typer.echo(f"there is no such letter: {identity}", err=True)
    if dry_run or not found.letters:
        typer.echo(f"# to {order.verb}: {texts.summary(found.codes)}")
    else:
        _confirm(f"{order.verb} {texts.summary(found.codes)}?", yes=yes)
        _take_out(settings, order, found, act)
    if missing:
        raise typer.Exit(NOT_FOUND)


def _take_out(settings: DeadLetterSettings, order: _Order, found: Found, act: Callable[[Queues], Act | None]) -> None:
    done = 0

    async def work(broker: Queues) -> None:
        with progress(order.done, found.letters) as advance:

            def report() -> None:
                nonlocal done
                done += 1
                advance()

            await Removal(broker, act(broker), Pace(order.rate, SYSTEM_TIME), report).run(found)

    _run(settings, work, lambda: f"{done} of {texts.letters(found.letters)} {order.done}, the rest is still there: ")
    gone = found.letters - done
    typer.echo(f"# {order.done}: {texts.letters(done)}" + (f"; {gone} are not there any more" if gone else ""))


def _require_choice(selection: Selection, queue: Origin | None, limit: int | None, *, everything: bool) -> None:
    if selection == Selection() and queue is None and limit is None and not everything:
        _fail("say which letters: ids, filters, or --all")


def _confirm(question: str, *, yes: bool) -> None:
    try:
        confirmed = yes or typer.confirm(question, err=True)
    except typer.Abort:
        confirmed = False
    if not confirmed:
        _fail("nothing was done")


def _origins(queue: Origin | None) -> Iterable[Origin]:
    return Origin if queue is None else (queue,)


def _naming(settings: DeadLetterSettings) -> texts.NameOf:
    """Receipts as senders know them, if the secret is known."""
    if settings.receipt_key is None:
        typer.echo("# INLET_RECEIPT_KEY is not set: receipts are named by their keys, in hexadecimal", err=True)
        return bytes.hex
    return ReceiptSigner(settings.receipt_key.get_secret_value().encode()).text


def _key(settings: DeadLetterSettings, receipt: str | None) -> bytes | None:
    """The key of a receipt that is named either way."""
    if receipt is None:
        return None
    try:
        key = bytes.fromhex(receipt)
    except ValueError:
        if settings.receipt_key is None:
            _fail("--receipt: a receipt's id needs INLET_RECEIPT_KEY to be set")
        read = ReceiptSigner(settings.receipt_key.get_secret_value().encode()).read(receipt)
        if read is None:
            _fail("--receipt: this id was not issued here")
        return read
    if len(key) != KEY_LENGTH:
        _fail(f"--receipt: a key is {KEY_LENGTH} bytes long")
    return key


def _settings() -> DeadLetterSettings:
    try:
        return DeadLetterSettings.read()
    except InvalidSettingsError as error:
        _fail(str(error))


def _fail(line: str) -> NoReturn:
    typer.echo(f"inlet: {line}", err=True)
    raise typer.Exit(FAILED)


def _run(
    settings: DeadLetterSettings, work: Callable[[Queues], Awaitable[T]], so_far: Callable[[], str] = lambda: ""
) -> T:
    """What the work returns. A failure ends the command with one line, which begins with what was done so far."""
    # What connections log would get in between the lines; what matters of it is raised.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable()

    async def run() -> T:
        broker = await open_broker(settings)
        try:
            return await work(broker)
        finally:
            await broker.close()

    try:
        return asyncio.run(run())
    except UnavailableError as error:
        _fail(f"{so_far()}{error}")
    except KeyboardInterrupt:
        _fail(f"{so_far()}stopped")
