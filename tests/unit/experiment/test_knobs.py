"""Knobs: the value changes and nothing else does; the search repeats itself for a seed, and nothing within a night."""

from __future__ import annotations

import json
import random
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from autoresearch.config.experiment import Choice, Knob, Knobs
from autoresearch.errors import NotMeasuredError
from autoresearch.experiment.agents.base import Earlier, Request
from autoresearch.experiment.agents.knobs import KnobTurner, _drawn
from autoresearch.experiment.agents.places import find

CSS = ":root {\n  --gap: 16px; /* between cards */\n  --speed: .3s;\n}\na { gap: var(--gap); --x: red }\n"
YML = (
    "train:\n  batch: 32  # as much as fits\n  name: 'fast'\n  layers:\n  - {size: 64}\n  - {size: 128}\n  deep: true\n"
)
TOML = '# settings\nrate = 0.1\n\n[train]\nbatch = 32 # as much as fits\nname = "fast"\n'


def knob(**place: str) -> Knob:
    return Knob(**place, choices=(1, 2))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("place", "file", "text", "value", "expected"),
    [
        ({"css": "--gap"}, "a.css", CSS, 8, CSS.replace("16px", "8px")),
        ({"css": "--x"}, "a.css", CSS, "blue", CSS.replace("red", "blue")),
        ({"path": "train.batch"}, "a.yml", YML, 64, YML.replace("32", "64")),
        ({"path": "train.name"}, "a.yml", YML, "slow: er", YML.replace("'fast'", '"slow: er"')),
        ({"path": "train.layers[1].size"}, "a.yml", YML, 96, YML.replace("128", "96")),
        ({"path": "train.deep"}, "a.yml", YML, False, YML.replace("true", "false")),
        ({"path": "train.batch"}, "a.toml", TOML, 64, TOML.replace("32", "64")),
        ({"path": "rate"}, "a.toml", TOML, 0.2, TOML.replace("0.1", "0.2")),
        ({"path": "train.name"}, "a.toml", TOML, "slow", TOML.replace("fast", "slow")),
        ({"path": "a[0].b"}, "a.json", '{"a": [{"b": 1.5}]}', 2.5, '{"a": [{"b": 2.5}]}'),
        ({"pattern": r"^rate = ([\d.]+)$"}, "a.txt", TOML, 9, TOML.replace("0.1", "9")),
    ],
)
def test_only_the_value_changes(place: dict[str, str], file: str, text: str, value: Choice, expected: str) -> None:
    assert find(knob(**place), file, text).put(text, value) == expected


def test_what_is_put_in_is_what_a_parser_reads() -> None:
    assert (
        YAML(typ="safe").load(find(knob(path="train.name"), "a.yml", YML).put(YML, 'a"b # c'))["train"]["name"]
        == 'a"b # c'
    )
    assert tomllib.loads(find(knob(path="train.name"), "a.toml", TOML).put(TOML, "x y"))["train"]["name"] == "x y"
    text = '{"a": "b"}'
    assert json.loads(find(knob(path="a"), "a.json", text).put(text, 'q"'))["a"] == 'q"'


@pytest.mark.parametrize(
    ("place", "file", "why"),
    [
        ({"css": "--nothing"}, "a.css", "is not there"),
        ({"pattern": "gap"}, "a.css", "times"),
        ({"pattern": "speed"}, "a.css", "has no group"),
        ({"pattern": "("}, "a.css", "no regular expression"),
        ({"path": "a.b"}, "a.css", "YAML, JSON or TOML"),
        ({"path": "train.batch"}, "a.json", "no YAML"),
    ],
)
def test_a_knob_that_is_not_there_once_is_an_error(place: dict[str, str], file: str, why: str) -> None:
    with pytest.raises(NotMeasuredError, match=why):
        find(knob(**place), file, CSS if file != "a.json" else "{a: [")


def turned(knobs: Knobs, seed: int, tmp_path: Path, count: int, kept: frozenset[int] = frozenset()) -> list[str]:
    """The descriptions of so many tries, of which these are kept."""
    turner, content, earlier = KnobTurner(knobs, seed), CSS.encode(), []
    for number in range(1, count + 1):
        (tmp_path / "a.css").write_bytes(content)
        request = Request(number, tmp_path, "a.css", content, tmp_path, "", tuple(earlier))
        try:
            answer = turner.propose(request)
        except NotMeasuredError:
            break
        if number in kept:
            content = (tmp_path / "a.css").read_bytes()
        earlier.append(Earlier(number, "keep" if number in kept else "discard", None, answer.description, ""))
    return [each.description for each in earlier]


GAPS = Knobs(kind="knobs", knobs=(Knob(css="--gap", range=(4, 32), step=4), Knob(css="--x", choices=("red", "blue"))))


def test_choices_with_their_units_are_held_against_the_whole_text(tmp_path: Path) -> None:
    knobs = Knobs(kind="knobs", knobs=(Knob(css="--gap", choices=("8px", "16px", "1rem")),))
    assert sorted(turned(knobs, 1, tmp_path, 10)) == ["--gap: 16px → 1rem", "--gap: 16px → 8px"]


def test_the_same_seed_gives_the_same_tries_and_another_seed_others(tmp_path: Path) -> None:
    assert turned(GAPS, 1, tmp_path, 6) == turned(GAPS, 1, tmp_path, 6)
    assert turned(GAPS, 1, tmp_path, 6) != turned(GAPS, 2, tmp_path, 6)


def test_every_value_is_tried_once_and_then_there_is_no_further_idea(tmp_path: Path) -> None:
    found = turned(GAPS, 3, tmp_path, 100)
    assert sorted(found) == sorted([*(f"--gap: 16 → {gap}" for gap in (4, 8, 12, 20, 24, 28, 32)), "--x: red → blue"])


def test_after_a_keep_the_same_knob_goes_on_in_the_same_direction(tmp_path: Path) -> None:
    found = turned(GAPS, 3, tmp_path, 2, kept=frozenset({1}))
    before, after = (int(value) for value in found[0].removeprefix("--gap: ").split(" → "))
    if 4 <= 2 * after - before <= 32:
        assert found[1] == f"--gap: {after} → {2 * after - before}"


@given(st.integers(0, 500))
def test_a_range_without_steps_is_left_at_neither_end(seed: int) -> None:
    place = find(Knob(css="--gap", range=(10, 20)), "a.css", CSS)
    assert place.value == 16

    value = _drawn(Knob(css="--gap", range=(10, 20)), place, random.Random(seed))
    assert isinstance(value, int)
    assert 10 <= value <= 20


@pytest.mark.parametrize(
    "wrong",
    [
        {"choices": (1,)},
        {"css": "--a", "path": "b", "choices": (1,)},
        {"css": "--a"},
        {"css": "--a", "choices": (1,), "range": (1, 2)},
        {"css": "--a", "range": (2, 1)},
        {"css": "--a", "range": (0, 1)},
    ],
)
def test_a_knob_is_one_place_with_values(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"knob needs|range"):
        Knob(**wrong)  # type: ignore[arg-type]
