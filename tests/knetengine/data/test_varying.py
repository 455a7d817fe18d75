"""Pictures varied at random."""

import numpy as np

from knetengine import data


def test_pictures_are_moved_and_mirrored_and_nothing_else() -> None:
    generator = np.random.default_rng(1)
    x = 1 + generator.random((200, 3, 32, 32), np.float32)
    original = x.copy()
    varied = data.varied(x, generator)
    np.testing.assert_array_equal(x, original)
    assert (varied.shape, varied.dtype) == (x.shape, x.dtype)
    padded = np.pad(x, ((0, 0), (0, 0), (4, 4), (4, 4)))
    places: list[tuple[int, int, bool]] = []
    for picture, around in zip(varied, padded, strict=True):
        places += [
            (down, right, mirrored)
            for down in range(9)
            for right in range(9)
            for mirrored in (False, True)
            if np.array_equal(
                picture[:, :, ::-1] if mirrored else picture,
                around[:, down : down + 32, right : right + 32],
            )
        ]
    assert len(places) == 200
    assert {place[0] for place in places} == {place[1] for place in places} == set(range(9))
    assert 70 < sum(place[2] for place in places) < 130
