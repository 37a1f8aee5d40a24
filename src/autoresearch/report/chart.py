"""A small chart of a finding's numbers, in Mermaid's `xychart`: GitHub draws it, and as text it is still readable.

`data.chart` of a finding: `{"title", "labels": [text…], "bars": [number…], "line": [number…]}`. It comes from a loop,
which may be anybody's: whatever is no such thing is no chart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any

from autoresearch.report.escape import Markdown

_LOOK = (
    '%%{init: {"xyChart": {"height": 300}, "themeVariables": {"xyChart": {"plotColorPalette": "#e5534b, #768390"}}}}%%'
)
"""Half as high as Mermaid's own, and in colours that are seen on white and on black."""
MOST = 60
"""Points of a chart."""
_STRANGE = re.compile(r"[^\w ,.:()/%+-]")


def chart_of(evidence: Mapping[str, Any]) -> Markdown:
    """The chart as a code block within a list item; empty where there is none."""
    data = evidence.get("data")
    told = data.get("chart") if isinstance(data, Mapping) else None
    if not isinstance(told, Mapping):
        return Markdown("")
    labels, bars, line = told.get("labels"), _numbers(told.get("bars")), _numbers(told.get("line"))
    if not isinstance(labels, list) or not bars or not len(labels) == len(bars) == len(line):
        return Markdown("")
    heights = [*map(float, bars), *map(float, line)]
    rows = [
        "```mermaid",
        _LOOK,
        "xychart-beta",
        f"    title {_text(told.get('title'))}",
        f"    x-axis [{', '.join(map(_text, labels))}]",
        f"    y-axis {min(0, *heights):.6g} --> {max(1, *heights):.6g}",
        f"    bar [{', '.join(bars)}]",
        f"    line [{', '.join(line)}]",
        "```",
    ]
    return Markdown("".join(f"\n  {row}" for row in rows))


def _numbers(values: object) -> list[str]:
    if not isinstance(values, list) or len(values) > MOST:
        return []
    if not all(isinstance(v, int | float) and not isinstance(v, bool) and isfinite(v) for v in values):
        return []
    return [f"{v:.6g}" if abs(v) < 1e6 else f"{v:.0f}" for v in values]


def _text(value: object) -> str:
    """A label in quotes that nothing inside can end."""
    return f'"{_STRANGE.sub("", str(value))[:80]}"'
