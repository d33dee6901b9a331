"""`python -m services config export | diff | apply`: exit code 0 nothing to do or done, 1 differences, 2 failure."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Annotated, NoReturn, TypeVar

import aiohttp
import typer

from services.config_as_code.client import ApiError, ConfigApi
from services.config_as_code.differences import Comparison, Difference, compare
from services.config_as_code.document import Document
from services.config_as_code.reading import MAX_BYTES, Flaw, InvalidFileError, Source, read, write
from shared.contract import tokens
from shared.contract.tokens import TokenKind

DIFFERENT, FAILED = 1, 2
TOKEN = "INLET_ADMIN_TOKEN"  # noqa: S105 - the name of a variable; the command line would show the token to everybody

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help=f"Definitions as a file. {TOKEN} holds an access token.",
)
Url = Annotated[
    str, typer.Option(envvar="INLET_URL", help="where the config API answers, such as http://127.0.0.1:8083")
]
Target = Annotated[Path | None, typer.Argument(help="where to write; if absent, to standard output")]
File = Annotated[Path, typer.Argument(help="a file of definitions, in YAML")]
Prune = Annotated[bool, typer.Option("--prune", help="delete what of the file's systems it does not name")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="only say what would be done")]

T = TypeVar("T")


@app.command()
def export(url: Url, file: Target = None) -> None:
    """Write all definitions as YAML; no tokens, no users."""
    text = write(_run(url, ConfigApi.document)).encode()
    if file is None:
        typer.echo(text, nl=False)
        return
    try:
        file.write_bytes(text)
    except OSError as error:
        _fail([f"{file}: {error.strerror}"])


@app.command()
def diff(url: Url, file: File, *, prune: Prune = False) -> None:
    """Say what apply would change; exit code 1 if anything."""
    source = _read(file)
    comparison = _compared(file, source, _run(url, ConfigApi.document), prune=prune)
    _print(comparison.differences)
    if comparison.differences:
        raise typer.Exit(DIFFERENT)


@app.command()
def apply(url: Url, file: File, *, dry_run: DryRun = False, prune: Prune = False) -> None:
    """Make the definitions as the file says; systems and environments are never deleted."""
    source = _read(file)

    async def change(api: ConfigApi) -> None:
        comparison = _compared(file, source, await api.document(), prune=prune)
        if dry_run:
            _print(comparison.differences)
        else:
            await _make(api, comparison.differences)

    _run(url, change)


async def _make(api: ConfigApi, differences: list[Difference]) -> None:
    """Makes one after the other, and says so of each. A failure ends it; those before it stay made."""
    for done, difference in enumerate(differences):
        try:
            await api.make(difference)
        except ApiError as error:
            rest = [f"not made: {line}" for each in differences[done:] for line in each.lines()]
            made = f"changes made: {done} of {len(differences)}; run again, apply goes on from there"
            _fail([str(error), *rest, made])
        _print([difference])
    typer.echo(f"# changes made: {len(differences)}")


def _compared(file: Path, source: Source, have: Document, *, prune: bool) -> Comparison:
    comparison = compare(have, source.document, prune=prune)
    if comparison.impossible:
        _refuse(file, [source.flaw(path, message) for path, message in comparison.impossible])
    for identity in comparison.left:
        typer.echo(f"# not in the file, stays as it is: {identity}")
    return comparison


def _print(differences: Iterable[Difference]) -> None:
    for difference in differences:
        for line in difference.lines():
            typer.echo(line)


def _read(file: Path) -> Source:
    try:
        with file.open("rb") as stream:
            return read(stream.read(MAX_BYTES + 1))
    except InvalidFileError as error:
        _refuse(file, error.flaws)
    except OSError as error:
        _fail([f"{file}: {error.strerror}"])


def _refuse(file: Path, flaws: Iterable[Flaw]) -> NoReturn:
    _fail([f"{file}:{flaw.line}: {flaw.field}: {flaw.message}" for flaw in flaws])


def _fail(lines: Iterable[str]) -> NoReturn:
    for line in lines:
        typer.echo(line, err=True)
    raise typer.Exit(FAILED)


def _run(url: str, work: Callable[[ConfigApi], Awaitable[T]]) -> T:
    token = os.environ.get(TOKEN, "").strip()
    if not tokens.is_well_formed(token, TokenKind.ACCESS):
        _fail([f"{TOKEN} holds no access token"])

    async def run() -> T:
        async with aiohttp.ClientSession() as session:
            return await work(ConfigApi(session, url, token))

    try:
        return asyncio.run(run())
    except ApiError as error:
        _fail([str(error)])
