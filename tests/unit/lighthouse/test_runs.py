"""How often a page is looked at, which runs count, and which one speaks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.errors import NotMeasuredError
from autoresearch.loops.lighthouse.runs import is_unsteady, representative
from autoresearch.signals.lab.model import Failed
from tests.unit.lighthouse.making import FakeLab, audit, look, run, target


def failed(code: str, reason: str = "no", seconds: float = 1.0) -> Failed:
    return Failed(code=code, reason=reason, seconds=seconds)


def test_pages_are_looked_at_in_rounds_so_that_a_slow_minute_meets_each_once() -> None:
    lab = FakeLab()
    lab.session().look([look(subject="/a"), look(subject="/b")], 3, 3)
    assert lab.asked == ["/a mobile", "/b mobile"] * 3


def test_a_page_whose_runs_agree_gets_no_more_of_them() -> None:
    lab = FakeLab()
    (seen,) = lab.session().look([look()], 3, 5)
    assert len(seen.runs) == 3


def test_a_page_whose_runs_differ_is_run_up_to_the_most() -> None:
    lab = FakeLab({"/ mobile": [run(lcp=1000), run(lcp=4000)]})
    (seen,) = lab.session().look([look()], 3, 5)
    assert len(seen.runs) == 5


@pytest.mark.parametrize("change", [{"lcp": 1450.0}, {"tbt": 110.0}, {"cls": 0.02}])
def test_a_difference_that_nobody_feels_is_steady(change: dict[str, float]) -> None:
    assert not is_unsteady(look(run(), run(**change), run()))


@pytest.mark.parametrize("change", [{"lcp": 1600.0}, {"tbt": 130.0}, {"cls": 0.03}])
def test_a_difference_that_is_felt_and_large_is_unsteady(change: dict[str, float]) -> None:
    assert is_unsteady(look(run(), run(**change), run()))


def test_a_run_on_a_machine_that_had_collapsed_is_repeated_and_does_not_count() -> None:
    lab = FakeLab({"/ mobile": [run(index=1000), run(index=300, lcp=9000), run(index=1100), run(index=900)]})
    (seen,) = lab.session().look([look()], 3, 3)
    assert seen.values("lcp") == [1200.0] * 3
    assert len(lab.asked) == 4


def test_a_page_that_only_ever_met_a_busy_machine_is_not_measured() -> None:
    lab = FakeLab({"/b mobile": [run(index=300)]})
    session = lab.session()
    seen = session.look([look(subject="/a"), look(subject="/b")], 3, 5)
    assert [each.page.subject for each in seen] == ["/a"]
    assert "too busy" in session.problems[target("/b")]


def test_a_crash_is_tried_once_more() -> None:
    lab = FakeLab({"/ mobile": [failed("CRASHED"), run()]})
    session = lab.session()
    (seen,) = session.look([look()], 1, 1)
    assert len(seen.runs) == 1
    assert session.problems == {}


def test_a_page_that_crashes_twice_is_given_up_in_every_preset_and_the_others_go_on() -> None:
    lab = FakeLab({"/a mobile": [failed("CRASHED")]})
    session = lab.session()
    looks = [look(subject="/a"), look(subject="/a", preset="desktop"), look(subject="/b")]
    seen = session.look(looks, 3, 3)
    assert [each.page.subject for each in seen] == ["/b"]
    assert session.problems == {target("/a"): "it crashed the browser"}
    assert lab.asked == ["/a mobile", "/a mobile", "/b mobile", "/b mobile", "/b mobile"]


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (failed("HUNG", "the page hung"), "it did not answer, or hung"),
        (failed("PAGE_HUNG", "words"), "it stopped responding"),
        (failed("ERRORED_DOCUMENT_REQUEST", "Lighthouse was unable (Status code: 404)"), "it answers 404"),
        (failed("NOT_HTML", "The page provided is not HTML"), "it is no HTML"),
        (failed("DNS_FAILURE", "DNS servers could not resolve"), "DNS servers could not resolve"),
    ],
)
def test_what_a_second_try_would_only_repeat_is_told_at_once(failure: Failed, told: str) -> None:
    lab = FakeLab({"/ mobile": [failure]})
    session = lab.session()
    assert session.look([look()], 3, 5) == []
    assert len(lab.asked) == 1
    assert told in session.problems[target("/")]


def test_what_is_not_timed_is_looked_at_once_and_what_failed_once_more() -> None:
    lab = FakeLab({"/b mobile": [run(audits=(audit(),))]})
    lab.session().look([look(subject="/a"), look(subject="/b")], 3, 3)
    assert lab.wholes == ["/a mobile", "/b mobile"]
    assert [each for each in lab.again if each] == [("image-alt",)]


def test_audits_are_as_true_on_a_busy_machine() -> None:
    lab = FakeLab({"/ mobile": [run(index=100, audits=(audit(),)), run(index=100, audits=(audit(),)), run()]})
    (seen,) = lab.session().look([look()], 3, 3)
    assert [each.id for each in seen.failed] == ["image-alt"]
    assert len(seen.audited) == 2


def test_reruns_look_at_what_is_timed_only() -> None:
    lab = FakeLab()
    session = lab.session()
    session.only_timed = True
    session.look([look()], 5, 5)
    assert (len(lab.asked), lab.wholes) == (5, [])


def test_a_run_that_says_nothing_of_its_page_ends_it() -> None:
    lab = FakeLab()
    session = lab.session(objection=lambda *_: "it leads to /login")
    assert session.look([look()], 3, 3) == []
    assert session.problems == {target("/"): "it leads to /login"}


def test_where_time_is_short_the_last_pages_are_left_out_and_the_first_ones_finished() -> None:
    lab = FakeLab()
    session = lab.session(time_limit=85.0)  # ten seconds a run: all four pages once, then two of them twice more
    seen = session.look([look(subject=f"/{name}") for name in "abcd"], 3, 3)
    assert [(each.page.subject, len(each.runs)) for each in seen] == [("/a", 3), ("/b", 3)]
    assert {page.subject for page in session.problems} == {"/c", "/d"}
    assert all("out of time" in reason for reason in session.problems.values())


def test_the_run_that_speaks_is_nearest_to_the_median_paint_and_interaction() -> None:
    assert representative([run(fcp=700, tti=1000), run(fcp=800, tti=1300), run(fcp=2000, tti=5000)]) == 1
    assert representative([run(fcp=800, tti=9000), run(fcp=810, tti=1300), run(fcp=805, tti=1290)]) == 1


@given(st.lists(st.tuples(st.floats(0, 1e5), st.floats(0, 1e5)), min_size=3, max_size=9))
def test_no_run_that_is_an_extreme_in_both_marks_speaks_where_another_is_central(
    marks: list[tuple[float, float]],
) -> None:
    runs = [run(fcp=first, tti=last) for first, last in [*marks, (1e7, 1e7)]]
    assert representative(runs) != len(runs) - 1


def test_a_browser_that_never_starts_is_no_pages_fault() -> None:
    lab = FakeLab({"/a mobile": [failed("BROWSER", "Chromium ended as it started: libnss3.so")]})
    with pytest.raises(NotMeasuredError, match=r"libnss3\.so"):
        lab.session().look([look(subject="/a"), look(subject="/b")], 3, 3)
