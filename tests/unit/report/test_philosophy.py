"""`autoresearch/README.md`: kept in step, and nobody else's words touched."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from autoresearch.report.philosophy import BEGIN, END, LoopLine, merge_into, philosophy

SEO = LoopLine("seo", "seo", "file", "no event fires when a crawler fails", "links, titles, sitemaps")
PAIN = LoopLine("pain", "pain-watchdog", "event", "rage clicks are counted")
WORDS = st.text().filter(lambda text: BEGIN not in text and END not in text)


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
        merged = merge_into(existing, "text\n")
        assert merged == f"{BEGIN}\n\ntext\n\n{END}\n"


def test_a_readme_without_our_markers_is_left_alone() -> None:
    for existing in ("# Ours", f"# Ours\n{BEGIN}\nno end", f"{END} before {BEGIN}"):
        assert merge_into(existing, "text") is None


@given(before=WORDS, after=WORDS, old=WORDS, new=WORDS)
def test_a_users_words_around_ours_stay(before: str, after: str, old: str, new: str) -> None:
    merged = merge_into(f"{before}{BEGIN}{old}{END}{after}", new)
    assert merged is not None
    assert merged == f"{before}{BEGIN}\n\n{new.strip()}\n\n{END}{after}"
    assert merge_into(merged, new) == merged
