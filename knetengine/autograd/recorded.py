"""The recorded value: it behaves as the array or number that it holds, and writes down what ran.

The fast way in is by exact type: operators, items and the functions of `knetengine.numpy`. NumPy's
own functions arrive by its protocols, `__array_ufunc__` (NEP 13) and `__array_function__`
(NEP 18), which cost about 0.4 us more.
"""

import operator
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any, NoReturn

import numpy as np

from knetengine.autograd import compiled, provenance
from knetengine.autograd.array_methods import RecordedMethods
from knetengine.autograd.primitives import Function, primitive_of, saved_arguments
from knetengine.autograd.tape import Tape
from knetengine.device_arrays import DeviceArray

NO_KEYWORDS: dict[str, Any] = {}
_GETITEM = primitive_of(operator.getitem)
_getframe = sys._getframe  # pyright: ignore[reportPrivateUsage]
_ndarray = np.ndarray
_KEPT = (np.ndarray, DeviceArray)  # what the tape protects
_new = object.__new__


class Doors:
    """Where calls go that are not operators; filled in by the modules that stand on this one.

    function: ``(function, args, kwargs)``, a NumPy function (module `calls`).
    ufunc: ``(ufunc, method, args, kwargs)``, a universal function (module `ufunc_calls`).
    operate_in_place: ``(x, operate, other)``, ``x += other`` and the like (module `in_place`).
    write_item: ``(x, index, value)``, ``x[index] = value`` (module `in_place`).
    write_out: ``(out, result, name)``, the option ``out=`` (module `ufunc_calls`).
    """

    function: Function
    write_out: Function
    ufunc: Function
    operate_in_place: Function
    write_item: Function


MIXED = (
    "two recorded values belong to gradients that run in different threads; a tape belongs to one "
    "thread: pass plain arrays to the other (stop_gradient(x) gives the plain array)"
)


def plain(value: Any) -> Any:
    """The value without its record; lists, tuples and dicts are searched too."""
    kind = type(value)
    if kind is Recorded:
        return value.value
    if kind is list or kind is tuple:
        return kind(plain(item) for item in value)
    if kind is dict:
        return {key: plain(item) for key, item in value.items()}
    return value


def _forward(ufunc: Any, operate: Function) -> Function:
    """An operator method: `operate` on plain values, recorded as `ufunc`.

    Python's operator, not the ufunc, computes: a Python float stays a (weak) Python float.
    """
    step = primitive_of(ufunc)

    def method(self: "Recorded", other: Any) -> Any:
        tape = self.tape
        value = self.value
        index = self.index
        if type(other) is Recorded:
            if other.tape is not tape:
                return _operate_across(operate, self, other)
            other_index = other.index
            other = other.value
            output = operate(value, other)
        else:
            other_index = -1
            output = operate(value, other)
            kind = type(other)
            if kind is _ndarray:
                if (
                    (step.saved or saved_arguments(step, 2))[1]
                    and other.flags.writeable
                    and tape  # or nobody would release it
                ):
                    tape.protect(other)
            elif (
                kind is not float
                and issubclass(kind, DeviceArray)
                and (step.saved or saved_arguments(step, 2))[1]
                and tape
            ):
                tape.protect(other)
        position = len(tape)
        if position == 0:  # the tape is closed
            return output
        frame = _getframe(1)
        tape.append(
            (
                step,
                (index, other_index),
                (value, other),
                NO_KEYWORDS,
                output,
                frame.f_code,
                frame.f_lasti,
            )
        )
        result = _new(Recorded)  # and three stores: 40 ns faster than Recorded(...)
        result.value = output
        result.index = position
        result.tape = tape
        return result

    return compiled.operator(method, step, operate, "forward")


