"""`${NAME}` is resolved when needed and masked everywhere."""

from __future__ import annotations

import pytest

from autoresearch.config.model import Site
from autoresearch.config.secrets import Secrets
from autoresearch.core.measurement import Finding, Measurement
from autoresearch.errors import NotMeasuredError

ENVIRONMENT = {"TOKEN": "s3cret", "LONGER": "s3cret-and-more", "SHORT": "x"}


def test_a_placeholder_is_resolved_inside_of_values() -> None:
    secrets = Secrets(ENVIRONMENT)
    assert secrets.resolve({"a": ["x-${TOKEN}-y", 3, None]}) == {"a": ["x-s3cret-y", 3, None]}


def test_a_variable_that_is_not_set_names_itself_and_how_to_set_it() -> None:
    with pytest.raises(NotMeasuredError, match=r"\$\{NOBODY\}") as caught:
        Secrets(ENVIRONMENT).resolve("${NOBODY}")
    assert "secrets.NOBODY" in caught.value.hint


def test_every_secret_is_masked_the_longest_first() -> None:
    secrets = Secrets(ENVIRONMENT)
    secrets.learn({"a": "${TOKEN}", "b": ["${LONGER}", "${SHORT}"]})
    assert secrets.mask({"s3cret": ["it is s3cret-and-more, not s3cret", 1, "x"]}) == {
        "***": ["it is ***, not ***", 1, "x"]
    }


def test_a_measurement_leaves_without_secrets() -> None:
    secrets = Secrets(ENVIRONMENT)
    secrets.learn("${TOKEN}")
    finding = Finding(rule="r", subject="/?t=s3cret", severity="error", message="GET /?t=s3cret failed")
    measurement = Measurement(loop="a", kind="seo", findings=(finding,), observations={"/?t=s3cret": {"x": "s3cret"}})
    assert "s3cret" not in secrets.masked(measurement).model_dump_json()


def test_a_model_without_placeholders_is_left_alone() -> None:
    site = Site(url="https://shop.example")
    assert Secrets({}).resolved(site) is site


def test_a_models_placeholders_are_resolved_late() -> None:
    site = Site(url="https://${HOST}")
    assert Secrets({"HOST": "preview.example"}).resolved(site).url == "https://preview.example"
