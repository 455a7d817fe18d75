"""A model file executed as a program of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

COUNTING = '''"""Counts."""
def main(*, epochs: int = 2):
    print("main", epochs)
'''


def execute(tmp_path: Path, source: str | bytes, *options: str) -> subprocess.CompletedProcess[str]:
    """What comes of a model file, in a process and a folder of its own."""
    path = tmp_path / "models" / "model.py"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(source if isinstance(source, bytes) else source.encode())
    return subprocess.run(
        [sys.executable, "-P", "-m", "knetengine.training.source", path, *options],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )


@pytest.mark.parametrize(
    "tail",
    [
        "",
        "from knetengine.training import script\nscript(main)\n",
        "from knetengine.training import script\nif __name__ == '__main__': script(main)\n",
    ],
    ids=["not called", "called", "called as a program"],
)
def test_main_runs_once_with_its_options(tmp_path: Path, tail: str) -> None:
    done = execute(tmp_path, COUNTING + tail, "--epochs", "7")
    assert done.stdout.splitlines() == ["Counts.", "opts=(:epochs,7)", "main 7"]
    assert (done.returncode, done.stderr) == (0, "")


def test_a_file_without_main_says_what_a_main_is(tmp_path: Path) -> None:
    done = execute(tmp_path, "x = 1\n")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "NameError: model.py has no function `main`; a model file defines "
        "`main(*, epochs: int = 20, ...)`, whose keyword arguments are its options"
    )


def test_modules_beside_the_model_are_found_and_those_of_the_working_folder_are_not(
    tmp_path: Path,
) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "layers.py").write_text("WIDTH = 3\n")
    (tmp_path / "json.py").write_text("raise SystemExit('not this one')\n")
    done = execute(
        tmp_path, "import json, layers\ndef main(): print(layers.WIDTH, json.dumps(1))\n"
    )
    assert (done.stdout.splitlines()[-1], done.stderr) == ("3 1", "")


def test_the_model_is_the_main_module(tmp_path: Path) -> None:
    source = """
import pickle, sys
from dataclasses import dataclass
from typing import get_type_hints

@dataclass
class Layer:
    width: "int"

def main():
    print(__name__, __file__ == sys.argv[0], pickle.loads(pickle.dumps(Layer(3))))
    print(get_type_hints(Layer))
"""
    done = execute(tmp_path, source)
    assert done.stdout.splitlines()[-2:] == [
        "__main__ True Layer(width=3)",
        "{'width': <class 'int'>}",
    ]


def test_a_models_code_is_compiled_as_its_own(tmp_path: Path) -> None:
    """No `from __future__` of ours reaches it, and its own does."""
    source = """
from __future__ import annotations
from knetengine.training import run
run.was_scripted = True
def main(n: 1 + 1 = 3): print(main.__annotations__)
main()
"""
    plain = source.replace("from __future__ import annotations", "")
    assert execute(tmp_path, source).stdout == "{'n': '1 + 1'}\n"
    assert execute(tmp_path, plain).stdout == "{'n': 2}\n"


def test_a_faults_line_is_shown_with_its_text(tmp_path: Path) -> None:
    done = execute(tmp_path, "def main():\n    return 1 / 0  # here\n")
    assert done.returncode == 1
    assert 'models/model.py", line 2, in main' in done.stderr
    assert "return 1 / 0  # here" in done.stderr


def test_a_byte_order_mark_is_passed_over(tmp_path: Path) -> None:
    done = execute(tmp_path, b"\xef\xbb\xbf" + COUNTING.encode())
    assert done.stdout.splitlines()[-1:] == ["main 2"]


def test_line_ends_of_windows_are_line_ends(tmp_path: Path) -> None:
    done = execute(tmp_path, COUNTING.replace("\n", "\r\n"))
    assert done.stdout.splitlines()[-1] == "main 2"
