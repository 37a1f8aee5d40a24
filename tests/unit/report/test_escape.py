"""Whatever a page, a file or a program says, it stays text: proven with a real Markdown parser."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from autoresearch.report.escape import Markdown, code, plain, prose, text

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])

HOSTILE = [
    "@octocat and @org/team",
    "fixes #12, GH-13, owner/repo#14, owner/repo@deadbeef and 0123456789abcdef0123456789abcdef01234567",
    "https://redirect.github.com/owner/repo/issues/1 www.example.com ftp://x.example mailto:a@b.example",
    "[link](https://evil.example) ![image](x.png) <https://evil.example> [ref][1] [^1] [ ] - [x]",
    "<script>alert(1)</script> <img src=x onerror=y> <!-- autoresearch:seo --> --> &lt;b&gt; &#64;me &copy;",
    "a | b || c \\| d",
    "`code` ``co`de`` ``` fence ~~~ ~~gone~~",
    "*a* **b** _c_ __d__ snake_case_name ***",
    "# heading", "#1 heading", "- item", "+ item", "1. item", "12) item", "> quote", "===", "---", ":-:",
    "    indented", ":A",
    "line\n\n# two\r\n- three\u2028four\tfive",
    "bell \x07 escape \x1b[31mred\x1b[0m nul \x00 c1 \x9b unit \x1e\x1f",
    "bidi \u202egnp.exe\u202c \u2066x\u2069 \u200f zero\u200bwidth \ufeff \u00ad tag \U000e0041",
    "lone \ud800 surrogate",
    "$x^2$ and $`y`$ cost $5 and $6, :tada: :+1: at 12:30:45",
    "\\", "`", "``", "a`", "|", "`a``b`", "`a`` `b`", "", " ", "$", "_", "\\`@team`", "`|@team|`", "a`b|c`@d`",
]  # fmt: skip

ALPHABET = st.sampled_from(
    [*"@#`|<>[]()*_~\\!&;:$-+=.1aGH/ \n", "GH-1", "www.", "://", "<!--", "-->", "\u202e", "deadbee1"]
)
TEXTS = st.one_of(st.text(), st.lists(ALPHABET, max_size=30).map("".join), st.sampled_from(HOSTILE))

CONTEXTS = {
    "alone": "{}",
    "in a line": "before {} after",
    "in a list": "- {}: and",
    "in bold": "**{}** next",
    "in a table": "| a | b |\n|---|---|\n| {} | c |",
    "twice": "- {0} ({0})",
    "on a line of its own": "before\n{}\nafter",
}

ACTIVE = re.compile(r"@[\w]|\#\d|\bGH-\d|://|\bwww\.|\b[0-9a-f]{7,40}\b|:\w*[a-z+]\w*:", re.IGNORECASE)
"""What GitHub would turn into a mention, a reference, a link or an emoji."""

OURS = {"<span>", "</span>", "<code>", "</code>"}


def tokens(markdown: str) -> Iterator[Token]:
    for token in PARSER.parse(markdown):
        yield token
        yield from token.children or ()


def shape(markdown: str) -> list[str]:
    """The blocks and lines that a text is parsed into."""
    return [token.type for token in tokens(markdown) if token.block or token.type == "softbreak"]


def visible(markdown: str) -> str:
    """What a reader sees, code included."""
    return "".join(t.content for t in tokens(markdown) if t.type in {"text", "code_inline"})


@pytest.mark.parametrize("context", CONTEXTS.values(), ids=CONTEXTS)
@pytest.mark.parametrize("escape", [text, code, prose])
@settings(max_examples=30)
@given(value=TEXTS.filter(plain))
def test_nothing_from_outside_is_markup(escape: Callable[[str], Markdown], context: str, value: str) -> None:
    stays_text(escape, context, value)


@pytest.mark.parametrize("escape", [text, code, prose])
@pytest.mark.parametrize("value", [value for value in HOSTILE if plain(value)], ids=ascii)
def test_known_tricks_are_text_everywhere(escape: Callable[[str], Markdown], value: str) -> None:
    for context in CONTEXTS.values():
        stays_text(escape, context, value)


def stays_text(escape: Callable[[str], Markdown], context: str, value: str) -> None:
    markdown = context.format(escape(value))
    assert shape(markdown) == shape(context.format("x"))
    in_code = False
    for token in tokens(markdown):
        assert token.type not in {"link_open", "image", "em_open", "s_open", "hardbreak"}
        if token.type == "html_inline":
            assert token.content in OURS
            in_code = token.content == "<code>" or (in_code and token.content != "</code>")
        elif token.type == "text" and not in_code:
            assert not ACTIVE.search(token.content), token.content


def test_the_address_of_well_known_documentation_is_a_link_and_no_other_is() -> None:
    assert prose("See https://web.dev/articles/lcp.") == "See <https://web.dev/articles/lcp>."
    for address in (
        "https://web.dev.evil.example/lcp",
        "https://evil.example/https://web.dev/",
        "http://web.dev/lcp",
        "https://web.dev/?q=<b>",
        "https://web.dev@evil.example/",
        "https://web.dev/%0a",
    ):
        assert not any(token.type == "link_open" for token in tokens(prose(f"See {address} there"))), address


@given(value=TEXTS)
def test_no_comment_marker_can_be_forged_in_the_source(value: str) -> None:
    for escape in (text, code, prose):
        assert "<!--" not in escape(value)
        assert "-->" not in escape(value)


@given(value=TEXTS)
def test_one_line_stays_one_line_without_invisible_characters(value: str) -> None:
    for escape in (plain, text, prose):
        escaped = escape(value)
        assert len(escaped.splitlines()) <= 1
        categories = {unicodedata.category(c) for c in escaped} - {"Cn", "Co"}
        assert not categories & {"Cc", "Cs"}
        assert not set(escaped) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200e\u200f\ufeff")
        escaped.encode()


@given(value=TEXTS, limit=st.integers(min_value=1, max_value=40))
def test_a_text_is_bounded_and_says_that_it_was_cut(value: str, limit: int) -> None:
    short = plain(value, limit)
    assert len(short) <= limit
    assert short.endswith("…") or short == plain(value, 10_000)


def test_a_text_of_many_megabytes_is_cut_before_it_is_looked_at() -> None:
    assert plain("a \n" * 5_000_000, 10) == "a a a a a…"


@given(value=st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
@example(value="a*b_c [d](e) <f> & `g` | #1 @h $i$")
def test_a_reader_sees_what_was_written(value: str) -> None:
    # The zero-width spaces are not seen; the browser draws the span's dollar sign.
    assert visible(f"x {text(value, 10_000)}").replace("\u200b", "") == f"x {' '.join(value.split())}".rstrip()


@pytest.mark.parametrize(
    "path", ["/about", "a`b.md", "``", "`x`", "a``b`c", "<b>", "my file.md:3", "@team", "a_b*c", "https://x.example/#1"]
)
def test_a_path_is_one_code_span_with_the_path_in_it(path: str) -> None:
    spans = [token for token in tokens(f"see {code(path)}.") if token.type == "code_inline"]
    assert [span.content for span in spans] == [path]


def test_a_pipe_in_a_path_does_not_split_a_table() -> None:
    (row,) = [t for t in tokens(f"| a |\n|---|\n| {code('a|b')} |") if t.type == "inline" and "b" in t.content]
    assert [t.content for t in row.children or ()] == ["<code>", "a|b", "</code>"]


def test_names_between_backticks_and_addresses_become_code() -> None:
    spans = [
        t.content for t in tokens(prose("`de` links to https://x.example/a#1, not `fr`.")) if t.type == "code_inline"
    ]
    assert spans == ["de", "https://x.example/a#1", "fr"]


def test_what_hides_is_shown() -> None:
    assert plain("a\x00\x1b[31m\u202egnp\x7f") == "a␀␛[31m‹U+202E›gnp␡"


def test_scripts_and_emoji_that_need_joiners_keep_them() -> None:
    for words in ("می‌خواهم", "👩‍🚀 ready", "שלום", "café naïve"):
        assert plain(words) == words


@pytest.mark.parametrize(
    "words", ["a snake_case_name", "3.5 s", "1.2.3", "12:30:45", "+12 % of 1,234", "C# and F#", "a/b"]
)
def test_harmless_text_is_left_as_it_is(words: str) -> None:
    assert text(words) == words
