"""The array of a device, on the CPU and on a device behind a driver."""

import copy
import gc
import pickle
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from knetengine import vjp
from knetengine.gpu import KnetArray
from knetengine.gpu.backends import backend_named
from knetengine.gpu.memory import block_of

DTYPES = (np.float16, np.float32, np.float64, np.int32, np.int64, np.uint8, np.bool_)


Put = Callable[..., KnetArray]


@pytest.fixture
def put(device: str) -> Put:
    return partial(KnetArray, device=device)


def same(k: Any, a: Any) -> None:
    assert type(k) is KnetArray
    assert (k.shape, k.dtype) == (np.shape(a), np.asarray(a).dtype)
    np.testing.assert_array_equal(np.asarray(k), a)


@pytest.fixture
def a() -> np.ndarray:
    return np.arange(24, dtype=np.float32).reshape(4, 6)


# Making, and coming back


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_goes_in_comes_out(put: Put, dtype: Any) -> None:
    numbers = np.array([[0, 1, 2], [3, 4, 5]]).astype(dtype)
    same(put(numbers), numbers)
    same(put(numbers.tolist(), dtype), numbers)
    same(put([0, 1], dtype), np.array([0, 1], dtype))


@pytest.mark.parametrize("layout", [lambda a: a.T, lambda a: a[::-1, ::2], lambda a: a[:, :0]])
def test_any_layout_of_the_host_comes_in(put: Put, layout: Any, a: np.ndarray) -> None:
    same(put(layout(a)), layout(a))
    assert put(a.T).strides == a.T.strides


def test_it_is_a_copy(put: Put, a: np.ndarray) -> None:
    k = put(a)
    np.asarray(k)[0, 0] = 7
    a[0, 1] = 8
    assert np.asarray(k)[0, :2].tolist() == [0, 1]
    other = KnetArray(k)
    other[0, 0] = 9
    assert float(k[0, 0]) == 0


@pytest.mark.parametrize("kind", [np.complex64, np.int8, object, "U3"])
def test_kinds_of_numbers_that_devices_have_not(put: Put, kind: Any) -> None:
    with pytest.raises(TypeError, match=r"KnetArray: dtype .* is not one that devices have; exp"):
        put(np.zeros(2, kind))


def test_a_device_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(ValueError, match="no device 'cuda:99'; expected one of cpu"):
        KnetArray(1.0, device="cuda:99")


def test_numbers_come_out_as_numbers(put: Put, a: np.ndarray) -> None:
    k = put(a)
    assert (float(k[1, 2]), int(k[1, 2]), k[1, 2].item(), k.item(1, 2)) == (8.0, 8, 8.0, 8.0)
    assert k.tolist() == a.tolist()
    assert [row.tolist() for row in k] == a.tolist()
    assert len(k) == 4
    assert bool(k[0, 1] == 1)
    assert range(9)[put(3)] == 3
    with pytest.raises(TypeError, match="len"):
        len(k[0, 0])
    with pytest.raises(ValueError, match="more than one element"):
        bool(k)


def test_how_it_looks(put: Put, device: str, a: np.ndarray) -> None:
    place = "" if device == "cpu" else f", device={device!r}"
    assert repr(put(a[:1, :3])) == f"KnetArray([[0., 1., 2.]], float32{place})"
    assert str(put(np.float32(0.1))) == "0.1"
    assert f"{put(2.5):.2f}" == "2.50"
    assert str(put(a)) == str(a)


def test_copies_and_pickles(put: Put, a: np.ndarray) -> None:
    k = put(a)
    for twin in (copy.copy(k), copy.deepcopy(k), pickle.loads(pickle.dumps(k)), k.copy()):
        same(twin, a)
        twin[...] = 0
        same(k, a)


# Views


