"""MatConvNet's files, made of torchvision's names."""

import re
from pathlib import Path
from typing import Any

import numpy as np
from scipy.io import savemat

Array = np.ndarray[Any, Any]
AVERAGE = np.array([123.68, 116.779, 103.939])


def cell(*items: Any) -> Array:
    """A cell array of one row."""
    row = np.empty((1, len(items)), object)
    row[0] = items
    return row


def structs(items: list[dict[str, Any]]) -> Array:
    """An array of structs, of one row."""
    names = list(items[0])
    row = np.empty((1, len(items)), [(name, object) for name in names])
    for place, item in enumerate(items):
        row[0, place] = tuple(item[name] for name in names)
    return row


def meta(average: Array, names: list[str]) -> dict[str, Any]:
    normalization = {"imageSize": np.array([224.0, 224, 3]), "averageImage": average}
    return {"normalization": normalization, "classes": {"description": cell(*names)}}


def filters(array: Array) -> Array:
    """(O, I, H, W) as (H, W, I, O)."""
    return array.transpose(2, 3, 1, 0)


def vgg_layers(arrays: dict[str, Array], *, named: bool = False) -> Array:
    """Layers in a chain. named: with fields `filters` and `biases`, as before version 1.0."""
    convolutions = [name for name in arrays if name.endswith(".weight")]
    layers: list[dict[str, Any]] = []
    before = -2
    for name in convolutions:
        weight, bias = arrays[name], arrays[name.replace("weight", "bias")][None]
        if weight.ndim == 4:
            number = int(name.split(".")[1])
            if number > before + 2 >= 2:
                layers.append({"type": "pool", "name": "pool"})
            before = number
        elif name == "classifier.0.weight":
            layers.append({"type": "pool", "name": "pool"})
            weight = weight.reshape(len(weight), -1, 7, 7)
        else:
            weight = weight[:, :, None, None]
        held = {"filters": filters(weight), "biases": bias}
        held = held if named else {"weights": cell(*held.values())}
        layers += [{"type": "conv", "name": name, **held}, {"type": "relu", "name": "relu"}]
    layers[-1]["type"] = "softmax"
    return cell(*(structs([layer]) for layer in layers))


def resnet_params(arrays: dict[str, Array], *, numbered: bool = False) -> Array:
    """Parameters of a graph. numbered: blocks are called a, b1, b2 ... as in the deep ones."""
    params: dict[str, Array] = {}
    for name, array in arrays.items():
        place, _, part = name.rpartition(".")
        place, norm = _place(place, numbered)
        if part == "weight" and not norm:
            wide = array[:, :, None, None] if array.ndim == 2 else array
            params[f"{place}_filter"] = filters(wide)
        elif part == "running_mean":
            variance = arrays[name.replace("mean", "var")].astype(np.float64)
            moments = [array, np.sqrt(variance + 1e-5)]
            params[f"{place}_moments"] = np.stack(moments, 1).astype(np.float32)
        elif part in ("weight", "bias"):
            params[f"{place}_{'mult' if part == 'weight' else 'bias'}"] = array[:, None]
    items = sorted(params.items(), reverse=True)  # in whichever order
    return structs([{"name": name, "value": value} for name, value in items])


def _place(place: str, numbered: bool) -> tuple[str, bool]:
    """MatConvNet's name of a layer, and whether it is a normalization."""
    if not (found := re.fullmatch(r"layer(\d)\.(\d+)\.(.*)", place)):
        return {"bn1": "bn_conv1", "fc": "fc1000"}.get(place, place), place == "bn1"
    stage, block, layer = int(found[1]) + 1, int(found[2]), found[3]
    word = f"b{block}" if numbered and block else "abcdefgh"[block]
    norm = layer == "downsample.1" or layer.startswith("bn")
    branch = "branch1" if layer.startswith("down") else f"branch2{'abc'[int(layer[-1]) - 1]}"
    return f"{'bn' if norm else 'res'}{stage}{word}_{branch}", norm


def save(path: Path, **content: Any) -> Path:
    savemat(path, content)
    return path
