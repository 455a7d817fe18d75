"""A fused primitive: one step of the tape, computed by kernels, defined by its plain twin.

The first derivative is computed by kernels too. A gradient of a gradient differentiates the twin,
to any order: the backward kernels need no rules of their own.

The kernels are those of `knetengine.cpu`, for arrays in the host's memory, or the device's own.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from knetengine.autograd import defvjp, primitive, vjp
from knetengine.autograd.recorded import holds_recorded
from knetengine.autograd.scatter import Scatter
from knetengine.device_arrays import first_device_array

Function: TypeAlias = Callable[..., Any]


class Saved:
    """What the forward kernels leave for the backward kernels; it is freed with the step.

    wanted: False if no gradient can be asked for, and nothing need be kept.
    """

    __slots__ = ("items", "wanted")

    def __init__(self, wanted: bool) -> None:
        self.wanted = wanted
        self.items: Any = None


def fused(
    twin: Function,
    compute: Function,
    pull_back: Function,
    *,
    layer: str = "",
    found: Function | None = None,
) -> Function:
    """A function of arrays and options that is the same as `twin`, but computed by kernels.

    twin: ``twin(*arguments)``, made of differentiable functions.
    compute: ``compute(saved, *arguments)`` on plain arrays; where ``saved.wanted`` it puts what
        `pull_back` needs into ``saved.items``.
    pull_back: ``pull_back(wanted, g, y, items, *arguments)``: a sequence of gradients, one for
        each argument; ``wanted`` says which are needed, None will do for the others. It must not
        write to `g`, and must leave `items` as they are: a vjp may be pulled twice.
    layer: the name under which a device may have kernels of its own, which are called with
        ``(wanted, *arguments)`` and give the result and the items; and as ``{layer}_backward`` with
        what `pull_back` is called with.
    found: ``found(items, *arguments)`` after the former, for results that go another way.

    All arguments go by position. Recorded values may stand for arrays, not for options.
    """
    backward = f"{layer}_backward"

    def run(saved: Saved, *arguments: Any) -> Any:
        device = first_device_array(arguments)
        if device is None:
            return compute(saved, *arguments)
        if not device.has_layer(layer):
            return device.call_on_host(compute, saved, *arguments)
        result, saved.items = device.call_layer(layer, saved.wanted, *arguments)
        if found is not None:
            found(saved.items, *arguments)
        return result

    run.__name__ = run.__qualname__ = getattr(twin, "__name__", "fused")
    step = primitive(run)

    def pull(wanted: Sequence[bool], g: Any, y: Any, saved: Saved, *arguments: Any) -> list[Any]:
        wanted = wanted[1:]
        if holds_recorded(g) or holds_recorded(arguments):
            return [None, *_pull_through(twin, wanted, g, arguments)]
        device = first_device_array(arguments)
        if device is None:
            return [None, *pull_back(wanted, g, y, saved.items, *arguments)]
        if device.has_layer(layer):
            return [None, *device.call_layer(backward, wanted, g, y, saved.items, *arguments)]

        def pull_on_host(g: Any, y: Any, *arguments: Any) -> list[Any]:
            return list(pull_back(wanted, g, y, saved.items, *arguments))

        parts = device.call_on_host(pull_on_host, g, y, *arguments)
        return [None, *(_on_device(device, part) for part in parts)]

    defvjp(step, joint=pull)

    def call(*arguments: Any) -> Any:
        return step(Saved(holds_recorded(arguments)), *arguments)

    call.__name__ = call.__qualname__ = run.__name__
    return call


def _on_device(device: Any, part: Any) -> Any:
    """A sparse gradient with its numbers on a device; anything else as it is."""
    if type(part) is not Scatter:
        return part
    return Scatter(device.beside(part.gradient), part.index)


def _pull_through(
    twin: Function, wanted: Sequence[bool], g: Any, arguments: tuple[Any, ...]
) -> list[Any]:
    """The gradients of the twin, which an enclosing gradient can differentiate."""
    numbers = [number for number, want in enumerate(wanted) if want]

    def of_wanted(*chosen: Any) -> Any:
        whole = list(arguments)
        for number, value in zip(numbers, chosen, strict=True):
            whole[number] = value
        return twin(*whole)

    _, pull = vjp(of_wanted, *(arguments[number] for number in numbers))
    pulled = pull(g)
    gradients: list[Any] = [None] * len(arguments)
    for number, gradient in zip(numbers, pulled, strict=True):
        gradients[number] = gradient
    return gradients
