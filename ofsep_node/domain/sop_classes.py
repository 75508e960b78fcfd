"""SOP classes that more than one part of the node speaks of: MR images (PS3.4 B.5), and services."""

from __future__ import annotations

MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"

MR_IMAGES = frozenset({MR_IMAGE, f"{MR_IMAGE}.1", f"{MR_IMAGE}.3", f"{MR_IMAGE}.4"})
"""MR, Enhanced MR, Enhanced MR Color and Legacy Converted Enhanced MR Image Storage."""

STORAGE_COMMITMENT = "1.2.840.10008.1.20.1"
"""Storage Commitment Push Model (PS3.4 annex J)."""

STORAGE_COMMITMENT_INSTANCE = "1.2.840.10008.1.20.1.1"
"""The one instance there is of it (PS3.4 section J.3.5)."""

PERFORMED_PROCEDURE_STEP = "1.2.840.10008.3.1.2.3.3"
"""Modality Performed Procedure Step (PS3.4 section F.7)."""

STUDY_ROOT_FIND = "1.2.840.10008.5.1.4.1.2.2.1"
STUDY_ROOT_MOVE = "1.2.840.10008.5.1.4.1.2.2.2"
STUDY_ROOT_GET = "1.2.840.10008.5.1.4.1.2.2.3"
"""Study Root Query/Retrieve Information Model (PS3.4 section C.6.2)."""
