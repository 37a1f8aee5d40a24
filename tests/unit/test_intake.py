"""A `result.json` from a stranger: what is right comes through whole, what is wrong is refused in plain words."""

from __future__ import annotations

import copy
import json
import os
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoresearch.core.measurement import Coverage, Finding, Measurement, Metric, Skipped
from autoresearch.core.result import Base, Result, Run, Shard, Tool, as_json
from autoresearch.errors import PublishError, UsageError
from autoresearch.intake import MAX_BYTES, parse_result, read_results
from autoresearch.intake.json_data import MAX_VALUES

WHOLE = Result(
    tool=Tool(version="0.3.0"),
    run=Run(
        id="4711.1",
        sha="ab" * 20,
        event="schedule",
        now="2026-05-01T06:00:00Z",
        planned=("seo",),
        shard=Shard(index=1, count=2),
    ),
    measurements=(
        Measurement(
            loop="seo",
            kind="seo",
            environment={"source": "dist"},
            complete=False,
            coverage=Coverage(measured=2, skipped=(Skipped(subject="/slow", reason="timed out"),)),
            metrics=(
                Metric(name="ms", subject="/", value=1.5, unit="ms", better="lower", gate=True, samples=(1.0, 2.0)),
            ),
            findings=(
                Finding(rule="seo/title", subject="/", severity="error", message="no title", path="index.html", line=3),
            ),
            observations={"/": {"hash": "ab", "words": 12, "share": 0.5, "indexable": True, "type": None}},
        ),
    ),
)


def plain(result: Result = WHOLE, judged: dict[str, tuple[Finding, ...]] | None = None) -> dict[str, Any]:
    return as_json(result, judged or {})


def read(data: Any) -> Result:
    return parse_result(json.dumps(data).encode(), "result.json")


def refusal(data: Any) -> str:
    with pytest.raises(PublishError) as caught:
        parse_result(data if isinstance(data, bytes) else json.dumps(data).encode(), "result.json")
    return caught.value.message


def with_change(change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    data = copy.deepcopy(plain())
    change(data)
    return data


def test_what_a_run_wrote_is_what_a_publisher_reads() -> None:
    assert read(plain()) == WHOLE


texts = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=20)
facts = st.dictionaries(
    texts,
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False) | texts,
)
findings = st.builds(
    Finding,
    rule=texts,
    subject=texts,
    key=texts,
    severity=st.sampled_from(["error", "warning", "info"]),
    message=texts,
    data=st.none() | st.dictionaries(texts, texts | st.lists(texts)),
)
measured = st.builds(
    Measurement,
    loop=st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True),
    kind=texts,
    findings=st.lists(findings, max_size=5).map(tuple),
    observations=st.dictionaries(texts, facts, max_size=5),
    environment=st.dictionaries(texts, texts, max_size=3),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(measured, max_size=3, unique_by=lambda m: m.loop))
def test_nothing_is_lost_on_the_way(measurements: list[Measurement]) -> None:
    result = WHOLE.model_copy(update={"measurements": tuple(measurements)})
    assert read(plain(result)) == result


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


