"""Discrete Fourier transforms.

A transform is linear and its matrix symmetric: its rule is the transform itself, without a
conjugate. What `n` or `s` pads comes back cropped, what it crops comes back as zeros. The
transforms over several axes are made of those over one.
"""

from typing import Any

import numpy as np

from knetengine.autograd.primitives import Function, composed, defvjp
from knetengine.autograd.recorded import plain

# A transform's scale stands with the other direction under the other name.
_OTHER_DIRECTION: dict[Any, Any] = {
    None: "forward",
    "backward": "forward",
    "ortho": "ortho",
    "forward": "backward",
}


def _fitted(g: Any, a: Any, axis: int) -> Any:
    """A gradient cropped or padded with zeros to the length of `a` along an axis."""
    axis %= np.ndim(a)
    length, wanted = np.shape(g)[axis], np.shape(a)[axis]
    if length > wanted:
        return g[(*(slice(None),) * axis, slice(wanted))]
    if length < wanted:
        return np.pad(g, [(0, wanted - length if i == axis else 0) for i in range(np.ndim(a))])
    return g


def _weights(g: Any, axis: int, length: int, ends: float, others: float) -> Any:
    """Half a spectrum stands for the whole: what its ends and its other entries count.

    The ends, which have no mirror image, are frequency 0 and, for an even length, the highest.
    """
    frequencies = np.arange(length // 2 + 1, like=plain(g))
    weights = np.where(2 * frequencies % length == 0, ends, others)
    shape = [1] * np.ndim(g)
    shape[axis] = -1
    return weights.astype(np.finfo(g.dtype).dtype).reshape(shape)


# Over one axis


def _fft(g: Any, y: Any, a: Any, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
    return _fitted(np.fft.fft(g, axis=axis, norm=norm), a, axis)


def _ifft(g: Any, y: Any, a: Any, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
    return _fitted(np.fft.ifft(g, axis=axis, norm=norm), a, axis)


def _rfft(g: Any, y: Any, a: Any, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
    length = np.shape(a)[axis] if n is None else n
    half = np.conj(g) * _weights(g, axis, length, 1.0, 0.5)
    return _fitted(np.fft.irfft(half, length, axis, _OTHER_DIRECTION[norm]), a, axis)


def _irfft(g: Any, y: Any, a: Any, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
    length = np.shape(g)[axis]
    half = np.conj(np.fft.rfft(g, axis=axis, norm=_OTHER_DIRECTION[norm]))
    return _fitted(half * _weights(half, axis, length, 1.0, 2.0), a, axis)


defvjp(np.fft.fft, _fft)
defvjp(np.fft.ifft, _ifft)
defvjp(np.fft.rfft, _rfft)
defvjp(np.fft.irfft, _irfft)


@composed(np.fft.hfft)
def _hfft(a: Any, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
    return np.fft.irfft(np.conj(a), n, axis, _other_direction(norm))


@composed(np.fft.ihfft)
def _ihfft(a: Any, n: int | None = None, axis: int = -1, norm: Any = None) -> Any:
    return np.conj(np.fft.rfft(a, n, axis, _other_direction(norm)))


def _other_direction(norm: Any) -> Any:
    if norm not in _OTHER_DIRECTION:
        raise ValueError(f"norm is {norm!r}; use 'backward', 'ortho' or 'forward'")
    return _OTHER_DIRECTION[norm]


# Over several axes


def _axes_and_lengths(a: Any, s: Any, axes: Any) -> list[tuple[int, int | None]]:
    """Each axis with the length that its transform is to have; None is that transform's own."""
    shape = np.shape(a)
    if axes is None:
        axes = range(len(shape)) if s is None else range(-len(s), 0)
    if s is None:
        return [(axis, None) for axis in axes]
    if len(s) != len(axes):
        raise ValueError(f"s={s} and axes={tuple(axes)} are of different lengths")
    return [(axis, shape[axis] if n == -1 else n) for axis, n in zip(axes, s, strict=True)]


def _over_axes(transform: Function, a: Any, s: Any, axes: Any, norm: Any) -> Any:
    """A complex transform over one axis after the other, the last axis first."""
    for axis, n in reversed(_axes_and_lengths(a, s, axes)):
        a = transform(a, n, axis, norm)
    return a


@composed(np.fft.fftn)
def _fftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    return _over_axes(np.fft.fft, a, s, axes, norm)


@composed(np.fft.ifftn)
def _ifftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    return _over_axes(np.fft.ifft, a, s, axes, norm)


@composed(np.fft.rfftn)
def _rfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    *others, (axis, n) = _axes_and_lengths(a, s, axes)
    a = np.fft.rfft(a, n, axis, norm)
    for axis, n in reversed(others):
        a = np.fft.fft(a, n, axis, norm)
    return a


@composed(np.fft.irfftn)
def _irfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    *others, (last_axis, last_n) = _axes_and_lengths(a, s, axes)
    for axis, n in others:
        a = np.fft.ifft(a, n, axis, norm)
    return np.fft.irfft(a, last_n, last_axis, norm)


@composed(np.fft.fft2)
def _fft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    return np.fft.fftn(a, s, axes, norm)


@composed(np.fft.ifft2)
def _ifft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    return np.fft.ifftn(a, s, axes, norm)


@composed(np.fft.rfft2)
def _rfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    return np.fft.rfftn(a, s, axes, norm)


@composed(np.fft.irfft2)
def _irfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    return np.fft.irfftn(a, s, axes, norm)


# Shifts


@composed(np.fft.fftshift)
def _fftshift(x: Any, axes: Any = None) -> Any:
    axes = _shifted_axes(x, axes)
    return np.roll(x, [np.shape(x)[axis] // 2 for axis in axes], axes)


@composed(np.fft.ifftshift)
def _ifftshift(x: Any, axes: Any = None) -> Any:
    axes = _shifted_axes(x, axes)
    return np.roll(x, [-(np.shape(x)[axis] // 2) for axis in axes], axes)


def _shifted_axes(x: Any, axes: Any) -> tuple[int, ...]:
    if axes is None:
        return tuple(range(np.ndim(x)))
    return tuple(axes) if np.ndim(axes) else (int(axes),)
