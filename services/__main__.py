"""`python -m services`: one command for each service, and those for operators."""

import asyncio
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer

from services.config_as_code.commands import app as config_as_code
from services.dead_letters.commands import app as dead_letters
from services.send.commands import send
from shared.runtime.settings import InvalidSettingsError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help="Inlet's services.")
app.add_typer(config_as_code, name="config")
app.add_typer(dead_letters, name="dead-letters")
app.command()(send)


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


def _run(main: Coroutine[Any, Any, object]) -> None:
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