def _reflected(ufunc: Any, operate: Function) -> Function:
    """The same with the other, never recorded, operand on the left."""
    step = primitive_of(ufunc)

    def method(self: "Recorded", other: Any) -> Any:
        tape = self.tape
        index = len(tape)
        value = self.value
        output = operate(other, value)
        if index == 0:
            return output
        if isinstance(other, _KEPT) and (step.saved or saved_arguments(step, 2))[0]:
            tape.protect(other)
        frame = _getframe(1)
        tape.append(
            (
                step,
                (-1, self.index),
                (other, value),
                NO_KEYWORDS,
                output,
                frame.f_code,
                frame.f_lasti,
            )
        )
        return Recorded(output, index, tape)

    return compiled.operator(method, step, operate, "reflected")


def _operate_across(operate: Function, left: "Recorded", right: "Recorded") -> Any:
    """An operator on values of two tapes: right if one of them is closed."""
    if not right.tape:
        return operate(left, right.value)
    if not left.tape:
        return operate(left.value, right)
    raise RuntimeError(MIXED)


def _unary(ufunc: Any, operate: Function) -> Function:
    """The same with one operand."""
    step = primitive_of(ufunc)

    def method(self: "Recorded") -> Any:
        tape = self.tape
        index = len(tape)
        value = self.value
        output = operate(value)
        if index == 0:
            return output
        frame = _getframe(1)
        tape.append(
            (step, (self.index,), (value,), NO_KEYWORDS, output, frame.f_code, frame.f_lasti)
        )
        return Recorded(output, index, tape)

    return compiled.operator(method, step, operate, "unary")


def _constant(operate: Function) -> Function:
    """An operator whose result is a constant: comparisons, floor division."""

    def method(self: "Recorded", other: Any) -> Any:
        return operate(self.value, other.value if type(other) is Recorded else other)

    return method


def _in_place(operate: Function) -> Function:
    """An operator like ``x += v``: an array moves on to the result, a number is rebound.

    A device's array without axes is a number to NumPy.
    """

    def method(self: "Recorded", other: Any) -> Any:
        value = self.value
        if type(value) is not _ndarray and not (isinstance(value, DeviceArray) and value.shape):
            return NotImplemented
        return Doors.operate_in_place(self, operate, other)

    return method


def _item(self: "Recorded", index: Any) -> Any:
    """An item or a slice, ``x[index]``."""
    tape = self.tape
    kind = type(index)
    if kind is tuple or kind is Recorded or kind is list:
        index = plain(index)
    value = self.value
    output = value[index]
    if not tape:
        return output
    if kind is _ndarray:
        if index.flags.writeable:
            tape.protect(index)
    elif kind is not int and kind is not slice:
        tape.protect_index(index)
    frame = _getframe(1)
    tape.append(
        (
            _GETITEM,
            (self.index, -1),
            (value, index),
            NO_KEYWORDS,
            output,
            frame.f_code,
            frame.f_lasti,
        )
    )
    return Recorded(output, len(tape) - 1, tape)


