"""MatConvNet's files of networks (.mat), in torchvision's names: what Knet's examples loaded.

Two kinds: a chain of layers (imagenet-vgg-verydeep-16.mat), and a graph with named parameters
(imagenet-resnet-101-dag.mat). Arrays are (H, W, I, O) there.

Formats: matlab/simplenn and matlab/+dagnn of MatConvNet 1.0; the residual networks are Caffe's, by
its importer's names.
"""

import re
from pathlib import Path
from typing import Any

import numpy as np

from knetengine.pretrained.class_names import labels_of
from knetengine.pretrained.model import Array, Model, PretrainedError

_SIDE = 224
_EPS = 1e-5  # what MatConvNet added to a variance before it took the root
_BRANCHES = {
    "branch1": ("downsample.0", "downsample.1"),
    "branch2a": ("conv1", "bn1"),
    "branch2b": ("conv2", "bn2"),
    "branch2c": ("conv3", "bn3"),
}
_BRANCH = re.compile(r"(res|bn)(\d)([a-z])(\d*)_(branch\w+?)_(filter|mult|bias|moments)")


def read_matconvnet(path: Path) -> Model:
    """The network in a .mat file, with the names of its classes and its average picture.

    Raises PretrainedError if it is damaged or of another kind, OSError if it cannot be read.
    """
    from scipy.io import loadmat

    try:
        content: dict[str, Any] = loadmat(path)
        meta: Any = _item(content["meta"]) if "meta" in content else content
        arrays = _graph(content["params"]) if "params" in content else _chain(content["layers"])
        average = _average(_item(_item(meta["normalization"])["averageImage"]))
        names = _cells(_item(_item(meta["classes"])["description"]))
        labels = labels_of(_text(name) for name in names)
    except (OSError, MemoryError):
        raise
    except Exception as error:  # scipy's reader raises many kinds at damaged files
        raise PretrainedError(
            f"{path} is no whole network of MatConvNet ({type(error).__name__}: {error}); expected "
            "one such as imagenet-vgg-verydeep-16.mat"
        ) from error
    ones = np.ones((3, 1, 1), np.float32)
    return Model(path, arrays, average, ones, labels, caffe=True)


def _item(value: Any) -> Any:
    """What a cell, or a struct, of one entry holds."""
    while isinstance(value, np.ndarray) and value.dtype.kind in "OV" and value.size == 1:
        value = value.reshape(-1)[0]
    return value


def _cells(value: Any) -> list[Any]:
    """The entries of a cell array or an array of structs."""
    return [_item(cell) for cell in value.reshape(-1)] if isinstance(value, np.ndarray) else [value]


def _text(value: Any) -> str:
    return "".join(np.asarray(value).reshape(-1))


def _filters(array: Array) -> Array:
    """(H, W, I, O), without last axes of length 1, as (O, I, H, W)."""
    array = array.reshape(*array.shape, *(1,) * (4 - array.ndim))
    return np.ascontiguousarray(array.transpose(3, 2, 0, 1))


def _average(image: Array) -> Array:
    """(3, 1, 1), or (3, 224, 224), of a colour or a picture of any other size."""
    if image.shape == (_SIDE, _SIDE, 3):
        return image.transpose(2, 0, 1).astype(np.float32)
    return image.reshape(-1, 3).mean(0).reshape(3, 1, 1).astype(np.float32)


def _chain(layers: Any) -> dict[str, Array]:
    """Layers count in torchvision's names, convolutions, rectifiers and poolings alike."""
    arrays: dict[str, Array] = {}
    place = dense = 0
    for layer in _cells(layers):
        kind = _text(layer["type"])
        if kind == "conv":
            filters, bias = _weights(layer)
            if dense or len(filters) != 3:  # of the size of what is left of the picture, or 1 x 1
                name, dense = f"classifier.{3 * dense}", dense + 1
                matrix = _filters(filters)
                arrays[f"{name}.weight"] = matrix.reshape(len(matrix), -1)
            else:
                name = f"features.{place}"
                arrays[f"{name}.weight"] = _filters(filters)
            arrays[f"{name}.bias"] = bias.reshape(-1)
        elif kind not in ("relu", "pool", "dropout", "softmax"):
            raise ValueError(f"a layer of type {kind!r}, which VGG networks lack")
        place += kind in ("conv", "relu", "pool")
    return arrays


def _weights(layer: Any) -> tuple[Array, Array]:
    """The filters and biases of a layer: in `weights`, or each by name before MatConvNet 1.0."""
    if "weights" in layer.dtype.names:
        filters, bias = _cells(_item(layer["weights"]))
        return filters, bias
    return _item(layer["filters"]), _item(layer["biases"])


def _graph(params: Any) -> dict[str, Array]:
    found = {_text(_item(one["name"])): _item(one["value"]) for one in _cells(params)}
    places = {
        (stage, *_order(letter, number))
        for name in found
        if (parts := _BRANCH.fullmatch(name))
        for _, stage, letter, number, _, _ in [parts.groups()]
    }
    numbers = {  # of each block within its stage: a, b, c ... or a, b1, b2 ...
        place: sum(other[0] == place[0] and other < place for other in places) for place in places
    }
    arrays: dict[str, Array] = {}
    for name, value in found.items():
        if parts := _BRANCH.fullmatch(name):
            kind, stage, letter, number, branch, part = parts.groups()
            block = numbers[stage, *_order(letter, number)]
            place = f"layer{int(stage) - 1}.{block}.{_BRANCHES[branch][kind == 'bn']}"
        else:
            place, _, part = name.rpartition("_")
            place = {"conv1": "conv1", "bn_conv1": "bn1", "fc1000": "fc"}.get(place, place)
        _put(arrays, place, part, value)
    return arrays


def _order(letter: str, number: str) -> tuple[str, int]:
    return letter, int(number or 0)


def _put(arrays: dict[str, Array], place: str, part: str, value: Array) -> None:
    if part == "filter":
        filters = _filters(value)
        arrays[f"{place}.weight"] = filters.reshape(len(filters), -1) if place == "fc" else filters
    elif part == "moments":  # (C, 2): means, and roots of variances
        arrays[f"{place}.running_mean"] = np.ascontiguousarray(value[:, 0])
        root = value[:, 1].astype(np.float64)
        arrays[f"{place}.running_var"] = (root * root - _EPS).astype(value.dtype)
    else:
        arrays[f"{place}.{'weight' if part == 'mult' else part}"] = value.reshape(-1)
