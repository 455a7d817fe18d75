"""Parameters, and whatever else a run needs to go on, in one safetensors file.

Version 2 keeps all that is not an array in one entry of the file's header, as JSON: safetensors
writes several entries in any order, and a checkpoint has to be the same to the byte every time.
Version 1 had one entry for each; it can be read.
"""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

import msgspec
import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import save as encode_tensors

from knetengine.training.atomic import write_atomically
from knetengine.training.checkpoint_header import ENTRY, VERSION, CheckpointError, Header, opened
from knetengine.training.state import StateError, captured
from knetengine.training.state import restore as put_back


def save(path: Path | str, parameters: Any, metadata: dict[str, str] | None = None) -> None:
    """Write `parameters` and `metadata` (text) so that a kill never leaves half a file.

    parameters: NumPy arrays, numbers, text, generators, optimisers and other dataclasses, in any
        nesting of list, tuple and dict. The last three are kept as dicts and text.
    The nesting is kept in the file's own header, so that any safetensors reader opens it, with
    names such as `0` and `layers.1.weight`.
    Raises CheckpointError for anything else, and when the file cannot be written: the disk is full,
    or the folder may not be written to. A file of that name is then as it was.
    """
    path = Path(path)
    tensors: dict[str, np.ndarray[Any, Any]] = {}
    try:
        state = captured(parameters)
    except StateError as error:
        raise CheckpointError(f"{path}: {error}") from None
    structure = _describe(state, (), tensors, path)
    header = msgspec.json.encode(Header(VERSION, structure, metadata or {}), order="sorted")
    try:
        content = encode_tensors(tensors, {ENTRY: header.decode()})
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path}: safetensors does not take an array: {error}") from error
    try:
        write_atomically(path, content)
    except OSError as error:
        raise CheckpointError(
            f"{path} was not written, {len(content):,} bytes: {error.strerror or error}; what was "
            "there before is untouched; make room, or give another place"
        ) from None


def load(path: Path | str) -> tuple[Any, dict[str, str]]:
    """The parameters, nested as they were saved, and the metadata of a checkpoint.

    Optimisers and generators come as dicts and text; `restore` puts them back into such objects.
    A safetensors file from elsewhere gives a dict of its arrays. Nothing in the file is ever
    executed. Raises CheckpointError when the file is missing, cut short or damaged, or was
    written by a newer version.
    """
    with opened(path) as (file, header):
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        loaded = tensors if header.structure is None else _rebuild(header.structure, tensors)
        return loaded, header.metadata


def restore(path: Path | str, **things: Any) -> dict[str, str]:
    """Put what `save(path, {"w": w, ...})` kept back into living objects, by name.

    things: ``w=w, optimiser=optimiser``: arrays, lists, dicts, generators, optimisers, which are
        changed where they are.

    Gives the metadata. Raises CheckpointError as `load` does, and if the file has no such part or
    one of another model; nothing is changed then that comes after it.
    """
    parts, metadata = load(path)
    for (name, thing), saved in zip(things.items(), _parts(path, parts, things), strict=True):
        try:
            put_back(thing, saved, name)
        except StateError as error:
            raise CheckpointError(f"{path}: {error}") from None
    return metadata


def load_parts(path: Path | str, *names: str, **keys: Iterable[str]) -> list[Any]:
    """Some parts of what ``save(path, {"w": w, ...})`` kept, by name.

    keys: for a part that is a dict, what it has to have: ``w=("embedding", "bias")``.

    Raises CheckpointError as `load` does, and if the file has no such part, or the part no such
    keys.
    """
    parts = _parts(path, load(path)[0], names)
    for name, part in zip(names, parts, strict=True):
        missing = [
            key for key in keys.get(name, ()) if not isinstance(part, dict) or key not in part
        ]
        if missing:
            has = ", ".join(cast("dict[str, Any]", part)) if isinstance(part, dict) else "no names"
            raise CheckpointError(
                f"{path}: {name} has no {missing[0]!r}, it is of another model; it has: {has}"
            )
    return parts


def _parts(path: Path | str, parts: Any, names: Iterable[str]) -> list[Any]:
    held = cast("dict[str, Any]", parts) if isinstance(parts, dict) else {}
    for name in names:
        if name not in held:
            raise CheckpointError(
                f"{path} has no part {name!r}, it is of another program; its parts are: "
                f"{', '.join(held) or 'none'}"
            )
    return [held[name] for name in names]


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
    if isinstance(value, float) and not math.isfinite(value):  # JSON has no word for it
        return {"float": str(value)}
    if value is None or isinstance(value, bool | int | float | str):
        return {"number": value}
    name = ".".join(names) or "parameters"
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
        case "float":
            return float(content)
        case "dict":
            return {key: _rebuild(item, tensors) for key, item in content}
        case "list":
            return [_rebuild(item, tensors) for item in content]
        case "tuple":
            return tuple(_rebuild(item, tensors) for item in content)
        case _:
            raise ValueError(f"unknown container {kind!r}")
