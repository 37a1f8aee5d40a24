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
    whole["properties"]["loops"] = _loops({kind: definitions[f"loop-{kind}"]["required"] for kind in sorted(kinds)})
    return {"$schema": _DRAFT, **whole, "title": "autoresearch/config.yml"}


def _loops(kinds: Mapping[str, list[str]]) -> dict[str, Any]:
    """`kinds`: the keys that each one must be told. One that needs none may stand alone: `seo:`."""
    unnamed = {"required": ["kind"], "oneOf": [{"$ref": f"#/$defs/loop-{kind}"} for kind in kinds]}
    properties: dict[str, Any] = {}
    for kind, required in kinds.items():
        own = {"if": {"required": ["kind"]}, "then": unnamed, "else": {"$ref": f"#/$defs/loop-{kind}"}}
        properties[kind] = own if required else {"anyOf": [{"type": "null"}, own]}
    return {"type": "object", "properties": properties, "additionalProperties": unnamed}


def dump(kinds: Mapping[str, type[LoopSettings]]) -> str:
    """The schema as the committed file holds it."""
    return json.dumps(schema(kinds), indent=2, sort_keys=True) + "\n"
