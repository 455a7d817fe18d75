"""Tunes, read and written."""

import re

from knetengine.data.abc_notation import read_tune, tunes
from tests.examples.running import as_script, figures

SMALL = ("--hidden", "32", "--epochs", "1", "--generate", "400", "--seed", "1")


def test_what_is_written_is_examined() -> None:
    done = as_script("music", *SMALL)
    assert done.returncode == 0, done.stderr
    assert figures(done.stdout)[1]["trn"] < 3.5  # 4.4 for 83 characters by chance
    book = done.stdout.rpartition(")\n")[2]
    assert book.startswith("X:")
    last = book.strip().splitlines()[-1]
    counts = re.fullmatch(r"(\d+) of (\d+) tunes can be played; \d+% of their bars are full", last)
    assert counts is not None
    whole = tunes(book.removesuffix(last).strip())[:-1]
    assert int(counts[2]) == len(whole)
    assert int(counts[1]) == sum(not read_tune(tune).fault for tune in whole)
