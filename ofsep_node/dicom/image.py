"""Facts that classic and enhanced objects write alike, once functional groups are laid open."""

from __future__ import annotations

from ofsep_node.dicom.header import Header
from ofsep_node.dicom.vendors.vendor import Vendor
from ofsep_node.domain.geometry import Orientation, Vector
from ofsep_node.domain.instance import Acquisition, Contrast

GAUSS_ABOVE = 100.0
"""No magnet for people reaches 100 T: beyond, the field was written in gauss (old GE)."""

BEYOND_REASON = 1e6
"""No length in mm, and no time in ms, that is measured of an image comes near."""

_UNIT_TOLERANCE = 0.05


def acquisition_of(header: Header, vendor: Vendor) -> Acquisition:
    """How the image was made."""
    scheme = vendor.diffusion_scheme(header)
    inversion_times = header.numbers("InversionTimes") or header.numbers("InversionTime")
    return Acquisition(
        modality=header.text("Modality"),
        manufacturer=header.text("Manufacturer"),
        model=header.text("ManufacturerModelName"),
        software_versions=header.text("SoftwareVersions"),
        device_serial_number=header.text("DeviceSerialNumber"),
        magnetic_field_strength_t=_field_strength(header),
        series_number=header.integer("SeriesNumber"),
        series_description=header.text("SeriesDescription"),
        protocol_name=header.text("ProtocolName"),
        body_part_examined=header.text("BodyPartExamined") or _anatomic_region(header),
        scanning_sequence=vendor.scanning_sequence(header),
        sequence_variant=vendor.sequence_variant(header),
        scan_options=vendor.scan_options(header),
        mr_acquisition_type=header.text("MRAcquisitionType"),
        sequence_name=vendor.sequence_name(header),
        technique=vendor.technique(header),
        acquisition_contrast=vendor.acquisition_contrast(header),
        repetition_time_ms=positive(header, "RepetitionTime"),
        inversion_time_ms=inversion_times[0] if inversion_times else None,
        inversion_times_ms=inversion_times,
        flip_angle_deg=header.number("FlipAngle"),
        acquisition_matrix=_acquisition_matrix(header),
        phase_encoding=_phase_encoding(header),
        parallel_factor=vendor.parallel_factor(header),
        interpolated=vendor.interpolated(header),
        burned_in_annotation=header.text("BurnedInAnnotation"),
        images_in_acquisition=vendor.images_in_acquisition(header),
        temporal_positions=header.integer("NumberOfTemporalPositions"),
        diffusion_gradients=scheme.gradients,
        diffusion_b_values=scheme.b_values,
    )


def _anatomic_region(header: Header) -> str | None:
    """The region by its code, which enhanced objects write instead (PS3.3 C.7.6.16.2.8)."""
    meanings = [item.text("CodeMeaning") for item in header.items("AnatomicRegionSequence")]
    return next((m.upper() for m in meanings if m), None)


def contrast_of(header: Header) -> Contrast:
    """The contrast agent: (0018,0010) and its neighbours, or the items of (0018,0012).

    The sequence names the agent by code (PS3.3 C.8.13.4 for its enhanced attributes).
    """
    items = header.items("ContrastBolusAgentSequence")
    agents = [a for item in items if (a := item.text("CodeMeaning"))]
    sources = [header, *items]
    return Contrast(
        agent=header.text("ContrastBolusAgent") or ", ".join(agents) or None,
        volume_ml=_first_number(sources, "ContrastBolusVolume"),
        total_dose_ml=_first_number(sources, "ContrastBolusTotalDose"),
        concentration=_first_number(sources, "ContrastBolusIngredientConcentration"),
        start_time=_time(sources, "ContrastBolusStartTime"),
        stop_time=_time(sources, "ContrastBolusStopTime"),
        weight_kg=header.number("PatientWeight"),
        administered=_administered(header),
    )


def positive(header: Header, keyword: str) -> float | None:
    """A length or a time: None, with a remark, at 0 or below, beyond reason, or of two values."""
    values = header.vector(keyword, 1)
    return values[0] if values and _is_plausible(header, keyword, values) else None


