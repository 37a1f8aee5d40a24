"""`experiments:` of `config.yml`: what a night may change, what it is scored by, and who has the ideas."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, field_validator, model_validator

from autoresearch.config.base import Duration, Section

Choice = str | int | float | bool


def _percent(value: object) -> object:
    """`1%` → .01; a number stands for itself."""
    if isinstance(value, str) and value.strip().endswith("%"):
        try:
            return float(value.strip()[:-1]) / 100
        except ValueError:
            raise ValueError("a share, such as 1% or 0.01") from None
    return value


Percent = Annotated[
    float,
    BeforeValidator(_percent),
    Field(gt=0, lt=1),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^\d+(\.\d+)?\s*%$"}]}),
]


class Budget(Section):
    """When a night is over."""

    tries: int | None = Field(default=None, gt=0)
    dollars: float | None = Field(default=None, gt=0)
    stall: int | None = Field(default=None, gt=0, description="tries in a row of which none was kept")


class Knob(Section):
    """One value of the file, and what it may become. Exactly one of `path`, `css` and `pattern` says where it is."""

    path: str | None = Field(default=None, description="a place in a YAML, JSON or TOML file: train.batch, layers[0]")
    css: str | None = Field(default=None, description="a CSS custom property: --gap")
    pattern: str | None = Field(default=None, description="a regular expression with one group: the value")
    choices: tuple[Choice, ...] = Field(default=(), description="all the values that it may have")
    range: tuple[float, float] | None = Field(default=None, description="the least and the greatest value")
    step: float | None = Field(default=None, gt=0, description="values of the range; left out: any, by factors")

    @property
    def name(self) -> str:
        """What people call it."""
        return self.path or self.css or self.pattern or ""

    @model_validator(mode="after")
    def _is_one_place_with_values(self) -> Knob:
        if sum(each is not None for each in (self.path, self.css, self.pattern)) != 1:
            raise ValueError("a knob needs exactly one of `path`, `css` and `pattern`")
        if bool(self.choices) == (self.range is not None):
            raise ValueError("a knob needs `choices` or a `range`")
        if self.range is not None and not self.range[0] < self.range[1]:
            raise ValueError("a range goes from the least to the greatest value")
        if self.step is None and self.range is not None and not self.range[0] > 0:
            raise ValueError("a range that begins at 0 or below needs a `step`")
        return self


class Knobs(Section):
    """No model and no key: a seeded search that turns one knob at a time."""

    kind: Literal["knobs"]
    knobs: tuple[Knob, ...] = ()


class CommandAgent(Section):
    """Any program that edits the file in the folder in which it is started."""

    kind: Literal["command"]
    command: tuple[str, ...] = Field(min_length=1, description="{prompt}, {file} and {program} are put in")
    time_limit: Duration = 600.0
    keys: tuple[str, ...] = Field(default=(), description="environment variables that it gets, such as OPENAI_API_KEY")


class ModelAgent(Section):
    """A coding agent's own command line."""

    kind: Literal["claude", "codex"]
    model: str | None = None
    time_limit: Duration = 600.0
    dollars: float = Field(default=1.0, gt=0, description="at most so much a try, where the program can be told")


Agent = Annotated[Knobs | CommandAgent | ModelAgent, Field(discriminator="kind")]


class Experiment(Section):
    """A night: one file that may be edited against a frozen benchmark."""

    edits: str = Field(description="the one file that may be edited")
    benchmark: str | tuple[str, ...] = Field(description="a .py, a .yml of autoresearch.bench, or a command")
    build: str | None = Field(default=None, description="a command before the benchmark; left out: site.build")
    better: Literal["lower", "higher"] = "lower"
    program: str | None = Field(default=None, description="instructions; left out: autoresearch/NAME/program.md")
    agent: Agent
    time_limit: Duration = Field(default=300.0, description="of a build and a run of the benchmark, together")
    min_effect: Percent = Field(default=0.01, description="the smallest gain that is worth a commit")
    guardrails: dict[str, float] = Field(
        default_factory=dict, description="metric → by how much it may get worse, in its own unit"
    )
    normaliser: tuple[str, ...] | None = Field(
        default=None, description="a formatter or minifier, standard input to standard output: ties go to fewer bytes"
    )
    holdout: tuple[str, ...] = Field(default=(), description="what the benchmark is asked only in the morning")
    budget: Budget = Budget()
    seed: int = 0

    @field_validator("edits")
    @classmethod
    def _lies_within(cls, edits: str) -> str:
        parts = PurePosixPath(edits).parts
        if not parts or edits.startswith("/") or ".." in parts or parts[0] == ".git":
            raise ValueError("a file of the repository, as a path from its root")
        return "/".join(parts)
