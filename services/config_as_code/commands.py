"""`python -m services config export | diff | apply`: exit code 0 nothing to do or done, 1 differences, 2 failure."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated, NoReturn

import aiohttp
import typer

from services.config_as_code.client import ApiError, ConfigApi
from services.config_as_code.differences import Comparison, compare
from services.config_as_code.document import Document
from services.config_as_code.reading import Flaw, InvalidFileError, Source, read, write

DIFFERENT, FAILED = 1, 2

app = typer.Typer(no_args_is_help=True, help="Definitions as a file.")
Url = Annotated[str, typer.Option(envvar="INLET_URL", help="where Inlet is, such as http://127.0.0.1:8080")]
Token = Annotated[str, typer.Option(envvar="INLET_ADMIN_TOKEN", help="an access token", show_envvar=True)]
Target = Annotated[Path | None, typer.Argument(help="where to write; if absent, to standard output")]
File = Annotated[Path, typer.Argument(help="a file of definitions, in YAML")]


@app.command()
def export(url: Url, token: Token, file: Target = None) -> None:
    """Write all definitions as YAML; no tokens, no users."""
    text = write(_run(url, token, ConfigApi.document))
    if file is None:
        sys.stdout.write(text)
    else:
        file.write_text(text, encoding="utf-8")


@app.command()
def diff(url: Url, token: Token, file: File, *, prune: bool = False) -> None:
    """Say what apply would change; exit code 1 if anything."""
    source = _read(file)
    comparison = _compared(file, source, _run(url, token, ConfigApi.document), prune=prune)
    if comparison.differences:
        raise typer.Exit(DIFFERENT)


@app.command()
def apply(url: Url, token: Token, file: File, *, dry_run: bool = False, prune: bool = False) -> None:
    """Make the definitions as the file says.

    With --prune, integrations and attributes of its systems that it does not name are deleted; systems and
    environments never are.
    """
    source = _read(file)

    async def change(api: ConfigApi) -> None:
        comparison = _compared(file, source, await api.document(), prune=prune)
        done = 0
        for difference in () if dry_run else comparison.differences:
            try:
                await api.make(difference)
            except ApiError as error:
                made = f"{done} of {len(comparison.differences)} changes are made; run it again"
                _fail(f"{error}\nstopped at: {next(difference.lines())}\n{made}")
            done += 1
        typer.echo(f"{done} changes made")

    _run(url, token, change)


def _compared(file: Path, source: Source, have: Document, *, prune: bool) -> Comparison:
    comparison = compare(have, source.document, prune=prune)
    if comparison.impossible:
        _refuse(file, [source.flaw(path, message) for path, message in comparison.impossible])
    for difference in comparison.differences:
        for line in difference.lines():
            typer.echo(line)
    for difference in comparison.unnamed:
        typer.echo(f"# not in the file: {next(difference.lines())[2:]}")
    return comparison


def _read(file: Path) -> Source:
    try:
        return read(file.read_bytes())
    except InvalidFileError as error:
        _refuse(file, error.flaws)
    except OSError as error:
        _fail(f"{file}: {error.strerror}")


def _refuse(file: Path, flaws: Sequence[Flaw]) -> NoReturn:
    _fail("\n".join(f"{file}:{flaw.line}: {flaw.field}: {flaw.message}" for flaw in flaws))


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(FAILED)


def _run(url: str, token: str, work: Callable[[ConfigApi], Awaitable[Document | None]]) -> Document:
    async def run() -> Document:
        async with aiohttp.ClientSession() as session:
            return await work(ConfigApi(session, url, token)) or Document()

    try:
        return asyncio.run(run())
    except ApiError as error:
        _fail(str(error))
