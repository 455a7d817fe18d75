"""Networks by torchvision's names, with made-up numbers, and what they give by SciPy alone."""

from typing import Any

import numpy as np
from scipy.signal import correlate

Array = np.ndarray[Any, Any]
Arrays = dict[str, Array]

VGG11 = (1, 1, 2, 2, 2)
VGG16 = (2, 2, 3, 3, 3)


class Drawn:
    """Arrays as torchvision's state dict has them, in its order."""

    def __init__(self, seed: int) -> None:
        self.generator = np.random.default_rng(seed)
        self.arrays: Arrays = {}

    def convolution(self, name: str, inputs: int, outputs: int, size: int) -> None:
        scale = (2 / (inputs * size * size)) ** 0.5
        self.put(f"{name}.weight", scale * self.normal(outputs, inputs, size, size))

    def norm(self, name: str, channels: int) -> None:
        self.put(f"{name}.weight", 0.5 + 0.5 * self.generator.random(channels))
        self.put(f"{name}.bias", 0.1 * self.normal(channels))
        self.put(f"{name}.running_mean", 0.2 * self.normal(channels))
        self.put(f"{name}.running_var", 0.5 + self.generator.random(channels))
        self.arrays[f"{name}.num_batches_tracked"] = np.array(7)

    def dense(self, name: str, inputs: int, outputs: int) -> None:
        self.put(f"{name}.weight", self.normal(outputs, inputs) / inputs**0.5)
        self.put(f"{name}.bias", self.normal(outputs))

    def normal(self, *shape: int) -> Array:
        return self.generator.standard_normal(shape)

    def put(self, name: str, array: Array) -> None:
        self.arrays[name] = array.astype(np.float32)


def vgg_arrays(
    stages: tuple[int, ...] = VGG11, width: int = 2, *, norm: bool = False, classes: int = 10
) -> Arrays:
    """A VGG network: so many convolutions in each stage."""
    drawn = Drawn(1)
    number, inputs = 0, 3
    for stage, count in enumerate(stages):
        outputs = width << min(stage, 3)
        for _ in range(count):
            drawn.convolution(f"features.{number}", inputs, outputs, 3)
            drawn.put(f"features.{number}.bias", drawn.normal(outputs))
            if norm:
                drawn.norm(f"features.{number + 1}", outputs)
            number += 3 if norm else 2
            inputs = outputs
        number += 1
    drawn.dense("classifier.0", inputs * 49, 12)
    drawn.dense("classifier.3", 12, 11)
    drawn.dense("classifier.6", 11, classes)
    return drawn.arrays


def resnet_arrays(
    counts: tuple[int, ...] = (2, 2, 2, 2),
    width: int = 2,
    *,
    deep: bool = False,
    classes: int = 10,
) -> Arrays:
    """A residual network: so many blocks in each stage, of two or three convolutions."""
    drawn = Drawn(2)
    drawn.convolution("conv1", 3, width, 7)
    drawn.norm("bn1", width)
    inputs = width
    for stage, count in enumerate(counts):
        inner = width << stage
        outputs = 4 * inner if deep else inner
        sizes = [(inner, 1), (inner, 3), (outputs, 1)] if deep else [(inner, 3), (inner, 3)]
        for block in range(count):
            name = f"layer{stage + 1}.{block}"
            before = inputs
            for number, (channels, size) in enumerate(sizes, 1):
                drawn.convolution(f"{name}.conv{number}", before, channels, size)
                drawn.norm(f"{name}.bn{number}", channels)
                before = channels
            if inputs != outputs:
                drawn.convolution(f"{name}.downsample.0", inputs, outputs, 1)
                drawn.norm(f"{name}.downsample.1", outputs)
            inputs = outputs
    drawn.dense("fc", inputs, classes)
    return drawn.arrays


def vgg_scores(a: Arrays, x: Array, stages: tuple[int, ...] = VGG11) -> Array:
    """x (3, 224, 224) gives (classes,)."""
    norm = "features.1.running_mean" in a
    number = 0
    for count in stages:
        for _ in range(count):
            x = convolved(a[f"features.{number}.weight"], x)
            x = x + a[f"features.{number}.bias"][:, None, None]
            x = np.maximum(normed(a, f"features.{number + 1}", x) if norm else x, 0)
            number += 3 if norm else 2
        number += 1
        x = x.reshape(len(x), x.shape[1] // 2, 2, -1, 2).max((2, 4))
    x = x.reshape(-1)
    for number in (0, 3, 6):
        x = a[f"classifier.{number}.weight"] @ x + a[f"classifier.{number}.bias"]
        x = np.maximum(x, 0) if number < 6 else x
    return x


def resnet_scores(a: Arrays, x: Array, *, caffe: bool = False) -> Array:
    """x (3, 224, 224) gives (classes,)."""
    x = np.maximum(normed(a, "bn1", convolved(a["conv1.weight"], x, 2)), 0)
    edges = (0, 1) if caffe else (1, 0)  # 112 pixels: of the last window nothing is beyond
    x = np.pad(x, ((0, 0), edges, edges), constant_values=-np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), (1, 2))[:, ::2, ::2]
    x = windows.max((3, 4))
    for stage in range(1, 5):
        block = 0
        while f"layer{stage}.{block}.conv1.weight" in a:
            name = f"layer{stage}.{block}"
            stride = 2 if stage > 1 and block == 0 else 1
            last = 3 if f"{name}.conv3.weight" in a else 2
            halving = 1 if caffe else last - 1
            y = x
            for number in range(1, last + 1):
                step = stride if number == halving else 1
                y = normed(
                    a, f"{name}.bn{number}", convolved(a[f"{name}.conv{number}.weight"], y, step)
                )
                y = np.maximum(y, 0) if number < last else y
            if f"{name}.downsample.0.weight" in a:
                x = convolved(a[f"{name}.downsample.0.weight"], x, stride)
                x = normed(a, f"{name}.downsample.1", x)
            x = np.maximum(y + x, 0)
            block += 1
    return a["fc.weight"] @ x.mean((1, 2)) + a["fc.bias"]


def convolved(filters: Array, x: Array, stride: int = 1) -> Array:
    """Cross-correlations of (C, H, W) with (O, C, K, K), padded by half of K."""
    pad = filters.shape[2] // 2
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    y = np.stack([correlate(x, f, "valid", "direct")[0] for f in filters])
    return y[:, ::stride, ::stride]


def normed(a: Arrays, name: str, x: Array) -> Array:
    gain, bias, mean, var = (
        a[f"{name}.{part}"][:, None, None]
        for part in ("weight", "bias", "running_mean", "running_var")
    )
    return (x - mean) / np.sqrt(var + 1e-5) * gain + bias
