"""The housing example as users run it, against the figures of Knet's housing.jl."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knetengine import data

EXAMPLE = Path(__file__).parents[2] / "examples" / "housing.py"
LINE = re.compile(r"\(:epoch,(\d+),:trn,([^,]+),:tst,([^)]+)\)")
OPTIMUM = 21.8948312  # of ordinary least squares on all 506 rows

# Losses of Knet's housing.jl with zero weights, every digit that the slides print of them.
GOLDEN = {0: "592.1469", 1: "367.4636", 2: "242.1638", 20: "22.94678"}
# The lowest and highest losses of 200 seeds with normal weights of standard deviation 0.1.
RANGES = {0: (583.8, 600.9), 1: (365.0, 369.3), 2: (240.7, 243.3), 20: (22.85, 23.09)}


def as_script(*options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """What `python examples/housing.py OPTIONS` prints."""
    return subprocess.run(
        [sys.executable, EXAMPLE, *options],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **variables},
    )


def losses(output: str) -> dict[int, tuple[float, float]]:
    """The printed losses, (training, testing) by epoch."""
    return {int(e): (float(trn), float(tst)) for e, trn, tst in LINE.findall(output)}


def half_a_unit(figure: str) -> float:
    """Half a unit of the last printed digit."""
    return 0.5 * 10.0 ** -len(figure.partition(".")[2])


@pytest.fixture
def example() -> dict[str, Any]:
    """The names of the example."""
    return runpy.run_path(str(EXAMPLE))


def test_the_figures_are_those_of_knet() -> None:
    done = as_script("--winit", "0")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Linear regression on the Boston housing data")
    assert lines[1] == (
        "opts=(:seed,-1)(:epochs,20)(:lr,0.1)(:test,0.0)(:winit,0.0)"
        '(:atype,"Array{Float64}")(:gcheck,0)(:fast,false)'
    )
    assert all(LINE.fullmatch(line) for line in lines[2:])
    found = losses(done.stdout)
    assert list(found) == list(range(21))
    for epoch, figure in GOLDEN.items():
        assert found[epoch][0] == pytest.approx(float(figure), abs=half_a_unit(figure), rel=0)
    assert all(trn == tst for trn, tst in found.values())  # without --test they are the same rows


@pytest.mark.parametrize("seed", range(1, 21))
def test_every_seed_stays_in_the_range_of_200_seeds(
    seed: int, example: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    example["main"](seed=seed)
    found = losses(capsys.readouterr().out)
    for epoch, (low, high) in RANGES.items():
        assert low <= found[epoch][0] <= high


def test_a_seed_is_repeated_and_another_one_differs(
    example: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    printed: list[str] = []
    for seed in (7, 7, 8):
        example["main"](seed=seed, epochs=2, test=0.5)
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1] != printed[2]


def test_a_share_for_testing_is_held_out(
    example: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    example["main"](seed=1, epochs=1, test=0.2095, winit=0.0)
    trn_loss, tst_loss = losses(capsys.readouterr().out)[0]
    x, y = data.housing()
    trn, tst = data.split(x, y, 0.2095, np.random.default_rng(1))
    assert (len(trn[0]), len(tst[0])) == (400, 106)
    assert trn_loss == pytest.approx(np.mean(trn[1] ** 2), rel=1e-12)
    assert tst_loss == pytest.approx(np.mean(tst[1] ** 2), rel=1e-12)
    assert trn_loss != tst_loss


def test_float32_stays_float32(example: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    wide = example["main"](seed=3)
    expected = losses(capsys.readouterr().out)
    narrow = example["main"](seed=3, atype="Array{Float32}")
    found = losses(capsys.readouterr().out)
    assert [w.dtype for w in wide] == [np.float64] * 2
    assert [w.dtype for w in narrow] == [np.float32] * 2
    for epoch, figures in expected.items():
        assert found[epoch] == pytest.approx(figures, rel=1e-4)
        assert all(np.float32(str(f)) == np.float32(f) for f in found[epoch])


def test_long_training_reaches_least_squares(example: dict[str, Any]) -> None:
    x, y = data.housing()
    with_bias = np.hstack([x, np.ones((506, 1))])  # (506, 14)
    _, residual, *_ = np.linalg.lstsq(with_bias, y)
    assert residual[0] / 506 == pytest.approx(OPTIMUM, abs=5e-8)
    w = example["main"](seed=1, epochs=10_000, fast=True)
    assert example["loss"](w, x, y) == pytest.approx(OPTIMUM, abs=5e-8)


def test_headless_prints_the_same_bytes_and_no_hash_seed_matters(tmp_path: Path) -> None:
    options = ["--seed", "5", "--epochs", "8", "--test", "0.3", "--lr=0.2"]
    script = as_script(*options, PYTHONHASHSEED="0")
    again = as_script(*options, PYTHONHASHSEED="4242")
    headless = subprocess.run(
        [sys.executable, "-m", "knetui", "train", "housing", *options],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert len(losses(script.stdout)) == 9
    assert script.stdout == again.stdout == headless.stdout


def test_fast_prints_one_line_of_seconds() -> None:
    done = as_script("--fast")
    assert re.fullmatch(r" *\d+\.\d{6} seconds\n", done.stdout)
    assert done.returncode == 0


def test_gradients_are_checked() -> None:
    done = as_script("--gcheck", "5", "--epochs", "0")
    assert "gradcheck True" in done.stdout.splitlines()
    assert list(losses(done.stdout)) == [0]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--epohcs", "3"], "Did you mean --epochs?"),
        (["--epochs", "many"], "epochs"),
    ],
)
def test_a_wrong_option_is_named(options: list[str], words: str) -> None:
    done = as_script(*options)
    assert done.returncode == 2
    assert done.stdout == ""
    assert words in done.stderr
    assert "`--help` lists the options" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_unknown_atype_says_which_there_are(example: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"Array\{Float16\} is not one of .*Array\{Float32\}"):
        example["main"](atype="Array{Float16}")


def test_the_example_fits_on_a_slide() -> None:
    assert len(EXAMPLE.read_text(encoding="utf-8").splitlines()) <= 100
