"""Writes an examination as a Siemens scanner of software VE11 exports it: classic MR images."""

from __future__ import annotations

from collections.abc import Iterator

from pydicom.dataset import Dataset

from ofsep_node.simulate import classic
from ofsep_node.simulate.classic import Habits, Named, drop, ds, time_of_day
from ofsep_node.simulate.examination import Examination, Sequence
from ofsep_node.simulate.identity import UidPlan
from ofsep_node.simulate.image import Image, Pixels
from ofsep_node.simulate.siemens_private import add_private_image, add_private_series


def image_files(
    examination: Examination, sequence: Sequence, uids: UidPlan, pixels: Pixels | None
) -> Iterator[Named]:
    """The images of a sequence that reach the network, in the order of their numbers."""
    return classic.files(HABITS, examination, sequence, uids, pixels)


def _series(dataset: Dataset, examination: Examination, sequence: Sequence) -> None:
    add_siemens_series(dataset, examination, sequence)
    add_private_series(dataset, examination, sequence)


def add_siemens_series(dataset: Dataset, examination: Examination, sequence: Sequence) -> None:
    """What images of a series carry in VE and in XA alike, beyond what all vendors write."""
    dataset.InstanceCreationDate = dataset.StudyDate
    dataset.SeriesTime = time_of_day(examination, sequence.start_s + sequence.duration_s + 4)
    dataset.PatientSize = ds(examination.patient.size_m)
    dataset.InstitutionAddress = examination.scanner.address
    dataset.InstitutionalDepartmentName = "Neuroradiologie"
    dataset.PerformingPhysicianName = ""
    dataset.SequenceName = sequence.sequence_name
    dataset.ImagedNucleus = "1H"
    dataset.TransmitCoilName = "Body"
    dataset.AngioFlag = "Y" if sequence.key == "tof" else "N"
    dataset.PercentSampling = ds(100)
    dataset.VariableFlipAngleFlag = "N"
    dataset.dBdt = ds(0)
    dataset.SmallestImagePixelValue = dataset.LargestImagePixelValue = 0
    _add_agent(dataset, examination, sequence)


def _add_agent(dataset: Dataset, examination: Examination, sequence: Sequence) -> None:
    """The whole module (PS3.3 C.7.6.4): the console asks for all of it."""
    injection = examination.injection_of(sequence)
    if injection is None:
        return
    dataset.ContrastBolusAgent = injection.agent
    dataset.ContrastBolusVolume = ds(injection.volume_ml)
    dataset.ContrastBolusTotalDose = ds(injection.volume_ml)
    dataset.ContrastBolusIngredient = "GADOLINIUM"
    dataset.ContrastBolusIngredientConcentration = ds(injection.concentration_mg_ml)
    dataset.ContrastBolusStartTime = time_of_day(examination, injection.start_s)
    dataset.ContrastBolusStopTime = time_of_day(examination, injection.stop_s)


def _image(dataset: Dataset, examination: Examination, sequence: Sequence, image: Image) -> None:
    del examination
    add_siemens_image(dataset, sequence, image)
    if image.diffusion is not None:
        dataset.SequenceName = image.diffusion.sequence_name
    add_private_image(dataset, sequence, image)


def add_siemens_image(dataset: Dataset, sequence: Sequence, image: Image) -> None:
    """The spacing is written in 2D only."""
    dataset.InstanceCreationTime = dataset.ContentTime
    dataset.NumberOfPhaseEncodingSteps = image.slab.acquired_matrix[1] - 1
    if sequence.dimension == "3D":
        drop(dataset, "SpacingBetweenSlices")


HABITS = Habits(
    name="siemens", implementation_version="SIMULATED_VE11", series=_series, image=_image
)
