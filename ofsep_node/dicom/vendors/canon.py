"""Canon and Toshiba.

V6.0 software writes the diffusion direction nowhere but in ImageComments; V6.1 uses the
standard's attributes, and repeats the protocol in a private element.
"""

from __future__ import annotations

import re

from ofsep_node.dicom.header import Header, PrivateTag
from ofsep_node.dicom.vendors.vendor import (
    NO_SCHEME,
    Diffusion,
    DiffusionScheme,
    Vendor,
    diffusion,
    normalised,
)
from ofsep_node.domain.geometry import Orientation, Vector

PROTOCOL = PrivateTag("CANON_MEC_MR3^10", 0x700D, 0x19, "OB", block=0x11)
"""What was programmed, as XML."""

_NUMBER = r"\s*(-?\d*\.?\d+)\s*"
_COMMENT = re.compile(rf"b={_NUMBER}(?:\({_NUMBER},{_NUMBER},{_NUMBER}\))?", re.IGNORECASE)


_GRADIENT_AXES = re.compile(rb"<MPNAXIS>(\d{1,4})</MPNAXIS>")
_TOTAL_SLICES = re.compile(rb"<TS>(\d{1,4})</TS>")
_SLICE_GROUP = re.compile(rb"<VG>(\d{1,4}),(?:\[[^\]<]*\],?){3}</VG>")


class Canon(Vendor):
    """`CANON_MEC`, `TOSHIBA_MEC`, `TOSHIBA`."""

    def announced_planes(self, header: Header, orientation: Orientation | None) -> int | None:
        """The slices of V6.1's protocol (700D,1119), where its only group of them has as many.

        Of 3D series it counts what was encoded, which may be interpolated.
        """
        del orientation
        if header.text("MRAcquisitionType") != "2D":
            return None
        protocol = header.raw(PROTOCOL) or b""
        slices = _written(_TOTAL_SLICES, protocol)
        return slices if slices == _written(_SLICE_GROUP, protocol) else None

    def diffusion_scheme(self, header: Header) -> DiffusionScheme:
        """The axes of the motion-probing gradients in V6.1's protocol."""
        axes = _written(_GRADIENT_AXES, header.raw(PROTOCOL) or b"")
        return NO_SCHEME if axes is None else DiffusionScheme(gradients=axes)

    def diffusion(self, header: Header) -> Diffusion:
        """The standard's attributes; what they lack, from "b=1500(0.445,0.000,0.895)"."""
        standard = super().diffusion(header)
        if standard.direction is not None or (standard.b_value or 0.0) < 0:
            return standard
        said = _COMMENT.match((header.text("ImageComments") or "").strip())
        if said is None:
            return standard
        b_value = standard.b_value if standard.b_value is not None else float(said[1])
        return diffusion(b_value, _direction(said), header.text("DiffusionDirectionality"))


def _written(pattern: re.Pattern[bytes], protocol: bytes) -> int | None:
    found = pattern.search(protocol)
    return None if found is None else int(found[1])


def _direction(said: re.Match[str]) -> Vector | None:
    if said[2] is None:
        return None
    return normalised((float(said[2]), float(said[3]), float(said[4])))
