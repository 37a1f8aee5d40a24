"""What the configuration says about a loop's rules, in the terms of `core`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

from autoresearch.core.measurement import Rule, Severity


def _never(rule: str, subject: str) -> str | None:
    del rule, subject
    return None


@dataclass(frozen=True)
class Policy:
    """Which rules there are, how severe each is, and what is ignored; all else about comparing is the same for all."""

    rules: Mapping[str, Rule] = field(default_factory=dict)
    """The rules that the loop declares; empty where only a run can tell (`script`)."""
    overrides: Mapping[str, Severity | str] = field(default_factory=dict)
    """Rule id → another severity, or `off`."""
    ignored: Callable[[str, str], str | None] = _never
    """(rule, subject) → why it is ignored today, or None."""
    metric_rule: str = ""
    """The rule id that a metric's regression carries."""
    metric_rules: Mapping[str, str] = field(default_factory=dict)
    """Metric name → another one, where it is told apart (a score from what it is made of)."""

    def severity(self, rule: str, given: Severity) -> Severity | None:
        """The severity of a finding of `rule`; None when the rule is off."""
        declared = self.rules.get(rule)
        default: str = "off" if declared is not None and declared.default_off else given
        chosen = self.overrides.get(rule, default)
        return None if chosen == "off" else cast("Severity", chosen)

    def rule_of(self, metric: str) -> str:
        """The rule id that the regression of a metric of that name carries."""
        return self.metric_rules.get(metric, self.metric_rule)

    def active(self) -> dict[str, Rule]:
        """The declared rules that are not off."""
        return {name: rule for name, rule in self.rules.items() if self.severity(name, rule.severity) is not None}

    def silenced(self, rule: str, subject: str) -> str | None:
        """Why findings of `rule` on `subject` are not told at all, or None."""
        if self.severity(rule, "error") is None:
            return "the rule is off"
        if self.rules and rule not in {*self.rules, self.metric_rule, *self.metric_rules.values()}:
            return "the rule is no longer part of the loop"
        return self.ignored(rule, subject)
