"""How much of the patient a series shows, along the patient's axes."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from ofsep_node.domain.geometry import normal, steps_mm
from ofsep_node.domain.series import SeriesFacts, SeriesVolume


@dataclass(frozen=True, slots=True)
class Coverage:
    """Extents in mm, and the planes that the main volume has or is announced to have."""

    left_right_mm: float
    front_back_mm: float
    head_foot_mm: float
    planes: int

    @property
    def sorted_mm(self) -> tuple[float, float, float]:
        """The three extents, ascending."""
        low, middle, high = sorted((self.left_right_mm, self.front_back_mm, self.head_foot_mm))
        return low, middle, high


def coverage_of(series: SeriesFacts) -> Coverage | None:
    """What the main volume covers; None when the header does not give its geometry."""
    volume = series.main_volume
    if volume is None:
        return None
    stack = volume.stack
    depth, planes = _depth_mm(volume)
    if stack.orientation is None or stack.pixel_spacing_mm is None:
        return None
    if stack.rows is None or stack.columns is None or depth is None:
        return None
    rows_mm = stack.rows * stack.pixel_spacing_mm[0]
    columns_mm = stack.columns * stack.pixel_spacing_mm[1]
    o = stack.orientation
    edges = ((o[:3], columns_mm), (o[3:], rows_mm), (normal(o), depth))
    along = [max(abs(direction[axis]) * length for direction, length in edges) for axis in range(3)]
    return Coverage(along[0], along[1], along[2], planes)


def _depth_mm(volume: SeriesVolume) -> tuple[float | None, int]:
    """Through-plane extent: of all the planes announced, where they have not all arrived yet."""
    offsets = volume.offsets_mm()
    planes = max(len(offsets), volume.announced_planes or 0)
    steps = steps_mm(offsets)
    step = median(steps) if steps else _written_step(volume)
    return (None if step is None or not offsets else planes * step), planes


def _written_step(volume: SeriesVolume) -> float | None:
    return volume.stack.spacing_between_slices_mm or volume.stack.slice_thickness_mm
