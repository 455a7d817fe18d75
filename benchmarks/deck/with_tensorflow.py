"""The models in TensorFlow: a whole step under `tf.function`."""

import os
from collections.abc import Callable
from importlib.metadata import version as version_of
from itertools import cycle
from typing import Any

import numpy as np

from benchmarks.deck.models import HIDDEN, STREAMS, Array, Model
from benchmarks.deck.with_jax import channels_last
from benchmarks.deck.worker import Step

LEFT_OUT = {"CharLM loop": "a loop of Python is not what it runs: see CharLM"}


def version() -> str:
    """TensorFlow's."""
    return f"TensorFlow {version_of('tensorflow_cpu')}"


def _started(threads: int) -> Any:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    return tf


def _trained(
    tf: Any,
    loss: Callable[..., Any],
    model: Model,
    weights: list[Array] | None = None,
) -> Step:
    """Steps of gradient descent, in place, with the norm of all gradients cut if it is told so."""
    w = [tf.Variable(p) for p in weights or model.weights]
    batches = cycle([(tf.constant(x), tf.constant(y)) for x, y in model.batches])

    @tf.function
    def update(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            value = loss(w, x, y)
        # dense first: the norm of the slices of an embedding is not that of their sum
        gradients = [tf.convert_to_tensor(g) for g in tape.gradient(value, w)]
        if model.clip:
            gradients, _ = tf.clip_by_global_norm(gradients, model.clip)
        for p, g in zip(w, gradients, strict=True):
            p.assign_sub(model.lr * g)
        return value

    return lambda: update(*next(batches))


def _nll(tf: Any, scores: Any, labels: Any) -> Any:
    return tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=scores)
    )


def _linreg(model: Model, threads: int) -> Step:
    tf = _started(threads)
    return _trained(tf, lambda w, x, y: tf.reduce_mean(tf.square(x @ w[0] + w[1] - y)), model)


def _softmax(model: Model, threads: int) -> Step:
    tf = _started(threads)
    return _trained(tf, lambda w, x, y: _nll(tf, x @ w[0] + w[1], y), model)


def _mlp(model: Model, threads: int) -> Step:
    tf = _started(threads)

    def loss(w: Any, x: Any, y: Any) -> Any:
        return _nll(tf, tf.nn.relu(x @ w[0] + w[1]) @ w[2] + w[3], y)

    return _trained(tf, loss, model)


def _lenet(model: Model, threads: int) -> Step:
    tf = _started(threads)

    def layer(x: Any, w: Any, b: Any) -> Any:
        x = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, w, 1, "VALID"), b))
        return tf.nn.max_pool2d(x, 2, 2, "VALID")

    def loss(w: Any, x: Any, y: Any) -> Any:
        x = layer(layer(x, w[0], w[1]), w[2], w[3])  # (100, 4, 4, 50)
        h = tf.nn.relu(tf.reshape(x, (100, 800)) @ w[4] + w[5])  # (100, 500)
        return _nll(tf, h @ w[6] + w[7], y)

    weights, rearranged = channels_last(model)
    return _trained(tf, loss, rearranged, weights)


def _charlm(model: Model, threads: int) -> Step:
    """Its fused LSTM for processors, whose gates are input, change, forget, output.

    Not BlockLSTMV2: its gates are input, forget, change, output, but TensorFlow 2.21 takes the
    gradient of BlockLSTM for it, so that those of two gates are wrong.
    """
    tf = _started(threads)
    embedding, wx, wh, bias, output, output_bias = model.weights

    def reordered(weight: Array) -> Array:
        forget, ingate, outgate, change = np.split(weight, 4, axis=-1)
        return np.concatenate([ingate, change, forget, outgate], axis=-1)

    zeros = tf.zeros((STREAMS, HIDDEN))
    hidden, cell = tf.Variable(zeros), tf.Variable(zeros)
    peephole = tf.zeros(HIDDEN)  # asked for, not used

    def loss(w: Any, x: Any, y: Any) -> Any:
        _, cells, _, _, _, _, steps = tf.raw_ops.BlockLSTM(
            seq_len_max=tf.constant(len(x), tf.int64),
            x=tf.gather(w[0], x),  # (T, B, E)
            cs_prev=cell,
            h_prev=hidden,
            w=w[1],
            wci=peephole,
            wcf=peephole,
            wco=peephole,
            b=w[2],
            forget_bias=0.0,  # ours is in b
            cell_clip=0.0,  # none
            use_peephole=False,
        )
        hidden.assign(steps[-1])
        cell.assign(cells[-1])
        scores = tf.reshape(steps, (-1, HIDDEN)) @ w[3] + w[4]  # (T * B, V)
        return _nll(tf, scores, tf.reshape(y, (-1,)))

    kernel = np.concatenate([reordered(wx), reordered(wh)])
    weights = [embedding, kernel, reordered(bias), output, output_bias]
    return _trained(tf, loss, model, weights)


BUILDERS = {
    "LinReg": _linreg,
    "Softmax": _softmax,
    "MLP": _mlp,
    "LeNet": _lenet,
    "CharLM": _charlm,
}
