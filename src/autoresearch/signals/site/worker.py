"""The process that parses for a crawl: `python -P -m autoresearch.signals.site.worker SECONDS MEGABYTES`.

Documents come in on standard input, facts leave on standard output, in the same order (`wire.py`). Markup may take a
parser for ever, all memory, or down: the HTML standard's own rules have quadratic corners, and a parser in C has bugs.
Whatever happens here happens to this process alone: the kernel ends it when one document takes more than SECONDS of
processor time, or when its memory grows past MEGABYTES. Who started it knows which document that was, and goes on.
"""

from __future__ import annotations

import gc
import os
import resource
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from importlib import import_module
from typing import Any, BinaryIO

from selectolax.lexbor import SelectolaxError

from autoresearch.signals.site.mount import UnmountedReader
from autoresearch.signals.site.page import Reader
from autoresearch.signals.site.urls import Place
from autoresearch.signals.site.wire import OUT_OF_MEMORY, Document, Packer, frame, read_frame

_BUFFER = 1 << 18


class Parsing:
    """Reads document after document; keeps one reader, and what it has learned, for as long as the site is the same."""

    def __init__(self) -> None:
        self._site: tuple[Any, ...] = ()
        self._reader = Reader(Place(()))
        self._packer = Packer()

    def answer(self, document: Document) -> tuple[Any, ...]:
        """The packed page, and the addresses from the host's root that were met for the first time."""
        site = document.mounts, document.mounted
        if site != self._site or self._packer.is_full:
            self._site, self._packer = site, Packer()
            self._reader = (Reader if document.mounted else UnmountedReader)(Place(document.mounts))
        body, url, subject, path, headers, *_ = document
        self._reader.also = {name: partial(_call, name) for name in document.also}
        page = self._reader.read(body, url, subject, path, headers)
        return self._packer.pack(page), self._newly_from_root()

    def _newly_from_root(self) -> tuple[str, ...]:
        if not isinstance(self._reader, UnmountedReader):
            return ()
        fresh = tuple(self._reader.from_root)
        self._reader.from_root.clear()
        return fresh


def _call(name: str, *document: Any) -> Any:
    return _function(name)(*document)


@cache
def _function(name: str) -> Callable[..., Any]:
    """What a loop names as `module:function`."""
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), function)
    return found


def serve(documents: BinaryIO, facts: BinaryIO, seconds: float) -> None:
    """Answer until nobody asks any more."""
    parsing = Parsing()
    facts.write(frame(()))  # ready
    while (request := read_frame(documents)) is not None:
        signal.setitimer(signal.ITIMER_PROF, seconds)
        answer = frame(parsing.answer(Document(*request)))
        signal.setitimer(signal.ITIMER_PROF, 0)
        facts.write(answer)


def main() -> None:
    """Take the limits upon us, and parse."""
    gc.disable()  # no cycles here, as in `autoresearch.__main__`
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started us says when it is over
    signal.signal(signal.SIGPROF, signal.SIG_DFL)  # the timer's: it ends the process
    seconds, megabytes = float(sys.argv[1]), int(sys.argv[2])
    with suppress(ValueError, OSError):  # a system without that limit
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    documents, facts = open(0, "rb", buffering=_BUFFER), open(1, "wb", buffering=0)  # noqa: SIM115  for good
    try:
        serve(documents, facts, seconds)
    except (MemoryError, SelectolaxError):  # the latter, where the parser in C had no memory
        os._exit(OUT_OF_MEMORY)
    except BrokenPipeError:  # nobody waits for the rest
        os._exit(0)


if __name__ == "__main__":
    main()
