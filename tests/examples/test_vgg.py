"""A VGG network, on pictures made up and, where it is, on CIFAR-10."""

import re
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knetengine import value_and_grad
from knetengine.autograd.containers import flatten
from tests.examples.running import (
    EXAMPLES,
    as_script,
    figures,
    folder_of_full_data,
    ran,
    same_bytes,
    whole_and_killed,
)

SMALL = ("--depth", "2", "--width", "4", "--seed", "1")


def records(count: int, generator: np.random.Generator) -> bytes:
    """Pictures in the format of CIFAR-10: each kind has its own large squares of colour."""
    labels = generator.integers(10, size=count)
    squares = np.random.default_rng(0).integers(256, size=(10, 3, 4, 4))
    squares = np.kron(squares[labels], np.ones((1, 1, 8, 8)))  # (N, 3, 32, 32)
    noise = generator.integers(256, size=squares.shape)
    pixels = (0.4 * squares + 0.6 * noise).reshape(count, -1)  # (N, 3072)
    return np.hstack([labels[:, None], pixels]).astype(np.uint8).tobytes()


@pytest.fixture
def pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of data with 5000 and 1000 pictures made up."""
    folder = tmp_path / "data" / "cifar10"
    folder.mkdir(parents=True)
    generator = np.random.default_rng(1)
    (folder / "train_5000.bin").write_bytes(records(5000, generator))
    (folder / "test_1000.bin").write_bytes(records(1000, generator))
    monkeypatch.setenv("KNET_DATA_DIR", str(folder.parent))


@pytest.fixture
def example() -> dict[str, Any]:
    """The names of the example."""
    return runpy.run_path(str(EXAMPLES / "vgg.py"))


@pytest.mark.usefixtures("pictures")
@pytest.mark.parametrize("norm", ["--batchnorm", "--no-batchnorm"])
def test_it_learns_and_prints_a_line_an_epoch(norm: str) -> None:
    done = as_script("vgg", *SMALL, norm, "--epochs", "2", "--lr", "0.005")
    assert done.returncode == 0, done.stderr
    title, options, *lines = done.stdout.splitlines()
    assert title.startswith("Small coloured pictures of ten kinds, by a VGG network")
    assert "(:epochs,2)(:depth,2)(:width,4)" in options
    assert [re.sub(r"\d[\d.e-]*", "0", line) for line in lines] == [
        "(:epoch,0,:trn,0,:tst,0,:trnloss,0,:tstloss,0)"
    ] * 3
    found = figures(done.stdout)
    assert found[0]["tst"] < 0.3  # of ten kinds one is right by chance
    assert found[2]["tst"] > 0.6
    assert found[2]["trnloss"] < 0.6 * found[0]["trnloss"]


@pytest.mark.parametrize("batchnorm", [False, True])
def test_pictures_become_smaller_and_channels_more(
    batchnorm: bool, example: dict[str, Any]
) -> None:
    generator = np.random.default_rng(1)
    w, moments = example["weights"](generator, 3, 8, batchnorm, np.float32)
    stages, [[matrix, bias]] = w
    assert [[filters.shape for filters, _ in layers] for layers in stages] == [
        [(8, 3, 3, 3), (8, 8, 3, 3)],
        [(16, 8, 3, 3), (16, 16, 3, 3)],
        [(32, 16, 3, 3), (32, 32, 3, 3)],
    ]
    assert (matrix.shape, bias.shape) == ((32 * 4 * 4, 10), (10,))
    assert [len(founds) for founds in moments] == [2, 2, 2]
    assert all(b.shape == (len(f) << batchnorm,) for layers in stages for f, b in layers)
    scores = example["predict"](w, moments, generator.random((2, 3, 32, 32), np.float32))
    assert (scores.shape, scores.dtype) == ((2, 10), np.float32)


def test_moments_change_in_training_only_and_stay_arrays_of_their_kind(
    example: dict[str, Any],
) -> None:
    generator = np.random.default_rng(1)
    w, moments = example["weights"](generator, 1, 4, True, np.float32)
    x, y = generator.random((6, 3, 32, 32), np.float32), np.arange(6)
    (kept,) = moments
    before = [[m.copy() for m in found] for found in kept]
    scores = example["predict"](w, moments, x)
    np.testing.assert_array_equal(kept, before)
    np.testing.assert_allclose(example["predict"](w, moments, x[:1]), scores[:1], rtol=1e-4)
    example["lossgradient"](w, moments, x, y)
    assert all(np.all(now != then) for now, then in zip(np.array(kept), before, strict=True))
    assert all(m.dtype == np.float32 for found in kept for m in found)


@pytest.mark.parametrize("batchnorm", [False, True])
def test_the_gradient_is_the_slope(batchnorm: bool, example: dict[str, Any]) -> None:
    generator = np.random.default_rng(1)
    w, moments = example["weights"](generator, 1, 3, batchnorm, np.float64)
    x, y = generator.standard_normal((4, 3, 32, 32)), np.arange(4)
    in_training = value_and_grad(example["loss"])
    _, gradient = in_training(w, moments, x, y)
    parameters, slopes = flatten(w)[0], flatten(gradient)[0]
    direction = [generator.standard_normal(p.shape) for p in parameters]
    values = []
    for step in (1e-6, -2e-6):
        for p, d in zip(parameters, direction, strict=True):
            p += step * d
        values.append(in_training(w, moments, x, y)[0])
    along = sum(np.vdot(g, d) for g, d in zip(slopes, direction, strict=True))
    assert along == pytest.approx((values[0] - values[1]) / 2e-6, rel=1e-5)


@pytest.mark.usefixtures("pictures")
def test_what_is_saved_can_be_gone_on_from(tmp_path: Path) -> None:
    file = str(tmp_path / "vgg.safetensors")
    first = as_script("vgg", *SMALL, "--batchnorm", "--epochs", "1", "--savefile", file)
    assert first.returncode == 0, first.stderr
    second = as_script("vgg", *SMALL, "--batchnorm", "--epochs", "0", "--loadfile", file)
    assert figures(second.stdout)[0] == figures(first.stdout)[1]
    other = as_script("vgg", "--depth", "2", "--width", "6", "--batchnorm", "--loadfile", file)
    assert other.returncode == 1
    assert "shape (6, 3, 3, 3)" in other.stderr.splitlines()[-1]
    missing = as_script("vgg", *SMALL, "--loadfile", str(tmp_path / "none"))
    assert missing.returncode == 1
    assert "there is no checkpoint" in missing.stderr.splitlines()[-1]


def test_without_data_a_line_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KNET_DATA_DIR", str(tmp_path))
    done = as_script("vgg")
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "knet-tui data fetch cifar10" in done.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [(["--widht", "4"], "Did you mean --width?"), (["--depth", "deep"], "depth")],
)
def test_a_wrong_option_is_named(options: list[str], words: str) -> None:
    done = as_script("vgg", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.usefixtures("pictures")
def test_a_killed_run_goes_on_to_the_byte() -> None:
    assert same_bytes(*whole_and_killed("vgg", *SMALL, "--batchnorm", "--epochs", "1"))


@pytest.mark.slow
@pytest.mark.parametrize("norm", ["--batchnorm", "--no-batchnorm"])
def test_photographs_are_learned(norm: str) -> None:
    folder = folder_of_full_data("cifar10/train_5000.bin.gz")
    found = ran("vgg", "--seed", "1", norm, KNET_DATA_DIR=folder)
    assert found[20]["tst"] > 0.6
