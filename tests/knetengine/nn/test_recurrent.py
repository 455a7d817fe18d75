"""Recurrent layers: their kernels, their twins, and what they say of a wrong shape."""

from itertools import product
from typing import Any

import numpy as np
import pytest

import knetengine.numpy as kn
from knetengine import grad, gradcheck, nn
from knetengine.nn.recurrent import KINDS, rnn, rnnparams
from tests.knetengine.nn.twins import check_twins

GENERATOR = np.random.default_rng(1)


def draw(*shape: int, dtype: Any = np.float64) -> np.ndarray:
    return GENERATOR.standard_normal(shape).astype(dtype)


def drawn_weights(inputs: int, hidden: int, kind: str, **options: Any) -> list[Any]:
    """Weights whose biases are not zero either."""
    weights = rnnparams(inputs, hidden, kind=kind, generator=GENERATOR, **options)
    return [(wx, wh, b + draw(*b.shape, dtype=b.dtype)) for wx, wh, b in weights]


def flat(weights: list[Any]) -> list[Any]:
    return [p for triple in weights for p in triple]


def nested(parameters: Any) -> list[Any]:
    return [tuple(parameters[i : i + 3]) for i in range(0, len(parameters), 3)]


LENGTHS = np.array([4, 1, 3, 2, 4, 4, 2, 1, 3, 4, 4, 4, 1, 2, 3, 4, 2])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", list(KINDS))
def test_kernels_are_the_twins(kind: str, dtype: Any) -> None:
    """Two directions, states in and out, sequences of several lengths; two parts of a batch."""
    weights = drawn_weights(3, 5, kind, bidirectional=True, dtype=dtype)
    x = draw(17, 4, 3, dtype=dtype).swapaxes(0, 1)  # (T, B, X), not contiguous
    states = [draw(2, 17, 5, dtype=dtype) for _ in range(2 if kind == "lstm" else 1)]

    def layer(x: Any, *rest: Any) -> Any:
        w, s = nested(rest[:6]), rest[6:]
        y, h, c = rnn(x, w, *s, kind=kind, bidirectional=True, lengths=LENGTHS)
        return (y, h) if c is None else (y, h, c)

    check_twins(layer, x, *flat(weights), *states)


@pytest.mark.parametrize(("kind", "rows"), list(product(KINDS, [4, 60])))
def test_ids_choose_rows_of_a_table(kind: str, rows: int) -> None:
    """With 4 rows the table is projected, with 60 the 20 rows that are chosen."""
    weights = drawn_weights(3, 5, kind, dtype=np.float64)
    ids = GENERATOR.integers(0, rows, (4, 5))
    table = draw(rows, 3)
    check_twins(
        lambda table, *w: rnn(ids, nested(w), kind=kind, table=table)[0], table, *flat(weights)
    )
    direct = rnn(ids, weights, kind=kind, table=table)[0]
    np.testing.assert_allclose(direct, rnn(table[ids], weights, kind=kind)[0], rtol=1e-12)


def test_layers_follow_each_other() -> None:
    weights = drawn_weights(3, 4, "gru", layers=2, bidirectional=True, dtype=np.float64)
    x, h = draw(5, 6, 3), draw(4, 6, 4)
    y, after, _ = rnn(x, weights, h, kind="gru", bidirectional=True)
    first, one, _ = rnn(x, weights[:2], h[:2], kind="gru", bidirectional=True)
    second, two, _ = rnn(first, weights[2:], h[2:], kind="gru", bidirectional=True)
    np.testing.assert_array_equal(y, second)
    np.testing.assert_array_equal(after, np.concatenate([one, two]))


def test_a_sequence_may_be_cut_in_two() -> None:
    weights = drawn_weights(3, 4, "lstm", dtype=np.float64)
    x = draw(6, 2, 3)
    y, h, c = rnn(x, weights)
    first, *states = rnn(x[:2], weights)
    second, *ends = rnn(x[2:], weights, *states)
    np.testing.assert_allclose(np.concatenate([first, second]), y, rtol=1e-12)
    np.testing.assert_allclose(ends, [h, c], rtol=1e-12)


def test_lengths_are_as_if_each_sequence_ran_alone() -> None:
    weights = drawn_weights(3, 4, "lstm", bidirectional=True, dtype=np.float64)
    x, lengths = draw(5, 3, 3), np.array([5, 2, 3])
    y, h, c = rnn(x, weights, bidirectional=True, lengths=lengths)
    for n, length in enumerate(lengths):
        alone, last, cell = rnn(x[:length, n : n + 1], weights, bidirectional=True)
        np.testing.assert_allclose(y[:length, n], alone[:, 0], rtol=1e-12)
        assert not y[length:, n].any()
        np.testing.assert_allclose(h[:, n], last[:, 0], rtol=1e-12)
        np.testing.assert_allclose(c[:, n], cell[:, 0], rtol=1e-12)


