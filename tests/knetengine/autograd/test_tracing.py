"""What a trace shows."""

import re
import shutil
import subprocess
from typing import Any

import numpy as np
import pytest

from knetengine import grad, trace

# The slides' example (from Baydin et al., table 2 and 3): y = ln(x1) + x1 x2 - sin(x2) at (2, 5)


def deck(x1: Any, x2: Any) -> Any:
    return np.log(x1) + x1 * x2 - np.sin(x2)


def loss(w: Any, x: Any, y: Any) -> Any:
    h = np.maximum(x @ w[0] + w[1], 0.0)
    return np.mean((h @ w[2] - y) ** 2) + 0.1 * np.ptp(w[1])


W = [
    np.ones((3, 4), np.float32),
    np.arange(4, dtype=np.float32),
    np.full((4, 1), 2.0, np.float32),
]
X, Y = np.ones((5, 3), np.float32), np.zeros((5, 1), np.float32)


def test_the_forward_and_reverse_traces_of_the_slides() -> None:
    lines = [line.split() for line in str(trace(deck)(2.0, 5.0)).splitlines()]
    forward = [" ".join(line) for line in lines[1:9]]
    assert forward == [
        "v-1 = x1 = 2",
        "v0 = x2 = 5",
        "v1 = ln v-1 = 0.693 np.log(x1)",
        "v2 = v-1 * v0 = 10 x1 * x2",
        "v3 = v1 + v2 = 10.693 np.log(x1) + x1 * x2",
        "v4 = sin v0 = -0.959 np.sin(x2)",
        "v5 = v3 - v4 = 11.652 np.log(x1) + x1 * x2 - np.sin(x2)",
        "y = v5",
    ]
    reverse = [" ".join(line) for line in lines[11:]]
    assert [line.rsplit(" np.")[0].rsplit(" x1 * x2")[0] for line in reverse] == [
        "v5' = y' = 1",
        "v3' = v5' = 1",
        "v4' = v5' * (-1) = -1",
        "v0' = v4' * cos v0 = -0.284",
        "v1' = v3' = 1",
        "v2' = v3' = 1",
        "v-1' = v2' * v0 = 5",
        "v0' = v0' + v2' * v-1 = 1.716",
        "v-1' = v-1' + v1' * 1/v-1 = 5.5",
        "x1' = v-1' = 5.5",
        "x2' = v0' = 1.716",
    ]


def test_the_gradients_are_those_of_grad() -> None:
    t = trace(deck)(2.0, 5.0)
    assert (t.gradients["x1"], t.gradients["x2"]) == grad(deck, (0, 1))(2.0, 5.0)
    assert t.value == deck(2.0, 5.0)
    traced = trace(loss)(W, X, Y)
    for number, gradient in enumerate(grad(loss)(W, X, Y)):
        np.testing.assert_allclose(traced.gradients[f"w[{number}]"], gradient, rtol=1e-6)


def test_rows_know_their_source_shapes_bytes_and_times() -> None:
    rows = trace(loss)(W, X, Y).rows
    products = [row for row in rows if row.operation == "np.matmul"]
    assert [row.place.expression for row in products if row.place] == ["x @ w[0]", "h @ w[2]"]
    assert [(row.shape, row.dtype, row.bytes) for row in products] == [
        ((5, 4), "float32", 80),
        ((5, 1), "float32", 20),
    ]
    steps = [row for row in rows if not row.label]
    assert all(row.forward_seconds > 0 for row in steps)
    assert all(row.backward_seconds > 0 for row in steps if row.contributions)
    assert {row.group for row in rows} == {"", "np.ptp"}
    assert [row.label for row in rows if row.label] == ["w[0]", "w[1]", "w[2]", "x", "y"]


def test_the_listing_numbers_the_graph() -> None:
    assert trace(deck)(2.0, 5.0).listing().splitlines() == [
        "1 input x1  float[]",
        "2 input x2  float[]",
        "3 log(1)  float64[]",
        "4 multiply(1, 2)  float[]",
        "5 add(3, 4)  float64[]",
        "6 sin(2)  float64[]",
        "7 subtract(5, 6)  float64[]",
    ]


def test_the_tree_names_a_step_once() -> None:
    def f(x: Any) -> Any:
        s = np.exp(x)
        return s * s

    lines = trace(f)(0.0).tree().splitlines()
    assert lines == [
        "v2 = v1 * v1  1",
        "+- v1 = exp v0  1",
        "|  `- v0 = x  0",
        "`- v1 = exp v0  see v1 above",
    ]


def test_the_profile_adds_up_by_sub_expression() -> None:
    def f(x: Any) -> Any:
        for _ in range(3):
            x = np.tanh(x)
        return np.sum(x)

    lines = trace(f)(X).profile(sort="calls").splitlines()
    assert re.match(r" +3 .* 180  `np.tanh\(x\)` \(test_tracing.py:\d+\)", lines[1])
    with pytest.raises(ValueError, match="sort by one of time, forward"):
        trace(f)(X).profile(sort="name")


def test_the_graph_is_valid_dot() -> None:
    dot = trace(loss)(W, X, Y).to_dot()
    defined = set(re.findall(r"^  (n\d+) \[label=", dot, re.M))
    assert set(re.findall(r"\b(n\d+)\b", dot)) == defined
    assert dot.count("{") == dot.count("}") == 2
    assert 'label="np.ptp"' in dot
    if shutil.which("dot"):
        subprocess.run(["dot", "-Tsvg"], input=dot.encode(), check=True, capture_output=True)


def test_a_long_trace_is_folded_and_fits_its_width() -> None:
    def f(x: Any) -> Any:
        for _ in range(200):
            x = np.sin(x)
        return x

    t = trace(f)(1.0)
    lines = t.tables(width=60).splitlines()
    assert len(lines) < 100
    assert any("more" in line for line in lines)
    assert max(map(len, lines)) <= 60
    assert len(t.rows) == 201


def test_results_that_are_not_numbers_or_do_not_depend() -> None:
    t = trace(lambda x: x * 2.0)(np.ones(3))
    assert "the adjoints of its sum" in str(t)
    np.testing.assert_array_equal(t.gradients["x"], [2.0, 2.0, 2.0])
    assert "does not depend on the inputs" in str(trace(lambda x: 3.0)(1.0))


def test_several_results_and_writes() -> None:
    def f(x: Any) -> Any:
        y = x * 1.0
        y[0] = 5.0
        return np.sum(np.linalg.slogdet(y).logabsdet)

    x = np.array([[1.0, 2.0], [3.0, 5.0]])
    traced, expected = trace(f)(x), grad(f)(x)
    np.testing.assert_allclose(traced.gradients["x"], expected, atol=1e-12)
    assert "put(" in str(traced)


def test_an_error_is_explained_as_in_grad() -> None:
    with pytest.raises(ValueError, match="mismatch") as caught:
        trace(lambda x: x @ np.ones((7, 7)))(X)
    assert "`x @ np.ones((7, 7))`" in caught.value.__notes__[0]
