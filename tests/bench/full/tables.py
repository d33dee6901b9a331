"""The figures as Markdown: medians with their spread, ratios of neighbouring measurements."""

from collections.abc import Mapping, Sequence
from statistics import median

from tests.bench.full.model import BUSY, RATES, Model
from tests.bench.full.results import Dimension, Point, medians
from tests.bench.report import ratios, spread

_SUBJECTS = ("conventional", "statement")
_WHAT = {
    "batches": "records a post",
    "sizes": "profiles",
    "attributes": "attributes",
    "input": "input",
    "scale": "mappers and writers of each",
}
_FURTHER = {
    "gateway": "another gateway behind the door",
    "mapper": "another mapper",
    "profile-writer": "another profile-writer, while the primary has cores left",
    "queue": "several queues (a consistent-hash exchange over them), on the nodes of a RabbitMQ cluster",
    "log": "`wal_compression`, a larger `max_wal_size`, a faster disk; then Citus, which has a log on each server",
    "primary": "the table partitioned by hash of user, more cores; then Citus, distributed by user",
}


def turns(name: str, dimension: Dimension) -> str:
    """Rates of all that was measured in turns, then Inlet's costs."""
    return "\n\n".join((_rates(_WHAT[name], dimension), _costs(_WHAT[name], dimension), _troubles(dimension)))


def latency(_: str, dimension: Dimension) -> str:
    """Delays at each rate."""
    head = ("pipeline", "load", "records/s", "answered, median, p99", "readable, median, p99", "answers, probes")
    rows = [
        (
            each.subject,
            f"{each.case} of its own full load",
            f"{each.figures['records_per_s']:,.0f}",
            _pair(each, "answered"),
            _pair(each, "readable"),
            f"{each.figures['answers']:,.0f}, {each.figures['probes']:,.0f}",
        )
        for each in dimension.points
    ]
    return table(head, rows)


def posts(_: str, dimension: Dimension) -> str:
    """The gateway beside the bare handler, and the backlog behind it."""
    rows = []
    for case in [case for case in dimension.cases() if dimension.values(case, "bare handler", "posts_per_s")]:
        ours, bare = (dimension.values(case, subject, "posts_per_s") for subject in ("gateway", "bare handler"))
        rows.append((case, spread(ours), spread(bare), ratios(ours, bare)))
    front = table(("senders at once", "gateway, posts/s", "bare handler, posts/s", "ratio"), rows)
    merged = [each for each in dimension.points if "backlog" in each.figures]
    behind = [
        (
            each.case,
            f"{each.figures['posts_per_s']:,.0f}",
            f"{each.figures['backlog']:,.0f}",
            f"{each.figures['backlog_growth']:+.1%}",
        )
        for each in merged
    ]
    head = ("all of Inlet", "posts/s", "due and not committed in the end", "growth of that, of the rate")
    return "\n\n".join((front, table(head, behind)))


def memory(_: str, dimension: Dimension) -> str:
    """What each process holds, in the order of time."""
    roles = list(dimension.points[0].rss_mib)
    head = ("full load, MiB", *roles)
    rows = [(each.case, *(f"{each.rss_mib[role]:,.0f}" for role in roles)) for each in dimension.points]
    return table(head, rows)


def limit(name: str, dimension: Dimension) -> str:
    """Bytes a second through the one thing that was measured."""
    what = {"queue": "frames of 256 KiB published, confirmed and taken", "log": "messages of 256 KiB committed"}[name]
    point = dimension.points[0]
    rates = dimension.values(point.case, point.subject, "mb_per_s")
    return table((point.case, "MB/s"), [(what, spread(rates))])


def model(fitted: Model) -> str:
    """The costs, what one of each can do, and what rates need."""
    costs = [
        (stage, f"{cost.record:.1f}", f"{cost.attribute:+.2f}", f"{cost.post:.0f}", f"{fitted.us(stage):.1f}")
        for stage, cost in fitted.costs.items()
    ]
    head = ("stage, CPU microseconds", "a record of 5 attributes", "an attribute more", "a post", "a record in 500")
    off = " and ".join(f"{error:.0%} off in any case of {name}" for name, error in fitted.furthest.items())
    fit = f"The sum of the stages is at most {off}."
    limits = [
        (what, f"{rate:,.0f}", next(text for word, text in _FURTHER.items() if word in what))
        for what, rate in sorted(fitted.limits().items(), key=lambda limit: limit[1])
    ]
    limit_head = (f"what, {BUSY:.0%} busy", "records/s", "beyond that")
    needs = [fitted.needs(rate) for rate in RATES]
    rows = [(name, *(_number(need[name]) for need in needs)) for name in needs[0]]
    need_head = ("records/s, in batches of 500", *(f"{rate:,}" for rate in RATES))
    return "\n\n".join((table(head, costs), fit, table(limit_head, limits), table(need_head, rows)))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = (head, ("---",) * len(head), *rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _rates(what: str, dimension: Dimension) -> str:
    others = [subject for subject in _SUBJECTS if subject in dimension.subjects()]
    first, *_ = dimension.cases()
    base = dimension.values(first, "Inlet", "records_per_s")
    rows = []
    for case in dimension.cases():
        ours = dimension.values(case, "Inlet", "records_per_s")
        row = [case, spread(ours), ratios(ours, base)]
        for other in others:
            theirs = dimension.values(case, other, "records_per_s")
            row += [spread(theirs), ratios(ours, theirs)] if theirs else ["", ""]
        rows.append(row)
    head = [
        what,
        "Inlet, records/s",
        f"to {first}",
        *(each for other in others for each in (f"{other}, records/s", f"Inlet / {other}")),
    ]
    return table(head, rows)


def _costs(what: str, dimension: Dimension) -> str:
    by_case = {
        case: [each for each in dimension.points if (each.case, each.subject) == (case, "Inlet")]
        for case in dimension.cases()
    }
    roles = list(next(iter(by_case.values()))[0].cpu_us)
    rows = []
    for case, points in by_case.items():
        cpu = medians(each.cpu_us for each in points)
        wal = median(each.figures["wal_bytes"] for each in points)
        rows.append(
            (case, *(f"{cpu[role]:.1f}" for role in roles), f"{sum(cpu.values()):.1f}", f"{wal:,.0f}", _largest(points))
        )
    head = (f"Inlet, CPU microseconds a record; {what}", *roles, "all", "bytes of log a record", "largest process, MiB")
    return table(head, rows)


def _largest(points: Sequence[Point]) -> str:
    """The largest of Inlet's own processes."""
    held: Mapping[str, float] = {
        role: max(each.rss_mib[role] for each in points)
        for role in points[0].rss_mib
        if role not in {"RabbitMQ", "PostgreSQL"}
    }
    role = max(held, key=lambda each: held[each])
    return f"{held[role]:.0f} ({role})"


def _troubles(dimension: Dimension) -> str:
    """Whatever was not simply accepted and committed."""
    lines = [
        f"{each.subject}, {each.case}: {each.figures['refused']:,.0f} posts refused or lost, "
        f"{each.figures['missing']:,.0f} accepted records not committed a minute after the load."
        for each in dimension.points
        if each.figures.get("refused") or each.figures.get("missing")
    ]
    return "  \n".join(lines) or "Everything that was accepted was committed; nothing was refused or lost."


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"


def _pair(point: Point, what: str) -> str:
    return f"{point.figures[f'{what}_p50_ms']:,.1f} ms, {point.figures[f'{what}_p99_ms']:,.1f} ms"
