"""`autoresearch check events`: what was read is told, and what is wrong is told in words."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Callable
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer

import pytest
from typer.testing import CliRunner

from autoresearch.check import check_events
from autoresearch.cli import app
from autoresearch.errors import NotMeasuredError
from tests.integration.events import crowd, engines

Check = Callable[..., list[str]]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    def run(source: str, days: int = 9, now: dt.datetime = crowd.NOW, **more: object) -> list[str]:
        config = {"version": 1, "events": {"source": source, "columns": {"time": "ts", "event": "name"}, **more}}
        (tmp_path / "config.yml").write_text(json.dumps(config))
        return list(check_events(tmp_path, "config.yml", now, days))

    return run


def test_days_columns_and_reasons_are_told(check: Check, tmp_path: Path) -> None:
    engines.write_csv(tmp_path / "events.csv", crowd.crowd())
    said = "\n".join(check("events.csv", **engines.SETTINGS, days=15))
    inside = [event for event in crowd.counted(crowd.crowd()) if event.utc]
    assert f"{len(inside):,} of them count" in said
    for reason in ("bot", "duplicate", "test traffic", "late", "clock ahead", "in the future", "no time"):
        assert f"\n  {reason} " in said
    assert "2026-03-28" in said
    assert "(none), Safari, Chrome, Firefox" in said


def test_nothing_of_a_single_person_is_told(check: Check, tmp_path: Path) -> None:
    ada = "2026-04-01T10:00:00Z,a,session-of-ada,ada@example.org,/orders/of-ada\n"
    others = "".join(f"2026-04-01T10:00:00Z,a,session-{number},u{number},/cart\n" for number in range(20))
    (tmp_path / "a.csv").write_text("ts,name,sid,uid,path\n" + others + ada)
    columns = {"time": "ts", "event": "name", "session": "sid", "user": "uid", "route": "path"}
    said = check("a.csv", columns=columns)
    assert "  route: /cart; 1 rare or further values are pooled, 1 session" in said
    assert not any("ada" in line or "session-" in line for line in said)


def test_a_day_without_events_is_told(check: Check, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("ts,name\n2026-04-01T10:00:00Z,a\n2026-04-03T10:00:00Z,a\n")
    assert "  2026-04-02   no events" in check("a.csv")


def test_no_events_at_all_is_an_answer(check: Check, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("ts,name\n")
    said = check("a.csv", days=3)
    assert "  none in the 3 days up to 2026-04-05" in said
    assert "  0 rows read, 0 of them count" in said


def test_all_events_at_one_second_are_counted(check: Check, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("ts,name\n" + "2026-04-01T10:00:00Z,a\n" * 1_000)
    assert "  1,000 rows read, 1,000 of them count" in check("a.csv")


def test_a_mapped_column_that_is_not_there_is_told(check: Check, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("ts,name\n2026-04-01T10:00:00Z,a\n")
    said = check("a.csv", columns={"time": "ts", "event": "name", "route": "path"})
    assert "  route   path   ← the source has no such column" in said


def test_very_many_routes_are_pooled_and_told(check: Check, tmp_path: Path) -> None:
    rows = "".join(f"2026-04-01T10:00:00Z,a,s{number % 5_000},/p/{number}\n" for number in range(50_000))
    usual = "".join(f"2026-04-01T10:00:00Z,a,s{number},/cart\n" for number in range(20))
    (tmp_path / "a.csv").write_text("ts,name,sid,path\n" + usual + rows)
    said = check("a.csv", columns={"time": "ts", "event": "name", "session": "sid", "route": "path"})
    assert "  route: /cart; 50,000 rare or further values are pooled, 50,000 sessions" in said


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.csv", b"hello\n", "has no column `ts`, mapped as `time`"),
        ("a.parquet", b"\x00" * 500, "a.parquet: cannot be read"),
        ("a.txt", b"x", "events are all Parquet, all JSONL or all CSV"),
    ],
)
def test_a_file_that_is_something_else_is_told(
    check: Check, tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(NotMeasuredError, match=words):
        check(name)


def test_lines_that_are_no_records_are_left_out_and_told(check: Check, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"ts": "2026-04-01T10:00:00Z", "name": "a"}\n{broken\n"x"\n{"ts": 5}\n')
    said = check("a.jsonl")
    assert "  2026-04-01             1 events           0 sessions" in said
    assert any(line.startswith("  no time ") for line in said)


def test_a_folder_that_nothing_matches_is_told(check: Check) -> None:
    with pytest.raises(NotMeasuredError, match=r"no file matches nowhere/\*.csv"):
        check("nowhere/*.csv")


class _HangsUp(BaseRequestHandler):
    """A database that ends the connection in the middle of its first answer."""

    def handle(self) -> None:
        self.request.recv(100)
        self.request.sendall(b"R\x00\x00\x00")


def test_a_database_that_drops_the_connection_is_told_without_its_password(check: Check) -> None:
    with ThreadingTCPServer(("127.0.0.1", 0), _HangsUp) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"postgresql://reader:very-secret@127.0.0.1:{server.server_address[1]}/db?sslmode=disable"
        with pytest.raises(NotMeasuredError, match=r"PostgreSQL at 127\.0\.0\.1") as caught:
            check(url, table="events")
        server.shutdown()
    assert "very-secret" not in str(caught.value)


def test_a_variable_that_is_not_set_is_named(check: Check) -> None:
    with pytest.raises(NotMeasuredError, match="NO_SUCH_URL"):
        check("${NO_SUCH_URL}", table="events")


def test_the_command_prints_it(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("ts,name\n2026-04-01T10:00:00Z,a\n")
    config = tmp_path / "config.yml"
    config.write_text("version: 1\nevents: {source: a.csv, columns: {time: ts, event: name}}\n")
    ended = CliRunner().invoke(
        app, ["check", "events", "-C", str(tmp_path), "--config", "config.yml", "--now", "2026-04-05"]
    )
    assert (ended.exit_code, "1 row read, 1 of them count" in ended.stdout) == (0, True)
