"""Normalization: of the channels over a batch, or of each instance by itself."""

from typing import Any

import numpy as np

import knetengine.numpy as kn
from knetengine.nn import checks
from knetengine.nn.dropout import in_training
from knetengine.nn.fused import Saved, fused
from knetengine.nn.reference import beside, device_takes, kernels_take, plain_value


class bnmoments:  # noqa: N801  # Knet's name of it
    """The running mean and variance of the channels, which `batchnorm` updates in training.

    momentum: the weight of each new batch.
    mean, var: (C,), to start with; zeros and ones if there are none by the first batch.

    Source: Knet's bnmoments.
    """

    __slots__ = ("mean", "momentum", "var")

    def __init__(self, momentum: float = 0.1, mean: Any = None, var: Any = None) -> None:
        self.momentum = momentum
        self.mean = mean
        self.var = var

    def __repr__(self) -> str:
        channels = "no batch yet" if self.mean is None else f"{len(self.mean)} channels"
        return f"bnmoments(momentum={self.momentum}, {channels})"

    def update(self, mean: np.ndarray, var: np.ndarray) -> None:
        """Take a share of the moments of a batch."""
        share = self.momentum
        self.mean = (1 - share) * self.mean + share * mean
        self.var = (1 - share) * self.var + share * var


def bnparams(channels: int, dtype: Any = np.float32) -> np.ndarray:
    """The parameters of `batchnorm` to start with: (2C,), gains of 1, then biases of 0.

    Source: Knet's bnparams.
    """
    return np.repeat(np.array([1, 0], dtype), channels)


class _Moments:
    """Where a batch leaves its mean and its variance, (C,) each."""

    __slots__ = ("mean", "var")

    mean: Any
    var: Any


def _batchnorm_twin(
    x: Any, params: Any, given: tuple[Any, Any] | None, eps: float, found: _Moments
) -> Any:
    """x: (N, C, ...); params: (2C,) or None; given: moments, or None for those of the batch."""
    C = x.shape[1]
    channels = (1, C, *(1,) * (x.ndim - 2))
    if given is None:
        others = (0, *range(2, x.ndim))
        centred = x - kn.mean(x, others, keepdims=True)  # (N, C, ...)
        var = kn.mean(centred * centred, others, keepdims=True)  # (1, C, 1...)
        found.mean = plain_value(x).mean(others)
        found.var = plain_value(var).reshape(C)
    else:
        mean, var = (moment.reshape(channels) for moment in given)
        centred = x - mean
    y = centred / kn.sqrt(var + eps)
    if params is None:
        return y
    return y * params[:C].reshape(channels) + params[C:].reshape(channels)


def _batchnorm(
    saved: Saved, x: Any, params: Any, given: tuple[Any, Any] | None, eps: float, found: _Moments
) -> Any:
    from knetengine.cpu import normalization

    y, found.mean, found.var, inverse = normalization.batch_forward(x, params, given, eps)
    saved.items = found.mean, inverse
    return y


def _batchnorm_back(
    wanted: Any, g: Any, y: Any, items: Any, x: Any, params: Any, given: Any, *options: Any
) -> Any:
    from knetengine.cpu import normalization

    mean, inverse = items
    dx, dparams = normalization.batch_backward(g, x, params, mean, inverse, given is None)
    return dx, dparams, None, None, None


def _found(items: Any, x: Any, params: Any, given: Any, eps: float, found: _Moments) -> None:
    """What a device normalized by."""
    found.mean, found.var = items[:2]


_batchnorm_fused = fused(
    _batchnorm_twin, _batchnorm, _batchnorm_back, layer="batchnorm", found=_found
)


