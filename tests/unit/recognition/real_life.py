"""More series of real examinations, as vendors write them: what the protocol must not accept.

`BESIDE` is never one of the required sequences, with its words or without them. `TRUE` is what it
is with its words; without them it may be unknown, and nothing else.
"""

from __future__ import annotations

from typing import Any

from tests.unit.recognition.headers import tensor
from tests.unit.recognition.sequences import (
    AXIAL_HEAD,
    CANON,
    CORD_AXIAL,
    FLAIR_3D,
    GE,
    HITACHI,
    KNEE,
    PHILIPS,
    SIEMENS,
    SLAB,
    SPINE,
    T1_3D,
    UIH,
    Example,
    seq,
)

VESSELS = {"plane": "axial", "planes": 160, "step": 0.6, "thickness": 0.6, "field": 200.0}
THIN_AXIAL = {"plane": "axial", "planes": 176, "step": 1.0, "thickness": 1.0, "field": 256.0}
PELVIS_SAGITTAL = {"plane": "sagittal", "planes": 24, "step": 3.3, "thickness": 3.0, "field": 240.0}
BRAIN_MIDLINE = {"plane": "sagittal", "planes": 21, "step": 4.0, "thickness": 3.5, "field": 230.0}
THREE_D, TWO_D = {"mr_acquisition_type": "3D"}, {"mr_acquisition_type": "2D"}


def times(
    te: float, tr: float, ti: float | None = None, flip: float | None = None
) -> dict[str, Any]:
    """Echo, repetition and inversion time in ms, flip angle in degrees."""
    return {
        "te": [te],
        "repetition_time_ms": tr,
        "inversion_time_ms": ti,
        "flip_angle_deg": flip,
    }


def image_type(*values: str) -> dict[str, Any]:
    """ImageType."""
    return {"image_type": values}


def named(description: str, sequence: str | None = None, **more: Any) -> dict[str, Any]:
    """SeriesDescription, and what the vendor calls the sequence."""
    return {"series_description": description, "sequence_name": sequence, **more}


