"""What a person sees while loops run: a live line each in a terminal, log groups in Actions, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
import threading
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

Mask = Callable[[str], str]


class Progress(ABC):
    """Loops report here from their threads; everything passes the mask for secrets first."""

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the display; plain lines have nothing to end."""
        del kind, error, trace

    def started(self, loop: str) -> None:
        """A loop begins."""
        with self._lock:
            self._start(loop)

    def say(self, loop: str, text: str) -> None:
        """A loop tells how far it is."""
        with self._lock:
            self._say(loop, self._mask(text))

    def finished(self, loop: str, text: str) -> None:
        """A loop is done, or could not be measured."""
        with self._lock:
            self._finish(loop, self._mask(text))

    @abstractmethod
    def _start(self, loop: str) -> None: ...

    @abstractmethod
    def _say(self, loop: str, text: str) -> None: ...

    @abstractmethod
    def _finish(self, loop: str, text: str) -> None: ...


class Plain(Progress):
    """A line when a loop is done: for pipes and files."""

    def _start(self, loop: str) -> None:
        pass

    def _say(self, loop: str, text: str) -> None:
        pass

    def _finish(self, loop: str, text: str) -> None:
        sys.stderr.write(f"{loop}: {text}\n")


class Groups(Progress):
    """A folded group a loop in the log of GitHub Actions; loops run side by side, so a group is printed at its end."""

    def __init__(self, mask: Mask) -> None:
        super().__init__(mask)
        self._lines: dict[str, list[str]] = defaultdict(list)

    def _start(self, loop: str) -> None:
        pass

    def _say(self, loop: str, text: str) -> None:
        self._lines[loop].append(f"· {_inert(text)}")

    def _finish(self, loop: str, text: str) -> None:
        lines = [f"::group::{_inert(loop)}: {_inert(text)}", *self._lines.pop(loop, [])]
        sys.stderr.write("\n".join([*lines, "::endgroup::\n"]))


class Live(Progress):
    """A spinner a loop, by rich, on standard error."""

    def __init__(self, mask: Mask) -> None:
        from rich.console import Console
        from rich.markup import escape
        from rich.progress import Progress as RichProgress
        from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

        super().__init__(mask)
        columns = (SpinnerColumn(), TextColumn("[bold]{task.fields[loop]}[/]"), TextColumn("{task.description}"))
        self._escape = escape
        self._display: RichProgress = RichProgress(*columns, TimeElapsedColumn(), console=Console(stderr=True))
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._display.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._display.stop()

    def _start(self, loop: str) -> None:
        self._tasks[loop] = self._display.add_task("…", total=1, loop=loop)

    def _say(self, loop: str, text: str) -> None:
        if loop in self._tasks:
            self._display.update(self._tasks[loop], description=self._escape(text))

    def _finish(self, loop: str, text: str) -> None:
        self._say(loop, text)
        if loop in self._tasks:
            self._display.update(self._tasks[loop], completed=1)


def _inert(text: str) -> str:
    """One line that the runner takes for no command, whatever a loop says: it knows `::name::` and `##[name]`."""
    return " ".join(text.split()).replace("::", ": :").replace("##[", "## [")


def choose(mask: Mask) -> Progress:
    """The display that fits where we are."""
    if os.environ.get("GITHUB_ACTIONS") == "true":
        return Groups(mask)
    return Live(mask) if sys.stderr.isatty() else Plain(mask)
