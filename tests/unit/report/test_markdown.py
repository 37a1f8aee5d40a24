"""The report as Markdown: readable, within its limit, and a user's own where they want it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import report_scenarios as scenarios
from markdown_it import MarkdownIt
from report_scenarios import GOLDEN, GOLDEN_LIMITS, change, report

from autoresearch.core.measurement import Measurement, Metric, Skipped
from autoresearch.errors import ConfigError
from autoresearch.report.markdown import GITHUB_LIMIT, TEMPLATE, render

PARSER = MarkdownIt("commonmark").enable("table")


@pytest.mark.parametrize("name", sorted(GOLDEN_LIMITS))
def test_a_report_is_as_it_was_read_and_approved(name: str) -> None:
    rendered = render(getattr(scenarios, name)(), limit=GOLDEN_LIMITS[name])
    assert rendered == (GOLDEN / f"{name}.md").read_text(encoding="utf-8"), "renew: python report_scenarios.py"


def test_the_verdict_is_the_first_line() -> None:
    assert render(scenarios.trouble()).startswith("## ❌ Fails: 48 new findings (47 errors) and 1 regressed metric\n")


def test_all_well_is_short() -> None:
    assert len(render(scenarios.all_well())) < 1_000


def test_places_past_the_first_are_counted() -> None:
    rendered = render(scenarios.trouble())
    assert "/guides/09" in rendered
    assert "/guides/10" not in rendered
    assert "- and 37 more\n" in rendered


def test_five_thousand_findings_stay_within_githubs_limit_and_say_how_many_are_left_out() -> None:
    rendered = render(scenarios.flood(), limit=GITHUB_LIMIT, elsewhere="in the job's summary")
    assert GITHUB_LIMIT * 0.9 < len(rendered) <= GITHUB_LIMIT
    (left_out,) = re.findall(r"Left out for length: ([\d,]+) new findings, .* They are in the job's summary", rendered)
    told = sum(int(n) for n in re.findall(r"\*\* · \w+ · (\d+) places", rendered))
    assert told + int(left_out.replace(",", "")) == 5_000


@pytest.mark.parametrize("limit", range(700, 9_000, 411))
def test_no_section_is_ever_cut(limit: int) -> None:
    whole = render(scenarios.trouble())
    rendered = render(scenarios.trouble(), limit=limit)
    assert len(rendered) <= limit
    assert rendered.count("<details>") == rendered.count("</details>")
    kept = [line for line in rendered.splitlines() if not line.startswith("*Left out")]
    assert set(kept) <= set(whole.splitlines())
    tables = [t for t in PARSER.parse(rendered) if t.type == "table_open"]
    assert len(tables) == len(re.findall(r"^\|---", rendered, re.MULTILINE))


def test_a_limit_in_bytes_counts_bytes() -> None:
    wide = report([change("new", f"words/r{n}", f"/{n}", message="語" * 200) for n in range(50)], verdict="fail")
    rendered = render(wide, limit=10_000, size=lambda text: len(text.encode()))
    assert len(rendered.encode()) <= 10_000


def test_a_limit_that_not_even_the_verdict_fits_is_an_error() -> None:
    with pytest.raises(ConfigError, match="longer than its limit of 100"):
        render(scenarios.all_well(), limit=100)


HOSTILE = "@octocat fixes #1 <!-- x --> `a|b` [l](https://evil.example)\n# h\n| \u202e\x1e\x1f"


def hostile_report() -> object:
    findings = [
        change(
            kind,
            f"seo/{HOSTILE}",
            HOSTILE,
            loop=HOSTILE,
            key=HOSTILE,
            message=HOSTILE,
            path=HOSTILE,
            line=3,
            evidence=e,
        )
        for kind in ("new", "fixed", "persisting", "retired", "first-look", "unsure")
        for e in [{"because": HOSTILE, "accepted": HOSTILE, "not_seen": HOSTILE, "since": HOSTILE}]
    ]
    metrics = [
        change(kind, "x", HOSTILE, loop=HOSTILE, metric=HOSTILE, before=1.0, after=2.0, evidence={HOSTILE: HOSTILE})
        for kind in ("regressed", "improved")
    ]
    numbers = (Metric(name=HOSTILE, value=1, unit=HOSTILE, better="lower"), Metric(name=f"b{HOSTILE}", value=2))
    measured = Measurement(loop=HOSTILE, kind="script", metrics=numbers)
    skipped = measured.coverage.model_copy(update={"skipped": (Skipped(subject=HOSTILE, reason=HOSTILE),)})
    failed = Measurement.failed(f"b{HOSTILE}", "script", HOSTILE)
    return report([*findings, *metrics], [measured.model_copy(update={"coverage": skipped}), failed], verdict="fail")


def test_nothing_hostile_is_markup_wherever_it_stands() -> None:
    rendered = render(hostile_report())  # type: ignore[arg-type]
    assert "<!--" not in rendered
    ours = re.compile(r"</?(span|code|sub)>|(<details><summary>[\w ]+</summary>|</details>)\n")
    for token in PARSER.parse(rendered):
        assert token.type not in {"fence", "code_block", "blockquote_open"}
        assert token.type != "html_block" or ours.fullmatch(token.content)
        for child in token.children or ():
            assert child.type not in {"link_open", "image"}
            assert child.type != "html_inline" or ours.fullmatch(child.content)
            assert child.type != "text" or not re.search(r"@\w|#\d|://", child.content)
    assert re.findall("^#+ .*", rendered, re.MULTILINE)[1:] == [
        f"### {name}"
        for name in ("Worse", "New", "Undecided", "Not measured", "Found at first look", "Better", "Fixed")
    ]


# --- a user's templates ------------------------------------------------------------------------------------------


def overridden(folder: Path, template: str) -> str:
    (folder / TEMPLATE).write_text(template, encoding="utf-8")
    return render(scenarios.trouble(), folder)


def test_a_folder_without_a_template_changes_nothing(tmp_path: Path) -> None:
    assert render(scenarios.trouble(), tmp_path) == render(scenarios.trouble())


def test_a_user_replaces_a_block_and_keeps_the_others(tmp_path: Path) -> None:
    mine = '{% extends "report.md.j2" %}{% block verdict %}**{{ report.headline }}**, says us{% endblock %}'
    rendered = overridden(tmp_path, mine)
    assert rendered.startswith("**Fails: 48 new findings (47 errors) and 1 regressed metric**, says us\n\n| loop |")
    assert "### New" in rendered


def test_a_user_adds_to_a_block_and_uses_our_macros(tmp_path: Path) -> None:
    mine = """{% extends "report.md.j2" %}
{% block new %}{{ super() }}{{ section("thing of ours", 1) }}{{ moved(report.regressed) }}{% endblock %}"""
    rendered = overridden(tmp_path, mine)
    assert rendered.count("**1,800 → 2,400 ms**") == 2
    ours = render(scenarios.trouble())
    before, after = rendered.rsplit("- **seo**: `lcp`", 1)
    assert ours.startswith(before)
    assert ours.endswith(after.partition("\n\n")[2])


def test_what_a_user_prints_is_escaped_all_the_same(tmp_path: Path) -> None:
    mine = "{% set x %}#1{% endset %}{{ x }}{% for g in report.new %}{{ g.title ~ ' @team ' ~ g.rule }}{% endfor %}"
    rendered = overridden(tmp_path, mine)
    assert "@&#8203;team" in rendered
    assert "#&#8203;1" in rendered


def test_a_user_includes_a_file_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "team.md.j2").write_text("Ask the web team.", encoding="utf-8")
    mine = '{% extends "report.md.j2" %}{% block footer %}{{ needed }}{% include "team.md.j2" %}{% endblock %}'
    assert overridden(tmp_path, mine).endswith("\n\nAsk the web team.\n")


@pytest.mark.parametrize(
    ("template", "line", "reason"),
    [
        ("one\ntwo {{ report.headlin }}", 2, "headlin"),
        ("one\n{% block x %}", 2, "TemplateSyntaxError"),
        ("\n\n{{ report.headline | safe }}", 3, "safe"),
        ("one\n{{ ''.__class__.__mro__ }}", 2, "unsafe"),
        ("one\n{{ 1 / 0 }}", 2, "ZeroDivisionError"),
        ('one\n{% include "missing.j2" %}', 2, "missing.j2"),
        ('{% extends "report.md.j2" %}\n\n{% block new %}{{ nothing }}{% endblock %}', 3, "nothing"),
        ('\n{% include "report.md.j2" ~ 1 %}', 2, "report.md.j21"),
    ],
)
def test_a_broken_template_is_told_with_its_file_and_line(
    tmp_path: Path, template: str, line: int, reason: str
) -> None:
    with pytest.raises(ConfigError, match=re.escape(f"{tmp_path / TEMPLATE}:{line}: ")) as caught:
        overridden(tmp_path, template)
    assert reason in caught.value.message
    assert "remove it to get the built-in report" in caught.value.hint


def test_a_template_cannot_leave_its_folder(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret", encoding="utf-8")
    folder = tmp_path / "templates"
    folder.mkdir()
    with pytest.raises(ConfigError):
        overridden(folder, '{% include "../secret" %}')
