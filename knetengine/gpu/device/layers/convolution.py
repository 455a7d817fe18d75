"""Convolutions of images (N, C, spatial...), as matrix products with the columns of their windows.

The columns take C / groups * K numbers for each position of each image. They are not kept: going
back makes them anew, in one launch.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from knetengine.gpu.device.layers.pooling import maxima, to_maxima
from knetengine.gpu.device.layers.table import define, operand
from knetengine.gpu.device.products import matmul
from knetengine.gpu.device.stored import Stored, view
from knetengine.gpu.device.ufuncs import reduced
from knetengine.gpu.kernels.layers import activations, windows
from knetengine.gpu.kernels.operand import Shape

if TYPE_CHECKING:
    from knetengine.gpu.device.backend import DeviceBackend

_CONVOLUTION = 0  # the mode that flips the kernel


class _Windows(NamedTuple):
    """Where the kernels look, with the options of `knetengine.nn.conv4`."""

    size: Shape
    padding: Shape
    stride: Shape
    dilation: Shape
    mode: int
    groups: int

    @property
    def only_one(self) -> bool:
        """Whether the columns of an image are its channels as they are."""
        return max(self.size) == max(self.stride) == 1 and not any(self.padding)

    def positions(self, image: Shape) -> Shape:
        """At how many positions they fit along each axis."""
        return windows.positions(image, self.size, self.padding, self.stride, self.dilation)

    def image(self, positions: Shape) -> Shape:
        """The smallest image with so many positions."""
        rows = zip(positions, self.size, self.padding, self.stride, self.dilation, strict=True)
        return tuple((X - 1) * s - 2 * p + d * (K - 1) + 1 for X, K, p, s, d in rows)


def _columns(backend: "DeviceBackend", x: Stored, look: _Windows) -> Stored:
    """The columns, group by group: (N, G, C / G * K, P)."""
    x = backend.in_c_order(x)
    N, C, *size = x.shape
    P, rows = math.prod(look.positions(tuple(size))), C // look.groups * math.prod(look.size)
    if look.only_one:
        return view(x, np.reshape, (N, look.groups, rows, P), copy=False)
    columns = backend.empty((N, look.groups * rows, P), x.dtype)
    windows.columns(
        backend.driver,
        x.operand,
        *look[:4],
        columns.operand,
        flipped=look.mode == _CONVOLUTION,
    )
    return view(columns, np.reshape, (N, look.groups, rows, P), copy=False)


def _images(backend: "DeviceBackend", columns: Stored, shape: Shape, look: _Windows) -> Stored:
    """Columns (N, G, C / G * K, P) added to where they came from: (N, C, spatial...)."""
    if look.only_one:
        return view(columns, np.reshape, shape, copy=False)
    images = backend.empty(shape, columns.dtype)
    N, G, rows, P = columns.shape
    together = view(columns, np.reshape, (N, G * rows, P), copy=False)
    windows.images(
        backend.driver,
        together.operand,
        *look[:4],
        images.operand,
        flipped=look.mode == _CONVOLUTION,
    )
    return images


def _matrices(backend: "DeviceBackend", w: Stored, groups: int) -> Stored:
    """The kernels as rows: (G, O / G, C / G * K)."""
    rows = w.shape[0] // groups
    return view(
        backend.in_c_order(w), np.reshape, (groups, rows, math.prod(w.shape[1:])), copy=False
    )


def _product(backend: "DeviceBackend", w: Stored, x: Stored, look: _Windows) -> Stored:
    """The convolution alone: (N, O, positions...)."""
    y = matmul(backend, _matrices(backend, w, look.groups), _columns(backend, x, look))
    out = look.positions(x.shape[2:])  # y: (N, G, O / G, P)
    return view(y, np.reshape, (x.shape[0], w.shape[0], *out), copy=False)


def _to_image(
    backend: "DeviceBackend", w: Stored, dz: Stored, shape: Shape, look: _Windows
) -> Stored:
    """The gradient of an image of that shape, of which dz (N, G, O / G, P) is the result's."""
    turned = view(_matrices(backend, w, look.groups), np.swapaxes, 1, 2)  # (G, C / G * K, O / G)
    return _images(backend, matmul(backend, turned, dz), shape, look)


