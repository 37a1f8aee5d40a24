"""How long does Lighthouse take for ten pages, how far do its scores spread, and how often do we cry wolf?

    scripts/bench lighthouse                          ours, the CLI, Lighthouse CI and unlighthouse over the same pages
    scripts/bench lighthouse --pages 2 --repeats 1    a quick look
    scripts/bench lighthouse --record 30              30 rounds of clean runs of every page and preset, for the next
    scripts/bench lighthouse --resample               false regressions among resampled runs of the loop

Everything that is measured is appended to a file (`--file`) at once, so that a long measurement can be stopped and goes
on where it was. Give it a machine of its own. Lighthouse CI brings Lighthouse 12.6; the others run the pinned 13.

Wall time is that of the whole command, three runs a page on mobile, one after the other (unlighthouse looks at several
pages at once, as it does by default). The spread is that of what each reports for a page: its median run, repeat by
repeat. Resampling takes windows of the recorded series, so that what drifts stays together.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support import page
from support.nginx import free_port, serving
from support.pages import build
from support.stopwatch import Run, run

from autoresearch.loops.lighthouse.rules import TIMINGS
from autoresearch.loops.lighthouse.runs import COLLAPSED, UNSTEADY
from autoresearch.signals.lab.model import Preset
from autoresearch.signals.lab.model import Run as PageRun
from autoresearch.signals.lab.runner import Runner
from autoresearch.signals.lab.tools import find_browser, find_lighthouse, find_node
from autoresearch.statistics import regression

ROOT = Path(__file__).parents[1]
BIN = ROOT / ".venv" / "bin"
BENCH = ROOT / ".bench"
PRESETS: tuple[Preset, ...] = ("mobile", "desktop")
RUNS, MOST_RUNS, RERUNS = 3, 5, 5
"""As the loop makes them."""
CATEGORIES = "performance,accessibility,best-practices,seo"
FLAGS = "--headless --no-sandbox"
OURS, CLI, LHCI, UNLIGHTHOUSE = (
    "autoresearch",
    "lighthouse 13.5 CLI",
    "@lhci/cli 0.15 (Lighthouse 12.6)",
    "unlighthouse 0.18",
)


@dataclass(frozen=True)
class Score:
    """What a contestant says of a page, and the single runs behind it."""

    told: float
    singles: tuple[float, ...] = ()


Scores = Mapping[str, Score]


@dataclass
class Records:
    """What was measured, a line each, in the file and here."""

    file: Path
    lines: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.file.exists():
            self.lines = [json.loads(line) for line in self.file.read_text().splitlines()]

    def add(self, line: dict[str, Any]) -> None:
        """Note it at once."""
        self.lines.append(line)
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.open("a") as file:
            file.write(json.dumps(line, sort_keys=True) + "\n")

    def of(self, kind: str, **values: object) -> list[dict[str, Any]]:
        """The lines of a kind that have these values."""
        return [line for line in self.lines if line["kind"] == kind and all(line[k] == v for k, v in values.items())]


@dataclass(frozen=True)
class Bench:
    """The pages, where they are served, a folder to work in."""

    origin: str
    pages: Sequence[str]
    work: Path

    def fresh(self, name: str) -> Path:
        """An empty folder."""
        folder = self.work / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder


def ours(bench: Bench) -> tuple[Run, Scores]:
    """`autoresearch run`, as any user runs it: state, result and reports are written."""
    root = bench.fresh("ours")
    (root / "autoresearch").mkdir()
    settings = {"pages": list(bench.pages), "presets": ["mobile"], "runs": RUNS, "max_runs": RUNS, "time_limit": "2h"}
    config = {"version": 1, "site": {"url": bench.origin}, "loops": {"lighthouse": settings}}
    (root / "autoresearch" / "config.yml").write_text(json.dumps(config))
    command = [
        BIN / "autoresearch",
        "run",
        "-C",
        root,
        "--no-publish",
        "--fail-on",
        "never",
        "--out",
        root / "out.json",
    ]
    ended = run(command, cwd=root, env=_environment())
    metrics = json.loads((root / "out.json").read_text())["measurements"][0]["metrics"]
    told = [metric for metric in metrics if metric["name"] == "mobile-score"]
    return ended, {m["subject"] + "/": Score(m["value"], tuple(m["samples"])) for m in told}


def cli(bench: Bench) -> tuple[Run, Scores]:
    """Lighthouse's own command line, once a run."""
    program = find_lighthouse() / "node_modules" / "lighthouse" / "cli" / "index.js"
    folder, total, scores = bench.fresh("cli"), [], {}
    for path in bench.pages:
        values = []
        for number in range(RUNS):
            base = folder / f"{path.strip('/')}-{number}"
            options = [
                "--quiet",
                "--output=json",
                "--output=html",
                f"--output-path={base}",
                f"--only-categories={CATEGORIES}",
            ]
            command = [find_node(), program, bench.origin + path, *options, f"--chrome-flags={FLAGS}"]
            total.append(run(command, cwd=folder, env=_environment()))
            values.append(json.loads(base.with_suffix(".report.json").read_text()))
        scores[path] = _median_run(values)
    return _together(total), scores


