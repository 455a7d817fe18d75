"""First weights: arrays of random numbers whose scale suits their shape, and upsampling filters.

Dense weights are (inputs, outputs), convolutions (O, I, K...), as everywhere in this library. All
functions draw in float64 and round: the same generator gives the same weights in any dtype.

Beware when you reproduce figures: `xavier` is the narrower one that Knet had until 2017, and that
the slides used; `xavier_uniform` is Glorot and Bengio's, which Knet's `xavier` and PyTorch's
`xavier_uniform_` are today. For dense weights the ratio is sqrt(3), for convolutions larger.
"""

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Dimension = int | tuple[int, ...]


def xavier(
    *shape: Dimension,
    dtype: DTypeLike = np.float32,
    generator: np.random.Generator | None = None,
) -> NDArray[Any]:
    """Uniform in +-sqrt(2 / (fanin + fanout)), as in Knet 0.8.5 (2017) and on the slides.

    shape: integers of 1 or more, or one tuple of them. (inputs, outputs) has the fans that it
        says; (O, I, K...) has fanout = O and fanin = I * K..., so only one of them counts the
        receptive field; (N,) has fanin = N and fanout = 1.
    dtype: float16, float32 or float64.
    generator: where the numbers come from; None for a fresh one, different each time.

    This is NOT what is called Xavier today, which is `xavier_uniform`: for dense weights
    sqrt(3) = 1.73 times as wide. For LeNet's second convolution, (50, 20, 5, 5), this is +-0.060
    and that +-0.059, for its first, (20, 1, 5, 5), +-0.211 and +-0.107: no one factor converts
    them.

    Raises ValueError for a shape that is not one of weights or a dtype that has no fractions,
    TypeError for a generator of another kind.
    Source: Knet 0.8.5, `xavier`.
    """
    sizes = _checked_shape("xavier", shape)
    fanin, fanout = _fans(sizes) if len(sizes) < 3 else (math.prod(sizes[1:]), sizes[0])
    return _uniform("xavier", sizes, math.sqrt(2 / (fanin + fanout)), dtype, generator)


def xavier_uniform(
    *shape: Dimension,
    gain: float = 1.0,
    dtype: DTypeLike = np.float32,
    generator: np.random.Generator | None = None,
) -> NDArray[Any]:
    """Uniform in +-gain * sqrt(6 / (fanin + fanout)): variance gain^2 * 2 / (fanin + fanout).

    shape: integers of 1 or more, or one tuple of them. (inputs, outputs) has the fans that it
        says; (O, I, K...) has fanin = I * K... and fanout = O * K...; (N,) has fanin = N and
        fanout = 1.
    gain: a factor above 0 that depends on the activation, such as sqrt(2) for relu.
    dtype, generator: as for `xavier`, which is another scale.

    Raises ValueError for a shape that is not one of weights, a dtype that has no fractions or a
    gain that is not above 0, TypeError for a generator of another kind.
    Source: Glorot and Bengio 2010, equation 16; Knet 1.4's `xavier_uniform` and `xavier`;
    PyTorch's `xavier_uniform_`.
    """
    sizes = _checked_shape("xavier_uniform", shape)
    limit = _gain("xavier_uniform", gain) * math.sqrt(6 / sum(_fans(sizes)))
    return _uniform("xavier_uniform", sizes, limit, dtype, generator)


def xavier_normal(
    *shape: Dimension,
    gain: float = 1.0,
    dtype: DTypeLike = np.float32,
    generator: np.random.Generator | None = None,
) -> NDArray[Any]:
    """Normal with mean 0 and standard deviation gain * sqrt(2 / (fanin + fanout)).

    shape, gain, dtype, generator: as for `xavier_uniform`, whose variance it has.

    Raises ValueError and TypeError as `xavier_uniform` does.
    Source: Glorot and Bengio 2010; Knet 1.4's `xavier_normal`; PyTorch's `xavier_normal_`.
    """
    sizes = _checked_shape("xavier_normal", shape)
    std = _gain("xavier_normal", gain) * math.sqrt(2 / sum(_fans(sizes)))
    return _normal("xavier_normal", sizes, 0.0, std, dtype, generator)


