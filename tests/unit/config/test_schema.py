"""The committed schema says what the code accepts."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from autoresearch.config.load import parse
from autoresearch.config.model import Config
from autoresearch.config.schema import dump, schema
from autoresearch.errors import ConfigError
from autoresearch.loops.registry import configured, loop_class

from .test_load import GOOD

ROOT = Path(__file__).parents[3]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OURS = {kind: loop_class(kind).Settings for kind in PROJECT["entry-points"]["autoresearch.loops"]}


def test_the_committed_schema_is_in_step() -> None:
    committed = ROOT / "autoresearch.schema.json"
    assert committed.read_text() == dump(OURS), "run: autoresearch schema > autoresearch.schema.json"


def test_it_is_a_valid_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema(OURS))


CASES = {
    "the documented config": (GOOD, True),
    "nothing but a version": ("version: 1\n", True),
    "another kind under an own name": ("version: 1\nloops: {x: {kind: script, command: [a]}}\n", True),
    "a duration in words": ("version: 1\nloops: {seo: {time_limit: 5m}}\n", True),
    "a loop that is told nothing": ("version: 1\nloops:\n  seo:\n", True),
    "a loop that has to be told something": ("version: 1\nloops:\n  script:\n", False),
    "no version": ("loops: {}\n", False),
    "an unknown key": ("version: 1\nlops: {}\n", False),
    "an unknown key of a loop": ("version: 1\nloops: {seo: {rulez: {}}}\n", False),
    "an unknown kind": ("version: 1\nloops: {x: {kind: y}}\n", False),
    "an own name without a kind": ("version: 1\nloops: {x: {command: [a]}}\n", False),
    "a script without a command": ("version: 1\nloops: {x: {kind: script}}\n", False),
    "a wrong rung": ("version: 1\nloops: {seo: {rung: hope}}\n", False),
    "a wrong duration": ("version: 1\nloops: {seo: {time_limit: soon}}\n", False),
}


@pytest.mark.parametrize("case", CASES)
def test_schema_and_code_agree(case: str) -> None:
    text, accepted = CASES[case]
    document = parse(text, "config.yml")
    validator: Any = jsonschema.Draft202012Validator(schema(OURS))
    assert validator.is_valid(json.loads(json.dumps(document.data, default=str))) is accepted
    try:
        configured(document.validate(Config, document.data), document)
    except ConfigError:
        assert not accepted
    else:
        assert accepted
