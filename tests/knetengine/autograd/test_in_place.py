"""Writing into arrays while a gradient is recorded: the meaning is NumPy's, or an error."""

from typing import Any

import numpy as np
import pytest

import knetengine.numpy as kn
from knetengine import grad, gradcheck

X = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
W = np.array([[1.0, -2.0, 3.0], [0.5, 0.25, 2.0]])


def same_as_numpy(f: Any, *args: Any) -> None:
    """The recorded value is that of plain arrays, and the gradient agrees with differences."""
    copies = [np.copy(a) for a in args]
    expected = f(*copies)
    seen: list[Any] = []

    def loss(*a: Any) -> Any:
        value = f(*(x * 1.0 for x in a))
        seen.append(value.value)
        return value

    grad(loss)(*args)
    np.testing.assert_allclose(seen[0], expected)
    assert gradcheck(lambda *a: f(*(x * 1.0 for x in a)), *args, argnum=tuple(range(len(args))))


def write_items(x: Any) -> Any:
    y = x * 2.0
    y[0, 1] = x[1, 1] ** 2
    y[1] = x[0] * x[1]
    y[:, 2] *= 3.0
    y[y > 9.0] = 1.5
    return np.sum(y * y * x)


def write_masks(x: Any) -> Any:
    y = x * 1.0
    y[X > 2.5] += x[X > 2.5] ** 2
    y[[0, 1], [1, 2]] -= 2.0
    return np.sum(y**2)


def augmented(x: Any) -> Any:
    y = x
    y += x
    y *= x
    return np.sum(y)


def rows(x: Any) -> Any:
    total = x[0]
    total += x[1]
    return np.sum(total**2)


def slices(x: Any) -> Any:
    x[0:1, 1:] += x[1, 1:] ** 2
    x[..., 0] /= 2.0
    x[1, 1] **= 2.0
    return np.sum(x**2)


def filled(x: Any) -> Any:
    y = np.zeros_like(x)
    for i in range(2):
        for j in range(3):
            y[i, j] = x[i, j] * (i + j)
    return np.sum(y * y)


@pytest.mark.parametrize("f", [write_items, write_masks, augmented, rows, slices, filled])
def test_writes_mean_what_they_mean_in_numpy(f: Any) -> None:
    same_as_numpy(f, X)


def test_an_array_made_by_the_fast_door_can_be_filled() -> None:
    def f(x: Any) -> Any:
        y = kn.zeros(3)
        for i in range(3):
            y[i] = x[0, i] * x[1, i]
        return np.sum(y**2)

    expected = np.stack([2 * X[0] * X[1] ** 2, 2 * X[1] * X[0] ** 2])
    np.testing.assert_allclose(grad(f)(X), expected)
    assert type(kn.zeros(3)) is np.ndarray


def test_second_order_through_a_write() -> None:
    def f(x: Any) -> Any:
        y = x**2
        y[0] *= x[1]
        return np.sum(y**2)

    assert gradcheck(lambda x: np.sum(grad(f)(x) ** 2), X)


def test_a_plain_total_becomes_recorded() -> None:
    def f(x: Any) -> Any:
        total = np.zeros(3)
        for row in x:
            total += row**2
        return np.sum(total)

    np.testing.assert_array_equal(grad(f)(X), 2 * X)


def test_a_plain_total_with_another_name_is_refused() -> None:
    def f(x: Any) -> Any:
        total = other = np.zeros(3)
        total += x[0]
        return np.sum(total) + np.sum(other)

    with pytest.raises(TypeError, match=r"another name too.*total = total"):
        grad(f)(X)


def test_a_plain_item_cannot_take_a_recorded_value() -> None:
    def f(x: Any) -> Any:
        buffer = np.zeros(3)
        buffer[0] = x[0, 0]
        return np.sum(buffer)

    with pytest.raises(ValueError, match="sequence") as caught:
        grad(f)(X)
    told = "".join(caught.value.__notes__)
    assert "cannot be put into a plain array" in told
    assert "np.zeros_like" in told


def test_rows_of_a_plain_array_cannot_take_a_recorded_value() -> None:
    def f(x: Any) -> Any:
        buffer = np.zeros((2, 3))
        buffer[0] = x[0]
        return np.sum(buffer)

    with pytest.raises((TypeError, ValueError)) as caught:
        grad(f)(X)
    assert "zeros_like" in f"{caught.value} {caught.value.__cause__}"


def test_using_a_view_after_a_write_is_refused_with_both_places() -> None:
    def f(x: Any) -> Any:
        y = x * 1.0
        row = y[0]
        y[0] = 7.0
        return np.sum(row)

    with pytest.raises(RuntimeError, match=r"`y\[0\]` .*:\d+\) wrote to, and `np.sum\(row\)`"):
        grad(f)(X)


def test_writing_into_a_view_and_using_the_whole_is_refused() -> None:
    def f(x: Any) -> Any:
        y = x * 1.0
        row = y[0]
        row += 1.0
        return np.sum(y)

    with pytest.raises(RuntimeError, match="shares memory"):
        grad(f)(X)


def test_a_write_must_fit() -> None:
    def grows(x: Any) -> Any:
        y = x[0]
        y += x
        return np.sum(y)

    with pytest.raises(ValueError, match=r"result of shape \(2, 3\) into an array of shape \(3,\)"):
        grad(grows)(X)

    def becomes_complex(x: Any) -> Any:
        y = x * 1.0
        y += 1j
        return np.sum(np.abs(y))

    with pytest.raises(TypeError, match="dtype complex128 into an array of dtype float64"):
        grad(becomes_complex)(X)


