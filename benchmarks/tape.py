"""The cost of the tape: a recorded operation, and a whole MLP gradient, against other engines.

    python -m benchmarks.tape --rounds 15

Operations: chains of 500 on 10-element float32 arrays, forward and backward, so that what is
timed is the engine and not the arithmetic. MLP: 32 x 784-64-10, float32, the natural code of each
engine. One thread each, all engines in one run, in turn; medians over rounds, quartiles in
brackets. Provenance and the watch for NaNs are on, as always. Engines that are not installed are
left out.
"""

import argparse
import operator
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from benchmarks.interleaved import Times, machine, measure, one_thread, ratio

one_thread()

import numpy as np  # noqa: E402  # after the threads are set

import knetengine.numpy as kn  # noqa: E402
from knetengine import grad  # noqa: E402

LENGTH = 500
A = np.ones(10, np.float32)
B = np.full(10, 1.0001, np.float32)  # near 1: nothing under- or overflows in 500 steps

Program = Callable[[Any, Any], Any]
OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
PROMISES = {"PyTorch": 1 / 2, "HIPS autograd": 1 / 6}
MLP_PROMISE = 0.65


def chain(operate: Callable[[Any, Any], Any], total: Callable[[Any], Any]) -> Program:
    """A program of many times the same operation, whose result is a number."""

    def program(c: Any, other: Any) -> Any:
        for _ in range(LENGTH):
            c = operate(c, other)
        return total(c)

    return program


def engines_of_chain(symbol: str, both: bool) -> dict[str, Callable[[], Any]]:
    """A gradient of each engine: by the first operand, or with `both` the same array twice."""
    operate = OPERATIONS[symbol]
    ours = chain(operate, kn.sum)
    by_ours = grad(lambda x: ours(x, x if both else B))
    engines: dict[str, Callable[[], Any]] = {"knetengine": lambda: by_ours(A)}
    if find_spec("torch"):
        import torch

        torch.set_num_threads(1)
        a, b = torch.tensor(A, requires_grad=True), torch.tensor(B)
        theirs = chain(operate, torch.sum)

        def by_torch() -> Any:
            a.grad = None
            theirs(a, a if both else b).backward()
            return a.grad

        engines["PyTorch"] = by_torch
    if find_spec("autograd"):
        import autograd
        import autograd.numpy as anp

        hips = chain(operate, anp.sum)
        by_hips = autograd.grad(lambda x: hips(x, x if both else B))
        engines["HIPS autograd"] = lambda: by_hips(A)
    return engines


def mlp_engines() -> dict[str, Callable[[], Any]]:
    """The gradient of a two-layer perceptron by its four parameters."""
    generator = np.random.default_rng(0)
    x = generator.standard_normal((32, 784)).astype(np.float32)
    y = np.eye(10, dtype=np.float32)[generator.integers(0, 10, 32)]
    shapes = ((784, 64), (64,), (64, 10), (10,))
    w = [(0.1 * generator.standard_normal(shape)).astype(np.float32) for shape in shapes]

    def loss(w: Any, m: Any) -> Any:
        h = m.maximum(x @ w[0] + w[1], 0)
        return m.sum((h @ w[2] + w[3] - y) ** 2) / 32

    ours = grad(loss)
    engines: dict[str, Callable[[], Any]] = {
        "knetengine": lambda: ours(w, kn),
        "NumPy by hand": lambda: mlp_by_hand(w, x, y),
    }
    if find_spec("torch"):
        import torch

        torch.set_num_threads(1)
        tw = [torch.tensor(p, requires_grad=True) for p in w]
        tx, ty = torch.tensor(x), torch.tensor(y)

        def by_torch() -> Any:
            for p in tw:
                p.grad = None
            h = torch.relu(tx @ tw[0] + tw[1])
            (((h @ tw[2] + tw[3] - ty) ** 2).sum() / 32).backward()
            return [p.grad for p in tw]

        engines["PyTorch"] = by_torch
    if find_spec("autograd"):
        import autograd
        import autograd.numpy as anp

        hips = autograd.grad(loss)
        engines["HIPS autograd"] = lambda: hips(w, anp)
    reference = engines["knetengine"]()
    for name, run in engines.items():
        for found, expected in zip(run(), reference, strict=True):
            np.testing.assert_allclose(np.asarray(found), expected, 1e-3, 1e-4, err_msg=name)
    return engines


def mlp_by_hand(w: Any, x: Any, y: Any) -> list[Any]:
    """As one would write it without an engine, in place where that is possible."""
    h = x @ w[0]
    h += w[1]
    active = h > 0
    h *= active
    error = h @ w[2]
    error += w[3]
    error -= y
    np.sum(error * error) / 32  # the value, which the engines compute as well
    error *= 2 / 32
    back = error @ w[2].T
    back *= active
    return [x.T @ back, back.sum(0), h.T @ error, error.sum(0)]


def report(title: str, times: dict[str, Times], promises: dict[str, float], per: float) -> None:
    """One line an engine: microseconds, and our time as a fraction of it."""
    print(f"\n{title}")
    ours = times["knetengine"]
    for name, figures in times.items():
        scaled = Times([seconds / per for seconds in figures.seconds])
        line = f"  {name:<14} {scaled!s:<28}"
        if name != "knetengine":
            middle, first, third = ratio(ours, figures)
            line += f"  ours / its: {middle:.3f} ({first:.3f} .. {third:.3f})"
            if name in promises:
                verdict = "holds" if middle <= promises[name] else "DOES NOT HOLD"
                line += f"  promised {promises[name]:.3f}: {verdict}"
        print(line)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    print(machine(), f"NumPy {np.__version__}", sep=", ")
    for symbol in OPERATIONS:
        for both in (False, True):
            times = measure(engines_of_chain(symbol, both), options.rounds, 10)
            which = f"c = c {symbol} x, by both operands" if both else f"c = c {symbol} b, by c"
            report(
                f"us a recorded operation, forward and backward: {which}", times, PROMISES, LENGTH
            )
    times = measure(mlp_engines(), options.rounds, 100)
    report("us an MLP gradient, 32 x 784-64-10", times, {"PyTorch": MLP_PROMISE}, 1)


if __name__ == "__main__":
    main()
