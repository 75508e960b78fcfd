"""The sequences of a Canon 3 T scanner of software V6.1.

A sequence's name is its physics, with a variant behind a plus sign: FE3D, FASE3D+0, SEEPI2D+0.7.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ofsep_node.simulate.examination import Diffusion, Scanner, Sequence
from ofsep_node.simulate.repertoire import programmed

GALAN = Scanner(
    "CANON_MEC", "Galan 3T", "V6.1SP3002*", 3.0, 2.893758,
    serial_number="9999", station_name="Galan 3T",
)  # fmt: skip

_ORIGINAL = ("ORIGINAL", "PRIMARY", "GDC")
_DERIVED = ("DERIVED", "SECONDARY")
_COMMON: dict[str, Any] = {"image_type": _ORIGINAL, "sequence_variant": ("NONE",),
                           "scan_options": ("NONE",)}  # fmt: skip

_FE: dict[str, Any] = {**_COMMON, "scanning_sequence": ("GR",)}
_FE2D: dict[str, Any] = {**_FE, "sequence_name": "FE2D"}
_FFE3D: dict[str, Any] = {**_FE, "sequence_name": "FFE3D_SLAB", "echo_time_ms": 2.5,
                          "repetition_time_ms": 6.0, "inversion_time_ms": 900.0}  # fmt: skip
_FASE3D: dict[str, Any] = {**_COMMON, "scanning_sequence": ("SE",), "sequence_name": "FASE3D_MPV"}
_FLAIR3D: dict[str, Any] = {**_FASE3D, "scanning_sequence": ("SE", "IR")}
_FSE: dict[str, Any] = {**_COMMON, "scanning_sequence": ("SE",), "sequence_name": "FSE2D"}
_FSEIR: dict[str, Any] = {**_FSE, "scanning_sequence": ("SE", "IR"), "sequence_name": "FIR2D"}
_FEEPI: dict[str, Any] = {**_COMMON, "scanning_sequence": ("GR", "EP"), "sequence_name": "FEEPI2D"}
_SEEPI: dict[str, Any] = {
    **_COMMON, "scanning_sequence": ("SE", "EP"), "scan_options": ("PFP", "NONE"),
    "sequence_name": "SEEPI2D+0.7", "echo_train_length": 30, "pixel_bandwidth_hz": 1563,
}  # fmt: skip
_FSBB: dict[str, Any] = {**_FE, "sequence_name": "FE3D_FSBB"}

_TRACE = (Diffusion("", 0.0), Diffusion("", 1000.0, "ISOTROPIC"))

_made = programmed

_BRAIN = (
    _made("localizer", "Locator", **_FE2D),
    _made("t1", "3D T1 MPRAGE SAG", **_FFE3D),
    _made("t1-gd", "3D T1 MPRAGE SAG GADO", **_FFE3D),
    _made("dwi", "DWI AX b1000", **_SEEPI, diffusion=_TRACE),
    _made("adc", "ADC DWI AX b1000", **{**_SEEPI, "image_type": (*_DERIVED, "ADC")}),
    _made("flair", "3D FLAIR mVox SAG", **_FLAIR3D),
    _made("t2", "T2 DP AX", **_FSE),
    _made("t2-3d", "3D T2 mVox SAG", **_FASE3D),
    _made("dti", "DTI_AX_32d", **_SEEPI),
    _made("t2star", "T2* AX", **_FE2D),
    _made("swi", "FSBB AX", **_FSBB),
    _made("dir", "3D DIR mVox SAG", **_FLAIR3D),
)

_SPINE = (
    _made("cord-localizer", "Locator Rachis", **_FE2D),
    _made("cord-t2-1", "T2 SAG RACHIS CERVICAL", **_FSE),
    _made("cord-t2-2", "T2 SAG RACHIS DORSAL", **_FSE),
    _made("cord-t2-3", "T2 SAG RACHIS LOMBAIRE", **_FSE),
    _made("cord-stir", "STIR SAG RACHIS CERVICAL", **_FSEIR),
    _made("cord-t1-gd", "T1 SAG RACHIS CERVICAL GADO", **_FSE),
    _made("cord-t2star", "T2* AX MOELLE CERVICALE", **_FE2D),
    _made("cord-t1-gd-axial", "T1 AX MOELLE GADO", **_FSE),
)

_AROUND = (
    _made("tof", "TOF 3D AX", **{**_FE, "sequence_name": "FE3D_TOF"}),
    _made("bold", "fMRI MAIN DROITE", **_FEEPI),
    _made("fieldmap", "B0 MAP AX", **_FE2D),
    _made("perfusion", "PERFUSION DSC AX", **_FEEPI),
    _made("mip", "MinIP FSBB AX", **{**_FSBB, "image_type": (*_DERIVED, "PROJECTION IMAGE")}),
    _made("phase", "PHASE FSBB AX", **{**_FSBB, "image_type": ("ORIGINAL", "PRIMARY", "PHASE")}),
    _made("mpr", "MPR AX T1", **{**_FFE3D, "image_type": (*_DERIVED, "MPR")}),
    _made("fa", "FA DTI_AX_32d", **{**_SEEPI, "image_type": (*_DERIVED, "FA")}),
    _made("screenshot", "Screen Save", image_type=_DERIVED),
    _made("knee", "DP FS SAG GENOU", **_FSE),
)

SEQUENCES: dict[str, Sequence] = {s.key: s for s in (*_BRAIN, *_SPINE, *_AROUND)}

FLAIR_2D = replace(_made("flair-2d", "FLAIR AX", **_FSEIR), key="flair")
ALTERNATIVES: dict[str, Sequence] = {"flair-2d": FLAIR_2D, "t2-3d": SEQUENCES["t2-3d"]}
