"""One journey in a browser context of its own: DevTools counts, the page times, and the limits hold."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autoresearch.bench.model import Benchmark, Step
from autoresearch.errors import NotMeasuredError
from autoresearch.signals.lab.tools import find_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Page

_OBSERVE = Path(__file__).with_name("observe.js")
_MOST_BYTES = 500_000_000
_QUIET = 250.0
"""Milliseconds without layout, style or request after which a page has come to rest."""
_NOWHERE = "--proxy-server=http://127.0.0.1:9"
"""Chromium asks no proxy for loopback, and this one does not answer: a page reaches nothing else."""
_FLAGS = (
    _NOWHERE,
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
)


@contextmanager
def browser() -> Iterator[Browser]:
    """A headless Chromium of this machine. Raises `NotMeasuredError`."""
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            made = playwright.chromium.launch(executable_path=find_browser(), args=list(_FLAGS), chromium_sandbox=False)
        except Error as error:
            raise NotMeasuredError(f"Chromium does not start: {error.message.splitlines()[0]}") from error
        with made:
            yield made


def walk(made: Browser, address: str, steps: tuple[Step, ...], asked: Benchmark) -> dict[str, float]:
    """The numbers of one journey, from an empty cache or after one walk. Raises `NotMeasuredError`."""
    from playwright.sync_api import Error

    width, height = asked.viewport
    context = made.new_context(viewport={"width": width, "height": height}, service_workers="block")
    context.set_default_timeout(1000 * asked.time_limit)
    try:
        if asked.cache == "warm":
            _walked(context.new_page(), address, steps)
        page = context.new_page()
        with _counting(page, asked) as numbers:
            began = time.monotonic()
            _walked(page, address, steps)
            numbers["journey"] = 1000 * (time.monotonic() - began)
        return numbers
    except Error as error:
        raise NotMeasuredError(f"the journey broke off: {error.message.splitlines()[0]}") from error
    finally:
        context.close()


def _walked(page: Page, address: str, steps: tuple[Step, ...]) -> None:
    for step in steps:
        if step.goto is not None:
            answer = page.goto(address.rstrip("/") + "/" + step.goto.lstrip("/"), wait_until="load")
            if answer is not None and not answer.ok:
                raise NotMeasuredError(f"{step.goto} answers {answer.status}")
        elif step.click is not None:
            page.click(step.click)
        elif step.fill is not None:
            page.fill(*step.fill)
        elif step.press is not None:
            page.keyboard.press(step.press)
        elif step.wait is not None:
            page.wait_for_selector(step.wait)
    page.wait_for_load_state("networkidle")


@contextmanager
def _counting(page: Page, asked: Benchmark) -> Iterator[dict[str, float]]:
    """Count what happens in the block; the numbers are there after it."""
    devtools = page.context.new_cdp_session(page)
    _throttle(devtools, asked)
    page.add_init_script(path=_OBSERVE)
    numbers: dict[str, float] = {"bytes": 0.0, "requests": 0.0}

    def took(event: Mapping[str, Any]) -> None:
        numbers["bytes"] += event["encodedDataLength"]
        if numbers["bytes"] > _MOST_BYTES:
            page.close()

    def asks(event: Mapping[str, Any]) -> None:
        numbers["requests"] += not event["request"]["url"].startswith("data:")

    devtools.on("Network.loadingFinished", took)
    devtools.on("Network.requestWillBeSent", asks)
    for command, options in (
        ("Network.enable", {}),
        ("Performance.enable", {}),
        ("Profiler.enable", {}),
        ("Profiler.startPreciseCoverage", {"callCount": False, "detailed": True}),
    ):
        devtools.send(command, options)
    yield numbers
    _rest(page)
    counters = {each["name"]: each["value"] for each in devtools.send("Performance.getMetrics")["metrics"]}
    numbers["layouts"] = counters["LayoutCount"]
    numbers["style-recalculations"] = counters["RecalcStyleCount"]
    numbers["script-bytes-executed"] = float(sum(map(_executed, _covered(devtools))))
    numbers["dom-nodes"] = float(page.evaluate("document.getElementsByTagName('*').length"))
    seen = page.evaluate("window.__autoresearch") or {}
    numbers["long-tasks"] = float(seen.get("longTasks") or 0)
    for name in ("fcp", "lcp", "cls", "tbt", "inp"):
        if seen.get(name) is not None:
            numbers[name] = float(seen[name])


def _throttle(devtools: CDPSession, asked: Benchmark) -> None:
    if asked.cpu > 1:
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": asked.cpu})
    if asked.network is not None:
        line = asked.network
        devtools.send(
            "Network.emulateNetworkConditions",
            {
                "offline": False,
                "latency": 1000 * line.latency,
                "downloadThroughput": line.download / 8,
                "uploadThroughput": line.upload / 8,
            },
        )


def _rest(page: Page) -> None:
    """Two frames and a pause: what the journey set off has happened."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.wait_for_timeout(_QUIET)


def _covered(devtools: CDPSession) -> list[dict[str, Any]]:
    told = devtools.send("Profiler.takePreciseCoverage")["result"]
    return [script for script in told if script["url"].startswith("http")]


def _executed(script: Mapping[str, Any]) -> int:
    """Characters of a script that ran. V8's ranges lie within each other, and the innermost says whether it ran."""
    total, at = 0, 0
    around: list[Mapping[str, Any]] = []
    ranges = [each for function in script["functions"] for each in function["ranges"]]
    for each in sorted(ranges, key=lambda each: (each["startOffset"], -each["endOffset"])):
        while around and around[-1]["endOffset"] <= each["startOffset"]:
            total, at = _up_to(around[-1]["endOffset"], around, total, at)
            around.pop()
        total, at = _up_to(each["startOffset"], around, total, at)
        around.append(each)
    while around:
        total, at = _up_to(around[-1]["endOffset"], around, total, at)
        around.pop()
    return total


def _up_to(place: int, around: Sequence[Mapping[str, Any]], total: int, at: int) -> tuple[int, int]:
    runs = bool(around and around[-1]["count"])
    return total + (place - at if runs and place > at else 0), max(at, place)
