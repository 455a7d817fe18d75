"""PyTorch's files, byte by byte, for where there is no PyTorch."""

import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

STORAGES = {"f4": "Float", "f8": "Double", "f2": "Half", "i8": "Long", "u1": "Byte"}
MAGIC = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03."  # the number, version 1001
MACHINE = b"\x80\x02}(X\x10\x00\x00\x00protocol_versionM\xe9\x03X\x0d\x00\x00\x00little_endian%su."


def name(module: str, word: str) -> bytes:
    return f"c{module}\n{word}\n".encode()


def text(words: str) -> bytes:
    return b"X" + struct.pack("<I", len(words.encode())) + words.encode()


def integer(number: int) -> bytes:
    return b"J" + struct.pack("<i", number)


def group(*items: bytes) -> bytes:
    return b"(" + b"".join(items) + b"t"


def call(function: bytes, *arguments: bytes) -> bytes:
    return function + group(*arguments) + b"R"


def mapping(items: dict[str, bytes]) -> bytes:
    inside = b"".join(text(key) + value for key, value in items.items())
    return call(name("collections", "OrderedDict")) + b"(" + inside + b"u"


def whole(value: bytes) -> bytes:
    return b"\x80\x02" + value + b"."


def storage(key: str, kind: str, count: int, *rest: bytes) -> bytes:
    kind_name = name("torch", f"{kind}Storage")
    return group(text("storage"), kind_name, text(key), text("cpu"), integer(count), *rest) + b"Q"


def tensor(
    stored: bytes, shape: tuple[int, ...], strides: tuple[int, ...], offset: int = 0
) -> bytes:
    sizes, steps = (group(*map(integer, each)) for each in (shape, strides))
    hooks = call(name("collections", "OrderedDict"))
    rebuild = name("torch._utils", "_rebuild_tensor_v2")
    return call(rebuild, stored, integer(offset), sizes, steps, b"\x89", hooks)


def tensors(arrays: dict[str, Array], *rest: bytes) -> dict[str, bytes]:
    """Each array with a storage of its own, whose key is its number."""
    found: dict[str, bytes] = {}
    for key, (place, array) in enumerate(arrays.items()):
        kind = STORAGES[array.dtype.str[1:]]
        steps = tuple(step // array.itemsize for step in np.ascontiguousarray(array).strides)
        stored = storage(str(key), kind, array.size, *rest)
        found[place] = tensor(stored, array.shape, steps[: array.ndim])
    return found


def write_zip(
    path: Path,
    content: bytes,
    storages: list[bytes],
    *,
    order: str = "little",
    compression: int = zipfile.ZIP_STORED,
) -> Path:
    """As torch.save does: the pickle, the order of bytes, and each storage."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("net/data.pkl", content)
        archive.writestr("net/byteorder", order)
        for key, numbers in enumerate(storages):
            archive.writestr(f"net/data/{key}", numbers)
        archive.writestr("net/version", "3\n")
    return path


def write_legacy(
    path: Path, content: bytes, storages: list[tuple[int, bytes]], *, order: str = "little"
) -> Path:
    """As torch.save did before 1.6: pickles, then each storage, after how many numbers it has."""
    keys = whole(b"](" + b"".join(text(str(key)) for key in range(len(storages))) + b"e")
    machine = MACHINE % (b"\x88" if order == "little" else b"\x89")
    end = "<q" if order == "little" else ">q"
    numbers = b"".join(struct.pack(end, count) + each for count, each in storages)
    path.write_bytes(MAGIC + machine + content + keys + numbers)
    return path


def save_zip(path: Path, arrays: dict[str, Array], **options: Any) -> Path:
    content = whole(mapping(tensors(arrays)))
    return write_zip(path, content, [each.tobytes() for each in arrays.values()], **options)


def save_legacy(path: Path, arrays: dict[str, Array]) -> Path:
    content = whole(mapping(tensors(arrays, b"N")))
    return write_legacy(path, content, [(each.size, each.tobytes()) for each in arrays.values()])
