"""The words of the command line, as a shell starts them."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import knetengine
from knetui.cli import main
from knetui.command_line.words import WORDS
from tests.knetui.loading import loaded, loaded_by_words

SHOW_OPTIONS = "import sys\nprint(sys.argv[1:])\nsys.exit(0)\n"


def knet(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """`knet-tui ARGUMENTS` without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "knetui", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **variables},
    )


@pytest.fixture
def here(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """`knet-tui ARGUMENTS` in this process: exit status, output, errors."""

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["knet-tui", *arguments])
        with pytest.raises(SystemExit) as exit_:
            main()
        out, err = capsys.readouterr()
        assert isinstance(exit_.value.code, int)
        return exit_.value.code, out, err

    return run


def test_the_version_is_the_packages() -> None:
    done = knet("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{knetengine.__version__}\n", "")


def test_the_installed_command_is_the_same() -> None:
    command = Path(sys.executable).with_name("knet-tui")
    done = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"{knetengine.__version__}\n"


def test_help_lists_every_command() -> None:
    done = knet("--help")
    assert (done.returncode, done.stderr) == (0, "")
    for word in WORDS:
        assert word in done.stdout
    assert "Without a command: the workbench." in done.stdout


@pytest.mark.parametrize("word", WORDS)
def test_a_command_explains_itself(word: str, here: Callable[..., tuple[int, str, str]]) -> None:
    status, out, err = here(word, "--help")
    assert (status, err) == (0, "")
    assert f"knet-tui {word}" in out


def test_the_help_of_train_lists_the_examples_as_it_says(
    here: Callable[..., tuple[int, str, str]],
) -> None:
    assert "housing" in here("train", "--help")[1]


def test_the_options_of_a_model_are_listed() -> None:
    done = knet("train", "housing", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    for option in ("--seed", "--epochs", "--lr", "--winit", "--atype", "--gcheck", "--fast"):
        assert option in done.stdout


def test_the_options_of_no_model_are_no_traceback(
    here: Callable[..., tuple[int, str, str]],
) -> None:
    status, out, err = here("train", "huosing", "--help")
    assert (status, out) == (2, "")
    assert "Did you mean housing?" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["trian"], "trian is neither a command nor a file; did you mean `knet-tui train`?"),
        (["trian", "housing"], "did you mean `knet-tui train`?"),
        (["xyzzy", "housing"], "xyzzy is neither a command nor a file (`knet-tui --help`"),
        (["train"], 'Command "train" parameter MODEL requires an argument'),
        (["stop", "1", "2"], "2"),
        (["stop", "--nwo"], "Did you mean"),
        (["data", "lst"], 'Did you mean "list"?'),
        (["--vresion"], "--vresion"),
    ],
)
def test_wrong_words_are_said_in_a_line(
    arguments: list[str], words: str, here: Callable[..., tuple[int, str, str]]
) -> None:
    status, out, err = here(*arguments)
    assert (status, out) == (2, "")
    (line,) = err.splitlines()
    assert line.startswith("knet-tui: ")
    assert words in line


def test_the_workbench_needs_a_terminal() -> None:
    done = knet()
    assert (done.returncode, done.stdout) == (2, "")
    assert "the workbench needs a terminal" in done.stderr


@pytest.fixture
def show_options(tmp_path: Path) -> str:
    """A model that prints the options that it was given."""
    path = tmp_path / "show.py"
    path.write_text(SHOW_OPTIONS)
    return str(path)


@pytest.mark.parametrize(
    "options",
    [
        ["--lr=0.5", "-1", "--shift", "-2.5", "-v", "--verbose"],
        ["", "a b", "--name", "it's", '--x={"a": 1}', "[1,2]", "é 日本", "--options", "3", "--now"],
    ],
)
def test_the_options_of_a_model_reach_it_as_they_are(options: list[str], show_options: str) -> None:
    assert knet("train", show_options, *options).stdout == f"{options}\n"


@pytest.mark.parametrize("option", ["--version", "--"])
def test_words_of_ours_behind_the_model_are_the_models_too(option: str, show_options: str) -> None:
    assert knet("train", show_options, option, "x").stdout == f"{[option, 'x']}\n"


def test_light_commands_load_neither_numpy_nor_textual() -> None:
    assert not loaded_by_words(["--version"], "numpy", "textual", "prompt_toolkit", "PIL")
    assert knet("--version").stdout == f"{knetengine.__version__}\n"


def test_the_workbench_opens_without_numpy_and_autograd() -> None:
    """Importing those took 250 ms of the 1.2 s until its first frame."""
    code = "import knetui.command_line.workbench, knetui.app"
    assert loaded(code, "numpy", "knetengine.autograd", "numba", "textual") == {"textual"}


def test_a_reader_that_has_read_enough_is_no_error() -> None:
    script = (
        "import sys; sys.argv[1:] = ['doctor', '--coverage']; from knetui.cli import main; main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.communicate()[1] == b""
    assert process.returncode == 141
