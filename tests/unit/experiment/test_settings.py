"""What an experiment may be told, and what is said of mistakes."""

from __future__ import annotations

import pytest

from autoresearch.config.load import parse
from autoresearch.config.model import Config
from autoresearch.errors import ConfigError


def read(told: str) -> Config:
    document = parse(f"version: 1\nexperiments:\n  gap: {told}\n", "config.yml")
    return document.validate(Config, document.data)


def test_a_share_may_be_written_as_people_write_it() -> None:
    text = "{edits: a.css, benchmark: b.py, agent: {kind: knobs}, min_effect: 2.5 %, time_limit: 2m}"
    found = read(text).experiments["gap"]
    assert (found.min_effect, found.time_limit) == (0.025, 120)


@pytest.mark.parametrize(
    ("told", "where", "what"),
    [
        ("{edits: ../a, benchmark: b.py, agent: {kind: knobs}}", "3:9", "a path from its root"),
        ("{edits: .git/config, benchmark: b.py, agent: {kind: knobs}}", "3:9", "a path from its root"),
        (
            "{edits: a, benchmark: b.py, agent: {kind: knob}}",
            "3:36",
            "there is no `kind` `knob`; there are: knobs, comm",
        ),
        ("{edits: a, benchmark: b.py, agent: {model: x}}", "3:36", "`kind` is missing"),
        ("{edits: a, benchmark: b.py, agent: {kind: knobs}, min_effect: 5}", "3:58", "must be less than 1"),
        ("{edits: a, benchmark: b.py, agent: {kind: knobs}, min_effect: few%}", "3:58", "a share, such as 1% or 0.01"),
    ],
)
def test_a_mistake_is_told_in_plain_words_with_its_place(told: str, where: str, what: str) -> None:
    with pytest.raises(ConfigError) as error:
        read(told)
    assert error.value.message.startswith(f"config.yml:{where}: ")
    assert what in error.value.message
