"""The arrays of a trained network by torchvision's names, and what its pictures have to be."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from knetengine.faults import Fault
from knetengine.nn import softmax

Array = np.ndarray[Any, Any]
Shape = tuple[int | None, ...]


class PretrainedError(Fault):
    """Weights, a picture or names of classes that cannot be read or used; it names the file."""


@dataclass
class Model:
    """What a file of weights holds.

    path: the file.
    arrays: by torchvision's names, whichever program wrote them.
    average, deviation: (3, 1, 1) or (3, 224, 224), what pictures from 0 to 255 are brought to 0
        and 1 by; red, green and blue.
    labels: what the classes are called, as far as that is known.
    caffe: whether the network is MatConvNet's, which has Caffe's conventions: see `resnet`.
    """

    path: Path
    arrays: Mapping[str, Array]
    average: Array
    deviation: Array
    labels: Mapping[int, str] = field(default_factory=dict[int, str])
    caffe: bool = False
    taken: set[str] = field(default_factory=set[str], repr=False)

    def take(self, name: str, shape: Shape) -> Array:
        """The array of that name as float32 or float64; None in `shape` stands for any length.

        Raises PretrainedError if there is none, or one of another shape or of integers.
        """
        if name not in self.arrays:
            raise PretrainedError(
                f"{self.path} has no {name}: it is of another network; it begins with "
                f"{', '.join(list(self.arrays)[:4]) or 'nothing'}"
            )
        array = self.arrays[name]
        fits = array.ndim == len(shape) and all(
            wanted in (None, found) for wanted, found in zip(shape, array.shape, strict=True)
        )
        if not fits:
            wanted = ", ".join("any" if n is None else str(n) for n in shape)
            raise PretrainedError(
                f"{self.path}: {name} has shape {array.shape}, expected ({wanted}); the file is "
                "damaged, or of another network"
            )
        if array.dtype.kind != "f":
            raise PretrainedError(
                f"{self.path}: {name} is of {array.dtype}, expected floats: weights in integers "
                "(quantized ones) are not read"
            )
        self.taken.add(name)
        return array.astype(np.float32) if array.dtype == np.float16 else array

    def taken_all(self) -> None:
        """Raise PretrainedError if something is left over, which the network would not use."""
        ignored = "num_batches_tracked"  # by PyTorch, of batchnorm
        left = [n for n in self.arrays if n not in self.taken and not n.endswith(ignored)]
        if left:
            raise PretrainedError(
                f"{self.path} has {left[0]}, shape {self.arrays[left[0]].shape}, and "
                f"{len(left) - 1} more that this network has no place for: it is of another one"
            )

    def picture(self, path: Path | str) -> Array:
        """A picture's file as the network wants it: (1, 3, 224, 224), float32.

        Raises PretrainedError if it cannot be read.
        """
        from knetengine.pretrained.photographs import photograph

        pixels = photograph(Path(path))  # (3, 224, 224)
        return ((pixels - self.average) / self.deviation).astype(np.float32)[None]

    def best(self, scores: Any, top: int) -> Iterator[tuple[float, str]]:
        """The `top` likeliest classes, the likeliest first: probability and label.

        scores: (1, classes), before the softmax.
        """
        chances = softmax(np.asarray(scores))[0]  # (classes,)
        for number in np.argsort(-chances, kind="stable")[: max(top, 0)]:
            yield float(chances[number]), self.labels.get(int(number), f"class {number}")
