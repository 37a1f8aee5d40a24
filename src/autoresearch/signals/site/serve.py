"""A site that a command serves: started in its own session, waited for, ended whole."""

from __future__ import annotations

import re
import socket
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO

from autoresearch.errors import NotMeasuredError
from autoresearch.signals.process import end, start

_WAIT = 60.0
_TURN = 0.05
_PRINTED = re.compile(rb"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\])(?::\d+)?[^\s\x1b\"'<>]*")
_ANY_INTERFACE = re.compile(r"0\.0\.0\.0|\[::\]")
_COLOURS = re.compile(rb"\x1b\[[0-9;]*m")


def serve(command: str, root: Path, *, stack: ExitStack, say: Callable[[str], None], wait: float = _WAIT) -> str:
    """Start `command` in the shell and return the URL that it serves.

    The URL is the first local one that it prints, or `http://127.0.0.1:$PORT/` once something answers there: `PORT` is
    set to a free port. Raises `NotMeasuredError` with its last words when it ends or stays silent for `wait` seconds.
    """
    port = _free_port()
    output = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115  the stack closes it
    environment = {"PORT": str(port), "NO_COLOR": "1", "BROWSER": "none"}
    process = start(command, cwd=root, stdout=output, stderr=output, environment=environment)
    stack.callback(end, process)
    say(f"waiting for `{command}`")
    deadline = time.monotonic() + wait
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise NotMeasuredError(
                f"`{command}` ended with exit code {process.returncode}: {_tail(output)}", hint="check `site.serve`"
            )
        if url := _answering(output, port):
            return url
        time.sleep(_TURN)
    raise NotMeasuredError(
        f"`{command}` served nothing within {wait:g} s: {_tail(output)}",
        hint="let it print its address, or listen on $PORT",
    )


def _answering(output: IO[bytes], port: int) -> str | None:
    output.seek(0)
    if match := _PRINTED.search(_COLOURS.sub(b"", output.read(100_000))):
        url = match[0].decode("ascii", "ignore").rstrip(".,)")
        url = _ANY_INTERFACE.sub("127.0.0.1", url, count=1)
        if _connects(url):
            return url
    fallbacks = (f"http://127.0.0.1:{port}/", f"http://[::1]:{port}/")
    return next((url for url in fallbacks if _connects(url)), None)


def _connects(url: str) -> bool:
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    with suppress(OSError), socket.create_connection((parts.hostname or "", parts.port or 80), timeout=1):
        return True
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _tail(output: IO[bytes]) -> str:
    output.seek(0)
    return output.read(1_000_000)[-500:].decode("utf-8", "replace").strip() or "it printed nothing"
