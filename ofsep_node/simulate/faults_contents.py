"""Faults of what arrives: series and images missing, repeated or out of order, attributes absent."""

from __future__ import annotations

from dataclasses import replace

from ofsep_node.domain.verdict import Message
from ofsep_node.simulate.examination import Alteration, Examination, Sequence
from ofsep_node.simulate.fault import (
    CLASSIC,
    ENHANCED,
    REQUIRED,
    Fault,
    altered,
    each,
    edited,
    missing,
    without,
)
from ofsep_node.simulate.request import Request

_WHOLE_OR_NOTHING = frozenset({"canon-enhanced"})
"""One object holds a series; with fewer frames at its end it would be a whole, smaller one."""

_ANNOUNCES_NOTHING = frozenset({"canon"})
"""No header says how many images a series has."""

_DUMMY_RUN = Request(indication="dummy-run", dummy_run=True)


_MAY_BE_UNKNOWN = (
    "series-complete", "adc-pairs-with-dwi", "bicallosal-plane", "axial-plane", "voxel-3d",
    "no-gap-3d", "thickness-2d", "in-plane-2d", "dti-voxel", "dti-directions", "dti-gap",
    "burned-in-annotation",
)  # fmt: skip
"""What may be undetermined too, when that is missing by which a series is recognised."""


def _lost_in_the_middle(sequence: Sequence) -> Sequence:
    middle = sequence.images // 2
    return replace(sequence, lost=sequence.lost | {middle - 1, middle, middle + 1})


def _lost_at_the_end(sequence: Sequence) -> Sequence:
    kept = sequence.images - sequence.images // 3
    return replace(sequence, lost=sequence.lost | set(range(kept, sequence.images)))


def _one_tesla(examination: Examination) -> Examination:
    scanner = replace(examination.scanner, field_t=1.0, actual_field_t=1.0)
    return replace(examination, scanner=scanner)


def _named(examination: Examination) -> Examination:
    """De-identification forgot the patient's name, in every series."""
    name = (Alteration("PatientName", examination.patient.name),
            Alteration("PatientIdentityRemoved", None))  # fmt: skip
    return each(lambda s: replace(s, altered=(*s.altered, *name)))(examination)


def _slower(sequence: Sequence) -> Sequence:
    slower = Alteration("RepetitionTime", f"{sequence.repetition_time_ms * 1.5:g}", 0.5)
    return replace(sequence, altered=(*sequence.altered, slower))


MISSING = (
    Fault(
        "no-flair",
        Message("Pas de FLAIR", "No FLAIR"),
        "The FLAIR is not there.",
        missing("flair"),
        fails=REQUIRED,
        withholds=True,
    ),
    Fault(
        "no-adc",
        Message("Pas de carte ADC", "No ADC map"),
        "The ADC map is not there.",
        missing("adc"),
        fails=REQUIRED,
        entails=("adc-pairs-with-dwi",),
        withholds=True,
    ),
    Fault(
        "no-dwi",
        Message("Pas de diffusion", "No DWI"),
        "The DWI is not there; its ADC map is.",
        missing("dwi"),
        fails=REQUIRED,
        entails=("adc-pairs-with-dwi",),
        withholds=True,
    ),
    Fault(
        "no-t1",
        Message("Pas de 3D T1", "No 3D T1"),
        "The 3D T1 is not there.",
        missing("t1"),
        fails=REQUIRED,
        withholds=True,
    ),
    Fault(
        "no-cord-t2",
        Message("Pas de T2 sagittale de la moelle", "No sagittal T2 of the cord"),
        "The cord was imaged (STIR), without a sagittal T2.",
        missing("cord-t2-1", "cord-t2-2"),
        fails=("cord-required-sequences",),
        entails=("whole-cord",),
        withholds=True,
        shown_in=Request(programme="cord", optional=("cord-stir",)),
        aspect="stations",
    ),
    Fault(
        "missing-slices",
        Message("Trois coupes manquent au milieu du 3D T1", "Three slices missing amid the 3D T1"),
        "Three neighbouring slices in the middle of the 3D T1 were never sent.",
        edited("t1", _lost_in_the_middle),
        fails=(*REQUIRED, "series-complete"),
        withholds=True,
    ),
    Fault(
        "truncated-series",
        Message("Le dernier tiers du FLAIR manque", "The last third of the FLAIR is missing"),
        "The last third of the images of the FLAIR were never sent.",
        edited("flair", _lost_at_the_end),
        fails=(*REQUIRED, "series-complete"),
        withholds=True,
        unfit=_WHOLE_OR_NOTHING,
        unsaid_by=_ANNOUNCES_NOTHING,
    ),
    Fault(
        "missing-b-value",
        Message("Les images b1000 manquent", "The b1000 images are missing"),
        "The diffusion-weighted images of the DWI were never sent; its b0 images were.",
        edited("dwi", lambda s: replace(s, lost=s.lost | _weighted(s))),
        fails=REQUIRED,
        entails=_MAY_BE_UNKNOWN,
        withholds=True,
    ),
    Fault(
        "missing-direction",
        Message("Une direction du DTI est incomplète", "A direction of the DTI is incomplete"),
        "Half of the slices of one direction of the DTI were never sent.",
        edited("dti", lambda s: replace(s, lost=s.lost | _half_a_volume(s, 8))),
        fails=("series-complete",),
        withholds=True,
        shown_in=Request(optional=("dti",)),
    ),
    Fault(
        "lost-direction",
        Message("Une direction du DTI manque", "A direction of the DTI is missing"),
        "All images of one direction of the DTI were never sent.",
        edited("dti", lambda s: replace(s, lost=s.lost | _a_volume(s, 8))),
        fails=("series-complete",),
        withholds=True,
        shown_in=Request(optional=("dti",)),
    ),
    Fault(
        "missing-echo",
        Message("Le second écho est incomplet", "The second echo is incomplete"),
        "Half of the slices of the second echo of the axial PD/T2 were never sent.",
        edited("t2", lambda s: replace(s, lost=s.lost | _half_a_volume(s, 1))),
        fails=("series-complete",),
        withholds=True,
        shown_in=Request(optional=("t2",)),
    ),
)


