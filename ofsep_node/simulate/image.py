"""The single images of a sequence, in the order in which the scanner numbers them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ofsep_node.domain.geometry import Vector, dot
from ofsep_node.simulate.examination import Diffusion, Sequence, Slab

_SECONDS_BETWEEN_STORED = 0.01


@dataclass(frozen=True, slots=True)
class Image:
    """One image: slice `slice_index` (from 0) of a slab, of one echo and diffusion volume."""

    index: int  # from 0 within the series
    slab: Slab
    slice_index: int
    volume: int
    diffusion: Diffusion | None
    echo: int = 0  # from 0
    echo_time_ms: float = 0.0

    @property
    def position_mm(self) -> Vector:
        return self.slab.position_mm(self.slice_index)

    @property
    def location_mm(self) -> float:
        """SliceLocation: how far the plane lies along the scan direction."""
        return dot(self.position_mm, self.slab.scan_normal)

    def acquired_s(self, sequence: Sequence) -> float:
        """When its measurement began, since the beginning of the examination.

        A 3D slab is measured at once; of a 2D slab the odd slices come before the even ones.
        """
        if sequence.dimension == "3D":
            return sequence.start_s
        turns = self.slab.slices
        turn = self.slice_index // 2 + (self.slice_index % 2) * ((turns + 1) // 2)
        volumes = max(1, len(sequence.diffusion)) * len(sequence.slabs)
        within = self.index // turns % volumes if sequence.derived_from is None else 0
        return sequence.start_s + sequence.duration_s * (within + turn / turns) / volumes

    def stored_s(self, sequence: Sequence) -> float:
        """When it was computed and written."""
        return sequence.start_s + sequence.duration_s + 5 + self.index * _SECONDS_BETWEEN_STORED


Pixels = Callable[[Image], NDArray[np.uint16]]
"""The pixels of an image: (rows, columns)."""


def images(sequence: Sequence) -> Iterator[Image]:
    """All images: echo by echo, diffusion volume by volume, slab by slab, slice by slice."""
    index = 0
    for volume, (echo, diffusion) in enumerate(_volumes(sequence)):
        for slab in sequence.slabs:
            for slice_index in range(slab.slices):
                echo_time_ms = sequence.echoes_ms[echo]
                yield Image(index, slab, slice_index, volume, diffusion, echo, echo_time_ms)
                index += 1


def _volumes(sequence: Sequence) -> Iterator[tuple[int, Diffusion | None]]:
    diffusion: tuple[Diffusion | None, ...] = sequence.diffusion or (None,)
    return product(range(len(sequence.echoes_ms)), diffusion)


def stored_images(sequence: Sequence) -> Iterator[Image]:
    """The images that reach the network."""
    return (image for image in images(sequence) if image.index not in sequence.lost)
