"""grad and value_and_grad: what they take, what they give back, how they nest and fail."""

import math
import threading
from collections import OrderedDict, namedtuple
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from knetengine import grad, value_and_grad
from knetengine.autograd import defvjp, primitive

Layer = namedtuple("Layer", "weight bias")


@dataclass(frozen=True)
class Model:
    layers: list[Layer]
    scale: float
    name: str = "mlp"
    repeats: int = 2
    activation: Any = field(default=np.tanh)

    def __call__(self, x: Any) -> Any:
        for layer in self.layers:
            for _ in range(self.repeats):
                x = self.activation(x @ layer.weight + layer.bias)
        return x * self.scale


def model(dtype: Any = np.float32) -> Model:
    generator = np.random.default_rng(0)
    layers = [
        Layer(generator.normal(size=(3, 3)).astype(dtype), np.zeros(3, dtype)) for _ in range(2)
    ]
    return Model(layers, 0.5)


# Numbers


def test_a_python_number_has_a_python_gradient() -> None:
    assert grad(lambda x: x**3)(2.0) == 12.0
    assert type(grad(lambda x: x**3)(2.0)) is float
    assert type(grad(lambda x: x**3)(2)) is float
    assert type(grad(lambda x: np.sum(x * np.ones(3, np.float32)))(2.0)) is float
    assert type(grad(lambda x: 1.0)(2.0)) is float


def test_value_and_gradient_are_plain() -> None:
    value, gradient = value_and_grad(lambda x: x * x)(3.0)
    assert (value, gradient) == (9.0, 6.0)
    assert (type(value), type(gradient)) == (float, float)


def test_a_python_number_is_weak() -> None:
    """NEP 50: a float parameter times a float32 array stays float32."""
    x = np.ones(3, np.float32)
    seen = []
    value, gradient = value_and_grad(lambda w: seen.append((w * x).dtype) or (w * x).sum())(2.0)
    assert seen == [np.float32]
    assert value.dtype == np.float32
    assert (type(gradient), gradient) == (float, 3.0)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (1,), (2, 3), (0,)])
def test_an_array_has_a_gradient_of_its_dtype_and_shape(dtype: Any, shape: Any) -> None:
    x = np.ones(shape, dtype)
    gradient = grad(lambda x: np.sum(2 * x / 4))(x)
    assert type(gradient) is np.ndarray
    assert (gradient.dtype, gradient.shape) == (dtype, shape)
    np.testing.assert_array_equal(gradient, np.full(shape, 0.5))


def test_a_numpy_scalar_has_a_numpy_scalar_gradient() -> None:
    gradient = grad(lambda x: x * x)(np.float32(3))
    assert type(gradient) is np.float32
    assert gradient == 6
    assert type(grad(lambda x: np.sum(x[None]))(np.float32(3))) is np.float32


# Containers


def test_the_gradient_has_the_containers_of_the_parameters() -> None:
    parameter = model()
    x = np.ones((2, 3), np.float32)
    gradient = grad(lambda m: np.mean(m(x)))(parameter)
    assert type(gradient) is Model
    assert type(gradient.layers) is list
    assert type(gradient.layers[0]) is Layer
    assert gradient.layers[1].weight.dtype == np.float32
    assert gradient.layers[1].weight.shape == (3, 3)
    assert type(gradient.scale) is float
    assert gradient.name is None
    assert gradient.activation is None
    assert type(gradient.repeats) is float


def test_dicts_keep_their_type_and_order() -> None:
    w = OrderedDict(b=1.0, a={"c": (2.0, [3.0]), "none": None, "flag": True})
    gradient = grad(lambda w: w["b"] * w["a"]["c"][0] * w["a"]["c"][1][0])(w)
    assert gradient == OrderedDict(b=6.0, a={"c": (3.0, [2.0]), "none": None, "flag": None})
    assert type(gradient) is OrderedDict


leaves = st.floats(-3, 3) | st.none() | st.text(max_size=2)
nests = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


def squares(nest: Any) -> Any:
    if isinstance(nest, dict):
        return sum((squares(v) for v in nest.values()), 0.0)
    if isinstance(nest, list | tuple):
        return sum((squares(v) for v in nest), 0.0)
    return 0.0 if nest is None or isinstance(nest, str) else nest * nest


def doubled(nest: Any) -> Any:
    if isinstance(nest, dict):
        return {k: doubled(v) for k, v in nest.items()}
    if isinstance(nest, list | tuple):
        return type(nest)(doubled(v) for v in nest)
    return None if nest is None or isinstance(nest, str) else 2 * nest


@given(nests)
def test_any_nest_comes_back(nest: Any) -> None:
    assert grad(squares)([nest]) == [doubled(nest)]


def test_several_arguments() -> None:
    f = grad(lambda x, y, z: x * y * z, (0, 2))
    assert f(2.0, 3.0, 4.0) == (12.0, 6.0)
    assert grad(lambda x, y: x * y, 1)(2.0, 3.0) == 2.0
    assert grad(lambda x, y: x * y, -1)(2.0, 3.0) == 2.0


