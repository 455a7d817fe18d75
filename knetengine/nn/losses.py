"""Softmax, which makes chances of scores; losses of scores and labels; and how often they agree.

Scores are the unnormalised results of a model. A loss of a batch is the average over its
entries, or their sum with ``average=False``.
"""

from typing import Any, TypeAlias

import numpy as np

import knetengine.numpy as kn
from knetengine.autograd import defvjp, primitive
from knetengine.autograd.recorded import Recorded
from knetengine.device_arrays import DeviceArray
from knetengine.nn import checks
from knetengine.nn.activations import sigm
from knetengine.nn.fused import Saved, fused
from knetengine.nn.reference import beside, device_takes, kernels_take, plain_value

Axis: TypeAlias = int | tuple[int, ...] | None
MASKED = -1  # the label of an entry that does not count
_SOME = "at least one row to average over"


# Softmax. Scores are shifted by their maximum, so that nothing overflows. Infinities are taken as
# they come: a row with +inf in it, or with nothing but -inf, has no softmax, and gives NaN.


def _checked(function: str, x: Any, axis: Axis) -> Any:
    """The argument of a softmax, which must have something along the axis."""
    checks.floats(function, x=x)
    if x.size == 0:
        axes = range(x.ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
        if any(x.shape[i] == 0 for i in axes):
            checks.fail(function, "x", x, f"at least one entry along axis {axis}")
    return x


def _device_rows(layer: str, axis: Any, *arrays: Any) -> bool:
    """Whether a device has a kernel for rows along the last axis, and these are such."""
    x = arrays[0]
    if not isinstance(x, DeviceArray) or type(arrays[-1]) is Recorded or x.shape == ():
        return False
    return axis in (-1, len(x.shape) - 1) and device_takes(layer, *arrays)


@primitive
def _softmax(x: Any, axis: Any) -> Any:
    if type(x) is not np.ndarray and _device_rows("softmax", axis, x):
        return x.call_layer("softmax", x)
    e = np.exp(x - np.max(x, axis, keepdims=True))
    return e / np.sum(e, axis, keepdims=True)


def _softmax_slope(g: Any, y: Any, x: Any, axis: Any) -> Any:
    if type(g) is not np.ndarray and _device_rows("softmax", axis, g, y):
        return g.call_layer("softmax_backward", g, y)
    return y * (g - np.sum(g * y, axis, keepdims=True))


defvjp(_softmax, _softmax_slope, None)


def softmax(x: Any, axis: Axis = -1) -> Any:
    """exp(x) over its sum along an axis.

    x: an array of floats.
    axis: an axis, several, or None for the whole array.

    Rows that hold +inf, or nothing but -inf, give NaN. Source: Knet's softmax.
    """
    return _softmax(_checked("softmax", x, axis), axis)


@primitive
def _logsoftmax(x: Any, axis: Any) -> Any:
    if type(x) is not np.ndarray and _device_rows("logsoftmax", axis, x):
        return x.call_layer("logsoftmax", x)
    z = x - np.max(x, axis, keepdims=True)
    return z - np.log(np.sum(np.exp(z), axis, keepdims=True))


def _logsoftmax_slope(g: Any, y: Any, x: Any, axis: Any) -> Any:
    if type(g) is not np.ndarray and _device_rows("logsoftmax", axis, g, y):
        return g.call_layer("logsoftmax_backward", g, y)
    return g - np.exp(y) * np.sum(g, axis, keepdims=True)


defvjp(_logsoftmax, _logsoftmax_slope, None)


def logsoftmax(x: Any, axis: Axis = -1) -> Any:
    """The logarithm of `softmax`, without computing that first; `logp` is another name of it.

    x: an array of floats.
    axis: an axis, several, or None for the whole array.

    Rows that hold +inf, or nothing but -inf, give NaN. Source: Knet's logsoftmax, logp.
    """
    return _logsoftmax(_checked("logsoftmax", x, axis), axis)


logp = logsoftmax


@primitive
def _logsumexp(x: Any, axis: Any) -> Any:
    """With the reduced axes kept."""
    top = np.max(x, axis, keepdims=True)
    if np.all(np.isfinite(top)):
        return np.log(np.sum(np.exp(x - top), axis, keepdims=True)) + top
    top = np.where(np.isfinite(top), top, 0)
    with np.errstate(divide="ignore"):
        return np.log(np.sum(np.exp(x - top), axis, keepdims=True)) + top


defvjp(_logsumexp, lambda g, y, x, axis: g * np.exp(x - y), None)


def logsumexp(x: Any, axis: Axis = -1, keepdims: bool = False) -> Any:
    """The logarithm of the sum of exp(x) along an axis.

    x: an array of floats.
    axis: an axis, several, or None for the whole array.
    keepdims: whether the axis stays, with length 1.

    Nothing but -inf gives -inf, and any +inf gives +inf; the gradients of such rows are NaN, as the
    softmax is. Source: Knet's logsumexp.
    """
    y = _logsumexp(_checked("logsumexp", x, axis), axis)
    return y if keepdims else np.squeeze(y, tuple(range(y.ndim)) if axis is None else axis)


# Many classes


def _nll_twin(scores: Any, bias: Any, labels: np.ndarray, average: bool) -> Any:
    """scores (N, C), bias (C,) or None, labels (N,)."""
    rows = np.flatnonzero(labels != MASKED)
    if bias is not None:
        scores = scores + bias  # (N, C)
    chances = logsoftmax(scores[rows])  # (rows, C)
    total = -kn.sum(chances[np.arange(len(rows)), labels[rows]])
    return total / max(len(rows), 1) if average else total


def _nll(saved: Saved, scores: Any, bias: Any, labels: np.ndarray, average: bool) -> Any:
    from knetengine.cpu.cross_entropy import cross_entropy

    result = cross_entropy(scores, bias, labels, average, saved.wanted)
    if result.wrong >= 0:
        raise _WrongLabelError
    saved.items = result.gradient, result.bias_gradient
    return scores.dtype.type(result.loss)


def _nll_back(wanted: Any, g: Any, y: Any, items: Any, *arguments: Any) -> Any:
    if g == 1:  # views: what is handed out to the user is copied, for this may be asked for again
        return items[0][:], items[1][:], None, None
    return items[0] * g, items[1] * g, None, None


class _WrongLabelError(Exception):
    """A label is out of range; the public function says which."""


_nll_fused = fused(_nll_twin, _nll, _nll_back, layer="nll")


def nll(scores: Any, labels: Any, *, bias: Any = None, average: bool = True) -> Any:
    """The negative log-likelihood of labels under the softmax of scores.

    scores: (..., C), float32 or float64; C is the number of classes.
    labels: (...,), integers from 0 to C - 1, or -1 for an entry that does not count.
    bias: (C,), added to the scores on the way, which is cheaper than adding it before.
    average: over the entries that count (0 if none does); False for the sum.

    Raises TypeError for other dtypes, and ValueError for shapes that don't match, for a label out
    of range, and for the average of no rows at all. Source: Knet's nll, whose labels count from 1,
    with 0 for those that don't count.
    """
    checks.floats("nll", scores=scores, bias=bias)
    labels = np.asarray(plain_value(labels))
    shape = scores.shape
    if not shape or shape[-1] == 0:
        checks.fail("nll", "scores", scores, "shape (..., C) with at least one class")
    if labels.shape != shape[:-1]:
        checks.shape("nll", "labels", labels, shape[:-1], "scores without their last axis")
    if bias is not None and bias.shape != shape[-1:]:
        checks.shape("nll", "bias", bias, shape[-1:], "(C,)")
    if labels.dtype.kind not in "iu":
        checks.integers("nll", "labels", labels, shape[-1], MASKED)
    if average and not labels.size:
        checks.fail("nll", "scores", scores, _SOME)
    if len(shape) != 2:
        scores = scores.reshape((labels.size, shape[-1]))  # (N, C)
    flat = labels.reshape(-1)  # (N,)
    if kernels_take(scores, bias):
        try:
            return _nll_fused(scores, bias, flat, average)
        except _WrongLabelError:
            pass  # which one is said below
    checks.integers("nll", "labels", labels, shape[-1], MASKED)
    if device_takes("nll", scores, bias):  # the labels are of the host: nobody waits to know
        return _nll_fused(scores, bias, flat, average)
    return _nll_twin(scores, bias, flat, average)


def accuracy(scores: Any, labels: Any, *, average: bool = True) -> Any:
    """How many labels are those of the highest score: the fraction, or the number.

    scores: (..., C), any real dtype.
    labels: (...,), integers from 0 to C - 1, or -1 for an entry that does not count.
    average: the fraction of the entries that count (0.0 if none does); False for the number.

    A constant, without gradient. Of equal scores the first is taken; a row with a NaN in it is
    wrong whatever its label. Raises ValueError and TypeError as `nll`. Source: Knet's accuracy.
    """
    values = np.asarray(plain_value(scores))  # (..., C)
    if values.ndim == 0 or values.shape[-1] == 0:
        checks.fail("accuracy", "scores", scores, "shape (..., C) with at least one class")
    labels = plain_value(labels)
    checks.shape("accuracy", "labels", np.asarray(labels), values.shape[:-1], "scores without C")
    labels = checks.integers("accuracy", "labels", labels, values.shape[-1], MASKED)
    if average and not labels.size:
        checks.fail("accuracy", "scores", scores, _SOME)
    best = values.argmax(-1)  # (...,): a NaN counts as the highest
    top = np.take_along_axis(values, best[..., None], -1)[..., 0]  # (...,)
    right = int(np.count_nonzero((best == labels) & (top == top)))
    if not average:
        return right
    return right / max(int(np.count_nonzero(labels != MASKED)), 1)


# Two classes


@primitive
def _binary(scores: Any, positive: Any, average: bool) -> Any:
    """The logistic loss: log(1 + exp(-x)) where positive, log(1 + exp(x)) elsewhere."""
    margin = np.where(positive, scores, -scores)
    losses = np.log1p(np.exp(-np.abs(scores))) - np.minimum(margin, 0)
    return np.sum(losses) / losses.size if average else np.sum(losses)


def _binary_slope(g: Any, y: Any, scores: Any, positive: Any, average: bool) -> Any:
    return (sigm(scores) - positive) * (g / scores.size if average else g)


defvjp(_binary, _binary_slope, None, None)


def _two_classes(
    function: str, scores: Any, labels: Any, values: tuple[int, int], average: bool
) -> Any:
    """The logistic loss of labels that are one of two values."""
    checks.floats(function, scores=scores)
    labels = np.asarray(plain_value(labels))
    checks.shape(function, "labels", labels, scores.shape, "that of scores")
    if average and not labels.size:
        checks.fail(function, "scores", scores, _SOME)
    positive = labels == values[1]
    allowed = positive | (labels == values[0])
    if not allowed.all():
        place = tuple(int(i) for i in np.argwhere(~allowed)[0])
        raise ValueError(
            f"{function}: labels[{', '.join(map(str, place))}] is {labels[place]}; expected "
            f"{values[0]} or {values[1]}"
        )
    return _binary(scores, beside(scores, positive), average)


def bce(scores: Any, labels: Any, *, average: bool = True) -> Any:
    """The binary cross entropy of labels 0 and 1 under the logistic function of scores.

    scores: any shape, float32 or float64.
    labels: of the same shape, any dtype.
    average: over all entries; False for the sum.

    Raises TypeError for another dtype, ValueError for another shape or label. Source: Knet's bce.
    """
    return _two_classes("bce", scores, labels, (0, 1), average)


def logistic(scores: Any, labels: Any, *, average: bool = True) -> Any:
    """The logistic loss log(1 + exp(-label * score)) of labels -1 and 1.

    scores: any shape, float32 or float64.
    labels: of the same shape, any dtype.
    average: over all entries; False for the sum.

    Raises TypeError for another dtype, ValueError for another shape or label. Source: Knet's
    logistic.
    """
    return _two_classes("logistic", scores, labels, (-1, 1), average)
