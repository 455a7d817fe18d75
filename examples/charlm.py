"""A character language model: an LSTM that reads a text and learns to write more like it."""

from functools import partial

import numpy as np

from knetengine import data, nn, optim, stop_gradient, training, value_and_grad
from knetengine.training import run, script


def predict(w, x, state, dropout=0.0):  # x (T, B), state: h and c, each (layers, B, H)
    y, h, c = nn.rnn(x, w["lstm"], *state, table=w["embedding"], dropout=dropout)  # (T, B, H)
    y = nn.dropout(y.reshape(-1, y.shape[2]), dropout)
    return y @ w["output"] + w["bias"], [h, c]  # (T * B, V)


def loss(w, x, y, state, dropout=0.0):
    scores, after = predict(w, x, state, dropout)
    state[:] = stop_gradient(after)
    return nn.nll(scores, y.reshape(-1))


lossgradient = value_and_grad(loss)


def weights(generator, vocabulary, embed, hidden, layers, winit, dtype):
    w = {
        "embedding": np.zeros((vocabulary, embed)),
        "lstm": nn.rnnparams(embed, hidden, layers=layers),  # the bias of forget gates is 1
        "output": np.zeros((hidden, vocabulary)),
    }
    matrices = [w["embedding"], *(m for layer in w["lstm"] for m in layer[:2]), w["output"]]
    drawn = iter([winit * generator.standard_normal(m.shape).astype(dtype) for m in matrices])
    w["embedding"] = next(drawn)
    w["lstm"] = [[next(drawn), next(drawn), b.astype(dtype)] for _, _, b in w["lstm"]]
    return w | {"output": next(drawn), "bias": np.zeros(vocabulary, dtype)}


def newstate(w, batchsize):
    layers, (_, wh, _) = len(w["lstm"]), w["lstm"][0]
    return [np.zeros_like(wh, shape=(layers, batchsize, len(wh))) for _ in "hc"]


def train(w, pieces, optimiser, state, gclip, dropout, sums):
    for x, y in run.steps(pieces):
        value, g = lossgradient(w, x, y, state, dropout)
        optimiser.update(w, optim.gclip(g, gclip))
        sums[:] = [sums[0] + float(value), sums[1] + 1]


def report(epoch, w, texts, trnloss):  # nats a character, over the training and the test text
    figures = {"trn": trnloss}
    for pieces in texts[1:]:
        state = newstate(w, pieces[0][0].shape[1])
        figures["tst"] = sum(loss(w, x, y, state) for x, y in pieces) / len(pieces)
    run.report(epoch, **figures)
    return figures.get("tst", trnloss)


def write(w, vocabulary, prompt, length, generator, **options):
    """The prompt, and so many characters more, one at a time."""
    state, known = newstate(w, 1), vocabulary.encode(prompt or vocabulary.symbols[0])
    yield prompt
    for _ in range(length):
        scores, state = predict(w, known[:, None], state)
        known = nn.sample(scores[-1:], generator, **options)
        yield from vocabulary.decode(known)


def main(
    *,
    datafiles: tuple[str, ...] = ("shakespeare",),  # files, or names of texts; the second tests
    loadfile: str = "",
    savefile: str = "",
    bestfile: str = "",  # saved when the loss of the test text, or of the first, is the least
    generate: int = 0,  # so many characters are written in the end
    prompt: str = "",
    temperature: float = 1.0,
    topk: int = 0,  # the next character is one of so many of the likeliest; 0: of all
    topp: float = 1.0,  # or of the fewest that together have this chance
    hidden: int = 256,
    layers: int = 1,
    embed: int = 256,
    epochs: int = 3,
    batchsize: int = 128,
    seqlength: int = 100,
    decay: float = 0.9,  # of the learning rate, when the loss has risen
    lr: float = 4.0,
    gclip: float = 3.0,  # the most that the norm of all gradients together may be
    winit: float = 0.3,
    dropout: float = 0.0,
    seed: int = -1,
    atype: str = "Array{Float32}",
    fast: bool = False,  # print nothing but the time
):
    generator = run.generator(seed)
    nn.seed(generator)
    arrays = data.array_type(atype)
    texts = [data.text(name) for name in datafiles] if epochs else []
    if loadfile:
        w, symbols = training.load_parts(
            loadfile, "w", "symbols", w=("embedding", "lstm", "output", "bias")
        )
        vocabulary = data.Vocabulary(symbols)
    else:
        vocabulary = data.Vocabulary.of("".join(texts))
        w = weights(generator, len(vocabulary), embed, hidden, layers, winit, arrays.dtype)
    vocabulary.encode(prompt, "the prompt")  # what it does not know is told before training
    if not fast:
        print(f"{len(''.join(texts))} characters, {len(vocabulary)} different ones")
    w = arrays(w)
    texts = [
        data.streams(vocabulary.encode(text, name), batchsize, seqlength, name)
        for name, text in zip(datafiles, texts, strict=False)
    ]
    optimiser, state, sums, best = optim.SGD(lr=lr), newstate(w, batchsize), [0.0, 0], [np.inf]
    run.keep(w=w, optimiser=optimiser, state=state, sums=sums, best=best)
    run.writes(partial(write, w, vocabulary))
    for epoch in run.epochs(epochs):
        state[:], sums[:] = newstate(w, batchsize), [0.0, 0]
        train(w, texts[0], optimiser, state, gclip, dropout, sums)
        if not fast:
            now = report(epoch, w, texts, sums[0] / max(sums[1], 1))
            optimiser.lr *= decay if now > best[0] else 1
            if bestfile and now < best[0]:
                training.save(bestfile, {"w": w, "symbols": vocabulary.symbols})
            best[0] = min(best[0], now)
    if savefile:
        training.save(savefile, {"w": w, "symbols": vocabulary.symbols})
    if generate:
        run.write(prompt, generate, generator, temperature=temperature, top_k=topk, top_p=topp)


if __name__ == "__main__":
    script(main)
