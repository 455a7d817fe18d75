"""Parameters that are found where they are used, as in Knet 1.x: `Param`, `params`, `diff`.

w = Param(np.zeros(3))
tape = diff(lambda x, y: np.mean((x @ w - y) ** 2), x, y)
w.value -= 0.1 * tape.grad(w)
"""

import operator
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from knetengine.autograd import nonfinite
from knetengine.autograd.backward import zeros
from knetengine.autograd.calls import current_of
from knetengine.autograd.primitives import Function, Primitive
from knetengine.autograd.recorded import Recorded
from knetengine.autograd.recorded_call import RecordedCall
from knetengine.autograd.tape import CONSTANT, recording
from knetengine.autograd.tape import Tape as Entries
from knetengine.autograd.transforms import check_scalar, one

_CLOSED = Entries()


class Param(Recorded):
    """An array or number that `diff` differentiates by wherever it is used.

    value: the array; an optimiser may assign it, or write into it between two gradients.
    opt: room for the state of an optimiser.

    Outside of `diff`, and in a `grad` without one, it behaves as its value, a constant.
    Source: Knet's `Param`.
    """

    __slots__ = ("opt",)

    def __init__(self, value: Any, opt: Any = None) -> None:
        if type(value) is int:
            value = float(value)
        array = value if isinstance(value, float | complex) else np.asarray(value)
        if not isinstance(array, float | complex) and array.dtype.kind not in "fc":
            raise TypeError(
                f"a parameter is an array or number of floats, not of dtype {array.dtype}; "
                "use x.astype(np.float32)"
            )
        super().__init__(array, CONSTANT, _CLOSED)
        self.opt = opt

    def __repr__(self) -> str:
        return f"Param({self.value!r})"

    def current(self) -> Recorded:
        """What stands for the parameter on the tape of the running `diff`; itself if none runs."""
        captured = _capturing.parameters
        if captured is None or recording.tape is None:
            return self
        use = captured.get(id(self))
        if use is None:
            use = captured[id(self)] = _Use(self, recording.tape)
        return use.recorded


class _Use:
    """A parameter on the tape of one `diff`.

    Its entry is a primitive of its own, whose joint rule keeps the gradient that reaches it: so
    the walk back needs to know nothing of parameters that turned up in the middle of a tape.
    """

    def __init__(self, parameter: Param, tape: Any) -> None:
        self.parameter = parameter
        self.value = parameter.value
        self.gradient: Any = None
        step = Primitive(lambda: None, "Param")
        step.joint = self.keep
        self.recorded = Recorded(self.value, len(tape), tape)
        tape.append((step, (), (), {}, self.value, None, 0))

    def keep(self, wanted: tuple[bool, ...], g: Any, y: Any) -> list[Any]:
        """The joint rule of the entry."""
        self.gradient = g
        return []


class _Capturing(threading.local):
    parameters: dict[int, _Use] | None = None


_capturing = _Capturing()


def _as_current(name: str) -> Function:
    """A method of a recorded value, on what stands for the parameter."""
    method = getattr(Recorded, name)

    def of_parameter(self: Param, *args: Any, **kwargs: Any) -> Any:
        return method(self.current(), *args, **kwargs)

    return of_parameter


def _update(name: str) -> Function:
    """``w -= step``: an update of the value, which makes no sense while it is differentiated."""
    method = getattr(Recorded, name)

    def of_parameter(self: Param, *args: Any) -> Any:
        if self.current() is not self:
            raise TypeError(
                "a Param cannot be written to inside diff; make a new value, y = w + v, or update "
                "it afterwards"
            )
        return method(self, *args)

    return of_parameter


def _forward(operate: Function) -> Function:
    """``w * x``, where `x` may be a parameter as well."""
    return lambda self, other: operate(current_of(self), current_of(other))


def _reflected(operate: Function) -> Function:
    """``x * w``: Python asks the parameter first, also if `x` is recorded."""
    return lambda self, other: operate(current_of(other), current_of(self))


_OPERATORS = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "truediv": operator.truediv,
    "pow": operator.pow,
    "mod": operator.mod,
    "matmul": operator.matmul,
}
for _name, _operate in _OPERATORS.items():
    setattr(Param, f"__{_name}__", _forward(_operate))
    setattr(Param, f"__r{_name}__", _reflected(_operate))
    setattr(Param, f"__i{_name}__", _update(f"__i{_name}__"))
