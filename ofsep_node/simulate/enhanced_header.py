"""The header of an Enhanced MR object, outside its functional groups: what the standard asks for.

Patient, study, series and equipment, Enhanced MR Image (PS3.3 C.8.13.1), MR Pulse Sequence
(C.8.13.4), Enhanced Contrast/Bolus (C.7.6.4b). A vendor's writer lays its own habits over it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta

from pydicom.dataset import Dataset

from ofsep_node.simulate.enhanced import Part
from ofsep_node.simulate.enhanced_groups import code, decimal, is_spin_echo, made
from ofsep_node.simulate.examination import Examination, Injection, Sequence
from ofsep_node.simulate.identity import UidPlan, uid

_CONTRASTS = {
    "t1": "T1",
    "t2": "T2",
    "pd": "PROTON_DENSITY",
    "pd_t2": "T2",
    "flair": "FLUID_ATTENUATED",
    "stir": "STIR",
    "dwi": "DIFFUSION",
    "dti": "DIFFUSION",
    "adc": "DIFFUSION",
    "fa": "DIFFUSION",
    "t2star": "T2_STAR",
    "swi": "T2_STAR",
}
_CONTRASTS_BY_KEY = {"tof": "TOF", "perfusion": "PERFUSION", "bold": "T2_STAR"}

TECHNIQUES = {"MNIP": "MIN_IP", "PROJECTION IMAGE": "MIN_IP", "MPR": "MPR"}
"""VolumeBasedCalculationTechnique: the projections that are simulated are of susceptibility."""

_MAPS = {"adc": "ADC", "fa": "FA"}
COMPONENTS = {"M": "MAGNITUDE", "P": "PHASE", "PHASE": "PHASE", "R": "REAL", "I": "IMAGINARY"}


def instant(examination: Examination, seconds: float) -> datetime:
    """Date and time of day, `seconds` after the examination began."""
    midnight = datetime.combine(examination.study_date, time())
    return midnight + timedelta(seconds=examination.start_s + seconds)


def time_text(examination: Examination, seconds: float) -> str:
    """A TM value, HHMMSS.ffffff."""
    return f"{instant(examination, seconds):%H%M%S.%f}"


def date_time_text(examination: Examination, seconds: float) -> str:
    """A DT value, YYYYMMDDHHMMSS.ffffff."""
    return f"{instant(examination, seconds):%Y%m%d%H%M%S.%f}"


def acquisition_contrast(sequence: Sequence) -> str:
    """AcquisitionContrast (0008,9209), as the standard defines its terms."""
    known = _CONTRASTS_BY_KEY.get(sequence.key)
    return known or _CONTRASTS.get(sequence.weighting, "UNKNOWN")


def begun(examination: Examination, sequence: Sequence, uids: UidPlan, part: Part) -> Dataset:
    """The header of a part but for its image, its pulse sequence and the vendor's habits."""
    header = Dataset()
    header.update(_study(examination, uids))
    header.update(_patient(examination))
    header.update(_equipment(examination))
    header.update(_series(examination, sequence, uids))
    header.update(_instants(examination, sequence, part))
    injection = examination.injection_of(sequence)
    if injection is not None:
        header.ContrastBolusAgentSequence = [_agent(examination, injection)]
    return header


def _study(examination: Examination, uids: UidPlan) -> Dataset:
    day, clock = f"{examination.study_date:%Y%m%d}", time_text(examination, 0)
    return made(
        SpecificCharacterSet="ISO_IR 100",
        StudyDate=day,
        SeriesDate=day,
        ContentDate=day,
        InstanceCreationDate=day,
        StudyTime=clock,
        AccessionNumber="",
        ReferringPhysicianName="",
        StudyDescription=examination.description,
        RequestedProcedureDescription=examination.description,
        StudyInstanceUID=uids.study,
        StudyID="1",
        PerformedProcedureStepStartDate=day,
        PerformedProcedureStepStartTime=clock,
        PerformedProcedureStepID=f"MR{day}{clock[:6]}",
        PerformedProcedureStepDescription=examination.description,
    )


