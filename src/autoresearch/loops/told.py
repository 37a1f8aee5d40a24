"""Findings of a whole site, bounded: what a report, a state file and an issue can carry, whatever a site has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from autoresearch.core.measurement import Finding, Skipped

MOST_PLACES = 10_000
"""Places of one rule that are listed; more are only counted."""


class Told:
    """Findings as the checks bring them; bounded, whatever a site consists of."""

    def __init__(self) -> None:
        self._rules: dict[str, list[Finding]] = {}

    def take(self, findings: Iterable[Finding]) -> None:
        """Note findings, by rule."""
        for finding in findings:
            self._rules.setdefault(finding.rule, []).append(finding)

    def count(self, rule: str) -> int:
        """How many places a rule has, those that are left out among them."""
        return len(self._rules.get(rule, ()))

    def findings(self) -> Iterator[Finding]:
        """The first places of each rule in their own order, so that one place more moves no other in or out."""
        for places in self._rules.values():
            yield from sorted(places, key=lambda finding: finding.identity)[:MOST_PLACES]

    def left_out(self) -> Iterator[Skipped]:
        """What is only counted, for the coverage to tell."""
        for rule, places in self._rules.items():
            if len(places) > MOST_PLACES:
                yield Skipped(subject="…", reason=f"{rule}: {len(places) - MOST_PLACES:,} more places are not listed")
