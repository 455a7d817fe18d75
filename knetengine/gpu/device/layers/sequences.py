"""What the recurrent layers share: the input's part of the gates, and the order of the steps."""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from knetengine.gpu.device.layers.embedding import rows_at, sums_at
from knetengine.gpu.device.products import matmul
from knetengine.gpu.device.stored import Stored, view
from knetengine.gpu.device.ufuncs import reduced
from knetengine.gpu.drivers.interface import Address, Product
from knetengine.gpu.kernels.layers import activations
from knetengine.gpu.kernels.operand import Operand, contiguous

if TYPE_CHECKING:
    from knetengine.gpu.device.backend import DeviceBackend


def at(x: Stored, t: int) -> Operand:
    """Step t of an array (T, ...) in C order; the array has to stay."""
    rows = x.shape[1:]
    step = x.strides[0] * t
    return contiguous(Address(x.operand.address + step), rows, x.dtype)


class Projected(NamedTuple):
    """The input's part of the gates.

    rows: (R, G*H). places: (T, B), which of them is the input of each step; None for all in order.
    batch: how many sequences there are.
    """

    rows: Stored
    places: Stored | None
    batch: int

    def step(self, t: int) -> tuple[Operand, Operand | None]:
        """What the kernel of step t is given: rows, and which of them."""
        if self.places is not None:
            return self.rows.operand, at(self.places, t)
        width = self.rows.shape[1]
        steps = view(self.rows, np.reshape, (-1, self.batch, width), copy=False)
        return at(steps, t), None


def _folds(x: Any, table: Stored | None) -> bool:
    """Whether to project the table instead of the inputs: ``take(E, x) @ W == take(E @ W, x)``."""
    return table is not None and table.shape[0] < x.size


def _inputs(backend: "DeviceBackend", x: Any, table: Stored | None) -> Stored:
    """(T*B, X)."""
    inputs = x if table is None else rows_at(backend, table, x)
    whole = backend.in_c_order(inputs)
    return view(whole, np.reshape, (x.shape[0] * x.shape[1], inputs.shape[2]), copy=False)


def project(
    backend: "DeviceBackend", x: Any, table: Stored | None, wx: Stored, b: Stored
) -> Projected:
    """The input's part of the gates for all steps at once, with the bias."""
    folds = _folds(x, table)
    source = table if folds else _inputs(backend, x, table)
    rows = matmul(backend, source, wx)  # (V or T*B, G*H)
    activations.forward(
        backend.driver, "none", rows.operand, backend.in_c_order(b).operand, rows.operand
    )
    places = backend.in_c_order(backend.as_stored(x, np.int64)) if folds else None
    return Projected(rows, places, x.shape[1])


def project_back(
    backend: "DeviceBackend",
    wanted: Any,
    x: Any,
    table: Stored | None,
    wx: Stored,
    dgates: Stored,
    places: Stored | None,
) -> tuple[Stored | None, Stored | None, Stored, Stored]:
    """The gradients of x, table, wx and b, for that of the projected input (T, B, G*H)."""
    steps, batch, width = dgates.shape
    drows = view(dgates, np.reshape, (steps * batch, width), copy=False)  # (T*B, G*H)
    turned = view(wx, np.transpose)
    if table is not None and places is not None:
        sums = sums_at(backend, drows, places, table.shape[0])  # (V, G*H)
        dtable = matmul(backend, sums, turned) if wanted[1] else None
        dwx = matmul(backend, view(table, np.transpose), sums)
        return None, dtable, dwx, reduced(backend, "sum", sums, 0)
    inputs = _inputs(backend, x, table)  # (T*B, X)
    dwx = matmul(backend, view(inputs, np.transpose), drows)
    db = reduced(backend, "sum", drows, 0)
    dx = dtable = None
    if wanted[0] or wanted[1]:
        dx = matmul(backend, drows, turned)  # (T*B, X)
        if table is not None:
            dx, dtable = None, sums_at(backend, dx, backend.as_stored(x, np.int64), table.shape[0])
        else:
            dx = view(dx, np.reshape, x.shape, copy=False)
    return dx, dtable, dwx, db


