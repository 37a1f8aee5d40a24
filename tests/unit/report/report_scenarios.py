"""Runs worth reading: what the reports are tried on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from autoresearch.core.changes import BaselineRef, Change, Changes
from autoresearch.core.measurement import Coverage, Measurement, Metric, Rule, Skipped, fingerprint
from autoresearch.core.result import Run
from autoresearch.report.build import build
from autoresearch.report.markdown import render
from autoresearch.report.model import Report

RULES = {
    rule.id: rule
    for rule in (
        Rule(
            "seo/broken-link", "error", "Link to a page that does not exist", "Correct the address, or drop the link."
        ),
        Rule("seo/title-missing", "warning", "Page without a title", "Write a `<title>` of its own."),
        Rule("seo/orphan-page", "warning", "Page that nothing links to", "Link it, or delete it.", scope="site"),
    )
}
BASELINE = BaselineRef(sha="1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d", age_days=1.0)
RUN = Run(
    id="4711.1", sha="9f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c", now="2026-10-06T06:00:00Z", planned=("seo", "posts")
)


def change(kind: str, rule: str | None = None, subject: str = "/", **more: Any) -> Change:
    loop = more.pop("loop", (rule or "seo").partition("/")[0])
    key, metric = more.get("key", ""), more.get("metric")
    mark = fingerprint(loop, rule or "", subject, metric or key)
    severity = more.pop("severity", None if metric else RULES[rule].severity if rule in RULES else "warning")
    return Change(loop=loop, kind=kind, rule=rule, subject=subject, fingerprint=mark, severity=severity, **more)  # type: ignore[arg-type]


def seo(*metrics: Metric, **more: Any) -> Measurement:
    standard = (
        Metric(name="broken-links", value=0, better="lower", exact=True),
        Metric(name="pages", value=14),
        Metric(name="response-time-p95", value=41.25, unit="ms", better="lower", gate=True),
    )
    return Measurement(loop="seo", kind="seo", metrics=metrics or standard, coverage=Coverage(measured=14), **more)


def posts(rate: float = 0.95, **more: Any) -> Measurement:
    return Measurement(
        loop="posts", kind="rubric", metrics=(Metric(name="rate", value=rate, better="higher", exact=True),), **more
    )


def previous(rate: float = 0.95) -> dict[str, dict[str, float]]:
    return {
        "seo": {"broken-links@/": 0.0, "pages@/": 14.0, "response-time-p95@/": 40.5},
        "posts": {"rate@/": rate},
    }


def report(
    changes: Sequence[Change] = (),
    measurements: Sequence[Measurement] | None = None,
    *,
    verdict: str = "pass",
    baseline: BaselineRef | None = BASELINE,
    before: Mapping[str, Mapping[str, float]] | None = None,
    run: Run = RUN,
) -> Report:
    said = Changes(verdict=verdict, baseline=baseline, changes=tuple(changes))  # type: ignore[arg-type]
    measured = (seo(), posts()) if measurements is None else measurements
    return build(said, measured, RULES, previous=previous() if before is None else before, run=run, version="0.1.0")


def all_well() -> Report:
    return report()


def first_run() -> Report:
    looks = [change("first-look", "seo/orphan-page", f"/old/{n}", message="no page links to it") for n in range(3)]
    looks += [
        change(
            "first-look",
            "posts/h1-missing",
            "posts/mugs.md",
            message="has no `#` heading",
            path="posts/mugs.md",
            line=1,
        ),
        change("first-look", "seo/metric-regressed", metric="response-time-p95", after=41.25),
    ]
    return report(looks, baseline=None, before={})


def trouble() -> Report:
    links = [
        change(
            "new",
            "seo/broken-link",
            f"/guides/{n:02}",
            key="/team",
            message="links to `/team`, which answers 404",
            path=f"content/guides/{n:02}.md",
            line=n + 3,
        )
        for n in range(47)
    ]
    others = [
        change("new", "seo/title-missing", "/about", message="has no title"),
        change(
            "regressed",
            "seo/metric-regressed",
            "/shop",
            metric="lcp",
            severity="error",
            before=1800.0,
            after=2400.0,
            message="lcp 1800 → 2400 ms",
            evidence={"p": 0.0031, "window": 3, "reruns": [2380.0, 2410.0, 2390.0]},
        ),
        change("improved", "seo/metric-regressed", "/", metric="response-time-p95", before=60.0, after=41.25),
        change(
            "unsure",
            "seo/metric-regressed",
            "/cart",
            metric="lcp",
            before=1500.0,
            after=1700.0,
            message="lcp 1500 → 1700 ms",
            evidence={"because": "not measured again"},
        ),
        change(
            "fixed", "posts/h1-missing", "posts/mugs.md", message="has no `#` heading", path="posts/mugs.md", line=1
        ),
        change(
            "persisting",
            "seo/orphan-page",
            "/old",
            message="no page links to it",
            evidence={"since": "2026-09-01T06:00:00Z", "accepted": "kept for an old newsletter"},
        ),
        change(
            "persisting", "seo/orphan-page", "/older", message="no page links to it", evidence={"since": "2026-09-02"}
        ),
        change(
            "retired", "seo/title-missing", "/legacy", message="has no title", evidence={"because": "the rule is off"}
        ),
    ]
    lcp = Metric(name="lcp", subject="/shop", value=2400, unit="ms", better="lower", gate=True)
    standard = seo().metrics
    return report([*links, *others], [seo(*standard, lcp), posts(0.9)], verdict="fail")


def recovered() -> Report:
    changes = [
        change("fixed", "seo/broken-link", "/about", key="/team", message="links to `/team`, which answers 404"),
        change(
            "fixed",
            "seo/metric-regressed",
            "/shop",
            metric="lcp",
            before=1800.0,
            after=1795.0,
            message="lcp 1800 → 1795 ms",
        ),
    ]
    return report(changes)


def not_measured() -> Report:
    skipped = tuple(Skipped(subject=f"/slow/{n:02}", reason="no answer within 10 s") for n in range(14))
    partly = seo().model_copy(update={"coverage": Coverage(measured=14, skipped=skipped), "complete": False})
    failed = Measurement.failed("posts", "rubric", "no text matches `posts/*.md`\n  → check `files` in the config")
    run = RUN.model_copy(update={"planned": ("seo", "posts", "lighthouse")})
    return report([], [partly, failed], verdict="unsure", run=run)


def flood(count: int = 5_000, rules: int = 120) -> Report:
    changes = [
        change(
            "new",
            f"words/rule-{n % rules:03}",
            f"/pages/{n:04}",
            message=f"sentence {n} has {n % 90 + 30} words, at most 25 wanted, and so it goes on and on and on",
            severity=("error", "warning", "info")[n % 3],
        )
        for n in range(count)
    ]
    known = [change("persisting", "words/known", f"/pages/{n:04}", message="as ever") for n in range(200)]
    return report([*changes, *known], verdict="fail")


GOLDEN = Path(__file__).parent / "golden"
GOLDEN_LIMITS = {
    "all_well": None,
    "first_run": None,
    "trouble": None,
    "recovered": None,
    "not_measured": None,
    "flood": 6_000,
}

if __name__ == "__main__":  # renew what the reports were approved to be; read the difference before committing it
    for name, limit in GOLDEN_LIMITS.items():
        (GOLDEN / f"{name}.md").write_text(render(globals()[name](), limit=limit), encoding="utf-8")
