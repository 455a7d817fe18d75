"""Items and slices of arrays on a device, read and written."""

from typing import TYPE_CHECKING, Any

import numpy as np

from knetengine.gpu.device.stored import Stored, view
from knetengine.gpu.drivers.interface import Address
from knetengine.gpu.kernels import copying, elementwise, indexing
from knetengine.gpu.kernels.operand import Operand
from knetengine.gpu.kernels.promotion import NoKernelError

if TYPE_CHECKING:
    from knetengine.gpu.device.backend import DeviceBackend


class _Places:
    """An index of arrays, made ready for the kernels.

    x: the indexed array, seen with the axes that arrays index first.
    indices: int64, contiguous, of one shape.
    back: from the axes of a result, first those of the indices, to NumPy's order.
    """

    def __init__(self, x: Stored, indices: list[Stored], back: tuple[int, ...]) -> None:
        self.x = x
        self.indices = indices
        self.back = back

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of what is indexed, the axes of the indices first."""
        return self.indices[0].shape + self.x.shape[len(self.indices) :]


def item(backend: "DeviceBackend", x: Stored, index: Any) -> Stored:
    """``x[index]``."""
    index = index if type(index) is tuple else (index,)
    if not any(map(_is_array, index)):
        return view(x, _looked_at, index)
    places = _places(backend, x, index)
    out = backend.empty(places.shape, x.dtype)
    faults = _no_fault(backend)
    indexing.gather(backend.driver, places.x.operand, _operands(places), out.operand, faults=faults)
    _raise_fault(backend, faults, places, x)
    return view(out, np.transpose, places.back)


def write(backend: "DeviceBackend", x: Stored, index: Any, value: Any) -> None:
    """``x[index] = value``."""
    index = index if type(index) is tuple else (index,)
    if not any(map(_is_array, index)):
        target = view(x, _looked_at, index)
        if isinstance(value, bool | int | float | np.generic):
            elementwise.fill(backend.driver, target.operand, value)
            return
        source = _fitting(backend.as_stored(value), target.shape)
        if source.operand == target.operand:
            return
        copying.copy(backend.driver, backend.apart(source, target.operand).operand, target.operand)
        return
    _put(backend, indexing.scatter, x, index, value)


def add_at(backend: "DeviceBackend", x: Stored, index: Any, value: Any) -> None:
    """``np.add.at(x, index, value)``."""
    index = index if type(index) is tuple else (index,)
    if not any(map(_is_array, index)):
        target = view(x, _looked_at, index)
        source = _fitting(backend.as_stored(value, x.dtype), target.shape)
        source = backend.apart(source, target.operand)
        elementwise.binary(backend.driver, "add", target.operand, source.operand, target.operand)
        return
    _put(backend, indexing.scatter_add, x, index, value)


def _put(
    backend: "DeviceBackend", kernel: Any, x: Stored, index: tuple[Any, ...], value: Any
) -> None:
    """Write to, or add at, the places of an index of arrays."""
    places = _places(backend, x, index)
    faults = _no_fault(backend)
    kernel(
        backend.driver,
        places.x.operand,
        _operands(places),
        _values(backend, places, value).operand,
        scratch=backend.scratch,
        faults=faults,
    )
    _raise_fault(backend, faults, places, x)


def nonzero(backend: "DeviceBackend", x: Stored) -> list[Stored]:
    """``np.nonzero(x)``: the places of what is not 0, an array for each axis."""
    x = x if x.ndim else view(x, np.reshape, 1)
    selection = indexing.count_nonzero(backend.driver, x.operand, scratch=backend.scratch)
    out = backend.empty((x.ndim, selection.count), np.int64)
    indexing.nonzero(backend.driver, selection, out.operand)
    return [view(out, _looked_at, (axis,)) for axis in range(out.shape[0])]


def _looked_at(ghost: np.ndarray, index: tuple[Any, ...]) -> np.ndarray:
    """A slice, which is a view even of a single entry."""
    index = tuple(int(part) if isinstance(part, np.integer) else part for part in index)
    return ghost[index] if any(part is ... for part in index) else ghost[(*index, ...)]


def _is_array(part: Any) -> bool:
    """Whether a part of an index is anything but a slice, a whole number, None or Ellipsis."""
    plain = part is None or part is ... or isinstance(part, slice | int | np.integer)
    return not plain or isinstance(part, bool)


def _axes(part: Any) -> int:
    """How many axes an array or a nested list has."""
    return part.ndim if isinstance(part, Stored) else np.ndim(part)


def _is_empty(part: Any) -> bool:
    """Whether it is an empty list or the like, which NumPy takes for one of floats."""
    return not isinstance(part, Stored | np.ndarray) and not len(part)


def _operands(places: _Places) -> list[Operand]:
    return [index.operand for index in places.indices]


def _places(backend: "DeviceBackend", x: Stored, index: tuple[Any, ...]) -> _Places:
    """Take slices by a view first; what is left are arrays of places, which come to the front.

    Source: NumPy's user guide, "Combining advanced and basic indexing".
    """
    parts = _spelt_out(backend, x, index)
    arrays = [n for n, part in enumerate(parts) if isinstance(part, Stored)]
    sliced = view(x, lambda g: g[tuple(slice(None) if isinstance(p, Stored) else p for p in parts)])
    shape = np.broadcast_shapes(*(parts[n].shape for n in arrays))
    indices = [backend.in_c_order(view(parts[n], np.broadcast_to, shape)) for n in arrays]
    rest = [axis for axis in range(sliced.ndim) if axis not in arrays]
    front = view(sliced, np.transpose, (*arrays, *rest))
    together = arrays[-1] - arrays[0] == len(arrays) - 1
    before = sum(axis < arrays[0] for axis in rest) if together else 0
    count = len(shape)
    back = (
        *range(count, count + before), *range(count), *range(count + before, count + len(rest)),
    )  # fmt: skip
    return _Places(front, indices, back)


def _spelt_out(backend: "DeviceBackend", x: Stored, index: tuple[Any, ...]) -> list[Any]:
    """One part for each axis of the result of the slices: slices, None, and stored int64 arrays."""
    parts: list[Any] = []
    for part in index:
        if not _is_array(part):
            parts.append(part)
            continue
        kind = part.dtype if isinstance(part, Stored | np.ndarray) else np.asarray(part).dtype
        if kind == np.bool_ and _axes(part) == 0:
            raise NoKernelError(f"an index of a single bool is not on {backend.name}")
        if kind == np.bool_:
            mask = backend.as_stored(part)
            parts += nonzero(backend, mask)
        elif kind.kind in "iu" or _is_empty(part):
            parts.append(backend.as_stored(part, np.int64))
        else:
            raise IndexError(f"an index of {kind}; expected integers, bools, slices or None")
    used = sum(part is not None and part is not ... for part in parts)
    if used > x.ndim:
        raise IndexError(f"too many indices: {used} for an array of shape {x.shape}")
    if not any(part is ... for part in parts):
        parts.append(...)
    at = next(n for n, part in enumerate(parts) if part is ...)
    parts[at : at + 1] = [slice(None)] * (x.ndim - used)
    # whole numbers beside arrays are arrays too
    return [
        backend.upload(np.asarray(part, np.int64)) if isinstance(part, int | np.integer) else part
        for part in parts
    ]


def _values(backend: "DeviceBackend", places: _Places, value: Any) -> Stored:
    """What is written, with the axes of the indices first."""
    stored = backend.as_stored(value, places.x.dtype)
    shape = tuple(places.shape[axis] for axis in places.back)
    turned = view(_fitting(stored, shape), np.transpose, tuple(np.argsort(places.back).tolist()))
    return backend.apart(turned, places.x.operand)


def _fitting(value: Stored, shape: tuple[int, ...]) -> Stored:
    try:
        extra = value.ndim - len(shape)
        if extra > 0 and all(length == 1 for length in value.shape[:extra]):
            value = view(value, np.reshape, value.shape[extra:])
        return view(value, np.broadcast_to, shape)
    except ValueError:
        raise ValueError(
            f"could not broadcast input array from shape {value.shape} into shape {shape}"
        ) from None


def _no_fault(backend: "DeviceBackend") -> Address:
    place = backend.scratch(8)
    backend.driver.fill(place, indexing.NO_FAULT & 0xFF, 8)
    return place


def _raise_fault(backend: "DeviceBackend", faults: Address, places: _Places, x: Stored) -> None:
    """Raise IndexError for an index that was out of range; waits for the device."""
    found = np.empty(1, np.int64)
    backend.driver.to_host(found, faults)
    if found[0] == indexing.NO_FAULT:
        return
    where = np.unravel_index(int(found[0]), places.indices[0].shape)
    wrong = [int(backend.download(index)[where]) for index in places.indices]
    raise IndexError(
        f"index {wrong[0] if len(wrong) == 1 else tuple(wrong)} is out of bounds for an array of "
        f"shape {x.shape}; it is entry {tuple(map(int, where))} of the index"
    )