def recurrent_weights_back(
    backend: "DeviceBackend",
    y: Stored,
    h0: Stored,
    lengths: np.ndarray,
    reverse: bool,
    drecurrent: Stored,
) -> Stored:
    """The gradient of wh: the states before each step, times the gradients of their products.

    Where a sequence stands still both are zeros. Before its first step there is h0, by which the
    product of the others goes on.
    """
    (T, B, H), width = y.shape, drecurrent.shape[2]
    earlier, later = (slice(1, None), slice(0, -1)) if reverse else (slice(0, -1), slice(1, None))
    count = (T - 1) * B
    before = view(y, lambda x: x[earlier].reshape(count, H))  # ((T-1)*B, H)
    after = view(drecurrent, lambda x: x[later].reshape(count, width))  # ((T-1)*B, G*H)
    product = matmul(backend, view(before, np.transpose), after)  # (H, G*H)
    first = _first_steps(backend, lengths, reverse, drecurrent)  # (B, G*H)
    h0 = backend.in_c_order(h0)
    adding = Product(
        h0.dtype, (1, H, width, B), (True, False), (H, width, width), (0, 0, 0), beta=1.0
    )
    backend.driver.multiply(
        adding, h0.operand.address, first.operand.address, product.operand.address
    )
    return product


def _first_steps(
    backend: "DeviceBackend", lengths: np.ndarray, reverse: bool, drecurrent: Stored
) -> Stored:
    """What each sequence has at its first step, (B, G*H)."""
    T, B, width = drecurrent.shape
    if not reverse or (lengths >= T).all():
        step = T - 1 if reverse else 0
        return view(drecurrent, lambda x: x[step])
    rows = view(drecurrent, np.reshape, (T * B, width), copy=False)
    return rows_at(backend, rows, (lengths - 1) * B + np.arange(B))


class Recurrence:
    """The steps of a layer in their order, and the products of the state with its weights.

    wh: (H, G*H). steps: the number of them. lengths, reverse: as the layer is given them.
    """

    def __init__(
        self, backend: "DeviceBackend", steps: int, wh: Stored, lengths: np.ndarray, reverse: bool
    ) -> None:
        self._backend = backend
        self._wh = backend.in_c_order(wh)
        self._reverse = reverse
        (H, width), batch = wh.shape, len(lengths)
        self.steps = range(steps - 1, -1, -1) if reverse else range(steps)
        self._lengths = None
        if (lengths < steps).any():
            self._lengths = backend.as_stored(lengths, np.int64)  # (B,)
        self._result = backend.empty((batch, width), wh.dtype)
        self._forward = Product(
            wh.dtype, (1, batch, width, H), (False, False), (H, width, width), (0, 0, 0)
        )
        self._backward = Product(
            wh.dtype, (1, batch, H, width), (False, True), (width, width, H), (0, 0, 0), beta=1.0
        )

    @property
    def lengths(self) -> Operand | None:
        """How much of each sequence counts; None where all of all does."""
        return None if self._lengths is None else self._lengths.operand

    def before(self, t: int) -> int:
        """The step before t; at the first itself, which is not looked at."""
        return t if t == self.steps[0] else t + 1 if self._reverse else t - 1

    def product(self, h: Stored) -> Operand:
        """``h @ wh``, (B, G*H), in the same place each time."""
        self._backend.driver.multiply(
            self._forward,
            h.operand.address,
            self._wh.operand.address,
            self._result.operand.address,
        )
        return self._result.operand

    def add_product_back(self, gradient: Operand, dh: Stored) -> None:
        """``dh += gradient @ wh.T``, for that of `product`."""
        self._backend.driver.multiply(
            self._backward, gradient.address, self._wh.operand.address, dh.operand.address
        )
