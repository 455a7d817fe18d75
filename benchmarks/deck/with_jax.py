"""The models in JAX: a whole step under `jit`, the weights donated."""

from collections.abc import Callable
from itertools import cycle
from typing import Any

import numpy as np

from benchmarks.deck.models import HIDDEN, STREAMS, Array, Model
from benchmarks.deck.worker import Step

LEFT_OUT = {"CharLM loop": "a loop of Python is not what it runs: see CharLM"}


def version() -> str:
    """JAX's."""
    import jax

    return f"JAX {jax.__version__}"


def _trained(loss: Callable[..., Any], model: Model, weights: list[Array] | None = None) -> Step:
    """Steps of gradient descent; the number of threads is read from NPROC at the import."""
    import jax

    def update(w: Any, x: Any, y: Any) -> Any:
        value, gradients = jax.value_and_grad(loss)(w, x, y)
        return [p - model.lr * g for p, g in zip(w, gradients, strict=True)], value

    compiled = jax.jit(update, donate_argnums=0)
    w: Any = [jax.device_put(p) for p in weights or model.weights]
    batches = cycle([(jax.device_put(x), jax.device_put(y)) for x, y in model.batches])

    def step() -> Any:
        nonlocal w
        w, value = compiled(w, *next(batches))
        return jax.block_until_ready(value)

    return step


def _linreg(model: Model, threads: int) -> Step:
    import jax.numpy as jnp

    return _trained(lambda w, x, y: jnp.mean((x @ w[0] + w[1] - y) ** 2), model)


def nll(scores: Any, labels: Any) -> Any:
    """The mean negative log likelihood of integer labels."""
    import jax
    import jax.numpy as jnp

    logp = jax.nn.log_softmax(scores)
    return -jnp.mean(jnp.take_along_axis(logp, labels[:, None], 1))


def _softmax(model: Model, threads: int) -> Step:
    return _trained(lambda w, x, y: nll(x @ w[0] + w[1], y), model)


def _mlp(model: Model, threads: int) -> Step:
    import jax

    return _trained(
        lambda w, x, y: nll(jax.nn.relu(x @ w[0] + w[1]) @ w[2] + w[3], y),
        model,
    )


def channels_last(model: Model) -> tuple[list[Array], Model]:
    """LeNet for images (N, H, W, C), which JAX and TensorFlow prefer: the same, rearranged."""
    w = list(model.weights)
    for i in (0, 2):
        w[i] = w[i].transpose(2, 3, 1, 0).copy()  # (KH, KW, I, O)
    rows = np.arange(800).reshape(50, 4, 4).transpose(1, 2, 0).ravel()
    w[4] = w[4][rows]
    batches = [(x.transpose(0, 2, 3, 1).copy(), y) for x, y in model.batches]
    return w, model._replace(batches=batches)


def _lenet(model: Model, threads: int) -> Step:
    import jax
    from jax import lax

    def layer(x: Any, w: Any, b: Any) -> Any:
        x = lax.conv_general_dilated(
            x, w, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
        )
        n, h, width, c = x.shape
        x = jax.nn.relu(x + b)
        return x.reshape(n, h // 2, 2, width // 2, 2, c).max((2, 4))

    def loss(w: Any, x: Any, y: Any) -> Any:
        x = layer(layer(x, w[0], w[1]), w[2], w[3])  # (100, 4, 4, 50)
        h = jax.nn.relu(x.reshape(len(x), -1) @ w[4] + w[5])  # (100, 500)
        return nll(h @ w[6] + w[7], y)

    weights, rearranged = channels_last(model)
    return _trained(loss, rearranged, weights)


def _charlm(model: Model, threads: int) -> Step:
    """`lax.scan` over time, the product of the input before it for all steps at once."""
    import jax
    import jax.numpy as jnp
    from jax import lax

    def loss(w: Any, x: Any, y: Any, state: Any) -> Any:
        embedding, wx, wh, bias, output, output_bias = w
        projected = embedding[x] @ wx + bias  # (T, B, 4H)

        def advance(state: Any, now: Any) -> Any:
            hidden, cell = state
            forget, ingate, outgate, change = jnp.split(now + hidden @ wh, 4, axis=1)
            cell = cell * jax.nn.sigmoid(forget) + jax.nn.sigmoid(ingate) * jnp.tanh(change)
            hidden = jax.nn.sigmoid(outgate) * jnp.tanh(cell)
            return (hidden, cell), hidden

        state, steps = lax.scan(advance, state, projected)
        scores = steps.reshape(-1, HIDDEN) @ output + output_bias  # (T * B, V)
        return nll(scores, y.ravel()), state

    def update(w: Any, x: Any, y: Any, state: Any) -> Any:
        (value, state), gradients = jax.value_and_grad(loss, has_aux=True)(w, x, y, state)
        norm = jnp.sqrt(sum(jnp.vdot(g, g) for g in gradients))
        rate = model.lr * jnp.minimum(1, model.clip / norm)
        return [p - rate * g for p, g in zip(w, gradients, strict=True)], state, value

    compiled = jax.jit(update, donate_argnums=(0, 3))
    w: Any = [jax.device_put(p) for p in model.weights]
    batches = cycle([(jax.device_put(x), jax.device_put(y)) for x, y in model.batches])
    state: Any = tuple(jnp.zeros((STREAMS, HIDDEN)) for _ in range(2))

    def step() -> Any:
        nonlocal w, state
        w, state, value = compiled(w, *next(batches), state)
        return jax.block_until_ready(value)

    return step


BUILDERS = {
    "LinReg": _linreg,
    "Softmax": _softmax,
    "MLP": _mlp,
    "LeNet": _lenet,
    "CharLM": _charlm,
}
