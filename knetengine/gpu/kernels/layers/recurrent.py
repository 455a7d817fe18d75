"""One step of a recurrent layer, and the way back through one.

The products with matrices are the caller's, by `Driver.multiply`. Forward, at each step:

    recurrent = h @ wh                        (B, G*H)
    lstm_step(...)                            changes h and c, gives y, gates and cells of the step

and backward, the steps turned round:

    lstm_step_backward(...)                   gives dgates, changes dc, leaves in dh what stays
    dh += dgates @ wh.T                       a product with beta = 1

The equations, the gates' order and the conventions for `lengths` are those of `knetengine.cpu`.
"""

from typing import Any

import numpy as np

from knetengine.gpu.drivers.interface import Argument, Driver, Handle
from knetengine.gpu.kernels import geometry, modules
from knetengine.gpu.kernels.layers import checks
from knetengine.gpu.kernels.operand import Operand
from knetengine.gpu.kernels.promotion import c_type

FILE = "layers/recurrent.cu"

_STEP = np.dtype([("B", "<i8"), ("H", "<i8"), ("t", "<i8"), ("reverse", "<i4")], align=True)


def _launch(
    driver: Driver,
    name: str,
    dtype: np.dtype[Any],
    sizes: tuple[int, int],
    t: int,
    reverse: bool,
    arguments: list[Argument],
    stream: Handle,
) -> None:
    B, H = sizes
    grid, block = geometry.entries(B * H)
    driver.launch(
        modules.compiled(driver, name, FILE, modules.options(T=c_type(dtype))),
        grid,
        block,
        [np.array((B, H, t, reverse), _STEP), *arguments],
        stream=stream,
    )


def _sizes(name: str, h: Operand) -> tuple[int, int]:
    if len(h.shape) != 2 or h.size == 0:
        raise ValueError(f"{name}: the state has shape {h.shape}; expected (B, H), not empty")
    return h.shape[0], h.shape[1]


def lstm_step(
    driver: Driver,
    t: int,
    projected: Operand,
    rows: Operand | None,
    recurrent: Operand,
    lengths: Operand | None,
    h: Operand,
    c: Operand,
    y: Operand,
    gates: Operand,
    cells: Operand,
    *,
    stream: Handle = 0,
) -> None:
    """Step t of a long short-term memory.

    projected: (R, 4H), the input's part of the gates with the bias: forget, input, output, change.
    rows: (B,), int64, which row of it is the input of each sequence; None for row b.
    recurrent: (B, 4H), h times the recurrent weights.
    lengths: (B,), int64, or None; a sequence stands still from that step on, and its y is 0.
    h, c: (B, H), changed. y: (B, H), out. gates: (B, 4H), out. cells: (B, H), out.

    Raises ValueError for arrays that don't fit.
    """
    name = "lstm_step"
    B, H = _sizes(name, h)
    dtype = checks.floats(
        name, projected=projected, recurrent=recurrent, h=h, c=c, y=y, gates=gates, cells=cells
    )
    checks.integers(name, rows=rows, lengths=lengths)
    checks.shapes(
        name,
        projected=(projected, (projected.shape[0] if rows else B, 4 * H)),
        rows=(rows, (B,)),
        recurrent=(recurrent, (B, 4 * H)),
        lengths=(lengths, (B,)),
        c=(c, (B, H)),
        y=(y, (B, H)),
        gates=(gates, (B, 4 * H)),
        cells=(cells, (B, H)),
    )
    arguments: list[Argument] = [
        projected.address,
        checks.address(rows),
        recurrent.address,
        checks.address(lengths),
        h.address,
        c.address,
        y.address,
        gates.address,
        cells.address,
    ]
    _launch(driver, "kn_lstm", dtype, (B, H), t, False, arguments, stream)


def lstm_step_backward(
    driver: Driver,
    t: int,
    steps: int,
    reverse: bool,
    gates: Operand,
    cells: Operand,
    before: Operand,
    c0: Operand,
    lengths: Operand | None,
    g: Operand,
    dh: Operand,
    dc: Operand,
    dgates: Operand,
    *,
    stream: Handle = 0,
) -> None:
    """The way back through step t.

    steps: how many there are. reverse: whether they went from the last to the first.
    gates, cells: (B, 4H) and (B, H), of this step.
    before: (B, H), the cells of the step before it, t - 1, or t + 1 if reverse; at the first
        anything.
    c0: (B, H), the cells before all steps.
    g: (B, H), the gradient of this step's y.
    dh, dc: (B, H), in: the gradients of the state after the step; out: of c before it, and of h
        before it without what comes by ``dgates @ wh.T``, which is to be added.
    dgates: (B, 4H), out: the gradients of what the gates squash.

    Raises ValueError for arrays that don't fit.
    """
    name = "lstm_step_backward"
    B, H = _sizes(name, dh)
    dtype = checks.floats(
        name, gates=gates, cells=cells, before=before, c0=c0, g=g, dh=dh, dc=dc, dgates=dgates
    )
    checks.integers(name, lengths=lengths)
    checks.shapes(
        name,
        gates=(gates, (B, 4 * H)),
        cells=(cells, (B, H)),
        before=(before, (B, H)),
        c0=(c0, (B, H)),
        lengths=(lengths, (B,)),
        g=(g, (B, H)),
        dc=(dc, (B, H)),
        dgates=(dgates, (B, 4 * H)),
    )
    arguments: list[Argument] = [
        np.int64(steps),
        gates.address,
        cells.address,
        before.address,
        c0.address,
        checks.address(lengths),
        g.address,
        dh.address,
        dc.address,
        dgates.address,
    ]
    _launch(driver, "kn_lstm_back", dtype, (B, H), t, reverse, arguments, stream)


