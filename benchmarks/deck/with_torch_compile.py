"""The models of `with_pytorch` with the loss, forward and backward, compiled by torch.compile."""

from functools import partial
from typing import Any

from benchmarks.deck import with_pytorch
from benchmarks.deck.with_pytorch import version

__all__ = ["BUILDERS", "LEFT_OUT", "version"]

LEFT_OUT = {
    "CharLM": "unrolls the LSTM: 144 s of compilation for a step that was no faster than eager",
    "CharLM loop": "unrolls 100 steps and compiles for minutes",
}


def _compiled(loss: Any) -> Any:
    import torch

    return torch.compile(loss, dynamic=False)


BUILDERS = {
    name: partial(build, change=_compiled)
    for name, build in with_pytorch.BUILDERS.items()
    if name not in LEFT_OUT
}
