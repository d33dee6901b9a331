"""An Inlet as `make run` makes it: all services in one process, on a folder and a port of its own."""

import json
import os
import shutil
import signal
import time
from collections.abc import Mapping
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tests.backing.command import Command
from tests.backing.ports import free_ports

Json = Any

ROOT = Path(__file__).parents[2]
CONSOLE = ROOT / "services/config_api/console/dist/index.html"
_SYSTEM_FOLDER = Path("/var/lib/inlet")  # where the database lies for root
_READY_S, _END_S = 60.0, 15.0


class Installation:
    """One process of `python -m services up`; `demo` holds what the first start wrote into demo.env."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "var"
        self._log = folder / "log"
        [self._port] = free_ports(1)
        self._process: Command | None = None
        self.url = f"http://127.0.0.1:{self._port}"
        self.demo: Mapping[str, str] = {}

    def start(self) -> None:
        """Starts it and waits until it works. Raises `AssertionError` when it does not."""
        assert CONSOLE.exists(), "the console is not built: make console"
        settings = {"INLET_FOLDER": str(self.folder), "INLET_PORT": str(self._port)}
        own = {name: value for name, value in os.environ.items() if not name.startswith("INLET_")}
        self._process = Command(["up"], own | settings, self._log, self._log)
        deadline = time.monotonic() + _READY_S
        while not (self._is_ready() and (self.folder / "demo.env").exists()):
            assert self._process.poll() is None, self._log.read_text()
            assert time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.1)
        lines = (self.folder / "demo.env").read_text().splitlines()
        self.demo = dict(line.split("=", 1) for line in lines)

    def end(self) -> None:
        """Ends it and removes its database."""
        if self._process is not None:
            os.kill(self._process.pid, signal.SIGTERM)
            self._process.wait(_END_S)
        if os.geteuid() == 0 and (self.folder / "secrets.json").exists():
            name = json.loads((self.folder / "secrets.json").read_text())["name"]
            shutil.rmtree(_SYSTEM_FOLDER / f"run-{name}")

    def call(self, method: str, path: str, body: Json = None, headers: Mapping[str, str] | None = None) -> Json:
        """What the API answers to the demo's admin token. Raises `AssertionError` for another status than 2xx."""
        status, said = self.ask(method, path, body, headers)
        assert 200 <= status < 300, f"{method} {path}: {status} {said}"
        return said

    def ask(
        self, method: str, path: str, body: Json = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Json]:
        """The status and the body of an answer."""
        sent = {"Authorization": f"Bearer {self.demo['INLET_ADMIN_TOKEN']}", "Content-Type": "application/json"}
        connection = HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            data = None if body is None else json.dumps(body)
            connection.request(method, path, data, sent | dict(headers or {}))
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        return answer.status, json.loads(text) if text else None

    def settled(self, receipt: str, within_s: float = 30.0) -> Json:
        """A receipt once its batch is written. Raises `AssertionError` when that takes too long."""
        deadline = time.monotonic() + within_s
        while True:
            status, said = self.ask("GET", f"/public/v1/receipts/{receipt}")
            if status == 200 and said["state"] != "pending":
                return said
            assert time.monotonic() < deadline, f"receipt {receipt} is still pending"
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except ConnectionError:
            return False
        finally:
            connection.close()
