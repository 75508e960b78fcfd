"""Typical header values of each vendor, for the protocol's sequences and for what surrounds them.

Each example: header values for `headers.build`, and what a reader of the header would call it
(organ, weighting, dimension, plane, role).
"""

from __future__ import annotations

from typing import Any

from tests.unit.recognition.headers import TRACE, tensor

Example = tuple[dict[str, Any], tuple[str, str, str, str, str]]

SIEMENS = {"manufacturer": "SIEMENS"}
GE = {"manufacturer": "GE MEDICAL SYSTEMS", "image_type": ("ORIGINAL", "PRIMARY", "OTHER")}
PHILIPS = {"manufacturer": "Philips Medical Systems"}
CANON = {"manufacturer": "CANON_MEC", "image_type": ("ORIGINAL", "PRIMARY", "GDC")}
TOSHIBA = {"manufacturer": "TOSHIBA_MEC", "image_type": ("ORIGINAL", "PRIMARY")}
UIH = {"manufacturer": "UIH"}
HITACHI = {"manufacturer": "Hitachi Medical Corporation"}

SLAB = {"plane": "sagittal", "planes": 176, "step": 1.0, "thickness": 1.0, "field": 256.0}
AXIAL_HEAD = {"plane": "axial", "planes": 48, "step": 3.0, "thickness": 3.0, "field": 230.0}
SPINE = {"plane": "sagittal", "planes": 15, "step": 3.3, "thickness": 3.0, "field": 320.0}
CORD_AXIAL = {"plane": "axial", "planes": 30, "step": 3.3, "thickness": 3.0, "field": 180.0}
KNEE = {"plane": "sagittal", "planes": 30, "step": 3.3, "thickness": 3.0, "field": 160.0}

T1_3D = ("brain", "t1", "3D", "sagittal", "original")
FLAIR_3D = ("brain", "flair", "3D", "sagittal", "original")
DWI = ("brain", "dwi", "2D", "axial", "original")
TRACE_MAP = ("brain", "dwi", "2D", "axial", "derived")
DTI = ("brain", "dti", "2D", "axial", "original")
ADC = ("brain", "adc", "2D", "axial", "derived")
CORD_T2 = ("cord", "t2", "2D", "sagittal", "original")


def seq(*values: str) -> dict[str, Any]:
    """ScanningSequence."""
    return {"scanning_sequence": values}