@pytest.mark.parametrize(
    "index",
    [
        slice(1, 3), (slice(None), 3), slice(None, None, 2), (..., None), (2, 4), (),
        (slice(None, None, -1), slice(4, 1, -2)), (slice(0, 0),), (1, ..., None),
    ],
    ids=repr,
)  # fmt: skip
def test_a_slice_is_a_view(put: Put, index: Any, a: np.ndarray) -> None:
    k = put(a)
    part = k[index]
    same(part, a[index])
    assert part.strides == np.asarray(a[index]).strides
    part[...] = -1
    a[index] = -1
    same(k, a)
    k[index] = 5
    np.testing.assert_array_equal(np.asarray(part), np.full(part.shape, 5))


@pytest.mark.parametrize(
    "see",
    [lambda k: k.T, lambda k: k.reshape(6, 4), lambda k: np.swapaxes(k, 0, 1), lambda k: k.ravel(),
     lambda k: np.expand_dims(k, 1), lambda k: k[:, None].squeeze(), lambda k: np.flip(k, 0),
     lambda k: np.broadcast_to(k, (2, 4, 6))],
)  # fmt: skip
def test_what_only_looks_otherwise_is_a_view(put: Put, see: Any, a: np.ndarray) -> None:
    k = put(a)
    seen = see(k)
    assert seen.base is not None
    k[1, 2] = -7
    a[1, 2] = -7
    same(seen, see(a))


def test_a_view_keeps_the_memory_of_its_base(put: Put, a: np.ndarray) -> None:
    row = put(a)[2]
    gc.collect()
    crowd = [put(np.full((4, 6), 9, np.float32)) for _ in range(50)]
    assert row.tolist() == a[2].tolist()
    assert len(crowd) == 50


@pytest.mark.parametrize(
    "index", [[2, 0, 2], np.array([3, 1]), ([0, 1], [5, 5]), (slice(None), [1, 1])], ids=repr
)
def test_an_index_of_many_places_copies(put: Put, index: Any, a: np.ndarray) -> None:
    k = put(a)
    part = k[index]
    same(part, a[index])
    part[...] = -1
    same(k, a)
    k[index] = 3
    a[index] = 3
    same(k, a)


def test_masks_and_places_may_be_of_the_device_or_of_the_host(put: Put, a: np.ndarray) -> None:
    k = put(a)
    for mask, places in ((a > 5, np.array([1, 3])), (k > 5, put(np.array([1, 3])))):
        same(k[mask], a[a > 5])
        same(k[places], a[[1, 3]])
        same(np.where(mask, k, 0), np.where(a > 5, a, np.float32(0)))
        same(np.take(k, places, 1), a[:, [1, 3]])


# Computing


