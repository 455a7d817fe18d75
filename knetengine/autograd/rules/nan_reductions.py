"""Reductions that leave NaN out: those of `reductions` with a mask.

The largest and the smallest (`nanmax`, `nanmin`) are there, the quantiles in `statistics`.
"""

from typing import Any

import numpy as np

from knetengine.autograd.primitives import composed


def present(a: Any, where: Any = True) -> Any:
    """A mask of the entries that count."""
    return ~np.isnan(a) & where


def filled(a: Any, neutral: int) -> Any:
    """The array with `neutral` instead of NaN."""
    return np.where(np.isnan(a), neutral, a)


@composed(np.nansum)
def _nansum(a: Any, *args: Any, **options: Any) -> Any:
    return np.sum(filled(a, 0), *args, **options)


@composed(np.nanprod)
def _nanprod(a: Any, *args: Any, **options: Any) -> Any:
    return np.prod(filled(a, 1), *args, **options)


@composed(np.nancumsum)
def _nancumsum(a: Any, *args: Any, **options: Any) -> Any:
    return np.cumsum(filled(a, 0), *args, **options)


@composed(np.nancumprod)
def _nancumprod(a: Any, *args: Any, **options: Any) -> Any:
    return np.cumprod(filled(a, 1), *args, **options)


@composed(np.nanmean)
def _nanmean(a: Any, *args: Any, where: Any = True, **options: Any) -> Any:
    return np.mean(a, *args, where=present(a, where), **options)


@composed(np.nanvar)
def _nanvar(a: Any, *args: Any, where: Any = True, **options: Any) -> Any:
    return np.var(a, *args, where=present(a, where), **options)


@composed(np.nanstd)
def _nanstd(a: Any, *args: Any, where: Any = True, **options: Any) -> Any:
    return np.std(a, *args, where=present(a, where), **options)