@pytest.mark.parametrize("kind", ["lstm", "gru", "tanh"])
def test_derivatives_of_the_twin(kind: str) -> None:
    weights = drawn_weights(2, 3, kind, dtype=np.float64)
    x = draw(3, 2, 2)
    with nn.reference(True):
        assert gradcheck(lambda w: kn.sum(rnn(x, nested(w), kind=kind)[0] ** 2), flat(weights))


def test_the_slides_lstm() -> None:
    """The deck's own function: one matrix for [input, hidden], gates forget, in, out, change."""

    def sigm(x: Any) -> Any:
        return 1 / (1 + np.exp(-x))

    def lstm(weight: Any, bias: Any, hidden: Any, cell: Any, inputs: Any) -> Any:
        gates = np.concatenate([inputs, hidden], 1) @ weight + bias
        size = hidden.shape[1]
        forget, enter, leave = (sigm(gates[:, k * size : (k + 1) * size]) for k in range(3))
        cell = cell * forget + enter * np.tanh(gates[:, 3 * size :])
        return leave * np.tanh(cell), cell

    ((wx, wh, b),) = drawn_weights(3, 4, "lstm", dtype=np.float64)
    x = draw(5, 2, 3)
    hidden, cell = np.zeros((2, 4)), np.zeros((2, 4))
    y, h, c = rnn(x, [(wx, wh, b)])
    for t in range(5):
        hidden, cell = lstm(np.concatenate([wx, wh]), b, hidden, cell, x[t])
        np.testing.assert_allclose(y[t], hidden, rtol=1e-10)
    np.testing.assert_allclose([h[0], c[0]], [hidden, cell], rtol=1e-10)


