"""A picture's file as numbers: what is in the middle of it, 224 x 224."""

from pathlib import Path
from typing import Any

import numpy as np

from knetengine.pretrained.model import PretrainedError

SHORT_SIDE = 256
SIDE = 224
_RATIO = 8  # of the sides: what is further out is cut off first, for it might not fit into memory


def photograph(path: Path) -> np.ndarray[Any, Any]:
    """The middle of a picture, (3, 224, 224), float32: red, green and blue from 0 to 255.

    The picture is turned as its camera was held, and resized so that its short side has 256
    pixels (bilinear, each pixel an average of those that it stands for), as torchvision does.
    Raises PretrainedError if there is none or it cannot be read.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(path) as picture:
            image = ImageOps.exif_transpose(picture).convert("RGB")
    except FileNotFoundError:
        raise PretrainedError(f"there is no picture {path}") from None
    except UnidentifiedImageError:
        raise PretrainedError(
            f"{path} is no picture that Pillow knows; give a JPEG, PNG or WebP"
        ) from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise PretrainedError(f"{path} cannot be read: {error}") from error
    longest = _RATIO * min(image.size)
    image = _middle(image, min(image.width, longest), min(image.height, longest))
    short = min(image.size)
    width, height = (SHORT_SIDE * side // short for side in image.size)
    image = _middle(image.resize((width, height), Image.Resampling.BILINEAR), SIDE, SIDE)
    return np.asarray(image, np.float32).transpose(2, 0, 1)  # (3, 224, 224)


def _middle(image: Any, width: int, height: int) -> Any:
    left, top = round((image.width - width) / 2), round((image.height - height) / 2)
    return image.crop((left, top, left + width, top + height))