def _weighted(sequence: Sequence) -> set[int]:
    """The images of every diffusion volume with a b-value above 0."""
    size = sequence.images_per_volume
    volumes = (v for v, d in enumerate(sequence.diffusion) if d.b_value)
    return {image for v in volumes for image in range(v * size, (v + 1) * size)}


def _a_volume(sequence: Sequence, volume: int) -> set[int]:
    first = volume * sequence.images_per_volume
    return set(range(first, first + sequence.images_per_volume))


def _half_a_volume(sequence: Sequence, volume: int) -> set[int]:
    whole = _a_volume(sequence, volume)
    return set(sorted(whole)[: len(whole) // 2])


_IN_THREE = 3

CONCATENATED = (
    Fault(
        "concatenated-series",
        Message("Le FLAIR est coupé en trois objets", "The FLAIR is cut into three objects"),
        "Each object of the FLAIR is sent in three parts (ConcatenationUID (0020,9161)).",
        edited("flair", lambda s: replace(s, concatenated=_IN_THREE)),
        aspect="concatenation",
        shown_in=Request(vendor="siemens-xa"),
        unfit=CLASSIC,
    ),
    Fault(
        "missing-concatenation",
        Message("Un tiers d'objet du FLAIR manque", "A third of an object of the FLAIR is missing"),
        "Each object of the FLAIR is sent in three parts, the last of which never comes.",
        edited("flair", lambda s: replace(s, concatenated=_IN_THREE, lost_part=_IN_THREE)),
        fails=(*REQUIRED, "series-complete"),
        aspect="concatenation",
        shown_in=Request(vendor="siemens-xa"),
        unfit=CLASSIC,
    ),
)

SENDING = (
    Fault(
        "duplicated-series",
        Message("Le FLAIR est envoyé deux fois", "The FLAIR is sent twice"),
        "Every object of the FLAIR is there twice, identical to the last byte.",
        edited("flair", lambda s: replace(s, resent=True)),
        withholds=True,
    ),
    Fault(
        "shuffled-images",
        Message("Les images arrivent dans le désordre", "Images arrive in no order"),
        "The objects of every series are sent in no order.",
        each(lambda s: replace(s, shuffled=True)),
        withholds=True,
    ),
    Fault(
        "conflicting-objects",
        Message("Un SOP Instance UID, deux contenus", "One SOP Instance UID, two contents"),
        "The first object of the FLAIR comes again under its UID with another content.",
        edited("flair", lambda s: replace(s, conflicting=True)),
        fails=("unique-instances",),
    ),
    Fault(
        "two-patients",
        Message("Deux identifiants de patient dans un examen", "Two patient IDs in one study"),
        "The FLAIR carries the PatientID of somebody else.",
        altered("flair", "PatientID", "SIM-AUTRE"),
        fails=("one-patient",),
    ),
)

HEADERS = (
    Fault(
        "field-1t",
        Message("IRM à 1 T", "1 T scanner"),
        "The magnetic field is 1 T, in every series.",
        _one_tesla,
        fails=("field-strength",),
    ),
    Fault(
        "tr-changes",
        Message("Le TR change au milieu du FLAIR", "TR changes in the midst of the FLAIR"),
        "RepetitionTime (0018,0080) is half as long again in the second half of the FLAIR.",
        edited("flair", _slower),
        fails=("consistent-parameters",),
        unfit=ENHANCED,
    ),
    Fault(
        "burned-in",
        Message("Annotations incrustées dans la diffusion", "Annotations burned into the DWI"),
        "BurnedInAnnotation (0028,0301) is YES in the DWI.",
        altered("dwi", "BurnedInAnnotation", "YES"),
        fails=("burned-in-annotation",),
    ),
    Fault(
        "named-dummy-run",
        Message("Dummy run avec le nom du patient", "Dummy run with the patient's name"),
        "A dummy run whose headers keep PatientName (0010,0010).",
        _named,
        fails=("no-identifying-data",),
        shown_in=_DUMMY_RUN,
    ),
    Fault(
        "no-dicomdir",
        Message("Dummy run sans DICOMDIR", "Dummy run without a DICOMDIR"),
        "A dummy run whose folder holds no DICOMDIR.",
        lambda e: replace(e, dicomdir=False),
        fails=("dicomdir",),
        withholds=True,
        shown_in=_DUMMY_RUN,
    ),
    Fault(
        "wrong-body-part",
        Message("BodyPartExamined faux (ABDOMEN)", "Wrong BodyPartExamined (ABDOMEN)"),
        "BodyPartExamined says ABDOMEN in every series; the images are of the head all the same.",
        each(lambda s: replace(s, body_part="ABDOMEN")),
    ),
)


def _absent(
    name: str, fr: str, en: str, key: str, keywords: tuple[str, ...], *undetermined: str
) -> Fault:
    """Attributes are absent from one series: nothing may pass for want of them."""
    return Fault(
        name,
        Message(fr, en),
        f"The headers of the series {key} carry no {' and no '.join(keywords)}.",
        without(key, *keywords),
        undetermined=undetermined,
        entails=_MAY_BE_UNKNOWN,
    )


ABSENT = (
    _absent("no-thickness", "Épaisseur de coupe absente du FLAIR",
            "SliceThickness absent from the FLAIR", "flair", ("SliceThickness",),
            "voxel-3d", "no-gap-3d"),
    _absent("no-positions", "Positions des coupes absentes du 3D T1",
            "ImagePositionPatient absent from the 3D T1", "t1", ("ImagePositionPatient",),
            "no-gap-3d"),
    _absent("no-orientation", "Orientation des coupes absente du 3D T1",
            "ImageOrientationPatient absent from the 3D T1", "t1", ("ImageOrientationPatient",),
            "no-gap-3d"),
    _absent("no-spacing", "SpacingBetweenSlices absent de la diffusion",
            "SpacingBetweenSlices absent from the DWI", "dwi", ("SpacingBetweenSlices",)),
    _absent("no-matrix", "Matrice d'acquisition absente du 3D T1",
            "AcquisitionMatrix absent from the 3D T1", "t1", ("AcquisitionMatrix",), "voxel-3d"),
    _absent("no-field", "Champ magnétique absent du 3D T1",
            "MagneticFieldStrength absent from the 3D T1", "t1",
            ("MagneticFieldStrength", "ImagingFrequency"), "field-strength"),
    _absent("no-echo-time", "Temps d'écho absent du 3D T1", "EchoTime absent from the 3D T1",
            "t1", ("EchoTime",)),
    _absent("no-repetition-time", "Temps de répétition absent du FLAIR",
            "RepetitionTime absent from the FLAIR", "flair", ("RepetitionTime",)),
    _absent("no-inversion-time", "Temps d'inversion absent du FLAIR",
            "InversionTime absent from the FLAIR", "flair", ("InversionTime",)),
    _absent("no-image-type", "ImageType absent de la diffusion", "ImageType absent from the DWI",
            "dwi", ("ImageType",), *REQUIRED),
    _absent("no-scanning-sequence", "ScanningSequence absent du FLAIR",
            "ScanningSequence absent from the FLAIR", "flair", ("ScanningSequence",)),
    _absent("no-descriptions", "Descriptions absentes du FLAIR",
            "Descriptions absent from the FLAIR", "flair", ("SeriesDescription", "ProtocolName"),
            *REQUIRED),
    _absent("no-times", "Heures d'acquisition absentes du FLAIR",
            "AcquisitionTime absent from the FLAIR", "flair", ("AcquisitionTime",)),
)  # fmt: skip

FAULTS = (*MISSING, *CONCATENATED, *SENDING, *HEADERS, *ABSENT)
