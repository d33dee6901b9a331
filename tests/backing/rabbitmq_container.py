"""A RabbitMQ of any release, in a container of our own, for as long as the tests run."""

import subprocess
import time

from tests.backing.ports import free_ports
from tests.backing.rabbitmq import Rabbitmq, greets

IMAGE_VARIABLE = "INLET_TEST_BROKER_IMAGE"
_START_S = 120.0


class ContainerRabbitmq(Rabbitmq):
    """A broker from an image, on a port of 127.0.0.1."""

    def __init__(self, image: str) -> None:
        [self._port] = free_ports(1)
        super().__init__(f"amqp://inlet:inlet@127.0.0.1:{self._port}/")
        login = ("--env=RABBITMQ_DEFAULT_USER=inlet", "--env=RABBITMQ_DEFAULT_PASS=inlet")
        # A node's data go by its host name.
        place = ("--hostname=rabbitmq", f"--publish=127.0.0.1:{self._port}:5672")
        self._container = _docker("create", *place, *login, image).strip()

    @property
    def alive(self) -> bool:
        return _docker("inspect", "--format", "{{.State.Running}}", self._container).strip() == "true"

    def start(self) -> None:
        _docker("start", self._container)
        deadline = time.monotonic() + _START_S
        while not greets(self._port):
            if not self.alive or time.monotonic() > deadline:
                raise RuntimeError(f"RabbitMQ did not start:\n{_docker('logs', '--tail=40', self._container)}")
            time.sleep(0.1)

    def stop(self) -> None:
        _docker("stop", "--time=60", self._container)

    def kill(self) -> None:
        if self.alive:
            _docker("kill", self._container)

    def pause(self) -> None:
        _docker("pause", self._container)

    def resume(self) -> None:
        _docker("unpause", self._container)

    def ctl(self, *args: str) -> str:
        return _docker("exec", self._container, "rabbitmqctl", "--quiet", *args)

    def close(self) -> None:
        """Removes the container and its data."""
        _docker("rm", "--force", "--volumes", self._container)


def _docker(*args: str) -> str:
    done = subprocess.run(["docker", *args], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"docker {' '.join(args)}: {done.stdout}{done.stderr}")
    return done.stdout
