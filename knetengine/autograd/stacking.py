"""The gradient of a matrix that meets many products: one large product instead of many small ones.

A recurrence written as a loop multiplies by the same weights at every step. Its gradient is the sum
of ``a.T @ g`` over the steps, which is the same as one product of all `a` stacked and all `g`
stacked: a better shape for BLAS, and no sums of matrices in between.
"""

from typing import Any

import numpy as np

ROWS = 2048
"""So many stacked rows are multiplied at once: BLAS gains nothing by more; memory is bounded."""


class Stacked:
    """A slot of the walk back that holds a gradient, and products that have yet to be added to it.

    total: the gradient so far.
    owned: whether `total` may be written to.
    entry: the entry of the tape whose gradient is waiting, to say where a NaN came from.
    """

    __slots__ = ("entry", "left", "owned", "right", "rows", "total")

    def __init__(self, total: Any, owned: bool) -> None:
        self.total = total
        self.owned = owned
        self.left: list[Any] = []
        self.right: list[Any] = []
        self.rows = 0
        self.entry: Any = None

    def wait(self, left: Any, right: Any, entry: Any) -> None:
        """Have ``left.T @ right`` added some time; the operands are matrices of as many rows."""
        self.left.append(left)
        self.right.append(right)
        self.rows += len(left)
        self.entry = entry
        if self.rows >= ROWS:
            self.multiply()

    def multiply(self) -> Any:
        """Add what waits, and give the gradient."""
        if self.left:
            product = np.concatenate(self.left).T @ np.concatenate(self.right)
            self.add(product)
            self.left, self.right, self.rows = [], [], 0
        return self.total

    def add(self, gradient: Any) -> None:
        """Add a gradient of the same shape and dtype."""
        if self.owned:
            self.total += gradient
        else:
            self.total = self.total + gradient
            self.owned = True


def operands(entry: Any, argument: int, gradient: Any) -> tuple[Any, Any] | None:
    """The matrices p and q whose product ``p.T @ q`` is the gradient of one operand of a product.

    entry: of ``y = a @ b``, whose result has the gradient.
    argument: 0 for `a`, 1 for `b`.
    None for products of more or fewer axes than those of a matrix and a matrix or vector.
    """
    a, b = entry[2]
    if type(a) is not np.ndarray or type(b) is not np.ndarray or type(gradient) is not np.ndarray:
        return None
    if not a.dtype is b.dtype is gradient.dtype:
        return None
    if argument == 0:
        if a.ndim != 2 or b.ndim > 2:
            return None
        return (gradient.T, b.T) if b.ndim == 2 else (gradient[None], b[None])
    if b.ndim != 2 or a.ndim > 2:
        return None
    return (a, gradient) if a.ndim == 2 else (a[None], gradient[None])
