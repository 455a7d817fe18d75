"""Weights that other programs trained: read and given in the form of our examples, never executed.

```
read                reading.py       one file: which program wrote it, its arrays, its classes
                    torch_files.py   PyTorch's .pth, whose pickles may only name arrays
                    matconvnet.py    MatConvNet's .mat, in torchvision's names
                    model.py         arrays by torchvision's names, and what a picture has to be
vgg, resnet         networks.py      those arrays as the layers of the two examples
                    photographs.py   a picture's file as numbers
                    class_names.py   what the classes are called
```
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from knetengine.pretrained.model import Model as Model
    from knetengine.pretrained.model import PretrainedError as PretrainedError
    from knetengine.pretrained.networks import resnet as resnet
    from knetengine.pretrained.networks import vgg as vgg
    from knetengine.pretrained.reading import read as read

_HOME = {
    "Model": "model",
    "PretrainedError": "model",
    "read": "reading",
    "resnet": "networks",
    "vgg": "networks",
}

__all__ = ["Model", "PretrainedError", "read", "resnet", "vgg"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'knetengine.pretrained' has no attribute '{name}'")
    value = getattr(import_module(f"knetengine.pretrained.{_HOME[name]}"), name)
    globals()[name] = value
    return value
