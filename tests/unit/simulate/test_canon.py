"""What Canon writes in its own way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ofsep_node.dicom.reading import facts_of
from ofsep_node.simulate import canon

from .scanners import scanned

pytestmark = pytest.mark.slow

CANON = scanned("canon")


def test_diffusion_is_in_the_standards_attributes_on_diffusion_series_alone() -> None:
    headers = CANON.headers("dti")
    assert {h.DiffusionBValue for h in headers} == {0.0, 1000.0}
    unweighted = next(h for h in headers if h.DiffusionBValue == 0)
    assert list(unweighted.DiffusionGradientOrientation) == [0.0, 0.0, 0.0]
    assert all("DiffusionDirectionality" not in h for h in headers)
    assert all("DiffusionBValue" not in h for h in CANON.headers("t1"))


def test_older_software_writes_diffusion_in_comments() -> None:
    scanner = replace(CANON.examination.scanner, software_versions="V6.0SP2001*")
    older = replace(CANON.examination, scanner=scanner)
    seen = set()
    for _, header in canon.image_files(older, CANON.sequence("dti"), CANON.uids, None):
        assert "DiffusionBValue" not in header
        assert header.ImageComments.startswith("b=")
        seen.add(facts_of(header).volumes[0].direction)
    assert len(seen) == 33  # 32 directions and none


def test_names_of_sequences_and_labels() -> None:
    header = CANON.headers("dti")[0]
    assert header.SequenceName == "SEEPI2D+0.7"
    assert list(header.ImageType) == ["ORIGINAL", "PRIMARY", "GDC"]
    assert list(header.ScanningSequence) == ["SE", "EP"]
    assert header.BodyPartExamined == "HEAD"
    assert header.SeriesNumber % 1000 == 0


def test_planes_are_counted_within_their_stack() -> None:
    headers = CANON.headers("localizer")
    places = [(h.StackID, h.InStackPositionNumber) for h in headers]
    assert places == [(str(s), p) for s in (1, 2, 3) for p in (1, 2, 3)]


def test_agent_volume_and_time() -> None:
    contrast = CANON.facts("t1-gd")[0].contrast
    assert (contrast.agent, contrast.volume_ml) == ("Dotarem", 14.0)
    assert contrast.start_time == "102320.000"


def test_the_protocol_counts_slices_and_gradient_axes() -> None:
    dti = CANON.folded("dti")
    assert dti.acquisition.diffusion_gradients == 32
    assert {v.announced_planes for v in dti.volumes} == {CANON.sequence("dti").slab.slices}
    for key in ("t1", "localizer"):  # 3D, and slices in three orientations
        assert {v.announced_planes for v in CANON.folded(key).volumes} == {None}


def test_older_software_writes_no_protocol() -> None:
    scanner = replace(CANON.examination.scanner, software_versions="V6.0SP2001*")
    older = replace(CANON.examination, scanner=scanner)
    (_, header), *_ = canon.image_files(older, CANON.sequence("dti"), CANON.uids, None)
    assert (0x700D, 0x1119) in CANON.headers("dti")[0]
    assert (0x700D, 0x1119) not in header