def orientation_of(header: Header) -> Orientation | None:
    """ImageOrientationPatient, if its two directions are of unit length and perpendicular."""
    values = header.vector("ImageOrientationPatient", 6)
    if values is None:
        return None
    rx, ry, rz, cx, cy, cz = values
    row, column = rx * rx + ry * ry + rz * rz, cx * cx + cy * cy + cz * cz
    across = rx * cx + ry * cy + rz * cz
    if max(abs(row - 1), abs(column - 1), abs(across)) > _UNIT_TOLERANCE:
        header.remark("ImageOrientationPatient", "not two perpendicular directions")
        return None
    return (rx, ry, rz, cx, cy, cz)


def position_of(header: Header) -> Vector | None:
    """ImagePositionPatient, in mm."""
    values = header.vector("ImagePositionPatient", 3)
    return None if values is None else (values[0], values[1], values[2])


def pixel_spacing_of(header: Header) -> tuple[float, float] | None:
    """PixelSpacing: between rows, between columns, in mm."""
    values = header.vector("PixelSpacing", 2)
    if values is None or not _is_plausible(header, "PixelSpacing", values):
        return None
    return (values[0], values[1])


def _is_plausible(header: Header, keyword: str, values: tuple[float, ...]) -> bool:
    if min(values) <= 0:
        header.remark(keyword, "not positive")
        return False
    if max(values) > BEYOND_REASON:
        header.remark(keyword, f"{max(values):g} is beyond reason")
        return False
    return True


def echo_time_of(header: Header) -> float | None:
    """EffectiveEchoTime of enhanced objects, else EchoTime, in ms."""
    effective = positive(header, "EffectiveEchoTime")
    return positive(header, "EchoTime") if effective is None else effective


def temporal_position_of(header: Header) -> int | None:
    """TemporalPositionIndex of enhanced objects, else TemporalPositionIdentifier."""
    index = header.integer("TemporalPositionIndex")
    return header.integer("TemporalPositionIdentifier") if index is None else index


def _field_strength(header: Header) -> float | None:
    field = header.number("MagneticFieldStrength")
    return field / 10_000 if field is not None and field > GAUSS_ABOVE else field


def _phase_encoding(header: Header) -> str | None:
    direction = header.text("InPlanePhaseEncodingDirection")
    return "COLUMN" if direction == "COL" else direction


def _acquisition_matrix(header: Header) -> tuple[int, int] | None:
    """Rows and columns as acquired.

    (0018,1310) is frequency rows, frequency columns, phase rows, phase columns, two of them
    0 (PS3.3 C.8.3.1). UIH puts both numbers under columns: the phase encoding direction then
    tells which is which.
    """
    matrix = header.vector("AcquisitionMatrix", 4)
    if matrix is not None:
        frequency, phase = (int(max(matrix[i : i + 2])) for i in (0, 2))
        both_columns = not matrix[0] and not matrix[2]
        both_rows = not matrix[1] and not matrix[3]
        along_rows = matrix[3] > 0 if not (both_columns or both_rows) else None
    else:
        frequency = header.integer("MRAcquisitionFrequencyEncodingSteps") or 0
        phase = header.integer("MRAcquisitionPhaseEncodingStepsInPlane") or 0
        along_rows = None
    if along_rows is None:
        along_rows = _PHASE_ALONG_ROWS.get(_phase_encoding(header) or "")
    if not frequency or not phase or along_rows is None:
        return None
    return (frequency, phase) if along_rows else (phase, frequency)


_PHASE_ALONG_ROWS = {"ROW": True, "COLUMN": False}


def _first_number(sources: list[Header], keyword: str) -> float | None:
    return next((n for s in sources if (n := s.number(keyword)) is not None), None)


def _time(sources: list[Header], keyword: str) -> str | None:
    """A time of the injection: of the object, of an agent's item, or of its profile."""
    profiles = (p for s in sources for p in s.items("ContrastAdministrationProfileSequence"))
    return next((t for s in (*sources, *profiles) if (t := s.text(keyword))), None)


def _administered(frame: Header) -> str | None:
    """Whether the agent had been given when the frame was made (PS3.3 C.7.6.16.2.12)."""
    said = [
        i.text("ContrastBolusAgentAdministered") for i in frame.items("ContrastBolusUsageSequence")
    ]
    return next((answer for answer in ("YES", "NO") if answer in said), None)
