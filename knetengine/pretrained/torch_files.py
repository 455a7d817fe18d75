"""PyTorch's files of weights (.pth), without PyTorch and without executing anything.

A file is a zip since PyTorch 1.6, and pickles one after the other before. Either way a pickle says
which arrays there are, and their bytes lie beside it. The pickle is read by a table of the few
names that a dict of tensors needs; any other name ends the reading before anything is called. The
bytes are mapped from the file, not copied, wherever they lie as the processor wants them.

Formats: torch/serialization.py and torch/_utils.py of PyTorch 2.
"""

import mmap
import pickle
import struct
import sys
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from knetengine.pretrained.model import PretrainedError

Array = np.ndarray[Any, Any]

LEGACY_BEGIN = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80"
_LEGACY_PROTOCOL = 1001
_BFLOAT16 = "bfloat16"
_DTYPES = {
    "BFloat16Storage": _BFLOAT16,
    "BoolStorage": "?",
    "ByteStorage": "u1",
    "CharStorage": "i1",
    "DoubleStorage": "f8",
    "FloatStorage": "f4",
    "HalfStorage": "f2",
    "IntStorage": "i4",
    "LongStorage": "i8",
    "ShortStorage": "i2",
}
_NESTED = ("state_dict", "model_state_dict", "model")  # where training scripts put the weights


class _Storage:
    """Numbers in a row, which several tensors may share."""

    __slots__ = ("count", "dtype", "key")

    def __init__(self, dtype: str, key: str, count: int) -> None:
        self.dtype, self.key, self.count = dtype, key, count