def test_it_computes_as_numpy_does(put: Put, a: np.ndarray) -> None:
    k = put(a)
    same(k + k, a + a)
    same(2 * k - 1, 2 * a - 1)
    same(k @ k.T, a @ a.T)
    same(-k / 3 ** (k[:1] > 2), -a / 3 ** (a[:1] > 2))
    np.testing.assert_allclose(np.asarray(np.exp(k / 9)), np.exp(a / 9), 1e-6)
    same(k.sum(), a.sum())
    same(k.sum(1, keepdims=True), a.sum(1, keepdims=True))
    same(np.maximum(k, 3), np.maximum(a, 3))
    same(np.concatenate([k, k], 1), np.concatenate([a, a], 1))
    same(k.argmax(1), a.argmax(1))
    same(k.astype(np.int32), a.astype(np.int32))
    same(np.zeros_like(k), np.zeros_like(a))
    same(np.ones(3, like=k), np.ones(3))
    same(np.add.reduce(k, axis=0), np.add.reduce(a, axis=0))
    quotient, rest = np.divmod(k, 4)
    same(quotient, a // 4)
    same(rest, a % 4)
    assert np.shape(k) == (4, 6)
    assert [part.shape for part in np.split(k, 2)] == [(2, 6), (2, 6)]


@pytest.mark.parametrize("number", [2, 0.5, True, np.float32(2), np.array(3, np.float32)], ids=repr)
def test_float32_stays_float32(put: Put, number: Any, a: np.ndarray) -> None:
    k = put(a)
    for result in (k + number, number * k, k / number, np.maximum(k, number), k**number):
        assert result.dtype == np.float32


def test_writing_in_place(put: Put, a: np.ndarray) -> None:
    k = put(a)
    whole, row = k, k[1]
    k += 1
    k *= k
    row -= 10
    a = (a + 1) ** 2
    a[1] -= 10
    assert k is whole
    same(k, a)
    out = np.empty_like(k)
    assert np.add(k, 1, out=out) is out
    same(out, a + 1)
    np.add.at(k, [0, 0], 1)
    np.add.at(a, [0, 0], 1)
    same(k, a)
    k.fill(2)
    k[1:] = put(np.arange(6, dtype=np.float32))
    assert k[:2, :3].tolist() == [[2, 2, 2], [0, 1, 2]]


def test_results_lie_in_the_pool_and_go_back_to_it(put: Put, device: str, a: np.ndarray) -> None:
    backend: Any = backend_named(device)
    pool = backend.pool
    gc.collect()
    before = pool.stats().blocks
    k = put(a)
    results = [
        k + 1,
        k.sum(),
        np.concatenate([k, k]),
        k @ k.T,
        k[[1, 2]],
        k[1],
        k.T,
        *np.divmod(k, 2),
    ]
    if device == "cpu":
        assert all(block_of(result.storage) is not None for result in results)
    assert pool.stats().blocks == before + 8  # two of them are views
    del results, k
    gc.collect()
    assert pool.stats().blocks == before


def test_results_are_put_where_they_are_asked_for(put: Put, a: np.ndarray) -> None:
    k = put(a)
    out = put(np.zeros(6, np.float32))
    assert np.std(k, 0, out=out) is out
    np.testing.assert_allclose(np.asarray(out), a.std(0), 1e-6)
    assert np.sum(k, 0, out=out) is out
    same(out, a.sum(0))


@pytest.mark.parametrize("shift", [0, 2, -8])
def test_rolling_makes_a_new_array(shift: int, put: Put, a: np.ndarray) -> None:
    k = put(a)
    rolled = np.roll(k[1:], shift, 1)
    same(rolled, np.roll(a[1:], shift, 1))
    rolled[...] = 0
    same(k, a)


def test_nan_is_left_out_or_the_function_is_refused(put: Put, device: str) -> None:
    k = put([1.0, np.nan, 3.0])
    if device == "cpu":
        assert float(np.fmax.reduce(k)) == 3
    else:
        with pytest.raises(TypeError, match=r"np\.fmax\.reduce is not on"):
            np.fmax.reduce(k)


# What does not go together


def test_an_array_of_the_host_is_refused_with_both_named(put: Put, a: np.ndarray) -> None:
    k = put(a)
    told = (
        rf"np.add: a NumPy array of shape \(6,\), float32, meets a KnetArray on {k.device} of "
        r"shape \(4, 6\), float32; convert one: KnetArray\(x.*\) or np.asarray\(k\)"
    )
    with pytest.raises(TypeError, match=told):
        k + a[0]
    with pytest.raises(TypeError, match=told):
        a[0] + k
    with pytest.raises(TypeError, match=r"np\.concatenate: a NumPy array .* meets"):
        np.concatenate([k, a])
    with pytest.raises(TypeError, match=r"k\[index\] = value: a NumPy array"):
        k[0] = a[0]
    with pytest.raises(TypeError, match=r"np\.add: a NumPy array"):
        a += k


def test_numpys_own_errors_come_through(put: Put, a: np.ndarray) -> None:
    k = put(a)
    with pytest.raises(ValueError, match="could not be broadcast"):
        k + k[:, :5]
    with pytest.raises(IndexError, match="out of bounds"):
        k[9]
    with pytest.raises(ValueError, match="mismatch"):
        k @ k


def test_a_pull_takes_a_number_and_an_array_of_the_device(device: str) -> None:
    k = KnetArray(np.array([1.0, 2.0, 3.0]), device=device)
    value, pull = vjp(lambda k: np.sum(np.sin(k) * k), k)
    expected = pull(1.0)[0]
    assert type(expected) is KnetArray
    again = pull(np.ones_like(value))[0]
    np.testing.assert_array_equal(np.asarray(again), np.asarray(expected))
