"""One deployment with docker compose, apart from any other: its own name, port, secrets and volumes."""

import asyncio
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.backing.ports import free_ports
from tests.e2e.process import ROOT, eventually

DEPLOY = ROOT / "deploy"
_HEALTHY_S = 120.0


def run(*command: str, **settings: str) -> str:
    """What a command prints; none of the tester's own INLET_ settings gets in. Raises `AssertionError`."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("INLET_", "COMPOSE_"))}
    done = subprocess.run(command, env=own | settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout[-4000:]}{done.stderr[-4000:]}"
    return done.stdout


def build(image: str, commit: str, folder: Path) -> None:
    """Builds the image of a commit of this repository, or of the working tree where `commit` is empty."""
    tree = ROOT
    if commit:
        tree = folder / commit
        tree.mkdir()
        archive = folder / f"{commit}.tar"
        run("git", "-C", str(ROOT), "archive", f"--output={archive}", commit)
        run("tar", "--extract", f"--file={archive}", f"--directory={tree}")
    dockerfile = str(tree / "deploy" / "Dockerfile")
    run("docker", "build", "--file", dockerfile, "--tag", image, "--build-arg", f"REVISION={commit}", str(tree))


class Project:
    """A compose project; `image` is the one of all services until it is changed."""

    def __init__(self, name: str, folder: Path, image: str) -> None:
        self.name = name
        self.image = image
        self._env_file = folder / ".env"
        run(str(DEPLOY / "secrets.sh"), str(self._env_file))
        [port] = free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        with self._env_file.open("a") as file:
            file.write(f"INLET_HTTP_PORT=127.0.0.1:{port}\n")
        self._command = _compose_command()

    def setting(self, name: str) -> str:
        """A value of the file that the secrets are in."""
        lines = (line.split("=", 1) for line in self._env_file.read_text().splitlines())
        return next(value for key, value in lines if key == name)

    async def compose(self, *args: str) -> str:
        """Runs a command of compose."""
        files = ("--env-file", str(self._env_file), "--file", str(DEPLOY / "docker-compose.yml"))
        command = (*self._command, *files, "--project-name", self.name, *args)
        return await asyncio.to_thread(run, *command, INLET_IMAGE=self.image)

    async def up(self, scale: Mapping[str, int]) -> None:
        """Starts everything and waits until all containers are healthy."""
        await self.compose("up", "--detach", *_scaling(scale))
        for service in await self.services():
            for container in await self.containers(service):
                await self.until_healthy(container)

    async def add(self, scale: Mapping[str, int]) -> None:
        """Adds containers of the image in force and waits until they are healthy; those that run stay as they are."""
        await self.compose("up", "--detach", "--no-deps", "--no-recreate", *_scaling(scale), *scale)
        for service in scale:
            for container in await self.containers(service):
                await self.until_healthy(container)

    async def down(self) -> None:
        """Removes containers, networks and volumes."""
        await self.compose("down", "--volumes", "--timeout", "2")

    async def services(self) -> set[str]:
        """The services that run."""
        rows = await self._docker("ps", "--format", '{{.Label "com.docker.compose.service"}}', *self._of_us())
        return set(rows.split())

    async def containers(self, service: str) -> list[str]:
        """The ids of a service's containers that run, in the order of their names."""
        ours = self._of_us(f"com.docker.compose.service={service}")
        rows = await self._docker("ps", "--no-trunc", "--format", "{{.Names}} {{.ID}}", *ours)
        return [row.split()[1] for row in sorted(rows.splitlines())]

    async def images(self, services: Sequence[str]) -> set[str]:
        """The images that the containers of these services were made from."""
        ours = [container for service in services for container in await self.containers(service)]
        return set((await self._docker("inspect", "--format", "{{.Config.Image}}", *ours)).split())

    async def kill(self, container: str) -> None:
        """Ends a container with SIGKILL; Docker does not start such a one again by itself."""
        await self._docker("kill", container)

    async def start(self, container: str) -> None:
        await self._docker("start", container)

    async def retire(self, container: str) -> None:
        """Lets a container finish what it has begun, and removes it."""
        await self._docker("stop", "--time", "15", container)
        state = json.loads(await self._docker("inspect", "--format", "{{json .State}}", container))
        assert state["ExitCode"] == 0, state
        await self._docker("rm", container)

    async def until_healthy(self, container: str) -> None:
        """Waits until the container's own health check says so."""

        async def look() -> bool:
            state = json.loads(await self._docker("inspect", "--format", "{{json .State}}", container))
            return bool(state["Health"]["Status"] == "healthy") if "Health" in state else bool(state["Running"])

        await eventually(look, f"{container[:12]} is healthy", _HEALTHY_S)

    async def logs(self, tail: int = 40) -> str:
        """The last lines of every container."""
        return await self.compose("logs", "--no-color", f"--tail={tail}")

    async def inside(self, container: str, *command: str) -> str:
        """What a command prints that is run in a container."""
        return await self._docker("exec", container, *command)

    async def waiting(self) -> dict[str, int]:
        """How many messages each queue holds."""
        [broker] = await self.containers("rabbitmq")
        rows = await self.inside(broker, "rabbitmqctl", "--quiet", "list_queues", "name", "messages")
        words = (row.split() for row in rows.splitlines())
        return {name: int(number) for name, number in words if name.startswith("inlet.")}

    def _of_us(self, *labels: str) -> Sequence[str]:
        named = (f"com.docker.compose.project={self.name}", *labels)
        return [f"--filter=label={label}" for label in named]

    @staticmethod
    async def _docker(*args: str) -> str:
        return await asyncio.to_thread(run, "docker", *args)


def _scaling(scale: Mapping[str, int]) -> list[str]:
    return [word for service, number in scale.items() for word in ("--scale", f"{service}={number}")]


def _compose_command() -> tuple[str, ...]:
    plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    return ("docker", "compose") if plugin.returncode == 0 else ("docker-compose",)