def lhci(bench: Bench) -> tuple[Run, Scores]:
    """`lhci collect`."""
    folder = bench.fresh("lhci")
    program = BENCH / "lighthouse" / "node_modules" / "@lhci" / "cli" / "src" / "cli.js"
    urls = [f"--url={bench.origin}{path}" for path in bench.pages]
    settings = [f"--settings.chromeFlags={FLAGS}", f"--settings.onlyCategories={CATEGORIES}"]
    ended = run(
        [find_node(), program, "collect", *urls, f"--numberOfRuns={RUNS}", *settings], cwd=folder, env=_environment()
    )
    by_page: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for file in sorted((folder / ".lighthouseci").glob("lhr-*.json")):
        report = json.loads(file.read_text())
        by_page[report["requestedUrl"].removeprefix(bench.origin)].append(report)
    return ended, {path: _median_run(reports) for path, reports in by_page.items()}


def unlighthouse(bench: Bench) -> tuple[Run, Scores]:
    """`unlighthouse-ci`, which looks at several pages at once."""
    folder = bench.fresh("unlighthouse")
    program = BENCH / "lighthouse" / "node_modules" / "unlighthouse" / "bin" / "unlighthouse-ci.mjs"
    browser = {"executablePath": find_browser(), "args": FLAGS.split()[1:], "headless": True}
    categories = CATEGORIES.split(",")
    config = {
        "puppeteerOptions": browser,
        "chrome": {"useSystem": True},
        "lighthouseOptions": {"onlyCategories": categories},
        "scanner": {"samples": RUNS, "throttle": True, "device": "mobile", "sitemap": False, "robotsTxt": False},
    }
    (folder / "unlighthouse.config.mjs").write_text(f"export default {json.dumps(config)}\n")
    options = [
        "--site",
        bench.origin,
        "--urls",
        ",".join(bench.pages),
        "--reporter",
        "json",
        "--output-path",
        folder / "out",
    ]
    ended = run(
        [find_node(), program, *options, "--no-cache", "--throttle", "--samples", str(RUNS), "--mobile"],
        cwd=folder,
        env=_environment(),
    )
    results = json.loads((folder / "out" / "ci-result.json").read_text())
    return ended, {entry["path"].rstrip("/") + "/": Score(round(100 * entry["performance"])) for entry in results}


CONTESTANTS: Mapping[str, Callable[[Bench], tuple[Run, Scores]]] = {
    OURS: ours,
    CLI: cli,
    LHCI: lhci,
    UNLIGHTHOUSE: unlighthouse,
}


def _environment() -> dict[str, str]:
    return {"CHROME_PATH": find_browser(), "LIGHTHOUSE_PATH": str(find_lighthouse()), "CI": "true"}


def _together(runs: Sequence[Run]) -> Run:
    return Run(
        seconds=sum(r.seconds for r in runs),
        cpu_seconds=sum(r.cpu_seconds for r in runs),
        megabytes=max(r.megabytes for r in runs),
        code=max(r.code for r in runs),
        output="",
    )


def _median_run(reports: Sequence[Mapping[str, Any]]) -> Score:
    """The performance score of the run that Lighthouse calls the median one."""
    marks = [
        tuple(report["audits"][name]["numericValue"] for name in ("first-contentful-paint", "interactive"))
        for report in reports
    ]
    middle = [statistics.median(mark[k] for mark in marks) for k in (0, 1)]
    distances = [sum((mark[k] - middle[k]) ** 2 for k in (0, 1)) for mark in marks]
    singles = tuple(round(100 * report["categories"]["performance"]["score"]) for report in reports)
    return Score(singles[distances.index(min(distances))], singles)


