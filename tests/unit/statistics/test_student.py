"""The tail of Student's t, against tables and scipy."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoresearch.statistics.student import upper_tail

calm = settings(deadline=None, derandomize=True)


@pytest.mark.parametrize(
    ("t", "df", "tail"),
    [
        (6.314, 1, 0.05),
        (2.920, 2, 0.05),
        (2.776, 4, 0.025),
        (2.528, 20, 0.01),
        (3.460, 60, 0.0005),
        (1.984, 100, 0.025),
    ],
)
def test_it_gives_the_printed_tables(t: float, df: int, tail: float) -> None:
    assert upper_tail(t, df) == pytest.approx(tail, rel=2e-3)


@calm
@given(t=st.floats(-1e4, 1e4), df=st.floats(1, 200))
def test_it_agrees_with_scipy(t: float, df: float) -> None:
    from scipy.special import stdtr

    assert upper_tail(t, df) == pytest.approx(float(stdtr(df, -t)), rel=1e-9, abs=1e-300)


@calm
@given(t=st.floats(allow_nan=False, allow_infinity=False), df=st.integers(1, 60))
def test_its_two_sides_make_one(t: float, df: int) -> None:
    assert 0 <= upper_tail(t, df) <= 1
    assert upper_tail(t, df) + upper_tail(-t, df) == pytest.approx(1)
