"""Writes into a device's arrays while a gradient needs them: an error, and nothing else is one."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

from knetengine import grad, stop_gradient, value_and_grad
from knetengine.gpu import KnetArray
from knetengine.gpu.memory.blocks import guarded

Put = Callable[..., KnetArray]
X = np.arange(12.0).reshape(3, 4) + 1


@pytest.fixture
def put(device: str) -> Iterator[Put]:
    yield partial(KnetArray, device=device)
    assert not guarded, "a gradient left an array protected"


WRITES: dict[str, Callable[[Any], Any]] = {
    "item": lambda k: k.__setitem__(0, 5.0),
    "mask": lambda k: k.__setitem__(k > 3, 5.0),
    "in place": lambda k: k.__iadd__(1.0),
    "out": lambda k: np.multiply(k, 2.0, out=k),
    "out by place": lambda k: np.exp(k + 0.0, k),
    "sum": lambda k: np.sum(np.ones((2, *k.shape), like=k), 0, out=k),
    "sum by place": lambda k: np.sum(np.ones((2, *k.shape), like=k), 0, None, k),
    "matmul": lambda k: np.matmul(np.ones((3, 3), like=k), k + 0.0, out=k),
    "copyto": lambda k: np.copyto(k, 5.0),
    "clip": lambda k: np.clip(k, 0.0, 1.0, k),
    "concatenate": lambda k: np.concatenate([k[:1], k[1:]], out=k),
    "stack": lambda k: np.stack([k[0], k[1], k[2]], 0, k),
    "along": lambda k: np.put_along_axis(k, np.zeros((3, 1), int), 2.0, 1),
    "add at": lambda k: np.add.at(k, [0, 0], 1.0),
    "fill": lambda k: k.fill(2.0),
    "sort": lambda k: np.ndarray.sort(k) if type(k) is np.ndarray else type(k).sort(k),
    "a row": lambda k: k[1].__iadd__(1.0),
    "a column": lambda k: k[:, 1].__setitem__(..., 1.0),
    "the transpose": lambda k: k.T.__setitem__(0, 1.0),
    "another shape": lambda k: k.reshape(2, 6).__imul__(2.0),
    "one entry": lambda k: k[2, 3].__setitem__((), 1.0),
}
ON_THE_HOST: dict[str, Callable[[Any], Any]] = {
    "put": lambda k: np.put(k, [0], 5.0),
    "place": lambda k: np.place(k, k > 0, [1.0]),
    "putmask": lambda k: np.putmask(k, k > 0, 2.0),
    "diagonal": lambda k: np.fill_diagonal(k, 2.0),
    "nan_to_num": lambda k: np.nan_to_num(k, copy=False),
    "median": lambda k: np.median(k, overwrite_input=True),
}
WITHOUT_SORTING = [name for name in WRITES if name != "sort"]


@pytest.mark.parametrize("name", WITHOUT_SORTING)
def test_a_write_into_what_a_call_saved_raises(put: Put, name: str) -> None:
    k = put(X)

    def f(x: Any) -> Any:
        y = x * k
        WRITES[name](k)
        return np.sum(y)

    with pytest.raises(ValueError, match="read-only") as caught:
        grad(f)(put(X))
    (note,) = caught.value.__notes__
    assert "an array that the gradient still needs may not be written to" in note
    assert "this one was saved by `x * k` (test_writes.py:" in note
    np.testing.assert_array_equal(np.asarray(k), X)  # nothing was written
    WRITES[name](k)  # and now it may be


@pytest.mark.parametrize("name", [*ON_THE_HOST, "sort"])
def test_what_only_the_host_has_raises_too(name: str) -> None:
    k = KnetArray(X, device="cpu")

    def f(x: Any) -> Any:
        y = x * k
        {**ON_THE_HOST, **WRITES}[name](k)
        return np.sum(y)

    with pytest.raises(ValueError, match="read-only"):
        grad(f)(KnetArray(X, device="cpu"))


def test_the_words_are_numpys(put: Put) -> None:
    def write(make: Any, line: Callable[[Any, Any], Any]) -> tuple[str, str]:
        k = make(X)
        with pytest.raises(ValueError, match="read-only") as caught:
            grad(lambda x: line(x, k))(make(X))
        return str(caught.value), caught.value.__notes__[0]

    def item(x: Any, k: Any) -> Any:
        y = np.exp(x) * k
        k[0] = 5.0
        return np.sum(y)

    def augmented(x: Any, k: Any) -> Any:
        y = k * np.exp(x)
        k += 5.0
        return np.sum(y)

    for line in (item, augmented):
        assert write(put, line) == write(np.array, line)


def test_a_parameter_may_not_be_written_to_either(put: Put) -> None:
    w = put(X)

    def f(x: Any) -> Any:
        w[0] = 5.0
        return np.sum(x)

    with pytest.raises(ValueError, match="read-only") as caught:
        grad(f)(w)
    assert "and this one is a parameter" in caught.value.__notes__[0]


def test_neither_may_what_stop_gradient_gives_nor_an_index(put: Put) -> None:
    def constant(x: Any) -> Any:
        y = x * x
        stopped = stop_gradient(y)
        stopped += 1.0
        return np.sum(y)

    with pytest.raises(ValueError, match="read-only") as caught:
        grad(constant)(put(X))
    assert "this one was made by `x * x` (test_writes.py:" in caught.value.__notes__[0]

    rows, both = put(np.array([0, 1])), put(np.array([1, 2]))

    def index(x: Any) -> Any:
        y = x[rows]
        rows[0] = 1
        return np.sum(y)

    def tuple_of_indices(x: Any) -> Any:
        y = x[both, 0]
        both[0] = 0
        return np.sum(y)

    for f in (index, tuple_of_indices):
        with pytest.raises(ValueError, match="read-only"):
            grad(f)(put(X))


def test_what_no_rule_looks_at_may_be_written_to(put: Put) -> None:
    k = put(X)

    def f(x: Any) -> Any:
        y = x + k
        k[0] = 5.0
        return np.sum(y * y)

    np.testing.assert_array_equal(np.asarray(grad(f)(put(X))), 4 * X)


def test_another_part_of_the_same_memory_may_be_written_to(put: Put) -> None:
    k = put(X)
    saved, other, again = k[:, 0], k[:, 1], k[1]

    def f(x: Any) -> Any:
        y = x * saved
        other[...] = 7.0
        return np.sum(y)

    np.testing.assert_array_equal(np.asarray(grad(f)(put(X[:, 0]))), X[:, 0])
    assert np.asarray(k)[:, 1].tolist() == [7.0, 7.0, 7.0]

    def g(x: Any) -> Any:
        y = x * saved
        again[...] = 0.0  # a view from before: NumPy would not notice
        return np.sum(y)

    with pytest.raises(ValueError, match="read-only"):
        grad(g)(put(X[:, 0]))


def test_nested_gradients_end_with_the_outermost(put: Put) -> None:
    k = put(X)

    def inner(x: Any) -> Any:
        return np.sum(x * x * k)

    def outer(x: Any) -> Any:
        g = grad(inner)(x)
        with pytest.raises(ValueError, match="read-only"):
            k[0] = 1.0
        return np.sum(g)

    np.testing.assert_array_equal(np.asarray(grad(outer)(put(X))), 2 * X)
    k[0] = 1.0


def test_another_gradient_does_not_end_it(put: Put) -> None:
    """Two threads take gradients with one array; it is free when both are done."""
    k, at_work, done = put(X), threading.Event(), threading.Event()

    def slow(x: Any) -> Any:
        y = np.sum(x * k)
        at_work.set()
        assert done.wait(60)
        with pytest.raises(ValueError, match="read-only"):
            k[0] = 1.0
        return y

    thread = threading.Thread(target=lambda: grad(slow)(put(X)))
    thread.start()
    assert at_work.wait(60)
    grad(lambda x: np.sum(x * k))(put(X))
    with pytest.raises(ValueError, match="read-only"):
        k[0] = 1.0
    done.set()
    thread.join()
    k[0] = 1.0


def test_a_generator_does_not_keep_it(put: Put) -> None:
    k = put(X)

    def steps(x: Any) -> Iterator[Any]:
        yield x * k
        yield x

    left: list[Any] = []

    def f(x: Any) -> Any:
        left.append(steps(x))
        return np.sum(next(left[0]))

    grad(f)(put(X))
    k[0] = 1.0
    assert next(left[0]) is not None


def test_a_recorded_value_that_outlived_its_gradient_protects_nothing(put: Put) -> None:
    left: list[Any] = []
    grad(lambda x: left.append(x) or np.sum(x))(put(X))
    for k in (put(X), 2 * put(X)):
        assert left[0] * k is not None
        assert k * left[0] is not None
        k[0] = 1.0
    left.clear()
    grad(lambda x: left.append(x) or np.sum(x))(X)
    a = X.copy()
    assert left[0] * a is not None
    a[0] = 1.0


def test_writes_of_the_tape_itself(put: Put) -> None:
    """Into recorded values: every name of the value sees them, and the gradient is NumPy's."""

    def f(x: Any) -> Any:
        y = x * 2.0
        z = y
        y += x
        y[0] = 3.0 * x[1]
        y[[0, 0], [1, 2]] *= 2.0
        y[:, 1:3] += x[:, :1]
        z.fill(1.0) if x is None else None
        return np.sum(z * z)

    value, gradient = value_and_grad(f)(put(X))
    expected, by_numpy = value_and_grad(f)(X)
    assert type(gradient) is KnetArray
    np.testing.assert_allclose(float(value), expected)
    np.testing.assert_allclose(np.asarray(gradient), by_numpy)


