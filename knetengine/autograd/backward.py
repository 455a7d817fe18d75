"""Walking back: from the gradient of the result to the gradients of the parameters.

There are two walks. `walk_back` computes plain gradients and eats the tape: every entry is popped
and its arrays are freed as soon as its rule has run. `walk_back_recording` serves nested
gradients: the rules run on recorded values, so that the enclosing gradient can differentiate
them, and the tape is kept.
"""

from collections.abc import Sequence
from types import CodeType
from typing import Any

import numpy as np

from knetengine.autograd import compiled
from knetengine.autograd.calls import cast, python_number
from knetengine.autograd.primitives import Function, Primitive
from knetengine.autograd.provenance import SPAN, mark_span
from knetengine.autograd.recorded import Recorded, plain
from knetengine.autograd.scatter import Scatter
from knetengine.autograd.stacking import Stacked, operands
from knetengine.autograd.tape import Entry, Tape
from knetengine.device_arrays import DeviceArray


def walk_back(
    entries: list[Entry], first: int, count: int, seeds: Sequence[tuple[int, Any]]
) -> list[Any]:
    """The gradients of the `count` entries from `first` on; None where nothing flows back.

    entries: the tape; it is consumed down to those entries.
    seeds: some positions and the gradients there.
    """
    # Each slot holds the gradient so far. The first contribution is held by reference, the second
    # allocates their sum, which the slot then owns: from the third on it adds in place.
    parameters = needed = first + count
    for position, _ in seeds:
        needed = max(needed, position + 1)
    del entries[needed:]
    gradients: list[Any] = [None] * needed
    owned: set[int] = set()
    for position, gradient in seeds:
        value = entries[position][4]
        held, kind = gradients[position], type(value)
        if held is None and type(gradient) is kind and issubclass(kind, float | np.generic):
            gradients[position] = gradient  # of the one result there is: 0.9 us faster
        else:
            accumulate(gradients, owned, position, gradient, value)
    # These two names say where an error or a NaN came from: see `provenance.walking_place`.
    _spans: list[tuple[int, CodeType | None, int]] = []
    here: list[Entry | None] = [None]

    def special(entry: Entry, gradient: Any) -> None:
        """The step of an entry with a joint rule, of several results, or of none: a span."""
        primitive, indices, values, kwargs, output, code, instruction = entry
        if primitive is SPAN:
            _spans.append((kwargs["since"], code, instruction))
        elif gradient is not None:
            for index, value, contribution in joint_contributions(
                primitive, indices, values, kwargs, output, gradient, first
            ):
                accumulate(gradients, owned, index, contribution, value)

    def wait(entry: Entry, argument: int, gradient: Any, index: int) -> bool:
        """Whether the contribution of a product to a slot that is taken may wait for others."""
        pair = operands(entry, argument, gradient)
        held = gradients[index]
        if pair is None or type(held) not in (np.ndarray, Stacked):
            return False
        if type(held) is not Stacked:
            held = gradients[index] = Stacked(held, index in owned)
        held.wait(*pair, entry)
        return True

    walk = compiled.walk or walk_in_python
    steps = len(entries) - parameters
    walk(entries, gradients, owned, here, first, steps, accumulate, special, wait, settled)
    return [settled(gradient, here) for gradient in gradients[first:]]


def settled(gradient: Any, here: list[Any]) -> Any:
    """The gradient of a slot, once all contributions have reached it."""
    if type(gradient) is Stacked:
        here[0] = gradient.entry or here[0]
        return gradient.multiply()
    return gradient


