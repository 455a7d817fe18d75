"""Where knet-tui keeps a user's runs, models and history."""

import os
from pathlib import Path

import platformdirs


def home() -> Path:
    """The folder of everything kept for this user; the variable KNET_HOME overrides it."""
    chosen = os.environ.get("KNET_HOME")
    return Path(chosen).expanduser() if chosen else platformdirs.user_data_path("knet-tui")


def expand_home(path: str) -> Path:
    """The path with `~` as the user's folder; as it is when there is no such user."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def runs_home() -> Path:
    """The folder that holds one folder a run."""
    return home() / "runs"


def trash_home() -> Path:
    """The folder of the deleted runs."""
    return runs_home() / ".trash"
