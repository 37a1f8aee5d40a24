"""libcurl's transfers under asyncio, many at a time.

pycurl's own `AsyncCurlMulti` calls back into Python for every socket and timer, which costs more than the transfers. A
crawl waits for nothing but its transfers, so one task may simply let libcurl work on all of them, turn by turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pycurl

_TURN = 0.01
"""Seconds that one turn waits at most for something to happen: as late as a timer of another task may be."""


class Transfers:
    """The transfers that are under way."""

    def __init__(self) -> None:
        self._multi = pycurl.CurlMulti()
        self._waiting: dict[pycurl.Curl, asyncio.Future[None]] = {}
        self._some = asyncio.Event()

    async def perform(self, curl: pycurl.Curl) -> None:
        """Wait until a handle's transfer is over. Raises `pycurl.error` with libcurl's code and message."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[curl] = done
        self._multi.add_handle(curl)
        self._some.set()
        try:
            await done
        finally:
            self._waiting.pop(curl, None)
            self._multi.remove_handle(curl)

    async def drive(self) -> None:
        """Let libcurl work, for as long as anybody may want something."""
        while True:
            if not self._waiting:
                self._some.clear()
                await self._some.wait()
            try:
                self._multi.perform()
            except pycurl.error as broken:  # libcurl itself is in trouble: nobody may wait for ever
                self._fail(broken)
            if self._tell():
                await asyncio.sleep(0)
            elif self._multi.select(_TURN) < 0:  # nothing to watch yet: a name is being looked up
                await asyncio.sleep(_TURN)
            else:
                await asyncio.sleep(0)

    def _tell(self) -> int:
        """Wake whoever waits for a transfer that is over; how many were."""
        _, finished, failed = self._multi.info_read()
        for curl in finished:
            if (done := self._waiting.get(curl)) is not None and not done.done():
                done.set_result(None)
        for curl, code, message in failed:
            if (done := self._waiting.get(curl)) is not None and not done.done():
                done.set_exception(pycurl.error(code, message))
        return len(finished) + len(failed)

    def _fail(self, broken: pycurl.error) -> None:
        for done in self._waiting.values():
            if not done.done():
                done.set_exception(pycurl.error(*broken.args))

    def close(self) -> None:
        """End every connection."""
        self._multi.close()


@asynccontextmanager
async def open_transfers() -> AsyncIterator[Transfers]:
    """Transfers with the task that drives them."""
    transfers = Transfers()
    driver = asyncio.create_task(transfers.drive())
    try:
        yield transfers
    finally:
        driver.cancel()
        with suppress(asyncio.CancelledError):
            await driver
        transfers.close()