def compare(bench: Bench, records: Records, repeats: int, names: Sequence[str]) -> None:
    """Every contestant in turn; the one that begins changes with the repeat."""
    for repeat in range(repeats):
        for place in range(len(names)):
            name = names[(place + repeat) % len(names)]
            if records.of("round", tool=name, repeat=repeat, pages=len(bench.pages)):
                continue
            try:
                ended, scores = CONTESTANTS[name](bench)
            except (OSError, ValueError, KeyError) as error:
                print(f"  {name}: left out, it brought no result: {error!r}", file=sys.stderr)
                continue
            line = {
                "kind": "round",
                "tool": name,
                "repeat": repeat,
                "pages": len(bench.pages),
                "seconds": ended.seconds,
            }
            load = os.getloadavg()[2]
            told = {path: score.told for path, score in scores.items()}
            singles = {path: list(score.singles) for path, score in scores.items()}
            records.add({**line, "cpu_seconds": ended.cpu_seconds, "scores": told, "singles": singles, "load": load})
            print(f"  {name}: {ended.seconds:.0f} s, {told}", file=sys.stderr)


def comparison(records: Records, pages: int) -> str:
    """The table: wall time a run, the spread of each page's score, against the CLI."""
    rounds: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in records.of("round", pages=pages):
        rounds[line["tool"]].append(line)
    seconds = {name: statistics.median(line["seconds"] for line in lines) for name, lines in rounds.items()}
    rows = []
    for name in (name for name in CONTESTANTS if name in rounds):
        spreads = list(_spreads(rounds[name]))
        rows.append(
            [
                name,
                str(len(rounds[name])),
                f"{seconds[name]:.0f}",
                f"{seconds[name] / (pages * RUNS):.1f}",
                f"{statistics.mean(spreads):.2f}" if spreads else "–",
                f"{max(spreads):.0f}" if spreads else "–",
                _single_deviation(rounds[name]),
                f"{seconds[name] / seconds[CLI]:.2f}×" if CLI in seconds else "–",
            ]
        )
    head = [
        "",
        "repeats",
        "s, median",
        "s a run",
        "score's range, mean",
        "largest",
        "deviation of single runs",
        "time against the CLI",
    ]
    return f"{pages} pages, {RUNS} runs each, mobile.\n\n" + page.table(head, rows)


def _spreads(lines: Sequence[Mapping[str, Any]]) -> Iterator[float]:
    """By page, how far its score ranges over the repeats; nothing of a single one."""
    if len(lines) == 1:
        return
    by_page: dict[str, list[float]] = defaultdict(list)
    for line in lines:
        for path, score in line["scores"].items():
            by_page[path].append(score)
    yield from (max(scores) - min(scores) for scores in by_page.values())


def _single_deviation(lines: Sequence[Mapping[str, Any]]) -> str:
    """The standard deviation of a page's single runs within a round, pooled over pages and rounds."""
    groups = [singles for line in lines for singles in line.get("singles", {}).values() if len(singles) > 1]
    return f"{statistics.fmean(map(statistics.variance, groups)) ** 0.5:.1f}" if groups else "–"


def record(bench: Bench, records: Records, rounds: int) -> None:
    """Clean runs of every page in both presets, round by round."""
    with Runner(bench.work, page_limit=60, load_limit=25) as runner:
        for number in range(rounds):
            for path in bench.pages:
                for preset in PRESETS:
                    if records.of("run", page=path, preset=preset, round=number):
                        continue
                    outcome = runner.run(bench.origin + path, preset, whole=False)
                    if not isinstance(outcome, PageRun):
                        print(f"  {path} on {preset}: {outcome.reason}", file=sys.stderr)
                        continue
                    line = {"kind": "run", "page": path, "preset": preset, "round": number, "seconds": outcome.seconds}
                    load = os.getloadavg()[0]
                    records.add({**line, "index": outcome.benchmark_index, "metrics": outcome.metrics, "load": load})
            print(f"  round {number + 1} of {rounds}", file=sys.stderr)


