"""The model of an edition: sentences quoted verbatim, with requirements and rules under them.

A rule cannot be written without the sentence it enforces; a sentence without a rule says why.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from ofsep_node.domain.verdict import Level, Message, Part, ProtocolReference, Severity
from ofsep_node.protocol.checks import Check
from ofsep_node.protocol.examples import Example
from ofsep_node.protocol.selector import Selector

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
UNKNOWN_INDICATION = "unknown"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Label(_Model):
    """Words for people, in the node's two languages."""

    fr: str
    en: str

    def message(self) -> Message:
        return Message(fr=self.fr, en=self.en)


class Requirement(_Model):
    """A sequence the protocol requires, offers, or asks for under a condition."""

    id: Name
    label: Label
    part: Part
    level: Level
    programmes: tuple[Name, ...]
    series: Selector


class Rule(_Model):
    """One check with its numbers, and what it means when it fails."""

    id: Name
    label: Label
    severity: Severity
    applies_to: Selector | None = None
    check: Check
    why: str
    examples: tuple[Example, ...] = ()
    adapted: str | None = None  # a site's reason for changing this rule


class Sentence(_Model):
    """One sentence of the source text, and how it is checked."""

    id: str
    source: Literal["ofsep", "node"] = "ofsep"
    quote: str
    status: Literal["checked", "manual", "not_in_dicom"] = "checked"
    why: str | None = None
    requirements: tuple[Requirement, ...] = ()
    rules: tuple[Rule, ...] = ()

    @model_validator(mode="after")
    def _says_how_it_is_checked(self) -> Self:
        checked = bool(self.rules or self.requirements)
        if checked != (self.status == "checked"):
            raise ValueError("a sentence is either checked by a rule, or manual / not_in_dicom")
        if self.status != "checked" and not self.why:
            raise ValueError("a sentence that no rule checks must say why")
        return self


class Indication(_Model):
    """Why the examination was asked for, and the programme that follows from it."""

    id: Name
    label: Label
    programme: Name


class Edition(_Model):
    """A whole edition, with a site's adaptations applied, and the digest of both."""

    name: str
    edition: str
    title: Label
    digest: str
    programme: Name  # when the indication is unknown
    indications: tuple[Indication, ...]
    sentences: tuple[Sentence, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        for what, names in (
            ("sentence", [s.id for s in self.sentences]),
            ("rule", [r.id for _, r in self.rules()]),
            ("requirement", [r.id for r in self.requirements()]),
        ):
            twice = sorted({n for n in names if names.count(n) > 1})
            if twice:
                raise ValueError(f"{what} {twice[0]} is written twice")
        return self

    def rules(self) -> Iterator[tuple[Sentence, Rule]]:
        """Every rule with the sentence it enforces, in the order written."""
        for sentence in self.sentences:
            for rule in sentence.rules:
                yield sentence, rule

    def requirements(self) -> Iterator[Requirement]:
        """Every requirement, in the order written."""
        for sentence in self.sentences:
            yield from sentence.requirements

    def programme_for(self, indication: str) -> str:
        """The programme that an indication calls for; the usual one when it is not known."""
        found = (i.programme for i in self.indications if i.id == indication)
        return next(found, self.programme)

    def reference(self) -> ProtocolReference:
        """What a verdict says it was judged by."""
        return ProtocolReference(name=self.name, edition=self.edition, digest=self.digest)
