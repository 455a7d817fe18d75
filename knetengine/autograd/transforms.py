"""The gradient of a function, as a function."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from knetengine.autograd.backward import walk_back, walk_back_recording, zeros
from knetengine.autograd.containers import Rebuild, flatten, paths
from knetengine.autograd.primitives import Function, defvjp, primitive_of
from knetengine.autograd.recorded import MIXED, Recorded
from knetengine.autograd.tape import Tape, note_statistics, recording


def grad(f: Function, argnum: int | tuple[int, ...] = 0) -> Function:
    """The function that computes the gradient of `f` with respect to argument `argnum`.

    f: a function whose result is a single number.
    argnum: the position of the argument, or a tuple of positions (the result is then a tuple).

    The argument may be an array, a Python number, or any nesting of list, tuple, named tuple,
    dict and dataclass of them. The gradient has the same containers; each leaf has the shape and
    dtype of its parameter, zeros where the result does not depend on it. The gradient of a Python
    number is a float. Anything else inside a container (strings, None, bools, functions) is a
    constant and has the gradient None.

    Raises TypeError if the argument cannot have a gradient (integers, complex) or if the result
    is not a single number.

        grad(lambda x: x**3)(2.0) == 12.0
    """
    value_and_gradient = value_and_grad(f, argnum)

    @functools.wraps(f)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        return value_and_gradient(*args, **kwargs)[1]

    return gradient


def value_and_grad(
    f: Function, argnum: int | tuple[int, ...] = 0
) -> Callable[..., tuple[Any, Any]]:
    """The function that computes ``(f(...), gradient)`` in one go; see `grad`."""
    argnums = argnum if isinstance(argnum, tuple) else (argnum,)

    @functools.wraps(f)
    def value_and_gradient(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        value, gradients = _differentiate(f, argnums, args, kwargs)
        return value, gradients if isinstance(argnum, tuple) else gradients[0]

    return value_and_gradient


class _Parameter(NamedTuple):
    """An argument taken apart: what stands for each of its leaves while `f` runs."""

    stand_ins: list[Any]
    rebuild: Rebuild


def _differentiate(
    f: Function, argnums: tuple[int, ...], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, tuple[Any, ...]]:
    """The value of f and its gradients; recorded ones inside another gradient, else plain."""
    enclosing = recording.tape
    tape: Tape = [] if enclosing is None else enclosing
    first = len(tape)
    try:
        recording.tape = tape
        parameters = [_start(f, number, args, tape) for number in argnums]
        count = len(tape) - first
        arguments = list(args)
        for number, parameter in zip(argnums, parameters, strict=True):
            arguments[number] = parameter.rebuild(iter(parameter.stand_ins))
        result = f(*arguments, **kwargs)
        recording.tape = enclosing
        slots = _gradients(f, result, tape, first, count, keep=enclosing is not None)
    finally:
        recording.tape = enclosing
        if enclosing is None:
            tape.clear()
    value = result
    if type(result) is Recorded and not result.tape:
        value = result.value
    return value, _gather(parameters, slots, first)


def _start(f: Function, number: int, args: tuple[Any, ...], tape: Tape) -> _Parameter:
    """Put the leaves of one argument on the tape."""
    try:
        argument = args[number]
    except IndexError:
        raise TypeError(
            f"the gradient of {_name(f)} with respect to argument {number} needs that argument "
            f"by position, but it was called with {len(args)} positional argument(s)"
        ) from None
    leaves, rebuild = flatten(argument)
    stand_ins: list[Any] = []
    for position, leaf in enumerate(leaves):
        kind = type(leaf)
        inputs: tuple[int, ...] = ()
        if kind is np.ndarray and leaf.dtype.kind == "f":  # most of them
            pass
        elif kind is Recorded:
            if leaf.tape is tape:
                inputs = (leaf.index,)
            elif leaf.tape:
                raise RuntimeError(MIXED)
            leaf = leaf.value
        elif kind is int:
            leaf = float(leaf)
        elif kind is not float and not (_is_array(leaf) and leaf.dtype.kind == "f"):
            if leaf is argument or _is_array(leaf):
                where = list(paths(argument))[position]
                raise TypeError(_no_gradient(f, f"argument {number}{where}", leaf))
            stand_ins.append(leaf)
            continue
        stand_ins.append(Recorded(leaf, len(tape), tape))
        tape.append((_PARAMETER, inputs, (leaf,) if inputs else (), {}, leaf))
    return _Parameter(stand_ins, rebuild)


def parameter(value: Any) -> Any:
    """The first entries of a gradient: its parameters (the identity, inside another gradient)."""
    return value


_PARAMETER = primitive_of(parameter)
defvjp(parameter, lambda g, y, value: g)


def _is_array(leaf: Any) -> bool:
    return hasattr(leaf, "dtype") and hasattr(leaf, "shape") and not isinstance(leaf, type)


def _no_gradient(f: Function, where: str, leaf: Any) -> str:
    if not _is_array(leaf):
        return (
            f"cannot take the gradient of {_name(f)} with respect to {where}: it is a "
            f"{type(leaf).__name__}; expected an array or number of floats, or a list, tuple, "
            "dict or dataclass of them"
        )
    advice = {
        "c": "complex numbers are not supported; take real and imaginary parts apart",
        "O": "stack its rows into one float array, or use a list of arrays",
    }.get(leaf.dtype.kind, "use floats: x.astype(np.float32)")
    return (
        f"cannot take the gradient of {_name(f)} with respect to {where}: it is an array of "
        f"dtype {leaf.dtype}, shape {leaf.shape}; {advice}"
    )


def _gradients(
    f: Function, result: Any, tape: Tape, first: int, count: int, keep: bool
) -> list[Any]:
    """Walk back from the result: one gradient, or None, for each parameter entry."""
    _check_scalar(f, result)
    if type(result) is not Recorded or result.tape is not tape or result.index < first:
        if not keep:
            note_statistics(tape)
        return [None] * count
    gradient: Any = _one(result.value)
    if keep:
        return walk_back_recording(tape, first, count, result.index, gradient)
    note_statistics(tape)
    entries = tape[: result.index + 1]
    tape.clear()  # closed before the rules run: nothing can be recorded on it from here on
    return walk_back(entries, count, gradient)


def _one(value: Any) -> Any:
    return 1.0 if type(value) is float else np.ones_like(value)[()]


def _check_scalar(f: Function, result: Any) -> None:
    shape = getattr(result, "shape", None)
    if shape == () or isinstance(result, int | float):
        return
    if shape is not None:
        raise TypeError(
            f"the gradient needs a single number, but {_name(f)} returned an array of shape "
            f"{shape}; sum it, or take np.mean"
        )
    advice = "; is a return statement missing?" if result is None else ""
    raise TypeError(
        f"the gradient needs a single number, but {_name(f)} returned a "
        f"{type(result).__name__}{advice}"
    )


def _gather(parameters: list[_Parameter], slots: list[Any], first: int) -> tuple[Any, ...]:
    """Each argument's gradient, in its own containers, no two leaves sharing memory."""
    seen: set[int] = set()
    gradients: list[Any] = []
    for stand_ins, rebuild in parameters:
        leaves: list[Any] = []
        for stand_in in stand_ins:
            if type(stand_in) is not Recorded:
                leaves.append(None)
                continue
            gradient = _finished(slots[stand_in.index - first], stand_in.value)
            if type(gradient) is np.ndarray:
                if gradient.base is not None or id(gradient) in seen:
                    gradient = gradient.copy()
                seen.add(id(gradient))
            leaves.append(gradient)
        gradients.append(rebuild(iter(leaves)))
    return tuple(gradients)


def _finished(gradient: Any, value: Any) -> Any:
    """The gradient as the caller gets it: zeros for None, an array for an array only."""
    if gradient is None:
        return zeros(value)
    if isinstance(value, np.ndarray) and isinstance(gradient, np.generic):
        return np.asarray(gradient)
    if isinstance(value, np.generic) and isinstance(gradient, np.ndarray):
        return gradient[()]
    return gradient


def _name(f: Function) -> str:
    return getattr(f, "__name__", None) or repr(f)
