"""Does recording slow things down? The slides' table, on this machine.

    python -m benchmarks.recording --calls 6000

An MLP 784-64-10 in float32 (weights 0.1 * normal, biases zero), batches of 100: ten functions, each
one step longer than the one before, then the whole with recording, then its gradient; seconds for
6,000 calls, that is ten passes over MNIST. The inputs here are random, of MNIST's shape. The
columns beside ours are those that the slides and AutoGrad.jl's repository published in 2017, from
other machines: compare the ratios.
"""

import argparse
from collections.abc import Callable
from typing import Any

from benchmarks.interleaved import machine, measure, one_thread

one_thread()

import numpy as np  # noqa: E402  # after the threads are set

import knetengine.numpy as kn  # noqa: E402
from knetengine import grad  # noqa: E402
from knetengine.autograd.recorded_call import RecordedCall  # noqa: E402

CALLS = 6000
STEPS = ["w1*x", "+b1", "max(0,.)", "w2*.", "+b2", "-y", ".^2", "sum", "recording", "grad"]
SLIDES = [0.56, 0.59, 0.62, 0.75, 0.78, 0.82, 0.85, 1.06, 1.18, 2.10]  # commit e53b6d4, GPU
SAME_ON_CPU = [0.94, 1.05, 1.34, 1.44, 1.48, 1.49, 1.62, 1.62, 2.47, 5.52]


def programs() -> dict[str, Callable[[], Any]]:
    """The ten functions, by the step that each one adds."""
    generator = np.random.default_rng(0)
    x = generator.random((100, 784), np.float32)
    y = np.eye(10, dtype=np.float32)[generator.integers(0, 10, 100)]
    shapes = ((784, 64), (64, 10))
    w1, w2 = ((0.1 * generator.standard_normal(shape)).astype(np.float32) for shape in shapes)
    w = [w1, np.zeros(64, np.float32), w2, np.zeros(10, np.float32)]

    def forward(w: Any, steps: int) -> Any:
        v = x @ w[0]
        for number, step in enumerate(
            (
                lambda v: v + w[1],
                lambda v: kn.maximum(v, 0),
                lambda v: v @ w[2],
                lambda v: v + w[3],
                lambda v: v - y,
                lambda v: v**2,
                lambda v: kn.sum(v),
            ),
            2,
        ):
            if number > steps:
                break
            v = step(v)
        return v

    def recorded() -> Any:
        call = RecordedCall(forward, (0,), (w, 8), {})
        call.close()
        return call.result

    gradient = grad(forward)
    runs: list[Callable[[], Any]] = [lambda steps=n: forward(w, steps) for n in range(1, 9)]
    return dict(zip(STEPS, [*runs, recorded, lambda: gradient(w, 8)], strict=True))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=CALLS, help="calls of each function")
    options = parser.parse_args()
    rounds = 10
    times = measure(programs(), rounds, max(1, options.calls // rounds))
    print(machine())
    print(f"seconds for {CALLS} calls        here   slides (GPU)   same commit (CPU)")
    seconds = [times[step].median * CALLS for step in STEPS]
    for step, here, gpu, cpu in zip(STEPS, seconds, SLIDES, SAME_ON_CPU, strict=True):
        print(f"  {step:<20} {here:10.2f} {gpu:14.2f} {cpu:19.2f}")
    for title, numerator, denominator in (
        ("recording costs", "recording", "sum"),
        ("gradient / forward", "grad", "sum"),
    ):
        a, b = STEPS.index(numerator), STEPS.index(denominator)
        ratios = [column[a] / column[b] for column in (seconds, SLIDES, SAME_ON_CPU)]
        if numerator == "recording":
            texts = [f"{100 * (ratio - 1):.0f} %" for ratio in ratios]
        else:
            texts = [f"{ratio:.2f}" for ratio in ratios]
        print(f"  {title:<20} {texts[0]:>10} {texts[1]:>14} {texts[2]:>19}")


if __name__ == "__main__":
    main()
