from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("scipy")

from ofsep_node.errors import NotMeasurable
from ofsep_node.imaging.noise import at_acquired_matrix, signal_to_noise

SIGNAL = 1000.0


def image(sigma: float, seed: int = 0, *, masked: bool = False, size: int = 192) -> np.ndarray:
    """A disc with a slope and a darker core, Rician noise, its background masked or not."""
    rng = np.random.default_rng(seed)
    y, x = np.indices((size, size)) - size / 2
    radius = np.hypot(x, y)
    signal = np.where(radius < 0.4 * size, SIGNAL + x, 0) * np.where(radius < 0.1 * size, 0.7, 1)
    real, imaginary = rng.normal(0, sigma, (2, size, size))
    noisy = np.hypot(signal + real, imaginary)
    return np.where(radius < 0.4 * size, noisy, 0 if masked else noisy).astype(np.float32)


def expected(sigma: float) -> float:
    """The mean of the disc without its border, in which the core weighs a little."""
    return float(0.977 * SIGNAL / sigma)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("sigma", [10.0, 25.0, 60.0])
def test_a_known_noise_is_found(sigma: float, masked: bool) -> None:
    images = [image(sigma, seed, masked=masked) for seed in range(4)]
    found = signal_to_noise(images, (192, 192))
    assert found == pytest.approx(expected(sigma), rel=0.1)


def test_interpolation_does_not_pass_for_little_noise() -> None:
    acquired = image(25.0, masked=False)
    k_space = np.zeros((384, 384), complex)
    k_space[96:288, 96:288] = np.fft.fftshift(np.fft.fft2(acquired))
    interpolated = np.abs(np.fft.ifft2(np.fft.ifftshift(k_space))).astype(np.float32) * 4
    assert at_acquired_matrix(interpolated, (192, 192))[96, 96] == pytest.approx(
        acquired[96, 96], rel=0.02
    )
    found = signal_to_noise([interpolated], (192, 192))
    assert found == pytest.approx(expected(25.0), rel=0.1)
    assert signal_to_noise([interpolated], (384, 384)) > 2 * found


@pytest.mark.parametrize("empty", [np.zeros((64, 64)), np.full((64, 64), 100.0)])
def test_an_image_without_noise_has_no_ratio(empty: np.ndarray) -> None:
    with pytest.raises(NotMeasurable, match="no noise"):
        signal_to_noise([empty.astype(np.float32)], (64, 64))
