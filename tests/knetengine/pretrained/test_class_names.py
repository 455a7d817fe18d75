"""The forms in which names of classes go about."""

import json
from pathlib import Path
from typing import Any

import pytest

from knetengine.pretrained import PretrainedError
from knetengine.pretrained.class_names import read_labels

NAMES = {0: "tench, Tinca tinca", 1: "goldfish", 2: "café"}
WORDS = list(NAMES.values())


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(WORDS),
        "\n".join(WORDS) + "\n",
        "\r\n".join(WORDS),
        "\ufeff" + "\n".join(WORDS),
        "".join(f"n0144076{i} {word}\n" for i, word in enumerate(WORDS)),
        "".join(f"n0144076{i}\t{word}\n" for i, word in enumerate(WORDS)),
        json.dumps(WORDS),
        json.dumps({str(i): word for i, word in NAMES.items()}),
        json.dumps({str(i): [f"n0144076{i}", word] for i, word in NAMES.items()}),
        json.dumps({"model": "resnet", "id2label": {str(i): word for i, word in NAMES.items()}}),
    ],
)
def test_each_form_gives_the_names(text: str, tmp_path: Path) -> None:
    path = tmp_path / "names"
    path.write_text(text, encoding="utf-8")
    assert read_labels(path) == NAMES


def test_control_characters_do_not_get_through(tmp_path: Path) -> None:
    path = tmp_path / "names"
    path.write_text("a\x1b[31mred\nb\u202ec")
    assert read_labels(path) == {0: "a?[31mred", 1: "b?c"}


@pytest.mark.parametrize(
    "content", ['{"a": "b"}', "[1, 2]", '{"0": {}}', "{", '{"id2label": 3}', b"\xff\xfe\x00"]
)
def test_another_form_is_said(content: Any, tmp_path: Path) -> None:
    path = tmp_path / "names"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(PretrainedError, match=r"names has no names of classes \(.*expected one a"):
        read_labels(path)


def test_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(PretrainedError, match="there is no file of names"):
        read_labels(tmp_path / "none")
