"""One image per object: MR Image Storage and its like, mosaics included."""

from __future__ import annotations

from ofsep_node.dicom.header import Header
from ofsep_node.dicom.image import (
    echo_time_of,
    orientation_of,
    pixel_spacing_of,
    position_of,
    positive,
    temporal_position_of,
)
from ofsep_node.dicom.vendors.vendor import Tiles, Vendor
from ofsep_node.domain.geometry import Orientation, Vector, normal
from ofsep_node.domain.instance import Stack, Volume


def classic_stack(header: Header, tiles: Tiles | None) -> Stack:
    """The plane of the image, or the planes tiled into it."""
    side = tiles.side if tiles else 1
    rows, columns = header.integer("Rows"), header.integer("Columns")
    orientation, position = orientation_of(header), position_of(header)
    stack = Stack(
        orientation=orientation,
        rows=rows // side if rows else None,
        columns=columns // side if columns else None,
        pixel_spacing_mm=pixel_spacing_of(header),
        slice_thickness_mm=positive(header, "SliceThickness"),
        spacing_between_slices_mm=header.number("SpacingBetweenSlices"),
        positions_mm=() if position is None else (position,),
    )
    return stack if tiles is None else _tiled(stack, tiles)


def classic_volume(
    header: Header, vendor: Vendor, stack: Stack, tiles: Tiles | None, frames: int
) -> Volume:
    """What the image shows of its series."""
    weighting = vendor.diffusion(header)
    announced = vendor.announced_planes(header, stack.orientation)
    return Volume(
        stack=0,
        frames=tiles.count if tiles else frames,
        image_type=vendor.image_type(header),
        echo_time_ms=echo_time_of(header),
        b_value=weighting.b_value,
        direction=weighting.direction,
        directionality=weighting.directionality,
        temporal_position=temporal_position_of(header),
        announced_planes=announced or (tiles.count if tiles else None),
    )


def _tiled(stack: Stack, tiles: Tiles) -> Stack:
    positions = tiles.positions_mm or _tile_positions(stack, tiles)
    return Stack(
        orientation=stack.orientation,
        rows=stack.rows,
        columns=stack.columns,
        pixel_spacing_mm=stack.pixel_spacing_mm,
        slice_thickness_mm=stack.slice_thickness_mm,
        spacing_between_slices_mm=stack.spacing_between_slices_mm,
        positions_mm=positions,
    )


def _tile_positions(stack: Stack, tiles: Tiles) -> tuple[Vector, ...]:
    """Where each tile of a Siemens mosaic lies; empty when the header does not tell.

    ImagePositionPatient is where the corner would be if the first plane were as large as the
    whole mosaic, with the same centre: the first tile's own corner is half the difference
    further along row and column. The planes follow at SpacingBetweenSlices along the normal.
    """
    spacing, pixel = stack.spacing_between_slices_mm, stack.pixel_spacing_mm
    if not (stack.orientation and stack.positions_mm and stack.rows and stack.columns):
        return ()
    if pixel is None or not spacing:
        return ()
    right = pixel[1] * stack.columns * (tiles.side - 1) / 2
    down = pixel[0] * stack.rows * (tiles.side - 1) / 2
    first = _moved(stack.positions_mm[0], stack.orientation, right, down)
    n = tiles.normal or normal(stack.orientation)
    return tuple(_along(first, n, k * spacing) for k in range(tiles.count))


def _moved(point: Vector, orientation: Orientation, right: float, down: float) -> Vector:
    rx, ry, rz, cx, cy, cz = orientation
    x, y, z = point
    return (x + right * rx + down * cx, y + right * ry + down * cy, z + right * rz + down * cz)


def _along(point: Vector, direction: Vector, distance: float) -> Vector:
    return (
        round(point[0] + direction[0] * distance, 6),
        round(point[1] + direction[1] * distance, 6),
        round(point[2] + direction[2] * distance, 6),
    )
