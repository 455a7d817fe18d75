"""Optimiser updates of many arrays in one launch, against the rules written out in float64."""

from typing import Any

import numpy as np
import pytest

from knetengine.gpu.kernels.layers import optimisers
from knetengine.gpu.kernels.layers.optimisers import RULES
from tests.knetengine.gpu.kernels.board import Board
from tests.knetengine.gpu.kernels.layers.agreement import TOLERANCE

CONSTANTS: dict[str, tuple[float, ...]] = {
    "sgd": (0.1, 0.01),
    "momentum": (0.1, 0.01, 0.9),
    "nesterov": (0.1, 0.01, 0.9),
    "adagrad": (0.1, 0.01, 1e-6),
    "rmsprop": (0.1, 0.01, 0.9, 1e-6),
    "adadelta": (1.0, 0.01, 0.9, 1e-6),
    "adam": (0.01, 0.02, 0.9, 0.999, 1e-8, 1 - 0.9**3, 1 - 0.999**3, 0.004),
}


def step(rule: str, w: Any, g: Any, state: list[Any], p: tuple[float, ...]) -> None:
    """One step in place; equations of the papers that `knetengine.optim` names."""
    d = g + p[1] * w
    match rule:
        case "sgd":
            w -= p[0] * d
        case "momentum":
            state[0][...] = p[2] * state[0] + p[0] * d
            w -= state[0]
        case "nesterov":
            before = state[0].copy()
            state[0][...] = p[2] * before - p[0] * d
            w += -p[2] * before + (1 + p[2]) * state[0]
        case "adagrad":
            state[0] += d * d
            w -= p[0] * d / np.sqrt(state[0] + p[2])
        case "rmsprop":
            state[0][...] = p[2] * state[0] + (1 - p[2]) * d * d
            w -= p[0] * d / np.sqrt(state[0] + p[3])
        case "adadelta":
            state[0][...] = p[2] * state[0] + (1 - p[2]) * d * d
            change = d * np.sqrt(state[1] + p[3]) / np.sqrt(state[0] + p[3])
            state[1][...] = p[2] * state[1] + (1 - p[2]) * change**2
            w -= p[0] * change
        case _:
            state[0][...] = p[2] * state[0] + (1 - p[2]) * d
            state[1][...] = p[3] * state[1] + (1 - p[3]) * d * d
            w -= p[7] * w + p[0] * (state[0] / p[5]) / (np.sqrt(state[1] / p[6]) + p[4])


SHAPES: list[Any] = [(7,), (), (3, 300), (0, 4), (1,), (2, 3, 4), (1000,)]


@pytest.mark.parametrize("letter", "fd")
@pytest.mark.parametrize("count", [1, 7, 64, 65, 130])
@pytest.mark.parametrize("rule", RULES)
def test_all_arrays_are_updated_in_one_launch(
    board: Board, monkeypatch: pytest.MonkeyPatch, rule: str, count: int, letter: str
) -> None:
    rng = np.random.default_rng(count)
    shapes = [SHAPES[k % len(SHAPES)] for k in range(count)]
    slots = RULES[rule].slots
    draw: Any = lambda shape: np.asarray(rng.standard_normal(shape)).astype(letter)  # noqa: E731
    w = [draw(s) for s in shapes]
    states = [[np.asarray(np.abs(draw(s))) for _ in range(slots)] for s in shapes]
    there = [board.put(a) for a in w]
    states_there = [[board.put(a) for a in state] for state in states]
    w, states = [a.astype(float) for a in w], [[a.astype(float) for a in s] for s in states]
    launches: list[Any] = []
    real = board.driver.launch
    monkeypatch.setattr(
        board.driver, "launch", lambda *a, **k: (launches.append(a), real(*a, **k))[1]
    )
    for _ in range(2):
        g = [draw(s) for s in shapes]
        optimisers.update(
            board.driver, rule, there, [board.put(a) for a in g], states_there, CONSTANTS[rule],
            scratch=board.scratch,
        )  # fmt: skip
        for a, b, state in zip(w, g, states, strict=True):
            step(rule, a, b.astype(float), state, CONSTANTS[rule])
    assert len(launches) == 2
    for a, state, array, arrays in zip(w, states, there, states_there, strict=True):
        bound = 20 * TOLERANCE[letter]
        np.testing.assert_allclose(board.get(array), a, rtol=bound, atol=bound)
        for s, found in zip(state, arrays, strict=True):
            np.testing.assert_allclose(board.get(found), s, rtol=bound, atol=bound)


def test_nothing_to_update_launches_nothing(board: Board) -> None:
    class Refusing:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError(name)

    empty = board.put(np.zeros((0, 3), "f"))
    for arrays in ([], [empty]):
        optimisers.update(
            Refusing(), "sgd", arrays, arrays, [[]] * len(arrays), (0.1, 0.0),  # pyright: ignore
            scratch=board.scratch,
        )  # fmt: skip


def test_what_does_not_fit_is_refused(board: Board) -> None:
    f, d = board.put(np.zeros(3, "f")), board.put(np.zeros(3, "d"))

    def update(rule: str, w: Any, g: Any, states: Any, constants: Any) -> None:
        optimisers.update(board.driver, rule, w, g, states, constants, scratch=board.scratch)

    with pytest.raises(ValueError, match="sgd takes 2 constants, 3 were given"):
        update("sgd", [f], [f], [[]], (1, 2, 3))
    with pytest.raises(ValueError, match="adam has 2 arrays of state, not 1"):
        update("adam", [f], [f], [[f]], CONSTANTS["adam"])
    with pytest.raises(ValueError, match="parameters are float32 and float64"):
        update("sgd", [f, d], [f, d], [[], []], (1, 2))
    with pytest.raises(ValueError, match=r"g has shape \(2,\); expected \(3,\)"):
        update("sgd", [f], [board.put(np.zeros(2, "f"))], [[]], (1, 2))
    with pytest.raises(KeyError, match="lion"):
        update("lion", [f], [f], [[]], (1, 2))
