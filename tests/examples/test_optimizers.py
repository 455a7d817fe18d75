"""Seven optimisers on LeNet, against the table of Knet's optimizers.jl."""

import re
import runpy
from typing import Any

import pytest

from knetengine import data, optim
from knetengine.training.loop import run
from tests.examples.running import (
    EXAMPLES,
    as_script,
    figures,
    folder_of_full_data,
    ran,
    same_bytes,
    whole_and_killed,
)

BUNDLED = {"KNET_DATA_DIR": ""}

# Each rule with its options, some of them not the default, and the optimiser that they make.
RULES: dict[str, tuple[dict[str, float], optim.Optimiser]] = {
    "Sgd": ({"lr": 0.1}, optim.SGD(0.1)),
    "Momentum": ({"lr": 0.005, "gamma": 0.99}, optim.Momentum(0.005, gamma=0.99)),
    "Nesterov": ({"lr": 0.005}, optim.Nesterov(0.005, gamma=0.95)),
    "Adagrad": ({"lr": 0.01, "eps": 1e-7}, optim.Adagrad(0.01, eps=1e-7)),
    "Adadelta": ({"lr": 0.35, "rho": 0.8}, optim.Adadelta(0.35, rho=0.8)),
    "Rmsprop": ({"lr": 0.001, "eps": 1e-7}, optim.RMSprop(0.001, rho=0.9, eps=1e-7)),
    "Adam": ({"lr": 0.001, "beta1": 0.8}, optim.Adam(0.001, beta1=0.8, beta2=0.95, eps=1e-6)),
}

# "Example Runs" at the end of Knet's optimizers.jl, one of each rule but Nesterov: accuracy and
# loss in training, then in testing, as means of epochs 6 to 10. A single epoch says little of the
# fast rules: Knet's Adam has 0.9933 of the training images right after epoch 6, 0.9981 after 10.
TABLE = {
    "Sgd": (("--lr", "0.1"), (0.99441, 0.01754), (0.98940, 0.03227)),
    "Momentum": (("--lr", "0.005", "--gamma", "0.99"), (0.99481, 0.01575), (0.98842, 0.04615)),
    "Adam": (("--lr", "0.001", "--eps", "1e-8"), (0.99574, 0.01377), (0.98968, 0.05171)),
    "Adagrad": (("--lr", "0.01"), (0.99719, 0.01010), (0.99128, 0.02681)),
    "Adadelta": (("--lr", "0.35"), (0.99628, 0.01162), (0.99108, 0.03053)),
    "Rmsprop": (("--lr", "0.001"), (0.99668, 0.00963), (0.99080, 0.03407)),
}


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The names of the example, on the bundled digits."""
    monkeypatch.delenv("KNET_DATA_DIR", raising=False)
    return runpy.run_path(str(EXAMPLES / "optimizers.py"))


def test_options_and_lines_are_those_of_knet() -> None:
    done = as_script("optimizers", "--epochs", "1", "--iters", "2", **BUNDLED)
    assert done.returncode == 0, done.stderr
    title, options, *lines = done.stdout.splitlines()
    assert title.startswith("Seven ways to follow a gradient")
    assert options == (
        "opts=(:seed,-1)(:batchsize,100)(:lr,0.1)(:eps,1e-06)(:gamma,0.95)(:rho,0.9)(:beta1,0.9)"
        '(:beta2,0.95)(:epochs,1)(:iters,2)(:optim,"Sgd")(:atype,"Array{Float32}")(:fast,false)'
    )
    assert [re.sub(r"\d[\d.e-]*", "0", line) for line in lines] == [
        "(:epoch,0,:trn,0,:tst,0,:trnloss,0,:tstloss,0)"
    ] * 2
    defaults = runpy.run_path(str(EXAMPLES / "optimizers.py"))["main"].__kwdefaults__
    assert (defaults["epochs"], defaults["iters"]) == (10, 6000)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the example keeps."""
    things: dict[str, Any] = {}
    monkeypatch.setattr(run, "keep", lambda **named: things.update(named))
    return things


@pytest.mark.parametrize("name", RULES)
def test_a_name_and_its_options_make_the_optimiser_which_learns(
    name: str, example: dict[str, Any], kept: dict[str, Any]
) -> None:
    options, expected = RULES[name]
    example["main"](seed=1, optim=name, epochs=0, fast=True, **options)
    w, optimiser = kept["w"], kept["optimiser"]
    assert optimiser == expected
    assert sum(p.size for p in w) == 431_080
    (x, y), _ = data.mnist()
    before = example["loss"](w, x[:100], y[:100])
    example["train"](w, [(x[:100], y[:100])] * 80, optimiser)
    assert example["loss"](w, x[:100], y[:100]) < 0.5 * before


def test_iters_are_counted_over_all_epochs(
    example: dict[str, Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names, steps = example["main"].__globals__, []
    monkeypatch.setitem(names, "figures", lambda *_: (len(steps), 0.0))
    monkeypatch.setitem(names, "lossgradient", lambda w, *_: steps.append(1) or w)
    example["main"](epochs=9, iters=57, lr=0.0)  # the bundled digits are 40 minibatches
    found = figures(capsys.readouterr().out)
    assert [line["trn"] for line in found.values()] == [0, 40, 57]


def test_a_seed_is_repeated_and_another_one_differs(
    example: dict[str, Any], kept: dict[str, Any]
) -> None:
    trained: list[bytes] = []
    for seed in (7, 7, 8):
        example["main"](seed=seed, epochs=1, iters=3, optim="Adam", lr=0.001, fast=True)
        trained.append(kept["w"][4].tobytes())
    assert trained[0] == trained[1] != trained[2]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--optim", "Adan"], "Adam"),
        (["--gama", "0.9"], "Did you mean --gamma?"),
        (["--iters", "many"], "iters"),
    ],
)
def test_a_wrong_option_is_named(options: list[str], words: str) -> None:
    done = as_script("optimizers", *options)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert "`--help` lists the options" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_killed_run_goes_on_to_the_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KNET_DATA_DIR", raising=False)
    options = ("--seed", "3", "--optim", "Adam", "--lr", "0.001", "--epochs", "2", "--iters", "50")
    assert same_bytes(*whole_and_killed("optimizers", *options))


@pytest.mark.slow
@pytest.mark.parametrize("name", TABLE)
def test_ten_epochs_reach_the_table_of_knet(name: str) -> None:
    """The tolerances are twice what our seed 1 differed by at most, which was Momentum's."""
    folder = folder_of_full_data("mnist/train-images-idx3-ubyte.gz")
    options, (trn, trnloss), (tst, tstloss) = TABLE[name]
    found = ran("optimizers", "--optim", name, *options, "--seed", "1", KNET_DATA_DIR=folder)
    assert list(found) == list(range(11))
    mean = {name: sum(found[epoch][name] for epoch in range(6, 11)) / 5 for name in found[0]}
    assert mean["trn"] == pytest.approx(trn, abs=0.003)
    assert mean["trnloss"] == pytest.approx(trnloss, abs=0.008)
    assert mean["tst"] == pytest.approx(tst, abs=0.002)
    assert mean["tstloss"] == pytest.approx(tstloss, abs=0.015)