def test_a_view_that_would_go_stale_raises(put: Put) -> None:
    def f(x: Any) -> Any:
        y = x * 1.0
        row = y[0]
        y[0] = 7.0
        return np.sum(row * row)

    for make in (put, np.array):
        with pytest.raises(RuntimeError, match=r"`y\[0\]` .* shares memory with one that"):
            grad(f)(make(X))


def test_a_single_entry_is_a_number_to_writes(put: Put) -> None:
    def f(x: Any) -> Any:
        y = x * 1.0
        total = y[0, 0]
        total += 1.0
        y[0, 0] = total * y[1, 1]
        return np.sum(y * total)

    np.testing.assert_allclose(np.asarray(grad(f)(put(X))), grad(f)(X))


def test_what_numpy_would_not_let_be_written_to(put: Put) -> None:
    k = put(X)
    for look in (
        lambda a: np.broadcast_to(a, (2, 3, 4)),
        np.diagonal,
        lambda a: np.broadcast_to(a[0], (3, 4))[1:],
        lambda a: np.lib.stride_tricks.sliding_window_view(a, 2, 1),
    ):
        for array in (look(k), look(X)):
            with pytest.raises(ValueError, match="assignment destination is read-only"):
                array[0] = 1.0
            with pytest.raises(ValueError, match="output array is read-only"):
                array += 1.0


def test_the_memory_on_the_host_is_read_only_meanwhile() -> None:
    k = KnetArray(X, device="cpu")

    def f(x: Any) -> Any:
        y = np.sum(x * k)
        assert k.host is not None
        assert not k.host.flags.writeable
        return y

    grad(f)(KnetArray(X, device="cpu"))
    assert k.host is not None
    assert k.host.flags.writeable
