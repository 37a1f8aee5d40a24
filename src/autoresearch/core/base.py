"""The base revision, measured in the same run, in the place of what the state remembers: only the head's doing is new.

The state still supplies what people said (mutes, acceptances, issues) and how much its numbers vary.
"""

from __future__ import annotations

from autoresearch.core.baseline import Baseline, Known, Segment, Stamp
from autoresearch.core.measurement import Finding, Measurement, fingerprint
from autoresearch.core.policy import Policy


def at_base(baseline: Baseline, base: Measurement, policy: Policy, stamp: Stamp) -> Baseline:
    """`baseline` as if its last run had been `base`; `stamp` says of which commit, and when."""
    known: dict[str, Known] = {}
    for finding in base.findings:
        severity = policy.severity(finding.rule, finding.severity)
        if severity is not None and policy.ignored(finding.rule, finding.subject) is None:
            mark = fingerprint(base.loop, finding.rule, finding.subject, finding.key)
            said = baseline.known.get(mark)
            known[mark] = said or _known(finding.model_copy(update={"severity": severity}), stamp)
    return baseline.model_copy(
        update={
            "known": known,
            "rules_seen": {name: rule.version for name, rule in policy.active().items()},
            "segments": baseline.segments or (Segment(environment=base.environment),),
            "observations": base.observations,
        }
    )


def _known(finding: Finding, stamp: Stamp) -> Known:
    return Known(
        rule=finding.rule,
        subject=finding.subject,
        key=finding.key,
        severity=finding.severity,
        message=finding.message,
        path=finding.path,
        line=finding.line,
        first_seen=stamp,
        last_seen=stamp,
    )
