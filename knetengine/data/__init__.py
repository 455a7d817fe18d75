"""Sets of data. Each loader says in its docstring where the numbers come from."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from knetengine.data.atype import array_type as array_type
    from knetengine.data.boston import housing as housing
    from knetengine.data.catalogue import SETS as SETS
    from knetengine.data.catalogue import DataError as DataError
    from knetengine.data.catalogue import DataSet as DataSet
    from knetengine.data.conllu import tagging as tagging
    from knetengine.data.fetching import fetch as fetch
    from knetengine.data.images import cifar10 as cifar10
    from knetengine.data.images import fashion as fashion
    from knetengine.data.images import mnist as mnist
    from knetengine.data.minibatches import minibatch as minibatch
    from knetengine.data.parallel_streams import streams as streams
    from knetengine.data.pictures import show as show
    from knetengine.data.places import find as find
    from knetengine.data.splitting import split as split
    from knetengine.data.texts import music as music
    from knetengine.data.texts import text as text
    from knetengine.data.varying import varied as varied
    from knetengine.data.vocabulary import Vocabulary as Vocabulary

_HOME = {
    "SETS": "catalogue",
    "DataError": "catalogue",
    "DataSet": "catalogue",
    "Vocabulary": "vocabulary",
    "array_type": "atype",
    "cifar10": "images",
    "fashion": "images",
    "fetch": "fetching",
    "find": "places",
    "housing": "boston",
    "minibatch": "minibatches",
    "mnist": "images",
    "music": "texts",
    "show": "pictures",
    "split": "splitting",
    "streams": "parallel_streams",
    "tagging": "conllu",
    "text": "texts",
    "varied": "varying",
}

__all__ = [
    "SETS",
    "DataError",
    "DataSet",
    "Vocabulary",
    "array_type",
    "cifar10",
    "fashion",
    "fetch",
    "find",
    "housing",
    "minibatch",
    "mnist",
    "music",
    "show",
    "split",
    "streams",
    "tagging",
    "text",
    "varied",
]


def __getattr__(name: str) -> Any:  # loaders need NumPy, the catalogue does not
    if name not in _HOME:
        raise AttributeError(f"module 'knetengine.data' has no attribute '{name}'")
    value = getattr(import_module(f"knetengine.data.{_HOME[name]}"), name)
    globals()[name] = value
    return value
