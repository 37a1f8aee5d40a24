"""Hold a run against the answer key: everything that was planted is reported, and nothing else.

    python examples/shop/verify.py --day 2 changes.json
    python examples/shop/verify.py --day 2 --loop lighthouse changes.json

Exit code 0 when they agree; else 1, with what is missing and what was not expected.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

KEY = Path(__file__).with_name("answer-key.toml")
APART = ("lighthouse",)
"""Loops that need a browser, and minutes: they have a config of their own."""


class Report(NamedTuple):
    """What identifies one reported change; numbers and wording do not."""

    loop: str
    kind: str
    rule: str
    metric: str
    subject: str
    key: str

    def __str__(self) -> str:
        what = f"{self.metric}@{self.subject}" if self.metric else " → ".join(filter(None, (self.subject, self.key)))
        return f"{self.loop}: {self.kind} {self.rule} {what}"


def reports(entries: Iterable[dict[str, Any]]) -> set[Report]:
    """Changes, of a run or of the key, as comparable reports."""
    return {Report(*(entry.get(name) or "" for name in Report._fields)) for entry in entries}


def planted(day: int, loop: str | None = None) -> set[Report]:
    """What a run has to report on that day, of all loops of the config or of one of its own; on day 1 all is well."""
    changes = tomllib.loads(KEY.read_text(encoding="utf-8"))["change"] if day == 2 else []
    finds = [find for change in changes for find in change["finds"]]
    return reports(find for find in finds if (find["loop"] if find["loop"] in APART else None) == loop)


def found(changes: Path) -> set[Report]:
    """What a run did report. The first look at a metric is a note, not a defect, and so is a timing without history."""
    entries = json.loads(changes.read_text(encoding="utf-8"))["changes"]
    return reports(entry for entry in entries if not is_note(entry))


def is_note(entry: dict[str, Any]) -> bool:
    """Whether a change is about a number that nothing can be said of yet."""
    too_young = entry["kind"] == "unsure" and entry["loop"] in APART
    return bool(entry.get("metric")) and (entry["kind"] == "first-look" or too_young)


def verify(day: int, changes: Path, loop: str | None = None) -> bool:
    """Print how they compare; True when they agree."""
    expected, actual = planted(day, loop), found(changes)
    for title, reported in (("missing", expected - actual), ("not planted", actual - expected)):
        for report in sorted(reported):
            print(f"  {title}: {report}")
    if not expected | actual:
        print("  nothing planted, nothing reported")
    else:
        agreed, others = len(expected & actual), len(actual - expected)
        rules = len({report.rule for report in expected})
        print(f"  {len(expected)} defects planted, of {rules} rules: {agreed} reported, and {others or 'nothing'} else")
    return expected == actual


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--day", type=int, choices=(1, 2), required=True)
    parser.add_argument("--loop", choices=APART, help="the one that was run apart")
    parser.add_argument("changes", type=Path, help="what `autoresearch run --changes` wrote")
    arguments = parser.parse_args()
    sys.exit(not verify(arguments.day, arguments.changes, arguments.loop))
