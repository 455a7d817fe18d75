"""The cart and its pole: are they physics, and does a policy learn to balance them?"""

import re
import runpy
from typing import Any

import numpy as np
import pytest

from knetengine import gradcheck
from tests.examples.running import EXAMPLES, as_script, figures, ran, same_bytes, whole_and_killed

SOLVED = 195  # of 200 steps, in Gym's CartPole-v0
LINE = re.compile(r"\(:epoch,\d+,:trn,[\d.]+,:tst,[\d.]+\)")
GRAVITY, CART, POLE, HALF = 9.8, 1.0, 0.1, 0.5


@pytest.fixture(scope="module")
def example() -> dict[str, Any]:
    """The names of the example."""
    return runpy.run_path(str(EXAMPLES / "reinforce.py"))


def energy(s: np.ndarray) -> np.ndarray:
    """Of the cart and of a thin rod, which turns about its end: m (2 l)^2 / 3."""
    _, v, angle, spin = s.T
    inertia = POLE * (2 * HALF) ** 2 / 3
    moving = (CART + POLE) * v**2 / 2 + POLE * HALF * v * spin * np.cos(angle)
    return moving + inertia * spin**2 / 2 + POLE * GRAVITY * HALF * np.cos(angle)


def momentum(s: np.ndarray) -> np.ndarray:
    return (CART + POLE) * s[:, 1] + POLE * HALF * s[:, 3] * np.cos(s[:, 2])


@pytest.fixture
def states() -> np.ndarray:
    """Carts and poles in all positions, also far beyond those of an episode."""
    draw = np.random.default_rng(1)
    return draw.uniform(-1, 1, (200, 4)) * [2.0, 3.0, np.pi, 4.0]


def test_a_step_is_that_of_gym(example: dict[str, Any]) -> None:
    """Gymnasium's CartPole-v1 after reset(seed=42) and a push to the right, as it prints them."""
    before = np.array([[0.0273956, -0.00611216, 0.03585979, 0.0197368]])
    after = [[0.02727336, 0.18847767, 0.03625453, -0.26141977]]
    assert example["move"](before, np.array([10.0])) == pytest.approx(np.array(after), abs=2e-8)


def test_energy_and_momentum_change_by_the_force_alone(
    example: dict[str, Any], states: np.ndarray
) -> None:
    seconds = 1e-6
    for force in (np.zeros(200), np.full(200, 10.0), np.full(200, -10.0)):
        after = example["move"](states, force, seconds)
        power = (energy(after) - energy(states)) / seconds
        assert power == pytest.approx(force * states[:, 1], abs=1e-3)
        pushed = (momentum(after) - momentum(states)) / seconds
        assert pushed == pytest.approx(force, abs=1e-3)


def test_left_is_the_mirror_of_right(example: dict[str, Any], states: np.ndarray) -> None:
    force = np.full(200, 10.0)
    assert np.array_equal(example["move"](-states, -force), -example["move"](states, force))


def test_an_episode_ends_when_the_pole_is_down_or_the_cart_out(example: dict[str, Any]) -> None:
    tilt = np.radians(12)
    s = np.zeros((6, 4))
    s[:4, 2] = [tilt - 1e-6, tilt + 1e-6, -tilt + 1e-6, -tilt - 1e-6]
    s[4:, 0] = [2.41, -2.39]
    assert example["stands"](s).tolist() == [True, False, True, False, False, True]
    generator = np.random.default_rng(3)
    w = example["weights"](generator, 8, np.float64)
    states, push, alive = example["episodes"](w, 30, generator)
    assert states.shape == (*push.shape, 4) == (*alive.shape, 4)
    assert alive[0].all()
    for t in range(1, len(alive)):  # who has fallen does not stand up, who has not goes on
        assert np.array_equal(alive[t], alive[t - 1] & example["stands"](states[t]))
        force = np.where(push[t - 1], 10.0, -10.0)
        assert np.array_equal(states[t], example["move"](states[t - 1], force))
    assert example["length"](alive) == alive.sum(0).mean()
    assert 15 < example["length"](alive) < 32  # pushed at random, as without a policy


def test_advantages_are_discounted_returns_over_those_of_the_same_step(
    example: dict[str, Any],
) -> None:
    alive = np.array([[1, 1], [1, 1], [1, 0]], bool)  # episodes of 3 steps and of 2
    returns = np.array([1.75, 1.5, 1.5, 1.0, 1.0])
    above = np.array([0.125, -0.125, 0.25, -0.25, 0.0])
    assert example["advantages"](alive, 0.5) == pytest.approx(above / returns.std(), abs=1e-7)
    assert not example["advantages"](alive, 0.0).any()  # all steps are worth the same
    nobody_falls = example["advantages"](np.ones((200, 7), bool), 0.99)
    assert nobody_falls == pytest.approx(np.zeros(1400), abs=1e-12)


def test_the_gradient_is_that_of_the_policy(example: dict[str, Any]) -> None:
    draw = np.random.default_rng(2)
    w = [draw.standard_normal(shape) for shape in ((4, 5), 5, (5, 2), 2)]
    s, push = draw.standard_normal((9, 4)), draw.integers(2, size=9)
    advantage = draw.standard_normal(9)
    assert gradcheck(example["loss"], w, s, push, advantage)
    scores = example["predict"](w, s)
    chances = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    expected = -np.mean(advantage * np.log(chances[np.arange(9), push]))
    assert example["loss"](w, s, push, advantage) == pytest.approx(expected, rel=1e-12)


def test_the_default_options_balance_the_pole() -> None:
    done = as_script("reinforce", "--seed", "1")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Balance a pole on a cart")
    assert lines[1] == (
        "opts=(:seed,1)(:epochs,10)(:updates,10)(:batchsize,50)(:hidden,64)(:lr,0.01)(:gamma,0.99)"
        '(:atype,"Array{Float32}")(:fast,false)'
    )
    assert all(LINE.fullmatch(line) for line in lines[2:])
    found = figures(done.stdout)
    assert list(found) == list(range(11))
    assert 15 < found[0]["trn"] < 32
    assert found[10]["trn"] >= SOLVED
    assert found[10]["tst"] >= SOLVED


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 11))
def test_ten_seeds_balance_the_pole(seed: int) -> None:
    """All of the seeds 1 to 20 did: at least 199.7 in training, 200 by the best pushes."""
    found = ran("reinforce", "--seed", str(seed))
    assert min(found[epoch]["trn"] for epoch in range(5, 11)) >= SOLVED
    assert found[10]["tst"] >= SOLVED


def test_a_killed_run_goes_on_to_the_byte() -> None:
    assert same_bytes(*whole_and_killed("reinforce", "--seed", "5", "--epochs", "4"))


def test_a_seed_is_repeated_and_fast_prints_the_time_alone() -> None:
    options = ("--epochs", "1", "--updates", "3", "--batchsize", "10", "--seed")
    first, again, other = (as_script("reinforce", *options, seed).stdout for seed in "778")
    assert first == again
    assert figures(first) != figures(other)
    done = as_script("reinforce", *options, "7", "--fast")
    assert re.fullmatch(r" *\d+\.\d{6} seconds\n", done.stdout)


def test_a_wrong_option_is_named() -> None:
    done = as_script("reinforce", "--gama", "0.9")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("reinforce: ")
    assert "Did you mean --gamma?" in done.stderr
    assert done.stderr.count("\n") == 1
