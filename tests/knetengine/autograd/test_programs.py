"""Whole programs, as users write them: plain Python around NumPy, compared with differences."""

import functools
import itertools
import threading
from collections import namedtuple
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import knetengine.numpy as kn
from knetengine import grad, gradcheck, hessian, jacobian, stop_gradient, value_and_grad

RNG = np.random.default_rng(0)
X = RNG.standard_normal((4, 3))
V = RNG.standard_normal(3)
SQUARE = RNG.standard_normal((3, 3))


# Python around the arrays


def newton_root(a: Any) -> Any:
    """A loop whose length depends on the values."""
    x = a
    while abs(x * x - a) > 1e-12:
        x = 0.5 * (x + a / x)
    return x


def recursion(x: Any, depth: int = 5) -> Any:
    return np.sum(x) if depth == 0 else recursion(np.sin(x) * x, depth - 1)


def branches(x: Any) -> Any:
    total = 0.0
    for value in x:
        if value > 0:
            total += value**2
        else:
            total -= 3.0 * value
    return total


def list_of_an_item(x: Any) -> Any:
    """AutoGrad.jl lost this gradient silently (its issue 127)."""
    b = [x[0], x[1]]
    return np.sum(np.stack([b[1], b[0] * b[1]]))


def comprehension_and_generator(x: Any) -> Any:
    squares = {i: v * v for i, v in enumerate(x)}
    return sum(v * i for i, v in squares.items()) + sum(np.exp(v) for v in x)


def reduced(x: Any) -> Any:
    return functools.reduce(lambda a, b: a * np.cos(b), x, 1.0)


def star_unpacking(x: Any) -> Any:
    first, *rest = x
    return first * sum(rest) + max(x) * min(x)


def accumulated(x: Any) -> Any:
    return sum(itertools.accumulate(x, lambda a, b: 0.5 * a + b))


def exceptions(x: Any) -> Any:
    try:
        return np.sum(x @ np.ones((7, 7)))
    except ValueError:
        return np.sum(x**3)


def sorted_by_value(x: Any) -> Any:
    return sum(i * v for i, v in enumerate(sorted(x, key=float)))


def state_machine(x: Any) -> Any:
    def counter() -> Any:
        total = 0.0
        while True:
            total = total + (yield total)

    machine = counter()
    next(machine)
    for value in x:
        result = machine.send(value * value)
    return result


PYTHON = [
    branches,
    recursion,
    list_of_an_item,
    comprehension_and_generator,
    reduced,
    star_unpacking,
    accumulated,
    exceptions,
    sorted_by_value,
    state_machine,
]


@pytest.mark.parametrize("program", PYTHON, ids=lambda f: f.__name__)
def test_python_around_the_arrays(program: Any) -> None:
    assert gradcheck(program, V, order=2)


def test_a_loop_of_unknown_length() -> None:
    assert grad(newton_root)(2.0) == pytest.approx(0.5 / np.sqrt(2.0), rel=1e-9)


def test_parameters_in_any_container() -> None:
    Pair = namedtuple("Pair", "w b")

    @dataclass
    class Model:
        layers: list[Any]
        scale: Any
        name: str

    model = Model([Pair(X.T.copy(), V[0]), {"w": np.ones(4), "unused": np.ones((2, 2))}], 2.0, "m")

    def loss(model: Any) -> Any:
        h = np.tanh(X @ model.layers[0].w + model.layers[0].b)
        return np.sum(h * model.layers[1]["w"]) * model.scale

    gradient = grad(loss)(model)
    assert type(gradient) is Model
    assert type(gradient.layers[0]) is Pair
    assert gradient.name is None
    assert not gradient.layers[1]["unused"].any()
    assert gradcheck(loss, model)


def test_the_same_array_twice_has_two_gradients() -> None:
    w = np.ones(3)
    first, second = grad(lambda p: np.sum(p[0] * 2.0) + np.sum(p[1] * 3.0))([w, w])
    assert (first[0], second[0]) == (2.0, 3.0)
    assert first is not second


def test_threads_have_tapes_of_their_own() -> None:
    results: dict[int, Any] = {}

    def work(number: int) -> None:
        def f(x: Any) -> Any:
            for _ in range(200):
                x = np.sin(x) + number * 0.01
            return np.sum(x)

        results[number] = grad(f)(V)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(4):
        found = results[number]
        work(number)
        np.testing.assert_array_equal(found, results[number])


