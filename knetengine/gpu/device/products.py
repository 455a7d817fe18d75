"""Matrix products on a device, by its own library."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from knetengine.gpu.device.stored import Stored, view
from knetengine.gpu.drivers.interface import Product
from knetengine.gpu.kernels.operand import merge
from knetengine.gpu.kernels.promotion import NoKernelError

if TYPE_CHECKING:
    from knetengine.gpu.device.backend import DeviceBackend


class _Matrices(NamedTuple):
    """A batch of matrices as a library wants them; distances in elements."""

    stored: Stored
    transposed: bool
    rows: int
    apart: int


def matmul(backend: "DeviceBackend", a: Any, b: Any, out: Stored | None = None) -> Stored:
    """``a @ b``, with NumPy's rules for vectors and stacks; of float16, float32 or float64.

    Raises NoKernelError for integers, ValueError for shapes that do not fit.
    """
    for x in (a, b):
        if not isinstance(x, Stored) or not x.ndim:
            raise ValueError("matmul: an operand has no axes; expected matrices or vectors")
    dtype = np.result_type(a.dtype, b.dtype)
    if dtype.kind != "f":
        raise NoKernelError(
            f"matmul: {a.dtype} and {b.dtype} are not multiplied on {backend.name}; give floats: "
            "k.astype(np.float32)",
            f"of {a.dtype} and {b.dtype}",
        )
    a, b = (backend.as_stored(x, dtype) for x in (a, b))
    left = view(a, np.expand_dims, 0) if a.ndim == 1 else a
    right = view(b, np.expand_dims, 1) if b.ndim == 1 else b
    if left.shape[-1] != right.shape[-2]:
        raise ValueError(
            f"matmul: Input operand 1 has a mismatch in its core dimension: {a.shape} @ {b.shape} "
            f"(size {right.shape[-2]} is different from {left.shape[-1]})"
        )
    batch = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    result = backend.empty((*batch, left.shape[-2], right.shape[-1]), dtype)
    _multiply(backend, left, right, result, batch)
    if a.ndim == 1:
        result = view(result, np.squeeze, -2)
    if b.ndim == 1:
        result = view(result, np.squeeze, -1)
    if out is None:
        return result
    backend.write(out, ..., result)
    return out


def _multiply(
    backend: "DeviceBackend", a: Stored, b: Stored, c: Stored, batch: tuple[int, ...]
) -> None:
    (height, inner), width = a.shape[-2:], b.shape[-1]
    if c.size == 0:
        return
    if inner == 0:
        backend.write(c, ..., 0)
        return
    left, right = (_matrices(backend, x, batch) for x in (a, b))
    count = int(np.prod(batch, dtype=np.int64))
    product = Product(
        dtype=c.dtype,
        shape=(count, height, width, inner),
        transposed=(left.transposed, right.transposed),
        rows=(left.rows, right.rows, width),
        matrices=(left.apart, right.apart, height * width),
    )
    backend.driver.multiply(
        product, left.stored.operand.address, right.stored.operand.address, c.operand.address
    )


def _matrices(backend: "DeviceBackend", x: Stored, batch: tuple[int, ...]) -> _Matrices:
    """The matrices where they lie, if a library can read them there; else a copy."""
    whole = view(x, np.broadcast_to, (*batch, *x.shape[-2:]))
    found = _readable(whole)
    if found is None:  # the copy has no axis of the batch that only repeats, unless all do
        source = x if len(x.shape) == 2 else whole
        copy = view(backend.copied(source), np.broadcast_to, (*batch, *x.shape[-2:]))
        found = _readable(copy)
    assert found is not None
    return found


def _readable(x: Stored) -> _Matrices | None:
    size = x.dtype.itemsize
    *leading, height, width = x.shape
    *steps, down, along = x.strides
    lengths, apart = merge(tuple(leading), tuple(steps))
    if len(lengths) > 1 or apart[0] < 0 or apart[0] % size:
        return None
    straight = (along == size or width == 1) and down >= width * size
    turned = (down == size or height == 1) and along >= height * size
    if not straight and height == 1 and (along == size or width == 1):
        straight, down = True, width * size
    if not straight and not turned and width == 1 and down == size:
        turned, along = True, height * size
    if straight and down % size == 0:
        return _Matrices(x, False, down // size, apart[0] // size)
    if turned and along % size == 0:
        return _Matrices(x, True, along // size, apart[0] // size)
    return None
