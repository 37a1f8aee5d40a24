"""What is measured: journeys over a served folder, under which conditions, and how the numbers make a score."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from autoresearch.config.base import Duration, Section

EXACT = ("bytes", "requests", "dom-nodes", "layouts", "style-recalculations", "script-bytes-executed", "long-tasks")
"""Counters: most give the same number each time; whether one does is measured, not believed."""
TIMED = ("fcp", "lcp", "cls", "tbt", "inp", "journey")
"""In ms, `cls` without unit."""
Name = Literal[
    "bytes", "requests", "dom-nodes", "layouts", "style-recalculations", "script-bytes-executed", "long-tasks",
    "fcp", "lcp", "cls", "tbt", "inp", "journey",
]  # fmt: skip


class Step(Section):
    """One thing that a visitor does; exactly one of the keys."""

    goto: str | None = Field(default=None, description="a path of the site")
    click: str | None = Field(default=None, description="a selector of Playwright's: text=Buy, #menu")
    fill: tuple[str, str] | None = Field(default=None, description="[selector, text]")
    press: str | None = Field(default=None, description="a key: Enter")
    wait: str | None = Field(default=None, description="a selector that has to be visible")

    @model_validator(mode="after")
    def _is_one_thing(self) -> Step:
        if sum(value is not None for value in self.__dict__.values()) != 1:
            raise ValueError("a step is exactly one of goto, click, fill, press and wait")
        return self


def _steps(told: object) -> object:
    """`/` or `[/, {click: "#buy"}]`: a path alone is a `goto`."""
    listed = [told] if isinstance(told, str) else told
    if not isinstance(listed, list | tuple):
        return told
    return tuple({"goto": step} if isinstance(step, str) else step for step in listed)


Steps = Annotated[tuple[Step, ...], BeforeValidator(_steps), Field(min_length=1, max_length=200)]


class Network(Section):
    """The line that is pretended, by DevTools."""

    latency: Duration = Field(default=0.15, description="of a request")
    download: float = Field(default=1_600_000, gt=0, description="bits a second")
    upload: float = Field(default=750_000, gt=0, description="bits a second")


class Benchmark(Section):
    """`benchmark.yml`."""

    serve: str = Field(description="the built folder, from the folder of the config")
    journeys: dict[str, Steps] = Field(min_length=1, max_length=100, description="name → steps; a path alone is a goto")
    cache: Literal["cold", "warm"] = "cold"
    cpu: float = Field(default=1.0, ge=1, le=20, description="how many times slower")
    network: Network | None = None
    viewport: tuple[int, int] = (412, 823)
    runs: int = Field(default=3, ge=2, le=50, description="how often; what differs is noisy, and its median counts")
    time_limit: Duration = Field(default=30.0, description="of a journey")
    score: dict[Name, Annotated[float, Field(gt=0)]] = Field(
        default={"bytes": 1.0, "requests": 1.0, "dom-nodes": 1.0},
        min_length=1,
        description="number → weight, blended on the log scale; less is better",
    )

    holdout: tuple[str, ...] = Field(default=(), description="journeys that are walked only where they are asked for")

    def only(self, names: Any) -> Benchmark:
        """The same for some journeys: what a holdout names. Raises `ValueError` for names that are none."""
        known = {name: steps for name, steps in self.journeys.items() if name in names}
        if len(known) != len(set(names)):
            missing = sorted(set(names) - known.keys())
            raise ValueError(f"there is no journey {', '.join(missing)}")
        return self.model_copy(update={"journeys": known})

    def without(self, names: Any) -> Benchmark:
        """The same without some journeys, which are kept for the morning."""
        return self.model_copy(update={"journeys": {n: s for n, s in self.journeys.items() if n not in names}})
