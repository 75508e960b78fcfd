"""What this node takes: SOP Classes, transfer syntaxes, and which of those proposed it prefers.

The tables are the source of the conformance statement. Names are those of PS3.6 table A-1; for
private SOP Classes, those of the vendors' conformance statements.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ofsep_node.domain.sop_classes import (
    PERFORMED_PROCEDURE_STEP,
    STORAGE_COMMITMENT,
    STUDY_ROOT_FIND,
    STUDY_ROOT_GET,
    STUDY_ROOT_MOVE,
)
from ofsep_node.domain.transfer_syntaxes import PIXELS_ELSEWHERE

VERIFICATION = "1.2.840.10008.1.1"
IMPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2"
EXPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"

_STORAGE = "1.2.840.10008.5.1.4.1.1."

MR_IMAGES = {
    _STORAGE + "4": "MR Image Storage",
    _STORAGE + "4.1": "Enhanced MR Image Storage",
    _STORAGE + "4.2": "MR Spectroscopy Storage",
    _STORAGE + "4.3": "Enhanced MR Color Image Storage",
    _STORAGE + "4.4": "Legacy Converted Enhanced MR Image Storage",
}
OTHER_IMAGES = {
    _STORAGE + "7": "Secondary Capture Image Storage",
    _STORAGE + "7.1": "Multi-frame Single Bit Secondary Capture Image Storage",
    _STORAGE + "7.2": "Multi-frame Grayscale Byte Secondary Capture Image Storage",
    _STORAGE + "7.3": "Multi-frame Grayscale Word Secondary Capture Image Storage",
    _STORAGE + "7.4": "Multi-frame True Color Secondary Capture Image Storage",
    # PET-MR scanners send both halves of an examination to one node.
    _STORAGE + "128": "Positron Emission Tomography Image Storage",
    _STORAGE + "128.1": "Legacy Converted Enhanced PET Image Storage",
    _STORAGE + "130": "Enhanced PET Image Storage",
    _STORAGE + "77.1.4": "VL Photographic Image Storage",
}
DERIVED_OBJECTS = {
    _STORAGE + "30": "Parametric Map Storage",
    _STORAGE + "66": "Raw Data Storage",
    _STORAGE + "66.1": "Spatial Registration Storage",
    _STORAGE + "66.2": "Spatial Fiducials Storage",
    _STORAGE + "66.3": "Deformable Spatial Registration Storage",
    _STORAGE + "66.4": "Segmentation Storage",
    _STORAGE + "66.5": "Surface Segmentation Storage",
    _STORAGE + "66.6": "Tractography Results Storage",
    _STORAGE + "67": "Real World Value Mapping Storage",
    _STORAGE + "90.1": "Content Assessment Results Storage",
    _STORAGE + "481.3": "RT Structure Set Storage",
}
STRUCTURED_REPORTS = {
    _STORAGE + "88.1": "Text SR Storage - Trial (Retired)",
    _STORAGE + "88.2": "Audio SR Storage - Trial (Retired)",
    _STORAGE + "88.3": "Detail SR Storage - Trial (Retired)",
    _STORAGE + "88.4": "Comprehensive SR Storage - Trial (Retired)",
    _STORAGE + "88.11": "Basic Text SR Storage",
    _STORAGE + "88.22": "Enhanced SR Storage",
    _STORAGE + "88.33": "Comprehensive SR Storage",
    _STORAGE + "88.34": "Comprehensive 3D SR Storage",
    _STORAGE + "88.35": "Extensible SR Storage",
    _STORAGE + "88.40": "Procedure Log Storage",
    _STORAGE + "88.50": "Mammography CAD SR Storage",
    _STORAGE + "88.59": "Key Object Selection Document Storage",
    _STORAGE + "88.65": "Chest CAD SR Storage",
    _STORAGE + "88.67": "X-Ray Radiation Dose SR Storage",
    _STORAGE + "88.68": "Radiopharmaceutical Radiation Dose SR Storage",
    _STORAGE + "88.69": "Colon CAD SR Storage",
    _STORAGE + "88.70": "Implantation Plan SR Storage",
    _STORAGE + "88.71": "Acquisition Context SR Storage",
    _STORAGE + "88.72": "Simplified Adult Echo SR Storage",
    _STORAGE + "88.73": "Patient Radiation Dose SR Storage",
    _STORAGE + "88.74": "Planned Imaging Agent Administration SR Storage",
    _STORAGE + "88.75": "Performed Imaging Agent Administration SR Storage",
    _STORAGE + "88.76": "Enhanced X-Ray Radiation Dose SR Storage",
    _STORAGE + "88.77": "Waveform Annotation SR Storage",
}
PRESENTATION_STATES = {
    _STORAGE + "11.1": "Grayscale Softcopy Presentation State Storage",
    _STORAGE + "11.2": "Color Softcopy Presentation State Storage",
    _STORAGE + "11.3": "Pseudo-Color Softcopy Presentation State Storage",
    _STORAGE + "11.4": "Blending Softcopy Presentation State Storage",
    _STORAGE + "11.5": "XA/XRF Grayscale Softcopy Presentation State Storage",
    _STORAGE + "11.6": "Grayscale Planar MPR Volumetric Presentation State Storage",
    _STORAGE + "11.7": "Compositing Planar MPR Volumetric Presentation State Storage",
    _STORAGE + "11.8": "Advanced Blending Presentation State Storage",
    _STORAGE + "11.9": "Volume Rendering Volumetric Presentation State Storage",
    _STORAGE + "11.10": "Segmented Volume Rendering Volumetric Presentation State Storage",
    _STORAGE + "11.11": "Multiple Volume Rendering Volumetric Presentation State Storage",
    _STORAGE + "11.12": "Variable Modality LUT Softcopy Presentation State Storage",
    _STORAGE + "131": "Basic Structured Display Storage",
}
DOCUMENTS = {
    _STORAGE + "104.1": "Encapsulated PDF Storage",
    _STORAGE + "104.2": "Encapsulated CDA Storage",
    _STORAGE + "104.3": "Encapsulated STL Storage",
    _STORAGE + "104.4": "Encapsulated OBJ Storage",
    _STORAGE + "104.5": "Encapsulated MTL Storage",
}
WAVEFORMS = {  # cardiac and respiratory gating
    _STORAGE + "9.1.1": "12-lead ECG Waveform Storage",
    _STORAGE + "9.1.2": "General ECG Waveform Storage",
    _STORAGE + "9.1.4": "General 32-bit ECG Waveform Storage",
    _STORAGE + "9.5.1": "Arterial Pulse Waveform Storage",
    _STORAGE + "9.6.1": "Respiratory Waveform Storage",
    _STORAGE + "9.6.2": "Multi-channel Respiratory Waveform Storage",
}
PRIVATE_OBJECTS = {
    "1.3.12.2.1107.5.9.1": "Siemens CSA Non-Image Storage",
    "1.3.12.2.1107.5.99.3.10": "Siemens CT MR Volume Storage",
    "1.3.12.2.1107.5.99.3.11": "Siemens AX Frame Sets Storage",
    "1.3.46.670589.11.0.0.12.1": "Philips Private MR Spectrum Storage",
    "1.3.46.670589.11.0.0.12.2": "Philips Private MR Series Data Storage",
    "1.3.46.670589.11.0.0.12.3": "Philips Private MR Color Image Storage",
    "1.3.46.670589.11.0.0.12.4": "Philips Private MR Examcard Storage",
    "1.3.46.670589.2.5.1.1": "Philips Private 3D Presentation State Storage",
    "1.3.46.670589.2.8.1.1": "Philips Private VRML Storage",
    "1.3.46.670589.2.11.1.1": "Philips Private Volume Set Storage",
    "1.3.46.670589.5.0.1": "Philips Private Volume Storage (Retired)",
    "1.3.46.670589.5.0.1.1": "Philips Private Volume Storage",
    "1.3.46.670589.5.0.2": "Philips Private 3D Object Storage (Retired)",
    "1.3.46.670589.5.0.2.1": "Philips Private 3D Object Storage",
    "1.3.46.670589.5.0.3": "Philips Private Surface Storage (Retired)",
    "1.3.46.670589.5.0.3.1": "Philips Private Surface Storage",
    "1.3.46.670589.5.0.4": "Philips Private Composite Object Storage",
    "1.3.46.670589.5.0.7": "Philips Private MR Cardio Profile Storage",
    "1.3.46.670589.5.0.8": "Philips Private MR Cardio Storage (Retired)",
    "1.3.46.670589.5.0.8.1": "Philips Private MR Cardio Storage",
    "1.3.46.670589.5.0.10": "Philips Private MR Synthetic Image Storage",
    "1.3.46.670589.5.0.11": "Philips Private MR Cardio Analysis Storage (Retired)",
    "1.3.46.670589.5.0.11.1": "Philips Private MR Cardio Analysis Storage",
    "1.3.46.670589.5.0.13": "Philips Private Perfusion Storage",
    "1.3.46.670589.5.0.14": "Philips Private Perfusion Image Storage",
    "1.2.840.113619.4.2": "GE Private MR Image Storage",
    "1.2.840.113619.4.4": "GE Private Display Image Storage",
    "1.2.840.113619.4.26": "GE Private 3D Model Storage",
    "1.2.528.1.1001.5.1.1.1": "GE Private Collage Storage",
    "1.2.840.113619.4.30": "GE Private PET Raw Data Storage",
    "1.2.392.200036.9116.7.8.1.1.1": "Toshiba Private Data Storage",
    "1.3.6.1.4.1.5962.301.2": "PixelMed Legacy Converted Enhanced MR Image Storage",
    "1.3.6.1.4.1.5962.301.9": "PixelMed Floating Point Image Storage",
}
STORAGE_SOP_CLASSES = (
    MR_IMAGES
    | OTHER_IMAGES
    | DERIVED_OBJECTS
    | STRUCTURED_REPORTS
    | PRESENTATION_STATES
    | DOCUMENTS
    | WAVEFORMS
    | PRIVATE_OBJECTS
)
"""Every SOP Class taken by default: UID to name."""

_SYNTAX = "1.2.840.10008.1.2"
_JPEG = _SYNTAX + ".4."
TRANSFER_SYNTAXES = {
    _SYNTAX: "Implicit VR Little Endian",
    _SYNTAX + ".1": "Explicit VR Little Endian",
    _SYNTAX + ".1.98": "Encapsulated Uncompressed Explicit VR Little Endian",
    _SYNTAX + ".1.99": "Deflated Explicit VR Little Endian",
    _SYNTAX + ".2": "Explicit VR Big Endian (Retired)",
    _SYNTAX + ".5": "RLE Lossless",
    _SYNTAX + ".8.1": "Deflated Image Frame Compression",
    _JPEG + "50": "JPEG Baseline (Process 1)",
    _JPEG + "51": "JPEG Extended (Process 2 & 4)",
    _JPEG + "52": "JPEG Extended (Process 3 & 5) (Retired)",
    _JPEG + "53": "JPEG Spectral Selection, Non-Hierarchical (Process 6 & 8) (Retired)",
    _JPEG + "54": "JPEG Spectral Selection, Non-Hierarchical (Process 7 & 9) (Retired)",
    _JPEG + "55": "JPEG Full Progression, Non-Hierarchical (Process 10 & 12) (Retired)",
    _JPEG + "56": "JPEG Full Progression, Non-Hierarchical (Process 11 & 13) (Retired)",
    _JPEG + "57": "JPEG Lossless, Non-Hierarchical (Process 14)",
    _JPEG + "58": "JPEG Lossless, Non-Hierarchical (Process 15) (Retired)",
    _JPEG + "59": "JPEG Extended, Hierarchical (Process 16 & 18) (Retired)",
    _JPEG + "60": "JPEG Extended, Hierarchical (Process 17 & 19) (Retired)",
    _JPEG + "61": "JPEG Spectral Selection, Hierarchical (Process 20 & 22) (Retired)",
    _JPEG + "62": "JPEG Spectral Selection, Hierarchical (Process 21 & 23) (Retired)",
    _JPEG + "63": "JPEG Full Progression, Hierarchical (Process 24 & 26) (Retired)",
    _JPEG + "64": "JPEG Full Progression, Hierarchical (Process 25 & 27) (Retired)",
    _JPEG + "65": "JPEG Lossless, Hierarchical (Process 28) (Retired)",
    _JPEG + "66": "JPEG Lossless, Hierarchical (Process 29) (Retired)",
    _JPEG + "70": "JPEG Lossless, Non-Hierarchical, First-Order Prediction",
    _JPEG + "80": "JPEG-LS Lossless Image Compression",
    _JPEG + "81": "JPEG-LS Lossy (Near-Lossless) Image Compression",
    _JPEG + "90": "JPEG 2000 Image Compression (Lossless Only)",
    _JPEG + "91": "JPEG 2000 Image Compression",
    _JPEG + "92": "JPEG 2000 Part 2 Multi-component Image Compression (Lossless Only)",
    _JPEG + "93": "JPEG 2000 Part 2 Multi-component Image Compression",
    _JPEG + "100": "MPEG2 Main Profile / Main Level",
    _JPEG + "100.1": "Fragmentable MPEG2 Main Profile / Main Level",
    _JPEG + "101": "MPEG2 Main Profile / High Level",
    _JPEG + "101.1": "Fragmentable MPEG2 Main Profile / High Level",
    _JPEG + "102": "MPEG-4 AVC/H.264 High Profile / Level 4.1",
    _JPEG + "102.1": "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.1",
    _JPEG + "103": "MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1",
    _JPEG + "103.1": "Fragmentable MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1",
    _JPEG + "104": "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video",
    _JPEG + "104.1": "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video",
    _JPEG + "105": "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video",
    _JPEG + "105.1": "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video",
    _JPEG + "106": "MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2",
    _JPEG + "106.1": "Fragmentable MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2",
    _JPEG + "107": "HEVC/H.265 Main Profile / Level 5.1",
    _JPEG + "108": "HEVC/H.265 Main 10 Profile / Level 5.1",
    _JPEG + "110": "JPEG XL Lossless",
    _JPEG + "111": "JPEG XL JPEG Recompression",
    _JPEG + "112": "JPEG XL",
    _JPEG + "201": "High-Throughput JPEG 2000 Image Compression (Lossless Only)",
    _JPEG + "202": "High-Throughput JPEG 2000 with RPCL Options (Lossless Only)",
    _JPEG + "203": "High-Throughput JPEG 2000 Image Compression",
}
REFERENCED_TRANSFER_SYNTAXES = PIXELS_ELSEWHERE
"""Taken as a last resort."""

REQUEST_TRANSFER_SYNTAXES = (IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_LITTLE_ENDIAN)
"""Those of requests, which are read before they are answered: what every system speaks."""


def transfer_syntax_for(abstract_syntax: str, proposed: Sequence[str]) -> str | None:
    """Which of the proposed transfer syntaxes is used; None when it is none."""
    if abstract_syntax in REQUEST_SERVICES or abstract_syntax in QUERY_SERVICES:
        return next((s for s in proposed if s in REQUEST_TRANSFER_SYNTAXES), None)
    return preferred_transfer_syntax(proposed)


def preferred_transfer_syntax(proposed: Sequence[str]) -> str | None:
    """The sender's first standard proposal, which is most often how it keeps the object.

    A private syntax (GE proposes 1.2.840.113619.5.2 first) is passed over: nobody else could read
    the file. None when nothing proposed is standard.
    """
    for known in (TRANSFER_SYNTAXES, REFERENCED_TRANSFER_SYNTAXES):
        for syntax in proposed:
            if syntax in known:
                return syntax
    return None


def transfer_syntax_to_give(proposed: Sequence[str]) -> str | None:
    """Which is used where the peer is to be sent objects, before it is known which.

    Explicit VR Little Endian is what most systems send in, and so what most objects are kept in;
    our own reports are.
    """
    if EXPLICIT_VR_LITTLE_ENDIAN in proposed:
        return EXPLICIT_VR_LITTLE_ENDIAN
    return preferred_transfer_syntax(proposed)


class Role(StrEnum):
    """What a peer may ask of this node."""

    ECHO = "echo"
    STORE = "store"
    COMMIT = "commit"
    MPPS = "mpps"
    QUERY = "query"


USUAL_ROLES = frozenset(Role) - {Role.QUERY}
"""What a peer may do whose roles nobody lists. Images are given to none but those who are named."""

REQUEST_SERVICES = {
    STORAGE_COMMITMENT: "Storage Commitment Push Model",
    PERFORMED_PROCEDURE_STEP: "Modality Performed Procedure Step",
}
"""SOP Classes whose requests are kept and answered, beside those of objects: UID to name."""

QUERY_SERVICES = {
    STUDY_ROOT_FIND: "Study Root Query/Retrieve Information Model - FIND",
    STUDY_ROOT_MOVE: "Study Root Query/Retrieve Information Model - MOVE",
    STUDY_ROOT_GET: "Study Root Query/Retrieve Information Model - GET",
}
"""SOP Classes by which a peer asks for what is held here: UID to name."""

_ROLES = {
    VERIFICATION: Role.ECHO,
    STORAGE_COMMITMENT: Role.COMMIT,
    PERFORMED_PROCEDURE_STEP: Role.MPPS,
    **dict.fromkeys(QUERY_SERVICES, Role.QUERY),
}
"""The role that each SOP Class belongs to; those of objects belong to `store`."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Which SOP Classes this site takes, and what of them the peer may use."""

    additional_sop_classes: frozenset[str] = frozenset()
    accept_every_sop_class: bool = False
    roles: frozenset[Role] = USUAL_ROLES

    def stores(self, sop_class_uid: str) -> bool:
        """Whether objects of this class are stored."""
        return (
            sop_class_uid in STORAGE_SOP_CLASSES
            or sop_class_uid in self.additional_sop_classes
            or (self.accept_every_sop_class and _may_be_storage(sop_class_uid))
        )

    def accepts(self, abstract_syntax: str) -> bool:
        """Whether a presentation context for this abstract syntax is accepted."""
        return abstract_syntax in _ROLES or self.stores(abstract_syntax)

    def permits(self, abstract_syntax: str) -> bool:
        """Whether the peer has the role that an accepted abstract syntax belongs to."""
        return _ROLES.get(abstract_syntax, Role.STORE) in self.roles

    def gives(self, abstract_syntax: str) -> bool:
        """Whether the peer may be sent objects of a class on an association of its own: C-GET."""
        return Role.QUERY in self.roles and self.stores(abstract_syntax)


def _may_be_storage(sop_class_uid: str) -> bool:
    """Whether objects of the class can be stored: queries, printing or commitment cannot."""
    return sop_class_uid.startswith(_STORAGE) or not sop_class_uid.startswith("1.2.840.10008.")