for _name in ("__neg__", "__pos__", "__abs__", "__getitem__", "__array_ufunc__", "apply"):
    setattr(Param, _name, _as_current(_name))
Param.__setitem__ = _update("__setitem__")
Param.__array_function__ = _as_current("__array_function__")


class Tape:
    """What `diff` recorded: its value, and the gradient by each parameter.

    value: the result of the function, plain.
    Source: Knet's `Tape`.
    """

    def __init__(self, value: Any, uses: Mapping[int, _Use], scalar: bool) -> None:
        self.value = value
        self._uses = uses
        self._scalar = scalar

    def __repr__(self) -> str:
        return f"Tape({self.value!r})"

    def params(self) -> list[Param]:
        """The parameters that were used, in the order of their first use."""
        return [use.parameter for use in self._uses.values()]

    def grad(self, x: Any) -> Any:
        """The gradient of the value by a parameter; zeros if it was not used.

        Raises TypeError for anything but a `Param`, or if the value is not a single number.
        """
        if not isinstance(x, Param):
            raise TypeError(
                f"the tape knows the gradients of parameters, not of a {type(x).__name__}: make "
                "it one, Param(x), before diff, or use grad(f)"
            )
        if not self._scalar:
            check_scalar(self.grad, self.value)
        use = self._uses.get(id(x))
        if use is None:
            return zeros(x.value)
        if use.gradient is None:
            return zeros(use.value)
        gradient = use.gradient
        shared = isinstance(gradient, np.ndarray) and gradient.base is not None
        if shared or (isinstance(use.value, np.ndarray) and isinstance(gradient, np.generic)):
            use.gradient = gradient = np.array(gradient)
        return gradient


def diff(f: Function, *args: Any, **kwargs: Any) -> Tape:
    """Call f and record it, so that the result knows its gradient by every `Param` it used.

    f: a function whose result is a single number. Its parameters may come as arguments, by
        closure, or inside any object.

    Raises RuntimeError inside another gradient; inside f, `grad` and its kin work as always.
    Source: Knet's `@diff`.
    """
    if recording.tape is not None:
        raise RuntimeError("diff cannot be used inside another gradient; use grad there")
    uses: dict[int, _Use] = {}
    with nonfinite.watch():
        try:
            _capturing.parameters = uses
            call = RecordedCall(f, (), args, kwargs)
        finally:
            _capturing.parameters = None
        result, position = call.result, call.position(call.result)
        call.close()
        value = result.value if isinstance(result, Recorded) else result
        scalar = np.ndim(value) == 0 and not np.iscomplexobj(value)
        if position >= 0 and scalar:
            nonfinite.check_value(value, call.entries)
            call.pull([(position, one(value))])
    return Tape(value, uses, scalar)


def params(*objects: Any) -> list[Param]:
    """All parameters inside some objects, each once, in the order in which they are found.

    Searched are containers (lists, tuples, dicts, sets, dataclasses) and the attributes of any
    other object. Source: Knet's `params`.
    """
    return list(_found(objects, set()))


def _found(nest: Any, seen: set[int]) -> Iterator[Param]:
    if id(nest) in seen or isinstance(nest, type | np.ndarray | str | bytes):
        return
    seen.add(id(nest))
    if isinstance(nest, Param):
        yield nest
    elif isinstance(nest, Mapping):
        for child in nest.values():
            yield from _found(child, seen)
    elif isinstance(nest, list | tuple | set | frozenset):
        for child in nest:
            yield from _found(child, seen)
    else:
        for child in _attributes(nest):
            yield from _found(child, seen)


def _attributes(thing: Any) -> list[Any]:
    """What an object holds: its __dict__, its slots, the closure and arguments of a function."""
    children = list(getattr(thing, "__dict__", {}).values())
    for kind in type(thing).__mro__:
        slots = vars(kind).get("__slots__", ())
        names = (slots,) if isinstance(slots, str) else slots
        children += [getattr(thing, name) for name in names if hasattr(thing, name)]
    for cell in getattr(thing, "__closure__", None) or ():
        children += _contents(cell)
    return children


def _contents(cell: Any) -> list[Any]:
    """What a cell of a closure holds, if anything."""
    try:
        return [cell.cell_contents]
    except ValueError:  # empty
        return []
