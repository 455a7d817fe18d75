"""Sets of data. Each loader says in its docstring where the numbers come from."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from knetengine.data.atype import dtype_of as dtype_of
    from knetengine.data.boston import housing as housing
    from knetengine.data.catalogue import SETS as SETS
    from knetengine.data.catalogue import DataSet as DataSet
    from knetengine.data.minibatches import minibatch as minibatch
    from knetengine.data.splitting import split as split
    from knetengine.data.streams import streams as streams
    from knetengine.data.vocabulary import Vocabulary as Vocabulary

_HOME = {
    "SETS": "catalogue",
    "DataSet": "catalogue",
    "dtype_of": "atype",
    "housing": "boston",
    "minibatch": "minibatches",
    "split": "splitting",
    "streams": "streams",
    "Vocabulary": "vocabulary",
}

__all__ = ["SETS", "DataSet", "Vocabulary", "dtype_of", "housing", "minibatch", "split", "streams"]


def __getattr__(name: str) -> Any:  # loaders need NumPy, the catalogue does not
    if name not in _HOME:
        raise AttributeError(f"module 'knetengine.data' has no attribute '{name}'")
    value = getattr(import_module(f"knetengine.data.{_HOME[name]}"), name)
    globals()[name] = value
    return value