def _patient(examination: Examination) -> Dataset:
    patient, day = examination.patient, examination.study_date
    return made(
        PatientName=patient.name,
        PatientID=patient.patient_id,
        PatientBirthDate=f"{patient.birth_date:%Y%m%d}",
        PatientSex=patient.sex,
        PatientAge=f"{(day - patient.birth_date).days // 365:03d}Y",
        PatientSize=decimal(patient.size_m),
        PatientWeight=decimal(patient.weight_kg),
    )


def _equipment(examination: Examination) -> Dataset:
    scanner = examination.scanner
    return made(
        Modality="MR",
        Manufacturer=scanner.manufacturer,
        ManufacturerModelName=scanner.model,
        SoftwareVersions=scanner.software_versions.split("\\"),
        DeviceSerialNumber=scanner.serial_number,
        StationName=scanner.station_name,
        InstitutionName=scanner.institution,
        InstitutionAddress=scanner.address,
        MagneticFieldStrength=decimal(scanner.field_t),
        ApplicableSafetyStandardAgency="IEC",
    )


def _series(examination: Examination, sequence: Sequence, uids: UidPlan) -> Dataset:
    return made(
        SeriesInstanceUID=uids.series(sequence.key),
        SeriesNumber=sequence.number,
        SeriesTime=time_text(examination, sequence.start_s + sequence.duration_s + 4),
        SeriesDescription=sequence.description,
        ProtocolName=sequence.protocol_name,
        BodyPartExamined=sequence.body_part,
        PatientPosition="HFS",
        FrameOfReferenceUID=uids.frame_of_reference,
        PositionReferenceIndicator="",
        AcquisitionNumber=1,
        BurnedInAnnotation="NO",
        LossyImageCompression="00",
        ContentQualification="PRODUCT",
        ResonantNucleus="1H",
        KSpaceFiltering="NONE",
        AcquisitionContextSequence=[],
    )


def _instants(examination: Examination, sequence: Sequence, part: Part) -> Dataset:
    acquired = min(image.acquired_s(sequence) for image in part.images)
    stored = time_text(examination, part.images[0].stored_s(sequence))
    return made(
        AcquisitionDateTime=date_time_text(examination, acquired),
        AcquisitionDuration=float(sequence.duration_s),
        InstanceCreationTime=stored,
        ContentTime=stored,
    )


def pulse_sequence(sequence: Sequence, name: str, echo_pulse: str) -> Dataset:
    """MR Pulse Sequence."""
    planar = "EP" in sequence.scanning_sequence
    module = made(
        MRAcquisitionType=sequence.dimension,
        PulseSequenceName=name,
        EchoPulseSequence=echo_pulse,
        MultiPlanarExcitation="NO",
        PhaseContrast="NO",
        TimeOfFlightContrast="YES" if sequence.key == "tof" else "NO",
        SteadyStatePulseSequence="NONE",
        EchoPlanarPulseSequence="YES" if planar else "NO",
        SaturationRecovery="NO",
        SpectrallySelectedSuppression="FAT" if "FS" in sequence.scan_options else "NONE",
        OversamplingPhase="NONE",
        GeometryOfKSpaceTraversal="RECTILINEAR",
        SegmentedKSpaceTraversal="SINGLE" if planar else "PARTIAL",
        RectilinearPhaseEncodeReordering="LINEAR",
        NumberOfKSpaceTrajectories=1,
    )
    if echo_pulse == "SPIN":
        train = sequence.echo_train_length > 1 and not planar
        module.MultipleSpinEcho = "YES" if train else "NO"
    if sequence.dimension == "3D":
        module.CoverageOfKSpace = "FULL"
    return module


def with_pulses(sequence: Sequence) -> Sequence:
    """A sequence of a classic table with all that its pulses do: SE or GR, IR, EP.

    Enhanced objects say in attributes of their own what ScanningSequence may leave out.
    """
    echo = "GR" if "GR" in sequence.scanning_sequence else "SE"
    inverted = ("IR",) if sequence.inversion_time_ms is not None else ()
    planar = (
        is_diffusion(sequence) or "EP" in sequence.scanning_sequence or "EPI" in sequence.technique
    )
    pulses = (echo, *inverted, *(("EP",) if planar else ()))
    return replace(sequence, scanning_sequence=pulses)


