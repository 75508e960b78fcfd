"""What the header says of the acquisition's physics, from standard attributes and vendor names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ofsep_node.domain.instance import Acquisition
from ofsep_node.domain.series import Dimension, SeriesFacts
from ofsep_node.recognition import canon, ge, philips, siemens, uih
from ofsep_node.recognition.evidence import Conclusion, Witness, conclude
from ofsep_node.recognition.naming import Named, NameRule, names_read
from ofsep_node.recognition.said import said
from ofsep_node.recognition.words import text_of

Echo = Literal["spin", "gradient"]

VENDOR_RULES: tuple[tuple[str, tuple[NameRule, ...]], ...] = (
    ("siemens", siemens.RULES),
    ("ge ", ge.RULES),
    ("philips", philips.RULES),
    ("canon", canon.RULES),
    ("toshiba", canon.RULES),
    ("uih", uih.RULES),
    ("united imaging", uih.RULES),
)
"""The start of Manufacturer (0008,0070), lower case, and the names that vendor uses."""

IMAGE_TYPE_TOKENS = {"M_SE": "SE", "M_FFE": "GR", "M_IR": "IR"}
"""Philips writes the pulse sequence into ImageType, too."""


@dataclass(frozen=True, slots=True)
class Traits:
    """The physics of a series; times in ms, angles in degrees; None where the header is silent.

    `inversion_times_ms` holds positive times only: vendors write 0 for "no inversion", and
    `denies_inversion` is when they do.
    """

    echo: Echo | None
    epi: bool
    inversion: bool
    denies_inversion: bool
    prepared: bool
    dimension: Conclusion
    echo_times_ms: tuple[float, ...]
    repetition_time_ms: float | None
    inversion_times_ms: tuple[float, ...]
    flip_angle_deg: float | None
    names: tuple[Named, ...]

    @property
    def is_3d(self) -> bool:
        """The acquisition is known to be 3D."""
        return self.dimension.claim == "3D"

    @property
    def is_2d(self) -> bool:
        """The acquisition is known to be 2D."""
        return self.dimension.claim == "2D"

    @property
    def echo_time_ms(self) -> float | None:
        """The shortest echo time."""
        return self.echo_times_ms[0] if self.echo_times_ms else None


def vendor_rules(manufacturer: str | None) -> tuple[NameRule, ...]:
    """The names used by a manufacturer; none for one that is absent or not known."""
    name = (manufacturer or "").strip().lower() + " "
    return next((rules for start, rules in VENDOR_RULES if name.startswith(start)), ())


def traits_of(series: SeriesFacts) -> Traits:
    """Everything about the physics that the header of a series says."""
    acquisition = series.acquisition
    names = tuple(names_read(vendor_rules(acquisition.manufacturer), acquisition))
    tokens = _tokens(series, names)
    times = inversion_times(acquisition)
    return Traits(
        echo=_echo(acquisition, tokens),
        epi="EP" in tokens,
        inversion="IR" in tokens or bool(times),
        denies_inversion=acquisition.inversion_time_ms == 0.0 and not times,
        prepared="MP" in tokens,
        dimension=_dimension(acquisition, names),
        echo_times_ms=tuple(t for t in series.echo_times_ms if t > 0),
        repetition_time_ms=acquisition.repetition_time_ms,
        inversion_times_ms=times,
        flip_angle_deg=acquisition.flip_angle_deg,
        names=names,
    )


def inversion_times(acquisition: Acquisition) -> tuple[float, ...]:
    """Distinct positive inversion times, ascending, in ms."""
    written = acquisition.inversion_times_ms or (acquisition.inversion_time_ms or 0.0,)
    return tuple(sorted({t for t in written if t > 0}))


def _tokens(series: SeriesFacts, names: tuple[Named, ...]) -> frozenset[str]:
    acquisition = series.acquisition
    found = {*acquisition.scanning_sequence, *acquisition.sequence_variant}
    found.update(IMAGE_TYPE_TOKENS[t] for t in series.image_type if t in IMAGE_TYPE_TOKENS)
    return frozenset(found.union(*(n.rule.tokens for n in names)))


def _echo(acquisition: Acquisition, tokens: frozenset[str]) -> Echo | None:
    """ScanningSequence where it says so, else the vendor's names; neither when both are named."""
    for named in (frozenset(acquisition.scanning_sequence), tokens):
        if "SE" in named and "GR" not in named:
            return "spin"
        if "GR" in named and "SE" not in named:
            return "gradient"
    return None


def _dimension(acquisition: Acquisition, names: tuple[Named, ...]) -> Conclusion:
    witnesses = []
    written: Dimension | None = _dimension_written(acquisition.mr_acquisition_type)
    if written is not None:
        witnesses.append(Witness((written,), 0.9, said("MRAcquisitionType {}", written)))
    for named in names:
        for claim in ("2D", "3D"):
            if claim not in named.rule.tokens:
                continue
            because = said("{} ({}) is {}", named.value, said(named.rule.reads), claim)
            witnesses.append(Witness((claim,), 0.5, because))
    words = text_of(acquisition.series_description) or text_of(acquisition.protocol_name)
    spoken = {w.upper() for w in words.split()} & {"2D", "3D"}
    if len(spoken) == 1:
        claim = spoken.pop()
        witnesses.append(Witness((claim,), 0.4, said('"{}" in the description', claim)))
    return conclude(witnesses)


def _dimension_written(value: str | None) -> Dimension | None:
    match (value or "").strip().upper():
        case "2D":
            return "2D"
        case "3D":
            return "3D"
    return None
