"""Every derivative rule against central differences, to first and to second order.

One table of cases, walked by one property test; a last test walks the registry and fails for a
rule that no case exercised.
"""

import operator
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import knetengine.numpy as kn
from knetengine import grad, value_and_grad
from knetengine.autograd import gradcheck
from knetengine.autograd.primitives import COMPOSED, DIFFERENTIABLE


class Case(NamedTuple):
    """A function of arrays, given the namespace it takes its functions from.

    domain: the interval the entries come from. distinct: no two entries closer than 0.05, so that
    no difference steps over a kink.
    """

    function: Any
    shapes: tuple[tuple[int, ...], ...] = ((2, 3),)
    domain: tuple[float, float] = (-2.0, 2.0)
    distinct: bool = False


UNARY = {
    "negative": (-2, 2),
    "positive": (-2, 2),
    "square": (-2, 2),
    "sqrt": (0.3, 3),
    "cbrt": (0.3, 3),
    "reciprocal": (0.4, 3),
    "absolute": (0.2, 3),
    "fabs": (0.2, 3),
    "exp": (-2, 2),
    "exp2": (-2, 2),
    "expm1": (-2, 2),
    "log": (0.3, 3),
    "log2": (0.3, 3),
    "log10": (0.3, 3),
    "log1p": (-0.6, 3),
    "sin": (-3, 3),
    "cos": (-3, 3),
    "tan": (-1, 1),
    "arcsin": (-0.8, 0.8),
    "arccos": (-0.8, 0.8),
    "arctan": (-3, 3),
    "sinh": (-2, 2),
    "cosh": (-2, 2),
    "tanh": (-2, 2),
    "arcsinh": (-2, 2),
    "arccosh": (1.3, 3),
    "arctanh": (-0.8, 0.8),
}
BINARY = {
    "add": (-2, 2),
    "subtract": (-2, 2),
    "multiply": (-2, 2),
    "divide": (0.4, 3),
    "power": (0.4, 2),
    "maximum": (-2, 2),
    "minimum": (-2, 2),
    "logaddexp": (-2, 2),
    "hypot": (0.3, 2),
    "arctan2": (0.3, 2),
}
CASES = {
    "transpose": Case(lambda m, x: m.transpose(x) * x.T, ((2, 3),)),
    "transpose axes": Case(lambda m, x: m.transpose(x, (2, 0, -2)), ((2, 3, 1),)),
    "swapaxes": Case(lambda m, x: m.swapaxes(x, 0, -1), ((2, 3, 1),)),
    "moveaxis": Case(lambda m, x: m.moveaxis(x, 0, -1), ((2, 3, 1),)),
    "flip": Case(lambda m, x: m.flip(x, 1) + m.flip(x)),
    "roll": Case(lambda m, x: m.roll(x, 2, axis=-1) + m.roll(x, 1)),
    "reshape": Case(lambda m, x: m.reshape(x, (3, -1)) + x.reshape(3, 2)),
    "reshape F": Case(lambda m, x: m.reshape(x, (3, 2), order="F")),
    "ravel": Case(lambda m, x: m.ravel(x)),
    "expand_dims": Case(lambda m, x: m.expand_dims(x, (0, -1))),
    "squeeze": Case(lambda m, x: m.squeeze(x, 1), ((2, 1, 3),)),
    "broadcast_to": Case(lambda m, x: m.broadcast_to(x, (4, 2, 3)), ((2, 1),)),
    "copy": Case(lambda m, x: m.copy(x) * x.copy()),
    "astype": Case(lambda m, x: m.astype(x, np.float64) + x.astype(float)),
    "atleast_1d atleast_2d": Case(lambda m, x: m.atleast_1d(x) + m.atleast_2d(x), ((),)),
    "repeat": Case(lambda m, x: m.repeat(x, 2, axis=0)),
    "repeat counts": Case(lambda m, x: m.repeat(x, [1, 0, 2], axis=-1)),
    "repeat flat": Case(lambda m, x: m.repeat(x, 2)),
    "tile": Case(lambda m, x: m.tile(x, (2, 1, 2)) + m.sum(m.tile(x, 3))),
    "sum": Case(lambda m, x: m.sum(x, axis=0)),
    "sum all": Case(lambda m, x: m.sum(x) * x.sum()),
    "sum axes": Case(lambda m, x: m.sum(x, axis=(0, -1), keepdims=True), ((2, 3, 2),)),
    "sum none": Case(lambda m, x: m.sum(x, axis=0), ((0, 3),)),
    "mean": Case(lambda m, x: m.mean(x, axis=-1)),
    "mean axes": Case(lambda m, x: m.mean(x, axis=(0, 1)) * m.mean(x), ((2, 3, 2),)),
    "max": Case(lambda m, x: m.max(x, axis=1), distinct=True),
    "max all": Case(lambda m, x: m.max(x, keepdims=True), distinct=True),
    "min": Case(lambda m, x: m.min(x, axis=(0, -1)), ((2, 3, 2),), distinct=True),
    "amax amin": Case(lambda m, x: m.amax(x, 0) + m.amin(x, 0), distinct=True),
    "prod": Case(lambda m, x: m.prod(x, axis=0), domain=(0.5, 2)),
    "prod axes": Case(lambda m, x: m.prod(x, (2, 0), keepdims=True), ((2, 3, 2),), (0.5, 2)),
    "prod all": Case(lambda m, x: m.prod(x), ((4,),), (0.5, 2)),
    "var": Case(lambda m, x: m.var(x, axis=0) + m.var(x, ddof=1)),
    "std": Case(lambda m, x: m.std(x, axis=-1, keepdims=True) * m.std(x), distinct=True),
    "cumsum": Case(lambda m, x: m.cumsum(x, axis=1)),
    "cumsum flat": Case(lambda m, x: m.cumsum(x)),
    "norm": Case(lambda m, x: m.linalg.norm(x) * m.linalg.norm(x, axis=0), domain=(0.3, 2)),
    "norm vector": Case(lambda m, x: m.linalg.norm(x, 2), ((3,),), (0.3, 2)),
    "matmul": Case(lambda m, a, b: m.matmul(a, b), ((2, 3), (3, 2))),
    "matmul vectors": Case(lambda m, a, b: a @ b, ((3,), (3,))),
    "matmul vector left": Case(lambda m, a, b: m.matmul(a, b), ((3,), (2, 3, 2))),
    "matmul vector right": Case(lambda m, a, b: m.matmul(a, b), ((2, 2, 3), (3,))),
    "matmul vector matrix": Case(lambda m, a, b: a @ b, ((3,), (3, 2))),
    "matmul rows": Case(lambda m, a, b: a @ b, ((2, 2, 3), (3, 2))),
    "matmul batch": Case(lambda m, a, b: a @ b, ((2, 1, 2, 3), (3, 3, 1))),
    "matmul left matrix": Case(lambda m, a, b: a @ b, ((2, 3), (2, 3, 2))),
    "dot": Case(lambda m, a, b: m.dot(a, b) + a.dot(b), ((2, 3), (3, 2))),
    "dot scalar": Case(lambda m, a, b: m.dot(a, b), ((), (2, 3))),
    "dot many": Case(lambda m, a, b: m.dot(a, b), ((2, 3), (2, 3, 2))),
    "inner": Case(lambda m, a, b: m.inner(a, b), ((2, 3), (2, 2, 3))),
    "vdot": Case(lambda m, a, b: m.vdot(a, b), ((2, 3), (2, 3))),
    "outer": Case(lambda m, a, b: m.outer(a, b), ((2,), (3,))),
    "tensordot": Case(lambda m, a, b: m.tensordot(a, b), ((2, 3, 2), (3, 2))),
    "tensordot axes": Case(
        lambda m, a, b: m.tensordot(a, b, axes=((0, -1), (1, 0))), ((2, 3, 2), (2, 2))
    ),
    "einsum": Case(lambda m, a, b: m.einsum("bik,bkj->bij", a, b), ((2, 1, 3), (2, 3, 2))),
    "einsum implicit": Case(lambda m, a, b: m.einsum("ij, jk", a, b), ((2, 3), (3, 2))),
    "einsum summed": Case(lambda m, a, b: m.einsum("ij,k->k", a, b), ((2, 3), (2,))),
    "trace": Case(lambda m, x: m.trace(x, 1), ((3, 3),)),
    "diagonal": Case(lambda m, x: m.diagonal(x, -1), ((3, 2, 2),)),
    "concatenate": Case(lambda m, a, b: m.concatenate([a, b, a], axis=-1), ((2, 1), (2, 3))),
    "concatenate flat": Case(lambda m, a, b: m.concatenate([a, b], axis=None), ((2,), (1, 3))),
    "stack": Case(lambda m, a, b: m.stack([a, b, a], axis=-1), ((2, 3), (2, 3))),
    "hstack": Case(lambda m, a, b: m.hstack([a, b]), ((2,), (3,))),
    "vstack": Case(lambda m, a, b: m.vstack([a, b]), ((3,), (2, 3))),
    "column_stack": Case(lambda m, a, b: m.column_stack([a, b]), ((2,), (2, 3))),
    "append": Case(lambda m, a, b: m.append(a, b), ((2,), (2, 3))),
    "split array_split": Case(
        lambda m, x: m.split(x, 3, axis=1)[1] + m.array_split(x, 2, axis=1)[1]
    ),
    "where": Case(lambda m, a, b: m.where(np.eye(2, 3) > 0, a, b), ((2, 3), (3,))),
    "pad": Case(lambda m, x: m.pad(x, ((1, 0), (2, 1))) + m.pad(x, 1)[1:, :1]),
    "clip": Case(lambda m, x: m.clip(x, -1.01, 0.99) * m.clip(x, min=0.02), distinct=True),
    "getitem": Case(lambda m, x: x[1] * x[:, 1:2] + x[-1, ::2].sum()),
    "getitem repeated": Case(lambda m, x: x[[0, 1, 0]] * x[np.array([[1], [1]]), [0, 2, 0]].sum()),
    "getitem mask": Case(lambda m, x: x[np.array([[True, False, True], [False, True, False]])]),
    "getitem new axis": Case(lambda m, x: x[None, ..., 0, np.newaxis]),
    "getitem 0-d": Case(lambda m, x: x[()] * x[None], ((),)),
    "take": Case(lambda m, x: m.take(x, [[0, 1], [2, 2]], axis=1) + m.take(x, 5)),
    "take wrap": Case(lambda m, x: m.take(x, [3, -4], axis=0, mode="wrap")),
    "take_along_axis": Case(lambda m, x: m.take_along_axis(x, np.array([[0, 0], [2, 1]]), 1)),
    "sort": Case(lambda m, x: m.sort(x) * m.sort(x, axis=0) * m.sort(x, None)[2], distinct=True),
    "diff": Case(lambda m, x: m.diff(x, 2, axis=1) + m.diff(x, axis=0).sum()),
    "tril triu": Case(lambda m, x: m.tril(x, -1) * m.triu(x.T).T + m.triu(x), ((3, 3),)),
    "remainder": Case(lambda m, x: m.remainder(x, 10.0) + x % 10.0, domain=(1, 9)),
    "remainder divisor": Case(lambda m, x: m.remainder(7.3, x) + 7.3 % x, domain=(2.6, 3.5)),
    "fmod": Case(lambda m, a, b: m.fmod(a, b), ((2, 3), (3,)), (2.6, 3.4), distinct=True),
    "operators": Case(
        lambda m, a, b: (1 - a) / (2 / b + b**3) - (+b) ** a * 2**b + abs(-a) @ b.T,
        ((2, 2), (2, 2)),
        (0.5, 2),
    ),
    "item": Case(lambda m, x: x[0] * x.item(4) * x.tolist()[1][2]),
    "rows": Case(lambda m, x: sum(row * i for i, row in enumerate(x))),
}
BROADCASTS = [
    ((), ()),
    ((3,), ()),
    ((2, 3), (3,)),
    ((2, 1), (1, 3)),
    ((2, 3), (2, 3)),
    ((0, 3), (3,)),
]


