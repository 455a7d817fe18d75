"""Choosing between arrays, entry by entry. What chooses (conditions, numbers) is a constant."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from knetengine.autograd.calls import primitive
from knetengine.autograd.primitives import composed, defvjp
from knetengine.autograd.recorded import plain
from knetengine.autograd.rules.shapes import along, axis_of, demand_no_out, ndim_of
from knetengine.autograd.scatter import scattered


@primitive
def where(condition: Any, x: Any, y: Any) -> Any:
    """`np.where` with its two branches."""
    return np.where(condition, x, y)


defvjp(
    where,
    None,
    lambda g, output, condition, x, y: np.where(condition, g, 0),
    lambda g, output, condition, x, y: np.where(condition, 0, g),
)


@composed(np.where)
def _where(condition: Any, /, *branches: Any) -> Any:
    """Without branches, the places where the condition holds: a constant."""
    condition = plain(condition)
    return where(condition, *branches) if branches else np.where(condition)


def _parts(g: Any, chosen: Any, wanted: tuple[bool, ...]) -> list[Any]:
    """The gradient of each choice: `g` where its number was chosen."""
    return [np.where(chosen == i, g, 0) if want else None for i, want in enumerate(wanted)]


@primitive
def select(conditions: list[Any], *choices: Any) -> Any:
    """`np.select` of its arguments, the default last."""
    chosen = choices[-1]  # np.select itself stumbles over views of read-only arrays
    for condition, choice in zip(conditions[::-1], choices[-2::-1], strict=True):
        chosen = np.where(condition, choice, chosen)
    return chosen


def _select_joint(
    wanted: tuple[bool, ...], g: Any, y: Any, conditions: list[Any], *choices: Any
) -> list[Any]:
    default = len(conditions)
    chosen = np.select(conditions, list(range(default)), default)
    return [None, *_parts(g, chosen, wanted[1:])]


defvjp(select, joint=_select_joint)


@composed(np.select)
def _select(condlist: Iterable[Any], choicelist: Iterable[Any], default: Any = 0) -> Any:
    conditions, choices = plain(list(condlist)), list(choicelist)
    if len(conditions) != len(choices):
        raise ValueError("np.select needs as many choices as conditions: lists of the same length")
    return select(conditions, *choices, default)


@primitive
def choose(numbers: Any, mode: Any, *choices: Any) -> Any:
    """`np.choose` of its arguments."""
    return np.choose(numbers, choices, mode=mode)


def _choose_joint(
    wanted: tuple[bool, ...], g: Any, y: Any, numbers: Any, mode: Any, *choices: Any
) -> list[Any]:
    wanted = wanted[2:]
    chosen = np.choose(numbers, list(range(len(wanted))), mode=mode)
    return [None, None, *_parts(g, chosen, wanted)]


defvjp(choose, joint=_choose_joint)


@composed(np.choose)
def _choose(a: Any, choices: Iterable[Any], out: Any = None, mode: Any = "raise") -> Any:
    demand_no_out(out, "np.choose")
    return choose(plain(a), mode, *choices)


@composed(np.compress)
def _compress(condition: Any, a: Any, axis: int | None = None) -> Any:
    if axis is None:
        a, axis = np.ravel(a), 0
    axis = axis_of(axis, ndim_of(a))
    mask = np.zeros(a.shape[axis], bool)
    mask[np.flatnonzero(plain(condition))] = True
    return a[along(axis, mask)]


@composed(np.extract)
def _extract(condition: Any, arr: Any) -> Any:
    return _compress(np.ravel(plain(condition)), arr)


@composed(np.piecewise)
def _piecewise(x: Any, condlist: Any, funclist: Sequence[Any], *args: Any, **kw: Any) -> Any:
    """Each function sees the entries where its condition holds; the last such function counts."""
    x = np.reshape(x, getattr(x, "shape", ()))
    conditions = plain(condlist)
    if np.ndim(conditions) == x.ndim and not isinstance(conditions[0], list | np.ndarray):
        conditions = [conditions]
    conditions = list(np.asarray(conditions, bool))
    if len(conditions) == len(funclist) - 1:
        conditions.append(~np.any(conditions, axis=0))
    if len(conditions) != len(funclist):
        n = len(conditions)
        raise ValueError(
            f"np.piecewise: {n} conditions take {n} or {n + 1} functions, not {len(funclist)}"
        )
    y: Any = np.zeros(x.shape, x.dtype)
    for condition, function in zip(conditions, funclist, strict=True):
        entries = x[condition]
        if callable(function) and not entries.size:
            continue
        values: Any = function(entries, *args, **kw) if callable(function) else function
        values = np.broadcast_to(values, entries.shape)
        y = np.where(condition, scattered(values, condition, x.shape, x.dtype), y)
    return y
