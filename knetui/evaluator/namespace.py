"""The names that the user starts with."""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

# Names of the engine that would hide NumPy's own, or that are not for typing at a prompt.
_LEFT_OUT = ("numpy", "__version__")


def new_main_module() -> ModuleType:
    """An empty module that stands in as `__main__`, so that pickling and dataclasses work."""
    module = ModuleType("__main__")
    module.__dict__["Out"] = {}
    sys.modules["__main__"] = module
    return module


def add_starting_names(namespace: dict[str, Any]) -> None:
    """Put `np` and the engine's public names in. Imports NumPy and the engine."""
    import numpy as np

    import knetengine

    import_module("numpy.random")  # lazy in NumPy; later, a random.py of the user is in its way
    namespace["np"] = np
    for name in knetengine.__all__:
        if name in _LEFT_OUT:
            continue
        try:
            namespace.setdefault(name, getattr(knetengine, name))
        except Exception as problem:  # a room that is broken here must not cost the others
            print(f"knetengine.{name} cannot be used here: {problem}", file=sys.stderr)
