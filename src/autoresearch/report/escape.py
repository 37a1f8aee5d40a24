"""Text from outside (pages, files, programs, agents), made harmless in Markdown and in a terminal.

GitHub looks for mentions and references in the *rendered* text, so a backslash or an entity for `@` does not stop
them: a zero-width space does, after the `@` or the `#`. It is written as `&#8203;`, for reviewers to see. Code spans
need none of it, and so are what paths and addresses are shown in.
"""

from __future__ import annotations

import re

from autoresearch.core.plain import LIMIT, plain

_BREAK = "&#8203;"
_SPECIAL = re.compile(
    r"""(?P<broken>@ | \#(?=\d) | \bGH-(?=\d) | :(?=//) | www(?=\.) | :(?=[a-z+_-]|(?!\d\d:)\d\w*:))
      | (?P<commit>\b[0-9a-f]{7,40}\b)
      | (?P<escaped>[\\`*\[\]~] | (?<![A-Za-z0-9])_ | _(?![A-Za-z0-9]))
      | (?P<entity>[<>&|$])""",
    re.VERBOSE | re.IGNORECASE,
)
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;", "|": "&#124;", "$": "<span>$</span>"}
"""GitHub's manual asks for the span: a dollar sign would begin a formula."""

_BLOCK = re.compile(r"^(?:(?P<mark>[-+](?=[\s:-]|$)|\#(?=[\s#]|$)|[=:])|(?P<number>\d+)(?=[.)](?:\s|$)))")
_CODE = re.compile(
    r"(?P<ticks>`+)(?P<code>[^`]+)(?P=ticks)(?!`)|(?P<url>\b[a-z][a-z0-9+.-]{1,20}://[^\s`\"'<>“”‘’]+)", re.I
)
_URL_END = ".,;:!?)]}"
_DOCUMENTATION = re.compile(
    r"https://(?:developer\.chrome\.com|developer\.mozilla\.org|developers\.google\.com|dequeuniversity\.com|web\.dev)"
    r"/[A-Za-z0-9/._#-]*"
)
"""Where rules are explained, by the hosts that nobody else can write to: the only addresses that become links."""


class Markdown(str):
    """Text that is Markdown already: whoever makes one vouches for it."""

    __slots__ = ()


def text(value: str, limit: int = LIMIT) -> Markdown:
    """The text as it is, wherever in Markdown it stands: no markup, HTML, link, mention, reference or formula."""
    return _escaped(plain(value, limit))


def code(value: str, limit: int = LIMIT) -> Markdown:
    """A path, an address, a name: as a code span that nothing inside can end, in table cells too."""
    content = plain(value, limit)
    if not content:
        return Markdown("(empty)")
    if any(part in content for part in ("|", "<!--", "-->")):  # a table would split a span there, a bot find its mark
        return Markdown(f"<code>{_escaped(content)}</code>")
    ticks = "`" * (max(map(len, re.findall("`+", content)), default=0) + 1)
    pad = " " if content.startswith("`") or content.endswith("`") else ""
    return Markdown(f"{ticks}{pad}{content}{pad}{ticks}")


def prose(value: str, limit: int = LIMIT) -> Markdown:
    """A sentence in which names stand between backticks: like `text`, with those and web addresses as code spans.

    An address of well-known documentation is a link.
    """
    sentence = plain(value, limit)
    parts: list[str] = []
    end = 0
    for match in _CODE.finditer(sentence):
        inner = match["code"] or match["url"].rstrip(_URL_END)
        named = Markdown(f"<{inner}>") if match["url"] and _DOCUMENTATION.fullmatch(inner) else code(inner, limit)
        parts += [_escaped(sentence[end : match.start()], at_start=not parts), named]
        end = match.end() if match["code"] else match.start() + len(inner)
    parts.append(_escaped(sentence[end:], at_start=not parts))
    return Markdown(_joined(parts))


def _escaped(line: str, *, at_start: bool = True) -> Markdown:
    escaped = _SPECIAL.sub(_replacement, line)
    return Markdown(_BLOCK.sub(_literal, escaped) if at_start else escaped)


def _replacement(match: re.Match[str]) -> str:
    if broken := match["broken"]:
        return broken + _BREAK
    if commit := match["commit"]:  # GitHub wants seven digits in a row
        return _BREAK.join(commit[start : start + 6] for start in range(0, len(commit), 6))
    return "\\" + match["escaped"] if match["escaped"] else _ENTITIES[match["entity"]]


def _literal(match: re.Match[str]) -> str:
    """What would begin a heading, a list, a rule or a table, as a character."""
    return f"\\{match['mark']}" if match["mark"] else f"{match['number']}\\"


def _joined(parts: list[str]) -> str:
    """Two code spans side by side would run into one another."""
    joined = ""
    for part in parts:
        joined += _BREAK + part if joined.endswith("`") and part.startswith("`") else part
    return joined
