"""Compare gradients with differences."""

from collections.abc import Callable
from typing import Any

import numpy as np

from knetengine.autograd.containers import flatten, paths
from knetengine.autograd.transforms import value_and_grad


def gradcheck(
    f: Callable[..., Any],
    *args: Any,
    argnum: int | tuple[int, ...] = 0,
    samples: int = 10,
    seed: int | None = None,
    step: float = 1e-5,
    rtol: float = 1e-5,
    atol: float = 1e-7,
    verbose: bool = False,
    **kwargs: Any,
) -> bool:
    """Whether `grad` of f agrees with central differences, in the spirit of Knet's gradcheck.

    f: any function of floating arrays; a result that is not a single number is multiplied by
        fixed random numbers and summed, as in Knet.
    args, kwargs: its arguments; every floating leaf is used, and checked, as float64.
    samples: how many entries of each array are tried (all of a smaller array).
    seed: for the choice of entries; None chooses anew.
    step: of the differences, relative to entries larger than 1.
    rtol, atol: an entry agrees if ``|gradient - difference| <= atol * scale + rtol * |difference|``
        where scale is the magnitude of f's value, at least 1 (a difference loses that much).
    verbose: print the worst entry of each parameter. Without it nothing is printed.

    Returns True or False; raises what f or `grad` raises.
    """
    generator = np.random.default_rng(seed)
    argnums = argnum if isinstance(argnum, tuple) else (argnum,)
    doubled = list(args)
    for number in argnums:
        doubled[number] = _map(_as_float64, args[number])
    loss = _scalar(f, generator)
    value, gradients = value_and_grad(loss, argnums)(*doubled, **kwargs)
    scale = max(1.0, abs(float(value)))
    agrees = True
    for number, gradient in zip(argnums, gradients, strict=True):
        leaves, rebuild = flatten(doubled[number])
        slopes = flatten(gradient)[0]
        for position, path in enumerate(paths(args[number])):
            if slopes[position] is None or isinstance(leaves[position], int):
                continue
            worst: tuple[float, str] = (-1.0, "")
            for index in _sampled(np.shape(leaves[position]), samples, generator):
                difference = _difference(
                    lambda nest, n=number: loss(*doubled[:n], nest, *doubled[n + 1 :], **kwargs),
                    leaves,
                    rebuild,
                    position,
                    index,
                    step,
                )
                slope = float(np.asarray(slopes[position])[index])
                tolerance = atol * scale + rtol * abs(difference)
                error = abs(slope - difference)
                ratio = error / tolerance if np.isfinite(error) else np.inf
                if ratio > worst[0]:
                    entry = f"argument {number}{path}{list(index) if index else ''}"
                    worst = (ratio, f"{entry}: gradient {slope:.9g}, difference {difference:.9g}")
            agrees = agrees and worst[0] <= 1.0
            if verbose and worst[1]:
                verdict = "agrees" if worst[0] <= 1.0 else "DIFFERS"
                print(f"{verdict} (the worst entry) {worst[1]}")
    return agrees


def _map(convert: Callable[[Any], Any], nest: Any) -> Any:
    leaves, rebuild = flatten(nest)
    return rebuild(iter([convert(leaf) for leaf in leaves]))


def _as_float64(leaf: Any) -> Any:
    floating = isinstance(leaf, np.ndarray | np.floating) and leaf.dtype.kind == "f"
    return np.asarray(leaf, np.float64) if floating else leaf


def _scalar(f: Callable[..., Any], generator: "np.random.Generator") -> Callable[..., Any]:
    """f, or if it returns arrays, their sum weighted with fixed random numbers."""
    weights: dict[tuple[int, ...], Any] = {}

    def loss(*args: Any, **kwargs: Any) -> Any:
        result = f(*args, **kwargs)
        shape = getattr(result, "shape", ())
        if shape == ():
            return result
        if shape not in weights:
            weights[shape] = generator.standard_normal(shape)
        return np.sum(result * weights[shape])

    return loss


def _sampled(
    shape: tuple[int, ...], samples: int, generator: "np.random.Generator"
) -> list[tuple[int, ...]]:
    size = int(np.prod(shape, dtype=int))
    chosen = generator.choice(size, min(samples, size), replace=False) if size else []
    return [tuple(int(i) for i in np.unravel_index(place, shape)) for place in chosen]


def _difference(
    loss: Callable[[Any], Any],
    leaves: list[Any],
    rebuild: Any,
    position: int,
    index: tuple[int, ...],
    step: float,
) -> float:
    """The central difference of the loss along one entry of one leaf."""
    leaf = leaves[position]
    entry = float(np.asarray(leaf)[index])
    h = step * max(1.0, abs(entry))

    def value(at: float) -> float:
        moved: Any = at
        if isinstance(leaf, np.ndarray):
            moved = leaf.copy()
            moved[index] = at
        return float(loss(rebuild(iter([*leaves[:position], moved, *leaves[position + 1 :]]))))

    return (value(entry + h) - value(entry - h)) / (2 * h)
