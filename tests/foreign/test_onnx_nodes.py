"""The node cases of ONNX, forward, on recorded values: `pip install onnx`, then `pytest -m onnx`.

ONNX makes its cases when asked for them: single-node models with inputs and expected outputs. Those
of the operators that NumPy's functions cover run here inside a gradient, so that what is tested is
the recorded path. Layers (convolution, pooling, normalisation ...) are not NumPy functions.
"""

from typing import Any

import numpy as np
import pytest

import knetengine.numpy as kn
from knetengine import grad, stop_gradient

pytestmark = pytest.mark.onnx

# An operator as a function of its inputs and attributes


def softmax(x: Any, axis: int = -1) -> Any:
    e = kn.exp(x - kn.max(x, axis=axis, keepdims=True))
    return e / kn.sum(e, axis=axis, keepdims=True)


def log_softmax(x: Any, axis: int = -1) -> Any:
    shifted = x - kn.max(x, axis=axis, keepdims=True)
    return shifted - kn.log(kn.sum(kn.exp(shifted), axis=axis, keepdims=True))


def gemm(a: Any, b: Any, c: Any = 0, alpha=1.0, beta=1.0, transA=0, transB=0) -> Any:  # noqa: N803
    return alpha * ((a.T if transA else a) @ (b.T if transB else b)) + beta * c


def reduction(function: Any) -> Any:
    def reduced(x: Any, axes: Any = None, keepdims: int = 1, noop_with_empty_axes: int = 0) -> Any:
        if axes is not None and not np.size(axes):
            axes = None
        if axes is None and noop_with_empty_axes:
            return function(x[None], 0, False)
        axis = None if axes is None else tuple(int(i) for i in np.ravel(axes))
        return function(x, axis, bool(keepdims))

    return reduced


def clip(x: Any, low: Any = None, high: Any = None) -> Any:
    return x if low is None and high is None else kn.clip(x, low, high)


def transpose(x: Any, perm: Any = None) -> Any:
    return kn.transpose(x, perm)


def gather(x: Any, indices: Any, axis: int = 0) -> Any:
    return kn.take(x, indices, axis)


def variadic(function: Any) -> Any:
    def folded(first: Any, *others: Any) -> Any:
        for other in others:
            first = function(first, other)
        return first

    return folded


OPERATORS: dict[str, Any] = {
    "Abs": kn.abs,
    "Acos": kn.arccos,
    "Acosh": kn.arccosh,
    "Add": kn.add,
    "Asin": kn.arcsin,
    "Asinh": kn.arcsinh,
    "Atan": kn.arctan,
    "Atanh": kn.arctanh,
    "Ceil": kn.ceil,
    "Clip": clip,
    "Concat": lambda *xs, axis: kn.concatenate(xs, axis),
    "Cos": kn.cos,
    "Cosh": kn.cosh,
    "Det": kn.linalg.det,
    "Div": kn.divide,
    "Einsum": lambda *xs, equation: kn.einsum(equation, *xs),
    "Equal": kn.equal,
    "Erf": None,  # no such function in NumPy
    "Exp": kn.exp,
    "Expand": lambda x, shape: x * kn.ones(shape, x.dtype),
    "Flatten": lambda x, axis=1: kn.reshape(x, (int(np.prod(x.shape[:axis])), -1)),
    "Floor": kn.floor,
    "Gather": gather,
    "GatherElements": lambda x, indices, axis=0: kn.take_along_axis(x, indices, axis),
    "Gemm": gemm,
    "Greater": kn.greater,
    "Identity": lambda x: +x,
    "IsNaN": kn.isnan,
    "Less": kn.less,
    "Log": kn.log,
    "LogSoftmax": log_softmax,
    "MatMul": kn.matmul,
    "Max": variadic(kn.maximum),
    "Mean": lambda *xs: sum(xs[1:], xs[0]) / len(xs),
    "Min": variadic(kn.minimum),
    "Mul": kn.multiply,
    "Neg": kn.negative,
    "Pow": None,  # casts the exponent to the type of the base, NumPy promotes
    "Reciprocal": kn.reciprocal,
    "ReduceL1": reduction(lambda x, a, k: kn.sum(kn.abs(x), axis=a, keepdims=k)),
    "ReduceL2": reduction(lambda x, a, k: kn.sqrt(kn.sum(x * x, axis=a, keepdims=k))),
    "ReduceLogSum": reduction(lambda x, a, k: kn.log(kn.sum(x, axis=a, keepdims=k))),
    "ReduceLogSumExp": reduction(lambda x, a, k: kn.log(kn.sum(kn.exp(x), axis=a, keepdims=k))),
    "ReduceMax": reduction(lambda x, a, k: kn.max(x, axis=a, keepdims=k)),
    "ReduceMean": reduction(lambda x, a, k: kn.mean(x, axis=a, keepdims=k)),
    "ReduceMin": reduction(lambda x, a, k: kn.min(x, axis=a, keepdims=k)),
    "ReduceProd": reduction(lambda x, a, k: kn.prod(x, axis=a, keepdims=k)),
    "ReduceSum": reduction(lambda x, a, k: kn.sum(x, axis=a, keepdims=k)),
    "ReduceSumSquare": reduction(lambda x, a, k: kn.sum(x * x, axis=a, keepdims=k)),
    "Relu": lambda x: kn.maximum(x, 0),
    "Round": kn.round,
    "Sigmoid": lambda x: 1 / (1 + kn.exp(-x)),
    "Sign": kn.sign,
    "Sin": kn.sin,
    "Sinh": kn.sinh,
    "Softmax": softmax,
    "Softplus": lambda x: kn.logaddexp(x, kn.zeros(1, x.dtype)),
    "Sqrt": kn.sqrt,
    "Squeeze": lambda x, axes=None: kn.squeeze(x, None if axes is None else tuple(axes.tolist())),
    "Sub": kn.subtract,
    "Sum": variadic(kn.add),
    "Tan": kn.tan,
    "Tanh": kn.tanh,
    "Tile": lambda x, repeats: kn.tile(x, repeats.tolist()),
    "Transpose": transpose,
    "Trilu": lambda x, k=0, upper=1: (kn.triu if upper else kn.tril)(x, int(k)),
    "Unsqueeze": lambda x, axes: kn.expand_dims(x, tuple(np.ravel(axes).tolist())),
    "Where": kn.where,
}

