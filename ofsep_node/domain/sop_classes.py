"""SOP classes whose objects are MR images (PS3.4 B.5)."""

from __future__ import annotations

MR_IMAGE = "1.2.840.10008.5.1.4.1.1.4"

MR_IMAGES = frozenset({MR_IMAGE, f"{MR_IMAGE}.1", f"{MR_IMAGE}.3", f"{MR_IMAGE}.4"})
"""MR, Enhanced MR, Enhanced MR Color and Legacy Converted Enhanced MR Image Storage."""
