"""Lighthouse's own reports, kept where a workflow can upload them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

from autoresearch.loops.lighthouse.runs import Look
from autoresearch.signals.lab.model import Run

_LONGEST = 80


def keep_reports(root: Path, folder: str | None, looks: Sequence[Look], keep: Callable[[Run, Path], None]) -> None:
    """Keep the report of the run that speaks for each look; nowhere where `folder` leads out of the repository."""
    if folder is None or not (root / folder).resolve().is_relative_to(root.resolve()):
        return
    for look in looks:
        keep(look.speaker, root / folder / file_name(look.page.subject, look.preset))


def file_name(subject: str, preset: str) -> str:
    """`/about` on mobile → `about.mobile.html`; with a hash where two pages could share a name."""
    plain = subject.strip("/")
    name = re.sub(r"[^A-Za-z0-9._]+", "-", plain).strip("-.") or "index"
    if plain and (name != plain or len(name) > _LONGEST):
        name = f"{name[:_LONGEST]}-{sha256(subject.encode()).hexdigest()[:6]}"
    return f"{name}.{preset}.html"
