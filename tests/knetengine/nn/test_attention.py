"""Attention: heads, masks, queries that see nothing."""

from typing import Any

import numpy as np
import pytest

from knetengine import grad, gradcheck
from knetengine.nn.attention import attention
from knetengine.nn.dropout import seed

SEES = np.array([[1, 0, 1, 0, 1], [0, 0, 0, 0, 0], [1, 1, 1, 1, 0]], bool)  # (Tq, Tk)


def draw(*shape: int, number: int = 0) -> np.ndarray:
    return np.random.default_rng(number).standard_normal(shape)


def by_loops(q: Any, k: Any, v: Any, sees: Any, added: Any, scale: float) -> np.ndarray:
    """One head, one instance: each query by itself, with what it sees picked out."""
    rows = []
    for i in range(len(q)):
        seen = np.flatnonzero(sees[i])
        weights = np.exp(k[seen] @ q[i] * scale + added[i, seen])
        rows.append(weights / max(weights.sum(), 1e-300) @ v[seen])
    return np.array(rows)


@pytest.mark.parametrize("heads", [1, 2])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("masked", ["", "bool", "float", "infinite"])
def test_values(heads: int, causal: bool, masked: str) -> None:
    q, k, v = draw(2, 3, 4), draw(2, 5, 4, number=1), draw(2, 5, 6, number=2)
    added = draw(3, 5, number=3)
    mask = {
        "": None, "bool": SEES, "float": added, "infinite": np.where(SEES, added, -np.inf),
    }[masked]  # fmt: skip
    sees = SEES if masked in ("bool", "infinite") else np.ones((3, 5), bool)
    sees = sees & np.tri(3, 5, dtype=bool) if causal else sees
    added = added if masked in ("float", "infinite") else np.zeros((3, 5))
    y = attention(q, k, v, heads=heads, mask=mask, causal=causal)
    d, e = 4 // heads, 6 // heads
    for n in range(2):
        for h in range(heads):
            part, values = slice(h * d, (h + 1) * d), slice(h * e, (h + 1) * e)
            expected = by_loops(q[n, :, part], k[n, :, part], v[n, :, values], sees, added, d**-0.5)
            np.testing.assert_allclose(y[n, :, values], expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("options", [{}, {"causal": True}, {"heads": 2, "mask": SEES}])
def test_derivatives(options: Any) -> None:
    q, k, v = draw(2, 3, 4), draw(2, 5, 4, number=1), draw(2, 5, 4, number=2)
    assert gradcheck(
        lambda q, k, v: attention(q, k, v, **options), q, k, v, argnum=(0, 1, 2), order=2
    )


def test_a_mask_of_floats_has_a_gradient() -> None:
    q, k, v = draw(3, 4), draw(5, 4, number=1), draw(5, 6, number=2)
    assert gradcheck(lambda m: attention(q, k, v, mask=m), draw(3, 5, number=3))


def test_who_sees_nothing_gets_zeros() -> None:
    q, k, v = draw(2, 3, 4), draw(2, 5, 4, number=1), draw(2, 5, 6, number=2)
    y = attention(q, k, v, mask=SEES)
    assert not y[:, 1].any()
    gradients = grad(lambda q, k, v: attention(q, k, v, mask=SEES).sum(), (0, 1, 2))(q, k, v)
    assert not gradients[0][:, 1].any()
    assert all(np.isfinite(gradient).all() for gradient in gradients)
    assert not attention(q, k[:, :0], v[:, :0]).any()


def test_a_mask_for_each_instance() -> None:
    q, k, v = draw(2, 3, 4), draw(2, 5, 4, number=1), draw(2, 5, 4, number=2)
    mask = np.stack([SEES, ~SEES])
    y = attention(q, k, v, heads=2, mask=mask)
    for n in range(2):
        np.testing.assert_allclose(
            y[n], attention(q[n], k[n], v[n], heads=2, mask=mask[n]), rtol=1e-12, atol=1e-14
        )


def test_dtype_scale_and_dropout() -> None:
    q, k, v = (draw(3, 4, number=i).astype(np.float32) for i in range(3))
    assert attention(q, k, v, mask=np.zeros((3, 3)), causal=True).dtype == np.float32
    assert attention(q, k, v, scale=0.0) == pytest.approx(np.tile(v.mean(0), (3, 1)), rel=1e-5)
    assert np.array_equal(attention(q, k, v, dropout=0.5), attention(q, k, v))
    seed(0)
    dropped = grad(lambda v: attention(q, k, v, scale=0.0, dropout=0.5).sum())(v)
    assert not np.allclose(dropped, 1)
    assert np.isnan(attention(q, k, v + np.nan)).all()


def test_bad_arguments() -> None:
    q, k, v = draw(2, 3, 4), draw(2, 5, 4), draw(2, 5, 6)
    for error, message, arguments, options in [
        (ValueError, r"k is .*with D = 4, as in q", (q, draw(2, 5, 3), v), {}),
        (ValueError, r"v is .*with Tk = 5, as in k", (q, k, draw(2, 4, 6)), {}),
        (ValueError, r"q is .*\(4,\).*expected shape \(\.\.\., Tq, D\)", (draw(4), k, v), {}),
        (ValueError, r"v is .*expected shape \(\.\.\., Tk, Dv\)", (q, k, draw(4)), {}),
        (ValueError, r"shapes .*\(3, 3, 4\).*broadcast", (draw(3, 3, 4), k, v), {}),
        (ValueError, r"q is .*that 3 heads divide", (q, k, v), {"heads": 3}),
        (ValueError, r"v is .*that 4 heads divide", (q, k, v), {"heads": 4}),
        (ValueError, r"heads is 0; expected at least 1", (q, k, v), {"heads": 0}),
        (ValueError, r"mask is .*broadcasts to \(2, 3, 5\)", (q, k, v), {"mask": SEES.T}),
        (TypeError, r"mask is .*int64; expected", (q, k, v), {"mask": SEES.astype(int)}),
        (TypeError, r"k is float32, but q is float64", (q, k.astype("f"), v), {}),
        (TypeError, r"q is .*float16", (q.astype(np.float16), k, v), {}),
    ]:
        with pytest.raises(error, match="attention: " + message if error is TypeError else message):
            attention(*arguments, **options)


@pytest.mark.peers
def test_as_pytorch_has_it() -> None:
    torch = pytest.importorskip("torch")
    q, k, v = draw(2, 3, 4), draw(2, 5, 4, number=1), draw(2, 5, 6, number=2)
    theirs = torch.nn.functional.scaled_dot_product_attention
    tensors = [torch.tensor(x, requires_grad=True) for x in (q, k, v)]
    result = theirs(*tensors, attn_mask=torch.tensor(SEES[[0, 2, 2]]))
    result.sum().backward()
    np.testing.assert_allclose(
        attention(q, k, v, mask=SEES[[0, 2, 2]]), result.detach().numpy(), rtol=1e-12
    )
    gradients = grad(lambda q, k, v: attention(q, k, v, mask=SEES[[0, 2, 2]]).sum(), (0, 1, 2))(
        q, k, v
    )
    for ours, tensor in zip(gradients, tensors, strict=True):
        np.testing.assert_allclose(ours, tensor.grad.numpy(), rtol=1e-10, atol=1e-14)
