"""A consumer outside, as a program that imports nothing of Inlet's and keeps a copy of the profiles in a file."""

import json
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.e2e.deployment import Deployment
from tests.e2e.test_definitions import DATA, given_an_integration, post_until


class Consumer:
    """The program in the file `name`; `folder` is where its copy is."""

    def __init__(self, name: str, token: str, folder: Path, *arguments: str) -> None:
        self.copy_file = folder / "copy.sqlite"
        self._command = [sys.executable, str(Path(__file__).with_name(name)), *arguments, str(self.copy_file)]
        self._environment = os.environ | {"TOKEN": token}
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Returns once it has begun, which a program says by a first line."""
        self._process = subprocess.Popen(self._command, env=self._environment, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "begun\n"

    def kill(self) -> None:
        """Ends it at once, wherever it is."""
        assert self._process is not None
        self._process.kill()
        self._process.communicate()

    def copy(self) -> Mapping[str, Any]:
        """Its copy: user -> attributes."""
        with sqlite3.connect(self.copy_file) as store:
            return {user: json.loads(attributes) for user, attributes in store.execute("SELECT * FROM profiles")}


class Source:
    """Posts batches of users that occur again and again, to a deployment with four profile writers."""

    def __init__(self, inlet: Deployment, token: str, access: str, users: int, batch: int) -> None:
        self.access = access
        self._inlet = inlet
        self._token = token
        self._users = users
        self._batch = batch
        self._chance = random.Random(6)

    @classmethod
    async def given(cls, inlet: Deployment, users: int, batch: int) -> "Source":
        await inlet.start()
        for _ in range(3):
            await inlet.another("profile-writer")
        _, token = await given_an_integration(inlet, state="active")
        access = await inlet.new_token("data:write", "profiles:read", "profiles:erase", "receipts:read")
        await post_until(inlet, 202, access, token)
        return cls(inlet, token, access, users, batch)

    def user(self) -> str:
        """Any of the users."""
        return f"u-{self._chance.randrange(self._users)}"

    async def post(self, number: int) -> str:
        """The receipt of a batch whose values are of this number."""
        data = [{"userId": self.user(), "department": f"d-{number}", "seats": number} for _ in range(self._batch)]
        answer = await self._inlet.with_token(self.access, "POST", DATA, {"token": self._token, "data": data})
        return str(answer.good(202).body["receipt"])
