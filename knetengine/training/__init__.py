"""A training run: its loop, its folder, its checkpoints, and the words that steer it.

A model file uses `run` (the loop and its reports), `script` (main's keyword arguments become
command-line options), `save` and `load` (safetensors); `minimize`, `converge` and `progress` are
Knet's loop of losses, for those who like it short. Everything else here is what keeps a run alive
and readable from other processes.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from knetengine.training.checkpoint import load as load
    from knetengine.training.checkpoint import load_parts as load_parts
    from knetengine.training.checkpoint import restore as restore
    from knetengine.training.checkpoint import save as save
    from knetengine.training.iterators import converge as converge
    from knetengine.training.iterators import minimize as minimize
    from knetengine.training.loop import Run as Run
    from knetengine.training.loop import run as run
    from knetengine.training.options import script as script
    from knetengine.training.progress_bar import progress as progress

_HOME = {
    "Run": "loop",
    "converge": "iterators",
    "load": "checkpoint",
    "load_parts": "checkpoint",
    "minimize": "iterators",
    "progress": "progress_bar",
    "restore": "checkpoint",
    "run": "loop",
    "save": "checkpoint",
    "script": "options",
}

__all__ = [
    "Run",
    "converge",
    "load",
    "load_parts",
    "minimize",
    "progress",
    "restore",
    "run",
    "save",
    "script",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'knetengine.training' has no attribute '{name}'")
    value = getattr(import_module(f"knetengine.training.{_HOME[name]}"), name)
    globals()[name] = value
    return value
