"""Functions whose results carry no gradient, and functions that are refused, with advice."""

import numpy as np

from knetengine.autograd.primitives import not_differentiable, refuse

# Comparisons and tests

not_differentiable(np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal)
not_differentiable(np.logical_and, np.logical_or, np.logical_xor, np.logical_not)
not_differentiable(np.isnan, np.isfinite, np.isinf, np.isposinf, np.isneginf, np.signbit)
not_differentiable(np.isclose, np.allclose, np.array_equal, np.array_equiv)
not_differentiable(np.all, np.any, np.isreal, np.iscomplex, np.isrealobj, np.iscomplexobj)

# Steps: their derivative is zero wherever it exists

not_differentiable(np.sign, np.floor, np.ceil, np.trunc, np.rint, np.round, np.fix)
not_differentiable(np.floor_divide, np.heaviside)

# Positions and counts

not_differentiable(np.argmax, np.argmin, np.argsort, np.argpartition, np.argwhere)
not_differentiable(np.nanargmax, np.nanargmin, np.nonzero, np.flatnonzero, np.count_nonzero)
not_differentiable(np.searchsorted, np.digitize, np.bincount, np.histogram, np.unique, np.isin)

# Shapes and dtypes, and arrays made after another

not_differentiable(np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.shares_memory)
not_differentiable(np.zeros_like, np.ones_like, np.full_like, np.empty_like)
not_differentiable(np.may_share_memory, np.spacing, np.nextafter)

# Text

not_differentiable(np.array_repr, np.array_str, np.array2string)

# Refused

refuse(
    [np.copyto, np.put, np.place, np.putmask, np.put_along_axis, np.fill_diagonal],
    "it writes into an array that the gradient still needs; build a new array with np.where or "
    "np.concatenate",
)
refuse(
    [np.save, np.savez, np.savez_compressed, np.savetxt],
    "a file holds plain arrays; save stop_gradient(x)",
)
