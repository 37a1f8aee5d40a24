"""The report in a terminal and in a pipe."""

from __future__ import annotations

import io
import re
import unicodedata

import pytest
import report_scenarios as scenarios
from report_scenarios import change, report
from rich.cells import cell_len
from rich.console import Console

from autoresearch.core.measurement import Metric
from autoresearch.report.model import Report
from autoresearch.report.terminal import print_report


def printed(told: Report, width: int = 80, *, terminal: bool = False, encoding: str = "utf-8") -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    system = "standard" if terminal else None
    print_report(told, Console(file=stream, width=width, force_terminal=terminal, color_system=system, _environ={}))  # type: ignore[arg-type]
    stream.flush()
    return raw.getvalue().decode(encoding)


def test_the_verdict_comes_first_and_then_a_row_a_loop() -> None:
    lines = printed(scenarios.trouble()).splitlines()
    assert lines[0] == "✗ Fails: 48 new findings (47 errors) and 1 regressed metric"
    assert lines[4].split() == ["seo", "broken-links", "0", "no", "change", "48", "1", "–", "1", "2"]


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("name", ["all_well", "first_run", "trouble", "recovered", "not_measured"])
def test_a_terminal_line_fits_the_terminal(name: str, width: int) -> None:
    plain = re.sub(r"\x1b\[[\d;]*m", "", printed(getattr(scenarios, name)(), width, terminal=True))
    assert max(cell_len(line) for line in plain.splitlines()) <= width


def test_a_pipe_gets_no_colours_and_no_wrapping() -> None:
    message = "links to " + "/a-long-address" * 15
    text = printed(report([change("new", "seo/broken-link", "/a", message=message)]))
    assert "\x1b" not in text
    assert f"      /a: {message}\n" in text


def test_a_terminal_gets_colours() -> None:
    assert printed(scenarios.trouble(), terminal=True).startswith("\x1b[1;31m✗ Fails")


def test_nothing_from_outside_reaches_the_terminal_as_a_control_character_or_as_markup() -> None:
    hostile = "\x1b[2J\x07\x9b31m [bold red]x[/] [/nope] :tada: \u202e\n::error::no"
    text = printed(report([change("new", f"seo/{hostile}", hostile, message=hostile, path=hostile)]))
    assert not {unicodedata.category(c) for c in text.replace("\n", "")} & {"Cc", "Cf"}
    assert "[bold red]x[/] [/nope] :tada:" in text
    assert not re.search(r"^\s*::", text, re.MULTILINE)


def test_a_log_of_actions_gets_no_command_from_outside() -> None:
    subjects = ["::error::no", " ::stop-commands::x", "##[add-mask]a", "x ##[error]y", ":" * 5]
    findings = [change("new", "words/long", subject, message=subject) for subject in subjects]
    findings += [change("unsure", "words/long", s, loop=s, evidence={"because": s}) for s in subjects]
    text = printed(report(findings))
    assert not [line for line in text.splitlines() if line.strip().startswith("::") or "##[" in line]


def test_a_narrow_table_cuts_the_score_and_nothing_else() -> None:
    long = scenarios.seo(Metric(name="a-number-with-a-very-long-name-indeed", value=1, better="lower"))
    text = printed(report([change("new", "seo/broken-link", "/a")], [long, scenarios.posts()]), 56, terminal=True)
    (row,) = [line for line in text.splitlines() if line.strip().startswith("seo ")]
    assert "…" in row
    assert row.split()[-3:] == ["1", "–", "–"]


def test_a_terminal_that_knows_no_unicode_still_gets_the_report() -> None:
    assert printed(scenarios.trouble(), encoding="ascii").startswith("? Fails: 48 new findings")
