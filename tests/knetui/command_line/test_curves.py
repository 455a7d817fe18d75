"""`knet-tui curves`: in the terminal, and into files."""

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from knetengine.training.folder import RunFolder
from knetui.cli import app

WriteRun = Callable[..., RunFolder]


def curves(*words: str | Path) -> object:
    return app(["curves", *map(str, words)], exit_on_error=False, print_error=False)


def test_they_are_drawn_in_the_terminal(
    write_run: WriteRun, capsys: pytest.CaptureFixture[str]
) -> None:
    write_run()
    assert curves() == 0
    out = capsys.readouterr().out
    assert "1 mlp  ── trn 0.957609" in out
    assert "loss" in out
    assert any("\u2801" <= character <= "\u28ff" for character in out)


def test_each_kind_of_file_is_written(
    write_run: WriteRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_run()
    write_run("lenet", rate=0.5)
    paths = [tmp_path / f"a.{kind}" for kind in ("svg", "png", "csv")]
    words = [word for path in paths for word in (f"--{path.suffix[1:]}", path)]
    assert curves("1", "2", *words, "--log-x", "--log-y", "--smooth", "0.6") == 0
    assert capsys.readouterr().out.split() == [str(path) for path in paths]
    text = " ".join(element.text or "" for element in ElementTree.parse(paths[0]).iter())
    assert "smoothed 0.6  log values  log epoch" in text
    assert "2 lenet: trnloss" in text
    assert paths[1].read_bytes().startswith(b"\x89PNG")
    assert len(paths[2].read_text().splitlines()) == 1 + 2 * 31


def test_gradients_and_chosen_metrics_over_another_axis(
    write_run: WriteRun, tmp_path: Path
) -> None:
    write_run()
    path = tmp_path / "a.csv"
    assert curves("--gradients", "--csv", path) == 0
    assert path.read_text().startswith("run,name,epoch,step,seconds,loss,w[0],w[1],b\n")
    picture = tmp_path / "a.svg"
    assert curves("--only", "tst", "--axis", "step", "--svg", picture) == 0
    texts = [element.text for element in ElementTree.parse(picture).iter()]
    assert "step" in texts
    assert "tst" in texts
    assert "trn" not in texts


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("9",), 2, "no run '9'"),
        (("1", "--only", "nll"), 2, "nothing is called nll; there are trn, tst"),
        (("1", "--svg", "a.png"), 2, "a.png: a file for --svg is called something.svg"),
        (("1", "--svg", "/nowhere/a.svg"), 1, "/nowhere/a.svg was not written: No such file"),
    ],
)
def test_what_cannot_be_is_said(
    write_run: WriteRun,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    status: int,
    said: str,
) -> None:
    write_run()
    assert curves(*words) == status
    assert said in capsys.readouterr().err


def test_a_run_without_gradients_has_none_to_draw(
    write_run: WriteRun, capsys: pytest.CaptureFixture[str]
) -> None:
    write_run(whole=False)
    assert curves("--gradients") == 1
    assert "no gradients were reported yet" in capsys.readouterr().err
