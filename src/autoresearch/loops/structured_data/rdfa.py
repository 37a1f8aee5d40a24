"""RDFa to items: RDFa Lite 1.1, and of RDFa Core what pages use (`about`, `content`, `datatype`, `rel` of a property).

The rules are those of https://www.w3.org/TR/rdfa-core/#s_sequence with https://www.w3.org/TR/html-rdfa/. Words in `rel`
count where the vocabulary knows them: `rel="nofollow"` says nothing about things.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, TypeAlias

from selectolax.lexbor import LexborHTMLParser

from autoresearch.loops.structured_data.context import is_schema_org
from autoresearch.loops.structured_data.graph import Draft, Graph, TooMuchError
from autoresearch.loops.structured_data.items import Problem, Ref
from autoresearch.loops.structured_data.microdata import Texts, bare_type, inside
from autoresearch.loops.structured_data.vocabulary import short, vocabulary

MAX_VISITED = 200_000
"""Elements that are looked at."""
_SCHEMA = "https://schema.org/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_PREFIXES = {"schema": _SCHEMA, "rdf": _RDF, "og": "http://ogp.me/ns#", "foaf": "http://xmlns.com/foaf/0.1/"}
"""Of those that are known without being declared, the usual ones."""
_MAX_PREFIXES = 100
_MARKS = frozenset(("vocab", "prefix", "typeof", "property", "rel", "rev", "about", "resource", "href", "src"))
Attributes: TypeAlias = dict[str, str | None]
Subject: TypeAlias = Draft | Ref | None
"""A thing; a resource of which nothing was said yet; None: the page itself."""


def read_rdfa(tree: LexborHTMLParser, graph: Graph) -> list[Problem]:
    """Put the page's RDFa into `graph`. Raises TooMuchError."""
    if tree.css_first("[typeof]") is None or tree.root is None:
        return []
    reader = _Reader(graph)
    reader.read(tree.root)
    graph.mark_tops()
    return reader.problems


@dataclass(frozen=True, slots=True)
class _Place:
    """What holds at an element because of those around it."""

    prefixes: Mapping[str, str]
    vocabulary: str | None = None
    subject: Subject = None
    owner: Draft | None = None
    """Whose properties `hanging` are: a `rel` that leads to whatever its element holds."""
    hanging: tuple[str, ...] = ()

    def name(self, word: str) -> str | None:
        """What a word of `property` or `typeof` means; None where no vocabulary is in force."""
        prefix, colon, rest = word.partition(":")
        if not colon:
            return short(self.vocabulary + word) if self.vocabulary else None
        start = self.prefixes.get(prefix.lower())
        return short(word if start is None or rest.startswith("//") else start + rest)

    def names(self, attributes: Attributes, attribute: str) -> tuple[str, ...]:
        """What the words of an attribute mean, without those that mean nothing."""
        words = (attributes.get(attribute) or "").split()
        return tuple(name for word in words if (name := self.name(word)) is not None)

    def relations(self, attributes: Attributes, attribute: str) -> tuple[str, ...]:
        """The same for `rel` and `rev`, whose words are properties only where the vocabulary knows them."""
        names = self.names(attributes, attribute) if attribute in attributes else ()
        return tuple(name for name in names if name in vocabulary().properties or name == _RDF + "type")

    def declared(self, attributes: Attributes) -> _Place:
        """The same with what an element declares for itself and its content."""
        place = self
        if (vocab := attributes.get("vocab")) is not None:
            place = replace(place, vocabulary=_SCHEMA if is_schema_org(vocab) else vocab.strip() or None)
        words = (attributes.get("prefix") or "").split()[: 2 * _MAX_PREFIXES]
        given = {name[:-1].lower(): iri for name, iri in pairwise(words) if name.endswith(":")}
        if given and len(place.prefixes) < _MAX_PREFIXES:
            place = replace(place, prefixes={**place.prefixes, **given})
        return place

    def about(self, subject: Subject, owner: Draft | None = None, hanging: tuple[str, ...] = ()) -> _Place:
        """The place inside of an element that speaks of `subject`."""
        return replace(self, subject=subject, owner=owner, hanging=hanging)


