"""Dropout, and the generator that it draws from."""

from typing import Any

import numpy as np

import knetengine.numpy as kn
from knetengine.autograd import defvjp, primitive
from knetengine.autograd.tape import recording
from knetengine.device_arrays import DeviceArray
from knetengine.nn import checks
from knetengine.nn.reference import compute, kernels_take


class _State:
    """The generator of this process."""

    generator = np.random.default_rng()


def seed(number: int | np.random.Generator) -> None:
    """Start the generator that `dropout` draws from anew, so that what follows can be repeated.

    number: a seed, or a generator, from which `dropout` then draws along with its owner.
    Source: Knet's setseed.
    """
    _State.generator = np.random.default_rng(number)


def in_training(training: bool | None) -> bool:
    """Whether a layer that differs in training is in training: inside a gradient, unless told."""
    return recording.tape is not None if training is None else training


def random_numbers(key: int, like: Any) -> Any:
    """As many numbers below 2**64 as `like` has entries, by the generator SplitMix64.

    Source: Steele, Lea and Flood 2014.
    """
    z = np.arange(1, like.size + 1, dtype=np.uint64, like=like)
    z *= np.uint64(0x9E3779B97F4A7C15)
    z += np.uint64(key)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@primitive
def _dropped(x: Any, key: int, p: float) -> Any:
    """Linear in x; the same key makes the same mask, so that nobody need keep it."""
    threshold, scale = min(round(p * 2.0**64), 2**64 - 1), 1.0 / (1.0 - p)
    if kernels_take(x):
        from knetengine.cpu.dropout import dropout as drop

        return compute(drop, x, key, threshold, scale)
    if isinstance(x, DeviceArray) and x.host is None:  # which has no uint64
        return x.call_layer("dropout", x, key, threshold, scale)
    kept = (random_numbers(key, x) >= np.uint64(threshold)).reshape(x.shape)
    return x * (kept * x.dtype.type(scale))


defvjp(_dropped, lambda g, y, x, key, p: _dropped(g, key, p), None, None)


def dropout(
    x: Any,
    p: float,
    *,
    generator: np.random.Generator | None = None,
    training: bool | None = None,
) -> Any:
    """In training set each entry to 0 with probability p, and divide the others by 1 - p.

    x: any shape, float32 or float64.
    p: from 0, which gives x itself, to 1, which gives zeros.
    generator: what to draw from; by default one that `seed` starts anew. One number is drawn for
        each call; the mask is made from it.
    training: None for inside a gradient only; otherwise x itself is returned.

    `checkpoint` runs its function twice, and there the masks would differ: give it a generator
    that is made inside. Raises TypeError for another dtype, ValueError for another p. Source:
    Srivastava et al. 2014; Knet's dropout.
    """
    if not 0 <= p <= 1:
        raise ValueError(f"dropout: p is {p!r}; expected a probability, from 0 to 1")
    checks.floats("dropout", x=x)
    if p == 0 or not in_training(training):
        return x
    if p == 1:
        return kn.zeros_like(x)
    draw = _State.generator if generator is None else generator
    return _dropped(x, int(draw.integers(0, 2**64, dtype=np.uint64)), float(p))
