"""What the bench prints: medians, spreads and ratios in small tables."""

from collections.abc import Iterable, Sequence
from statistics import median, quantiles

from tests.bench.cells import Cell


def spread(values: Sequence[float]) -> str:
    """`median (lowest - highest)`."""
    return f"{median(values):,.0f} ({min(values):,.0f} - {max(values):,.0f})"


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """The ratios of neighbouring measurements, as `median (lowest - highest)`."""
    each = [a / b for a, b in zip(ours, theirs, strict=True)]
    return f"{median(each):.2f} ({min(each):.2f} - {max(each):.2f})"


def rates(cells: Iterable[Cell], pipeline: str, batch: int) -> list[float]:
    """Records a second of a pipeline's cells."""
    return [cell.records_per_s for cell in cells if (cell.pipeline, cell.batch) == (pipeline, batch)]


def throughput(cells: Sequence[Cell], batches: Sequence[int]) -> str:
    """Records a second from the first post to the last commit."""
    rows = []
    for batch in batches:
        ours, theirs = rates(cells, "Inlet", batch), rates(cells, "conventional", batch)
        rows.append((str(batch), spread(ours), spread(theirs), ratios(ours, theirs)))
    return table(("batch", "Inlet, records/s", "conventional, records/s", "ratio"), rows)


def cost(cells: Sequence[Cell], batches: Sequence[int]) -> str:
    """CPU and memory per role; the load generator's share is said too, since it runs on the same cores."""
    rows = []
    for pipeline in ("Inlet", "conventional"):
        for batch in batches:
            of = [cell for cell in cells if (cell.pipeline, cell.batch) == (pipeline, batch)]
            rows += [(pipeline, str(batch), role, _cpu(of, [role]), _memory(of, role)) for role in of[0].cpu_s]
            rows.append((pipeline, str(batch), "all", _cpu(of, list(of[0].cpu_s)), ""))
    return table(("pipeline", "batch", "role", "CPU ms / 1,000 records", "RSS MiB, first -> last cell"), rows)


def _cpu(cells: Sequence[Cell], roles: Sequence[str]) -> str:
    return f"{median(sum(cell.cpu_per_1000(role) for role in roles) for cell in cells):.1f}"


def _memory(cells: Sequence[Cell], role: str) -> str:
    """Of the role's largest process; the generator lives for one cell only."""
    if role not in cells[0].rss_mib:
        return ""
    return f"{cells[0].rss_mib[role]:.0f} -> {cells[-1].rss_mib[role]:.0f}"


def troubles(cells: Iterable[Cell]) -> list[str]:
    """Whatever was not simply accepted and committed."""
    lines = []
    for cell in cells:
        where = f"{cell.pipeline}, batch {cell.batch}"
        refused = {status: count for status, count in cell.outcome.answers.items() if status != "202"}
        if refused or cell.outcome.lost:
            lines.append(f"{where}: answers {refused}, lost connections {cell.outcome.lost}")
        if cell.committed != cell.accepted:
            lines.append(f"{where}: {cell.accepted} records accepted, {cell.committed} committed")
    return lines


def delays(milliseconds: Sequence[float]) -> str:
    """Median and 99th percentile."""
    return f"median {median(milliseconds):.1f} ms, p99 {quantiles(milliseconds, n=100)[98]:.1f} ms"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Left-aligned columns."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in (head, *rows)
    ]
    return "\n".join((lines[0], "-" * len(lines[0]), *lines[1:]))
