"""How far it is: a bar on a terminal, elsewhere a line every few seconds; both on standard error."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

_LINE_EVERY_S = 5.0


@dataclass
class Progress:
    """Rows that were accepted, `rate` of them a second, and how much of the file (`total` bytes) is done with."""

    total: int
    show: Callable[["Progress"], None]
    rows: int = 0
    size: int = 0
    rate: float = 0.0
    state: str = ""
    lasting_s: float = 0.0
    started: float = field(default_factory=time.monotonic)

    def passed(self, rows: int, size: int) -> None:
        """So many more rows were accepted, and so many more bytes of the file are done with."""
        self.rows += rows
        self.size += size
        self.rate = self.rows / max(time.monotonic() - self.started, 0.001)
        self.note("")

    def note(self, state: str, lasting_s: float = 0.0) -> None:
        """What is going on beside that, and how long it will be so."""
        self.state, self.lasting_s = state, lasting_s
        self.show(self)


@contextmanager
def showing(total: int, console: Console) -> Iterator[Progress]:
    """Shows the progress of `total` bytes within the block."""
    if not console.is_terminal or console.is_dumb_terminal:
        yield Progress(total, _lines(console))
        return
    columns = (
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]:,} rows, {task.fields[rate]:,.0f} rows/s"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[state]}", markup=False),
    )
    with Bar(*columns, console=console) as bar:
        task = bar.add_task("", total=total, rows=0, rate=0.0, state="")

        def show(done: Progress) -> None:
            bar.update(task, completed=done.size, rows=done.rows, rate=done.rate, state=done.state)

        yield Progress(total, show)


def _lines(console: Console) -> Callable[[Progress], None]:
    shown_at = time.monotonic() - _LINE_EVERY_S

    def show(done: Progress) -> None:
        nonlocal shown_at
        now = time.monotonic()
        if now - shown_at < _LINE_EVERY_S and done.lasting_s < _LINE_EVERY_S:
            return
        shown_at = now
        share = f"{done.size / done.total:.0%}" if done.total else "all"
        state = f"; {done.state}" if done.state else ""
        line = f"{done.rows:,} rows sent ({share} of the file), {done.rate:,.0f} rows/s{state}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    return show