@settings(deadline=None)
@given(st.data())
def test_any_value_in_any_place_is_read_or_refused(data: st.DataObject) -> None:
    """No crash, now or when the result is written again."""
    document = copy.deepcopy(plain())
    here: Any = document
    while True:
        keys = list(here) if isinstance(here, dict) else list(range(len(here)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(here[key], dict | list) or not here[key] or data.draw(st.booleans()):
            here[key] = data.draw(anything)
            break
        here = here[key]
    with suppress(PublishError):
        result = read(document)
        assert isinstance(result, Result)
        assert json.dumps(plain(result), allow_nan=False).encode("utf-8")


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_bytes_that_are_no_result_are_refused(data: bytes) -> None:
    assert refusal(data).startswith("result.json")


def test_the_base_is_read_with_the_same_distrust() -> None:
    base = Base(sha="cd" * 20, measurements=WHOLE.measurements)
    data = plain(WHOLE.model_copy(update={"base": base}))
    assert read(data).base == base
    judged = {"rule": "r", "subject": "/", "severity": "info", "message": "", "judged": True}
    data["base"]["measurements"][0]["findings"].append(judged)
    assert read(data).base == base


def test_what_history_said_is_dropped_and_a_forged_fingerprint_ignored() -> None:
    judged = Finding(rule="seo/page-gone", subject="/old", severity="error", message="gone", judged=True)
    data = plain(judged={"seo": (judged,)})
    for finding in data["measurements"][0]["findings"]:
        finding["fingerprint"] = "0123456789abcdef"
    (found,) = read(data).measurements[0].findings
    assert found == WHOLE.measurements[0].findings[0]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda d: d.update(schema_version=2), "result.json: written by a newer version (schema 2, this tool knows 1)"),
        (lambda d: d.pop("schema_version"), "schema_version: is missing"),
        (lambda d: d.update(schema_version=True), "schema_version: is missing"),
        (lambda d: d.update(colour="red"), "colour: unknown key"),
        (lambda d: d.pop("tool"), "tool: is missing"),
        (lambda d: d["run"].pop("planned"), "run.planned: is missing"),
        (lambda d: d["run"].update(planned=["../../etc"]), "run.planned[0]: must be a name of small letters"),
        (lambda d: d["run"].update(now="tomorrow"), "run.now: must be a time in UTC"),
        (lambda d: d["run"].update(now="2026-13-01T06:00:00Z"), "run.now: must be a time in UTC"),
        (lambda d: d["run"].update(sha="HEAD; rm -rf"), "run.sha: must be a commit's hash"),
        (lambda d: d["run"].update(id="a b"), "run.id: must be a short name without spaces, not `a b`"),
        (lambda d: d["run"].update(id=""), "run.id: must be a short name"),
        (lambda d: d["run"].update(shard={"index": 3, "count": 2}), "run.shard: there is no shard 3 of 2"),
        (lambda d: d["run"].update(shard={"index": 3, "count": 257}), "run.shard.count: must be at most 256"),
        (lambda d: d.update(base={"sha": "x", "measurements": []}), "base.sha: must be a commit's hash"),
        (lambda d: d.update(base={"sha": "", "measurements": [7]}), "base.measurements[0]: must be an object"),
        (lambda d: d["run"].update(shard={"index": 0, "count": 2}), "run.shard.index: must be at least 1"),
        (lambda d: d.update(measurements={}), "measurements: must be a list, not an object"),
        (lambda d: d.update(measurements=[7]), "measurements[0]: must be an object, not a number"),
        (
            lambda d: d["measurements"][0].update(loop="../../x"),
            "measurements[0].loop: must be a name of small letters",
        ),
        (lambda d: d["measurements"][0].update(loop="seo\n"), "measurements[0].loop: must be a name of small letters"),
        (lambda d: d["measurements"][0].update(loop=7), "measurements[0].loop: must be text, not a number"),
        (lambda d: d["measurements"][0].update(status="fine"), "measurements[0].status: must be 'measured' or 'not-m"),
        (lambda d: d["measurements"][0].update(complete="perhaps"), "complete: must be true or false, not `perhaps`"),
        (lambda d: d["measurements"].append(d["measurements"][0]), "[1].loop: `seo` was measured before in this file"),
        (lambda d: d["measurements"][0].update(surprise=1), "measurements[0].surprise: unknown key"),
        (
            lambda d: d["measurements"][0]["findings"][0].update(severity="fatal"),
            "measurements[0].findings[0].severity: must be 'error', 'warning' or 'info', not `fatal`",
        ),
        (
            lambda d: d["measurements"][0]["findings"][0].update(line=0),
            "measurements[0].findings[0].line: must be at least 1",
        ),
        (
            lambda d: d["measurements"][0]["findings"][0].update(line=1.5),
            "measurements[0].findings[0].line: must be a whole number",
        ),
        (
            lambda d: d["measurements"][0]["metrics"][0].update(value="fast"),
            "measurements[0].metrics[0].value: must be a number, not `fast`",
        ),
        (
            lambda d: d["measurements"][0]["metrics"][0].update(samples=[[]]),
            "measurements[0].metrics[0].samples[0]: must be a number, not a list",
        ),
        (
            lambda d: d["measurements"][0]["coverage"]["skipped"][0].pop("reason"),
            "measurements[0].coverage.skipped[0].reason: is missing",
        ),
        (
            lambda d: d["measurements"][0]["observations"]["/"].update(hash=[1]),
            "measurements[0].observations./.hash: must be text, a number or a yes or no, not a list",
        ),
        (
            lambda d: d["measurements"][0].update(environment={"source": 1}),
            "measurements[0].environment.source: must be text, not a number",
        ),
    ],
)
def test_an_error_names_file_and_place_in_plain_words(change: Callable[[dict[str, Any]], Any], told: str) -> None:
    message = refusal(with_change(change))
    assert message.startswith("result.json")
    assert told in message
    assert "nput should" not in message


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 5000, "1" * 21])
def test_numbers_that_are_none_are_refused(text: str) -> None:
    data = json.dumps(plain()).replace('"value": 1.5', f'"value": {text}')
    assert text[:3] in data
    assert refusal(data.encode()).startswith("result.json: ")


def test_a_number_that_is_none_does_not_hide_in_free_data() -> None:
    data = with_change(lambda d: d["measurements"][0]["findings"][0].update(data={"x": 1.5e300}))
    text = json.dumps(data).replace("1.5e+300", "1.5e+999")
    assert "the number 1.5e+999 is too large" in refusal(text.encode())


@pytest.mark.parametrize("opening", ["[", '{"a":', '{"schema_version": 1, "run": ' + "[" * 60])
def test_deep_nesting_is_refused(opening: str) -> None:
    text = opening * 50_000 if len(opening) < 10 else opening + "]" * 60 + "}"
    message = refusal(text.encode())
    assert "nested deeper than 40 levels" in message or "not valid JSON" in message


