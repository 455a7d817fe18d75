"""Hyperband: many configurations for a short time, the best of them for longer."""

import math
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np

from knetengine.training.deck import report_line

Configuration = TypeVar("Configuration")


def hyperband(
    getconfig: Callable[[], Configuration],
    getloss: Callable[[Configuration, float], float],
    maxresource: float = 27,
    reduction: float = 3,
    verbose: bool = False,
) -> tuple[float, float, Configuration]:
    """The best of many random configurations: ``loss, resource, config``.

    getconfig: gives a new random configuration, of any type.
    getloss: takes a configuration and a resource (float), such as a number of epochs, gives the
        loss after so much training. NaN counts as worse than any loss. It trains from the start
        each time; ``round(resource)`` counts whole epochs.
    maxresource: the most that any one configuration is given, 1 or more.
    reduction: above 1; each round keeps one in so many configurations, and gives them so many
        times the resource.
    verbose: print a line after every round.

    Each bracket spends about the same: the first starts with many configurations and little
    resource, the last with few that get all of it at once. With 27 and 3 the rounds are, as
    configurations x resource, 27x1 9x3 3x9 1x27, 12x3 4x9 1x27, 6x9 2x27, 4x27: 69 calls of
    getloss. The result is the lowest loss of all calls, whatever its resource.

    Raises ValueError for numbers that are not such, or if no loss is below infinity.
    Source: Li et al. 2016, algorithm 1, as in Knet's `hyperband`. The authors' own script rounds
    (brackets / (s + 1)) down before it multiplies, and starts with fewer in the middle brackets.
    """
    _check(maxresource, reduction)
    best = None
    for bracket, count in _brackets(maxresource, reduction):
        candidates = [getconfig() for _ in range(count)]
        for rung in range(bracket, -1, -1):
            resource = maxresource / reduction**rung
            losses = [float(getloss(config, resource)) for config in candidates]
            ranked = np.argsort(losses, kind="stable").tolist()  # NaN last
            first = ranked[0]
            if losses[first] < (math.inf if best is None else best[0]):
                best = losses[first], resource, candidates[first]
            if verbose:
                _print_round(bracket, len(candidates), resource, losses[first])
            kept = math.floor(count / reduction ** (bracket - rung + 1))
            candidates = [candidates[n] for n in ranked[:kept]]
    if best is None:
        raise ValueError("hyperband: no configuration had a loss below infinity")
    return best


def _brackets(maxresource: float, reduction: float) -> Iterator[tuple[int, int]]:
    """The number of reductions of each bracket, and with how many configurations it starts."""
    most = 0
    while reduction ** (most + 1) <= maxresource:  # a logarithm takes log(243, 3) for 4.99
        most += 1
    for bracket in range(most, -1, -1):
        yield bracket, math.ceil((most + 1) * reduction**bracket / (bracket + 1))


def _check(maxresource: float, reduction: float) -> None:
    if not 1 <= maxresource < math.inf:
        raise ValueError(f"hyperband: maxresource is {maxresource!r}; expected a number from 1 on")
    if not 1 < reduction < math.inf:
        raise ValueError(f"hyperband: reduction is {reduction!r}; expected a number above 1")


def _print_round(bracket: int, count: int, resource: float, loss: float) -> None:
    values: list[tuple[str, Any]] = [("bracket", bracket), ("configs", count)]
    print(report_line([*values, ("resource", resource), ("loss", loss)]), flush=True)
