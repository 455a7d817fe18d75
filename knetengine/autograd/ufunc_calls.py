"""NumPy's universal functions in full: ``out=``, ``where=``, ``dtype=``, and their methods."""

import dis
import functools
import itertools
import sys
from typing import Any

import numpy as np

from knetengine.autograd import in_place
from knetengine.autograd.calls import call, cast, record, twin_of
from knetengine.autograd.in_place import overwrite
from knetengine.autograd.primitives import (
    DIFFERENTIABLE,
    NOT_DIFFERENTIABLE,
    name_of,
    primitive_of,
)
from knetengine.autograd.provenance import DOORS, caller
from knetengine.autograd.recorded import Doors, Recorded, plain
from knetengine.autograd.scatter import scattered
from knetengine.autograd.tape import Tape

DOORS.add(__file__)


def call_ufunc(ufunc: Any, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What `__array_ufunc__` does: a call of a ufunc, or of one of its methods."""
    if method == "__call__":
        if kwargs:
            return _call_with_options(ufunc, args, kwargs)
        twin = twin_of(ufunc)  # which the compiled door finds the next time
        if ufunc in DIFFERENTIABLE:  # the twin would take this frame for the one that asks
            return record(DIFFERENTIABLE[ufunc], args, kwargs, 2)
        return twin(*args) if twin else call(ufunc, args, kwargs)
    if ufunc in NOT_DIFFERENTIABLE:
        return getattr(ufunc, method)(*plain(args), **plain(kwargs))
    out = kwargs.pop("out", None)
    result = METHODS[method](ufunc, *args, **kwargs)
    return result if out is None else write_out(out, result, f"np.{ufunc.__name__}.{method}")


Doors.ufunc = call_ufunc


def _call_with_options(ufunc: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A call with ``out=``, ``where=`` or ``dtype=``; options of memory and casting are moot."""
    out, where, dtype = (
        kwargs.pop("out", None),
        kwargs.pop("where", True),
        kwargs.pop("dtype", None),
    )
    for option in ("casting", "order", "subok"):
        kwargs.pop(option, None)
    if dtype is not None:
        args = tuple(_as_dtype(argument, np.dtype(dtype)) for argument in args)
    if where is True:
        result = call(ufunc, args, kwargs)
    else:
        result = _where(ufunc, args, kwargs, plain(where), out)
    return result if out is None else write_out(out, result, name_of(ufunc), args)


def _as_dtype(argument: Any, dtype: Any) -> Any:
    return cast(argument, dtype) if hasattr(argument, "dtype") and dtype.kind in "fc" else argument


def _where(ufunc: Any, args: tuple[Any, ...], kwargs: Any, where: Any, out: Any) -> Any:
    """The result where a mask holds, the former content of `out` elsewhere.

    Where the mask does not hold, the arguments are replaced by some for which it does: they are
    in the function's domain, so that no gradient becomes NaN.
    """
    if out is None:
        name = name_of(ufunc)
        raise TypeError(
            f"{name}(..., where=mask) without out= leaves entries undefined; use "
            f"np.where(mask, {name}(...), 0.0), or give out="
        )
    shape = np.broadcast_shapes(np.shape(where), *(np.shape(plain(a)) for a in args))
    places = np.argwhere(np.broadcast_to(where, shape))
    if len(places) == 0:
        return out[0]
    first = tuple(places[0])
    safe = [
        np.where(where, argument, np.broadcast_to(argument, shape)[first])
        if np.ndim(argument)
        else argument
        for argument in args
    ]
    return np.where(where, call(ufunc, tuple(safe), kwargs), out[0])


def write_out(out: Any, result: Any, name: str, args: tuple[Any, ...] = ()) -> Any:
    """Put a result where ``out=`` says: into a recorded array, or in the place of a plain one."""
    out = out[0] if isinstance(out, tuple) and len(out) == 1 else out
    if result is out:
        return out
    if type(out) is Recorded:
        return overwrite(out, _same, result)
    if args and args[0] is out and _is_augmented_assignment():
        return _replaced(out, result)
    raise TypeError(
        f"{name} cannot write a recorded result into a plain array (out=): the gradient would be "
        "lost. Use the result that it returns"
    )


Doors.write_out = write_out


def _same(result: Any) -> Any:
    return result


# ``total += x`` with a plain array and a recorded x: Python binds the name to what comes back, so
# a new recorded value may take the array's place, provided that nobody else holds the array.


def _is_augmented_assignment() -> bool:
    """Whether the user's instruction is one like ``total += x``."""
    code, place = caller(1)
    return any(
        instruction.offset == place
        and instruction.opname == "BINARY_OP"
        and instruction.argrepr.endswith("=")
        for instruction in dis.get_instructions(code)
    )


def _replaced(total: Any, result: Any) -> Any:
    """The result in the place of an array that has one name only."""
    in_place.check_writable(total, result)
    references = _Holder.references = sys.getrefcount(total)
    if references > _references_of_one_name():
        raise TypeError(
            "total += x would turn a plain array into a recorded value, but the array has another "
            "name too, which would not see it; write total = total + x"
        )
    return result if result.dtype == total.dtype else cast(result, total.dtype)


class _Holder:
    """One name of an array, to learn how many references that makes on this Python."""

    total: Any = None
    references = 0


@functools.cache
def _references_of_one_name() -> int:
    if _Holder.total is not None:  # called by the line below
        return sys.maxsize
    holder = _Holder()
    _Holder.total = np.zeros(1)
    tape = Tape()
    tape.append((primitive_of(_same), (), (), {}, None, None, 0))
    holder.total += Recorded(np.zeros(1), 0, tape)
    return _Holder.references


# The methods of ufuncs

_REDUCTIONS = {np.add: np.sum, np.multiply: np.prod, np.maximum: np.max, np.minimum: np.min}
_ACCUMULATIONS = {np.add: np.cumsum, np.multiply: np.cumprod}


def _reduce(
    ufunc: Any,
    array: Any,
    axis: Any = 0,
    dtype: Any = None,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    options: dict[str, Any] = {"axis": axis, "keepdims": keepdims}
    if initial is not None:
        options["initial"] = initial
    if where is not True:
        options["where"] = where
    if dtype is not None:
        array = _as_dtype(array, np.dtype(dtype))
    if ufunc in _REDUCTIONS:
        return _REDUCTIONS[ufunc](array, **options)
    if where is not True or initial is not None:
        raise TypeError(f"np.{ufunc.__name__}.reduce has no derivative with initial= or where=")
    for number in sorted(_axes(axis, np.ndim(array)), reverse=True):
        rows = [np.take(array, i, number) for i in range(np.shape(array)[number])]
        array = functools.reduce(ufunc, rows)
        array = np.expand_dims(array, number) if keepdims else array
    return array


def _axes(axis: Any, ndim: int) -> tuple[int, ...]:
    axes = range(ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return tuple(number % ndim for number in axes)


def _accumulate(ufunc: Any, array: Any, axis: int = 0, dtype: Any = None) -> Any:
    if dtype is not None:
        array = _as_dtype(array, np.dtype(dtype))
    if ufunc in _ACCUMULATIONS:
        return _ACCUMULATIONS[ufunc](array, axis=axis)
    rows = [np.take(array, i, axis) for i in range(np.shape(array)[axis])]
    return np.stack(list(itertools.accumulate(rows, ufunc)), axis)


def _outer(ufunc: Any, left: Any, right: Any, **options: Any) -> Any:
    left = np.reshape(left, np.shape(left) + (1,) * np.ndim(right))
    return ufunc(left, right, **options)


def _reduceat(ufunc: Any, array: Any, indices: Any, axis: int = 0, dtype: Any = None) -> Any:
    array = np.moveaxis(array, axis, 0)
    starts = np.asarray(plain(indices)).tolist()
    parts = [
        _reduce(ufunc, array[start:stop], 0, dtype) if start < stop else array[start]
        for start, stop in zip(starts, [*starts[1:], len(array)], strict=True)
    ]
    return np.moveaxis(np.stack(parts), 0, axis)


def _at(ufunc: Any, array: Any, indices: Any, operand: Any = None) -> None:
    """``array[indices] = ufunc(array[indices], operand)``, once for each repeated index."""
    if type(array) is not Recorded:
        raise TypeError(
            f"np.{ufunc.__name__}.at cannot write a recorded operand into a plain array; make the "
            "array with knetengine.numpy.zeros(...) or np.zeros_like(x)"
        )
    indices = plain(indices)
    if ufunc in (np.add, np.subtract):
        added = operand if ufunc is np.add else -operand
        chosen = np.empty(array.shape, bool)[indices].shape
        overwrite(array, _added_at, array, np.broadcast_to(added, chosen), indices)
        return
    places = np.arange(array.size).reshape(array.shape)[indices].ravel()
    if len(np.unique(places)) < len(places):
        raise TypeError(
            f"np.{ufunc.__name__}.at has no derivative for repeated indices; loop over them"
        )
    chosen = array[indices]
    array[indices] = ufunc(chosen) if operand is None else ufunc(chosen, operand)


def _added_at(array: Any, operand: Any, indices: Any) -> Any:
    return array + scattered(operand, indices, array.shape, array.dtype)


METHODS = {
    "reduce": _reduce,
    "accumulate": _accumulate,
    "outer": _outer,
    "reduceat": _reduceat,
    "at": _at,
}