def walk_in_python(
    entries: list[Entry],
    gradients: list[Any],
    owned: set[int],
    here: list[Any],
    first: int,
    steps: int,
    accumulate: Function,
    special: Function,
    wait: Function,
    settled: Function,
) -> None:
    """Walk back over the last `steps` entries, whose slots come from the end of `gradients`.

    here: one item, which is set to the entry whose rule is running.
    special: ``special(entry, gradient)`` takes the step of whatever is not one rule an argument.
    wait: ``wait(entry, argument, gradient, index)``, whether a matrix product's contribution was
        put off.
    settled: ``settled(gradient, here)`` gives the gradient of a slot where some were.
    """
    ndarray = np.ndarray
    pop_entry, pop_gradient = entries.pop, gradients.pop
    for _ in range(steps):
        entry = here[0] = pop_entry()
        primitive, indices, values, kwargs, output, _, _ = entry
        gradient = pop_gradient()
        if type(gradient) is Stacked:
            gradient = settled(gradient, here)
            here[0] = entry
        rules = primitive.rules
        if primitive.joint is not None or type(gradient) is tuple or not rules:
            special(entry, gradient)
            continue
        if gradient is None:
            continue
        if len(indices) == 2 == len(rules) and not kwargs:  # most steps: 0.05 to 0.15 us faster
            left, right = indices
            a, b = values
            waits = primitive.stacks
            if (
                left >= first
                and (rule := rules[0]) is not None
                and not (waits and gradients[left] is not None and wait(entry, 0, gradient, left))
            ):
                part = rule(gradient, output, a, b)
                if (
                    gradients[left] is None
                    and type(part) is ndarray
                    and type(a) is ndarray
                    and part.dtype is a.dtype
                    and part.shape == a.shape
                ):
                    gradients[left] = part
                else:
                    accumulate(gradients, owned, left, part, a)
            if (
                right >= first
                and (rule := rules[1]) is not None
                and not (waits and gradients[right] is not None and wait(entry, 1, gradient, right))
            ):
                part = rule(gradient, output, a, b)
                if (
                    gradients[right] is None
                    and type(part) is ndarray
                    and type(b) is ndarray
                    and part.dtype is b.dtype
                    and part.shape == b.shape
                ):
                    gradients[right] = part
                else:
                    accumulate(gradients, owned, right, part, b)
            a = b = part = None  # or they would outlive their entry
            continue
        for index, rule, value in zip(indices, rules, values, strict=False):
            if index >= first and rule is not None:
                part = rule(gradient, output, *values, **kwargs)
                accumulate(gradients, owned, index, part, value)


def accumulate(
    gradients: list[Any], owned: set[int], index: int, contribution: Any, value: Any
) -> None:
    """Add any contribution to the slot of `value`."""
    held = gradients[index]
    if type(held) is Stacked:
        stacked, held = held, held.multiply()
        gradients[index] = held
        if stacked.owned:
            owned.add(index)
    if type(contribution) is Scatter:
        if index not in owned:
            held = zeros(value) if held is None else held.copy()
            held = np.asarray(held) if isinstance(held, np.generic) else held
            owned.add(index)
        contribution.add_to(held)
        gradients[index] = held
        return
    if (
        type(contribution) is not np.ndarray
        or type(value) is not np.ndarray
        or contribution.dtype is not value.dtype
        or contribution.shape != value.shape
    ):
        contribution = conform(contribution, value)
    if held is None:
        gradients[index] = contribution
    elif type(contribution) is tuple:
        gradients[index] = merge(held, contribution)
    elif index in owned:
        held += contribution  # in place, unless it is a number
        gradients[index] = held
    else:
        gradients[index] = held + contribution
        owned.add(index)


def zeros(value: Any) -> Any:
    """Zeros of the kind, shape and dtype of a plain value."""
    if isinstance(value, np.ndarray):
        return np.zeros(value.shape, value.dtype)  # four times as fast as zeros_like
    if isinstance(value, float | complex | np.generic):
        return type(value)(0)
    return np.zeros_like(value)


def walk_back_recording(
    tape: Tape, first: int, count: int, seeds: Sequence[tuple[int, Any]]
) -> list[Any]:
    """The gradients of the `count` entries from `first` on, recorded on the same tape.

    seeds: some positions and the gradients there, which may be recorded.
    Entries that do not depend on these parameters (they may depend on an enclosing gradient's)
    are left out.
    """
    last = max((position for position, _ in seeds), default=-1)
    dependent = _dependent_entries(tape, first, count, last)
    gradients: dict[int, Any] = {}
    for position, gradient in seeds:
        held = gradients.get(position)
        gradients[position] = gradient if held is None else held + gradient
    for position in range(last, first + count - 1, -1):
        gradient = gradients.pop(position, None)
        if gradient is None:
            continue
        primitive, indices, values, kwargs, output, code, instruction = tape[position]
        since = len(tape)
        arguments = tuple(
            Recorded(value, index, tape) if index >= 0 else value
            for index, value in zip(indices, values, strict=True)
        )
        wanted = tuple(index if index in dependent else -1 for index in indices)
        recorded_output = _recorded_again(output, position, tape)
        contributions = (
            joint_contributions(primitive, wanted, arguments, kwargs, recorded_output, gradient)
            if primitive.joint is not None or type(gradient) is tuple
            else [
                (index, value, rule(gradient, recorded_output, *arguments, **kwargs))
                for index, rule, value in zip(wanted, primitive.rules, values, strict=False)
                if index >= 0 and rule is not None
            ]
        )
        for index, value, contribution in contributions:
            plain_value = value.value if type(value) is Recorded else value
            contribution = conform(contribution, plain_value)
            held = gradients.get(index)
            if held is None:
                gradients[index] = contribution
            elif type(contribution) is tuple:
                gradients[index] = merge(held, contribution)
            else:
                gradients[index] = held + contribution
        mark_span(tape, since, primitive.name, code, instruction, backward=True)
    return [gradients.get(first + parameter) for parameter in range(count)]


