"""Holding a layer's kernels equal to its plain twin."""

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import knetengine.numpy as kn
from knetengine import grad, nn, vjp
from knetengine.autograd.containers import flatten

TOLERANCES = {"f": 2e-4, "d": 1e-9}  # of the largest magnitude


def check_twins(
    layer: Callable[..., Any], *arrays: np.ndarray, wanted: Sequence[int] | None = None
) -> None:
    """Value, first and second derivative of a layer on its kernels and on its twin are equal.

    layer: a function of `arrays`, whose result is an array or a tuple of them.
    wanted: the arguments to differentiate by; all of them by default.
    """
    numbers = tuple(range(len(arrays)) if wanted is None else wanted)
    generator = np.random.default_rng(0)
    shapes = [np.shape(leaf) for leaf in flatten(layer(*arrays))[0]]
    weights = [generator.standard_normal(shape).astype(arrays[0].dtype) for shape in shapes]
    directions = [generator.standard_normal(np.shape(arrays[i])) for i in numbers]

    def loss(*arguments: Any) -> Any:
        leaves = flatten(layer(*arguments))[0]
        return sum(kn.sum(leaf * weight) for leaf, weight in zip(leaves, weights, strict=True))

    def slope(*arguments: Any) -> Any:
        gradients = grad(loss, numbers)(*arguments)
        pairs = zip(gradients, directions, strict=True)
        return sum(kn.sum(g * d.astype(arrays[0].dtype)) for g, d in pairs)

    def everything() -> list[Any]:
        value, pull = vjp(layer, *arrays)
        first = grad(loss, numbers)(*arrays)
        again = pull(_as_gradient(value, weights))
        second = grad(slope, numbers)(*arrays)
        pulled = [again[number] for number in numbers]
        return flatten([layer(*arrays), value, first, pulled, second])[0]

    with nn.reference(True):
        expected = everything()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = everything()
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected, strict=True):
        ours, theirs = np.asarray(ours), np.asarray(theirs)
        assert ours.shape == theirs.shape
        assert ours.dtype == theirs.dtype
        scale = max(1.0, float(np.max(np.abs(theirs), initial=0.0)))
        difference = float(np.max(np.abs(ours - theirs), initial=0.0))
        assert difference <= TOLERANCES[arrays[0].dtype.char] * scale


def _as_gradient(value: Any, weights: list[Any]) -> Any:
    return flatten(value)[1](iter(weights))
