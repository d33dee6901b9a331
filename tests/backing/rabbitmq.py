"""A RabbitMQ node of our own, for as long as the tests run.

It has a name, ports, an epmd, a cookie and a folder of its own, listens on 127.0.0.1 only and runs as whoever runs
the tests. The Debian wrapper in /usr/sbin insists on root or `rabbitmq`; the script that it calls does not.
"""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.backing.given import cannot_steer
from tests.backing.paused import until_paused
from tests.backing.ports import free_ports

URL_VARIABLE = "INLET_TEST_BROKER_URL"
_BIN = Path("/usr/lib/rabbitmq/bin")
_START_S = 60.0
_STOP_S = 60.0
_PROTOCOL_HEADER = b"AMQP\x00\x00\x09\x01"
_CONFIG = """\
listeners.tcp.local = 127.0.0.1:{port}
loopback_users = none
default_user = inlet
default_pass = inlet
log.file = rabbit.log
log.file.level = warning
log.console = false
# A small machine: the defaults take 512 MiB for one log and stop publishers when the disk is half full.
raft.wal_max_size_bytes = 64000000
vm_memory_high_watermark.absolute = 1GiB
disk_free_limit.absolute = 64MiB
"""
# How often quorum queues say how many messages they hold; by default every 5 s, which is long for whoever waits for it.
_ADVANCED_CONFIG = "[{rabbit, [{quorum_tick_interval, 200}]}].\n"


