"""Primitives: the functions that recorded values may pass through, and their derivative rules.

A function belongs to one of four registries: differentiable (a primitive with rules), composed
(written with other functions, so that it needs no rule), not differentiable (its result is a
constant: comparisons, argmax, floor), refused (with advice). A function in none of them raises
on a recorded value rather than dropping its gradient silently.
"""

import dis
import inspect
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

Function: TypeAlias = Callable[..., Any]


class Primitive:
    """A function with its derivative rules, as it stands in the entries of a tape.

    function: what computes the value, from plain arguments.
    rules: one for each differentiable argument, in order; None for one that has no derivative.
    joint: one rule for all arguments at once, instead of `rules`.
    names: the names that the rules give to the arguments, which are the keywords it accepts.
    saved: for each argument whether a rule looks at it (see `saved_arguments`).
    stacks: whether contributions to one matrix may be put together into one product (see
        `stacking`); that of the product of matrices only.
    """

    __slots__ = ("function", "joint", "name", "names", "rules", "saved", "stacks")

    def __init__(self, function: Function, name: str) -> None:
        self.function = function
        self.name = name
        self.rules: tuple[Function | None, ...] = ()
        self.joint: Function | None = None
        self.names: tuple[str, ...] = ()
        self.saved: tuple[bool, ...] = ()
        self.stacks = False

    def __repr__(self) -> str:
        return f"<primitive {self.name}>"


DIFFERENTIABLE: dict[Function, Primitive] = {}
COMPOSED: dict[Function, Function] = {}
NOT_DIFFERENTIABLE: set[Function] = set()
REFUSED: dict[Function, str] = {}


def name_of(function: Function) -> str:
    """The name a user knows a function by: ``np.exp``, ``np.linalg.norm``, ``swish``."""
    name = getattr(function, "__name__", None) or repr(function)
    module = getattr(function, "__module__", None) or ""
    if isinstance(function, np.ufunc):
        module = "numpy"
    return f"np{module[5:]}.{name}" if module.split(".")[0] == "numpy" else name


def primitive_of(function: Function) -> Primitive:
    """The primitive of a function, made on first use."""
    primitive = DIFFERENTIABLE.get(function)
    if primitive is None:
        primitive = DIFFERENTIABLE[function] = Primitive(function, name_of(function))
    return primitive


def defvjp(function: Function, *rules: Function | None, joint: Function | None = None) -> None:
    """Define the derivative rules (vector-Jacobian products) of a function.

    function: a NumPy function, or one made by `primitive`.
    rules: one for each argument, ``rule(g, y, *arguments, **keywords)`` with ``g`` the gradient
        of the output ``y``; None for an argument without a derivative. The mechanism sums out
        broadcasting (or spreads a smaller result) and brings the result to the dtype of its
        argument. A rule returns `g`, a view of it, or a fresh array, and never writes to `g`. It
        is written with operators and NumPy functions, so that it can itself be differentiated.
    joint: ``joint(wanted, g, y, *arguments, **keywords)`` returning a sequence of gradients, one
        for each argument; ``wanted`` is a tuple of bools, and where it is False None will do.

    For a function that returns a tuple, `g` is a tuple as well, zeros where nothing came back.

        defvjp(np.multiply, lambda g, y, a, b: g * b, lambda g, y, a, b: g * a)
    """
    primitive = primitive_of(function)
    primitive.rules, primitive.joint, primitive.saved = rules, joint, ()
    if joint is not None:
        primitive.names = _parameters(joint)[3:]
    else:
        primitive.names = _parameters(next(rule for rule in rules if rule is not None))[2:]


def _parameters(rule: Function) -> tuple[str, ...]:
    code = rule.__code__
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def saved_arguments(primitive: Primitive, count: int) -> tuple[bool, ...]:
    """For each of `count` arguments: whether the gradient may need its entries later.

    An argument is not needed if no rule's code mentions it: ``a + b`` may forget both.
    """
    if len(primitive.saved) < count:
        rules = [rule for rule in (*primitive.rules, primitive.joint) if rule is not None]
        first = 2 if primitive.joint is None else 3
        primitive.saved = tuple(
            any(_mentions(rule, first + argument) for rule in rules) for argument in range(count)
        )
    return primitive.saved


def _mentions(rule: Function, parameter: int) -> bool:
    """Whether the code of a rule reads one of its parameters; True if that cannot be told."""
    code = getattr(rule, "__code__", None)
    if code is None:
        return True
    if parameter >= code.co_argcount:  # one of *args, or nothing that we understand
        if not code.co_flags & inspect.CO_VARARGS:
            return True
        parameter = code.co_argcount + code.co_kwonlyargcount
    name = code.co_varnames[parameter]
    # a variable of an inner function is a cell; Python 3.13 loads two variables in one instruction
    return name in code.co_cellvars or any(
        name == instruction.argval
        or (isinstance(instruction.argval, tuple) and name in instruction.argval)
        for instruction in dis.get_instructions(code)
    )


def composed(*functions: Function) -> Callable[[Function], Function]:
    """Say that a function is the same as the decorated composition of differentiable ones."""

    def register(composition: Function) -> Function:
        for function in functions:
            COMPOSED[function] = composition
        return composition

    return register


def not_differentiable(*functions: Function) -> None:
    """Say that the results of these functions are constants (their derivative is zero or none)."""
    NOT_DIFFERENTIABLE.update(functions)


def refuse(functions: Sequence[Function], advice: str) -> None:
    """Say that these functions raise on a recorded value, and what to do instead."""
    REFUSED.update(dict.fromkeys(functions, advice))
