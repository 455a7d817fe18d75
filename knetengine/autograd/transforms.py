"""The gradient of a function, as a function."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from knetengine.autograd import nonfinite
from knetengine.autograd.observing import observer
from knetengine.autograd.primitives import Function
from knetengine.autograd.recorded import Recorded
from knetengine.autograd.recorded_call import RecordedCall, name_of_function
from knetengine.device_arrays import DeviceArray


def grad(f: Function, argnum: int | tuple[int, ...] = 0) -> Function:
    """The function that computes the gradient of `f` with respect to argument `argnum`.

    f: a function whose result is a single number.
    argnum: the position of the argument, or a tuple of positions (the result is then a tuple).

    The argument may be an array, a Python number, or any nesting of list, tuple, named tuple,
    dict and dataclass of them. The gradient has the same containers; each leaf has the shape and
    dtype of its parameter, zeros where the result does not depend on it. The gradient of a Python
    number is a float. Anything else inside a container (strings, None, bools, functions) is a
    constant and has the gradient None.

    A complex parameter z = x + iy has the gradient df/dx - i df/dy (the convention of HIPS autograd
    and JAX): step against its conjugate.

    Raises TypeError if the argument cannot have a gradient (integers) or if the result is not a
    single real number.

        grad(lambda x: x**3)(2.0) == 12.0
    """
    argnums = argnum if isinstance(argnum, tuple) else (argnum,)

    @functools.wraps(f)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        gradients = _differentiate(f, argnums, args, kwargs)[1]
        return gradients if isinstance(argnum, tuple) else gradients[0]

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


def _differentiate(
    f: Function, argnums: tuple[int, ...], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, tuple[Any, ...]]:
    """The value of f and its gradients; recorded ones inside another gradient, else plain."""
    with nonfinite.watch():
        call = RecordedCall(f, argnums, args, kwargs)
        result = call.result
        try:
            check_scalar(f, result)
            position = call.position(result)
            if position >= 0 and not call.nested:
                nonfinite.check_value(result.value, call.tape)
        finally:
            call.close()
        seeds = [(position, one(result.value))] if position >= 0 else []
        gradients = call.pull(seeds)
    if type(result) is Recorded and not result.tape:
        result = result.value
    if observer.enabled and not call.nested:
        observer.note(f, argnums, result, gradients)
    return result, gradients


def one(value: Any) -> Any:
    """The gradient of a number by itself, of its kind."""
    if isinstance(value, float | np.generic):
        return type(value)(1)
    if isinstance(value, DeviceArray):
        return np.ones_like(value)
    return np.asarray(value).dtype.type(1)


def check_scalar(f: Function, result: Any) -> None:
    """Raise TypeError if the result of f is not a single real number."""
    shape = getattr(result, "shape", None)
    if (shape == () and result.dtype.kind != "c") or isinstance(result, int | float):
        return
    if shape == () or isinstance(result, complex):
        raise TypeError(
            f"the gradient needs a real number, but {name_of_function(f)} returned a complex one; "
            "take its np.abs, or np.real"
        )
    if shape is not None:
        raise TypeError(
            f"the gradient needs a single number, but {name_of_function(f)} returned an array of "
            f"shape {shape}; sum it, or take np.mean"
        )
    advice = "; is a return statement missing?" if result is None else ""
    raise TypeError(
        f"the gradient needs a single number, but {name_of_function(f)} returned a "
        f"{type(result).__name__}{advice}"
    )
