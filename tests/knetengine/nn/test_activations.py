"""Activations: values, slopes, kernels against twins."""

import math
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes

from knetengine import grad, gradcheck, nn, vjp
from knetengine.nn.activations import elu, erf, gelu, invx, relu, selu, sigm
from tests.knetengine.nn.twins import check_twins

FLOATS = [np.float32, np.float64]
ALL = [elu, erf, gelu, invx, relu, selu, sigm]
QUICK = settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def draw(*shape: int, dtype: Any = np.float64) -> np.ndarray:
    return np.random.default_rng(len(shape)).standard_normal(shape).astype(dtype)


@pytest.mark.parametrize(
    ("f", "x", "y"),
    [
        (relu, 2.5, 2.5),
        (relu, -2.5, 0.0),
        (elu, -1.0, math.expm1(-1.0)),
        (elu, 2.0, 2.0),
        # Klambauer et al. 2017, page 3: lambda = 1.0507, alpha = 1.6733
        (selu, 1.0, 1.0507009873554805),
        (selu, -1.0, 1.0507009873554805 * 1.6732632423543772 * math.expm1(-1.0)),
        (sigm, 0.0, 0.5),
        (sigm, math.log(3.0), 0.75),
        (invx, -4.0, -0.25),
        # Abramowitz and Stegun, table 7.1 and table 26.1: the normal distribution at 1
        (erf, 1.0, 0.8427007929497149),
        (gelu, 1.0, 0.8413447460685429),
        (gelu, -1.0, -0.15865525393145707),
    ],
)
def test_values(f: Any, x: float, y: float) -> None:
    for dtype in FLOATS:
        assert f(np.array([[x]], dtype)) == pytest.approx(np.array([[y]]), rel=1e-6)
    assert f(x) == pytest.approx(y, rel=1e-15)


@pytest.mark.parametrize("f", ALL)
def test_slopes_to_second_order(f: Any) -> None:
    x = draw(4, 5)
    assert gradcheck(f, x, order=2)
    with nn.reference(True):
        assert gradcheck(f, x, order=2)
    assert gradcheck(f, 0.7, order=2)


def test_the_approximate_gelu() -> None:
    x = np.linspace(-6, 6, 500)
    difference = np.abs(gelu(x, approximate="tanh") - gelu(x))
    assert 1e-4 < difference.max() < 5e-4
    assert gradcheck(lambda x: gelu(x, approximate="tanh"), x[::50], order=2)
    with pytest.raises(ValueError, match="gelu: approximate is 'fast'; expected 'none' or 'tanh'"):
        gelu(x, approximate="fast")


def test_slopes_at_the_kink() -> None:
    zero = np.zeros(3, np.float32)
    for reference in (True, False):
        with nn.reference(reference):
            assert grad(lambda x: relu(x).sum())(zero).tolist() == [0.0] * 3
            assert grad(lambda x: elu(x).sum())(zero).tolist() == [1.0] * 3
            assert grad(lambda x: selu(x).sum())(zero) == pytest.approx(1.7580993408473766)


@pytest.mark.parametrize("f", ALL)
@pytest.mark.parametrize("dtype", FLOATS)
def test_a_nan_stays_and_its_neighbours_too(f: Any, dtype: Any) -> None:
    x = draw(3, 7, dtype=dtype)
    clean = f(x)
    x[1, 2] = np.nan
    for reference in (True, False):
        with nn.reference(reference):
            y = f(x)
            assert np.isnan(y[1, 2])
            y[1, 2] = clean[1, 2]
            np.testing.assert_allclose(y, clean, rtol=1e-6)


@pytest.mark.parametrize("dtype", FLOATS)
def test_sigm_neither_overflows_nor_loses_small_results(dtype: Any) -> None:
    x = np.array([-np.inf, -1e30, -1000, -80, -20, 20, 1000, np.inf], dtype)
    small = [math.exp(-80), math.exp(-20) / (1 + math.exp(-20))]
    for reference in (True, False):
        with nn.reference(reference), warnings.catch_warnings():
            warnings.simplefilter("error")
            y = sigm(x)
            assert y.dtype == dtype
            assert y[:3].tolist() == [0, 0, 0]
            assert y[3:5] == pytest.approx(small, rel=2e-6, abs=0)
            assert y[6:].tolist() == [1, 1]


@QUICK
@given(
    shape=array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=9),
    dtype=st.sampled_from(FLOATS),
    transposed=st.booleans(),
    f=st.sampled_from([relu, sigm]),
)
def test_kernels_are_the_twins(shape: Any, dtype: Any, transposed: bool, f: Any) -> None:
    x = draw(*shape, dtype=dtype)
    check_twins(f, x.T if transposed else x)


@pytest.mark.parametrize("f", [relu, sigm])
def test_kernels_are_the_twins_on_several_threads(f: Any) -> None:
    check_twins(f, draw(5, 100, 100, dtype=np.float32)[:, ::-1])


@pytest.mark.parametrize("f", [relu, sigm])
def test_neither_argument_nor_gradient_is_written_to(f: Any) -> None:
    x, g = draw(4, 5), draw(4, 5)
    before, given_gradient = x.copy(), g.copy()
    _, pull = vjp(f, x)
    first, second = pull(g), pull(g)
    assert np.array_equal(first[0], second[0])
    assert np.array_equal(x, before)
    assert np.array_equal(g, given_gradient)


def test_other_dtypes() -> None:
    assert relu(np.array([-1, 2])).tolist() == [0, 2]
    assert relu(np.array([-1, 2], np.float16)).dtype == np.float16
    assert sigm(np.array([0, 0])).dtype == np.float64
    assert sigm(0) == 0.5
    assert invx(4) == 0.25
    assert relu(np.float32(-3)).dtype == np.float32
    assert relu(np.zeros(())).shape == ()


@pytest.mark.peers
@pytest.mark.parametrize("name", ["elu", "gelu", "relu", "selu", "sigmoid"])
def test_as_pytorch_has_it(name: str) -> None:
    torch = pytest.importorskip("torch")
    ours = {"elu": elu, "gelu": gelu, "relu": relu, "selu": selu, "sigmoid": sigm}[name]
    theirs = torch.sigmoid if name == "sigmoid" else getattr(torch.nn.functional, name)
    x = np.concatenate([np.linspace(-30, 30, 121), [0.0]])
    t = torch.tensor(x, requires_grad=True)
    result = theirs(t)
    (result * result).sum().backward()
    np.testing.assert_allclose(ours(x), result.detach().numpy(), rtol=1e-12, atol=1e-14)
    gradient = grad(lambda x: (ours(x) * ours(x)).sum())(x)
    np.testing.assert_allclose(gradient, t.grad.numpy(), rtol=1e-11, atol=1e-14)