# Models


def softmax(x: Any) -> Any:
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def attention(x: Any) -> Any:
    q, k, v = x @ SQUARE, x @ SQUARE.T, x * 2.0
    return np.sum((softmax(q @ k.T / np.sqrt(3.0)) @ v) ** 2)


def lstm(x: Any) -> Any:
    def sigm(a: Any) -> Any:
        return 1.0 / (1.0 + np.exp(-a))

    weights = np.concatenate([SQUARE] * 4, axis=1)
    h = c = np.zeros(3)
    for row in x:
        i, f, o, g = np.split((row + h) @ weights, 4)
        c = sigm(f) * c + sigm(i) * np.tanh(g)
        h = sigm(o) * np.tanh(c)
    return np.sum(h**2)


def convolution_by_slices(x: Any) -> Any:
    patches = [x[i : i + 2, j : j + 2].ravel() for i in range(3) for j in range(2)]
    return np.sum(np.tanh(np.stack(patches) @ np.arange(4.0)))


def batch_normalisation(x: Any) -> Any:
    normal = (x - np.mean(x, axis=0)) / np.sqrt(np.var(x, axis=0) + 1e-5)
    return np.sum(normal**3)


def gaussian_process(x: Any) -> Any:
    distances = np.sum((x[:, None] - x[None]) ** 2, axis=-1)
    cholesky = np.linalg.cholesky(np.exp(-0.5 * distances) + 0.1 * np.eye(4))
    weights = np.linalg.solve(cholesky, np.arange(4.0))
    return 0.5 * np.sum(weights**2) + np.sum(np.log(np.diag(cholesky)))


def kalman_filter(x: Any) -> Any:
    state, covariance, cost = np.zeros(3), np.eye(3), 0.0
    for observed in x:
        covariance = SQUARE @ covariance @ SQUARE.T + 0.1 * np.eye(3)
        gain = covariance @ np.linalg.inv(covariance + np.eye(3))
        error = observed - SQUARE @ state
        state = SQUARE @ state + gain @ error
        covariance = (np.eye(3) - gain) @ covariance
        cost = cost + error @ error
    return cost


def runge_kutta(x: Any) -> Any:
    def slope(y: Any) -> Any:
        return np.sin(y @ SQUARE) - 0.1 * y

    for _ in range(5):
        k1 = slope(x)
        k2 = slope(x + 0.05 * k1)
        k3 = slope(x + 0.05 * k2)
        k4 = slope(x + 0.1 * k3)
        x = x + 0.1 / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return np.sum(x**2)


def sinkhorn(x: Any) -> Any:
    plan = np.exp(-(x**2))
    for _ in range(5):
        plan = plan / np.sum(plan, axis=1, keepdims=True)
        plan = plan / np.sum(plan, axis=0, keepdims=True)
    return np.sum(plan * x)


def alignment_by_dynamic_programming(x: Any) -> Any:
    table = kn.zeros((5, 4))
    table[0] = np.arange(4.0)
    table[:, 0] = np.arange(5.0)
    for i in range(1, 5):
        for j in range(1, 4):
            best = np.logaddexp(table[i - 1, j], table[i, j - 1])
            table[i, j] = np.logaddexp(best, table[i - 1, j - 1]) - x[i - 1, j - 1] ** 2
    return table[4, 3]


def spectrum(x: Any) -> Any:
    return np.sum(np.abs(np.fft.rfft(x, axis=0)) ** 2 * np.arange(3.0)[:, None])


def fft_convolution(x: Any) -> Any:
    kernel = np.fft.fft(V, 8)
    return np.sum(np.real(np.fft.ifft(np.fft.fft(x[:, 0], 8) * kernel)) ** 3)


def power_iteration(x: Any) -> Any:
    matrix, vector = x.T @ x + np.eye(3), np.ones(3)
    for _ in range(20):
        vector = matrix @ vector
        vector = vector / np.linalg.norm(vector)
    return vector @ matrix @ vector


def largest_eigenvalue(x: Any) -> Any:
    return np.linalg.eigvalsh(x.T @ x + np.eye(3))[-1]


