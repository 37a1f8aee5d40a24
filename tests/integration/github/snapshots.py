"""What users are shown, in situations worth reading: `golden/*.md` is what was approved.

python -m tests.integration.github.snapshots    # renews them; read the difference before committing it
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.actions import Done
from tests.github.server import GitHub
from tests.github.state import Issue
from tests.integration.github.scenes import Scene, comments, finding, our_issues

GOLDEN = Path(__file__).parent / "golden"
LOOPS = ("links", "speed")
LINES = 60
"""Lines of one text that a golden file has; of a longer one, its begin and its end."""
ANNOTATIONS = 5

Seen = Mapping[str, Mapping[str, Any] | None]


def links(*pages: str, complete: bool = True, **more: Any) -> dict[str, Any]:
    """Pages with a dead link."""
    broken = [
        finding(
            page,
            "broken-link",
            key="/team",
            message="links to `/team`, which answers 404",
            path=f"content{page}.md",
            line=12,
        )
        for page in pages
    ]
    dead = {"name": "broken-links", "value": len(pages), "better": "lower", "exact": True}
    return {"findings": broken, "metrics": [dead], "complete": complete, **more}


def speed(home: float, shop: float = 900) -> dict[str, Any]:
    """A noisy number of two pages."""
    lcp = {"name": "lcp", "unit": "ms", "better": "lower", "gate": True}
    return {"metrics": [{**lcp, "subject": "/", "value": home}, {**lcp, "subject": "/shop", "value": shop}]}


def seen(saw: Mapping[str, Any], pace: Mapping[str, Any] | None) -> Seen:
    return {"links": saw, "speed": pace}


WELL = seen(links(), speed(1204))
BROKEN = seen(links("/about", "/guides/mugs"), speed(1195))
NIGHTS = [seen(links(), speed(1200 + step, 900 - step / 2)) for step in (0, 14, -11, 23, -6, 4)]
SKIPPED = {
    "measured": 40,
    "skipped": [{"subject": f"/slow/{n:02}", "reason": "no answer within 10 s"} for n in range(14)],
}


def flood(count: int = 5_000, rules: int = 200) -> dict[str, Any]:
    """More than any surface can hold."""
    return {
        "findings": [
            finding(
                f"/pages/{n:04}",
                f"rule-{n % rules:03}",
                severity=("error", "warning", "info")[n % rules % 3],
                message=f"sentence {n} has {n % 90 + 30} words, at most 25 wanted",
                path=f"content/pages/{n:04}.md",
                line=n % 50 + 1,
            )
            for n in range(count)
        ]
    }


@dataclass(frozen=True)
class Situation:
    """Nights that have been, then what a pull request and the nights after its merge see."""

    before: Sequence[Seen]
    now: Seen
    nights: int = 1


SITUATIONS = {
    "first_run": Situation([], BROKEN),
    "second_run": Situation([BROKEN], BROKEN),
    "all_well": Situation(NIGHTS, WELL),
    "new_findings": Situation(NIGHTS, BROKEN),
    "regressions": Situation(NIGHTS, seen(links(), speed(1720, 905)), nights=2),
    "recovered": Situation([*NIGHTS, BROKEN], WELL, nights=2),
    "not_measured": Situation([*NIGHTS, BROKEN], seen(links(complete=False, coverage=SKIPPED), None)),
    "flood": Situation(NIGHTS, seen(flood(), WELL["speed"])),
}


def snapshot(name: str, github: GitHub, folder: Path) -> str:
    """All that a situation shows, one part after the other."""
    situation = SITUATIONS[name]
    scene = Scene(github, folder, loops=LOOPS)
    for saw in situation.before:
        scene.night(**saw)
    parts = dict(_pull(scene, situation.now))
    for night in range(1, situation.nights + 1):
        done = scene.night(**situation.now) if night == 1 else scene.schedule()
        parts |= _night(scene, done, f"night {night}" if situation.nights > 1 else "night")
    shown = "\n".join(f"<!-- ===== {title} ===== -->\n\n{text.rstrip()}\n" for title, text in parts.items())
    return _without_hashes(shown, scene)


def _without_hashes(text: str, scene: Scene) -> str:
    """The text with its commits by number: their hashes change with every word of a commit message."""
    named = (sha for sha in scene.repo.objects.commits if sha[:7] in text)
    for number, sha in enumerate(sorted(named, key=lambda sha: text.index(sha[:7])), start=1):
        text = text.replace(sha, f"<commit {number}>").replace(sha[:7], f"<{number}>")
    return re.sub(r"\bcontent=[0-9a-f]{16}\b", "content=<hash>", text)


def _pull(scene: Scene, saw: Seen) -> Iterator[tuple[str, str]]:
    number = scene.pull(**saw)
    paths = sorted(
        {found["path"] for output in saw.values() for found in (output or {}).get("findings", ()) if "path" in found}
    )
    scene.repo.push("change", dict.fromkeys(paths, "\n" * 60), "alice", "Pages")
    done = scene.check_pull(number)
    (comment,) = comments(scene.repo, number)
    (check,) = scene.repo.checks.values()
    shown = [
        f"- {a['annotation_level']}, {a['path']}:{a['start_line']}: {a['title']}: {a['message']}"
        for a in check.annotations
    ]
    said = comment.partition("\n")[2]
    yield "pull request: comment", abridged(comment)
    yield (
        "pull request: check",
        f"{check.name}: {check.conclusion}: {check.title}\n\n{_unless(check.summary or '', said)}",
    )
    yield "pull request: annotations of the check", "\n".join(_first(shown, ANNOTATIONS)) or "none"
    yield "pull request: job summary", _unless(done.summary, said)


def _night(scene: Scene, done: Done, title: str) -> Iterator[tuple[str, str]]:
    yield f"{title}: job summary", abridged(done.summary)
    yield f"{title}: commit", scene.repo.log()[0].message
    issues = [part for issue in our_issues(scene.repo) for part in _issue(issue)]
    yield f"{title}: issues", "\n\n".join(issues) or "none"


def _issue(issue: Issue) -> Iterator[str]:
    reason = f" as {issue.reason}" if issue.state == "closed" else ""
    yield f"<!-- issue {issue.number}, {issue.state}{reason}, {', '.join(sorted(issue.labels))} -->\n# {issue.title}"
    yield abridged(issue.body or "")
    for comment in issue.comments:
        yield f"<!-- a comment on issue {issue.number} -->\n\n{abridged(comment.body)}"


def _unless(text: str, said: str) -> str:
    return "The same as the comment." if text.strip() == said.strip() else abridged(text)


def _first(lines: Sequence[str], count: int) -> list[str]:
    more = len(lines) - count
    return [*lines[:count], *([f"… and {more:,} more …"] if more > 0 else [])]


def abridged(text: str) -> str:
    """The text; of a long one, where it begins and how it ends."""
    lines = text.strip().splitlines()
    if len(lines) <= LINES:
        return "\n".join(lines)
    end = LINES // 4
    gap = f"… {len(lines) - LINES:,} more lines; {len(text):,} characters in all …"
    return "\n".join([*lines[: LINES - end], "", gap, "", *lines[-end:]])


def renew() -> None:
    GOLDEN.mkdir(exist_ok=True)
    for name in SITUATIONS:
        with GitHub() as github, tempfile.TemporaryDirectory() as folder:
            (GOLDEN / f"{name}.md").write_text(snapshot(name, github, Path(folder)), encoding="utf-8")


if __name__ == "__main__":
    renew()
