"""What the transforms share with NumPy, and what they refuse."""

from typing import Any

import numpy as np
import pytest

from knetengine import grad, gradcheck

TRANSFORMS = ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"]
SEVERAL = ["fftn", "ifftn", "rfftn", "irfftn", "fft2", "ifft2", "rfft2", "irfft2"]


@pytest.mark.parametrize("name", [*TRANSFORMS, *SEVERAL, "fftshift", "ifftshift"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_recorded_value_is_numpys(name: str, dtype: Any) -> None:
    transform = getattr(np.fft, name)
    x = np.random.default_rng(0).standard_normal((3, 4)).astype(dtype)
    seen: list[Any] = []
    grad(lambda x: seen.append(transform(x).value) or np.sum(x))(x)
    assert seen[0].dtype == transform(x).dtype
    np.testing.assert_array_equal(seen[0], transform(x))


@pytest.mark.parametrize("name", TRANSFORMS)
def test_an_unknown_norm_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"norm.*'?odd'?.*ortho"):
        grad(lambda x: np.sum(np.real(getattr(np.fft, name)(x, norm="odd"))))(np.ones(3))


@pytest.mark.parametrize("name", SEVERAL)
def test_lengths_and_axes_that_do_not_match_are_refused(name: str) -> None:
    def loss(x: Any) -> Any:
        return np.sum(np.real(getattr(np.fft, name)(x, s=(2,), axes=(0, 1))))

    with pytest.raises(ValueError, match="different lengths"):
        grad(loss)(np.ones((3, 3)))


def test_the_power_of_a_signal_is_that_of_its_spectrum() -> None:
    """Parseval: the gradient of the spectrum's power is twice the signal."""
    x = np.random.default_rng(1).standard_normal(7)
    gradient = grad(lambda x: np.sum(np.abs(np.fft.fft(x, norm="ortho")) ** 2))(x)
    np.testing.assert_allclose(gradient, 2 * x, rtol=1e-13)


def test_a_convolution_by_spectra_has_the_gradient_of_a_convolution() -> None:
    kernel = np.array([1.0, -2.0, 0.5])
    weights = np.arange(6.0)

    def by_spectra(x: Any) -> Any:
        product = np.fft.rfft(x, 6) * np.fft.rfft(kernel, 6)
        return np.sum(np.fft.irfft(product, 6) * weights)

    x = np.array([3.0, 1.0, 2.0, -1.0])
    expected = np.correlate(weights, kernel, "valid")
    np.testing.assert_allclose(grad(by_spectra)(x), expected, rtol=1e-13, atol=1e-13)
    assert gradcheck(by_spectra, x)
