"""Canon and Toshiba.

V6.0 software writes the diffusion direction nowhere but in ImageComments; V6.1 uses the
standard's attributes.
"""

from __future__ import annotations

import re

from ofsep_node.dicom.header import Header
from ofsep_node.dicom.vendors.vendor import Diffusion, Vendor, diffusion, normalised
from ofsep_node.domain.geometry import Vector

_NUMBER = r"\s*(-?\d*\.?\d+)\s*"
_COMMENT = re.compile(rf"b={_NUMBER}(?:\({_NUMBER},{_NUMBER},{_NUMBER}\))?", re.IGNORECASE)


class Canon(Vendor):
    """`CANON_MEC`, `TOSHIBA_MEC`, `TOSHIBA`."""

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


def _direction(said: re.Match[str]) -> Vector | None:
    if said[2] is None:
        return None
    return normalised((float(said[2]), float(said[3]), float(said[4])))
