"""Convolutions: their kernels, their twins, and what they say of what does not fit."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import knetengine.numpy as kn
from knetengine import grad, gradcheck, nn
from knetengine.nn.activations import relu
from knetengine.nn.convolution import conv4, deconv4, mat
from knetengine.nn.pooling import pool
from tests.knetengine.nn.twins import check_twins

GENERATOR = np.random.default_rng(2)
BOTH = pytest.mark.parametrize("reference", [False, True])


def draw(*shape: int, dtype: Any = np.float64) -> np.ndarray:
    return GENERATOR.standard_normal(shape).astype(dtype)


# Golden values


@BOTH
def test_small_numbers(reference: bool) -> None:
    """Knet's tutorial 50 (convolution), whose arrays are column major."""
    w = np.array([[[1.0, 2.0, 3.0]]])
    x = np.arange(1.0, 8.0).reshape(1, 1, 7)
    with nn.reference(reference):
        assert conv4(w, x).ravel().tolist() == [10, 16, 22, 28, 34]
        assert conv4(w, x, padding=1).ravel().tolist() == [4, 10, 16, 22, 28, 34, 32]
        assert conv4(w, x, padding=1, stride=3).ravel().tolist() == [4, 22, 32]
        assert conv4(w, x, mode=1).ravel().tolist() == [14, 20, 26, 32, 38]
        # the tutorial's reshape(1:4, 2, 2) and reshape(1:9, 3, 3): [23 53; 33 63] in its order
        square = conv4(
            np.arange(1.0, 5.0).reshape(1, 1, 2, 2), np.arange(1.0, 10.0).reshape(1, 1, 3, 3)
        )
        assert square[0, 0].tolist() == [[23, 33], [53, 63]]


@BOTH
def test_deconvolution_by_hand(reference: bool) -> None:
    """Each number times the kernel, two apart: 1 and 10 times (1, 2, 3), which mode 1 leaves."""
    w, x = np.array([[[1.0, 2.0, 3.0]]]), np.array([[[1.0, 10.0]]])
    with nn.reference(reference):
        assert deconv4(w, x, stride=2, mode=1).ravel().tolist() == [1, 2, 13, 20, 30]
        assert deconv4(w, x, stride=2).ravel().tolist() == [3, 2, 31, 20, 10]
        assert deconv4(w, x, stride=2, padding=1).ravel().tolist() == [2, 31, 20]


# Kernels and twins


@st.composite
def cases(draw_from: Any) -> dict[str, Any]:
    """Shapes and options of a convolution whose kernel fits in."""
    axes = draw_from(st.integers(1, 3))

    def numbers(least: int, most: int) -> tuple[int, ...]:
        return draw_from(st.tuples(*[st.integers(least, most)] * axes))

    size, padding, dilation = numbers(1, 3), numbers(0, 2), numbers(1, 2)
    spans = [d * (K - 1) + 1 for K, d in zip(size, dilation, strict=True)]
    extra = numbers(0, 4)
    sizes = [max(1, s - 2 * p + e) for s, p, e in zip(spans, padding, extra, strict=True)]
    return {
        "size": size,
        "sizes": tuple(sizes),
        "images": draw_from(st.integers(0, 3)),
        "channels": draw_from(st.integers(1, 2)),
        "outputs": draw_from(st.integers(1, 2)),
        "groups": draw_from(st.integers(1, 2)),
        "dtype": draw_from(st.sampled_from([np.float32, np.float64])),
        "transposed": draw_from(st.booleans()),
        "options": {
            "padding": padding,
            "stride": numbers(1, 3),
            "dilation": dilation,
            "mode": draw_from(st.integers(0, 1)),
        },
    }


def unconvolved(sizes: tuple[int, ...], case: dict[str, Any]) -> list[int]:
    """The sizes of a deconvolution: none may be left, after what conv4's floor() hid."""
    options = [case["options"][name] for name in ("stride", "padding", "dilation")]
    axes = zip(sizes, case["size"], *options, strict=True)
    return [(X - 1) * s - 2 * p + d * (K - 1) + 1 for X, K, s, p, d in axes]


def strided(array: np.ndarray) -> np.ndarray:
    """The same numbers in another order in memory."""
    return np.asfortranarray(array)


