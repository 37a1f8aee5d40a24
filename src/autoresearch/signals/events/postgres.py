"""Events in PostgreSQL. Connections only read, know no zone but UTC, and end a question that takes too long."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlglot import exp

from autoresearch.errors import NotMeasuredError
from autoresearch.signals.events.engine import MAX_ROWS, Row, bounded, told
from autoresearch.signals.events.layout import Layout, kind_of

if TYPE_CHECKING:
    import psycopg

_TRIES = 3
_WAIT = 2.0
_CONNECT_SECONDS = 15
_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, NULL)
FROM pg_attribute a WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""


class Postgres:
    """One connection, made again when it breaks: questions only read, so they may be asked twice."""

    def __init__(self, url: str, table: str, *, time_limit: float, sleep: Callable[[float], None] = time.sleep) -> None:
        self._url = url
        self._limit = time_limit
        self._sleep = sleep
        self._table = _identifier(table)
        self.name = f"{_host(url)}, table {table}"
        self._connection: psycopg.Connection[Any] | None = None

    def layout(self) -> Layout:
        """The columns of the table or view."""
        found = self._ask(_COLUMNS, [self._table.sql("postgres")])
        if not found:
            raise NotMeasuredError(f"{self.name}: there is no such table", hint="check `events.table`")
        return Layout(self._table, {str(name): kind_of(str(kind)) for name, kind in found}, "postgres")

    def rows(self, query: exp.Query) -> list[Row]:
        """The answer."""
        return self._ask(query.sql("postgres"))

    def notes(self) -> list[str]:
        """Nothing: rows of a database can all be read."""
        return []

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ask(self, sql: str, parameters: list[Any] | None = None) -> list[Row]:
        import psycopg

        for attempt in range(1, _TRIES + 1):
            try:
                return self._once(sql, parameters)
            except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                self.close()
                if attempt == _TRIES or not _is_passing(error):
                    raise self._failure(error) from None
                self._sleep(_WAIT * attempt)
            except psycopg.Error as error:
                self.close()
                raise self._failure(error) from None
        raise AssertionError

    def _once(self, sql: str, parameters: list[Any] | None) -> list[Row]:
        with self._open() as connection, connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            found: list[Row] = cursor.fetchmany(MAX_ROWS + 1)
        return bounded(self.name, found)

    @contextmanager
    def _open(self) -> Iterator[psycopg.Connection[Any]]:
        import psycopg

        if self._connection is None:
            settings = {
                "default_transaction_read_only": "on",
                "statement_timeout": str(int(self._limit * 1000)),
                "standard_conforming_strings": "on",
                "TimeZone": "UTC",
            }
            self._connection = psycopg.connect(
                self._url,
                autocommit=True,
                connect_timeout=_CONNECT_SECONDS,
                application_name="autoresearch",
                options=" ".join(f"-c {name}={value}" for name, value in settings.items()),
            )
        yield self._connection

    def _failure(self, error: Exception) -> NotMeasuredError:
        """Without the address and its password, which an error may quote."""
        words = told(error).replace(self._url, "…")
        if (secret := urlsplit(self._url).password) and len(secret) > 2:
            words = words.replace(secret, "…")
        return NotMeasuredError(
            f"{self.name}: {words}", hint="check `events.source`, its user's rights and the network"
        )


def _is_passing(error: Exception) -> bool:
    """Whether asking again may help: the connection broke, or the server is starting, full or going."""
    state = getattr(error, "sqlstate", None)
    return state is None or (state[:2] in {"08", "53", "57"} and state != "57014")


def _identifier(name: str) -> exp.Table:
    """`events` or `schema.events`, quoted."""
    parts = [exp.to_identifier(part, quoted=True) for part in name.split(".", 1)]
    return exp.Table(this=parts[-1], db=parts[0] if len(parts) > 1 else None)


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "PostgreSQL"
    return f"PostgreSQL at {parts.hostname or 'this machine'}{port}"