BESIDE: dict[str, dict[str, Any]] = {
    "siemens black-blood space": {
        **SIEMENS, **SLAB, **THREE_D, **seq("SE"), **times(22, 700),
        **named("t1_spc_bb_vessel_wall", "*spcR_44ns", body_part_examined="HEAD")},
    "siemens mp2rage inv1": {
        **SIEMENS, **SLAB, **THREE_D, **seq("GR", "IR"), **times(2.98, 5000, 700, 4),
        "sequence_variant": ("SK", "SP", "MP"),
        **named("t1_mp2rage_sag_p3_iso_INV1", "*tfl3d1_16ns", body_part_examined="BRAIN")},
    "siemens tof vibe venous": {
        **SIEMENS, **VESSELS, **THREE_D, **seq("GR"), **times(3.43, 21, flip=18),
        "sequence_variant": ("SP", "MTC"), **named("TOF_3D", "*fl3d1r_t70", body_part_examined="HEAD")},
    "ge time of flight, short": {
        **GE, **VESSELS, **THREE_D, **seq("GR"), **times(2.4, 14.5, flip=20),
        **named("3D TOF", "efgre3d", technique="TOF3D")},
    "ge phase contrast": {
        **GE, **SLAB, **THREE_D, **seq("GR"), **times(3.5, 8.6, flip=8),
        **named("3D PC veineuse", "pc3d", technique="INHANCE", body_part_examined="HEAD")},
    "philips time of flight, labelled T1": {
        **PHILIPS, **VESSELS, **THREE_D, **seq("GR"), **times(3.45, 23, flip=18),
        "sequence_variant": ("MTC", "SP"), "acquisition_contrast": "T1",
        **image_type("ORIGINAL", "PRIMARY", "M_FFE", "M", "FFE"),
        **named("3DI_MC_HR", technique="T1FFE", body_part_examined="BRAIN")},
    "philips time of flight, named by no word known": {
        **PHILIPS, **VESSELS, **THREE_D, **seq("GR"), **times(3.45, 23, flip=18),
        "acquisition_contrast": "T1", **image_type("ORIGINAL", "PRIMARY", "M_FFE", "M", "FFE"),
        **named("sMRX", technique="T1FFE", body_part_examined="BRAIN")},
    "philips phase contrast, magnitude": {
        **PHILIPS, **SLAB, **THREE_D, **seq("GR"), **times(4.4, 9.9, flip=10),
        **image_type("ORIGINAL", "PRIMARY", "M_FFE", "M", "FFE"),
        **named("3DPCA_V15", technique="PCA")},
    "philips phase contrast, velocity": {
        **PHILIPS, **SLAB, **THREE_D, **seq("GR"), **times(4.4, 9.9, flip=10),
        **image_type("ORIGINAL", "PRIMARY", "PHASE CONTRAST M", "P", "PCA"),
        **named("3DPCA_V15", technique="PCA")},
    "philips contrast-enhanced angiography": {
        **PHILIPS, **SLAB, **THREE_D, **seq("GR"), **times(1.7, 5.4, flip=30),
        **named("TWIST tronc supra-aortique", technique="T1FFE")},
    "siemens dynamic perfusion, one series per time": {
        **SIEMENS, **THIN_AXIAL, **THREE_D, **seq("GR"), **times(1.9, 5.1, flip=12),
        **named("DCE perf 12", "*fl3d1")},
    "siemens vibe of the head": {
        **SIEMENS, **THIN_AXIAL, **THREE_D, **seq("GR"), **times(1.23, 3.2, flip=9),
        **named("scout vibe", "*fl3d1")},
    "philips bold": {
        **PHILIPS, **AXIAL_HEAD, **TWO_D, **seq("GR"), **times(30, 2000, flip=77), "times": 8,
        "temporal_positions": 150, **named("BOLD_rest", technique="FEEPI")},
    "siemens topup, spin-echo EPI": {
        **SIEMENS, **AXIAL_HEAD, **TWO_D, **seq("EP"), **times(66, 7000),
        **named("SpinEchoFieldMap_AP", "epse2d1_90", body_part_examined="HEAD")},
    "ge 3d asl": {
        **GE, **AXIAL_HEAD, **THREE_D, **seq("RM"), **times(10.5, 4854, 2025),
        **named("3D ASL PLD 2025", "3dasl", technique="3DASL", body_part_examined="HEAD")},
    "ge cerebral blood flow": {
        **GE, **AXIAL_HEAD, **THREE_D, **seq("RM"), **times(10.5, 4854, 2025),
        **image_type("DERIVED", "SECONDARY", "CBF"), **named("(Color) CBF")},
    "ge exponential adc": {
        **GE, **AXIAL_HEAD, **TWO_D, **seq("EP", "SE"), **times(75, 6000),
        **image_type("DERIVED", "SECONDARY", "PROCESSED"), "gradients": [(1000.0, None, None)],
        **named("Exponential Apparent Diffusion Coefficient", body_part_examined="HEAD")},
    "ge fractional anisotropy": {
        **GE, **AXIAL_HEAD, **TWO_D, **seq("EP", "RM"), **times(80, 8000),
        **image_type("DERIVED", "SECONDARY", "PROCESSED"), **named("Fractional Aniso. (mm2/s)")},
    "philips colour fa": {
        **PHILIPS, **AXIAL_HEAD, **TWO_D, **seq("SE"), **times(90, 7000),
        **image_type("DERIVED", "PRIMARY", "DIFFUSION", "FA"), **named("colFA_DTI")},
    "siemens tensor": {
        **SIEMENS, **AXIAL_HEAD, **TWO_D, **seq("EP"), **times(90, 7600), "gradients": tensor(20),
        **image_type("DERIVED", "PRIMARY", "DIFFUSION", "TENSOR", "ND"), **named("DTI_TENSOR")},
    "philips exponential adc": {
        **PHILIPS, **AXIAL_HEAD, **TWO_D, **seq("SE"), **times(90, 4000),
        **image_type("DERIVED", "PRIMARY", "EADC", "EADC"), **named("eADC")},
    "ge phase of swan": {
        **GE, **AXIAL_HEAD, **THREE_D, **seq("GR"), **times(23, 40, flip=15),
        **image_type("ORIGINAL", "PRIMARY", "OTHER", "PHASE"), **named("FILT_PHA: SWAN")},
    "philips phase map": {
        **PHILIPS, **AXIAL_HEAD, **THREE_D, **seq("GR"), **times(20, 31, flip=17),
        **image_type("ORIGINAL", "PRIMARY", "PHASE MAP", "P", "FFE"), **named("SWIp phase")},
    "philips mprage, real part": {
        **PHILIPS, **SLAB, **THREE_D, **seq("GR", "IR"), **times(3.2, 7, 900, 8),
        **image_type("ORIGINAL", "PRIMARY", "R_FFE", "R", "FFE"), **named("T1 3D")},
    "siemens ciss": {
        **SIEMENS, **VESSELS, **THREE_D, **seq("GR"), **times(2.5, 5.7, flip=50),
        **named("ci3d_tra_iso CAI", "*ci3d1", body_part_examined="HEAD")},
    "ge fiesta-c": {
        **GE, **VESSELS, **THREE_D, **seq("GR"), **times(2.2, 5.6, flip=60),
        **named("FIESTA-C", "fiesta", technique="COSMIC", body_part_examined="HEAD")},
    "canon mpr of flair": {
        **CANON, **THIN_AXIAL, **THREE_D, **seq("SE", "IR"), **times(370, 5000, 1700),
        **image_type("DERIVED", "SECONDARY", "MPR"), **named("FLAIR 3D ax")},
    "philips enhanced mpr of t1, told by its name": {
        **PHILIPS, **THIN_AXIAL, **THREE_D, **seq("GR", "IR"), **times(2.9, 6.5, flip=9),
        **image_type("DERIVED", "PRIMARY", "OTHER", "NONE"), **named("MPR AX T1")},
    "derived from a t1, without a word of what": {
        **PHILIPS, **SLAB, **THREE_D, **seq("GR", "IR"), **times(2.9, 6.5, 900, 9),
        **image_type("DERIVED", "SECONDARY", "OTHER")},
    "siemens thick mip of t1 after gadolinium": {
        **SIEMENS, **AXIAL_HEAD, **THREE_D, **seq("GR", "IR"), **times(2.98, 2300, 900, 9),
        **image_type("DERIVED", "SECONDARY", "MIP", "ND"), **named("MIP 10mm")},
    "siemens fat of dixon": {
        **SIEMENS, **SLAB, **THREE_D, **seq("GR", "IR"), **times(2.9, 2300, 900, 9),
        **image_type("ORIGINAL", "PRIMARY", "DIXON", "FAT"), **named("t1_mpr_dixon_F", "*tfl3d1")},
    "philips opposed phase of dixon": {
        **PHILIPS, **SPINE, **TWO_D, **seq("SE"), **times(90, 3500),
        **image_type("ORIGINAL", "PRIMARY", "OP", "OP", "SE"), **named("T2 mDIXON SAG")},
    "ge fat of ideal": {
        **GE, **SPINE, **TWO_D, **seq("SE"), **times(85, 3500), **named("FAT: SAG T2 FLEX")},
    "siemens dir, one inversion time": {
        **SIEMENS, **SLAB, **THREE_D, **seq("SE", "IR"), **times(318, 7500, 3000),
        **named("t2_spc_dir_sag", "*spcir_242ns", body_part_examined="HEAD")},
    "philips dir, one inversion time": {
        **PHILIPS, **SLAB, **THREE_D, **seq("SE", "IR"), **times(250, 5500, 2550),
        **image_type("ORIGINAL", "PRIMARY", "M_IR", "M", "IR"), **named("3D_BrainVIEW_DIR", technique="TIR")},
    "ge cube dir": {
        **GE, **SLAB, **THREE_D, **seq("SE", "IR"), **times(90, 7000, 546),
        "scan_options": ("T2FLAIR_GEMS", "IR_GEMS"), **named("Sag CUBE DIR", "CUBE")},
    "ge synthetic flair": {
        **GE, **AXIAL_HEAD, **TWO_D, **seq("SE", "IR"), **times(90, 11000, 3000),
        **image_type("DERIVED", "SECONDARY", "OTHER"), **named("MAGiC: T2 FLAIR")},
    "synthetic multi-delay source": {
        **GE, **AXIAL_HEAD, **TWO_D, **seq("SE", "IR"), "te": [21.0, 95.0],
        "repetition_time_ms": 4000.0, **named("MAGiC RAW", "mdme")},
    "siemens psir of the cord": {
        **SIEMENS, **SPINE, **TWO_D, **seq("SE", "IR"), **times(9.6, 2400, 400),
        **image_type("ORIGINAL", "PRIMARY", "R", "PSIR"), **named("t1_psir_sag rachis", "*tir2d1_5")},
    "spectroscopy voxel image": {
        **SIEMENS, "plane": "axial", "planes": 1, **TWO_D, **times(135, 1500),
        **image_type("ORIGINAL", "PRIMARY", "SPECTROSCOPY", "NONE"), **named("svs_se_135", "*svs_se")},
    "knee, 3d": {
        **SIEMENS, **KNEE, "planes": 128, "step": 0.6, **THREE_D, **seq("SE"), **times(108, 1200),
        **named("pd_spc_sag_genou", "*spcR", body_part_examined="KNEE")},
    "pelvis, sagittal t2": {
        **SIEMENS, **PELVIS_SAGITTAL, **TWO_D, **seq("SE"), **times(95, 4000),
        **named("t2_tse_sag pelvis", "*tse2d1_17", body_part_examined="PELVIS")},
    "pelvis, diffusion": {
        **SIEMENS, **AXIAL_HEAD, **TWO_D, **seq("EP"), **times(60, 6000), "field": 260.0,
        "gradients": [(50.0, None, "ISOTROPIC"), (800.0, None, "ISOTROPIC")],
        **image_type("ORIGINAL", "PRIMARY", "DIFFUSION", "NONE"),
        **named("diff prostate", "*ep_b50t", body_part_examined="PROSTATE")},
    "brain midline, sagittal t2": {
        **SIEMENS, **BRAIN_MIDLINE, **TWO_D, **seq("SE"), **times(95, 4000),
        **named("t2_tse_sag crâne", "*tse2d1_17", body_part_examined="HEAD")},
    "whole body stir": {
        **SIEMENS, "plane": "coronal", "planes": 40, "step": 6.0, "thickness": 5.0, "field": 480.0,
        **TWO_D, **seq("SE", "IR"), **times(60, 5000, 160), **named("STIR cor corps entier", "*tir2d1")},
    "orbits, coronal t2": {
        **SIEMENS, "plane": "coronal", "planes": 24, "step": 3.0, "thickness": 2.5, "field": 160.0,
        **TWO_D, **seq("SE"), **times(85, 4500), **named("T2 cor orbites FS", "*tse2d1")},
    "neck, 3d t1": {
        **GE, **THIN_AXIAL, "field": 240.0, "planes": 120, **THREE_D, **seq("GR"),
        **times(2.1, 5.2, flip=12), **named("3D LAVA cou", "efgre3d", body_part_examined="NECK")},
    "abdomen, 3d t1": {
        **SIEMENS, **THIN_AXIAL, "field": 380.0, "step": 3.0, "planes": 72, **THREE_D, **seq("GR"),
        **times(1.9, 4.1, flip=9), **named("t1_vibe_fs_tra", "*fl3d1", body_part_examined="ABDOMEN")},
}  # fmt: skip

