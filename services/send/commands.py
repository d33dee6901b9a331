"""`python -m services send FILE`: exit code 0 all is written, 1 something was rejected, 2 failure, 130 interrupted."""

import asyncio
import os
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from services.send.batches import MAX_RECORDS
from services.send.client import SendError, StoppedError, Tokens
from services.send.csv_rows import Empty
from services.send.rows import InvalidFileError
from services.send.run import Options, Result, run
from services.send.sending import Ledger
from services.send.source import STANDARD_INPUT, Format, format_of, open_source
from services.send.summary import show_summary
from shared.contract import tokens
from shared.contract.tokens import TokenKind

REJECTED, FAILED, INTERRUPTED = 1, 2, 130
_TOKENS = {TokenKind.ACCESS: "INLET_ACCESS_TOKEN", TokenKind.INTEGRATION: "INLET_INTEGRATION_TOKEN"}
_MOST_PARALLEL = 64


File = Annotated[Path, typer.Argument(help="JSON, NDJSON or CSV; - is standard input", show_default=False)]
Url = Annotated[str, typer.Option(envvar="INLET_URL", help="where Inlet answers, such as https://inlet.example")]
FileFormat = Annotated[
    Format | None, typer.Option("--format", help="what FILE is; by default as its suffix says, - is ndjson")
]
Delimiter = Annotated[str, typer.Option(help="what stands between cells of CSV: one character, or tab")]
EmptyCell = Annotated[Empty, typer.Option(help="what an empty cell of CSV becomes: no property, null, or ''")]
Rows = Annotated[int, typer.Option(min=1, max=MAX_RECORDS, help="rows in a request, at most")]
Parallel = Annotated[
    int, typer.Option(min=1, max=_MOST_PARALLEL, help="requests at a time; 1 keeps the order of the rows")
]
Gzip = Annotated[bool, typer.Option("--gzip/--no-gzip", help="compress what is sent")]
Patience = Annotated[float, typer.Option(min=0, help="seconds to keep trying while Inlet does not accept")]
Wait = Annotated[float, typer.Option(min=0, help="seconds to wait for receipts that are pending")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="read no receipts")]
Rejects = Annotated[Path | None, typer.Option(help="file for the rejected rows", show_default="FILE.rejects.ndjson")]


app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.command()
def send(  # noqa: PLR0913 - each is an option of the command line
    file: File,
    *,
    url: Url,
    file_format: FileFormat = None,
    delimiter: Delimiter = ",",
    empty: EmptyCell = Empty.OMIT,
    batch: Rows = 500,
    parallel: Parallel = 1,
    compress: Gzip = True,
    patience: Patience = 600.0,
    wait: Wait = 60.0,
    no_wait: NoWait = False,
    rejects: Rejects = None,
) -> None:
    """Send a file of records, and say what became of them.

    INLET_ACCESS_TOKEN holds an access token (data:write, receipts:read), INLET_INTEGRATION_TOKEN the integration's.
    Rows arrive in the order of the file, and a user's last row counts. With --parallel they arrive in any order: only
    for files in which each user occurs once. After a stop, run the same command again: nothing is counted twice.
    """
    options = Options(
        url=url,
        tokens=Tokens(_token(TokenKind.ACCESS), _token(TokenKind.INTEGRATION)),
        batch=batch,
        parallel=parallel,
        compressed=compress,
        patience_s=patience,
        wait_s=None if no_wait else wait,
        rejects=_rejects(file, rejects),
    )
    ledger = Ledger()
    try:
        with open_source(file, file_format or format_of(file), _delimiter(delimiter), empty) as source:
            result = asyncio.run(run(source, options, ledger))
    except InvalidFileError as error:
        _fail(f"{file} {error}", ledger)
    except OSError as error:
        _fail(f"{error.filename or file}: {error.strerror}", ledger)
    except SendError as error:
        _fail(str(error), ledger)
    except (StoppedError, KeyboardInterrupt, asyncio.CancelledError):
        _end(INTERRUPTED, "stopped", ledger)
    show_summary(Console(), ledger, result)
    raise typer.Exit(_exit_code(ledger, result, options.rejects))


def _exit_code(ledger: Ledger, result: Result, rejects: Path) -> int:
    if result.codes:
        typer.echo(f"rejected rows: {rejects}")
    totals = result.totals
    if totals is not None and totals.pending + totals.failed:
        typer.echo("not everything is written; run the same command again later to see", err=True)
        return FAILED
    rejected = totals is not None and totals.rejected + totals.values_rejected
    return REJECTED if rejected or ledger.malformed or ledger.refused else 0


def _token(kind: TokenKind) -> str:
    token = os.environ.get(_TOKENS[kind], "").strip()
    if not tokens.is_well_formed(token, kind):
        _fail(f"{_TOKENS[kind]} holds no {kind.name.lower()} token")
    return token


def _delimiter(given: str) -> str:
    delimiter = "\t" if given == "tab" else given
    if len(delimiter) != 1 or delimiter in '"\r\n':
        _fail('--delimiter takes one character, but no quote and no line break, or the word "tab"')
    return delimiter


def _rejects(file: Path, given: Path | None) -> Path:
    """Where rejects are written; that it can be is checked before anything is sent."""
    path = given or Path(f"{'stdin' if file == STANDARD_INPUT else file}.rejects.ndjson")
    if path.exists() and file.exists() and path.samefile(file):
        _fail("--rejects names the file that is sent")
    if not os.access(path if path.exists() else path.parent, os.W_OK) or path.is_dir():
        _fail(f"{path} cannot be written; --rejects names another file for the rejected rows")
    return path


def _fail(text: str, ledger: Ledger | None = None) -> NoReturn:
    _end(FAILED, text, ledger)


def _end(code: int, text: str, ledger: Ledger | None) -> NoReturn:
    typer.echo(text, err=True)
    if ledger is not None and ledger.sent:
        done = f"{ledger.records:,} rows were accepted in {len(ledger.sent):,} batches"
        typer.echo(f"{done}; run the same command again to go on, nothing is counted twice", err=True)
    raise typer.Exit(code)
