"""Offsets by arithmetic agree with the zone database, hour by hour, over the days on which clocks change."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from autoresearch.signals.events.zone import transitions

START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
END = dt.datetime(2027, 1, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "name", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca"]
)
def test_the_offset_of_every_hour_of_a_year_is_the_databases_own(name: str) -> None:
    zone = ZoneInfo(name)
    pieces = transitions(zone, START, END)
    hour = START
    while hour < END:
        naive = hour.replace(tzinfo=None)
        offset = [seconds for since, seconds in pieces if since is None or since <= naive][-1]
        assert dt.timedelta(seconds=offset) == hour.astimezone(zone).utcoffset(), hour
        hour += dt.timedelta(hours=1)


def test_a_change_is_found_to_the_second() -> None:
    assert transitions(ZoneInfo("Europe/Berlin"), START, START + dt.timedelta(days=120)) == [
        (None, 3600),
        (dt.datetime(2026, 3, 29, 1), 7200),
    ]
