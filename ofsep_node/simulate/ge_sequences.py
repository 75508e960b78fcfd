"""The sequences of a GE 3 T scanner of software MR29, as its product pulse sequences run.

`sequence_file` is the pulse sequence's name (0019,109C), `technique` the internal one
(0019,109E). The repetition time of a 3D gradient echo is that between two echoes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ofsep_node.simulate.examination import Scanner, Sequence
from ofsep_node.simulate.repertoire import FLAIR_2D_SLAB, programmed
from ofsep_node.simulate.slabs import HEAD_3D

PIONEER = Scanner(
    "GE MEDICAL SYSTEMS", "SIGNA Pioneer", "29\\LX\\MR29.1_EA_2039.g", 3.0, 2.99989,
    serial_number="0000000000SIM01", station_name="GEMRSIM",
)  # fmt: skip

ORIGINAL = ("ORIGINAL", "PRIMARY", "OTHER")
PROCESSED = ("DERIVED", "SECONDARY", "PROCESSED")

_GRADIENT = {"scanning_sequence": ("GR",), "sequence_variant": ("SS", "SP", "SK")}
_SPIN = {"scanning_sequence": ("SE",), "sequence_variant": ("SK",)}
_INVERSION = {"scanning_sequence": ("SE", "IR"), "sequence_variant": ("SK",)}
_EPI = {"scanning_sequence": ("EP", "SE"), "sequence_variant": ("NONE",), "sequence_file": "epi2",
        "technique": "EPI2"}  # fmt: skip
_DIFFUSION_OPTIONS = ("SAT_GEMS", "EDR_GEMS", "EPI_GEMS", "ACC_GEMS", "PFF", "FS")
_FSE = {"sequence_file": "fse-xl", "technique": "FSE-XL"}
_CUBE = {"sequence_file": "Cube", "technique": "CUBE"}
_FRFSE = {"sequence_file": "frfse-xl", "technique": "FSE-XL"}

INTERPOLATED_3D = replace(HEAD_3D, slices=2 * HEAD_3D.slices, step_mm=HEAD_3D.step_mm / 2)
"""ZIP2: twice as many slices, each as thick as before."""

ZIP512 = replace(FLAIR_2D_SLAB, rows=512, columns=512, pixel_mm=0.45, acquired_pixel_mm=0.9)
"""Pixels filled up to 512 x 512 from a matrix of 256 x 256."""


def _brain(key: str, description: str, **settings: Any) -> Sequence:
    return _made(key, description, "CRANE SEP", **settings)


def _cord(key: str, description: str, **settings: Any) -> Sequence:
    return _made(key, description, "MOELLE SEP", **settings)


def _made(key: str, description: str, protocol: str, **settings: Any) -> Sequence:
    """A series; GE's protocol name is that of the whole examination."""
    settings.setdefault("image_type", ORIGINAL)
    return programmed(key, description, protocol_name=protocol, **settings)


_BRAVO: dict[str, Any] = {
    **_GRADIENT,
    "scan_options": ("FAST_GEMS", "EDR_GEMS", "ACC_GEMS"),
    "sequence_file": "BRAVO",
    "technique": "EFGRE3D",
    "echo_time_ms": 2.832,
    "repetition_time_ms": 6.964,
    "inversion_time_ms": 450.0,
    "flip_angle_deg": 12.0,
}
_CORD_T2: dict[str, Any] = {
    **_SPIN,
    **_FRFSE,
    "scan_options": ("SAT_GEMS", "NPW", "TRF_GEMS", "FC"),
    "flip_angle_deg": 142.0,
}
_CORD_T1: dict[str, Any] = {**_SPIN, **_FSE, "scan_options": ("SAT_GEMS", "NPW")}
_MERGE: dict[str, Any] = {
    **_GRADIENT,
    "scan_options": ("FC_SLICE_AX_GEMS", "FC"),
    "sequence_file": "3dmerge",
    "technique": "MERGE",
}
_SWAN: dict[str, Any] = {
    **_GRADIENT,
    "scan_options": ("FAST_GEMS", "EDR_GEMS", "FILTERED_GEMS", "ACC_GEMS", "FC"),
    "sequence_file": "SWAN",
    "technique": "SWAN",
}

