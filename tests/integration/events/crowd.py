"""Events with every defect that is handled, and the answers worked out in plain Python, one row after another."""

from __future__ import annotations

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
NOW = dt.datetime(2026, 4, 5, tzinfo=dt.UTC)
START = dt.datetime(2026, 3, 27, 23, tzinfo=dt.UTC)
END = dt.datetime(2026, 3, 30, 22, tzinfo=dt.UTC)
"""Three days in Berlin; in the middle one the clocks go forward."""
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
COLUMNS = (
    "ts", "session_id", "user_id", "name", "path", "release", "browser", "ms", "id", "agent", "received_at", "plan",
)  # fmt: skip
MAPPED = {
    "time": "ts", "session": "session_id", "user": "user_id", "event": "name", "route": "path", "release": "release",
    "browser": "browser", "value": "ms", "event_id": "id", "user_agent": "agent", "received": "received_at",
    "plan": "plan",
}  # fmt: skip
HOSTILE = '/it\'s "quoted" \\ `back` %s ${X} ; DROP TABLE events; -- ü'


@dataclass(frozen=True)
class Event:
    """One row as it was sent; `utc` is what its text means, None where it means nothing."""

    text: str | None
    utc: dt.datetime | None
    session: str | None
    name: str
    route: str | None
    release: str
    browser: str | None
    value: float | None
    id: str | None
    agent: str | None
    received: dt.datetime
    plan: str | None

    @property
    def row(self) -> tuple[Any, ...]:
        """In the order of `COLUMNS`, times and numbers as texts."""
        value = None if self.value is None else repr(self.value)
        received = self.received.isoformat()
        return (
            self.text, self.session, "u1", self.name, self.route, self.release, self.browser, value, self.id,
            self.agent, received, self.plan,
        )  # fmt: skip


def written(utc: dt.datetime, chance: random.Random) -> str:
    """A time in one of the ways in which programs write it."""
    naive = utc.replace(tzinfo=None)
    local = utc.astimezone(BERLIN)
    india = utc.astimezone(dt.timezone(dt.timedelta(hours=5, minutes=30)))
    ways: list[Callable[[], str]] = [
        lambda: naive.isoformat() + "Z",
        lambda: naive.isoformat(" ") + "+00:00",
        india.isoformat,
        lambda: india.strftime("%Y-%m-%dT%H:%M:%S.%f+0530"),
        lambda: utc.astimezone(dt.timezone(dt.timedelta(hours=-3))).strftime("%Y-%m-%d %H:%M:%S.%f-03"),
        lambda: local.replace(tzinfo=None).isoformat(" "),
        lambda: repr(utc.timestamp()),
        lambda: str(int(utc.timestamp() * 1000)),
    ]
    return chance.choice(ways)()


def crowd(seed: int = 1, sessions: int = 400) -> list[Event]:
    """Sessions over five days: bots, repetitions, clocks that are wrong, late arrivals, empty and hostile values."""
    chance = random.Random(seed)
    events: list[Event] = []
    for number in range(sessions):
        begin = START + dt.timedelta(seconds=chance.randrange(-86_400, int((END - START).total_seconds()) + 86_400))
        events += _session(number, begin, chance)
    for text in (None, "", "yesterday", "2026-02-30T10:00:00Z", "2026-03-28T25:00:00Z", "12"):
        events.append(_event(None, text, "s-none", "page", "/", chance))
    chance.shuffle(events)
    return events


def _session(number: int, begin: dt.datetime, chance: random.Random) -> list[Event]:
    name = None if number % 29 == 0 else "" if number % 31 == 0 else f"s{number}"
    agent = BOT if number % 13 == 0 else None if number % 17 == 0 else PERSON
    browser = chance.choice(["Safari", "Firefox", "Chrome", "", None])
    plan = "internal" if number % 23 == 0 else chance.choice(["free", "pro", None])
    found: list[Event] = []
    moment = begin
    for kind in chance.choices(["page", "click", "checkout", "failed", "paid"], k=chance.randrange(1, 9)):
        route = chance.choice(["/", "/cart", "/checkout", HOSTILE, "", None, f"/rare/{number}"])
        event = _event(
            moment,
            None,
            name,
            kind,
            route,
            chance,
            browser=browser,
            agent=agent,
            plan=plan,
            id=f"{number}-{len(found)}",
        )
        found.append(event)
        if chance.random() < 0.1:
            found.append(event)
        moment += dt.timedelta(milliseconds=chance.randrange(1, 2_400_000))
    return found


def _event(
    moment: dt.datetime | None,
    text: str | None,
    session: str | None,
    kind: str,
    route: str | None,
    chance: random.Random,
    **more: Any,
) -> Event:
    received = (moment or START) + dt.timedelta(seconds=5)
    if moment and chance.random() < 0.03:
        received += dt.timedelta(days=4)
    if moment and chance.random() < 0.03:
        received -= dt.timedelta(hours=1)
    if moment and chance.random() < 0.02:
        moment, received = NOW + dt.timedelta(days=1), NOW
    value = chance.choice([None, 0.0, -4.0, 0.0005, 250.0, 2499.999, 2500.0, 3e7, chance.lognormvariate(6, 2)])
    utc = moment and moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    return Event(
        text=written(utc, chance) if utc else text,
        utc=utc,
        session=session,
        name=kind,
        route=route,
        release="4.2.1" if moment and moment > START + dt.timedelta(days=1) else "4.2.0",
        browser=more.get("browser"),
        value=value,
        id=more.get("id"),
        agent=more.get("agent"),
        received=received,
        plan=more.get("plan"),
    )


def reason(event: Event) -> str | None:
    """Why an event does not count, repetitions aside."""
    if event.utc is None:
        return "no time"
    if event.utc > NOW + dt.timedelta(minutes=5):
        return "in the future"
    if event.utc > event.received + dt.timedelta(minutes=5):
        return "clock ahead"
    if event.received - event.utc > dt.timedelta(days=3):
        return "late"
    if event.agent == BOT:
        return "bot"
    return "test traffic" if event.plan == "internal" else None


def counted(events: list[Event]) -> list[Event]:
    """What is left: sound events, each once."""
    seen: set[str] = set()
    left = []
    for event in events:
        if reason(event) is None and (event.id is None or event.id not in seen):
            left.append(event)
            seen.add(event.id or "")
    return left


def hour(time: dt.datetime) -> dt.datetime:
    return time.replace(minute=0, second=0, microsecond=0)


def day(time: dt.datetime) -> dt.datetime:
    local = time.astimezone(BERLIN).date()
    return dt.datetime.combine(local, dt.time(), BERLIN).astimezone(dt.UTC)


def shown(value: str | None, kept: set[str]) -> str:
    name = value or "(none)"
    return name if name in kept else "(other)"


def sessions_of(events: list[Event]) -> dict[str, list[Event]]:
    """Session → its events, in order."""
    found: dict[str, list[Event]] = defaultdict(list)
    for event in sorted(events, key=lambda event: event.utc or NOW):
        if event.session:
            found[event.session].append(event)
    return found