def _recorded_again(output: Any, position: int, tape: Tape) -> Any:
    """The recorded output of an entry; of several results each, as `calls` unpacked them."""
    if isinstance(output, tuple):
        parts = [Recorded(part, position + 1 + item, tape) for item, part in enumerate(output)]
        return getattr(type(output), "_make", tuple)(parts)
    return Recorded(output, position, tape)


def _dependent_entries(tape: Tape, first: int, count: int, last: int) -> set[int]:
    """The positions from `first` to `last` whose values depend on the parameters."""
    dependent = set(range(first, first + count))
    for position in range(first + count, last + 1):
        if not dependent.isdisjoint(tape[position][1]):
            dependent.add(position)
    return dependent


def joint_contributions(
    primitive: Primitive,
    indices: Sequence[int],
    values: Sequence[Any],
    kwargs: dict[str, Any],
    output: Any,
    gradient: Any,
    first: int = 0,
) -> list[tuple[int, Any, Any]]:
    """The contributions of a primitive with a joint rule, or with several outputs."""
    if type(gradient) is tuple:
        gradient = tuple(
            zeros(plain(part)) if g is None else g for g, part in zip(gradient, output, strict=True)
        )
    wanted = tuple(index >= first for index in indices)
    if primitive.joint is not None:
        contributions = primitive.joint(wanted, gradient, output, *values, **kwargs)
    else:
        contributions = [
            rule(gradient, output, *values, **kwargs) if want and rule is not None else None
            for want, rule in zip(wanted, primitive.rules, strict=False)
        ]
    return [
        (index, value, contribution)
        for index, value, contribution in zip(indices, values, contributions, strict=False)
        if index >= first and contribution is not None
    ]


def merge(left: tuple[Any, ...], right: tuple[Any, ...]) -> tuple[Any, ...]:
    """The sum of the gradients of several outputs, None standing for zero."""
    return tuple(
        b if a is None else a if b is None else a + b for a, b in zip(left, right, strict=True)
    )


def conform(gradient: Any, value: Any) -> Any:
    """Bring a gradient to the shape and the dtype of its value.

    Axes that broadcasting added or stretched are summed; a smaller gradient is spread.
    """
    if type(gradient) is tuple:
        return gradient
    if type(gradient) is Scatter:
        return gradient.dense(value)
    if type(value) is float or type(value) is complex:
        if type(gradient) is type(value):
            return gradient
        gradient = np.sum(gradient) if getattr(gradient, "ndim", 0) else gradient
        return python_number(gradient if type(value) is complex else real_part(gradient))
    if getattr(gradient, "shape", ()) != value.shape:
        gradient = fit(gradient, value.shape)
    if getattr(gradient, "dtype", None) != value.dtype:
        gradient = cast(gradient, value.dtype)
    return gradient


def real_part(gradient: Any) -> Any:
    """The real part of a gradient, which has no other unless its dtype is complex."""
    if type(gradient) is complex:
        return gradient.real
    complex_valued = getattr(getattr(gradient, "dtype", None), "kind", "f") == "c"
    return np.real(gradient) if complex_valued else gradient


def fit(gradient: Any, shape: tuple[int, ...]) -> Any:
    """Sum a gradient over the axes that broadcasting added or stretched, or spread it."""
    have = getattr(gradient, "shape", ())
    total = np.sum if type(gradient) is Recorded else np.add.reduce
    extra = len(have) - len(shape)
    if extra > 0:
        gradient = total(gradient, axis=0 if extra == 1 else tuple(range(extra)))
        have = have[extra:]
    if extra >= 0 and have != shape:
        stretched = tuple(i for i, n in enumerate(shape) if n == 1 and have[i] != 1)
        if stretched:
            gradient = total(gradient, axis=stretched, keepdims=True)
            have = gradient.shape
    return gradient if have == shape else spread(gradient, shape)


def spread(gradient: Any, shape: tuple[int, ...]) -> Any:
    """A smaller gradient, of a reduction, repeated to a shape."""
    if type(gradient) is Recorded:
        return np.broadcast_to(gradient, shape)
    if isinstance(gradient, np.generic):
        filled = np.empty(shape, gradient.dtype)  # half the time of np.full
        filled.fill(gradient)
        return filled
    if isinstance(gradient, DeviceArray):
        return np.broadcast_to(gradient, shape)
    return np.full(shape, gradient, getattr(gradient, "dtype", None))
