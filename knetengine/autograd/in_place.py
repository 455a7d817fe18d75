"""Writing into recorded values: ``x[i] = v`` and ``x += v``, as functional writes.

A write makes a new array, and the recorded value that was written to moves on to it; the old array
stays on the tape for those who used it before. So a write never spoils a gradient, and every other
name of the same recorded value sees the write, as with plain arrays.

Views are the exception: in NumPy ``row = x[0]`` shares memory with `x`, here it does not see later
writes. `check_overwritten` finds every program whose meaning would differ, and raises.
"""

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from knetengine.autograd.calls import cast, record
from knetengine.autograd.primitives import Function, Primitive, primitive_of
from knetengine.autograd.provenance import (
    DOORS,
    backward_positions,
    caller,
    mark_span,
    step_place,
)
from knetengine.autograd.recorded import Doors, Recorded, plain
from knetengine.autograd.tape import CONSTANT, recording
from knetengine.device_arrays import DeviceArray

DOORS.add(__file__)


def put(x: Any, value: Any, index: Any) -> Any:
    """A copy of `x` with ``x[index]`` replaced by `value`."""
    written = x.copy() if isinstance(x, DeviceArray) else np.array(x)
    written[index] = value
    return written


def cleared(gradient: Any, index: Any) -> Any:
    """A copy with zeros at an index."""
    return put(gradient, 0, index)


PUT = primitive_of(put)
OVERWRITTEN = Primitive(lambda: None, "overwritten")


def operate_in_place(x: Recorded, operate: Function, other: Any) -> Recorded:
    """``x += other`` and the like, for an array."""
    return overwrite(x, operate, x, other)


def write_item(x: Recorded, index: Any, value: Any) -> None:
    """``x[index] = value``."""
    index = plain(index)
    if x.tape:
        x.tape.protect_index(index)
    overwrite(x, record, PUT, (x, value, index), {})


Doors.operate_in_place = operate_in_place
Doors.write_item = write_item


def overwrite(x: "Recorded", write: Function, *args: Any) -> "Recorded":
    """Let `x` move on to the result of ``write(*args)``, its array after a write."""
    tape = recording.tape
    since = len(tape) if tape is not None else 0
    new = write(*args)
    check_writable(x, new)
    if getattr(new, "dtype", None) != x.dtype:
        new = cast(new, x.dtype)
    if type(new) is Recorded and new.tape:
        code, instruction = caller(2)
        mark_span(new.tape, since, "a write", code, instruction)
        marker = {"result": new.index, "position": x.index}
        new.tape.append((OVERWRITTEN, (), (x.value,), marker, None, code, instruction))
        new.tape.overwritten = True
        x.value, x.index, x.tape = new.value, new.index, new.tape
    else:
        value = plain(new)
        x.value = value if isinstance(value, DeviceArray) else np.asarray(value)
    return x


def check_writable(x: Any, new: Any) -> None:
    """Raise as NumPy does if `new` does not fit into the array of `x`."""
    shape = getattr(new, "shape", ())
    if shape != x.shape:
        raise ValueError(
            f"cannot write a result of shape {shape} into an array of shape {x.shape}; "
            "write x = x + v to make a new array"
        )
    dtype = getattr(new, "dtype", None)
    if dtype is not None and not np.can_cast(dtype, x.dtype, "same_kind"):
        raise TypeError(
            f"cannot write a result of dtype {dtype} into an array of dtype {x.dtype}; "
            "write x = x + v to make a new array"
        )


def check_overwritten(entries: Sequence[Any]) -> None:
    """Raise if an entry uses memory after a write that, in NumPy, would have changed it."""
    writes: dict[int, list[tuple[int, Any]]] = {}  # owner of the memory: where, what was written
    backward = backward_positions(entries)  # it rightly sees the values of the forward pass
    for position, (primitive, indices, values, _, output, _, _) in enumerate(entries):
        if position in backward:
            continue
        if primitive is OVERWRITTEN:
            writes.setdefault(_owner(values[0]), []).append((position, values[0]))
            continue
        for number, value in enumerate(values):
            if not _is_array(value) or (owner := _owner(value)) not in writes:
                continue
            if _is_array(output) and _owner(output) == owner:
                continue  # a view: what matters is who uses it
            if primitive is PUT and number == 0 and _completes(entries, position):
                continue
            for write, written in writes[owner]:
                if np.may_share_memory(value, written) and np.shares_memory(value, written):
                    _raise_overwritten(entries, position, indices[number], write)


def _is_array(value: Any) -> bool:
    """Whether it is an array; one of a device without axes is a number to NumPy."""
    return type(value) is np.ndarray or (isinstance(value, DeviceArray) and value.shape != ())


def _owner(array: Any) -> int:
    """The identity of what owns the memory."""
    if isinstance(array, DeviceArray):
        return id(array.memory)
    while isinstance(getattr(array, "base", None), np.ndarray):
        array = array.base
    return id(array)


def _completes(entries: Sequence[Any], position: int) -> bool:
    """Whether a write is the second half of ``x[i] += v``, where the first half took a view."""
    indices, values = entries[position][1:3]
    for marker in reversed(entries[:position]):
        if marker[0] is OVERWRITTEN:
            view = marker[3]["position"]
            return (
                marker[3]["result"] == indices[1]
                and view != CONSTANT
                and entries[view][0].function is operator.getitem
                and _same_index(entries[view][2][1], values[2])
            )
    return False


def _same_index(left: Any, right: Any) -> bool:
    if isinstance(left, tuple) and isinstance(right, tuple) and len(left) == len(right):
        return all(map(_same_index, left, right))
    return left is right or (
        isinstance(left, slice | int) and type(left) is type(right) and left == right
    )


def _raise_overwritten(entries: Sequence[Any], position: int, index: int, write: int) -> None:
    used, written = step_place(entries, position), step_place(entries, write)
    made = step_place(entries, index) if index >= 0 else None
    what = f"the array made by {made}" if made else "an array"
    raise RuntimeError(
        f"{what} shares memory with one that {written} wrote to, and {used} uses it afterwards. "
        "NumPy would show it the new entries, the recorded value has the old ones: take the view "
        "after the write, or copy it (np.copy) before"
    )
