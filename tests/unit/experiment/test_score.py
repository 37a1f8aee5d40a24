"""What a benchmark prints: one JSON object in its last line, or metric=value lines; whatever else is refused."""

from __future__ import annotations

from contextlib import suppress
from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.errors import NotMeasuredError
from autoresearch.experiment.score import parse


def test_the_last_line_may_be_an_object_with_a_score() -> None:
    found = parse('warming up\n{"score": 12.5, "metrics": {"cls": 0.1}, "nonce": "abc"}\n')
    assert (found.score, found.metrics, found.nonce) == (12.5, {"cls": 0.1}, "abc")


def test_lines_of_metric_and_value_will_do() -> None:
    found = parse("epoch 1\nval_bpb = 0.97\nscore: 3e-1\n")
    assert (found.score, found.metrics) == (0.3, {"val_bpb": 0.97})


def test_a_single_number_with_a_name_is_the_score() -> None:
    assert parse("val_bpb=0.9979\n").score == 0.9979


@pytest.mark.parametrize(
    "output",
    [
        "",
        "done\n",
        '{"score": "fast"}',
        '{"score": true}',
        '{"score": NaN}',
        '{"score": 1e999}',
        '{"score": 1, "metrics": {"a": null}}',
        '{"score": 1, "metrics": [1]}',
        "a=1\nb=2\n",
        "[" * 100_000,
    ],
)
def test_anything_else_is_no_score(output: str) -> None:
    with pytest.raises(NotMeasuredError):
        parse(output)


def test_a_second_result_looks_different() -> None:
    honest, spoofed = parse('{"score": 5}\n'), parse('{"score": 1}\n{"score": 5}\n')
    assert honest.shape != spoofed.shape
    assert parse("score=5\n").shape != parse("score=1\nscore=5\n").shape


def test_other_metrics_look_different() -> None:
    assert parse('{"score": 5, "metrics": {"a": 1}}').shape != parse('{"score": 5}').shape


@given(st.text(max_size=300))
def test_no_output_makes_it_crash(output: str) -> None:
    with suppress(NotMeasuredError):
        assert isfinite(parse(output).score)
