"""Softmax and losses: values, gradients, kernels against twins, and what they say of bad input."""

import math
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knetengine import grad, gradcheck, nn, on_nonfinite, value_and_grad, vjp
from knetengine.nn.losses import (
    accuracy,
    bce,
    logistic,
    logp,
    logsoftmax,
    logsumexp,
    nll,
    softmax,
)
from tests.knetengine.nn.twins import check_twins

FLOATS = [np.float32, np.float64]
QUICK = settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def draw(*shape: int, dtype: Any = np.float64, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


# Softmax


def test_values_of_softmax() -> None:
    x = np.log([[1.0, 2.0, 5.0], [3.0, 3.0, 2.0]])
    chances = np.array([[1, 2, 5], [3, 3, 2]]) / 8
    np.testing.assert_allclose(softmax(x), chances, rtol=1e-14)
    np.testing.assert_allclose(logsoftmax(x), np.log(chances), rtol=1e-14)
    np.testing.assert_allclose(logsumexp(x), np.log([8, 8]), rtol=1e-14)
    np.testing.assert_allclose(logsumexp(x, None), np.log(16), rtol=1e-14)
    np.testing.assert_allclose(softmax(x, None), chances / 2, rtol=1e-14)
    np.testing.assert_allclose(logsumexp(x, (0, 1), keepdims=True), [[np.log(16)]], rtol=1e-14)
    assert logp is logsoftmax


@pytest.mark.parametrize("axis", [-1, 0, 1, (0, 2), None])
@pytest.mark.parametrize("f", [softmax, logsoftmax, logsumexp])
def test_derivatives_of_softmax(f: Any, axis: Any) -> None:
    assert gradcheck(lambda x: f(x, axis), draw(2, 3, 4), order=2)


@pytest.mark.parametrize("dtype", FLOATS)
def test_softmax_of_large_scores(dtype: Any) -> None:
    x = np.array([[1e4, 1e4, -1e4], [-3e4, -3e4, -3e4]], dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert softmax(x).tolist() == [[0.5, 0.5, 0], pytest.approx([1 / 3] * 3)]
        assert logsumexp(x) == pytest.approx([1e4 + math.log(2), -3e4 + math.log(3)])
    assert softmax(x).dtype == logsumexp(x).dtype == logp(x).dtype == dtype


def test_softmax_of_infinities() -> None:
    inf = np.inf
    x = np.array([[-inf, -inf], [-inf, 1.0], [inf, 1.0], [np.nan, 1.0]])
    assert logsumexp(x) == pytest.approx([-inf, 1.0, inf, np.nan], nan_ok=True)
    with np.errstate(invalid="ignore"):
        nan = [np.nan, np.nan]
        assert softmax(x) == pytest.approx(np.array([nan, [0, 1], nan, nan]), nan_ok=True)
        rows = np.isnan(logp(x)).any(-1)
    assert rows.tolist() == [True, False, True, True]


def test_softmax_of_bad_arguments() -> None:
    with pytest.raises(ValueError, match=r"softmax: x is .*\(2, 0\).*one entry along axis -1"):
        softmax(np.zeros((2, 0)))
    assert softmax(np.zeros((0, 2))).shape == (0, 2)
    with pytest.raises(TypeError, match=r"logp|logsoftmax: x is .*int64; expected an array of flo"):
        logp(np.zeros((2, 3), int))
    with pytest.raises(TypeError, match=r"logsumexp: x is .*float16"):
        logsumexp(np.zeros(2, np.float16))


# Many classes


def test_values_of_nll() -> None:
    x = np.log([[1.0, 2.0, 5.0], [3.0, 3.0, 2.0]])
    labels = np.array([2, 0])
    expected = -math.log(5 / 8) - math.log(3 / 8)
    for reference in (True, False):
        with nn.reference(reference):
            assert nll(x, labels) == pytest.approx(expected / 2, rel=1e-14)
            assert nll(x, labels, average=False) == pytest.approx(expected, rel=1e-14)
            assert nll(x, np.array([2, -1])) == pytest.approx(-math.log(5 / 8), rel=1e-14)
            assert nll(x.astype(np.float32), labels).dtype == np.float32
            assert nll(x - 1e5, labels) == pytest.approx(expected / 2, rel=1e-9)
            assert nll(x[0], np.array(2)) == pytest.approx(-math.log(5 / 8), rel=1e-14)


def test_the_gradient_of_nll_is_chance_less_certainty() -> None:
    x = np.log([[1.0, 2.0, 5.0], [3.0, 3.0, 2.0]])
    gradient = grad(nll)(x, np.array([2, 0]))
    np.testing.assert_allclose(gradient, np.array([[1, 2, -3], [-5, 3, 2]]) / 16, rtol=1e-13)


def test_nothing_counts() -> None:
    x, labels = draw(3, 4), np.full(3, -1)
    for reference in (True, False):
        with nn.reference(reference):
            for average in (True, False):
                value, gradient = value_and_grad(nll)(x, labels, average=average)
                assert value == 0
                assert not gradient.any()
            assert nll(np.zeros((0, 4)), np.zeros(0, int), average=False) == 0
    assert accuracy(x, labels) == 0


@pytest.mark.parametrize("loss", [nll, accuracy, bce, logistic])
def test_no_rows_have_no_average(loss: Any) -> None:
    scores = np.zeros((0, 4) if loss in (nll, accuracy) else 0, np.float32)
    message = rf"{loss.__name__}: scores is .*\(0,.*float32; expected at least one row to average"
    for reference in (True, False):
        with nn.reference(reference), pytest.raises(ValueError, match=message):
            loss(scores, np.zeros(0, int))
    assert loss(scores, np.zeros(0, int), average=False) == 0


@QUICK
@given(
    rows=st.integers(1, 9),
    classes=st.integers(1, 40),
    dtype=st.sampled_from(FLOATS),
    average=st.booleans(),
    biased=st.booleans(),
    transposed=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_kernels_are_the_twins(
    rows: int,
    classes: int,
    dtype: Any,
    average: bool,
    biased: bool,
    transposed: bool,
    seed: int,
) -> None:
    x = draw(rows, 2, classes, dtype=dtype, seed=seed) * dtype(3)
    x = np.asfortranarray(x) if transposed else x
    labels = np.random.default_rng(seed).integers(-1, classes, (rows, 2)).astype(np.int8)
    if biased:
        check_twins(
            lambda x, b: nll(x, labels, bias=b, average=average), x, draw(classes, dtype=dtype)
        )
    else:
        check_twins(lambda x: nll(x, labels, average=average), x)


@pytest.mark.parametrize(("rows", "classes"), [(1500, 30), (40, 3000)])
def test_kernels_are_the_twins_on_several_threads(rows: int, classes: int) -> None:
    x, b = draw(rows, classes, dtype=np.float32), draw(classes, dtype=np.float32)
    labels = np.random.default_rng(0).integers(-1, classes, rows)
    check_twins(lambda x, b: nll(x, labels, bias=b, average=False), x, b)


def test_derivatives_of_nll() -> None:
    labels = np.array([[1, -1, 0], [3, 2, 2]])
    for reference in (True, False):
        with nn.reference(reference):
            assert gradcheck(
                lambda x, b: nll(x, labels, bias=b), draw(2, 3, 4), draw(4), argnum=(0, 1), order=2
            )


def test_a_gradient_that_is_changed_does_not_change_the_next() -> None:
    """The kernel leaves the gradient behind, and with it 1 nothing is multiplied."""
    x = draw(3, 4)
    _, pull = vjp(lambda x: nll(x, np.array([1, 2, 0])), x)
    first = pull(1.0)[0]
    kept = first.copy()
    first *= 7
    assert np.array_equal(pull(1.0)[0], kept)
    np.testing.assert_allclose(pull(2.0)[0], 2 * kept, rtol=1e-15)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("value", [np.nan, -np.nan, np.inf])
def test_a_nan_comes_out(dtype: Any, value: float) -> None:
    labels = np.array([1, 2, 0])
    for place in range(4):
        x = draw(3, 4, dtype=dtype)
        x[1, place] = value
        with on_nonfinite("ignore"):
            loss, gradient = value_and_grad(nll)(x, labels)
        assert np.isnan(loss)
        assert np.isnan(gradient).any(-1).tolist() == [False, True, False]
        # a row that does not count does not matter
        assert np.isfinite(nll(x, np.array([1, -1, 0])))
        with nn.reference(True):
            assert np.isfinite(nll(x, np.array([1, -1, 0])))


@pytest.mark.parametrize("reference", [True, False])
@pytest.mark.parametrize(
    ("error", "message", "scores", "labels", "bias"),
    [
        (ValueError, r"nll: labels\[1, 0\] is 4; expected -1 to 3", (2, 2, 4), [[0, 1], [4, 2]], 0),
        (ValueError, r"nll: labels\[0\] is -2; expected -1 to 3", (1, 4), [-2], 0),
        (ValueError, r"nll: labels is .*\(3,\).*expected shape \(2,\)", (2, 4), [0, 1, 2], 0),
        (ValueError, r"nll: bias is .*\(3,\).*expected shape \(4,\)", (2, 4), [0, 1], 3),
        (ValueError, r"nll: scores is .*\(\).*expected shape \(\.\.\., C\)", (), 0, 0),
        (ValueError, r"nll: scores is .*\(2, 0\)", (2, 0), [0, 1], 0),
        (TypeError, "nll: labels is .*float64; expected integers", (2, 4), [0.0, 1.0], 0),
    ],
)
def test_bad_arguments_of_nll(
    reference: bool, error: Any, message: str, scores: Any, labels: Any, bias: int
) -> None:
    with nn.reference(reference), pytest.raises(error, match=message):
        nll(np.zeros(scores), np.array(labels), bias=np.zeros(bias) if bias else None)


def test_bad_dtypes_of_nll() -> None:
    labels = np.array([0, 1])
    with pytest.raises(TypeError, match=r"nll: scores is .*float16; expected"):
        nll(np.zeros((2, 3), np.float16), labels)
    with pytest.raises(TypeError, match=r"nll: scores is .*int64; expected"):
        nll(np.zeros((2, 3), int), labels)
    with pytest.raises(TypeError, match="nll: bias is float64, but scores is float32"):
        nll(np.zeros((2, 3), np.float32), labels, bias=np.zeros(3))


def test_accuracy() -> None:
    scores = np.array([[0.0, 2, 1], [5, 1, 1], [1, 1, 0], [0, 0, 9]])
    assert accuracy(scores, np.array([1, 0, 0, 1])) == 0.75
    assert accuracy(scores, np.array([1, 0, 1, 1]), average=False) == 2
    assert accuracy(scores, np.array([1, -1, -1, 1])) == 0.5
    scores[0, 1] = np.nan
    assert accuracy(scores, np.array([1, 0, 0, 2]), average=False) == 3
    assert grad(lambda x: nll(x, np.array([1])) + accuracy(x, np.array([1])))(scores[1:2]).any()
    with pytest.raises(ValueError, match=r"accuracy: labels\[0\] is 3; expected -1 to 2"):
        accuracy(scores[:1], np.array([3]))
    with pytest.raises(ValueError, match=r"accuracy: labels is .*expected shape"):
        accuracy(scores, np.array([3]))


# Two classes


def test_values_of_two_classes() -> None:
    x = np.log([3.0, 1.0, 1 / 3])  # chances 3/4, 1/2, 1/4
    expected = -np.log([3 / 4, 1 / 2, 3 / 4])
    assert bce(x, np.array([1, 0, 0])) == pytest.approx(expected.mean(), rel=1e-14)
    assert bce(x, np.array([1, 0, 0]), average=False) == pytest.approx(expected.sum(), rel=1e-14)
    assert logistic(x, np.array([1, -1, -1])) == pytest.approx(expected.mean(), rel=1e-14)
    assert bce(x.astype(np.float32), np.array([True, False, False])).dtype == np.float32


@pytest.mark.parametrize("average", [True, False])
def test_derivatives_of_two_classes(average: bool) -> None:
    x, positive = draw(3, 4), draw(3, 4, seed=1) > 0
    assert gradcheck(lambda x: bce(x, positive, average=average), x, order=2)
    labels = np.where(positive, 1.0, -1.0)
    assert gradcheck(lambda x: logistic(x, labels, average=average), x, order=2)


def test_two_classes_of_large_scores() -> None:
    x = np.array([1e4, -1e4, 1e4, -1e4], np.float32)
    labels = np.array([1, 0, 0, 1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert bce(x, labels) == 5000
        assert grad(bce)(x, labels) == pytest.approx([0, 0, 0.25, -0.25])
    assert np.isnan(bce(np.array([np.nan, 1]), np.array([0, 1])))


def test_bad_arguments_of_two_classes() -> None:
    with pytest.raises(ValueError, match=r"bce: labels\[1\] is -1; expected 0 or 1"):
        bce(np.zeros(2), np.array([0, -1]))
    with pytest.raises(ValueError, match=r"logistic: labels\[0\] is 0; expected -1 or 1"):
        logistic(np.zeros(2), np.array([0, -1]))
    with pytest.raises(ValueError, match=r"bce: labels is .*\(2,\).*expected shape \(2, 1\)"):
        bce(np.zeros((2, 1)), np.array([0, 1]))
    with pytest.raises(TypeError, match=r"bce: scores is .*int64"):
        bce(np.zeros(2, int), np.array([0, 1]))


@pytest.mark.peers
def test_as_pytorch_has_it() -> None:
    torch = pytest.importorskip("torch")
    functional = torch.nn.functional
    x, labels = draw(6, 5), np.array([0, 4, -1, 2, -1, 1])
    t = torch.tensor(x, requires_grad=True)
    loss = functional.cross_entropy(t, torch.tensor(labels), ignore_index=-1)
    loss.backward()
    value, gradient = value_and_grad(nll)(x, labels)
    assert value == pytest.approx(loss.item(), rel=1e-12)
    np.testing.assert_allclose(gradient, t.grad.numpy(), rtol=1e-10, atol=1e-15)
    positive = (x > 0.3).astype(float)
    s = torch.tensor(x, requires_grad=True)
    loss = functional.binary_cross_entropy_with_logits(s, torch.tensor(positive))
    loss.backward()
    value, gradient = value_and_grad(bce)(x, positive)
    assert value == pytest.approx(loss.item(), rel=1e-12)
    np.testing.assert_allclose(gradient, s.grad.numpy(), rtol=1e-10, atol=1e-15)