def _to_kernels(
    backend: "DeviceBackend", dz: Stored, x: Stored, shape: Shape, look: _Windows
) -> Stored:
    """The gradient of the kernels, of that shape, dz being (N, G, O / G, P).

    A product for each image and then their sum takes N times the kernels of memory. With more
    outputs than positions that is more than the columns, and those are put side by side instead.
    """
    columns = _columns(backend, x, look)  # (N, G, C / G * K, P)
    N, G, rows, P = dz.shape
    if rows <= P or N == 1:
        products = matmul(backend, dz, view(columns, np.swapaxes, 2, 3))  # (N, G, O / G, C / G * K)
        summed = products if N == 1 else reduced(backend, "sum", products, 0)
        return view(summed, np.reshape, shape, copy=False)

    def side_by_side(x: Stored) -> Stored:  # (N, G, R, P) as (G, R, N * P)
        copy = backend.copied(view(x, np.transpose, (1, 2, 0, 3)))
        return view(copy, np.reshape, (G, x.shape[2], N * P), copy=False)

    turned = view(side_by_side(columns), np.swapaxes, 1, 2)  # (G, N * P, C / G * K)
    return view(matmul(backend, side_by_side(dz), turned), np.reshape, shape, copy=False)


@define("conv4")
def _conv4(
    backend: "DeviceBackend",
    wanted: bool,
    w: Stored,
    x: Stored,
    bias: Stored | None,
    padding: Shape,
    stride: Shape,
    dilation: Shape,
    mode: int,
    groups: int,
    rectified: bool,
    pool: Shape | None,
) -> tuple[Stored, Stored | None]:
    """Columns, product, bias and rectifier in one launch, and pooling: three and a product."""
    y = _product(backend, w, x, _Windows(w.shape[2:], padding, stride, dilation, mode, groups))
    if bias is not None or rectified:
        bias = None if bias is None else backend.in_c_order(bias)
        activation = "relu" if rectified else "none"
        activations.forward(backend.driver, activation, y.operand, operand(bias), y.operand)
    if pool is None:
        return y, None
    return maxima(backend, y, pool, (0,) * len(pool), pool)


@define("conv4_backward")
def _conv4_backward(
    backend: "DeviceBackend",
    wanted: Sequence[bool],
    g: Stored,
    y: Stored,
    chosen: Stored | None,
    w: Stored,
    x: Stored,
    bias: Stored | None,
    padding: Shape,
    stride: Shape,
    dilation: Shape,
    mode: int,
    groups: int,
    rectified: bool,
    pool: Shape | None,
) -> list[Any]:
    look = _Windows(w.shape[2:], padding, stride, dilation, mode, groups)
    dz = backend.in_c_order(g)
    if rectified:  # what was largest decides for its window, and there are fewer of those
        g, dz = dz, backend.empty(g.shape, g.dtype)
        activations.backward(backend.driver, "relu", g.operand, y.operand, None, dz.operand)
    if pool is not None and chosen is not None:
        shape = (x.shape[0], w.shape[0], *look.positions(x.shape[2:]))
        dz = to_maxima(backend, dz, chosen, shape, pool, (0,) * len(pool), pool)
    N, O, *out = dz.shape  # noqa: E741  # as in knetengine.nn
    dz = view(dz, np.reshape, (N, groups, O // groups, math.prod(out)), copy=False)
    dw = _to_kernels(backend, dz, x, w.shape, look) if wanted[0] else None
    dx = _to_image(backend, w, dz, x.shape, look) if wanted[1] else None
    db = None
    if bias is not None and wanted[2]:
        db = view(reduced(backend, "sum", dz, (0, 3)), np.reshape, (O,), copy=False)
    return [dw, dx, db, None, None, None, None, None, None, None]


@define("deconv4")
def _deconv4(
    backend: "DeviceBackend", wanted: bool, w: Stored, x: Stored, *options: Any
) -> tuple[Stored, None]:
    look = _Windows(w.shape[2:], *options)
    shape = (x.shape[0], w.shape[1] * look.groups, *look.image(x.shape[2:]))
    return _to_image(backend, w, _in_groups(backend, x, look.groups), shape, look), None


@define("deconv4_backward")
def _deconv4_backward(
    backend: "DeviceBackend",
    wanted: Sequence[bool],
    g: Stored,
    y: Stored,
    items: None,
    w: Stored,
    x: Stored,
    *options: Any,
) -> list[Any]:
    look = _Windows(w.shape[2:], *options)
    dw = None
    if wanted[0]:
        dw = _to_kernels(backend, _in_groups(backend, x, look.groups), g, w.shape, look)
    dx = _product(backend, w, g, look) if wanted[1] else None
    return [dw, dx, None, None, None, None, None]


def _in_groups(backend: "DeviceBackend", x: Stored, groups: int) -> Stored:
    """What kernels gave, or will be given: (N, G, O / G, P)."""
    N, O, *out = x.shape  # noqa: E741
    whole = backend.in_c_order(x)
    return view(whole, np.reshape, (N, groups, O // groups, math.prod(out)), copy=False)