# Cases that mean something else in ONNX than in NumPy, with the reason
EXPECTED_FAILURES = {
    "test_reduce_max_empty_set": "the maximum of nothing is -inf there, an error in NumPy",
    "test_reduce_min_empty_set": "the minimum of nothing is inf there, an error in NumPy",
}


def cases() -> dict[str, Any]:
    """The single-node cases by name; none if ONNX is not installed."""
    try:
        from onnx.backend.test.case.node import collect_testcases
    except ImportError:
        return {}
    found: dict[str, Any] = {}
    with np.errstate(all="ignore"):  # it makes cases whose casts overflow
        collected = collect_testcases(None)
    for case in collected:
        nodes = case.model.graph.node
        known = len(nodes) == 1 and OPERATORS.get(nodes[0].op_type) is not None
        if known and not nodes[0].domain:
            found[case.name] = case
    return found


@pytest.fixture(scope="module")
def onnx_cases() -> dict[str, Any]:
    pytest.importorskip("onnx")
    return cases()


def is_floating(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype in (np.float16, np.float32, np.float64)


def outputs_of(node: Any, inputs: list[Any]) -> list[Any]:
    """What the function gives on recorded inputs, plain."""
    from onnx import helper

    attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    attributes = {k: v.decode() if isinstance(v, bytes) else v for k, v in attributes.items()}
    numbers = [n for n, x in enumerate(inputs) if is_floating(x)]
    seen: list[Any] = []

    def run(*recorded: Any) -> Any:
        arguments: list[Any] = list(inputs)
        for number, value in zip(numbers, recorded, strict=True):
            arguments[number] = value
        named = iter(arguments)
        given = [next(named) if name else None for name in node.input]
        result = OPERATORS[node.op_type](*given, **attributes)
        results = result if isinstance(result, tuple) else (result,)
        seen.append([stop_gradient(r) for r in results])
        return 0.0

    with np.errstate(all="ignore"):
        grad(run, tuple(range(len(numbers))))(*[inputs[n] for n in numbers])
    return seen[0]


def test_every_known_operator(onnx_cases: dict[str, Any]) -> None:
    """One test, because ONNX takes nine seconds to make the cases, and makes them all at once."""
    failed: dict[str, str] = {}
    tried = 0
    for name, case in onnx_cases.items():
        for inputs, expected in case.data_sets:
            if not all(isinstance(x, np.ndarray) for x in (*inputs, *expected)):
                continue
            if not all(x.dtype.kind in "fiub" for x in (*inputs, *expected)):
                continue
            if not any(is_floating(x) for x in inputs):
                continue  # nothing to record
            tried += 1
            try:
                found = outputs_of(case.model.graph.node[0], list(inputs))
                for got, want in zip(found, expected, strict=True):
                    assert got.dtype == want.dtype
                    np.testing.assert_allclose(
                        got, want, max(case.rtol, 1e-6), max(case.atol, 1e-7)
                    )
            except Exception as error:
                failed[name] = f"{type(error).__name__}: {error}".splitlines()[0]
    print(f"{tried} cases tried, {len(failed)} failed")
    assert {n: e for n, e in failed.items() if n not in EXPECTED_FAILURES} == {}
    assert set(failed) == set(EXPECTED_FAILURES)
    assert tried > 200
