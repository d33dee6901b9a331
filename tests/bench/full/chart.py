"""Charts as SVG files that need no script and nothing from elsewhere."""

from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Comment, tostring

import pygal  # type: ignore[import-untyped]
from pygal.style import Style  # type: ignore[import-untyped]

_STYLE = Style(
    background="white",
    plot_background="white",
    colors=("#2563eb", "#d97706", "#6b7280", "#9333ea"),
    font_family="sans-serif",
    title_font_size=16,
    label_font_size=12,
    major_label_font_size=12,
    legend_font_size=12,
    value_font_size=11,
    value_colors=("#111827",) * 4,
    opacity=1,
)


def bars(title: str, labels: Sequence[str], series: Mapping[str, Sequence[float | None]], *, log: bool = False) -> str:
    """A group of bars for each label, one bar a series; None where there is none."""
    chart = pygal.Bar(
        style=_STYLE,
        title=title,
        width=800,
        height=400,
        js=(),
        legend_at_bottom=True,
        legend_at_bottom_columns=len(series),
        show_y_guides=False,
        print_values=True,
        print_values_position="top",
        formatter=lambda value: f"{value:,.0f}",
        logarithmic=log,
        show_y_labels=not log,  # they would lie over one another
        zero=1 if log else 0,  # where bars begin; pygal's own choice hides the smallest
    )
    chart.x_labels = labels
    for name, values in series.items():
        chart.add(name, list(values))
    chart.uuid = "plot"  # instead of another one each time
    root = chart.render_tree()
    for parent in list(root.iter()):
        for child in [each for each in parent if each.tag in {"script", Comment}]:
            parent.remove(child)
    return tostring(root, encoding="unicode") + "\n"
