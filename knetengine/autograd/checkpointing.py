"""Trading time for memory: steps that are computed again when the gradient needs them."""

import functools
from typing import Any

from knetengine.autograd.calls import record
from knetengine.autograd.containers import flatten
from knetengine.autograd.jacobians import vjp
from knetengine.autograd.primitives import Function, Primitive
from knetengine.autograd.recorded import Recorded, holds_recorded, plain
from knetengine.autograd.recorded_call import name_of_function
from knetengine.autograd.tape import recording


def checkpoint(f: Function) -> Function:
    """The same function, of which a gradient keeps only the arguments and the result.

    What happens inside is computed again in the backward pass. A recurrence of T steps, in blocks
    of sqrt(T) steps that are checkpointed, so needs memory for 2 sqrt(T) steps instead of T, and
    calls each step twice.

    f: a function of arrays, numbers and containers; its result may be one of them as well. It
        must compute the same twice: give it random numbers, or a seed, as arguments. Recorded
        values must come in as arguments, not by closure: otherwise TypeError.

    Source: Chen et al., Training Deep Nets with Sublinear Memory Cost, arXiv:1604.06174.
    """

    @functools.wraps(f)
    def checkpointed(*args: Any, **kwargs: Any) -> Any:
        if not holds_recorded(flatten((args, kwargs))[0]):
            return f(*args, **kwargs)
        return _Block(f, args, kwargs).run()

    return checkpointed


class _Block:
    """One call of a checkpointed function, as a step of the tape.

    recorded: the recorded leaves of the arguments; the others stay where they are.
    """

    def __init__(self, f: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.f = f
        self.leaves, self.rebuild = flatten((args, kwargs))
        self.recorded = [leaf for leaf in self.leaves if type(leaf) is Recorded]
        step = Primitive(self.forward, f"checkpoint of {name_of_function(f)}")
        step.joint = self.backward
        self.step = step

    def run(self) -> Any:
        """Call the function and record it as one step."""
        outputs = record(self.step, tuple(self.recorded), {}, 3)
        outputs = iter(outputs if isinstance(outputs, tuple) else (outputs,))
        leaves = [next(outputs) if _inexact(leaf) else leaf for leaf in self.result_leaves]
        return self.rebuild_result(iter(leaves))

    def call(self, *values: Any) -> Any:
        """Call the function with these in the places of its recorded leaves."""
        replacements = iter(values)
        leaves = [next(replacements) if type(x) is Recorded else x for x in self.leaves]
        args, kwargs = self.rebuild(iter(leaves))
        return self.f(*args, **kwargs)

    def forward(self, *values: Any) -> Any:
        """The plain result: its inexact leaves, a tuple if there are several."""
        tape = recording.tape
        before = len(tape) if tape is not None else 0
        result = self.call(*values)
        if tape is not None and len(tape) > before:
            raise TypeError(
                f"the checkpointed {name_of_function(self.f)} uses a recorded value that is not "
                "among its arguments; its gradient would be lost. Pass it as an argument"
            )
        self.result_leaves, self.rebuild_result = flatten(result)
        return _single([leaf for leaf in self.result_leaves if _inexact(leaf)])

    def outputs(self, *values: Any) -> Any:
        """What `forward` gives, of recorded values."""
        leaves = flatten(self.call(*values))[0]
        return _single([leaf for leaf in leaves if _inexact(plain(leaf))])

    def backward(self, wanted: tuple[bool, ...], g: Any, y: Any, *values: Any) -> Any:
        """The joint rule: run again, now recorded, and pull back at once."""
        return vjp(self.outputs, *values)[1](g)


def _inexact(leaf: Any) -> bool:
    kind = getattr(getattr(leaf, "dtype", None), "kind", "")
    return kind in ("f", "c") or isinstance(leaf, float | complex)


def _single(leaves: list[Any]) -> Any:
    return leaves[0] if len(leaves) == 1 else tuple(leaves)
