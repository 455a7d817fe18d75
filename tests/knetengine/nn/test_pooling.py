"""Pooling and its opposite: kernels, twins, ties, padding, NaN, and what does not fit."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import knetengine.numpy as kn
from knetengine import grad, gradcheck, nn, vjp
from knetengine.nn.pooling import pool, unpool
from tests.knetengine.nn.twins import check_twins

GENERATOR = np.random.default_rng(3)
BOTH = pytest.mark.parametrize("reference", [False, True])
MODES = pytest.mark.parametrize("mode", [0, 1, 2])


def draw(*shape: int, dtype: Any = np.float64) -> np.ndarray:
    return GENERATOR.standard_normal(shape).astype(dtype)


# Golden values


@BOTH
def test_small_numbers(reference: bool) -> None:
    x = np.arange(1.0, 7.0).reshape(1, 1, 6)
    with nn.reference(reference):
        assert pool(x).ravel().tolist() == [2, 4, 6]  # Knet's tutorial 50 (convolution)
        assert pool(x, 3).ravel().tolist() == [3, 6]
        assert pool(x, 3, stride=1).ravel().tolist() == [3, 4, 5, 6]
        assert pool(x, padding=1).ravel().tolist() == [1, 3, 5, 6]
        assert pool(x, padding=1, mode=1).ravel().tolist() == [0.5, 2.5, 4.5, 3]
        assert pool(x, padding=1, mode=2).ravel().tolist() == [1, 2.5, 4.5, 6]
        assert unpool(x[:, :, :3]).ravel().tolist() == [1, 1, 2, 2, 3, 3]
        assert unpool(x[:, :, :2], stride=3).ravel().tolist() == [1, 1, 0, 2, 2]


@BOTH
def test_the_first_maximum_has_the_gradient(reference: bool) -> None:
    x = np.array([[[[1.0, 3.0], [3.0, 3.0]]]])
    with nn.reference(reference):
        assert grad(lambda x: kn.sum(pool(x)))(x)[0, 0].tolist() == [[0, 1], [0, 0]]
        assert grad(lambda x: kn.sum(pool(-x)))(x)[0, 0].tolist() == [[-1, 0], [0, 0]]
        flat = np.zeros((1, 1, 5))
        slopes = grad(lambda x: kn.sum(pool(x, 3, stride=1)))(flat)
        assert slopes.ravel().tolist() == [1, 1, 1, 0, 0]


@BOTH
def test_padding_is_never_the_maximum(reference: bool) -> None:
    x = np.full((1, 1, 3), -np.inf)
    with nn.reference(reference):
        assert pool(np.full((1, 1, 3), -5.0), padding=1).ravel().tolist() == [-5, -5]
        assert pool(x, padding=1).ravel().tolist() == [-np.inf, -np.inf]
        assert grad(lambda x: kn.sum(kn.exp(pool(x, padding=1)) + pool(x, padding=1)))(
            np.full((1, 1, 3), -1e300)
        ).ravel().tolist() == [1, 1, 0]


def test_minus_infinity_beside_padding_has_the_gradient() -> None:
    """The kernel and the twin agree on where the gradient of -inf goes."""
    x = np.full((1, 1, 3), -np.inf)
    g = np.array([[[2.0, 3.0]]])
    for reference in (False, True):
        with nn.reference(reference):
            _, pull = vjp(lambda x: pool(x, padding=1), x)
            assert pull(g)[0].ravel().tolist() == [2, 3, 0]


@BOTH
@MODES
def test_a_nan_comes_out(reference: bool, mode: int) -> None:
    x = draw(1, 1, 4, 4)
    x[0, 0, 1, 2] = np.nan
    with nn.reference(reference):
        assert np.isnan(pool(x, mode=mode))[0, 0].tolist() == [[False, True], [False, False]]
        wide = np.isnan(pool(x, 3, stride=1, mode=mode))
        assert wide.all()
        assert np.isnan(unpool(x, mode=mode)).sum() == 4


def test_two_nans_the_first_has_the_gradient() -> None:
    x = np.array([[[[1.0, np.nan], [np.nan, 2.0]]]])
    for reference in (False, True):
        with nn.reference(reference):
            _, pull = vjp(pool, x)
            assert pull(np.ones((1, 1, 1, 1)))[0][0, 0].tolist() == [[0, 1], [0, 0]]


# Kernels and twins


@st.composite
def cases(draw_from: Any) -> tuple[tuple[int, ...], dict[str, Any]]:
    """The shape of an image, and options of a pooling that fits it."""
    axes = draw_from(st.integers(1, 3))
    window = draw_from(st.tuples(*[st.integers(1, 4)] * axes))
    padding = tuple(draw_from(st.integers(0, W - 1)) for W in window)
    sizes = tuple(
        max(1, W - 2 * p) + draw_from(st.integers(0, 4))
        for W, p in zip(window, padding, strict=True)
    )
    shape = (draw_from(st.integers(0, 2)), draw_from(st.integers(1, 3)), *sizes)
    strides = st.one_of(st.none(), st.tuples(*[st.integers(1, 5)] * axes))
    return shape, {
        "window": window,
        "padding": padding,
        "stride": draw_from(strides),
        "mode": draw_from(st.integers(0, 2)),
    }


@settings(max_examples=60, deadline=None)
@given(cases(), st.sampled_from([np.float32, np.float64]), st.booleans())
def test_kernels_are_the_twins(case: Any, dtype: Any, transposed: bool) -> None:
    shape, options = case
    x = draw(*shape, dtype=dtype)
    if transposed:
        x = np.asfortranarray(x)
    check_twins(lambda x: pool(x, **options), x)
    y = pool(x, **options)
    sizes = zip(y.shape[2:], options["window"], options["padding"], strict=True)
    strides = options["stride"] or options["window"]
    out = [(X - 1) * s - 2 * p + W for (X, W, p), s in zip(sizes, strides, strict=True)]
    if min(out) > 0:
        check_twins(lambda y: unpool(y, **options), y)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [(30, 31), (32, 32)])
def test_many_planes(dtype: Any, size: tuple[int, int]) -> None:
    """Enough for two threads; by two, and not."""
    x = draw(5, 8, *size, dtype=dtype)
    for options in ({}, {"window": 3, "stride": 2}, {"mode": 1}, {"padding": 1, "mode": 2}):
        check_twins(lambda x, o=options: pool(x, **o), x)


def test_a_window_of_more_than_a_byte() -> None:
    check_twins(lambda x: pool(x, (12, 13)), draw(2, 1, 25, 28))


@BOTH
@MODES
@settings(max_examples=25, deadline=None)
@given(case=cases())
def test_pool_undoes_unpool(reference: bool, mode: int, case: Any) -> None:
    """Where windows do not overlap."""
    shape, options = case
    options = {**options, "mode": mode, "stride": options["window"]}
    sizes = zip(shape[2:], options["window"], options["padding"], strict=True)
    if any(X * W - 2 * p < 1 for X, W, p in sizes):
        return
    x = draw(*shape)
    with nn.reference(reference):
        np.testing.assert_allclose(pool(unpool(x, **options), **options), x, rtol=1e-14)


@MODES
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_gradients_of_the_twins(axes: int, mode: int) -> None:
    x = draw(2, 2, *(5,) * axes)
    with nn.reference():
        assert gradcheck(lambda x: pool(x, 3, padding=1, stride=2, mode=mode), x, order=2)
        assert gradcheck(lambda x: unpool(x, 3, padding=1, mode=mode), x[:, :, :2], order=2)


@BOTH
@MODES
def test_an_empty_batch(reference: bool, mode: int) -> None:
    x = draw(0, 3, 4, 4)
    with nn.reference(reference):
        assert pool(x, mode=mode).shape == (0, 3, 2, 2)
        assert grad(lambda x: kn.sum(pool(x, mode=mode)))(x).shape == x.shape
        assert unpool(x, mode=mode).shape == (0, 3, 8, 8)


def test_arguments_stay_as_they_are() -> None:
    x = draw(2, 3, 5, 5)
    before = x.copy()
    for mode in (0, 1, 2):
        grad(lambda x, mode=mode: kn.sum(unpool(pool(x, mode=mode), mode=mode)))(x)
    np.testing.assert_array_equal(x, before)


# What does not fit


@pytest.mark.parametrize("layer", [pool, unpool])
@pytest.mark.parametrize(
    ("shape", "options", "words"),
    [
        ((4, 4), {}, r"x is .*\(4, 4\).*expected \(N, C, spatial...\)"),
        ((1, 1, 0, 4), {}, "at least one entry"),
        ((1, 1, 4, 4), {"window": 0}, "window is 0; expected at least 1"),
        ((1, 1, 4, 4), {"window": (2, 2, 2)}, "expected an integer, or 2"),
        ((1, 1, 4, 4), {"stride": -1}, "stride is -1"),
        ((1, 1, 4, 4), {"padding": 2}, "padding is 2; expected less than the window"),
        ((1, 1, 4, 4), {"mode": 3}, "mode is 3; expected 0, 1 or 2"),
    ],
)
def test_what_does_not_fit(layer: Any, shape: Any, options: Any, words: str) -> None:
    with pytest.raises(ValueError, match=f"^{layer.__name__}: .*{words}"):
        layer(draw(*shape), **options)


def test_a_window_that_is_too_large() -> None:
    with pytest.raises(ValueError, match=r"pool: x is .*expected .*hold a window of \(5, 5\)"):
        pool(draw(1, 1, 4, 4), 5)


def test_unpooling_to_nothing() -> None:
    with pytest.raises(ValueError, match=r"unpool: .*padding \(1, 1\) leaves"):
        unpool(draw(1, 1, 1, 1), padding=1)


@pytest.mark.parametrize("layer", [pool, unpool])
@pytest.mark.parametrize("dtype", [np.float16, np.int64])
def test_other_dtypes(layer: Any, dtype: Any) -> None:
    with pytest.raises(TypeError, match=rf"{layer.__name__}: x is .*expected an array of float32"):
        layer(np.ones((1, 1, 4, 4), dtype))
    with pytest.raises(TypeError, match="window is 'two'; expected an integer"):
        layer(np.ones((1, 1, 4, 4)), "two")


# PyTorch


@pytest.mark.peers
@settings(max_examples=100, deadline=None)
@given(cases())
def test_values_and_gradients_of_pytorch(case: Any) -> None:
    torch = pytest.importorskip("torch")
    shape, options = case
    shape = (max(1, shape[0]), *shape[1:])
    if any(2 * p > W for p, W in zip(options["padding"], options["window"], strict=True)):
        return  # PyTorch takes no more
    window, padding, mode = options["window"], options["padding"], options["mode"]
    strides = options["stride"] or window
    if len(window) == 3 and any(X < W for X, W in zip(shape[2:], window, strict=True)):
        return  # nor, averaging in 3-D, images that only padding makes as large as the window
    x = draw(*shape)
    tensor = torch.tensor(x, requires_grad=True)
    axes = len(window)
    functional = torch.nn.functional
    if mode == 0:
        y = getattr(functional, f"max_pool{axes}d")(tensor, window, strides, padding)
    else:
        average = getattr(functional, f"avg_pool{axes}d")
        y = average(tensor, window, strides, padding, count_include_pad=mode == 1)
    g = draw(*y.shape)
    (slope,) = torch.autograd.grad(y, tensor, torch.tensor(g))
    np.testing.assert_allclose(pool(x, **options), y.detach(), rtol=1e-12, atol=1e-12)
    found = grad(lambda x: kn.sum(pool(x, **options) * g))(x)
    np.testing.assert_allclose(found, slope, rtol=1e-12, atol=1e-12)
