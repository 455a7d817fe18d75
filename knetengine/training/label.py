"""What people say of a run: another name, and whether it stays on top of the list."""

import msgspec

from knetengine.training.atomic import write_atomically
from knetengine.training.folder import RunFolder

LONGEST_NAME = 60


class Label(msgspec.Struct, frozen=True):
    """A run's label; without one it goes by the name of its model."""

    name: str = ""
    pinned: bool = False


def read_label(folder: RunFolder) -> Label:
    """The label of a run; an empty one if there is none, or it cannot be read."""
    try:
        return msgspec.json.decode((folder.path / "label.json").read_bytes(), type=Label)
    except (OSError, msgspec.MsgspecError):
        return Label()


def rename(folder: RunFolder, name: str) -> Label:
    """Call a run by a name; an empty one takes the name away."""
    whole = name.encode(errors="replace").decode()  # JSON has no half characters
    words = " ".join(whole.split())[:LONGEST_NAME]
    return _write(folder, msgspec.structs.replace(read_label(folder), name=words))


def pin(folder: RunFolder, pinned: bool) -> Label:
    """Keep a run on top of the list, or no longer."""
    return _write(folder, msgspec.structs.replace(read_label(folder), pinned=pinned))


def _write(folder: RunFolder, label: Label) -> Label:
    write_atomically(folder.path / "label.json", msgspec.json.encode(label))
    return label
