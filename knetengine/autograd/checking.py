"""Compare gradients with differences."""

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from knetengine.autograd.containers import flatten, paths
from knetengine.autograd.differences import along, copied
from knetengine.autograd.slopes import Comparison, Tolerance
from knetengine.autograd.transforms import grad, value_and_grad

Function: TypeAlias = Callable[..., Any]

# By the dtype of the parameter (of its parts, if it is complex). Differences are taken in float64
# whatever it is; but a function may round to it on the way, by a cast or in an array that it fills:
# at the largest step, 0.1, that makes an error of ten times the dtype's precision.
TOLERANCES = {
    "float64": Tolerance(1e-6, 1e-9),
    "float32": Tolerance(1e-4, 1e-6),
    "float16": Tolerance(5e-2, 1e-2),
}


def gradcheck(
    f: Function,
    *args: Any,
    argnum: int | tuple[int, ...] = 0,
    samples: int = 10,
    order: int = 1,
    seed: int | None = 0,
    step: float = 1e-5,
    rtol: float | None = None,
    atol: float | None = None,
    verbose: bool = False,
    **kwargs: Any,
) -> bool:
    """Whether `grad` of f agrees with central differences, in the spirit of Knet's gradcheck.

    f: any function of floating or complex arrays. A result that is not a single real number (an
        array, a container, complex) is multiplied by fixed random numbers and summed.
    args, kwargs: its arguments; keywords that f shares with this function need a lambda. Each
        floating leaf of the arguments `argnum` is a parameter; in a container, integers, strings
        and the like are constants. Slopes are compared in float64 or complex128; that gradients
        have the dtype and the shape of their parameters as given is checked as well.
    samples: how many slopes of each parameter are compared: the one along each entry if there are
        no more (a complex entry has two), else those along so many random directions.
    order: 2 to check the gradient of the gradient as well, 3 to go on to its gradient.
    seed: for the directions and the random numbers; None chooses anew.
    step: of the differences, relative to entries larger than 1. Where such a difference disagrees,
        many steps are extrapolated to zero, and the result counts.
    rtol, atol: slopes agree if ``|gradient - difference| <= rtol * |difference| + atol * scale``
        where scale is the magnitude of f's value, divided by that of the entries that are moved
        if it is larger than 1; slopes below 1e-10 count as zero. None takes, by the dtype of the
        parameter:

            float64, complex128, Python numbers    rtol 1e-6, atol 1e-9
            float32, complex64                     rtol 1e-4, atol 1e-6
            float16                                rtol 5e-2, atol 1e-2

    verbose: print a line for each parameter: its worst slope. Without it, only those that disagree
        are printed. Such a line names a single entry that is off, wherever there is one.

    A complex parameter has the gradient dL/dx - i dL/dy; what is compared, and printed, are the
    slopes dL/dx (``.real``) and dL/dy (``.imag``).

    Returns True or False; raises what f or `grad` raises, and TypeError if there is no parameter.
    """
    generator = np.random.default_rng(seed)
    argnums = argnum if isinstance(argnum, tuple) else (argnum,)
    loss = _single_number(f, generator)
    gradients = grad(loss, argnums)(*args, **kwargs)
    parameters = list(_parameters(args, argnums, rtol, atol))
    if not parameters:
        raise TypeError("gradcheck found no parameter: neither an array nor a number of floats")
    findings = list(_wrong_kinds(parameters, gradients))
    loss = _of_parameters(loss, args, argnums, kwargs, parameters)
    everything = tuple(range(len(parameters)))
    for derivative in range(1, order + 1):
        prefix = f"derivative {derivative} by " if derivative > 1 else ""
        findings += _compared(loss, parameters, prefix, samples, step, generator)
        loss = _single_number(grad(loss, everything), generator)
    for finding in findings:
        if verbose or not finding.agrees:
            print(finding.text)
    return all(finding.agrees for finding in findings)


class Finding(NamedTuple):
    """What a line of the report says."""

    agrees: bool
    text: str


class Parameter(NamedTuple):
    """A leaf of the arguments that is checked.

    place: which of the leaves it is.
    name: how to reach it: ``argument 0['w'][1]``.
    given: as the caller gave it.
    """

    place: int
    name: str
    given: Any
    dtype: Any
    tolerance: Tolerance

    @property
    def value(self) -> Any:
        """The same in float64 or complex128."""
        wide = np.result_type(self.dtype, np.float64)
        if isinstance(self.given, np.ndarray):
            return self.given.astype(wide, order="K", copy=False)
        return self.given if isinstance(self.given, float | complex) else wide.type(self.given)