_BRAIN = (
    _brain("localizer", "3-pl T2* FGRE", **_GRADIENT, scan_options=("FAST_GEMS", "SEQ_GEMS"),
           sequence_file="fgre", technique="FGRE", echo_time_ms=1.6, repetition_time_ms=5.6),
    _brain("t1", "SAG 3D T1 BRAVO", **_BRAVO),
    _brain("t1-gd", "SAG 3D T1 BRAVO GADO", **_BRAVO),
    _brain("dwi", "Ax DWI b1000", **_EPI, scan_options=_DIFFUSION_OPTIONS, echo_time_ms=78.4,
           repetition_time_ms=6500.0),
    _brain("adc", "ADC (10^-6 mm²/s)", **_EPI, scan_options=_DIFFUSION_OPTIONS,
           image_type=PROCESSED, echo_time_ms=78.4, repetition_time_ms=6500.0),
    _brain("flair", "3D FLAIR CUBE SAG", **_INVERSION, **_CUBE, slabs=(INTERPOLATED_3D,),
           scan_options=("T2FLAIR_GEMS", "EDR_GEMS", "ACC_GEMS", "FS"), echo_time_ms=116.4,
           repetition_time_ms=6500.0, inversion_time_ms=1712.0, echo_train_length=190),
    _brain("t2", "AX DP T2", **_SPIN, **_FSE, scan_options=("SAT_GEMS", "NPW", "FC")),
    _brain("t2-3d", "SAG CUBE T2", **_SPIN, **_CUBE, echo_time_ms=103.0, inversion_time_ms=0.0,
           scan_options=("EDR_GEMS", "ACC_GEMS")),
    _brain("dti", "Ax DTI 32 dir", **_EPI, scan_options=_DIFFUSION_OPTIONS),
    _brain("t2star", "AX T2* GRE", **_GRADIENT, scan_options=("FC_SLICE_AX_GEMS", "FC"),
           sequence_file="gre", technique="GRE"),
    _brain("swi", "AX SWAN", **_SWAN),
    _brain("dir", "SAG CUBE DIR", **_INVERSION, **_CUBE, echo_time_ms=90.0,
           scan_options=("T2FLAIR_GEMS", "EDR_GEMS", "ACC_GEMS", "FS")),
)  # fmt: skip

_SPINE = (
    _cord("cord-localizer", "3-pl Loc Rachis", **_GRADIENT, scan_options=("FAST_GEMS",),
          sequence_file="fgre", technique="FGRE", echo_time_ms=1.6, repetition_time_ms=5.6),
    _cord("cord-t2-1", "T2 SAG RACHIS CERVICAL", **_CORD_T2),
    _cord("cord-t2-2", "T2 SAG RACHIS CERVICO DORSAL", **_CORD_T2),
    _cord("cord-t2-3", "T2 SAG RACHIS DORSO LOMBAIRE", **_CORD_T2),
    _cord("cord-stir", "SAG STIR RACHIS CERVICAL", **_INVERSION, **_FSE,
          scan_options=("SAT_GEMS", "NPW", "IR_GEMS")),
    _cord("cord-t1-gd", "T1 SAG RACHIS CERVICAL GADO", **_CORD_T1),
    _cord("cord-t2star", "AX MERGE MOELLE CERVICALE", **_MERGE),
    _cord("cord-t1-gd-axial", "AX T1 MOELLE GADO", **_CORD_T1),
)  # fmt: skip

_AROUND = (
    _brain("tof", "AX 3D TOF MT", **_GRADIENT, scan_options=("FAST_GEMS", "SAT_GEMS", "MT"),
           sequence_file="3dtof", technique="TOF3D"),
    _brain("bold", "AX fMRI MOTEUR", scanning_sequence=("EP", "GR"), sequence_variant=("SS",),
           scan_options=("EPI_GEMS", "ACC_GEMS", "FS"), sequence_file="epi", technique="EPI"),
    _brain("fieldmap", "AX B0 MAP", **_GRADIENT, scan_options=("FC",), sequence_file="b0map",
           technique="FGRE"),
    _brain("perfusion", "AX PERFUSION DSC", scanning_sequence=("EP", "GR"),
           sequence_variant=("SS",), scan_options=("EPI_GEMS", "FS"), sequence_file="epi",
           technique="EPI"),
    _brain("mip", "MIN IP AX SWAN", **_SWAN,
           image_type=("DERIVED", "SECONDARY", "REFORMATTED", "MIN_IP")),
    _brain("phase", "PHA:AX SWAN", **_SWAN, image_type=PROCESSED, role="derived"),
    _brain("mpr", "AX T1 REFORMAT", **_BRAVO,
           image_type=("DERIVED", "SECONDARY", "REFORMATTED", "AVERAGE")),
    _brain("fa", "FRACT. ANISO", **_EPI, scan_options=_DIFFUSION_OPTIONS, image_type=PROCESSED),
    _brain("screenshot", "Screen Save", image_type=("DERIVED", "SECONDARY", "SCREEN SAVE")),
    _made("knee", "SAG DP FS GENOU D", "GENOU", **_SPIN, **_FSE,
          scan_options=("SAT_GEMS", "NPW", "FS")),
)  # fmt: skip

SEQUENCES: dict[str, Sequence] = {s.key: s for s in (*_BRAIN, *_SPINE, *_AROUND)}

FLAIR_2D = replace(
    _brain("flair-2d", "AX T2 FLAIR", **_INVERSION, **_FSE, slabs=(ZIP512,),
           scan_options=("T2FLAIR_GEMS", "SAT_GEMS", "FC", "FS"), repetition_time_ms=9000.0,
           inversion_time_ms=2454.0),
    key="flair",
)  # fmt: skip
ALTERNATIVES: dict[str, Sequence] = {"flair-2d": FLAIR_2D, "t2-3d": SEQUENCES["t2-3d"]}
