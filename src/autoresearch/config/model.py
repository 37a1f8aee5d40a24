"""The envelope of `config.yml`. Each loop owns its settings; they all start from `LoopSettings`.

Values may hold `${NAME}`: it is resolved late (`secrets.py`), so a model may carry the placeholder.
"""

from __future__ import annotations

import datetime as dt
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from autoresearch.config.base import Duration as Duration  # noqa: PLC0414  others take it from here
from autoresearch.config.base import Section as Section  # noqa: PLC0414  others take it from here
from autoresearch.config.base import parse_duration as parse_duration  # noqa: PLC0414  others take it from here
from autoresearch.config.events import Events
from autoresearch.config.experiment import Experiment
from autoresearch.core.measurement import Severity

Rung = Literal["event", "file", "rubric", "ab", "judge"]
"""The ladder of real signals, best first."""

NAME = r"^[a-z0-9][a-z0-9-]{0,63}$"


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

    @field_validator("loops", mode="before")
    @classmethod
    def _bare_loops(cls, loops: Any) -> Any:
        """`seo:` alone is a loop with the defaults."""
        bare: dict[str, Any] = (
            {name: {} for name, told in loops.items() if told is None} if isinstance(loops, dict) else {}
        )
        return {**loops, **bare} if bare else loops
