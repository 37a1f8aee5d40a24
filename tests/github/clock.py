"""The time of many threads that wait for one another."""

from __future__ import annotations

import heapq
import itertools
import threading


class Clock:
    """Time that passes only while everybody sleeps: then who wakes first goes on, alone.

    Who sleeps until the same moment wakes in the order of going to sleep.
    """

    def __init__(self, sleepers: int) -> None:
        self._lock = threading.Lock()
        self._awake = sleepers
        self._order = itertools.count()
        self._alarms: list[tuple[float, int, threading.Event]] = []
        self._now = 0.0

    def pause(self, seconds: float) -> None:
        alarm = threading.Event()
        with self._lock:
            heapq.heappush(self._alarms, (self._now + seconds, next(self._order), alarm))
            self._let_go()
        alarm.wait()

    def leave(self) -> None:
        with self._lock:
            self._let_go()

    def _let_go(self) -> None:
        self._awake -= 1
        if not self._awake and self._alarms:
            self._now, _, alarm = heapq.heappop(self._alarms)
            self._awake = 1
            alarm.set()

    @property
    def now(self) -> float:
        return self._now
