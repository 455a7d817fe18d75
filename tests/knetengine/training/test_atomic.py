import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from knetengine.training.atomic import sweep_litter, write_atomically

WRITE_FOR_EVER = """
import sys
from pathlib import Path
from knetengine.training.atomic import write_atomically
path = Path(sys.argv[1])
print("ready", flush=True)
number = 0
while True:
    number += 1
    write_atomically(path, (b"%08d" % number) * 100_000)
"""


def test_content_is_replaced_and_no_litter_stays(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"first")
    write_atomically(path, b"second")
    assert path.read_bytes() == b"second"
    assert os.listdir(tmp_path) == ["file"]


def test_the_old_file_survives_a_write_that_fails(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"old")
    with pytest.raises(TypeError):
        write_atomically(path, 12)  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("pause", [0.01, 0.02, 0.035, 0.05, 0.08])
def test_a_killed_writer_leaves_a_whole_file(tmp_path: Path, pause: float) -> None:
    path = tmp_path / "file"
    with subprocess.Popen(
        [sys.executable, "-c", WRITE_FOR_EVER, str(path)], stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        while not path.exists():
            time.sleep(0.001)
        time.sleep(pause)
        writer.send_signal(signal.SIGKILL)
    content = path.read_bytes()
    assert content == content[:8] * 100_000
    sweep_litter(tmp_path)
    assert os.listdir(tmp_path) == ["file"]
