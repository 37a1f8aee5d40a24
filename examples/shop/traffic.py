"""The shop's analytics events: thirty days of made-up visitors, about 200,000 events, the same for the same seed.

    python examples/shop/traffic.py OUT.parquet [--seed N] [--until 2026-10-06T07:00] [--days 30] [--clean]

Three pains are planted, and a peak that is none (`PLANTED`); with `--clean` there are none of them.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import math
import random
import tempfile
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Berlin")
HEADER = ("ts", "session", "event", "path", "browser", "country", "release", "ms")
SESSIONS_A_DAY = 1_250
HOUR = dt.timedelta(hours=1)

DAY_1 = dt.datetime(2026, 10, 5, 7, tzinfo=dt.UTC)
DAY_2 = DAY_1 + dt.timedelta(days=1)
"""When the runs look; what is planted shows on day 2."""
PLANTED = {
    "drift": DAY_1 - dt.timedelta(days=10),
    "campaign": DAY_1 + dt.timedelta(hours=9),
    "release": DAY_1 + dt.timedelta(hours=3),
    "silence": DAY_1 + dt.timedelta(hours=1),
}
"""When script errors begin to creep up in Firefox (a seventh more each day); when a campaign brings three times the
visitors for five hours; when release 4.2.1 breaks the payment in Safari; when the newsletter's event dies."""

Weights = tuple[list[str], list[int]]
"""Values, and the sums of their weights."""


def weighted(weights: dict[str, int]) -> Weights:
    """The values as `_pick` wants them."""
    return list(weights), list(accumulate(weights.values()))


BROWSERS = weighted({"Chrome 148": 50, "Safari 19": 25, "Firefox 150": 17, "Edge 148": 8})
COUNTRIES = weighted({"DE": 60, "AT": 15, "GB": 15, "US": 10})
PAGES = weighted(
    {"/": 30, "/products/": 25, "/products/harbour-mug/": 15, "/products/pier-bowl/": 10, "/blog/": 12, "/about/": 8}
)
BY_HOUR = (3, 2, 1, 1, 1, 2, 5, 10, 18, 24, 27, 28, 30, 28, 26, 26, 28, 31, 35, 40, 42, 34, 20, 9)
"""Visitors' weights of the hours of a day in Berlin."""
WEEKEND = 1.35


@dataclass(frozen=True)
class Shop:
    """What happens to visitors at a time; `pains` says which of the planted things do."""

    pains: dict[str, dt.datetime]

    def visitors(self, hour: dt.datetime) -> float:
        """How many sessions an hour is to bring."""
        local = hour.astimezone(ZONE)
        usual = SESSIONS_A_DAY * BY_HOUR[local.hour] / sum(BY_HOUR)
        campaign = self._since("campaign", hour)
        peak = 3.0 if campaign is not None and campaign < 5 * HOUR else 1.0
        return usual * peak * (WEEKEND if local.weekday() >= 5 else 1.0)

    def release(self, time: dt.datetime) -> str:
        """What was deployed then."""
        if self._since("release", time) is not None:
            return "4.2.1"
        return "4.2.0" if time >= DAY_1 - dt.timedelta(days=16) else "4.1.3"

    def payment_fails(self, time: dt.datetime, browser: str) -> float:
        """The share of payments that do."""
        broken = self._since("release", time) is not None and browser == "Safari 19"
        return 0.45 if broken else 0.03

    def script_fails(self, time: dt.datetime, browser: str) -> float:
        """The share of sessions that meet an error."""
        drifting = self._since("drift", time)
        factor = 1 + 0.15 * (drifting / dt.timedelta(days=1)) if drifting and browser == "Firefox 150" else 1.0
        return min(0.03 * factor, 0.5)

    def signs_up(self, time: dt.datetime) -> float:
        """The share of sessions of which we learn that they signed up."""
        return 0.0 if self._since("silence", time) is not None else 0.06

    def _since(self, what: str, time: dt.datetime) -> dt.timedelta | None:
        began = self.pains.get(what)
        return time - began if began is not None and time >= began else None


Event = tuple[dt.datetime, str, str, int | None]
"""When, what, where, milliseconds."""


