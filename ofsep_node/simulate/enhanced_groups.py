"""Items of the functional groups of Enhanced MR objects (PS3.3 C.7.6.16.2, C.8.13.5).

Each function gives one item of one macro; which of them are shared by all frames and which are
repeated for every frame is the vendor's habit, and so not said here.
"""

from __future__ import annotations

from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items
from pydicom.valuerep import format_number_as_ds

from ofsep_node.simulate.examination import Diffusion, Scanner, Sequence, Slab
from ofsep_node.simulate.image import Image

GAMMA_MHZ_PER_T = 42.577478
"""Gyromagnetic ratio of the proton over two pi."""

REGIONS = {
    "BRAIN": ("T-A0100", "Brain"),
    "HEAD": ("T-D1100", "Head"),
    "CSPINE": ("T-11501", "Cervical spine"),
    "TSPINE": ("T-11502", "Thoracic spine"),
    "SPINE": ("T-D0146", "Spine"),
    "KNEE": ("T-D9200", "Knee"),
    "ABDOMEN": ("T-D4000", "Abdomen"),
}
"""BodyPartExamined and the code of the same region (PS3.16 CID 4031 and annex L, in SNOMED-RT)."""


def made(**attributes: object) -> Dataset:
    """A data set of these attributes, by keyword."""
    item = Dataset()
    for keyword, value in attributes.items():
        setattr(item, keyword, value)
    return item


def macro(keyword: str, *items: Dataset) -> DataElement:
    """A sequence; one element may stand in many frames, which keeps large objects small."""
    return DataElement(tag_for_keyword(keyword) or 0, dictionary_VR(keyword), Items(items))


def code(value: str, scheme: str, meaning: str) -> Dataset:
    """An item of a code sequence (PS3.3 section 8)."""
    return made(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)


def decimal(value: float) -> str:
    """A decimal string of at most sixteen characters (PS3.5 6.2), without "-0" or ".0"."""
    number = float(value) + 0.0
    return str(int(number)) if number.is_integer() else format_number_as_ds(number)


def pixel_measures(slab: Slab, *, spacing: bool) -> Dataset:
    """Pixel Measures, with or without the distance between slice centres."""
    item = made(SliceThickness=decimal(slab.thickness_mm))
    if spacing:
        item.SpacingBetweenSlices = decimal(slab.step_mm)
    item.PixelSpacing = [decimal(slab.pixel_mm)] * 2
    return item


def plane_position(image: Image) -> Dataset:
    """Plane Position (Patient)."""
    return made(ImagePositionPatient=[decimal(c) for c in image.position_mm])


def plane_orientation(slab: Slab) -> Dataset:
    """Plane Orientation (Patient)."""
    return made(ImageOrientationPatient=[decimal(c) for c in slab.orientation])


def echo(echo_time_ms: float) -> Dataset:
    """MR Echo."""
    return made(EffectiveEchoTime=float(echo_time_ms))


def averages(sequence: Sequence) -> Dataset:
    """MR Averages."""
    return made(NumberOfAverages=decimal(sequence.averages))


def diffusion(weighting: Diffusion, directionality: str) -> Dataset:
    """MR Diffusion; the b-value and the direction only where the scanner has them."""
    item = made(DiffusionDirectionality=directionality)
    if weighting.b_value is not None:
        item.DiffusionBValue = float(weighting.b_value)
    if weighting.direction is not None:
        direction = made(DiffusionGradientOrientation=list(weighting.direction))
        item.add(macro("DiffusionGradientDirectionSequence", direction))
    if directionality == "BMATRIX":
        item.add(macro("DiffusionBMatrixSequence", _b_matrix(weighting)))
    return item


def _b_matrix(weighting: Diffusion) -> Dataset:
    """The b-value times the dyadic product of the direction, in s/mm2."""
    b, (x, y, z) = weighting.b_value or 0.0, weighting.direction or (0.0, 0.0, 0.0)
    return made(
        DiffusionBValueXX=b * x * x,
        DiffusionBValueXY=b * x * y,
        DiffusionBValueXZ=b * x * z,
        DiffusionBValueYY=b * y * y,
        DiffusionBValueYZ=b * y * z,
        DiffusionBValueZZ=b * z * z,
    )


def timing(sequence: Sequence) -> Dataset:
    """MR Timing and Related Parameters: repetition, flip angle, echo train, safety limits."""
    train, planar = sequence.echo_train_length, "EP" in sequence.scanning_sequence
    spin = is_spin_echo(sequence)
    absorption = made(
        SpecificAbsorptionRateDefinition="IEC_WHOLE_BODY", SpecificAbsorptionRateValue=0.08
    )
    return made(
        RepetitionTime=decimal(sequence.repetition_time_ms),
        EchoTrainLength=train,
        FlipAngle=decimal(sequence.flip_angle_deg),
        OperatingModeSequence=[
            made(OperatingModeType="GRADIENT", OperatingMode="IEC_NORMAL"),
            made(OperatingModeType="RF", OperatingMode="IEC_NORMAL"),
        ],
        GradientOutputType="PER_NERVE_STIM",
        GradientOutput=0.71,
        SpecificAbsorptionRateSequence=[absorption],
        RFEchoTrainLength=train if spin and not planar else int(spin),
        GradientEchoTrainLength=train if planar or not spin else 0,
    )