def every_case() -> dict[str, Case]:
    cases = dict(CASES)
    for name, domain in UNARY.items():
        for shape in [(), (3,), (2, 3), (0, 2)]:
            cases[f"{name} {shape}"] = Case(
                lambda m, x, name=name: getattr(m, name)(x), (shape,), domain
            )
    for name, domain in BINARY.items():
        for shapes in BROADCASTS:
            cases[f"{name} {shapes}"] = Case(
                lambda m, a, b, name=name: getattr(m, name)(a, b), shapes, domain, distinct=True
            )
    return cases


ALL = every_case()


def arguments(case: Case, seed: int, dtype: Any) -> list[Any]:
    """Fresh arrays of the case's shapes, entries inside its domain."""
    generator = np.random.default_rng(seed)
    low, high = case.domain
    sizes = [int(np.prod(shape, dtype=int)) for shape in case.shapes]
    total = sum(sizes)
    if case.distinct:
        grid = low + (np.arange(total) + 0.5) / total * (high - low)
        entries = generator.permutation(grid)
    else:
        entries = generator.uniform(low, high, total)
    parts = np.split(entries, np.cumsum(sizes)[:-1])
    return [p.reshape(s).astype(dtype) for p, s in zip(parts, case.shapes, strict=True)]


@pytest.mark.parametrize("name", ALL)
def test_first_and_second_order_agree_with_differences(name: str) -> None:
    case = ALL[name]

    @settings(max_examples=3, deadline=None, database=None, derandomize=True)
    @given(st.integers(0, 1000), st.sampled_from([np, kn]))
    def check(seed: int, namespace: Any) -> None:
        args = arguments(case, seed, np.float64)
        argnums = tuple(range(len(args)))

        def f(*a: Any) -> Any:
            return case.function(namespace, *a)

        weights = np.random.default_rng(seed).uniform(0.5, 1.5, np.shape(f(*args)))

        def loss(*a: Any) -> Any:
            return namespace.sum(f(*a) * weights)

        def slope(*a: Any) -> Any:
            """A scalar that bends: its gradient needs the second derivative."""
            return sum(namespace.sum(g * namespace.cos(g)) for g in grad(loss, argnums)(*a))

        assert gradcheck(loss, *args, argnum=argnums, samples=4, seed=seed)
        assert gradcheck(slope, *args, argnum=argnums, samples=3, seed=seed, rtol=1e-4)

    check()