TRUE: dict[str, Example] = {
    "siemens flair named by its preset": (
        {**SIEMENS, **SLAB, **THREE_D, **seq("SE", "IR"), **times(387, 5000),
         **named("t2_spc_da-fl_sag_p2_iso", "*spcir_278ns", body_part_examined="HEAD")}, FLAIR_3D),
    "siemens xa flair without IR": (
        {**SIEMENS, **SLAB, **THREE_D, **seq("SE"), **times(387, 5000, 1800),
         **named("FLAIR 3D", "*spcir_278ns", body_part_examined="BRAIN")}, FLAIR_3D),
    "siemens 2d flair": (
        {**SIEMENS, **AXIAL_HEAD, **TWO_D, **seq("SE", "IR"), **times(86, 9000, 2500),
         **named("t2_tirm_tra_dark-fluid", "*tir2d1_16")},
        ("brain", "flair", "2D", "axial", "original")),
    "ge flair whose inversion time is lost": (
        {**GE, **SLAB, **THREE_D, **seq("SE"), **times(119, 8000), "scan_options": ("T2FLAIR_GEMS",),
         **named("Sag CUBE FLAIR", "CUBE")}, FLAIR_3D),
    "philips 3d t2": (
        {**PHILIPS, **SLAB, **THREE_D, **seq("SE"), **times(280, 2500),
         **image_type("ORIGINAL", "PRIMARY", "M_SE", "M", "SE"),
         **named("sT2W_3D_TSE", technique="TSE", body_part_examined="BRAIN")},
        ("brain", "t2", "3D", "sagittal", "original")),
    "siemens 3d spin-echo t1": (
        {**SIEMENS, **SLAB, **THREE_D, **seq("SE"), **times(11, 700),
         **named("t1_space_sag_p2_iso", "*spcR_44ns", body_part_examined="HEAD")}, T1_3D),
    "hitachi rssg t1": (
        {**HITACHI, **SLAB, **THREE_D, **seq("GR"), **times(4.6, 9.5, 600, 10),
         **named("3D RSSG T1")}, T1_3D),
    "uih proton density": (
        {**UIH, **AXIAL_HEAD, **TWO_D, **seq("SE"), **times(12, 3500), **named("pd_fse_tra crâne", "fse")},
        ("brain", "pd", "2D", "axial", "original")),
    "philips merge of the cord": (
        {**PHILIPS, **CORD_AXIAL, **TWO_D, **seq("GR"), **times(13.8, 650, flip=25),
         **named("mFFE ax moelle cervicale", technique="FFE")},
        ("cord", "t2star", "2D", "axial", "original")),
    "siemens composed spine": (
        {**SIEMENS, **SPINE, "field": 640.0, **TWO_D, **seq("SE"), **times(95, 3500),
         **image_type("DERIVED", "PRIMARY", "M", "NORM", "COMP_SP", "COMPOSED"),
         **named("T2 sag rachis COMPOSED", "*tse2d1_17")}, ("cord", "t2", "2D", "sagittal", "composed")),
    "siemens mp2rage uni": (
        {**SIEMENS, **SLAB, **THREE_D, **seq("GR", "IR"), **times(2.98, 5000, 700, 4),
         **image_type("DERIVED", "PRIMARY", "M", "ND", "UNI"),
         **named("t1_mp2rage_sag_p3_iso_UNI_Images", "*tfl3d1_16ns", body_part_examined="BRAIN")},
        ("brain", "t1", "3D", "sagittal", "derived")),
    "siemens water of dixon": (
        {**SIEMENS, **SPINE, **TWO_D, **seq("SE"), **times(84, 3500),
         **image_type("DERIVED", "PRIMARY", "DIXON", "WATER"),
         **named("t2_tse_dixon_sag rachis_W", "*tseR2d1")}, ("cord", "t2", "2D", "sagittal", "original")),
}  # fmt: skip
"""What each is with its words."""
