"""NumPy's functions without a kernel of ours, by the library of a device, on the same memory."""

import copy
import gc
import pickle
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

from knetengine import grad, stop_gradient, value_and_grad
from knetengine.gpu import KnetArray, devices
from knetengine.gpu.backends import backend_named
from knetengine.gpu.device import calling, library
from knetengine.gpu.drivers.interface import Address
from knetengine.gpu.memory import Block, Borrowed
from tests.knetengine.gpu.drivers import library_signatures, numpy_library

Put = Callable[..., KnetArray]


@pytest.fixture
def put(with_library: str) -> Put:
    return partial(KnetArray, device=with_library)


@pytest.fixture(params=["cpu", "with a library", pytest.param("cuda:0", marks=pytest.mark.gpu)])
def place(request: pytest.FixtureRequest) -> Put:
    """On the CPU, which NumPy computes on, the same functions give the same."""
    if request.param == "cuda:0" and "cuda:0" not in [each.name for each in devices()]:
        pytest.skip("cuda:0 is not on this machine")
    if request.param.startswith("with"):
        request.getfixturevalue("with_library")
    return partial(KnetArray, device=request.param)


@pytest.fixture
def calls() -> Iterator[list[tuple[str, list[int]]]]:
    numpy_library.calls.clear()
    yield numpy_library.calls
    numpy_library.calls.clear()


def address(k: KnetArray) -> int:
    return int(k.storage.operand.address)


def agree(found: Any, expected: Any) -> None:
    """The same numbers of the same kind, in the same nest of results."""
    if isinstance(expected, list | tuple):
        assert type(found) is type(expected)
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            agree(one, other)
        return
    assert type(found) is KnetArray
    wanted = np.asarray(expected)
    assert (found.shape, found.dtype) == (wanted.shape, wanted.dtype)
    np.testing.assert_allclose(np.asarray(found), wanted, 1e-10, 1e-10)


def symmetric(a: Any) -> Any:
    return a @ np.swapaxes(a, -1, -2)


A = np.random.default_rng(0).standard_normal((5, 5))
B = np.random.default_rng(1).standard_normal((5, 3))
COUNTS = np.array([3, 1, 2, 3, 0, 1, 1])