@pytest.mark.parametrize("name", ALL)
def test_float32_stays_float32_and_both_doors_agree(name: str) -> None:
    case = ALL[name]
    args = arguments(case, 0, np.float32)
    argnums = tuple(range(len(args)))
    results = []
    for namespace in (np, kn):

        def loss(*a: Any, namespace: Any = namespace) -> Any:
            return namespace.mean(case.function(namespace, *a)) if a[0].size else a[0].sum()

        results.append(value_and_grad(loss, argnums)(*args))
    for value, gradients in results:
        assert np.asarray(value).dtype == np.float32 or name == "astype"
        for gradient, argument in zip(gradients, args, strict=True):
            assert type(gradient) is np.ndarray
            assert gradient.dtype == np.float32
            assert gradient.shape == argument.shape
            assert gradient.flags.writeable
    for left, right in zip(results[0][1], results[1][1], strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize("name", [*UNARY, *BINARY])
def test_the_recorded_value_is_numpys(name: str) -> None:
    case = ALL[f"{name} (2, 3)" if name in UNARY else f"{name} ((2, 1), (1, 3))"]
    args = arguments(case, 1, np.float32)
    expected = getattr(np, name)(*args)
    seen = []
    grad(lambda *a: seen.append(getattr(np, name)(*a).value) or 0.0)(*args)
    assert seen[0].dtype == expected.dtype
    np.testing.assert_array_equal(seen[0], expected)


def test_every_rule_has_a_case() -> None:
    """Runs all cases once and notes which primitives and compositions they pass through."""
    used: set[Any] = set()
    saved = {step: (step.rules, step.joint) for step in DIFFERENTIABLE.values()}
    try:
        for step, (rules, joint) in saved.items():
            step.rules = tuple(rule and spy(rule, (step, i), used) for i, rule in enumerate(rules))
            step.joint = joint and spy(joint, (step, "joint"), used)
        for case in ALL.values():
            args = arguments(case, 0, np.float64)

            def loss(*a: Any, case: Case = case) -> Any:
                return np.sum(case.function(np, *a))

            def bent(*a: Any, loss: Any = loss) -> Any:
                return sum(np.sum(g * g) for g in grad(loss, tuple(range(len(a))))(*a))

            grad(bent, tuple(range(len(args))))(*args)
    finally:
        for step, (rules, joint) in saved.items():
            step.rules, step.joint = rules, joint
    missing = [
        f"{step.name}, argument {i}"
        for step, (rules, joint) in saved.items()
        for i, rule in [*enumerate(rules), ("joint", joint)]
        if rule is not None and (step, i) not in used and step.name.startswith("np.")
    ]
    assert missing == []
    names = " ".join(ALL)
    assert [f.__name__ for f in COMPOSED if f.__name__ not in names] == []


def spy(rule: Any, key: Any, used: set[Any]) -> Any:
    def called(*args: Any, **kwargs: Any) -> Any:
        used.add(key)
        return rule(*args, **kwargs)

    return called


# Kinks: the choices that the rules document


def test_ties_of_maximum_and_minimum_share_the_gradient_equally() -> None:
    assert grad(lambda x: np.maximum(x, 1.0))(1.0) == 0.5
    assert grad(lambda x: np.minimum(1.0, x))(1.0) == 0.5
    assert grad(lambda x: np.clip(x, 0.0, 1.0))(1.0) == 0.5


@pytest.mark.parametrize("largest", [np.max, np.min])
def test_ties_of_max_share_the_gradient_equally(largest: Any) -> None:
    x = np.array([[2.0, 2.0, 2.0], [5.0, 5.0, 5.0]])
    np.testing.assert_array_equal(
        grad(lambda x: largest(x, axis=1).sum())(x), np.full((2, 3), 1 / 3)
    )
    some = np.array([1.0, 7.0, 1.0, 7.0]) if largest is np.min else np.array([7.0, 1.0, 7.0, 1.0])
    np.testing.assert_array_equal(grad(largest)(some), [0.5, 0.0, 0.5, 0.0])


def test_slopes_at_zero() -> None:
    assert grad(np.abs)(0.0) == 0.0
    assert grad(abs)(0.0) == 0.0
    np.testing.assert_array_equal(grad(np.linalg.norm)(np.zeros(3)), np.zeros(3))
    np.testing.assert_array_equal(grad(np.std)(np.ones(3)), np.zeros(3))
    assert grad(np.hypot)(0.0, 0.0) == 0.0
    assert grad(lambda x: x**0)(0.0) == 0.0
    assert grad(lambda x: x**1)(0.0) == 1.0
    assert grad(lambda b: 0.0**b)(2.0) == 0.0


def test_the_product_has_a_gradient_at_zeros() -> None:
    np.testing.assert_array_equal(grad(np.prod)(np.array([2.0, 0.0, 3.0])), [0.0, 6.0, 0.0])
    np.testing.assert_array_equal(grad(np.prod)(np.array([2.0, 0.0, 0.0])), [0.0, 0.0, 0.0])
    assert gradcheck(lambda x: np.sum(grad(np.prod)(x) ** 2), np.array([2.0, 0.0, 3.0]))


def test_repeated_indices_add_up() -> None:
    table = np.zeros((4, 2), np.float32)
    gradient = grad(lambda t: t[[1, 3, 1, 1]].sum())(table)
    np.testing.assert_array_equal(gradient, [[0, 0], [3, 3], [0, 0], [1, 1]])
    assert operator.getitem in DIFFERENTIABLE
