"""The roles of a pipeline as processes: started, waited for, ended by their ids."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import aio_pika
import aiohttp

_START_S = 30.0
_STOP_S = 15.0


@contextmanager
def running(name: str, command: list[str], environment: Mapping[str, str], folder: Path) -> Iterator[int]:
    """Runs `python -m command...` within the block and yields its process id; its output goes to `folder`/`name`.log.

    Raises `RuntimeError` on leaving when it had ended by itself.
    """
    log = folder / f"{name}.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            env={"PATH": os.environ["PATH"], **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process.pid
    finally:
        code = process.poll()
        if code is None:
            _end(process)
        else:
            sys.stderr.write(f"{name} ended by itself with {code}:\n{log.read_text(errors='replace')[-3000:]}\n")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(_STOP_S)


async def until(what: str, condition: Callable[[], Awaitable[bool]], seconds: float = _START_S) -> None:
    """Waits until the condition holds. Raises `TimeoutError`."""
    deadline = time.monotonic() + seconds
    while not await condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not happen within {seconds:.0f} s")
        await asyncio.sleep(0.05)


async def until_ready(port: int) -> None:
    """Waits until `/readyz` answers 200."""

    async def answers() -> bool:
        try:
            async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async with aiohttp.ClientSession() as session:
        await until(f"/readyz on port {port}", answers)


async def until_consumed(broker_url: str, queue: str) -> None:
    """Waits until somebody consumes from the queue."""

    async def has_consumer() -> bool:
        async with connection.channel() as channel:
            try:
                declared = await channel.declare_queue(queue, passive=True)
            except aio_pika.exceptions.ChannelNotFoundEntity:
                return False
            return bool(declared.declaration_result.consumer_count)

    async with await aio_pika.connect(broker_url) as connection:
        await until(f"a consumer of {queue}", has_consumer)


async def purge(broker_url: str, queue: str) -> None:
    """Throws away what waits in a queue."""
    async with await aio_pika.connect(broker_url) as connection, connection.channel() as channel:
        await (await channel.get_queue(queue)).purge()


async def finished(name: str, command: list[str], environment: Mapping[str, str], folder: Path) -> None:
    """Runs `python -m command...` to its end. Raises `RuntimeError` with its output when it fails."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *command),
        env={"PATH": os.environ["PATH"], **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"{name}: {output.decode(errors='replace')}")
    (folder / f"{name}.log").write_bytes(output)
