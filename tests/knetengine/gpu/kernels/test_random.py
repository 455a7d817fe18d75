"""Random numbers: the published generator's, by the stated formulas, and of the stated shape."""

from typing import Any

import numpy as np
import pytest
import scipy.stats

from knetengine.cpu import random_numbers
from knetengine.gpu.kernels import random
from knetengine.gpu.kernels.operand import Operand
from tests.knetengine.gpu.kernels.board import Board

MASK = 2**32 - 1


def philox(seed: int, sequence: int, counter: int) -> list[int]:
    """Philox4x32-10, by the paper (Salmon, Moraes, Dror and Shaw 2011, section 4.3)."""
    x = [counter & MASK, counter >> 32, sequence & MASK, sequence >> 32]
    key = [seed & MASK, seed >> 32]
    for _ in range(10):
        first, second = x[0] * 0xD2511F53, x[2] * 0xCD9E8D57
        x = [second >> 32 ^ x[1] ^ key[0], second & MASK, first >> 32 ^ x[3] ^ key[1], first & MASK]
        key = [(key[0] + 0x9E3779B9) & MASK, (key[1] + 0xBB67AE85) & MASK]
    return x


def draw(
    board: Board, name: str, count: int, letter: str, *arguments: Any, **more: Any
) -> np.ndarray:
    out = board.empty((count,), letter)
    getattr(random, name)(board.driver, out, *arguments, **more)
    return board.get(out)


def words(board: Board, seed: int, sequence: int, counters: int) -> list[int]:
    """All 32-bit words of the first counters, by way of integers of the full range."""
    found = draw(board, "integers", 2 * counters, "l", seed, sequence, -(2**63), 2**63)
    whole = [int(n) + 2**63 for n in found]
    return [w for n in whole for w in (n & MASK, n >> 32)]


def test_the_oracle_gives_the_published_answers() -> None:
    """From kat_vectors of Random123 1.14."""
    assert philox(0, 0, 0) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    full = 2**64 - 1
    assert philox(full, full, full) == [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]
    assert philox(0x299F31D0A4093822, 0x0370734413198A2E, 0x85A308D3243F6A88) == [
        0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1,
    ]  # fmt: skip


@pytest.mark.parametrize("seed", [0, 1, 2**32, 2**64 - 1, 0x299F31D0A4093822])
@pytest.mark.parametrize("sequence", [0, 5, 2**63 + 11])
def test_numbers_are_the_generator_s(board: Board, seed: int, sequence: int) -> None:
    expected = [w for counter in range(70) for w in philox(seed, sequence, counter)]
    assert words(board, seed, sequence, 70) == expected


BITS = {"e": 11, "f": 24, "d": 53}


