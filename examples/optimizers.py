"""Seven ways to follow a gradient: LeNet on handwritten digits, by `--optim Adam --lr 0.001`.

The rate that a rule wants is its own: Sgd 0.1, Momentum and Nesterov 0.005, Adam and Rmsprop 0.001,
Adagrad 0.01, Adadelta 0.35.
"""

from itertools import islice
from typing import Literal

import numpy as np

from knetengine import data, grad, init, nn
from knetengine import optim as rules
from knetengine.training import run, script

Rule = Literal["Sgd", "Momentum", "Nesterov", "Adagrad", "Adadelta", "Rmsprop", "Adam"]


def predict(w, x):  # x (N, 1, 28, 28), w: filters or a matrix, and a bias, for each layer
    x = nn.conv4(w[0], x, w[1], activation="relu", pool=2)  # (N, 20, 12, 12)
    x = nn.conv4(w[2], x, w[3], activation="relu", pool=2)  # (N, 50, 4, 4)
    x = nn.relu(nn.mat(x) @ w[4] + w[5])  # (N, 500)
    return x @ w[6] + w[7]  # (N, 10)


def loss(w, x, y):
    return nn.nll(predict(w, x), y)


lossgradient = grad(loss)


def weights(generator, dtype):
    w = []
    for shape in ((20, 1, 5, 5), (50, 20, 5, 5), (800, 500), (500, 10)):
        w.append(init.xavier(shape, dtype=dtype, generator=generator))
        w.append(np.zeros(shape[0] if len(shape) == 4 else shape[1], dtype))
    return w


def train(w, batches, optimiser):
    for x, y in run.steps(batches):
        optimiser.update(w, lossgradient(w, x, y))


def figures(w, batches):
    correct = total = count = 0
    for x, y in batches:
        scores = predict(w, x)
        correct += nn.accuracy(scores, y, average=False)
        total += nn.nll(scores, y, average=False)
        count += len(y)
    return correct / count, total / count


def main(
    *,
    seed: int = -1,
    batchsize: int = 100,
    lr: float = 0.1,
    eps: float = 1e-6,  # of Adam, Adagrad, Adadelta and Rmsprop
    gamma: float = 0.95,  # of Momentum and Nesterov
    rho: float = 0.9,  # of Adadelta and Rmsprop
    beta1: float = 0.9,  # of Adam
    beta2: float = 0.95,  # of Adam
    epochs: int = 10,
    iters: int = 6000,  # the most minibatches of all epochs together
    optim: Rule = "Sgd",
    atype: str = "Array{Float32}",
    fast: bool = False,  # print nothing but the time
):
    generator = run.generator(seed)
    arrays = data.array_type(atype)
    trn, tst = (data.minibatch(arrays(x), y, batchsize) for x, y in data.mnist(arrays.dtype))
    w = arrays(weights(generator, arrays.dtype))
    optimiser = {
        "Sgd": rules.SGD(lr),
        "Momentum": rules.Momentum(lr, gamma=gamma),
        "Nesterov": rules.Nesterov(lr, gamma=gamma),
        "Adagrad": rules.Adagrad(lr, eps=eps),
        "Adadelta": rules.Adadelta(lr, rho=rho, eps=eps),
        "Rmsprop": rules.RMSprop(lr, rho=rho, eps=eps),
        "Adam": rules.Adam(lr, beta1=beta1, beta2=beta2, eps=eps),
    }[optim]
    run.keep(w=w, optimiser=optimiser)

    def report(epoch):
        if not fast:
            (trnacc, trnloss), (tstacc, tstloss) = figures(w, trn), figures(w, tst)
            run.report(epoch, trn=trnacc, tst=tstacc, trnloss=trnloss, tstloss=tstloss)

    report(0)
    for epoch in run.epochs(min(epochs, -(-iters // len(trn)))):
        train(w, islice(trn, iters - (epoch - 1) * len(trn)), optimiser)
        report(epoch)


if __name__ == "__main__":
    script(main)
