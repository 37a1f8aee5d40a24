"""The same events in every engine."""

from __future__ import annotations

import csv
import json
import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from autoresearch.config.events import Events
from tests.integration.events.crowd import COLUMNS, MAPPED, Event

SETTINGS = {
    "columns": MAPPED,
    "time_zone": "Europe/Berlin",
    "test_traffic": {"plan": "internal"},
}
_BINARIES = Path("/usr/lib/postgresql")


def write_csv(path: Path, events: list[Event]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(event.row for event in events)


def write_jsonl(path: Path, events: list[Event]) -> None:
    path.write_text("".join(json.dumps(dict(zip(COLUMNS, event.row, strict=True))) + "\n" for event in events))


def write_parquet(path: Path, events: list[Event]) -> None:
    """With typed columns: times in UTC without a zone would be read in Berlin's, so they know theirs."""
    import duckdb

    jsonl = path.with_suffix(".tmp")
    rows = [
        dict(zip(COLUMNS, event.row, strict=True)) | {"ts": event.utc and event.utc.isoformat()} for event in events
    ]
    jsonl.write_text("".join(json.dumps(row) + "\n" for row in rows))
    types = ", ".join(f"{name}: 'VARCHAR'" for name in COLUMNS)
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT * REPLACE "
            "(ts::TIMESTAMPTZ AS ts, received_at::TIMESTAMPTZ AS received_at, ms::DOUBLE AS ms) "
            f"FROM read_json('{jsonl}', columns = {{{types}}}, format = 'newline_delimited')) "
            f"TO '{path}' (FORMAT parquet)"
        )
    jsonl.unlink()


def file_settings(name: str) -> Events:
    return Events.model_validate({"source": name, **SETTINGS})


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def missing_for_spark() -> str:
    """The command that would install what is missing for Spark; "" when all is there."""
    if shutil.which("java") is None:
        return "apt-get install --no-install-recommends openjdk-17-jre-headless"
    return "" if find_spec("pyspark") else "pip install --requirement requirements/spark.txt"


def postgres_binaries() -> Path | None:
    """Debian's newest server, if it is installed."""
    found = sorted(_BINARIES.glob("*/bin/postgres"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    there = shutil.which("postgres")
    return Path(there).resolve().parent if there else None


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """A server of its own on loopback, run by another user where this one is root; its URL."""
    binaries = postgres_binaries()
    assert binaries is not None
    user = "postgres" if os.geteuid() == 0 else None
    data = folder / "data"
    data.mkdir()
    if user:
        account = pwd.getpwnam(user)
        for each in (folder, data):
            os.chown(each, account.pw_uid, account.pw_gid)
        for parent in folder.parents:
            if parent.owner() != "root" or parent == Path("/tmp"):
                break
            parent.chmod(parent.stat().st_mode | 0o011)

    def run(*command: object) -> None:
        subprocess.run(
            [str(part) for part in command], check=True, capture_output=True, user=user, cwd=folder, timeout=120
        )

    run(binaries / "initdb", "-D", data, "-U", "tester", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
    port = free_port()
    options = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off -c shared_buffers=32MB -c max_connections=10"
    log = folder / "log"
    run(binaries / "pg_ctl", "-D", data, "-l", log, "-w", "-o", options, "start")
    try:
        yield f"postgresql://tester:secret-word@127.0.0.1:{port}/postgres"
    finally:
        run(binaries / "pg_ctl", "-D", data, "-m", "immediate", "-W", "stop")


def fill_postgres(url: str, events: list[Event]) -> None:
    import psycopg

    columns = ", ".join(f'"{name}" text' for name in COLUMNS if name not in {"ms", "received_at"})
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(f'CREATE TABLE "Events" ({columns}, ms double precision, received_at timestamptz)')
        names = ", ".join(f'"{name}"' for name in COLUMNS)
        with cursor.copy(f'COPY "Events" ({names}) FROM STDIN') as copy:
            for event in events:
                copy.write_row(event.row)
