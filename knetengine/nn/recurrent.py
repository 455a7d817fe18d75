"""Recurrent layers over whole sequences: `rnn`, and `rnnparams`, which makes its weights."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

import knetengine.numpy as kn
from knetengine.nn import checks, watching
from knetengine.nn import sequence_layers as layers
from knetengine.nn.dropout import dropout as drop_out
from knetengine.nn.reference import device_takes, kernels_take, plain_value


class _Kind(NamedTuple):
    """A kind of layer.

    gates: how many times H the weights are wide.
    biases: how many times H the bias is.
    cell: whether it has a second state.
    layer: what a device calls its kernels for it.
    """

    gates: int
    biases: int
    cell: bool
    layer: str
    plain: Any
    fused: Any


KINDS = {
    "lstm": _Kind(4, 4, True, "lstm", layers.plain_lstm, layers.fused_lstm),
    "gru": _Kind(3, 4, False, "gru", layers.plain_gru, layers.fused_gru),
    "tanh": _Kind(1, 1, False, "rnn_tanh", layers.plain_tanh, layers.fused_tanh),
    "relu": _Kind(1, 1, False, "rnn_relu", layers.plain_relu, layers.fused_relu),
}


def rnnparams(
    inputs: int,
    hidden: int,
    *,
    kind: str = "lstm",
    layers: int = 1,
    bidirectional: bool = False,
    forget: float = 1.0,
    dtype: Any = np.float32,
    generator: np.random.Generator | None = None,
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """The weights of an `rnn`: a list of (wx, wh, b), layer by layer, both directions of each.

    wx is (inputs, G*H), wh (H, G*H), b (G*H,), where G is 4 gates for "lstm" (forget, input,
    output, change, as in the slides' `lstm`), 3 for "gru" (reset, update, new; its b has a fourth
    part, for the recurrent product that the reset gate multiplies) and 1 for "tanh" and "relu".

    The weights are uniform in +-sqrt(6 / (rows + H)) gate by gate (Glorot and Bengio 2010); biases
    are zero, those of the LSTM's forget gate `forget` (Knet's `finit`).
    """
    what = _kind("rnnparams", kind)
    generator = np.random.default_rng() if generator is None else generator
    directions = 2 if bidirectional else 1
    weights: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for layer in range(layers):
        rows = inputs if layer == 0 else hidden * directions
        for _ in range(directions):
            bias = np.zeros(what.biases * hidden, dtype)
            if what.cell:
                bias[:hidden] = forget
            wx = _uniform(generator, rows, hidden, what.gates, dtype)
            weights.append((wx, _uniform(generator, hidden, hidden, what.gates, dtype), bias))
    return weights


def _uniform(
    generator: np.random.Generator, rows: int, hidden: int, gates: int, dtype: Any
) -> np.ndarray:
    bound = np.sqrt(6 / (rows + hidden))
    return generator.uniform(-bound, bound, (rows, gates * hidden)).astype(dtype)


def rnn(
    x: Any,
    w: Sequence[Any],
    h: Any = None,
    c: Any = None,
    *,
    kind: str = "lstm",
    bidirectional: bool = False,
    dropout: float = 0.0,
    lengths: Any = None,
    table: Any = None,
    training: bool | None = None,
    generator: np.random.Generator | None = None,
) -> tuple[Any, Any, Any]:
    """Run recurrent layers over a batch of sequences; gives (y, h, c).

    x: (T, B, X); or integers (T, B) with `table` (V, X), whose rows they choose. Then the product
        of the table with the weights is taken, not of each row, where that is less work.
    w: as from `rnnparams`; its length is layers times directions.
    h, c: the states before, (layers * directions, B, H), zeros if not given; c for "lstm" only.
    kind: "lstm", "gru", "tanh" or "relu".
    bidirectional: every layer runs in both directions, and its outputs are put side by side.
    dropout: the share of the outputs that is dropped between layers; see `nn.dropout`, for
        `training` and `generator` too.
    lengths: (B,), how much of each sequence counts. Beyond it outputs are zero and the state
        stands still; the backward direction starts there.

    y is (T, B, H), or (T, B, 2H) if bidirectional; h and c, the states after, are as those before;
    c is None but for "lstm". All of it is differentiable by x or `table`, w, h and c.

    Raises ValueError for a shape that does not fit, TypeError for a dtype.
    Source: Knet's `RNN`; the equations are in `sequence_layers`.
    """
    what = _kind("rnn", kind)
    count = _check(x, w, h, c, lengths, table, what, bidirectional)
    steps, batch = plain_value(x).shape[:2]
    size = plain_value(w[0][1]).shape[0]
    if table is not None:
        x = np.ascontiguousarray(plain_value(x), np.int64)
    spans = np.full(batch, steps) if lengths is None else np.asarray(lengths, np.int64)
    states = (count, batch, size)
    h = np.zeros_like(plain_value(w[0][1]), shape=states) if h is None else h
    c = np.zeros_like(plain_value(w[0][1]), shape=states) if c is None and what.cell else c
    directions = 2 if bidirectional else 1
    heads, cells = [None] * count, [None] * count
    y: Any = x
    for first in range(0, count, directions):
        source = table if first == 0 else None
        if first and dropout:
            y = drop_out(y, dropout, training=training, generator=generator)
        outputs: list[Any] = []
        for number in range(first, first + directions):
            states = (h[number], c[number]) if what.cell else (h[number],)
            arrays = (*w[number], *states, _floats(y))
            kernels = kernels_take(*arrays) or device_takes(what.layer, *arrays)
            layer = what.fused if kernels else what.plain
            out, *then = layer(y, source, *w[number], *states, spans, number > first)
            outputs.append(out)
            heads[number], cells[number] = then[0], then[-1]
        y = outputs[0] if directions == 1 else kn.concatenate(outputs, 2)
    after = kn.stack(heads)
    if watching.current.watcher is not None:
        watching.current.watcher.hid(after)
    return y, after, kn.stack(cells) if what.cell else None


def _floats(x: Any) -> Any:
    """The argument if it is of floats: ids have a dtype of their own."""
    return x if plain_value(x).dtype.kind == "f" else None


def _kind(function: str, kind: str) -> _Kind:
    if kind not in KINDS:
        raise ValueError(f"{function}: kind is {kind!r}; expected one of {', '.join(KINDS)}")
    return KINDS[kind]


def _check(
    x: Any,
    w: Sequence[Any],
    h: Any,
    c: Any,
    lengths: Any,
    table: Any,
    what: _Kind,
    bidirectional: bool,
) -> int:
    """Raise unless everything fits; the number of layers times directions."""
    count, directions = len(w), 2 if bidirectional else 1
    if not count or count % directions:
        least = "two for each layer, for it is bidirectional" if bidirectional else "at least one"
        raise ValueError(f"rnn: w has {count} triples (wx, wh, b); expected {least}")
    features = _check_input(x, table)
    steps, batch = plain_value(x).shape[:2]
    size = plain_value(w[0][1]).shape[0]
    for number, (wx, wh, b) in enumerate(w):
        rows = features if number < directions else size * directions
        name = f"w[{number}]"
        checks.floats("rnn", **{f"{name}[{part}]": p for part, p in enumerate((wx, wh, b))})
        checks.shape("rnn", f"{name}[0]", wx, (rows, what.gates * size), "(inputs, gates * H)")
        checks.shape("rnn", f"{name}[1]", wh, (size, what.gates * size), "(H, gates * H)")
        checks.shape("rnn", f"{name}[2]", b, (what.biases * size,), "(biases * H,)")
    checks.shape("rnn", "h", h, (count, batch, size), "(layers * directions, B, H)")
    if c is not None and not what.cell:
        checks.fail("rnn", "c", c, "None: only an LSTM has a cell")
    checks.shape("rnn", "c", c, (count, batch, size), "(layers * directions, B, H)")
    inputs = {"x": x} if table is None else {"table": table}
    checks.floats("rnn", **inputs, **{"w[0][0]": w[0][0]}, h=h, c=c)
    if lengths is not None:
        checks.shape("rnn", "lengths", np.asarray(lengths), (batch,), "(B,)")
        checks.integers("rnn", "lengths", lengths, steps + 1, 1)
    return count


def _check_input(x: Any, table: Any) -> int:
    """Raise unless x is (T, B, X), or ids (T, B) of rows of the table; the number of features X."""
    if table is None:
        checks.floats("rnn", x=x)
        features = x
        if plain_value(x).ndim != 3:
            checks.fail("rnn", "x", x, "three axes, (T, B, X)")
    else:
        checks.floats("rnn", table=table)
        features = table
        if plain_value(table).ndim != 2:
            checks.fail("rnn", "table", table, "two axes, (V, X)")
        checks.integers("rnn", "x", x, plain_value(table).shape[0])
        if np.ndim(plain_value(x)) != 2:
            checks.fail("rnn", "x", x, "two axes, (T, B), as ids of rows of the table")
    if not plain_value(x).shape[0] or not plain_value(x).shape[1]:
        checks.fail("rnn", "x", x, "at least one step and one sequence")
    return int(plain_value(features).shape[-1])
