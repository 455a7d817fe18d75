"""A residual network, on pictures made up and, where it is, on CIFAR-10."""

import re
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knetengine import nn, value_and_grad
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
from tests.examples.test_vgg import records

SMALL = ("--depth", "1", "--width", "4", "--seed", "1")


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
    return runpy.run_path(str(EXAMPLES / "resnet.py"))


@pytest.mark.usefixtures("pictures")
def test_it_learns_and_prints_a_line_an_epoch() -> None:
    done = as_script("resnet", *SMALL, "--epochs", "2")
    assert done.returncode == 0, done.stderr
    title, options, *lines = done.stdout.splitlines()
    assert title.startswith("Small coloured pictures of ten kinds, by a residual network")
    assert "(:epochs,2)(:depth,1)(:width,4)" in options
    assert [re.sub(r"\d[\d.e-]*", "0", line) for line in lines] == [
        "(:epoch,0,:trn,0,:tst,0,:trnloss,0,:tstloss,0)"
    ] * 3
    found = figures(done.stdout)
    assert found[0]["tst"] < 0.3  # of ten kinds one is right by chance
    assert found[2]["tst"] > 0.6
    assert found[2]["trnloss"] < 0.6 * found[0]["trnloss"]


def test_a_stage_begins_with_half_the_size_twice_the_channels_and_a_projection(
    example: dict[str, Any],
) -> None:
    w, moments = example["weights"](np.random.default_rng(1), 2, 8, np.float32)
    assert [[filters.shape for filters, _ in block] for block in w[:-1]] == [
        [(8, 3, 3, 3)],
        [(8, 8, 3, 3), (8, 8, 3, 3)],
        [(8, 8, 3, 3), (8, 8, 3, 3)],
        [(16, 8, 3, 3), (16, 16, 3, 3), (16, 8, 1, 1)],
        [(16, 16, 3, 3), (16, 16, 3, 3)],
        [(32, 16, 3, 3), (32, 32, 3, 3), (32, 16, 1, 1)],
        [(32, 32, 3, 3), (32, 32, 3, 3)],
    ]
    assert [p.shape for p in w[-1]] == [(32, 10), (10,)]
    x = np.random.default_rng(2).random((2, 3, 32, 32), np.float32)
    sizes = []
    x = example["convolved"](*w[0], *moments[0], x)
    for block, found in zip(w[1:-1], moments[1:], strict=True):
        x = example["residual"](block, found, x)
        sizes.append(x.shape)
    assert sizes == [(2, 8, 32, 32)] * 2 + [(2, 16, 16, 16)] * 2 + [(2, 32, 8, 8)] * 2
    assert x.dtype == np.float32


def test_a_block_that_adds_nothing_passes_its_input_on(example: dict[str, Any]) -> None:
    w, moments = example["weights"](np.random.default_rng(1), 2, 8, np.float32)
    block = w[2]
    block[1][1][:] = 0  # gains and biases of the second normalization
    x = np.random.default_rng(2).standard_normal((2, 8, 32, 32), np.float32)
    y = example["residual"](block, moments[2], nn.relu(x))
    np.testing.assert_array_equal(y, nn.relu(x))


def test_moments_change_in_training_only_and_stay_arrays_of_their_kind(
    example: dict[str, Any],
) -> None:
    generator = np.random.default_rng(1)
    w, moments = example["weights"](generator, 1, 4, np.float32)
    x, y = generator.random((6, 3, 32, 32), np.float32), np.arange(6)
    kept = [found for block in moments for found in block]
    before = [[m.copy() for m in found] for found in kept]
    scores = example["predict"](w, moments, x)
    np.testing.assert_allclose(example["predict"](w, moments, x[:1]), scores[:1], rtol=1e-4)
    for now, then in zip(kept, before, strict=True):
        np.testing.assert_array_equal(now, then)
    example["lossgradient"](w, moments, x, y)
    for now, then in zip(kept, before, strict=True):
        assert not np.any(now[0] == then[0])
        assert not np.any(now[1] == then[1])
        assert now[0].dtype == now[1].dtype == np.float32


def test_the_gradient_is_the_slope(example: dict[str, Any]) -> None:
    generator = np.random.default_rng(1)
    w, moments = example["weights"](generator, 1, 2, np.float64)
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
    file = str(tmp_path / "resnet.safetensors")
    first = ran("resnet", *SMALL, "--epochs", "1", "--savefile", file)
    second = ran("resnet", *SMALL, "--epochs", "0", "--loadfile", file)
    assert second[0] == first[1]
    other = as_script("resnet", "--depth", "2", "--width", "4", "--loadfile", file)
    assert other.returncode == 1
    assert "that is another model's, or of other options" in other.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("options", "words"),
    [(["--widht", "4"], "Did you mean --width?"), (["--depth", "deep"], "depth")],
)
def test_a_wrong_option_is_named(options: list[str], words: str) -> None:
    done = as_script("resnet", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.usefixtures("pictures")
def test_a_killed_run_goes_on_to_the_byte() -> None:
    assert same_bytes(*whole_and_killed("resnet", *SMALL, "--epochs", "1"))


@pytest.mark.slow
def test_photographs_are_learned() -> None:
    folder = folder_of_full_data("cifar10/train_5000.bin.gz")
    found = ran("resnet", "--seed", "1", KNET_DATA_DIR=folder)
    assert found[20]["tst"] > 0.6
