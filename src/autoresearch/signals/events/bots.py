"""Which user agents are programs, by the list of crawler-user-agents."""

from __future__ import annotations

from collections.abc import Iterable

MOST = 5_000
"""User agents that are judged, the most frequent first: a list of patterns is too slow for every row."""


def programs(agents: Iterable[str]) -> tuple[str, ...]:
    """Those that the list knows as crawlers, scrapers, monitors or headless browsers."""
    from crawleruseragents import is_crawler

    return tuple(agent for agent in agents if is_crawler(agent[:1_000]))