class Recorded(RecordedMethods):
    """A value on a tape.

    value: what it holds: a NumPy array or scalar, or a Python number (which stays one under
        operators, so that a float parameter times a float32 array is float32, as in NEP 50).
    index: its position on the tape.
    tape: the tape; empty once the gradient is done, and then this value is a constant.

    Comparisons, `bool`, `int` and `float` give plain results: they steer, they do not carry a
    gradient. Where `float` would lose one unseen, in ``plain[i] = x`` and ``math.exp(x)``, it
    raises.
    """

    __slots__ = ("index", "tape", "value")

    def __init__(self, value: Any, index: int, tape: Tape) -> None:
        self.value = value
        self.index = index
        self.tape = tape

    def current(self) -> "Recorded":
        """What stands for this value on the tape; a `Param` has something else there."""
        return self

    def __repr__(self) -> str:
        return f"Recorded({self.value!r})"

    def __format__(self, specification: str) -> str:
        return format(self.value, specification)

    # Operators

    __add__ = _forward(np.add, operator.add)
    __radd__ = _reflected(np.add, operator.add)
    __sub__ = _forward(np.subtract, operator.sub)
    __rsub__ = _reflected(np.subtract, operator.sub)
    __mul__ = _forward(np.multiply, operator.mul)
    __rmul__ = _reflected(np.multiply, operator.mul)
    __truediv__ = _forward(np.divide, operator.truediv)
    __rtruediv__ = _reflected(np.divide, operator.truediv)
    __pow__ = _forward(np.power, operator.pow)
    __rpow__ = _reflected(np.power, operator.pow)
    __mod__ = _forward(np.remainder, operator.mod)
    __rmod__ = _reflected(np.remainder, operator.mod)
    __matmul__ = _forward(np.matmul, operator.matmul)
    __rmatmul__ = _reflected(np.matmul, operator.matmul)
    __iadd__ = _in_place(operator.add)
    __isub__ = _in_place(operator.sub)
    __imul__ = _in_place(operator.mul)
    __itruediv__ = _in_place(operator.truediv)
    __ipow__ = _in_place(operator.pow)
    __imod__ = _in_place(operator.mod)
    __imatmul__ = _in_place(operator.matmul)
    __neg__ = _unary(np.negative, operator.neg)
    __abs__ = _unary(np.absolute, operator.abs)

    __pos__ = _unary(np.positive, operator.pos)

    __floordiv__ = _constant(operator.floordiv)
    __lt__ = _constant(operator.lt)
    __le__ = _constant(operator.le)
    __gt__ = _constant(operator.gt)
    __ge__ = _constant(operator.ge)
    __eq__ = _constant(operator.eq)
    __ne__ = _constant(operator.ne)
    __hash__ = None  # pyright: ignore[reportAssignmentType]  # as for an array

    def __rfloordiv__(self, other: Any) -> Any:
        return other // self.value

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def __bool__(self) -> bool:
        return bool(self.value)

    def __float__(self) -> float:
        if self.tape:
            provenance.refuse_lossy_conversion()
        return float(self.value)

    def __complex__(self) -> complex:
        return complex(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __index__(self) -> int:
        """A whole Python number (an int inside a parameter container) may still count things."""
        if type(self.value) is float and self.value.is_integer():
            return int(self.value)
        raise TypeError(f"{self!r} cannot be an index; use int(x), which carries no gradient")

    # Items

    __getitem__ = compiled.operator(_item, _GETITEM, operator.getitem, "item")

    def __setitem__(self, index: Any, value: Any) -> None:
        Doors.write_item(self, index, value)

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Any]:
        if self.ndim == 0:
            raise TypeError("iteration over a 0-d recorded value")
        return (self[i] for i in range(len(self.value)))

    def __contains__(self, item: Any) -> bool:
        return plain(item) in self.value

    # NumPy's protocols

    def __array_ufunc__(self, ufunc: Any, method: str, *args: Any, **kwargs: Any) -> Any:
        return Doors.ufunc(ufunc, method, args, kwargs)

    def __array_function__(
        self, function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        return Doors.function(function, args, kwargs)

    def apply(self, function: Function, args: tuple[Any, ...], kwargs: Any) -> Any:
        """Call a NumPy function and record it."""
        return Doors.function(function, args, kwargs)

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        return import_module("knetengine.numpy")  # which stands on this module

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        if not self.tape:
            return np.asarray(self.value, *args, **kwargs)
        raise TypeError(
            "a recorded value cannot become a plain array: its gradient would be lost. Use "
            "np.stack or np.concatenate instead of np.array([...]); to fill an array by "
            "a[i] = x, make it with knetengine.numpy.zeros(...) or np.zeros_like(x); and "
            "stop_gradient(x) gives a constant"
        )

    # Copies, which stay on the tape

    def __copy__(self) -> Any:
        return Doors.function(np.copy, (self,), NO_KEYWORDS)

    def __deepcopy__(self, memo: Any) -> Any:
        return Doors.function(np.copy, (self,), NO_KEYWORDS)

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a recorded value cannot be pickled or sent to another process; use stop_gradient(x)"
        )


def holds_recorded(nest: Any) -> bool:
    """Whether nested lists, tuples and dicts hold a recorded value."""
    if isinstance(nest, dict):
        nest = list(nest.values())
    if isinstance(nest, list | tuple):
        return any(holds_recorded(item) for item in nest)
    return isinstance(nest, Recorded)
