"""What the words of a JSON-LD block mean: `@context`, as far as it occurs in pages. Nothing is ever fetched.

A name comes out as schema.org's without prefix (`offers`), as a full IRI, as a keyword (`@id`), or, where a context
that is not read may define it, as `_:name`: nothing is said of those.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from autoresearch.loops.structured_data.vocabulary import short, vocabulary

_SCHEMA_ORG = re.compile(
    r"\s*https?://(?:www\.)?schema\.org(?::443|:80)?(?:/*#?|/docs/jsonldcontext\.json(?:ld)?)\s*", re.IGNORECASE
)
_SCHEMA = "https://schema.org/"
_MAX_TERMS = 1_000
_MAX_NESTED = 20
_MAX_STEPS = 5


@dataclass(frozen=True, slots=True)
class Context:
    """The meaning of names at one place of a block."""

    vocabulary: str | None
    """What bare names belong to: an IRI that they continue; None: nothing."""
    terms: Mapping[str, str | None]
    """Aliases and prefixes; None: the name is declared to mean nothing."""
    maps: frozenset[str] = frozenset()
    """Names whose objects are keyed by language or index, and are not items."""
    is_partial: bool = False
    """Whether a context is in force that lies elsewhere, and so is not read."""

    @property
    def is_schema_org(self) -> bool:
        """Whether bare names are schema.org's."""
        return self.vocabulary == _SCHEMA

    def name(self, term: str) -> str | None:
        """What a key or type means; None: nothing."""
        if term in self.terms:
            meaning = self.terms[term]
            return meaning if meaning is None else short(meaning)
        if term[:1] == "@":
            return term
        if ":" in term:
            return short(self._unprefixed(term))
        if self.vocabulary == _SCHEMA:
            if self.is_partial and not _is_known(term):
                return "_:" + term
            return term
        return None if self.vocabulary is None else short(self.vocabulary + term)

    def _unprefixed(self, term: str) -> str:
        prefix, _, rest = term.partition(":")
        start = None if rest.startswith("//") else self.terms.get(prefix)
        return start + rest if start else term

    def extended(self, local: object, depth: int = 0) -> Context:
        """The context inside an object that has an `@context` of its own."""
        if isinstance(local, str):
            return SCHEMA_ORG if is_schema_org(local) and not self.terms else self._with_address(local)
        if local is None:
            return NONE
        if isinstance(local, list):
            context = self
            for each in local[:_MAX_NESTED]:
                context = context.extended(each, depth + 1) if depth < _MAX_NESTED else context
            return context
        return self._with_definitions(local) if isinstance(local, dict) else self

    def _with_address(self, address: str) -> Context:
        if is_schema_org(address):
            return Context(_SCHEMA, {**self.terms, **SCHEMA_ORG.terms}, self.maps, self.is_partial)
        return Context(self.vocabulary, self.terms, self.maps, is_partial=True)

    def _with_definitions(self, local: dict[str, object]) -> Context:
        vocabulary = self.vocabulary
        if "@vocab" in local:
            vocab = local["@vocab"]
            vocabulary = None
            if isinstance(vocab, str) and vocab:
                vocabulary = _SCHEMA if is_schema_org(vocab) else vocab
        given: dict[str, str | None] = {}
        maps = set(self.maps)
        for term, definition in islice(local.items(), _MAX_TERMS):
            meaning = definition
            if isinstance(definition, dict):
                meaning = definition.get("@id", term if vocabulary else None)
                if str(definition.get("@container")).strip("[']") in {"@language", "@index"}:
                    maps.add(term)
            if term[:1] != "@":
                given[term] = meaning if isinstance(meaning, str) else None
        terms = {**self.terms, **given}
        meant = {term: each and _meaning(each, terms, vocabulary) for term, each in given.items()}
        return Context(vocabulary, {**self.terms, **meant}, frozenset(maps), self.is_partial)


def is_schema_org(address: str) -> bool:
    """Whether an address stands for schema.org's vocabulary: with http or https, www, a slash, or its context file."""
    return _SCHEMA_ORG.fullmatch(address[:200]) is not None


def _meaning(definition: str, terms: Mapping[str, str | None], vocabulary: str | None) -> str | None:
    """What a definition leads to, through other definitions of the same context."""
    for _ in range(_MAX_STEPS):
        if definition[:1] == "@":
            return definition
        prefix, colon, rest = definition.partition(":")
        if not colon:
            return vocabulary + definition if vocabulary else None
        start = None if rest.startswith("//") else terms.get(prefix)
        if not start:
            break
        definition = start + rest
    return definition


def _is_known(term: str) -> bool:
    known = vocabulary()
    return term in known.properties or term in known.classes or known.is_value(term)


NONE = Context(None, {})
"""Where nothing is declared."""
SCHEMA_ORG = Context(_SCHEMA, {"schema": _SCHEMA, "id": "@id", "type": "@type"})
"""schema.org's own context; it also lets `id` and `type` do without their `@`."""
