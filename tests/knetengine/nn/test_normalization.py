"""Batch and layer normalization: values, running moments, kernels against twins, bad input."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knetengine import grad, gradcheck, nn
from knetengine.nn.normalization import batchnorm, bnmoments, bnparams, layernorm
from tests.knetengine.nn.twins import check_twins

FLOATS = [np.float32, np.float64]
QUICK = settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def draw(*shape: int, dtype: Any = np.float64, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


# Of the channels


def test_values_of_a_batch() -> None:
    """By hand: channel 0 is 1, 3 with mean 2 and variance 1; channel 1 is 0, 8 with 4 and 16."""
    x, params = np.array([[1.0, 0], [3, 8]]), np.array([1.0, 2, 0, 10])
    for reference in (True, False):
        with nn.reference(reference):
            y = batchnorm(x, None, params, eps=0.0, training=True)
            assert y.tolist() == [[-1, 8], [1, 12]]
            y = batchnorm(x, None, None, eps=9.0, training=True)
            assert y[:, 1].tolist() == [-0.8, 0.8]


def test_running_moments() -> None:
    x = np.array([[1.0, 0], [3, 8]])
    for reference in (True, False):
        moments = bnmoments(momentum=0.25)
        assert repr(moments) == "bnmoments(momentum=0.25, no batch yet)"
        with nn.reference(reference):
            batchnorm(x, moments, training=True)
        # a quarter of the means 2 and 4, and of the unbiased variances 2 and 32
        assert moments.mean.tolist() == [0.5, 1.0]
        assert moments.var.tolist() == [0.75 + 0.5, 0.75 + 8]
        assert repr(moments) == "bnmoments(momentum=0.25, 2 channels)"
        with nn.reference(reference):
            y = batchnorm(x, moments, eps=0.0)
        np.testing.assert_allclose(y, (x - moments.mean) / np.sqrt(moments.var), rtol=1e-14)
        assert moments.mean.tolist() == [0.5, 1.0]


def test_a_gradient_is_training_and_updates_once() -> None:
    x, moments = draw(6, 3, 2), bnmoments()

    def loss(x: Any) -> Any:
        return (batchnorm(x, moments) ** 3).sum()

    grad(loss)(x)
    np.testing.assert_allclose(moments.mean, 0.1 * x.mean((0, 2)), rtol=1e-12)
    again = bnmoments()
    moments.mean = moments.var = None

    def slope(x: Any) -> Any:
        return (grad(lambda x: (batchnorm(x, again) ** 3).sum())(x) ** 2).sum()

    grad(slope)(x)
    np.testing.assert_allclose(again.mean, 0.1 * x.mean((0, 2)), rtol=1e-12)


def test_parameters_to_start_with() -> None:
    assert bnparams(2).tolist() == [1, 1, 0, 0]
    assert bnparams(2).dtype == np.float32
    assert bnparams(3, np.float64).dtype == np.float64


@QUICK
@given(
    shape=st.tuples(
        st.integers(2, 6), st.integers(1, 5), st.sampled_from([(), (1,), (3,), (2, 3)])
    ),
    dtype=st.sampled_from(FLOATS),
    training=st.booleans(),
    affine=st.booleans(),
    transposed=st.booleans(),
)
def test_kernels_are_the_twins(
    shape: Any, dtype: Any, training: bool, affine: bool, transposed: bool
) -> None:
    count, channels, places = shape
    x = draw(count, channels, *places, dtype=dtype)
    x = np.asfortranarray(x) if transposed else x
    moments = bnmoments(mean=draw(channels, seed=1), var=draw(channels, seed=2) ** 2 + 0.1)

    def layer(x: Any, *params: Any) -> Any:
        # two entries of a channel may lie close together, where the derivatives are steep
        return batchnorm(x, moments, *params, training=training, eps=0.1)

    check_twins(layer, x, *([draw(2 * channels, dtype=dtype)] if affine else []))


@pytest.mark.parametrize("shape", [(500, 200), (10, 20, 300)])
def test_kernels_are_the_twins_on_several_threads(shape: Any) -> None:
    params = draw(2 * shape[1], dtype=np.float32)
    x = draw(*shape, dtype=np.float32) + np.float32(3)
    check_twins(lambda x, p: batchnorm(x, None, p, training=True), x, params)


def test_derivatives_of_batchnorm() -> None:
    moments = bnmoments(mean=draw(3), var=draw(3, seed=1) ** 2 + 0.1)
    for reference in (True, False):
        with nn.reference(reference):
            for training in (True, False):
                assert gradcheck(
                    lambda x, p: batchnorm(x, moments, p, training=training),  # noqa: B023
                    draw(4, 3, 2),
                    draw(6, seed=3),
                    argnum=(0, 1),
                    order=2,
                )


@pytest.mark.parametrize("dtype", FLOATS)
def test_far_from_the_origin(dtype: Any) -> None:
    """The variance by the difference of two sums would be wrong altogether: 1e4**2 is 1e8."""
    noise = draw(64, 3, 16)
    x = (1e4 + noise).astype(dtype)
    y = batchnorm(x, training=True, eps=0.0)
    exact = (x - x.astype(float).mean((0, 2), keepdims=True)) / noise.std((0, 2), keepdims=True)
    tolerance = 2e-3 if dtype is np.float32 else 1e-9  # one rounding of 1e4 is 1e-3
    np.testing.assert_allclose(y, exact, atol=tolerance)
    rows = layernorm(np.moveaxis(x, 1, -1).reshape(-1, 48), eps=0.0)
    assert np.abs(rows.std(-1) - 1).max() < 1e-4


@pytest.mark.parametrize("dtype", FLOATS)
def test_a_nan_comes_out_in_its_channel_only(dtype: Any) -> None:
    x = draw(4, 3, 2, dtype=dtype)
    x[1, 2, 0] = np.nan
    y = batchnorm(x, training=True)
    assert np.isnan(y).all((0, 2)).tolist() == [False, False, True]
    assert np.isnan(y).any((0, 2)).tolist() == [False, False, True]
    y = layernorm(x.reshape(4, 6))
    assert np.isnan(y).all(1).tolist() == [False, True, False, False]
    assert np.isnan(y).any(1).tolist() == [False, True, False, False]


def test_bad_arguments_of_batchnorm() -> None:
    x = draw(4, 3, 2)
    for message, arguments, options in [
        (r"x is .*\(3,\).*expected shape \(N, C\) or", (x[0, :, 0],), {"training": True}),
        (r"x is .*\(0, 3\).*at least one entry", (np.zeros((0, 3)),), {"training": True}),
        (r"params is .*\(3,\).*expected shape \(6,\)", (x, None, draw(3)), {"training": True}),
        (r"x is .*\(1, 3\).*more than one entry for each channel", (x[:1, :, 0],), {"training": 1}),
        (r"moments is None; expected those of training", (x,), {}),
        (r"moments.mean is .*\(5,\).*expected shape \(3,\)", (x, bnmoments(mean=draw(5))), {}),
    ]:
        with pytest.raises(ValueError, match="batchnorm: " + message):
            batchnorm(*arguments, **options)
    with pytest.raises(TypeError, match="batchnorm: params is float32, but x is float64"):
        batchnorm(x, None, bnparams(3), training=True)
    with pytest.raises(TypeError, match=r"batchnorm: x is .*int64"):
        batchnorm(x.astype(int), training=True)


# Of each instance


def test_values_of_rows() -> None:
    x = np.array([[1.0, 2, 3], [0, 0, 12]])  # deviations sqrt(2/3), sqrt(32)
    y = layernorm(x, eps=0.0)
    np.testing.assert_allclose(y[0], np.array([-1, 0, 1]) * np.sqrt(1.5), rtol=1e-14)
    np.testing.assert_allclose(y[1], np.array([-4, -4, 8]) / np.sqrt(32), rtol=1e-14)
    gain, bias = np.array([1.0, 2, 3]), np.array([5.0, 6, 7])
    np.testing.assert_allclose(layernorm(x, gain, bias, eps=0.0), y * gain + bias, rtol=1e-14)
    np.testing.assert_allclose(layernorm(x.T, axis=0), layernorm(x).T, rtol=1e-14)


@QUICK
@given(
    shape=st.lists(st.integers(1, 5), min_size=0, max_size=2),
    width=st.integers(1, 20),
    dtype=st.sampled_from(FLOATS),
    affine=st.sampled_from(["", "gain", "both"]),
    transposed=st.booleans(),
)
def test_kernels_of_rows_are_the_twins(
    shape: Any, width: int, dtype: Any, affine: str, transposed: bool
) -> None:
    x = draw(*shape, width, dtype=dtype)
    x = np.asfortranarray(x) if transposed else x
    count = {"": 0, "gain": 1, "both": 2}[affine]
    params = [draw(width, dtype=dtype, seed=i) for i in range(1, count + 1)]
    check_twins(lambda x, *params: layernorm(x, *params, eps=0.1), x, *params)


def test_kernels_of_rows_are_the_twins_on_several_threads() -> None:
    x, gain, bias = (draw(*s, dtype=np.float32) for s in ((300, 200), (200,), (200,)))
    check_twins(layernorm, x, gain, bias)


def test_derivatives_of_layernorm() -> None:
    x, gain, bias = draw(2, 4, 3), draw(4, seed=1), draw(4, seed=2)
    for reference in (True, False):
        with nn.reference(reference):
            assert gradcheck(
                lambda x, g, b: layernorm(x, g, b, axis=1),
                x, gain, bias, argnum=(0, 1, 2), order=2,
            )  # fmt: skip


def test_bad_arguments_of_layernorm() -> None:
    x = draw(4, 3)
    for message, arguments, options in [
        (r"gain is .*\(4,\).*expected shape \(3,\)", (x, draw(4)), {}),
        (r"bias is .*\(4,\).*expected shape \(3,\)", (x, None, draw(4)), {}),
        (r"x is .*\(4, 0\).*at least one entry along axis -1", (x[:, :0],), {}),
        (r"x is .*\(4, 3\).*an array with an axis 2", (x,), {"axis": 2}),
        (r"x is .*\(\).*an array with an axis -1", (np.zeros(()),), {}),
    ]:
        with pytest.raises(ValueError, match="layernorm: " + message):
            layernorm(*arguments, **options)
    with pytest.raises(TypeError, match=r"layernorm: x is .*float16"):
        layernorm(x.astype(np.float16))
    assert layernorm(np.zeros((0, 3))).shape == (0, 3)


@pytest.mark.peers
@pytest.mark.parametrize("training", [True, False])
def test_as_pytorch_has_it(training: bool) -> None:
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    x, params = draw(4, 3, 2, 5), draw(6, seed=1)
    mean, var = draw(3, seed=2), draw(3, seed=3) ** 2
    moments = bnmoments(mean=mean, var=var)
    running = torch.tensor(mean.copy()), torch.tensor(var.copy())
    t, p = torch.tensor(x, requires_grad=True), torch.tensor(params, requires_grad=True)
    theirs = functional.batch_norm(t, *running, p[:3], p[3:], training, 0.1, 1e-5)
    (theirs**3).sum().backward()
    ours = grad(lambda x, p: (batchnorm(x, moments, p, training=training) ** 3).sum(), (0, 1))
    for gradient, tensor in zip(ours(x, params), (t, p), strict=True):
        np.testing.assert_allclose(gradient, tensor.grad.numpy(), rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(moments.mean, running[0].numpy(), rtol=1e-12)
    np.testing.assert_allclose(moments.var, running[1].numpy(), rtol=1e-12)
    ours = layernorm(x, params[:5], params[1:])
    theirs = functional.layer_norm(t, (5,), p[:5], p[1:], 1e-5)
    np.testing.assert_allclose(ours, theirs.detach().numpy(), rtol=1e-10, atol=1e-12)
