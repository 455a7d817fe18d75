"""Devices and what they hold. So far the CPU; CUDA devices are listed where CuPy finds them."""

from knetengine.gpu.devices import Device as Device
from knetengine.gpu.devices import devices as devices
from knetengine.gpu.memory import MemoryStats as MemoryStats
from knetengine.gpu.memory import memory_stats as memory_stats

__all__ = ["Device", "MemoryStats", "devices", "memory_stats"]
