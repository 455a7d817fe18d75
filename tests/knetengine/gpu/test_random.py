"""The generator of random numbers: the same on every device, and what it says it is."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.stats

from knetengine import training
from knetengine.gpu import KnetArray, random
from knetengine.gpu.random import Generator
from knetengine.training.state import captured, restore

ROOT = Path(__file__).parents[3]

Make = Callable[..., Generator]


@pytest.fixture
def make(device: str) -> Make:
    return partial(Generator, device=device)


FLOATS = (np.float16, np.float32, np.float64)

DRAWS: dict[str, Callable[[Generator], KnetArray]] = {
    **{
        f"{name} {np.dtype(dtype)}": partial(
            lambda g, draw, dtype: draw(g, dtype), draw=draw, dtype=dtype
        )
        for dtype in FLOATS
        for name, draw in (
            ("random", lambda g, dtype: g.random((3, 1001), dtype)),
            ("uniform", lambda g, dtype: g.uniform(-2, 5.5, 999, dtype)),
            ("standard_normal", lambda g, dtype: g.standard_normal(4002, dtype)),
            ("normal", lambda g, dtype: g.normal(3, 0.1, [2, 3], dtype)),
        )
    },
    "a number": lambda g: g.random(),
    "none": lambda g: g.normal(size=(0, 3)),
    "integers": lambda g: g.integers(10, size=(40, 5)),
    "small integers": lambda g: g.integers(3, 7, 501, np.uint8, endpoint=True),
    "all integers": lambda g: g.integers(-(2**63), 2**63, 77),
    "integers of 32 bits": lambda g: g.integers(-5, 2**31, 100, "i"),
    "permutation": lambda g: g.permutation(3000),
    "permutation of one": lambda g: g.permutation(1),
    "permutation of none": lambda g: g.permutation(0),
}


@pytest.mark.parametrize("name", DRAWS)
def test_they_are_the_cpu_s_numbers_to_the_last_bit(name: str, make: Make, device: str) -> None:
    """Normal ones too: they are sums, products, quotients and roots, each rounded by itself."""
    for seed in (0, 42, 2**64 - 1):
        found = DRAWS[name](make(seed))
        expected = DRAWS[name](Generator(seed, "cpu"))
        assert found.device == device
        assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
        assert np.asarray(found).tobytes() == np.asarray(expected).tobytes()


def test_golden_numbers(make: Make) -> None:
    """Whatever is changed, a seed stays what it was."""
    generator = make(42)
    assert [float(x).hex() for x in generator.random(3)] == [
        "0x1.dfd524ee73abcp-2",
        "0x1.5d0acf5c4afd4p-2",
        "0x1.4ee9b3f7f36c8p-2",
    ]  # fmt: skip
    generator.position = 0
    assert [float(x).hex() for x in generator.standard_normal(2, np.float32)] == [
        "-0x1.f0bcb80000000p-1",
        "0x1.8d59d00000000p-3",
    ]  # fmt: skip


def test_kinds_are_numpys_unless_they_are_given(make: Make) -> None:
    ours, numpys = make(1), np.random.default_rng(1)
    for draw in (
        lambda g: g.random(2), lambda g: g.uniform(size=2), lambda g: g.standard_normal((2, 3)),
        lambda g: g.normal(1.0, 2.0, 2), lambda g: g.integers(5, size=3),
        lambda g: g.permutation(4), lambda g: g.random(2, np.float32),
        lambda g: g.integers(0, 9, 2, np.uint8),
    ):  # fmt: skip
        found, like = draw(ours), draw(numpys)
        assert type(found) is KnetArray
        assert (found.shape, found.dtype) == (like.shape, like.dtype)
    assert ours.random().shape == ()


def test_two_draws_differ_and_go_on_from_the_position(make: Make) -> None:
    generator = make(5)
    first, second = generator.random(100), generator.random(100)
    assert generator.position == 2
    assert (np.asarray(first) != np.asarray(second)).all()
    np.testing.assert_array_equal(make(5, position=1).random(100), second)
    assert make().seed != make().seed
    assert Generator(5, "cpu").position == 0


def test_what_was_not_drawn_does_not_count(make: Make) -> None:
    generator = make(5)
    for wrong in (lambda: generator.random(-1), lambda: generator.integers(3, 3)):
        with pytest.raises(ValueError, match="expected"):
            wrong()
    assert generator.position == 0


# What the numbers are; of these seeds, once and for all


def test_uniform_numbers_fill_their_range(make: Make) -> None:
    found = np.asarray(make(7).uniform(-3, 5, 50_000))
    assert -3 <= found.min() < -2.999
    assert 4.999 < found.max() <= 5
    assert abs(found.mean() - 1) < 0.03
    assert abs(found.var() - 64 / 12) < 0.05
    counts = np.histogram(found, 64, (-3, 5))[0]
    assert scipy.stats.chisquare(counts).pvalue > 0.001
    assert scipy.stats.kstest((found + 3) / 8, "uniform").pvalue > 0.001


def test_normal_numbers_have_mean_deviation_and_shape(make: Make) -> None:
    found = np.asarray(make(8).normal(2, 3, 50_000, np.float32)).astype(float)
    assert abs(found.mean() - 2) < 0.04
    assert abs(found.std() - 3) < 0.03
    assert abs(scipy.stats.skew(found)) < 0.03
    assert abs(scipy.stats.kurtosis(found)) < 0.07
    assert scipy.stats.kstest((found - 2) / 3, "norm").pvalue > 0.001


def test_whole_numbers_and_permutations_are_as_likely_as_each_other(make: Make) -> None:
    generator = make(9)
    counts = np.bincount(np.asarray(generator.integers(-3, 7, 50_000)) + 3, minlength=10)
    assert scipy.stats.chisquare(counts).pvalue > 0.001
    firsts = [int(generator.permutation(6)[0]) for _ in range(300)]
    assert scipy.stats.chisquare(np.bincount(firsts, minlength=6)).pvalue > 0.001
    many = np.asarray(generator.permutation(5000))
    np.testing.assert_array_equal(np.sort(many), np.arange(5000))
    assert abs(np.corrcoef(many, np.arange(5000))[0, 1]) < 0.04


def test_consecutive_draws_have_nothing_to_do_with_each_other(make: Make) -> None:
    generator = make(10)
    rows = np.stack([np.asarray(generator.random(2000)) for _ in range(12)])
    between = np.corrcoef(rows)[np.triu_indices(12, 1)]
    assert np.abs(between).max() < 0.08
    assert abs(np.corrcoef(rows[:, :-1].ravel(), rows[:, 1:].ravel())[0, 1]) < 0.02


def test_parts_of_an_array_are_shuffled(make: Make, device: str) -> None:
    x = np.arange(40.0).reshape(10, 4)
    k = KnetArray(x, device=device)
    order = np.asarray(make(3).permutation(10))
    np.testing.assert_array_equal(make(3).permutation(k), x[order])
    across = np.asarray(make(3).permutation(4))
    np.testing.assert_array_equal(make(3).permutation(k, axis=1), x[:, across])
    np.testing.assert_array_equal(k, x)


# What is kept


def test_its_state_is_two_numbers_of_any_device(make: Make) -> None:
    generator = make(2**64 - 1)
    generator.random(3)
    state = captured(generator)
    assert state == {"seed": 2**64 - 1, "position": 1}
    other = Generator(1, "cpu")
    assert restore(other, state) is other
    assert (other.seed, other.position, other.device) == (2**64 - 1, 1, "cpu")
    np.testing.assert_array_equal(other.random(9), generator.random(9))


def test_a_checkpoint_keeps_it(make: Make, device: str, tmp_path: Path) -> None:
    generator, w = make(2**64 - 3), KnetArray(np.zeros(3), device=device)
    generator.normal(size=5)
    path = tmp_path / "checkpoint.safetensors"
    training.save(path, {"w": w, "generator": generator})
    expected = np.asarray(generator.random(20))
    again = make(0)
    training.restore(path, w=w, generator=again)
    assert (again.seed, again.device) == (2**64 - 3, device)
    np.testing.assert_array_equal(again.random(20), expected)


# What is refused


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda g: g.random(3, np.int32), "random: dtype is int32; expected float16, float32, fl"),
        (lambda g: g.normal(0, 1, 3, "D"), "normal: dtype is complex128; expected float16"),
        (lambda g: g.integers(3, dtype="f"), "integers: dtype is float32; expected int32, int64"),
        (lambda g: g.permutation([3, 4]), r"permutation: x is a builtins.list; expected a whole"),
        (lambda g: g.permutation(np.ones(2)), r"x is a numpy.ndarray; .*KnetArray\(x\)"),
    ],
)
def test_kinds_that_it_does_not_make(call: Any, words: str, make: Make) -> None:
    with pytest.raises(TypeError, match=words):
        call(make(1))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda g: g.random((2, -1)), r"random: size is \(2, -1\); expected a length or a shape"),
        (lambda g: g.random(2.0), "random: size is 2.0; expected"),
        (lambda g: g.normal(0, -1), "normal: scale is -1; expected a deviation, 0 or more"),
        (lambda g: g.normal(np.nan), "normal: loc is nan; expected a finite number"),
        (lambda g: g.uniform(0, np.ones(3)), "uniform: high is array.*; expected a finite number"),
        (lambda g: g.uniform(-1e308, 1e308), "uniform: high - low is inf; expected a finite"),
        (lambda g: g.integers(5, 5), "integers: from 5 to below 5; expected at least one number"),
        (lambda g: g.integers(0, 300, 2, np.uint8), "and 0 to 255, which uint8 holds"),
        (lambda g: g.integers(0.5, 3), "integers: low is 0.5; expected a whole number"),
        (lambda g: g.permutation(-1), "permutation: x is -1; expected 0 or more"),
    ],
)
def test_numbers_that_do_not_do(call: Any, words: str, make: Make) -> None:
    with pytest.raises(ValueError, match=words):
        call(make(1))


@pytest.mark.parametrize("wrong", [-1, 2**64, 1.0, "1"])
def test_seeds_that_do_not_do(wrong: Any) -> None:
    with pytest.raises(ValueError, match=rf"Generator: seed is {wrong!r}; expected a whole numb"):
        Generator(wrong, "cpu")
    with pytest.raises(ValueError, match="Generator: position is"):
        Generator(1, "cpu", position=wrong)


def test_an_array_of_another_device_is_not_shuffled(simulated: str) -> None:
    with pytest.raises(TypeError, match="permutation: x is on cpu, and the generator on simulat"):
        Generator(1, simulated).permutation(KnetArray([1, 2], device="cpu"))


def test_the_page_s_example_prints_what_it_says() -> None:
    page = (ROOT / "docs" / "devices.md").read_text()
    section = page.partition("## Random numbers")[2].partition("\n## ")[0]
    code = re.findall(r"```python\n(.*?)```", section, re.S)[0]
    lines: list[str] = []
    exec(code, {"print": lambda *things: lines.append(" ".join(map(str, things)))})
    said = re.findall(r"print\(.*?\)  # (.*)", code)
    assert lines
    assert lines == said
    assert random.Generator is Generator
