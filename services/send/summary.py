"""What became of a file, as a table."""

from rich.console import Console
from rich.table import Table

from services.send.run import Result
from services.send.sending import Ledger


def show_summary(console: Console, ledger: Ledger, result: Result) -> None:
    """Prints the counts of rows, why some did not count, and which properties nothing is mapped to."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column()
    table.add_column(justify="right")
    for name, count in _counts(ledger, result).items():
        table.add_row(name, f"{count:,}")
    console.print(table, markup=False, highlight=False)


def _counts(ledger: Ledger, result: Result) -> dict[str, int]:
    """What to say of it: zeros only where they say something."""
    counts = {"rows sent": ledger.records, "not sent": ledger.malformed + len(ledger.refused)}
    if result.totals is not None:
        totals = result.totals
        counts |= {"written": totals.written, "rejected": totals.rejected, "values rejected": totals.values_rejected}
        rare = {"values superseded": totals.superseded, "values erased": totals.erased, "still pending": totals.pending}
        rare |= {f"failed: {code}": count for code, count in totals.failures.items()}
        rare |= {f"nothing is mapped to: {name}": count for name, count in totals.unmapped.most_common()}
        rare |= {"nothing is mapped to: others": totals.unmapped_others}
        counts |= {name: count for name, count in rare.items() if count}
    return counts | {f"why: {code}": count for code, count in result.codes.most_common()}
