"""A command that serves the site is started, waited for, and ended with all that it started."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from autoresearch.config.model import Site
from autoresearch.errors import NotMeasuredError
from autoresearch.signals.site.crawl import crawl
from autoresearch.signals.site.model import Crawl
from autoresearch.signals.site.serve import serve
from tests.processes import ends

from .conftest import html


def look(command: str, root: Path) -> Crawl:
    (root / "index.html").write_bytes(html("/a.html"))
    (root / "a.html").write_bytes(html())
    with ExitStack() as stack:
        return crawl(Site(source="serve", serve=command), root, stack=stack, say=lambda _: None)


def test_a_server_that_listens_on_port_is_found(tmp_path: Path) -> None:
    command = f"exec {sys.executable} -m http.server --bind 127.0.0.1 $PORT"
    assert list(look(command, tmp_path).pages) == ["/", "/a"]


PRINTS = """
import functools, http.server, pathlib, subprocess, sys
child = subprocess.Popen(["sleep", "600"])
pathlib.Path("child.pid").write_text(str(child.pid))
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=".")
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
port = server.server_address[1]
print(f"  \\x1b[32mLocal:\\x1b[0m  \\x1b[36mhttp://localhost:\\x1b[1m{port}\\x1b[22m/\\x1b[0m", flush=True)
server.serve_forever()
"""


def test_the_address_that_it_prints_is_used_and_nothing_outlives_the_run(tmp_path: Path) -> None:
    (tmp_path / "server.py").write_text(PRINTS)
    assert list(look(f"{sys.executable} server.py", tmp_path).pages) == ["/", "/a"]
    assert ends(int((tmp_path / "child.pid").read_text()))


def test_one_that_ends_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(NotMeasuredError, match=r"exit code 3: no such script: preview"):
        look("echo no such script: preview >&2; exit 3", tmp_path)


def test_one_that_never_serves_is_given_up_and_ended(tmp_path: Path) -> None:
    with ExitStack() as stack, pytest.raises(NotMeasuredError, match="served nothing within"):
        serve("echo starting; sleep 600", tmp_path, stack=stack, say=lambda _: None, wait=0.3)


def test_no_token_is_in_its_reach(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "GITHUB_TOKEN", "hunter2")
    with pytest.raises(NotMeasuredError) as caught:
        look("env; exit 1", tmp_path)
    assert "hunter2" not in str(caught.value)
