"""One run, put together: the file sent, then what became of it."""

import asyncio
import math
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import aiohttp
from rich.console import Console

from services.send.batches import Limits
from services.send.client import Inlet, Retrying, StoppedError, Tokens
from services.send.display import Progress, showing
from services.send.outcome import Outcome, Totals
from services.send.rejects import RejectsFile
from services.send.sending import Ledger, Sender
from services.send.source import Source


@dataclass(frozen=True)
class Options:
    """How to send; times in seconds. `wait_s` is None where no receipts are read."""

    url: str
    tokens: Tokens
    batch: int
    parallel: int
    compressed: bool
    patience_s: float
    wait_s: float | None
    rejects: Path


@dataclass(frozen=True)
class Result:
    """What became of the rows: sums of the receipts, if they were read, and the written rejects by code."""

    totals: Totals | None
    codes: Counter[str]


async def run(source: Source, options: Options, ledger: Ledger) -> Result:
    """Sends a file and notes in `ledger` what was accepted.

    Raises `InvalidFileError`, `OSError`, `SendError`; `StoppedError` after the first SIGINT and what was under way
    then; `CancelledError` at the second.
    """
    stop = asyncio.Event()
    with showing(source.size, Console(stderr=True)) as progress, _stopping(stop, progress):
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            retrying = Retrying(options.patience_s, stop, progress.note)
            inlet = Inlet(session, options.url, options.tokens, retrying, compressed=options.compressed)
            await Sender(inlet, Limits(options.batch), ledger, stop, progress).run(source.items(), options.parallel)

            def read_so_far(receipts: int) -> None:
                if stop.is_set():
                    raise StoppedError
                progress.note(f"{receipts:,} of {len(ledger.sent):,} receipts read")

            read_so_far(0)
            with RejectsFile(options.rejects, source.items(), ledger.refused) as rejects:
                totals = None
                if options.wait_s is not None:
                    outcome = Outcome(inlet, options.wait_s)
                    totals = await outcome.read(sorted(ledger.sent), rejects.add, read_so_far)
                if ledger.malformed or ledger.refused:
                    rejects.finish()
                return Result(totals, rejects.codes)


@contextmanager
def _stopping(stop: asyncio.Event, progress: Progress) -> Iterator[None]:
    """Within the block the first SIGINT sets `stop`, and the second cancels the task."""
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()

    def interrupt() -> None:
        if stop.is_set() and task is not None:
            task.cancel()
        stop.set()
        progress.note("stopping after the requests under way; Ctrl-C again stops at once", math.inf)

    def handle(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(interrupt)

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
