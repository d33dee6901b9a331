"""What a figure depends on: the machine, the versions, the settings."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

from tests.bench.conventional.settings import Settings
from tests.bench.servers import Servers

_PACKAGES = (
    "aiohttp",
    "aio-pika",
    "asyncpg",
    "msgspec",
    "uvloop",
    "pydantic",
    "fastapi",
    "uvicorn",
    "faststream",
    "sqlalchemy",
)


async def describe(servers: Servers) -> str:
    """A few lines."""
    versions = {"Python": platform.python_version(), **await servers.versions()}
    versions |= {package: version(package) for package in _PACKAGES}
    settings = await servers.settings()
    defaults = Settings.model_fields
    return "\n".join(
        (
            f"machine: {os.cpu_count()} CPUs (the load generator's too), {_model()}, Linux {platform.release()}",
            f"load average before the run: {os.getloadavg()[0]:.2f}",
            "versions: " + ", ".join(f"{name} {number}" for name, number in versions.items()),
            "PostgreSQL: " + ", ".join(f"{name}={value}" for name, value in settings.items()),
            "queues: quorum, persistent messages, publisher confirms; every role one process",
            "conventional: "
            + ", ".join(f"{name} {defaults[name].default}" for name in ("prefetch", "database_connections")),
        )
    )


def _model() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown CPU")
