"""The optimisers' steps, and the launch that does all parameters at once."""

from typing import Any

import numpy as np

from knetengine import optim
from knetengine.gpu.kernels.layers import optimisers
from knetengine.selftest.checks import Place, check, floats
from knetengine.selftest.comparing import Comparison, on_device

FAMILY = "optimisers"

RULES = (
    optim.SGD, optim.Momentum, optim.Nesterov, optim.Adagrad, optim.Adadelta, optim.RMSprop,
    optim.Adam, optim.AdamW,
)  # fmt: skip

_SHAPES: tuple[tuple[int, ...], ...] = ((300, 500), (7,), ())


def _steps(rule: Any, w: list[Any], place: Any) -> list[Any]:
    for step in range(3):
        g = [place(np.sin(step + np.asarray(array))) for array in w]
        w = rule.update(w, optim.gclip(g, 50.0))
    return w


def _check(rule: Any) -> Any:
    def run(place: Place, comparison: Comparison) -> None:
        w = [floats(*shape, seed=number) for number, shape in enumerate(_SHAPES)]
        given = [place.put(array) for array in w]
        found = _steps(rule(decay=0.01, gclip=20.0), given, place.put)
        expected = _steps(rule(decay=0.01, gclip=20.0), w, lambda g: g)
        for number, (array, host) in enumerate(zip(found, expected, strict=True)):
            on_device(f"parameter {number}", array, place.name)
            comparison.near(f"parameter {number}", array, np.asarray(host), 1e-5, 0.1)

    return run


for _rule in RULES:
    check(FAMILY, _rule.__name__)(_check(_rule))


@check(FAMILY, "all parameters in one launch")
def _one_launch(place: Place, comparison: Comparison) -> None:
    """The kernel of SGD: ``w -= rate * (g + decay * w)``, of few parameters and of many."""
    rate, decay = 0.1, 0.01
    for count in (3, 70):
        w = [floats(10 + n, seed=n) for n in range(count)]
        g = [floats(10 + n, seed=100 + n) for n in range(count)]
        there = [[place.device.upload(array) for array in arrays] for arrays in (w, g)]
        weights, slopes = ([each.operand for each in arrays] for arrays in there)
        optimisers.update(
            place.driver, "sgd", weights, slopes, [()] * count, (rate, decay),
            scratch=place.device.scratch,
        )  # fmt: skip
        for number, (array, before, slope) in enumerate(zip(there[0], w, g, strict=True)):
            found = place.device.download(array)
            after = before.astype(float) * (1 - rate * decay) - rate * slope.astype(float)
            what = f"parameter {number} of {count}"
            comparison.near(what, found, after.astype(np.float32), 1e-6, 1.0)
