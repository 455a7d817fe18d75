"""A CUDA device, by CuPy's bindings of CUDA's own calls.

Of CuPy only these are used: the runtime, the driver, NVRTC and cuBLAS. Memory comes straight from
CUDA: whoever wants it quickly stands a memory manager in front. CuPy's functions for arrays are
those of `library`, for whom no kernel is written.
"""

import ctypes
import importlib
import threading
import weakref
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from knetengine.gpu.drivers.compilation import compiled
from knetengine.gpu.drivers.interface import (
    Address,
    Argument,
    DeviceOutOfMemoryError,
    DeviceProperties,
    DriverError,
    Extent,
    Handle,
    Product,
)

_OUT_OF_MEMORY = 2  # cudaErrorMemoryAllocation
_NOT_READY = 600  # cudaErrorNotReady
_ALIGNMENT = 16  # of an argument: none of ours asks for more


class _Event:
    """A mark in a stream; CUDA's event goes back to the driver's stock with it."""

    __slots__ = ("__weakref__", "pointer")

    def __init__(self, pointer: int, stock: list[int]) -> None:
        self.pointer = pointer
        weakref.finalize(self, stock.append, pointer).atexit = False


class CupyDriver:
    """The driver of ``cuda:device``.

    cuda: the module ``cupy.cuda``, which is imported if it is not given.
    library: the module ``cupy``; None, with a `cuda` that is given, for no functions of its.

    Raises DriverError where CuPy is not installed, or finds no such device.
    """

    def __init__(self, device: int = 0, cuda: Any = None, library: Any = None) -> None:
        self.name = f"cuda:{device}"
        self.number = device
        self.library = _import() if cuda is None else library
        self._cuda = self.library.cuda if cuda is None else cuda
        self._runtime, self._driver = self._cuda.runtime, self._cuda.driver
        self._modules: dict[tuple[str, tuple[str, ...]], int] = {}
        self._loading = threading.Lock()
        self._stock: list[int] = []  # events that nobody waits for
        with self._calling("properties"):
            found = self._runtime.getDeviceProperties(device)
        self._properties = DeviceProperties(
            name=found["name"].decode(),
            architecture=10 * int(found["major"]) + int(found["minor"]),
            total_bytes=int(found["totalGlobalMem"]),
            multiprocessors=int(found["multiProcessorCount"]),
            threads_per_block=int(found["maxThreadsPerBlock"]),
            shared_bytes=int(found["sharedMemPerBlock"]),
        )

    def properties(self) -> DeviceProperties:
        """What the device is."""
        return self._properties

    # Memory

    def allocate(self, nbytes: int) -> Address:
        """A block of so many bytes. Raises DeviceOutOfMemoryError where there are none left."""
        if nbytes < 1:
            raise DriverError(f"allocate: nbytes is {nbytes}, expected 1 or more")
        with self._calling(f"allocate of {nbytes} bytes"):
            return Address(self._runtime.malloc(nbytes))

    def release(self, address: Address) -> None:
        """Give a block back; CUDA waits for all work on the device."""
        with self._calling("release"):
            self._runtime.free(int(address))

    def memory(self) -> tuple[int, int]:
        """How many bytes are free, and how many there are."""
        with self._calling("memory"):
            free, total = self._runtime.memGetInfo()
        return int(free), int(total)

    def to_device(self, target: Address, source: np.ndarray, stream: Handle = 0) -> None:
        """Copy a contiguous array of the host, which may be changed as soon as this is done."""
        place = _contiguous("to_device: source", source)
        kind = self._runtime.memcpyHostToDevice
        with self._calling("to_device"):
            self._runtime.memcpyAsync(int(target), place, source.nbytes, kind, stream)

    def to_host(self, target: np.ndarray, source: Address, stream: Handle = 0) -> None:
        """Copy into a contiguous array of the host, and wait until it is there."""
        place = _contiguous("to_host: target", target)
        kind = self._runtime.memcpyDeviceToHost
        with self._calling("to_host"):
            self._runtime.memcpyAsync(place, int(source), target.nbytes, kind, stream)
            self._runtime.streamSynchronize(stream)

    def copy(self, target: Address, source: Address, nbytes: int, stream: Handle = 0) -> None:
        """Copy within the device."""
        kind = self._runtime.memcpyDeviceToDevice
        with self._calling("copy"):
            self._runtime.memcpyAsync(int(target), int(source), nbytes, kind, stream)

    def fill(self, target: Address, byte: int, nbytes: int, stream: Handle = 0) -> None:
        """Set each byte."""
        with self._calling("fill"):
            self._runtime.memsetAsync(int(target), byte, nbytes, stream)

    # Kernels

    def load(self, source: str, options: Sequence[str] = ()) -> Handle:
        """Compile CUDA C++ to a module, or give the one that was compiled first."""
        key = (source, tuple(options))
        with self._loading:
            if key not in self._modules:
                architecture = self._properties.architecture
                binary = compiled(self._cuda.nvrtc, source, options, architecture)
                with self._calling("load"):
                    self._modules[key] = self._driver.moduleLoadData(binary)
            return self._modules[key]

    def function(self, module: Handle, name: str) -> Handle:
        """A kernel of a module, by its ``extern "C"`` name."""
        with self._calling(f"function {name!r}"):
            return self._driver.moduleGetFunction(module, name)

    def launch(
        self,
        function: Handle,
        grid: Extent,
        block: Extent,
        arguments: Sequence[Argument],
        shared_bytes: int = 0,
        stream: Handle = 0,
    ) -> None:
        """Start a kernel."""
        if min(*grid, *block) < 1:
            raise DriverError(f"launch: grid {grid}, block {block}; no extent may be 0")
        pointers, _content = _in_memory(arguments)
        where = ctypes.addressof(pointers)
        with self._calling("launch"):  # which copies the arguments before it comes back
            self._driver.launchKernel(function, *grid, *block, shared_bytes, stream, where, 0)

    def multiply(
        self, product: Product, a: Address, b: Address, c: Address, stream: Handle = 0
    ) -> None:
        """Matrix products, by cuBLAS; of halves they are summed in float32.

        Matrices of cuBLAS lie column by column, so what lies row by row is transposed to it:
        it is given ``c.T = b.T @ a.T``.
        """
        batch, m, n, k = product.shape
        if 0 in (batch, m, n):
            return
        try:
            stored, wide = {"e": (2, "f"), "f": (0, "f"), "d": (1, "d")}[product.dtype.char]
        except KeyError:
            message = f"multiply: the dtype is {product.dtype}, expected a floating-point one"
            raise DriverError(message) from None
        factors = np.array([product.alpha, product.beta], wide)
        alpha = factors.__array_interface__["data"][0]
        blas = self._blas()
        turned = [blas.CUBLAS_OP_T if each else blas.CUBLAS_OP_N for each in product.transposed]
        widths = [max(1, row) for row in product.rows]
        computing = blas.CUBLAS_COMPUTE_32F if wide == "f" else blas.CUBLAS_COMPUTE_64F
        with self._calling("multiply"), self._current(stream):
            handle = self._cuda.get_cublas_handle()
            before = blas.getPointerMode(handle)
            blas.setPointerMode(handle, blas.CUBLAS_POINTER_MODE_HOST)
            try:
                blas.gemmStridedBatchedEx(
                    *(handle, turned[1], turned[0], n, m, k, alpha),
                    *(int(b), stored, widths[1], product.matrices[1]),
                    *(int(a), stored, widths[0], product.matrices[0]),
                    alpha + factors.itemsize,
                    *(int(c), stored, widths[2], product.matrices[2]),
                    *(batch, computing, blas.CUBLAS_GEMM_DEFAULT),
                )
            finally:
                blas.setPointerMode(handle, before)

    @contextmanager
    def current(self, call: str, stream: Handle = 0) -> Generator[None]:
        """A context in which CuPy works on this device and stream, and its errors are ours."""
        with self._calling(call), self._current(stream):
            yield

    # Order

    def stream(self) -> Handle:
        """A new stream, which does not wait for the default one."""
        with self._calling("stream"):
            return self._runtime.streamCreateWithFlags(self._runtime.streamNonBlocking)

    def close_stream(self, stream: Handle) -> None:
        """Wait for a stream and give it back."""
        with self._calling("close_stream"):
            self._runtime.streamSynchronize(stream)
            self._runtime.streamDestroy(stream)

    def event(self, stream: Handle = 0) -> Handle:
        """A mark after what the stream has been given so far."""
        with self._calling("event"):
            try:
                pointer = self._stock.pop()
            except IndexError:
                flags = self._runtime.eventDisableTiming
                pointer = self._runtime.eventCreateWithFlags(flags)
            event = _Event(pointer, self._stock)
            self._runtime.eventRecord(pointer, stream)
        return event

    def has_happened(self, event: Handle) -> bool:
        """Whether a stream has come past the mark."""
        with self._calling("has_happened"):
            status = self._runtime.eventQuery(event.pointer)  # it raises nothing by itself
            if status not in (0, _NOT_READY):
                raise self._runtime.CUDARuntimeError(status)
        return status == 0

    def wait(self, stream: Handle, event: Handle) -> None:
        """Have a stream wait for the mark, without waiting oneself."""
        with self._calling("wait"):
            self._runtime.streamWaitEvent(stream, event.pointer)

    def synchronize(self, stream: Handle | None = None) -> None:
        """Wait for a stream, or for all; what a kernel did wrong is raised here at the latest."""
        with self._calling("synchronize"):
            if stream is None:
                self._runtime.deviceSynchronize()
            else:
                self._runtime.streamSynchronize(stream)

    # What calls have in common

    @contextmanager
    def _calling(self, call: str) -> Generator[None]:
        """Have the device be the current one of this thread, and CUDA's errors be ours."""
        runtime = self._runtime
        try:
            before = runtime.getDevice()
            if before != self.number:
                runtime.setDevice(self.number)
            try:
                yield
            finally:
                if before != self.number:
                    runtime.setDevice(before)
        except DriverError:
            raise
        except RuntimeError as error:  # of which all of CuPy's are
            kind = DriverError
            if getattr(error, "status", None) == _OUT_OF_MEMORY and call.startswith("allocate"):
                kind = DeviceOutOfMemoryError
            raise kind(f"{call}: {error}, on {self.name}") from error

    def _current(self, stream: Handle) -> Any:
        """A context in which a stream is CuPy's current one, which its cuBLAS goes to."""
        if stream == 0:
            return self._cuda.Stream.null
        return self._cuda.ExternalStream(stream, self.number)

    def _blas(self) -> Any:
        try:
            return self._cuda.cublas
        except ImportError as error:
            raise DriverError(
                f"multiply: cuBLAS cannot be loaded: {error}; pip install nvidia-cublas-cu12, or "
                "nvidia-cublas for CUDA 13"
            ) from error