class _Reader:
    """What is known while a page is read."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._texts = Texts("rdfa")
        self._page: Draft | None = None
        self._top = 0
        self.problems: list[Problem] = []

    def read(self, root: Any) -> None:
        waiting = [(root, _Place(_PREFIXES))]
        visited = 0
        while waiting:
            node, place = waiting.pop()
            visited += 1
            if visited > MAX_VISITED:
                raise TooMuchError(f"more than {MAX_VISITED:,} elements of RDFa")
            attributes = node.attributes
            if not _MARKS.isdisjoint(attributes):
                place = self._element(node, attributes, place.declared(attributes))
            waiting.extend((child, place) for child in list(node.iter())[::-1])

    def _element(self, node: Any, attributes: Attributes, place: _Place) -> _Place:
        """Take an element for what it says, and return what holds inside of it."""
        properties = place.names(attributes, "property")
        rels, revs = place.relations(attributes, "rel"), place.relations(attributes, "rev")
        about, target = _resource(attributes, "about"), _resource(attributes, "resource", "href", "src")
        is_value = bool(rels or revs) or (
            "property" in attributes and attributes.keys().isdisjoint({"content", "datatype"})
        )
        subject: Subject = about if about is not None or is_value else target
        typed: Draft | None = None
        if attributes.get("typeof") is not None:
            typed = self._typed(node, attributes, place, about or target, properties + rels)
            if not is_value or about is not None:
                subject = typed
        if place.owner is not None and (subject is not None or properties):
            self._say(place.owner, place.hanging, place.subject if subject is None else subject)
        speaker = place.subject if subject is None else subject
        value = typed if about is None and is_value else None
        if revs and (value or target) is not None:
            self._say(value or target, revs, self._own(speaker))
        if properties and not (rels and value):
            self._say(speaker, properties, self._value(node, attributes, target) if value is None else value)
        if rels:
            return self._related(place, speaker, rels, value or target)
        inner = typed or subject
        return place if inner is None else place.about(inner)

    def _typed(
        self, node: Any, attributes: Attributes, place: _Place, resource: Ref | None, leading: tuple[str, ...]
    ) -> Draft:
        """The thing that `typeof` is said of."""
        if resource is None and str(node.tag) in {"html", "head", "body"}:
            draft = self._own(None)
        else:
            draft = self._graph.draft(self._path(place, leading), resource.id if resource else "")
        for word in (attributes.get("typeof") or "").split():
            name = place.name(word)
            if name is not None:
                draft.types[name] = None
            elif word in vocabulary().classes:
                self.problems.append(bare_type(word, "typeof", draft.where))
        return draft

    def _related(self, place: _Place, speaker: Subject, rels: tuple[str, ...], value: Draft | Ref | None) -> _Place:
        """Properties by `rel`: they lead to the element's own resource, or to what the element holds."""
        if value is not None:
            self._say(speaker, rels, value)
            return place.about(value)
        owner = self._own(speaker)
        return place.about(self._graph.draft(self._path(place.about(owner), rels)), owner, rels)

    def _value(self, node: Any, attributes: Attributes, target: Ref | None) -> Ref | str:
        """What a property says of an element that is no thing itself."""
        content = attributes.get("content")
        if content is not None:
            return content.strip()
        tag = str(node.tag)
        given = attributes.get("datetime")
        if given is None and tag in {"data", "meter"}:
            given = attributes.get("value")
        if given is not None:
            return given.strip()
        if target is not None and tag != "time" and "datatype" not in attributes:
            return target
        return self._texts.of(node)

    def _say(self, speaker: Subject, names: tuple[str, ...], value: Draft | Ref | str | None) -> None:
        draft = self._own(speaker)
        for name in names:
            if name == _RDF + "type" and isinstance(value, Ref):
                draft.types[short(value.id)] = None
            else:
                draft.add(name, value)

    def _own(self, speaker: Subject) -> Draft:
        """The draft of what is spoken of."""
        if isinstance(speaker, Ref):
            return self._graph.draft("rdfa", speaker.id)
        if speaker is None:
            self._page = speaker = self._page or self._graph.draft("rdfa 0:")
        return speaker

    def _path(self, place: _Place, leading: tuple[str, ...]) -> str:
        if leading and isinstance(place.subject, Draft):
            return inside(place.subject.where, leading[0])
        self._top += 1
        return f"rdfa {self._top}:"


def _resource(attributes: Attributes, *names: str) -> Ref | None:
    """What the first of the attributes that is there points at."""
    for name in names:
        if (value := attributes.get(name)) is not None:
            return Ref(value.strip().removeprefix("[").removesuffix("]"))
    return None
