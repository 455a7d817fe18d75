"""`np.einsum`: the gradient of an operand is the einsum of `g` and the other operands.

Every way of calling it is brought to one: letters for all axes, an explicit output, and no letter
twice in a term (a repeated letter takes the diagonal first).
"""

import functools
import string
from collections.abc import Sequence
from typing import Any

import numpy as np

from knetengine.autograd.calls import primitive
from knetengine.autograd.primitives import composed, defvjp
from knetengine.autograd.rules.shapes import ndim_of, shape_of

LETTERS = string.ascii_uppercase + string.ascii_lowercase  # in the order that NumPy sorts them


@composed(np.einsum)
def _einsum(*operands: Any, **options: Any) -> Any:
    subscripts, arrays = _subscripts(operands)
    complete, output = _terms(subscripts, tuple(ndim_of(array) for array in arrays))
    terms = list(complete)
    for position, term in enumerate(terms):
        if len(set(term)) != len(term):
            arrays[position], terms[position] = _with_diagonals(arrays[position], term)
    return einsum(f"{','.join(terms)}->{output}", options, *arrays)


def _subscripts(operands: Sequence[Any]) -> tuple[str, list[Any]]:
    """The subscripts as one string, and the arrays; lists of ints may stand behind each array."""
    if isinstance(operands[0], str):
        return operands[0].replace(" ", ""), list(operands[1:])
    count = len(operands) // 2
    terms = [_term(operands[2 * i + 1]) for i in range(count)]
    arrow = f"->{_term(operands[-1])}" if len(operands) % 2 else ""
    return ",".join(terms) + arrow, [operands[2 * i] for i in range(count)]


def _term(axes: Sequence[Any]) -> str:
    return "".join("..." if axis is Ellipsis else LETTERS[axis] for axis in axes)


@functools.lru_cache(maxsize=512)
def _terms(subscripts: str, ranks: tuple[int, ...]) -> tuple[tuple[str, ...], str]:
    """A term for each operand and the output, with letters in the place of each ellipsis."""
    inputs, arrow, output = subscripts.partition("->")
    terms = inputs.split(",")
    if len(terms) != len(ranks):
        raise ValueError(
            f"np.einsum({subscripts!r}, ...) has {len(terms)} terms for {len(ranks)} operands"
        )
    unused = [letter for letter in LETTERS if letter not in subscripts]
    hidden = [
        rank - len(term) + 3 if "..." in term else 0
        for term, rank in zip(terms, ranks, strict=True)
    ]
    if min(hidden, default=0) < 0:
        raise ValueError(f"np.einsum({subscripts!r}, ...): an operand has fewer axes than letters")
    longest = "".join(unused[: max(hidden, default=0)])
    terms = [
        term.replace("...", longest[len(longest) - n :])
        for term, n in zip(terms, hidden, strict=True)
    ]
    if not arrow:
        letters = "".join(terms)
        output = "..." + "".join(c for c in LETTERS if letters.count(c) == 1 and c not in longest)
    return tuple(terms), output.replace("...", longest)


def _with_diagonals(array: Any, term: str) -> tuple[Any, str]:
    """The diagonal over each pair of axes that share a letter, which becomes the last axis."""
    while len(set(term)) != len(term):
        letter = next(c for c in term if term.count(c) > 1)
        first = term.index(letter)
        second = term.index(letter, first + 1)
        shape = shape_of(array)
        if shape[first] != shape[second]:
            raise ValueError(
                f"np.einsum: the letter {letter} stands for axes of {shape[first]} and "
                f"{shape[second]} entries"
            )
        array = np.diagonal(array, 0, first, second)
        term = term[:first] + term[first + 1 : second] + term[second + 1 :] + letter
    return array, term


@primitive
def einsum(subscripts: str, options: Any, *operands: Any) -> Any:
    """`np.einsum` with complete subscripts."""
    return np.einsum(subscripts, *operands, **options)


def _einsum_joint(
    wanted: tuple[bool, ...], g: Any, y: Any, subscripts: str, options: Any, *operands: Any
) -> list[Any]:
    inputs, output = subscripts.split("->")
    terms = inputs.split(",")
    optimize = options.get("optimize", False)
    if not isinstance(optimize, bool | str):  # a path, which fits the operands of y only
        optimize = True
    gradients: list[Any] = [None, None]
    for position, (want, term) in enumerate(zip(wanted[2:], terms, strict=True)):
        if not want:
            gradients.append(None)
            continue
        other_terms = [output, *terms[:position], *terms[position + 1 :]]
        others = [g, *operands[:position], *operands[position + 1 :]]
        known = "".join(other_terms)
        present = "".join(c for c in term if c in known)
        gradient = np.einsum(f"{','.join(other_terms)}->{present}", *others, optimize=optimize)
        # A letter of this operand only was summed: the gradient is the same all along that axis.
        spread = tuple(slice(None) if c in present else None for c in term)
        gradients.append(gradient if present == term else gradient[spread])
    return gradients


defvjp(einsum, joint=_einsum_joint)