@pytest.mark.peers
@pytest.mark.parametrize("kind", list(KINDS))
def test_as_pytorch_has_it(kind: str) -> None:
    torch = pytest.importorskip("torch")
    weights = drawn_weights(3, 4, kind, layers=2, bidirectional=True, dtype=np.float64)
    x = draw(5, 2, 3)
    gates = KINDS[kind].gates
    order = {"lstm": [1, 0, 3, 2], "gru": [0, 1, 2]}.get(kind, [0])  # theirs: input, forget, ...

    def reordered(p: np.ndarray) -> Any:
        parts = np.split(p, gates, -1)
        return torch.tensor(np.concatenate([parts[k] for k in order], -1).T.copy())

    make = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}.get(kind, torch.nn.RNN)
    some = {} if kind in ("lstm", "gru") else {"nonlinearity": kind}
    theirs = make(3, 4, num_layers=2, bidirectional=True, dtype=torch.float64, **some)
    with torch.no_grad():
        for number, (wx, wh, b) in enumerate(weights):
            name = f"l{number // 2}" + ("_reverse" if number % 2 else "")
            getattr(theirs, f"weight_ih_{name}").copy_(reordered(wx))
            getattr(theirs, f"weight_hh_{name}").copy_(reordered(wh))
            getattr(theirs, f"bias_ih_{name}").copy_(reordered(b[: gates * 4]))
            getattr(theirs, f"bias_hh_{name}").zero_()
            if kind == "gru":
                getattr(theirs, f"bias_hh_{name}")[8:].copy_(torch.tensor(b[12:]))
    input_ = torch.tensor(x, requires_grad=True)
    output, state = theirs(input_)
    output.pow(2).sum().backward()
    y, h, _ = rnn(x, weights, kind=kind, bidirectional=True)
    np.testing.assert_allclose(y, output.detach().numpy(), rtol=1e-9, atol=1e-12)
    hidden = state[0] if kind == "lstm" else state
    np.testing.assert_allclose(h, hidden.detach().numpy(), rtol=1e-9, atol=1e-12)
    dx = grad(lambda x: kn.sum(rnn(x, weights, kind=kind, bidirectional=True)[0] ** 2))(x)
    np.testing.assert_allclose(dx, input_.grad.numpy(), rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_nan_comes_out(kind: str) -> None:
    weights = drawn_weights(3, 4, kind, dtype=np.float32)
    x = draw(3, 9, 3, dtype=np.float32)
    x[1, 2, 0] = np.nan
    y, h, _ = rnn(x, weights, kind=kind)
    assert np.isnan(y[1:, 2]).all()
    assert np.isnan(h[0, 2]).all()
    assert np.isfinite(np.delete(y, 2, 1)).all()


def test_float32_squashing_is_within_a_few_units() -> None:
    """The rational approximation, through a layer whose gates see x alone."""
    x = np.linspace(-12, 12, 4001, dtype=np.float32).reshape(1, -1, 1)
    one, zero = np.ones((1, 1), np.float32), np.zeros((1, 1), np.float32)
    y, _, _ = rnn(x, [(one, zero, zero[0])], kind="tanh")
    np.testing.assert_allclose(y[0, :, 0], np.tanh(x[0, :, 0]), rtol=6e-7, atol=1e-9)
    assert np.abs(y).max() <= 1


W = rnnparams(3, 4, generator=np.random.default_rng(0))
X = np.zeros((5, 2, 3), np.float32)
WRONG: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"x": X[0]}, ValueError, "x is an array of shape (2, 3), float32; expected three axes, (T"),
    ({"x": X[:, :, :2]}, ValueError, "w[0][0] is an array of shape (3, 16), float32; expected sh"),
    ({"x": X.astype(np.float16)}, TypeError, "x is an array of shape (5, 2, 3), float16; expec"),
    ({"x": X.astype(int)}, TypeError, "x is an array of shape (5, 2, 3), int64; expected an arr"),
    ({"x": X.astype(float)}, TypeError, "w[0][0] is float32, but x is float64; give both the sa"),
    ({"x": X[:0]}, ValueError, "x is an array of shape (0, 2, 3), float32; expected at least on"),
    ({"w": []}, ValueError, "w has 0 triples (wx, wh, b); expected at least one"),
    ({"bidirectional": True}, ValueError, "w has 1 triples (wx, wh, b); expected two for each"),
    ({"kind": "LSTM"}, ValueError, "kind is 'LSTM'; expected one of lstm, gru, tanh, relu"),
    ({"h": np.zeros((1, 2, 5), np.float32)}, ValueError, "h is an array of shape (1, 2, 5), flo"),
    ({"c": np.zeros((2, 4), np.float32)}, ValueError, "c is an array of shape (2, 4), float32;"),
    ({"lengths": [5]}, ValueError, "lengths is an array of shape (1,), int64; expected shape (2"),
    ({"lengths": [5, 6]}, ValueError, "lengths[1] is 6; expected 1 to 5"),
    ({"lengths": [0, 5]}, ValueError, "lengths[0] is 0; expected 1 to 5"),
    ({"table": X[0]}, TypeError, "x is an array of shape (5, 2, 3), float32; expected integers"),
    ({"table": X[0], "x": np.full((5, 2), 2)}, ValueError, "x[0, 0] is 2; expected 0 to 1"),
]


@pytest.mark.parametrize(("given", "kind", "message"), WRONG)
def test_what_does_not_fit_is_named(given: Any, kind: Any, message: str) -> None:
    arguments = {"x": X, "w": W, **given}
    with pytest.raises(kind) as caught:
        rnn(arguments.pop("x"), arguments.pop("w"), **arguments)
    assert str(caught.value).startswith(f"rnn: {message}")


def test_a_cell_is_for_an_lstm_only() -> None:
    weights = rnnparams(3, 4, kind="gru")
    with pytest.raises(ValueError, match="only an LSTM has a cell"):
        rnn(X, weights, None, np.zeros((1, 2, 4), np.float32), kind="gru")


def test_dropout_is_between_layers_and_off_outside_of_gradients() -> None:
    weights = rnnparams(3, 4, layers=2, generator=np.random.default_rng(0))
    x = draw(5, 2, 3, dtype=np.float32)
    plain = rnn(x, weights)[0]
    np.testing.assert_array_equal(rnn(x, weights, dropout=0.5)[0], plain)
    dropped = rnn(x, weights, dropout=0.5, training=True, generator=np.random.default_rng(3))[0]
    assert not np.array_equal(dropped, plain)
    single = rnn(x, weights[:1], dropout=0.5, training=True)[0]
    np.testing.assert_array_equal(single, rnn(x, weights[:1])[0])


def test_first_weights() -> None:
    (wx, wh, b), second = rnnparams(30, 20, layers=2, generator=np.random.default_rng(0))
    assert np.abs(wx).max() <= np.sqrt(6 / 50)
    assert np.abs(wx).max() > 0.99 * np.sqrt(6 / 50)
    assert wh.shape == (20, 80)
    assert b[:20].tolist() == [1.0] * 20
    assert not b[20:].any()
    assert second[0].shape == (20, 80)
    assert wx.dtype == np.float32
