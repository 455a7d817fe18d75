"""How near results of layers have to be to those of their plain twins, in float64."""

from typing import Any

import numpy as np

TOLERANCE = {"f": 2e-6, "d": 4e-15}
"""A dozen units in the last place: of the largest entry, for sums lose what their summands lose."""


def agree(result: np.ndarray, expected: Any, letter: str, factor: float = 1.0) -> None:
    """Raise unless a result of a dtype is a float64 one, but for rounding; NaNs are at its places.

    factor: of how many times the tolerance is expected, where much is added up.
    """
    expected = np.asarray(expected, float)
    assert result.dtype == np.dtype(letter)
    assert result.shape == expected.shape
    finite = np.isfinite(expected)
    np.testing.assert_array_equal(result[~finite], expected[~finite])
    scale = np.abs(expected[finite]).max(initial=1e-300)
    np.testing.assert_allclose(
        result[finite], expected[finite], rtol=0, atol=factor * TOLERANCE[letter] * scale
    )
