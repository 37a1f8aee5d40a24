"""What can be set, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from autoresearch.loops.lighthouse import Settings


def settings(**given: Any) -> Settings:
    return Settings.model_validate({"kind": "lighthouse", "rung": "file", **given})


def test_nothing_has_to_be_set() -> None:
    default = settings()
    assert (default.runs, default.max_runs, default.presets) == (3, 5, ("mobile", "desktop"))


def test_budgets_take_durations_and_plain_milliseconds() -> None:
    (budget,) = settings(budgets=[{"pages": "/blog/*", "lcp": "2.5s", "tbt": "200ms", "si": 3400, "cls": 0.1}]).budgets
    assert budget.limits() == {"lcp": 2500.0, "tbt": 200.0, "si": 3400.0, "cls": 0.1}


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"pages": ["about"]}, "no path of the site"),
        ({"pages": ["//evil.example/"]}, "no path of the site"),
        ({"reports": "../outside"}, "inside of the repository"),
        ({"reports": "/etc"}, "inside of the repository"),
        ({"max_runs": 2}, "less than `runs`"),
        ({"presets": []}, "at least 1"),
        ({"presets": ["tablet"]}, "mobile"),
        ({"budgets": [{"lcp": "fast"}]}, "duration"),
        ({"budgets": [{"score": 101}]}, "100"),
        ({"rules": {"lighthouse/audit-faild": "off"}}, "lighthouse/audit-failed"),
    ],
)
def test_what_cannot_be_meant_is_refused(given: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        settings(**given)


def test_a_page_or_preset_named_twice_counts_once() -> None:
    given = settings(pages=["/a", "/a"], presets=["desktop", "desktop"])
    assert (given.pages, given.presets) == (("/a",), ("desktop",))
