"""The character language model: training, saving, loading, writing."""

from pathlib import Path

import pytest

from tests.examples.running import as_script, figures, folder_of_full_data, ran

SMALL = ("--hidden", "32", "--embed", "16", "--batchsize", "16", "--seqlength", "20", "--seed", "1")


@pytest.fixture
def text(tmp_path: Path) -> str:
    """A text with something to learn."""
    path = tmp_path / "text.txt"
    path.write_text("the quick brown fox jumps over the lazy dog. " * 300)
    return str(path)


def test_the_loss_falls_and_a_text_is_written(text: str) -> None:
    done = as_script("charlm", "--datafiles", text, text, *SMALL, "--lr", "1", "--generate", "200")
    assert done.returncode == 0, done.stderr
    found = figures(done.stdout)
    assert found[3]["trn"] < found[1]["trn"]
    assert found[3]["tst"] < 1.0 < 3.0 < found[1]["trn"] + 1
    assert "27000 characters, 28 different ones" in done.stdout
    written = done.stdout.rpartition(")\n")[2]
    assert len(written.strip("\n")) >= 190
    assert "the " in written


def test_a_model_is_saved_and_goes_on_writing(text: str, tmp_path: Path) -> None:
    file = str(tmp_path / "model.safetensors")
    best = str(tmp_path / "best.safetensors")
    trained = as_script(
        "charlm", "--datafiles", text, *SMALL, "--savefile", file, "--bestfile", best
    )
    assert trained.returncode == 0, trained.stderr
    assert Path(best).exists()

    def written(*options: str) -> str:
        done = as_script("charlm", "--loadfile", file, "--epochs", "0", *options)
        assert done.returncode == 0, done.stderr
        return done.stdout.split("different ones\n")[1]

    sure = ("--generate", "40", "--prompt", "the quick", "--temperature", "0")
    first = written(*sure)
    assert first.startswith("the quick")
    assert first == written(*sure)
    drawn = [written("--generate", "40", "--seed", str(seed), "--topp", ".9") for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_what_is_wrong_is_said_in_a_line(text: str, tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    as_script("charlm", "--datafiles", text, *SMALL, "--epochs", "1", "--savefile", str(file))
    load = ("--loadfile", str(file), "--epochs", "0", "--generate", "5")
    cases = {
        "charlm: '!' (number 3 of the prompt) is not among the 28 symbols": (
            *load,
            "--prompt",
            "ab!",
        ),
        f"charlm: {text} has 13500 symbols, too few for 256 streams of 100 + 1": (
            "--datafiles",
            text,
            "--batchsize",
            "256",
        ),
        "charlm: there is no checkpoint nowhere": ("--loadfile", "nowhere", "--epochs", "0"),
    }
    for words, options in cases.items():
        done = as_script("charlm", *options)
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        assert done.stderr.startswith(words)
    file.write_bytes(file.read_bytes()[:1000])
    done = as_script("charlm", *load)
    assert f"charlm: {file} is not a whole checkpoint" in done.stderr
    (tmp_path / "empty.txt").write_text("")
    done = as_script("charlm", "--datafiles", str(tmp_path / "empty.txt"))
    assert done.returncode == 1
    assert done.stderr.startswith(f"charlm: {tmp_path / 'empty.txt'} has 0 symbols")
    assert done.stderr.count("\n") == 1


def test_a_text_that_the_loaded_model_cannot_read_is_named(text: str, tmp_path: Path) -> None:
    file = str(tmp_path / "model.safetensors")
    as_script("charlm", "--datafiles", text, *SMALL, "--epochs", "1", "--savefile", file)
    done = as_script("charlm", "--loadfile", file, "--generate", "5")
    assert done.returncode == 1
    words = done.stderr.splitlines()[-1]
    assert words.startswith("charlm: 'H' (number 1 of shakespeare) is not among the 28 symbols")


def test_the_checkpoint_of_another_model_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "music.safetensors"
    done = as_script("music", "--epochs", "0", "--generate", "0", "--savefile", str(file))
    assert done.returncode == 0, done.stderr
    done = as_script("charlm", "--loadfile", str(file), "--epochs", "0", "--generate", "5")
    assert done.returncode == 1
    assert done.stderr == (
        f"charlm: {file}: w has no 'lstm', it is of another model; it has: "
        "embedding, rnn, output, bias\n"
    )


@pytest.mark.slow
def test_hiawatha_is_learned_with_the_settings_of_the_slides_benchmark() -> None:
    """16 updates an epoch; 10.txt of the same settings has 6.1 nats at first, 1.87 in the end."""
    folder = folder_of_full_data("text/pg19-hiawatha.txt")
    options = ("--datafiles", "hiawatha", "--seed", "1", "--epochs", "10")
    found = ran("charlm", *options, KNET_DATA_DIR=folder)
    assert found[1]["trn"] == pytest.approx(5.0, abs=1.0)
    assert found[3]["trn"] == pytest.approx(2.25, abs=0.15)
    assert found[10]["trn"] < 1.8