def _import() -> Any:
    try:
        return importlib.import_module("cupy")
    except ImportError as error:
        raise DriverError(
            f"CuPy cannot be imported: {error}; install knet-tui[cuda12], or [cuda13]"
        ) from error


def _contiguous(what: str, array: np.ndarray) -> int:
    """Where a contiguous array of the host lies."""
    if not array.flags.c_contiguous:
        raise DriverError(
            f"{what} has strides {array.strides} for shape {array.shape}; only contiguous arrays "
            "are copied"
        )
    return array.__array_interface__["data"][0]


def _in_memory(arguments: Sequence[Argument]) -> tuple[Any, Any]:
    """Pointers to the arguments, as CUDA wants them, and the memory that they point into.

    Raises TypeError for an argument whose width CUDA would have to guess.
    """
    contents = [_bytes(number, argument) for number, argument in enumerate(arguments)]
    starts: list[int] = []
    size = 0
    for content in contents:
        starts.append(size)
        size += -(-len(content) // _ALIGNMENT) * _ALIGNMENT
    memory = (ctypes.c_char * (size + _ALIGNMENT))()
    first = -(-ctypes.addressof(memory) // _ALIGNMENT) * _ALIGNMENT
    for start, content in zip(starts, contents, strict=True):
        ctypes.memmove(first + start, content, len(content))
    pointers = (ctypes.c_void_p * max(1, len(starts)))(*(first + start for start in starts))
    return pointers, memory


def _bytes(number: int, argument: Argument) -> bytes:
    if isinstance(argument, Address):
        return argument.to_bytes(8, "little")
    if isinstance(argument, np.generic | np.ndarray) and argument.size == 1:  # pyright: ignore
        return argument.tobytes()
    raise TypeError(
        f"launch: argument {number} is {argument!r} of type {type(argument).__name__}; give an "
        "Address, a NumPy scalar, or a NumPy array of shape () for a struct"
    )