def shares(seed: int, sequence: int, count: int, letter: str) -> np.ndarray:
    """The uniform numbers below 1 that a type gets, exactly."""
    if letter == "d":
        blocks = [philox(seed, sequence, k) for k in range(-(-count // 2))]
        whole = [b[k] | b[k + 1] << 32 for b in blocks for k in (0, 2)]
        return np.array([(w >> 11) / 2**53 for w in whole])[:count]
    blocks = [philox(seed, sequence, k) for k in range(-(-count // 4))]
    return np.array([(w >> (32 - BITS[letter])) / 2 ** BITS[letter] for b in blocks for w in b])[
        :count
    ]


@pytest.mark.parametrize("letter", "efd")
@pytest.mark.parametrize("count", [1, 2, 3, 5, 1000])
def test_uniform_numbers_have_all_bits_of_their_type(board: Board, count: int, letter: str) -> None:
    expected = shares(9, 4, count, letter)
    found = draw(board, "uniform", count, letter, 9, 4)
    np.testing.assert_array_equal(found, expected.astype(letter))
    found = draw(board, "uniform", count, letter, 9, 4, low=-2.5, high=3.0)
    np.testing.assert_array_equal(found, (-2.5 + 5.5 * expected).astype(letter))


def test_uniform_numbers_never_reach_1(board: Board) -> None:
    for letter in "ef":
        found = draw(board, "uniform", 100_000, letter, 3, 0)
        assert found.min() >= 0
        assert found.max() < 1


@pytest.mark.parametrize("letter", "efd")
@pytest.mark.parametrize("count", [1, 2, 3, 7, 999])
def test_normal_numbers_are_box_and_muller_s(board: Board, count: int, letter: str) -> None:
    if letter == "d":
        blocks = [philox(1, 2, k) for k in range(-(-count // 2))]
        pairs = [(((b[0] | b[1] << 32) >> 11) + 1, (b[2] | b[3] << 32) >> 11) for b in blocks]
        u, v = np.array(pairs, np.longdouble).T / np.longdouble(2) ** 53
    else:
        blocks = [philox(1, 2, k) for k in range(-(-count // 4))]
        pairs = [(b[k] + 1, b[k + 1]) for b in blocks for k in (0, 2)]
        u, v = np.array(pairs, np.longdouble).T / np.longdouble(2) ** 32
    radius, turn = np.sqrt(-2 * np.log(u)), 2 * np.pi * v
    expected = np.stack([radius * np.cos(turn), radius * np.sin(turn)], -1).reshape(-1)[:count]
    found = draw(board, "normal", count, letter, 1, 2)
    eps = np.finfo(letter).eps
    np.testing.assert_allclose(found, expected.astype(float), rtol=4 * eps, atol=4 * 2.0**-52)
    shifted = draw(board, "normal", count, letter, 1, 2, mean=10.0, deviation=0.5)
    np.testing.assert_allclose(shifted, 10 + 0.5 * expected.astype(float), rtol=2 * eps, atol=0)


@pytest.mark.parametrize(
    ("letter", "low", "high"),
    [("i", -5, 6), ("i", -(2**31), 2**31), ("l", 0, 3), ("l", -(2**63), -(2**63) + 1),
     ("B", 0, 256), ("B", 7, 8), ("l", 10, 2**40 + 7)],
)  # fmt: skip
def test_integers_are_the_high_half_of_a_product(
    board: Board, letter: str, low: int, high: int
) -> None:
    blocks = [philox(2, 3, k) for k in range(150)]
    whole = [b[k] | b[k + 1] << 32 for b in blocks for k in (0, 2)]
    expected = np.array([low + (w * (high - low) >> 64) for w in whole]).astype(letter)
    found = draw(board, "integers", 299, letter, 2, 3, low, high)
    np.testing.assert_array_equal(found, expected[:299])


def test_all_integers_are_as_likely(board: Board) -> None:
    found = draw(board, "integers", 60_000, "B", 5, 0, 10, 16)
    counts = np.bincount(found, minlength=16)
    assert counts[:10].sum() == 0
    assert scipy.stats.chisquare(counts[10:]).pvalue > 0.001  # of this seed, once and for all


@pytest.mark.parametrize("letter", "efd")
def test_distributions_are_those_that_they_are_called(board: Board, letter: str) -> None:
    uniform = draw(board, "uniform", 20_000, letter, 11, 0).astype(float)
    normal = draw(board, "normal", 20_000, letter, 11, 1).astype(float)
    # float16 has 2048 uniform numbers, whose steps a test of 20000 does not yet see
    assert scipy.stats.kstest(uniform, "uniform").pvalue > 0.001
    assert scipy.stats.kstest(normal, "norm").pvalue > 0.001
    assert abs(np.corrcoef(uniform[:-1], uniform[1:])[0, 1]) < 0.02
    assert abs(np.corrcoef(uniform, normal)[0, 1]) < 0.02


def test_a_number_depends_on_its_place_alone(board: Board) -> None:
    """However many are drawn, and into whatever shape."""
    many = draw(board, "normal", 3001, "f", 7, 7)
    np.testing.assert_array_equal(draw(board, "normal", 17, "f", 7, 7), many[:17])
    out = board.empty((3, 1000), "f")
    random.normal(board.driver, out, 7, 7)
    np.testing.assert_array_equal(board.get(out).reshape(-1), many[:3000])
    other = draw(board, "normal", 3001, "f", 7, 8)
    assert (other != many).mean() > 0.99


@pytest.mark.parametrize("letter", "efd")
def test_they_are_the_cpu_s_to_the_last_bit(board: Board, letter: str) -> None:
    for seed, sequence in ((0, 0), (2**64 - 1, 2**40 + 3)):
        expected = np.empty(1001, letter)
        random_numbers.uniform(expected, seed, sequence, -0.3, 1.7)
        found = draw(board, "uniform", 1001, letter, seed, sequence, low=-0.3, high=1.7)
        assert found.tobytes() == expected.tobytes()
        random_numbers.normal(expected, seed, sequence, 0.1, 3.0)
        found = draw(board, "normal", 1001, letter, seed, sequence, mean=0.1, deviation=3.0)
        assert found.tobytes() == expected.tobytes()


def test_whole_numbers_are_the_cpu_s(board: Board) -> None:
    for letter, low, high in (("i", -7, 2**31), ("l", -(2**63), 2**63), ("B", 3, 256)):
        expected = np.empty(501, letter)
        random_numbers.integers(expected, 11, 5, low, high)
        found = draw(board, "integers", 501, letter, 11, 5, low, high)
        np.testing.assert_array_equal(found, expected)


def test_golden_numbers(board: Board) -> None:
    """Whatever is changed, a seed stays what it was."""
    uniform = draw(board, "uniform", 3, "d", 42, 0)
    assert [float(x).hex() for x in uniform] == [
        "0x1.dfd524ee73abcp-2",
        "0x1.5d0acf5c4afd4p-2",
        "0x1.4ee9b3f7f36c8p-2",
    ]
    normal = draw(board, "normal", 4, "f", 42, 0)
    assert [float(x).hex() for x in normal] == [
        "-0x1.f0bcb80000000p-1",
        "0x1.8d59d00000000p-3",
        "-0x1.3c51a40000000p+0",
        "0x1.ec86760000000p+0",
    ]


def test_nothing_is_drawn_for_nothing(board: Board) -> None:
    assert draw(board, "uniform", 0, "f", 1, 1).shape == (0,)


def test_what_does_not_fit_is_refused(board: Board) -> None:
    with pytest.raises(ValueError, match=r"out is int32, strides .* expected contiguous floats"):
        draw(board, "uniform", 3, "i", 1, 1)
    with pytest.raises(ValueError, match="expected contiguous integers"):
        draw(board, "integers", 3, "f", 1, 1, 0, 3)
    for low, high in ((3, 3), (0, 257), (-1, 4)):
        with pytest.raises(ValueError, match="at least one number, and 0 to 255, which uint8"):
            draw(board, "integers", 3, "B", 1, 1, low, high)
    every_other = board.empty((4,), "f")
    with pytest.raises(ValueError, match="expected contiguous"):
        random.normal(
            board.driver, Operand(every_other.address, (2,), (8,), every_other.dtype), 1, 1
        )
