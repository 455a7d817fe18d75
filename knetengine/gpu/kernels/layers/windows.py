"""Windows that slide over images: as columns of matrices, their maxima, their sums.

Images are (N, C, spatial...) with one, two or three spatial axes. Geometry is a tuple with a number
for each spatial axis, as in `knetengine.nn.windows`, which says what is allowed.
"""

from typing import Any

import numpy as np

from knetengine.gpu.drivers.interface import Driver, Handle
from knetengine.gpu.kernels import geometry, modules
from knetengine.gpu.kernels.layers import checks
from knetengine.gpu.kernels.operand import Operand, Shape, is_contiguous
from knetengine.gpu.kernels.promotion import c_type

COLUMNS, POOLING = "layers/columns.cu", "layers/pooling.cu"

_WINDOWS = np.dtype(
    [(name, "<i4", (3,)) for name in ("size", "window", "padding", "stride", "dilation", "out")]
)


def _three(numbers: Shape, fill: int) -> Shape:
    return (fill,) * (3 - len(numbers)) + numbers


def positions(size: Shape, window: Shape, padding: Shape, stride: Shape, dilation: Shape) -> Shape:
    """At how many positions a window fits along each axis.

    Raises ValueError for other than 1 to 3 axes, or a window larger than the padded image.
    """
    counts = {len(numbers) for numbers in (size, window, padding, stride, dilation)}
    if len(counts) != 1 or not 1 <= len(size) <= 3:
        raise ValueError(
            f"windows: size {size}, window {window}, padding {padding}, stride {stride}, dilation "
            f"{dilation}; expected a number for each of 1 to 3 spatial axes"
        )
    room = tuple(
        X + 2 * p - (d * (K - 1) + 1)
        for X, K, p, d in zip(size, window, padding, dilation, strict=True)
    )
    if min(room) < 0:
        raise ValueError(f"windows: a window of {window} does not fit into {size} and its padding")
    return tuple(1 + r // s for r, s in zip(room, stride, strict=True))


def _geometry(
    size: Shape,
    window: Shape,
    padding: Shape,
    stride: Shape,
    dilation: Shape,
    flipped: bool = False,
) -> tuple[np.ndarray, Shape]:
    """The kernels' struct, and the numbers of positions.

    flipped: whether a window's entries are counted from its last, each step going back.
    """
    out = positions(size, window, padding, stride, dilation)
    if flipped:
        reach = zip(padding, dilation, window, strict=True)
        padding = tuple(p - d * (K - 1) for p, d, K in reach)
        dilation = tuple(-d for d in dilation)
    numbers = (size, window, padding, stride, dilation, out)
    fills = (1, 1, 0, 1, 1, 1)
    rows = tuple(_three(n, f) for n, f in zip(numbers, fills, strict=True))
    return np.array(rows, _WINDOWS), out


def _launch(
    driver: Driver, name: str, file: str, count: int, arguments: list[Any], stream: Handle,
    **definitions: str,
) -> None:  # fmt: skip
    if count:
        grid, block = geometry.entries(count)
        function = modules.compiled(driver, name, file, modules.options(**definitions))
        driver.launch(function, grid, block, arguments, stream=stream)


def columns(
    driver: Driver,
    x: Operand,
    window: Shape,
    padding: Shape,
    stride: Shape,
    dilation: Shape,
    out: Operand,
    *,
    flipped: bool = False,
    stream: Handle = 0,
) -> None:
    """The windows of images as columns: row (c, i, j, k) is what an entry of a kernel sees of c.

    x: (N, C, spatial...).
    out: (N, C * K, P), K being the entries of the kernel and P the positions; zeros for padding.
    flipped: whether the entries of the kernel come last to first, as a convolution has them.

    Raises ValueError for arrays that don't fit.
    """
    dtype, planes, record = _columns("columns", x, window, padding, stride, dilation, out, flipped)
    arguments = [np.int64(planes), x.address, out.address, record]
    _launch(driver, "kn_columns", COLUMNS, out.size, arguments, stream, T=c_type(dtype))


def images(
    driver: Driver,
    x: Operand,
    window: Shape,
    padding: Shape,
    stride: Shape,
    dilation: Shape,
    out: Operand,
    *,
    flipped: bool = False,
    stream: Handle = 0,
) -> None:
    """The opposite of `columns`, for gradients: columns are added to where they came from.

    x: (N, C * K, P). out: (N, C, spatial...). Otherwise as `columns`.
    """
    dtype, planes, record = _columns("images", out, window, padding, stride, dilation, x, flipped)
    arguments = [np.int64(planes), x.address, out.address, record]
    _launch(driver, "kn_images", COLUMNS, out.size, arguments, stream, T=c_type(dtype))


def _columns(
    name: str,
    image: Operand,
    window: Shape,
    padding: Shape,
    stride: Shape,
    dilation: Shape,
    matrix: Operand,
    flipped: bool,
) -> tuple[np.dtype[Any], int, np.ndarray]:
    dtype = checks.floats(name, image=image, columns=matrix)
    N, C, _ = checks.channels(name, "image", image)
    record, out = _geometry(image.shape[2:], window, padding, stride, dilation, flipped)
    shape = (N, C * int(np.prod(window)), int(np.prod(out)))
    checks.shapes(name, columns=(matrix, shape))
    return dtype, N * C, record


def place_dtype(window: Shape) -> np.dtype[Any]:
    """What holds a place in a window, or -1."""
    return np.dtype(np.int8 if int(np.prod(window)) <= 127 else np.int32)


def max_forward(
    driver: Driver,
    x: Operand,
    window: Shape,
    padding: Shape,
    stride: Shape,
    y: Operand,
    chosen: Operand,
    *,
    stream: Handle = 0,
) -> None:
    """The largest entry of each window, and its place there, counted in C order.

    x: (N, C, spatial...). y: (N, C, positions...), out. chosen: the same, of `place_dtype`, out.

    Of equals the first wins, a NaN is larger than all numbers, and padding, which must be less than
    the window, is never looked at. Raises ValueError for arrays that don't fit.
    """
    dtype, planes, record = _pooling("max_forward", x, window, padding, stride, y)
    _check_places("max_forward", chosen, y, window)
    arguments = [np.int64(planes), x.address, y.address, chosen.address, record]
    _launch(
        driver, "kn_pool_max", POOLING, y.size, arguments, stream,
        T=c_type(dtype), C=_places(window),
    )  # fmt: skip


def max_backward(
    driver: Driver,
    g: Operand,
    chosen: Operand,
    window: Shape,
    padding: Shape,
    stride: Shape,
    dx: Operand,
    *,
    stream: Handle = 0,
) -> None:
    """Each gradient goes to the entry that was the largest; arrays as of `max_forward`."""
    dtype, planes, record = _pooling("max_backward", dx, window, padding, stride, g)
    _check_places("max_backward", chosen, g, window)
    arguments = [np.int64(planes), g.address, chosen.address, dx.address, record]
    _launch(
        driver, "kn_pool_max_back", POOLING, dx.size, arguments, stream,
        T=c_type(dtype), C=_places(window),
    )  # fmt: skip


def sum_forward(
    driver: Driver,
    x: Operand,
    factors: Operand,
    window: Shape,
    padding: Shape,
    stride: Shape,
    y: Operand,
    *,
    stream: Handle = 0,
) -> None:
    """The sum of each window times its factor: averages, with padding counted or not.

    factors: (positions...), the same for all channels. Otherwise as `max_forward`.
    """
    dtype, planes, record = _pooling("sum_forward", x, window, padding, stride, y)
    _check_factors("sum_forward", factors, y)
    arguments = [np.int64(planes), x.address, factors.address, y.address, record]
    _launch(driver, "kn_pool_sum", POOLING, y.size, arguments, stream, T=c_type(dtype), C="i8")


def sum_backward(
    driver: Driver,
    g: Operand,
    factors: Operand,
    window: Shape,
    padding: Shape,
    stride: Shape,
    dx: Operand,
    *,
    stream: Handle = 0,
) -> None:
    """Each gradient times its factor goes to all entries of its window, where they add up."""
    dtype, planes, record = _pooling("sum_backward", dx, window, padding, stride, g)
    _check_factors("sum_backward", factors, g)
    arguments = [np.int64(planes), g.address, factors.address, dx.address, record]
    _launch(
        driver, "kn_pool_sum_back", POOLING, dx.size, arguments, stream, T=c_type(dtype), C="i8"
    )


def _places(window: Shape) -> str:
    return "i8" if place_dtype(window) == np.int8 else "i32"


def _pooling(
    name: str, image: Operand, window: Shape, padding: Shape, stride: Shape, pooled: Operand
) -> tuple[np.dtype[Any], int, np.ndarray]:
    dtype = checks.floats(name, image=image, pooled=pooled)
    N, C, _ = checks.channels(name, "image", image)
    record, out = _geometry(image.shape[2:], window, padding, stride, (1,) * len(window))
    checks.shapes(name, pooled=(pooled, (N, C, *out)))
    return dtype, N * C, record


def _check_places(name: str, chosen: Operand, y: Operand, window: Shape) -> None:
    checks.shapes(name, chosen=(chosen, y.shape))
    if chosen.dtype != place_dtype(window) or not is_contiguous(chosen):
        raise ValueError(
            f"{name}: chosen is {chosen.dtype}; expected contiguous {place_dtype(window)}"
        )


def _check_factors(name: str, factors: Operand, y: Operand) -> None:
    checks.floats(name, factors=factors, y=y)
    checks.shapes(name, factors=(factors, y.shape[2:]))