def test_gradients_do_not_share_memory() -> None:
    a, b = grad(lambda x, y: np.sum(x + y), (0, 1))(np.ones(3), np.ones(3))
    a[0] = 7.0
    assert b[0] == 1.0


def test_a_parameter_without_influence_has_zeros() -> None:
    w = [np.ones((2, 2), np.float32), 1.0, np.float32(1)]
    gradient = grad(lambda w: 3.0)(w)
    np.testing.assert_array_equal(gradient[0], np.zeros((2, 2)))
    assert gradient[0].dtype == np.float32
    assert gradient[1:] == [0.0, 0.0]
    assert grad(lambda x, y: y * y)(2.0, 3.0) == 0.0


def test_the_result_may_be_a_parameter() -> None:
    assert grad(lambda x, y: x, (0, 1))(2.0, 3.0) == (1.0, 0.0)
    assert grad(lambda x, y: y, (0, 1))(2.0, 3.0) == (0.0, 1.0)
    assert grad(lambda x: grad(lambda y, z: y, (0, 1))(x, 2.0)[0] * x)(3.0) == 1.0


# Nesting


def test_nested_gradients_see_captured_variables() -> None:
    """Whether to record is decided by the enclosing gradients, not by the argument."""
    assert grad(lambda x: x * grad(lambda y: x + y)(2.0))(1.0) == 1.0
    assert grad(lambda x: x * grad(lambda y: x * y)(2.0))(3.0) == 6.0
    assert grad(lambda x: x * grad(lambda y: x * y * y)(x))(3.0) == 54.0
    inner = grad(lambda x: grad(lambda y: grad(lambda z: x * y * z * z)(y))(x))
    assert inner(2.0) == 16.0
    mixed = grad(lambda x: grad(lambda y: np.sin(x) * np.exp(y))(0.0))(0.7)
    assert mixed == pytest.approx(math.cos(0.7), rel=1e-15)


def test_derivatives_one_to_four_agree_with_sympy() -> None:
    x = sympy.Symbol("x")
    expression: Any = x**3 * sympy.sin(x)
    derivative: Any = lambda x: x**3 * np.sin(x)  # noqa: E731
    for _ in range(4):
        derivative, expression = grad(derivative), sympy.diff(expression, x)
        assert derivative(1.3) == pytest.approx(float(expression.subs(x, 1.3)), rel=1e-12)


def test_the_inner_value_is_recorded_and_the_outer_plain() -> None:
    def f(x: Any) -> Any:
        value, gradient = value_and_grad(lambda y: y**3)(x)
        return value * gradient  # 3 x**5

    assert value_and_grad(f)(2.0) == (96.0, 240.0)


def test_nested_gradients_of_containers_and_arrays() -> None:
    w = {"a": np.array([1.0, 2.0]), "b": 3.0}

    def norm_of_gradient(w: Any) -> Any:
        g = grad(lambda w: np.sum(w["a"] ** 3) * w["b"])(w)
        return np.sum(g["a"] * g["a"]) + g["b"]

    gradient = grad(norm_of_gradient)(w)  # sum 9 a^4 b^2 + sum a^3
    np.testing.assert_allclose(gradient["a"], 36 * w["a"] ** 3 * 9 + 3 * w["a"] ** 2)
    assert gradient["b"] == pytest.approx(18 * 17 * 3)


def test_float32_survives_the_second_order() -> None:
    x = np.ones(3, np.float32)
    gradient = grad(lambda x: np.sum(grad(lambda x: np.mean(np.tanh(x) ** 2))(x)))(x)
    assert gradient.dtype == np.float32


def test_a_rule_may_take_a_gradient_itself() -> None:
    """Recomputing in the rule, as checkpoints do: on a tape of its own, or recorded if nested."""

    def f(x: Any) -> Any:
        return np.sum(np.tanh(x) * x)

    @primitive
    def recomputed(x: Any) -> Any:
        return f(x)

    defvjp(recomputed, lambda g, y, x: g * grad(f)(x))
    x = np.arange(3.0)
    for loss in (lambda h: lambda x: h(x) ** 2, lambda h: lambda x: np.sum(grad(h)(x) ** 2)):
        np.testing.assert_allclose(grad(loss(recomputed))(x), grad(loss(f))(x), rtol=1e-12)


def test_a_failing_inner_gradient_leaves_the_outer_one_intact() -> None:
    def broken(y: Any) -> Any:
        raise ArithmeticError

    def f(x: Any) -> Any:
        with pytest.raises(ArithmeticError):
            grad(broken)(x)
        return x * x

    assert grad(f)(3.0) == 6.0


# Closed tapes and threads


