"""`python -m services`: one command for each service, and those for operators."""

import asyncio
import gc
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from shared.runtime.settings import InvalidSettingsError

_OBJECTS_BETWEEN_COLLECTIONS = 10_000
app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Inlet's services.")
# Commands for operators read their own arguments: a service need not import what they are made of.
_OWN_ARGUMENTS = {
    "allow_extra_args": True,
    "ignore_unknown_options": True,
    "allow_interspersed_args": False,
    "help_option_names": [],
}


@app.command()
def gateway() -> None:
    """Take batches in over HTTP."""
    from services.gateway.app import run
    from services.gateway.settings import GatewaySettings

    _run(run(GatewaySettings.read()))


@app.command()
def mapper() -> None:
    """Turn raw batches into typed rows."""
    from services.mapper.app import run
    from services.mapper.settings import MapperSettings

    _run(run(MapperSettings.read()))


@app.command()
def profile_writer() -> None:
    """Merge typed rows into profiles."""
    from services.profile_writer.app import run
    from services.profile_writer.settings import ProfileWriterSettings

    _run(run(ProfileWriterSettings.read()))


@app.command()
def profile_api() -> None:
    """Answer what became of what was sent: profiles and receipts."""
    from services.profile_api.app import run
    from services.profile_api.settings import ProfileApiSettings

    _run(run(ProfileApiSettings.read()))


@app.command()
def config_api() -> None:
    """Own the definitions: systems, integrations, attributes, tokens, users."""
    from services.config_api.app import run
    from services.config_api.settings import ConfigApiSettings

    _run(run(ConfigApiSettings.read()))


@app.command()
def migrate() -> None:
    """Bring the database up to date, as its owner."""
    from services.migrations import migrate
    from shared.runtime import log
    from shared.runtime.settings import MigrateSettings

    settings = MigrateSettings.read()
    log.configure(settings.log_level, "migrate")
    _run(migrate(settings.migrate_url.get_secret_value(), settings.passwords()))


@app.command()
def up(
    folder: Annotated[Path, typer.Option(envvar="INLET_FOLDER", help="where its data is kept")] = Path("var"),
) -> None:
    """Run all of Inlet in this process, on a PostgreSQL of its own; nothing else is needed."""
    from services.up.installation import InstallationError
    from services.up.start import run

    try:
        run(folder, _run)
    except InstallationError as error:
        typer.echo(f"inlet: {error}", err=True)
        raise typer.Exit(1) from None


@app.command()
def openapi(*, check: bool = False) -> None:
    """Write the OpenAPI document of all services; with --check only say whether it is up to date."""
    from services.openapi import FILE, text

    if not check:
        FILE.write_text(text())
    elif not FILE.exists() or FILE.read_text() != text():
        typer.echo("openapi.json is stale: run python -m services openapi", err=True)
        raise typer.Exit(1)


@app.command(context_settings=_OWN_ARGUMENTS)
def config(context: typer.Context) -> None:
    """Definitions as a file: export, diff, apply."""
    from services.config_as_code.commands import app as commands

    commands(context.args, prog_name=context.command_path)


@app.command(context_settings=_OWN_ARGUMENTS)
def dead_letters(context: typer.Context) -> None:
    """What could not be processed and was put aside: list, show, replay, drop."""
    from services.dead_letters.commands import app as commands

    commands(context.args, prog_name=context.command_path)


@app.command(context_settings=_OWN_ARGUMENTS)
def send(context: typer.Context) -> None:
    """Send a file of records: JSON, NDJSON or CSV."""
    from services.send.commands import app as commands

    commands(context.args, prog_name=context.command_path)


def _run(main: Coroutine[Any, Any, object]) -> None:
    # What is imported stays, and requests leave few cycles behind: looking for them as often as Python does by
    # default took a tenth of the gateway's time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    if sys.platform == "win32":
        asyncio.run(main)
    else:
        import uvloop

        uvloop.run(main)


def main() -> None:
    """Runs what the command line says; settings that do not hold are one line and exit code 2."""
    try:
        app()
    except InvalidSettingsError as error:
        typer.echo(str(error), err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
