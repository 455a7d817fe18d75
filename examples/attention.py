"""A character language model without recurrence: a small transformer."""

from functools import partial

import numpy as np

from knetengine import data, init, nn, optim, value_and_grad
from knetengine.training import run, script


def predict(w, x, heads, dropout=0.0):  # x (B, T)
    h = nn.embed(w["symbols"], x) + w["places"][: x.shape[1]]  # (B, T, D)
    shape, h = h.shape, h.reshape(x.size, -1)  # (B * T, D): products of matrices are fastest
    for u in w["blocks"]:
        look = (nn.layernorm(h, *u["norm1"]) @ u["look"]).reshape(*shape[:2], -1)  # (B, T, 3D)
        seen = nn.attention(*np.split(look, 3, axis=2), heads=heads, causal=True)  # (B, T, D)
        h = h + nn.dropout(seen.reshape(h.shape) @ u["join"], dropout)
        wide = nn.gelu(nn.layernorm(h, *u["norm2"]) @ u["widen"] + u["bias1"])  # (B * T, 4D)
        h = h + nn.dropout(wide @ u["narrow"] + u["bias2"], dropout)  # (B * T, D)
    return nn.layernorm(h, *w["norm"]) @ w["output"]  # (B * T, V)


def loss(w, x, y, heads, dropout=0.0):
    return nn.nll(predict(w, x, heads, dropout), y.reshape(-1))


lossgradient = value_and_grad(loss)


def weights(generator, vocabulary, seqlength, embed, layers, dtype):
    def draw(rows, columns, std=0.02):
        return init.gaussian(rows, columns, std=std, dtype=dtype, generator=generator)

    def norm():
        return [np.ones(embed, dtype), np.zeros(embed, dtype)]

    def block():
        deep = 0.02 / np.sqrt(2 * layers)  # of what is added to h, so often (GPT-2)
        return {
            "norm1": norm(),
            "look": draw(embed, 3 * embed),
            "join": draw(embed, embed, deep),
            "norm2": norm(),
            "widen": draw(embed, 4 * embed),
            "bias1": np.zeros(4 * embed, dtype),
            "narrow": draw(4 * embed, embed, deep),
            "bias2": np.zeros(embed, dtype),
        }

    return {
        "symbols": draw(vocabulary, embed),
        "places": draw(seqlength, embed),
        "blocks": [block() for _ in range(layers)],
        "norm": norm(),
        "output": draw(embed, vocabulary),
    }


def windows(text, batchsize, seqlength, generator):  # at random places: x and what follows it
    places = generator.integers(len(text) - seqlength, size=(batchsize, 1)) + np.arange(seqlength)
    return text[places], text[places + 1]  # (B, T) each


def average(w, pieces, heads):  # beware: the first of a piece have little to go by
    return sum(float(loss(w, x.T, y.T, heads)) for x, y in pieces) / len(pieces)


def write(w, vocabulary, heads, prompt, length, generator, **options):
    """The prompt, and so many characters more, each by as many before it as there are places."""
    known = list(vocabulary.encode(prompt or vocabulary.symbols[0]))
    yield prompt
    for _ in range(length):
        scores = predict(w, np.array([known[-len(w["places"]) :]]), heads)  # (T, V)
        known.append(int(nn.sample(scores[-1], generator, **options)))
        yield vocabulary.symbols[known[-1]]


def main(
    *,
    datafiles: tuple[str, ...] = ("shakespeare",),  # files, or names of texts; the second tests
    generate: int = 0,  # so many characters are written in the end
    prompt: str = "",
    temperature: float = 1.0,
    topk: int = 0,  # the next character is one of so many of the likeliest; 0: of all
    topp: float = 1.0,  # or of the fewest that together have this chance
    embed: int = 128,
    layers: int = 2,
    heads: int = 4,
    epochs: int = 3,
    batchsize: int = 64,
    seqlength: int = 64,
    lr: float = 0.003,  # reached after `warmup` steps; from there half a cosine down
    warmup: int = 100,
    gclip: float = 1.0,
    dropout: float = 0.0,
    seed: int = -1,
    atype: str = "Array{Float32}",
    fast: bool = False,  # print nothing but the time
):
    generator = run.generator(seed)
    nn.seed(generator)
    texts = [data.text(name) for name in datafiles]
    vocabulary = data.Vocabulary.of("".join(texts))
    if not fast:
        print(f"{len(''.join(texts))} characters, {len(vocabulary)} different ones")
    codes = [vocabulary.encode(text) for text in texts]
    named = zip(codes, datafiles, strict=True)
    trn, *tst = [data.streams(code, batchsize, seqlength, name) for code, name in named]
    steps = len(trn)  # of an epoch: as in a pass over the text
    vocabulary.encode(prompt, "the prompt")  # what it does not know is told before training
    arrays = data.array_type(atype)
    w = arrays(weights(generator, len(vocabulary), seqlength, embed, layers, arrays.dtype))
    optimiser, sums = optim.Adam(lr=lr), [0.0, 0]
    run.keep(w=w, optimiser=optimiser, sums=sums)
    run.writes(partial(write, w, vocabulary, heads))
    rate = optim.warmup(warmup, optim.cosine(lr, max(epochs * steps - warmup, 1), lr / 10))
    for epoch in run.epochs(epochs):
        sums[:] = [0.0, 0]
        for _ in run.steps(range(steps)):
            x, y = windows(codes[0], batchsize, seqlength, generator)
            value, g = lossgradient(w, x, y, heads, dropout)
            optimiser.lr = rate(optimiser.steps)
            optimiser.update(w, optim.gclip(g, gclip))
            sums[:] = [sums[0] + float(value), sums[1] + 1]
        if not fast:
            figures = {"trn": sums[0] / max(sums[1], 1)}  # nats a character, while training
            if tst:
                figures["tst"] = average(w, [piece for pieces in tst for piece in pieces], heads)
            run.report(epoch, **figures)
    if generate:
        run.write(prompt, generate, generator, temperature=temperature, top_k=topk, top_p=topp)


if __name__ == "__main__":
    script(main)
