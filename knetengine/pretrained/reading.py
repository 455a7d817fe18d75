"""One file of weights: which program wrote it is seen from its first bytes."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open

from knetengine.pretrained.class_names import installed_labels, read_labels
from knetengine.pretrained.model import Array, Model, PretrainedError

# Of the training pictures of ImageNet, red, green and blue from 0 to 1; as torchvision has them.
_AVERAGE = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)
_IMAGENET_CLASSES = 1000
_TIMM = {
    "pre_logits.fc1": "classifier.0",
    "pre_logits.fc2": "classifier.3",
    "head.fc": "classifier.6",
}


def read(path: Path | str, labels: Path | str = "") -> Model:
    """The weights in a file that another program trained.

    path: of torchvision or timm, as .safetensors or .pth; of MatConvNet, as .mat.
    labels: a file with the names of the classes, see `read_labels`; without one they are what the
        file has, or those of the package imagenet-classes if it is installed.

    Nothing in the file is executed. Raises PretrainedError if there is none, or it is damaged or
    of another kind.
    """
    if not str(path):
        raise PretrainedError(
            "no weights were named (--model FILE): torchvision's as .safetensors or .pth, or "
            "MatConvNet's .mat; docs/pretrained.md says where they are"
        )
    path = Path(path)
    try:
        with path.open("rb") as file:
            begin = file.read(64)
        model = _read(path, begin)
    except FileNotFoundError:
        raise PretrainedError(f"there are no weights {path}") from None
    except OSError as error:
        raise PretrainedError(f"{path} cannot be read: {error.strerror or error}") from error
    if labels:
        model.labels = read_labels(Path(labels))
    elif not model.labels and _classes(model.arrays) == _IMAGENET_CLASSES:
        model.labels = installed_labels()
    return model


def _read(path: Path, begin: bytes) -> Model:
    if begin.startswith(b"MATLAB 5.0"):
        from knetengine.pretrained.matconvnet import read_matconvnet

        return read_matconvnet(path)
    if begin[8:9] == b"{":
        arrays = _read_safetensors(path)
    elif begin.startswith((b"PK\x03\x04", b"\x80\x02")):
        from knetengine.pretrained.torch_files import read_torch

        arrays = read_torch(path)
    else:
        raise PretrainedError(
            f"{path} is no file of weights that is read here (.safetensors, PyTorch's .pth, "
            f"MatConvNet's .mat): it begins with {begin[:16]!r}"
        )
    average, deviation = (
        255 * np.array(each, np.float32).reshape(3, 1, 1) for each in (_AVERAGE, _DEVIATION)
    )
    return Model(path, _in_torchvisions_names(arrays), average, deviation)


def _read_safetensors(path: Path) -> dict[str, Array]:
    try:
        with safe_open(path, framework="numpy") as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except TypeError as error:  # NumPy has no such dtype
        raise PretrainedError(
            f"{path}: {error}; save the weights as float32: "
            "{name: t.float() for name, t in model.state_dict().items()}"
        ) from error
    except SafetensorError as error:
        raise PretrainedError(
            f"{path} is cut short or damaged ({error}); fetch it again"
        ) from error


def _in_torchvisions_names(arrays: Mapping[str, Array]) -> dict[str, Array]:
    """timm's names of VGG's dense layers, and their kernels of a convolution, as torchvision's."""
    found: dict[str, Array] = {}
    for name, array in arrays.items():
        place, _, part = name.rpartition(".")
        if place in _TIMM:
            name = f"{_TIMM[place]}.{part}"
            array = array.reshape(len(array), -1) if part == "weight" else array
        found[name] = array
    return found


def _classes(arrays: Mapping[str, Array]) -> int:
    last = arrays.get("fc.weight", arrays.get("classifier.6.weight"))
    return 0 if last is None or last.ndim == 0 else len(last)
