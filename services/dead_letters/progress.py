"""How far it is: a bar on a terminal, else a line now and then; both on standard error."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

_LINE_EVERY_S = 5.0


@contextmanager
def progress(doing: str, total: int) -> Iterator[Callable[[], None]]:
    """What is to be called after each of `total`."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(console, doing, total).advance
        return
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console) as bar:
        task = bar.add_task(doing, total=total)
        yield lambda: bar.advance(task)


class _Lines:
    """Says how far it is at most every 5 s."""

    def __init__(self, console: Console, doing: str, total: int) -> None:
        self._console = console
        self._doing = doing
        self._total = total
        self._done = 0
        self._said = time.monotonic()

    def advance(self) -> None:
        self._done += 1
        if time.monotonic() - self._said >= _LINE_EVERY_S:
            self._said = time.monotonic()
            self._console.print(f"{self._doing}: {self._done} of {self._total}", highlight=False)
