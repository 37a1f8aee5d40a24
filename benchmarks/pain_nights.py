"""False findings in clean months, and how soon each planted pain is told: the loop itself, night after night.

    python benchmarks/pain_nights.py [--seeds 10] [--first-seed 100] [--write]

The shop's visitors (`examples/shop/traffic.py`) with other seeds than the demo's, the shop's own config, and a run
every morning at 07:00 UTC. *Clean*: thirty nights with a campaign and nothing else. *Planted*: from a week before the
release that breaks the payment to four days after it. DuckDB is asked once for the whole time, and each night gets its
part.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
import tempfile
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.page import machine, renew, table

from autoresearch.config.load import load
from autoresearch.config.secrets import Secrets
from autoresearch.core.baseline import Baseline
from autoresearch.loops.registry import configured
from autoresearch.signals.context import Signals
from autoresearch.signals.events.model import Release, Span
from autoresearch.signals.events.source import open_events

SHOP = Path(__file__).parents[1] / "examples" / "shop"
sys.path.insert(0, str(SHOP))
from traffic import DAY_1, DAY_2, PLANTED, write  # noqa: E402

DAY = dt.timedelta(days=1)
NIGHTS = 30
EXPECTED = {
    "release": ("pain/rate-up", "failed-payments"),
    "silence": ("pain/silent", "event newsletter_signup"),
    "drift": ("pain/drift-up", "script-errors"),
}
"""What is planted → the rule and the beginning of the key that tell it; a drift may also be told as `pain/rate-up`."""


@dataclass
class Recorded:
    """A source that has been asked everything about the whole time, and answers about a part of it."""

    source: Any
    whole: Span
    answers: dict[str, tuple[list[Any], list[dt.datetime]]] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        asked = getattr(self.source, name)

        def answer(span: Span, *question: Any, **more: Any) -> Any:
            key = f"{name} {question} {more}"
            if key not in self.answers:
                found = asked(self.whole, *question, **more)
                found = sorted(found, key=lambda row: row.at) if hasattr(next(iter(found), None), "at") else found
                self.answers[key] = found, [row.at for row in found] if isinstance(found, list) else []
            found, times = self.answers[key]
            return found[bisect_left(times, span.start) : bisect_left(times, span.end)]

        return answer

    def values(self, span: Span, dimension: Any) -> Any:
        """What stands alone in the whole time."""
        del span
        return self.source.values(self.whole, dimension)

    def facts(self, span: Span) -> Any:
        """Of no consequence here: the same for all nights."""
        key = "facts"
        if key not in self.answers:
            self.answers[key] = [self.source.facts(self.whole)], []
        del span
        return self.answers[key][0][0]

    def releases(self, span: Span) -> Sequence[Release]:
        """Those that were seen by then."""
        if "releases" not in self.answers:
            self.answers["releases"] = self.source.releases(self.whole), []
        return [release for release in self.answers["releases"][0] if release.first < span.end]

    def close(self) -> None:
        """Nothing is open."""


Finding = tuple[dt.datetime, str, str, str]
"""The run that told it first, rule, subject, key."""


def nights(folder: Path, first: dt.datetime, last: dt.datetime) -> tuple[list[Finding], int, int]:
    """(what was told when for the first time, runs, bytes of the state at the end)."""
    config, document = load(SHOP / "autoresearch" / "config.yml", "config.yml")
    loop = configured(config, document)["pain-watchdog"]
    assert config.events is not None
    whole = Span(first - 43 * DAY, last)
    source = open_events(config.events, folder, last + DAY)
    recorded, baseline = Recorded(source, whole), Baseline(loop="pain-watchdog")
    told: list[Finding] = []
    known: set[tuple[str, str, str]] = set()
    now, runs = first, 0
    while now <= last:
        signals = Signals(folder, None, now, Secrets({}), event_settings=config.events)
        signals._cache["events"] = recorded  # noqa: SLF001
        signals.recall(loop.name, baseline.memory)
        measured = loop.measure(signals)
        found = {f.identity for f in loop.judge(measured, baseline) if f.severity != "info"}
        told += [(now, *identity) for identity in sorted(found - known)]
        known, runs = found, runs + 1
        baseline = Baseline(loop=loop.name, memory=dict(loop.remember(measured, baseline)))
        now += DAY
    source.close()
    return told, runs, len(json.dumps(baseline.memory))


def clean(seed: int, folder: Path) -> tuple[list[Finding], int, int]:
    """A month in which nothing is wrong, an evening's campaign included."""
    campaign = {"campaign": PLANTED["campaign"]}
    write(folder / "events" / "visits.parquet", DAY_2 + 5 * DAY, seed=seed, days=NIGHTS + 42, pains=campaign)
    return nights(folder, DAY_2 + (6 - NIGHTS) * DAY, DAY_2 + 5 * DAY)


