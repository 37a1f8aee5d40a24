"""A wrong config says where, why and what was probably meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from autoresearch.config.load import load, parse
from autoresearch.config.model import Config, parse_duration
from autoresearch.errors import ConfigError
from autoresearch.loops.registry import configured

GOOD = """\
version: 1
site: {url: https://shop.example, source: dist, dist: dist/}
loops:
  seo:
    because: no event fires when a crawler fails
    ignore:
      - {rule: seo/broken-link, subject: /legacy/*, because: redirects land in May, until: 2027-05-31}
    rules: {seo/orphan-page: off}
  greeting: {kind: script, command: [python, checks/greeting.py], time_limit: 5m}
events: {source: events/*.parquet, columns: {time: ts, session: session_id}}
publish: {comment: true, check: true, issues: {min_severity: error, max_new: 5}, commit: auto, state_branch: null}
experiments:
  local-benchmark:
    {edits: site/styles.css, benchmark: autoresearch/local-benchmark/benchmark.py, agent: {kind: knobs}, time_limit: 5m,
     min_effect: 1%, guardrails: {cls: 0.02}, holdout: [/checkout], budget: {tries: 100, dollars: 20}}
not_built:
  - {loop: copy-judge, because: the judge agreed with us on 61 % of 40 labels}
"""


def read(text: str) -> Config:
    document = parse(text, "config.yml")
    config = document.validate(Config, document.data)
    configured(config, document)
    return config


def test_the_documented_config_is_understood() -> None:
    document = parse(GOOD, "config.yml")
    config = document.validate(Config, document.data)
    loops = configured(config, document)
    assert list(loops) == ["seo", "greeting"]
    assert loops["seo"].settings.severities() == {"seo/orphan-page": "off"}
    assert loops["greeting"].settings.time_limit == 300
    assert loops["greeting"].settings.rung == "file"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("version: 1\nlops: {}\n", "config.yml:2:1: lops: unknown key; did you mean `loops`?"),
        ("version: 2\n", "config.yml:1:1: version: must be 1"),
        ("loops: {}\n", "config.yml:1:1: version: is missing"),
        ("version: 1\nsite:\n  source: dist\n", "config.yml:2:1: site: source `dist` needs `dist`"),
        (
            "version: 1\nsite:\n  url: https://a.b\n  crawl:\n    max_page: 3\n",
            "config.yml:5:5: site.crawl.max_page: unknown key; did you mean `max_pages`?",
        ),
        (
            "version: 1\nloops:\n  seo:\n    rulez: {}\n",
            "config.yml:4:5: loops.seo.rulez: unknown key; did you mean `rules`?",
        ),
        (
            "version: 1\nloops:\n  greeting:\n    kind: scrpt\n    command: [a]\n",
            "config.yml:4:5: unknown kind `scrpt`; did you mean `script`?",
        ),
        ("version: 1\nloops:\n  greeting: {kind: script}\n", "config.yml:3:3: loops.greeting.command: is missing"),
        (
            "version: 1\nloops:\n  seo:\n    time_limit: soon\n",
            "config.yml:4:5: loops.seo.time_limit: a duration is a number with a unit",
        ),
        (
            "version: 1\nloops:\n  seo:\n    ignore:\n      - subject: /x\n",
            "config.yml:5:9: loops.seo.ignore.0.because: is missing",
        ),
        ("version: 1\nloops:\n  Seo: {}\n", "config.yml:3:3: loops.Seo: a name has small letters, digits and hyphens"),
        ("version: 1\nnot_built: [a]\n", "config.yml:2:13: not_built.0: must be `key: value` pairs, not `a`"),
        (
            "version: 1\nloops:\n  seo: {rules: {h1-missing: often}}\n",
            "config.yml:3:17: loops.seo.rules.h1-missing: must be 'error', 'warning', 'info' or 'off', not `often`",
        ),
        ("version: 1\nloops: {seo: {time_limit: 0}}\n", "config.yml:2:15: loops.seo.time_limit: must be more than 0"),
        ("version: 1\nloops: {x: [a]}\n", "config.yml:2:9: loops.x: must be `key: value` pairs, not a list"),
        ("version: 1\nloops: [a", "config.yml:2:10: a list or mapping in brackets is not closed; its `]`"),
        ("version: 1\nloops:\n\tseo: {}\n", "config.yml:3:1: a tab indents this line"),
        ("version: 1\nloops: {}\nloops: {}\n", "config.yml:3:1: the key `loops` stands there twice"),
        ("version: 1\nloops: {seo: *nobody}\n", "config.yml:2:14: `*nobody` refers to an anchor"),
        ("version: 1\nsite: {url: 'https://a.b}\n", "config.yml:3:1: a quote is opened and not closed"),
        ("version: 1\nloops: @seo\n", "config.yml:2:8: a value cannot begin with `@`; put it in quotes"),
        ("version: 1\n---\nloops: {}\n", "config.yml:2:1: a second document begins here"),
        ("version: 1\nloops: {seo: {rules: {seo/orphan-pge: off}}}\n", "config.yml:2:15: loops.seo.rules: no rule"),
        ("just words\n", "config.yml:1:1: expected `key: value` pairs"),
        ("", "config.yml:1:1: expected `key: value` pairs"),
        ("a: [1, 2\nb: 3\n", "config.yml:2:2:"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert str(caught.value).startswith(message), str(caught.value)


def test_a_kind_that_needs_nothing_may_stand_alone() -> None:
    document = parse("version: 1\nloops:\n  seo:\n", "config.yml")
    config = document.validate(Config, document.data)
    assert configured(config, document)["seo"].settings.kind == "seo"


def test_several_mistakes_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        read("version: 3\nlops: {}\nsite: {sauce: live}\n")
    assert len(str(caught.value).splitlines()) == 3


def test_anchors_work_within_reason() -> None:
    config = read(
        "version: 1\nloops:\n  a: &one {kind: script, command: [a]}\n  b: *one\n  c:\n    <<: *one\n    command: [c]\n"
    )
    assert config.loops["b"]["command"] == ["a"]
    assert config.loops["c"] == {"kind": "script", "command": ["c"]}


def test_anchors_that_explode_are_stopped() -> None:
    lines = ["version: 1", "x0: &x0 [" + ", ".join("a" * 10) + "]"]
    lines += [f"x{n}: &x{n} [" + ", ".join([f"*x{n - 1}"] * 10) + "]" for n in range(1, 9)]
    with pytest.raises(ConfigError, match="more than 100,000 values"):
        read("\n".join(lines))


def test_a_missing_config_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file") as caught:
        load(tmp_path / "config.yml", "autoresearch/config.yml")
    assert "autoresearch run seo -C" in caught.value.hint


def test_a_config_that_is_no_text_is_an_error_not_a_crash(tmp_path: Path) -> None:
    (tmp_path / "config.yml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "config.yml")


@pytest.mark.parametrize(("text", "seconds"), [("500ms", 0.5), ("90s", 90), ("1.5h", 5400), ("1d", 86400), (7, 7)])
def test_a_duration_is_seconds(text: object, seconds: float) -> None:
    assert parse_duration(text) == seconds