def resample(records: Records, trials: int, history: int, seed: int) -> str:
    """How many runs of the loop, resampled from clean page-runs, call a regression that is none."""
    draw = random.Random(seed)
    series = _series(records)
    shortest = min(map(len, series.values()), default=0)
    if shortest < MOST_RUNS + RERUNS:
        raise SystemExit(f"too few recorded runs: {shortest} of a page; record more")
    wrong: dict[str, int] = defaultdict(int)
    suspected = runs_with_any = 0
    for _ in range(trials):
        called = False
        for runs in series.values():
            past = [_measured(runs[_start(draw, runs, MOST_RUNS) :]) for _ in range(history)]
            begin = _start(draw, runs, MOST_RUNS + RERUNS)  # reruns follow at once: they share the hour
            now = runs[begin : begin + MOST_RUNS]
            reruns = runs[begin + MOST_RUNS : begin + MOST_RUNS + RERUNS]
            for name, watched in TIMINGS.items():
                before = [one[name] for one in past]
                screening = regression.screen(
                    before, _measured(now)[name], better="lower", resolution=watched.resolution
                )
                if screening.verdict == "worse":
                    suspected += 1
                    if regression.confirm(screening, [run[name] for run in reruns]) == "confirmed":
                        wrong[name] += 1
                        called = True
        runs_with_any += called
    rows = [[name, f"{wrong[name]}", f"{1000 * wrong[name] / (trials * len(series)):.2f}"] for name in TIMINGS]
    again = 1000 * suspected / (trials * len(series) * len(TIMINGS))
    return (
        f"{sum(map(len, series.values()))} recorded page-runs ({len(series)} pages and presets), {trials:,} runs of "
        f"the loop, each with a history of {history}: {runs_with_any} of them ({100 * runs_with_any / trials:.2f} %) "
        f"called a regression (target: at most 1 %); {again:.1f} in 1,000 numbers were measured again.\n\n"
        + page.table(["", "false regressions", "in 1,000 runs of a page and preset"], rows)
    )


def _measured(runs: Sequence[dict[str, float]]) -> dict[str, float]:
    """What the loop would say of a page: medians of three runs, or of five where those differ."""
    few = runs[:RUNS]
    if any(_differs([run[name] for run in few], watched.resolution) for name, watched in TIMINGS.items()):
        few = runs[:MOST_RUNS]
    return {name: statistics.median(run[name] for run in few) for name in TIMINGS}


def _differs(values: Sequence[float], resolution: float) -> bool:
    return max(values) - min(values) > max(2 * resolution, UNSTEADY * statistics.median(values))


def _start(draw: random.Random, runs: Sequence[object], length: int) -> int:
    return draw.randrange(len(runs) - length + 1)


def _series(records: Records) -> dict[tuple[str, str], list[dict[str, float]]]:
    """Page and preset → the numbers of its runs in order, without those that the loop would have repeated."""
    lines = records.of("run")
    floor = COLLAPSED * statistics.median(line["index"] for line in lines) if lines else 0
    series: dict[tuple[str, str], list[dict[str, float]]] = defaultdict(list)
    for line in sorted(lines, key=lambda line: line["round"]):
        if line["index"] >= floor and set(TIMINGS) <= line["metrics"].keys():
            series[line["page"], line["preset"]].append(line["metrics"])
    return series


@contextmanager
def a_bench(count: int) -> Iterator[Bench]:
    """The pages, served by nginx."""
    with tempfile.TemporaryDirectory(prefix="lighthouse-") as name:
        folder, port = Path(name), free_port()
        pages = build(folder / "site")
        for part in ("nginx", "work"):
            (folder / part).mkdir()
        with serving(folder / "site", port, folder / "nginx"):
            yield Bench(f"http://127.0.0.1:{port}", pages[-count:], folder / "work")


def main() -> None:
    """Parse, measure, print, and keep the outcome when asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=10, choices=range(1, 11), metavar="1..10")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=list(CONTESTANTS), default=list(CONTESTANTS))
    parser.add_argument("--record", type=int, default=0, metavar="ROUNDS", help="clean runs, instead of the comparison")
    parser.add_argument("--resample", action="store_true", help="from what was recorded, instead of the comparison")
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--history", type=int, default=20)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--file", type=Path, default=BENCH / "lighthouse.jsonl")
    parser.add_argument("--note", default="", help="what a reader has to know of the machine")
    parser.add_argument("--write", action="store_true", help="renew the section of docs/benchmarks.md")
    options = parser.parse_args()
    records = Records(options.file)
    if options.resample:
        title, text = "False alarms of Lighthouse", resample(records, options.trials, options.history, options.seed)
    else:
        with a_bench(options.pages) as bench:
            if options.record:
                record(bench, records, options.record)
                return
            compare(bench, records, options.repeats, options.only)
        title, text = "Lighthouse", comparison(records, options.pages)
    command = f"`scripts/bench lighthouse{' --resample' if options.resample else ''}`."
    text = f"{' '.join(filter(None, (command, page.machine(), options.note)))}\n\n{text}"
    print(text)
    if options.write:
        page.renew(title, text)


if __name__ == "__main__":
    main()