MODELS = [
    attention,
    lstm,
    convolution_by_slices,
    batch_normalisation,
    gaussian_process,
    kalman_filter,
    runge_kutta,
    sinkhorn,
    alignment_by_dynamic_programming,
    spectrum,
    fft_convolution,
    power_iteration,
    largest_eigenvalue,
]


@pytest.mark.parametrize("program", MODELS, ids=lambda f: f.__name__)
def test_models(program: Any) -> None:
    assert gradcheck(program, X)
    assert gradcheck(lambda x: np.sum(grad(program)(x) ** 2), X, rtol=1e-5)


def test_power_iteration_finds_the_largest_eigenvalues_gradient() -> None:
    np.testing.assert_allclose(grad(power_iteration)(X), grad(largest_eigenvalue)(X), atol=1e-4)


@pytest.mark.parametrize("program", [attention, batch_normalisation, runge_kutta, sinkhorn])
def test_float32_programs_stay_float32(program: Any) -> None:
    def f(x: Any) -> Any:
        value = program(x)
        return value

    single = X.astype(np.float32)
    assert grad(f)(single).dtype == np.float32
    np.testing.assert_allclose(grad(f)(single), grad(f)(X), rtol=1e-2, atol=1e-3)


def test_newtons_method_by_the_hessian() -> None:
    """Logistic regression to convergence in a few steps."""
    labels = np.array([1.0, -1.0, 1.0, -1.0])

    def loss(w: Any) -> Any:
        return np.sum(np.logaddexp(0.0, -labels * (X @ w))) + 0.1 * np.sum(w**2)

    w = np.zeros(3)
    for _ in range(8):
        w = w - np.linalg.solve(hessian(loss)(w), grad(loss)(w))
    np.testing.assert_allclose(grad(loss)(w), 0.0, atol=1e-10)


def test_implicit_differentiation_of_a_fixed_point() -> None:
    def step(x: Any, a: Any) -> Any:
        return np.cos(x) * a

    def fixed_point(a: Any) -> Any:
        x = stop_gradient(a)
        for _ in range(200):
            x = step(x, stop_gradient(a))
        return x

    a = 0.8
    x = fixed_point(a)
    by_x, by_a = grad(step, 0)(x, a), grad(step, 1)(x, a)
    unrolled = grad(lambda a: functools.reduce(lambda x, _: step(x, a), range(200), 0.5))(a)
    assert unrolled == pytest.approx(by_a / (1.0 - by_x), rel=1e-10)


def test_gradient_descent_inside_a_gradient() -> None:
    """The learning rate's own gradient, through ten steps of training."""

    def trained(rate: Any) -> Any:
        w = np.zeros(3)
        for _ in range(10):
            w = w - rate * grad(lambda w: np.mean((X @ w - 1.0) ** 2))(w)
        return np.mean((X @ w - 1.0) ** 2)

    assert gradcheck(trained, 0.05)


def test_slices_of_a_long_array_cost_what_they_hold() -> None:
    """Twice the slices, twice the memory: never an array of zeros for each."""
    import tracemalloc

    def peak(rows: int) -> int:
        x = np.ones((rows, 50))
        gradient = grad(lambda x: sum(np.sum(x[i] * 2.0) for i in range(rows)))
        gradient(x)
        tracemalloc.start()
        gradient(x)
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    small, middle, large = peak(400), peak(800), peak(1600)
    assert large - middle < 3.0 * (middle - small)  # twice if it is linear, four times if squared


def test_values_are_those_of_the_plain_program() -> None:
    for program in MODELS:
        assert value_and_grad(program)(X)[0] == pytest.approx(program(X), rel=1e-12)


def test_a_jacobian_of_a_program_with_writes() -> None:
    def cumulative(x: Any) -> Any:
        y = np.zeros_like(x)
        y[0] = x[0]
        for i in range(1, 3):
            y[i] = y[i - 1] * 0.5 + x[i]
        return y

    expected = np.array([[1.0, 0.0, 0.0], [0.5, 1.0, 0.0], [0.25, 0.5, 1.0]])
    np.testing.assert_allclose(jacobian(cumulative)(V), expected)
    np.testing.assert_allclose(jacobian(cumulative, mode="forward")(V), expected)