def is_diffusion(sequence: Sequence) -> bool:
    """Whether the images are diffusion-weighted, or computed from such."""
    return sequence.weighting in ("dwi", "dti", "adc", "fa")


def pixel_contrast(sequence: Sequence) -> str:
    """The fourth value of ImageType: what was computed, as vendors call it."""
    projected = "MINIMUM" if {"MNIP", "PROJECTION IMAGE"} & set(sequence.image_type) else "NONE"
    return _MAPS.get(sequence.weighting, projected)


def flavour(sequence: Sequence) -> str:
    """The third value of ImageType: the contrast (PS3.3 C.8.13.3.1.1)."""
    contrast = acquisition_contrast(sequence)
    return "OTHER" if contrast == "UNKNOWN" else contrast


def echo_pulse(sequence: Sequence) -> str:
    """EchoPulseSequence (0018,9008) as it truly is."""
    return "SPIN" if is_spin_echo(sequence) else "GRADIENT"


def frame_type(
    image_type: tuple[str, ...], contrast: str, *, volumetric: str = "VOLUME", colour: bool = False
) -> Dataset:
    """What Enhanced MR Image and MR Image Frame Type say alike, but for the image type's name."""
    component = next((c for token in image_type if (c := COMPONENTS.get(token))), "MAGNITUDE")
    technique = next((t for token in image_type if (t := TECHNIQUES.get(token))), "NONE")
    return made(
        PixelPresentation="TRUE_COLOR" if colour else "MONOCHROME",
        VolumetricProperties=volumetric,
        VolumeBasedCalculationTechnique=technique,
        ComplexImageComponent=component,
        AcquisitionContrast=contrast,
    )


def _agent(examination: Examination, injection: Injection) -> Dataset:
    """The agent by its name: scanners have a code of their own for each."""
    volume = decimal(injection.volume_ml)
    profile = made(
        ContrastBolusVolume=volume,
        ContrastBolusStartTime=time_text(examination, injection.start_s),
        ContrastBolusStopTime=time_text(examination, injection.stop_s),
    )
    agent = code(injection.agent.upper().replace(" ", "_")[:16], "99SIMULATED", injection.agent)
    agent.ContrastBolusAgentNumber = 1
    agent.ContrastBolusAdministrationRouteSequence = [code("G-D101", "SRT", "Intravenous route")]
    agent.ContrastBolusIngredientCodeSequence = []
    agent.ContrastBolusVolume = volume
    agent.ContrastBolusIngredientConcentration = decimal(injection.concentration_mg_ml)
    agent.ContrastAdministrationProfileSequence = [profile]
    return agent


def placed_on(
    examination: Examination, sequence: Sequence, uids: UidPlan, frame_number: int
) -> tuple[Dataset, Dataset] | None:
    """The localizer on which the slices were placed; None for the localizer itself.

    The reference of a functional group, and the evidence that the header must then hold.
    """
    localizer = examination.sequence("localizer") or examination.sequence("cord-localizer")
    if localizer is None or sequence.role == "localizer":
        return None
    purpose = code("121311", "DCM", "Localizer")
    referenced = {
        "ReferencedSOPClassUID": "1.2.840.10008.5.1.4.1.1.4.1",
        "ReferencedSOPInstanceUID": uids.image(localizer.key, 0),
    }
    frame = made(
        **referenced, ReferencedFrameNumber=frame_number, PurposeOfReferenceCodeSequence=[purpose]
    )
    instance = made(**referenced, PurposeOfReferenceCodeSequence=[purpose])
    series = made(ReferencedSOPSequence=[instance], SeriesInstanceUID=uids.series(localizer.key))
    return frame, made(ReferencedSeriesSequence=[series], StudyInstanceUID=uids.study)


def dimension_uid(uids: UidPlan, sequence: Sequence) -> str:
    """DimensionOrganizationUID of a series."""
    return uid(uids.series(sequence.key), "dimensions")
