import time
from pathlib import Path

from knetengine.training.control import POLL_SECONDS, Control, request


def test_a_word_is_heard_and_held(tmp_path: Path) -> None:
    path = tmp_path / "control.json"
    control = Control(path)
    assert control.look().wanted == "run"
    request(path, "pause")
    time.sleep(POLL_SECONDS)
    assert control.look().wanted == "pause"
    path.write_text("not a word")
    time.sleep(POLL_SECONDS)
    assert control.look().wanted == "pause"
    request(path, "run")
    time.sleep(POLL_SECONDS)
    assert control.look().wanted == "run"


def test_between_two_looks_no_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "control.json"
    control = Control(path)
    assert control.look().wanted == "run"
    request(path, "stop")
    assert control.look().wanted == "run"
