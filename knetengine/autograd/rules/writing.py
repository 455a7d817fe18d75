"""Writing into an array: ``x[index] = value``, as a function of both."""

from typing import Any

import numpy as np

from knetengine.autograd import in_place
from knetengine.autograd.calls import primitive
from knetengine.autograd.primitives import defvjp
from knetengine.autograd.recorded import plain
from knetengine.autograd.scatter import may_repeat
from knetengine.device_arrays import beside

cleared = primitive(in_place.cleared)


def _lasting(x: Any, index: Any) -> Any:
    """Which of the written entries are still there at the end: of a repeated place the last."""
    x = plain(x)
    written = beside(x, np.empty(x.shape, np.int64))
    numbers = beside(x, np.arange(written[index].size).reshape(written[index].shape))
    written[index] = numbers
    return written[index] == numbers


defvjp(
    in_place.put,
    lambda g, y, x, value, index: cleared(g, index),
    lambda g, y, x, value, index: g[index] * _lasting(x, index) if may_repeat(index) else g[index],
)
defvjp(in_place.cleared, lambda g, y, gradient, index: cleared(g, index))
