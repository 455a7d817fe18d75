from typing import Any

import numpy as np
import pytest

from knetengine import grad, gradcheck
from knetengine.autograd import checking, defvjp, primitive
from knetengine.autograd.checking import TOLERANCES


@primitive
def swapped(x: Any) -> Any:
    """sin, whose rule forgets the cosine at large arguments."""
    return np.sin(x)


defvjp(swapped, lambda g, y, x: g * np.where(x > 1, 1.0, np.cos(x)))


@primitive
def bent(x: Any) -> Any:
    """x**3, whose rule is right, but hides its own dependence on x."""
    return x**3


@primitive
def hidden(x: Any) -> Any:
    return 3.0 * x**2


defvjp(bent, lambda g, y, x: g * hidden(x))
defvjp(hidden, lambda g, y, x: 0.0 * g)


@primitive
def conjugated(z: Any) -> Any:
    """exp, whose rule follows the other convention for complex numbers."""
    return np.exp(z)


defvjp(conjugated, lambda g, y, z: g * np.conj(y))


def random(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).standard_normal(shape)


# Reports


def test_a_wrong_rule_is_found_and_named(capsys: pytest.CaptureFixture[str]) -> None:
    w = {"a": np.array([0.1, 0.2]), "b": [np.array([[0.3, 2.0]], np.float32)]}

    def f(w: Any) -> Any:
        return np.sum(swapped(w["a"])) + np.sum(swapped(w["b"][0]))

    # cos(2) = -0.416146837
    differs = (
        "DIFFERS argument 0['b'][0][0, 1]: gradient 1, difference -0.416146837, relative error 1.4"
    )
    assert gradcheck(f, w) is False
    assert capsys.readouterr().out.splitlines() == [differs]
    assert gradcheck(f, w, verbose=True) is False
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("agrees  argument 0['a'][")
    assert second == differs


def test_silence_if_all_agree(capsys: pytest.CaptureFixture[str]) -> None:
    assert gradcheck(np.sin, 1.0) is True
    assert capsys.readouterr().out == ""
    assert gradcheck(np.sin, 1.0, verbose=True) is True
    assert capsys.readouterr().out.startswith("agrees  argument 0: gradient 0.540302306, diff")


