"""United Imaging Healthcare."""

from __future__ import annotations

from ofsep_node.dicom.header import Header, PrivateTag
from ofsep_node.dicom.vendors.vendor import (
    Diffusion,
    Tiles,
    Vendor,
    diffusion,
    tiles_counted,
    unit_vector,
)
from ofsep_node.domain.geometry import Vector

_CREATOR = "Image Private Header"
MATRIX_TEXT = PrivateTag(_CREATOR, 0x0065, 0x04, "SH")
ACTUAL_B_VALUE = PrivateTag(_CREATOR, 0x0065, 0x09, "FD")
NOMINAL_B_VALUE = PrivateTag(_CREATOR, 0x0065, 0x0A, "FD")
GRADIENT_DIRECTION = PrivateTag(_CREATOR, 0x0065, 0x37, "FD")
TILE_COUNT = PrivateTag(_CREATOR, 0x0065, 0x50, "DS")
TILES = PrivateTag(_CREATOR, 0x0065, 0x51, "SQ")


class UIH(Vendor):
    """`UIH`."""

    def interpolated(self, header: Header) -> bool | None:
        """(0065,1004) says "460*512 I" of an interpolated matrix."""
        text = header.text(MATRIX_TEXT)
        return None if text is None else text.rstrip().endswith("I")

    def images_in_acquisition(self, header: Header) -> int | None:
        """(0054,0081) Number of Slices, borrowed from PET, counts the objects of a series.

        It is 17 of the mosaics of a b0 and 16 directions, 160 of the images of a 3D T1.
        """
        objects, tiles = header.integer("NumberOfSlices"), self.tiles(header)
        if objects is None:
            return super().images_in_acquisition(header)
        return objects * (tiles.count if tiles else 1)

    def diffusion(self, header: Header) -> Diffusion:
        """(0065,1009) is the b-value really played out (1.25 for a b0), (0065,100A) the asked."""
        b_value = header.number(ACTUAL_B_VALUE)
        if b_value is None:
            b_value = header.number(NOMINAL_B_VALUE)
        if b_value is None:
            return super().diffusion(header)
        return diffusion(b_value, unit_vector(header, GRADIENT_DIRECTION), None)

    def tiles(self, header: Header) -> Tiles | None:
        """A VFRAME image: (0065,1050) planes, each with its position in (0065,1051)."""
        count = header.integer(TILE_COUNT)
        if count is None or count < 2 or "VFRAME" not in header.texts("ImageType"):
            return None
        if tiles_counted(header, count) is None:
            return None
        placed = [item.vector("ImagePositionPatient", 3) for item in header.items(TILES)]
        positions: tuple[Vector, ...] = tuple((p[0], p[1], p[2]) for p in placed if p is not None)
        return Tiles(count, positions_mm=positions)
