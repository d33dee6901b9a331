"""`docs/performance.md`: figures and charts are put between its marker comments, the text around them is kept.

<!-- figures: sizes -->
...
<!-- end -->
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median

from tests.bench.full import chart, model, results, tables
from tests.bench.full.results import Dimension

FIGURES = "performance.json"
_PAGE = "performance.md"
_IMAGES = "images"
_BLOCK = re.compile(r"<!-- figures: (\w+) -->\n.*?<!-- end -->", re.DOTALL)
_NONE = "Not measured yet."
_TURNS = ("batches", "sizes", "attributes", "input", "scale")
_TABLES: Mapping[str, Callable[[str, Dimension], str]] = {
    **dict.fromkeys(_TURNS, tables.turns),
    "latency": tables.latency,
    "posts": tables.posts,
    "memory": tables.memory,
    "queue": tables.limit,
    "log": tables.limit,
}
_IN_THIS_ORDER = ("Inlet", "conventional", "statement")  # so that each has one colour in all charts


def write(folder: Path) -> None:
    """Writes what is between the markers of the page in `folder`, and the charts, from the figures beside it."""
    dimensions = results.load(folder / FIGURES)
    blocks = {name: _block(folder, name, dimension) for name, dimension in dimensions.items()}
    if dimensions.keys() >= set(model.NEEDS):
        blocks["model"] = tables.model(model.fit(dimensions))
    page = folder / _PAGE
    page.write_text(_BLOCK.sub(lambda found: _marked(found[1], blocks.get(found[1], _NONE)), page.read_text()))


def _marked(name: str, block: str) -> str:
    return f"<!-- figures: {name} -->\n\n{block}\n\n<!-- end -->"


def _block(folder: Path, name: str, dimension: Dimension) -> str:
    """The chart where there is one, the tables, and what it ran on."""
    machine = f"<details><summary>what it ran on</summary>\n\n```\n{dimension.machine}\n```\n\n</details>"
    parts = [_TABLES[name](name, dimension), machine]
    if name in {*_TURNS, "latency"}:
        image = folder / _IMAGES / f"performance-{name}.svg"
        image.parent.mkdir(exist_ok=True)
        image.write_text(_delays(dimension) if name == "latency" else _rates(name, dimension))
        parts.insert(0, f"![{name}: the medians of the table below as bars]({_IMAGES}/{image.name})")
    return "\n\n".join(parts)


def _rates(name: str, dimension: Dimension) -> str:
    """Bars of the median rates."""
    cases = list(dimension.cases())
    rates = {
        subject: [median(dimension.values(case, subject, "records_per_s") or [0.0]) or None for case in cases]
        for subject in _IN_THIS_ORDER
        if subject in dimension.subjects()
    }
    return chart.bars(f"{name}: committed records a second", cases, rates)


def _delays(dimension: Dimension) -> str:
    """Bars of the delays until a profile is readable, on a logarithmic scale."""
    cases = list(dimension.cases())
    delays = {
        f"{subject}, {what}": [dimension.values(case, subject, figure)[0] for case in cases]
        for subject in dimension.subjects()
        for what, figure in (("median", "readable_p50_ms"), ("p99", "readable_p99_ms"))
    }
    return chart.bars("milliseconds from POST to readable, by load; the scale is logarithmic", cases, delays, log=True)
