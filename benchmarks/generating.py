"""Characters a second that a trained LSTM writes, one at a time, beside PyTorch.

    python -m benchmarks.generating [--rounds 7]

The char-LM of the slides: 84 characters, embedding and LSTM of 256, each character drawn by its
chance from the scores of the one before. Ours is `write` of examples/charlm.py as it stands;
PyTorch's is the same loop around `nn.LSTM`, without gradients, with the number of threads that is
better for it.
"""

import argparse
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.interleaved import machine, measure, ratio

EXAMPLE = Path(__file__).parents[1] / "examples" / "charlm.py"
SYMBOLS = "".join(map(chr, range(32, 116)))  # 84 of them
LENGTH = 500


def ours(w: Any) -> Callable[[], object]:
    """The example's own generator."""
    from knetengine.data import Vocabulary

    write = runpy.run_path(str(EXAMPLE))["write"]
    vocabulary, generator = Vocabulary(SYMBOLS), np.random.default_rng(1)
    return lambda: "".join(write(w, vocabulary, LENGTH, "A", generator))


def pytorch(w: Any, threads: int) -> Callable[[], object]:
    """The same loop in PyTorch; gates there are input, forget, change, output."""
    import torch

    hidden = len(w["output"])
    (wx, wh, bias), *_ = w["lstm"]
    lstm = torch.nn.LSTM(wx.shape[0], hidden)
    order = np.concatenate([np.arange(hidden) + i * hidden for i in (1, 0, 3, 2)])
    with torch.no_grad():
        lstm.weight_ih_l0.copy_(torch.tensor(wx.T[order].copy()))
        lstm.weight_hh_l0.copy_(torch.tensor(wh.T[order].copy()))
        lstm.bias_ih_l0.copy_(torch.tensor(bias[order]))
        lstm.bias_hh_l0.zero_()
    embedding, output, b = (torch.tensor(w[name]) for name in ("embedding", "output", "bias"))

    def run() -> str:
        torch.set_num_threads(threads)
        state = None
        known, text = torch.tensor([33]), ["A"]
        with torch.no_grad():
            for _ in range(LENGTH):
                y, state = lstm(embedding[known][None], state)
                scores = y[0] @ output + b
                known = torch.multinomial(torch.softmax(scores, 1), 1)[0]
                text.append(SYMBOLS[int(known)])
        return "".join(text)

    return run


def main() -> None:
    """Measure and print."""
    summary, _, usage = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        description=summary, epilog=usage, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    weights = runpy.run_path(str(EXAMPLE))["weights"]
    w = weights(np.random.default_rng(1), len(SYMBOLS), 256, 256, 1, 0.3, np.float32)
    runs = {"knetengine": ours(w)}
    try:
        runs |= {f"PyTorch, {n} threads": pytorch(w, n) for n in (1, 2)}
    except ImportError:
        print("PyTorch is not installed: `pip install -e '.[bench]'`")
    times = measure(runs, options.rounds, 1)
    print(machine())
    for name, measured in times.items():
        print(f"{name:20} {LENGTH / measured.median:7.0f} characters a second")
    others = [measured for name, measured in times.items() if name != "knetengine"]
    if others:
        best = min(others, key=lambda measured: measured.median)
        middle, low, high = ratio(times["knetengine"], best)
        print(f"our time to the better of PyTorch's: {middle:.2f} ({low:.2f} .. {high:.2f})")


if __name__ == "__main__":
    main()
