"""The envelope of `config.yml`. Each loop owns its settings; they all start from `LoopSettings`.

Values may hold `${NAME}`: it is resolved late (`secrets.py`), so a model may carry the placeholder.
"""

from __future__ import annotations

import datetime as dt
import re
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, field_validator, model_validator

from autoresearch.core.measurement import Severity

Rung = Literal["event", "file", "rubric", "ab", "judge"]
"""The ladder of real signals, best first."""

NAME = r"^[a-z0-9][a-z0-9-]{0,63}$"
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)\s*")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration(value: object) -> object:
    """`90s`, `5m`, `1.5h` or plain seconds, as seconds."""
    if not isinstance(value, str):
        return value
    if not (match := _DURATION.fullmatch(value)):
        raise ValueError("a duration is a number with a unit: 500ms, 90s, 5m, 2h, 1d")
    return float(match[1]) * _UNITS[match[2]]


Duration = Annotated[
    float,
    BeforeValidator(parse_duration),
    Field(gt=0, allow_inf_nan=False),
    WithJsonSchema(
        {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string", "pattern": _DURATION.pattern}]}
    ),
]


class Section(BaseModel):
    """Base of every part of the config: unknown keys are errors, values do not change."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Ignore(Section):
    """A finding that is known and may stay: patterns (`*` and `?`), a reason, and optionally a last day."""

    rule: str = "*"
    subject: str = "*"
    because: str = Field(min_length=1)
    until: dt.date | None = None

    def covers(self, rule: str, subject: str, today: dt.date) -> bool:
        """Whether a finding is ignored on that day."""
        in_time = self.until is None or today <= self.until
        return in_time and fnmatchcase(rule, self.rule) and fnmatchcase(subject, self.subject)


class LoopSettings(Section):
    """What every loop can be told; a loop's own Settings model extends it."""

    kind: str = Field(description="which loop this is; the key's own name when left out")
    rung: Rung = Field(description="how close the score is to a real signal")
    because: str = Field(default="", description="why this score is real: a line in autoresearch/README.md")
    time_limit: Duration = Field(default=900.0, description="the loop is not measured when it takes longer")
    rules: dict[str, Severity | Literal["off"]] = Field(default_factory=dict, description="another severity, or off")
    ignore: tuple[Ignore, ...] = ()

    def severities(self) -> dict[str, str]:
        """Rule id → the severity that the config gives it, or `off`."""
        return dict(self.rules)


class CrawlLimits(Section):
    """Bounds of a crawl; past one of them the crawl is partial and says so."""

    max_pages: int = Field(default=50_000, gt=0)
    time_limit: Duration = 600.0
    requests_per_second: float | None = Field(
        default=None, gt=0, description="a host's pace; left out: 10, and unlimited on loopback"
    )
    exclude: tuple[str, ...] = Field(default=(), description="paths never asked for, as patterns: /search*")


class Site(Section):
    """The site that is looked at: exactly one source."""

    url: str | None = Field(default=None, description="the canonical origin: what sitemaps and canonicals speak of")
    source: Literal["live", "dist", "serve"] = "live"
    dist: str | None = Field(default=None, description="the built folder")
    serve: str | None = Field(default=None, description="a command that serves the site on a local port")
    build: str | None = Field(default=None, description="a command that builds the site")
    crawl: CrawlLimits = CrawlLimits()

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("http://", "https://", "${")):
            raise ValueError("an address starts with https:// or http://")
        return url

    @model_validator(mode="after")
    def _source_is_there(self) -> Site:
        needed = {"live": "url", "dist": "dist", "serve": "serve"}[self.source]
        if getattr(self, needed) is None:
            raise ValueError(f"source `{self.source}` needs `{needed}`")
        return self


class Events(Section):
    """Where analytics events are, and which column is what."""

    source: str | dict[str, Any] = Field(
        description="Parquet, JSONL or CSV files, a database URL, or a provider's block"
    )
    columns: dict[str, str] = Field(default_factory=dict, description="canonical name → name in the source")


class Issues(Section):
    """Which findings become issues."""

    min_severity: Severity = "error"
    max_new: int = Field(default=5, ge=0, description="new issues a run; the rest goes into one overview")


class Publish(Section):
    """What a run does on GitHub."""

    comment: bool = True
    check: bool = True
    issues: Issues | Literal[False] = Issues()
    commit: Literal["auto"] | bool = "auto"
    state_branch: str | None = None


class Budget(Section):
    """When a night is over."""

    tries: int | None = Field(default=None, gt=0)
    dollars: float | None = Field(default=None, gt=0)


Percent = Annotated[str, Field(pattern=r"^\d+(?:\.\d+)?\s*%$")] | Annotated[float, Field(ge=0)]


class Experiment(Section):
    """A night: one file that may be edited against a frozen benchmark."""

    edits: str
    benchmark: str | tuple[str, ...]
    agent: dict[str, Any]
    time_limit: Duration = 300.0
    min_effect: Percent = "1%"
    guardrails: dict[str, float] = Field(default_factory=dict)
    holdout: tuple[str, ...] = ()
    budget: Budget = Budget()


class NotBuilt(Section):
    """A loop that was considered and deliberately not built."""

    loop: str
    because: str


class Config(Section):
    """`config.yml` without the loops' own settings, which the registry validates."""

    version: Literal[1]
    site: Site | None = None
    events: Events | None = None
    publish: Publish = Publish()
    loops: dict[Annotated[str, Field(pattern=NAME)], dict[str, Any]] = Field(default_factory=dict)
    experiments: dict[Annotated[str, Field(pattern=NAME)], Experiment] = Field(default_factory=dict)
    not_built: tuple[NotBuilt, ...] = ()
