"""The walk: what it frees, what it owns, what it leaves alone."""

import weakref
from typing import Any

import numpy as np

from knetengine import grad, gradcheck
from knetengine.autograd import defvjp, primitive
from knetengine.autograd.backward import fit, walk_back


@primitive
def watched(x: Any) -> Any:
    """The identity; its rule looks at what is still alive."""
    return x + 0.0


def test_values_are_freed_while_walking_back() -> None:
    intermediate: list[Any] = []
    alive: list[bool] = []

    def rule(g: Any, y: Any, x: Any) -> Any:
        alive.append(intermediate[0]() is not None)
        return g

    defvjp(watched, rule)

    def loss(x: Any) -> Any:
        x = watched(x)  # its rule runs last
        z = np.exp(x)
        intermediate.append(weakref.ref(z.value))
        alive.append(intermediate[0]() is not None)
        z = z * z
        del x
        y = np.sin(watched(z))
        return np.sum(y)

    grad(loss)(np.ones(5))
    # While recording; when the second `watched` walks back (exp is still needed); at the end.
    assert alive == [True, True, False]


def test_the_gradient_of_the_result_is_never_written_to() -> None:
    """x + x + x: by reference first, then a sum of its own, then in place."""
    seed = np.ones(3)
    entries: list[Any] = []

    def f(x: Any) -> Any:
        y = x + x
        y = y + x
        y = y + x
        entries.extend(y.tape)
        return np.sum(y)

    np.testing.assert_array_equal(grad(f)(np.zeros(3)), [4, 4, 4])
    (gradient,) = walk_back(entries, 0, 1, [(len(entries) - 1, seed)])
    np.testing.assert_array_equal(gradient, [4, 4, 4])
    np.testing.assert_array_equal(seed, [1, 1, 1])


def test_slices_of_one_array_write_into_one_gradient() -> None:
    """Four slices, of which two overlap, and the whole: written, added, never confused."""
    x = np.arange(12.0).reshape(4, 3)
    weights = np.arange(1.0, 5.0)

    def f(x: Any) -> Any:
        whole = np.sum(x * x)
        rows = sum(w * np.sum(row) for w, row in zip(weights, x, strict=True))
        return rows + whole + np.sum(x[1:3, 0]) + np.sum(x[[0, 0]])

    expected = weights[:, None] + 2 * x
    expected[1:3, 0] += 1
    expected[0] += 2
    np.testing.assert_array_equal(grad(f)(x), expected)


def test_only_what_depends_on_the_inner_parameter_is_walked() -> None:
    """An inner gradient does not differentiate the outer variable's own part."""
    calls: list[str] = []

    @primitive
    def outer_only(x: Any) -> Any:
        return x * 2.0

    defvjp(outer_only, lambda g, y, x: calls.append("walked") or g * 2.0)

    def f(x: Any) -> Any:
        result = grad(lambda y: y * outer_only(x))(3.0)
        assert calls == []
        return result

    assert grad(f)(1.0) == 2.0
    assert calls == ["walked"]


def test_fit_sums_and_spreads() -> None:
    g = np.ones((4, 2, 3))
    assert fit(g, (2, 3))[0, 0] == 4
    np.testing.assert_array_equal(fit(g, (2, 1)), np.full((2, 1), 12.0))
    np.testing.assert_array_equal(fit(g, ()), 24.0)
    np.testing.assert_array_equal(fit(np.float32(2), (2, 2)), np.full((2, 2), 2.0))
    assert fit(np.float32(2), (2, 2)).dtype == np.float32
    assert fit(np.ones((0, 3)), (1, 3)).tolist() == [[0.0, 0.0, 0.0]]


def test_a_rule_may_use_one_of_several_results_at_second_order() -> None:
    @primitive
    def two(x: Any) -> Any:
        return np.sin(x)[:2], np.cos(x)

    defvjp(
        two,
        lambda g, y, x: np.concatenate([g[0] * y[1][:2], 0.0 * x[2:]]) - g[1] * np.sin(x),
    )

    def f(x: Any) -> Any:
        sine, cosine = two(x)
        return np.sum(sine**2) + np.sum(cosine)

    assert gradcheck(lambda x: np.sum(grad(f)(x) ** 2), np.arange(3.0))


def test_a_number_used_three_times() -> None:
    def f(x: Any) -> Any:
        return x.reshape(1).sum() + x.reshape(1).sum() + x.reshape(1).sum()

    assert grad(f)(np.array(1.0)) == 3.0


def test_any_sequence_may_repeat_an_index() -> None:
    np.testing.assert_array_equal(grad(lambda x: x[((0, 0, 1),)].sum())(np.ones(3)), [2, 1, 0])


def test_a_real_number_has_a_real_gradient() -> None:
    gradient = grad(lambda x: ((x + 1j) * 1j).imag)(2.0)
    assert (type(gradient), gradient) == (float, 1.0)
