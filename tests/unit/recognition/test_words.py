"""The words of technologists, in French and English."""

from __future__ import annotations

import pytest

from ofsep_node.domain.instance import Acquisition
from ofsep_node.recognition.anatomy import organ_words
from ofsep_node.recognition.evidence import conclude
from ofsep_node.recognition.words import text_of, weighting_words


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("SAG_3DT1-Gd", "sag 3d t1 gd"),
        ("Sag 3DFLAIR", "sag 3d flair"),
        ("AXT2", "ax t2"),
        ("T2* écho de gradient", "t2* echo de gradient"),
        ("T1+C", "t1+c"),
        ("  ", ""),
        (None, ""),
    ],
)
def test_descriptions_are_made_comparable(written: str | None, read: str) -> None:
    assert text_of(written) == read


@pytest.mark.parametrize(
    ("description", "weighting"),
    [
        ("3D T1 sag", "t1"),
        ("t1_mpr_sag_p2_iso", "t1"),
        ("SAG 3D FLAIR", "flair"),
        ("T2 FLAIR axiale", "flair"),
        ("t2_tirm_tra_dark-fluid", "flair"),
        ("SAG T1 FLAIR", "t1"),
        ("DIFFUSION axiale b1000", "dwi"),
        ("Ax DWI_B1000", "dwi"),
        ("DTI 30 directions", "dwi"),
        ("DTI 32 DIR", "dwi"),
        ("Tenseur de diffusion", "dwi"),
        ("DWI_dir80_PA", "dwi"),
        ("dADC", "adc"),
        ("Carte ADC", "adc"),
        ("eADC", "other"),
        ("DWI_dir80_PA_ColFA", "fa"),
        ("carte FA", "fa"),
        ("T2 EG axiale", "t2star"),
        ("Ax T2* GRE", "t2star"),
        ("t2_fl2d_tra_hemo", "t2star"),
        ("AX DP/T2", "pd_t2"),
        ("Densité de protons", "pd"),
        ("STIR sagittale rachis", "stir"),
        ("3D DIR", "dir"),
        ("Double inversion récupération", "dir"),
        ("SWAN", "swi"),
        ("VenBOLD", "swi"),
        ("FSBB", "swi"),
        ("T2 sagittale", "t2"),
        ("T2 et DP", "pd_t2"),
        ("3D FLAIR isotropic", "flair"),
        ("T1 MT axiale", "t1"),
        ("T2 phase DG flow comp", "t2"),
        ("SWI phase", "other"),
        ("Repérage 3 plans", "localizer"),
        ("3 PLANE LOC", "localizer"),
        ("Survey_SHC", "localizer"),
        ("TOF Willis", "other"),
        ("ARM cérébrale", "other"),
        ("Angio veineuse", "other"),
        ("Perfusion gado", "other"),
        ("IRMf main droite", "other"),
        ("gre_field_mapping", "other"),
        ("FLAIR MIP", "other"),
        ("Soustraction T1", "other"),
        ("mIP_Images(SW)", "other"),
        ("Capture d'écran", "other"),
        ("WIP B1 calibration", "other"),
        ("Screen Save", "other"),
        ("T1 map MOLLI", "other"),
        ("Cartographie T2", "other"),
    ],
)
def test_the_weighting_is_read(description: str, weighting: str) -> None:
    witnesses = weighting_words(Acquisition(series_description=description))
    assert conclude(witnesses).claim == weighting


@pytest.mark.parametrize("description", ["Ax sans suite", "direct", "", "OFSEP", "sagittal p2"])
def test_other_words_say_nothing_of_the_weighting(description: str) -> None:
    assert weighting_words(Acquisition(series_description=description)) == []


@pytest.mark.parametrize(
    ("description", "organ"),
    [
        ("T2 SAG rachis cervical", "cord"),
        ("Moelle dorsale T2", "cord"),
        ("IRM médullaire totale", "cord"),
        ("SAG T2 C-SPINE", "cord"),
        ("csp t2 sag", "cord"),
        ("lombo-sacré", "cord"),
        ("FLAIR encéphale", "brain"),
        ("T1 crâne", "brain"),
        ("T2 cerveau", "brain"),
        ("cervelet", "brain"),
        ("cérébrale", "brain"),
        ("BRAIN T1", "brain"),
        ("Genou droit DP", "other"),
        ("STIR orbites", "other"),
        ("moelle osseuse", "other"),
        ("Bassin T1", "other"),
    ],
)
def test_the_organ_is_read(description: str, organ: str) -> None:
    witnesses = organ_words(Acquisition(series_description=description))
    assert [w.claims for w in witnesses] == [(organ,)]


def test_a_name_of_two_organs_is_an_examination_and_no_organ() -> None:
    acquisition = Acquisition(series_description="T2", protocol_name="Cerebrale + moelle")
    assert organ_words(acquisition) == []


def test_ge_names_the_whole_examination_in_protocol_name() -> None:
    ge = Acquisition(
        manufacturer="GE MEDICAL SYSTEMS",
        series_description="AX X",
        protocol_name="Brain with PERFUSION",
    )
    assert weighting_words(ge) == []


def test_the_evidence_names_the_word_and_where_it_stands() -> None:
    (witness,) = weighting_words(Acquisition(series_description="SAG 3D FLAIR"))
    assert witness.because.en == '"flair" in SeriesDescription "SAG 3D FLAIR"'
