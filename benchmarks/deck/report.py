"""The tables: a line an engine, and what of the promises holds."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from benchmarks.deck.models import PLANS, PRODUCTS
from benchmarks.deck.worker import Ready
from benchmarks.interleaved import Times, ratio

OURS = "knetengine"
TOLERANCE = 1e-3  # of the loss


class Measured(NamedTuple):
    """One engine on one model."""

    ready: Ready
    threads: int
    times: Times


def differs(loss: float | None, reference: float) -> bool:
    """Whether an engine, which is not the products alone, came to another loss (or to a NaN)."""
    return loss is not None and not abs(loss - reference) <= TOLERANCE * abs(reference)


def reference_loss(measured: Mapping[str, Measured]) -> float:
    """The loss that the others are held to: PyTorch's if it is there, else the first engine's."""
    first = measured.get("PyTorch eager") or next(iter(measured.values()))
    losses = (engine.ready.loss for engine in (first, *measured.values()))
    return next((loss for loss in losses if loss is not None), float("nan"))


def verdicts(model: str, measured: Mapping[str, Measured]) -> list[dict[str, Any]]:
    """Each promise of a model whose engines were measured."""
    found: list[dict[str, Any]] = []
    if OURS not in measured:
        return found
    for promise in PLANS[model].promises:
        if promise.engine in measured:
            middle, first, third = ratio(measured[OURS].times, measured[promise.engine].times)
            found.append(
                {
                    "engine": promise.engine,
                    "promised": promise.fraction,
                    "ratio": middle,
                    "quartiles": [first, third],
                    "holds": middle <= promise.fraction,
                }
            )
    return found


def print_model(model: str, measured: Mapping[str, Measured], absent: Mapping[str, str]) -> None:
    """The table of a model."""
    checked = PLANS[model].checked
    source = next(iter(measured.values())).ready.source if measured else "nothing was measured"
    print(f"\n{model}: {source}; ms a step; the loss after {checked} steps")
    promised = {verdict["engine"]: verdict for verdict in verdicts(model, measured)}
    reference = reference_loss(measured) if measured else 0.0
    for name, engine in measured.items():
        first, third = engine.times.quartiles
        spread = f"{engine.times.median * 1e3:.3f} ({first * 1e3:.3f} .. {third * 1e3:.3f})"
        loss = "" if engine.ready.loss is None else f"{engine.ready.loss:.6f}"
        line = f"  {name:<16} {engine.threads} th  {spread:<30} {loss:<10}"
        if OURS in measured and name != OURS:
            middle, low, high = ratio(measured[OURS].times, engine.times)
            line += f" ours / its: {middle:.3f} ({low:.3f} .. {high:.3f})"
        if name in promised:
            verdict = "holds" if promised[name]["holds"] else "DOES NOT HOLD"
            line += f"  promised {promised[name]['promised']:.2f}: {verdict}"
        if differs(engine.ready.loss, reference):
            line += f"  DIFFERS from {reference:.6f}"
        print(line.rstrip())
    for name, reason in absent.items():
        print(f"  {name:<16} left out: {reason}")
    if PRODUCTS in measured:
        print(f"  ({PRODUCTS}: those of NumPy alone, forward and backward, without anything else)")


def as_json(
    model: str, measured: Mapping[str, Measured], absent: Mapping[str, str]
) -> dict[str, Any]:
    """All figures of a model."""
    reference = reference_loss(measured) if measured else 0.0
    return {
        "engines": {
            name: {
                "version": engine.ready.version,
                "threads": engine.threads,
                "loss": engine.ready.loss,
                "differs": differs(engine.ready.loss, reference),
                "build_seconds": engine.ready.seconds,
                "seconds": engine.times.seconds,
                "median": engine.times.median,
                "quartiles": engine.times.quartiles,
            }
            for name, engine in measured.items()
        },
        "data": next((engine.ready.source for engine in measured.values()), ""),
        "left_out": dict(absent),
        "promises": verdicts(model, measured),
    }