@pytest.mark.parametrize("place", [(0, 0, 0), (17, 3, 5), (29, 9, 9)])
def test_one_wrong_entry_of_thousands_is_found(
    place: tuple[int, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    x = np.full((30, 10, 10), 0.5)
    x[place] = 2.0
    assert gradcheck(lambda x: np.mean(swapped(x)), x) is False
    assert f"argument 0{list(place)}: gradient 0.000333" in capsys.readouterr().out


def test_an_error_of_many_entries_is_reported_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    @primitive
    def double(x: Any) -> Any:
        return 2.0 * x

    defvjp(double, lambda g, y, x: g * np.where(np.arange(x.size) % 2, 2.0, 2.0 + 4e-6))
    assert gradcheck(lambda x: np.sum(double(x)), random(5000)) is False
    assert "DIFFERS argument 0[" in capsys.readouterr().out


def test_the_parts_of_a_complex_entry_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    z = np.array([0.5, 1.0 + 2.0j])  # the first is real: nothing wrong is seen of its real part
    assert gradcheck(lambda z: np.sum(np.real(conjugated(z))), z) is False
    # Re exp(1 + iy) = e cos(y): its slope by y is -e sin(2) = -2.47172667
    line = "DIFFERS argument 0[1].imag: gradient 2.47172667, difference -2.47172667"
    assert line in capsys.readouterr().out


# What is checked


def test_arrays_of_results_other_arguments_and_keywords() -> None:
    def f(x: Any, y: Any, *, power: int) -> Any:
        return x**power * y

    x, y = np.array([1.0, 2.0]), np.array([[3.0], [4.0]])
    assert gradcheck(f, x, y, argnum=(0, 1), power=3) is True
    assert gradcheck(f, x, y, argnum=1, power=3, seed=None) is True


def test_numbers_constants_and_float32_parameters() -> None:
    def f(w: Any) -> Any:
        return np.sum(w[0] * w[1]) ** w[3] if w[2] == "x" else None

    assert gradcheck(f, [2.0, np.ones(3, np.float32), "x", 3]) is True


def test_an_integer_alone_is_a_number_and_in_a_container_a_constant() -> None:
    assert gradcheck(swapped, 2) is False
    assert gradcheck(lambda w: np.sum(w[0]) * swapped(w[1] * 1.0), [np.ones(2), 2]) is True


@pytest.mark.parametrize("argument", ["x", None, [3, "x"], {}])
def test_no_parameter_is_an_error(argument: Any) -> None:
    with pytest.raises(TypeError):
        gradcheck(lambda w: 1.0, argument)


def test_results_in_containers_and_complex_ones() -> None:
    z = random(3) + 1j * random(3, seed=1)
    assert gradcheck(lambda z: {"a": (z * z, [np.abs(z)]), "b": np.sum(z), "c": "text"}, z) is True
    assert gradcheck(lambda x: {"a": (x, [swapped(x)])}, np.array([2.0])) is False
    assert gradcheck(lambda x: swapped(x) * 1j, np.array([2.0])) is False
    assert gradcheck(lambda x: swapped(x) * (1 + 1j), 2.0) is False


def test_the_gradient_of_the_gradient(capsys: pytest.CaptureFixture[str]) -> None:
    x = random(2, 3)
    assert gradcheck(bent, x) is True
    assert gradcheck(bent, x, order=2) is False
    assert capsys.readouterr().out.startswith("DIFFERS derivative 2 by argument 0[")
    assert gradcheck(lambda x: x**4, x, order=4) is True
    assert gradcheck(lambda z: np.exp(z) * np.conj(z), x + 1j, order=3) is True


def test_a_gradient_of_another_dtype_is_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def grad_in_float64(f: Any, argnum: Any) -> Any:
        return lambda *args: tuple(np.asarray(g, np.float64) for g in grad(f, argnum)(*args))

    monkeypatch.setattr(checking, "grad", grad_in_float64)
    assert gradcheck(np.sin, np.ones(2)) is True
    assert gradcheck(np.sin, np.ones(2, np.float32)) is False
    line = "DIFFERS argument 0: gradient float64 (2,), parameter float32 (2,)\n"
    assert capsys.readouterr().out == line


# Differences


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: np.sum(x**3), np.zeros(3)),  # as flat as can be
        (np.log, np.array([1e-8, 1e-3])),  # the plain steps leave the domain
        (np.arcsin, np.array([0.9999999])),
        (np.abs, np.array([1e-6, -1e-7])),  # or pass a kink
        (lambda x: np.sum(np.exp(300 * x)), random(3)),
        (lambda x: x * x, 1e6 * random(3)),
        (lambda x: np.sum(x - np.mean(x)), random(100)),  # nothing but rounding errors
        (lambda x: np.mean((x - np.mean(x)) / np.std(x)), random(20, 30)),
        (lambda x: np.sum(np.exp(x.astype(np.float32))), random(3).astype(np.float32)),
        (lambda x: np.sum(np.exp(x.astype(np.float16))), random(3).astype(np.float16)),
        (lambda x: np.linalg.inv(x[:2, :2]), np.eye(3) * 1e-4),
    ],
)
def test_differences_where_one_step_does_not_do(f: Any, x: Any) -> None:
    assert gradcheck(f, x) is True


@pytest.mark.parametrize("size", [4, 40])
@pytest.mark.parametrize("factor", [1e-4, 1.0, 1e3])
@pytest.mark.parametrize("precision", TOLERANCES)
def test_a_wrong_gradient_is_found_at_any_scale(size: int, factor: float, precision: str) -> None:
    error = 4 * TOLERANCES[precision].relative

    @primitive
    def sine(x: Any) -> Any:
        return np.sin(x)

    defvjp(sine, lambda g, y, x: g * np.cos(x) * (1 + error))
    x = random(size).astype(precision)
    assert gradcheck(lambda x: factor * np.sum(sine(x)), x) is False
    assert gradcheck(lambda x: factor * np.sum(np.sin(x)), x) is True


def test_a_kink_does_not_agree() -> None:
    assert gradcheck(lambda x: np.sum(np.where(x > 0, x, 0.0)), np.array([1.0, 0.0])) is False


def test_a_nan_does_not_agree() -> None:
    with np.errstate(invalid="ignore"):
        assert gradcheck(np.sqrt, -1.0) is False


def test_a_function_of_random_numbers_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    generator = np.random.default_rng(0)
    assert gradcheck(lambda x: np.sum(x * generator.random(3)), np.ones(3)) is False
    assert "does it draw random numbers?" in capsys.readouterr().out


def test_arguments_are_left_as_they_are() -> None:
    def f(x: Any) -> Any:
        x *= 2.0
        return np.sum(x * x)

    x = np.asfortranarray(random(3, 2))
    x.setflags(write=False)
    before = x.copy()
    assert gradcheck(f, x) is True
    np.testing.assert_array_equal(x, before)


def test_the_order_in_memory_is_kept() -> None:
    weights = np.arange(6.0)
    x = np.asfortranarray(random(3, 2))
    assert gradcheck(lambda x: np.sum(np.ravel(x, "K") * weights), x) is True
