"""The models in PyTorch: eager, or with the loss compiled."""

from collections.abc import Callable
from itertools import cycle
from typing import Any

from benchmarks.deck.loop import Layers, mean_nll
from benchmarks.deck.models import HIDDEN, STREAMS, Array, Model
from benchmarks.deck.worker import Step

Change = Callable[[Callable[..., Any]], Callable[..., Any]]  # torch.compile, or nothing

LEFT_OUT: dict[str, str] = {}


def version() -> str:
    """PyTorch's."""
    import torch

    return f"PyTorch {torch.__version__}"


def _eager(loss: Callable[..., Any]) -> Callable[..., Any]:
    return loss


def parameters(weights: list[Array]) -> list[Any]:
    """Weights to be trained."""
    import torch

    return [torch.tensor(weight, requires_grad=True) for weight in weights]


def transposed(weights: list[Array]) -> list[Array]:
    """Dense weights as (outputs, inputs), which is how `linear` wants them."""
    return [w.T.copy() if w.ndim == 2 else w for w in weights]


def trained(loss: Callable[..., Any], w: list[Any], model: Model, threads: int) -> Step:
    """Steps of gradient descent, in place; without the class SGD, which costs more than it does."""
    import torch

    torch.set_num_threads(threads)
    lr = model.lr
    batches = cycle([(torch.tensor(x), torch.tensor(y)) for x, y in model.batches])

    def step() -> Any:
        x, y = next(batches)
        value = loss(w, x, y)
        gradients = torch.autograd.grad(value, w)
        with torch.no_grad():
            torch._foreach_add_(w, gradients, alpha=-lr)
        return value.detach()

    return step


def _carried(loss: Callable[..., Any], w: list[Any], model: Model, threads: int) -> Step:
    """The same for a loss that takes a state and returns it, with the norm of all gradients cut."""
    import torch

    torch.set_num_threads(threads)
    batches = cycle([(torch.tensor(x), torch.tensor(y)) for x, y in model.batches])
    state: Any = [torch.zeros((STREAMS, HIDDEN)) for _ in range(2)]

    def step() -> Any:
        value, *after = loss(w, *next(batches), state)
        state[:] = [part.detach() for part in after]
        gradients = torch.autograd.grad(value, w)
        norm = torch.nn.utils.get_total_norm(gradients).item()
        with torch.no_grad():
            torch._foreach_add_(w, gradients, alpha=-model.lr * min(1, model.clip / norm))
        return value.detach()

    return step


def linreg(model: Model, threads: int, change: Change = _eager) -> Step:
    """Housing."""
    from torch.nn import functional as f

    def loss(w: Any, x: Any, y: Any) -> Any:
        return f.mse_loss(f.linear(x, w[0], w[1]), y)

    return trained(change(loss), parameters(transposed(model.weights)), model, threads)


def softmax(model: Model, threads: int, change: Change = _eager) -> Step:
    """MNIST, 784-10."""
    from torch.nn import functional as f

    def loss(w: Any, x: Any, y: Any) -> Any:
        return f.cross_entropy(f.linear(x, w[0], w[1]), y)

    return trained(change(loss), parameters(transposed(model.weights)), model, threads)


def mlp(model: Model, threads: int, change: Change = _eager) -> Step:
    """MNIST, 784-64-10."""
    from torch.nn import functional as f

    def loss(w: Any, x: Any, y: Any) -> Any:
        h = f.relu(f.linear(x, w[0], w[1]))
        return f.cross_entropy(f.linear(h, w[2], w[3]), y)

    return trained(change(loss), parameters(transposed(model.weights)), model, threads)


def lenet(model: Model, threads: int, change: Change = _eager) -> Step:
    """MNIST, convolutions."""
    from torch.nn import functional as f

    def loss(w: Any, x: Any, y: Any) -> Any:
        x = f.max_pool2d(f.relu(f.conv2d(x, w[0], w[1])), 2)  # (100, 20, 12, 12)
        x = f.max_pool2d(f.relu(f.conv2d(x, w[2], w[3])), 2)  # (100, 50, 4, 4)
        h = f.relu(f.linear(x.flatten(1), w[4], w[5]))  # (100, 500)
        return f.cross_entropy(f.linear(h, w[6], w[7]), y)

    return trained(change(loss), parameters(transposed(model.weights)), model, threads)


def charlm(model: Model, threads: int, change: Change = _eager) -> Step:
    """Its fused LSTM, called as `nn.LSTM` calls it; the gates there are input, forget, ..."""
    import torch
    from torch.nn import functional as f

    embedding, wx, wh, bias, output, output_bias = model.weights
    forget, ingate, outgate, change_gate = (slice(i * HIDDEN, (i + 1) * HIDDEN) for i in range(4))

    def reordered(weight: Array) -> Array:
        """Gates of the last axis in PyTorch's order: input, forget, change, output."""
        order = (ingate, forget, change_gate, outgate)
        import numpy as np

        return np.concatenate([weight[..., gate] for gate in order], axis=-1)

    w = parameters(
        [
            embedding,
            reordered(wx).T.copy(),
            reordered(wh).T.copy(),
            reordered(bias),
            output.T.copy(),
            output_bias,
        ]
    )
    second_bias = torch.zeros(4 * HIDDEN)  # not trained: the model has one

    def loss(w: Any, x: Any, y: Any, state: Any) -> Any:
        hidden, cell = state
        steps, h, c = torch._VF.lstm(  # pyright: ignore
            f.embedding(x, w[0]),  # (T, B, E)
            (hidden[None], cell[None]),
            (w[1], w[2], w[3], second_bias),
            True,  # has biases
            1,  # layers
            0.0,  # dropout
            True,  # training
            False,  # bidirectional
            False,  # batch first
        )
        scores = f.linear(steps.flatten(0, 1), w[4], w[5])  # (T * B, V)
        return f.cross_entropy(scores, y.flatten()), h[0], c[0]

    return _carried(change(loss), w, model, threads)


def charlm_loop(model: Model, threads: int, change: Change = _eager) -> Step:
    """The loop, eager."""
    import torch
    from torch.nn import functional as f

    layers = Layers(
        concatenate=torch.cat,
        tanh=torch.tanh,
        sigm=torch.sigmoid,
        embed=lambda table, ids: f.embedding(ids, table),
        nll=lambda scores, labels, bias: f.cross_entropy(scores + bias, labels),
    )

    def loss(w: Any, x: Any, y: Any, state: Any) -> Any:
        return mean_nll(layers, w, x, y, state)

    return _carried(change(loss), parameters(model.weights), model, threads)


BUILDERS = {
    "LinReg": linreg,
    "Softmax": softmax,
    "MLP": mlp,
    "LeNet": lenet,
    "CharLM": charlm,
    "CharLM loop": charlm_loop,
}
