"""Batched products of matrices."""

from typing import Any

import numpy as np
import pytest

from knetengine import gradcheck
from knetengine.nn.products import bmm


def draw(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(shape)


@pytest.mark.parametrize(
    ("left", "right", "options", "subscripts"),
    [
        ((2, 3, 4), (2, 4, 5), {}, "bmk,bkn->bmn"),
        ((2, 4, 3), (2, 4, 5), {"transa": True}, "bkm,bkn->bmn"),
        ((2, 3, 4), (2, 5, 4), {"transb": True}, "bmk,bnk->bmn"),
        ((2, 4, 3), (2, 5, 4), {"transa": True, "transb": True}, "bkm,bnk->bmn"),
        ((6, 2, 3, 4), (2, 4, 5), {}, "abmk,bkn->abmn"),
        ((2, 3, 0), (2, 0, 5), {}, "bmk,bkn->bmn"),
    ],
)
def test_products(left: Any, right: Any, options: Any, subscripts: str) -> None:
    a, b = draw(*left), draw(*right)
    np.testing.assert_allclose(bmm(a, b, **options), np.einsum(subscripts, a, b), atol=1e-14)
    if a.size:
        assert gradcheck(lambda a, b: bmm(a, b, **options), a, b, argnum=(0, 1), order=2)


def test_bad_arguments() -> None:
    a = draw(2, 3, 4)
    with pytest.raises(ValueError, match=r"bmm: b is .*\(2, 5, 6\).*\(\.\.\., K, N\) with K = 4"):
        bmm(a, draw(2, 5, 6))
    with pytest.raises(ValueError, match=r"bmm: b is .*\(2, 4, 6\).*\(\.\.\., N, K\) with K = 4"):
        bmm(a, draw(2, 4, 6), transb=True)
    with pytest.raises(ValueError, match=r"bmm: b is .*leading axes that go with \(2,\)"):
        bmm(a, draw(3, 4, 6))
    with pytest.raises(ValueError, match=r"bmm: a is .*\(4,\).*expected shape \(\.\.\., M, K\)"):
        bmm(draw(4), a)
    with pytest.raises(ValueError, match=r"bmm: b is .*\(4,\).*expected shape \(\.\.\., K, N\)"):
        bmm(a, draw(4))
    with pytest.raises(TypeError, match="bmm: b is float32, but a is float64"):
        bmm(a, a.astype(np.float32))
    with pytest.raises(TypeError, match=r"bmm: a is .*int64"):
        bmm(a.astype(int), a)
