"""What tests of the pools share."""

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture
def quick_collections() -> Iterator[None]:
    """The collector looks at what the test itself makes: pools make it look thousands of times."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()
