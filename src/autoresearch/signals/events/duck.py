"""Parquet, JSONL and CSV files, read by DuckDB inside this process, in bounded memory and without a network."""

from __future__ import annotations

import glob
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from autoresearch.errors import NotMeasuredError
from autoresearch.signals.events.engine import MAX_ROWS, Row, bounded, told
from autoresearch.signals.events.layout import Layout, kind_of

if TYPE_CHECKING:
    import duckdb

_FORMATS = {
    ".parquet": "parquet", ".pq": "parquet",
    ".jsonl": "json", ".ndjson": "json", ".json": "json",
    ".csv": "csv", ".tsv": "csv",
}  # fmt: skip
_PACKED = (".gz", ".zst")
_MAX_FILES = 10_000
_SAMPLE = 20_480
_MAX_THREADS = 4
_MAX_LINE = 16 * 1024 * 1024


class Duck:
    """A DuckDB of its own, which may read these files and nothing else."""

    def __init__(self, pattern: str, root: Path, *, memory: str, mapped: tuple[str, ...]) -> None:
        self.name = pattern
        self._files = _matching(pattern, root)
        self._format = _format(self._files)
        self._alike = self._format == "csv" and len({_first_line(file) for file in self._files}) == 1
        self._mapped = mapped
        self._folder = tempfile.TemporaryDirectory(prefix="autoresearch-events-")
        try:
            self._connection = _connect(self._files, Path(self._folder.name), memory)
        except BaseException:
            self._folder.cleanup()
            raise

    def layout(self) -> Layout:
        """The columns, by the files themselves; of JSON, by their first lines."""
        kinds = {str(name): kind_of(str(kind)) for name, kind, *_ in self._describe()}
        relation = self._relation(self._columns(kinds))
        return Layout(relation, kinds, "duckdb", guard_json=True)

    def rows(self, query: exp.Query) -> list[Row]:
        """The answer."""
        return self._all(query.sql("duckdb"))

    def notes(self) -> list[str]:
        """Lines that are no records."""
        if self._format != "csv":
            return []
        if not self._alike:
            return ["the files differ in their columns: lines that are no records were left out, and not counted"]
        ((count,),) = self._all(
            "SELECT COUNT(DISTINCT (file_path, line)) FROM reject_errors JOIN reject_scans USING (scan_id, file_id)"
        )
        return [f"{count:,} lines are no records, and were left out"] if count else []

    def close(self) -> None:
        """End it, and remove what it had put on disk."""
        self._connection.close()
        self._folder.cleanup()

    def _describe(self) -> list[Row]:
        if self._format != "json":
            return self._all(exp.Describe(this=exp.select("*").from_(self._relation(None))).sql("duckdb"))
        read = self._reader(
            "JSON",
            format=exp.Literal.string("newline_delimited"),
            maximum_depth=exp.Literal.number(1),
            sample_size=exp.Literal.number(_SAMPLE),
            ignore_errors=exp.true(),
            union_by_name=exp.true(),
        )
        found = self._all(exp.Describe(this=exp.select("*").from_(read)).sql("duckdb"))
        return [(name, "JSON" if str(kind) == "JSON" else "VARCHAR") for name, kind, *_ in found]

    def _columns(self, kinds: Any) -> list[str] | None:
        """The top-level names that are read from JSON; a rare one need not be in the sample."""
        if self._format != "json":
            return None
        names = {name if name in kinds else name.split(".")[0] for name in self._mapped}
        for name in names:
            kinds[name] = kind_of("VARCHAR")
        return sorted(names)

    def _relation(self, columns: list[str] | None) -> exp.Expr:
        named: dict[str, exp.Expr] = {}
        if self._format == "json":
            struct = [
                exp.PropertyEQ(this=exp.Literal.string(name), expression=exp.Literal.string("VARCHAR"))
                for name in columns or []
            ]
            named = {
                "columns": exp.Struct(expressions=struct),
                "format": exp.Literal.string("newline_delimited"),
                "ignore_errors": exp.true(),
                "maximum_object_size": exp.Literal.number(_MAX_LINE),
            }
        elif self._format == "csv":
            rest = ("store_rejects",) if self._alike else ("union_by_name", "ignore_errors")  # not both at once
            named = {name: exp.true() for name in ("header", "all_varchar", *rest)}
        else:
            named = {"union_by_name": exp.true()}
        return self._reader(self._format.upper(), **named)

    def _reader(self, kind: str, **named: exp.Expr) -> exp.Expr:
        """DuckDB's function that reads all the files."""
        arguments = [exp.PropertyEQ(this=exp.to_identifier(name), expression=value) for name, value in named.items()]
        listed = exp.Array(expressions=[exp.Literal.string(file) for file in self._files])
        return exp.Table(this=exp.Anonymous(this=f"READ_{kind}", expressions=[listed, *arguments]))

    def _all(self, sql: str) -> list[Row]:
        import duckdb

        try:
            found: list[Row] = list(self._connection.execute(sql).fetchmany(MAX_ROWS + 1))
        except duckdb.OutOfMemoryException as error:
            raise NotMeasuredError(
                f"{self.name}: the question needs more memory than `events.memory` allows",
                hint="raise `events.memory`, or ask about fewer dimensions",
            ) from error
        except duckdb.Error as error:
            raise NotMeasuredError(f"{self.name}: cannot be read: {told(error)}") from error
        return bounded(self.name, found)


def _connect(files: list[str], folder: Path, memory: str) -> duckdb.DuckDBPyConnection:
    import duckdb

    connection = duckdb.connect(
        config={
            "memory_limit": memory.replace(" ", ""),
            "threads": min(os.cpu_count() or 1, _MAX_THREADS),
            "temp_directory": str(folder),
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
        }
    )
    listed = exp.Array(expressions=[exp.Literal.string(file) for file in files])
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = FALSE")
    connection.execute(f"SET allowed_paths = {listed.sql('duckdb')}")
    connection.execute("SET enable_external_access = FALSE")
    connection.execute("SET lock_configuration = TRUE")
    return connection


def _matching(pattern: str, root: Path) -> list[str]:
    """The files that a pattern names, in order. Raises `NotMeasuredError` for none, or too many."""
    found = sorted(path for path in glob.iglob(str(root / pattern), recursive=True) if Path(path).is_file())  # noqa: PTH207  a pattern may be absolute
    if not found:
        raise NotMeasuredError(
            f"there are no events: no file matches {pattern}", hint="check `events.source` in autoresearch/config.yml"
        )
    if len(found) > _MAX_FILES:
        raise NotMeasuredError(f"{pattern} matches {len(found):,} files; {_MAX_FILES:,} are read at most")
    return found


def _format(files: list[str]) -> str:
    """What all the files are. Raises `NotMeasuredError` for a mixture, or something else."""
    formats = {_FORMATS.get(_ending(file), "") for file in files}
    if len(formats) != 1 or formats == {""}:
        strange = next((file for file in files if not _FORMATS.get(_ending(file))), files[0])
        raise NotMeasuredError(
            f"{Path(strange).name}: events are all Parquet, all JSONL or all CSV", hint="narrow `events.source`"
        )
    return formats.pop()


def _ending(file: str) -> str:
    path = Path(file)
    return (Path(path.stem) if path.suffix.lower() in _PACKED else path).suffix.lower()


def _first_line(file: str) -> bytes:
    """The header; of a packed file its name, so that it is like no other."""
    if Path(file).suffix.lower() in _PACKED:
        return file.encode("utf-8", "surrogateescape")
    with Path(file).open("rb") as opened:
        return opened.readline(1 << 20).rstrip(b"\r\n")
