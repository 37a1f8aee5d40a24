"""What an issue does next: open, update, close, reopen, stay muted (`docs/formats/state.md`, `issues`)."""

from __future__ import annotations

from autoresearch.core.lifecycle.model import Action, IssueText, Limits, Line, Listed, OverviewText, Place, Steps, Topic
from autoresearch.core.lifecycle.removed import without_loop
from autoresearch.core.lifecycle.steps import known_numbers, next_steps

__all__ = [
    "Action",
    "IssueText",
    "Limits",
    "Line",
    "Listed",
    "OverviewText",
    "Place",
    "Steps",
    "Topic",
    "known_numbers",
    "next_steps",
    "without_loop",
]