FUNCTIONS: dict[str, tuple[Callable[..., Any], tuple[np.ndarray, ...]]] = {
    "linalg.solve": (np.linalg.solve, (A, B)),
    "linalg.inv": (np.linalg.inv, (A,)),
    "linalg.det": (np.linalg.det, (A,)),
    "linalg.slogdet": (np.linalg.slogdet, (A,)),
    "linalg.svd": (lambda a: np.linalg.svd(a, full_matrices=False), (B,)),
    "linalg.eigh": (lambda a: np.linalg.eigh(symmetric(a)), (A,)),
    "linalg.qr": (np.linalg.qr, (B,)),
    "linalg.cholesky": (lambda a: np.linalg.cholesky(symmetric(a)), (A,)),
    "linalg.lstsq": (lambda a, b: np.linalg.lstsq(a, b)[0], (B, A[:, 0].copy())),
    "linalg.pinv": (np.linalg.pinv, (B,)),
    "linalg.matrix_power": (lambda a: np.linalg.matrix_power(a, 3), (A,)),
    "linalg.norm with ord=1": (lambda a: np.linalg.norm(a, 1), (A,)),
    "fft.fft": (np.fft.fft, (A,)),
    "fft.rfft": (lambda a: np.fft.rfft(a, axis=0), (A,)),
    "fft.irfft": (lambda a: np.fft.irfft(np.fft.rfft(a, axis=1), 5, axis=1), (A,)),
    "fft.fftshift": (np.fft.fftshift, (A,)),
    "sort": (lambda a: np.sort(a, axis=0), (A,)),
    "argsort": (lambda a: np.argsort(a, axis=1, kind="stable"), (A,)),
    "partition": (lambda a: np.partition(a, 2)[:, 2], (A,)),
    "unique": (lambda a: np.unique(a, return_counts=True), (COUNTS,)),
    "unique_all": (np.unique_all, (COUNTS,)),
    "bincount": (np.bincount, (COUNTS,)),
    "histogram": (lambda a: np.histogram(a, bins=4, range=(-3, 3)), (A,)),
    "searchsorted": (lambda a, b: np.searchsorted(np.sort(a), b), (A[0].copy(), B)),
    "digitize": (lambda a, b: np.digitize(a, np.sort(b)), (A, B[:, 0].copy())),
    "interp": (lambda x, xp, fp: np.interp(x, np.sort(xp), fp), (A, A[0].copy(), A[1].copy())),
    "einsum": (lambda a, b: np.einsum("ij,jk->ik", a, b), (A, B)),
    "kron": (np.kron, (A, B)),
    "cross": (lambda a: np.cross(a[:3], a[1:4]), (B,)),
    "median": (lambda a: np.median(a, axis=0), (A,)),
    "percentile": (lambda a: np.percentile(a, 30.0), (A,)),
    "quantile by place": (lambda a: np.quantile(a, 0.3, 1), (A,)),
    "average": (lambda a, b: np.average(a, weights=b[:, 0], axis=0), (A, B)),
    "cov": (np.cov, (A,)),
    "corrcoef": (np.corrcoef, (A,)),
    "diff": (lambda a: np.diff(a, 2, 0), (A,)),
    "gradient": (lambda a: np.gradient(a, axis=1), (A,)),
    "trapezoid": (np.trapezoid, (A,)),
    "convolve": (np.convolve, (A[0].copy(), B[:, 0].copy())),
    "nansum": (np.nansum, (A,)),
    "nanmean": (lambda a: np.nanmean(a, keepdims=True), (A,)),
    "diag": (np.diag, (A,)),
    "round to decimals": (lambda a: np.round(a, 2), (A,)),
    "pad by reflecting": (lambda a: np.pad(a, 2, mode="reflect"), (A,)),
    "roots": (np.roots, (A[0].copy(),)),
    "polyval": (lambda a, b: np.polyval(a, b), (A[0].copy(), B)),
    "eye": (lambda a: np.eye(3, like=a), (A,)),
    "modf": (np.modf, (A,)),
    "frexp": (np.frexp, (A,)),
    "heaviside": (lambda a: np.heaviside(a, 0.5), (A,)),
    "bitwise_xor": (lambda a: np.bitwise_xor(a, 3), (COUNTS,)),
    "integers' products": (lambda a: a @ a, (COUNTS,)),
    "unwrap": (lambda a: np.unwrap(a), (A,)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_it_gives_what_numpy_gives(name: str, place: Put) -> None:
    function, arrays = FUNCTIONS[name]
    agree(function(*map(place, arrays)), function(*arrays))


def test_the_parts_of_a_result_have_numpys_names(put: Put) -> None:
    k = put(symmetric(A))
    np.testing.assert_allclose(np.asarray(np.linalg.eigh(k).eigenvalues), np.linalg.eigvalsh(k))
    assert np.linalg.svd(k).Vh.shape == (5, 5)
    assert type(np.linalg.svd(k, compute_uv=False)) is KnetArray
    assert np.linalg.slogdet(k)._fields == ("sign", "logabsdet")


# Nothing is copied


def test_arrays_cross_by_their_addresses(put: Put, calls: Any) -> None:
    k = put(A)
    for seen in (k, k.T, k[1:, ::2], k[::-1], k[2], k[:0]):
        calls.clear()
        found = np.fft.fft(seen) if seen.size else np.sort(seen)
        assert calls[-1][1] == [address(seen)]
        agree(found, np.fft.fft(np.asarray(seen)) if seen.size else np.asarray(seen))


def test_results_lie_in_the_pool_and_go_back_to_it(put: Put, with_library: str) -> None:
    backend: Any = backend_named(with_library)
    gc.collect()
    before = backend.pool.stats().blocks
    k = put(A)
    found = [np.linalg.inv(k), *np.linalg.qr(k), np.fft.fft(k)]
    assert all(type(part.memory) is Block and part.base is None for part in found)
    assert backend.pool.stats().blocks == before + 5
    del found, k
    gc.collect()
    assert backend.pool.stats().blocks == before


def test_a_result_that_is_a_view_is_one_of_the_same_memory(put: Put) -> None:
    k = put(np.arange(3.0))
    rows, columns = np.meshgrid(k, k, copy=False, sparse=True)
    assert rows.memory is columns.memory is k.memory
    assert rows.base is not None
    rows[0, 1] = 7
    assert k.tolist() == [0, 7, 2]
    del k
    gc.collect()
    assert rows.tolist() == [[0, 7, 2]]


def test_a_view_that_may_not_be_written_stays_so(put: Put) -> None:
    k = np.broadcast_to(put(np.arange(3.0)), (2, 3))
    rows, _ = np.meshgrid(k[0], k[0], copy=False, sparse=True)
    with pytest.raises(ValueError, match="read-only"):
        rows[0, 0] = 1


def test_memory_from_elsewhere_is_kept_and_guarded(with_library: str) -> None:
    """An array that the library has not asked our pool for."""
    backend: Any = backend_named(with_library)
    x = np.arange(6.0)
    start = backend.driver.allocate(x.nbytes)
    backend.driver.to_device(start, x)

    def make() -> Any:
        memory = numpy_library.UnownedMemory(int(start), x.nbytes, None, 0)
        place = numpy_library.MemoryPointer(memory, 8)
        return numpy_library.ndarray((5,), np.float64, place, (8,))

    stored = library.Crossing(backend).run("make", make)
    k = KnetArray.of(stored, backend)
    assert type(k.memory) is Borrowed
    assert k.memory.requested_bytes == 48
    assert address(k) == start + 8
    agree(k * 2, x[1:] * 2)
    agree(np.sort(-k), np.sort(-x[1:]))
    holders: list[Any] = []
    k.protect(holders)
    with pytest.raises(ValueError, match="read-only"):
        k[2:][0] = 1
    with pytest.raises(ValueError, match="read-only"):
        np.nancumsum(k, out=k)
    k.release(holders)
    k[0] = -1
    assert k.tolist() == [-1, 2, 3, 4, 5]
    backend.driver.release(Address(start))


# Writing


def test_a_function_writes_where_it_is_told(put: Put) -> None:
    k, out = put(A), put(np.zeros(5))
    where = address(out)
    assert np.median(k, axis=0, out=out) is out
    assert address(out) == where
    agree(out, np.median(A, axis=0))
    fraction, whole = put(np.zeros((5, 5))), put(np.zeros((5, 5)))
    assert np.modf(k, out=(fraction, whole))[1] is whole
    agree(whole, np.trunc(A))
    np.put(k, [0, 7], put(np.array([9.0, 8.0])))
    assert (float(k[0, 0]), float(k[1, 2])) == (9, 8)
    np.subtract.at(k, put(np.array([1, 1])), 1.0)
    agree(k[1], np.where(np.arange(5) == 2, 8.0, A[1]) - 2)


def test_memory_that_a_gradient_needs_is_not_written(put: Put) -> None:
    def loss(write: Any) -> Any:
        def f(x: Any) -> Any:
            y = x * saved
            write(saved)
            return np.sum(y)

        return f

    k = put(A)
    for write in (
        lambda a: np.median(k, axis=0, out=a[0]),
        lambda a: np.modf(k, out=(k * 0, a)),
        lambda a: np.put(a, [0], 1.0),
        lambda a: np.subtract.at(a, np.array([1]), 1.0),
        lambda a: np.median(a, overwrite_input=True),
        lambda a: np.fft.fft(k).real.__setitem__(..., np.real(np.fft.fft(k))) or a.fill(1),
    ):
        saved = put(A)
        with pytest.raises(ValueError, match="read-only"):
            grad(loss(write))(k)
        agree(saved, A)


def test_a_place_out_of_range_is_an_error_and_never_wrapped_round(put: Put) -> None:
    """CuPy's np.put takes such a place for another one unless it is told."""
    with pytest.raises(IndexError, match="out of bounds"):
        np.put(put(A), [99], 1.0)
    differing = {
        name
        for name in library_signatures.table()
        if (function := calling.find(np, name)) and (mine := calling._parameters(function))
        if any(
            calling._differs(p.default, library_signatures.signature(name).parameters.get(n))
            for n, p in mine.items()
        )
    }
    assert differing == {"put", "ravel_multi_index"}


# Complex numbers, and others that kernels do not know


def test_complex_numbers_are_computed_with(place: Put) -> None:
    z, k = np.fft.fft(A), np.fft.fft(place(A))
    agree(k, z)
    for compute in (
        lambda z, a: z * 2 - a, lambda z, a: z * 1j, lambda z, a: abs(z), lambda z, a: z.conj(),
        lambda z, a: np.angle(z), lambda z, a: np.exp(z), lambda z, a: z @ z, lambda z, a: z.sum(0),
        lambda z, a: z.real, lambda z, a: z.imag, lambda z, a: z.T.copy(), lambda z, a: z[1:, ::2],
        lambda z, a: z[[2, 0]], lambda z, a: z[a > 0], lambda z, a: np.concatenate([z, z], 1),
        lambda z, a: z == z.T, lambda z, a: z.astype(np.complex64), lambda z, a: np.zeros_like(z),
        lambda z, a: a.astype(np.complex64), lambda z, a: np.where(a > 0, z, 1),
        lambda z, a: z.mean(), lambda z, a: z.reshape(25), lambda z, a: np.linalg.solve(z, z[0]),
        lambda z, a: np.roll(z, 2), lambda z, a: np.imag(a), lambda z, a: np.max(abs(z), 1),
        lambda z, a: np.zeros(2, "D", like=z),
    ):  # fmt: skip
        agree(compute(k, place(A)), compute(z, A))
    assert np.iscomplexobj(k)
    assert not np.iscomplexobj(place(A))
    assert complex(k[0, 1].item()) == complex(z[0, 1])
    agree(pickle.loads(pickle.dumps(k)), z)
    agree(copy.deepcopy(k), z)
    assert str(k) == str(z)


def test_complex_numbers_are_written(place: Put) -> None:
    z, k = np.fft.fft(A), np.fft.fft(place(A))
    for array, other in ((z, A), (k, place(A))):
        array[0] = 1.5
        array[1, 2] = 2 - 1j
        array[:, 3] = other[0]
        array[[2, 4], 0] = 1j
        array[other > 1] = 0
        array.real[3] = 7
        array += other
        array.T[...] = array.copy()
    agree(k, z)


def test_kinds_of_whole_numbers_that_kernels_have_not(place: Put) -> None:
    a, k = COUNTS.astype(np.int16), place(COUNTS).astype(np.int16)
    agree(k, a)
    agree(k + k, a + a)
    agree(k[[1, 1]], a[[1, 1]])
    agree(k.astype(np.float32), a.astype(np.float32))


# Gradients


def regular(a: Any) -> Any:
    return a @ np.swapaxes(a, -1, -2) + 5 * np.eye(5, like=stop_gradient(a))


LOSSES: dict[str, Callable[..., Any]] = {
    "solve": lambda a, b: np.sum(np.linalg.solve(regular(a), b) ** 2),
    "inv": lambda a, b: np.sum(np.linalg.inv(regular(a)) * a),
    "slogdet": lambda a, b: np.linalg.slogdet(regular(a))[1],
    "svd": lambda a, b: np.sum(np.linalg.svd(a)[1] ** 3),
    "eigh": lambda a, b: np.sum(np.linalg.eigh(regular(a)).eigenvalues ** 2),
    "cholesky": lambda a, b: np.sum(np.linalg.cholesky(regular(a)) ** 3),
    "qr": lambda a, b: np.sum(np.linalg.qr(a)[1] ** 2 * a),
    "pinv": lambda a, b: np.sum(np.linalg.pinv(b).T * b**2),
    "rfft": lambda a, b: np.sum(np.abs(np.fft.rfft(a, axis=0)) ** 2 * np.fft.rfft(b[:, 0]).real[0]),
    "ifft": lambda a, b: np.sum(np.real(np.fft.ifft(np.fft.fft(a) * np.fft.fft(b.T[:1]))) * a),
    "sort": lambda a, b: np.sum(np.sort(a, axis=None)[::2] ** 2) + np.median(b),
    "cumprod": lambda a, b: np.sum(np.cumprod(a, axis=1) * a),
    "einsum": lambda a, b: np.einsum("ij,jk,ik->", a, b, b),
    "interp": lambda a, b: np.sum(np.percentile(a, 40.0, axis=0) * a[0]),
}


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_go_the_same_way(name: str, place: Put) -> None:
    loss = LOSSES[name]
    value, expected = value_and_grad(loss, (0, 1))(A, B)
    found, gradients = value_and_grad(loss, (0, 1))(place(A), place(B))
    agree(found, value)
    agree(tuple(gradients), tuple(expected))


def test_second_derivatives_too(place: Put) -> None:
    def slope(a: Any) -> Any:
        return np.sum(grad(lambda a: LOSSES["solve"](a, a[:, :2]))(a) ** 2)

    agree(grad(slope)(place(A)), grad(slope)(A))


# What cannot be done


def test_without_a_library_the_function_is_named_with_what_to_do(simulated: str) -> None:
    k = KnetArray(A, device=simulated)
    end = "compute it on the host: np.asarray\\(k\\)"
    missing = "no kernel of ours does it, and CuPy, which may have it, is not there"
    for call, name in (
        (lambda: np.linalg.svd(k), "np.linalg.svd"),
        (lambda: np.sort(k), "np.sort"),
        (lambda: np.fft.rfft(k), "np.fft.rfft"),
        (lambda: np.take(k, [1], mode="clip"), "np.take with mode='clip'"),
        (lambda: np.fmax.reduce(k), "np.fmax.reduce"),
        (lambda: np.add(k, k, where=k > 0), "np.add with where="),
        (lambda: np.modf(k), "np.modf"),
        (lambda: k * 1j, "np.multiply of complex128"),
        (lambda: k.astype(np.int16), "np.astype"),
    ):
        with pytest.raises(TypeError, match=rf"^{name} is not on simulated: {missing}; {end}$"):
            call()
    with pytest.raises(TypeError, match=rf"^np\.matmul of int64 and int64 .*{missing}"):
        KnetArray(COUNTS, device=simulated) @ KnetArray(COUNTS, device=simulated)


def test_what_the_library_has_not_is_said(put: Put, with_library: str) -> None:
    k = put(A)
    missing = r"no kernel of ours does it, and CuPy 14 \(a stand-in\) does not offer it"
    for call, name in (
        (lambda: np.insert(k, 0, 1.0), "np.insert"),
        (lambda: np.linalg.multi_dot([k, k, k]), "np.linalg.multi_dot"),
        (lambda: np.sort(k, stable=True), "np.sort with stable="),
        (lambda: np.linalg.svd(k, hermitian=True), "np.linalg.svd with hermitian="),
        (lambda: np.fmax.reduce(k), "np.fmax.reduce"),
    ):
        with pytest.raises(TypeError, match=rf"^{name} is not on {with_library}: {missing}") as it:
            call()
        assert "compute it on the host: np.asarray(k)" in str(it.value)
    with pytest.raises(TypeError, match=r"does not offer it \(`cupy_fmax.accumulate` is not supp"):
        np.fmax.accumulate(k)


def test_the_library_s_own_errors_say_whose_they_are(put: Put, with_library: str) -> None:
    with pytest.raises(np.linalg.LinAlgError, match="Singular matrix") as raised:
        np.linalg.inv(put(np.zeros((2, 2))))
    assert raised.value.__notes__[0] == (
        f"np.linalg.inv on {with_library} is CuPy's; to have NumPy's, compute it on the host: "
        "np.asarray(k)"
    )


def test_arrays_of_the_host_do_not_meet_it(put: Put) -> None:
    k = put(A)
    for call in (
        lambda: np.linalg.solve(k, B),
        lambda: np.interp(k, A[0], A[1]),
        lambda: np.heaviside(k, A),
        lambda: np.linalg.solve(k, KnetArray(B, device="cpu")),
    ):
        with pytest.raises(TypeError, match=r"meets a KnetArray on .*; convert one"):
            call()
    agree(np.delete(k, np.array([1, 3]), axis=0), np.delete(A, [1, 3], axis=0))
    agree(np.heaviside(k, np.array(0.5)), np.heaviside(A, 0.5))


def test_a_function_that_is_not_numpys_is_not_looked_for(put: Put) -> None:
    ours = np.frompyfunc(lambda x: x, 1, 1)
    with pytest.raises(TypeError, match=r"is not on with a library: no kernel of ours does it"):
        ours(put(A))
