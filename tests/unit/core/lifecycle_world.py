"""A loop's life on a GitHub made of a dictionary: real comparing and real renewing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from autoresearch.core.baseline import Baseline, Stamp
from autoresearch.core.changes import Change
from autoresearch.core.compare import compare
from autoresearch.core.lifecycle import Action, IssueText, Listed, OverviewText, Steps, next_steps
from autoresearch.core.measurement import Coverage, Finding, Measurement, Metric, Rule, Severity, Skipped
from autoresearch.core.policy import Policy
from autoresearch.core.renew import Selector, accept, renew

START = dt.datetime(2026, 10, 1, 6, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
RULES = {
    rule.id: rule
    for rule in (
        *(Rule(f"seo/r{n}", "error", f"Rule {n}", "Mend it.") for n in range(8)),
        Rule("seo/w", "warning", "A warning", "Mend it."),
        Rule("seo/site", "error", "Of the whole site", "Mend it.", scope="site"),
    )
}


def finding(rule: str = "seo/r0", subject: str = "/a", key: str = "", severity: Severity = "error") -> Finding:
    severity = "warning" if rule == "seo/w" else severity
    return Finding(rule=rule, subject=subject, key=key, severity=severity, message=f"{rule} is wrong")


def exact(value: float) -> Metric:
    return Metric(name="broken", subject="/a", value=value, better="lower", gate=True, exact=True)


def noisy(value: float, *reruns: float) -> Metric:
    return Metric(name="lcp", subject="/a", value=value, unit="ms", better="lower", gate=True, reruns=reruns)


@dataclass(frozen=True)
class Limits:
    min_severity: Severity = "error"
    max_new: int = 5


@dataclass
class Issue:
    """An issue on GitHub."""

    title: str
    text: IssueText | OverviewText | None
    """What its marker speaks of; None when somebody emptied the body."""
    state: str = "open"
    reason: str = ""

    def close(self, reason: str = "completed") -> None:
        """As a person does."""
        self.state, self.reason = "closed", reason

    def reopen(self) -> None:
        self.state, self.reason = "open", "reopened"


def listed(number: int, issue: Issue) -> Listed:
    """As the issue's marker tells it."""
    plain = Listed(number, issue.state, issue.reason, issue.title)  # type: ignore[arg-type]
    if issue.text is None:
        return plain
    runs = issue.text.counted if isinstance(issue.text, IssueText) else ()
    return replace(plain, topic=issue.text.topic, turn=issue.text.turn, digest=issue.text.digest, runs=runs)


@dataclass
class World:
    """One repository; a run a day, unless `hours` says otherwise."""

    limits: Limits = field(default_factory=Limits)
    policy: Policy = field(default_factory=lambda: Policy(rules=RULES, metric_rule="seo/metric-regressed"))
    commits: bool = True
    baseline: Baseline = field(default_factory=lambda: Baseline(loop="seo"))
    issues: dict[int, Issue] = field(default_factory=dict)
    now: dt.datetime = START
    runs: int = 0
    said: list[Action] = field(default_factory=list)
    _last: tuple[Measurement, Sequence[Change], Stamp] | None = None

    @property
    def last(self) -> tuple[Measurement, Sequence[Change], Stamp]:
        """What the newest run measured and said, and its stamp."""
        assert self._last is not None
        return self._last

    @property
    def open(self) -> list[int]:
        return [number for number, issue in self.issues.items() if issue.state == "open"]

    def measure(
        self,
        *found: Finding | Metric,
        accepting: str = "",
        skipped: Sequence[str] = (),
        complete: bool = True,
        hours: float = 24,
        baseline: Baseline | None = None,
    ) -> Baseline:
        """A run up to the renewed baseline."""
        self.runs += 1
        self.now += hours * HOUR
        baseline = self.baseline if baseline is None else baseline
        seen = [f for f in found if isinstance(f, Finding)]
        measurement = Measurement(
            loop="seo",
            kind="seo",
            complete=complete,
            coverage=Coverage(skipped=tuple(Skipped(subject=s, reason="timeout") for s in skipped)),
            findings=tuple(seen),
            metrics=tuple(m for m in found if isinstance(m, Metric)),
            observations={f.subject: {} for f in seen},
        )
        changes = compare(measurement, (), baseline, self.policy)
        if accepting:
            changes = accept(changes, [Selector(accepting)], "it may stay")
        stamp = Stamp(run=f"{self.runs}.1", sha=f"{self.runs:040x}", at=f"{self.now:%Y-%m-%dT%H:%M:%SZ}")
        self._last = (measurement, changes, stamp)
        return renew(baseline, measurement, (), changes, policy=self.policy, stamp=stamp)

    def steps(self, baseline: Baseline, last: tuple[Measurement, Sequence[Change], Stamp] | None = None) -> Steps:
        measurement, changes, stamp = last or self.last
        return next_steps(
            {"seo": baseline},
            changes,
            {"seo": measurement},
            [listed(number, issue) for number, issue in self.issues.items()],
            rules=RULES,
            limits=self.limits,
            stamp=stamp,
            now=self.now,
        )

    def act(self, actions: Sequence[Action]) -> None:
        for action in actions:
            self.said.append(action)
            if action.kind == "open":
                self.issues[len(self.issues) + 1] = Issue(action.text.heading, action.text)
                continue
            issue = self.issues[action.number or 0]
            issue.text = action.text
            if action.kind != "update":
                issue.state = "closed" if action.kind == "close" else "open"
                issue.reason = action.reason if action.kind == "close" else "reopened"

    def run(self, *found: Finding | Metric, dies: int | None = None, **more: object) -> list[str]:
        """A whole run; what it did. One that dies stops before the action of that number."""
        steps = self.steps(self.measure(*found, **more))  # type: ignore[arg-type]
        if self.commits:
            self.baseline = steps.baselines["seo"]
        self.act(steps.actions[:dies])
        return [action.kind for action in steps.actions]

    def again(self) -> list[str]:
        """The same result, published once more."""
        before = self.baseline
        steps = self.steps(before)
        assert steps.baselines["seo"] is before
        self.act(steps.actions)
        return [action.kind for action in steps.actions]
