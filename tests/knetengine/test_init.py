"""First weights: their scale by the published formulas, and filters that interpolate."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knetengine import init, nn

SHAPES = st.lists(st.integers(1, 6), min_size=1, max_size=5).map(tuple)
DRAWN = [init.xavier, init.xavier_uniform, init.xavier_normal, init.gaussian]
BIG = {"dense": (300, 200), "convolution": (40, 30, 7, 7)}


def fresh() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.mark.parametrize(
    ("shape", "of_2017", "of_today"),
    [  # Knet.jl's own arithmetic, in our order of axes
        ((784, 64), math.sqrt(2 / 848), math.sqrt(6 / 848)),
        ((20, 1, 5, 5), math.sqrt(2 / (20 + 25)), math.sqrt(6 / (25 + 500))),
        ((50, 20, 5, 5), math.sqrt(2 / (50 + 500)), math.sqrt(6 / (500 + 1250))),
        ((8, 4, 3), math.sqrt(2 / (8 + 12)), math.sqrt(6 / (12 + 24))),
        ((99,), math.sqrt(2 / 100), math.sqrt(6 / 100)),
    ],
)
def test_two_scales_are_called_xavier(shape: Any, of_2017: float, of_today: float) -> None:
    """The same numbers stretched, so one division gives the scale exactly."""
    unit = fresh().uniform(-1, 1, shape)
    draw = {"dtype": np.float64, "generator": fresh()}
    np.testing.assert_allclose(init.xavier(*shape, **draw), of_2017 * unit, atol=1e-15)
    draw = {"dtype": np.float64, "generator": fresh()}
    np.testing.assert_allclose(init.xavier_uniform(shape, **draw), of_today * unit, atol=1e-15)


def test_the_weights_of_lenet_lie_where_knet_drew_them() -> None:
    """The figures of the docstring; a draw of 25,000 comes within 0.1 % of its limit."""
    w = init.xavier(50, 20, 5, 5, generator=fresh())
    assert np.abs(w).max() == pytest.approx(0.0603, rel=2e-3)
    w = init.xavier_uniform(50, 20, 5, 5, generator=fresh())
    assert np.abs(w).max() == pytest.approx(0.0586, rel=2e-3)


@pytest.mark.parametrize("shape", BIG.values(), ids=BIG)
def test_uniform_and_normal_have_the_variance_of_glorot(shape: tuple[int, ...]) -> None:
    """58,800 and 60,000 draws: the standard deviation has an error of 0.3 %."""
    field = math.prod(shape[2:])
    std = math.sqrt(2 / (field * (shape[0] + shape[1])))
    for draw in (init.xavier_uniform, init.xavier_normal):
        w = draw(*shape, gain=3.0, generator=fresh())
        assert w.std() == pytest.approx(3 * std, rel=0.015)
        assert abs(w.mean()) < 4 * 3 * std / math.sqrt(w.size)


def test_a_gaussian_has_its_mean_and_deviation() -> None:
    w = init.gaussian(300, 200, mean=2.0, std=0.5, dtype=np.float64, generator=fresh())
    np.testing.assert_array_equal(w, fresh().normal(2.0, 0.5, (300, 200)))
    assert init.gaussian(300, 200, generator=fresh()).std() == pytest.approx(0.01, rel=0.015)
    assert init.gaussian(3, mean=2.0, std=0).tolist() == [2.0, 2.0, 2.0]


@pytest.mark.parametrize("draw", DRAWN)
@given(shape=SHAPES, seed=st.integers(0, 2**32))
def test_shape_dtype_and_generator_are_heeded(draw: Any, shape: tuple[int, ...], seed: int) -> None:
    w = draw(*shape, generator=np.random.default_rng(seed))
    assert (w.shape, w.dtype) == (shape, np.float32)
    again = draw(shape, dtype=np.float64, generator=np.random.default_rng(seed))
    assert again.dtype == np.float64
    np.testing.assert_array_equal(w, again.astype(np.float32))
    assert draw(list(shape), dtype="float16").dtype == np.float16


@pytest.mark.parametrize("draw", DRAWN)
def test_without_a_generator_every_call_differs(draw: Any) -> None:
    assert not np.array_equal(draw(20), draw(20))


@pytest.mark.parametrize("draw", DRAWN)
@pytest.mark.parametrize("shape", [(), ((),), (3, 0), (3, -1), (3, 2.0), ("3",), ((3, 2), 1)])
def test_what_is_no_shape_of_weights_is_said(draw: Any, shape: Any) -> None:
    with pytest.raises(ValueError, match=rf"^{draw.__name__}: shape is .* integers of 1 or more"):
        draw(*shape)


@pytest.mark.parametrize("draw", DRAWN)
def test_other_arguments_that_do_not_fit_are_said(draw: Any) -> None:
    for dtype in (int, "uint8", bool, complex):
        with pytest.raises(ValueError, match=rf"^{draw.__name__}: dtype is .* expected a float"):
            draw(3, dtype=dtype)
    with pytest.raises(TypeError, match=rf"^{draw.__name__}: generator is 7; .*default_rng"):
        draw(3, generator=7)


def test_a_scale_that_is_none_is_said() -> None:
    for draw in (init.xavier_uniform, init.xavier_normal):
        for gain in (0.0, -1.0, math.nan, math.inf):
            with pytest.raises(ValueError, match=r"gain is .* expected a number above 0"):
                draw(3, gain=gain)
    with pytest.raises(ValueError, match=r"gaussian: std is -0.1; expected a number of 0 or more"):
        init.gaussian(3, std=-0.1)


def test_the_triangles_of_bilinear() -> None:
    """Caffe's filters for factors 2 and 3, the sources of Knet's."""
    assert init.bilinear(2, 1, 1)[0, 0, :, 0].tolist() == [0.25, 0.75, 0.75, 0.25]
    w = init.bilinear(1, 3, 1, dtype=np.float64)
    np.testing.assert_allclose(w[0, 0], [[1 / 3, 2 / 3, 1, 2 / 3, 1 / 3]])
    w = init.bilinear(2, 3, 4)
    assert (w.shape, w.dtype) == ((4, 4, 4, 5), np.float32)
    assert not w[~np.eye(4, dtype=bool)].any()
    assert all(np.array_equal(w[c, c], w[0, 0]) for c in range(4))


@settings(deadline=None, max_examples=25)  # the first call compiles kernels
@given(high=st.integers(1, 5), wide=st.integers(1, 5))
def test_bilinear_enlarges_a_plane_to_a_plane(high: int, wide: int) -> None:
    """Interpolation has no error on a linear function; only the border meets the zeros outside."""
    rows, columns = np.mgrid[0:6.0, 0:7.0]
    x = np.stack([2 * rows - columns, np.full((6, 7), 3.0)])[None]  # (1, 2, 6, 7)
    w = init.bilinear(high, wide, 2, dtype=np.float64)
    y = nn.deconv4(w, x, stride=(high, wide), padding=(high // 2, wide // 2))
    assert y.shape == (1, 2, 6 * high, 7 * wide)
    rows = (np.arange(6 * high) + 0.5) / high - 0.5  # where each pixel lies in x
    columns = (np.arange(7 * wide) + 0.5) / wide - 0.5
    inside = np.ix_((rows >= 0) & (rows <= 5), (columns >= 0) & (columns <= 6))
    np.testing.assert_allclose(y[0, 0][inside], (2 * rows[:, None] - columns)[inside], atol=1e-9)
    np.testing.assert_allclose(y[0, 1][inside], 3.0, atol=1e-9)


@pytest.mark.peers
@pytest.mark.parametrize("factor", [2, 3, 4])
def test_pytorch_interpolates_the_same_inside(factor: int) -> None:
    torch = pytest.importorskip("torch")
    x = fresh().standard_normal((2, 3, 5, 6))
    w = init.bilinear(factor, factor, 3, dtype=np.float64)
    ours = nn.deconv4(w, x, stride=factor, padding=factor // 2)
    theirs = torch.nn.functional.interpolate(
        torch.tensor(x), scale_factor=factor, mode="bilinear", align_corners=False
    ).numpy()
    inside = np.s_[..., factor:-factor, factor:-factor]
    np.testing.assert_allclose(ours[inside], theirs[inside], atol=1e-12)


@pytest.mark.peers
@pytest.mark.parametrize("shape", BIG.values(), ids=BIG)
def test_pytorch_has_the_fans_of_today(shape: tuple[int, ...]) -> None:
    """Its dense weights are (outputs, inputs), of which the sum of fans knows nothing."""
    torch = pytest.importorskip("torch")
    w = torch.nn.init.xavier_uniform_(torch.empty(shape))
    ours = init.xavier_uniform(shape, generator=fresh())
    assert np.abs(ours).max() == pytest.approx(w.abs().max().item(), rel=2e-3)


@pytest.mark.parametrize("sizes", [(0, 2, 3), (2, -1, 3), (2, 2, 0), (2, 2.5, 3)])
def test_what_bilinear_cannot_be_is_said(sizes: Any) -> None:
    with pytest.raises(ValueError, match=r"^bilinear: \(height, width, channels\) is "):
        init.bilinear(*sizes)
    with pytest.raises(ValueError, match="bilinear: dtype is int64"):
        init.bilinear(2, 2, 3, dtype=np.int64)
