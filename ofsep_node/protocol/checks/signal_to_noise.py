"""The signal to noise ratio of accelerated series (MR-2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from ofsep_node.domain.series import SeriesIdentity
from ofsep_node.domain.study import ImagingMeasurement
from ofsep_node.domain.verdict import Message
from ofsep_node.protocol.checks.observation import (
    CheckNumbers,
    JudgedSeries,
    JudgedStudy,
    Observation,
    bilingual,
)
from ofsep_node.protocol.selector import Selector

_ACCELERATED = re.compile(
    r"(?<![a-z])(compressed[ _]?sens\w*|cs[ _-]?sense|hyper(sense|band)|multi[ _-]?band"
    r"|(sms|mb)[ _-]?\d|grappa|caipi\w*)",
    re.IGNORECASE,
)
"""Vendors' names of acceleration, besides the factor of parallel imaging."""


class SignalToNoise(CheckNumbers):
    """The estimate, with its method, of each accelerated series; judged only where a floor is set."""

    kind: Literal["signal-to-noise"]
    series: Selector
    at_least: Annotated[float, Field(ge=0.1, le=1000)] | None = None

    def asks(self, _: SeriesIdentity) -> Message:
        floor = "" if self.at_least is None else f" (≥ {self.at_least:g})"
        return bilingual(
            fr=f"séries accélérées : rapport signal/bruit suffisant au diagnostic{floor}",
            en=f"accelerated series: signal to noise sufficient for a diagnosis{floor}",
        )

    def observe(self, study: JudgedStudy) -> Iterator[Observation]:
        """One observation for each accelerated series."""
        measured = {
            m.series_instance_uid: m for m in study.study.imaging if m.quantity == "signal-to-noise"
        }
        for series in study.series:
            if self.series.accepts(series.identity) and _is_accelerated(series):
                yield self._of(series, measured.get(series.facts.series_instance_uid))

    def _of(self, series: JudgedSeries, measured: ImagingMeasurement | None) -> Observation:
        uid = series.facts.series_instance_uid
        if measured is None:
            return Observation(
                outcome="not_applicable",
                series=uid,
                expected=self.at_least,
                message=Message(
                    fr=f"Série accélérée {series.name} : rapport signal/bruit non mesuré",
                    en=f"Accelerated series {series.name}: signal to noise not measured",
                ),
            )
        low = self.at_least is not None and measured.value < self.at_least
        said = f"{measured.value:.1f} ({measured.method})"
        return Observation(
            outcome="fail" if low else "pass",
            series=uid,
            measured=round(measured.value, 1),
            expected=self.at_least,
            unit=measured.unit,
            message=bilingual(
                fr=f"Série accélérée {series.name} : rapport signal/bruit estimé à {said}",
                en=f"Accelerated series {series.name}: signal to noise estimated at {said}",
            ),
        )


def _is_accelerated(series: JudgedSeries) -> bool:
    acquisition = series.facts.acquisition
    if (acquisition.parallel_factor or 1.0) > 1.0:
        return True
    words = (
        acquisition.series_description,
        acquisition.protocol_name,
        acquisition.technique,
        *acquisition.scan_options,
    )
    return any(_ACCELERATED.search(word) for word in words if word)
