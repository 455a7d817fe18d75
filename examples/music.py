"""Music: a recurrent network that reads tunes in ABC notation, and writes some to be played."""

from functools import partial

import numpy as np

from knetengine import data, nn, optim, stop_gradient, training, value_and_grad
from knetengine.data.abc_notation import read_tune, tunes
from knetengine.training import run, script


def predict(w, x, state, dropout=0.0):  # x (T, B), state (layers, B, H)
    y, *after = nn.rnn(x, w["rnn"], *state, kind="gru", table=w["embedding"], dropout=dropout)
    y = nn.dropout(y.reshape(-1, y.shape[2]), dropout)  # (T * B, H)
    return y @ w["output"] + w["bias"], after[:1]  # (T * B, V)


def loss(w, x, y, state, dropout=0.0):
    scores, after = predict(w, x, state, dropout)
    state[:] = stop_gradient(after)
    return nn.nll(scores, y.reshape(-1))


lossgradient = value_and_grad(loss)


def weights(generator, vocabulary, embed, hidden, layers, dtype):
    def normal(*shape):
        return (0.1 * generator.standard_normal(shape)).astype(dtype)

    return {
        "embedding": normal(vocabulary, embed),
        "rnn": nn.rnnparams(
            embed, hidden, kind="gru", layers=layers, dtype=dtype, generator=generator
        ),
        "output": normal(hidden, vocabulary),
        "bias": np.zeros(vocabulary, dtype),
    }


def newstate(w, batchsize):
    wh = w["rnn"][0][1]
    return [np.zeros_like(wh, shape=(len(w["rnn"]), batchsize, len(wh)))]


def write(w, vocabulary, prompt, length, generator, **options):
    """A book of tunes, so many characters long; without a prompt it begins as every tune does."""
    state, known = newstate(w, 1), vocabulary.encode(prompt or "X:")
    yield prompt or "X:"
    for _ in range(length):
        scores, state = predict(w, known[:, None], state)
        known = nn.sample(scores[-1:], generator, **options)
        yield from vocabulary.decode(known)


def examine(text):  # the last tune is cut off by the length
    found = [read_tune(tune) for tune in tunes(text)[:-1]]
    right = [tune for tune in found if not tune.fault]
    full = sum(tune.full for tune in right) / max(1, sum(tune.bars for tune in right))
    return f"{len(right)} of {len(found)} tunes can be played; {full:.0%} of their bars are full"


def main(
    *,
    hidden: int = 256,
    layers: int = 1,
    embed: int = 64,
    epochs: int = 10,
    batchsize: int = 16,
    seqlength: int = 100,
    lr: float = 0.002,
    gclip: float = 3.0,  # the most that the norm of all gradients together may be
    dropout: float = 0.2,
    generate: int = 5000,  # so many characters are written in the end
    temperature: float = 0.7,
    savefile: str = "",
    seed: int = -1,
    atype: str = "Array{Float32}",
    fast: bool = False,  # print nothing but the time
):
    generator = run.generator(seed)
    nn.seed(generator)
    text = data.music()
    vocabulary = data.Vocabulary.of(text)
    pieces = data.streams(vocabulary.encode(text), batchsize, seqlength)
    arrays = data.array_type(atype)
    w = arrays(weights(generator, len(vocabulary), embed, hidden, layers, arrays.dtype))
    optimiser, state, sums = optim.Adam(lr=lr), newstate(w, batchsize), [0.0, 0]
    run.keep(w=w, optimiser=optimiser, state=state, sums=sums)
    run.writes(partial(write, w, vocabulary))
    for epoch in run.epochs(epochs):
        state[:], sums[:] = newstate(w, batchsize), [0.0, 0]
        for x, y in run.steps(pieces):
            value, g = lossgradient(w, x, y, state, dropout)
            optimiser.update(w, optim.gclip(g, gclip))
            sums[:] = [sums[0] + float(value), sums[1] + 1]
        if not fast:
            run.report(epoch, trn=sums[0] / max(sums[1], 1))
    if savefile:
        training.save(savefile, {"w": w, "symbols": vocabulary.symbols})
    if generate and not fast:
        book = run.write("", generate, generator, temperature=temperature)
        print("", examine(book), sep="\n")


if __name__ == "__main__":
    script(main)
