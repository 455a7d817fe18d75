"""Model files: the examples that are shipped, and the user's own copies of them."""

import ast
import difflib
from pathlib import Path

from knetengine.training.home import expand_home, home


class ModelNotFoundError(Exception):
    """Neither a file nor the name of an example."""


def examples_folder() -> Path:
    """Where the shipped examples are: inside the wheel, or beside the package in a checkout."""
    inside = Path(__file__).with_name("examples")
    return inside if inside.is_dir() else Path(__file__).parents[1] / "examples"


IN_ORDER = (  # of the slides, and then of what they take to be understood
    *("linreg", "housing", "mnist", "lenet", "optimizers", "overfit", "fashion", "vgg", "resnet"),
    *("charlm", "music", "rnnlm", "attention", "tagger", "reinforce"),
)


def example_names() -> list[str]:
    """The names that `knet-tui train NAME` knows."""
    return sorted(path.stem for path in examples_folder().glob("[a-z]*.py"))


def examples_with_lines() -> dict[str, str]:
    """What each example is, in its own first line; the easier ones first. None is executed."""
    names = example_names()
    known = [name for name in IN_ORDER if name in names]
    ordered = [*known, *(name for name in names if name not in known)]
    return {name: _first_line(examples_folder() / f"{name}.py") for name in ordered}


def _first_line(path: Path) -> str:
    try:
        words = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    except (OSError, ValueError, SyntaxError):
        return ""
    return words.partition("\n")[0]


def find_model(which: str) -> Path:
    """The path of a model file, or of the example of that name. Raises ModelNotFoundError."""
    path = expand_home(which)
    if path.is_file():
        return path
    names = example_names()
    if which in names:
        return examples_folder() / f"{which}.py"
    near = difflib.get_close_matches(which, names, n=1)
    meant = f" Did you mean {near[0]}?" if near else ""
    raise ModelNotFoundError(
        f"{which} is neither a file nor an example.{meant} Examples: {', '.join(names)}"
    )


def own_copy(example: str) -> Path:
    """The user's copy of an example, made when there is none, to edit and keep."""
    path = home() / "models" / f"{example}.py"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((examples_folder() / f"{example}.py").read_bytes())
    return path
