"""One call of a function with some of its arguments on the tape: what every transform stands on."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from knetengine.autograd.backward import walk_back, walk_back_recording, zeros
from knetengine.autograd.containers import Rebuild, flatten, paths
from knetengine.autograd.explain import explain
from knetengine.autograd.in_place import check_overwritten
from knetengine.autograd.primitives import Function, defvjp, primitive_of
from knetengine.autograd.recorded import MIXED, NO_KEYWORDS, Recorded
from knetengine.autograd.tape import Tape, note_statistics, recording
from knetengine.device_arrays import DeviceArray

Seed = tuple[int, Any]


class Parameter(NamedTuple):
    """An argument taken apart.

    stand_ins: what stands for each of its leaves while the function runs.
    indices: the tape position of each leaf, -1 for a leaf that is a constant.
    values: the plain value of each leaf.
    rebuild: makes the same containers of other leaves.
    """

    stand_ins: list[Any]
    indices: list[int]
    values: list[Any]
    rebuild: Rebuild


class RecordedCall:
    """A call of `f`, and how to pull gradients back from its result to its arguments.

    nested: whether an enclosing gradient is being taken; then the call is on its tape, and
        pulling is recorded too. Otherwise the tape is this call's own: it is closed as soon as
        `f` is done, and `entries` keeps what was on it.
    first, count: the position of the first parameter entry, and how many there are.
    result: what `f` returned, still recorded.
    """

    __slots__ = ("count", "entries", "f", "first", "nested", "parameters", "result", "tape")

    def __init__(
        self, f: Function, argnums: tuple[int, ...], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        enclosing = recording.tape
        self.f = f
        self.nested = enclosing is not None
        tape = self.tape = Tape() if enclosing is None else enclosing
        self.first = len(tape)
        self.entries: list[Any] = tape
        try:
            recording.tape = tape
            self.parameters = [_start(f, number, args, tape) for number in argnums]
            self.count = len(tape) - self.first
            arguments = list(args)
            for number, parameter in zip(argnums, self.parameters, strict=True):
                arguments[number] = parameter.rebuild(iter(parameter.stand_ins))
            self.result = f(*arguments, **kwargs)
            if tape.overwritten:
                check_overwritten(tape)
        except BaseException as error:
            if isinstance(error, Exception):
                explain(error, tape)
            if enclosing is None:
                tape.release()
                tape.clear()
            raise
        finally:
            recording.tape = enclosing

    def position(self, leaf: Any) -> int:
        """The tape position of a leaf of the result; -1 if it does not depend on the arguments."""
        if type(leaf) is not Recorded or leaf.tape is not self.tape or leaf.index < self.first:
            return -1
        return leaf.index

    def close(self) -> None:
        """Close the tape, keeping its entries: from here on nothing can be recorded on it."""
        if not self.nested:
            note_statistics(self.tape)
            self.entries = list(self.tape)
            self.tape.release()
            self.tape.clear()

    def pull(self, seeds: list[Seed], *, again: bool = False) -> tuple[Any, ...]:
        """The gradients of the arguments, given those of some positions.

        again: keep the entries, for another pull; otherwise they are freed on the way.
        """
        if self.nested:
            slots = walk_back_recording(self.tape, self.first, self.count, seeds)
        else:
            entries = list(self.entries) if again else self.entries
            try:
                slots = walk_back(entries, 0, self.count, seeds)
            except Exception as error:
                explain(error)
                raise
        return tuple(self._gather(slots))

    def _gather(self, slots: list[Any]) -> Iterator[Any]:
        """Each argument's gradient, in its own containers, no two leaves sharing memory."""
        seen: set[int] = set()
        for _, indices, values, rebuild in self.parameters:
            leaves: list[Any] = []
            for index, value in zip(indices, values, strict=True):
                if index < 0:
                    leaves.append(None)
                    continue
                gradient = slots[index - self.first]
                kind = type(gradient)
                if kind is not np.ndarray or type(value) is not np.ndarray:
                    gradient = _finished(gradient, value)
                    kind = type(gradient)
                if kind is np.ndarray or isinstance(gradient, DeviceArray):
                    if gradient.base is not None or id(gradient) in seen:
                        gradient = gradient.copy()
                    seen.add(id(gradient))
                leaves.append(gradient)
            yield rebuild(iter(leaves))