PROTOCOL: dict[str, Example] = {
    "siemens mprage": (
        {**SIEMENS, **SLAB, **seq("GR", "IR"), "sequence_variant": ("SK", "SP", "MP"),
         "sequence_name": "*tfl3d1_16ns", "te": [2.98], "repetition_time_ms": 2300.0,
         "inversion_time_ms": 900.0, "flip_angle_deg": 9.0, "mr_acquisition_type": "3D",
         "series_description": "t1_mpr_sag_p2_iso", "body_part_examined": "BRAIN"}, T1_3D),
    "siemens xa mprage without IR, orbit": (
        {**SIEMENS, **SLAB, **seq("GR"), "sequence_variant": ("SK",), "te": [2.41],
         "sequence_name": "*tfl3d1_16ns", "repetition_time_ms": 1800.0, "inversion_time_ms": 900.0,
         "acquisition_contrast": "UNKNOWN", "mr_acquisition_type": "3D",
         "series_description": "T1 3D", "body_part_examined": "ORBIT"}, T1_3D),
    "siemens 3d flair": (
        {**SIEMENS, **SLAB, **seq("SE", "IR"), "sequence_name": "*spcir_278ns", "te": [387.0],
         "repetition_time_ms": 5000.0, "inversion_time_ms": 1800.0, "mr_acquisition_type": "3D",
         "series_description": "t2_spc_da-fl_sag_p2_iso", "body_part_examined": "HEAD"}, FLAIR_3D),
    "siemens trace": (
        {**SIEMENS, **AXIAL_HEAD, **seq("EP"), "sequence_name": "*ep_b1000t", "te": [89.0],
         "repetition_time_ms": 6000.0, "mr_acquisition_type": "2D", "gradients": TRACE,
         "image_type": ("DERIVED", "PRIMARY", "DIFFUSION", "TRACEW", "ND"),
         "series_description": "ep2d_diff_3scan_trace_TRACEW"}, TRACE_MAP),
    "siemens adc": (
        {**SIEMENS, **AXIAL_HEAD, **seq("EP"), "sequence_name": "*ep_b0_1000", "te": [89.0],
         "repetition_time_ms": 6000.0, "mr_acquisition_type": "2D",
         "image_type": ("DERIVED", "PRIMARY", "DIFFUSION", "ADC", "ND"),
         "series_description": "ep2d_diff_3scan_trace_ADC"}, ADC),
    "siemens old dti mosaic": (
        {**SIEMENS, **AXIAL_HEAD, **seq("EP"), "sequence_name": "*ep_b1000#5", "te": [90.0],
         "repetition_time_ms": 7600.0, "mr_acquisition_type": "2D", "gradients": tensor(20),
         "image_type": ("ORIGINAL", "PRIMARY", "M", "ND", "MOSAIC"),
         "series_description": "ep2d_DTI_20_dir_AP"}, DTI),
    "siemens xa diffusion, gradient EPI": (
        {**SIEMENS, **AXIAL_HEAD, **seq("GR", "EP"), "sequence_name": "epse2d1_72", "te": [68.0],
         "repetition_time_ms": 3516.0, "mr_acquisition_type": "2D", "gradients": TRACE,
         "image_type": ("ORIGINAL", "PRIMARY", "DIFFUSION", "NONE"),
         "series_description": "ep2d_diff_ax"}, DWI),
    "siemens resolve": (
        {**SIEMENS, **AXIAL_HEAD, **seq("EP"), "sequence_name": "*re_b1000", "te": [60.0],
         "repetition_time_ms": 5000.0, "mr_acquisition_type": "2D", "gradients": TRACE,
         "image_type": ("ORIGINAL", "PRIMARY", "DIFFUSION", "NONE", "ND"),
         "series_description": "resolve_4scan_ax"}, DWI),
    "siemens cord t2": (
        {**SIEMENS, **SPINE, **seq("SE"), "sequence_name": "*tse2d1_17", "te": [95.0],
         "repetition_time_ms": 3500.0, "mr_acquisition_type": "2D",
         "series_description": "t2_tse_sag cervical", "body_part_examined": "CSPINE"}, CORD_T2),
    "siemens cord t2, named by nothing but its plane": (
        {**SIEMENS, **SPINE, **seq("SE"), "sequence_name": "*tse2d1_17", "te": [95.0],
         "repetition_time_ms": 3500.0, "mr_acquisition_type": "2D",
         "series_description": "t2_tse_sag"}, CORD_T2),
    "siemens cord stir": (
        {**SIEMENS, **SPINE, **seq("SE", "IR"), "sequence_name": "*tir2d1_15", "te": [46.0],
         "repetition_time_ms": 4000.0, "inversion_time_ms": 160.0, "mr_acquisition_type": "2D",
         "series_description": "STIR SAG rachis dorsal"},
        ("cord", "stir", "2D", "sagittal", "original")),
    "siemens cord medic": (
        {**SIEMENS, **CORD_AXIAL, **seq("GR"), "sequence_name": "*me2d1r3", "te": [17.0],
         "repetition_time_ms": 600.0, "flip_angle_deg": 30.0, "mr_acquisition_type": "2D",
         "series_description": "AX T2 EG moelle cervicale"},
        ("cord", "t2star", "2D", "axial", "original")),
    "siemens swi": (
        {**SIEMENS, **AXIAL_HEAD, **seq("GR"), "sequence_name": "*swi3d1r", "te": [20.0],
         "repetition_time_ms": 28.0, "mr_acquisition_type": "3D",
         "image_type": ("ORIGINAL", "PRIMARY", "M", "SWI", "NORM"),
         "series_description": "t2_swi_tra_p2", "body_part_examined": "HEAD"},
        ("brain", "swi", "3D", "axial", "original")),
    "siemens 2d t2*": (
        {**SIEMENS, **AXIAL_HEAD, **seq("GR"), "sequence_name": "*fl2d1", "te": [20.0],
         "repetition_time_ms": 700.0, "mr_acquisition_type": "2D",
         "series_description": "t2_fl2d_tra_hemo", "body_part_examined": "HEAD"},
        ("brain", "t2star", "2D", "axial", "original")),
    "siemens dir": (
        {**SIEMENS, **SLAB, **seq("SE", "IR"), "sequence_name": "*spcir2_242ns", "te": [318.0],
         "repetition_time_ms": 7500.0, "inversion_times_ms": (450.0, 3000.0),
         "mr_acquisition_type": "3D", "series_description": "t2_spc_dir_sag",
         "body_part_examined": "HEAD"}, ("brain", "dir", "3D", "sagittal", "original")),
    "siemens pd t2": (
        {**SIEMENS, **AXIAL_HEAD, **seq("SE"), "sequence_name": "*tse2d2_5", "te": [11.0, 92.0],
         "repetition_time_ms": 4320.0, "mr_acquisition_type": "2D",
         "series_description": "DP T2 axiale crâne"},
        ("brain", "pd_t2", "2D", "axial", "original")),
    "ge bravo": (
        {**GE, **SLAB, **seq("GR"), "sequence_variant": ("SS", "SP", "SK"), "te": [3.2],
         "sequence_name": "efgre3d", "repetition_time_ms": 8.2, "inversion_time_ms": 450.0,
         "flip_angle_deg": 12.0, "mr_acquisition_type": "3D",
         "series_description": "3D Sag T1 BRAVO", "body_part_examined": "HEAD"}, T1_3D),
    "ge cube flair": (
        {**GE, **SLAB, **seq("SE", "IR"), "sequence_name": "CUBE", "te": [119.0],
         "repetition_time_ms": 8000.0, "inversion_time_ms": 2245.0, "mr_acquisition_type": "3D",
         "scan_options": ("T2FLAIR_GEMS", "EDR_GEMS"), "series_description": "Sag CUBE FLAIR"},
        FLAIR_3D),
    "ge cube t2 with TI 0": (
        {**GE, **SLAB, **seq("SE"), "sequence_name": "CUBE", "te": [103.0],
         "repetition_time_ms": 2500.0, "inversion_time_ms": 0.0, "mr_acquisition_type": "3D",
         "series_description": "Sag CUBE T2", "body_part_examined": "HEAD"},
        ("brain", "t2", "3D", "sagittal", "original")),
    "ge dwi": (
        {**GE, **AXIAL_HEAD, **seq("EP", "SE"), "sequence_name": "epi2", "te": [75.0],
         "repetition_time_ms": 6000.0, "mr_acquisition_type": "2D", "gradients": TRACE,
         "series_description": "AX DWI B1000", "body_part_examined": "HEAD"}, DWI),
    "ge adc": (
        {**GE, **AXIAL_HEAD, **seq("EP", "SE"), "te": [75.0], "repetition_time_ms": 6000.0,
         "mr_acquisition_type": "2D", "image_type": ("DERIVED", "SECONDARY", "PROCESSED"),
         "gradients": [(1000.0, None, None)], "series_description": "Apparent Diffusion Coefficient",
         "body_part_examined": "HEAD"}, ADC),
    "ge swan": (
        {**GE, **AXIAL_HEAD, **seq("GR"), "technique": "SWAN", "te": [23.0],
         "repetition_time_ms": 40.0, "mr_acquisition_type": "3D", "series_description": "Ax SWAN",
         "body_part_examined": "BRAIN"}, ("brain", "swi", "3D", "axial", "original")),
    "ge t1 flair cord": (
        {**GE, **SPINE, **seq("SE", "IR"), "te": [24.0], "repetition_time_ms": 2600.0,
         "inversion_time_ms": 860.0, "mr_acquisition_type": "2D",
         "series_description": "SAG T1 FLAIR LOMBAIRE"},
        ("cord", "t1", "2D", "sagittal", "original")),
    "philips mprage without TI": (
        {**PHILIPS, **SLAB, **seq("GR"), "sequence_variant": ("MP",), "technique": "T1TFE",
         "te": [2.93], "repetition_time_ms": 6.5, "flip_angle_deg": 9.0,
         "gradients": [(0.0, None, None)], "mr_acquisition_type": "3D",
         "image_type": ("ORIGINAL", "PRIMARY", "M_FFE", "M", "FFE"),
         "series_description": "sT1W_3D_TFE", "body_part_examined": "BRAIN"}, T1_3D),
    "philips brainview flair": (
        {**PHILIPS, **SLAB, **seq("SE", "IR"), "technique": "TIR", "te": [340.0],
         "repetition_time_ms": 4800.0, "inversion_time_ms": 1650.0, "mr_acquisition_type": "3D",
         "image_type": ("ORIGINAL", "PRIMARY", "M_IR", "M", "IR"),
         "gradients": [(0.0, None, None)], "series_description": "3D_BrainVIEW_FLAIR_SHC"}, FLAIR_3D),
    "philips dwi": (
        {**PHILIPS, **AXIAL_HEAD, **seq("SE"), "technique": "DwiSE", "te": [95.0],
         "repetition_time_ms": 4000.0, "mr_acquisition_type": "2D", "gradients": TRACE,
         "image_type": ("ORIGINAL", "PRIMARY", "M_SE", "M", "SE"),
         "series_description": "DWI_3b", "body_part_examined": "HEAD"}, DWI),
    "philips adc marked original": (
        {**PHILIPS, **AXIAL_HEAD, **seq("SE"), "technique": "DwiSE", "te": [95.0],
         "repetition_time_ms": 4000.0, "mr_acquisition_type": "2D",
         "image_type": ("ORIGINAL", "PRIMARY", "ADC_UNSPECIFIED", "ADC", "UNSPECIFIED"),
         "gradients": [(0.0, None, None)], "series_description": "dADC",
         "body_part_examined": "HEAD"}, ADC),
    "canon 3d t1": (
        {**CANON, **SLAB, **seq("GR"), "sequence_name": "FFE3D", "te": [2.9],
         "repetition_time_ms": 7.0, "inversion_time_ms": 900.0, "mr_acquisition_type": "3D",
         "series_description": "3D T1 MPRAGE"}, T1_3D),
    "canon mvox flair": (
        {**CANON, **SLAB, **seq("SE", "IR"), "sequence_name": "FSE3D_MV", "te": [370.0],
         "repetition_time_ms": 5000.0, "inversion_time_ms": 1700.0, "mr_acquisition_type": "3D",
         "series_description": "FLAIR 3D mVox"}, FLAIR_3D),
    "canon dti": (
        {**CANON, **AXIAL_HEAD, **seq("SE", "EP"), "sequence_name": "SEEPI2D+0.7", "te": [79.0],
         "repetition_time_ms": 10000.0, "mr_acquisition_type": "2D", "gradients": tensor(12, 1500.0),
         "series_description": "DTI_PA-AX_20d", "body_part_examined": "HEAD"}, DTI),
    "toshiba dwi without b on b0": (
        {**TOSHIBA, **AXIAL_HEAD, **seq("SE", "EP"), "te": [100.0], "repetition_time_ms": 6000.0,
         "mr_acquisition_type": "2D", "gradients": [(None, None, None), (1000.0, None, "ISOTROPIC")],
         "series_description": "DIFFUSION axiale", "body_part_examined": "HEAD"}, DWI),
    "uih t1": (
        {**UIH, **SLAB, **seq("GR", "IR"), "sequence_name": "gre_fsp", "te": [3.1],
         "repetition_time_ms": 7.25, "inversion_time_ms": 750.0, "mr_acquisition_type": "3D",
         "series_description": "t1_gre_fsp_3d_sag", "body_part_examined": "HEAD"}, T1_3D),
    "uih dwi with actual b-values": (
        {**UIH, **AXIAL_HEAD, **seq("EP"), "sequence_name": "epi_dwi", "te": [78.0],
         "repetition_time_ms": 4000.0, "mr_acquisition_type": "2D",
         "gradients": [(1.25, None, None), (929.75, None, "ISOTROPIC")],
         "series_description": "epi_dwi_tra", "body_part_examined": "HEAD"}, DWI),
    "uih flair": (
        {**UIH, **SLAB, **seq("SE", "IR"), "sequence_name": "fse_mx", "te": [420.0],
         "repetition_time_ms": 6500.0, "inversion_time_ms": 1950.0, "mr_acquisition_type": "3D",
         "series_description": "t2_mx3d_sag_flair"}, FLAIR_3D),
    "hitachi isofse flair": (
        {**HITACHI, **SLAB, **seq("SE", "IR"), "te": [350.0], "repetition_time_ms": 6000.0,
         "inversion_time_ms": 2000.0, "mr_acquisition_type": "3D",
         "series_description": "isoFSE FLAIR"}, FLAIR_3D),
}  # fmt: skip

