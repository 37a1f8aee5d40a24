"""What a step tells its runner, read back as the runner reads it."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoresearch.errors import PublishError
from autoresearch.github.annotation import Annotation
from autoresearch.github.workflow import (
    SUMMARY_BYTES,
    annotation_commands,
    append_summary,
    mask_commands,
    set_outputs,
    summary_room,
)


def read_outputs(text: str) -> dict[str, str]:
    """As the runner reads its file: a name and a delimiter, then lines until the delimiter stands alone."""
    outputs, lines = {}, iter(text.split("\n"))
    for line in lines:
        if line:
            name, _, delimiter = line.partition("<<")
            value = []
            while (part := next(lines)) != delimiter:
                value.append(part)
            outputs[name] = "\n".join(value)
    return outputs


def command(line: str) -> tuple[str, dict[str, str], str]:
    """As the runner reads a line of the log: command, properties, message."""
    match = re.fullmatch(r"::(\S+?)(?: (.*?))?::(.*)", line)
    assert match
    properties = dict(part.split("=", 1) for part in (match[2] or "").split(",") if part)
    return match[1], {name: unquote(value) for name, value in properties.items()}, unquote(match[3])


def test_outputs_come_back_as_they_went(tmp_path: Path) -> None:
    path = tmp_path / "output"
    path.write_text("earlier<<x\n1\nx\n")
    outputs = {"verdict": "fail", "report": "two\nlines\n", "new": "", "note": "EOF\nother=1\n::error::no"}
    set_outputs({"GITHUB_OUTPUT": str(path)}, outputs)
    assert read_outputs(path.read_text()) == {"earlier": "1"} | outputs


def test_a_value_cannot_end_itself(tmp_path: Path) -> None:
    path = tmp_path / "output"
    guesses = iter(["guessed", "guessed", "fresh"])
    value = "x\nautoresearch_guessed\nadmin<<y\ntrue\ny"
    set_outputs({"GITHUB_OUTPUT": str(path)}, {"report": value}, random=lambda: next(guesses))
    assert read_outputs(path.read_text()) == {"report": value}


def test_two_values_have_two_delimiters(tmp_path: Path) -> None:
    path = tmp_path / "output"
    set_outputs({"GITHUB_OUTPUT": str(path)}, {"a": "1", "b": "2"})
    delimiters = re.findall("<<(.+)", path.read_text())
    assert len(set(delimiters)) == 2


def test_a_name_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="no name of an output"):
        set_outputs({"GITHUB_OUTPUT": str(tmp_path / "o")}, {"a\nb": "1"})


def test_without_a_runner_nothing_is_written() -> None:
    set_outputs({}, {"a": "1"})
    assert append_summary({}, "text") is False


def test_a_file_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="cannot write"):
        set_outputs({"GITHUB_OUTPUT": str(tmp_path / "none" / "output")}, {"a": "1"})


def test_a_summary_is_measured_in_bytes(tmp_path: Path) -> None:
    env = {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}
    text = "é" * (SUMMARY_BYTES // 2)  # with its newline one byte too many, in half as many characters
    assert append_summary(env, text) is False
    assert not (tmp_path / "summary").exists()
    assert append_summary(env, text[1:]) is True
    assert summary_room(env) == 1
    assert append_summary(env, "x") is False
    assert (tmp_path / "summary").stat().st_size == SUMMARY_BYTES - 1


def test_a_summary_is_added_to_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "summary"
    path.write_text("# before\n")
    assert append_summary({"GITHUB_STEP_SUMMARY": str(path)}, "# after \ud800")
    assert path.read_text() == "# before\n# after ?\n"


def test_every_line_of_a_secret_is_masked() -> None:
    key = "-----BEGIN KEY-----\nabc%def\r\n\n}\n-----END KEY-----"
    masked = [command(line)[2] for line in mask_commands([key])]
    assert set(masked) == {key, "-----BEGIN KEY-----", "abc%def", "-----END KEY-----"}
    assert all(line.startswith("::add-mask::") and "\n" not in line for line in mask_commands([key]))


def test_no_secret_no_mask() -> None:
    assert mask_commands(["", "  ", "\n", "ab"]) == []


def test_an_annotation_names_file_line_and_title() -> None:
    annotation = Annotation("docs/a,b:c.md", 12, "warning", "Title: 100%, done", "50% of\nlinks")
    assert command(annotation_commands([annotation])[0]) == (
        "warning",
        {"file": "docs/a,b:c.md", "line": "12", "title": "Title: 100%, done"},
        "50% of links",
    )


@given(st.text(), st.text(), st.text())
def test_no_text_gives_the_runner_a_command(path: str, title: str, message: str) -> None:
    (line,) = annotation_commands([Annotation(path, 1, "error", title, message)])
    assert len(line.splitlines()) == 1
    name, properties, _ = command(line)
    assert name == "error"
    assert set(properties) <= {"file", "line", "title"}
    assert properties["line"] == "1"


def test_the_ten_worst_are_annotated_and_the_rest_is_counted() -> None:
    many = [Annotation("a", line, "notice", "t", "m") for line in range(1, 2001)]
    many += [Annotation("b", 1, "error", "t", "m"), Annotation("c", 1, "warning", "t", "m")]
    lines = annotation_commands(many)
    assert [command(line)[0] for line in lines[:-1]] == ["error", "warning", *["notice"] * 8]
    assert lines[-1] == "1,992 more in the summary"
