"""The signal to noise ratio of a single image, from what neighbouring pixels differ by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import fft, ndimage

from ofsep_node.errors import NotMeasurable
from ofsep_node.imaging.planes import Pixels

METHOD = "mean of the object over the MAD of its second differences, at the acquired matrix"

SECOND_DIFFERENCES = np.outer([1.0, -2.0, 1.0], [1.0, -2.0, 1.0]) / 6.0
"""Keeps the standard deviation of white noise and loses what varies linearly in either direction
(Immerkaer, Comput Vis Image Underst 1996;64:300-302)."""

GAUSSIAN_MAD = 0.6745
"""Median absolute value of normal noise of standard deviation 1 (Donoho 1995)."""

LEAST = 3.0
"""Below it the noise of magnitude images is no longer normal (Gudbjartsson and Patz 1995)."""

FEWEST_PIXELS = 500


def signal_to_noise(images: Sequence[Pixels], acquired: tuple[int, int]) -> float:
    """The median, over images, of the ratio; `acquired` is the matrix before interpolation.

    Raises NotMeasurable where there is no object, no noise, or too much of it.
    """
    ratios = [r for image in images if (r := _ratio(at_acquired_matrix(image, acquired)))]
    if not ratios:
        raise NotMeasurable(
            "no noise is found in its images: masked, filtered or empty",
            "aucun bruit dans ses images : masquées, filtrées ou vides",
        )
    ratio = float(np.median(ratios))
    if ratio < LEAST:
        raise NotMeasurable(
            f"its signal to noise is below {LEAST:g}, where it cannot be estimated",
            f"son rapport signal/bruit est inférieur à {LEAST:g}, où il ne peut être estimé",
        )
    return ratio


def at_acquired_matrix(image: Pixels, acquired: tuple[int, int]) -> Pixels:
    """The image on the matrix it was acquired with: interpolated pixels share their noise.

    Zero filling of k-space is undone by cutting the image's Fourier transform.
    """
    wanted = [min(n, a) for n, a in zip(image.shape, acquired, strict=True)]
    if tuple(wanted) == image.shape:
        return image
    centred = fft.fftshift(fft.fft2(image))
    cut = centred[tuple(_middle(n, w) for n, w in zip(image.shape, wanted, strict=True))]
    # The scale keeps each pixel's signal; the noise of a sample stays what it was when acquired.
    return np.asarray(np.abs(fft.ifft2(fft.ifftshift(cut))) * (cut.size / image.size), np.float32)


def _middle(size: int, wanted: int) -> slice:
    first = size // 2 - wanted // 2
    return slice(first, first + wanted)


def _ratio(image: Pixels) -> float | None:
    inside = object_of(image)
    if int(inside.sum()) < FEWEST_PIXELS:
        return None
    differences = ndimage.convolve(image, SECOND_DIFFERENCES, mode="nearest")[inside]
    noise = float(np.median(np.abs(differences))) / GAUSSIAN_MAD
    return float(image[inside].mean()) / noise if noise > 0 else None


def object_of(image: Pixels) -> np.ndarray:
    """Where the object is, without its border: brighter than the air around it."""
    smooth = ndimage.gaussian_filter(image, 2.0)
    inside = smooth > otsu(smooth)
    return np.asarray(ndimage.binary_erosion(inside, iterations=3))


def otsu(values: np.ndarray) -> float:
    """The level that parts dark from bright with the largest variance between both (Otsu 1979)."""
    top = float(np.percentile(values, 99.8))
    counts, edges = np.histogram(values, 256, (float(values.min()), max(top, 1e-6)))
    centres = (edges[1:] + edges[:-1]) / 2
    below, mass = np.cumsum(counts), np.cumsum(counts * centres)
    above = below[-1] - below
    dark, bright = mass / np.maximum(below, 1), (mass[-1] - mass) / np.maximum(above, 1)
    return float(centres[int(np.argmax(below * above * (dark - bright) ** 2))])
