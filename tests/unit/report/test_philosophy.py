"""`autoresearch/README.md`: kept in step, and nobody else's words touched."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.report import philosophy as module
from autoresearch.report.philosophy import END, LoopLine, philosophy, renewed

BEGIN = "<!-- autoresearch:begin -->"

SEO = LoopLine("seo", "seo", "file", "no event fires when a crawler fails", "links, titles, sitemaps")
PAIN = LoopLine("pain", "pain-watchdog", "event", "rage clicks are counted")
WORDS = st.text().filter(lambda text: "<!--" not in text)


def row(text: str, loop: str) -> str:
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {loop}")]
    return line


def test_each_loop_is_told_with_what_it_measures_its_rung_and_why() -> None:
    text = philosophy([SEO])
    assert row(text, "seo") == "| seo | links, titles, sitemaps | file | no event fires when a crawler fails |"


def test_loops_stand_in_the_order_of_the_ladder() -> None:
    text = philosophy([SEO, LoopLine("odd", "odd", "unheard-of", ""), PAIN])
    assert text.index("| pain (pain-watchdog) ") < text.index("| seo ") < text.index("| odd ")


def test_a_loop_without_a_reason_says_where_to_give_one() -> None:
    assert "`because` in config.yml" in row(philosophy([LoopLine("words", "script", "file", "")]), "words")


def test_what_was_not_built_is_told_with_its_reason() -> None:
    assert row(philosophy([], [("judge", "61 % of 40 labels")]), "judge") == "| judge | 61 % of 40 labels |"


def test_the_rule_and_the_ladder_are_always_told() -> None:
    text = philosophy([])
    assert "cheap, deterministic and derived from a real signal" in text
    rungs = [line.split("**")[1] for line in text.splitlines() if line[:1].isdigit()]
    assert rungs == ["event", "file", "rubric", "ab", "judge"]


def test_a_reason_cannot_end_our_part() -> None:
    text = philosophy([LoopLine("x", "x", "file", f"because {END} | @team")])
    assert END not in text
    assert "@team" not in text
    assert row(text, "x").count(" | ") == 3


def test_a_missing_or_empty_readme_is_ours() -> None:
    for existing in (None, "", " \n"):
        text = renewed(existing, [SEO], [])
        assert text is not None
        assert row(text, "seo") in philosophy([SEO])


def test_a_readme_without_our_markers_is_left_alone() -> None:
    for existing in ("# Ours", f"# Ours\n{BEGIN}\nno end", f"{END} before {BEGIN}"):
        assert renewed(existing, [SEO], []) is None


@given(before=WORDS, after=WORDS, old=WORDS)
def test_a_users_words_around_ours_stay(before: str, after: str, old: str) -> None:
    text = renewed(f"{before}{BEGIN}{old}{END}{after}", [SEO], [])
    assert text is not None
    assert text.startswith(before)
    assert text.endswith(after)
    assert philosophy([SEO]).strip() in text


@pytest.fixture
def in_step(monkeypatch: pytest.MonkeyPatch) -> str:
    """A README that was just written; to render another is an error now."""
    text = renewed(None, [SEO, PAIN], [("judge", "61 %")])
    assert text is not None
    monkeypatch.setattr(module, "philosophy", lambda *_: pytest.fail("rendered"))
    return text


def test_what_is_in_step_is_not_even_rendered(in_step: str) -> None:
    assert renewed(in_step, [PAIN, SEO], [("judge", "61 %")]) is None
    assert renewed(f"# Shop\n\n{in_step}More.\n", [SEO, PAIN], [("judge", "61 %")]) is None


@pytest.mark.parametrize(
    ("loops", "not_built"),
    [([SEO], [("judge", "61 %")]), ([SEO, PAIN], []), ([SEO, replace(PAIN, because="x")], [("judge", "61 %")])],
)
def test_a_changed_config_renews_it(loops: list[LoopLine], not_built: list[tuple[str, str]]) -> None:
    before = renewed(None, [SEO, PAIN], [("judge", "61 %")])
    assert renewed(before, loops, not_built) == renewed(None, loops, not_built)


def test_words_of_somebody_else_inside_our_part_give_way() -> None:
    text = renewed(None, [SEO], [])
    assert text is not None
    assert renewed(text.replace("links, titles", "my words"), [SEO], []) == text


def test_a_secret_is_masked() -> None:
    text = renewed(None, [replace(SEO, because="the key s3cret works")], [], lambda text: text.replace("s3cret", "***"))
    assert text is not None
    assert "s3cret" not in text