def batchnorm(
    x: Any,
    moments: bnmoments | None = None,
    params: Any = None,
    *,
    eps: float = 1e-5,
    training: bool | None = None,
) -> Any:
    """Bring each channel to mean 0 and variance 1 over the batch, then to its own.

    x: (N, C) or (N, C, ...), float32 or float64.
    moments: made by `bnmoments`. In training they are updated (the variance with N - 1 instead of
        N, as an estimate of that of the data), otherwise they are what is normalized by.
    params: (2C,), gains and then biases, made by `bnparams`; None leaves mean 0 and variance 1.
    eps: added to the variance.
    training: None for inside a gradient only.

    Raises TypeError for other dtypes; ValueError for shapes that don't match, an empty batch, one
    entry for each channel in training (its variance is 0), and no moments outside training.
    Source: Ioffe and Szegedy 2015; Knet's batchnorm.
    """
    checks.floats("batchnorm", x=x, params=params)
    if x.ndim < 2:
        checks.fail("batchnorm", "x", x, "shape (N, C) or (N, C, ...)")
    if x.size == 0:
        checks.fail("batchnorm", "x", x, "at least one entry")
    C = x.shape[1]
    checks.shape("batchnorm", "params", params, (2 * C,), "(2 * C,), gains and then biases")
    train = in_training(training)
    given = _given(moments, x, C, train)
    count = x.size // C
    if train and count == 1:
        checks.fail(
            "batchnorm", "x", x, "more than one entry for each channel in training, for the "
            "variance of one is 0"
        )  # fmt: skip
    found = _Moments()
    kernels = kernels_take(x, params) or device_takes("batchnorm", x, params)
    layer = _batchnorm_fused if kernels else _batchnorm_twin
    y = layer(x, params, given, eps, found)
    if train and moments is not None:
        found.mean, found.var = (beside(x, moment) for moment in (found.mean, found.var))
        moments.update(found.mean, found.var * (count / (count - 1)))
    return y


def _given(moments: bnmoments | None, x: Any, channels: int, train: bool) -> Any:
    """The moments to normalize by, of the dtype of x; None for those of the batch."""
    if moments is None:
        if not train:
            raise ValueError(
                "batchnorm: moments is None; expected those of training (made by bnmoments) when "
                "it is over, for a batch must not matter to itself then"
            )
        return None
    if moments.mean is None:
        moments.mean = np.zeros_like(plain_value(x), shape=channels)
    if moments.var is None:
        moments.var = np.ones_like(plain_value(x), shape=channels)
    checks.shape("batchnorm", "moments.mean", moments.mean, (channels,), "(C,)")
    checks.shape("batchnorm", "moments.var", moments.var, (channels,), "(C,)")
    if train:
        return None
    return tuple(moment.astype(x.dtype, copy=False) for moment in (moments.mean, moments.var))


def _layernorm_twin(x: Any, gain: Any, bias: Any, eps: float) -> Any:
    """Along the last axis."""
    centred = x - kn.mean(x, -1, keepdims=True)
    y = centred / kn.sqrt(kn.mean(centred * centred, -1, keepdims=True) + eps)
    if gain is not None:
        y = y * gain
    return y if bias is None else y + bias


def _layernorm(saved: Saved, x: Any, gain: Any, bias: Any, eps: float) -> Any:
    from knetengine.cpu import normalization

    y, *saved.items = normalization.layer_forward(x, gain, bias, eps)
    return y


def _layernorm_back(
    wanted: Any, g: Any, y: Any, items: Any, x: Any, gain: Any, bias: Any, eps: float
) -> Any:
    from knetengine.cpu import normalization

    return *normalization.layer_backward(g, x, gain, *items), None


_layernorm_fused = fused(_layernorm_twin, _layernorm, _layernorm_back, layer="layernorm")


def layernorm(
    x: Any, gain: Any = None, bias: Any = None, *, axis: int = -1, eps: float = 1e-5
) -> Any:
    """Bring each row to mean 0 and variance 1, then multiply by gains and add biases.

    x: any shape, float32 or float64.
    gain, bias: of the length of the axis, or None.
    axis: along which the rows lie.
    eps: added to the variance.

    Raises TypeError for other dtypes, ValueError for shapes that don't match and for rows of
    length 0. Source: Ba, Kiros and Hinton 2016.
    """
    checks.floats("layernorm", x=x, gain=gain, bias=bias)
    if not -x.ndim <= axis < x.ndim:
        checks.fail("layernorm", "x", x, f"an array with an axis {axis}")
    D = x.shape[axis]
    if D == 0:
        checks.fail("layernorm", "x", x, f"at least one entry along axis {axis}")
    checks.shape("layernorm", "gain", gain, (D,), "the length of the axis")
    checks.shape("layernorm", "bias", bias, (D,), "the length of the axis")
    last = axis in (-1, x.ndim - 1)
    if not last:
        x = kn.moveaxis(x, axis, -1)
    kernels = kernels_take(x, gain, bias) or device_takes("layernorm", x, gain, bias)
    layer = _layernorm_fused if kernels else _layernorm_twin
    y = layer(x, gain, bias, eps)
    return y if last else kn.moveaxis(y, -1, axis)
