"""The kernel of dropout, by itself; the layer is held to its twin in nn."""

from typing import Any

import numpy as np
import pytest

from knetengine.cpu.dropout import dropout


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_threshold_decides(dtype: Any) -> None:
    """The numbers from the key 1234567 (Rosetta Code) are 0.35, 0.17, 0.53, 0.25, 0.89 of 2**64."""
    x = np.arange(1, 6, dtype=dtype)
    assert dropout(x, 1234567, 0, 2.0).tolist() == [2, 4, 6, 8, 10]
    assert dropout(x, 1234567, int(0.3 * 2**64), 2.0).tolist() == [2, 0, 6, 0, 10]
    assert dropout(x, 1234567, 9817491932198370423, 2.0).tolist() == [0, 0, 6, 0, 10]
    assert dropout(x, 1234567, 9817491932198370424, 2.0).tolist() == [0, 0, 0, 0, 10]


def test_threads_do_not_change_the_mask() -> None:
    x = np.ones(100_000, np.float32)
    y = dropout(x, 7, 2**63, 1.0)
    assert np.array_equal(y[:1000], dropout(x[:1000], 7, 2**63, 1.0))
    assert abs(y.mean() - 0.5) < 5 * 0.5 / np.sqrt(x.size)
