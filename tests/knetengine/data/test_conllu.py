"""Words and classes out of CoNLL-U."""

from pathlib import Path

import pytest

from knetengine.data import DataError, tagging
from knetengine.data.conllu import decode_conllu

# Two sentences of UD English-EWT, with a range, an empty node and comments.
TREES = """\
# newdoc id = weblog
# sent_id = 1
# text = I don't.
1\tI\tI\tPRON\tPRP\tCase=Nom\t4\tnsubj\t4:nsubj\t_
2-3\tdon't\t_\t_\t_\t_\t_\t_\t_\t_
2\tdo\tdo\tAUX\tVBP\t_\t0\troot\t0:root\t_
3\tn't\tnot\tPART\tRB\t_\t2\tadvmod\t2:advmod\t_
3.1\tgo\tgo\tVERB\tVB\t_\t_\t_\t0:root\t_
4\t.\t.\tPUNCT\t.\t_\t2\tpunct\t2:punct\t_

# sent_id = 2
1\t#\t#\tSYM\tNN\t_\t0\troot\t0:root\t_
2\t1 000\t1000\tNUM\tCD\t_\t1\tnummod\t1:nummod\t_

"""
SENTENCES = [
    [("I", "PRON"), ("do", "AUX"), ("n't", "PART"), (".", "PUNCT")],
    [("#", "SYM"), ("1 000", "NUM")],
]


def test_ranges_and_empty_nodes_are_left_out() -> None:
    assert decode_conllu(TREES.encode()) == SENTENCES
    assert decode_conllu(TREES.replace("\n", "\r\n").encode()) == SENTENCES


def test_every_cut_inside_a_sentence_is_noticed() -> None:
    content = TREES.encode()
    end_of_first = content.index(b"\n\n") + 2
    for cut in range(len(content)):
        if cut == end_of_first:
            continue
        with pytest.raises(ValueError, match=r"columns, CoNLL-U has 10|is cut short|UTF-8|decode"):
            decode_conllu(content[:cut])


def test_a_line_that_is_not_conllu_is_named() -> None:
    with pytest.raises(ValueError, match="line 4 has 3 columns, CoNLL-U has 10"):
        decode_conllu(TREES.replace("1\tI\tI\tPRON\tPRP", "1\tI PRON\tPRP\n#").encode())


def write(folder: Path, *parts: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, part in enumerate(parts, 1):
        (folder / f"en_ewt-ud-{part}.conllu").write_text(f"# {part}\n" + TREES * number)


def test_three_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KNET_DATA_DIR", str(tmp_path))
    write(tmp_path / "tagging", "train", "dev", "test")
    sets = tagging()
    assert sets.trn == SENTENCES
    assert sets.dev == SENTENCES * 2
    assert sets.tst == SENTENCES * 3


def test_without_train_one_trains_on_dev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KNET_DATA_DIR", str(tmp_path))
    write(tmp_path / "tagging", "dev", "test")
    sets = tagging()
    assert sets.trn == sets.dev == SENTENCES
    assert sets.tst == SENTENCES * 2


def test_a_damaged_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KNET_DATA_DIR", str(tmp_path))
    write(tmp_path / "tagging", "dev", "test")
    path = tmp_path / "tagging" / "en_ewt-ud-test.conllu"
    path.write_text(path.read_text()[:-1])
    with pytest.raises(DataError) as raised:
        tagging()
    assert str(raised.value) == (
        f"{path}: is cut short: there is no empty line after its last sentence; replace the file, "
        "or unset KNET_DATA_DIR"
    )


def test_there_is_no_tagging_without_fetching_it() -> None:
    with pytest.raises(DataError, match="'knet-tui data fetch tagging' fetches it"):
        tagging()
