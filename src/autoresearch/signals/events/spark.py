"""Events where Spark sees them: a table, or Parquet files. Needs PySpark (`pip install autoresearch-action[spark]`)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from autoresearch.config.events import Spark
from autoresearch.errors import NotMeasuredError
from autoresearch.signals.events.engine import MAX_ROWS, Row, bounded, told
from autoresearch.signals.events.layout import Layout, kind_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_VIEW = "autoresearch_events"
_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.variable.substitute": "false",  # `${X}` in a value is a text
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


class SparkEngine:
    """One session, which knows no zone but UTC."""

    def __init__(self, settings: Spark, table: str | None, root: Path) -> None:
        self.name = f"Spark at {settings.remote}, {settings.files or f'table {table}'}"
        self._session = _session(settings.remote)
        try:
            self._relation = self._open(settings, table, root)
        except BaseException:
            self.close()
            raise

    def layout(self) -> Layout:
        """The columns, as Spark names their types."""
        described = self._session.table(self._relation.sql("spark")).dtypes
        return Layout(self._relation, {str(name): kind_of(_type(str(kind))) for name, kind in described}, "spark")

    def rows(self, query: exp.Query) -> list[Row]:
        """The answer."""
        try:
            found: list[Row] = [
                tuple(row) for row in self._session.sql(query.sql("spark")).limit(MAX_ROWS + 1).collect()
            ]
        except Exception as error:  # Spark's errors have no common root but this
            raise NotMeasuredError(f"{self.name}: {told(error)}") from error
        return bounded(self.name, found)

    def notes(self) -> list[str]:
        """Nothing: Spark has read its rows already."""
        return []

    def close(self) -> None:
        """End the session."""
        self._session.stop()

    def _open(self, settings: Spark, table: str | None, root: Path) -> exp.Table:
        try:
            if settings.files is not None:
                files = settings.files if "://" in settings.files else str(root / settings.files)
                self._session.read.option("mergeSchema", "true").parquet(files).createOrReplaceTempView(_VIEW)
                return exp.to_table(_VIEW)
            if not table:
                raise NotMeasuredError("Spark needs `files` or `events.table`", hint="add `table: lake.events`")
            self._session.table(table)
            return exp.to_table(table, dialect="spark")
        except NotMeasuredError:
            raise
        except Exception as error:
            raise NotMeasuredError(
                f"{self.name}: {told(error)}", hint="check `events.source` and `events.table`"
            ) from error


def _session(remote: str) -> SparkSession:
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise NotMeasuredError("PySpark is not installed", hint="pip install 'autoresearch-action[spark]'") from error
    builder: Any = SparkSession.builder
    builder = builder.remote(remote) if remote.startswith("sc://") else builder.master(remote)
    for name, value in _SETTINGS.items():
        builder = builder.config(name, value)
    session: SparkSession = builder.appName("autoresearch").getOrCreate()
    return session


def _type(name: str) -> str:
    """Spark calls an instant `timestamp`, and a time without a zone `timestamp_ntz`."""
    return {"timestamp": "TIMESTAMPTZ", "timestamp_ntz": "TIMESTAMP", "string": "TEXT"}.get(name, name)
