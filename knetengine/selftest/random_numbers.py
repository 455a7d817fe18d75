"""Random numbers: those of the published generator, by the stated formulas."""

import numpy as np

from knetengine import nn
from knetengine.gpu import KnetArray
from knetengine.gpu.kernels import random
from knetengine.gpu.random import Generator
from knetengine.selftest.checks import Place, check
from knetengine.selftest.comparing import Comparison, on_device

FAMILY = "random numbers"

_MASK = 2**32 - 1
_PUBLISHED = [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
"""Of seed, sequence and counter 0: kat_vectors of Random123 1.14."""


def philox(seed: int, sequence: int, counter: int) -> list[int]:
    """Philox4x32-10, by the paper (Salmon, Moraes, Dror and Shaw 2011, section 4.3)."""
    x = [counter & _MASK, counter >> 32, sequence & _MASK, sequence >> 32]
    key = [seed & _MASK, seed >> 32]
    for _ in range(10):
        first, second = x[0] * 0xD2511F53, x[2] * 0xCD9E8D57
        x = [
            second >> 32 ^ x[1] ^ key[0], second & _MASK, first >> 32 ^ x[3] ^ key[1], first & _MASK
        ]  # fmt: skip
        key = [(key[0] + 0x9E3779B9) & _MASK, (key[1] + 0xBB67AE85) & _MASK]
    return x


@check(FAMILY, "whole numbers, to the last bit")
def _integers(place: Place, comparison: Comparison) -> None:
    comparison.holds("the generator as published", philox(0, 0, 0), _PUBLISHED)
    for seed, sequence in ((0, 0), (2**64 - 1, 5), (0x299F31D0A4093822, 2**63 + 11)):
        blocks = [philox(seed, sequence, counter) for counter in range(70)]
        expected = np.array([b[k] | b[k + 1] << 32 for b in blocks for k in (0, 2)], np.uint64)
        found = place.computed(
            lambda driver, out, a=seed, b=sequence: random.integers(
                driver, out, a, b, -(2**63), 2**63
            ),
            [], (140,), np.int64,
        )  # fmt: skip
        shifted = (expected ^ np.uint64(2**63)).view(np.int64)
        comparison.near(f"seed {seed}, sequence {sequence}", found, shifted)


@check(FAMILY, "uniform numbers, to the last bit")
def _uniform(place: Place, comparison: Comparison) -> None:
    for dtype, bits in ((np.float16, 11), (np.float32, 24)):
        words = [w for k in range(250) for w in philox(9, 4, k)]
        expected = np.array([(w >> (32 - bits)) / 2**bits for w in words])
        found = place.computed(lambda d, out: random.uniform(d, out, 9, 4), [], (1000,), dtype)
        comparison.near(f"{found.dtype}", found, expected.astype(dtype))


@check(FAMILY, "normal numbers, by Box and Muller")
def _normal(place: Place, comparison: Comparison) -> None:
    blocks = [philox(1, 2, k) for k in range(250)]
    pairs = [(b[k] + 1, b[k + 1]) for b in blocks for k in (0, 2)]
    u, v = np.array(pairs, np.longdouble).T / np.longdouble(2) ** 32
    radius, turn = np.sqrt(-2 * np.log(u)), 2 * np.pi * v
    expected = np.stack([radius * np.cos(turn), radius * np.sin(turn)], -1).reshape(-1)
    found = place.computed(lambda d, out: random.normal(d, out, 1, 2), [], (1000,), np.float32)
    comparison.near("float32", found, expected.astype(np.float32), 1e-6, 1e-3)


@check(FAMILY, "a generator's are the CPU's, to the last bit")
def _generator(place: Place, comparison: Comparison) -> None:
    def draw(generator: Generator) -> dict[str, KnetArray]:
        found = {"permutation": generator.permutation(3000)}
        for dtype in (np.float16, np.float32, np.float64):
            name = np.dtype(dtype).name
            found[f"uniform, {name}"] = generator.uniform(-2, 7, 2001, dtype)
            found[f"normal, {name}"] = generator.normal(1, 3, (40, 51), dtype)
        for dtype in (np.int32, np.int64, np.uint8):
            found[f"integers, {np.dtype(dtype).name}"] = generator.integers(3, 99, 501, dtype)
        return found

    for seed in (3, 2**64 - 1):
        expected = draw(Generator(seed, "cpu"))
        for name, found in draw(Generator(seed, place.name)).items():
            on_device(name, found, place.name)
            comparison.near(f"{name}, of seed {seed}", found, expected[name])


@check(FAMILY, "dropout's mask is the CPU's")
def _dropout(place: Place, comparison: Comparison) -> None:
    x = np.ones((400, 50), np.float32)
    expected = nn.dropout(x, 0.5, generator=np.random.default_rng(3))
    found = nn.dropout(place.put(x), 0.5, generator=np.random.default_rng(3))
    comparison.near("nn.dropout", found, np.asarray(expected))
