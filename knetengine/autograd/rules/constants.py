"""Functions whose results carry no gradient, and functions that are refused, with advice."""

from importlib import import_module

import numpy as np
from numpy._core import umath  # pyright: ignore[reportPrivateUsage]  # some ufuncs have no other name
from numpy.lib import recfunctions

from knetengine.autograd.primitives import Function, not_differentiable, refuse

CONSTANT: dict[str, tuple[Function, ...]] = {
    "comparisons and tests": (
        *(np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal),
        *(np.logical_and, np.logical_or, np.logical_xor, np.logical_not),
        *(np.isnan, np.isfinite, np.isinf, np.isposinf, np.isneginf, np.signbit),
        *(np.isclose, np.allclose, np.array_equal, np.array_equiv, np.isin),
        *(np.all, np.any, np.isreal, np.iscomplex, np.isrealobj, np.iscomplexobj),
    ),
    "steps, flat wherever they have a slope": (
        *(np.floor, np.ceil, np.trunc, np.rint, np.round, np.around, np.fix),
        *(np.floor_divide, np.heaviside, np.spacing, np.nextafter),
    ),
    "positions, orders and counts": (
        *(np.argmax, np.argmin, np.nanargmax, np.nanargmin),
        *(
            np.argsort,
            np.argpartition,
            np.lexsort,
            np.searchsorted,
            np.digitize,
            np.histogram_bin_edges,
        ),
        *(np.argwhere, np.nonzero, np.flatnonzero, np.count_nonzero),
        *(np.ix_, np.ravel_multi_index, np.unravel_index),
        *(np.diag_indices_from, np.tril_indices_from, np.triu_indices_from),
    ),
    "shapes, dtypes and memory": (
        *(np.shape, np.ndim, np.size, np.einsum_path),
        *(np.result_type, np.common_type, np.min_scalar_type, np.can_cast),
        *(np.may_share_memory, np.shares_memory),
    ),
    "arrays made after another": (
        *(np.zeros_like, np.ones_like, np.empty_like, vars(umath)["_ones_like"]),
        *(np.zeros, np.ones, np.empty, np.eye, np.identity, np.tri, np.arange, np.fromfunction),
        *(np.frombuffer, np.fromfile, np.fromstring, np.loadtxt, np.genfromtxt),
    ),
    "numbers as text": (np.array_repr, np.array_str, np.array2string, np.strings.mod),
}

defchararray = import_module("numpy._core.defchararray")
Dispatched = type(np.sum)  # what NumPy makes of each function that arrives by NEP 18
TEXT = (
    *(f for f in vars(umath).values() if isinstance(f, np.ufunc) and not f.types),
    *(
        f
        for module in (defchararray, np.strings)  # np.char itself warns from NumPy 2.5 on
        for f in vars(module).values()
        if isinstance(f, Dispatched)
    ),
)

REFUSALS: dict[str, tuple[str, tuple[Function, ...]]] = {
    "files": (
        "a file holds plain arrays; save stop_gradient(x)",
        (np.save, np.savez, np.savez_compressed, np.savetxt),
    ),
    "numbers one by one": (
        "it would take plain numbers out of recorded ones; use np.stack(list(numbers))",
        (np.fromiter,),
    ),
    "bits and whole numbers": (
        "it works on integers or bools, which carry no gradient; call it on "
        "stop_gradient(x).astype(int), or use np.logical_and and its kin for conditions",
        (
            *(np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.bitwise_count),
            *(np.left_shift, np.right_shift, np.gcd, np.lcm, np.packbits, np.unpackbits),
        ),
    ),
    "dates": (
        "it works on dates and times, which carry no gradient; take np.datetime64 values apart "
        "into floats before the gradient",
        (np.isnat, np.is_busday, np.busday_count, np.busday_offset, np.datetime_as_string),
    ),
    "fields": (
        "arrays with named fields carry no gradient; give the gradient a dict or dataclass of "
        "plain arrays instead, one for each field",
        tuple(f for f in vars(recfunctions).values() if isinstance(f, Dispatched)),
    ),
    "text": (
        "it works on text; make text of numbers with f'{x:.3f}' or np.array2string(x)",
        tuple(f for f in TEXT if f is not np.strings.mod),
    ),
}

for functions in CONSTANT.values():
    not_differentiable(*functions)
for advice, functions in REFUSALS.values():
    refuse(functions, advice)
