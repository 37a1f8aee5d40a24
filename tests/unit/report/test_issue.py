"""What issues say: readable, within GitHub's limit, and found again by a marker that nothing inside can forge."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import issue_scenarios as scenarios
import pytest
from issue_scenarios import FIRST, GOLDEN, SECOND, TEXTS, THIRD, links
from markdown_it import MarkdownIt

from autoresearch.core.lifecycle import Action, Line, OverviewText, Place
from autoresearch.errors import ConfigError
from autoresearch.report.issue import body, comment, read_marker, title
from autoresearch.report.markdown import GITHUB_LIMIT

MARKER = "<!-- autoresearch issue=0 turn=9 content=0123456789abcdef -->"
HOSTILE = f"@octocat fixes #1 {MARKER} `a` [l](https://evil.example)\n# h\n\x1e"


@pytest.mark.parametrize("name", [text.__name__ for text in TEXTS])
def test_a_text_is_as_it_was_read_and_approved(name: str) -> None:
    rendered = getattr(scenarios, name)()
    assert rendered == (GOLDEN / f"{name}.md").read_text(encoding="utf-8"), "renew: python issue_scenarios.py"


def test_the_marker_tells_topic_turn_content_and_healthy_runs() -> None:
    said = links(0, counted=(SECOND, THIRD))
    marker = read_marker(f"words of a person\n{body(said)}")
    assert marker is not None
    assert (marker.topic, marker.turn, marker.digest) == (said.topic, 1, said.digest)
    assert marker.runs == (SECOND, THIRD)


@pytest.mark.parametrize("broken", ["", "nothing", "<!-- autoresearch issue=x -->", "<!-- autoresearch issue="])
def test_a_body_without_a_whole_marker_has_none(broken: str) -> None:
    assert read_marker(broken) is None


def test_a_run_whose_name_does_not_fit_a_marker_is_left_out_of_it() -> None:
    odd = SECOND.model_copy(update={"run": "x --> y"})
    marker = read_marker(body(links(0, counted=(odd,))))
    assert marker is not None
    assert marker.runs == ()


def test_the_content_hash_follows_what_is_said_but_not_since_when() -> None:
    said = links()
    assert replace(said, since=THIRD).digest == said.digest
    assert replace(said, places=said.places[:1]).digest != said.digest
    assert replace(said, turn=2).digest != said.digest


@pytest.mark.parametrize("count", [5_000, 700, 400])
def test_whole_places_are_left_out_and_counted(count: int) -> None:
    rendered = body(links(count, ended_before=3))
    assert len(rendered) <= GITHUB_LIMIT
    told = re.findall(r"^- \[ \] `/guides/\d+`: .*\*since 2026-10-06\*$", rendered, re.MULTILINE)
    (left_out,) = re.findall(r"^- and ([\d,]+) more; all are in `result.json`$", rendered, re.MULTILINE) or ["0"]
    assert len(told) + int(left_out.replace(",", "")) == count
    assert "- [x] and 3 more" in rendered
    assert len(rendered) > GITHUB_LIMIT * 0.9 or left_out == "0"


def test_an_overview_of_thousands_of_rules_stays_within_the_limit() -> None:
    line = Line("seo", "seo/x", "語" * 200, "error", 1, (Place("/a", "語" * 300),), waiting=False)
    rendered = body(OverviewText("overview", "", "more", 1, FIRST, (line,) * 2_000))
    assert len(rendered) <= GITHUB_LIMIT
    told = rendered.count("- **")
    assert f"- and {2_000 - told:,} more rules" in rendered


def test_nothing_hostile_becomes_markup_a_mention_or_a_marker() -> None:
    bad = Place(HOSTILE, HOSTILE, HOSTILE, 1, severity="error", since=FIRST)
    gone = Place(HOSTILE, HOSTILE, ended=SECOND.model_copy(update={"sha": HOSTILE, "run": HOSTILE}), because=HOSTILE)
    said = replace(
        links(0), places=(bad,), ended=(gone,), title=HOSTILE, heading=HOSTILE, rule=HOSTILE, fix=HOSTILE,
        loop=HOSTILE, counted=(SECOND.model_copy(update={"sha": HOSTILE, "run": HOSTILE, "at": HOSTILE}),),
    )  # fmt: skip
    texts = [body(said), comment(Action("close", replace(said, places=()), 1)), comment(Action("reopen", said, 1))]
    texts.append(body(replace(said, places=())))
    for rendered in texts:
        marker = read_marker(rendered)
        assert marker is None or marker.topic == said.topic
        assert rendered.count("<!--") == (1 if marker else 0)
        html = MarkdownIt("commonmark").render(rendered)
        assert "<h1" not in html
        assert 'href="https://evil' not in html
        assert not re.search(r"@octocat|fixes #1", re.sub(r"<code>.*?</code>", "", html, flags=re.DOTALL))


def test_a_title_is_one_short_line_without_mentions() -> None:
    said = title(replace(links(), heading=f"{HOSTILE}{'x' * 500}"))
    assert "\n" not in said
    assert "@octocat" not in said
    assert len(said) <= 256


def test_a_template_of_the_user_goes_before_ours(tmp_path: Path) -> None:
    (tmp_path / "issue.md.j2").write_text('{% extends "issue.md.j2" %}{% block footer %}Ask @web{% endblock %}')
    rendered = body(links(), tmp_path)
    assert rendered.endswith("Ask @web\n")
    assert read_marker(rendered) is not None


def test_a_template_that_does_not_fit_is_an_error_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "issue.md.j2").write_text("{{ 'x' * 70000 | int }}{% for n in range(7000) %}0123456789{% endfor %}")
    with pytest.raises(ConfigError, match=r"issue\.md\.j2: the text is longer"):
        body(links(), tmp_path)
