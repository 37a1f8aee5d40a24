"""How fast is a run of the `seo` loop? Ours, with all its rules, against link checkers that check links only.

    scripts/bench crawl                  2,001 pages and 40 dead links: nginx on loopback, then the folder on disk
    scripts/bench crawl --pages 50000    ours alone, at a tenth, a fifth, half and all of them: is the growth linear?

Every program checks the same addresses in the same run, in turn, and is a new process each time; ours writes its state,
its result and its comparison as for any user. linkinator follows links by itself, as ours does. lychee does not: it is
given the site's files on disk (with the server as their base), which spares it from asking for the pages first.
"""

from __future__ import annotations

import argparse
import functools
import json
import re
import shutil
import statistics
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from support import page
from support.nginx import free_port, serving
from support.site import Site, build
from support.stopwatch import Run, run

ROOT = Path(__file__).parents[1]
BIN = ROOT / ".venv" / "bin"
PEERS = ROOT / ".bench"
DEAD_LINKS = 40
_LOOK_EVERY = 0.05
"""Seconds between two looks at the memory of a program."""
_SCALING_FROM = 10_000
_TUNED = ("--host-concurrency", "64", "--host-request-interval", "1ms")


@dataclass(frozen=True)
class Contestant:
    """A program, and how to read the number of dead links from what it left."""

    name: str
    start: Callable[[], Run]
    dead: Callable[[Run], int]
    once: bool = False
    """Runs once, however many repeats: it takes minutes, and waits on purpose."""


def ours(site: Site, work: Path, source: str) -> Contestant:
    """`autoresearch run seo` with every rule at its default, on a repository without a baseline."""
    root = work / f"ours-{source}"

    def start() -> Run:
        shutil.rmtree(root, ignore_errors=True)
        (root / "autoresearch").mkdir(parents=True)
        where = f"source: dist, dist: {json.dumps(str(site.folder))}" if source == "dist" else "source: live"
        if source == "dist":
            (root / "dist").symlink_to(site.folder)
            where = "source: dist, dist: dist"
        config = f"version: 1\nsite: {{url: {site.origin!r}, {where}, crawl: {{max_pages: {site.urls + 1000}}}}}\n"
        (root / "autoresearch" / "config.yml").write_text(config + "loops: {seo: {time_limit: 1h}}\n")
        command = [BIN / "autoresearch", "run", "seo", "-C", root, "--no-publish", "--fail-on", "never"]
        return run([*command, "--changes", root / "changes.json", "--out", root / "result.json"], cwd=work)

    def dead(_: Run) -> int:
        changes = json.loads((root / "changes.json").read_text())["changes"]
        rules = [change["rule"] for change in changes if change.get("rule")]
        if others := sorted(set(rules) - {"seo/broken-link"}):
            print(f"  ours also found {', '.join(others)}: the site is not as healthy as it says", file=sys.stderr)
        return rules.count("seo/broken-link")

    return Contestant("autoresearch run seo, all rules", start, dead)


def linkinator(site: Site, work: Path) -> Contestant:
    """linkinator with its defaults (100 requests at once), following links."""
    cli = PEERS / "node_modules" / "linkinator" / "build" / "src" / "cli.js"
    command = [BIN / "node", cli, f"{site.origin}/", "--recurse"]

    def dead(ended: Run) -> int:
        return int(_number(r"Detected (\d+) broken link", ended))

    return Contestant("linkinator 7.6 --recurse", lambda: run(command, cwd=work), dead)


def lychee(site: Site, work: Path, name: str, options: Sequence[object], *, once: bool = False) -> Contestant:
    """lychee over all files of the site."""
    command = [PEERS / "python" / "bin" / "lychee", "--no-progress", "--format", "json", *options, site.folder]

    def dead(ended: Run) -> int:
        return int(_number(r'"errors": (\d+)', ended))

    return Contestant(name, lambda: run(command, cwd=work), dead, once)


def _number(pattern: str, ended: Run) -> str:
    found = re.search(pattern, ended.output)
    if found is None:
        raise SystemExit(f"a peer did not say what it found (exit code {ended.code}):\n{ended.output[-2000:]}")
    return found[1]


def measure(contestants: Sequence[Contestant], repeats: int) -> Iterator[tuple[Contestant, list[Run], int]]:
    """All of them in turn, `repeats` times; the one that begins changes, so that no one always runs on a warm cache."""
    runs: dict[str, list[Run]] = {contestant.name: [] for contestant in contestants}
    dead: dict[str, int] = {}
    for turn in range(repeats):
        for place in range(len(contestants)):
            contestant = contestants[(turn + place) % len(contestants)]
            if contestant.once and runs[contestant.name]:
                continue
            ended = watched(contestant)
            runs[contestant.name].append(ended)
            dead[contestant.name] = contestant.dead(ended)
            print(f"  {contestant.name}: {ended.seconds:.2f} s, {ended.megabytes:.0f} MB", file=sys.stderr)
    for contestant in contestants:
        yield contestant, runs[contestant.name], dead[contestant.name]


def watched(contestant: Contestant) -> Run:
    """A run, with the memory of all its processes together where the system tells (Linux), looked at as it runs."""
    before, peak, over = _started_here(), 0.0, threading.Event()

    def look() -> None:
        nonlocal peak
        while not over.wait(_LOOK_EVERY):
            peak = max(peak, sum(map(_megabytes, _started_here() - before)))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        ended = contestant.start()
    finally:
        over.set()
        watcher.join()
    return replace(ended, megabytes=max(peak, ended.megabytes))


def _started_here() -> set[int]:
    return {child for task in Path("/proc/self/task").glob("*/children") for child in _numbers(task)}


