"""The command line: parse, wire, print; nothing else."""

from __future__ import annotations

import datetime as dt
import os
import signal
import sys
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from autoresearch import __version__
from autoresearch.errors import AutoresearchError, UsageError

app = typer.Typer(
    name="autoresearch",
    help="Honest loops over a product's repository and site: measure, compare with a committed state, report.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

_INTERRUPTED = 130
_PULL_REQUESTS = {"pull_request", "pull_request_target", "merge_group"}


class FailOn(StrEnum):
    """What makes the exit code 1."""

    never = "never"
    error = "error"
    regression = "regression"
    any = "any"


def _version(show: bool) -> None:
    if show:
        typer.echo(f"autoresearch {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    del version


def _moment(text: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not an ISO time, such as 2026-05-01T06:00:00Z") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


@app.command("run")
def run_command(  # noqa: PLR0917  typer makes the options of the arguments
    loops: Annotated[list[str] | None, typer.Argument(metavar="[LOOP]...", help="Which loops; all by default.")] = None,
    root: Annotated[Path, typer.Option("-C", "--root", help="The repository, or a built site.")] = Path(),
    config: Annotated[str | None, typer.Option(help="Default: autoresearch/config.yml.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write result.json there.")] = None,
    changes: Annotated[Path | None, typer.Option(help="Write the comparison there, as JSON.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write the report there, as Markdown.")] = None,
    write_state: Annotated[
        bool | None, typer.Option("--write-state/--no-write-state", help="Default: write, except in pull requests.")
    ] = None,
    fail_on: Annotated[FailOn, typer.Option(help="What makes the exit code 1.")] = FailOn.regression,
    accept: Annotated[
        list[str] | None,
        typer.Option(metavar="SELECTOR", help="LOOP, LOOP/RULE, LOOP:SUBJECT or LOOP:METRIC@SUBJECT that may stay."),
    ] = None,
    because: Annotated[str, typer.Option(help="Why, for --accept.")] = "",
    seed: Annotated[int, typer.Option(help="For whatever draws at random.")] = 0,
    now: Annotated[
        dt.datetime | None,
        typer.Option(parser=_moment, metavar="ISO-TIME", help="The time of the run: 2026-05-01T06:00Z."),
    ] = None,
    no_publish: Annotated[
        bool, typer.Option("--no-publish", help="Nothing goes to GitHub; files are written.")
    ] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Tell more, with tracebacks.")] = False,
) -> None:
    """Measure, compare with the committed state, report."""
    from autoresearch.core.renew import Selector
    from autoresearch.publish import Destinations, deliver, report_of
    from autoresearch.report.terminal import print_report
    from autoresearch.run import Request, run

    del no_publish
    if bool(accept) != bool(because.strip()):
        raise UsageError("--accept and --because go together", hint="say why it may stay: --because 'redesign of May'")
    if not root.is_dir():
        raise UsageError(f"-C {root}: there is no such folder")
    request = Request(
        root=root,
        now=now or dt.datetime.now(dt.UTC),
        loops=tuple(loops or ()),
        config=config,
        fail_on=fail_on.value,
        accept=tuple(Selector(text) for text in accept or ()),
        because=because,
        seed=seed,
        event=os.environ.get("GITHUB_EVENT_NAME", ""),
        verbose=verbose,
    )
    outcome = run(request)
    wants_state = request.event not in _PULL_REQUESTS if write_state is None else write_state
    try:
        deliver(outcome, Destinations(out=out, changes=changes, report=report, state=wants_state))
    finally:
        with suppress(BrokenPipeError):  # `| head` has read enough
            print_report(report_of(outcome))
            sys.stdout.flush()
    raise typer.Exit(outcome.exit_code)


@app.command("schema")
def schema_command() -> None:
    """Print the JSON Schema of config.yml."""
    from autoresearch.config.schema import dump
    from autoresearch.loops.registry import kinds, loop_class

    typer.echo(dump({kind: loop_class(kind).Settings for kind in kinds()}), nl=False)


def main() -> None:
    """Run the command line; an expected error is told in two lines, and ends with its exit code."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = app(standalone_mode=False)  # typer turns Ctrl-C into this code
        if code == _INTERRUPTED:
            raise KeyboardInterrupt
        sys.exit(code)
    except typer.TyperException as error:
        typer.echo(f"autoresearch: {error.format_message()}\n  → autoresearch --help", err=True)
        sys.exit(UsageError.exit_code)
    except AutoresearchError as error:
        typer.echo(f"autoresearch: {error}", err=True)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("autoresearch: interrupted; no file was changed", err=True)
        sys.exit(_INTERRUPTED)


def _interrupt(number: int, frame: object) -> None:
    """End a cancelled job like Ctrl-C does: what was started is ended, and no file is half-written."""
    del number, frame
    raise KeyboardInterrupt