def test_a_file_that_was_cut_short_says_where() -> None:
    assert refusal(json.dumps(plain(), indent=1).encode()[:200]).startswith("result.json:")


@pytest.mark.parametrize("data", [b"\xff\xfe{}", b"\x80", b""])
def test_other_encodings_are_refused(data: bytes) -> None:
    assert refusal(data).startswith("result.json")


def test_a_byte_order_mark_does_no_harm() -> None:
    assert parse_result(b"\xef\xbb\xbf" + json.dumps(plain()).encode(), "result.json") == WHOLE


@pytest.mark.parametrize(
    ("text", "told"),
    [("x" * 70_000, "a text of 70,000 characters"), ("a\0b", "a NUL character"), ("\ud800", "a lone surrogate")],
)
@pytest.mark.parametrize("place", ["message", "key"])
def test_texts_that_nobody_can_show_are_refused_by_place(text: str, told: str, place: str) -> None:
    data = with_change(lambda d: d["measurements"][0]["findings"][0].update({place: text}))
    assert f"measurements[0].findings[0].{place}: " in refusal(data)
    assert told in refusal(data)


def test_control_characters_come_through_and_are_for_the_report_to_show() -> None:
    data = with_change(lambda d: d["measurements"][0]["findings"][0].update(message="a\x1b[31m\u202eb"))
    assert read(data).measurements[0].findings[0].message == "a\x1b[31m\u202eb"


def test_control_characters_do_not_reach_the_error() -> None:
    message = refusal(with_change(lambda d: d["measurements"][0].update({"\x1b[2J::error::": 1})))
    assert "\x1b" not in message


@pytest.mark.parametrize("path", ["/etc/passwd", "../../outside", "a/../../b", "a\nb", "C:\\x", ""])
def test_a_path_out_of_the_repository_is_dropped_and_the_finding_kept(path: str) -> None:
    data = with_change(lambda d: d["measurements"][0]["findings"][0].update(path=path))
    (found,) = read(data).measurements[0].findings
    assert (found.path, found.line, found.message) == (None, None, "no title")


def with_findings(count: int) -> bytes:
    finding = '{"rule":"r","subject":"/","severity":"info","message":""}'
    start, end = json.dumps(plain()).split('"findings": [', 1)
    return f'{start}"findings": [{",".join([finding] * count)}, {end}'.encode()


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (100_000, "measurements[0].findings: has 100,001 items; 100,000 are the limit"),
        (850_000, "more than 4,000,000 values"),
    ],
)
def test_a_million_findings_are_refused(count: int, told: str) -> None:
    data = with_findings(count)
    assert len(data) < MAX_BYTES
    assert told in refusal(data)


def test_a_file_of_empty_lists_is_refused_before_it_takes_memory() -> None:
    data = b"[" + b"[]," * MAX_VALUES + b"[]]"
    tracemalloc.start()
    try:
        assert refusal(data) == f"result.json: more than {MAX_VALUES:,} values"
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_a_flood_of_wrong_keys_makes_a_short_error() -> None:
    few = refusal(with_change(lambda d: d["measurements"][0].update({f"k{i}": 1 for i in range(100)})))
    assert "… and 95 more" in few
    many = refusal(with_change(lambda d: d["measurements"][0].update({f"k{i}": 1 for i in range(5_000)})))
    assert "measurements[0]: has 5,009 keys" in many
    assert len(few) < 1_000


def test_a_file_above_the_limit_is_refused_after_its_first_bytes(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    with path.open("wb") as file:
        file.truncate(100 * MAX_BYTES)  # a hole: it takes no room on disk
    with pytest.raises(PublishError, match="larger than 50,000,000 bytes"):
        read_results([path])


def test_shards_are_read_in_the_order_given_and_a_folder_by_name(tmp_path: Path) -> None:
    for name in ("result-2.json", "result-1.json", "report.json"):
        result = WHOLE.model_copy(update={"tool": Tool(version=name)})
        (tmp_path / name).write_text(json.dumps(plain(result)))
    one, two = tmp_path / "result-1.json", tmp_path / "result-2.json"
    assert [r.tool.version for r in read_results([two, one])] == ["result-2.json", "result-1.json"]
    assert [r.tool.version for r in read_results([tmp_path])] == ["result-1.json", "result-2.json"]


def test_a_file_that_is_none_is_a_usage_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("missing.json", "pipe"):
        with pytest.raises(UsageError, match=name):
            read_results([tmp_path / name])
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"no result\.json in this folder"):
        read_results([tmp_path / "empty"])


def test_more_files_than_a_matrix_has_jobs_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_text(json.dumps(plain()))
    with pytest.raises(PublishError, match="257 results are more than 256 shards"):
        read_results([path] * 257)
