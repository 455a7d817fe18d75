"""A picture's file as the network wants it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from knetengine.pretrained import Model, PretrainedError
from knetengine.pretrained.photographs import photograph


def drawn(width: int, height: int) -> Image.Image:
    rows, columns = np.mgrid[:height, :width]
    waves = [128 + 127 * np.sin(rows / 9 + k * columns / 7) for k in (1, 2, 3)]
    return Image.fromarray(np.stack(waves, 2).astype(np.uint8))


@pytest.mark.parametrize("size", [(400, 300), (300, 401), (256, 256), (20, 31), (999, 257)])
def test_it_is_the_middle_of_the_resized_picture(size: tuple[int, int], tmp_path: Path) -> None:
    image = drawn(*size)
    image.save(tmp_path / "picture.png")
    found = photograph(tmp_path / "picture.png")
    short = min(size)
    resized = image.resize(
        (256 * size[0] // short, 256 * size[1] // short), Image.Resampling.BILINEAR
    )
    left, top = round((resized.width - 224) / 2), round((resized.height - 224) / 2)
    expected = np.asarray(resized)[top : top + 224, left : left + 224].transpose(2, 0, 1)
    assert (found.shape, found.dtype) == ((3, 224, 224), np.float32)
    np.testing.assert_array_equal(found, expected)


def test_it_is_as_its_camera_was_held_and_in_colours(tmp_path: Path) -> None:
    image = Image.new("L", (300, 300))
    image.paste(200, (0, 0, 150, 300))  # bright at the left
    turned = Image.Exif()
    turned[0x0112] = 6  # the picture has to be turned to the right
    image.save(tmp_path / "picture.png", exif=turned)
    found = photograph(tmp_path / "picture.png")
    np.testing.assert_array_equal(found[0], found[2])
    assert found[:, :100].min() == 200
    assert found[:, -100:].max() == 0


def test_a_very_long_picture_takes_no_more_than_a_small_one(tmp_path: Path) -> None:
    Image.new("RGB", (3_000_000, 2), (1, 2, 3)).save(
        tmp_path / "line.png"
    )  # resized, 256 times 384 million
    np.testing.assert_array_equal(photograph(tmp_path / "line.png")[:, 100, 100], [1, 2, 3])


def test_the_average_is_taken_off(tmp_path: Path) -> None:
    Image.new("RGB", (224, 224), (10, 20, 30)).save(tmp_path / "picture.png")
    average = np.array([1, 2, 3], np.float32).reshape(3, 1, 1)
    model = Model(Path("net"), {}, average, np.full((3, 1, 1), 2, np.float32))
    x = model.picture(tmp_path / "picture.png")
    assert (x.shape, x.dtype) == ((1, 3, 224, 224), np.float32)
    np.testing.assert_array_equal(x[0, :, 5, 5], [4.5, 9, 13.5])


def test_what_is_no_picture_is_said(tmp_path: Path) -> None:
    with pytest.raises(PretrainedError, match=r"there is no picture .*/none\.jpg"):
        photograph(tmp_path / "none.jpg")
    (tmp_path / "text.jpg").write_text("no picture")
    with pytest.raises(PretrainedError, match=r"text\.jpg is no picture that Pillow knows"):
        photograph(tmp_path / "text.jpg")
    drawn(300, 200).save(tmp_path / "whole.jpg")
    content = (tmp_path / "whole.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(content[: len(content) // 2])
    with pytest.raises(PretrainedError, match=r"cut\.jpg cannot be read"):
        photograph(tmp_path / "cut.jpg")
    with pytest.raises(PretrainedError, match=r"cannot be read: .*directory"):
        photograph(tmp_path)
