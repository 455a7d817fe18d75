"""The recorded value: it behaves as the array or number that it holds, and writes down what ran.

The fast way in is by exact type: operators, methods, and the functions of `knetengine.numpy`.
NumPy's own functions arrive by its protocols, `__array_ufunc__` (NEP 13) and `__array_function__`
(NEP 18), which cost about 0.4 us more.
"""

import functools
import operator
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

import numpy as np

from knetengine.autograd.primitives import (
    COMPOSED,
    DIFFERENTIABLE,
    NOT_DIFFERENTIABLE,
    REFUSED,
    Function,
    Primitive,
    name_of,
    primitive_of,
)
from knetengine.autograd.tape import CONSTANT, Tape

_NO_KEYWORDS: dict[str, Any] = {}


def record(primitive: Primitive, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call a primitive, and write it on the tape if an argument is recorded on an open one.

    Raises TypeError for a keyword without a rule, or a recorded value where no rule can follow.
    """
    if kwargs:
        args, kwargs = _bind(primitive, args, kwargs)
    tape: Tape | None = None
    indices: list[int] = []
    values: list[Any] = []
    for argument in args:
        if type(argument) is not Recorded:
            indices.append(CONSTANT)
            values.append(argument)
            continue
        values.append(argument.value)
        if not argument.tape:  # closed
            indices.append(CONSTANT)
            continue
        if tape is None:
            tape = argument.tape
        elif argument.tape is not tape:
            raise RuntimeError(MIXED)
        indices.append(argument.index)
    output = primitive.function(*values, **kwargs)
    if tape is None:
        return output
    rules = len(primitive.rules)
    if len(values) > rules and primitive.joint is None and max(indices[rules:]) >= 0:
        raise TypeError(_no_rule(primitive))
    index = len(tape)
    tape.append((primitive, tuple(indices), tuple(values), kwargs, output))
    if type(output) is not np.ndarray and isinstance(output, tuple):
        return _unpacked(output, index, tape)
    return Recorded(output, index, tape)


MIXED = (
    "two recorded values belong to gradients that run in different threads; a tape belongs to one "
    "thread: pass plain arrays to the other (stop_gradient(x) gives the plain array)"
)


def _bind(
    primitive: Primitive, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Move differentiable arguments given by keyword to their positions; refuse unknown ones."""
    kwargs = {name: value for name, value in kwargs.items() if name != "out" or value is not None}
    for name in primitive.names[len(args) : len(primitive.rules)]:
        if name not in kwargs:
            break
        args += (kwargs.pop(name),)
    for name, value in kwargs.items():
        if name == "out":
            raise TypeError(
                f"{primitive.name} cannot write into out= while a gradient is recorded; "
                "use its result (for a += x write a = a + x)"
            )
        if name not in primitive.names:
            raise TypeError(
                f"{primitive.name} has no derivative rule for the option {name}=; it knows "
                f"{', '.join(primitive.names)}"
            )
        if type(value) is Recorded:
            raise TypeError(
                f"{primitive.name}({name}=...) is a recorded value, but there is no derivative "
                f"with respect to {name}; give a plain one: stop_gradient({name})"
            )
    return args, kwargs


def _no_rule(primitive: Primitive) -> str:
    if not primitive.rules:
        return (
            f"{primitive.name} has no derivative rule yet; give it one with "
            f"defvjp({primitive.name}, lambda g, y, *arguments: ...)"
        )
    return (
        f"{primitive.name} has derivative rules for its first {len(primitive.rules)} argument(s) "
        "only; give plain values for the others: stop_gradient(x)"
    )


def unpack(outputs: tuple[Any, ...], item: int) -> Any:
    """One of the results of a primitive that returns several."""
    return outputs[item]


_UNPACK = primitive_of(unpack)


def _unpacked(output: tuple[Any, ...], index: int, tape: Tape) -> tuple[Any, ...]:
    """Record the results of a primitive that returns several, one entry each."""
    parts: list[Any] = []
    for item, part in enumerate(output):
        parts.append(Recorded(part, len(tape), tape))
        tape.append((_UNPACK, (index,), (output,), {"item": item}, part))
    make = getattr(type(output), "_make", tuple)
    return make(parts)


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


def stop_gradient(value: Any) -> Any:
    """The plain value: a constant for every gradient that is being taken."""
    return plain(value)


def primitive(function: Function) -> Function:
    """Make a function one step of the tape; tell its derivative by `defvjp`.

    The function sees plain arrays only, so it may write in place, loop, or call compiled code.
    """
    return _recording_twin(function, primitive_of(function))


def _recording_twin(function: Function, step: Primitive) -> Function:
    """The function that calls a primitive and records it."""

    @functools.wraps(function)
    def twin(*args: Any, **kwargs: Any) -> Any:
        return record(step, args, kwargs)

    DIFFERENTIABLE[twin] = step
    return twin


_twins: dict[Function, Function] = {}


def twin_of(function: Function) -> Function | None:
    """What stands for a NumPy function on recorded values; None for a function we don't know."""
    twin = _twins.get(function)
    if twin is None:
        if function in DIFFERENTIABLE:
            twin = _recording_twin(function, DIFFERENTIABLE[function])
        elif function in COMPOSED:
            twin = functools.wraps(function)(COMPOSED[function])
        elif function in NOT_DIFFERENTIABLE:
            twin = _constant_twin(function)
        else:
            return None
        _twins[function] = twin
    return twin


def _constant_twin(function: Function) -> Function:
    @functools.wraps(function)
    def twin(*args: Any, **kwargs: Any) -> Any:
        return function(*plain(args), **plain(kwargs))

    return twin


def _call(function: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    twin = twin_of(function)
    if twin is not None:
        return twin(*args, **kwargs)
    name = name_of(function)
    if function in REFUSED:
        raise TypeError(f"{name} cannot be differentiated: {REFUSED[function]}")
    raise TypeError(
        f"{name} has no derivative rule. Write it with functions that have one, or give it one: "
        f"knetengine.defvjp({name}, lambda g, y, x: ...); if no gradient need flow through it, "
        f"call it on stop_gradient(x)"
    )


def _forward(ufunc: Any, operate: Function) -> Function:
    """An operator method: `operate` on plain values, recorded as `ufunc`.

    Python's operator, not the ufunc, computes: a Python float stays a (weak) Python float.
    """
    step = primitive_of(ufunc)

    def method(self: "Recorded", other: Any) -> Any:
        tape = self.tape
        index = len(tape)
        value = self.value
        if type(other) is Recorded:
            if other.tape is not tape:
                return _operate_across(operate, self, other)
            indices = (self.index, other.index)
            values = (value, other.value)
            output = operate(value, other.value)
        else:
            indices = (self.index, -1)
            values = (value, other)
            output = operate(value, other)
        if index == 0:  # the tape is closed
            return output
        tape.append((step, indices, values, _NO_KEYWORDS, output))
        return Recorded(output, index, tape)

    return method


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
        tape.append((step, (-1, self.index), (other, value), _NO_KEYWORDS, output))
        return Recorded(output, index, tape)

    return method


def _operate_across(operate: Function, left: "Recorded", right: "Recorded") -> Any:
    """An operator on values of two tapes: right if one of them is closed."""
    if not right.tape:
        return operate(left, right.value)
    if not left.tape:
        return operate(left.value, right)
    raise RuntimeError(MIXED)


def _unary(ufunc: Any, operate: Function) -> Function:
    step = primitive_of(ufunc)

    def method(self: "Recorded") -> Any:
        tape = self.tape
        index = len(tape)
        output = operate(self.value)
        if index == 0:
            return output
        tape.append((step, (self.index,), (self.value,), _NO_KEYWORDS, output))
        return Recorded(output, index, tape)

    return method


def _constant(operate: Function) -> Function:
    """An operator whose result is a constant: comparisons, floor division."""

    def method(self: "Recorded", other: Any) -> Any:
        return operate(self.value, other.value if type(other) is Recorded else other)

    return method


def _method(function: Function) -> Function:
    """A method that is the NumPy function of the same meaning."""

    def method(self: "Recorded", *args: Any, **kwargs: Any) -> Any:
        return _call(function, (self, *args), kwargs)

    return method


class Recorded:
    """A value on a tape.

    value: what it holds: a NumPy array or scalar, or a Python float (which stays one under
        operators, so that a float parameter times a float32 array is float32, as in NEP 50).
    index: its position on the tape.
    tape: the tape; empty once the gradient is done, and then this value is a constant.

    Comparisons, `bool`, `int` and `float` give plain results: they steer, they do not carry a
    gradient.
    """

    __slots__ = ("index", "tape", "value")

    def __init__(self, value: Any, index: int, tape: Tape) -> None:
        self.value = value
        self.index = index
        self.tape = tape

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
    __neg__ = _unary(np.negative, operator.neg)
    __abs__ = _unary(np.absolute, operator.abs)

    def __pos__(self) -> "Recorded":
        return self

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

    def __bool__(self) -> bool:
        return bool(self.value)

    def __float__(self) -> float:
        return float(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __index__(self) -> int:
        """A whole Python number (an int inside a parameter container) may still count things."""
        if type(self.value) is float and self.value.is_integer():
            return int(self.value)
        raise TypeError(f"{self!r} cannot be an index; use int(x), which carries no gradient")

    # Items

    def __getitem__(self, index: Any) -> Any:
        tape = self.tape
        if type(index) is tuple or type(index) is Recorded:
            index = plain(index)
        output = self.value[index]
        if not tape:
            return output
        tape.append((_GETITEM, (self.index, -1), (self.value, index), _NO_KEYWORDS, output))
        return Recorded(output, len(tape) - 1, tape)

    def __setitem__(self, index: Any, value: Any) -> NoReturn:
        raise TypeError(
            "x[i] = v would overwrite a value that the gradient still needs. Build the new array "
            "instead: np.where(mask, v, x), np.concatenate([x[:i], v, x[i + 1:]]), or a list of "
            "rows and np.stack(rows)"
        )

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
        if method == "__call__":
            step = DIFFERENTIABLE.get(ufunc)
            return record(step, args, kwargs) if step else _call(ufunc, args, kwargs)
        raise TypeError(
            f"np.{ufunc.__name__}.{method} has no derivative rule; use np.sum, np.prod, np.max, "
            "np.cumsum or np.outer, or operators"
        )

    def __array_function__(
        self, function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        return _call(function, args, kwargs)

    def __array__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(
            "a recorded value cannot become a plain array: its gradient would be lost. Use "
            "np.stack or np.concatenate instead of np.array([...]), knetengine.numpy.asarray(x) "
            "or just x instead of np.asarray(x), and stop_gradient(x) for a constant"
        )

    # Attributes and methods of an array

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape; () for a Python float."""
        return getattr(self.value, "shape", ())

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return getattr(self.value, "ndim", 0)

    @property
    def size(self) -> int:
        """The number of entries."""
        return getattr(self.value, "size", 1)

    @property
    def dtype(self) -> "np.dtype[Any]":
        """The dtype; float64 for a Python float."""
        return getattr(self.value, "dtype", _FLOAT)

    @property
    def T(self) -> Any:  # noqa: N802  # NumPy's name
        """The transpose: all axes in reverse."""
        return _call(np.transpose, (self,), _NO_KEYWORDS)

    sum = _method(np.sum)
    prod = _method(np.prod)
    mean = _method(np.mean)
    var = _method(np.var)
    std = _method(np.std)
    max = _method(np.max)
    min = _method(np.min)
    cumsum = _method(np.cumsum)
    clip = _method(np.clip)
    dot = _method(np.dot)
    ravel = _method(np.ravel)
    flatten = _method(np.ravel)
    squeeze = _method(np.squeeze)
    swapaxes = _method(np.swapaxes)
    take = _method(np.take)
    repeat = _method(np.repeat)
    copy = _method(np.copy)
    astype = _method(np.astype)
    argmax = _method(np.argmax)
    argmin = _method(np.argmin)
    argsort = _method(np.argsort)
    all = _method(np.all)
    any = _method(np.any)
    round = _method(np.round)

    def reshape(self, *shape: Any, order: Any = "C") -> Any:
        """The same entries in a new shape, given as a tuple or as several ints."""
        new_shape = shape[0] if len(shape) == 1 else shape
        return _call(np.reshape, (self, new_shape), {"order": order} if order != "C" else {})

    def transpose(self, *axes: Any) -> Any:
        """The axes in a new order, given as a tuple or as several ints; reversed if none."""
        order = axes[0] if len(axes) == 1 else axes or None
        return _call(np.transpose, (self, order), _NO_KEYWORDS)

    def item(self, *index: Any) -> Any:
        """One element as a recorded Python float."""
        element = self[np.unravel_index(*index, self.shape) if len(index) == 1 else index]
        return python_float(element)

    def tolist(self) -> Any:
        """A nested list of recorded Python floats."""
        if self.ndim == 0:
            return python_float(self)
        return [row.tolist() for row in self]

    # A copy would lose its place on the tape, or copy the tape

    def __copy__(self) -> "Recorded":
        return self

    def __deepcopy__(self, memo: Any) -> "Recorded":
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a recorded value cannot be pickled or sent to another process; use stop_gradient(x)"
        )


@primitive
def python_float(value: Any) -> float:
    """The Python float of a single number (of any shape)."""
    return float(value.item()) if hasattr(value, "item") else float(value)


@primitive
def cast(x: Any, dtype: Any) -> Any:
    """The same number or array in another floating dtype."""
    return x.astype(dtype) if hasattr(x, "astype") else dtype.type(x)


_FLOAT = np.dtype(np.float64)
_GETITEM = primitive_of(operator.getitem)
