"""What holds of every example."""

import ast
import subprocess
import sys

import pytest

from knetui.models import example_names
from tests.examples.running import EXAMPLES, as_script

NAMES = sorted(path.stem for path in EXAMPLES.glob("*.py"))


def test_knet_tui_knows_them_all() -> None:
    assert example_names() == NAMES
    assert len(NAMES) == 15


@pytest.mark.parametrize("name", NAMES)
def test_it_is_short_and_stands_alone(name: str) -> None:
    source = (EXAMPLES / f"{name}.py").read_text()
    assert len(source.splitlines()) <= 135
    tree = ast.parse(source)
    assert (ast.get_docstring(tree) or "").count("\n") <= 4
    imported = {
        alias.name if isinstance(node, ast.Import) else str(node.module)
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    strangers = {module.split(".")[0] for module in imported} - set(sys.stdlib_module_names)
    assert strangers == {"numpy", "knetengine"}


@pytest.mark.parametrize("name", NAMES)
def test_its_options_are_listed_and_a_wrong_one_is_refused(name: str) -> None:
    shown = as_script(name, "--help")
    assert shown.returncode == 0
    for option in ("--seed", "--epochs", "--lr", "--fast"):
        assert option in shown.stdout
    wrong = as_script(name, "--lrr", "1")
    assert wrong.returncode == 2
    assert "Did you mean --lr?" in wrong.stderr
    assert wrong.stderr.count("\n") == 1


def test_the_readme_names_them_all() -> None:
    readme = (EXAMPLES.parent / "README.md").read_text()
    missing = [name for name in NAMES if f"`{name}`" not in readme]
    assert missing == []


def test_the_command_lists_them() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "knetui", "train", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    words = shown.stdout.replace("│", " ").split()
    assert [name for name in NAMES if f"{name}," not in words and f"{name}." not in words] == []
