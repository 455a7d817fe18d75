"""Parameters in a safetensors file: arrays in any nesting of list, tuple and dict."""

from pathlib import Path
from typing import Any, cast

import msgspec
import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as encode_tensors

from knetengine.training.atomic import write_atomically

_STRUCTURE = "knet.structure"


class CheckpointError(Exception):
    """A checkpoint that cannot be written or read; the message names the file."""


def save(path: Path | str, parameters: Any, metadata: dict[str, str] | None = None) -> None:
    """Write `parameters` and `metadata` (text) so that a kill never leaves half a file.

    Leaves are NumPy arrays (a NumPy scalar comes back as an array) or Python numbers. The
    nesting is kept in the file's own header, so that any safetensors reader opens it, with names
    such as `0` and `layers.1.weight`.
    Raises CheckpointError for a leaf of another type, OSError when the disk is full.
    """
    path = Path(path)
    tensors: dict[str, np.ndarray[Any, Any]] = {}
    structure = _describe(parameters, (), tensors, path)
    header = {**(metadata or {}), _STRUCTURE: msgspec.json.encode(structure).decode()}
    write_atomically(path, encode_tensors(tensors, header))


def load(path: Path | str) -> tuple[Any, dict[str, str]]:
    """The parameters, nested as they were saved, and the metadata of a checkpoint.

    A safetensors file from elsewhere gives a dict of its arrays. Nothing in the file is ever
    executed. Raises CheckpointError when the file is missing, cut short or damaged.
    """
    path = Path(path)
    try:
        with safe_open(path, framework="numpy") as file:
            metadata: dict[str, str] = dict(file.metadata() or {})
            tensors: dict[str, Any] = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        structure = metadata.pop(_STRUCTURE, None)
        if structure is None:
            return tensors, metadata
        return _rebuild(msgspec.json.decode(structure), tensors), metadata
    except FileNotFoundError as error:
        raise CheckpointError(f"there is no checkpoint {path}") from error
    except (SafetensorError, msgspec.MsgspecError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path} is not a whole checkpoint: {error}") from error


def byte_size(parameters: Any) -> int:
    """The bytes of all arrays in the nest `parameters`."""
    if isinstance(parameters, dict):
        parameters = list(cast("dict[str, Any]", parameters).values())
    if isinstance(parameters, list | tuple):
        return sum(map(byte_size, cast("list[Any]", parameters)))
    return int(getattr(parameters, "nbytes", 0))


def _describe(
    value: Any, names: tuple[str, ...], tensors: dict[str, np.ndarray[Any, Any]], path: Path
) -> dict[str, Any]:
    """Put the arrays of `value` into `tensors`; return how they were nested."""

    def inside(name: str, item: Any) -> dict[str, Any]:
        return _describe(item, (*names, name), tensors, path)

    if isinstance(value, dict):
        items = cast("dict[Any, Any]", value)
        odd = [key for key in items if not isinstance(key, str)]
        if odd:
            raise CheckpointError(f"{path}: the keys of parameters must be text, not {odd[0]!r}")
        return {"dict": [[key, inside(key, item)] for key, item in items.items()]}
    if isinstance(value, list | tuple):
        items = cast("list[Any]", value)
        kind = "list" if isinstance(value, list) else "tuple"
        return {kind: [inside(str(i), item) for i, item in enumerate(items)]}
    if value is None or isinstance(value, bool | int | float):
        return {"number": value}
    name = ".".join(names) or "parameters"
    if not isinstance(value, np.ndarray | np.generic) or value.dtype.hasobject:
        raise CheckpointError(
            f"{path}: parameter {name} is a {type(value).__name__}; a checkpoint holds NumPy "
            "arrays and numbers, in lists, tuples and dicts"
        )
    if name in tensors:
        raise CheckpointError(f"{path}: two parameters would both be called {name}")
    tensors[name] = np.ascontiguousarray(value).reshape(value.shape)
    return {"array": name}


def _rebuild(structure: Any, tensors: dict[str, Any]) -> Any:
    ((kind, content),) = structure.items()
    match kind:
        case "array":
            return tensors[content]
        case "number":
            return content
        case "dict":
            return {key: _rebuild(item, tensors) for key, item in content}
        case "list":
            return [_rebuild(item, tensors) for item in content]
        case "tuple":
            return tuple(_rebuild(item, tensors) for item in content)
        case _:
            raise ValueError(f"unknown container {kind!r}")