def planted(seed: int, folder: Path) -> tuple[list[Finding], int, int]:
    """The shop's own pains."""
    write(folder / "events" / "visits.parquet", DAY_2 + 4 * DAY, seed=seed, days=44, pains=PLANTED)
    return nights(folder, DAY_1 - 7 * DAY, DAY_2 + 4 * DAY)


def what(finding: Finding) -> str | None:
    """Which planted pain a finding tells."""
    for name, (rule, key) in EXPECTED.items():
        rules = {rule, "pain/rate-up"} if name == "drift" else {rule}
        if finding[1] in rules and finding[3].startswith(key) and finding[0] >= PLANTED[name]:
            return name
    return None


def run(seeds: range) -> tuple[str, dict[str, Any]]:
    """Both, for every seed."""
    false, quiet, state = Counter[str](), 0, 0
    delays: dict[str, list[float]] = {name: [] for name in EXPECTED}
    besides: list[str] = []
    for seed in seeds:
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            told, runs, _ = clean(seed, Path(folder))
        quiet += runs
        false.update(f"{rule} {key}" for _, rule, _, key in told)
        with tempfile.TemporaryDirectory() as folder:
            found, _, size = planted(seed, Path(folder))
        state = max(state, size)
        for name in EXPECTED:
            times = [finding[0] for finding in found if what(finding) == name]
            delays[name].append((min(times) - PLANTED[name]) / dt.timedelta(hours=1) if times else float("inf"))
        besides += [
            f"seed {seed}: {at:%m-%d} {rule} {subject} {key}"
            for at, rule, subject, key in found
            if not what((at, rule, subject, key))
        ]
        print(f"seed {seed}: {len(told)} false, {delays_of(delays)}, {time.monotonic() - began:.0f} s", file=sys.stderr)
    for line in [*(f"false in a clean month: {name} × {n}" for name, n in sorted(false.items())), *besides]:
        print(line, file=sys.stderr)
    rows = [["clean", f"{quiet} nights", f"{sum(false.values())} false findings"]]
    for name, hours in delays.items():
        in_time = sum(h <= (24 if name != "drift" else 14 * 24) for h in hours)
        seen = sorted(h for h in hours if h != float("inf"))
        typical = f"{seen[len(seen) // 2]:.0f} h" if seen else "–"
        rows.append(
            [
                name,
                f"{len(hours)} seeds",
                f"{in_time} told within {'24 h' if name != 'drift' else '14 days'}, typically after {typical}",
            ]
        )
    rows.append(["planted", f"{len(seeds)} seeds", f"{len(besides)} other findings"])
    rows.append(["state", "", f"{state / 1000:,.0f} kB at most"])
    return table(["", "", ""], rows), {"false": false, "delays": delays}


def delays_of(delays: dict[str, list[float]]) -> str:
    """The last seed's."""
    return ", ".join(f"{name} {hours[-1]:.0f} h" for name, hours in delays.items())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=100)
    parser.add_argument("--write", action="store_true", help="renew docs/benchmarks.md")
    asked = parser.parse_args()
    text, _ = run(range(asked.first_seed, asked.first_seed + asked.seeds))
    print(text)
    if asked.write:
        renew("Pain, night after night", f"{text}\n\n{machine()}")
