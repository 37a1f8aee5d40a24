"""Runs and pages as tests need them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from autoresearch.loops.lighthouse.pages import Target
from autoresearch.loops.lighthouse.runs import Look, Session
from autoresearch.signals.lab.model import Audit, Element, Failed, Preset, Run

METRICS = {"fcp": 800.0, "lcp": 1200.0, "tbt": 20.0, "cls": 0.0, "si": 900.0, "tti": 1300.0, "score": 95.0}


def run(*, index: float = 1000.0, url: str = "http://127.0.0.1/", **more: Any) -> Run:
    metrics = {**METRICS, **{name: value for name, value in more.items() if name in {*METRICS, "bytes", "requests"}}}
    rest = {name: value for name, value in more.items() if name not in metrics}
    given = {"whole": True, "seconds": 10.0, "report": "run-1.html", **rest}
    return Run(url=url, benchmark_index=index, metrics=metrics, **given)


def audit(name: str = "image-alt", **more: Any) -> Audit:
    fields: dict[str, Any] = {
        "category": "accessibility",
        "weight": 10.0,
        "title": "Images have no alternative text",
        "link": "https://dequeuniversity.com/rules/axe/4.11/image-alt",
        "elements": (Element(selector="main > img", snippet="<img src=a.png>"),),
        "places": 1,
    }
    return Audit(id=name, **{**fields, **more})


def target(subject: str = "/") -> Target:
    return Target(subject, subject)


def look(*runs: Run, subject: str = "/", preset: Preset = "mobile") -> Look:
    made = Look(target(subject), preset, f"http://127.0.0.1{subject}")
    for each in runs:
        made.add(each)
    return made


@dataclass
class FakeLab:
    """Answers each page and preset with its outcomes in turn, the last one for ever, and notes what it was asked."""

    outcomes: dict[str, Sequence[Run | Failed]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    wholes: list[str] = field(default_factory=list)
    """Those of them that were to look at everything."""
    again: list[tuple[str, ...]] = field(default_factory=list)
    """The audits that each was to try again."""
    clock: float = 0.0

    def run(self, url: str, preset: Preset, *, whole: bool, again: Sequence[str] = ()) -> Run | Failed:
        name = f"{url.removeprefix('http://127.0.0.1')} {preset}"
        answers = self.outcomes.get(name) or [run()]
        outcome = answers[min(self.asked.count(name), len(answers) - 1)]
        self.asked.append(name)
        self.wholes += [name] if whole else []
        self.again.append(tuple(again))
        self.clock += outcome.seconds
        seen = {"whole": whole, "again": bool(again)}
        return outcome.model_copy(update=seen) if isinstance(outcome, Run) else outcome

    def session(
        self, *, time_limit: float = 1e9, objection: Callable[[Look, Run], str | None] = lambda _, __: None
    ) -> Session:
        return Session(self, objection, lambda: time_limit - self.clock, lambda _: None)
