"""The table of checks, and the device that they are made on."""

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from knetengine.gpu import KnetArray
from knetengine.gpu.backend import Backend
from knetengine.gpu.backends import backend_named
from knetengine.gpu.device.backend import DeviceBackend
from knetengine.gpu.drivers.interface import Driver
from knetengine.gpu.kernels.operand import Operand
from knetengine.selftest.comparing import Comparison, UnavailableError


class Place:
    """The device that checks are made on.

    name: as `KnetArray` takes it, such as ``"cuda:0"``.
    examples: the folder of the example models; None where there is none.
    cuda: CuPy's module of that name; it is imported for a CUDA device if it is not given.
    """

    def __init__(self, name: str, examples: Path | None = None, cuda: Any = None) -> None:
        self.name = name
        self.backend: Backend = backend_named(name)
        self.examples = examples
        if cuda is None and name.startswith("cuda:"):
            cuda = importlib.import_module("cupy").cuda
        self._cuda = cuda

    def put(self, array: Any) -> KnetArray:
        """A copy of an array of the host on the device."""
        return KnetArray(array, device=self.name)

    @property
    def has_kernels(self) -> bool:
        """Whether it computes by our own kernels, not by NumPy."""
        return isinstance(self.backend, DeviceBackend)

    @property
    def device(self) -> DeviceBackend:
        """Its backend. Raises UnavailableError for the CPU, which NumPy computes on."""
        if not isinstance(self.backend, DeviceBackend):
            raise UnavailableError(f"{self.name} computes by NumPy, it has no kernels of ours")
        return self.backend

    @property
    def driver(self) -> Driver:
        """Its driver. Raises UnavailableError for the CPU."""
        return self.device.driver

    @property
    def cuda(self) -> Any:
        """CuPy's module ``cupy.cuda``. Raises UnavailableError for another device than CUDA's."""
        if self._cuda is None:
            raise UnavailableError(f"{self.name} is not a CUDA device")
        return self._cuda

    @property
    def is_cuda(self) -> bool:
        """Whether it is a CUDA device, or what stands for one."""
        return self._cuda is not None

    def computed(
        self, kernel: Callable[..., None], arrays: Sequence[np.ndarray], shape: Any, dtype: Any
    ) -> np.ndarray:
        """What a kernel puts into an array: called with the driver, the arrays and the result."""
        given = [self.device.upload(array) for array in arrays]
        out = self.device.empty(shape, dtype)
        operands: list[Operand] = [stored.operand for stored in given]
        kernel(self.driver, *operands, out.operand)
        return self.device.download(out)


Run: TypeAlias = Callable[[Place, Comparison], None]


class Check(NamedTuple):
    """A check.

    run: raises MismatchError where something differs, UnavailableError where the device has not
        what it is about; whatever else it raises is a failure too.
    """

    family: str
    name: str
    run: Run


CHECKS: list[Check] = []
"""All of them, family by family, in the order in which they are made."""


def check(family: str, name: str) -> Callable[[Run], Run]:
    """Put a function into the table."""

    def keep(run: Run) -> Run:
        CHECKS.append(Check(family, name, run))
        return run

    return keep


def floats(*shape: int, seed: int = 0, dtype: Any = np.float32) -> np.ndarray:
    """Normal numbers of a seed."""
    return np.asarray(np.random.default_rng(seed).standard_normal(shape)).astype(dtype)