@settings(max_examples=40, deadline=None)
@given(cases(), st.booleans(), st.booleans(), st.booleans())
def test_kernels_are_the_twins(case: Any, biased: bool, rectified: bool, pooled: bool) -> None:
    groups, dtype = case["groups"], case["dtype"]
    w = draw(case["outputs"] * groups, case["channels"], *case["size"], dtype=dtype)
    x = draw(case["images"], case["channels"] * groups, *case["sizes"], dtype=dtype)
    if case["transposed"]:
        w, x = strided(w), strided(x)
    bias = [draw(len(w), dtype=dtype)] if biased else []
    out = conv4(w, x, groups=groups, **case["options"]).shape[2:]
    window = tuple(min(2, o) for o in out) if pooled else None
    activation = "relu" if rectified else None

    def layer(w: Any, x: Any, *bias: Any) -> Any:
        options = {**case["options"], "groups": groups}
        return conv4(w, x, *bias, activation=activation, pool=window, **options)

    check_twins(layer, w, x, *bias)


@settings(max_examples=20, deadline=None)
@given(cases())
def test_deconvolution_kernels_are_the_twins(case: Any) -> None:
    groups, dtype, options = case["groups"], case["dtype"], case["options"]
    w = draw(case["outputs"] * groups, case["channels"], *case["size"], dtype=dtype)
    x = draw(case["images"], case["channels"] * groups, *case["sizes"], dtype=dtype)
    y = conv4(w, x, groups=groups, **options)
    if min(unconvolved(y.shape[2:], case)) < 1:
        return
    if case["transposed"]:
        w, y = strided(w), strided(y)
    check_twins(lambda w, y: deconv4(w, y, groups=groups, **options), w, y)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_batches_larger_than_a_cache(dtype: Any) -> None:
    """Several groups of images for each of two threads, the last of them smaller."""
    w, x, b = (
        draw(8, 10, 5, 5, dtype=dtype),
        draw(37, 10, 16, 15, dtype=dtype),
        draw(8, dtype=dtype),
    )
    check_twins(lambda w, x, b: conv4(w, x, b, activation="relu", pool=2), w, x, b)
    check_twins(lambda w, x: conv4(w, x, padding=2, pool=3), w, x)
    check_twins(lambda w, x, b: conv4(w, x, b, activation="relu"), w, x, b)


def test_a_window_of_more_than_a_byte() -> None:
    check_twins(lambda w, x: conv4(w, x, pool=(12, 13)), draw(2, 1, 2, 2), draw(2, 1, 25, 28))


def test_twice_the_same() -> None:
    """Threads do not change the order of the sums."""
    w, x, g = draw(8, 10, 5, 5), draw(37, 10, 16, 16), draw(37, 8, 6, 6)
    first, second = (
        grad(lambda w, x: kn.sum(conv4(w, x, activation="relu", pool=2) * g), (0, 1))(w, x)
        for _ in range(2)
    )
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])


# What they mean


@BOTH
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_fused_is_the_chain(reference: bool, dtype: Any) -> None:
    """Integers: sums are exact, and ties are many."""
    w = GENERATOR.integers(-2, 3, (4, 3, 3, 3)).astype(dtype)
    x = GENERATOR.integers(-2, 3, (5, 3, 8, 9)).astype(dtype)
    b = GENERATOR.integers(-2, 3, 4).astype(dtype)
    g = draw(5, 4, 3, 3, dtype=dtype)

    def fused(w: Any, x: Any, b: Any) -> Any:
        return kn.sum(conv4(w, x, b, activation="relu", pool=2) * g)

    def chain(w: Any, x: Any, b: Any) -> Any:
        return kn.sum(pool(relu(conv4(w, x) + b.reshape(4, 1, 1))) * g)

    with nn.reference(reference):
        assert fused(w, x, b) == chain(w, x, b)
        for ours, theirs in zip(
            grad(fused, (0, 1, 2))(w, x, b), grad(chain, (0, 1, 2))(w, x, b), strict=True
        ):
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


