"""The command line: parse, wire, print; nothing else."""

from __future__ import annotations

import datetime as dt
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autoresearch import __version__
from autoresearch.errors import AutoresearchError, PublishError, UsageError

if TYPE_CHECKING:
    from autoresearch.core.result import Shard
    from autoresearch.publication import Destinations
    from autoresearch.session import Session
    from autoresearch.settle import Outcome

app = typer.Typer(
    name="autoresearch",
    help="Honest loops over a product's repository and site: measure, compare with a committed state, report.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

_INTERRUPTED = 130


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


def _shard(text: str) -> Shard:
    from autoresearch.core.result import Shard

    index, _, count = text.partition("/")
    try:
        return Shard(index=int(index), count=int(count))
    except ValueError as error:
        raise UsageError(f"--shard {text}: no part of a run", hint="I/N, such as 2/5") from error


class Checked(StrEnum):
    """What `check` looks at."""

    EVENTS = "events"


Loops = Annotated[list[str] | None, typer.Argument(metavar="LOOP", help="Which loops; all by default.")]
Root = Annotated[Path, typer.Option("-C", "--root", metavar="DIR", help="The repository, or a built site.")]
ConfigPath = Annotated[str | None, typer.Option("--config", metavar="FILE", help="Default: autoresearch/config.yml.")]
Out = Annotated[Path | None, typer.Option(metavar="FILE", help="Write result.json there.")]
ChangesPath = Annotated[
    Path | None, typer.Option("--changes", metavar="FILE", help="Write the comparison there, as JSON.")
]
ReportPath = Annotated[
    Path | None, typer.Option("--report", metavar="FILE", help="Write the report there, as Markdown.")
]
WriteState = Annotated[
    bool | None,
    typer.Option("--write-state/--no-write-state", help="Default: write, except in pull requests and parts of a run."),
]
Fails = Annotated[FailOn, typer.Option("--fail-on", help="What makes the exit code 1.")]
Accept = Annotated[
    list[str] | None,
    typer.Option(metavar="SELECTOR", help="LOOP, LOOP/RULE, LOOP:SUBJECT or LOOP:METRIC@SUBJECT that may stay."),
]
Because = Annotated[str, typer.Option(metavar="TEXT", help="Why, for --accept.")]
Now = Annotated[
    dt.datetime | None,
    typer.Option(parser=_moment, metavar="ISO-TIME", help="The time of the run: 2026-05-01T06:00Z."),
]
NoPublish = Annotated[bool, typer.Option("--no-publish", help="Nothing goes to GitHub; files are written.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Tell more, with tracebacks.")]
Comment = Annotated[bool | None, typer.Option("--comment/--no-comment", help="In Actions: the comment.")]
CheckRun = Annotated[bool | None, typer.Option("--check/--no-check", help="In Actions: the check run.")]
Issues = Annotated[bool | None, typer.Option("--issues/--no-issues", help="In Actions: file and update issues.")]
Commit = Annotated[bool | None, typer.Option("--commit/--no-commit", help="In Actions: commit the state.")]
ApiUrl = Annotated[str | None, typer.Option(metavar="URL", help="GitHub's API, where it is not the workflow's own.")]


@app.command("run")
def run_command(  # noqa: PLR0917  typer makes the options of the arguments
    loops: Loops = None,
    root: Root = Path(),
    config: ConfigPath = None,
    out: Out = None,
    changes: ChangesPath = None,
    report: ReportPath = None,
    write_state: WriteState = None,
    base: Annotated[str | None, typer.Option(metavar="REV", help="Measure this revision too, and compare.")] = None,
    shard: Annotated[str | None, typer.Option(metavar="I/N", help="Measure one part of the run.")] = None,
    url: Annotated[str | None, typer.Option(metavar="URL", help="Look at the site there: a preview of it.")] = None,
    fail_on: Fails = FailOn.regression,
    accept: Accept = None,
    because: Because = "",
    seed: Annotated[int, typer.Option(metavar="N", help="For whatever draws at random.")] = 0,
    now: Now = None,
    comment: Comment = None,
    check: CheckRun = None,
    issues: Issues = None,
    commit: Commit = None,
    api_url: ApiUrl = None,
    no_publish: NoPublish = False,
    verbose: Verbose = False,
) -> None:
    """Measure, compare with the committed state, report; in Actions also publish."""
    from autoresearch.core.renew import Selector
    from autoresearch.plan import Request
    from autoresearch.run import run
    from autoresearch.session import Wishes, open_session

    if bool(accept) != bool(because.strip()):
        raise UsageError("--accept and --because go together", hint="say why it may stay: --because 'redesign of May'")
    request = Request(
        root=_folder(root),
        now=now or dt.datetime.now(dt.UTC),
        loops=tuple(loops or ()),
        config=config,
        fail_on=fail_on.value,
        accept=tuple(Selector(text) for text in accept or ()),
        because=because,
        seed=seed,
        base=base,
        shard=_shard(shard) if shard else None,
        url=url,
        verbose=verbose,
    )
    wishes = Wishes(comment, check, issues, commit, api_url, publish=not no_publish)
    with open_session(request, wishes, os.environ) as session:
        outcome = run(session.request, session.states)
        wants_state = session.writes_state(outcome.plan.config) if write_state is None else write_state
        _conclude(outcome, _destinations(out, changes, report, state=wants_state), session)
    raise typer.Exit(outcome.exit_code)


@app.command("publish")
def publish_command(  # noqa: PLR0917
    results: Annotated[
        list[Path] | None, typer.Argument(metavar="RESULT", help="result.json files: one, or the shards of a run.")
    ] = None,
    root: Root = Path(),
    config: ConfigPath = None,
    out: Out = None,
    changes: ChangesPath = None,
    report: ReportPath = None,
    write_state: WriteState = None,
    fail_on: Fails = FailOn.regression,
    now: Now = None,
    comment: Comment = None,
    check: CheckRun = None,
    issues: Issues = None,
    commit: Commit = None,
    api_url: ApiUrl = None,
    no_publish: NoPublish = False,
) -> None:
    """Merge results, judge and compare them with the state that counts, report; in Actions also publish.

    On `workflow_run`, no RESULT needs to be named: it is downloaded from the run that was followed.
    """
    from autoresearch.plan import Request
    from autoresearch.publish import settle_results
    from autoresearch.session import Wishes, open_session

    request = Request(root=_folder(root), now=now or dt.datetime.now(dt.UTC), config=config, fail_on=fail_on.value)
    wishes = Wishes(comment, check, issues, commit, api_url, publish=not no_publish)
    with open_session(request, wishes, os.environ) as opened:
        session, outcome = settle_results(opened, list(results or ()))
        wants_state = session.writes_state(outcome.plan.config) if write_state is None else write_state
        _conclude(outcome, _destinations(out, changes, report, state=wants_state), session)
    raise typer.Exit(0 if session.is_overtaken else outcome.exit_code)


@app.command("plan")
def plan_command(
    loops: Loops = None,
    root: Root = Path(),
    config: ConfigPath = None,
    shards: Annotated[int, typer.Option(metavar="N", min=1, max=256, help="At most so many.")] = 4,
) -> None:
    """Print the parts that a run can be measured in, as a workflow's matrix wants them: ["1/3", "2/3", "3/3"]."""
    import json

    from autoresearch.github.workflow import set_outputs
    from autoresearch.plan import Request, plan

    request = Request(root=_folder(root), now=dt.datetime.now(dt.UTC), loops=tuple(loops or ()), config=config)
    parts = json.dumps(plan(request).shards(shards))
    set_outputs(os.environ, {"shards": parts})
    with _printing():
        typer.echo(parts)


@app.command("check")
def check_command(
    what: Annotated[Checked, typer.Argument(metavar="events", help="What to look at.")],
    root: Root = Path(),
    config: ConfigPath = None,
    now: Now = None,
    days: Annotated[int, typer.Option(metavar="N", min=1, max=366, help="The last so many days.")] = 30,
) -> None:
    """Say what was read: which days and columns are there, how many rows were dropped and why."""
    from autoresearch.check import check_events
    from autoresearch.plan import DEFAULT_CONFIG

    del what
    moment = now or dt.datetime.now(dt.UTC)
    with _printing():
        for line in check_events(_folder(root), config or DEFAULT_CONFIG, moment, days):
            typer.echo(line)


@app.command("experiment")
def experiment_command(  # noqa: PLR0917
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Which; the only one by default.")] = None,
    root: Root = Path(),
    config: ConfigPath = None,
    tries: Annotated[int | None, typer.Option(metavar="N", min=1, help="The night is over after so many.")] = None,
    until: Annotated[str | None, typer.Option(metavar="HH:MM", help="… or at this time (UTC in Actions).")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the night that was interrupted.")] = False,
    selftest: Annotated[bool, typer.Option("--selftest", help="Let known cheaters try: none may be kept.")] = False,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the morning's report there.")] = None,
) -> None:
    """The overnight loop: an idea, one change to one file, measure, keep or revert; honest in the morning."""
    from autoresearch.experiment.command import Asked, night, self_test
    from autoresearch.plan import DEFAULT_CONFIG

    asked = Asked(_folder(root), config or DEFAULT_CONFIG, name, tries, until, resume, report)
    raise typer.Exit(self_test(asked, _tell) if selftest else night(asked, _tell))


@app.command("schema")
def schema_command() -> None:
    """Print the JSON Schema of config.yml."""
    from autoresearch.config.schema import dump
    from autoresearch.loops.registry import kinds, loop_class

    with _printing():
        typer.echo(dump({kind: loop_class(kind).Settings for kind in kinds()}), nl=False)


def _folder(root: Path) -> Path:
    if not root.is_dir():
        raise UsageError(f"-C {root}: there is no such folder")
    return root


def _destinations(out: Path | None, changes: Path | None, report: Path | None, *, state: bool) -> Destinations:
    """As asked for; `-` is standard output."""
    from autoresearch.publication import Destinations

    files = [Path("/dev/stdout") if path == Path("-") else path for path in (out, changes, report)]
    return Destinations(out=files[0], changes=files[1], report=files[2], state=state)


def _conclude(outcome: Outcome, to: Destinations, session: Session) -> None:
    """Deliver, and print the report whatever becomes of that."""
    from autoresearch.publication import Publication
    from autoresearch.publish import deliver
    from autoresearch.report.terminal import print_report

    try:
        deliver(outcome, to, session)
    finally:
        with _printing():
            print_report(Publication(outcome).report)


def _tell(line: str) -> None:
    """A line, if somebody is there: a night goes on when its terminal is closed."""
    with suppress(OSError):
        typer.echo(line)
        sys.stdout.flush()


@contextmanager
def _printing() -> Iterator[None]:
    """What happens when nobody takes what is printed: nothing for `| head`, an error for a full disk."""
    from autoresearch.core.problem import trouble_with

    try:
        yield
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python would try again at its end
        if not isinstance(error, BrokenPipeError):
            raise PublishError(f"standard output cannot be written: {trouble_with(error)}") from error


def main() -> None:
    """Run the command line; an expected error is told in two lines, and ends with its exit code."""
    signal.signal(signal.SIGTERM, _interrupt)
    sys.stdout = sys.stdout or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  closed by `>&-`
    try:
        code = app(standalone_mode=False)  # typer turns Ctrl-C into this code
        if code == _INTERRUPTED:
            raise KeyboardInterrupt
        sys.exit(code)
    except typer.TyperException as error:
        typer.echo(f"autoresearch: {_in_plain_words(error.format_message())}\n  → autoresearch --help", err=True)
        sys.exit(UsageError.exit_code)
    except AutoresearchError as error:
        typer.echo(f"autoresearch: {error}", err=True)
        sys.exit(error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("autoresearch: interrupted; no file was changed", err=True)
        sys.exit(_INTERRUPTED)


def _in_plain_words(message: str) -> str:
    message = message.replace("Value error, ", "").replace("Input should be", "must be")
    return message.replace("a valid integer, unable to parse string as an integer", "a whole number")


def _interrupt(number: int, frame: object) -> None:
    """End a cancelled job like Ctrl-C does: what was started is ended, and no file is half-written."""
    del number, frame
    raise KeyboardInterrupt
