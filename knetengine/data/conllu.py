"""Words and their classes, from treebanks in the CoNLL-U format."""

from typing import NamedTuple

from knetengine.data.places import find

Sentence = list[tuple[str, str]]

COLUMNS = 10


class Tagging(NamedTuple):
    """Sentences for training, for development and for the final test."""

    trn: list[Sentence]
    dev: list[Sentence]
    tst: list[Sentence]


def tagging() -> Tagging:
    """UD English-EWT: sentences, each a list of (word, class), the class one of 17 UPOS tags.

    12,000 or so sentences in `trn`, 2001 in `dev`, 2077 in `tst`. Where a folder has the files of
    dev and tst only, `trn` is `dev`: the line on stderr then says "dev and test". Nothing of it is
    bundled: `knet-tui data fetch tagging`.
    Raises DataError if it is not there, or a file is damaged.
    Source: Silveira et al. (2014), Universal Dependencies, CC BY-SA 4.0.
    """
    place = find("tagging")
    parts = [place.decode(part, decode_conllu) for part in place.form.parts]
    return Tagging(parts[0], *parts[-2:])


def decode_conllu(content: bytes) -> list[Sentence]:
    """The sentences of a CoNLL-U file: words and their UPOS.

    A range such as `19-20 don't` is left out, since its words follow; so are empty nodes such as
    `8.1`, which nobody said.
    Raises ValueError naming the line that is not CoNLL-U, or if the last sentence has no end.
    Source: https://universaldependencies.org/format.html
    """
    sentences: list[Sentence] = []
    sentence: Sentence = []
    for number, line in enumerate(content.decode("utf-8").split("\n"), 1):
        line = line.removesuffix("\r")
        if line.startswith("#"):
            continue
        if not line:
            if sentence:
                sentences.append(sentence)
                sentence = []
            continue
        columns = line.split("\t")
        if len(columns) != COLUMNS:
            raise ValueError(
                f"line {number:,} has {len(columns)} columns, CoNLL-U has {COLUMNS}, with tabs "
                "between them"
            )
        if columns[0].isdigit():
            sentence.append((columns[1], columns[3]))
    if sentence or not content.endswith((b"\n\n", b"\n\r\n")):
        raise ValueError("is cut short: there is no empty line after its last sentence")
    return sentences
