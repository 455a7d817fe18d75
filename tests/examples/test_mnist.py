"""Softmax regression and the multilayer perceptron, against the slides' figures."""

import pytest

from tests.examples.running import as_script, folder_of_full_data, ran

BUNDLED = {"KNET_DATA_DIR": ""}


def test_a_line_has_the_slides_figures_and_the_losses() -> None:
    done = as_script("mnist", "--seed", "1", "--epochs", "1", **BUNDLED)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Handwritten digits: softmax regression")
    assert lines[1] == (
        "opts=(:seed,1)(:batchsize,100)(:epochs,1)(:hidden,[])(:lr,0.5)(:winit,0.1)"
        '(:atype,"Array{Float32}")(:gcheck,0)(:fast,false)'
    )
    assert lines[2].startswith("(:epoch,0,:trn,0.")
    assert len(lines) == 4
    assert done.stderr == ("MNIST: bundled 5,000 of 70,000; 'knet-tui data fetch mnist' for all\n")


def test_the_bundled_digits_are_learned() -> None:
    found = ran("mnist", "--seed", "1", "--epochs", "10", **BUNDLED)
    assert found[0]["tst"] < 0.25
    assert found[10]["tst"] == pytest.approx(0.89, abs=0.02)  # data.md: 0.895 by L-BFGS
    hidden = ran("mnist", "--seed", "1", "--epochs", "10", "--hidden", "64", "32", **BUNDLED)
    assert hidden[10]["trn"] > 0.95 > hidden[10]["tst"] > found[10]["tst"]


def test_gradients_are_checked_and_types_chosen() -> None:
    done = as_script(
        "mnist", "--epochs", "0", "--gcheck", "3", "--atype", "Array{Float64}", **BUNDLED
    )
    assert "gradcheck True" in done.stdout
    wrong = as_script("mnist", "--atype", "Array{Float16}", **BUNDLED)
    assert wrong.returncode == 1
    assert "--atype Array{Float16} is not one of" in wrong.stderr


@pytest.mark.slow
@pytest.mark.parametrize("seed", ["1", "2", "3"])
def test_softmax_comes_to_the_slides_accuracies(seed: str) -> None:
    """.8992/.9036 after one epoch, .91945/.9154 after ten; seeds differ by a thousandth."""
    folder = folder_of_full_data("mnist/train-images-idx3-ubyte.gz")
    found = ran("mnist", "--seed", seed, KNET_DATA_DIR=folder)
    assert found[1]["trn"] == pytest.approx(0.89917, abs=0.004)
    assert found[10]["trn"] == pytest.approx(0.91945, abs=0.002)
    assert found[10]["tst"] == pytest.approx(0.9154, abs=0.002)
    assert found[10]["trnloss"] == pytest.approx(0.2757, abs=0.02)


@pytest.mark.slow
def test_the_perceptron_comes_to_the_slides_accuracies() -> None:
    """.9875/.9724 after ten epochs; 20 seeds of it range over half a percent."""
    folder = folder_of_full_data("mnist/train-images-idx3-ubyte.gz")
    found = ran("mnist", "--seed", "1", "--hidden", "64", KNET_DATA_DIR=folder)
    assert found[1]["trn"] == pytest.approx(0.9435, abs=0.01)
    assert found[10]["trn"] == pytest.approx(0.9875, abs=0.004)
    assert found[10]["tst"] == pytest.approx(0.9724, abs=0.006)
