"""What the runner answers. It has read pages, and pages are anybody's: every text is bounded, every number checked."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from autoresearch.core.measurement import Strict

Preset = Literal["mobile", "desktop"]

Text = Annotated[str, Field(max_length=1_000)]
Number = Annotated[float, Field(ge=0)]


class Element(Strict):
    """A place where an audit failed: a CSS selector and the start of its markup, or just a text (an address)."""

    selector: Text = ""
    snippet: Text = ""
    why: Text = ""


class Audit(Strict):
    """An audit that failed, of a category other than performance."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,100}$")]
    category: Literal["accessibility", "best-practices", "seo"]
    weight: Number
    """What it counts in its category's score; 0 counts nothing."""
    title: Text
    link: Text = ""
    """Its documentation."""
    elements: tuple[Element, ...] = Field(default=(), max_length=10)
    places: int = Field(default=0, ge=0)
    """How many there are in all."""


class Advice(Strict):
    """A performance audit that promises to save time: `saving` in ms."""

    id: Text
    title: Text
    link: Text
    score: float
    saving: Number


class Run(Strict):
    """One Lighthouse run of one page, reduced to what is needed."""

    url: Text
    """Where the main document came from in the end."""
    benchmark_index: Number
    """Lighthouse's own measure of how fast the machine was at that moment."""
    metrics: dict[str, Number]
    """`fcp`, `lcp`, `tbt`, `si`, `tti` in ms, `cls`, `bytes`, `requests`, and the performance `score` (0 to 100)."""
    scores: dict[str, float | None] = Field(default_factory=dict)
    """By category, 0 to 1."""
    audits: tuple[Audit, ...] = ()
    advice: tuple[Advice, ...] = ()
    warnings: tuple[Text, ...] = ()
    dialogs: int = Field(default=0, ge=0)
    """How often the page stopped everything to show a dialog."""
    seconds: Number = 0.0
    whole: bool
    """Whether it looked at everything; else only at what is timed: `scores` and `audits` say nothing then."""
    again: bool = False
    """Whether it looked once more at audits that were named: `audits` says which of them fail."""
    report: Annotated[str, Field(pattern=r"^run-\d+\.html$")]
    """File of the whole report, in the lab's folder."""


class Failed(Strict):
    """Why a run brought nothing: Lighthouse's error code or one of ours, and a sentence."""

    code: Annotated[str, Field(max_length=100)]
    reason: Text
    seconds: Number = 0.0


class Versions(Strict):
    """What the runner runs."""

    lighthouse: Text
    chromium: Text
    shell: bool = False
    """Whether it is the headless shell: another program of the same version, and other numbers."""
    node: Text
