"""Updates of many parameters in one launch."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from knetengine.gpu.device.layers.table import define
from knetengine.gpu.device.stored import Stored
from knetengine.gpu.kernels.layers import optimisers as kernels
from knetengine.gpu.kernels.operand import bounds

if TYPE_CHECKING:
    from knetengine.gpu.device.backend import DeviceBackend


@define("update")
def _update(
    backend: "DeviceBackend",
    rule: str,
    parameters: list[Stored],
    gradients: list[Stored],
    states: list[tuple[Stored, ...]],
    constants: tuple[float, ...],
) -> None:
    """Change parameters of one dtype, and their states, in place.

    Those with gaps or in another order are changed in a copy, which is written back.
    """
    for numbers in _rounds(parameters, gradients, states):
        given = [(parameters[n], *states[n]) for n in numbers]
        changed = [tuple(backend.in_c_order(x) for x in arrays) for arrays in given]
        slopes = [
            backend.in_c_order(backend.apart(gradients[n], w.operand))
            for n, (w, *_) in zip(numbers, changed, strict=True)
        ]
        kernels.update(
            backend.driver,
            rule,
            [w.operand for w, *_ in changed],
            [g.operand for g in slopes],
            [[s.operand for s in state] for _, *state in changed],
            constants,
            scratch=backend.scratch,
        )
        for arrays, copies in zip(given, changed, strict=True):
            for array, copy in zip(arrays, copies, strict=True):
                if copy is not array:
                    backend.write(array, ..., copy)


def _rounds(
    parameters: list[Stored], gradients: list[Stored], states: Sequence[tuple[Stored, ...]]
) -> Iterator[Sequence[int]]:
    """Which are changed in one launch: all, if none is changed where another is looked at.

    Otherwise, as where two parameters are the same array, one after the other, as the host does.
    """
    spans: list[tuple[int, int, bool, int]] = []  # from, to, whether it is changed, whose
    for n, (w, g, state) in enumerate(zip(parameters, gradients, states, strict=True)):
        spans += [(*bounds(x.operand), True, n) for x in (w, *state) if x.size]
        spans += [(*bounds(g.operand), False, n)] if g.size else []
    every = range(len(parameters))
    if _apart(sorted(spans)):
        yield every
    else:
        yield from ([n] for n in every)


def _apart(spans: list[tuple[int, int, bool, int]]) -> bool:
    """Whether no span that is changed meets one of another parameter."""
    ends, owners = {True: 0, False: 0}, {True: -1, False: -1}  # of those before, by the same kind
    for start, end, changes, owner in spans:
        for kind in (True, False) if changes else (True,):
            if start < ends[kind] and owner != owners[kind]:
                return False
        alone = start >= ends[changes] or owner == owners[changes]
        owners[changes] = owner if alone else -1  # of several
        ends[changes] = max(end, ends[changes])
    return True
