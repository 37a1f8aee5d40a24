"""`docs/benchmarks.md`: each benchmark renews its own section and leaves the others alone."""

from __future__ import annotations

import datetime as dt
import os
import platform
import re
from collections.abc import Sequence
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first are numbers."""
    rule = ["---", *["--:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))


def machine() -> str:
    """Where and when, in one line."""
    gibibytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{dt.datetime.now(dt.UTC):%Y-%m-%d}; {os.cpu_count()} cores ({platform.machine()}), {gibibytes:.0f} GiB, "
        f"{platform.system()}, Python {platform.python_version()}."
    )


def renew(title: str, text: str) -> None:
    """Put `text` under the heading `## title`, in place of what stands there, or at the end."""
    old = PAGE.read_text(encoding="utf-8") if PAGE.exists() else "# Benchmarks\n"
    section = f"## {title}\n\n{text.strip()}\n"
    found = re.compile(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    new, count = found.subn(lambda _: section + "\n", old)
    if not count:
        new = old.rstrip() + "\n\n" + section
    PAGE.write_text(new.rstrip() + "\n", encoding="utf-8")
