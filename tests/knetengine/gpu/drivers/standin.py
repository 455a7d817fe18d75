"""What stands for ``cupy.cuda`` where there is no GPU: the calls that the driver makes, each held
against CuPy's signature, and done by the host driver.

It shows that what `CupyDriver` asks of CUDA is what it means to: which bytes go where, which kernel
gets which arguments, which matrix is transposed. That CuPy and CUDA do the same, it does not show.
"""

import ctypes
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from knetengine.gpu.drivers.interface import Address, DeviceOutOfMemoryError, DriverError
from tests.knetengine.gpu.drivers.signatures import check, constant
from tests.knetengine.gpu.host.host_driver import HostDriver


class CUDARuntimeError(RuntimeError):
    """As CuPy's: the status, and a text."""

    def __init__(self, status: int) -> None:
        check("runtime.CUDARuntimeError", (status,))
        self.status = status
        super().__init__(f"status {status}")


class NVRTCError(RuntimeError):
    """As CuPy's."""


class Checked:
    """A module of CuPy's: functions by name, which check their arguments, and constants."""

    def __init__(self, name: str, calls: list[tuple[str, tuple[Any, ...]]], **own: Any) -> None:
        self._name, self._calls, self._own = name, calls, own

    def __getattr__(self, name: str) -> Any:
        found = self._own.get(name)
        if found is None:
            return constant(f"{self._name}.{name}")
        return found if isinstance(found, type) else self._checked(name, found)

    def _checked(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            check(f"{self._name}.{name}", arguments)
            self._calls.append((name, arguments))
            return function(*arguments)

        return call


class StandIn:
    """``cupy.cuda`` of a machine with some devices, all of which are the host driver's.

    calls: every call so far, with its arguments.
    """

    def __init__(self, host: HostDriver, architecture: int = 90, devices: int = 2) -> None:
        self.host, self.architecture, self.devices = host, architecture, devices
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        self.current_device = self.current_stream = 0
        self.pointer_mode = 1  # on the device, as some have left it
        self._handles: list[Any] = [None]  # what modules, kernels, programs and events stand for
        self._programs: dict[int, Any] = {}
        self.runtime = Checked(
            "runtime", self.calls, CUDARuntimeError=CUDARuntimeError,
            getDeviceProperties=self._properties, getDevice=lambda: self.current_device,
            setDevice=self._set_device, malloc=self._malloc, free=self._on_host("release"),
            memGetInfo=host.memory, memcpyAsync=self._copy,
            memsetAsync=lambda at, byte, n, s: host.fill(Address(at), byte, n, s),
            streamCreateWithFlags=lambda flags: host.stream(), streamDestroy=host.close_stream,
            streamSynchronize=host.synchronize, deviceSynchronize=host.synchronize,
            eventCreateWithFlags=lambda flags: self._handle(None), eventRecord=self._record,
            eventQuery=self._query, streamWaitEvent=lambda s, e: host.wait(s, self._handles[e]),
        )  # fmt: skip
        self.driver = Checked(
            "driver", self.calls, moduleLoadData=self._load, moduleGetFunction=self._function,
            launchKernel=self._launch,
        )  # fmt: skip
        self.nvrtc = Checked(
            "nvrtc", self.calls, NVRTCError=NVRTCError, createProgram=self._create,
            compileProgram=self._compile, destroyProgram=self._programs.pop,
            getCUBIN=lambda program: self._programs[program].binary,
            getPTX=lambda program: self._programs[program].binary,
            getProgramLog=lambda program: self._programs[program].log,
            getSupportedArchs=lambda: (75, 80, 90, 100), getVersion=lambda: (12, 9),
        )  # fmt: skip
        self.cublas = Checked(
            "cublas", self.calls, getPointerMode=lambda handle: self.pointer_mode,
            setPointerMode=self._set_pointer_mode, gemmStridedBatchedEx=self._multiply,
        )  # fmt: skip
        self.Stream = SimpleNamespace(null=Current(self, 0))
        self.happened = True

    def get_cublas_handle(self) -> int:
        check("get_cublas_handle", ())
        return 7

    def ExternalStream(self, pointer: int, device: int) -> "Current":  # noqa: N802
        check("ExternalStream", (pointer, device))
        assert device == self.current_device
        return Current(self, pointer)

    def _handle(self, thing: Any) -> int:
        self._handles.append(thing)
        return len(self._handles) - 1

    # The runtime

    def _properties(self, device: int) -> dict[str, Any]:
        if device >= self.devices:
            raise CUDARuntimeError(101)
        major, minor = divmod(self.architecture, 10)
        return {
            "name": b"a stand-in", "major": major, "minor": minor, "multiProcessorCount": 4,
            "totalGlobalMem": self.host.memory()[1], "maxThreadsPerBlock": 1024,
            "sharedMemPerBlock": 49152,
        }  # fmt: skip

    def _set_device(self, device: int) -> None:
        self.current_device = device

    def _malloc(self, nbytes: int) -> int:
        try:
            return int(self.host.allocate(nbytes))
        except DeviceOutOfMemoryError:
            raise CUDARuntimeError(2) from None

    def _on_host(self, name: str) -> Callable[[int], None]:
        def call(address: int) -> None:
            try:
                getattr(self.host, name)(Address(address))
            except DriverError:
                raise CUDARuntimeError(1) from None

        return call

    def _copy(self, to: int, source: int, nbytes: int, kind: int, stream: int) -> None:
        if kind == 3:
            self.host.copy(Address(to), Address(source), nbytes, stream)
            return
        here = to if kind == 2 else source
        array = np.frombuffer((ctypes.c_uint8 * nbytes).from_address(here), np.uint8)
        if kind == 2:
            self.host.to_host(array, Address(source), stream)
        else:
            self.host.to_device(Address(to), array, stream)

    def _record(self, event: int, stream: int) -> None:
        self._handles[event] = self.host.event(stream)

    def _query(self, event: int) -> int:
        assert self.host.has_happened(self._handles[event])
        return 0 if self.happened else 600

    # Modules: a binary is the source again, for the host driver to compile

    def _create(self, source: str, name: str, headers: Any, names: Any) -> int:
        program = self._handle(None)
        self._programs[program] = SimpleNamespace(source=source, binary=b"", log="")
        return program

    def _compile(self, program: int, options: tuple[str, ...]) -> None:
        assert isinstance(options, tuple)
        found = self._programs[program]
        defined = [option for option in options if option.startswith("-D")]
        try:
            self.host.load(found.source, defined)
        except DriverError as error:
            found.log = str(error)
            raise NVRTCError("NVRTC_ERROR_COMPILATION") from None
        found.binary = json.dumps([found.source, options]).encode()

    def _load(self, binary: bytes) -> int:
        source, options = json.loads(binary)
        return self._handle(self.host.load(source, [o for o in options if o.startswith("-D")]))

    def _function(self, module: int, name: str) -> int:
        return self._handle(self.host.function(self._handles[module], name))

    def _launch(self, function: int, *rest: int) -> None:
        kernel = self._handles[function]
        *extents, shared_bytes, stream, place, extra = rest
        assert extra == 0
        pointers = (ctypes.c_void_p * len(kernel.parameters)).from_address(place)
        arguments = [
            _argument(ctypes.string_at(pointer, parameter.nbytes), parameter.kind)
            for pointer, parameter in zip(pointers, kernel.parameters, strict=True)
        ]
        grid, block = tuple(extents[:3]), tuple(extents[3:])
        self.host.launch(kernel, grid, block, arguments, shared_bytes, stream)  # pyright: ignore

    # Products

    def _set_pointer_mode(self, handle: int, mode: int) -> None:
        self.pointer_mode = mode

    def _multiply(
        self, handle: int, turned_a: int, turned_b: int, m: int, n: int, k: int, alpha: int,
        a: int, a_type: int, lda: int, a_step: int, b: int, b_type: int, ldb: int, b_step: int,
        beta: int, c: int, c_type: int, ldc: int, c_step: int, batch: int, computing: int,
        algorithm: int,
    ) -> None:  # fmt: skip
        """cuBLAS's definition: ``C = alpha op(A) op(B) + beta C``, matrices column by column."""
        assert self.pointer_mode == 0
        assert a_type == b_type == c_type
        dtype = np.dtype({0: "f", 1: "d", 2: "e"}[a_type])
        wide = np.dtype({68: "f", 70: "d"}[computing])
        factors = [
            np.frombuffer(ctypes.string_at(at, wide.itemsize), wide)[0] for at in (alpha, beta)
        ]

        def matrices(at: int, rows: int, columns: int, ld: int, step: int) -> np.ndarray:
            assert ld >= max(1, rows)
            strides = tuple(dtype.itemsize * s for s in (step, 1, ld))
            if 0 in (rows, columns):
                return np.zeros((batch, rows, columns), dtype)
            return self.host.device_memory.view(at, (batch, rows, columns), dtype, strides)

        with self.host.device_memory.opened():
            left = matrices(a, *((k, m) if turned_a else (m, k)), lda, a_step).astype(wide)
            right = matrices(b, *((n, k) if turned_b else (k, n)), ldb, b_step).astype(wide)
            left = left.swapaxes(1, 2) if turned_a else left
            right = right.swapaxes(1, 2) if turned_b else right
            out = matrices(c, m, n, ldc, c_step)
            old = out.astype(wide) if factors[1] else np.zeros(out.shape, wide)
            out[...] = factors[0] * (left @ right) + factors[1] * old


class Current:
    """A context in which a stream is CuPy's current one."""

    def __init__(self, cuda: StandIn, stream: int) -> None:
        self.cuda, self.stream = cuda, stream

    def __enter__(self) -> None:
        self.before, self.cuda.current_stream = self.cuda.current_stream, self.stream

    def __exit__(self, *error: object) -> None:
        self.cuda.current_stream = self.before


def _argument(content: bytes, kind: str) -> Any:
    """Bytes as an argument of a kind that the host driver accepts."""
    if kind == "p":
        return Address(int.from_bytes(content, "little"))
    code = {"i": "i", "f": "f", "s": "V"}[kind]
    return np.frombuffer(content, f"{code}{len(content)}")[0]
