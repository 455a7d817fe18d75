"""Pictures are classified by weights of ImageNet, in the forms in which users have them."""

import re
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save_file

from knetengine import nn
from knetengine.autograd.containers import flatten
from knetengine.pretrained import Model, resnet, vgg
from knetengine.pretrained.photographs import photograph
from knetengine.training import load
from tests.examples.running import EXAMPLES, as_script, ran
from tests.examples.test_vgg import records
from tests.knetengine.pretrained import matconvnet_writing as matconvnet
from tests.knetengine.pretrained.networks_by_the_book import (
    Arrays,
    resnet_arrays,
    resnet_scores,
    vgg_arrays,
    vgg_scores,
)
from tests.knetengine.pretrained.torch_writing import save_legacy, save_zip

NAMES = [f"thing {number}" for number in range(10)]
ROW = re.compile(r"(\d\.\d{6}) (.+)")


def save_safetensors(path: Path, arrays: Arrays) -> None:
    save_file(arrays, path)


def save_matconvnet(path: Path, arrays: Arrays) -> None:
    meta = matconvnet.meta(matconvnet.AVERAGE, NAMES)
    if "fc.weight" in arrays:
        matconvnet.save(path, params=matconvnet.resnet_params(arrays), meta=meta)
    else:
        matconvnet.save(path, layers=matconvnet.vgg_layers(arrays), meta=meta)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A file of a picture of coloured waves."""
    rows, columns = np.mgrid[:300, :400]
    waves = [128 + 127 * np.sin(rows / 9 + k * columns / 7) for k in (1, 2, 3)]
    path = tmp_path / "picture.png"
    Image.fromarray(np.stack(waves, 2).astype(np.uint8)).save(path)
    return path


def expected_rows(name: str, picture: Path, theirs: bool) -> list[tuple[float, int]]:
    """Probabilities and classes by the definition; `theirs`: as MatConvNet has it."""
    average = matconvnet.AVERAGE if theirs else 255 * np.array([0.485, 0.456, 0.406])
    deviation = np.ones(3) if theirs else 255 * np.array([0.229, 0.224, 0.225])
    x = (photograph(picture) - average[:, None, None]) / deviation[:, None, None]
    scores = vgg_scores(vgg_arrays(), x)
    if name == "resnet":
        scores = resnet_scores(arrays_of(name), x, caffe=theirs)
    chances = nn.softmax(scores[None])[0]
    return [(chances[number], int(number)) for number in np.argsort(-chances)]


def arrays_of(name: str) -> Arrays:
    """A small network of ten classes; all of MatConvNet's residual ones have blocks of three."""
    return vgg_arrays() if name == "vgg" else resnet_arrays((1, 2, 1, 1), deep=True)


