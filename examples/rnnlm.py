"""A word language model: an LSTM that tells how likely the next word of a text is."""

import re

import numpy as np

from knetengine import data, init, nn, optim, stop_gradient, value_and_grad
from knetengine.training import run, script

UNKNOWN = "<unk>"
WORDS = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")  # words, don't among them, and punctuation


def predict(w, x, state, dropout=0.0):  # x (T, B), state: h and c, each (layers, B, H)
    y, h, c = nn.rnn(x, w["lstm"], *state, table=w["embedding"], dropout=dropout)  # (T, B, H)
    y = nn.dropout(y.reshape(-1, y.shape[2]), dropout)
    return y @ w["output"] + w["bias"], [h, c]  # (T * B, V)


def loss(w, x, y, state, dropout=0.0):
    scores, after = predict(w, x, state, dropout)
    state[:] = stop_gradient(after)
    return nn.nll(scores, y.reshape(-1))


lossgradient = value_and_grad(loss)


def weights(generator, vocabulary, embed, hidden, layers, dtype):
    draw = {"dtype": dtype, "generator": generator}
    return {
        "embedding": init.gaussian(vocabulary, embed, std=1.0, **draw),
        "lstm": nn.rnnparams(embed, hidden, layers=layers, **draw),
        "output": init.xavier(hidden, vocabulary, **draw),
        "bias": np.zeros(vocabulary, dtype),
    }


def newstate(w, batchsize):
    layers, (_, wh, _) = len(w["lstm"]), w["lstm"][0]
    return [np.zeros_like(wh, shape=(layers, batchsize, len(wh))) for _ in "hc"]


def train(w, pieces, optimiser, state, gclip, dropout, sums):
    sums[:] = [0.0, 0]
    for x, y in run.steps(pieces):
        value, g = lossgradient(w, x, y, state, dropout)
        optimiser.update(w, optim.gclip(g, gclip))
        sums[0] += float(value)
        sums[1] += 1


def average(w, pieces, batchsize):
    state = newstate(w, batchsize)
    return sum(float(loss(w, x, y, state)) for x, y in pieces) / len(pieces)


def main(
    *,
    datafile: str = "shakespeare",  # a file, or the name of a text
    vocabulary: int = 5000,  # so many words, the most frequent, are known; 0: all
    test: float = 0.1,  # share of the text for testing, its end
    hidden: int = 256,
    layers: int = 1,
    embed: int = 128,
    epochs: int = 1,
    batchsize: int = 64,
    bptt: int = 20,  # so many words back goes the gradient
    lr: float = 0.001,
    gclip: float = 0.0,  # the most that the norm of all gradients together may be; 0: no limit
    dropout: float = 0.0,
    seed: int = -1,
    atype: str = "Array{Float32}",
    fast: bool = False,  # print nothing but the time
):
    generator = run.generator(seed)
    nn.seed(generator)
    words = WORDS.findall(data.text(datafile))
    end = max(round(len(words) * (1 - test)), 0)  # training ends here
    known = data.Vocabulary.of([*words[:end], UNKNOWN], vocabulary, UNKNOWN)
    if not fast:
        print(f"{len(words)} words, {len(set(words))} different ones, {len(known)} known")
    trn = data.streams(known.encode(words[:end]), batchsize, bptt)
    tst = data.streams(known.encode(words[end:]), batchsize, bptt) if test else []
    arrays = data.array_type(atype)
    w = arrays(weights(generator, len(known), embed, hidden, layers, arrays.dtype))
    optimiser, state, sums = optim.Adam(lr=lr), newstate(w, batchsize), [0.0, 0]
    run.keep(w=w, optimiser=optimiser, state=state, sums=sums)
    for epoch in run.epochs(epochs):
        state[:] = newstate(w, batchsize)
        train(w, trn, optimiser, state, gclip, dropout, sums)
        if not fast:
            figures = {"trn": sums[0] / max(sums[1], 1)}  # nats a word, while training
            if tst:
                figures["tst"] = average(w, tst, batchsize)
            run.report(epoch, **figures, ppl=np.exp(figures.get("tst", figures["trn"])))


if __name__ == "__main__":
    script(main)