def sessions(shop: Shop, hour: dt.datetime, chance: random.Random) -> Iterator[tuple[str, ...]]:
    """The rows of all sessions that begin in an hour."""
    for _ in range(_poisson(shop.visitors(hour), chance)):
        session = f"{chance.getrandbits(64):016x}"
        time = hour + dt.timedelta(seconds=chance.uniform(0, 3600))
        browser, country = (_pick(weights, chance) for weights in (BROWSERS, COUNTRIES))
        release = shop.release(time)
        for at, event, path, ms in visit(shop, time, browser, chance):
            number = "" if ms is None else str(ms)
            yield at.isoformat(timespec="seconds"), session, event, path, browser, country, release, number


def visit(shop: Shop, time: dt.datetime, browser: str, chance: random.Random) -> Iterator[Event]:
    """What one visitor does, from the first page to the last."""
    path = "/"
    for _ in range(1 + _poisson(2.4, chance)):
        path = _pick(PAGES, chance)
        yield time, "page_view", path, round(chance.lognormvariate(math.log(800), 0.5))
        time += dt.timedelta(seconds=chance.expovariate(1 / 25))
    for event, share in (
        ("js_error", shop.script_fails(time, browser)),
        ("rage_click", 0.01),
        ("search", 0.2),
        ("newsletter_signup", shop.signs_up(time)),
    ):
        if chance.random() < share:
            yield time, event, path, None
            time += dt.timedelta(seconds=5)
    if chance.random() < 0.3:
        yield time, "add_to_cart", "/products/harbour-mug/", None
        if chance.random() < 0.65:
            yield from checkout(shop, time + dt.timedelta(seconds=40), browser, chance)


def checkout(shop: Shop, time: dt.datetime, browser: str, chance: random.Random) -> Iterator[Event]:
    """From the cart to an order, or not."""
    yield time, "page_view", "/checkout/", round(chance.lognormvariate(math.log(900), 0.5))
    yield time, "checkout_started", "/checkout/", None
    time += dt.timedelta(seconds=chance.uniform(30, 120))
    if chance.random() < 0.1:
        return
    yield time, "payment_started", "/checkout/", None
    time += dt.timedelta(seconds=8)
    if chance.random() < shop.payment_fails(time, browser):
        yield time, "payment_failed", "/checkout/", None
    else:
        yield time, "order_completed", "/checkout/", None


def write(file: Path, until: dt.datetime, *, seed: int = 1, days: int = 30, pains: dict[str, dt.datetime]) -> int:
    """Write the events from `days` days before the end of day 2 to `until` as Parquet. Returns how many there are."""
    import duckdb

    first, shop = DAY_2 - dt.timedelta(days=days), Shop(pains)
    hours = [first + number * HOUR for number in range((until - first) // HOUR)]
    # an hour's visitors do not depend on the hours before
    rows = (row for hour in hours for row in sessions(shop, hour, random.Random(f"{seed} {hour:%Y-%m-%dT%H}")))
    end = until.isoformat(timespec="seconds")
    told = sorted(row for row in rows if row[0] < end)
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(config={"threads": 1}) as database:
        table = Path(folder) / "events.csv"
        with table.open("w", encoding="utf-8", newline="") as opened:
            csv.writer(opened, lineterminator="\n").writerows([HEADER, *told])
        typed = (
            f"SELECT * REPLACE (ts::TIMESTAMPTZ AS ts, ms::DOUBLE AS ms) FROM read_csv('{table}', all_varchar = true)"
        )
        database.execute("SET TimeZone = 'UTC'")
        database.execute(f"COPY ({typed}) TO '{file}' (FORMAT parquet)")
    return len(told)


def _pick(weights: Weights, chance: random.Random) -> str:
    values, bounds = weights
    return values[bisect(bounds, chance.random() * bounds[-1])]


def _poisson(mean: float, chance: random.Random) -> int:
    """Arrivals of unit-rate gaps until `mean` is used up."""
    count, left = -1, mean
    while left >= 0:
        left -= chance.expovariate(1)
        count += 1
    return count


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=int, default=30, help="before day 2")
    parser.add_argument("--until", type=dt.datetime.fromisoformat, default=DAY_2)
    parser.add_argument("--clean", action="store_true", help="without anything planted")
    asked = parser.parse_args()
    end = asked.until if asked.until.tzinfo else asked.until.replace(tzinfo=dt.UTC)
    total = write(asked.out, end, days=asked.days, seed=asked.seed, pains={} if asked.clean else PLANTED)
    print(f"{total:,} events in {asked.out}")
