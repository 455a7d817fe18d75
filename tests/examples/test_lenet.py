"""LeNet, against the slides' figures."""

import pytest

from tests.examples.running import as_script, folder_of_full_data, ran

BUNDLED = {"KNET_DATA_DIR": ""}


def test_the_bundled_digits_are_learned() -> None:
    found = ran("lenet", "--seed", "1", "--epochs", "6", **BUNDLED)
    assert found[0]["tst"] < 0.3
    assert found[6]["tst"] > 0.92  # softmax regression comes to 0.89
    assert found[6]["tstloss"] < found[0]["tstloss"] / 6


def test_an_epoch_may_be_cut_short() -> None:
    one, all_of_it = (
        ran("lenet", "--seed", "1", "--epochs", "1", *cut, **BUNDLED)[1]
        for cut in (("--iters", "1"), ())
    )
    assert one["trnloss"] > all_of_it["trnloss"]


def test_nothing_but_the_time_is_printed_if_wanted() -> None:
    done = as_script("lenet", "--fast", "--iters", "2", **BUNDLED)
    assert done.stdout.split()[1:] == ["seconds"]
    float(done.stdout.split()[0])


@pytest.mark.slow
def test_lenet_comes_to_the_slides_accuracies() -> None:
    """.9656/.9683 after one epoch, .9957/.9883 after ten; Knet's own runs differ by .004."""
    folder = folder_of_full_data("mnist/train-images-idx3-ubyte.gz")
    options = ("--seed", "1", "--batchsize", "100", "--epochs", "10")
    found = ran("lenet", *options, KNET_DATA_DIR=folder)
    assert found[1]["trn"] == pytest.approx(0.9656, abs=0.008)
    assert found[10]["trn"] == pytest.approx(0.9957, abs=0.003)
    assert found[10]["tst"] == pytest.approx(0.9883, abs=0.003)