class _Tensor:
    """A window on a storage, in numbers; nothing of it has been checked."""

    __slots__ = ("offset", "shape", "storage", "strides")

    def __init__(self, storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> None:
        self.storage, self.offset, self.shape, self.strides = storage, offset, shape, strides


class _Kind:
    """A class of storages, by its name."""

    __slots__ = ("dtype",)

    def __init__(self, dtype: str) -> None:
        self.dtype = dtype


class _Unpickler(pickle.Unpickler):
    """Knows dicts, numbers, text and tensors; all other names are refused."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        super().__init__(file)
        self.path = path
        self.storages: dict[str, _Storage] = {}
        # made anew for each file: a pickle may set attributes of what it was given
        self.known: dict[str, Callable[..., Any] | _Kind] = {
            "collections.OrderedDict": OrderedDict,
            "torch._utils._rebuild_tensor": lambda *what: _Tensor(*what),
            "torch._utils._rebuild_tensor_v2": lambda *what: _Tensor(*what),
            "torch._utils._rebuild_parameter": lambda tensor, *_: tensor,
            **{f"torch.{name}": _Kind(dtype) for name, dtype in _DTYPES.items()},
        }

    def find_class(self, module: str, name: str) -> Any:
        """What stands for a name of the pickle; an error for all that is not in the table."""
        found = self.known.get(f"{module}.{name}")
        if found is None:
            raise PretrainedError(
                f"{self.path}: its pickle asks for {module}.{name}; only a dict of tensors is read "
                "(torch.save(model.state_dict(), FILE)), and nothing of the file was executed"
            )
        return found

    def persistent_load(self, pid: Any) -> _Storage:
        """The storage that a pickle names: ('storage', class, key, place, count, view)."""
        word, kind, key, _, count, *view = pid
        if word != "storage" or not isinstance(kind, _Kind) or view not in ([], [None]):
            raise pickle.UnpicklingError(f"a storage of another form: {word!r} {view!r}")
        if not isinstance(key, str) or not isinstance(count, int) or count < 0:
            raise pickle.UnpicklingError(f"a storage {key!r} of {count!r} numbers")
        return self.storages.setdefault(key, _Storage(kind.dtype, key, count))


def read_torch(path: Path) -> dict[str, Array]:
    """The arrays of a PyTorch file by name, read-only and, where that is possible, mapped.

    What training scripts put around them is taken off: an outer dict with `state_dict` or `model`.
    bfloat16 comes as float32. Raises PretrainedError for a file that is damaged or asks for more
    than arrays, OSError if it cannot be read.
    """
    with path.open("rb") as file:
        try:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            read = _read_zip if mapped[:4] == b"PK\x03\x04" else _read_legacy
            content, places, order = read(file, mapped, path)
            tensors = _tensors(content, path)
            arrays = {key: _numbers(*place, order) for key, place in places.items()}
            return {name: _array(tensor, arrays) for name, tensor in tensors.items()}
        except (PretrainedError, OSError):
            raise
        except Exception as error:  # a damaged pickle may raise anything
            raise PretrainedError(
                f"{path} is cut short or damaged ({' '.join(str(error).split()) or type(error)}); "
                "download it again"
            ) from error


_Places = dict[str, tuple[Any, int, _Storage]]  # where the bytes of each storage begin, in what


def _read_zip(file: IO[bytes], mapped: mmap.mmap, path: Path) -> tuple[Any, _Places, str]:
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        inside = [name for name in names if name.rpartition("/")[2] == "data.pkl"]
        if len(inside) != 1:
            raise PretrainedError(f"{path} is a zip without data.pkl: not one that PyTorch wrote")
        folder = inside[0].removesuffix("data.pkl")
        order = "little"
        if f"{folder}byteorder" in names:
            order = archive.read(f"{folder}byteorder").decode()
        with archive.open(inside[0]) as pickled:
            unpickler = _Unpickler(pickled, path)
            content = unpickler.load()
        places: _Places = {}
        for key, storage in unpickler.storages.items():
            entry = archive.getinfo(f"{folder}data/{key}")
            if entry.file_size != _size(storage):
                raise ValueError(f"{entry.filename} has {entry.file_size:,} bytes")
            if entry.compress_type == zipfile.ZIP_STORED:
                places[key] = (mapped, _begin(mapped, entry), storage)
            else:
                places[key] = (archive.read(entry), 0, storage)
    return content, places, order


def _begin(mapped: mmap.mmap, entry: zipfile.ZipInfo) -> int:
    """Where the bytes of an entry lie: after its own header, a name and an extra field."""
    name, extra = struct.unpack_from("<HH", mapped, entry.header_offset + 26)
    return entry.header_offset + 30 + name + extra


def _read_legacy(file: IO[bytes], mapped: mmap.mmap, path: Path) -> tuple[Any, _Places, str]:
    _Unpickler(file, path).load()  # the magic number
    protocol, machine = _Unpickler(file, path).load(), _Unpickler(file, path).load()
    if protocol != _LEGACY_PROTOCOL:
        raise PretrainedError(f"{path} has version {protocol!r}; {_LEGACY_PROTOCOL} is read")
    unpickler = _Unpickler(file, path)
    content = unpickler.load()
    keys = _Unpickler(file, path).load()
    order = "little" if machine["little_endian"] else "big"
    places: _Places = {}
    at = file.tell()
    for key in keys:
        storage = unpickler.storages[key]
        (count,) = struct.unpack_from("<q" if order == "little" else ">q", mapped, at)
        if count != storage.count:
            raise ValueError(f"storage {key} has {count:,} numbers, expected {storage.count:,}")
        places[key] = (mapped, at + 8, storage)
        at += 8 + _size(storage)
    return content, places, order


def _size(storage: _Storage) -> int:
    return storage.count * (2 if storage.dtype == _BFLOAT16 else np.dtype(storage.dtype).itemsize)


def _numbers(content: Any, begin: int, storage: _Storage, order: str) -> Array:
    """The numbers of a storage, (count,): mapped unless they lie or are written otherwise."""
    half = storage.dtype == _BFLOAT16
    dtype = np.dtype("u2" if half else storage.dtype)
    stored = dtype if order == sys.byteorder else dtype.newbyteorder()
    numbers = np.frombuffer(content, stored, storage.count, begin)
    if stored != dtype or not numbers.flags.aligned:
        numbers = numbers.astype(dtype)
    if half:  # the upper half of a float32
        numbers = (numbers.astype("u4") << np.uint32(16)).view("f4")
    numbers.flags.writeable = False
    return numbers


def _tensors(content: Any, path: Path) -> dict[str, _Tensor]:
    """The tensors by name, of whatever was pickled."""
    for name in _NESTED:
        if isinstance(content, dict) and isinstance(content.get(name), dict):
            content = content[name]
    items = cast("dict[Any, Any]", content) if isinstance(content, dict) else {}
    tensors = {
        name.removeprefix("module."): tensor  # of DataParallel
        for name, tensor in items.items()
        if isinstance(name, str) and isinstance(tensor, _Tensor)
    }
    if not tensors:
        raise PretrainedError(
            f"{path} holds a {type(content).__name__} without tensors; expected a dict of them, as "
            "torch.save(model.state_dict(), FILE) writes"
        )
    return tensors


def _array(tensor: _Tensor, arrays: dict[str, Array]) -> Array:
    """The window as an array; it may not reach beyond its storage."""
    numbers = arrays[tensor.storage.key]
    shape, strides = tuple(tensor.shape), tuple(tensor.strides)
    if len(shape) != len(strides) or any(n < 0 for n in (tensor.offset, *shape, *strides)):
        raise ValueError(f"a tensor of shape {shape}, strides {strides}")
    last = tensor.offset + sum((n - 1) * step for n, step in zip(shape, strides, strict=True))
    if 0 not in shape and last >= len(numbers):
        raise ValueError(f"a tensor reaches to number {last:,} of {len(numbers):,}")
    window = numbers[tensor.offset :]
    steps = [step * numbers.itemsize for step in strides]
    return np.lib.stride_tricks.as_strided(window, shape, steps, writeable=False)
