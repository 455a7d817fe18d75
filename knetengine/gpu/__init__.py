"""KnetArray, the array of a device, and what devices hold."""

from knetengine.gpu import random as random
from knetengine.gpu.array import KnetArray as KnetArray
from knetengine.gpu.devices import Device as Device
from knetengine.gpu.devices import devices as devices
from knetengine.gpu.memory import OutOfMemoryError as OutOfMemoryError
from knetengine.gpu.memory import PoolStats as PoolStats
from knetengine.gpu.process_memory import MemoryStats as MemoryStats
from knetengine.gpu.process_memory import memory_stats as memory_stats

__all__ = [
    "Device",
    "KnetArray",
    "MemoryStats",
    "OutOfMemoryError",
    "PoolStats",
    "devices",
    "memory_stats",
    "random",
]
