"""The OFSEP brain sequences as a Siemens 3 T scanner of software VE11 is programmed for them.

Parameters are those of the vendor's product sequences: MPRAGE (`tfl`), SPACE FLAIR (`tse_vfl`
with inversion), single-shot EPI diffusion (`ep2d_diff`) with its inline trace-weighted images
and ADC map, TSE FLAIR (`tse` with inversion), gradient-echo localizer (`gre`).
"""

from __future__ import annotations

from ofsep_node.simulate.examination import Diffusion, Scanner, Sequence, Slab, axial
from ofsep_node.simulate.siemens_optional import MORE
from ofsep_node.simulate.slabs import BICALLOSAL_TILT_DEG, HEAD_2D, HEAD_3D, SCOUT

SKYRA = Scanner("SIEMENS", "Skyra", "syngo MR E11", 3.0, 2.89362)

LOCALIZER = Sequence(
    key="localizer",
    description="REPERAGE",
    protocol_name="REPERAGE",
    weighting="localizer",
    dimension="2D",
    role="localizer",
    slabs=SCOUT,
    image_type=("ORIGINAL", "PRIMARY", "M", "ND", "NORM"),
    scanning_sequence=("GR",),
    sequence_variant=("SP", "OSP"),
    scan_options=(),
    sequence_name="*fl2d1",
    sequence_file="gre",
    echo_time_ms=4.0,
    repetition_time_ms=8.6,
    flip_angle_deg=20.0,
    duration_s=13.0,
    pixel_bandwidth_hz=320,
)

T1 = Sequence(
    key="t1",
    description="3D T1 MPRAGE SAG",
    protocol_name="3D T1 MPRAGE SAG",
    weighting="t1",
    dimension="3D",
    role="original",
    slabs=(HEAD_3D,),
    image_type=("ORIGINAL", "PRIMARY", "M", "ND", "NORM"),
    scanning_sequence=("GR", "IR"),
    sequence_variant=("SK", "SP", "MP"),
    scan_options=("IR",),
    sequence_name="*tfl3d1_16ns",
    sequence_file="tfl",
    echo_time_ms=2.98,
    repetition_time_ms=2300.0,
    inversion_time_ms=900.0,
    flip_angle_deg=9.0,
    duration_s=321.0,
    pixel_bandwidth_hz=240,
    parallel_factor=2,
)

DWI = Sequence(
    key="dwi",
    description="DIFFUSION AX_TRACEW",
    protocol_name="DIFFUSION AX",
    weighting="dwi",
    dimension="2D",
    role="derived",
    slabs=(HEAD_2D,),
    image_type=("DERIVED", "PRIMARY", "DIFFUSION", "TRACEW", "ND", "NORM"),
    scanning_sequence=("EP",),
    sequence_variant=("SK", "SP"),
    scan_options=("PFP", "FS"),
    sequence_name="*ep_b0",
    sequence_file="ep2d_diff",
    echo_time_ms=72.0,
    repetition_time_ms=6200.0,
    flip_angle_deg=90.0,
    duration_s=112.0,
    averages=1,
    pixel_bandwidth_hz=1184,
    parallel_factor=3,
    phase_encoding="COL",
    diffusion=(
        Diffusion("*ep_b0", 0.0, "NONE"),
        Diffusion("*ep_b1000t", 1000.0, "ISOTROPIC"),
    ),
    programmed_b_values=(0, 1000),
)

ADC = Sequence(
    key="adc",
    description="DIFFUSION AX_ADC",
    protocol_name="DIFFUSION AX",
    weighting="adc",
    dimension="2D",
    role="derived",
    slabs=(HEAD_2D,),
    image_type=("DERIVED", "PRIMARY", "DIFFUSION", "ADC", "ND", "NORM"),
    scanning_sequence=("EP",),
    sequence_variant=("SK", "SP"),
    scan_options=("PFP", "FS"),
    sequence_name="*ep_b0_1000",
    sequence_file="ep2d_diff",
    echo_time_ms=72.0,
    repetition_time_ms=6200.0,
    flip_angle_deg=90.0,
    duration_s=112.0,
    pixel_bandwidth_hz=1184,
    parallel_factor=3,
    phase_encoding="COL",
    diffusion=(Diffusion("*ep_b0_1000"),),
    programmed_b_values=(0, 1000),
    derived_from="dwi",
)

FLAIR = Sequence(
    key="flair",
    description="3D FLAIR SAG",
    protocol_name="3D FLAIR SAG",
    weighting="flair",
    dimension="3D",
    role="original",
    slabs=(HEAD_3D,),
    image_type=("ORIGINAL", "PRIMARY", "M", "ND", "NORM"),
    scanning_sequence=("SE", "IR"),
    sequence_variant=("SK", "SP", "MP"),
    scan_options=("IR", "PFP"),
    sequence_name="*spcir_278ns",
    sequence_file="tse_vfl",
    echo_time_ms=395.0,
    repetition_time_ms=5000.0,
    inversion_time_ms=1800.0,
    flip_angle_deg=120.0,
    duration_s=352.0,
    echo_train_length=278,
    pixel_bandwidth_hz=780,
    parallel_factor=2,
)

FLAIR_2D = Sequence(
    key="flair",
    description="FLAIR AX",
    protocol_name="FLAIR AX",
    weighting="flair",
    dimension="2D",
    role="original",
    slabs=(Slab(axial(BICALLOSAL_TILT_DEG), 256, 256, 0.9, 24, 5.0, 6.0),),
    image_type=("ORIGINAL", "PRIMARY", "M", "ND", "NORM"),
    scanning_sequence=("SE", "IR"),
    sequence_variant=("SK", "SP", "MP", "OSP"),
    scan_options=("IR", "PFP", "FS"),
    sequence_name="*tir2d1_16",
    sequence_file="tse",
    echo_time_ms=84.0,
    repetition_time_ms=9000.0,
    inversion_time_ms=2500.0,
    flip_angle_deg=150.0,
    duration_s=200.0,
    echo_train_length=16,
    pixel_bandwidth_hz=200,
    parallel_factor=2,
)

SEQUENCES = {s.key: s for s in (LOCALIZER, T1, DWI, ADC, FLAIR)} | {s.key: s for s in MORE}
ALTERNATIVES = {"flair-2d": FLAIR_2D}