def test_float32_stays_float32() -> None:
    def f(x: Any) -> Any:
        y = x * 1.0
        y += np.ones((2, 3))
        y[0] = np.ones(3)
        assert y.dtype == np.float32
        return np.sum(y * y)

    assert grad(f)(X.astype(np.float32)).dtype == np.float32


def test_writing_into_a_saved_plain_array_raises_on_the_line_that_writes() -> None:
    def f(x: Any) -> Any:
        buffer = np.ones(3)
        y = x * buffer
        buffer[0] = 5.0
        return np.sum(y)

    with pytest.raises(ValueError, match="read-only") as caught:
        grad(f)(X)
    (note,) = caught.value.__notes__
    assert note.startswith("in `buffer[0]` (test_in_place.py:")
    assert (
        "still needs may not be written to, and this one was saved by `x * buffer` (test_" in note
    )


def test_an_index_is_saved_too() -> None:
    rows, columns = np.array([0, 1]), np.array([1, 2])

    def item(x: Any) -> Any:
        y = x[rows]
        rows[0] = 1
        return np.sum(y)

    def items(x: Any) -> Any:
        y = x[:, columns]
        columns[0] = 0
        return np.sum(y)

    def write(x: Any) -> Any:
        y = x * 1.0
        y[rows] = 2.0 * x[1]
        rows[0] = 1
        return np.sum(y * y)

    for f in (item, items, write):
        with pytest.raises(ValueError, match="read-only") as caught:
            grad(f)(X)
        assert "this one was saved by" in caught.value.__notes__[0]
    rows[0], columns[0] = 1, 0


def test_a_list_as_an_index_may_change_afterwards() -> None:
    rows = [0, 1]

    def f(x: Any) -> Any:
        y = x[rows]
        rows[0] = 1
        return np.sum(y)

    np.testing.assert_array_equal(grad(f)(X), np.ones((2, 3)))


def test_a_value_that_outlived_its_gradient_protects_nothing() -> None:
    left: list[Any] = []
    grad(lambda x: left.append(x) or np.sum(x))(X)
    buffer = np.ones(3)
    for result in (left[0] * buffer, buffer * left[0], left[0][np.array([0])]):
        np.testing.assert_array_equal(result, np.broadcast_to(X, (2, 3))[: len(result)])
    buffer[0] = 5.0


def test_saved_arrays_are_writable_again_afterwards() -> None:
    data = np.ones((4, 3))
    batch = data[1:3]

    def f(x: Any) -> Any:
        assert not data.flags.writeable
        return np.sum(x * batch)

    with pytest.raises(AssertionError):
        grad(f)(X)  # before the product, the data may be written to
    assert data.flags.writeable

    def g(x: Any) -> Any:
        y = np.sum(x * batch)
        assert not data.flags.writeable
        return y

    grad(g)(X)
    assert data.flags.writeable
    assert batch.flags.writeable
    batch[0] = 2.0


def test_a_sum_may_forget_its_arguments() -> None:
    def f(x: Any) -> Any:
        buffer = np.ones(3)
        y = x + buffer
        buffer[0] = 5.0
        return np.sum(y)

    np.testing.assert_array_equal(grad(f)(X), np.ones((2, 3)))


def test_stop_gradient_gives_a_read_only_view() -> None:
    from knetengine import stop_gradient

    def f(x: Any) -> Any:
        y = x * x
        constant = stop_gradient(y)
        constant += 1.0
        return np.sum(y)

    with pytest.raises(ValueError, match="read-only"):
        grad(f)(X)


def test_two_views_of_one_array_are_released() -> None:
    c = np.ones((2, 2)) * (1 + 1j)
    grad(lambda x, y: np.sum(x * y), (0, 1))(c.real, c.imag)
    assert c.flags.writeable
    assert c.imag.flags.writeable


def test_methods_that_write() -> None:
    def f(x: Any) -> Any:
        y = x * 1.0
        y.sort(axis=0)
        z = x * 1.0
        z.fill(x[0, 0])
        return np.sum(y * W + z)

    same_as_numpy(f, X[::-1].copy())


def test_of_a_place_written_twice_the_last_value_counts() -> None:
    def f(v: Any) -> Any:
        x = np.zeros_like(v)
        x[[0, 0, 1]] = v
        return np.sum(x * np.array([1.0, 10.0, 100.0]))

    np.testing.assert_array_equal(grad(f)(np.ones(3)), [0.0, 1.0, 10.0])


def test_np_array_makes_a_copy() -> None:
    def f(x: Any) -> Any:
        y = kn.array(x)
        y += 1.0
        return np.sum(x * y)

    np.testing.assert_array_equal(grad(f)(X), 2 * X + 1)


def test_an_array_full_of_a_recorded_number() -> None:
    assert grad(lambda x: np.sum(np.full_like(x, x[0])))(np.ones(3)).tolist() == [3.0, 0.0, 0.0]
    assert grad(lambda x: kn.sum(kn.full((2, 2), x, np.float32)))(1.0) == 4.0
    assert kn.full((2, 2), 1.0).shape == (2, 2)
