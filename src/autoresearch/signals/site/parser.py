"""Documents to pages, in processes of their own: a document that takes the parser down is told, and the crawl goes on.

The processes are `worker.py`. Beside being safe, that is fast: a crawl asks and parses at the same time, and what the
parser has to import is imported while robots.txt and the sitemaps are read (`docs/adr/0008-parse-worker.md`).
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import weakref
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from autoresearch.errors import NotMeasuredError
from autoresearch.signals.process import without_secrets
from autoresearch.signals.site.model import Link, Page
from autoresearch.signals.site.urls import Place
from autoresearch.signals.site.wire import OUT_OF_MEMORY, Document, Frames, Unpacker, frame

if TYPE_CHECKING:
    import asyncio

COMMAND = (sys.executable, "-P", "-m", "autoresearch.signals.site.worker")
"""`-P`: modules of the folder that we happen to be in are not ours."""
MAX_SECONDS = 10.0
"""Of processor time, for one document. The largest ordinary ones (10 MiB) need one or two."""
MAX_MEGABYTES = 1_000
_MANY = 100
"""Documents after which another process is worth its start."""
_BUSY = 4
"""Documents that wait for one process, before there is another."""
_PIECE = 1 << 18
_TELLING = ("content-type", "link", "x-robots-tag")
"""The headers that speak of a document."""


class UnreadableError(ValueError):
    """A document that cannot be read; the message says why."""


class Parser:
    """Up to `most` processes. To be used from one event loop, and closed."""

    def __init__(self, most: int, also: tuple[str, ...] = ()) -> None:
        self._most = most
        self._also = also
        self._shared: dict[Link, Link] = {}
        self._workers = [_Worker(self._shared)]
        self._asked = 0
        self.from_root: set[str] = set()
        """Root-relative addresses that documents of an unknown host have led to (`mount.py`)."""

    async def read(
        self,
        body: bytes,
        url: str,
        path: str,
        place: Place,
        *,
        subject: str | None = None,
        headers: Mapping[str, str] | None = None,
        mounted: bool = True,
    ) -> Page:
        """The facts of a document. `url` is absolute, `path` the same inside the site, `headers` in lower case.

        Raises `UnreadableError` for one that takes the parser down, and `NotMeasuredError` when there is no parser.
        """
        told = {name: headers[name] for name in _TELLING if name in headers} if headers else {}
        subject = path if subject is None else subject
        document = Document(body, url, subject, path, told, place.mounts, mounted, self._also if place.mounts else ())
        page, from_root = await self._least_busy().ask(document)
        self.from_root.update(from_root)
        return page

    def _least_busy(self) -> _Worker:
        self._asked += 1
        worker = min(self._workers, key=lambda worker: len(worker.waiting))
        if len(worker.waiting) >= _BUSY and self._asked > _MANY and len(self._workers) < self._most:
            worker = _Worker(self._shared)
            self._workers.append(worker)
        return worker

    def close(self) -> None:
        """End every process."""
        for worker in self._workers:
            worker.close()


@contextmanager
def open_parser(most: int = 1, also: tuple[str, ...] = ()) -> Iterator[Parser]:
    """A parser whose first process starts at once, while we do something else.

    `also`: `module:function` of what is to be read of each document besides (`Page.facts`).
    """
    parser = Parser(most, also)
    try:
        yield parser
    finally:
        parser.close()


class _Asked(NamedTuple):
    """A document that waits for its answer."""

    subject: str
    path: str
    message: bytes
    answer: asyncio.Future[tuple[Page, tuple[str, ...]]]

    def fail(self, problem: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(problem)


class _Worker:
    """One process, started again when a document has ended it. It answers in order: the first one that waits did it."""

    def __init__(self, shared: dict[Link, Link]) -> None:
        self.waiting: deque[_Asked] = deque()
        self._shared = shared
        self._loop: asyncio.AbstractEventLoop | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._start()

    async def ask(self, document: Document) -> tuple[Page, tuple[str, ...]]:
        """The page, and addresses from the host's root. Raises `UnreadableError` or `NotMeasuredError`."""
        import asyncio  # not before the process is started: both take their time

        loop = asyncio.get_running_loop()
        asked = _Asked(document.subject, document.path, frame(tuple(document)), loop.create_future())
        self.waiting.append(asked)
        if self._process is None:
            self._start()
        if self._loop is None:
            self._listen(loop)
        self._send(asked.message)
        return await asked.answer

    def close(self) -> int:
        """End the process, if there is one; its exit code."""
        if self._process is None:
            return 0
        if self._loop is not None and not self._loop.is_closed():
            self._loop.remove_reader(self._output)
            self._loop.remove_writer(self._input)
        self._loop = None
        self._process.kill()  # nothing, to one that has been waited for
        os.close(self._input)
        os.close(self._output)
        code, self._process = self._process.wait(), None
        return code

    def _start(self) -> None:
        self._process, self._input, self._output = _spawn()
        weakref.finalize(self, self._process.kill)  # when we end, at the latest
        self._unsent: deque[memoryview] = deque()
        self._frames = Frames()
        self._unpacker = Unpacker(self._shared)
        self._is_ready = False

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._loop.add_reader(self._output, self._receive)

    def _send(self, message: bytes) -> None:
        self._unsent.append(memoryview(message))
        if len(self._unsent) == 1:
            self._write()

    def _write(self) -> None:
        """Write what the pipe takes now, and the rest when it takes more."""
        assert self._loop is not None
        try:
            while self._unsent:
                written = os.write(self._input, self._unsent[0])
                self._unsent[0] = self._unsent[0][written:]
                if not self._unsent[0]:
                    self._unsent.popleft()
        except BlockingIOError:
            self._loop.add_writer(self._input, self._write)
            return
        except BrokenPipeError:  # it has ended; what it said before is still to be read
            self._unsent.clear()
        self._loop.remove_writer(self._input)

    def _receive(self) -> None:
        try:
            if piece := os.read(self._output, _PIECE):
                self._take(piece)
            else:
                self._ended()
        except Exception as problem:  # noqa: BLE001  whoever waits has to hear of it, and nobody else can
            self._give_up(problem)

    def _take(self, piece: bytes) -> None:
        for message in self._frames.feed(piece):
            if not self._is_ready:
                self._is_ready = True
                continue
            packed, from_root = message
            asked = self.waiting.popleft()
            page = self._unpacker.unpack(packed, asked.subject, asked.path)
            if not asked.answer.done():
                asked.answer.set_result((page, from_root))

    def _ended(self) -> None:
        """Tell whose document it was, and let another process go on with the others."""
        assert self._process is not None
        assert self._loop is not None
        loop = self._loop
        self._process.wait()  # for what is about to end: it has closed its output
        was_ready, code = self._is_ready, self.close()
        if not was_ready:
            self._give_up(NotMeasuredError(f"the parser cannot be started: it ended with code {code}"))
        if self.waiting:
            self.waiting.popleft().fail(UnreadableError(_reason(code)))
        if self.waiting:
            self._start()
            self._listen(loop)
            for asked in self.waiting:
                self._send(asked.message)

    def _give_up(self, problem: Exception) -> None:
        self.close()
        while self.waiting:
            self.waiting.popleft().fail(problem)


