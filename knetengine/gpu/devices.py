"""The devices that arrays can live on."""

import importlib
import importlib.util
import os
import platform
from typing import Any, NamedTuple

import psutil


class Device(NamedTuple):
    """A device: `cpu`, or `cuda:N`; memory in bytes."""

    name: str
    description: str
    memory_bytes: int
    free_bytes: int


def devices() -> list[Device]:
    """The CPU, always, then the CUDA devices that CuPy can use."""
    return [_cpu(), *_cuda_devices()]


def _cpu() -> Device:
    memory = psutil.virtual_memory()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return Device("cpu", f"{cores} x {platform.machine()}", memory.total, memory.available)


def _cuda_devices() -> list[Device]:
    if importlib.util.find_spec("cupy") is None:
        return []
    try:
        runtime: Any = importlib.import_module("cupy").cuda.runtime
        count = int(runtime.getDeviceCount())
    except Exception:  # CuPy without a driver raises its own kinds, and the loader's
        return []
    return [_cuda_device(runtime, number) for number in range(count)]


def _cuda_device(runtime: Any, number: int) -> Device:
    properties = runtime.getDeviceProperties(number)
    current = runtime.getDevice()
    runtime.setDevice(number)
    try:
        free, total = runtime.memGetInfo()
    finally:
        runtime.setDevice(current)
    return Device(f"cuda:{number}", properties["name"].decode(), int(total), int(free))
