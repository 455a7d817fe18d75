"""What a checkpoint says of itself, read without its arrays, and without NumPy being imported.

The workbench stands on this and never on `checkpoint`: importing that took a quarter of a second
of the 1.2 until its first frame.
"""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from safetensors import SafetensorError, safe_open

from knetengine.faults import Fault

VERSION = 2
ENTRY = "knet"
_STRUCTURE_1 = "knet.structure"


class CheckpointError(Fault):
    """A checkpoint that cannot be written, read or used; the message names the file."""


class Header(msgspec.Struct):
    """The entry of the file's own header.

    structure: how the arrays were nested; None in a file that no knet-tui wrote.
    metadata: the text that was given to `checkpoint.save`.
    """

    version: int
    structure: Any
    metadata: dict[str, str]


def read_metadata(path: Path | str) -> dict[str, str]:
    """The metadata of a checkpoint; raises CheckpointError as `checkpoint.load` does."""
    with opened(path) as (_, header):
        return header.metadata


@contextmanager
def opened(path: Path | str) -> Generator[tuple[Any, Header]]:
    """The open safetensors file, and its header; what goes wrong inside is a CheckpointError."""
    try:
        with safe_open(path, framework="numpy") as file:
            yield file, _header(dict(file.metadata() or {}), path)
    except FileNotFoundError as error:
        raise CheckpointError(f"there is no checkpoint {path}") from error
    except (SafetensorError, msgspec.MsgspecError, KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path} is not a whole checkpoint: {error}") from error
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read: {error.strerror or error}") from error


def _header(entries: dict[str, str], path: Path | str) -> Header:
    if ENTRY not in entries:  # of version 1, or from elsewhere
        structure = entries.pop(_STRUCTURE_1, None)
        return Header(1, None if structure is None else msgspec.json.decode(structure), entries)
    header = msgspec.json.decode(entries[ENTRY], type=Header)
    if header.version > VERSION:
        raise CheckpointError(
            f"{path} has version {header.version}, and this knet-tui reads versions up to "
            f"{VERSION}: install a newer one"
        )
    return header
