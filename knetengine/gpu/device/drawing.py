"""Random numbers on a device, and the order of keys."""

from typing import TYPE_CHECKING

from knetengine.gpu.backend import Draw
from knetengine.gpu.device.stored import Stored
from knetengine.gpu.kernels import random, sorting
from knetengine.gpu.kernels.operand import contiguous

if TYPE_CHECKING:
    from knetengine.gpu.device.backend import DeviceBackend


def draw(backend: "DeviceBackend", wanted: Draw) -> Stored:
    """Numbers of a sequence."""
    kind, shape, dtype, seed, sequence, first, second = wanted
    new = backend.empty(shape, dtype)
    driver, out = backend.driver, new.operand
    if kind == "uniform":
        random.uniform(driver, out, seed, sequence, low=first, high=second)
    elif kind == "normal":
        random.normal(driver, out, seed, sequence, mean=first, deviation=second)
    else:
        random.integers(driver, out, seed, sequence, first, second)
    return new


def order(backend: "DeviceBackend", keys: Stored) -> Stored:
    """The places of keys, the least first; equal ones in the order they have."""
    if not keys.size:
        return backend.empty((0,), keys.dtype)
    copy = backend.copied(keys)  # which is overwritten
    found = sorting.sort_keys(
        backend.driver, copy.operand.address, keys.size, 2**63, scratch=backend.scratch
    )
    return Stored(contiguous(found.order, keys.shape, keys.dtype), True)