@pytest.mark.parametrize("name", ["vgg", "resnet"])
@pytest.mark.parametrize(
    "save", [save_safetensors, save_zip, save_legacy, save_matconvnet], ids=lambda s: s.__name__
)
def test_the_likeliest_classes_are_printed(
    name: str, save: Callable[[Path, Arrays], None], picture: Path, tmp_path: Path
) -> None:
    save(tmp_path / "weights", arrays_of(name))
    words = ["--image", str(picture), "--model", str(tmp_path / "weights"), "--top", "3"]
    done = as_script(name, *words)
    assert (done.returncode, done.stderr) == (0, "")
    rows = [ROW.fullmatch(line) for line in done.stdout.splitlines()[2:]]
    theirs = save is save_matconvnet
    expected = expected_rows(name, picture, theirs)[:3]
    word = "thing" if theirs else "class"
    assert [row and row[2] for row in rows] == [f"{word} {number}" for _, number in expected]
    found = [float(row[1]) for row in rows if row]
    np.testing.assert_allclose(found, [chance for chance, _ in expected], rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("name", ["vgg", "resnet"])
def test_on_a_device_it_is_the_same(name: str, picture: Path, tmp_path: Path) -> None:
    save_zip(tmp_path / "net.pth", arrays_of(name))
    words = ["--image", str(picture), "--model", str(tmp_path / "net.pth")]
    plain = as_script(name, *words)
    device = as_script(name, *words, "--atype", "KnetArray{Float32}@cpu")
    assert (device.returncode, device.stderr) == (0, "")
    for row, other in zip(*(done.stdout.splitlines()[2:] for done in (plain, device)), strict=True):
        assert float(row[:8]) == pytest.approx(float(other[:8]), rel=1e-3, abs=1e-6)
        assert row[8:] == other[8:]


def test_as_a_run_with_names_of_ones_own(picture: Path, tmp_path: Path) -> None:
    save_zip(tmp_path / "net.pth", arrays_of("vgg"))
    (tmp_path / "names.txt").write_text("\n".join(NAMES))
    words = ["--image", picture.name, "--model", "net.pth", "--labels", "names.txt", "--top", "2"]
    done = subprocess.run(
        [sys.executable, "-m", "knetui", "train", "vgg", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    expected = expected_rows("vgg", picture, theirs=False)[:2]
    labels = [row[2] for line in done.stdout.splitlines() if (row := ROW.fullmatch(line))]
    assert labels == [NAMES[number] for _, number in expected]


@pytest.mark.parametrize("name", ["vgg", "resnet"])
def test_what_is_missing_or_of_another_network_is_a_line(
    name: str, picture: Path, tmp_path: Path
) -> None:
    other = {"vgg": "resnet", "resnet": "vgg"}[name]
    save_zip(tmp_path / "other.pth", arrays_of(other))
    cases: dict[tuple[str, ...], str] = {
        (): "no weights were named (--model FILE)",
        ("--model", "none.pth"): "there are no weights none.pth",
        ("--model", str(picture)): "no file of weights that is read here",
        ("--model", str(tmp_path / "other.pth")): "it is of another network",
        ("--model", str(tmp_path / "other.pth"), "--labels", "none"): "no file of names none",
    }
    for words, said in cases.items():
        done = as_script(name, "--image", str(picture), *words)
        assert done.returncode == 1
        assert said in done.stderr
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["vgg", "resnet"])
def test_training_goes_on_from_them_with_a_new_last_layer(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "cifar10"
    folder.mkdir()
    generator = np.random.default_rng(1)
    (folder / "train_5000.bin").write_bytes(records(5000, generator))
    (folder / "test_1000.bin").write_bytes(records(1000, generator))
    monkeypatch.setenv("KNET_DATA_DIR", str(tmp_path))
    arrays = vgg_arrays(width=4, norm=True) if name == "vgg" else resnet_arrays(width=4)
    save_zip(tmp_path / "net.pth", arrays)
    words = ["--model", str(tmp_path / "net.pth"), "--seed", "1"]
    start, end = str(tmp_path / "start"), str(tmp_path / "end")
    ran(name, *words, "--epochs", "0", "--savefile", start)
    found = ran(name, *words, "--epochs", "2", "--savefile", end)
    assert found[0]["tst"] < 0.3
    assert found[2]["tst"] > 0.4
    given = next(iter(arrays.values()))  # the first filters
    before, after = (flatten(load(file)[0]["w"])[0][0] for file in (start, end))
    np.testing.assert_array_equal(before, given)
    assert np.any(after != given)


@pytest.mark.parametrize("name", ["vgg", "resnet"])
def test_the_examples_weights_are_nested_as_those_of_the_files(name: str) -> None:
    """So that `predict` is the same function for both."""
    example: dict[str, Any] = runpy.run_path(str(EXAMPLES / f"{name}.py"))
    ones = np.ones((3, 1, 1))
    arrays = resnet_arrays() if name == "resnet" else vgg_arrays((2, 2, 2), norm=True)
    theirs = (resnet if name == "resnet" else vgg)(Model(Path("net"), arrays, ones, ones))
    options = (2, 8, True, np.float32) if name == "vgg" else (2, 8, np.float32)
    ours = example["weights"](np.random.default_rng(1), *options)
    for first, second in zip(theirs, ours, strict=True):
        assert depth_of(first) == depth_of(second)


def depth_of(nest: Any) -> int:
    """How deep the first leaf lies."""
    return 1 + depth_of(nest[0]) if isinstance(nest, list | tuple) else 0
