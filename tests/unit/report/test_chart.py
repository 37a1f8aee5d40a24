"""A finding's small chart: numbers only, whatever a loop brought."""

from __future__ import annotations

from typing import Any

import pytest

from autoresearch.report.chart import _LOOK, MOST, chart_of

GOOD = {"title": "pain", "labels": ["05 09h", "05 12h"], "bars": [1, 20], "line": [1.25, 2]}


def test_a_chart_is_a_mermaid_block_within_its_item() -> None:
    assert chart_of({"data": {"chart": GOOD}}).split("\n") == [
        "",
        "  ```mermaid",
        f"  {_LOOK}",
        "  xychart-beta",
        '      title "pain"',
        '      x-axis ["05 09h", "05 12h"]',
        "      y-axis 0 --> 20",
        "      bar [1, 20]",
        "      line [1.25, 2]",
        "  ```",
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"bars": [1]},
        {"bars": ["<script>", 2]},
        {"bars": [float("nan"), 2]},
        {"bars": [True, 2]},
        {"labels": "ab"},
        {name: list(range(MOST + 1)) for name in ("labels", "bars", "line")},
    ],
)
def test_what_is_no_chart_is_not_drawn(change: dict[str, Any]) -> None:
    assert chart_of({"data": {"chart": {**GOOD, **change}}}) == ""


def test_a_label_can_end_neither_its_quotes_nor_the_block() -> None:
    hostile = '"]\n```\n<img src=x>@team'
    drawn = chart_of({"data": {"chart": {**GOOD, "title": hostile, "labels": [hostile, "b"]}}})
    assert drawn.count("```") == 2
    assert "<" not in drawn
    assert "@" not in drawn
    assert len(drawn.split("\n")) == 10


def test_other_data_is_no_chart() -> None:
    assert [chart_of(e) for e in ({}, {"data": None}, {"data": {"chart": 3}}, {"data": [1]})] == [""] * 4