def is_spin_echo(sequence: Sequence) -> bool:
    """Whether the echo is refocused by a pulse, whatever the header says of it."""
    return "GR" not in sequence.scanning_sequence and not sequence.sequence_name.startswith("epfid")


def modifier(sequence: Sequence, technique: str) -> Dataset:
    """MR Modifier: inversion, partial Fourier, parallel imaging by the vendor's `technique`."""
    item = made(
        InversionRecovery="YES" if "IR" in sequence.scanning_sequence else "NO",
        FlowCompensation="NONE",
        Spoiling="RF" if "SP" in sequence.sequence_variant else "NONE",
        T2Preparation="NO",
        SpectrallySelectedExcitation="NONE",
        SpatialPresaturation="NONE",
        ParallelAcquisition="YES" if sequence.parallel_factor else "NO",
        PartialFourier="YES" if "PFP" in sequence.scan_options else "NO",
    )
    if item.InversionRecovery == "YES" and sequence.inversion_time_ms is not None:
        item.InversionTimes = float(sequence.inversion_time_ms)
    if item.PartialFourier == "YES":
        item.PartialFourierDirection = "PHASE"
    if sequence.parallel_factor:
        item.ParallelAcquisitionTechnique = technique
        item.ParallelReductionFactorInPlane = float(sequence.parallel_factor)
        item.ParallelReductionFactorOutOfPlane = 1.0
    return item


def imaging_modifier(sequence: Sequence, scanner: Scanner) -> Dataset:
    """MR Imaging Modifier."""
    return made(
        PixelBandwidth=decimal(sequence.pixel_bandwidth_hz),
        MagnetizationTransfer="NONE",
        BloodSignalNulling="NO",
        Tagging="NONE",
        TransmitterFrequency=round(scanner.actual_field_t * GAMMA_MHZ_PER_T, 6),
    )


def field_of_view(sequence: Sequence, slab: Slab) -> Dataset:
    """MR FOV/Geometry: the matrix as acquired, along frequency and phase."""
    along_rows = sequence.phase_encoding == "ROW"
    rows, columns = slab.acquired_matrix
    frequency, phase = (rows, columns) if along_rows else (columns, rows)
    item = made(
        PercentSampling="100",
        PercentPhaseFieldOfView="100",
        InPlanePhaseEncodingDirection="ROW" if along_rows else "COLUMN",
        MRAcquisitionFrequencyEncodingSteps=frequency,
        MRAcquisitionPhaseEncodingStepsInPlane=phase,
    )
    if sequence.dimension == "3D":
        item.MRAcquisitionPhaseEncodingStepsOutOfPlane = slab.slices
    return item


def receive_coil(name: str, maker: str, elements: tuple[str, ...]) -> Dataset:
    """MR Receive Coil: an array, element by element."""
    used = [made(MultiCoilElementName=e, MultiCoilElementUsed="YES") for e in elements]
    return made(
        ReceiveCoilName=name,
        ReceiveCoilManufacturerName=maker,
        ReceiveCoilType="MULTICOIL",
        QuadratureReceiveCoil="NO",
        MultiCoilDefinitionSequence=used,
    )


def transmit_coil(name: str, maker: str) -> Dataset:
    """MR Transmit Coil: the body coil."""
    return made(TransmitCoilName=name, TransmitCoilManufacturerName=maker, TransmitCoilType="BODY")


def anatomy(body_part: str) -> Dataset:
    """Frame Anatomy: the region by its code."""
    value, meaning = REGIONS.get(body_part, REGIONS["HEAD"])
    return made(AnatomicRegionSequence=[code(value, "SRT", meaning)], FrameLaterality="U")


def window(centre: float, width: float) -> Dataset:
    """Frame VOI LUT."""
    return made(WindowCenter=decimal(centre), WindowWidth=decimal(width))


def pixel_transformation(rescale_type: str = "US") -> Dataset:
    """Pixel Value Transformation: none."""
    return made(RescaleIntercept="0", RescaleSlope="1", RescaleType=rescale_type)


def contrast_usage() -> Dataset:
    """Contrast/Bolus Usage (PS3.3 C.7.6.16.2.12): the agent numbered 1 was given."""
    return made(
        ContrastBolusAgentNumber=1,
        ContrastBolusAgentAdministered="YES",
        ContrastBolusAgentDetected="",
    )