SURROUNDING: dict[str, dict[str, Any]] = {
    "siemens localizer": {
        **SIEMENS, **seq("GR"), "plane": ["axial", "sagittal", "coronal"], "planes": 5, "step": 10.0,
        "thickness": 7.0, "field": 250.0, "sequence_name": "*fl2d1", "te": [4.0],
        "repetition_time_ms": 7.5, "mr_acquisition_type": "2D", "series_description": "localizer",
        "image_type": ("ORIGINAL", "PRIMARY", "M", "ND", "NORM"), "body_part_examined": "BRAIN"},
    "siemens 3d scout": {
        **SIEMENS, **SLAB, **seq("GR"), "sequence_name": "*fl3d1_ns", "te": [1.4],
        "repetition_time_ms": 3.15, "flip_angle_deg": 8.0, "mr_acquisition_type": "3D",
        "series_description": "AAHead_Scout", "body_part_examined": "BRAIN"},
    "ge repérage": {
        **GE, **seq("SE"), "plane": "sagittal", "planes": 9, "step": 9.0, "thickness": 8.0,
        "field": 400.0, "te": [90.0], "repetition_time_ms": 2000.0, "mr_acquisition_type": "2D",
        "series_description": "Repérage rachis"},
    "siemens bold": {
        **SIEMENS, **AXIAL_HEAD, **seq("EP"), "sequence_name": "*epfid2d1_64", "te": [30.0],
        "repetition_time_ms": 2000.0, "mr_acquisition_type": "2D", "series_description": "rs_bold",
        "times": 8, "temporal_positions": 200, "body_part_examined": "BRAIN"},
    "ge perfusion with b 1000": {
        **GE, **AXIAL_HEAD, **seq("EP", "GR"), "te": [30.0], "repetition_time_ms": 2000.0,
        "mr_acquisition_type": "2D", "series_description": "PERFUSION DSC",
        "body_part_examined": "BRAIN"},
    "philips dce": {
        **PHILIPS, **SLAB, **seq("GR"), "technique": "T1FFE", "te": [2.0],
        "repetition_time_ms": 6.0, "flip_angle_deg": 15.0, "mr_acquisition_type": "3D",
        "series_description": "DCE", "times": 6, "temporal_positions": 40},
    "siemens field map": {
        **SIEMENS, **AXIAL_HEAD, **seq("GR"), "sequence_name": "*fm2d2r", "te": [10.0, 12.46],
        "repetition_time_ms": 600.0, "mr_acquisition_type": "2D",
        "series_description": "gre_field_mapping", "body_part_examined": "BRAIN"},
    "siemens tof": {
        **SIEMENS, **AXIAL_HEAD, **seq("GR"), "sequence_name": "*fl3d1r_t70", "te": [3.4],
        "repetition_time_ms": 21.0, "flip_angle_deg": 18.0, "mr_acquisition_type": "3D",
        "series_description": "TOF_3D_multi-slab", "body_part_examined": "HEAD"},
    "ge tof": {
        **GE, **AXIAL_HEAD, **seq("GR"), "te": [2.7], "repetition_time_ms": 25.0,
        "flip_angle_deg": 20.0, "mr_acquisition_type": "3D", "series_description": "3D TOF Willis",
        "body_part_examined": "HEAD"},
    "philips phase contrast": {
        **PHILIPS, **SLAB, **seq("GR"), "technique": "PCA", "te": [4.0],
        "repetition_time_ms": 9.0, "mr_acquisition_type": "3D", "series_description": "3D PC veineux",
        "body_part_examined": "HEAD"},
    "siemens mip of t1": {
        **SIEMENS, **SLAB, **seq("GR", "IR"), "te": [3.0], "repetition_time_ms": 2300.0,
        "inversion_time_ms": 900.0, "mr_acquisition_type": "3D",
        "image_type": ("DERIVED", "SECONDARY", "MIP"), "series_description": "T1 3D MIP"},
    "siemens mpr of flair": {
        **SIEMENS, **SLAB, **seq("SE", "IR"), "te": [387.0], "repetition_time_ms": 5000.0,
        "inversion_time_ms": 1800.0, "mr_acquisition_type": "3D",
        "image_type": ("DERIVED", "SECONDARY", "MPR"), "series_description": "FLAIR 3D ax"},
    "ge reformat": {
        **GE, **SLAB, **seq("GR"), "te": [3.0], "repetition_time_ms": 8.0,
        "inversion_time_ms": 450.0, "mr_acquisition_type": "3D",
        "image_type": ("DERIVED", "SECONDARY", "REFORMATTED", "AVERAGE"),
        "series_description": "REFORMAT AX T1"},
    "fa map": {
        **SIEMENS, **AXIAL_HEAD, **seq("EP"), "te": [90.0], "repetition_time_ms": 7600.0,
        "mr_acquisition_type": "2D", "image_type": ("DERIVED", "PRIMARY", "DIFFUSION", "FA", "ND"),
        "series_description": "ep2d_DTI_20_dir_AP_FA"},
    "screen shot": {
        **SIEMENS, "sop_class": "1.2.840.10008.5.1.4.1.1.7", "series_description": "FLAIR 3D",
        "image_type": ("DERIVED", "SECONDARY", "SCREEN SAVE"), **seq("SE", "IR"), "te": [387.0],
        "repetition_time_ms": 5000.0, "inversion_time_ms": 1800.0},
    "swi phase": {
        **SIEMENS, **AXIAL_HEAD, **seq("GR"), "sequence_name": "*swi3d1r", "te": [20.0],
        "repetition_time_ms": 28.0, "mr_acquisition_type": "3D",
        "image_type": ("ORIGINAL", "PRIMARY", "P", "ND"), "series_description": "Pha_Images"},
    "swi mip": {
        **SIEMENS, **AXIAL_HEAD, **seq("GR"), "sequence_name": "*swi3d1r", "te": [20.0],
        "repetition_time_ms": 28.0, "mr_acquisition_type": "3D",
        "image_type": ("DERIVED", "PRIMARY", "MNIP", "SWI", "NORM"),
        "series_description": "mIP_Images(SW)"},
    "knee t2": {
        **SIEMENS, **KNEE, **seq("SE"), "sequence_name": "*tse2d1_9", "te": [80.0],
        "repetition_time_ms": 3500.0, "mr_acquisition_type": "2D",
        "series_description": "t2_tse_sag genou", "body_part_examined": "KNEE"},
    "knee 3d t1": {
        **GE, **SLAB, "field": 160.0, "planes": 110, **seq("GR"), "te": [3.0],
        "repetition_time_ms": 9.0, "flip_angle_deg": 12.0, "mr_acquisition_type": "3D",
        "series_description": "3D T1 genou", "body_part_examined": "KNEE"},
    "liver diffusion": {
        **SIEMENS, **AXIAL_HEAD, "field": 380.0, **seq("EP"), "sequence_name": "*ep_b50",
        "te": [60.0], "repetition_time_ms": 6000.0, "mr_acquisition_type": "2D", "gradients": TRACE,
        "image_type": ("ORIGINAL", "PRIMARY", "DIFFUSION", "NONE"),
        "series_description": "ep2d_diff foie", "body_part_examined": "ABDOMEN"},
    "ge duplicate from before filtering": {
        **GE, **SLAB, **seq("GR"), "te": [3.0], "repetition_time_ms": 8.0,
        "inversion_time_ms": 450.0, "mr_acquisition_type": "3D",
        "series_description": "ORIG: 3D T1 BRAVO", "body_part_examined": "BRAIN"},
    "computed b-value": {
        **SIEMENS, **AXIAL_HEAD, **seq("EP"), "te": [89.0], "repetition_time_ms": 6000.0,
        "mr_acquisition_type": "2D", "gradients": [(1400.0, None, "ISOTROPIC")],
        "image_type": ("DERIVED", "PRIMARY", "DIFFUSION", "CALC_BVALUE"),
        "series_description": "ep2d_diff_CALC_BVAL", "body_part_examined": "HEAD"},
    "diffusion map of unknown kind": {
        **GE, **AXIAL_HEAD, **seq("EP", "SE"), "te": [75.0], "repetition_time_ms": 6000.0,
        "mr_acquisition_type": "2D", "gradients": [(1000.0, None, None)],
        "image_type": ("DERIVED", "SECONDARY", "PROCESSED"), "series_description": "DWI",
        "body_part_examined": "HEAD"},
    "asl": {
        **GE, **AXIAL_HEAD, **seq("SE"), "te": [10.5], "repetition_time_ms": 4800.0,
        "technique": "3DASL", "mr_acquisition_type": "3D", "series_description": "3D ASL",
        "body_part_examined": "BRAIN"},
    "ciss": {
        **SIEMENS, **SLAB, "plane": "axial", **seq("GR"), "sequence_name": "*ci3d1_ns",
        "te": [2.7], "repetition_time_ms": 5.9, "flip_angle_deg": 70.0, "mr_acquisition_type": "3D",
        "series_description": "t2_ci3d_tra CAI"},
    "mp2rage second inversion": {
        **SIEMENS, **SLAB, **seq("GR", "IR"), "sequence_name": "*tfl3d1_16ns", "te": [2.98],
        "repetition_time_ms": 5000.0, "inversion_time_ms": 2500.0, "mr_acquisition_type": "3D",
        "series_description": "t1_mp2rage_sag_p3_iso_INV2", "body_part_examined": "BRAIN"},
    "t2 map": {
        **SIEMENS, **SPINE, **seq("SE"), "te": [20.0, 40.0, 60.0, 80.0, 100.0],
        "repetition_time_ms": 2500.0, "mr_acquisition_type": "2D", "series_description": "se_mc sag",
        "body_part_examined": "LSPINE"},
    "report": {"sop_class": "1.2.840.10008.5.1.4.1.1.88.22", "planes": 0, "modality": "SR",
               "series_description": "PhoenixZIPReport"},
    "raw data": {"sop_class": "1.2.840.10008.5.1.4.1.1.66", "planes": 0,
                 "series_description": "3D T1 MPRAGE"},
}  # fmt: skip
"""What a real examination holds beside the protocol: never one of its required sequences."""