def test_a_value_that_outlived_its_gradient_is_a_constant() -> None:
    state = [np.ones(2)]

    def loss(w: Any) -> Any:
        state[0] = np.tanh(w * state[0])
        return np.sum(state[0])

    w = np.array([0.5, -0.5])
    grad(loss)(w)
    kept = state[0].value
    expected = grad(lambda w: np.sum(np.tanh(w * kept)))(w)
    np.testing.assert_array_equal(grad(loss)(w), expected)


@pytest.mark.parametrize(
    "use",
    [
        lambda old, new: old * new,
        lambda old, new: new * old,
        lambda old, new: np.multiply(old, new),
        lambda old, new: np.where(True, old * new, old),
        lambda old, new: (old + 0.0) * new,
        lambda old, new: -old * -new,
        lambda old, new: 1.0 * old * new,
        lambda old, new: old[()] * new,
        lambda old, new: np.sum(old) * new,
    ],
)
def test_every_way_in_treats_an_old_value_as_a_constant(use: Any) -> None:
    leaked: list[Any] = []
    grad(lambda x: leaked.append(x * 3.0) or x)(np.array(1.0))
    assert grad(lambda y: use(leaked[0], y))(np.array(2.0)) == 3.0
    assert type(use(leaked[0], 2.0)) is not type(leaked[0])


def test_an_old_value_may_be_the_argument_or_the_result() -> None:
    leaked: list[Any] = []
    grad(lambda x: leaked.append(x) or x)(4.0)
    assert grad(lambda y: y * y)(leaked[0]) == 8.0
    assert value_and_grad(lambda y: leaked[0])(1.0) == (4.0, 0.0)


def test_the_tape_is_closed_when_the_function_raises() -> None:
    leaked: list[Any] = []

    def f(x: Any) -> Any:
        leaked.append(x)
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        grad(f)(1.0)
    assert leaked[0].tape == []
    assert grad(lambda x: x * x)(2.0) == 4.0


def test_two_threads_take_gradients_at_once() -> None:
    barrier = threading.Barrier(2)
    results: dict[int, list[float]] = {0: [], 1: []}

    def work(number: int) -> None:
        def f(x: Any) -> Any:
            barrier.wait()
            y = x
            for _ in range(20):
                y = y * x
            barrier.wait()
            return y + grad(lambda z: z * x)(1.0)

        for _ in range(10):
            results[number].append(grad(f)(1.0 + number * 0.5))

    threads = [threading.Thread(target=work, args=(n,)) for n in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {0: [22.0] * 10, 1: [21 * 1.5**20 + 1] * 10}


def test_values_of_two_threads_do_not_mix() -> None:
    errors: list[BaseException] = []

    def f(x: Any) -> Any:
        def other() -> None:
            for inner in (lambda y: x * y, lambda y: np.add(y, x), lambda y: grad(np.sin)(x) * y):
                try:
                    grad(inner)(1.0)
                except RuntimeError as error:
                    errors.append(error)

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        return x

    assert grad(f)(1.0) == 1.0
    assert len(errors) == 3
    assert "different threads" in str(errors[0])


# Errors say what to do


def wanted(x: Any) -> Any:
    return x


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        (np.arange(3), r"wanted with respect to argument 0: .* dtype int64, shape \(3,\); use flo"),
        (np.ones(2, bool), "dtype bool"),
        (np.array([None]), "one float array, or use a list"),
        ({"a": [1.0, np.arange(2)]}, r"argument 0\['a'\]\[1\]: it is an array of dtype int64"),
        (Layer(1.0, Model([], 1.0, name=np.arange(3))), r"argument 0\[1\]\.name: "),
        ("text", "it is a str; expected an array or number of floats"),
        (None, "it is a NoneType"),
    ],
)
def test_an_argument_without_gradient_is_refused(argument: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        grad(wanted)(argument)


def test_the_result_must_be_a_single_number() -> None:
    with pytest.raises(TypeError, match=r"wanted returned an array of shape \(2, 3\); sum it, or "):
        grad(wanted)(np.ones((2, 3)))
    with pytest.raises(TypeError, match="returned a NoneType; is a return statement missing"):
        grad(lambda x: None)(1.0)
    with pytest.raises(TypeError, match="returned a tuple"):
        grad(lambda x: (x, x))(1.0)


def test_the_argument_must_come_by_position() -> None:
    with pytest.raises(TypeError, match=r"wanted with respect to argument 0 .* 0 positional"):
        grad(wanted)(x=1.0)


def test_keywords_reach_the_function_and_its_name_stays() -> None:
    def loss(w: Any, *, power: int) -> Any:
        """The loss."""
        return w**power

    assert grad(loss)(2.0, power=3) == 12.0
    assert grad(loss).__name__ == "loss"


def test_a_function_swapped_under_its_gradient_is_seen() -> None:
    def loss(w: Any) -> Any:
        return w * w

    def other(w: Any) -> Any:
        return w * w * w

    gradient = grad(loss)
    assert gradient(2.0) == 4.0
    loss.__code__ = other.__code__
    assert gradient(2.0) == 12.0
