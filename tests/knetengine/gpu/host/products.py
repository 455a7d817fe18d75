"""Matrix products as the vendor's library has them, by NumPy."""

from collections.abc import Callable

import numpy as np

from knetengine.gpu.drivers.interface import DriverError, Product

Span = tuple[int, tuple[int, int, int], tuple[int, int, int]]  # bytes, shape, strides in bytes


def multiply(product: Product, view: Callable[[int, Span], np.ndarray]) -> None:
    """Compute a product. view: gives the array number 0, 1 or 2 that lies so in memory."""
    a, b, c = (view(number, span) for number, span in enumerate(spans(product)))
    a = a.swapaxes(1, 2) if product.transposed[0] else a  # (B, M, K)
    b = b.swapaxes(1, 2) if product.transposed[1] else b  # (B, K, N)
    # cuBLAS sums products of halves in single precision.
    within = np.dtype(np.float32) if product.dtype == np.float16 else product.dtype
    result = np.matmul(a.astype(within), b.astype(within)) * within.type(product.alpha)
    if product.beta:  # at 0 the old values are not read: they may be NaN
        result += c.astype(within) * within.type(product.beta)
    c[...] = result


def spans(product: Product) -> tuple[Span, Span, Span]:
    """How a, b and c lie in memory, as stacks of matrices.

    Raises DriverError where rows or matrices would lie over each other, and for other dtypes.
    """
    if product.dtype.kind != "f":
        raise DriverError(f"multiply: the dtype is {product.dtype}, expected a floating-point one")
    batch, m, n, k = product.shape
    shapes = (
        (k, m) if product.transposed[0] else (m, k),
        (n, k) if product.transposed[1] else (k, n),
    )
    matrices = zip("abc", (*shapes, (m, n)), product.rows, product.matrices, strict=True)
    found: list[Span] = []
    for name, (height, width), row, matrix in matrices:
        if row < max(1, width):
            raise DriverError(
                f"multiply: the rows of {name} are {row} apart and {width} long; "
                "they must not lie over each other"
            )
        if matrix < 0 or (name == "c" and batch > 1 and matrix < (height - 1) * row + width):
            raise DriverError(f"multiply: the matrices of {name} are {matrix} apart, too close")
        size = product.dtype.itemsize
        strides = (matrix * size, row * size, size)
        extents = zip((batch, height, width), strides, strict=True)
        empty = 0 in (batch, height, width)
        nbytes = 0 if empty else size + sum((extent - 1) * stride for extent, stride in extents)
        found.append((nbytes, (batch, height, width), strides))
    return found[0], found[1], found[2]