def _parameters(
    args: Sequence[Any], argnums: tuple[int, ...], rtol: float | None, atol: float | None
) -> Iterator[Parameter]:
    """The leaves that have a gradient; an integer only if it is an argument by itself."""
    place = 0
    for number in argnums:
        for path, leaf in zip(paths(args[number]), flatten(args[number])[0], strict=True):
            leaf = float(leaf) if leaf is args[number] and type(leaf) is int else leaf
            dtype = _inexact(leaf)
            if dtype is not None:
                usual = TOLERANCES.get(np.finfo(dtype).dtype.name, TOLERANCES["float64"])
                tolerance = Tolerance(
                    usual.relative if rtol is None else rtol,
                    usual.absolute if atol is None else atol,
                )
                yield Parameter(place, f"argument {number}{path}", leaf, dtype, tolerance)
            place += 1


def _inexact(leaf: Any) -> Any:
    """The dtype of an array or a number of floats, recorded or not; None for anything else."""
    dtype = np.dtype(type(leaf)) if type(leaf) in (float, complex) else getattr(leaf, "dtype", None)
    return dtype if isinstance(dtype, np.dtype) and dtype.kind in "fc" else None


def _wrong_kinds(parameters: Sequence[Parameter], gradients: tuple[Any, ...]) -> Iterator[Finding]:
    """The gradients that have not the shape and the dtype of their parameters."""
    leaves = flatten(list(gradients))[0]
    for parameter in parameters:
        gradient, given = np.asarray(leaves[parameter.place]), np.asarray(parameter.given)
        if gradient.shape != given.shape or gradient.dtype != given.dtype:
            yield Finding(
                False,
                f"DIFFERS {parameter.name}: gradient {gradient.dtype} {gradient.shape}, "
                f"parameter {given.dtype} {given.shape}",
            )


def _of_parameters(
    f: Function,
    args: Sequence[Any],
    argnums: tuple[int, ...],
    kwargs: dict[str, Any],
    parameters: Sequence[Parameter],
) -> Function:
    """f as a function of its parameters alone."""
    leaves, rebuild = flatten([args[number] for number in argnums])

    @functools.wraps(f)
    def of_parameters(*values: Any) -> Any:
        moved = list(leaves)
        for parameter, value in zip(parameters, values, strict=True):
            moved[parameter.place] = value
        arguments = list(args)
        for number, argument in zip(argnums, rebuild(iter(moved)), strict=True):
            arguments[number] = argument
        return f(*arguments, **kwargs)

    return of_parameters


def _single_number(f: Function, generator: "np.random.Generator") -> Function:
    """f, or if its result is not a single real number, the sum of it times random numbers."""
    weights: dict[tuple[int, tuple[int, ...]], Any] = {}

    def weighted(place: int, leaf: Any, dtype: Any) -> Any:
        shape = getattr(leaf, "shape", ())
        if (place, shape) not in weights:
            weights[place, shape] = _random(generator, shape, dtype)
        return np.real(np.sum(leaf * weights[place, shape]))

    @functools.wraps(f)
    def single_number(*args: Any, **kwargs: Any) -> Any:
        result = f(*args, **kwargs)
        dtype = _inexact(result)
        if dtype is not None and dtype.kind == "f" and getattr(result, "shape", ()) == ():
            return result
        terms = [
            weighted(place, leaf, dtype)
            for place, leaf in enumerate(flatten(result)[0])
            if (dtype := _inexact(leaf)) is not None
        ]
        return sum(terms[1:], terms[0]) if terms else result

    return single_number


def _random(generator: "np.random.Generator", shape: tuple[int, ...], dtype: Any) -> Any:
    """Normal random numbers in float64, or in complex128 where the dtype is complex."""
    numbers = generator.standard_normal(shape)
    return numbers + 1j * generator.standard_normal(shape) if dtype.kind == "c" else numbers


def _compared(
    loss: Function,
    parameters: Sequence[Parameter],
    prefix: str,
    samples: int,
    step: float,
    generator: "np.random.Generator",
) -> Iterator[Finding]:
    """The worst slope of each parameter, and whether `loss` returns the same again."""
    values = [parameter.value for parameter in parameters]
    value, gradients = value_and_grad(loss, tuple(range(len(values))))(*values)
    again = float(loss(*map(copied, values)))
    loosest = max(parameter.tolerance for parameter in parameters)
    if not np.isclose(float(value), again, *loosest, equal_nan=True):
        yield Finding(
            False,
            f"DIFFERS {prefix}the function itself: {float(value):.9g} while its gradient was "
            f"taken, {again:.9g} otherwise; does it draw random numbers?",
        )
    for place, (parameter, gradient) in enumerate(zip(parameters, gradients, strict=True)):
        comparison = Comparison(
            line=lambda direction, place=place: along(loss, values, place, direction),
            value=np.asarray(values[place]),
            gradient=np.asarray(gradient),
            scale=abs(float(value)),
            step=step,
            tolerance=parameter.tolerance,
            precision=max(float(np.finfo(kind).eps) for kind in (parameter.dtype, np.float64)),
        )
        worst = comparison.worst(samples, generator)
        if worst is not None:
            verdict = "agrees " if worst.agrees else "DIFFERS"
            yield Finding(worst.agrees, f"{verdict} {prefix}{parameter.name}{worst}")
