"""How fast are millions of events counted by hour, route and event? Ours against bare DuckDB, Polars and pandas.

    scripts/bench events                       10 and 50 million events in Parquet files of a million
    scripts/bench events --millions 1          a first look

Every program is a process of its own, start included, with two threads at most, asked for the same counts: they have to
be equal. Ours does more for it: it reads times in whatever type they come, drops what lies in the future, names what is
missing, and pools all but the values that are followed. Its first look has to find those values too: a scan each.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from support import page
from support.stopwatch import Run, run

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".bench" / "events"
TARGET, MOST_MEGABYTES = 1.3, 400
_FILE = 1_000_000
_ROUTES, _EVENTS, _DAYS = 50, 12, 30

MAKE = """
import sys, duckdb
target, number, rows = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
duckdb.execute("SET threads = 2")
duckdb.execute(f'''
COPY (
  SELECT TIMESTAMPTZ '2026-03-01 00:00:00+00' + to_milliseconds((h % {days_ms})::BIGINT) AS ts,
         's' || (h // 977 % 4000000) AS sid,
         'event-' || (h // 31 % {events}) AS name,
         '/route/' || least(h // 7 % 1000 * (h // 7007 % 1000) // 5000, {routes} - 1) AS path,
         (h // 13 % 5000)::DOUBLE AS ms
  FROM (SELECT hash(range + {number} * {rows}) AS h FROM range({rows}))
) TO '{target}' (FORMAT parquet)''')
"""

OURS = """
import datetime as dt, json, sys
from pathlib import Path
from autoresearch.config.events import Events
from autoresearch.signals.events.model import Dimension, Span
from autoresearch.signals.events.source import open_events
known = sys.argv[2] == "known"
settings = Events.model_validate({"source": "*.parquet", "memory": "256MB",
    "columns": {"time": "ts", "event": "name", "route": "path", "value": "ms"}})
start = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
source = open_events(settings, Path(sys.argv[1]), start + dt.timedelta(days=40))
routes = tuple(f"/route/{n}" for n in range(ROUTES)) if known else None
events = tuple(f"event-{n}" for n in range(EVENTS)) if known else None
dims = [Dimension("route", top=ROUTES, keep=routes), Dimension("event", keep=events)]
found = source.counts(Span(start, start + dt.timedelta(days=30)), dims)
print(json.dumps([len(found), sum(each.events for each in found), max(each.events for each in found)]))
"""

DUCKDB = """
import json, sys, duckdb
duckdb.execute("SET threads = 2; SET enable_progress_bar = false; SET memory_limit = '256MB'; SET TimeZone = 'UTC'")
found = duckdb.execute(
    f"SELECT date_trunc('hour', ts)::TIMESTAMP, path, name, count(*) FROM '{sys.argv[1]}/*.parquet' GROUP BY ALL"
).fetchall()
print(json.dumps([len(found), sum(each[3] for each in found), max(each[3] for each in found)]))
"""

POLARS = """
import json, sys, polars as pl
found = (pl.scan_parquet(f"{sys.argv[1]}/*.parquet").group_by(pl.col("ts").dt.truncate("1h"), "path", "name").len()
         .collect(engine="streaming"))
print(json.dumps([found.height, int(found["len"].sum()), int(found["len"].max())]))
"""

PANDAS = """
import json, sys, pandas as pd
rows = pd.read_parquet(sys.argv[1], columns=["ts", "path", "name"])
found = rows.groupby([rows["ts"].dt.floor("h"), "path", "name"], observed=True).size()
print(json.dumps([len(found), int(found.sum()), int(found.max())]))
"""


@dataclass(frozen=True)
class Entry:
    """A program, and how it is called in the table."""

    name: str
    text: str
    arguments: tuple[str, ...] = ()
    is_peer: bool = False
    most_millions: int = 1_000
    """Where more would not fit into the machine's memory."""


ENTRIES = (
    Entry("**ours**, segments known", OURS, ("known",)),
    Entry("ours, at first look", OURS, ("new",)),
    Entry("bare DuckDB", DUCKDB),
    Entry("Polars, streaming", POLARS, is_peer=True),
    Entry("pandas", PANDAS, is_peer=True),
)


