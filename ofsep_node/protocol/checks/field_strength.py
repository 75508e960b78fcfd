"""Magnetic field strength (MR-1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.domain.verdict import Message
from ofsep_node.protocol.checks.observation import (
    CheckNumbers,
    JudgedStudy,
    Observation,
    absent,
    bilingual,
    mm,
)


class FieldStrength(CheckNumbers):
    """The nominal field of every acquired series is one of `fields_t`, within `tolerance_t`."""

    kind: Literal["field-strength"]
    fields_t: Annotated[tuple[Annotated[float, Field(ge=0.1, le=20)], ...], Field(min_length=1)]
    tolerance_t: Annotated[float, Field(ge=0, le=0.7)]

    def observe(self, study: JudgedStudy) -> Iterator[Observation]:
        """Judge the study: one field off fails it, one field unknown leaves it undetermined."""
        acquired = [s for s in study.series if s.identity.role == "original"]
        if not acquired:
            return
        fields = [s.measured.field_t for s in acquired]
        known = sorted({f for f in fields if f is not None})
        off = [f for f in known if not self._is_nominal(f)]
        expected = " / ".join(mm(f) for f in self.fields_t)
        # Images that give the field do not speak for those that withhold it.
        withheld = any("magnetic_field_strength_t" in s.facts.unsaid for s in acquired)
        if not off and (withheld or None in fields):
            what = Message(fr="Champ magnétique", en="Field strength")
            yield absent(what, "MagneticFieldStrength", expected=expected, unit="T")
            return
        yield Observation(
            outcome="fail" if off else "pass",
            measured=(off or known)[0],
            expected=expected,
            unit="T",
            message=bilingual(
                fr=f"Champ de {mm((off or known)[0])} T, attendu {expected} T",
                en=f"Field of {mm((off or known)[0])} T, expected {expected} T",
            ),
        )

    def asks(self, _: SeriesIdentity) -> Message:
        fields = [f"{mm(field)} T" for field in self.fields_t]
        fr, en = " ou ".join(fields), " or ".join(fields)
        return bilingual(fr=f"champ de {fr}", en=f"field of {en}")

    def _is_nominal(self, field: float) -> bool:
        return any(abs(field - nominal) <= self.tolerance_t for nominal in self.fields_t)
