"""What times things has the machine to itself."""

from __future__ import annotations

import datetime as dt
import threading
from pathlib import Path
from typing import ClassVar

from autoresearch.config.model import LoopSettings
from autoresearch.config.secrets import Secrets
from autoresearch.core.measurement import Measurement
from autoresearch.loops.base import Loop
from autoresearch.loops.lighthouse import Lighthouse
from autoresearch.measure import Bench
from autoresearch.progress import Plain
from autoresearch.signals.context import Signals


class Quick(Loop[LoopSettings]):
    """Notes when it begins and ends; two of them meet in between."""

    kind = "quick"
    rung = "file"
    Settings = LoopSettings
    notes: ClassVar[list[str]] = []
    meeting: ClassVar[threading.Barrier]

    def measure(self, signals: Signals) -> Measurement:
        self.notes.append("begins")
        if not self.lab:
            self.meeting.wait(30)
        self.notes.append(f"{self.name} ends")
        return Measurement(loop=self.name, kind=self.kind)


class Timed(Quick):
    """One that times things."""

    lab = Lighthouse.lab


def test_loops_that_time_something_run_alone_and_after_those_that_run_side_by_side(tmp_path: Path) -> None:
    Quick.notes.clear()
    Quick.meeting = threading.Barrier(2)
    settings = LoopSettings(kind="quick", rung="file")
    loops = [Timed("first", settings), Quick("a", settings), Timed("second", settings), Quick("b", settings)]
    now = dt.datetime(2026, 10, 6, tzinfo=dt.UTC)
    with Signals(tmp_path, None, now, Secrets({})) as signals:
        measured = Bench(signals, Secrets({}), Plain(str)).measure(loops)
    assert [measured[name].status for name in ("first", "a", "second", "b")] == ["measured"] * 4
    assert Quick.notes[:2] == ["begins", "begins"]
    assert Quick.notes[4:] == ["begins", "first ends", "begins", "second ends"]
