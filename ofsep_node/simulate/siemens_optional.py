"""What a Siemens scanner of software VE11 makes beside the required sequences of the brain.

Optional sequences, the cord, and the series of real life, with the names of the vendor's product
sequences: TSE (`tse`), SPACE (`tse_vfl`), gradient echo (`gre`), MEDIC (`me2d`), SWI (`swi`),
inversion TSE (`tir`), single-shot EPI (`ep2d_diff`, `ep2d_bold`, `ep2d_pace`), field map
(`gre_field_mapping`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ofsep_node.simulate.examination import Diffusion, Sequence
from ofsep_node.simulate.repertoire import DIRECTIONS, directions, programmed

ORIGINAL = ("ORIGINAL", "PRIMARY", "M", "ND", "NORM")
_GRE: dict[str, Any] = {
    "scanning_sequence": ("GR",),
    "sequence_variant": ("SP", "OSP"),
    "sequence_file": "gre",
    "image_type": ORIGINAL,
}
_TSE: dict[str, Any] = {
    "scanning_sequence": ("SE",),
    "sequence_variant": ("SK", "SP", "OSP"),
    "sequence_file": "tse",
    "image_type": ORIGINAL,
}
_TIR: dict[str, Any] = {
    "scanning_sequence": ("SE", "IR"),
    "sequence_variant": ("SK", "SP", "MP", "OSP"),
    "scan_options": ("IR", "PFP"),
    "sequence_file": "tse",
    "image_type": ORIGINAL,
}
_SPACE: dict[str, Any] = {
    "scanning_sequence": ("SE",),
    "sequence_variant": ("SK", "SP"),
    "scan_options": ("PFP",),
    "sequence_file": "tse_vfl",
    "image_type": ORIGINAL,
}
_EPI: dict[str, Any] = {
    "scanning_sequence": ("EP",),
    "sequence_variant": ("SK", "SP"),
    "scan_options": ("PFP", "FS"),
    "sequence_file": "ep2d_diff",
}
_SWI: dict[str, Any] = {
    **_GRE,
    "sequence_variant": ("SP",),
    "scan_options": ("PFP",),
    "sequence_name": "*swi3d1r",
    "sequence_file": "swi_r",
    "echo_time_ms": 20.0,
    "repetition_time_ms": 28.0,
}

_TENSOR = (
    Diffusion("*ep_b0", 0.0),
    *(
        Diffusion(f"*ep_b1000#{number}", 1000.0, "DIRECTIONAL", direction)
        for number, direction in enumerate(directions(DIRECTIONS), start=1)
    ),
)

_BRAIN = (
    programmed("t1-gd", "3D T1 MPRAGE SAG GADO", scanning_sequence=("GR", "IR"),
               sequence_variant=("SK", "SP", "MP"), scan_options=("IR",), image_type=ORIGINAL,
               sequence_name="*tfl3d1_16ns", sequence_file="tfl", echo_time_ms=2.98,
               repetition_time_ms=2300.0, inversion_time_ms=900.0, pixel_bandwidth_hz=240),
    programmed("t2", "AX DP T2", **_TSE, scan_options=(), sequence_name="*tse2d2_5",
               echo_time_ms=11.0, echo_times_ms=(11.0, 92.0)),
    programmed("t2-3d", "3D T2 SPACE SAG", **_SPACE, sequence_name="*spcR_282ns",
               echo_time_ms=408.0, repetition_time_ms=3200.0, flip_angle_deg=120.0),
    programmed("dti", "DTI 32 DIR AX", **_EPI, sequence_name="*ep_b0", diffusion=_TENSOR,
               image_type=("ORIGINAL", "PRIMARY", "DIFFUSION", "NONE", "ND", "NORM")),
    programmed("fa", "DTI 32 DIR AX_FA", **_EPI, sequence_name="*ep_b0_1000",
               protocol_name="DTI 32 DIR AX", diffusion=(Diffusion("*ep_b0_1000"),),
               image_type=("DERIVED", "PRIMARY", "DIFFUSION", "FA", "ND", "NORM")),
    programmed("t2star", "AX T2 EG", **_GRE, scan_options=(), sequence_name="*fl2d1"),
    programmed("swi", "SWI_IMAGES", **{**_SWI, "image_type": ("ORIGINAL", "PRIMARY", "M", "SWI",
               "NORM")}, protocol_name="SWI AX"),
    programmed("phase", "PHA_IMAGES", **{**_SWI, "image_type": ("ORIGINAL", "PRIMARY", "P", "ND")},
               protocol_name="SWI AX"),
    programmed("mip", "MIP_IMAGES(SW)", **{**_SWI, "image_type": ("DERIVED", "PRIMARY", "MNIP",
               "SWI", "NORM")}, protocol_name="SWI AX"),
    programmed("dir", "3D DIR SAG", **{**_SPACE, "scanning_sequence": ("SE", "IR"),
               "sequence_variant": ("SK", "SP", "MP"), "scan_options": ("IR", "PFP")},
               sequence_name="*spcir_242ns", repetition_time_ms=7500.0, inversion_time_ms=3000.0),
)  # fmt: skip

_T2_CORD: dict[str, Any] = {**_TSE, "scan_options": (), "sequence_name": "*tse2d1_17",
                            "echo_time_ms": 103.0}  # fmt: skip

_CORD = (
    programmed("cord-localizer", "REPERAGE RACHIS", **_GRE, scan_options=(),
               sequence_name="*fl2d1"),
    programmed("cord-t2-1", "T2 TSE SAG CERVICO DORSAL", **_T2_CORD),
    programmed("cord-t2-2", "T2 TSE SAG DORSO LOMBAIRE", **_T2_CORD),
    programmed("cord-t2-3", "T2 TSE SAG LOMBO SACRE", **_T2_CORD),
    replace(
        programmed("cord-t2-1", "T2 TSE SAG RACHIS_COMP", **{**_T2_CORD, "image_type": (
                   "DERIVED", "SECONDARY", "M", "ND", "NORM", "COMP_SP", "COMPOSED")}),
        key="cord-t2-composed", role="derived", derived_from="cord-t2-1",
    ),
    programmed("cord-stir", "STIR SAG MOELLE CERVICALE", **_TIR, sequence_name="*tir2d1_17"),
    programmed("cord-t1-gd", "T1 TSE SAG MOELLE GADO", **_TSE, scan_options=(),
               sequence_name="*tse2d1_3"),
    programmed("cord-t2star", "T2 MEDIC AX MOELLE CERVICALE", **_GRE, scan_options=(),
               sequence_name="*me2d1r4"),
    programmed("cord-t1-gd-axial", "T1 TSE AX MOELLE GADO", **_TSE, scan_options=(),
               sequence_name="*tse2d1_3"),
)  # fmt: skip

_AROUND = (
    programmed("tof", "ANGIO TOF 3D POLYGONE", **{**_GRE, "sequence_file": "fl_tof"},
               scan_options=("TOF_OPT",), sequence_name="*fl3d1r_tf"),
    programmed("bold", "ep2d_bold_repos", **{**_EPI, "sequence_file": "ep2d_bold"},
               image_type=("ORIGINAL", "PRIMARY", "M", "ND"), sequence_name="*epfid2d1_64"),
    programmed("fieldmap", "gre_field_mapping", **{**_GRE, "sequence_file": "gre_field_mapping"},
               scan_options=(), sequence_name="*fm2d2r"),
    programmed("perfusion", "ep2d_perf", **{**_EPI, "sequence_file": "ep2d_pace"},
               image_type=("ORIGINAL", "PRIMARY", "M", "ND"), sequence_name="*epfid2d1_64"),
    programmed("mpr", "3D T1 MPR AX", scanning_sequence=("GR", "IR"),
               sequence_variant=("SK", "SP", "MP"), scan_options=("IR",),
               image_type=("DERIVED", "SECONDARY", "MPR", "ND", "NORM"),
               sequence_name="*tfl3d1_16ns", sequence_file="tfl", echo_time_ms=2.98,
               repetition_time_ms=2300.0, inversion_time_ms=900.0,
               protocol_name="3D T1 MPRAGE SAG"),
    programmed("knee", "DP FS SAG GENOU", **{**_TSE, "scan_options": ("FS",)},
               sequence_name="*tse2d1_8"),
)  # fmt: skip

MORE: tuple[Sequence, ...] = (*_BRAIN, *_CORD, *_AROUND)
