"""A step's inputs as a command line: only what was given, no value taken for an option, no token in an argument."""

from __future__ import annotations

import re
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from autoresearch.action import command_line, masks
from autoresearch.errors import UsageError
from tests.e2e.containers import ROOT

TOKEN = "ghs_" + "s3cret" * 6
DECLARED = YAML(typ="safe").load(ROOT / "action.yml")["inputs"]


def step(command: str = "run", **inputs: str) -> list[str]:
    words, _ = command_line(as_set_by_the_runner(command=command, **inputs))
    return words


def as_set_by_the_runner(**inputs: str) -> dict[str, str]:
    """Every declared input is set: to nothing where the workflow does not name it."""
    named = {name.replace("_", "-"): value for name, value in inputs.items()}
    assert named.keys() <= DECLARED.keys()
    return {f"INPUT_{name.upper()}": named.get(name, "") for name in DECLARED}


def test_a_step_without_inputs_runs_all_loops() -> None:
    assert step() == ["run"]
    assert command_line({})[0] == ["run"]


def test_every_input_of_a_run_becomes_its_option() -> None:
    words = step(
        loops="seo posts",
        config="checks/config.yml",
        root="site",
        url="https://preview.example",
        base="origin/main",
        shard="1/3",
        result="out/result.json",
        fail_on="any",
        comment="false",
        check="true",
        issues="false",
        commit="true",
        api_url="https://proxy.example/api",
        args="--seed 7 --now '2026-05-01 06:00'",
    )
    assert words[0] == "run"
    assert words[-3:] == ["--", "seo", "posts"]
    assert words[-7:-3] == ["--seed", "7", "--now", "2026-05-01 06:00"]
    assert sorted(words[1:-7]) == [
        "--api-url=https://proxy.example/api",
        "--base=origin/main",
        "--check",
        "--commit",
        "--config=checks/config.yml",
        "--fail-on=any",
        "--no-comment",
        "--no-issues",
        "--out=out/result.json",
        "--root=site",
        "--shard=1/3",
        "--url=https://preview.example",
    ]


def test_a_publishing_step_takes_results_and_patterns_for_them() -> None:
    env = as_set_by_the_runner(command="publish", result="results/*/result.json 'one more.json'", comment="true")
    found = {"results/*/result.json": ["results/1/result.json", "results/2/result.json"]}
    words, _ = command_line(env, expand=lambda pattern: found.get(pattern, [pattern]))
    assert words == ["publish", "--comment", "--", "results/1/result.json", "results/2/result.json", "one more.json"]


def test_a_publishing_step_without_results_looks_for_them_itself() -> None:
    assert step("publish") == ["publish"]


def test_another_command_takes_the_rest_in_args() -> None:
    assert step("promote", args="hero/b --mode strict", root="shop") == [
        "promote",
        "--root=shop",
        "hero/b",
        "--mode",
        "strict",
    ]
    assert step("schema", fail_on="never", api_url="https://proxy.example") == ["schema"]


def test_a_planning_step_takes_the_loops_that_are_planned() -> None:
    assert step("plan", loops="seo", root="shop", args="--shards 8") == [
        "plan",
        "--root=shop",
        "--shards",
        "8",
        "--",
        "seo",
    ]


@pytest.mark.parametrize(
    ("command", "inputs", "words"),
    [
        ("run", {"comment": "yes"}, "input `comment`: 'yes' is neither true nor false"),
        ("run", {"args": "--because 'it is"}, "input `args`: No closing quotation"),
        ("publish", {"shard": "1/2"}, "input `shard` means nothing to `publish`"),
        ("publish", {"url": "https://x.example"}, "input `url` means nothing to `publish`"),
        ("doctor", {"loops": "seo"}, "input `loops` means nothing to `doctor`"),
        ("schema", {"comment": "true"}, "input `comment` means nothing to `schema`"),
        ("--version", {}, "input `command`: '--version' is no command"),
        ("run seo", {}, "input `command`: 'run seo' is no command"),
    ],
)
def test_an_input_that_cannot_be_is_named(command: str, inputs: dict[str, str], words: str) -> None:
    with pytest.raises(UsageError, match=re.escape(words)):
        step(command, **inputs)


@given(st.text(min_size=1).map(str.strip).filter(bool))
def test_no_value_is_taken_for_an_option_whatever_a_branch_is_called(name: str) -> None:
    assert step(base=name) == ["run", f"--base={name}"]
    assert step(loops=shlex.quote(name)) == ["run", "--", name]


@pytest.mark.parametrize("value", ["True", "TRUE", " true "])
def test_a_switch_is_written_as_yaml_writes_it(value: str) -> None:
    assert step(comment=value) == ["run", "--comment"]


def test_the_token_is_in_the_environment_of_the_command_and_in_no_argument() -> None:
    env = as_set_by_the_runner(token=TOKEN) | {"PATH": "/bin", "GITHUB_TOKEN": "another"}
    words, environment = command_line(env)
    assert not [word for word in words if TOKEN in word]
    assert environment == {"PATH": "/bin", "GITHUB_TOKEN": TOKEN}


def test_without_the_input_the_workflows_own_variable_stays() -> None:
    assert command_line({"GITHUB_TOKEN": TOKEN})[1] == {"GITHUB_TOKEN": TOKEN}
    assert command_line(as_set_by_the_runner())[1] == {}


def test_what_is_named_like_a_secret_is_masked_the_longest_first() -> None:
    env = {
        "INPUT_TOKEN": TOKEN,
        "SHOP_API_KEY": "k" * 12,
        "DB_PASSWORD": "hunter22",
        "GIT_AUTHOR_NAME": "Harbour Clay",
        "EMPTY_TOKEN": "",
        "SHORT_SECRET": "on",
    }
    assert masks(env) == [TOKEN, "k" * 12, "hunter22"]


def test_every_declared_input_means_something() -> None:
    sample = {"command": "run", "comment": "true", "check": "true", "issues": "true", "commit": "true"}
    for name in DECLARED.keys() - {"command", "token"}:
        words, _ = command_line({f"INPUT_{name.upper()}": sample.get(name, "x")})
        assert words != ["run"], name
