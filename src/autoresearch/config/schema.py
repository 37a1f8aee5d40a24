"""The JSON Schema of `config.yml`, composed from the envelope and the settings of every kind that is given."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from autoresearch.config.model import Config, LoopSettings

_DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schema(kinds: Mapping[str, type[LoopSettings]]) -> dict[str, Any]:
    """A JSON Schema (draft 2020-12): a loop is told by its `kind`, which is its own name when left out."""
    whole = Config.model_json_schema(ref_template="#/$defs/{model}")
    definitions: dict[str, Any] = whole.setdefault("$defs", {})
    for kind, settings in sorted(kinds.items()):
        own = settings.model_json_schema(ref_template="#/$defs/{model}")
        definitions.update(own.pop("$defs", {}))
        own["properties"]["kind"] = {"const": kind}
        own["required"] = sorted(set(own.get("required", [])) - {"kind", "rung"})
        definitions[f"loop-{kind}"] = own
    whole["properties"]["loops"] = _loops(sorted(kinds))
    return {"$schema": _DRAFT, **whole, "title": "autoresearch/config.yml"}


def _loops(kinds: list[str]) -> dict[str, Any]:
    named = {kind: {"$ref": f"#/$defs/loop-{kind}"} for kind in kinds}
    unnamed = {"required": ["kind"], "oneOf": [{"$ref": f"#/$defs/loop-{kind}"} for kind in kinds]}
    told = {"if": {"required": ["kind"]}, "then": unnamed}
    return {
        "type": "object",
        "properties": {kind: {**told, "else": reference} for kind, reference in named.items()},
        "additionalProperties": unnamed,
    }


def dump(kinds: Mapping[str, type[LoopSettings]]) -> str:
    """The schema as the committed file holds it."""
    return json.dumps(schema(kinds), indent=2, sort_keys=True) + "\n"
