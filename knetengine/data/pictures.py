"""Pictures in a terminal, without colours or escape codes."""

from typing import Any

import numpy as np

# What a cell can look like: its character, the ink of its upper and of its lower half.
CELLS = (
    (" ", 0.0, 0.0),
    ("░", 0.25, 0.25),
    ("▒", 0.5, 0.5),
    ("▓", 0.75, 0.75),
    ("█", 1.0, 1.0),
    ("▀", 1.0, 0.0),
    ("▄", 0.0, 1.0),
)
_CHARACTERS = np.array([cell[0] for cell in CELLS])
_INK = np.array([cell[1:] for cell in CELLS])  # (cells, 2)


def show(image: Any) -> str:
    """The picture as lines of characters, two of its rows in a line: 14 lines of 28 for a digit.

    image: (H, W), (1, H, W) or, of which the mean is shown, (3, H, W): from 0, blank, to 1 in
    floats, to 255 in integers; as `mnist` gives them, bright on a dark terminal.
    Raises ValueError for another shape.
    """
    pixels = np.asarray(image)
    if pixels.ndim == 3 and pixels.shape[0] in (1, 3):
        ink = pixels.mean(axis=0)  # (H, W)
    elif pixels.ndim == 2:
        ink = pixels.astype(np.float64)  # (H, W)
    else:
        raise ValueError(
            f"show: the picture has shape {pixels.shape}; expected (H, W), (1, H, W) or (3, H, W)"
        )
    if np.issubdtype(pixels.dtype, np.integer):
        ink = ink / 255
    height, width = ink.shape
    padded = np.zeros((height + height % 2, width))
    padded[:height] = ink
    halves = padded.reshape(-1, 2, width).transpose(0, 2, 1)  # (lines, W, 2)
    distances = ((halves[:, :, None] - _INK) ** 2).sum(axis=3)  # (lines, W, cells)
    return "\n".join("".join(line) for line in _CHARACTERS[distances.argmin(axis=2)])
