"""Calling functions on recorded values: primitives, compositions, constants, refusals."""

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from knetengine import array_methods
from knetengine.autograd import array_methods as recorded_methods
from knetengine.autograd import compiled, conversions, recorded
from knetengine.autograd.containers import flatten
from knetengine.autograd.primitives import (
    COMPOSED,
    DIFFERENTIABLE,
    NOT_DIFFERENTIABLE,
    REFUSED,
    Function,
    Primitive,
    name_of,
    primitive_of,
    saved_arguments,
)
from knetengine.autograd.provenance import DOORS, caller, mark_span
from knetengine.autograd.recorded import (
    MIXED,
    Doors,
    Recorded,
    holds_recorded,
    plain,
)
from knetengine.autograd.tape import CONSTANT, Tape, recording
from knetengine.device_arrays import DeviceArray

_ndarray = np.ndarray
_twins: dict[Function, Function] = {}  # of NumPy's functions, as they turn up
_OPERATORS = NDArrayOperatorsMixin.__add__.__code__.co_filename  # of a device's array
DOORS.update(
    (_OPERATORS, __file__, recorded.__file__, array_methods.__file__, recorded_methods.__file__)
)


def record(
    primitive: Primitive, args: tuple[Any, ...], kwargs: dict[str, Any], depth: int = 1
) -> Any:
    """Call a primitive, and write it on the tape if an argument is recorded on an open one.

    depth: how many frames up the call was made; the engine's own doors are passed over.
    Raises TypeError for a keyword without a rule, or a recorded value where no rule can follow.
    """
    if kwargs:
        args, kwargs = _bind(primitive, args, kwargs)
    tape: Tape | None = None
    indices: list[int] = []
    values: list[Any] = []
    constant_arrays = False
    for argument in args:
        if type(argument) is not Recorded:
            if type(argument) is _ndarray or isinstance(argument, DeviceArray):
                constant_arrays = True
            elif isinstance(argument, Recorded):
                return record(primitive, tuple(map(current_of, args)), kwargs, depth + 1)
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
    if constant_arrays:
        _protect_saved(tape, primitive, indices, values)
    index = len(tape)
    code, instruction = caller(depth)
    tape.append((primitive, tuple(indices), tuple(values), kwargs, output, code, instruction))
    if type(output) is not _ndarray and isinstance(output, tuple):
        return _unpacked(output, index, tape, code, instruction)
    return Recorded(output, index, tape)


def current_of(argument: Any) -> Any:
    """A recorded value of the running gradient, for a parameter that turns up in it."""
    if type(argument) is Recorded or not isinstance(argument, Recorded):
        return argument
    current = argument.current()
    return current if type(current) is Recorded else current.value


def _protect_saved(tape: Tape, primitive: Primitive, indices: list[int], values: list[Any]) -> None:
    """Keep the plain arrays that a rule will look at from being written to."""
    saved = saved_arguments(primitive, len(values))
    for index, value, needed in zip(indices, values, saved, strict=False):
        if needed and index < 0 and (type(value) is _ndarray or isinstance(value, DeviceArray)):
            tape.protect(value)


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


def _unpacked(
    output: tuple[Any, ...], index: int, tape: Tape, code: Any, instruction: int
) -> tuple[Any, ...]:
    """Record the results of a primitive that returns several, one entry each."""
    parts: list[Any] = []
    for item, part in enumerate(output):
        parts.append(Recorded(part, len(tape), tape))
        tape.append((_UNPACK, (index,), (output,), {"item": item}, part, code, instruction))
    make = getattr(type(output), "_make", tuple)
    return make(parts)


compiled.bind(Recorded, Primitive, Tape, DeviceArray, _unpacked, _OPERATORS)
Recorded.__array_ufunc__ = compiled.door(Recorded.__array_ufunc__, _twins)


def stop_gradient(value: Any) -> Any:
    """The plain value: a constant for every gradient that is being taken.

    Containers are searched. An array of an open tape comes as a read-only view, for the gradient
    still needs it; a device's array is itself read-only from here on, until the gradient is done.
    """
    leaves, rebuild = flatten(value)
    return rebuild(iter([_constant(leaf) for leaf in leaves]))


def _constant(leaf: Any) -> Any:
    if type(leaf) is Recorded and type(leaf.value) is _ndarray and leaf.tape:
        constant = leaf.value.view()
        constant.setflags(write=False)
        return constant
    if type(leaf) is Recorded and isinstance(leaf.value, DeviceArray) and leaf.tape:
        leaf.tape.protect(leaf.value)
    return plain(leaf)


def primitive(function: Function) -> Function:
    """Make a function one step of the tape; tell its derivative by `defvjp`.

    The function sees plain arrays only, so it may write in place, loop, or call compiled code.
    """
    return _recording_twin(function, primitive_of(function))


def _recording_twin(function: Function, step: Primitive) -> Function:
    """The function that calls a primitive and records it."""

    @functools.wraps(function)
    def call_and_record(*args: Any, **kwargs: Any) -> Any:
        return record(step, args, kwargs, 2)

    twin = compiled.operator(call_and_record, step, function, "call")
    DIFFERENTIABLE[twin] = step
    return twin


def twin_of(function: Function) -> Function | None:
    """What stands for a NumPy function on recorded values; None for a function we don't know."""
    twin = _twins.get(function)
    if twin is None:
        if function in DIFFERENTIABLE:
            twin = _recording_twin(function, DIFFERENTIABLE[function])
        elif function in COMPOSED:
            twin = _composed_twin(function, COMPOSED[function])
        elif function in NOT_DIFFERENTIABLE:
            twin = _constant_twin(function)
        else:
            return None
        _twins[function] = twin
    return twin


def _composed_twin(function: Function, composition: Function) -> Function:
    """The function that calls a composition, and marks what it recorded as made on its behalf."""
    name = name_of(function)

    @functools.wraps(function)
    def twin(*args: Any, **kwargs: Any) -> Any:
        if not holds_recorded(args) and not holds_recorded(kwargs):
            return function(*args, **kwargs)
        tape = recording.tape
        if tape is None:
            return composition(*args, **kwargs)
        since = len(tape)
        result = composition(*args, **kwargs)
        if len(tape) > since:
            mark_span(tape, since, name, *caller(1))
        return result

    return twin


def _constant_twin(function: Function) -> Function:
    fill_later = function in (np.zeros_like, np.ones_like, np.empty_like)

    @functools.wraps(function)
    def twin(*args: Any, **kwargs: Any) -> Any:
        result = function(*plain(args), **plain(kwargs))
        return writable_constant(result) if fill_later else result

    return twin


def call(function: Function, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """A NumPy function of recorded values, by its registry."""
    if kwargs and kwargs.get("out") is not None:
        options = {name: value for name, value in kwargs.items() if name != "out"}
        return Doors.write_out(kwargs["out"], call(function, args, options), name_of(function))
    step = DIFFERENTIABLE.get(function)
    if step is not None:
        return record(step, args, dict(kwargs), 2)
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


def writable_constant(value: Any) -> Any:
    """An array that may be filled by ``a[i] = x`` while a gradient is recorded; else plain."""
    return value if recording.tape is None else Recorded(value, CONSTANT, Tape())


Doors.function = call
cast = primitive(conversions.cast)
python_number = primitive(conversions.python_number)
