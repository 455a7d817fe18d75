"""Softmax and its logarithm along the last axis, and the cross entropy of scores and labels."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from knetengine.gpu.device.layers.table import define, operand
from knetengine.gpu.device.stored import Stored
from knetengine.gpu.device.ufuncs import apply
from knetengine.gpu.kernels.layers import softmax as kernels

if TYPE_CHECKING:
    from knetengine.gpu.device.backend import DeviceBackend


@define("nll")
def nll(
    backend: "DeviceBackend",
    wanted: bool,
    scores: Stored,
    bias: Stored | None,
    labels: np.ndarray,
    average: bool,
) -> tuple[Stored, tuple[Stored | None, Stored | None]]:
    """scores (N, C), bias (C,) or None, labels (N,), which are in range, so that nobody waits."""
    scores = backend.in_c_order(scores)
    if bias is not None:
        bias = backend.in_c_order(bias)
    loss = backend.empty((), scores.dtype)
    gradient = backend.empty(scores.shape, scores.dtype) if wanted else None  # (N, C)
    bias_gradient = None
    if wanted and bias is not None:
        bias_gradient = backend.empty(bias.shape, bias.dtype)  # (C,)
    kernels.cross_entropy(
        backend.driver,
        scores.operand,
        operand(bias),
        backend.as_stored(labels, np.int64).operand,
        average,
        loss.operand,
        backend.empty((2,), np.int64).operand,
        operand(gradient),
        operand(bias_gradient),
        scratch=backend.scratch,
    )
    return loss, (gradient, bias_gradient)


@define("nll_backward")
def nll_backward(
    backend: "DeviceBackend",
    wanted: Sequence[bool],
    g: Any,
    y: Stored,
    items: tuple[Stored | None, Stored | None],
    *arguments: Any,
) -> list[Any]:
    """The gradients were made with the loss; here they are multiplied by that of the loss."""
    return [
        apply(backend, "multiply", (part, g)) if part is not None and want else None
        for part, want in zip(items, wanted, strict=False)
    ] + [None, None]


def _along_rows(kernel: Callable[..., None]) -> Callable[..., Stored]:
    """A layer whose kernel takes arrays (..., C) of one shape, the last of them the result."""

    def layer(backend: "DeviceBackend", *arrays: Stored) -> Stored:
        sources = [backend.in_c_order(x) for x in arrays]
        out = backend.empty(arrays[0].shape, arrays[0].dtype)
        kernel(backend.driver, *(x.operand for x in sources), out.operand)
        return out

    return layer


# The softmaxes are steps of the tape with rules of their own: their layers take x, and g and y.
define("softmax")(_along_rows(kernels.softmax))
define("softmax_backward")(_along_rows(kernels.softmax_backward))
define("logsoftmax")(_along_rows(kernels.logsoftmax))
define("logsoftmax_backward")(_along_rows(kernels.logsoftmax_backward))
