"""Items of a content tree, made by highdicom from the concepts of our tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from highdicom.sr import (
    CodeContentItem,
    CodedConcept,
    CompositeContentItem,
    ContainerContentItem,
    ContentItem,
    ContentSequence,
    ImageContentItem,
    NumContentItem,
    RelationshipTypeValues,
    TextContentItem,
    UIDRefContentItem,
)

from ofsep_node.reporting import coding
from ofsep_node.reporting.coding import Concept
from ofsep_node.reporting.context import ImageReference

_CONTAINS = RelationshipTypeValues.CONTAINS
_NO_UNIT = "1"
"""UCUM's unit of a plain number."""

UCUM_UNITS = frozenset({"T", "mm", "mm3", "ms", "s/mm2", "deg", "mo", "%", "mmol/kg", "1"})
"""Units of findings that are UCUM's own; every other is a count of something, an annotation."""


def ucum(unit: str | None) -> str:
    """A finding's unit as UCUM writes it: what is counted stands in braces."""
    if unit is None:
        return _NO_UNIT
    plain = unit in UCUM_UNITS or unit.startswith("{")
    return unit if plain else f"{{{unit}}}"


@dataclass(frozen=True, slots=True)
class Tree:
    """Makes items in one language; all of them are contained in their parent."""

    language: str

    def coded(self, concept: Concept) -> CodedConcept:
        return CodedConcept(
            value=concept.value,
            scheme_designator=concept.scheme,
            meaning=concept.meaning(self.language),
        )

    def text(self, name: Concept, value: str) -> ContentItem:
        return TextContentItem(self.coded(name), value, _CONTAINS)

    def code(self, name: Concept, word: str) -> ContentItem:
        """A word of the verdict's JSON."""
        return CodeContentItem(self.coded(name), self.coded(coding.VALUES[word]), _CONTAINS)

    def truth(self, name: Concept, *, value: bool | None) -> ContentItem:
        return self.code(name, {True: "yes", False: "no", None: "unknown"}[value])

    def uid(self, name: Concept, value: str) -> ContentItem:
        return UIDRefContentItem(self.coded(name), value, _CONTAINS)

    def number(self, name: Concept, value: float, unit: str | None) -> ContentItem:
        written = ucum(unit)
        meaning = "no units" if written == _NO_UNIT else written.strip("{}")
        units = CodedConcept(value=written, scheme_designator="UCUM", meaning=meaning)
        return NumContentItem(self.coded(name), value, units, relationship_type=_CONTAINS)

    def reference(self, name: Concept, to: ImageReference) -> ContentItem:
        item = ImageContentItem if to.is_image else CompositeContentItem
        return item(
            self.coded(name),
            to.sop_class_uid,
            to.sop_instance_uid,
            relationship_type=_CONTAINS,
        )

    def container(self, name: Concept, items: Iterable[ContentItem]) -> ContentItem:
        container = ContainerContentItem(self.coded(name), relationship_type=_CONTAINS)
        container.ContentSequence = ContentSequence(list(items))
        return container
