"""`np.pad`, in all its modes but a function. A pad's gradient goes to the entries it is made of.

With mode "empty" the pads have no gradient. Axes are padded one after the other, as NumPy does:
the corners are the pads of pads.
"""

import functools
import operator
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

from knetengine.autograd.calls import primitive
from knetengine.autograd.primitives import composed, defvjp
from knetengine.autograd.recorded import holds_recorded, plain
from knetengine.autograd.rules.shapes import along, ndim_of, shape_of
from knetengine.device_arrays import beside

Side: TypeAlias = Callable[[Any, int, int, Any, bool], Any]  # (array, axis, width, option, after)


@primitive
def pad(array: Any, pad_width: Any, mode: str, options: Mapping[str, Any]) -> Any:
    """`np.pad` with constants, or with nothing in particular."""
    return np.pad(array, pad_width, mode, **options)  # pyright: ignore[reportCallIssue, reportArgumentType]


def _unpadded(g: Any, y: Any, array: Any, pad_width: Any, mode: str, options: Any) -> Any:
    shape = shape_of(array)
    return g[tuple(slice(b, b + n) for (b, _), n in zip(pad_width, shape, strict=True))]


defvjp(pad, _unpadded)


@composed(np.pad)
def _pad(array: Any, pad_width: Any, mode: Any = "constant", **options: Any) -> Any:
    rank = ndim_of(array)
    widths = _widths(pad_width, rank)
    if mode == "empty" or (mode == "constant" and not holds_recorded(options)):
        return pad(array, widths, mode, options)
    if not isinstance(mode, str) or mode not in MODES:
        raise TypeError(
            f"np.pad has derivatives for the modes 'empty', {', '.join(map(repr, MODES))}, not "
            f"for {mode!r}; make the pads yourself and join them with np.concatenate"
        )
    name, default, side = MODES[mode]
    pairs = _pairs(options.pop(name, default), rank)
    if options:
        raise ValueError(f"np.pad: mode {mode!r} has no option {', '.join(options)}")
    for axis, ((before, after), pair) in enumerate(zip(widths, pairs, strict=True)):
        if (before or after) and array.shape[axis] == 0 and mode != "constant":
            raise ValueError(f"np.pad: axis {axis} is empty, so mode {mode!r} cannot pad it")
        parts = [array]
        if before:
            parts.insert(0, side(array, axis, before, pair[0], False))
        if after:
            parts.append(side(array, axis, after, pair[1], True))
        if len(parts) > 1:
            array = np.concatenate(parts, axis)
    return array


def _widths(pad_width: Any, rank: int) -> list[tuple[int, int]]:
    """How many entries to put before and after each axis."""
    if isinstance(pad_width, dict):
        widths = [(0, 0)] * rank
        for axis, width in pad_width.items():
            widths[axis] = _pairs(width, 1)[0]
    else:
        widths = _pairs(pad_width, rank)
    counts = [(operator.index(before), operator.index(after)) for before, after in widths]
    if min(map(min, counts), default=0) < 0:
        raise ValueError(f"np.pad: pad_width has negative numbers: {pad_width}")
    return counts


def _pairs(values: Any, rank: int) -> list[Any]:
    """A pair of values for each axis, of one value, one pair, or a value or pair for each axis."""
    rows = _items(values)
    if rows is None:
        return [(values, values)] * rank
    pairs = [_items(row) for row in rows]
    if any(pair is None for pair in pairs):  # one value, or one pair
        pairs = [rows]
    pairs = [pair * 2 if len(pair) == 1 else pair for pair in pairs if pair is not None]
    pairs = pairs * rank if len(pairs) == 1 else pairs
    if len(pairs) != rank or any(len(pair) != 2 for pair in pairs):
        raise ValueError(f"np.pad: {values} is not one pair for each of {rank} axes")
    return [tuple(pair) for pair in pairs]


def _items(values: Any) -> list[Any] | None:
    if isinstance(values, list | tuple) or ndim_of(values):
        return list(values)
    return None


def _constant(array: Any, axis: int, width: int, value: Any, after: bool) -> Any:
    shape = (*array.shape[:axis], width, *array.shape[axis + 1 :])
    return np.astype(np.broadcast_to(value, shape), array.dtype)


def _edge(array: Any, axis: int, width: int, option: Any, after: bool) -> Any:
    edge = array[along(axis, slice(-1, None) if after else slice(0, 1))]
    return np.repeat(edge, width, axis)


def _ramp(array: Any, axis: int, width: int, end: Any, after: bool) -> Any:
    edge = array[along(axis, -1 if after else 0)]
    ramp = np.linspace(end, edge, width, endpoint=False, dtype=array.dtype, axis=axis)
    return np.flip(ramp, axis) if after else ramp


def _statistic(
    function: Any, array: Any, axis: int, width: int, length: int | None, after: bool
) -> Any:
    """Of as many entries at this end as `length` says; of all for None."""
    size = array.shape[axis]
    length = size if length is None else min(length, size)
    end = array[along(axis, slice(size - length, None) if after else slice(0, length))]
    return np.repeat(function(end, axis=axis, keepdims=True), width, axis)


def _wrap(array: Any, axis: int, width: int, option: Any, after: bool) -> Any:
    size = array.shape[axis]
    places = np.arange(width) if after else np.arange(-width, 0)
    return _gathered(array, places % size, axis)


def _reflection(period: int, array: Any, axis: int, width: int, kind: str, after: bool) -> Any:
    """Mirrored at its ends, again and again; of kind "odd" also turned upside down there.

    period: how much longer a period is than the way between the outer entries.
    """
    last = array.shape[axis] - 1
    if last == 0:
        return _edge(array, axis, width, None, after)
    places = np.arange(last + 1, last + 1 + width) if after else np.arange(-width, 0)
    turns, places = np.divmod(places, last + period)
    mirrored = turns % 2 == 1
    pads = _gathered(array, np.where(mirrored, last - places, places), axis)
    if kind == "even":
        return pads
    shape = [-1 if i == axis else 1 for i in range(array.ndim)]
    left, right = array[along(axis, slice(0, 1))], array[along(axis, slice(last, None))]
    turns = beside(plain(array), turns.reshape(shape).astype(np.finfo(array.dtype).dtype))
    climb = turns * (right - left)
    return climb + np.where(mirrored.reshape(shape), left + right - pads, pads)


def _gathered(array: Any, places: Any, axis: int) -> Any:
    """The entries at these places of an axis: a slice if they are neighbours."""
    first, last = int(places[0]), int(places[-1])
    steps = set(np.diff(places).tolist())
    if steps <= {1}:
        return array[along(axis, slice(first, last + 1))]
    if steps == {-1}:
        return array[along(axis, slice(first, last - 1 if last else None, -1))]
    return array[along(axis, places)]


MODES: dict[str, tuple[str, Any, Side]] = {  # the option, its default, what makes a side
    "constant": ("constant_values", 0, _constant),
    "edge": ("", None, _edge),
    "linear_ramp": ("end_values", 0, _ramp),
    "maximum": ("stat_length", None, functools.partial(_statistic, np.max)),
    "mean": ("stat_length", None, functools.partial(_statistic, np.mean)),
    "median": ("stat_length", None, functools.partial(_statistic, np.median)),
    "minimum": ("stat_length", None, functools.partial(_statistic, np.min)),
    "reflect": ("reflect_type", "even", functools.partial(_reflection, 0)),
    "symmetric": ("reflect_type", "even", functools.partial(_reflection, 1)),
    "wrap": ("", None, _wrap),
}