def gru_step(
    driver: Driver,
    t: int,
    projected: Operand,
    rows: Operand | None,
    recurrent: Operand,
    bias: Operand,
    lengths: Operand | None,
    h: Operand,
    y: Operand,
    gates: Operand,
    *,
    stream: Handle = 0,
) -> None:
    """Step t of a gated recurrent unit.

    projected: (R, 3H), the input's part of the gates with their biases: reset, update, new.
    recurrent: (B, 3H), h times the recurrent weights.
    bias: (H,), of the recurrent product of the new gate.
    gates: (B, 4H), out; the fourth part is that product with its bias.

    Otherwise as `lstm_step`.
    """
    name = "gru_step"
    B, H = _sizes(name, h)
    dtype = checks.floats(
        name, projected=projected, recurrent=recurrent, bias=bias, h=h, y=y, gates=gates
    )
    checks.integers(name, rows=rows, lengths=lengths)
    checks.shapes(
        name,
        projected=(projected, (projected.shape[0] if rows else B, 3 * H)),
        rows=(rows, (B,)),
        recurrent=(recurrent, (B, 3 * H)),
        bias=(bias, (H,)),
        lengths=(lengths, (B,)),
        y=(y, (B, H)),
        gates=(gates, (B, 4 * H)),
    )
    arguments: list[Argument] = [
        projected.address,
        checks.address(rows),
        recurrent.address,
        bias.address,
        checks.address(lengths),
        h.address,
        y.address,
        gates.address,
    ]
    _launch(driver, "kn_gru", dtype, (B, H), t, False, arguments, stream)


def gru_step_backward(
    driver: Driver,
    t: int,
    steps: int,
    reverse: bool,
    gates: Operand,
    before: Operand,
    h0: Operand,
    lengths: Operand | None,
    g: Operand,
    dh: Operand,
    drecurrent: Operand,
    dnew: Operand,
    *,
    stream: Handle = 0,
) -> None:
    """The way back through step t.

    before: (B, H), y of the step before it; anything at the first. h0: (B, H), before all steps.
    dh: out: what does not come by ``drecurrent @ wh.T``, which is to be added.
    drecurrent: (B, 3H), out: of the recurrent product, and of the input's first two parts.
    dnew: (B, H), out: of the input's third part.

    Otherwise as `lstm_step_backward`.
    """
    name = "gru_step_backward"
    B, H = _sizes(name, dh)
    dtype = checks.floats(
        name, gates=gates, before=before, h0=h0, g=g, dh=dh, drecurrent=drecurrent, dnew=dnew
    )
    checks.integers(name, lengths=lengths)
    checks.shapes(
        name,
        gates=(gates, (B, 4 * H)),
        before=(before, (B, H)),
        h0=(h0, (B, H)),
        lengths=(lengths, (B,)),
        g=(g, (B, H)),
        drecurrent=(drecurrent, (B, 3 * H)),
        dnew=(dnew, (B, H)),
    )
    arguments: list[Argument] = [
        np.int64(steps),
        gates.address,
        before.address,
        h0.address,
        checks.address(lengths),
        g.address,
        dh.address,
        drecurrent.address,
        dnew.address,
    ]
    _launch(driver, "kn_gru_back", dtype, (B, H), t, reverse, arguments, stream)


def elman_step(
    driver: Driver,
    t: int,
    rectified: bool,
    projected: Operand,
    rows: Operand | None,
    recurrent: Operand,
    lengths: Operand | None,
    h: Operand,
    y: Operand,
    *,
    stream: Handle = 0,
) -> None:
    """Step t of a simple recurrent layer, with max(0, x) if `rectified` and tanh(x) otherwise.

    projected: (R, H). recurrent: (B, H). Otherwise as `lstm_step`.
    """
    name = "elman_step"
    B, H = _sizes(name, h)
    dtype = checks.floats(name, projected=projected, recurrent=recurrent, h=h, y=y)
    checks.integers(name, rows=rows, lengths=lengths)
    checks.shapes(
        name,
        projected=(projected, (projected.shape[0] if rows else B, H)),
        rows=(rows, (B,)),
        recurrent=(recurrent, (B, H)),
        lengths=(lengths, (B,)),
        y=(y, (B, H)),
    )
    arguments: list[Argument] = [
        np.int32(rectified),
        projected.address,
        checks.address(rows),
        recurrent.address,
        checks.address(lengths),
        h.address,
        y.address,
    ]
    _launch(driver, "kn_elman", dtype, (B, H), t, False, arguments, stream)


def elman_step_backward(
    driver: Driver,
    t: int,
    rectified: bool,
    y: Operand,
    lengths: Operand | None,
    g: Operand,
    dh: Operand,
    drecurrent: Operand,
    *,
    stream: Handle = 0,
) -> None:
    """The way back through step t.

    y: (B, H), of this step. drecurrent: (B, H), out: of what is squashed. Otherwise as
    `lstm_step_backward`.
    """
    name = "elman_step_backward"
    B, H = _sizes(name, dh)
    dtype = checks.floats(name, y=y, g=g, dh=dh, drecurrent=drecurrent)
    checks.integers(name, lengths=lengths)
    checks.shapes(
        name,
        y=(y, (B, H)),
        lengths=(lengths, (B,)),
        g=(g, (B, H)),
        drecurrent=(drecurrent, (B, H)),
    )
    arguments: list[Argument] = [
        np.int32(rectified),
        y.address,
        checks.address(lengths),
        g.address,
        dh.address,
        drecurrent.address,
    ]
    _launch(driver, "kn_elman_back", dtype, (B, H), t, False, arguments, stream)