def data(millions: int, say: Callable[[str], None]) -> Path:
    """Parquet files of a million events each; the same on every machine, made once."""
    folder = FOLDER / f"{millions}m"
    folder.mkdir(parents=True, exist_ok=True)
    text = MAKE.replace("{events}", str(_EVENTS)).replace("{routes}", str(_ROUTES))
    text = text.replace("{days_ms}", str(_DAYS * 86_400_000))
    for number in range(millions):
        target = folder / f"{number:03}.parquet"
        if not target.exists():
            part = target.with_suffix(".part")
            made = run([sys.executable, "-c", text, part, number, _FILE], cwd=ROOT)
            if made.code:
                raise SystemExit(f"events: the data could not be made:\n{made.output[-1_000:]}")
            part.rename(target)
            say(f"  {number + 1} of {millions} million events made")
    return folder


def measured(entry: Entry, folder: Path, repeats: int) -> Run | None:
    """The fastest of several runs; None for a peer that is not there."""
    text = entry.text.replace("ROUTES", str(_ROUTES)).replace("EVENTS", str(_EVENTS))
    env = {"PYTHONPATH": str(ROOT / ".bench" / "python")} if entry.is_peer else {}
    env |= {"POLARS_MAX_THREADS": "2", "OMP_NUM_THREADS": "2"}
    runs = [run([sys.executable, "-c", text, folder, *entry.arguments], cwd=ROOT, env=env) for _ in range(repeats)]
    if any(each.code for each in runs):
        print(f"  {entry.name} did not run: {runs[0].output.strip()[-300:]}", file=sys.stderr)
        return None
    return min(runs, key=lambda each: each.seconds)


def rows(millions: int, repeats: int) -> tuple[list[list[str]], dict[str, Run]]:
    """One row a program, and what they answered, which has to be the same."""
    folder = data(millions, lambda text: print(text, file=sys.stderr))
    found = {each.name: measured(each, folder, repeats) for each in ENTRIES}
    there = {name: each for name, each in found.items() if each is not None}
    answers = {name: json.loads(each.output.splitlines()[-1]) for name, each in there.items()}
    if len({str(answer) for answer in answers.values()}) != 1:
        raise SystemExit(f"events: the answers differ: {answers}")
    base = there["bare DuckDB"].seconds
    told = [
        [
            f"{name}, {millions} million",
            f"{each.seconds:.2f} s",
            f"{each.seconds / base:.2f}×",
            f"{millions / each.seconds:.1f}",
            f"{each.megabytes:,.0f} MB",
        ]
        for name, each in there.items()
    ]
    return told, there


def report(sizes: Sequence[int], repeats: int) -> str:
    """The table, and whether the targets are met."""
    table, verdicts = [], []
    for millions in sizes:
        told, runs = rows(millions, repeats)
        table += told
        ours, base = runs[ENTRIES[0].name], runs["bare DuckDB"]
        is_met = ours.seconds <= TARGET * base.seconds and ours.megabytes < MOST_MEGABYTES
        verdicts.append(f"{millions} million {'met' if is_met else 'missed'}")
    head = ["", "wall time", "against bare DuckDB", "million events/s", "peak memory"]
    return (
        f"Parquet to hour × route × event: {_DAYS} days, {_ROUTES} routes, {_EVENTS} events; processes with their "
        + f"start, two threads, the fastest of {repeats}; all answers equal. Target: {TARGET}× bare DuckDB and under "
        + f"{MOST_MEGABYTES} MB, by ours with known segments: {', '.join(verdicts)}.\n\n{page.table(head, table)}"
    )


def main() -> None:
    """Measure, print, and keep the outcome when asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--millions", type=int, nargs="+", default=[10, 50])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="renew the section of docs/benchmarks.md")
    options = parser.parse_args()
    text = f"`scripts/bench events`. {page.machine()}\n\n{report(options.millions, options.repeats)}"
    print(text)
    if options.write:
        page.renew("Events", text)


if __name__ == "__main__":
    main()
