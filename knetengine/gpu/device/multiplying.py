"""NumPy's functions that are products of matrices and vectors."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from knetengine.gpu.device.products import matmul
from knetengine.gpu.device.stored import Stored, view
from knetengine.gpu.device.table import define
from knetengine.gpu.device.ufuncs import apply, reduced

if TYPE_CHECKING:
    from knetengine.gpu.device.backend import DeviceBackend


@define(np.dot)
def _dot(backend: "DeviceBackend", a: Any, b: Any, out: Any = None) -> Any:
    if not getattr(a, "ndim", 0) or not getattr(b, "ndim", 0):
        return apply(backend, "multiply", (a, b), out)
    if a.ndim > 2 or b.ndim > 2:
        return _tensordot(backend, a, b, ((a.ndim - 1,), (max(b.ndim - 2, 0),)))
    return matmul(backend, a, b, out)


@define(np.vdot)
def _vdot(backend: "DeviceBackend", a: Stored, b: Stored) -> Stored:
    return matmul(backend, backend.flat(a), backend.flat(b))


@define(np.inner)
def _inner(backend: "DeviceBackend", a: Stored, b: Stored) -> Stored:
    return _tensordot(backend, a, b, ((a.ndim - 1,), (b.ndim - 1,)))


@define(np.outer)
def _outer(backend: "DeviceBackend", a: Stored, b: Stored, out: Any = None) -> Stored:
    tall = view(backend.flat(a), np.expand_dims, 1)
    return apply(backend, "multiply", (tall, backend.flat(b)), out)


@define(np.tensordot)
def _tensordot(backend: "DeviceBackend", a: Stored, b: Stored, axes: Any = 2) -> Stored:
    if isinstance(axes, int):
        axes = (tuple(range(a.ndim - axes, a.ndim)), tuple(range(axes)))
    left, right = (tuple(np.atleast_1d(np.asarray(part, int)).tolist()) for part in axes)
    left, right = tuple(d % a.ndim for d in left), tuple(d % b.ndim for d in right)
    if [a.shape[d] for d in left] != [b.shape[d] for d in right]:
        raise ValueError("shape-mismatch for sum")
    kept = [d for d in range(a.ndim) if d not in left]
    others = [d for d in range(b.ndim) if d not in right]
    inner = math.prod(a.shape[d] for d in left)
    rows, columns = math.prod(a.shape[d] for d in kept), math.prod(b.shape[d] for d in others)
    reshape: Any = backend.function
    tall = reshape(np.reshape, (view(a, np.transpose, (*kept, *left)), (rows, inner)), {})
    wide = reshape(np.reshape, (view(b, np.transpose, (*right, *others)), (inner, columns)), {})
    shape = tuple(a.shape[d] for d in kept) + tuple(b.shape[d] for d in others)
    return view(matmul(backend, tall, wide), np.reshape, shape)


@define(np.trace)
def _trace(
    backend: "DeviceBackend", a: Stored, offset: int = 0, axis1: int = 0, axis2: int = 1,
    dtype: Any = None, out: Any = None,
) -> Stored:  # fmt: skip
    return reduced(backend, "sum", view(a, np.diagonal, offset, axis1, axis2), -1, dtype, out)
