"""An array namespace whose every array is recorded, for suites that test such namespaces.

`knetengine.numpy`, with all floating arrays that come out of its functions put on a tape that stays
open: so each test of a foreign suite runs on recorded values.
"""

from typing import Any

import numpy as np

import knetengine.numpy as kn
from knetengine.autograd import Recorded
from knetengine.autograd.recorded_call import PARAMETER
from knetengine.autograd.tape import Tape, recording

TAPE = recording.tape = Tape()


def on_tape(value: Any) -> Any:
    """A floating array as a parameter of the tape; anything else as it is."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "fc":
        TAPE.append((PARAMETER, (), (), {}, value, None, 0))
        return Recorded(value, len(TAPE) - 1, TAPE)
    return value


def __getattr__(name: str) -> Any:
    value = getattr(kn, name)
    if not callable(value) or isinstance(value, type):
        return value

    def function(*args: Any, **kwargs: Any) -> Any:
        result = value(*args, **kwargs)
        if isinstance(result, tuple) and type(result) is tuple:
            return tuple(on_tape(part) for part in result)
        return on_tape(result)

    return function
