"""`rubric`: yes/no rules over text, Markdown or JSONL, accumulated into rates (`docs/loops/rubric.md`).

What has an identity, a file or a row with an `id`, is told by name: each "no" is a finding. Rows without one are a
sample, new every day: there only the rate counts, and it is down when chance alone does not explain it.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from pydantic import Field, field_validator, model_validator

from autoresearch.config.model import NAME, LoopSettings, Rung, Section
from autoresearch.core.baseline import Baseline, Entry
from autoresearch.core.measurement import (
    SITE,
    Coverage,
    Finding,
    Measurement,
    Metric,
    Rule,
    Severity,
    Skipped,
    fingerprint,
)
from autoresearch.errors import NotMeasuredError
from autoresearch.loops.base import Loop
from autoresearch.signals import texts
from autoresearch.signals.context import Signals
from autoresearch.signals.texts import Text
from autoresearch.statistics.proportions import fisher_exact

_ALPHA = 0.001
"""Of a whole run: the questions share it."""
_REFERENCE_RUNS = 50
"""The newest runs, taken together, that a rate is compared with."""
_RATE, _TEXTS = "rate", "texts"
_MAX_TOLD = 1_000
_PATIENCE = 1.0
"""Seconds for one pattern on one text: some patterns take longer than the universe lasts."""
_WORD = re.compile(r"\w+(?:['’-]\w+)*")


class Mentions(Section):
    """The text has to mention what a field of the same item says."""

    field: str


class Question(Section):
    """One yes/no rule: every condition that it names must hold."""

    id: str = Field(pattern=NAME)
    field: str | None = Field(default=None, description="the field that is asked about; the whole text when left out")
    pattern: str | None = Field(default=None, description="a regular expression that occurs")
    not_pattern: str | None = Field(default=None, description="a regular expression that does not occur")
    max_words: int | None = Field(default=None, ge=0)
    min_words: int | None = Field(default=None, ge=0)
    mentions: Mentions | None = None
    one_of: tuple[str, ...] | None = Field(default=None, min_length=1, description="the text is one of these")
    severity: Severity = "warning"

    @field_validator("pattern", "not_pattern")
    @classmethod
    def _compiles(cls, pattern: str | None) -> str | None:
        import regex

        try:
            regex.compile(pattern or "", regex.MULTILINE)
        except regex.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        return pattern

    @model_validator(mode="after")
    def _asks_something(self) -> Question:
        conditions = (self.pattern, self.not_pattern, self.max_words, self.min_words, self.mentions, self.one_of)
        if all(condition is None for condition in conditions):
            raise ValueError("asks nothing: give pattern, not_pattern, max_words, min_words, mentions or one_of")
        return self

    def rule(self, loop: str) -> Rule:
        """The rule that a *no* breaks. Another condition is another version: it gets a first look of its own."""
        conditions = self.model_dump_json(exclude={"id", "severity"}, exclude_none=True)
        version = hashlib.sha256(conditions.encode()).hexdigest()[:8]
        title = self.id.replace("-", " ").capitalize()
        return Rule(f"{loop}/{self.id}", self.severity, title, "", version=version)

    def objections(self, item: Text) -> Iterator[str]:
        """Why the answer is no; nothing when it is yes."""
        text = item.body if self.field is None else item.get(self.field)
        if text is None:
            yield f"has no field `{self.field}`"
            return
        if self.pattern is not None and _found(self.pattern, text) is None:
            yield f"does not match /{self.pattern}/"
        if self.not_pattern is not None and (found := _found(self.not_pattern, text)) is not None:
            yield f"matches /{self.not_pattern}/: “{found[:60]}”"
        yield from self._word_count(text)
        if self.one_of is not None and text.strip() not in self.one_of:
            yield f"is not one of {', '.join(self.one_of)}"
        if self.mentions is not None:
            yield from _unmentioned(text, self.mentions.field, item.get(self.mentions.field))

    def _word_count(self, text: str) -> Iterator[str]:
        if self.max_words is None and self.min_words is None:
            return
        words = len(_WORD.findall(text))
        if self.max_words is not None and words > self.max_words:
            yield f"has {words} words, at most {self.max_words} wanted"
        if self.min_words is not None and words < self.min_words:
            yield f"has {words} words, at least {self.min_words} wanted"


def _found(pattern: str, text: str) -> str | None:
    """What a pattern first matches. Raises `TimeoutError`, which `re` cannot."""
    import regex

    match = regex.search(pattern, text, regex.MULTILINE, timeout=_PATIENCE)
    return None if match is None else match[0]


def _unmentioned(text: str, field: str, wanted: str | None) -> Iterator[str]:
    if wanted is None:
        yield f"has no field `{field}` to mention"
    elif wanted.strip().casefold() not in text.casefold():
        yield f"does not mention its {field}, “{wanted[:60]}”"


class Settings(LoopSettings):
    """Which texts, and what is asked of each."""

    files: str = Field(description="a pattern below the root: posts/**/*.md, logs/*.jsonl")
    id: str | None = Field(default=None, description="the field that names a JSONL row; without it rows are a sample")
    rules: tuple[Question, ...] = Field(min_length=1)  # type: ignore[assignment]

    @field_validator("files")
    @classmethod
    def _stays_inside(cls, pattern: str) -> str:
        if pattern.startswith("/") or ".." in pattern.split("/"):
            raise ValueError("a pattern below the root, without `..`")
        return pattern

    @model_validator(mode="after")
    def _names_are_unique(self) -> Settings:
        if twice := [name for name, count in Counter(q.id for q in self.rules).items() if count > 1]:
            raise ValueError(f"two rules are called `{twice[0]}`")
        return self

    def severities(self) -> dict[str, str]:
        """Each question carries its own severity."""
        return {}


RubricSettings = Settings  # inside the class, its own name means the class variable


class Rubric(Loop[Settings]):
    """Yes/no rules over texts."""

    kind: ClassVar[str] = "rubric"
    rung: ClassVar[Rung] = "rubric"
    measures: ClassVar[str] = "texts, by questions"
    because: ClassVar[str] = "yes/no rules that anyone can check by reading"
    Settings: ClassVar[type[LoopSettings]] = Settings

    def __init__(self, name: str, settings: RubricSettings) -> None:
        super().__init__(name, settings)
        down = Rule(f"{name}/rate-down", "error", "Fewer yes than before", "Read the latest rows that get a no.")
        self.rules = (*(question.rule(name) for question in settings.rules), down)
        self.version = hashlib.sha256("".join(rule.version for rule in self.rules).encode()).hexdigest()[:8]
        """Of all questions together: rates are compared with rates of the same questions."""

    def measure(self, signals: Signals) -> Measurement:
        """Ask every question of every text."""
        tally = _Tally(self)
        for item in texts.read(signals.root, self.settings.files):
            tally.add(item)
        if not tally.items:
            raise NotMeasuredError(f"no text matches `{self.settings.files}`", hint="check `files` in the config")
        return tally.measurement()

    def judge(self, measurement: Measurement, baseline: Baseline) -> Sequence[Finding]:
        """A rate over a sample is down when chance would make one such drop in fewer than 1 of 1,000 runs."""
        return list(self._rates_down(measurement, baseline))

    def _rates_down(self, measurement: Measurement, baseline: Baseline) -> Iterator[Finding]:
        down = f"{self.name}/rate-down"
        history = baseline.segment(measurement.environment).history
        for question, facts in measurement.observations.items():
            known = baseline.known.get(fingerprint(self.name, down, question))
            well = [entry for entry in history if known is None or entry.order < known.first_seen.order]
            now, before = _counts(facts), _pooled(question, well[-_REFERENCE_RUNS:])
            p = fisher_exact(now, before)
            if p < _ALPHA / len(self.settings.rules):
                message = f"yes to {_share(now)} now, to {_share(before)} before; chance: 1 in {1 / max(p, 1e-9):,.0f}"
                yield Finding(rule=down, subject=question, severity="error", message=message, judged=True)


class _Tally:
    """Counts while the texts go by; keeps no text."""

    def __init__(self, loop: Rubric) -> None:
        self._loop = loop
        self.items = 0
        self._yes: Counter[str] = Counter()
        self._sampled = 0
        self._findings: list[Finding] = []
        self._skipped: list[Skipped] = []

    def add(self, item: Text) -> None:
        subject = item.file if item.line is None else f"{item.file}:{item.line}"
        if item.problem is not None:
            self._skip(subject, item.problem)
            return
        try:
            answers = {question.id: "; ".join(question.objections(item)) for question in self._loop.settings.rules}
        except TimeoutError:
            self._skip(subject, f"a pattern of the rules needs more than {_PATIENCE:.0f} s for this text")
            return
        self.items += 1
        name = item.get(self._loop.settings.id) if self._loop.settings.id and item.line is not None else None
        self._sampled += item.line is not None and name is None
        for question in self._loop.settings.rules:
            no = answers[question.id]
            self._yes[question.id] += not no
            if no and (item.line is None or name is not None):
                self._tell(question, item, name or "", no)

    def _tell(self, question: Question, item: Text, name: str, no: str) -> None:
        if len(self._findings) == _MAX_TOLD:
            self._skip(item.file, f"more than {_MAX_TOLD:,} answers are no: the rest is only counted")
        if len(self._findings) < _MAX_TOLD:
            rule = f"{self._loop.name}/{question.id}"
            what = " ".join(part for part in (question.field, no) if part)
            self._findings.append(
                Finding(
                    rule=rule,
                    subject=item.file,
                    key=name,
                    severity=question.severity,
                    message=what,
                    path=item.file,
                    line=item.line,
                )
            )

    def _skip(self, subject: str, reason: str) -> None:
        if len(self._skipped) < _MAX_TOLD:
            self._skipped.append(Skipped(subject=subject, reason=reason))

    def measurement(self) -> Measurement:
        questions = [question.id for question in self._loop.settings.rules]
        overall = sum(self._yes.values()) / (self.items * len(questions))
        rates = {SITE: overall, **{name: self._yes[name] / self.items for name in questions}}
        observed = {name: {"yes": self._yes[name], "items": self.items} for name in questions} if self._sampled else {}
        return Measurement(
            loop=self._loop.name,
            kind=self._loop.kind,
            environment={"questions": self._loop.version},
            complete=len(self._findings) < _MAX_TOLD,
            coverage=Coverage(measured=self.items, skipped=tuple(self._skipped)),
            metrics=(
                Metric(name=_TEXTS, value=self.items, exact=True),
                *(Metric(name=_RATE, subject=s, value=r, better="higher", exact=True) for s, r in rates.items()),
            ),
            findings=tuple(self._findings),
            observations=observed,
        )


def _counts(observed: dict[str, str | int | float | bool | None]) -> tuple[int, int]:
    yes, items = observed.get("yes"), observed.get("items")
    return (yes, items) if isinstance(yes, int) and isinstance(items, int) else (0, 0)


def _pooled(question: str, runs: Iterable[Entry]) -> tuple[int, int]:
    """(yes, all) of several runs together: what slips a little every day slips away from these."""
    yes = texts = 0
    for run in runs:
        rate, count = run.metrics.get(f"{_RATE}@{question}"), run.metrics.get(f"{_TEXTS}@{SITE}")
        if rate is not None and count is not None:
            yes, texts = yes + round(rate * count), texts + round(count)
    return yes, texts


def _share(counted: tuple[int, int]) -> str:
    yes, texts = counted
    return f"{yes:,} of {texts:,}"