def _spawn() -> tuple[subprocess.Popen[bytes], int, int]:
    """A process, and our ends of the pipes to it and from it, which do not block. When they close, it ends."""
    (its_input, our_output), (our_input, its_output) = os.pipe(), os.pipe()
    try:
        process = subprocess.Popen(
            [*COMMAND, str(MAX_SECONDS), str(MAX_MEGABYTES)],
            stdin=its_input,
            stdout=its_output,
            env=without_secrets(os.environ),
            start_new_session=True,
        )
    except OSError as error:
        os.close(our_input)
        os.close(our_output)
        raise NotMeasuredError(f"the parser cannot be started: {error.strerror or error}") from error
    finally:
        os.close(its_input)
        os.close(its_output)
    for end in (our_input, our_output):
        os.set_blocking(end, False)
        with suppress(AttributeError, OSError):  # Linux has it, within bounds
            fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, _PIECE)
    return process, our_output, our_input


def _reason(code: int) -> str:
    """Why a process ended, as a sentence about the document that it was reading."""
    if code == -signal.SIGPROF:
        return f"it takes the parser longer than {MAX_SECONDS:g} s"
    if code == OUT_OF_MEMORY:
        return f"it takes the parser more than {MAX_MEGABYTES:,} MB of memory"
    return f"it makes the parser fail (code {code})"
