"""NumPy's functions that a device leaves to CuPy: its answers, on the memory of our arrays."""

from collections.abc import Callable
from typing import Any

import numpy as np

from knetengine import grad
from knetengine.gpu.device.library import Crossing
from knetengine.selftest.checks import Place, check, floats
from knetengine.selftest.comparing import Comparison, UnavailableError, on_device

FAMILY = "library functions"

Calls = dict[str, Callable[..., Any]]


def _available(place: Place) -> None:
    if place.has_kernels and place.driver.library is None:
        raise UnavailableError(f"{place.name} has no CuPy")


def _each(place: Place, comparison: Comparison, calls: Calls, *arrays: np.ndarray) -> None:
    """Compare calls with NumPy's, of float64; tuples part by part."""
    _available(place)
    there = [place.put(array) for array in arrays]
    for name, call in calls.items():
        found, expected = call(*there), call(*arrays)
        if not isinstance(expected, tuple):
            found, expected = (found,), (expected,)
        for part, wanted in zip(found, expected, strict=True):
            on_device(name, part, place.name)
            comparison.near(name, part, wanted, 1e-9, 1.0)


def _regular(a: Any) -> Any:
    """Symmetric and positive definite."""
    return a @ a.T / 20 + a[0, 0] ** 2 + np.eye(a.shape[0], like=a)


@check(FAMILY, "linear algebra")
def _linear(place: Place, comparison: Comparison) -> None:
    calls: Calls = {
        "np.linalg.solve": lambda a, b: np.linalg.solve(_regular(a), b),
        "np.linalg.inv": lambda a, b: np.linalg.inv(_regular(a)),
        "np.linalg.cholesky": lambda a, b: np.linalg.cholesky(_regular(a)),
        "np.linalg.slogdet": lambda a, b: tuple(np.linalg.slogdet(_regular(a))),
        "np.linalg.eigh": lambda a, b: np.linalg.eigh(_regular(a)).eigenvalues,
        "np.linalg.svd": lambda a, b: np.linalg.svd(b, compute_uv=False),
        "np.linalg.svd, put together": lambda a, b: _together(*np.linalg.svd(b, False)),
        "np.linalg.qr, put together": lambda a, b: np.matmul(*np.linalg.qr(b)),
        "np.einsum": lambda a, b: np.einsum("ij,jk->ki", a, b),
        "whole numbers": lambda a, b: a.astype(np.int64) @ b.astype(np.int64),
    }
    _each(place, comparison, calls, floats(40, 40, dtype=float), floats(40, 9, seed=1, dtype=float))


def _together(u: Any, s: Any, vh: Any) -> Any:
    return (u * s) @ vh


@check(FAMILY, "Fourier transforms and complex numbers")
def _complex(place: Place, comparison: Comparison) -> None:
    def parts(z: Any) -> tuple[Any, Any]:
        return np.real(z) + 0, np.imag(z) + 0

    calls: Calls = {
        "np.fft.fft": lambda x: parts(np.fft.fft(x)),
        "np.fft.rfft along an axis": lambda x: parts(np.fft.rfft(x, axis=0)),
        "there and back": lambda x: np.fft.irfft(np.fft.rfft(x), x.shape[-1]),
        "np.fft.fft2": lambda x: parts(np.fft.fft2(x.T)),
        "a product": lambda x: parts(np.fft.fft(x) * (1 + 2j) - x),
        "items": lambda x: parts(np.fft.fft(x)[1:, ::2][[3, 0]]),
        "np.abs": lambda x: np.abs(np.fft.fft(x)),
    }
    _each(place, comparison, calls, floats(24, 30, dtype=float))


@check(FAMILY, "sorting, counting, statistics")
def _sorting(place: Place, comparison: Comparison) -> None:
    calls: Calls = {
        "np.sort": lambda x: np.sort(x, axis=0),
        "np.argsort": lambda x: np.argsort(x, axis=1),
        "np.unique": lambda x: tuple(np.unique(x.astype(np.int64), return_counts=True)),
        "np.histogram": lambda x: np.histogram(x, bins=7, range=(-2.0, 2.0)),
        "np.median": lambda x: np.median(x, axis=0),
        "np.percentile": lambda x: np.percentile(x, 30.0),
        "np.nanmean": lambda x: np.nanmean(x, axis=1),
        "np.interp": lambda x: np.interp(x, np.sort(x[0]), x[1]),
        "np.diff": lambda x: np.diff(x, 2, axis=0),
        "np.cov": np.cov,
    }
    _each(place, comparison, calls, floats(30, 24, dtype=float))


@check(FAMILY, "gradients through them")
def _gradients(place: Place, comparison: Comparison) -> None:
    calls: Calls = {
        "np.linalg.solve": grad(lambda a: np.sum(np.linalg.solve(a @ a.T + 9 * _one(a), a) ** 2)),
        "np.linalg.inv": grad(lambda a: np.sum(np.linalg.inv(a @ a.T + 9 * _one(a)) * a)),
        "np.fft.rfft": grad(lambda a: np.sum(np.abs(np.fft.rfft(a)) ** 2 * a[:, :6])),
        "np.sort": grad(lambda a: np.sum(np.sort(a, axis=0)[::2] ** 2)),
        "np.median": grad(lambda a: np.sum(np.median(a, axis=0) ** 2)),
    }
    _each(place, comparison, calls, floats(10, 10, dtype=float))


def _one(a: Any) -> Any:
    return np.diag(a[0] * 0 + 1)


@check(FAMILY, "arrays cross without a copy")
def _crossing(place: Place, comparison: Comparison) -> None:
    backend = place.device
    _available(place)
    x = floats(12, 10)
    k = place.put(x)
    blocks = backend.pool.stats().blocks
    for name, seen in (("whole", k), ("a transposed slice", k[2:, ::3].T), ("backwards", k[::-1])):
        inside: list[Any] = []
        Crossing(backend).run(name, inside.append, seen.storage)
        (there,) = inside
        at = int(seen.storage.operand.address)
        comparison.holds(f"{name}: where CuPy's array lies", int(there.data.ptr), at)
        comparison.holds(f"{name}: its strides", tuple(there.strides), seen.strides)
        inside.clear()
        del there
    comparison.holds("new blocks of the pool", backend.pool.stats().blocks - blocks, 0)
    found: Any = np.sort(k)
    comparison.holds("new blocks for a result", backend.pool.stats().blocks - blocks, 1)
    comparison.holds("it is a view of something", found.base is not None, False)
    comparison.near("np.sort", found * 2, np.sort(x) * 2)


@check(FAMILY, "they wait for our kernels, and our kernels for them")
def _order(place: Place, comparison: Comparison) -> None:
    _available(place)
    x = floats(400, 300, dtype=float)
    here, there = x, place.put(x)
    for _ in range(20):
        here, there = (
            np.fft.irfft(np.fft.rfft(a * 0.5), 300) + a[::-1] * 0.25 for a in (here, there)
        )
    comparison.near("twenty rounds", there, here, 1e-9, 1e-6)


@check(FAMILY, "memory that a gradient needs is not written")
def _protected(place: Place, comparison: Comparison) -> None:
    _available(place)
    x = floats(6, 5)
    k, saved = place.put(x), place.put(x)

    def loss(a: Any) -> Any:
        y = a * saved
        np.median(k, axis=0, out=saved[0])
        return np.sum(y)

    said = ""
    try:
        grad(loss)(k)
    except ValueError as error:
        said = str(error)
    comparison.holds("np.median(out=) is refused", "read-only" in said, True)
    comparison.near("what was saved", saved, x)
