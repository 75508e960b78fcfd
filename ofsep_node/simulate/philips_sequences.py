"""The sequences of a Philips 3 T scanner of release 5.7.

`technique` is the word of (2001,1020). The repetition time of a turbo field echo is that between
two echoes; the shots' inversion is no InversionTime but a prepulse delay (2001,101B).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ofsep_node.simulate.examination import Diffusion, Scanner, Sequence
from ofsep_node.simulate.repertoire import TENSOR, programmed

ELITION = Scanner(
    "Philips", "Ingenia Elition X", "5.7.1\\5.7.1.1", 3.0, 3.00038,
    serial_number="45999", station_name="PHILIPS-SIM",
)  # fmt: skip

PREPULSE_DELAY_MS = 900.0
"""Inversion of the turbo field echo: in (2001,101B) alone."""

_FACTORY = ("ORIGINAL", "PRIMARY")
_FFE = (*_FACTORY, "M_FFE", "M", "FFE")
_SE = (*_FACTORY, "M_SE", "M", "SE")
_IR = (*_FACTORY, "M_IR", "M", "IR")

ALONG_AXES = (
    Diffusion("", 1000.0, "DIRECTIONAL", (1.0, 0.0, 0.0)),
    Diffusion("", 1000.0, "DIRECTIONAL", (0.0, 1.0, 0.0)),
    Diffusion("", 1000.0, "DIRECTIONAL", (0.0, 0.0, 1.0)),
)
_B0 = Diffusion("", 0.0)
_ISOTROPIC = Diffusion("", 1000.0, "ISOTROPIC")
WITH_TRACE = (*ALONG_AXES, _B0, _ISOTROPIC)
"""Three directions, the volume without weighting, and the trace appended as one more."""

TENSOR_WITH_TRACE = (*TENSOR[1:], _B0, _ISOTROPIC)

_TFE: dict[str, Any] = {
    "image_type": _FFE, "scanning_sequence": ("GR",), "sequence_variant": ("MP",),
    "scan_options": ("OTHER",), "technique": "T1TFE", "echo_time_ms": 2.93,
    "repetition_time_ms": 6.501, "flip_angle_deg": 9.0, "echo_train_length": 256,
}  # fmt: skip
_DWI: dict[str, Any] = {
    "scanning_sequence": ("SE",), "sequence_variant": ("SK",), "scan_options": ("PFP",),
    "technique": "DwiSE", "echo_train_length": 63, "pixel_bandwidth_hz": 2494,
}  # fmt: skip
_TSE: dict[str, Any] = {
    "image_type": _SE, "scanning_sequence": ("SE",), "sequence_variant": ("SK",),
    "scan_options": ("OTHER",), "technique": "TSE",
}  # fmt: skip
_TIR: dict[str, Any] = {**_TSE, "image_type": _IR, "scanning_sequence": ("IR",), "technique": "TIR"}
_GRE: dict[str, Any] = {
    "image_type": _FFE, "scanning_sequence": ("GR",), "sequence_variant": ("SP",),
    "scan_options": ("FC",), "technique": "FFE",
}  # fmt: skip
_T1FFE: dict[str, Any] = {**_GRE, "technique": "T1FFE"}
_EPI: dict[str, Any] = {
    "image_type": _FFE, "scanning_sequence": ("GR",), "sequence_variant": ("SK",),
    "scan_options": ("FS",), "technique": "FEEPI", "echo_train_length": 37,
}  # fmt: skip
_SWIP: dict[str, Any] = {**_T1FFE, "scan_options": ("FC",)}


def _made(key: str, description: str, **settings: Any) -> Sequence:
    """A series; the protocol's name is that of the ExamCard, marked as edited."""
    return programmed(key, description, protocol_name=f"WIP {description}", **settings)


_BRAIN = (
    _made("localizer", "Survey", **_T1FFE),
    _made("t1", "sT1W_3D_TFE", **_TFE),
    _made("t1-gd", "sT1W_3D_TFE GADO", **_TFE),
    _made("dwi", "DWI_b1000", **_DWI, image_type=_SE, diffusion=WITH_TRACE),
    _made("adc", "dADC", **_DWI, image_type=(*_FACTORY, "ADC_UNSPECIFIED", "ADC", "UNSPECIFIED")),
    _made("flair", "3D Brain VIEW FLAIR SENSE", **_TIR, echo_time_ms=340.0),
    _made("t2", "T2W_DP TSE AX", **_TSE),
    _made("t2-3d", "3D Brain VIEW T2 SENSE", **_TSE),
    _made("dti", "DTI_32dir", **_DWI, image_type=_SE, diffusion=TENSOR_WITH_TRACE),
    _made("t2star", "T2W_FFE AX", **_GRE),
    _made("swi", "SWIp SENSE", **_SWIP),
    _made("dir", "3D Brain VIEW DIR SENSE", **_TIR),
)

_SPINE = (
    _made("cord-localizer", "Survey Rachis", **_T1FFE),
    _made("cord-t2-1", "T2W_TSE SAG CERVICAL", **_TSE),
    _made("cord-t2-2", "T2W_TSE SAG DORSAL", **_TSE),
    _made("cord-t2-3", "T2W_TSE SAG LOMBAIRE", **_TSE),
    _made("cord-stir", "STIR SAG CERVICAL", **_TIR),
    _made("cord-t1-gd", "T1W_TSE SAG CERVICAL GADO", **_TSE),
    _made("cord-t2star", "mFFE AX MOELLE CERVICALE", **_GRE),
    _made("cord-t1-gd-axial", "T1W_TSE AX MOELLE GADO", **_TSE),
)

_AROUND = (
    _made("tof", "3DI_MC_HR", **_T1FFE),
    _made("bold", "BOLD_main_droite", **_EPI),
    _made("fieldmap", "B0 MAP", **_T1FFE),
    _made("perfusion", "PERFUSION DSC", **_EPI),
    _made("mip", "mIP SWIp SENSE", **{**_SWIP, "image_type": ("DERIVED", "SECONDARY", "MNIP")}),
    _made("phase", "SWIp SENSE PHASE",
          **{**_SWIP, "image_type": (*_FACTORY, "PHASE MAP", "P", "FFE")}),
    _made("mpr", "MPR AX T1", **{**_TFE, "image_type": ("DERIVED", "SECONDARY", "MPR")}),
    _made("fa", "FA_DTI_32dir", **_DWI, image_type=("DERIVED", "SECONDARY", "FA", "FA", "SE")),
    _made("screenshot", "Screen capture", image_type=("DERIVED", "SECONDARY")),
    _made("knee", "PDW_SPAIR SAG GENOU", **_TSE),
)  # fmt: skip

SEQUENCES: dict[str, Sequence] = {s.key: s for s in (*_BRAIN, *_SPINE, *_AROUND)}

FLAIR_2D = replace(_made("flair-2d", "FLAIR_longTR AX", **_TIR), key="flair")
ALTERNATIVES: dict[str, Sequence] = {"flair-2d": FLAIR_2D, "t2-3d": SEQUENCES["t2-3d"]}