def _start(f: Function, number: int, args: tuple[Any, ...], tape: Tape) -> Parameter:
    """Put the leaves of one argument on the tape."""
    try:
        argument = args[number]
    except IndexError:
        raise TypeError(
            f"the gradient of {name_of_function(f)} with respect to argument {number} needs that "
            f"argument by position, but it was called with {len(args)} positional argument(s)"
        ) from None
    leaves, rebuild = flatten(argument)
    stand_ins: list[Any] = []
    indices: list[int] = []
    values: list[Any] = []
    protect = tape.protect
    for position, leaf in enumerate(leaves):
        kind = type(leaf)
        inputs: tuple[int, ...] = ()
        if kind is np.ndarray and leaf.dtype.kind in "fc":  # most of them
            protect(leaf)
        elif kind is not Recorded and isinstance(leaf, Recorded):  # a Param: its value
            leaf = leaf.value
        elif kind is Recorded:
            if leaf.tape is tape:
                inputs = (leaf.index,)
            elif leaf.tape:
                raise RuntimeError(MIXED)
            leaf = leaf.value
        elif kind is int:
            leaf = float(leaf)
        elif kind is not float and isinstance(leaf, DeviceArray) and _is_inexact(leaf):
            protect(leaf)
        elif kind is not float and kind is not complex and not _is_inexact(leaf):
            if leaf is argument or _is_array(leaf):
                where = list(paths(argument))[position]
                raise TypeError(_no_gradient(f, f"argument {number}{where}", leaf))
            stand_ins.append(leaf)
            indices.append(-1)
            values.append(None)
            continue
        index = len(tape)
        stand_ins.append(Recorded(leaf, index, tape))
        indices.append(index)
        values.append(leaf)
        tape.append((PARAMETER, inputs, (leaf,) if inputs else (), NO_KEYWORDS, leaf, None, 0))
    return Parameter(stand_ins, indices, values, rebuild)


def parameter(value: Any) -> Any:
    """The first entries of a gradient: its parameters (the identity, inside another gradient)."""
    return value


PARAMETER = primitive_of(parameter)
defvjp(parameter, lambda g, y, value: g)


def _is_array(leaf: Any) -> bool:
    return hasattr(leaf, "dtype") and hasattr(leaf, "shape") and not isinstance(leaf, type)


def _is_inexact(leaf: Any) -> bool:
    return _is_array(leaf) and leaf.dtype.kind in "fc"


def _no_gradient(f: Function, where: str, leaf: Any) -> str:
    if not _is_array(leaf):
        return (
            f"cannot take the gradient of {name_of_function(f)} with respect to {where}: it is a "
            f"{type(leaf).__name__}; expected an array or number of floats, or a list, tuple, "
            "dict or dataclass of them"
        )
    advice = {
        "O": "stack its rows into one float array, or use a list of arrays",
    }.get(leaf.dtype.kind, "use floats: x.astype(np.float32)")
    return (
        f"cannot take the gradient of {name_of_function(f)} with respect to {where}: it is an "
        f"array of dtype {leaf.dtype}, shape {leaf.shape}; {advice}"
    )


def _finished(gradient: Any, value: Any) -> Any:
    """The gradient as the caller gets it: zeros for None, an array for an array only."""
    if gradient is None:
        return zeros(value)
    if isinstance(value, np.ndarray) and isinstance(gradient, np.generic):
        return np.asarray(gradient)
    if isinstance(value, np.generic) and isinstance(gradient, np.ndarray):
        return gradient[()]
    return gradient


def name_of_function(f: Function) -> str:
    """The name of a function, for messages."""
    return getattr(f, "__name__", None) or repr(f)
