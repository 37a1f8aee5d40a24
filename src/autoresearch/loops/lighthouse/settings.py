"""What the `lighthouse` loop can be told."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from autoresearch.config.events import check_where
from autoresearch.config.load import suggestion
from autoresearch.config.model import Duration, LoopSettings, Rung, Section, parse_duration
from autoresearch.core.measurement import Severity
from autoresearch.loops.lighthouse.rules import KIND, RULES
from autoresearch.signals.lab.model import Preset

BUDGETED = ("score", "fcp", "lcp", "tbt", "cls", "si", "bytes", "requests")


def _milliseconds(value: object) -> object:
    if isinstance(value, str):
        seconds = parse_duration(value)
        return 1000 * seconds if isinstance(seconds, float) else seconds
    return value


Milliseconds = Annotated[
    float,
    BeforeValidator(_milliseconds),
    Field(ge=0, allow_inf_nan=False),
    WithJsonSchema(
        {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": r"^\d+(?:\.\d+)?\s*(ms|s|m)$"}]}
    ),
]


class PageBudget(Section):
    """What the pages that match may take at most, and score at least."""

    pages: str = Field(default="*", description="paths, as a pattern: /blog/*")
    preset: Preset | None = Field(default=None, description="only mobile, or only desktop")
    score: float | None = Field(default=None, ge=0, le=100, description="performance, 0 to 100: the least")
    fcp: Milliseconds | None = Field(default=None, description="first contentful paint: 1.8s, or plain ms")
    lcp: Milliseconds | None = Field(default=None, description="largest contentful paint")
    tbt: Milliseconds | None = Field(default=None, description="total blocking time")
    cls: float | None = Field(default=None, ge=0, description="cumulative layout shift")
    si: Milliseconds | None = Field(default=None, description="speed index")
    bytes: float | None = Field(default=None, ge=0, description="bytes that are transferred")
    requests: int | None = Field(default=None, ge=0)

    def covers(self, subject: str, preset: Preset) -> bool:
        """Whether it is about that page."""
        return self.preset in {None, preset} and fnmatchcase(subject, self.pages)

    def limits(self) -> Mapping[str, float]:
        """Number → what it may be."""
        named = {name: getattr(self, name) for name in BUDGETED}
        return {name: float(value) for name, value in named.items() if value is not None}


class Crux(Section):
    """Real-user data of the Chrome UX Report, recorded beside the lab's."""

    key: str = Field(description="a Google Cloud API key: ${CRUX_API_KEY}")


Condition = Annotated[dict[str, Any], BeforeValidator(check_where)]


class WebVitals(Section):
    """Which events say what visitors met: a condition for each, such as {event: LCP}; their `value` is the number."""

    lcp: Condition | None = None
    fcp: Condition | None = None
    cls: Condition | None = None
    inp: Condition | None = None
    ttfb: Condition | None = None
    days: int = Field(default=28, ge=1, le=90)
    least: int = Field(default=100, ge=1, description="events of a page; with fewer, nothing is said of it")

    def conditions(self) -> Mapping[str, Condition]:
        """Number → the events that say it."""
        named = {name: getattr(self, name) for name in ("lcp", "fcp", "cls", "inp", "ttfb")}
        return {name: condition for name, condition in named.items() if condition is not None}


class Settings(LoopSettings):
    """What the loop can be told, beside what every loop can."""

    kind: str = KIND
    rung: Rung = "file"
    time_limit: Duration = Field(default=1800.0, description="pages that do not fit in are not measured")
    pages: tuple[str, ...] = Field(default=(), description="paths; left out: one page a template of the crawled site")
    sample: int = Field(default=5, ge=1, le=100, description="how many templates, where no pages are named")
    presets: tuple[Preset, ...] = Field(default=("mobile", "desktop"), min_length=1)
    runs: int = Field(default=3, ge=1, le=9, description="of each page and preset")
    max_runs: int = Field(default=5, ge=1, le=9, description="where the first ones differ")
    page_limit: Duration = Field(default=25.0, description="a page that loads for longer is not measured")
    gate: Literal["metrics", "score"] = Field(
        default="metrics", description="what can regress: the metrics, or the score that is made of them"
    )
    budgets: tuple[PageBudget, ...] = ()
    reports: str | None = Field(
        default="autoresearch-output/lighthouse", description="where Lighthouse's own reports are kept"
    )
    crux: Crux | None = None
    web_vitals: WebVitals | None = None

    @field_validator("rules")
    @classmethod
    def _rules_exist(cls, rules: dict[str, Severity | str]) -> dict[str, Severity | str]:
        known = [rule.id for rule in RULES]
        for name in rules:
            if name not in known:
                raise ValueError(f"no rule `{name}`{suggestion(name, known)}")
        return rules

    @field_validator("pages")
    @classmethod
    def _pages_are_paths(cls, pages: tuple[str, ...]) -> tuple[str, ...]:
        for page in pages:
            if not page.startswith("/") or page.startswith("//"):
                raise ValueError(f"`{page}` is no path of the site: it starts with one slash, such as /about/")
        return tuple(dict.fromkeys(pages))

    @field_validator("presets")
    @classmethod
    def _presets_once(cls, presets: tuple[Preset, ...]) -> tuple[Preset, ...]:
        return tuple(dict.fromkeys(presets))

    @field_validator("reports")
    @classmethod
    def _reports_are_inside(cls, reports: str | None) -> str | None:
        if reports is not None and (PurePosixPath(reports).is_absolute() or ".." in PurePosixPath(reports).parts):
            raise ValueError("reports are kept inside of the repository: a relative path")
        return reports

    @model_validator(mode="after")
    def _max_is_not_less(self) -> Settings:
        if "max_runs" in self.model_fields_set and self.max_runs < self.runs:
            raise ValueError("`max_runs` is less than `runs`")
        return self