def _megabytes(process: int) -> float:
    """Memory of a process and of all that it has started, in 10^6 bytes; what several share is divided among them."""
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    below = sum(_megabytes(child) for task in tasks for child in _numbers(task))
    shares = re.search(r"^Pss: +(\d+) kB", _text(Path(f"/proc/{process}/smaps_rollup")), re.MULTILINE)
    return below + (int(shares[1]) * 1024 / 1e6 if shares else 0)


def _numbers(file: Path) -> list[int]:
    return [int(number) for number in _text(file).split()]


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:  # it has ended meanwhile
        return ""


def compare(site: Site, contestants: Sequence[Contestant], repeats: int) -> tuple[str, dict[str, float]]:
    """The table of one source, and each program's time as a multiple of ours."""
    rows, ours_seconds, times = [], 0.0, {}
    for contestant, runs, dead in measure(contestants, repeats):
        seconds = statistics.median(ended.seconds for ended in runs)
        ours_seconds = ours_seconds or seconds
        times[contestant.name] = seconds / ours_seconds
        rows.append(
            [
                contestant.name,
                f"{seconds:.2f} ({min(e.seconds for e in runs):.2f}–{max(e.seconds for e in runs):.2f})",
                f"{site.urls / seconds:,.0f}",
                f"{statistics.median(ended.cpu_seconds for ended in runs):.2f}",
                f"{statistics.median(ended.megabytes for ended in runs):.0f}",
                f"{dead} of {site.dead_links}",
                f"{seconds / ours_seconds:.2f}×",
            ]
        )
    head = ["", "s, median (range)", "URLs/s", "CPU s", "peak MB", "dead links found", "time against ours"]
    return page.table(head, rows), times


@contextmanager
def a_site(pages: int) -> Iterator[tuple[Site, Path, Callable[[], AbstractContextManager[None]]]]:
    """A site in a folder that is removed again, a folder to work in, and a server to start."""
    with tempfile.TemporaryDirectory(prefix="crawl-") as name:
        folder = Path(name)
        port = free_port()
        print(f"building {pages:,} pages", file=sys.stderr)
        site = build(folder / "site", f"http://127.0.0.1:{port}", pages=pages, dead_links=DEAD_LINKS)
        for part in ("nginx", "work"):
            (folder / part).mkdir()
        yield site, folder / "work", functools.partial(serving, site.folder, port, folder / "nginx")


def against_peers(pages: int, repeats: int) -> str:
    """Both tables: over HTTP and from disk."""
    with a_site(pages) as (site, work, serve):
        served = ["--base-url", f"{site.origin}/"]
        with serve():
            over_http, times = compare(
                site,
                [
                    ours(site, work, "live"),
                    linkinator(site, work),
                    lychee(site, work, "lychee 0.24, defaults", served, once=True),
                    lychee(site, work, f"lychee 0.24 `{' '.join(_TUNED)}`", [*served, *_TUNED]),
                ],
                repeats,
            )
        from_disk, _ = compare(
            site,
            [
                ours(site, work, "dist"),
                lychee(site, work, "lychee 0.24 `--offline`", ["--offline", "--root-dir", site.folder]),
            ],
            repeats,
        )
        size = sum(file.stat().st_size for file in site.folder.rglob("*.html")) / pages / 1000
    facts = f"{pages:,} pages of {size:.0f} KB and {DEAD_LINKS} dead links; median of {repeats}."
    facts += (
        f" Against linkinator {_verdict(times, 'linkinator', 3)}; against tuned lychee {_verdict(times, _TUNED[0], 1)}."
    )
    return f"{facts}\n\nServed by nginx on loopback:\n\n{over_http}\n\nThe folder on disk:\n\n{from_disk}"


def _verdict(times: dict[str, float], part: str, target: float) -> str:
    (multiple,) = (times[name] for name in times if part in name)
    return f"{multiple:.2f}× (target: {target}×, {'met' if multiple >= target else 'missed'})"


def scaling(largest: int) -> str:
    """Ours alone, over HTTP, at four sizes."""
    rows, points = [], []
    for pages in (largest // 10, largest // 5, largest // 2, largest):
        with a_site(pages) as (site, work, serve), serve():
            contestant = ours(site, work, "live")
            ended = watched(contestant)
            found = contestant.dead(ended)
        points.append((pages, ended.seconds))
        print(f"  {pages:,}: {ended.seconds:.1f} s, {ended.megabytes:.0f} MB", file=sys.stderr)
        rows.append(
            [
                f"{pages:,}",
                f"{ended.seconds:.1f}",
                f"{1000 * ended.seconds / pages:.2f}",
                f"{ended.megabytes:.0f}",
                f"{found} of {DEAD_LINKS}",
            ]
        )
    fit = statistics.linear_regression(*zip(*points, strict=True))
    correlation = statistics.correlation(*zip(*points, strict=True))
    return (
        page.table(["pages", "s", "ms a page", "peak MB", "dead links found"], rows)
        + f"\n\nA straight line through them: {fit.intercept:.1f} s + {1000 * fit.slope:.2f} ms a page "
        + f"(R² = {correlation**2:.4f})."
    )


def main() -> None:
    """Parse, measure, print, and keep the outcome when asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=2001)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--write", action="store_true", help="renew the section of docs/benchmarks.md")
    options = parser.parse_args()
    if options.pages > _SCALING_FROM:
        title, text = "Growth of a crawl", scaling(options.pages)
    else:
        title, text = "Crawl", against_peers(options.pages, options.repeats)
    text = f"`scripts/bench crawl --pages {options.pages}`. {page.machine()}\n\n{text}"
    print(text)
    if options.write:
        page.renew(title, text)


if __name__ == "__main__":
    main()
