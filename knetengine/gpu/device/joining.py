"""NumPy's functions that put arrays together."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from knetengine.gpu.device.stored import Stored, view
from knetengine.gpu.device.table import FUNCTIONS, define, only
from knetengine.gpu.kernels import copying

if TYPE_CHECKING:
    from knetengine.gpu.device.backend import DeviceBackend


@define(np.concatenate)
def _concatenate(
    backend: "DeviceBackend",
    arrays: Sequence[Any],
    axis: Any = 0,
    out: Any = None,
    *,
    dtype: Any = None,
    casting: str = "same_kind",
) -> Stored:
    parts = [backend.as_stored(x) for x in arrays]
    if axis is None:
        parts, axis = [backend.flat(x) for x in parts], 0
    shapes = [x.shape for x in parts]
    # NumPy finds what is wrong with shapes, and says it
    ghosts = [np.broadcast_to(np.empty((), x.dtype), x.shape) for x in parts]
    kind = np.result_type(*(x.dtype for x in parts)) if dtype is None else np.dtype(dtype)
    rank = len(shapes[0])
    if not all(len(s) == rank for s in shapes) or not -rank <= axis < rank:
        np.concatenate([g[..., :0] if g.ndim else g for g in ghosts], axis)
    axis %= rank
    rest = {s[:axis] + s[axis + 1 :] for s in shapes}
    if len(rest) > 1:
        raise ValueError(
            "all the input array dimensions except for the concatenation axis must match exactly, "
            f"but the shapes are {', '.join(map(str, shapes))}"
        )
    length = sum(s[axis] for s in shapes)
    new = backend.empty((*shapes[0][:axis], length, *shapes[0][axis + 1 :]), kind)
    operands = [backend.as_stored(x, kind).operand for x in parts]
    copying.concatenate(backend.driver, operands, axis, new.operand, scratch=backend.scratch)
    if out is None:
        return new
    backend.write(out, ..., new)
    return out


@define(np.stack)
def _stack(
    backend: "DeviceBackend", arrays: Sequence[Any], axis: int = 0, out: Any = None, **options: Any
) -> Stored:
    parts = [backend.as_stored(x) for x in arrays]
    if len({x.shape for x in parts}) > 1:
        raise ValueError("all input arrays must have the same shape")
    return _concatenate(
        backend, [view(x, np.expand_dims, axis) for x in parts], axis, out, **options
    )


def _stacked(axes: Any, axis: int) -> Callable[..., Stored]:
    def join(backend: "DeviceBackend", tup: Sequence[Any], **options: Any) -> Stored:
        parts = [view(backend.as_stored(x), axes) for x in tup]
        along = 0 if axis == 1 and parts[0].ndim == 1 else axis
        return _concatenate(backend, parts, along, **options)

    return join


FUNCTIONS.update(
    {
        np.vstack: _stacked(np.atleast_2d, 0),
        np.hstack: _stacked(np.atleast_1d, 1),
        np.dstack: _stacked(np.atleast_3d, 2),
    }
)


@define(np.roll)
def _roll(backend: "DeviceBackend", a: Stored, shift: Any, axis: Any = None) -> Stored:
    if axis is None:
        rolled = _roll(backend, backend.flat(a), shift, 0)
        return view(rolled, np.reshape, a.shape)
    given, pairs = a, np.broadcast(shift, axis)
    for by, along in pairs:
        length = a.shape[int(along)]
        if length and (cut := int(by) % length):
            pieces = view(a, np.split, [length - cut], int(along))
            a = _concatenate(backend, pieces[::-1], int(along))
    return backend.copied(a) if a is given else a


@define(np.pad)
def _pad(
    backend: "DeviceBackend", array: Stored, pad_width: Any, mode: str = "constant", **options: Any
) -> Stored:
    only(backend, "pad", mode == "constant", f"mode={mode!r}")
    widths = np.broadcast_to(np.asarray(pad_width), (array.ndim, 2)).tolist()
    lengths = zip(array.shape, widths, strict=True)
    shape = tuple(int(n + before + after) for n, (before, after) in lengths)
    value = options.get("constant_values", 0)
    only(backend, "pad", not np.ndim(value), "several constant_values")
    new = backend.filled(shape, value, array.dtype)
    inside = zip(array.shape, widths, strict=True)
    backend.write(new, tuple(slice(b, b + n) for n, (b, _) in inside), array)
    return new


@define(np.tile)
def _tile(backend: "DeviceBackend", a: Stored, reps: Any) -> Stored:
    times = tuple(reps) if isinstance(reps, tuple | list) else (reps,)
    rank = max(len(times), a.ndim)
    shape = (1,) * (rank - a.ndim) + a.shape
    times = (1,) * (rank - len(times)) + times
    tall = view(a, np.reshape, tuple(n for length in shape for n in (1, length)), copy=False)
    goal = tuple(n for pair in zip(times, shape, strict=True) for n in pair)
    whole = backend.copied(view(tall, np.broadcast_to, goal))
    return view(whole, np.reshape, tuple(t * n for t, n in zip(times, shape, strict=True)))
