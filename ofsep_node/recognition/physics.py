"""Weighting from the acquisition's times and pulses.

The ranges are those that vendors' product protocols keep to; they were checked on real headers
of Siemens, GE, Philips, Canon, UIH, Hitachi and Hyperfine scanners.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from ofsep_node.domain.series import Weighting
from ofsep_node.domain.verdict import Message
from ofsep_node.recognition.evidence import DIFFUSION_MAPS, Witness
from ofsep_node.recognition.said import numeral, said
from ofsep_node.recognition.traits import Traits

Range = tuple[float, float]

CSF_T1_MS = 4300.0
"""T1 of cerebrospinal fluid, the same at every field (Rooney et al., MRM 2007;57:308)."""
CSF_NULL_TOLERANCE = 0.15
CSF_NULL_USUAL_TOLERANCE = 0.25  # with a usual TI: preparation pulses move the null

FLAIR_TI_MS: Range = (1600.0, 2600.0)
FLAIR_TR_FROM_MS = 4500.0
FLAIR_TE_FROM_MS = 50.0  # shorter: arterial spin labelling
FLAIR_ALIKE_TR_FROM_MS = {True: 4500.0, False: 7000.0}  # 3D, 2D: a T2 needs less
STIR_TI_MS: Range = (120.0, 240.0)  # fat is nulled at about 160 ms at 1.5 T, 220 ms at 3 T
MPRAGE_TI_MS: Range = (400.0, 1100.0)
MPRAGE_CYCLE_MS: Range = (1500.0, 3000.0)  # Siemens writes the inversion cycle as TR
SPOILED_TR_BELOW_MS = 30.0  # GE, Philips and UIH write the echo spacing as TR
SPOILED_PLAIN_TR_MS: Range = (5.0, 15.0)  # shorter: bolus angiography; longer: time of flight
SPOILED_PLAIN_TE_FROM_MS = 1.8
T1_GRE_TE_BELOW_MS = 6.0
ALONE_AT_MOST = 0.35
"""Weight of times that several kinds of images share: below what makes a conclusion."""

T1_GRE_FLIP_DEG: Range = (4.0, 35.0)  # below: proton density; above: balanced steady state
T1_SE_TE_BELOW_MS = 40.0
T1_SE_TR_MS: Range = (250.0, 1100.0)
T1_IR_TI_MS: Range = (300.0, 1300.0)
T1_IR_TR_MS: Range = (1300.0, 3600.0)
T2_TE_MS: Range = (80.0, 130.0)
T2_TE_AT_MOST_MS: Range = (60.0, 200.0)
T2_3D_TE_MS: Range = (60.0, 450.0)  # nominal echo time of variable-flip-angle trains
T2_TR_FROM_MS = 1800.0
T2_3D_TR_FROM_MS = 1000.0
PD_TE_BELOW_MS = 50.0
T2STAR_TE_MS: Range = (10.0, 30.0)
T2STAR_TR_AT_MOST_MS = 1600.0  # longer: one volume per repetition, BOLD
T2STAR_3D_TE_MS: Range = (12.0, 45.0)
FIELD_MAP_ECHO_STEP_MS: Range = (0.5, 5.0)
ECHO_TRAIN_FROM = 3  # this many echo times make a map, not a picture

CONTRASTS: dict[str, tuple[Weighting, float]] = {
    "T1": ("t1", 0.4),
    "T2": ("t2", 0.4),
    "T2_STAR": ("t2star", 0.4),
    "PROTON_DENSITY": ("pd", 0.4),
    "FLUID_ATTENUATED": ("flair", 0.6),
    "STIR": ("stir", 0.5),
    "DIFFUSION": ("dwi", 0.5),
    "PERFUSION": ("other", 0.8),
    "TOF": ("other", 0.85),
    "FLOW_ENCODED": ("other", 0.85),
    "PHASE_CONTRAST": ("other", 0.85),
    "TAGGING": ("other", 0.85),
    "SPECTROSCOPY": ("other", 0.9),
}
"""AcquisitionContrast (0008,9209), PS3.3 C.8.13.1.1.1.5: a witness, not the judge."""


def weighting_physics(traits: Traits) -> list[Witness]:
    """What the physics of an acquisition says of its weighting."""
    witnesses = (rule(traits) for rule in RULES)
    return [w for w in witnesses if w is not None]


def acquisition_contrast(value: str | None) -> list[Witness]:
    """What AcquisitionContrast says, when it says something."""
    known = CONTRASTS.get((value or "").upper())
    if known is None:
        return []
    allows = DIFFUSION_MAPS if known[0] == "dwi" else ()
    return [Witness((known[0],), known[1], said("AcquisitionContrast {}", value or ""), allows)]


def csf_null_ms(repetition_time_ms: float) -> float:
    """The inversion time that nulls fluid at a repetition time, in ms (inversion recovery)."""
    ratio = repetition_time_ms / CSF_T1_MS
    return CSF_T1_MS * (math.log(2.0) - math.log1p(math.exp(-ratio)))


def summary(traits: Traits) -> Message:
    """The measured values, as evidence shows them: "3D, TE 2.9 ms, TR 7 ms, TI 900 ms"."""
    parts = [traits.dimension.claim] if traits.dimension.claim != "unknown" else []
    echoes = "/".join(_ms(t) for t in traits.echo_times_ms[:4])
    parts += [f"TE {echoes} ms"] if echoes else []
    if traits.repetition_time_ms:
        parts.append(f"TR {_ms(traits.repetition_time_ms)} ms")
    inversions = "/".join(_ms(t) for t in traits.inversion_times_ms)
    parts += [f"TI {inversions} ms"] if inversions else []
    return numeral(", ".join(parts))


def _ms(time: float) -> str:
    return f"{time:.0f}" if time >= 100.0 else f"{round(time, 1):g}"


def _within(value: float | None, limits: Range) -> bool:
    return value is not None and limits[0] <= value <= limits[1]


def _says(traits: Traits, claim: Weighting, weight: float, reads: Message) -> Witness:
    return Witness((claim,), weight, said("{}: {}", summary(traits), reads))


def _single_inversion(traits: Traits) -> float | None:
    return traits.inversion_times_ms[0] if len(traits.inversion_times_ms) == 1 else None


def _flair(traits: Traits) -> Witness | None:
    ti, tr = _single_inversion(traits), traits.repetition_time_ms
    if ti is None or traits.epi or traits.echo == "gradient":
        return None
    if ti < FLAIR_TI_MS[0] / 2 or (traits.echo_time_ms or FLAIR_TE_FROM_MS) < FLAIR_TE_FROM_MS:
        return None
    usual = _within(ti, FLAIR_TI_MS) and (tr is None or tr >= FLAIR_TR_FROM_MS)
    if tr is None:
        return _says(traits, "flair", 0.7, said("inversion as for FLAIR")) if usual else None
    off = abs(ti / csf_null_ms(tr) - 1.0)
    if off > (CSF_NULL_USUAL_TOLERANCE if usual else CSF_NULL_TOLERANCE):
        # A DIR of which only one inversion time is written looks like this.
        because = said("inversion as for FLAIR, but it does not null fluid")
        return _says(traits, "flair", 0.25, because) if usual else None
    return _says(traits, "flair", 0.85 if usual else 0.7, said("inversion that nulls fluid, FLAIR"))


def _stir(traits: Traits) -> Witness | None:
    ti = _single_inversion(traits)
    if not _within(ti, STIR_TI_MS) or traits.epi or traits.echo == "gradient":
        return None
    return _says(traits, "stir", 0.85, said("inversion that nulls fat, STIR"))


def _dir(traits: Traits) -> Witness | None:
    if len(traits.inversion_times_ms) != 2 or traits.echo == "gradient" or traits.epi:
        return None
    return _says(traits, "dir", 0.85, said("two inversions, DIR"))


def _t1_gradient_echo_3d(traits: Traits) -> Witness | None:
    te, tr, ti = traits.echo_time_ms, traits.repetition_time_ms, _single_inversion(traits)
    if traits.echo != "gradient" or not traits.is_3d or traits.epi:
        return None
    if te is None or te >= T1_GRE_TE_BELOW_MS or not _flip_of_t1(traits):
        return None
    if (traits.inversion or traits.prepared) and tr is not None and tr > MPRAGE_CYCLE_MS[1]:
        return _says(traits, "other", 0.5, said("a cycle as long as MP2RAGE's, of two inversions"))
    if _within(ti, MPRAGE_TI_MS):
        return _says(traits, "t1", 0.85, said("inversion-prepared T1-weighted gradient echo"))
    if ti is not None or tr is None:
        return None
    if traits.prepared and (tr < SPOILED_TR_BELOW_MS or _within(tr, MPRAGE_CYCLE_MS)):
        return _says(traits, "t1", 0.75, said("magnetisation-prepared T1-weighted gradient echo"))
    return _t1_spoiled_3d(traits, te, tr)


def _t1_spoiled_3d(traits: Traits, te: float, tr: float) -> Witness | None:
    """Phase contrast and dynamic perfusion have the times of a T1 without preparation."""
    if tr >= SPOILED_TR_BELOW_MS or len(traits.echo_times_ms) > 1:
        return None
    if te >= SPOILED_PLAIN_TE_FROM_MS and _within(tr, SPOILED_PLAIN_TR_MS):
        return _says(
            traits, "t1", ALONE_AT_MOST, said("T1-weighted gradient echo, or phase contrast")
        )
    if tr > SPOILED_PLAIN_TR_MS[1]:
        return _says(traits, "other", 0.4, said("gradient echo with the times of time of flight"))
    return _says(traits, "t1", 0.2, said("T1-weighted gradient echo, or angiography"))


def _flip_of_t1(traits: Traits) -> bool:
    return traits.flip_angle_deg is None or _within(traits.flip_angle_deg, T1_GRE_FLIP_DEG)


def _t1_gradient_echo_2d(traits: Traits) -> Witness | None:
    te, tr, flip = traits.echo_time_ms, traits.repetition_time_ms, traits.flip_angle_deg
    if traits.echo != "gradient" or not traits.is_2d or traits.epi or traits.inversion:
        return None
    if te is None or te > 8.0 or not _within(tr, (100.0, 400.0)) or not flip or flip < 50.0:
        return None
    return _says(traits, "t1", 0.45, said("2D T1-weighted gradient echo"))


def _plain_spin_echo(traits: Traits) -> bool:
    """Spin echo, not EPI, and the header speaks of no inversion."""
    return traits.echo == "spin" and not traits.epi and not traits.inversion


def _t1_spin_echo(traits: Traits) -> Witness | None:
    te, tr = traits.echo_time_ms, traits.repetition_time_ms
    if not _plain_spin_echo(traits) or te is None or te >= T1_SE_TE_BELOW_MS:
        return None
    if not _within(tr, T1_SE_TR_MS):
        return None
    if traits.is_3d:
        because = said("T1-weighted spin echo, or an image of vessel walls")
        return _says(traits, "t1", ALONE_AT_MOST, because)
    return _says(traits, "t1", 0.7, said("T1-weighted spin echo"))


def _t1_inversion_recovery(traits: Traits) -> Witness | None:
    te, ti = traits.echo_time_ms, _single_inversion(traits)
    if traits.echo != "spin" or traits.epi or te is None or te >= T1_SE_TE_BELOW_MS:
        return None
    if not _within(ti, T1_IR_TI_MS) or not _within(traits.repetition_time_ms, T1_IR_TR_MS):
        return None
    return _says(traits, "t1", 0.65, said("T1-weighted inversion recovery"))


def _t2(traits: Traits) -> Witness | None:
    te, tr = traits.echo_time_ms, traits.repetition_time_ms
    if not _plain_spin_echo(traits) or len(traits.echo_times_ms) != 1 or tr is None:
        return None
    if tr >= FLAIR_ALIKE_TR_FROM_MS[traits.is_3d] and not traits.denies_inversion:
        return _t2_or_flair(traits, te)
    if traits.is_3d and _within(te, T2_3D_TE_MS) and tr >= T2_3D_TR_FROM_MS:
        return _says(traits, "t2", 0.65, said("3D T2-weighted spin echo"))
    if tr < T2_TR_FROM_MS or not _within(te, T2_TE_AT_MOST_MS):
        return None
    return _says(
        traits, "t2", 0.65 if _within(te, T2_TE_MS) else 0.5, said("T2-weighted spin echo")
    )


def _t2_or_flair(traits: Traits, te: float | None) -> Witness | None:
    """A repetition time as for FLAIR, and no word on an inversion: neither claim wins alone."""
    if not _within(te, T2_3D_TE_MS):
        return None
    reads = said("T2, or a FLAIR whose inversion time is not written")
    because = said("{}: {}", summary(traits), reads)
    return Witness(("t2",), ALONE_AT_MOST, because, allows=("flair",))


def _proton_density(traits: Traits) -> Witness | None:
    te, tr = traits.echo_time_ms, traits.repetition_time_ms
    if not _plain_spin_echo(traits) or te is None or te >= PD_TE_BELOW_MS:
        return None
    if tr is None or tr < T2_TR_FROM_MS or len(traits.echo_times_ms) != 1:
        return None
    if traits.is_3d:
        return _says(traits, "pd", 0.3, said("proton density, or arterial spin labelling"))
    return _says(traits, "pd", 0.6, said("long TR and short TE, proton density"))


def _dual_echo(traits: Traits) -> Witness | None:
    tes, tr = traits.echo_times_ms, traits.repetition_time_ms
    if not _plain_spin_echo(traits) or len(tes) != 2 or tr is None or tr < T2_TR_FROM_MS:
        return None
    if tes[0] >= PD_TE_BELOW_MS or not _within(tes[1], T2_TE_AT_MOST_MS):
        return None
    return _says(traits, "pd_t2", 0.85, said("dual echo, proton density and T2"))


def _echo_train(traits: Traits) -> Witness | None:
    if len(traits.echo_times_ms) < ECHO_TRAIN_FROM or traits.echo != "spin":
        return None
    return _says(traits, "other", 0.7, said("{} spin echoes, a T2 map", len(traits.echo_times_ms)))


def _t2star(traits: Traits) -> Witness | None:
    te = traits.echo_time_ms
    if traits.echo != "gradient" or traits.epi or traits.inversion_times_ms:
        return None
    if len(traits.echo_times_ms) == 2:
        return None
    if (traits.repetition_time_ms or 0.0) > T2STAR_TR_AT_MOST_MS:
        return None
    if traits.is_2d and _within(te, T2STAR_TE_MS):
        return _says(traits, "t2star", 0.65, said("2D gradient echo with a long TE, T2*"))
    if traits.is_3d and _within(te, T2STAR_3D_TE_MS):
        reads = said("3D gradient echo with a long TE, T2* or susceptibility")
        because = said("{}: {}", summary(traits), reads)
        return Witness(("t2star", "swi"), 0.4, because)
    return None


def _field_map(traits: Traits) -> Witness | None:
    tes = traits.echo_times_ms
    if traits.echo != "gradient" or traits.epi or len(tes) != 2 or traits.inversion:
        return None
    if not _within(tes[1] - tes[0], FIELD_MAP_ECHO_STEP_MS):
        return None
    return _says(traits, "other", 0.6, said("two gradient echoes close together, a field map"))


RULES: tuple[Callable[[Traits], Witness | None], ...] = (
    _flair,
    _stir,
    _dir,
    _t1_gradient_echo_3d,
    _t1_gradient_echo_2d,
    _t1_spin_echo,
    _t1_inversion_recovery,
    _t2,
    _proton_density,
    _dual_echo,
    _echo_train,
    _t2star,
    _field_map,
)