def gaussian(
    *shape: Dimension,
    mean: float = 0.0,
    std: float = 0.01,
    dtype: DTypeLike = np.float32,
    generator: np.random.Generator | None = None,
) -> NDArray[Any]:
    """Normal with this mean and standard deviation.

    shape: integers of 1 or more, or one tuple of them.
    std: 0 or more.
    dtype, generator: as for `xavier`.

    Raises ValueError for a shape that is not one of weights, a dtype that has no fractions or a
    std below 0, TypeError for a generator of another kind.
    Source: Knet's `gaussian`.
    """
    sizes = _checked_shape("gaussian", shape)
    if not 0 <= std < math.inf:
        raise ValueError(f"gaussian: std is {std!r}; expected a number of 0 or more")
    return _normal("gaussian", sizes, mean, std, dtype, generator)


def bilinear(
    height: int, width: int, channels: int, *, dtype: DTypeLike = np.float32
) -> NDArray[Any]:
    """The weights with which `deconv4` enlarges images by bilinear interpolation.

    height, width: how many times as high and as wide images become; 1 leaves that axis as it is.
    channels: of the images, each of which is enlarged by itself.
    dtype: float16, float32 or float64.

    Gives (channels, channels, KH, KW) with K = 2 * factor - factor % 2, zero between different
    channels. With its factors as stride and half of them, rounded down, as padding the result has
    exactly the enlarged size:

        w = bilinear(2, 2, channels=3)
        nn.deconv4(w, x, stride=2, padding=1)  # (N, 3, H, W) -> (N, 3, 2 * H, 2 * W)

    Outside of the image is zero, so borders fade; PyTorch's `interpolate` repeats the edge there.

    Raises ValueError for anything but integers of 1 or more, or a dtype that has no fractions.
    Source: Knet's `bilinear`, which wants height = width; Long, Shelhamer and Darrell 2015.
    """
    high, wide, count = _checked_shape(
        "bilinear", (height, width, channels), "(height, width, channels)"
    )
    kernel = np.outer(_triangle(high), _triangle(wide))  # (KH, KW)
    same = np.eye(count)[:, :, None, None]  # (O, I, 1, 1)
    return (same * kernel).astype(_float_dtype("bilinear", dtype))


def _triangle(factor: int) -> NDArray[Any]:
    """How much each of the neighbours on one axis counts, by its distance."""
    size = 2 * factor - factor % 2
    return 1 - np.abs(np.arange(size) - (size - 1) / 2) / factor


def _fans(sizes: tuple[int, ...]) -> tuple[int, int]:
    """How many numbers go into one of the outputs, and how many outputs one number goes into."""
    if len(sizes) == 1:
        return sizes[0], 1
    if len(sizes) == 2:
        return sizes
    field = math.prod(sizes[2:])
    return sizes[1] * field, sizes[0] * field


def _uniform(
    function: str,
    sizes: tuple[int, ...],
    limit: float,
    dtype: DTypeLike,
    generator: np.random.Generator | None,
) -> NDArray[Any]:
    kind = _float_dtype(function, dtype)
    return _drawing(function, generator).uniform(-limit, limit, sizes).astype(kind)


def _normal(
    function: str,
    sizes: tuple[int, ...],
    mean: float,
    std: float,
    dtype: DTypeLike,
    generator: np.random.Generator | None,
) -> NDArray[Any]:
    kind = _float_dtype(function, dtype)
    return _drawing(function, generator).normal(mean, std, sizes).astype(kind)


def _drawing(function: str, generator: Any) -> np.random.Generator:
    if generator is None:
        return np.random.default_rng()
    if not isinstance(generator, np.random.Generator):
        raise TypeError(
            f"{function}: generator is {generator!r}; expected a np.random.Generator, such as "
            "np.random.default_rng(seed)"
        )
    return generator


def _checked_shape(function: str, shape: tuple[Any, ...], name: str = "shape") -> tuple[int, ...]:
    """The shape, given as integers or as one tuple; every axis has 1 or more."""
    if len(shape) == 1 and isinstance(shape[0], tuple | list):
        shape = tuple(shape[0])  # pyright: ignore[reportUnknownVariableType]
    index: Callable[[Any], int] = operator.index
    try:
        sizes = tuple(map(index, shape))
    except TypeError:
        sizes = ()
    if not sizes or min(sizes) < 1:
        raise ValueError(
            f"{function}: {name} is {shape!r}; expected integers of 1 or more, such as (8, 6, 3)"
        )
    return sizes


def _float_dtype(function: str, dtype: DTypeLike) -> np.dtype[Any]:
    kind = np.dtype(dtype)
    if kind.kind != "f":
        raise ValueError(f"{function}: dtype is {kind}; expected a float, such as np.float32")
    return kind


def _gain(function: str, gain: float) -> float:
    if not 0 < gain < math.inf:
        raise ValueError(f"{function}: gain is {gain!r}; expected a number above 0")
    return gain
