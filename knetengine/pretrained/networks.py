"""Arrays by torchvision's names as layers: the nests that examples/vgg.py and resnet.py train.

A layer is [filters (O, I, K, K), bias (O,)]; where there is batch normalization, [filters, gains
and biases (2O,)], and beside it, in a nest of its own, [mean (O,), variance (O,)].
"""

import re
from typing import Any

import numpy as np

from knetengine.autograd.containers import flatten
from knetengine.init import xavier_normal
from knetengine.pretrained.model import Array, Model, PretrainedError

Layer = list[Array]
Found = list[Array] | None

_GRID = 7  # pixels of a picture of 224 that five poolings leave


def vgg(
    model: Model,
    *,
    classes: int = 0,
    side: int = 32,
    generator: np.random.Generator | None = None,
) -> tuple[Any, Any]:
    """A VGG network of 11 to 19 layers, with or without batch normalization: ``w, moments``.

    w: stages, after each of which there is a pooling, of layers; then the dense layers, as
        [matrix (X, Y), bias (Y,)].
    moments: as the stages, None or [mean, variance] for each layer.
    classes: 0 for the file's; else a start for training: copies, with one new dense layer for so
        many classes of pictures of `side` pixels, drawn from the generator.

    Depth and widths are those of the file. Filters are of cross-correlations (conv4's mode 1).
    Raises PretrainedError for another network, shapes that do not fit, and a start from
    MatConvNet's, whose pictures go from 0 to 255.
    Source: Simonyan and Zisserman 2014; names as torchvision's.
    """
    numbers = [
        int(found[1])
        for name, array in model.arrays.items()
        if array.ndim == 4 and (found := re.fullmatch(r"features\.(\d+)\.weight", name))
    ]
    numbers = sorted(numbers) or [0]
    stages: list[list[Layer]] = [[]]
    moments: list[list[Found]] = [[]]
    channels = 3
    for number, following in zip(numbers, [*numbers[1:], None], strict=True):
        normed = f"features.{number + 1}.running_mean" in model.arrays
        norm = f"features.{number + 1}" if normed else None
        layer, found = _convolution(model, f"features.{number}", norm, channels, 3)
        stages[-1].append(layer)
        moments[-1].append(found)
        channels = len(layer[0])
        # after a convolution, its norm and its rectifier, the next number is that of a pooling
        if following is not None and following > number + (3 if normed else 2):
            stages.append([])
            moments.append([])
    head, inputs = [], channels * _GRID * _GRID
    for number in (0, 3, 6):
        head.append(_dense(model, f"classifier.{number}", inputs))
        inputs = len(head[-1][1])
    model.taken_all()
    if classes:
        pixels = (side >> len(stages)) ** 2
        stages, moments = _copied(model, [stages, moments])
        head = [_new(channels * pixels, classes, generator)]
    return [stages, head], moments


def resnet(
    model: Model, *, classes: int = 0, generator: np.random.Generator | None = None
) -> tuple[Any, Any]:
    """A residual network of 18 to 152 layers: ``w, moments``.

    w: one block of one layer, 7 x 7; then residual blocks: their two layers, or three of which the
        outer ones are 1 x 1, and a projection where the shape changes; at last the dense layer,
        [matrix (X, Y), bias (Y,)].
    moments: [mean, variance] for each layer but the last, nested as w.
    classes: 0 for the file's; else a start for training: copies, with a new dense layer for so
        many classes, drawn from the generator.

    Depth and widths are those of the file. Filters are of cross-correlations (conv4's mode 1).
    Where ``model.caffe``, a block halves its picture in the first layer of three, not in the
    middle one, and the pooling at the beginning pads after the picture only.
    Raises PretrainedError for another network, shapes that do not fit, and a start from
    MatConvNet's, whose pictures go from 0 to 255.
    Source: He, Zhang, Ren and Sun 2015; names as torchvision's.
    """
    layer, found = _convolution(model, "conv1", "bn1", 3, 7)
    w: list[Any] = [[layer]]
    moments: list[Any] = [[found]]
    channels = len(layer[0])
    for stage in range(1, 5):
        number = 0
        while number == 0 or f"layer{stage}.{number}.conv1.weight" in model.arrays:
            block, found = _block(model, f"layer{stage}.{number}", channels)
            w.append(block)
            moments.append(found)
            channels = len(block[-1][0])
            number += 1
    w.append(_dense(model, "fc", channels))
    model.taken_all()
    if classes:
        w, moments = _copied(model, [w, moments])
        w[-1] = _new(channels, classes, generator)
    return w, moments


def _block(model: Model, name: str, inputs: int) -> tuple[list[Layer], list[Found]]:
    sizes = (1, 3, 1) if f"{name}.conv3.weight" in model.arrays else (3, 3)
    layers: list[Any] = []
    channels = inputs
    for number, size in enumerate(sizes, 1):
        names = f"{name}.conv{number}", f"{name}.bn{number}"
        layers.append(_convolution(model, *names, channels, size))
        channels = len(layers[-1][0][0])
    if channels != inputs or f"{name}.downsample.0.weight" in model.arrays:
        names = f"{name}.downsample.0", f"{name}.downsample.1"
        layers.append(_convolution(model, *names, inputs, 1, channels))
    return [layer for layer, _ in layers], [found for _, found in layers]


def _convolution(
    model: Model, name: str, norm: str | None, inputs: int, size: int, outputs: int | None = None
) -> tuple[Layer, Found]:
    filters = model.take(f"{name}.weight", (outputs, inputs, size, size))
    outputs = len(filters)
    has_bias = norm is None or f"{name}.bias" in model.arrays
    bias = model.take(f"{name}.bias", (outputs,)) if has_bias else None
    if norm is None:
        assert bias is not None
        return [filters, bias], None
    gains, biases, mean, var = (
        model.take(f"{norm}.{part}", (outputs,))
        for part in ("weight", "bias", "running_mean", "running_var")
    )
    if bias is not None:  # what is added before the mean is taken off
        mean = mean - bias
    return [filters, np.concatenate([gains, biases])], [mean, var]


def _dense(model: Model, name: str, inputs: int) -> Layer:
    matrix = model.take(f"{name}.weight", (None, inputs))
    return [matrix.T, model.take(f"{name}.bias", matrix.shape[:1])]


def _copied(model: Model, nest: list[Any]) -> list[Any]:
    """The nest with arrays that can be written to; those of a file are mapped."""
    if model.caffe:
        raise PretrainedError(
            f"{model.path} is MatConvNet's, by which one can classify; to go on training, take "
            "torchvision's weights of the same network"
        )
    leaves, rebuild = flatten(nest)
    return rebuild(iter([None if leaf is None else leaf.copy() for leaf in leaves]))


def _new(inputs: int, outputs: int, generator: np.random.Generator | None) -> Layer:
    matrix = xavier_normal(inputs, outputs, dtype=np.float32, generator=generator)
    return [matrix, np.zeros(outputs, np.float32)]