class Rabbitmq:
    """A broker that was given to us by its URL."""

    def __init__(self, url: str) -> None:
        self.url = url

    @property
    def alive(self) -> bool:
        """Whether the broker can be used; of a given one it is taken for granted."""
        return True

    def start(self) -> None:
        """Starts the broker and waits until it takes connections."""
        cannot_steer(URL_VARIABLE, "start")

    def stop(self) -> None:
        """Stops the broker in an orderly way."""
        cannot_steer(URL_VARIABLE, "stop")

    def kill(self) -> None:
        """Ends the broker with SIGKILL."""
        cannot_steer(URL_VARIABLE, "kill")

    def settle(self) -> None:
        """Has the broker write what it knows of its queues; call it before `kill`.

        RabbitMQ 3.10 does so up to a second later. A queue declared less than that before a SIGKILL is there again
        afterwards, but never elects a leader: no publish to it is ever confirmed.
        """
        self.ctl("eval", "[dets:sync(Table) || Table <- dets:all()].")

    def pause(self) -> None:
        """Stops the broker in the middle of whatever it does, until `resume`."""
        cannot_steer(URL_VARIABLE, "pause")

    def resume(self) -> None:
        """Lets a paused broker go on."""
        cannot_steer(URL_VARIABLE, "resume")

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Within the block the broker is paused."""
        self.pause()
        try:
            yield
        finally:
            self.resume()

    def ctl(self, *args: str) -> str:
        """Runs rabbitmqctl and returns what it printed."""
        cannot_steer(URL_VARIABLE, f"run rabbitmqctl {' '.join(args)} on")


class PrivateRabbitmq(Rabbitmq):
    """A broker of our own."""

    def __init__(self, folder: Path) -> None:
        self._port, dist_port, self._epmd_port = free_ports(3)
        super().__init__(f"amqp://inlet:inlet@127.0.0.1:{self._port}/")
        self._folder = folder
        self._env = self._prepare(dist_port)
        self._server: subprocess.Popen[bytes] | None = None
        self._epmd: subprocess.Popen[bytes] | None = None

    @property
    def alive(self) -> bool:
        return self._server is not None and self._server.poll() is None

    def start(self) -> None:
        if self.alive:
            return
        if self._epmd is None:
            self._epmd = self._spawn("epmd", "-address", "127.0.0.1", "-port", str(self._epmd_port))
        self._server = self._spawn(str(_BIN / "rabbitmq-server"))
        self._wait_until_up(self._server)

    def stop(self) -> None:
        if self._server is None or not self.alive:
            return
        self._server.send_signal(signal.SIGTERM)  # RabbitMQ stops its applications in order, then halts
        self._server.wait(_STOP_S)

    def kill(self) -> None:
        if self._server is None or not self.alive:
            return
        self._signal(signal.SIGKILL)
        self._server.wait(_STOP_S)

    def pause(self) -> None:
        if self._server is not None:
            self._signal(signal.SIGSTOP)
            until_paused(self._server.pid)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def close(self) -> None:
        """Ends everything that was started."""
        if self.alive:
            self.kill()
        if self._epmd is not None:
            self._epmd.kill()
            self._epmd.wait(_STOP_S)

    def ctl(self, *args: str) -> str:
        command = [str(_BIN / "rabbitmqctl"), "--quiet", "--node", self._env["RABBITMQ_NODENAME"], *args]
        done = subprocess.run(command, env=self._env, cwd=self._folder, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"rabbitmqctl {' '.join(args)}: {done.stdout}{done.stderr}")
        return done.stdout

    def _prepare(self, dist_port: int) -> dict[str, str]:
        """Writes the node's files and returns its environment, which names every path that has a default in /etc."""
        if not (_BIN / "rabbitmq-server").exists():
            raise RuntimeError(f"RabbitMQ is not installed: run `make setup`, or give a broker by {URL_VARIABLE}")
        (self._folder / "rabbitmq.conf").write_text(_CONFIG.format(port=self._port))
        (self._folder / "advanced.config").write_text(_ADVANCED_CONFIG)
        (self._folder / "enabled_plugins").write_text("[].\n")
        (self._folder / "rabbitmq-env.conf").write_text("")
        paths = {
            "HOME": "",
            "RABBITMQ_MNESIA_BASE": "mnesia",
            "RABBITMQ_LOG_BASE": "log",
            "RABBITMQ_CONFIG_FILE": "rabbitmq.conf",
            "RABBITMQ_ADVANCED_CONFIG_FILE": "advanced.config",
            "RABBITMQ_GENERATED_CONFIG_DIR": "generated",
            "RABBITMQ_CONF_ENV_FILE": "rabbitmq-env.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": "enabled_plugins",
            "RABBITMQ_PID_FILE": "rabbitmq.pid",
        }
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._epmd_port),
            "RABBITMQ_NODENAME": f"inlet-{self._port}@localhost",
            "RABBITMQ_DIST_PORT": str(dist_port),
            # With this the script becomes the node instead of its parent, so that the pid is the node's.
            "RABBITMQ_ALLOW_INPUT": "yes",
            # The distribution listens on every address unless told otherwise.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-noinput -kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_SCHEDULER_BIND_TYPE": "u",  # bound schedulers get in the way of everybody else on two cores
            **{name: str(self._folder / path) for name, path in paths.items()},
        }

    def _signal(self, number: signal.Signals) -> None:
        """To the node and to the helpers that it started."""
        if self._server is not None:
            os.killpg(self._server.pid, number)

    def _spawn(self, *command: str) -> subprocess.Popen[bytes]:
        with (self._folder / "output.log").open("ab") as output:
            return subprocess.Popen(
                command,
                env=self._env,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _wait_until_up(self, server: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline:
            if server.poll() is not None:
                break
            if greets(self._port):
                return
            time.sleep(0.05)
        output = (self._folder / "output.log").read_text(errors="replace")[-4000:]
        raise RuntimeError(f"RabbitMQ did not start within {_START_S:.0f} s:\n{output}")


def greets(port: int) -> bool:
    """Whether a node answers there: its listener is the last thing that it opens."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.settimeout(_START_S)
            connection.sendall(_PROTOCOL_HEADER)
            return connection.recv(1) == b"\x01"  # a method frame: Connection.Start
    except OSError:
        return False
