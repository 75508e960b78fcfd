"""Diffusion directions of a DTI (AQ-3)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from ofsep_node.domain.measurement import hidden_directions
from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.domain.verdict import Message
from ofsep_node.protocol.checks.observation import CheckNumbers, JudgedSeries, Observation


class DtiDirections(CheckNumbers):
    """At least `at_least` distinct directions; opposite ones count once, b0 and trace not at all."""

    mended_by_more_images: ClassVar[bool] = True

    kind: Literal["dti-directions"]
    at_least: Annotated[int, Field(ge=6, le=1000)]  # six make a tensor

    def observe(self, series: JudgedSeries) -> Observation:
        """Judge one DTI. Volumes that do not give their direction may each hide another one."""
        found = series.measured.directions or 0
        hidden = sum(hidden_directions(v) for v in series.facts.volumes)
        possible = found + hidden >= self.at_least or not found
        if found < self.at_least and possible:
            return self._unsaid(found)
        return Observation(
            outcome="pass" if found >= self.at_least else "fail",
            measured=float(found),
            expected=float(self.at_least),
            unit="directions",
            message=Message(
                fr=f"{found} directions de diffusion distinctes, attendu {self.at_least} au moins",
                en=f"{found} distinct diffusion directions, expected at least {self.at_least}",
            ),
        )

    def asks(self, _: SeriesIdentity) -> Message:
        return Message(fr=f"≥ {self.at_least} directions", en=f"≥ {self.at_least} directions")

    def _unsaid(self, found: int) -> Observation:
        return Observation(
            outcome="undetermined",
            measured=float(found),
            expected=float(self.at_least),
            unit="directions",
            message=Message(
                fr=f"{found} directions de diffusion lues ; DiffusionBValue ou "
                "DiffusionGradientOrientation (0018,9089) absent de l'en-tête, non vérifiable",
                en=f"{found} diffusion directions read; DiffusionBValue or "
                "DiffusionGradientOrientation (0018,9089) not in the header, cannot be checked",
            ),
        )
