"""The model of an edition: sentences quoted verbatim, with requirements and rules under them.

A rule cannot be written without the sentence it enforces; a sentence without a rule says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from ofsep_node.domain.geometry import Plane
from ofsep_node.domain.series import (
    Dimension,
    Gadolinium,
    Organ,
    Role,
    SeriesIdentity,
    Weighting,
)
from ofsep_node.domain.verdict import (
    Level,
    Message,
    Outcome,
    Part,
    ProtocolReference,
    Severity,
)
from ofsep_node.protocol.checks import Check
from ofsep_node.protocol.examples import Example
from ofsep_node.protocol.selector import Selector

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]*$")]


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return pattern


def _several(alternatives: Any) -> Any:
    """One mapping is one alternative."""
    return [alternatives] if isinstance(alternatives, dict) else alternatives


Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Pattern = Annotated[str, StringConstraints(min_length=1), AfterValidator(_compiles)]
Alternatives = Annotated[tuple[Selector, ...], BeforeValidator(_several), Field(min_length=1)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Label(_Model):
    """Words for people, in the node's two languages."""

    fr: str
    en: str

    def message(self) -> Message:
        return Message(fr=self.fr, en=self.en)


def _in_both_languages(words: Any) -> Any:
    """One text stands for both languages."""
    return {"fr": words, "en": words} if isinstance(words, str) else words


Words = Annotated[Label, BeforeValidator(_in_both_languages)]


class Requirement(_Model):
    """A sequence the protocol requires, offers, or asks for under a condition."""

    id: Name
    label: Label
    part: Part
    level: Level
    programmes: tuple[Name, ...]
    series: Alternatives  # any one of them will do
    indications: tuple[Name, ...] = ()  # those under which a conditional sequence is suggested

    def accepts(self, identity: SeriesIdentity) -> bool:
        """Whether the series is certainly what is asked for."""
        return any(selector.accepts(identity) for selector in self.series)

    def allows(self, identity: SeriesIdentity) -> bool:
        """Whether the series may be what is asked for, for all that is known of it."""
        return any(selector.allows(identity) for selector in self.series)

    def closest(self, identity: SeriesIdentity) -> Selector:
        """The alternative that the series differs from in least."""
        return min(self.series, key=lambda selector: len([*selector.mismatches(identity)]))

    @property
    def weightings(self) -> frozenset[Weighting]:
        """The weightings of all alternatives."""
        return frozenset(w for selector in self.series for w in selector.weighting)


class Rule(_Model):
    """One check with its numbers, and what it means when it fails or cannot be determined."""

    id: Name
    label: Label
    severity: Severity
    severity_undetermined: Severity | None = None  # None: as when it fails
    applies_to: Selector | None = None
    check: Check
    why: str
    examples: tuple[Example, ...] = ()
    adapted: str | None = None  # a site's reason for changing this rule

    def severity_of(self, outcome: Outcome, graded: Severity | None = None) -> Severity:
        """How grave an outcome is; `graded` is what the check says of what it saw, if anything."""
        if outcome == "undetermined" and self.severity_undetermined is not None:
            return self.severity_undetermined
        return graded or self.severity


class Sentence(_Model):
    """One sentence of the source text, and how it is checked.

    A rule stands under one sentence; others that it enforces too name it in `checked_by`.
    """

    id: str
    source: Literal["ofsep", "node"] = "ofsep"
    quote: str
    in_french: str | None = None  # of the node's own; the observatory's are French
    status: Literal["checked", "manual", "not_in_dicom"] = "checked"
    why: Words | None = None
    requirements: tuple[Requirement, ...] = ()
    rules: tuple[Rule, ...] = ()
    checked_by: tuple[Name, ...] = ()

    @model_validator(mode="after")
    def _says_how_it_is_checked(self) -> Self:
        checked = bool(self.rules or self.requirements or self.checked_by)
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


class IdentityPins(_Model):
    """What a site says that the series of a description are; what is left out is recognised."""

    organ: Organ | None = None
    weighting: Weighting | None = None
    dimension: Dimension | None = None
    plane: Plane | None = None
    gadolinium: Gadolinium | None = None
    role: Role | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.said():
            raise ValueError("says nothing: give at least one attribute")
        return self

    def said(self) -> dict[str, str]:
        """The attributes that are given, with their values."""
        return self.model_dump(exclude_none=True)

    def over(self, identity: SeriesIdentity) -> SeriesIdentity:
        """The identity, but for the attributes that are given."""
        return replace(
            identity,
            organ=self.organ or identity.organ,
            weighting=self.weighting or identity.weighting,
            dimension=self.dimension or identity.dimension,
            plane=self.plane or identity.plane,
            gadolinium=self.gadolinium or identity.gadolinium,
            role=self.role or identity.role,
        )


class SeriesPattern(_Model):
    """Series whose description matches are what the site says they are."""

    description: Pattern  # searched in SeriesDescription, else ProtocolName; case does not matter
    identity: IdentityPins
    reason: Reason


class IndicationPattern(_Model):
    """Examinations whose request or description matches have this indication."""

    text: Pattern  # searched in each text of the request and in StudyDescription
    indication: Name
    reason: Reason


class Edition(_Model):
    """A whole edition, with a site's adaptations applied, and the digest of both."""

    name: str
    edition: str
    title: Label
    digest: str
    programme: Name  # when the indication is unknown
    recognised_from: float = Field(
        default=0.0, ge=0.0, le=1.0
    )  # confidence below which all is open
    indications: tuple[Indication, ...]
    sentences: tuple[Sentence, ...] = Field(min_length=1)
    site: str | None = None
    series_patterns: tuple[SeriesPattern, ...] = ()
    indication_patterns: tuple[IndicationPattern, ...] = ()

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

    @model_validator(mode="after")
    def _references_are_known(self) -> Self:
        rules = {r.id for _, r in self.rules()}
        checks = [r.check for _, r in self.rules()]
        sentences, indications = {s.id for s in self.sentences}, {i.id for i in self.indications}
        for what, known, names in (
            ("rule", rules, [n for s in self.sentences for n in s.checked_by]),
            ("sentence", sentences, [n for c in checks for n in c.sentences_cited()]),
            ("indication", indications, [n for c in checks for n in c.indications_named()]),
            ("indication", indications, [n for r in self.requirements() for n in r.indications]),
            ("indication", indications, [p.indication for p in self.indication_patterns]),
        ):
            strange = sorted({*names} - known)
            if strange:
                raise ValueError(f"{what} {strange[0]} is not in this edition")
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

    def suggested_for(self, indication: str) -> frozenset[str]:
        """The conditional sequences that an indication suggests, by their ids."""
        return frozenset(r.id for r in self.requirements() if indication in r.indications)

    def indication_label(self, indication: str) -> Message | None:
        """An indication in words; None when it is not known."""
        return next((i.label.message() for i in self.indications if i.id == indication), None)

    def reference(self) -> ProtocolReference:
        """What a verdict says it was judged by."""
        return ProtocolReference(
            name=self.name, edition=self.edition, digest=self.digest, site=self.site
        )

    def sentence(self, name: str) -> Sentence:
        """A sentence by its id. Raises KeyError."""
        found = next((s for s in self.sentences if s.id == name), None)
        if found is None:
            raise KeyError(name)
        return found