@BOTH
def test_deconvolution_is_the_gradient(reference: bool) -> None:
    w, x, g = draw(4, 3, 3, 2), draw(2, 6, 7, 8), draw(2, 4, 4, 9)
    options: Any = {"padding": 1, "stride": (2, 1), "groups": 2}
    with nn.reference(reference):
        expected = grad(lambda x: kn.sum(conv4(w, x, **options) * g))(x)
        np.testing.assert_allclose(deconv4(w, g, **options), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_gradients_of_the_twins(axes: int) -> None:
    w, x, b = draw(2, 2, *(2,) * axes), draw(2, 2, *(5,) * axes), draw(2)
    with nn.reference():
        assert gradcheck(
            lambda w, x, b: conv4(w, x, b, padding=1, stride=2, activation="relu", pool=2),
            *(w, x, b),
            argnum=(0, 1, 2),
            order=2,
        )
        assert gradcheck(lambda w, x: deconv4(w, x, stride=2), w, x, argnum=(0, 1), order=2)


@BOTH
def test_a_nan_comes_out(reference: bool) -> None:
    w, x = np.ones((2, 1, 2, 2)), np.ones((1, 1, 6, 6))
    x[0, 0, 3, 3] = np.nan
    with nn.reference(reference):
        touched = np.isnan(conv4(w, x))
        assert touched[0, 0].nonzero()[0].tolist() == [2, 2, 3, 3]
        assert touched[0, 0].nonzero()[1].tolist() == [2, 3, 2, 3]
        pooled = conv4(w, x[:, :, :5, :5], activation="relu", pool=2)
        assert np.isnan(pooled)[0, 1].tolist() == [[False, False], [False, True]]
        assert np.isnan(conv4(w, np.ones_like(x), np.array([np.nan, 0.0])))[0, 0].all()


@BOTH
def test_an_empty_batch(reference: bool) -> None:
    w, x = draw(4, 3, 2, 2), draw(0, 3, 5, 5)
    with nn.reference(reference):
        assert conv4(w, x, activation="relu", pool=2).shape == (0, 4, 2, 2)
        assert not grad(lambda w: kn.sum(conv4(w, x, pool=2)))(w).any()
        assert deconv4(w, draw(0, 4, 5, 5)).shape == (0, 3, 6, 6)


def test_arguments_stay_as_they_are() -> None:
    w, x, b = draw(4, 3, 2, 2), draw(2, 3, 5, 5), draw(4)
    before = [w.copy(), x.copy(), b.copy()]
    grad(lambda w, x, b: kn.sum(conv4(w, x, b, activation="relu", pool=2)), (0, 1, 2))(w, x, b)
    for array, was in zip((w, x, b), before, strict=True):
        np.testing.assert_array_equal(array, was)


# What does not fit


@pytest.mark.parametrize(
    ("w", "x", "options", "words"),
    [
        ((4, 3, 2, 2), (5, 5), {}, r"x is .*\(5, 5\).*expected \(N, C, spatial...\)"),
        ((4, 3, 2, 2), (1, 3, 5, 5, 5, 5), {}, "with 1, 2 or 3 spatial axes"),
        ((4, 3, 2), (1, 3, 5, 5), {}, r"w is .*\(4, 3, 2\).*with 2 axes of the kernel"),
        ((4, 3, 2, 2), (1, 2, 5, 5), {}, r"x is .*\(1, 2, 5, 5\).*expected 3 channels"),
        ((4, 3, 2, 2), (1, 3, 5, 5), {"groups": 2}, "expected 6 channels"),
        ((4, 3, 2, 2), (1, 9, 5, 5), {"groups": 3}, "groups is 3; expected a divisor of 4"),
        ((4, 3, 2, 2), (1, 3, 0, 5), {}, "at least one entry along each axis"),
        ((4, 3, 6, 2), (1, 3, 5, 5), {}, r"hold a window of \(6, 2\), with padding \(0, 0\)"),
        ((4, 3, 3, 3), (1, 3, 5, 5), {"dilation": 3}, r"window of \(7, 7\)"),
        ((4, 3, 2, 2), (1, 3, 5, 5), {"padding": -1}, "padding is -1; expected at least 0"),
        ((4, 3, 2, 2), (1, 3, 5, 5), {"stride": 0}, "stride is 0; expected at least 1"),
        ((4, 3, 2, 2), (1, 3, 5, 5), {"stride": (1, 1, 1)}, "expected an integer, or 2"),
        ((4, 3, 2, 2), (1, 3, 5, 5), {"mode": 2}, "mode is 2; expected 0"),
        ((4, 3, 2, 2), (1, 3, 5, 5), {"activation": "tanh"}, "activation is 'tanh'"),
        ((4, 3, 2, 2), (1, 3, 5, 5), {"pool": 5}, r"pool is 5; expected at most \(4, 4\)"),
    ],
)
def test_what_does_not_fit(w: Any, x: Any, options: Any, words: str) -> None:
    with pytest.raises(ValueError, match=f"^conv4: .*{words}"):
        conv4(draw(*w), draw(*x), **options)


def test_a_bias_of_another_size() -> None:
    with pytest.raises(ValueError, match=r"conv4: bias is .*\(3,\).*expected shape \(4,\), \(O,\)"):
        conv4(draw(4, 3, 2, 2), draw(1, 3, 5, 5), draw(3))


@pytest.mark.parametrize(("x", "words"), [((1, 3, 4, 4), "expected 4 channels"), ((4,), "spatial")])
def test_what_does_not_fit_a_deconvolution(x: Any, words: str) -> None:
    with pytest.raises(ValueError, match=f"^deconv4: x is .*{words}"):
        deconv4(draw(4, 3, 2, 2), draw(*x))


def test_a_deconvolution_to_nothing() -> None:
    with pytest.raises(ValueError, match=r"padding \(1, 1\) leaves something"):
        deconv4(draw(4, 3, 2, 2), draw(1, 4, 1, 1), padding=1)


@pytest.mark.parametrize("dtype", [np.float16, np.int64])
def test_other_dtypes(dtype: Any) -> None:
    w, x = draw(4, 3, 2, 2), draw(1, 3, 5, 5)
    for layer, image in ((conv4, x), (deconv4, draw(1, 4, 5, 5))):
        with pytest.raises(TypeError, match=r"x is .*expected an array of float32 or float64"):
            layer(w, image.astype(dtype))
    with pytest.raises(TypeError, match="x is float64, but w is float32"):
        conv4(w.astype(np.float32), x)
    with pytest.raises(TypeError, match="bias is float32, but w is float64"):
        conv4(w, x, draw(4, dtype=np.float32))
    with pytest.raises(TypeError, match=r"stride is 1.5; expected an integer"):
        conv4(w, x, stride=1.5)  # pyright: ignore[reportArgumentType]


# mat


def test_mat() -> None:
    x = draw(2, 3, 4, 5)
    np.testing.assert_array_equal(mat(x), x.reshape(2, 60))
    assert mat(x, 2).shape == (2, 3, 20)
    assert mat(x, 0).shape == (120,)
    assert mat(draw(3)).shape == (3, 1)
    assert mat(draw(0, 3, 4)).shape == (0, 12)
    np.testing.assert_array_equal(grad(lambda x: kn.sum(mat(x) ** 2))(x), 2 * x)
    with pytest.raises(ValueError, match=r"mat: x is .*\(3,\).*at least 2 axes"):
        mat(draw(3), 2)


# PyTorch


@pytest.mark.peers
@settings(max_examples=100, deadline=None)
@given(cases(), st.booleans())
def test_values_and_gradients_of_pytorch(case: Any, backwards: bool) -> None:
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    groups, axes = case["groups"], len(case["size"])
    options = {**case["options"], "mode": 1, "groups": groups}
    theirs = {name: options[name] for name in ("padding", "stride", "dilation", "groups")}
    w = draw(case["outputs"] * groups, case["channels"], *case["size"])
    x = draw(max(1, case["images"]), case["channels"] * groups, *case["sizes"])
    layer, name = (deconv4, "conv_transpose") if backwards else (conv4, "conv")
    if backwards:
        x = conv4(w, x, **options)
        if min(unconvolved(x.shape[2:], case)) < 1:
            return
    tensors = [torch.tensor(a, requires_grad=True) for a in (w, x)]
    expected = getattr(functional, f"{name}{axes}d")(tensors[1], tensors[0], **theirs)
    g = draw(*expected.shape)
    slopes = torch.autograd.grad(expected, tensors, torch.tensor(g))
    found = grad(lambda w, x: kn.sum(layer(w, x, **options) * g), (0, 1))(w, x)
    np.testing.assert_allclose(layer(w, x, **options), expected.detach(), rtol=1e-9, atol=1e-9)
    for one, other in zip(found, slopes, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)


@pytest.mark.peers
def test_fused_layer_of_pytorch() -> None:
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    arrays = draw(50, 20, 5, 5), draw(7, 20, 12, 12), draw(50)
    g = draw(7, 50, 4, 4)
    w, x, b = (torch.tensor(a, requires_grad=True) for a in arrays)
    expected = functional.max_pool2d(functional.conv2d(x, w, b).relu(), 2)
    slopes = torch.autograd.grad(expected, (w, x, b), torch.tensor(g))

    def layer(w: Any, x: Any, b: Any) -> Any:
        return conv4(w, x, b, mode=1, activation="relu", pool=2)

    np.testing.assert_allclose(layer(*arrays), expected.detach(), rtol=1e-9, atol=1e-9)
    found = grad(lambda *a: kn.sum(layer(*a) * g), (0, 1, 2))(*arrays)
    for one, other in zip(found, slopes, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)
